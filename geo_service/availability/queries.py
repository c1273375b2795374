"""Statements of the availability slice: what is computed from, and what was stored."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Executable,
    Float,
    Integer,
    LargeBinary,
    Select,
    Text,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.sql.elements import SQLCoreOperations as Sql

from geo_service.auth.publication import HIDDEN_RESTRICTION_KINDS, published
from geo_service.availability.facts import CONTAMINATION, STANDING
from geo_service.availability.models import STALE, Availability, AvailabilityMark, Capacity, Usability
from geo_service.availability.partitions import FLUR_DIGITS
from geo_service.buildings.models import Building
from geo_service.parcels.models import Occupancy, Parcel
from geo_service.restrictions.models import DevelopmentPlan, LandUseArea, PlanArea, Restriction

MARK_MARGIN_M: Final = 1.0
"""Borders of two records never match: a mark concerns neighbours within this, as the view `STALE` has it."""
NO: Final = false()
OF_THE_GROUND: Final = (CONTAMINATION, STANDING)
"""Kinds of restriction that bear on what land is, whatever else they do."""
DATES, AREAS, ANSWERS, STANDS = 1, 2, 3, 4
"""What must be computed anew of a parcel on another day: dates, severity, estimates; also areas; also what it
is; also whether a building of the register stands there. 0: nothing."""
BELONGS, FITS = (
    and_(table.parcel_id == Availability.parcel_id, table.computed_at == Availability.computed_at)
    for table in (Usability, Capacity)
)
"""Usability and capacity belong to the availability of one computation; beside another they are stale."""


def parcels(as_of: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select the parcels of the cadastre of a day.

    Columns: id, parcel_key, geom (WKB, EPSG:25832).
    """
    statement = select(Parcel.id, Parcel.parcel_key, func.ST_AsBinary(Parcel.geom).label("geom"))
    return statement.where(of_keys(parcel_keys), Parcel.valid.contains(as_of)).order_by(Parcel.id)


def flur_sizes(as_of: date) -> Executable:
    """Count the parcels of the cadastre of a day.

    Columns: flur (first nine characters of the parcel key), parcels.
    """
    flur = func.left(Parcel.parcel_key, FLUR_DIGITS).label("flur")
    counted = select(flur, func.count().label("parcels")).where(Parcel.valid.contains(as_of))
    return counted.group_by(flur)


def parcels_between(as_of: date, first: str, beyond: str) -> Executable:
    """Select the parcels of a day whose keys, compared character by character, lie between two texts.

    Columns: as `parcels`.
    """
    statement = select(Parcel.id, Parcel.parcel_key, func.ST_AsBinary(Parcel.geom).label("geom"))
    key = Parcel.parcel_key
    between = key.bool_op("~>=~")(first) & key.bool_op("~<~")(beyond)  # operators of the index on prefixes
    return statement.where(between, Parcel.valid.contains(as_of)).order_by(Parcel.id)


