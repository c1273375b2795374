"""Statements of the ranking's candidates.

They leave PostgreSQL packed: one row per kind, one bytea per column, so that 200,000 of them reach numpy
without a Python object each. Only what can still fit or almost fit is read: the musts that have an index or
are cheap (kind, area, day) are part of the statements, with the same tolerances as in the kernel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Double,
    Integer,
    LargeBinary,
    ScalarSelect,
    Select,
    SmallInteger,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, array, distinct_on
from sqlalchemy.sql.elements import SQLCoreOperations

from geo_service.auth.publication import PUBLIC_VACANCY_STATUS, published
from geo_service.availability.models import Availability, Usability
from geo_service.availability.queries import BELONGS
from geo_service.inquiries.candidates import UNKNOWN, USES, Kind
from geo_service.parcels.models import Parcel
from geo_service.restrictions.models import DevelopmentPlan, PlanArea
from geo_service.sites.models import Plot, PlotStatus, Site
from geo_service.transit.models import TransitAccess
from geo_service.transit.windows import DAY
from geo_service.vacancies.models import Premises, Vacancy

PACKED: Final = (
    ("id", ">i8", func.int8send),
    ("area_m2", ">f8", func.float8send),
    ("uses", ">i8", func.int8send),
    ("day", ">i4", func.int4send),
    ("grade", ">i2", func.int2send),
    ("district", ">i8", func.int8send),
    ("quarter", ">i8", func.int8send),
    ("rent", ">f8", func.float8send),
    ("price", ">f8", func.float8send),
)
"""Columns of a packed candidate: name, numpy type (network byte order), how PostgreSQL sends it."""

NO_DAY: Final = -(2**31)
"""Day of a candidate whose date is undetermined; other days count from 1970-01-01."""
EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a statement may look at.

    Parameters
    ----------
    today
        The present day.
    method, grades
        Transit method and its classes, best first.
    public
        Only what may be published.
    rents
        Whether agreed rents may be used; else only published asking rents.
    """

    today: date
    method: str
    grades: Sequence[str]
    public: bool
    rents: bool


@dataclass(frozen=True, slots=True)
class Preselection:
    """Bounds beyond which nothing can even almost fit; None: no bound.

    Parameters
    ----------
    area_min_m2, area_max_m2
        Bounds of the area, tolerance included.
    day_max
        Latest day, tolerance included; undetermined ones pass.
    """

    area_min_m2: float | None = None
    area_max_m2: float | None = None
    day_max: date | None = None


def packed(kind: Kind, sight: Sight, bounds: Preselection) -> Select[Any]:
    """Select the candidates of a kind as one row with one bytea per column of ``PACKED``; NULL: none."""
    rows = CANDIDATES[kind](sight, bounds).subquery()
    nothing = literal(b"", LargeBinary)
    return select(*(func.string_agg(send(rows.c[name]), nothing).label(name) for name, _, send in PACKED))


def parcels(sight: Sight, bounds: Preselection) -> Select[Any]:
    """Select parcels with land on offer, as candidates without their uses, which `parcel_uses` adds."""
    shown = (
        published(Parcel.publication_objection, Parcel.publication_announced_on, literal(sight.today, Date))
        if sight.public
        else true()
    )
    return (
        _candidate(
            id=Parcel.id,
            area_m2=Usability.offered_m2,
            day=_days(Availability.available_from),
            grade=_grade(sight),
            district=Parcel.district_id,
            price=Parcel.land_value_eur_per_m2,
        )
        .join_from(Parcel, Availability, Availability.parcel_id == Parcel.id)
        .join(Usability, BELONGS)
        .outerjoin(TransitAccess, access("parcel", Parcel.id, sight))
        .where(
            Parcel.valid.contains(sight.today),
            Usability.offered_m2 > 0,
            Usability.offered if sight.public else Usability.internal_offered,
            shown,
            *_within(Usability.offered_m2, Availability.available_from, bounds),
        )
    )


def parcel_uses(ids: Sequence[int], sight: Sight) -> Select[Any]:
    """Select the uses of parcels: the plan's zones at a point inside.

    One row with two bytea columns: id and bit set (both >i8); NULL: none.
    """
    wanted = func.unnest(literal(list(ids), ARRAY(Integer))).column_valued("wanted")
    zones = func.coalesce(zones_at(func.bit_or(_bit(PlanArea.zone)), sight), 0)
    rows = (
        select(cast(Parcel.id, BigInteger).label("id"), cast(zones, BigInteger).label("uses"))
        .where(Parcel.id == wanted)
        .subquery()
    )
    nothing = literal(b"", LargeBinary)
    return select(*(func.string_agg(func.int8send(column), nothing) for column in (rows.c.id, rows.c.uses)))


def plots(sight: Sight, bounds: Preselection) -> Select[Any]:
    """Select plots that are not given away, as candidates."""
    words = func.array_append(Plot.uses, Plot.zone)
    word = func.unnest(words).column_valued("word")
    uses = select(func.bit_or(_bit(word))).correlate(Plot).scalar_subquery()
    return (
        _candidate(
            id=Plot.id,
            area_m2=Plot.area_m2,
            uses=uses,
            day=_days(Plot.available_from),
            grade=_grade(sight),
            district=Site.district_id,
            price=Plot.price_eur_per_m2,
        )
        .join_from(Plot, Site, Site.id == Plot.site_id)
        .outerjoin(TransitAccess, access("plot", Plot.id, sight))
        .where(
            Plot.valid.contains(sight.today),
            Plot.status.in_([PlotStatus.AVAILABLE.value, PlotStatus.PLANNED.value]),
            *_within(Plot.area_m2, Plot.available_from, bounds),
        )
    )


