"""Filters by the fields of a collection: ``category=gap,vacant``, ``min_offered_m2=1000``.

Source: OGC API - Features, part 1 (OGC 17-069r4), section 7.15.5, parameters for filtering on feature
properties; bounds are an extension of this service.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Date, Double, Text, bindparam, cast, func
from sqlalchemy.dialects.postgresql import ARRAY

from geo_service.auth.caller import Caller
from geo_service.auth.fields import RECORDS, Kind, visible_fields
from geo_service.errors import BadParameter
from geo_service.ogc.model import Check, Collection, Column

Test = Literal["is", "least", "most"]
LONGEST: Final = 1_000
"""Most characters of a filter."""
NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
UNKNOWN: Final = "null"
"""Asks for what is not known."""
TESTS: Final[Mapping[Kind, tuple[Test, ...]]] = MappingProxyType(
    {
        "text": ("is",),
        "boolean": ("is",),
        "date": ("is", "least", "most"),
        "number": ("is", "least", "most"),
        "integer": ("is", "least", "most"),
    }
)
"""What can be asked of a field, by its kind."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: a field, what is asked of it, its kind, and what refuses a word that there is not."""

    field: str
    test: Test
    kind: Kind
    check: Check | None = None


def filters_of(collection: Collection, caller: Caller) -> Mapping[str, Filter]:
    """Return the filters that a caller may use, by the name of their parameter.

    Only fields that the caller sees: a filter would tell what a field holds.
    """
    return _filters(collection, visible_fields(collection.id, caller))


@lru_cache(maxsize=512)
def _filters(collection: Collection, visible: tuple[str, ...]) -> Mapping[str, Filter]:
    prefix: dict[Test, str] = {"is": "", "least": "min_", "most": "max_"}
    filters = {
        f"{prefix[test]}{field.name}": Filter(field.name, test, field.kind, collection.checks.get(field.name))
        for field in RECORDS[collection.id]
        if field.name in visible
        for test in TESTS.get(field.kind, ())
        if field.name not in collection.choices
    }
    return MappingProxyType(filters)


def read_filters(given: Mapping[str, str], known: Mapping[str, Filter]) -> dict[Filter, Any]:
    """Read the filters among the parameters, with their values.

    Raises
    ------
    BadParameter
        Naming the parameter whose value does not fit its field.
    """
    return {known[name]: _value(name, text, known[name]) for name, text in given.items() if name in known}


def _value(name: str, text: str, asked: Filter) -> Any:  # noqa: ANN401 - of the field's kind
    if len(text) > LONGEST or not text:
        raise BadParameter(
            f"{name} needs a value of at most {LONGEST} characters.",
            parameter=name,
            detail_de=f"{name} braucht einen Wert mit höchstens {LONGEST} Zeichen.",
        )
    words = text.split(",") if asked.test == "is" else [text]
    readers: dict[Kind, Callable[[str], Any]] = {"date": _day, "text": str, "boolean": _truth}
    read = _word(asked.check) if asked.check else readers.get(asked.kind, read_number)
    fault = f"no {asked.field if asked.check else asked.kind}"
    try:
        values = [None if asked.test == "is" and word == UNKNOWN else read(word) for word in words]
    except ValueError as error:
        known = str(error).partition("Known: ")[2]
        raise BadParameter(
            f"{name} {text[:60]!r} is {fault}. {error}",
            parameter=name,
            detail_de=f"{name} kann nicht „{text[:60]}“ sein." + (f" Bekannt: {known}" if known else ""),
        ) from error
    return values if asked.test == "is" else values[0]


def _word(check: Check) -> Callable[[str], str]:
    def read(word: str) -> str:
        check(word)
        return word

    return read


def _day(text: str) -> date:
    if not DAY.fullmatch(text):
        raise ValueError("Write it as 2026-03-01.")
    return date.fromisoformat(text)


def _truth(text: str) -> str:
    if text not in {"true", "false"}:
        raise ValueError("Write true or false.")
    return text


def read_number(text: str) -> float:
    """Return a number that is written with the digits 0 to 9, a point and an exponent.

    Raises
    ------
    ValueError
        For anything else, also for digits of other scripts, and for what is too large.
    """
    value = float(text) if NUMBER.fullmatch(text.strip()) else math.nan
    if not math.isfinite(value):
        raise ValueError("Write it with digits, such as 1000 or 2.5.")
    return value


def parameter_of(place: int) -> str:
    """Return the name under which the value of a filter is bound."""
    return f"filter_{place}"


def condition(column: Column, asked: Filter, place: int) -> ColumnElement[bool]:
    """Build the condition of a filter; its value is bound under `parameter_of` its place."""
    kind = {"date": Date, "number": Double, "integer": Double}.get(asked.kind, Text)()
    name = parameter_of(place)
    if asked.test == "is":  # array_position finds NULL too
        listed = bindparam(name, type_=ARRAY(kind), required=False)
        return func.array_position(listed, cast(column, kind)).is_not(None)
    bound = bindparam(name, type_=kind, required=False)
    return column >= bound if asked.test == "least" else column <= bound
