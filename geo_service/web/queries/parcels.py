"""Statements of the parcel list and of the parcel page."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    Float,
    Select,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from geo_service.auth.publication import published
from geo_service.availability.models import Category, Horizon
from geo_service.geometry import WGS84_SRID
from geo_service.parcels.models import District, Parcel
from geo_service.transit.freshness import STATE, state_of
from geo_service.transit.freshness import is_stale as is_outdated
from geo_service.transit.models import TransitAccess, TransitStop
from geo_service.transit.windows import DAY
from geo_service.web.filters import ALL_HORIZONS, GRADES, GROUNDS, SHOWN_METHOD, LandFilter
from geo_service.web.queries.figures import Figures
from geo_service.web.sorting import REVERSED

METHOD: Final = SHOWN_METHOD
"""Transit method shown on pages."""
PAGE_SIZE: Final = 25
SHAPE_DIGITS: Final = 6
"""Decimal places of a degree on the map beside a list."""
Rows = Select[*tuple[Any, ...]]
"""A statement with any columns."""
UNKNOWN_LAST: Final = 1e12
"""Sort key of what is unknown: last, whichever way round the list stands."""

ACCESS: Final = and_(
    TransitAccess.subject_kind == "parcel",
    TransitAccess.subject_id == Parcel.id,
    TransitAccess.method == METHOD,
    TransitAccess.time_window == DAY,
)


def shape_of(geom: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """Return a geometry as GeoJSON text for the map beside a list: WGS 84, a tenth of a metre."""
    return func.ST_AsGeoJSON(func.ST_Transform(geom, WGS84_SRID), SHAPE_DIGITS).label("shape")


def parcel_summary(conditions: LandFilter, figures: Figures, *, public: bool) -> Rows:
    """Count the parcels of a filter: number, offered and net m²; number and offered m² available now."""
    now = figures.c.horizon == Horizon.NOW.value
    return _joined(
        select(
            func.count().label("parcels"),
            func.coalesce(func.sum(figures.c.offered_m2), 0.0).label("offered_m2"),
            func.coalesce(func.sum(figures.c.net_m2), 0.0).label("net_m2"),
            func.count().filter(now).label("now_parcels"),
            func.coalesce(func.sum(figures.c.offered_m2).filter(now), 0.0).label("now_m2"),
        ),
        conditions,
        figures,
        public=public,
    )


def parcel_list(
    conditions: LandFilter,
    figures: Figures,
    *,
    public: bool,
    after: tuple[str, int] | None = None,
    limit: int = PAGE_SIZE,
) -> Rows:
    """List the parcels of a filter, one more than ``limit`` to tell whether there are more.

    Parameters
    ----------
    conditions
        What is asked for, and the order.
    figures
        The figures: those stored, or those of another day.
    public
        Whether the caller is nobody known: then only what may be published.
    after
        Sort key and id of the last row shown before.
    limit
        Rows per page.

    Raises
    ------
    ValueError
        When the sort key of `after` is no number.
    """
    sort_key = in_order(conditions.sort, _value(conditions.sort, figures))
    statement = _joined(
        select(
            Parcel.id,
            Parcel.parcel_key,
            Parcel.gemarkung,
            Parcel.flur,
            Parcel.numerator,
            Parcel.denominator,
            Parcel.location_text,
            Parcel.is_demo,
            *(found for name, found in figures.c.items() if name != "parcel_id"),
            figures.stale.label("stale"),
            District.name.label("district"),
            TransitAccess.grade,
            TransitAccess.distance_m,
            TransitStop.name.label("stop"),
            is_outdated(Parcel.geom).label("transit_stale"),
            figures.zone.label("zone"),
            sort_key.label("sort_key"),
            shape_of(Parcel.geom),
        ),
        conditions,
        figures,
        public=public,
    )
    if after is not None:
        statement = statement.where(tuple_(sort_key, Parcel.id) > tuple_(float(after[0]), after[1]))
    return statement.order_by(sort_key, Parcel.id).limit(limit + 1)


def _joined(statement: Rows, conditions: LandFilter, figures: Figures, *, public: bool) -> Rows:
    """Add tables and conditions."""
    statement = (
        statement.select_from(Parcel)
        .join(figures.table, figures.c.parcel_id == Parcel.id)
        .outerjoin(District, District.id == Parcel.district_id)
        .outerjoin(TransitAccess, ACCESS)
        .outerjoin(TransitStop, TransitStop.id == TransitAccess.stop_pk)
        .outerjoin(STATE, state_of())
        .where(Parcel.valid.contains(figures.day), figures.c.offered_m2 > 0)
        .where(*_conditions(conditions, figures))
    )
    if not public:
        return statement
    return statement.where(
        published(
            Parcel.publication_objection,
            Parcel.publication_announced_on,
            literal_column("current_date", Date),
        )
    )


def _offer(wanted: LandFilter, figures: Figures) -> ColumnElement[bool]:
    """Keep the wanted categories, or the land on offer where none is wanted."""
    if not wanted.category:
        return figures.c.offered.is_(true())
    return func.coalesce(figures.c.category, Category.UNKNOWN.value).in_(wanted.category)


def _size_conditions(wanted: LandFilter, figures: Figures) -> list[ColumnElement[bool]]:
    """Return the conditions on areas."""
    found: list[ColumnElement[bool]] = []
    if wanted.area_min_m2 is not None:
        found.append(figures.c.offered_m2 >= wanted.area_min_m2)
    if wanted.area_max_m2 is not None:
        found.append(figures.c.offered_m2 <= wanted.area_max_m2)
    if wanted.piece_min_m2 is not None:
        found.append(figures.c.piece_m2 >= wanted.piece_min_m2)
    return found


def _conditions(wanted: LandFilter, figures: Figures) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter."""
    found = [*_size_conditions(wanted, figures), _offer(wanted, figures)]
    if set(wanted.horizon) != set(ALL_HORIZONS):
        found.append(figures.c.horizon.in_(wanted.horizon))
    if wanted.by:
        found.append(figures.c.available_from <= wanted.by)
    if wanted.grade:
        found.append(TransitAccess.grade.in_(GRADES[: GRADES.index(wanted.grade) + 1]))
    if wanted.district:
        found.append(District.key.in_(wanted.district))
    if wanted.use:
        found.append(figures.zone.in_(wanted.use))
    if wanted.ground:
        found.append(figures.c.ground.in_(wanted.ground))
    if wanted.within:
        found.append(wanted.within.reaches(Parcel.geom))
    return found


def in_order(sort: str, value: Any) -> ColumnElement[float]:  # noqa: ANN401 - a column or what is made of some
    """Return the key, ascending, by which a list is sorted.

    Parameters
    ----------
    sort
        Name of the order; with ``-`` before it the other way round.
    value
        A number that ascends in the order of that name; NULL where unknown.
    """
    key = cast(value, Float)
    return func.coalesce(-key if sort.startswith(REVERSED) else key, UNKNOWN_LAST)


def _value(sort: str, figures: Figures) -> ColumnElement[Any]:
    """Return the number by which parcels are sorted."""
    name = sort.removeprefix(REVERSED)
    if name == "from":
        return figures.c.available_from - func.current_date()
    if name == "grade":
        return _place(GRADES, TransitAccess.grade)
    if name == "ground":
        return _place(GROUNDS, figures.c.ground)
    return -figures.c.offered_m2


def _place(order: Sequence[str], value: Any) -> ColumnElement[Any]:  # noqa: ANN401 - a column
    """Return the place of a value in an order; NULL where it has none."""
    return case({each: place for place, each in enumerate(order)}, value=value)
