"""The map beside an answer: the parcels of a what-if, land that lies together, districts of a balance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import shapely

from geo_service.city import CityProfile
from geo_service.geometry import to_wgs84
from maps.base import CityMap, RenderedMap
from maps.describe import Item
from maps.layers import BaseMap, Embedded, LayerSpec, Records, add_orientation
from maps.overview import map_settings
from maps.speech import Speaker

DECIMALS: Final = 7
"""A centimetre, in degrees."""
START_ZOOM: Final = 12


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape of an answer.

    Parameters
    ----------
    row
        Which row of the table it belongs to.
    geometry
        EPSG:25832.
    fill
        What colours it: a key of the style.
    label
        Text upon it; empty: none.
    item
        What a click tells.
    """

    row: str
    geometry: shapely.Geometry
    fill: str
    label: str
    item: Item


def answer_map(
    city: CityProfile,
    speaker: Speaker,
    basemap: tuple[str, str] | None,
    label: str,
    shapes: Sequence[Shape],
    style: str = "places",
) -> RenderedMap:
    """Build the map of an answer; it opens on all of it.

    Parameters
    ----------
    city, speaker, basemap
        As in `maps.overview.overview_map`.
    label
        What the map shows, read out by screen readers.
    shapes
        The shapes; at most some hundreds, since the script holds them.
    style
        ``places``: land by horizon; ``shares``: districts by their share of the land.
    """
    settings: dict[str, Any] = map_settings(speaker)
    features = [_feature(shape) for shape in shapes]
    if shapes:
        box = shapely.total_bounds(to_wgs84([shape.geometry for shape in shapes]))
        west, south, east, north = box.tolist()
        settings["bounds"] = [[south, west], [north, east]]
    made = CityMap("answer", city.center, START_ZOOM, label, settings)
    if basemap:
        BaseMap(*basemap).add_to(made)
    if style == "shares":  # these are the districts
        Records(LayerSpec("boundary", "boundary"), "/maps/layers/boundary.geojson").add_to(made)
    else:
        add_orientation(made)
    collection = {"type": "FeatureCollection", "features": features}
    Embedded(LayerSpec("places", style), collection).add_to(made)
    return made.rendered()


def _feature(shape: Shape) -> dict[str, Any]:
    degrees = shapely.set_precision(to_wgs84(shape.geometry), 10**-DECIMALS, mode="pointwise")
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(degrees),
        "properties": {
            "row": shape.row,
            "fill": shape.fill,
            "label": shape.label,
            "item": shape.item.as_json(),
        },
    }
