"""What tells where one is in a file without base map: water, main streets, rail and names around it."""

import json
import math
from collections.abc import Iterable
from typing import Any, Final

import shapely
from sqlalchemy import Connection

from maps.orientation_queries import LAYERS

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees (WGS 84)."""

EVERYWHERE: Final[Box] = (5.0, 47.0, 15.5, 55.5)
"""Around Germany."""
AS_LOADED_M: Final = 3.0
"""How far lines of layers may be off that are fetched whole."""
FROM_AFAR_M: Final = (10.0, 20.0, 40.0, 80.0)
"""The same of layers that are fetched anew when one is near: half a pixel at zoom 12, or what it takes."""
TOLERANCES_M: Final = (2.0, 5.0, *FROM_AFAR_M)
"""The same of a file: the first with which they are small enough."""
MOST_BYTES: Final = 120_000
"""Bytes of one layer from afar or in a file."""
PIXEL_M: Final = 40_075_016.686 / 256
"""A pixel at the equator at zoom 0, metres."""
MARGIN: Final = 0.3
"""How much more than its records a file shows around them, of their extent to each side."""
LEAST_MARGIN: Final = (0.03, 0.02)
"""The same at least, degrees: some two kilometres."""
DRAWN: Final = ("water", "streets", "rail")
MOST_FEATURES: Final = 8
"""A feature for each kind of line or area, real and invented ones apart, and one with all names."""


def within(box: Box, tolerance_m: float) -> dict[str, float]:
    """Return the parameters of `LAYERS` for a box, as far as it lies in Germany."""
    west, south = (max(own, bound) for own, bound in zip(box[:2], EVERYWHERE[:2], strict=True))
    east, north = (min(own, bound) for own, bound in zip(box[2:], EVERYWHERE[2:], strict=True))
    return {
        "west": min(west, EVERYWHERE[2]),
        "south": min(south, EVERYWHERE[3]),
        "east": max(east, EVERYWHERE[0]),
        "north": max(north, EVERYWHERE[1]),
        "tolerance_m": tolerance_m,
    }


def half_a_pixel(zoom: int, box: Box) -> float:
    """Return half of what a pixel of a Mercator map spans in the middle of a box, metres."""
    return PIXEL_M * math.cos(math.radians((box[1] + box[3]) / 2)) / 2.0**zoom / 2


def around(connection: Connection, geometries: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Read what lies around some shapes (GeoJSON, WGS 84), the lowest layer first; empty ones are left out.

    Parameters
    ----------
    connection
        Read-only connection; only public records are read.
    geometries
        What the file shows.

    Returns
    -------
    dict
        GeoJSON features by key of the layer.
    """
    box = view_of(geometries)
    layers = {key: _drawn(connection, key, box) for key in DRAWN} | {"names": _names(connection, box)}
    return {key: features for key, features in layers.items() if features}


def view_of(geometries: Iterable[dict[str, Any]]) -> Box:
    """Return the box of some shapes with a margin; without shapes everywhere."""
    boxes = shapely.bounds([shapely.geometry.shape(each) for each in geometries])
    if not len(boxes):
        return EVERYWHERE
    west, south = boxes[:, :2].min(axis=0).tolist()
    east, north = boxes[:, 2:].max(axis=0).tolist()
    wide, high = max(MARGIN * (east - west), LEAST_MARGIN[0]), max(MARGIN * (north - south), LEAST_MARGIN[1])
    return west - wide, south - high, east + wide, north + high


def _drawn(connection: Connection, key: str, box: Box) -> list[dict[str, Any]]:
    """Read a layer as exactly as its bytes allow; one that cannot be made small enough is left out."""
    for tolerance_m in TOLERANCES_M:
        text = connection.execute(LAYERS[key], within(box, tolerance_m)).scalar_one()
        features = _together(json.loads(text)["features"])
        if len(json.dumps(features)) <= MOST_BYTES:
            return features
    return []


def _together(features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the shapes of a kind into one feature each."""
    kinds: dict[tuple[str, str, bool], list[Any]] = {}
    for each in features:
        own, shape = each["properties"], each["geometry"]
        several = f"Multi{shape['type'].removeprefix('Multi')}"
        parts = shape["coordinates"] if shape["type"] == several else [shape["coordinates"]]
        kinds.setdefault((several, own.get("kind", ""), own["is_demo"]), []).extend(parts)
    return [
        _feature(several, parts, {"kind": kind, "is_demo": is_demo})
        for (several, kind, is_demo), parts in kinds.items()
        if parts
    ]


def _names(connection: Connection, box: Box) -> list[dict[str, Any]]:
    """Read the names of the quarters as one feature: a point and a name each."""
    found = json.loads(connection.execute(LAYERS["quarters"], within(box, 0.0)).scalar_one())["features"]
    points = [each["geometry"]["coordinates"] for each in found]
    names = [each["properties"]["name"] for each in found]
    return [_feature("MultiPoint", points, {"names": names})] if found else []


def _feature(kind: str, coordinates: list[Any], properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
