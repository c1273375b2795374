"""Statements of the parcel list and of the parcel page."""

from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Select, and_, case, false, func, literal_column, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from geo_service.auth.publication import published
from geo_service.availability.models import Availability, Category, Horizon, Usability
from geo_service.availability.queries import is_stale
from geo_service.geometry import WGS84_SRID
from geo_service.parcels.models import District, Parcel
from geo_service.restrictions.models import PlanArea
from geo_service.transit.freshness import STATE, state_of
from geo_service.transit.freshness import is_stale as is_outdated
from geo_service.transit.models import TransitAccess, TransitStop
from geo_service.transit.windows import DAY
from geo_service.web.filters import ALL_HORIZONS, GRADES, GROUNDS, SHOWN_METHOD, LandFilter

METHOD: Final = SHOWN_METHOD
"""Transit method shown on pages."""
PAGE_SIZE: Final = 25
SHAPE_DIGITS: Final = 6
"""Decimal places of a degree on the map beside a list."""
Rows = Select[*tuple[Any, ...]]
"""A statement with any columns."""
FAR_FUTURE: Final = date(9999, 12, 31)
"""Sorts unknown dates last."""

ZONE: Final = (
    select(PlanArea.zone)
    .where(func.ST_Intersects(PlanArea.geom, func.ST_PointOnSurface(Parcel.geom)))
    .order_by(PlanArea.id)
    .limit(1)
    .correlate(Parcel)
    .scalar_subquery()
)
"""BauNVO short form of the plan at a point inside the parcel."""

USABLE: Final = and_(
    Usability.parcel_id == Availability.parcel_id, Usability.computed_at == Availability.computed_at
)
"""Usability beside another computation than its own is stale: it is not shown."""

_offered_m2 = func.coalesce(Usability.offered_m2, Availability.net_m2)
"""Net area without slivers, m²; of what was not assessed, the net area: it is not on offer."""

ACCESS: Final = and_(
    TransitAccess.subject_kind == "parcel",
    TransitAccess.subject_id == Parcel.id,
    TransitAccess.method == METHOD,
    TransitAccess.time_window == DAY,
)


def shape_of(geom: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """Return a geometry as GeoJSON text for the map beside a list: WGS 84, a tenth of a metre."""
    return func.ST_AsGeoJSON(func.ST_Transform(geom, WGS84_SRID), SHAPE_DIGITS).label("shape")


def parcel_summary(conditions: LandFilter, *, public: bool) -> Rows:
    """Count the parcels of a filter: number, offered and net m²; number and offered m² available now."""
    now = Availability.horizon == Horizon.NOW.value
    return _joined(
        select(
            func.count().label("parcels"),
            func.coalesce(func.sum(_offered_m2), 0.0).label("offered_m2"),
            func.coalesce(func.sum(Availability.net_m2), 0.0).label("net_m2"),
            func.count().filter(now).label("now_parcels"),
            func.coalesce(func.sum(_offered_m2).filter(now), 0.0).label("now_m2"),
        ),
        conditions,
        public=public,
    )


def parcel_list(
    conditions: LandFilter, *, public: bool, after: tuple[str, int] | None = None, limit: int = PAGE_SIZE
) -> Rows:
    """List the parcels of a filter, one more than ``limit`` to tell whether there are more.

    Parameters
    ----------
    conditions
        What is asked for, and the order.
    public
        Whether the caller is nobody known: then only what may be published.
    after
        Sort key and id of the last row shown before.
    limit
        Rows per page.
    """
    sort_key = _sort_key(conditions.sort)
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
            Availability.gross_m2,
            Availability.net_m2,
            _offered_m2.label("offered_m2"),
            Availability.horizon,
            Availability.available_from,
            Availability.severity,
            is_stale(Availability.parcel_id, Parcel.geom).label("stale"),
            District.name.label("district"),
            TransitAccess.grade,
            TransitAccess.distance_m,
            TransitStop.name.label("stop"),
            is_outdated(Parcel.geom).label("transit_stale"),
            ZONE.label("zone"),
            Usability.piece_m2,
            Usability.ground,
            _category(public=public).label("category"),
            _offered(public=public).label("offered"),
            sort_key.label("sort_key"),
            shape_of(Parcel.geom),
        ),
        conditions,
        public=public,
    )
    if after is not None:
        last = tuple_(_typed(conditions.sort, after[0]), after[1])
        statement = statement.where(tuple_(sort_key, Parcel.id) > last)
    return statement.order_by(sort_key, Parcel.id).limit(limit + 1)


