"""Fuzzed filters: whatever is written is refused by name or becomes a statement that holds none of it."""

import json
import re
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, Date, Float, MetaData, Table, Text, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_service.auth.fields import Kind
from geo_service.db import DIALECT
from geo_service.errors import BadParameter
from geo_service.ogc.cql.operands import Scope
from geo_service.ogc.cql.translate import condition_of
from geo_service.ogc.cql.tree import parse
from geo_service.ogc.crs import CRS84

TABLE = Table(
    "things", MetaData(), Column("name", Text), Column("size", Float), Column("open", Boolean),
    Column("since", Date), Column("uses", ARRAY(Text)), Column("geom", Text),
)  # fmt: skip
KINDS: dict[str, Kind] = {
    "name": "text", "size": "number", "open": "boolean", "since": "date", "uses": "texts"
}  # fmt: skip
SCOPE = Scope({name: TABLE.c[name] for name in KINDS}, KINDS, TABLE.c.geom, CRS84, ZoneInfo("Europe/Berlin"))
WORDS = [
    "name", "size", "open", "since", "uses", "geometry", "secret", "AND", "OR", "NOT", "=", "<>", "<", ">=",
    "LIKE", "IN", "BETWEEN", "IS", "NULL", "(", ")", ",", "'x'", "''", "'it''s'", "1", "-2.5e3", "TRUE", "+",
    "*", "/", "^", "CASEI(name)", "ACCENTI('é')", "DATE('2026-01-01')", "INTERVAL('..','2026-01-01')",
    "T_DURING(", "A_CONTAINS(", "S_INTERSECTS(geometry,", "POINT(7.4 51.5)", "BBOX(7,51,8,52)", ";", "--",
    '"', "\\", "%", "pg_sleep(9)", "$1",
]  # fmt: skip


def compiled(text: str, language: str) -> tuple[str, dict[str, Any]] | None:
    """Return the statement and its values; None: refused."""
    refused: list[BadParameter] = []
    try:
        condition = condition_of(parse(text, language), SCOPE)
    except BadParameter as error:
        refused.append(error)
    for one in refused:
        assert one.extra["parameter"] == "filter"
        assert one.detail
        return None
    made = (
        select(TABLE.c.name)
        .where(condition)
        .compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    )
    return str(made), dict(made.params)


@given(st.text(max_size=60))
@settings(max_examples=400, deadline=None)
@example("'; DROP TABLE parcels; --")
@example("%(name)s :name {}")
def test_a_literal_is_bound_and_never_written(value: str) -> None:
    quoted = value.replace("'", "''")
    for text, language in (
        (f"name = '{quoted}' OR name LIKE '{quoted}%'", "cql2-text"),
        (json.dumps({"op": "=", "args": [{"property": "name"}, value]}), "cql2-json"),
    ):
        made = compiled(text, language)
        if made is None:
            assert "\0" in value or value.endswith("\\")
            continue
        statement, values = made
        assert value in values.values()
        assert re.sub(r"%\(param_\d+(_\d+)*\)s(::\w+)?", "?", statement).count("'") == 0


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14))
@settings(max_examples=1500, deadline=None)
def test_words_in_any_order_are_refused_or_translated(words: list[str]) -> None:
    made = compiled(" ".join(words), "cql2-text")
    if made is not None:
        statement, _values = made
        for forbidden in ("pg_sleep", "secret", ";", "--", "$1"):
            assert forbidden not in statement


OPERATORS = [
    "and", "or", "not", "=", "<", "in", "between", "like", "isNull", "casei", "+", "s_within", "s_dwithin",
    "t_after", "t_during", "a_overlaps", "a_equals", "version",
]  # fmt: skip
json_trees = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8)
    | st.sampled_from([{"property": name} for name in [*KINDS, "geometry", "secret"]]),
    lambda inner: st.lists(inner, max_size=4)
    | st.builds(
        lambda op, args: {"op": op, "args": args},
        st.sampled_from(OPERATORS),
        st.lists(inner, max_size=4),
    )
    | st.builds(lambda ends: {"interval": ends}, st.lists(inner, max_size=3))
    | st.builds(lambda day: {"date": day}, inner)
    | st.builds(lambda box: {"bbox": box}, st.lists(st.floats(-200, 200), max_size=6)),
    max_leaves=20,
)  # fmt: skip


@given(json_trees)
@settings(max_examples=1500, deadline=None)
def test_any_tree_is_refused_or_translated(tree: Any) -> None:
    made = compiled(json.dumps(tree), "cql2-json")
    if made is not None:
        assert "version" not in made[0]
