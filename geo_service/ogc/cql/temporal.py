"""Temporal operators over instants and intervals.

An instant is an interval that begins and ends at once. ``..`` and an unknown end of a property in INTERVAL
are open: a validity without last day lasts.

Source: OGC 21-065r2, section 7.7 and table 10 (temporal operators, after Allen).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, and_, cast, func, literal, or_

from geo_service.ogc.cql.operands import (
    DAY,
    SQL_TYPES,
    Expression,
    Operand,
    Scope,
    as_moment,
    day_literal,
    literal_of,
    moment_literal,
    property_name,
    property_of,
)
from geo_service.ogc.cql.tree import Node, refuse, told

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Span:
    """An interval: its two ends as expressions of one kind, ``date`` or ``moment``."""

    start: Expression
    end: Expression


RULES: Final[Mapping[str, Callable[[Span, Span], Condition]]] = MappingProxyType(
    {
        "t_after": lambda a, b: a.start > b.end,
        "t_before": lambda a, b: a.end < b.start,
        "t_disjoint": lambda a, b: or_(a.end < b.start, a.start > b.end),
        "t_intersects": lambda a, b: and_(a.start <= b.end, a.end >= b.start),
        "t_equals": lambda a, b: and_(a.start == b.start, a.end == b.end),
        "t_contains": lambda a, b: and_(a.start < b.start, a.end > b.end),
        "t_during": lambda a, b: and_(a.start > b.start, a.end < b.end),
        "t_finishedby": lambda a, b: and_(a.start < b.start, a.end == b.end),
        "t_finishes": lambda a, b: and_(a.start > b.start, a.end == b.end),
        "t_meets": lambda a, b: a.end == b.start,
        "t_metby": lambda a, b: a.start == b.end,
        "t_overlappedby": lambda a, b: and_(a.start > b.start, a.start < b.end, a.end > b.end),
        "t_overlaps": lambda a, b: and_(a.start < b.start, a.end > b.start, a.end < b.end),
        "t_startedby": lambda a, b: and_(a.start == b.start, a.end > b.end),
        "t_starts": lambda a, b: and_(a.start == b.start, a.end < b.end),
    }
)
"""Operator (lower case) to its rule."""


def temporal(operator: str, arguments: list[Node], scope: Scope) -> Condition:
    """Return the condition of a temporal operator.

    Raises
    ------
    BadParameter
        When an argument is no instant and no interval.
    """
    if len(arguments) != 2:  # noqa: PLR2004 - a pair
        raise refuse(
            f"{operator.upper()} takes two instants or intervals.",
            f"{operator.upper()} braucht zwei Tage, Zeitpunkte oder Spannen.",
        )
    ends = [_ends(each, scope) for each in arguments]
    kind = "moment" if any(end and end.kind == "moment" for pair in ends for end in pair) else "date"
    first, second = (_span(pair, kind, scope) for pair in ends)
    return RULES[operator](first, second)


def _ends(node: Node, scope: Scope) -> tuple[Operand | None, Operand | None]:
    """Return both ends, None where open."""
    if isinstance(node, dict) and set(node) == {"interval"}:
        parts = node["interval"]
        if not isinstance(parts, list) or len(parts) != 2:  # noqa: PLR2004 - a pair
            raise refuse(
                "INTERVAL has two ends; '..' leaves one open.",
                "INTERVAL hat zwei Enden; '..' lässt eines offen.",
            )
        start, end = (None if part == ".." else _instant(part, scope) for part in parts)
        if start and end and None not in (start.literal, end.literal) and start.kind == end.kind:
            _require_order(start, end)
        return start, end
    instant = _instant(node, scope)
    return instant, instant


def _require_order(start: Operand, end: Operand) -> None:
    if start.literal > end.literal:
        interval = f"INTERVAL('{start.name}', '{end.name}')"
        raise refuse(
            f"{interval} has its earlier end first.", f"In {interval} steht das frühere Ende nicht vorn."
        )


def _instant(node: Node, scope: Scope) -> Operand:
    name = property_name(node)
    if name is not None:
        found = property_of(name, scope)
    elif isinstance(node, str):
        return day_literal(node) if DAY.fullmatch(node) else moment_literal(node, scope.zone)
    else:
        found = literal_of(node, scope)  # type: ignore[assignment]  # None is refused below
    if found is None or found.kind not in {"date", "moment"}:
        raise refuse(
            "A temporal operator takes days, moments and intervals, such as DATE('2026-03-01') or "
            f"INTERVAL('2026-03-01', '..'), not {name or told(node)}.",
            "Zeitliche Bedingungen vergleichen Tage, Zeitpunkte und Spannen, etwa DATE('2026-03-01') oder "
            f"INTERVAL('2026-03-01', '..'), nicht {name or told(node)}.",
        )
    return found


def _span(ends: tuple[Operand | None, Operand | None], kind: str, scope: Scope) -> Span:
    """Return both ends in one kind; open ones are infinite."""
    sides: list[Expression] = []
    instant = ends[0] is ends[1] and ends[0] is not None
    for end, infinity in zip(ends, ("-infinity", "infinity"), strict=True):
        endless = cast(literal(infinity, SQL_TYPES["text"]), SQL_TYPES[kind])
        if end is None:
            sides.append(endless)
            continue
        value = as_moment(end, scope).value if kind != end.kind else end.value
        sides.append(value if instant or end.literal is not None else func.coalesce(value, endless))
    return Span(*sides)
