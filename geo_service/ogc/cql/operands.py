"""What stands beside an operator: properties that the caller sees, and literals, each with its kind."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Text,
    cast,
    func,
    literal,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from geo_service.auth.fields import Kind
from geo_service.ogc.cql.tree import Node, refuse
from geo_service.ogc.crs import Crs
from geo_service.ogc.model import Check

Expression = ColumnElement[Any]
GEOMETRY_NAMES: Final = frozenset({"geometry", "geom"})
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
LARGEST_INTEGER: Final = 2**53
"""From here on a number written as a double is not exact."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a filter may speak of.

    Parameters
    ----------
    columns
        Expressions of the fields that the caller sees.
    kinds
        Their kinds.
    geom
        Geometry of a feature, EPSG:25832.
    crs
        Coordinate system of the filter's literals.
    zone
        Time zone in which moments become days.
    checks
        Of fields that hold words of a vocabulary: what refuses a word that there is not.
    """

    columns: Mapping[str, Expression]
    kinds: Mapping[str, Kind]
    geom: Expression
    crs: Crs
    zone: ZoneInfo
    checks: Mapping[str, Check] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a comparison.

    Parameters
    ----------
    kind
        ``text``, ``number``, ``boolean``, ``date``, ``moment``, ``texts`` or ``object``.
    value
        Its expression.
    name
        The property, or what the filter says, for messages.
    literal
        The value of a literal; None for anything that depends on the row.
    """

    kind: str
    value: Expression
    name: str
    literal: Any = None


def property_name(node: Node) -> str | None:
    """Return the name of a property; None: the node is something else."""
    if isinstance(node, dict) and set(node) == {"property"} and isinstance(node["property"], str):
        return str(node["property"])
    return None


def property_of(name: str, scope: Scope) -> Operand:
    """Return a property.

    Raises
    ------
    BadParameter
        When the collection has none of the name that the caller sees, or it is the geometry.
    """
    if name in GEOMETRY_NAMES:
        raise refuse(
            f"The property {name!r} is the geometry: use it with a spatial operator.",
            f"„{name}“ ist die Geometrie: Sie steht nur in räumlichen Bedingungen (S_INTERSECTS und andere).",
            property=name,
        )
    kind = scope.kinds.get(name)
    if kind is None:
        raise refuse(
            f"There is no property {name[:60]!r} to filter by. Known: {', '.join(scope.kinds)}.",
            f"Nach „{name[:60]}“ kann nicht gefiltert werden. Bekannt: {', '.join(scope.kinds)}.",
            property=name[:60],
        )
    column = scope.columns[name]
    if kind == "integer":
        return Operand("number", column, name)
    return Operand(kind, cast(column, Text) if kind == "text" else column, name)


def literal_of(node: Node, scope: Scope) -> Operand | None:
    """Return a literal; None: the node is something else.

    Raises
    ------
    BadParameter
        For a number that is none, and a day or moment that does not exist.
    """
    if isinstance(node, bool):
        return Operand("boolean", literal(node, Boolean()), str(node).lower(), node)
    if isinstance(node, int | float):
        return _number(node)
    if isinstance(node, str):
        if "\0" in node:
            raise refuse(
                "The filter holds a character that no text has (NUL).",
                "Die Bedingung enthält ein Zeichen, das in keinem Text steht (NUL).",
            )
        return Operand("text", literal(node, Text()), repr(node[:40]), node)
    if isinstance(node, dict) and len(node) == 1:
        if "date" in node:
            return day_literal(node["date"])
        if "timestamp" in node:
            return moment_literal(node["timestamp"], scope.zone)
    return None


def _number(value: float) -> Operand:
    if not math.isfinite(value):
        raise refuse("The filter holds a number that is too large.", "Eine Zahl der Bedingung ist zu groß.")
    if float(value).is_integer() and abs(value) < LARGEST_INTEGER:
        return Operand("number", literal(int(value), BigInteger()), f"{value:g}", int(value))
    return Operand("number", literal(float(value), Double()), f"{value:g}", float(value))


def day_literal(text: Any) -> Operand:  # noqa: ANN401 - checked here
    """Return a day.

    Raises
    ------
    BadParameter
        When it is none.
    """
    said = f"DATE({str(text)[:40]!r})"
    mend = (
        f"{said} is no day. Write it as DATE('2026-03-01').",
        f"{said} ist kein Tag. Schreiben Sie ihn so: DATE('2026-03-01').",
    )
    if not isinstance(text, str) or not DAY.fullmatch(text):
        raise refuse(*mend)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise refuse(*mend) from error
    return Operand("date", literal(day, Date()), text, day)


