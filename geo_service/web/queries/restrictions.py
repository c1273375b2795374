"""Statements of the list of restrictions."""

from typing import Any

from sqlalchemy import ColumnElement, Date, Text, cast, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from geo_service.auth.publication import published_restriction
from geo_service.geometry import WGS84_SRID
from geo_service.restrictions.models import Effect, Restriction, RestrictionKind
from geo_service.web.filters import RestrictionFilter
from geo_service.web.queries.parcels import PAGE_SIZE, SHAPE_DIGITS, Rows, in_order
from geo_service.web.sorting import RESTRICTION_SORTS, REVERSED

DRAWN_TO_M = 2.0
"""Corners nearer than this to the line are left out on the map beside the list, metres."""


def restriction_summary(conditions: RestrictionFilter, *, public: bool) -> Rows:
    """Count the restrictions of a filter: ``restrictions``, and those of each effect by its name."""
    of_effect = (func.count().filter(Restriction.effect == each.value).label(each.value) for each in Effect)
    return _filtered(select(func.count().label("restrictions"), *of_effect), conditions, public=public)


def restriction_list(
    conditions: RestrictionFilter,
    *,
    public: bool,
    after: tuple[str, int] | None = None,
    limit: int = PAGE_SIZE,
) -> Rows:
    """List the restrictions of a filter, one more than ``limit``; public fields only.

    Parameters
    ----------
    conditions
        What is asked for, and the order.
    public
        Whether the caller is nobody known: then no kind that is hidden from the public.
    after
        Sort key and id of the last row shown before.
    limit
        Rows per page.

    Raises
    ------
    ValueError
        When the sort key of `after` is no number.
    """
    sort_key, statement = _rows(conditions.sort)
    statement = _filtered(statement, conditions, public=public)
    if after is not None:
        statement = statement.where(tuple_(sort_key, Restriction.id) > tuple_(float(after[0]), after[1]))
    return statement.order_by(sort_key, Restriction.id).limit(limit + 1)


def one_restriction(restriction_id: int) -> Rows:
    """Select one restriction, of any time and kind, as a row of the list."""
    _, statement = _rows(RESTRICTION_SORTS.usual)
    return statement.where(Restriction.id == restriction_id)


def _rows(sort: str) -> tuple[ColumnElement[float], Rows]:
    """Return the key that sorts the rows of the list, and the rows."""
    simple = func.ST_Simplify(Restriction.geom, DRAWN_TO_M, True)
    sort_key = in_order(sort, _value(sort))
    statement: Rows = select(
        Restriction.id,
        Restriction.restriction_key,
        Restriction.kind,
        Restriction.effect,
        Restriction.severity,
        Restriction.title,
        Restriction.reduction_share,
        Restriction.office,
        Restriction.legal_basis,
        Restriction.source,
        Restriction.source_date,
        Restriction.is_demo,
        func.lower(Restriction.valid).label("since"),
        func.upper(Restriction.valid).label("until"),
        func.ST_Area(Restriction.geom).label("area_m2"),
        func.ST_AsGeoJSON(func.ST_Transform(simple, WGS84_SRID), SHAPE_DIGITS).label("shape"),
        sort_key.label("sort_key"),
    )
    return sort_key, statement


def _value(sort: str) -> ColumnElement[Any]:
    """Return the number by which restrictions are sorted."""
    name = sort.removeprefix(REVERSED)
    if name == "area":
        return -func.ST_Area(Restriction.geom)
    if name == "kind":
        order = literal([kind.value for kind in RestrictionKind], ARRAY(Text))
        return func.array_position(order, Restriction.kind)
    return func.nullif(func.upper(Restriction.valid), cast(literal("infinity"), Date)) - func.current_date()


def _filtered(statement: Rows, wanted: RestrictionFilter, *, public: bool) -> Rows:
    day: Any = wanted.as_of or func.current_date()
    conditions: list[ColumnElement[bool]] = [Restriction.valid.contains(day)]
    if public:
        conditions.append(published_restriction(Restriction.kind))
    for column, values in (
        (Restriction.kind, wanted.kind),
        (Restriction.effect, wanted.effect),
        (Restriction.severity, wanted.severity),
    ):
        if values:
            conditions.append(column.in_(values))
    if wanted.open_end:
        conditions.append(func.upper_inf(Restriction.valid))
    if wanted.within is not None:
        conditions.append(wanted.within.reaches(Restriction.geom))
    return statement.where(*conditions)
