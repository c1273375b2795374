"""Invented development plans: outlines over groups of blocks, one building area per block."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from psycopg.types.range import Range

from data.demo.facts import read_records
from data.demo.ground import LABEL, Ground, site_grounds
from data.demo.provenance import geo_frame, labelled, multipolygon, span
from data.demo.seeds import pick, rng
from geo_service.city import CityProfile

ZONES: dict[str, tuple[int, float, float, int]] = {
    "WR": (1100, 0.4, 1.2, 3),
    "WA": (1200, 0.4, 1.2, 3),
    "WB": (1300, 0.6, 1.6, 5),
    "MI": (1500, 0.6, 1.2, 4),
    "MU": (1550, 0.8, 3.0, 6),
    "MK": (1600, 1.0, 3.0, 7),
    "GE": (1700, 0.8, 2.4, 4),
    "GI": (1800, 0.8, 2.4, 4),
    "SO": (2100, 0.8, 2.4, 4),
}
"""XPlanung code, GRZ, GFZ and storeys by BauNVO short form. GRZ and GFZ are the orientation values of §17
BauNVO (2021); storeys are invented."""
ZONE_OF_USE = {"housing": "WA", "core": "MK", "commercial": "GE", "industrial": "GI"}
MIXED_ZONES = ("MI", "MU", "WB")
"""Zones of mixed blocks in a housing quarter, drawn by chance."""
STATUSES = {4000: 66, 1000: 6, 2000: 5, 2200: 4, 2300: 4, 2400: 5, 3000: 4, 4500: 2, 5000: 4}
"""Weights of Rechtsstand (XPlanung BP_Rechtsstand); below 4000 a plan is not in force."""
IN_FORCE, REPEALED = 4000, 5000
EXPECTED_IN_DAYS = {1000: 1300, 2000: 900, 2200: 700, 2300: 600, 2400: 400, 3000: 120}
"""How long a plan in procedure is expected to take from the reference date, days; invented."""
PLANNED_SHARE = 0.55
"""Share of groups of blocks that have a plan; the rest is built-up area (§34 BauGB)."""
NO_DAY_SHARE = 0.2
"""Share of plans in procedure for which nobody names a day."""
SILENT: dict[str, float] = {"": 55, "gfz": 15, "grz gfz": 30}
"""Weights of what a plan is silent about: nothing, floor area (and storeys), or all density, as old ones are.
There the orientation values of §17 BauNVO stand in, labelled."""
PURELY_RESIDENTIAL = 0.25
"""Share of housing blocks that are WR instead of WA."""
SITE_PLAN_DAY, REPEALED_ON = date(2019, 6, 1), date(2021, 7, 1)
"""Invented days on which plans of sites came into force and on which repealed ones ended."""
GROUP_BLOCKS = 7
STREET_GAP_M = 16.0
"""Streets up to twice as wide lie inside a plan, metres."""


@dataclass(frozen=True)
class Plans:
    """Frames of the tables ``development_plans`` and ``plan_areas`` (reference by ``plan_key``)."""

    plans: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame


@dataclass(frozen=True)
class Draft:
    """A plan before it has a number; its blocks carry their ``zone``, the outline is in EPSG:25832.

    ``silent`` names the measures of density that it does not state.
    """

    name: str
    blocks: gpd.GeoDataFrame
    shape: shapely.MultiPolygon
    status: int
    in_force_on: date | None
    valid: Range[date]
    silent: str = ""


def build_plans(city: CityProfile, ground: Ground, reference_date: date) -> Plans:
    """Return plans for the sites and for about half of the other blocks."""
    drafts = _site_plans(city, ground, reference_date) + _area_plans(city, ground, reference_date)
    keys = [f"Demo-{number:03d}" for number in range(1, len(drafts) + 1)]
    plans = [
        {
            "plan_key": key,
            "name": f"{draft.name} {LABEL}",
            "legal_status": draft.status,
            "in_force_on": draft.in_force_on,
            "valid": draft.valid,
            "office": city.offices["planning"],
            "geom": draft.shape,
        }
        for key, draft in zip(keys, drafts, strict=True)
    ]
    building = [area for key, draft in zip(keys, drafts, strict=True) for area in _building_areas(key, draft)]
    return Plans(gpd.GeoDataFrame(labelled(geo_frame(plans), reference_date)), geo_frame(building))


def _site_plans(city: CityProfile, ground: Ground, reference_date: date) -> list[Draft]:
    """List one plan per site, two for Speicherstraße: the south in force, the north in procedure."""
    grounds = site_grounds(city)
    drafts = []
    for site in read_records(city, "sites.toml")["site"]:
        if site["slug"] not in grounds:
            continue
        demo, parts = site["demo"], shapely.get_parts(grounds[site["slug"]])
        groups = [("", parts, demo["plan"])]
        if "north_plan" in demo:
            groups = [(" Süd", parts[:1], demo["plan"]), (" Nord", parts[1:], demo["north_plan"])]
        blocks = ground.blocks[ground.blocks["site"] == site["slug"]].assign(zone=demo["zone"])
        for suffix, group, wish in groups:
            shape = multipolygon(shapely.union_all(group))
            inside = blocks[shapely.within(shapely.point_on_surface(blocks.geometry.to_numpy()), shape)]
            expected = wish.get("expected_in_days")
            day = reference_date + timedelta(days=expected) if expected else None
            in_force_on = SITE_PLAN_DAY if wish["status"] == IN_FORCE else day
            drafts.append(
                Draft(site["name"] + suffix, inside, shape, wish["status"], in_force_on, span(None, None))
            )
    return drafts


def _area_plans(city: CityProfile, ground: Ground, reference_date: date) -> list[Draft]:
    """List plans over groups of neighbouring blocks; none reaches over another or into a site."""
    sites = shapely.union_all(list(site_grounds(city).values()))
    drafts = []
    for key, area in ground.areas.items():
        draw, density = rng("plans", key), rng("density", key)
        own = ground.blocks[(ground.blocks["area"] == key) & (ground.blocks["site"] == "")]
        free = area.outline.difference(sites)
        for number, group in enumerate(_groups(own), start=1):
            if draw.random() >= PLANNED_SHARE:
                continue
            closed = shapely.union_all(group.geometry.to_numpy()).buffer(STREET_GAP_M, join_style="mitre")
            shape = multipolygon(closed.buffer(-STREET_GAP_M, join_style="mitre").intersection(free))
            free = free.difference(shape)
            zones = [_zone(draw, use, zone) for use, zone in zip(group["use"], group["zone"], strict=True)]
            silent = pick(density, SILENT)
            stage = _drawn(draw, reference_date)
            drafts.append(Draft(f"{area.name} {number}", group.assign(zone=zones), shape, *stage, silent))
    return drafts


def _groups(blocks: gpd.GeoDataFrame) -> list[gpd.GeoDataFrame]:
    """Halve the blocks along their longer extent until each group is small."""
    if len(blocks) <= GROUP_BLOCKS:
        return [blocks] if len(blocks) else []
    centres = shapely.get_coordinates(shapely.centroid(blocks.geometry.to_numpy()))
    axis = int(np.argmax(np.ptp(centres, axis=0)))
    order = np.argsort(centres[:, axis], kind="stable")
    half = len(order) // 2
    return _groups(blocks.iloc[order[:half]]) + _groups(blocks.iloc[order[half:]])


def _zone(draw: np.random.Generator, use: str, fallback: str) -> str:
    """Return the zone of a block by its use; empty for parks, schools and churches."""
    if use in {"green", "public", "church"}:
        return ""
    if use == "mixed" and fallback != "MK":
        return str(draw.choice(MIXED_ZONES))
    if use == "housing" and draw.random() < PURELY_RESIDENTIAL:
        return "WR"
    return ZONE_OF_USE.get(use, fallback)


def _drawn(draw: np.random.Generator, reference_date: date) -> tuple[int, date | None, Range[date]]:
    """Draw a status with its day and span; one plan in five in procedure has no expected day."""
    shares = np.array(list(STATUSES.values()), dtype=float)
    status = int(draw.choice(list(STATUSES), p=shares / shares.sum()))
    day = date(1975, 1, 1) + timedelta(days=int(draw.integers(0, 16_000)))
    later = int(draw.integers(-60, 200))
    unknown = draw.random() < NO_DAY_SHARE
    if status == REPEALED:
        return status, day, span(day, REPEALED_ON)
    if status >= IN_FORCE:
        return status, day, span(None, None)
    expected = reference_date + timedelta(days=EXPECTED_IN_DAYS[status] + later)
    return status, None if unknown else expected, span(None, None)


def _building_areas(plan_key: str, draft: Draft) -> list[dict[str, Any]]:
    """Return one building area per block with its zone, and its density as far as the plan states it."""
    rows = []
    for zone, shape in zip(draft.blocks["zone"], draft.blocks.geometry, strict=True):
        if not zone:
            continue
        code, grz, gfz, storeys = ZONES[zone]
        rows.append(
            {
                "plan_key": plan_key,
                "zone_code": code,
                "zone": zone,
                "grz": None if "grz" in draft.silent else grz,
                "gfz": None if "gfz" in draft.silent else gfz,
                "max_storeys": None if "gfz" in draft.silent else storeys,
                "geom": shape,
            }
        )
    return rows


LAND_USE = {
    "housing": "housing", "gap": "housing", "mixed": "mixed", "core": "mixed", "commercial": "commercial",
    "industrial": "commercial", "brownfield": "commercial", "reserve": "commercial", "public": "special",
    "church": "special",
}  # fmt: skip
"""What the invented land-use plan shows for blocks of a use; all others are no building land."""


def build_land_use(ground: Ground, reference_date: date) -> gpd.GeoDataFrame:
    """Return areas of an invented land-use plan: per demo area one for each use of its blocks."""
    uses = ground.blocks["use"].map(LAND_USE).fillna("other")
    rows = [
        {
            "area_key": f"Demo-FNP-{area}-{use}",
            "use": use,
            "name": f"{ground.areas[str(area)].name} {LABEL}",
            "geom": shapely.union_all(blocks.geometry.to_numpy()),
        }
        for (area, use), blocks in ground.blocks.groupby([ground.blocks["area"], uses])
    ]
    return gpd.GeoDataFrame(labelled(geo_frame(rows), reference_date))


def zone_by_block(plans: Plans, ground: Ground) -> pd.Series:
    """Return the zone of each block that lies in a plan, by block name."""
    tree = shapely.STRtree(plans.areas.geometry.to_numpy())
    block, area = tree.query(shapely.point_on_surface(ground.blocks.geometry.to_numpy()), predicate="within")
    zones = plans.areas["zone"].to_numpy()[area]
    return pd.Series(zones, index=ground.blocks["block"].to_numpy()[block]).groupby(level=0).first()
