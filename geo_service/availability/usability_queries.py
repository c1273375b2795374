"""Statements of usability: what is known around parcels, and what was stored."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Executable, Select, bindparam, delete, exists, func, or_, select
from sqlalchemy.orm import aliased

from geo_service.availability.facts import STREETS
from geo_service.availability.models import Availability, Usability
from geo_service.availability.queries import BELONGS, finite, meets, of_keys
from geo_service.availability.usability import SHAPE_FIGURES
from geo_service.parcels.models import Parcel
from geo_service.restrictions.models import DevelopmentPlan, LandUseArea, PlanArea

ADJOINING_M: Final = 1.0
"""Distance within which parcels are read as neighbours, metres: more than `facts.TOUCH_M` and the reach of a
street."""
USABILITY_LOCK: Final = 4_711_006
"""Number of the advisory lock of those who write usability."""


def actual_uses(as_of: date, parcel_keys: Collection[str] | None = None) -> Executable:
    """Select id, parcel_key and actual_use of the parcels of a day, or of the named ones, by id."""
    return (
        select(Parcel.id, Parcel.parcel_key, Parcel.actual_use)
        .where(of_keys(parcel_keys), Parcel.valid.contains(as_of))
        .order_by(Parcel.id)
    )


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


def kept_figures() -> Executable:
    """Select parcel_id, shape_key and the shape figures that are stored and may be taken over."""
    columns: list[ColumnElement[float]] = [Usability.__table__.c[name] for name in SHAPE_FIGURES]
    statement = select(Usability.parcel_id, Usability.shape_key, *columns)
    return statement.where(Usability.shape_key.is_not(None))


def lock_usability() -> Executable:
    """Take the lock of those who write usability until the transaction ends, after whoever holds it."""
    return select(func.pg_advisory_xact_lock(USABILITY_LOCK))


def stored_moments() -> Executable:
    """Select the stored availability and whether usability belongs to it.

    Columns: parcel_id, parcel_key, as_of, preset, computed_at (of the availability), assessed. Only parcels
    that are in the cadastre of the day.
    """
    return (
        select(
            Availability.parcel_id,
            Parcel.parcel_key,
            Availability.as_of,
            Availability.preset,
            Availability.computed_at,
            Usability.parcel_id.is_not(None).label("assessed"),
        )
        .join(Parcel, Parcel.id == Availability.parcel_id)
        .outerjoin(Usability, BELONGS)
        .where(Parcel.valid.contains(Availability.as_of))
        .order_by(Availability.parcel_id)
    )


def delete_usability(parcel_ids: Collection[int] | None = None) -> Executable:
    """Delete what is stored of some or all parcels; readers go on seeing it until the transaction ends."""
    statement = delete(Usability)
    if parcel_ids is None:
        return statement
    return statement.where(Usability.parcel_id == func.any(bindparam("parcel_ids", list(parcel_ids))))
