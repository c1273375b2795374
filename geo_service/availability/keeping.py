"""A running server keeps the stored availability fresh by itself.

One task per process looks every few seconds; the refresh is the command ``geo availability`` in a process of
its own, so that computing a city takes nothing from those who wait for pages. An advisory lock lets one
process of all at a time look after it. Failures are logged; what waits too long is told by ``/readyz``.
"""

import asyncio
import logging
import os
import sys
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from geo_service.availability import queries
from geo_service.availability.identity import program_digest
from geo_service.availability.service import today
from geo_service.db import Database
from geo_service.errors import GeoServiceError
from geo_service.settings import Settings

logger = logging.getLogger(__name__)

EVERY_S: Final = 5.0
"""Seconds between two looks."""
LONGEST_S: Final = 1800.0
"""A refresh that takes longer is ended."""
MOST_BETWEEN_S: Final = 600.0
"""After failures it is tried less often, but at least this often."""
OVERDUE: Final = timedelta(minutes=5)
"""A change that has waited longer for its refresh is told by ``/readyz``."""
TOLD: Final = 600
"""Characters of the command's last words that are logged."""


class RefreshFailed(GeoServiceError):
    """The command ended with an error."""


async def keep_fresh(database: Database, settings: Settings) -> None:
    """Refresh whatever changed, until cancelled."""
    pause = EVERY_S
    while True:
        await asyncio.sleep(pause)
        try:
            await look(database, settings)
            pause = EVERY_S
        except (GeoServiceError, SQLAlchemyError, OSError) as error:
            pause = min(pause * 2, MOST_BETWEEN_S)
            logger.warning("stored availability not refreshed, next try in %.0f s: %s", pause, error)


async def look(database: Database, settings: Settings) -> bool:
    """Refresh if something changed and nobody else looks after it; tell whether it was refreshed.

    What was never computed is left to a person: ``geo availability`` says for what day and by which rules.

    Raises
    ------
    RefreshFailed
        When the refresh failed; the stored results are as before.
    """
    async with database.read_session() as session:
        run = (await session.execute(queries.last_run())).one_or_none()
        marked = await session.scalar(queries.anything_marked())
        if run is None or not (marked or _is_of_yesterday(run)):
            return False
        if not await session.scalar(queries.lock_keeper()):
            return False
        await _refresh(settings, run)
    return True


def _is_of_yesterday(run: Row[Any]) -> bool:
    """Tell whether day or program have moved on since a run."""
    return bool(run.known_on != today() or run.program != program_digest())


async def _refresh(settings: Settings, run: Row[Any]) -> None:
    """Run the command by the rules of the last run; results of that day are brought to today."""
    day = today() if run.as_of == run.known_on else run.as_of
    order = ",".join(run.rules["order"])
    asked = ["--as-of", day.isoformat(), "--preset", run.preset, "--order", order]
    command = ["availability", *asked, "--store", "--json"]
    values = settings.model_dump(exclude_none=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "geo_service",
        *command,
        env={**os.environ, **{f"GEO_{name.upper()}": str(value) for name, value in values.items()}},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            _, words = await process.communicate()
    except TimeoutError as error:
        raise RefreshFailed(f"geo availability took longer than {LONGEST_S:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = words.decode(errors="replace").strip()[-TOLD:]
        raise RefreshFailed(f"geo availability ended with status {process.returncode}: {last}")
