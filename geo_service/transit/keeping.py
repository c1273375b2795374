"""A running server keeps stored transit answers and travel times fresh by itself.

One task per process looks now and then; an advisory lock lets one process of all at a time look after it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from geo_service.city import load_city
from geo_service.db import Database
from geo_service.settings import Settings
from geo_service.transit import run_queries
from geo_service.transit.freshness import program_digest
from geo_service.upkeep import repeat, run_command

EVERY_S: Final = 20.0
"""Seconds between two looks."""
FAILING: Final = 2
"""Refreshes that failed in a row: it is no accident any more."""


@dataclass
class Seen:
    """What was looked at before.

    Parameters
    ----------
    version
        Version of the register in which everything held.
    failures
        Refreshes that failed in a row; `FAILING` and more are told by ``/readyz``.
    """

    version: str | None = None
    failures: int = 0


async def keep_fresh(database: Database, settings: Settings, seen: Seen) -> None:
    """Refresh whatever changed, until cancelled."""
    await repeat(lambda: look(database, settings, seen), EVERY_S, "transit answers")


async def look(database: Database, settings: Settings, seen: Seen | None = None) -> bool:
    """Refresh if something no longer holds and nobody else looks after it; tell whether it was refreshed.

    What was never computed is left to a person: ``geo transit`` says by which method and for which window.

    Parameters
    ----------
    database, settings
        The register.
    seen
        What was looked at before: the same version of the register is not looked at again.

    Raises
    ------
    RefreshFailed
        When the refresh failed; the stored answers are as before, and still marked.
    """
    seen = seen or Seen()
    today = datetime.now(ZoneInfo(load_city(settings.city).timezone)).date()
    async with database.read_session() as session:
        version = f"{today} {await session.scalar(run_queries.version())}"
        if version == seen.version:
            return False
        if not await session.scalar(run_queries.anything_outdated(today, program_digest())):
            seen.version, seen.failures = version, 0
            return False
        if not await session.scalar(run_queries.lock_keeper()):
            return False
        seen.failures += 1
        await run_command(settings, ["transit", "--outdated", "--json"])
        seen.failures = 0
    return True
