"""COPY, sessions, bytes: how statements are run."""

import asyncio
import datetime as dt
import uuid
from decimal import Decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from psycopg.types.range import Range as SpanToWrite
from sqlalchemy import Connection, Table, Text, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DataError, IntegrityError, InternalError

from geo_service.city import load_city
from geo_service.db import Database, copy_frame, fetch_bytes, fetch_bytes_row, fetch_rows
from geo_service.errors import DatabaseUnavailable
from geo_service.schema import Base, Milestone, Occupancy, Parcel, Premises, Site
from geo_service.settings import Settings

SQUARE = shapely.MultiPolygon([shapely.box(394000, 5705000, 394100, 5705050)])
HOSTILE = "Straße \"x\" 'y' \\ \t\n; DROP TABLE parcels; -- <b>ß</b> 🏭"


def parcels(count: int) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "parcel_key": [f"051249003{number:05d}______" for number in range(1, count + 1)],
            "gemarkung_key": "051249",
            "gemarkung": "Bodelschwingh",
            "flur": [3] + [None] * (count - 1),
            "numerator": np.arange(1, count + 1),
            "municipality_key": "05913000",
            "municipality": "Dortmund",
            "official_area_m2": [5001.5] + [np.nan] * (count - 1),
            "location_text": HOSTILE,
            "source": "test",
            "source_date": pd.to_datetime(["2024-02-29", *[""] * (count - 1)]),
            "valid": [SpanToWrite(dt.date(2020, 1, 1), None)] * count,
            "geom": [SQUARE] * count,
        },
        geometry="geom",
        crs=25832,
    )


def table(model: type[Base]) -> Table:
    return model.metadata.tables[model.__tablename__]


def test_rows_in_bulk_are_those_of_a_statement_run_by_sqlalchemy(connection: Connection) -> None:
    copy_frame(connection, table(Parcel), parcels(3))
    columns = Parcel.parcel_key, Parcel.flur, Parcel.official_area_m2, Parcel.source_date, Parcel.is_demo
    asked = Parcel.parcel_key == func.any(bindparam("keys", ["05124900300001______", "05124900300003______"]))
    statement = select(*columns, func.ST_AsBinary(Parcel.geom)).where(asked).order_by(Parcel.parcel_key)
    rows = fetch_rows(connection, statement)
    assert rows == [tuple(row) for row in connection.execute(statement)]
    assert len(rows) == 2
    assert rows[0][-1] == shapely.to_wkb(SQUARE)
    with pytest.raises(DataError), connection.begin_nested():
        fetch_rows(connection, select(1 / (func.length("x") - 1)))


def test_copy_writes_every_kind_of_value(connection: Connection) -> None:
    assert copy_frame(connection, table(Parcel), parcels(2)) == 2
    first, second = connection.execute(select(table(Parcel)).order_by("parcel_key")).all()
    assert (first.flur, second.flur) == (3, None)
    assert (first.official_area_m2, second.official_area_m2) == (5001.5, None)
    assert (first.source_date, second.source_date) == (dt.date(2024, 2, 29), None)
    assert first.location_text == HOSTILE
    assert first.valid.lower == dt.date(2020, 1, 1)
    assert first.valid.upper is None
    assert first.area_m2 == 5000.0
    site = pd.DataFrame(
        {
            "slug": ["a"], "name": ["A"], "summary_de": [""], "summary_en": [""], "source": ["test"],
            "facts": [[{"de": HOSTILE, "n": 1.5, "none": None}]], "target_groups": [["x, y", "{z}", '"']],
            "geom": [None],
        }
    )  # fmt: skip
    copy_frame(connection, table(Site), site)
    stored = connection.execute(select(table(Site))).one()
    assert stored.facts == [{"de": HOSTILE, "n": 1.5, "none": None}]
    assert stored.target_groups == ["x, y", "{z}", '"']
    assert stored.geom is None
    dated = pd.DataFrame({"site_id": [stored.id], "name_de": ["M"], "name_en": ["M"], "source": ["t"]})
    copy_frame(connection, table(Milestone), dated.assign(due_on=[dt.date(2027, 4, 15)]))
    assert connection.execute(select(table(Milestone).c.due_on)).scalar_one() == dt.date(2027, 4, 15)


