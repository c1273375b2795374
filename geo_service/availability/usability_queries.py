"""Statements of usability: what is known around parcels, and what was stored."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from geoalchemy2 import Geometry
from sqlalchemy import ColumnElement, Executable, Select, column, delete, exists, func, or_, select, table
from sqlalchemy.orm import aliased

from geo_service.availability.facts import ADJOINING_M, STREETS
from geo_service.availability.models import Availability, Capacity, Usability
from geo_service.availability.queries import finite, meets, of_keys, one_of
from geo_service.availability.usability import SHAPE_FIGURES
from geo_service.parcels.models import Parcel
from geo_service.restrictions.models import DevelopmentPlan, LandUseArea, PlanArea

STREET_LINES: Final = table(
    "street_edges", column("id"), column("network_id"), column("street_class"), column("geom", Geometry)
)
"""Stretches of streets of the networks that `geo_service.transit` keeps."""
NETWORKS: Final = table("street_networks", column("id"), column("is_current"))


def actual_uses(as_of: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select id, parcel_key and actual_use of the parcels of a day, or of the named ones, by id."""
    return (
        select(Parcel.id, Parcel.parcel_key, Parcel.actual_use)
        .where(of_keys(parcel_keys), Parcel.valid.contains(as_of))
        .order_by(Parcel.id)
    )


def uses(as_of: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select actual_use alone, as `actual_uses`: of a city two more columns take as long again."""
    statement = select(Parcel.actual_use).where(of_keys(parcel_keys), Parcel.valid.contains(as_of))
    return statement.order_by(Parcel.id)


def all_parcels(as_of: date) -> Executable:
    """Select id, parcel_key, actual_use and geometry (WKB, EPSG:25832) of the parcels of a day, by id."""
    columns = (
        Parcel.id,
        Parcel.parcel_key,
        Parcel.actual_use,
        func.ST_AsBinary(Parcel.geom).label("geometry"),
    )
    return select(*columns).where(Parcel.valid.contains(as_of)).order_by(Parcel.id)


def neighbourhood(as_of: date, parcel_keys: Collection[str]) -> Executable:
    """Select the named parcels and those that adjoin them on a day.

    Columns: id, parcel_key, actual_use, geometry (WKB, EPSG:25832).
    """
    named = aliased(Parcel)
    near = (
        select(Parcel.id)
        .join(named, func.ST_DWithin(Parcel.geom, named.geom, ADJOINING_M))
        .where(of_keys(parcel_keys, named))
    )
    columns = (
        Parcel.id,
        Parcel.parcel_key,
        Parcel.actual_use,
        func.ST_AsBinary(Parcel.geom).label("geometry"),
    )
    return select(*columns).where(Parcel.valid.contains(as_of), Parcel.id.in_(near)).order_by(Parcel.id)


def any_street(as_of: date) -> Executable:
    """Select one boolean: whether the cadastre of a day holds any street."""
    street = or_(*(Parcel.actual_use.istartswith(start) for start in STREETS))
    return select(exists().where(Parcel.valid.contains(as_of), street))


def street_lines(
    parcel_keys: Collection[str] | None = None, reach_m: float = 0.0
) -> Select[*tuple[Any, ...]]:
    """Select the lines of the street network in use, or those of them within reach of the named parcels.

    Columns: street_class, geometry (WKB, EPSG:25832); by id.
    """
    lines = STREET_LINES.c
    statement = select(lines.street_class, func.ST_AsBinary(lines.geom).label("geometry"))
    statement = statement.join(NETWORKS, NETWORKS.c.id == lines.network_id).where(NETWORKS.c.is_current)
    if parcel_keys is not None:
        meeting = select(lines.id).join(Parcel, func.ST_DWithin(lines.geom, Parcel.geom, reach_m))
        statement = statement.where(lines.id.in_(meeting.where(of_keys(parcel_keys))))
    return statement.order_by(lines.id)


def street_classes() -> Executable:
    """Select the classes that lines of the street network in use have."""
    statement = select(STREET_LINES.c.street_class).distinct()
    return statement.join(NETWORKS, NETWORKS.c.id == STREET_LINES.c.network_id).where(NETWORKS.c.is_current)


def plan_areas(as_of: date, parcel_keys: Collection[str] | None = None) -> Select[*tuple[Any, ...]]:
    """Select the building areas of a day's plans, or those of them that meet the named parcels.

    Columns: as `capacity.PLAN_AREA_COLUMNS`, geometry as WKB.
    """
    statement = select(
        PlanArea.id,
        PlanArea.zone_code,
        PlanArea.zone,
        PlanArea.grz,
        PlanArea.gfz,
        PlanArea.max_storeys,
        DevelopmentPlan.legal_status,
        finite(DevelopmentPlan.in_force_on).label("in_force_on"),
        func.ST_AsBinary(PlanArea.geom).label("geometry"),
    ).join(DevelopmentPlan, DevelopmentPlan.id == PlanArea.plan_id)
    return statement.where(DevelopmentPlan.valid.contains(as_of), meets(PlanArea, parcel_keys))


def land_use(as_of: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select the areas of the land-use plan of a day, or those of them that meet the named parcels.

    Columns: as `facts.LAND_USE_COLUMNS`, geometry as WKB.
    """
    geometry = func.ST_AsBinary(LandUseArea.geom).label("geometry")
    statement = select(LandUseArea.id, LandUseArea.use, geometry)
    return statement.where(LandUseArea.valid.contains(as_of), meets(LandUseArea, parcel_keys))


def kept_figures(parcel_ids: Collection[int] | None = None) -> Executable:
    """Select parcel_id, shape_key and the shape figures that are stored of all or some parcels."""
    columns: list[ColumnElement[float]] = [Usability.__table__.c[name] for name in SHAPE_FIGURES]
    statement = select(Usability.parcel_id, Usability.shape_key, *columns)
    statement = statement.where(Usability.shape_key.is_not(None))
    return statement if parcel_ids is None else statement.where(one_of(Usability.parcel_id, parcel_ids))


def waiting() -> Executable:
    """Select parcel_key of the stored availability without usability or capacity of the same computation.

    By parcel; only those in the cadastre of the day.
    """
    return (
        select(Parcel.parcel_key)
        .join(Availability, Parcel.id == Availability.parcel_id)
        .outerjoin(Usability, Usability.parcel_id == Availability.parcel_id)
        .outerjoin(Capacity, Capacity.parcel_id == Availability.parcel_id)
        .where(
            Parcel.valid.contains(Availability.as_of),
            or_(
                Usability.computed_at.is_distinct_from(Availability.computed_at),
                Capacity.computed_at.is_distinct_from(Availability.computed_at),
            ),
        )
        .order_by(Parcel.id)
    )


def numbers() -> Executable:
    """Select one row: how many parcels have a stored availability, a usability, a capacity."""
    tables = Availability, Usability, Capacity
    return select(*(select(func.count()).select_from(table).scalar_subquery() for table in tables))


def moments(parcel_ids: Collection[int] | None = None) -> Executable:
    """Select parcel_id and computed_at of the stored availability of all or some parcels."""
    statement = select(Availability.parcel_id, Availability.computed_at)
    return statement if parcel_ids is None else statement.where(one_of(Availability.parcel_id, parcel_ids))


def delete_second_stage(
    table: type[Usability | Capacity], parcel_ids: Collection[int] | None = None
) -> Executable:
    """Delete what is stored of some or all parcels; readers go on seeing it until the transaction ends."""
    statement = delete(table)
    return statement if parcel_ids is None else statement.where(one_of(table.parcel_id, parcel_ids))