def restrictions(as_of: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select the restrictions in force on a day, or those of them that meet the named parcels.

    Columns: as `inputs.RESTRICTION_COLUMNS`, geometry as WKB.
    """
    statement = select(
        Restriction.id,
        Restriction.kind,
        Restriction.effect,
        Restriction.severity,
        Restriction.reduction_share.label("share"),
        *_span(Restriction.valid),
        Restriction.office,
        Restriction.source,
        Restriction.title,
        func.ST_AsBinary(Restriction.geom).label("geometry"),
    )
    return statement.where(Restriction.valid.contains(as_of), meets(Restriction, parcel_keys))


def plans(as_of: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select the development plans of a day, or those of them that meet the named parcels.

    Columns: as `inputs.PLAN_COLUMNS`, geometry as WKB.
    """
    title = func.concat_ws(" ", DevelopmentPlan.plan_key, DevelopmentPlan.name)
    statement = select(
        DevelopmentPlan.id,
        title.label("title"),
        DevelopmentPlan.legal_status,
        finite(DevelopmentPlan.in_force_on).label("in_force_on"),
        finite(DevelopmentPlan.source_date).label("source_date"),
        *_span(DevelopmentPlan.valid),
        DevelopmentPlan.office,
        DevelopmentPlan.source,
        func.ST_AsBinary(DevelopmentPlan.geom).label("geometry"),
    )
    return statement.where(DevelopmentPlan.valid.contains(as_of), meets(DevelopmentPlan, parcel_keys))


def occupancies(as_of: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select what occupies parcels on a day; never who does.

    Columns: as `inputs.OCCUPANCY_COLUMNS`.
    """
    statement = select(
        Occupancy.id,
        Occupancy.parcel_id,
        Occupancy.kind,
        *_span(Occupancy.during),
        Occupancy.office,
        Occupancy.source,
    )
    if parcel_keys is not None:
        statement = statement.join(Parcel, Parcel.id == Occupancy.parcel_id).where(of_keys(parcel_keys))
    return statement.where(Occupancy.during.contains(as_of))


def stored(parcel_key: str) -> Executable:
    """Select the stored result of one parcel (all columns of `Availability`, parcel_key)."""
    columns = Availability.__table__.columns
    joined = select(*columns, Parcel.parcel_key).join(Parcel, Parcel.id == Availability.parcel_id)
    return joined.where(Parcel.parcel_key == parcel_key)


def publication(parcel_key: str, on: date) -> Executable:
    """Select of a parcel id, shown (the public may see it on that day), is_demo; no row: an unknown key."""
    day = literal(on, Date)
    shown = published(Parcel.publication_objection, Parcel.publication_announced_on, day)
    return select(Parcel.id, shown.label("shown"), Parcel.is_demo).where(Parcel.parcel_key == parcel_key)


def is_stale(parcel_id: Sql[int], geom: Sql[Any]) -> ColumnElement[bool]:
    """Tell whether something changed since the stored result of a parcel was computed: as `STALE`.

    Nothing is looked up while nothing is marked, and then marks by parcel, never parcels by mark.
    """
    mark = AvailabilityMark.__table__.alias()
    marked = select(exists().select_from(AvailabilityMark)).scalar_subquery()
    own = exists().where(mark.c.parcel_id == parcel_id).correlate_except(mark)
    around = exists().where(func.ST_DWithin(mark.c.area, geom, MARK_MARGIN_M)).correlate_except(mark)
    return and_(marked, or_(own, around))


def holding(as_of: date, names: Collection[str], parcel_ids: Collection[int] | None = None) -> Executable:
    """Select the stored results of both stages of a day that nothing touched since, each column as one value.

    Of all parcels, or of some.

    One row. Columns: those named, of `Availability`, `Usability` and `Capacity`, as `_column` writes them,
    all in the same order of parcels; NULL: there are none. Some may be of parcels that are no longer there.
    """
    tables = [table.__table__.columns for table in (Availability, Usability, Capacity)]
    columns: list[ColumnElement[Any]] = [next(c[name] for c in tables if name in c) for name in names]
    untouched = Availability.parcel_id.not_in(select(STALE.c.parcel_id))
    both = select(*map(_column, columns)).select_from(Availability).join(Usability, BELONGS)
    wanted = true() if parcel_ids is None else Availability.parcel_id.in_(parcel_ids)
    return both.join(Capacity, FITS).where(Availability.as_of == as_of, untouched, wanted)


def _column(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Write all values of a column one after the other: a city's worth of rows costs more than its figures.

    Numbers as their binary form: float8 (NULL as NaN), date (NULL as infinity), int4 for booleans (NULL: -1)
    and whole numbers; texts, which are words of this program, with a comma in between.
    """
    kind = column.type
    if isinstance(kind, Text):
        return func.string_agg(column, ",").label(column.key)
    if isinstance(kind, Float):
        sent = func.float8send(func.coalesce(column, literal("NaN").cast(Float(53))))
    elif isinstance(kind, Date):
        sent = func.date_send(func.coalesce(column, literal("infinity").cast(Date)))
    else:
        sent = func.int4send(func.coalesce(column.cast(Integer), -1))
    return func.string_agg(sent, literal("").cast(LargeBinary)).label(column.key)


def turning(first: date, second: date) -> CompoundSelect[bool, int, bytes]:
    """Select what holds on only one of two days: parcels and what lies or stands on them, except occupancies.

    Columns: stands (a building, or a restriction that says so), anew (what must be computed where it lies,
    `DATES` to `STANDS`), geometry (WKB, EPSG:25832). A plan also where it comes into force in between.
    """
    spans = {table: table.valid for table in (Parcel, Restriction, Building, DevelopmentPlan, LandUseArea)}
    turned = {table: span.contains(first) != span.contains(second) for table, span in spans.items()}
    in_force = [DevelopmentPlan.in_force_on <= day for day in (first, second)]
    begins = in_force[0].is_distinct_from(in_force[1])
    of_plans = _turning(PlanArea, ANSWERS).join(DevelopmentPlan, DevelopmentPlan.id == PlanArea.plan_id)
    of_restrictions = case(
        (Restriction.kind.in_(OF_THE_GROUND), ANSWERS), (Restriction.effect == "excludes", AREAS), else_=DATES
    )
    return union_all(
        _turning(Parcel, ANSWERS).where(turned[Parcel]),
        _turning(Building, STANDS, true()).where(turned[Building]),
        _turning(Restriction, of_restrictions, Restriction.kind == STANDING).where(turned[Restriction]),
        _turning(DevelopmentPlan, DATES).where(turned[DevelopmentPlan] | begins),
        of_plans.where(turned[DevelopmentPlan]),
        _turning(LandUseArea, ANSWERS).where(turned[LandUseArea]),
    )


def _turning(
    table: type[Any], anew: int | ColumnElement[int], stands: ColumnElement[bool] = NO
) -> Select[bool, int, bytes]:
    what = literal(anew) if isinstance(anew, int) else anew
    return select(stands.label("stands"), what.label("anew"), func.ST_AsBinary(table.geom))


def turning_occupancies(first: date, second: date) -> Select[int]:
    """Select parcel_id of the occupancies that hold on only one of two days."""
    during = Occupancy.during
    return select(Occupancy.parcel_id).where(during.contains(first) != during.contains(second))


_BEGINS_LATER: Final = text("""
    SELECT o.kind, '' AS title, lower(o.during) AS first_day, o.is_demo
      FROM occupancies o
     WHERE o.parcel_id = :parcel_id AND NOT :public AND lower(o.during) > CAST(:on AS date)
     UNION ALL
    SELECT r.kind, r.title, lower(r.valid), r.is_demo
      FROM parcels p
      JOIN restrictions r ON ST_Intersects(r.geom, p.geom)
     WHERE p.id = :parcel_id AND lower(r.valid) > CAST(:on AS date)
       AND NOT (:public AND r.kind = ANY(:hidden))
       AND ST_Area(ST_Intersection(r.geom, p.geom)) > 1
     ORDER BY first_day, kind, title
""")


def begins_later(parcel_id: int, on: date, *, public: bool) -> Executable:
    """Select kind, title, first_day and is_demo of what of a parcel is known to begin after a day.

    The public sees no occupancy, and no restriction of a kind that is hidden from it.
    """
    hidden = list(HIDDEN_RESTRICTION_KINDS)
    return _BEGINS_LATER.bindparams(parcel_id=parcel_id, on=on, public=public, hidden=hidden)


def one_of(column: Sql[int], numbers: Collection[int]) -> ColumnElement[bool]:
    """Keep the rows whose number is one of some."""
    return column == func.any(bindparam("parcel_ids", list(numbers)))


def of_keys(parcel_keys: Collection[str] | None, table: type[Parcel] = Parcel) -> ColumnElement[bool]:
    """Keep the named parcels; None: all."""
    if parcel_keys is None:
        return true()
    return table.parcel_key == func.any(bindparam("parcel_keys", sorted(parcel_keys)))


def meets(
    table: type[Restriction | DevelopmentPlan | PlanArea | LandUseArea | Building],
    parcel_keys: Collection[str] | None,
) -> ColumnElement[bool]:
    """Keep the rows that meet one of the named parcels; found from the parcels, by the spatial index."""
    if parcel_keys is None:
        return true()
    meeting = select(table.id).join(Parcel, func.ST_Intersects(table.geom, Parcel.geom))
    return table.id.in_(meeting.where(of_keys(parcel_keys)))


def _span(span: Sql[Any]) -> tuple[ColumnElement[date], ColumnElement[date]]:
    """Return both ends of a daterange, as columns valid_from and valid_to (exclusive); open ones as NULL."""
    return finite(func.lower(span)).label("valid_from"), finite(func.upper(span)).label("valid_to")


def finite(day: Sql[Any]) -> ColumnElement[date]:
    """Return a date, infinity as NULL: both mean that nobody knows."""
    infinite = [literal(text).cast(Date) for text in ("infinity", "-infinity")]
    return func.nullif(func.nullif(day, infinite[0]), infinite[1], type_=Date)