def test_copy_writes_points_money_and_spans(connection: Connection) -> None:
    copy_frame(connection, table(Parcel), parcels(1))
    shop = pd.DataFrame(
        {
            "premises_key": ["p1"], "name": ["P"], "street": ["S"], "house_number": ["1a"], "area_m2": [80.5],
            "permitted_uses": [["retail"]], "net_rent_eur_month": [Decimal("1250.00")], "source": ["t"],
            "geom": [shapely.Point(394000, 5705000)],
        }
    )  # fmt: skip
    copy_frame(connection, table(Premises), shop)
    stored = connection.execute(select(table(Premises))).one()
    assert str(stored.net_rent_eur_month) == "1250.00"
    parcel_id = connection.execute(select(table(Parcel).c.id)).scalar_one()
    span = Range(dt.date(2024, 2, 29), dt.date(2025, 3, 1))
    during = [SpanToWrite(span.lower, span.upper)]
    held = pd.DataFrame({"parcel_id": [parcel_id], "kind": ["leased"], "during": during, "source": ["t"]})
    copy_frame(connection, table(Occupancy), held)
    assert connection.execute(select(table(Occupancy).c.during)).scalar_one() == span


def test_copy_of_nothing_and_of_an_unknown_column(connection: Connection) -> None:
    assert copy_frame(connection, table(Parcel), parcels(1).iloc[:0]) == 0
    with pytest.raises(KeyError, match="no_such_column"):
        copy_frame(connection, table(Parcel), parcels(1).assign(no_such_column=1))


def test_read_connections_cannot_write(database: Database) -> None:
    with database.read() as reading, pytest.raises(InternalError, match="read-only"):
        reading.execute(text("CREATE TABLE forbidden (id int)"))


def test_begin_commits_at_the_end_and_rolls_back_on_error(database: Database) -> None:
    key = f"kept-{uuid.uuid4().hex}"
    insert = text(
        "INSERT INTO sites (slug, name, summary_de, summary_en, source) VALUES (:slug, 'n', '', '', 't')"
    )
    with database.begin("tester", "r1") as writing:
        writing.execute(insert, {"slug": key})
    with pytest.raises(IntegrityError, match="uq_sites_slug"), database.begin("tester") as writing:
        writing.execute(insert, [{"slug": f"{key}-lost"}, {"slug": key}])
    with database.begin("tester") as writing:
        assert (
            writing.execute(text("DELETE FROM sites WHERE slug LIKE :key"), {"key": f"{key}%"}).rowcount == 1
        )
        actors = writing.execute(text("SELECT DISTINCT actor FROM audit WHERE request_id = 'r1'"))
        assert actors.scalars().all() == ["tester"]


def test_bytes_leave_undecoded(database: Database) -> None:
    async def ask() -> tuple[bytes | None, bytes | None, tuple[object, ...] | None]:
        async with database.read_session() as session:
            words = select(func.concat(bindparam("word", type_=Text), "ß").label("t"))
            one = await fetch_bytes(session, words, {"word": "Straße"})
            none = await fetch_bytes(session, text("SELECT NULL::text WHERE false"))
            row = await fetch_bytes_row(session, text("SELECT 'ü'::text, '\\x00ff'::bytea, 7"))
            normal = (await session.execute(text("SELECT 'ü'::text"))).scalar_one()
            assert normal == "ü"  # other statements of the session decode as ever
        await database.async_engine.dispose()
        return one, none, row

    assert asyncio.run(ask()) == ("Straßeß".encode(), None, ("ü".encode(), b"\x00\xff", 7))


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    lost = Database(Settings(database_url="postgresql://geo:hidden@127.0.0.1:9/none"))
    with pytest.raises(DatabaseUnavailable) as caught, lost.read():
        pass
    assert "127.0.0.1:9/none" in caught.value.detail
    assert "hidden" not in caught.value.detail
    with pytest.raises(DatabaseUnavailable, match="GEO_DATABASE_URL"):
        Database(Settings())


def test_the_day_of_the_database_is_the_day_of_the_city(database: Database) -> None:
    """Half past eleven in the evening in UTC is the next day in Dortmund, in every kind of session."""
    day = text("SELECT CAST((timestamptz '2026-11-27 23:30+00')::date AS text)")

    async def ask() -> tuple[object, object]:
        async with database.read_session() as session:
            by_bytes = await fetch_bytes(session, day)
            plain = (await session.execute(day)).scalar_one()
        await database.async_engine.dispose()
        return by_bytes, plain

    with database.read() as connection:
        assert connection.execute(day).scalar_one() == "2026-11-28"
        assert connection.execute(text("SELECT current_date")).scalar_one() == load_city("dortmund").today()
    assert asyncio.run(ask()) == (b"2026-11-28", "2026-11-28")
