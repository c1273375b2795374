"""Invented restrictions that take ground away: nature, ways, monuments, buildings."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from data.demo.areas import Area
from data.demo.burdens import Burden
from data.demo.cutting import polygons
from data.demo.ground import Ground
from data.demo.seeds import rng
from geo_service.city import CityProfile
from geo_service.restrictions.models import Effect, RestrictionKind, Severity

POWER_LINES = ("huckarde", "westhausen", "hafen", "phoenix-west", "brackel")
"""Areas that an invented overhead line crosses."""
WIDENED = ("Emscherallee", "Brackeler Hellweg", "Kanalstraße", "Hochofenstraße", "Huckarder Straße")
"""Streets that an invented plan widens on both sides."""
FLOOD_M, RAIL_M, LINE_M, WIDENING_M, NATURE_M = 55.0, 11.0, 17.0, 5.0, 30.0
"""Reach of flood zone, rail and line clearance, road widening and conservation area, metres."""
DETACHED = frozenset({"village"})
HALLS = frozenset({"works", "campus", "site"})
FRONT_M, BACK_M, HALL_M, GAP_M = 3.0, 15.0, 11.0, 3.0
"""Schematic buildings: distance from the street, depth, distance of halls and of detached houses from
the edge."""


def exclusions(city: CityProfile, ground: Ground, land: gpd.GeoDataFrame) -> list[Burden]:
    """Return the restrictions of all areas that do not depend on a date."""
    found = []
    for area in ground.areas.values():
        own = land[land["area"] == area.key]
        found += [
            *_waters(city, area, own),
            *_corridors(city, area, own),
            *_nature_and_monuments(city, area, own),
            *_public_ground(city, own),
            *_buildings(city, area, own),
        ]
    return [burden for burden in found if not burden.shape.is_empty]


def _ground_of(own: gpd.GeoDataFrame, kind: str, name: str | None = None) -> BaseGeometry:
    chosen = own[own["kind"] == kind]
    if name is not None:
        chosen = chosen[chosen["name"] == name]
    return shapely.union_all(chosen.geometry.to_numpy())


def _waters(city: CityProfile, area: Area, own: gpd.GeoDataFrame) -> list[Burden]:
    """Water is no land, and along running water lies a flood zone."""
    found = []
    for feature in area.features:
        if feature.kind != "water":
            continue
        water = _ground_of(own, "water", feature.name)
        office = city.offices["water"]
        found.append(
            Burden(RestrictionKind.WATER, Effect.EXCLUDES, Severity.SEVERE, feature.name, office, water)
        )
        if "Fluss" in feature.actual_use:
            zone = water.buffer(FLOOD_M).difference(water).intersection(area.outline)
            title = f"Überschwemmungsgebiet {feature.name}"
            found.append(
                Burden(RestrictionKind.FLOOD_ZONE, Effect.EXCLUDES, Severity.SEVERE, title, office, zone,
                       basis="§76 WHG")
            )  # fmt: skip
    return found


def _corridors(city: CityProfile, area: Area, own: gpd.GeoDataFrame) -> list[Burden]:
    """Rails, overhead lines and widened roads keep strips of ground clear."""
    found = []
    for feature in area.features:
        near = feature.shape.buffer(RAIL_M, join_style="mitre").intersection(area.outline)
        if feature.kind == "rail":
            found.append(
                Burden(RestrictionKind.RAIL_CLEARANCE, Effect.EXCLUDES, Severity.UNRESTRICTED,
                       f"Bahngelände und Schutzstreifen {feature.name}", city.offices["rail"], near,
                       basis="§18 AEG")
            )  # fmt: skip
        if feature.kind == "street" and feature.name in WIDENED:
            wider = feature.shape.buffer(WIDENING_M, join_style="mitre").difference(feature.shape)
            found.append(
                Burden(RestrictionKind.ROAD_WIDENING, Effect.EXCLUDES, Severity.UNRESTRICTED,
                       f"Verbreiterung {feature.name}", city.offices["roads"],
                       wider.intersection(area.outline).difference(_ground_of(own, "street")),
                       basis="Straßenplanung, erfunden")
            )  # fmt: skip
    if area.key in POWER_LINES:
        west, south, east, north = area.outline.bounds
        low, high = rng("power line", area.key).uniform(0.25, 0.75, 2)
        line = shapely.LineString(
            [(west, south + low * (north - south)), (east, south + high * (north - south))]
        )
        found.append(
            Burden(RestrictionKind.LINE_CLEARANCE, Effect.EXCLUDES, Severity.UNRESTRICTED,
                   f"Schutzstreifen Freileitung {area.name}", city.offices["lines"],
                   line.buffer(LINE_M).intersection(area.outline))
        )  # fmt: skip
    return found


def _nature_and_monuments(city: CityProfile, area: Area, own: gpd.GeoDataFrame) -> list[Burden]:
    """Parks and historic plants: conservation areas and protected monuments."""
    found = []
    for feature in area.features:
        if feature.kind != "park":
            continue
        park = _ground_of(own, "park", feature.name)
        if "Historische" in feature.actual_use:
            found.append(
                Burden(RestrictionKind.PROTECTED_MONUMENT, Effect.EXCLUDES, Severity.SEVERE,
                       f"Denkmal {feature.name}", city.offices["monuments"], park, basis="DSchG NRW")
            )  # fmt: skip
        elif "schematisch" in feature.name:
            nature = park.buffer(NATURE_M).intersection(area.outline)
            found.append(
                Burden(RestrictionKind.CONSERVATION_AREA, Effect.EXCLUDES, Severity.SEVERE,
                       f"Landschaftsschutz {feature.name}", city.offices["nature"], nature,
                       basis="§26 BNatSchG")
            )  # fmt: skip
    churches = shapely.union_all(own[own["use"] == "church"].geometry.to_numpy())
    found.append(
        Burden(RestrictionKind.PROTECTED_MONUMENT, Effect.EXCLUDES, Severity.SEVERE,
               f"Denkmalgeschützte Kirchen {area.name}", city.offices["monuments"], churches,
               basis="DSchG NRW")
    )  # fmt: skip
    return found


def _public_ground(city: CityProfile, own: gpd.GeoDataFrame) -> list[Burden]:
    """Streets and greens cannot be built on; that they are in use says the cadastre."""
    green = own[(own["use"] == "green") | (own["kind"] == "park")]
    offices = city.offices
    grounds = {
        "Gewidmete Verkehrsfläche": (_ground_of(own, "street"), offices["roads"]),
        "Öffentliche Grünfläche": (shapely.union_all(green.geometry.to_numpy()), offices["environment"]),
    }
    return [
        Burden(RestrictionKind.NOT_BUILDABLE, Effect.EXCLUDES, Severity.SEVERE, title, office, shape)
        for title, (shape, office) in grounds.items()
    ]


def _buildings(city: CityProfile, area: Area, own: gpd.GeoDataFrame) -> list[Burden]:
    """Keep buildings where they stand."""
    found = []
    office = city.offices["planning"]
    for block, kept, _lots in built_blocks(own[own["built"]], area.fabric.key):
        found.append(
            Burden(RestrictionKind.EXISTING_BUILDING, Effect.EXCLUDES, Severity.UNRESTRICTED,
                   f"Bestandsgebäude Block {block}, schematisch", office, kept)
        )  # fmt: skip
    return found


def built_blocks(
    lots: gpd.GeoDataFrame, fabric: str
) -> Iterator[tuple[str, shapely.MultiPolygon, npt.NDArray[np.int64]]]:
    """Return blocks by name: the ground that each keeps for buildings, and the rows of its lots."""
    names, shapes = lots["block"].to_numpy(dtype=object), lots.geometry.to_numpy()
    blocks, block = np.unique(names.astype(str), return_inverse=True)
    order = np.argsort(block, kind="stable")
    for name, rows in zip(blocks, np.split(order, np.cumsum(np.bincount(block))[:-1]), strict=True):
        ground = shapely.union_all(shapes[rows])
        yield str(name), shapely.MultiPolygon(footprints(shapes[rows], ground, fabric)), rows


def footprints(lots: np.ndarray, ground: BaseGeometry, fabric: str) -> list[shapely.Polygon]:
    """Return schematic buildings: a closed rim, detached houses or halls."""
    if fabric in HALLS:
        return polygons(shapely.union_all(shapely.buffer(lots, -HALL_M, join_style="mitre")))
    rim = ground.buffer(-FRONT_M, join_style="mitre").difference(ground.buffer(-BACK_M, join_style="mitre"))
    if fabric in DETACHED:
        rim = rim.intersection(shapely.union_all(shapely.buffer(lots, -GAP_M, join_style="mitre")))
    return polygons(rim)
