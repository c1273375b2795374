"""A city with stored results, as fixture."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from geo_service.availability import service, stored
from geo_service.availability.assessing import assess_stored
from geo_service.availability.kernel import silent
from geo_service.db import Database
from geo_service.settings import Settings
from tests.availability.city import AS_OF, TODAY, fill_city

FIRST_BUILDING = (
    "INSERT INTO buildings (building_key, source, geom) SELECT 'known', 'drawn', "
    "ST_Multi(ST_Buffer(ST_PointOnSurface(geom), 1)) FROM parcels WHERE id = 1"
)
"""With it the buildings of the Gemarkung are known: a further one tells nothing of the other parcels."""


@pytest.fixture
def kept_city(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database with committed parcels and their stored results; the tests' day is today."""
    monkeypatch.setattr(service, "today", lambda: TODAY)
    database = Database(Settings(database_url=fresh_database_url, home=tmp_path))
    with database.begin(actor="test") as connection:
        fill_city(connection)
        connection.execute(text(FIRST_BUILDING))
        for table in ("parcels", "restrictions", "occupancies", "development_plans"):
            highest = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            connection.execute(text(highest))
    stored.refresh(database, service.options_of(AS_OF), silent, then=assess_stored)
    yield database
    database.engine.dispose()
