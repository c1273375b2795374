"""The demo's timetable in the database, and the transit answers and travel times that it shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from data.demo.provenance import REFERENCE_DATE
from geo_service.city import load_city
from geo_service.db import Database
from geo_service.errors import GeoServiceError
from geo_service.settings import Settings
from geo_service.transit.reach_service import refresh_reach
from geo_service.transit.refresh import ALL, combinations, refresh
from geo_service.transit.service import import_gtfs
from geo_service.transit.streets import Doors
from geo_service.transit.windows import DAY

FEED_NAME: Final = "demo"


def fill_timetable(settings: Settings, actor: str) -> None:
    """Make the demo's timetable and import it as anybody's.

    Raises
    ------
    GeoServiceError
        When it is refused, with the first reason.
    """
    from data.demo.timetable import build_timetable, write_timetable  # noqa: PLC0415 - takes a second

    with TemporaryDirectory() as folder, _opened(settings) as database:
        timetable = build_timetable(load_city(settings.city), REFERENCE_DATE)
        import_timetable(database, write_timetable(timetable, Path(folder) / "demo-gtfs.zip"), actor)


def import_timetable(database: Database, feed: Path, actor: str) -> None:
    """Import a timetable as the demo's; raises as `fill_timetable`."""
    report = import_gtfs(database, feed, FEED_NAME, is_demo=True, actor=actor)
    if report.refused:
        rows = ", ".join(f"{number} rows of {file}" for file, number in report.rejected.items())
        first = report.faults[0]
        raise GeoServiceError(
            f"The timetable of the demo was refused: {rows}. The first: {first.file}, row {first.row}, field "
            f"{first.field}: {first.reason.en}"
        )


def fill_transit(settings: Settings, actor: str) -> None:
    """Compute the transit answers and travel times that the demo shows."""
    with _opened(settings) as database:
        doors = Doors()
        for method, window in [*combinations("are", ALL), ("ptal", DAY)]:
            refresh(database, method, window, actor=actor, doors=doors)
        refresh_reach(database, actor=actor)


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    database = Database(settings)
    try:
        yield database
    finally:
        database.engine.dispose()
