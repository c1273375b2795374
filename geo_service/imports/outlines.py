"""Outlines: one order of corners, polygons alone, and what is wrong with them in people's words."""

import re
from typing import Final

import numpy as np
import shapely

from geo_service.imports.source import Geometries
from geo_service.imports.threads import spread
from geo_service.wording import Sentence

PLACED: Final = re.compile(r"(?P<what>[^\[]+?)(?: at)?\[(?P<x>\S+) (?P<y>\S+)\]")
"""How GEOS says what is wrong: ``Self-intersection[394000 5707000]``."""
INVALID: Final = {
    "Self-intersection": Sentence("die Grenze kreuzt sich selbst", "the outline crosses itself"),
    "Ring Self-intersection": Sentence("die Grenze berührt sich selbst", "the outline touches itself"),
    "Hole lies outside shell": Sentence(
        "ein Loch liegt außerhalb der Fläche", "a hole lies outside the area"
    ),
    "Holes are nested": Sentence("ein Loch liegt in einem anderen", "a hole lies within another"),
    "Nested shells": Sentence("ein Teil liegt in einem anderen", "a part lies within another"),
    "Interior is disconnected": Sentence(
        "Löcher zerschneiden die Fläche in getrennte Stücke", "holes cut the area into separate pieces"
    ),
    "Duplicate Rings": Sentence("ein Ring kommt doppelt vor", "a ring is there twice"),
    "Too few points in geometry component": Sentence(
        "ein Ring hat weniger als drei verschiedene Punkte", "a ring has less than three different corners"
    ),
}
"""What GEOS calls it to what people call it (Source: GEOS, ``TopologyValidationError``)."""
OTHERWISE: Final = Sentence("die Grenze widerspricht sich", "the outline contradicts itself")


def nowhere(geometries: Geometries) -> dict[int, Sentence]:
    """Find geometries with a coordinate that is no number or endless; heights do not matter.

    Parameters
    ----------
    geometries
        Shapely geometries or None, shape (n,), in any coordinate system.

    Returns
    -------
    dict
        Position of such a geometry to the sentence that names its first such corner.
    """
    if np.isfinite(shapely.get_coordinates(geometries)).all():
        return {}
    corners, owners = shapely.get_coordinates(geometries, return_index=True)
    bad = np.flatnonzero(~np.isfinite(corners).all(axis=1))
    found: dict[int, Sentence] = {}
    for corner in bad[np.unique(owners[bad], return_index=True)[1]]:
        owner = int(owners[corner])
        first, last = np.searchsorted(owners, (owner, owner + 1))
        x, y = corners[corner]
        found[owner] = _nowhere(int(corner - first) + 1, int(last - first), float(x), float(y))
    return found


def _nowhere(place: int, corners: int, x: float, y: float) -> Sentence:
    written = ", ".join(f"{value:.10g}".replace("nan", "NaN") for value in (x, y))
    return Sentence(
        f"Der Punkt {place} von {corners} ({written}) liegt nirgends: eine Koordinate ist keine Zahl oder "
        "unendlich. Bitte die Geometrie neu zeichnen oder den Punkt entfernen.",
        f"Corner {place} of {corners} ({written}) is nowhere: a coordinate is no number or endless. Please "
        "draw the geometry anew, or take the corner out.",
    )


def why_invalid(said: str) -> Sentence:
    """Say in words why an area is invalid.

    Parameters
    ----------
    said
        The reason of `shapely.is_valid_reason`; its place in EPSG:25832.
    """
    match = PLACED.fullmatch(said)
    what = INVALID.get(match["what"] if match else said, OTHERWISE)
    if match is None:
        return what
    x, y = (f"{float(match[axis]):.2f}" for axis in ("x", "y"))
    german = "; ".join(value.replace(".", ",") for value in (x, y))
    return Sentence(f"{what.de} bei {german}", f"{what.en} near {x}, {y}")


def in_one_order(geometries: Geometries) -> Geometries:
    """Return areas with parts and corners in one order, outer rings counter-clockwise.

    Formats turn rings (shapefiles write them clockwise): the same outline must come out as the same value.
    """
    return spread(lambda part: shapely.reverse(shapely.normalize(part)), geometries)


def only_polygons(geometries: Geometries) -> Geometries:
    """Return the polygons of each geometry as one multipolygon, without lines and points; shape (n,)."""
    result = np.empty(len(geometries), dtype=object)
    for position, geometry in enumerate(geometries):
        parts = shapely.get_parts(geometry)
        nested = shapely.get_parts(parts)
        result[position] = shapely.MultiPolygon(
            [part for part in nested if isinstance(part, shapely.Polygon)]
        )
    return result
