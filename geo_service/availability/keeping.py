"""A running server keeps the stored availability fresh by itself.

One task per process looks every few seconds; the refresh is the command ``geo availability``. An advisory
lock lets one process of all at a time look after it. What waits too long is told by ``/readyz``.
"""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row

from geo_service.availability import run_queries
from geo_service.availability.identity import program_digest
from geo_service.availability.service import today
from geo_service.db import Database
from geo_service.settings import Settings
from geo_service.upkeep import repeat, run_command

EVERY_S: Final = 5.0
"""Seconds between two looks."""
OVERDUE: Final = timedelta(minutes=5)
"""A change that has waited longer for its refresh is told by ``/readyz``."""


async def keep_fresh(database: Database, settings: Settings) -> None:
    """Refresh whatever changed, until cancelled."""
    await repeat(lambda: look(database, settings), EVERY_S, "availability")


async def look(database: Database, settings: Settings) -> bool:
    """Refresh if something changed and nobody else looks after it; tell whether it was refreshed.

    What was never computed is left to a person: ``geo availability`` says for what day and by which rules.

    Raises
    ------
    RefreshFailed
        When the refresh failed; the stored results are as before.
    """
    async with database.read_session() as session:
        run = (await session.execute(run_queries.last_run())).one_or_none()
        marked = await session.scalar(run_queries.anything_marked())
        if run is None or not (marked or _is_of_yesterday(run)):
            return False
        if not await session.scalar(run_queries.lock_keeper()):
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
    await run_command(settings, ["availability", *asked, "--store", "--json"])
