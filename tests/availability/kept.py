"""Small words for tests of stored results: write, ask, compare with a full computation."""

from typing import Any

import pandas as pd
from sqlalchemy import select, text

from geo_service.availability import service, stored
from geo_service.availability.kernel import silent
from geo_service.db import Database
from geo_service.schema import metadata
from tests.availability.city import AS_OF

STORED = metadata.tables["availability"]
OF_THE_RUN = ["computed_at", "run_id"]
ALONE = [name for name in STORED.columns.keys() if name not in OF_THE_RUN]  # noqa: SIM118 - no dict

RESTRICTION = """
INSERT INTO restrictions (restriction_key, kind, effect, severity, title, source, valid, geom)
SELECT 'x' || random(), 'water', 'excludes', 'light', 'New', 'drawn', daterange('2020-01-01', NULL),
       ST_Multi(ST_Buffer(ST_PointOnSurface(geom), :metres)) FROM parcels WHERE id = :parcel
"""
MOVED = "UPDATE parcels SET geom = ST_Translate(geom, :east, 0) WHERE id = :parcel"
SOLD = (
    "INSERT INTO occupancies (parcel_id, kind, during, source) "
    "VALUES (:parcel, 'sold', daterange('2020-01-01', NULL), 'drawn')"
)


def run(database: Database, statement: str, **values: Any) -> None:
    with database.begin("test") as connection:
        connection.execute(text(statement), values)


def ask(database: Database, statement: str, **values: Any) -> Any:
    with database.read() as connection:
        return connection.execute(text(statement), values).scalar_one()


def frame(database: Database) -> pd.DataFrame:
    with database.read() as connection:
        rows = connection.execute(select(STORED).order_by(STORED.c.parcel_id)).mappings().all()
    return pd.DataFrame(rows)


def stale(database: Database) -> set[int]:
    with database.read() as connection:
        return set(connection.execute(text("SELECT parcel_id FROM stale_parcels")).scalars())


def assert_as_if_all_were_computed(database: Database) -> pd.DataFrame:
    """Compare what is stored with a full computation: its rows, to the bit."""
    kept = frame(database)
    stored.refresh(database, service.options_of(AS_OF), silent, everything=True)
    anew = frame(database)
    pd.testing.assert_frame_equal(kept[ALONE], anew[ALONE], check_exact=True)
    return anew
