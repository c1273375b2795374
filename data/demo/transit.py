"""The transit answers and travel times that the demo shows."""

from geo_service.db import Database
from geo_service.settings import Settings
from geo_service.transit.reach_service import refresh_reach
from geo_service.transit.refresh import ALL, combinations, refresh
from geo_service.transit.streets import Doors
from geo_service.transit.windows import DAY


def fill_transit(settings: Settings, actor: str) -> None:
    """Compute the transit answers and travel times that the demo shows."""
    database = Database(settings)
    try:
        doors = Doors()
        for method, window in [*combinations("are", ALL), ("ptal", DAY)]:
            refresh(database, method, window, actor=actor, doors=doors)
        refresh_reach(database, actor=actor)
    finally:
        database.engine.dispose()
