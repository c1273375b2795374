"""The hand-drawn demo areas and how their ground is cut, read from ``areas.toml``."""

from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from data.demo.facts import read_records
from geo_service.city import CityProfile

GREEN = "Sport-, Freizeit- und Erholungsfläche / Grünanlage"
"""Actual use of a park where the facts name none (words of the ALKIS catalogue)."""
RAIL = "Bahnverkehr"


@dataclass(frozen=True)
class Fabric:
    """How blocks and lots of one kind of quarter are cut.

    Parameters
    ----------
    key
        Name, such as ``perimeter``.
    block_length_m, block_width_m
        Largest block.
    lot_depth_m
        Depth of a lot from the street.
    lot_width_m
        Least and most width along the street.
    min_lot_m2
        Least area of a lot.
    streets_m
        Widths of streets: first, second, further cuts.
    zone
        BauNVO short form of most of its blocks.
    uses
        Weights of what blocks are used for.
    vacant_lots
        Share of single lots without a building, by use.
    """

    key: str
    block_length_m: float
    block_width_m: float
    lot_depth_m: float
    lot_width_m: tuple[float, float]
    min_lot_m2: float
    streets_m: tuple[float, ...]
    zone: str
    uses: dict[str, float]
    vacant_lots: dict[str, float]


@dataclass(frozen=True)
class Feature:
    """Something drawn by hand that is cut out of an area first.

    Parameters
    ----------
    kind
        ``street``, ``rail``, ``water`` or ``park``.
    name
        Its name.
    actual_use
        Words of the ALKIS catalogue; empty for streets.
    shape
        Its ground, EPSG:25832; may reach beyond the area.
    """

    kind: str
    name: str
    actual_use: str
    shape: BaseGeometry


@dataclass(frozen=True)
class Area:
    """A demo area.

    Parameters
    ----------
    key, name
        Identity.
    gemarkung
        Four-digit key.
    fluren
        Flur numbers that its parcels use.
    fabric
        How it is cut.
    angle_deg
        Turn of its street grid.
    land_value
        Invented standard land value by use, EUR per square metre.
    outline
        EPSG:25832.
    features
        Waters and rails, then streets, then parks: the order in which they are cut out.
    """

    key: str
    name: str
    gemarkung: str
    fluren: tuple[int, ...]
    fabric: Fabric
    angle_deg: float
    land_value: dict[str, float]
    outline: shapely.Polygon
    features: tuple[Feature, ...]


def read_areas(city: CityProfile) -> tuple[list[Area], Fabric]:
    """Return the demo areas and the fabric of future sites."""
    records = read_records(city, "areas.toml")
    fabrics = {key: _fabric(key, facts) for key, facts in records["fabric"].items()}
    areas = [_area(facts, fabrics) for facts in records["area"]]
    return areas, fabrics["site"]


def _fabric(key: str, facts: dict[str, Any]) -> Fabric:
    least, most = facts["lot_width_m"]
    return Fabric(
        key=key,
        block_length_m=facts["block_length_m"],
        block_width_m=facts["block_width_m"],
        lot_depth_m=facts["lot_depth_m"],
        lot_width_m=(least, most),
        min_lot_m2=facts["min_lot_m2"],
        streets_m=tuple(facts["streets_m"]),
        zone=facts["zone"],
        uses=facts["uses"],
        vacant_lots=facts["vacant_lots"],
    )


def _area(facts: dict[str, Any], fabrics: dict[str, Fabric]) -> Area:
    outline = shapely.Polygon(facts["outline"])
    features = [
        *(_feature("water", item, item.get("use", "Gewässer"), outline) for item in facts.get("waters", [])),
        *(_feature("rail", item, RAIL, outline) for item in facts.get("rails", [])),
        *(_feature("street", item, "", outline) for item in facts.get("streets", [])),
        *(_feature("park", item, item.get("use", GREEN), outline) for item in facts.get("parks", [])),
    ]
    return Area(
        key=facts["key"],
        name=facts["name"],
        gemarkung=facts["gemarkung"],
        fluren=tuple(facts["fluren"]),
        fabric=fabrics[facts["fabric"]],
        angle_deg=facts["angle_deg"],
        land_value=facts["land_value"],
        outline=outline,
        features=tuple(features),
    )


def _feature(kind: str, item: dict[str, Any], actual_use: str, outline: shapely.Polygon) -> Feature:
    """Draw a feature: an outline, a line with a width, or a ring along the area's edge."""
    if item.get("ring"):
        shape = outline.difference(outline.buffer(-item["width_m"], join_style="mitre"))
    elif "outline" in item:
        shape = shapely.Polygon(item["outline"])
    else:
        line = shapely.LineString(item["line"])
        shape = line.buffer(item["width_m"] / 2, cap_style="flat", join_style="mitre")
    return Feature(kind, item["name"], actual_use, shape)
