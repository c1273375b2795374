"""Collections of land: restrictions, buildings, plans, districts, quarters."""

from sqlalchemy import func

from geo_service.auth.publication import published_restriction
from geo_service.ogc.columns import ORIGIN, drawn, same, span
from geo_service.ogc.model import Collection, Tiles, one_of
from geo_service.restrictions.models import Effect, RestrictionKind, Severity
from geo_service.schema import (
    Building,
    DevelopmentPlan,
    District,
    LandUseArea,
    Quarter,
    Restriction,
)

restrictions = Restriction.__table__
buildings = Building.__table__
plans = DevelopmentPlan.__table__
land_use = LandUseArea.__table__
districts = District.__table__
quarters = Quarter.__table__

RESTRICTIONS = Collection(
    id="restrictions",
    title="Restrictions",
    title_de="Restriktionen",
    description="What takes area away, delays it or makes it dearer.",
    source=restrictions,
    row_id=restrictions.c.id,
    key=restrictions.c.id,
    geom=restrictions.c.geom,
    columns={
        **same(restrictions, "restriction_key kind effect severity title reduction_share office legal_basis"),
        **same(restrictions, "note"),
        **same(restrictions, ORIGIN),
        **span(restrictions.c.valid),
    },
    tiles=Tiles(restrictions, drawn("restrictions", same(restrictions, "kind effect severity title"))),
    valid=restrictions.c.valid,
    checks={"kind": one_of(RestrictionKind), "effect": one_of(Effect), "severity": one_of(Severity)},
    area_m2=func.ST_Area(restrictions.c.geom),
    public_rows=lambda _day: published_restriction(restrictions.c.kind),
)

BUILDINGS = Collection(
    id="buildings",
    title="Buildings",
    title_de="Gebäude",
    description="Buildings of the cadastre with storeys and year where they are known; without people.",
    source=buildings,
    row_id=buildings.c.id,
    key=buildings.c.id,
    geom=buildings.c.geom,
    columns={
        **same(buildings, "building_key kind function storeys built_year"),
        **same(buildings, ORIGIN),
        **span(buildings.c.valid),
    },
    tiles=Tiles(buildings, drawn("buildings", same(buildings, "kind storeys")), min_zoom=13),
    valid=buildings.c.valid,
    area_m2=func.ST_Area(buildings.c.geom),
)

DEVELOPMENT_PLANS = Collection(
    id="development_plans",
    title="Development plans",
    title_de="Bebauungspläne",
    description="Outlines and legal status of development plans.",
    source=plans,
    row_id=plans.c.id,
    key=plans.c.id,
    geom=plans.c.geom,
    columns={
        **same(plans, "plan_key name legal_status in_force_on office"),
        **same(plans, ORIGIN),
        **span(plans.c.valid),
    },
    tiles=Tiles(
        plans,
        drawn("development_plans", same(plans, "plan_key name legal_status")),
    ),
    valid=plans.c.valid,
    area_m2=func.ST_Area(plans.c.geom),
)

LAND_USE_AREAS = Collection(
    id="land_use_areas",
    title="Land-use plan",
    title_de="Flächennutzungsplan",
    description="What the land-use plan intends for each area; no right to build follows from it.",
    source=land_use,
    row_id=land_use.c.id,
    key=land_use.c.id,
    geom=land_use.c.geom,
    columns={**same(land_use, "area_key use name"), **same(land_use, ORIGIN), **span(land_use.c.valid)},
    tiles=Tiles(land_use, drawn("land_use_areas", same(land_use, "use name"))),
    valid=land_use.c.valid,
    area_m2=func.ST_Area(land_use.c.geom),
)

DISTRICTS = Collection(
    id="districts",
    title="Districts",
    title_de="Stadtbezirke",
    description="Districts of the city, as they are today: they have no days, datetime leaves out none.",
    source=districts,
    row_id=districts.c.id,
    key=districts.c.key,
    geom=districts.c.geom,
    columns={**same(districts, "key name geometry_accuracy_m"), **same(districts, ORIGIN)},
    tiles=Tiles(districts, drawn("districts", same(districts, "key name"))),
    area_m2=func.ST_Area(districts.c.geom),
)

QUARTERS = Collection(
    id="quarters",
    title="Quarters",
    title_de="Quartiere",
    description="Named areas of the city, as they are today: they have no days, datetime leaves out none.",
    source=quarters.outerjoin(districts, districts.c.id == quarters.c.district_id),
    row_id=quarters.c.id,
    key=quarters.c.key,
    geom=quarters.c.geom,
    columns={
        **same(quarters, "key name geometry_accuracy_m"),
        **same(quarters, ORIGIN),
        "district": districts.c.name,
    },
    tiles=Tiles(quarters, drawn("quarters", same(quarters, "key name"))),
    area_m2=func.ST_Area(quarters.c.geom),
)
