"""Statements of capacity: building areas of plans and buildings that meet parcels."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Executable, Select, func, select, true
from sqlalchemy.orm import aliased

from geo_service.availability import usability_queries
from geo_service.availability.partitions import BEYOND
from geo_service.availability.queries import meets, of_keys
from geo_service.buildings.models import Building
from geo_service.parcels.models import Parcel
from geo_service.restrictions.models import DevelopmentPlan


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
    named = select(Parcel.gemarkung_key.label("key")).where(of_keys(parcel_keys)).distinct().subquery()
    gemarkung, lying = named.c.key, aliased(Parcel)
    beyond = func.concat(gemarkung, BEYOND)
    in_index = lying.parcel_key.bool_op("~>=~")(gemarkung) & lying.parcel_key.bool_op("~<~")(beyond)
    inside = select(lying.geom).where(lying.gemarkung_key == gemarkung, in_index)
    parcel = inside.correlate(named).offset(0).lateral()  # one after the other, until something stands there
    standing = func.ST_Intersects(Building.geom, parcel.c.geom) & Building.valid.contains(as_of)
    building = select(Building.id).where(standing).limit(1).lateral()
    known = select(building.c.id).select_from(parcel).join(building, true()).correlate(named).limit(1)
    return select(gemarkung).where(known.exists())