def moment_literal(text: Any, zone: ZoneInfo) -> Operand:  # noqa: ANN401 - checked here
    """Return a moment; without an offset it is the city's time.

    Raises
    ------
    BadParameter
        When it is none.
    """
    said = f"TIMESTAMP({str(text)[:40]!r})"
    mend = (
        f"{said} is no moment. Write it as TIMESTAMP('2026-03-01T12:00:00Z').",
        f"{said} ist kein Zeitpunkt. Schreiben Sie ihn so: TIMESTAMP('2026-03-01T12:00:00Z').",
    )
    if not isinstance(text, str) or not MOMENT.fullmatch(text):
        raise refuse(*mend)
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
        moment.astimezone(zone)
    except (ValueError, OverflowError) as error:
        raise refuse(*mend) from error
    return Operand("moment", literal(moment, DateTime(timezone=True)), text, moment)


def alike(first: Operand, second: Operand, scope: Scope) -> tuple[Operand, Operand]:
    """Return two operands that can be compared with each other.

    A literal text beside a day or moment is read as one; beside a day the moment counts by its day in the
    city, and a day beside a moment by its beginning there.

    Raises
    ------
    BadParameter
        When their kinds do not fit each other.
    """
    if first.kind != second.kind and first.literal is None:
        second = _converted(second, first.kind, scope)
    if first.kind != second.kind:
        first = _converted(first, second.kind, scope)
    if first.kind != second.kind:
        raise refuse(
            f"{first.name} is {_A[first.kind]} and {second.name} is {_A[second.kind]}: "
            "they cannot be compared.",
            f"{first.name} und {second.name} lassen sich nicht vergleichen.",
        )
    return first, second


_A: Final[Mapping[str, str]] = {
    "text": "a text", "number": "a number", "boolean": "true or false", "date": "a day", "moment": "a moment",
    "texts": "a list of texts", "object": "a structure",
}  # fmt: skip


def _converted(operand: Operand, kind: str, scope: Scope) -> Operand:
    """Return a literal in the kind of its neighbour, where that makes sense."""
    if operand.kind == "text" and isinstance(operand.literal, str) and kind in {"date", "moment"}:
        if DAY.fullmatch(operand.literal):
            operand = day_literal(operand.literal)
        else:
            operand = moment_literal(operand.literal, scope.zone)
    if operand.kind == "moment" and kind == "date" and operand.literal is not None:
        day = operand.literal.astimezone(scope.zone).date()
        return Operand("date", literal(day, Date()), operand.name, day)
    if operand.kind == "date" and kind == "moment":
        return as_moment(operand, scope)
    return operand


def as_moment(operand: Operand, scope: Scope) -> Operand:
    """Return the beginning of a day in the city as a moment."""
    if operand.literal is not None:
        start = datetime.combine(operand.literal, time(), scope.zone)
        return Operand("moment", literal(start, DateTime(timezone=True)), operand.name, start)
    start_of_day = func.timezone(scope.zone.key, cast(operand.value, DateTime()))
    return Operand("moment", start_of_day, operand.name)


def as_array(node: Node, scope: Scope) -> Operand:
    """Return a list of texts: a property, or texts in brackets.

    Raises
    ------
    BadParameter
        When it is neither.
    """
    name = property_name(node)
    if name is not None:
        operand = property_of(name, scope)
        if operand.kind != "texts":
            raise refuse(
                f"{name} is {_A[operand.kind]}, not a list of texts.",
                f"{name} ist keine Liste von Texten.",
                property=name,
            )
        return Operand("texts", cast(operand.value, ARRAY(Text())), name)
    if isinstance(node, list) and all(isinstance(each, str) and "\0" not in each for each in node):
        return Operand("texts", literal(node, ARRAY(Text())), str(node)[:40], node)
    raise refuse(
        "An array operator compares a list property with a list of texts, such as ('retail', 'office').",
        "Bedingungen mit A_ vergleichen ein Feld mit einer Liste von Texten, etwa ('retail', 'office').",
    )


SQL_TYPES: Final[Mapping[str, TypeEngine[Any]]] = {
    "text": Text(), "number": Double(), "boolean": Boolean(), "date": Date(),
    "moment": DateTime(timezone=True), "texts": ARRAY(Text()),
}  # fmt: skip
"""How values of a kind are bound."""