def _joined(statement: Rows, conditions: LandFilter, *, public: bool) -> Rows:
    """Add tables and conditions."""
    statement = (
        statement.select_from(Parcel)
        .join(Availability, Availability.parcel_id == Parcel.id)
        .outerjoin(Usability, USABLE)
        .outerjoin(District, District.id == Parcel.district_id)
        .outerjoin(TransitAccess, ACCESS)
        .outerjoin(TransitStop, TransitStop.id == TransitAccess.stop_pk)
        .outerjoin(STATE, state_of())
        .where(Parcel.valid.contains(func.current_date()), _offered_m2 > 0)
        .where(*_conditions(conditions, public=public))
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


def _category(*, public: bool) -> ColumnElement[str]:
    """Return what a parcel is; for the public without its occupancies."""
    columns = Usability.__table__.c
    return columns.category if public else columns.internal_category


def _offered(*, public: bool) -> ColumnElement[bool]:
    """Tell whether a parcel is land on offer; what was not assessed is not."""
    columns = Usability.__table__.c
    return func.coalesce(columns.offered if public else columns.internal_offered, false())


def _offer(wanted: LandFilter, *, public: bool) -> ColumnElement[bool]:
    """Keep the wanted categories, or the land on offer where none is wanted."""
    if not wanted.category:
        return _offered(public=public)
    return func.coalesce(_category(public=public), Category.UNKNOWN.value).in_(wanted.category)


def _size_conditions(wanted: LandFilter) -> list[ColumnElement[bool]]:
    """Return the conditions on areas."""
    found: list[ColumnElement[bool]] = []
    if wanted.area_min_m2 is not None:
        found.append(_offered_m2 >= wanted.area_min_m2)
    if wanted.area_max_m2 is not None:
        found.append(_offered_m2 <= wanted.area_max_m2)
    if wanted.piece_min_m2 is not None:
        found.append(Usability.piece_m2 >= wanted.piece_min_m2)
    return found


def _conditions(wanted: LandFilter, *, public: bool) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter."""
    found = [*_size_conditions(wanted), _offer(wanted, public=public)]
    if set(wanted.horizon) != set(ALL_HORIZONS):
        found.append(Availability.horizon.in_(wanted.horizon))
    if wanted.by:
        found.append(Availability.available_from <= wanted.by)
    if wanted.grade:
        found.append(TransitAccess.grade.in_(GRADES[: GRADES.index(wanted.grade) + 1]))
    if wanted.district:
        found.append(District.key.in_(wanted.district))
    if wanted.use:
        found.append(ZONE.in_(wanted.use))
    if wanted.ground:
        found.append(Usability.ground.in_(wanted.ground))
    if wanted.within:
        found.append(wanted.within.reaches(Parcel.geom))
    return found


def _sort_key(sort: str) -> ColumnElement[Any]:
    """Return what a list is sorted by, ascending."""
    if sort == "from":
        return func.coalesce(Availability.available_from, FAR_FUTURE)
    if sort == "grade":
        return func.coalesce(TransitAccess.grade, "Z")
    if sort == "ground":
        places = {ground: place for place, ground in enumerate(GROUNDS)}
        return case(places, value=Usability.ground, else_=len(GROUNDS))
    return -_offered_m2


def _typed(sort: str, value: str) -> Any:  # noqa: ANN401 - the type of the sort key
    """Return the text of a sort key as its type.

    Raises
    ------
    ValueError
        When the text is none.
    """
    if sort == "from":
        return date.fromisoformat(value)
    if sort == "grade":
        return value[:1]
    if sort == "ground":
        return int(value)
    return float(value)
