"""Sorting, and pages that go on where the last one ended, forwards and backwards.

A page starts after a mark: the row id, or, when sorted, the sort values and the row id of its last
feature. That costs the same on every page, and nothing is shown twice when a feature is added meanwhile.

Source: OGC API - Features, part 5 and 8 drafts (``sortby``); RFC 8288 (``next``, ``prev``).
"""

import binascii
import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    func,
    or_,
)
from sqlalchemy.types import TypeEngine

from geo_service.auth.fields import Kind
from geo_service.errors import BadParameter
from geo_service.ogc.model import Collection, Column

MOST_SORTS: Final = 4
MAX_ROW_ID: Final = 2**31 - 1
LONGEST_MARK: Final = 4_000
TYPES: Final[Mapping[Kind, TypeEngine[Any]]] = {
    "text": Text(), "number": Double(), "integer": Double(), "boolean": Boolean(), "date": Date(),
    "moment": DateTime(timezone=True),
}  # fmt: skip
"""Kinds that can be sorted by."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One field that a page is sorted by; what is not known comes last either way."""

    field: str
    kind: Kind
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page starts.

    Parameters
    ----------
    row_id
        Of the feature that it goes on from; None: at the beginning.
    values
        Of the fields that it is sorted by, of that feature.
    backwards
        Whether the page ends before that feature.
    """

    row_id: int | None = None
    values: tuple[Any, ...] = ()
    backwards: bool = False


def read_sorts(text: str | None, kinds: Mapping[str, Kind]) -> tuple[Sort, ...]:
    """Read ``sortby=-net_m2,parcel_key``.

    Raises
    ------
    BadParameter
        For a field that the caller does not see, or that has no order.
    """
    if text is None:
        return ()
    sorts = []
    for word in map(str.strip, text.split(",")):
        name = word[1:] if word.startswith(("+", "-")) else word
        kind = kinds.get(name)
        if kind is None or kind not in TYPES:
            known = ", ".join(each for each, its in kinds.items() if its in TYPES)
            raise BadParameter(
                f"There is no sorting by {name[:60]!r}. Known: {known}.",
                parameter="sortby",
                detail_de=f"Nach „{name[:60]}“ kann nicht sortiert werden. Bekannt: {known}.",
            )
        sorts.append(Sort(name, kind, descending=word.startswith("-")))
    if len(sorts) > MOST_SORTS or len({sort.field for sort in sorts}) < len(sorts):
        raise BadParameter(
            f"sortby takes at most {MOST_SORTS} fields, each once.",
            parameter="sortby",
            detail_de=f"Sortiert werden kann nach höchstens {MOST_SORTS} Feldern, nach jedem einmal.",
        )
    return tuple(sorts)


def read_start(given: Mapping[str, str], sorts: tuple[Sort, ...]) -> Start:
    """Read ``after`` or ``before``, as the links of a page have them.

    Raises
    ------
    BadParameter
        When both are given, or a mark is none of this service, or of another sorting.
    """
    if "after" in given and "before" in given:
        raise BadParameter(
            "after and before exclude each other.",
            parameter="before",
            detail_de="after und before schließen einander aus.",
        )
    name = "before" if "before" in given else "after"
    if name not in given:
        return Start()
    text, backwards = given[name], name == "before"
    try:
        values, row_id = _mark_parts(text, sorts)
    except (ValueError, TypeError, UnicodeError, binascii.Error, RecursionError) as error:
        raise BadParameter(
            f"{name} is a part of the links of a page and cannot be {text[:60]!r}.",
            parameter=name,
            detail_de=f"{name} steht in den Links einer Seite und kann nicht „{text[:60]}“ sein.",
        ) from error
    return Start(row_id, values, backwards)


def _mark_parts(text: str, sorts: tuple[Sort, ...]) -> tuple[tuple[Any, ...], int]:
    """Return sort values and row id of a mark; any ValueError or TypeError: it is none."""
    if not sorts:
        return (), _row_id(int(text) if text.isascii() and text.isdecimal() else None)
    *values, row_id = json.loads(urlsafe_b64decode(text[:LONGEST_MARK].encode("ascii")))
    return tuple(_value(value, sort.kind) for value, sort in zip(values, sorts, strict=True)), _row_id(row_id)


def _row_id(number: Any) -> int:  # noqa: ANN401 - checked here
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError("no row id")
    return min(number, MAX_ROW_ID)


def _value(value: Any, kind: Kind) -> Any:  # noqa: ANN401 - of the kind
    """Return a value of a mark in its kind."""
    if value is None:
        return None
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "moment":
        return datetime.fromisoformat(value)
    wanted: Any = {"text": str, "boolean": bool}.get(kind, int | float)
    fits = isinstance(value, wanted) and "\0" not in str(value)
    if not fits or (kind in {"number", "integer"} and not math.isfinite(value)):
        raise ValueError(f"no {kind}")
    return value


def mark_of(text: str) -> str:
    """Return the mark of a feature, given its sort values and row id as JSON."""
    return urlsafe_b64encode(text.encode()).decode()


def mark(collection: Collection, sorts: Sequence[Sort]) -> Column:
    """Return what a feature's mark is made of: its row id, or a JSON list of its sort values and that."""
    if not sorts:
        return collection.row_id
    values = [_column(collection, sort) for sort in sorts]
    return cast(func.json_build_array(*values, collection.row_id), Text)


def _column(collection: Collection, sort: Sort) -> Column:
    return cast(collection.columns[sort.field], TYPES[sort.kind])


def order(collection: Collection, sorts: Sequence[Sort], *, backwards: bool) -> list[Column]:
    """Return what a page is ordered by."""
    columns: list[Column] = []
    for sort in sorts:
        column = _column(collection, sort)
        ordered = column.desc() if sort.descending != backwards else column.asc()
        columns.append(ordered.nulls_first() if backwards else ordered.nulls_last())
    return [*columns, collection.row_id.desc() if backwards else collection.row_id.asc()]


def beyond(collection: Collection, sorts: Sequence[Sort], *, backwards: bool) -> ColumnElement[bool]:
    """Return the condition that a row lies beyond the mark; its values are bound by `start_values`."""
    row_id = bindparam("after", type_=Integer(), required=False)
    result = collection.row_id < row_id if backwards else collection.row_id > row_id
    for place in reversed(range(len(sorts))):
        column, sort = _column(collection, sorts[place]), sorts[place]
        bound = bindparam(f"mark_{place}", type_=TYPES[sort.kind], required=False)
        further = column < bound if sort.descending != backwards else column > bound
        if backwards:  # unknown ones come last: before them lies what is known
            further = or_(further, and_(bound.is_(None), column.is_not(None)))
        else:
            further = or_(further, and_(bound.is_not(None), column.is_(None)))
        result = or_(further, and_(column.is_not_distinct_from(bound), result))
    return result


def start_values(start: Start) -> dict[str, Any]:
    """Return the values that `beyond` is bound to."""
    return {"after": start.row_id, **{f"mark_{place}": value for place, value in enumerate(start.values)}}