def premises(sight: Sight, bounds: Preselection) -> Select[Any]:
    """Select premises that stand empty or will, as candidates."""
    vacant = next_vacancies(sight).subquery()
    word = func.unnest(Premises.permitted_uses).column_valued("word")
    uses = select(func.bit_or(_bit(word))).correlate(Premises).scalar_subquery()
    rent = func.coalesce(Premises.net_rent_eur_month, vacant.c.asking_rent_eur_month)
    return (
        _candidate(
            id=Premises.id,
            area_m2=Premises.area_m2,
            uses=uses,
            day=_days(vacant.c.free_from),
            grade=_grade(sight),
            district=Premises.district_id,
            quarter=Premises.quarter_id,
            rent=rent if sight.rents else vacant.c.asking_rent_eur_month,
        )
        .join_from(Premises, vacant, vacant.c.premises_id == Premises.id)
        .outerjoin(TransitAccess, access("premises", Premises.id, sight))
        .where(Premises.valid.contains(sight.today), *_within(Premises.area_m2, vacant.c.free_from, bounds))
    )


CANDIDATES: Final = {"parcel": parcels, "plot": plots, "premises": premises}


def next_vacancies(sight: Sight) -> Select[Any]:
    """Select the present or next vacancy of each premises.

    Columns: premises_id, free_from, asking_rent_eur_month, status. The public does not see threatened ones.
    """
    start, end = finite(func.lower(Vacancy.during)), finite(func.upper(Vacancy.during))
    shown = Vacancy.status.in_(PUBLIC_VACANCY_STATUS) if sight.public else true()
    return (
        select(
            Vacancy.premises_id,
            func.greatest(
                func.coalesce(start, literal(sight.today, Date)), Vacancy.temporary_use_until + 1
            ).label("free_from"),
            Vacancy.asking_rent_eur_month,
            Vacancy.status,
        )
        .ext(distinct_on(Vacancy.premises_id))
        .where(or_(end.is_(None), end > sight.today), shown)
        .order_by(Vacancy.premises_id, func.lower(Vacancy.during))
    )


def zones_at(aggregate: ColumnElement[Any], sight: Sight) -> ScalarSelect[Any]:
    """Aggregate the building areas of valid plans at a point inside the parcel."""
    return (
        select(aggregate)
        .select_from(PlanArea)
        .join(DevelopmentPlan, DevelopmentPlan.id == PlanArea.plan_id)
        .where(
            func.ST_Intersects(PlanArea.geom, func.ST_PointOnSurface(Parcel.geom)),
            DevelopmentPlan.valid.contains(sight.today),
        )
        .correlate(Parcel)
        .scalar_subquery()
    )


def access(kind: Kind, subject_id: SQLCoreOperations[int], sight: Sight) -> ColumnElement[bool]:
    """Return the condition that joins the stored transit answer of a candidate."""
    return and_(
        TransitAccess.subject_kind == kind,
        TransitAccess.subject_id == subject_id,
        TransitAccess.method == sight.method,
        TransitAccess.time_window == DAY,
    )


def finite(day: SQLCoreOperations[Any]) -> ColumnElement[date]:
    """Return a date, infinity as NULL."""
    infinite = [cast(literal(text), Date) for text in ("infinity", "-infinity")]
    return func.nullif(func.nullif(day, infinite[0]), infinite[1], type_=Date)


def _candidate(**columns: SQLCoreOperations[Any]) -> Select[Any]:
    """Select the columns of a packed candidate; what a kind does not have, or is NULL, becomes "unknown"."""
    nan = cast(literal("NaN"), Double)
    kinds: dict[str, tuple[Any, Any]] = {
        "id": (BigInteger, UNKNOWN),
        "area_m2": (Double, nan),
        "uses": (BigInteger, 0),
        "day": (Integer, NO_DAY),
        "grade": (SmallInteger, UNKNOWN),
        "district": (BigInteger, UNKNOWN),
        "quarter": (BigInteger, UNKNOWN),
        "rent": (Double, nan),
        "price": (Double, nan),
    }
    return select(
        *(
            func.coalesce(cast(columns[name], kind), unknown).cast(kind).label(name)
            if name in columns
            else cast(unknown, kind).label(name)
            for name, (kind, unknown) in kinds.items()
        )
    )


def _days(day: SQLCoreOperations[Any]) -> ColumnElement[int]:
    """Return a date as days since 1970-01-01; NULL stays."""
    return finite(day).op("-", return_type=Integer)(literal(EPOCH, Date))


def _bit(word: SQLCoreOperations[Any]) -> ColumnElement[int]:
    """Return the bit of a use; NULL for a word that is not in ``USES``."""
    place = func.array_position(cast(array(USES), ARRAY(Text)), cast(word, Text)) - 1
    return cast(literal(1), BigInteger).op("<<", return_type=BigInteger)(place)


def _grade(sight: Sight) -> ColumnElement[int]:
    """Return the position of the stored grade among the method's classes."""
    place = func.array_position(cast(array(sight.grades), ARRAY(Text)), TransitAccess.grade) - 1
    none = and_(TransitAccess.subject_id.is_not(None), TransitAccess.grade.is_(None))
    return case((none, len(sight.grades)), else_=place)


def _within(
    area: SQLCoreOperations[Any], day: SQLCoreOperations[Any], bounds: Preselection
) -> list[ColumnElement[bool]]:
    """Return the conditions of a preselection."""
    found: list[ColumnElement[bool]] = []
    if bounds.area_min_m2 is not None:
        found.append(area >= bounds.area_min_m2)
    if bounds.area_max_m2 is not None:
        found.append(area <= bounds.area_max_m2)
    if bounds.day_max is not None:
        found.append(or_(day.is_(None), day <= bounds.day_max))
    return found
