"""Statements of capacity: building areas of plans and buildings that meet parcels, and what was stored."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from sqlalchemy import Executable, Select, and_, bindparam, delete, func, select
from sqlalchemy.orm import aliased

from geo_service.availability import usability_queries
from geo_service.availability.models import Availability, Capacity
from geo_service.availability.queries import meets, of_keys
from geo_service.buildings.models import Building
from geo_service.parcels.models import Parcel
from geo_service.restrictions.models import DevelopmentPlan

CAPACITY_LOCK: Final = 4_711_005
"""Number of the advisory lock of those who write capacities."""
BELONGS: Final = and_(
    Capacity.parcel_id == Availability.parcel_id, Capacity.computed_at == Availability.computed_at
)
"""Capacity belongs to the availability of the same computation; beside another one it is stale."""


def plan_areas(as_of: date, parcel_keys: Collection[str] | None = None) -> Select[*tuple[Any, ...]]:
    """Select the building areas of the plans of a day, or those of them that meet the named parcels.

    Columns: as `capacity.PLAN_AREA_COLUMNS`, geometry as WKB; then plan_key and source of the plan.
    """
    areas = usability_queries.plan_areas(as_of, parcel_keys)
    return areas.add_columns(DevelopmentPlan.plan_key, DevelopmentPlan.source)


def buildings(as_of: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select the buildings that stand on a day, or those of them that meet the named parcels.

    Columns: as `standing.BUILDING_COLUMNS`, geometry as WKB.
    """
    geometry = func.ST_AsBinary(Building.geom).label("geometry")
    statement = select(Building.id, Building.kind, Building.storeys, geometry)
    return statement.where(Building.valid.contains(as_of), meets(Building, parcel_keys))


def surveyed_gemarkungen(as_of: date, parcel_keys: Collection[str] | None = None) -> Select[str]:
    """Select the keys of the Gemarkungen, of all or of the named parcels, in which any building is known.

    One column, gemarkung_key. Where the register holds not one building of a Gemarkung, it was never brought
    in, and nobody knows what stands there.
    """
    gemarkung = select(Parcel.gemarkung_key).where(of_keys(parcel_keys)).distinct().subquery()
    lying = aliased(Parcel)
    known = (
        select(Building.id)
        .join(lying, func.ST_Intersects(Building.geom, lying.geom))
        .where(lying.gemarkung_key == gemarkung.c.gemarkung_key, Building.valid.contains(as_of))
    )
    return select(gemarkung.c.gemarkung_key).where(known.exists())


def stored_moments() -> Executable:
    """Select the stored availability and what is stored of the capacity that belongs to it.

    Columns: parcel_id, parcel_key, as_of, computed_at (of the availability), computed (a capacity belongs to
    it), built_known. Only parcels that are in the cadastre of the day.
    """
    return (
        select(
            Availability.parcel_id,
            Parcel.parcel_key,
            Availability.as_of,
            Availability.computed_at,
            Capacity.parcel_id.is_not(None).label("computed"),
            Capacity.built.is_not(None).label("built_known"),
        )
        .join(Parcel, Parcel.id == Availability.parcel_id)
        .outerjoin(Capacity, BELONGS)
        .where(Parcel.valid.contains(Availability.as_of))
        .order_by(Availability.parcel_id)
    )


def lock_capacities() -> Executable:
    """Take the lock of those who write capacities until the transaction ends, after whoever holds it."""
    return select(func.pg_advisory_xact_lock(CAPACITY_LOCK))


def delete_stored(parcel_ids: Collection[int] | None = None) -> Executable:
    """Delete what is stored of some or all parcels; readers go on seeing it until the transaction ends."""
    statement = delete(Capacity)
    if parcel_ids is None:
        return statement
    return statement.where(Capacity.parcel_id == func.any(bindparam("parcel_ids", list(parcel_ids))))
