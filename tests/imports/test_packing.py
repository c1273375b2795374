"""Packed rows arrive as what psycopg would have written."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from geoalchemy2 import Geometry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from geo_service.imports import packing
from geo_service.imports.packing import can_pack, pack

TABLE = Table(
    "packed",
    MetaData(),
    Column("n", Integer),
    Column("small", SmallInteger),
    Column("big", BigInteger),
    Column("f", Float),
    Column("b", Boolean),
    Column("d", Date),
    Column("t", Text),
    Column("s", String(20)),
    Column("g", Geometry("POINT", srid=25832, spatial_index=False)),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
POINTS = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(shapely.Point)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


ROWS = st.lists(
    st.tuples(
        maybe(st.integers(-(2**31), 2**31 - 1)),
        maybe(st.integers(-(2**15), 2**15 - 1)),
        maybe(st.integers(-(2**63), 2**63 - 1)),
        maybe(st.floats(allow_nan=False)),
        maybe(st.booleans()),
        maybe(st.dates()),
        maybe(st.text(st.characters(codec="utf-8", exclude_characters="\0"))),
        maybe(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)),
        maybe(POINTS),
    ),
    max_size=7,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, block=st.integers(1, 4))
def test_every_value_arrives_as_it_is(
    connection: Connection, rows: list[tuple[Any, ...]], block: int
) -> None:
    columns = {name: [row[i] for row in rows] for i, name in enumerate(TABLE.columns.keys())}
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    with connection.begin_nested() as savepoint, pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "BLOCK_ROWS", block)
        TABLE.create(connection)
        raw = connection.connection.driver_connection
        assert raw is not None
        with raw.cursor() as cursor, cursor.copy("COPY packed FROM STDIN (FORMAT BINARY)") as copy:
            for part in pack(TABLE, frame):
                copy.write(part)
        stored = connection.execute(
            text(
                "SELECT n, small, big, f, b, d, t, s, ST_X(g), ST_Y(g), ST_SRID(g) FROM packed ORDER BY ctid"
            )
        ).all()
        savepoint.rollback()
    expected = [
        (*row[:-1], *((row[-1].x, row[-1].y, 25832) if row[-1] is not None else (None, None, None)))
        for row in rows
    ]
    assert [tuple(row) for row in stored] == expected


TYPED = pd.DataFrame(
    {
        "n": pd.array([1, None], dtype="Int64"),
        "small": np.array([1, 2]),
        "big": np.array([1.0, np.nan]),
        "f": np.array([1.5, np.nan]),
        "b": np.array([True, False]),
        "d": pd.Series([pd.Timestamp("2024-02-29"), pd.NaT]),
        "t": pd.Series(["ä", None], dtype="str"),
        "s": pd.Series(["b", "c"], dtype="str"),
        "g": np.array([shapely.Point(1, 2), None], dtype=object),
    }
)


def test_typed_columns_are_packed_like_plain_ones() -> None:
    plain = pd.DataFrame(
        {
            "n": pd.Series([1, None], dtype=object),
            "small": pd.Series([1, 2], dtype=object),
            "big": pd.Series([1, None], dtype=object),
            "f": pd.Series([1.5, None], dtype=object),
            "b": pd.Series([True, False], dtype=object),
            "d": pd.Series([dt.date(2024, 2, 29), None], dtype=object),
            "t": pd.Series(["ä", None], dtype=object),
            "s": pd.Series(["b", "c"], dtype=object),
            "g": pd.Series([shapely.Point(1, 2), None], dtype=object),
        }
    )
    assert b"".join(pack(TABLE, TYPED)) == b"".join(pack(TABLE, plain))


def test_other_types_are_left_to_psycopg() -> None:
    table = Table("priced", MetaData(), Column("n", Integer), Column("eur", Numeric(10, 2)))
    frame = pd.DataFrame({"n": [1], "eur": [2]})
    assert can_pack(table, frame[["n"]])
    assert not can_pack(table, frame)
    with pytest.raises(TypeError, match="priced"):
        list(pack(table, frame))
