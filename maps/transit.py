"""Transit maps: areas of the classes and stops of today, what a scenario makes of them, what is reached."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from geo_service.city import CityProfile
from geo_service.geometry import to_wgs84
from maps.base import CityMap, RenderedMap
from maps.describe import Item
from maps.layers import BaseMap, Embedded, LayerSpec, Records, add_orientation
from maps.overview import map_settings
from maps.speech import Speaker

START_ZOOM: Final = 12
STOPS_FROM_ZOOM: Final = 12
AREA_DECIMALS: Final = 5
"""A metre, in degrees."""
AREA_TOLERANCE_M: Final = 1.0
REACH_TOLERANCE_M: Final = 5.0
REACH_STOPS_FROM_ZOOM: Final = 13


@dataclass(frozen=True, slots=True)
class MapStop:
    """A stop on the map: place (EPSG:25832), served by the scenario or not, text upon it, popup."""

    place: shapely.Point
    planned: bool
    label: str
    item: Item


@dataclass(frozen=True, slots=True)
class TransitLayers:
    """What the map shows.

    Parameters
    ----------
    areas
        Layer key (``now``, ``before`` or ``after``) to the address of the areas of the classes; the last is
        shown at first.
    stops
        Address of the stops of today.
    planned
        Stops of the scenario.
    courses
        Lines of the scenario (EPSG:25832).
    """

    areas: Mapping[str, str]
    stops: str
    planned: Sequence[MapStop] = ()
    courses: Sequence[Any] = ()


def transit_map(
    city: CityProfile, speaker: Speaker, basemap: tuple[str, str] | None, label: str, layers: TransitLayers
) -> RenderedMap:
    """Build the map of the classes; it opens on the scenario, or on the city.

    Parameters
    ----------
    city, speaker, basemap
        As in `maps.overview.overview_map`.
    label
        What the map shows, read out by screen readers.
    layers
        The layers.
    """
    settings: dict[str, Any] = map_settings(speaker)
    west, south, east, north = city.bbox
    if layers.planned:
        box = shapely.total_bounds(to_wgs84([stop.place for stop in layers.planned]))
        west, south, east, north = box.tolist()
    settings["bounds"] = [[south, west], [north, east]]
    made = CityMap("transit", city.center, START_ZOOM, label, settings)
    if basemap:
        BaseMap(*basemap).add_to(made)
    shown = list(layers.areas)[-1:]
    for key, address in layers.areas.items():
        Records(LayerSpec(key, "classes", on=key in shown), address).add_to(made)
    add_orientation(made)
    courses = [{"geometry": in_degrees(course, 7), "properties": {}} for course in layers.courses]
    Embedded(LayerSpec("courses", "courses"), _collection(courses)).add_to(made)
    shown_from = LayerSpec("stops", "graded_stops", STOPS_FROM_ZOOM, on=not layers.planned)
    Records(shown_from, layers.stops).add_to(made)
    Embedded(LayerSpec("planned", "graded_stops"), _collection(map(_stop, layers.planned))).add_to(made)
    return made.rendered()


def classes_geojson(areas: Sequence[tuple[str, Any]]) -> bytes:
    """Return the areas of classes (EPSG:25832, best first) as GeoJSON (WGS 84).

    Corners lie on a grid of `AREA_DECIMALS`; on it every area is valid, and no two have any area in common.
    """
    reached = [shapely.union_all([area for _, area in areas[: rank + 1]]) for rank in range(len(areas))]
    degrees = to_wgs84(shapely.simplify(reached, AREA_TOLERANCE_M)) if reached else np.zeros(0, dtype=object)
    edges = shapely.union_all(shapely.boundary(degrees), grid_size=10**-AREA_DECIMALS)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    inside = shapely.contains(degrees[:, None], shapely.point_on_surface(faces)[None, :])
    features = []
    for rank, (grade, _) in enumerate(areas):
        own = faces[inside[rank] & ~inside[:rank].any(axis=0)]
        if len(own):
            shape = shapely.MultiPolygon(shapely.get_parts(shapely.union_all(own)).tolist())
            features.append({"geometry": shapely.geometry.mapping(shape), "properties": {"grade": grade}})
    return json.dumps(_collection(features)).encode()


def stops_geojson(stops: Sequence[MapStop]) -> bytes:
    """Return stops with what a click tells as GeoJSON (WGS 84)."""
    return json.dumps(_collection(map(_stop, stops)), ensure_ascii=False).encode()


def reach_map(
    city: CityProfile,
    speaker: Speaker,
    basemap: tuple[str, str] | None,
    label: str,
    areas: Sequence[tuple[int, Any]],
) -> RenderedMap:
    """Build the map of what is reached from a site.

    Parameters
    ----------
    city, speaker, basemap, label
        As `transit_map`.
    areas
        Minutes and area (EPSG:25832), the largest first.
    """
    settings: dict[str, Any] = map_settings(speaker)
    west, south, east, north = shapely.total_bounds(to_wgs84([shape for _, shape in areas])).tolist()
    settings["bounds"] = [[south, west], [north, east]]
    made = CityMap("transit", city.center, START_ZOOM, label, settings)
    if basemap:
        BaseMap(*basemap).add_to(made)
    for minutes, shape in areas:
        feature = {
            "geometry": in_degrees(shapely.simplify(shape, REACH_TOLERANCE_M), AREA_DECIMALS),
            "properties": {"minutes": minutes},
        }
        Embedded(LayerSpec(f"reach-{minutes}", "reach"), _collection([feature])).add_to(made)
    add_orientation(made)
    Records(LayerSpec("sites", "sites"), "/maps/layers/sites.geojson").add_to(made)
    Records(
        LayerSpec("stops", "stops", REACH_STOPS_FROM_ZOOM, on=False), "/maps/layers/stops.geojson"
    ).add_to(made)
    return made.rendered()


def editor_map(
    city: CityProfile, speaker: Speaker, basemap: tuple[str, str] | None, label: str
) -> RenderedMap:
    """Build the map on which stops of today are chosen and new ones are set.

    Parameters
    ----------
    city, speaker, basemap, label
        As `transit_map`.
    """
    settings: dict[str, Any] = map_settings(speaker)
    west, south, east, north = city.bbox
    settings["bounds"] = [[south, west], [north, east]]
    made = CityMap("editor", city.center, START_ZOOM, label, settings)
    if basemap:
        BaseMap(*basemap).add_to(made)
    add_orientation(made)
    Records(LayerSpec("sites", "sites"), "/maps/layers/sites.geojson").add_to(made)
    Records(LayerSpec("stops", "pick_stops"), "/maps/layers/stops.geojson").add_to(made)
    return made.rendered()


def _collection(features: Any) -> dict[str, Any]:  # noqa: ANN401 - an iterable of features
    return {"type": "FeatureCollection", "features": [{"type": "Feature", **each} for each in features]}


def in_degrees(shape: Any, decimals: int) -> dict[str, Any]:  # noqa: ANN401 - any shape
    """Return a shape (EPSG:25832) as GeoJSON (WGS 84) with so many decimals."""
    rounded = shapely.set_precision(to_wgs84(shape), 10**-decimals)
    mapped: dict[str, Any] = shapely.geometry.mapping(rounded)
    return mapped


def _stop(stop: MapStop) -> dict[str, Any]:
    properties = {"planned": stop.planned, "label": stop.label, "item": stop.item.as_json()}
    return {"geometry": in_degrees(stop.place, 6), "properties": properties}
