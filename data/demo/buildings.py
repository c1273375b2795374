"""Invented buildings: one on each built lot, on the very ground that its block keeps for buildings."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from data.demo.cutting import polygons
from data.demo.exclusions import built_blocks
from data.demo.ground import Ground
from data.demo.provenance import geo_frame, labelled, multipolygon
from data.demo.seeds import rng
from geo_service.buildings.models import BuildingKind

FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "housing": "Wohngebäude",
        "mixed": "Gemischt genutztes Gebäude mit Wohnen",
        "core": "Gebäude für Handel und Dienstleistungen",
        "commercial": "Gebäude für Wirtschaft oder Gewerbe",
        "industrial": "Produktionsgebäude",
        "public": "Gebäude für öffentliche Zwecke",
        "church": "Kirche",
    }
)
"""Function in words of the ALKIS catalogue, by the use of the lot."""
STOREYS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "housing": (2, 4),
        "mixed": (3, 5),
        "core": (3, 6),
        "commercial": (1, 3),
        "industrial": (1, 2),
        "public": (2, 4),
        "church": (1, 1),
    }
)
"""Least and most storeys by use; invented."""
VILLAGE_STOREYS = (1, 2)
UNKNOWN_STOREYS, UNKNOWN_YEAR = 0.06, 0.25
"""Shares of buildings whose storeys or year nobody knows; invented."""
YEARS = (1890, 2020)
LEAST_M2 = 12.0
"""Smaller pieces of a footprint on a lot are no building of their own, square metres."""


def build_buildings(land: gpd.GeoDataFrame, ground: Ground, reference_date: date) -> gpd.GeoDataFrame:
    """Return the columns of the table ``buildings``.

    Parameters
    ----------
    land
        Result of `data.demo.land.register_land`.
    ground
        The demo areas, cut.
    reference_date
        The day the demo is made for.
    """
    draw = rng("buildings")
    rows = []
    for area in ground.areas.values():
        own = land[(land["area"] == area.key) & land["built"]]
        village = area.fabric.key == "village"
        shapes, uses = own.geometry.to_numpy(), own["use"].to_numpy(dtype=object)
        for _, kept, lots in built_blocks(own, area.fabric.key):
            for use, outline in zip(uses[lots], _on_lots(kept, shapes[lots]), strict=True):
                if outline is not None:
                    rows.append({**_drawn(draw, str(use), village=village), "geom": outline})
    for number, row in enumerate(rows, start=1):
        row["building_key"] = f"demo-building-{number:05d}"
    frame = geo_frame(rows).astype({"storeys": "Int64", "built_year": "Int64"})
    return gpd.GeoDataFrame(labelled(frame, reference_date))


def _on_lots(kept: shapely.MultiPolygon, lots: np.ndarray) -> list[shapely.MultiPolygon | None]:
    """Return the part of a block's footprints on each lot; None where there is none worth a building."""
    found: list[shapely.MultiPolygon | None] = []
    for shape in shapely.intersection(kept, lots):
        parts = [part for part in polygons(shape) if part.area >= LEAST_M2]
        found.append(multipolygon(shapely.MultiPolygon(parts)) if parts else None)
    return found


def _drawn(draw: np.random.Generator, use: str, *, village: bool) -> dict[str, object]:
    """Draw storeys and year of a building; both may be unknown."""
    least, most = VILLAGE_STOREYS if village and use in {"housing", "mixed"} else STOREYS[use]
    storeys, year = int(draw.integers(least, most + 1)), int(draw.integers(*YEARS))
    no_storeys, no_year = draw.random(2) < (UNKNOWN_STOREYS, UNKNOWN_YEAR)
    return {
        "kind": BuildingKind.BUILDING.value,
        "function": FUNCTIONS[use],
        "storeys": None if no_storeys else storeys,
        "built_year": None if no_year else year,
    }
