"""Cutting polygons by straight lines and strips: how areas become blocks and blocks become lots.

All coordinates in metres, EPSG:25832.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

FAR_M = 5_000.0
"""Longer than any demo area."""
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """An oriented frame around a polygon.

    Parameters
    ----------
    origin
        Corner of the smallest rotated rectangle.
    along, across
        Unit vectors of its long and its short side.
    length, width
        Extents along both, metres.
    """

    origin: Vector
    along: Vector
    across: Vector
    length: float
    width: float

    def at(self, along_m: float) -> Vector:
        """Return the point so far along the frame's axis."""
        return self.origin + along_m * self.along + 0.5 * self.width * self.across


def frame_of(shape: BaseGeometry) -> Frame:
    """Return the frame of the smallest rotated rectangle around a shape."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    first, second, last = corners[0], corners[1], corners[3]
    side_a, side_b = second - first, last - first
    length_a, length_b = float(np.hypot(*side_a)), float(np.hypot(*side_b))
    if length_a >= length_b:
        return Frame(first, side_a / length_a, side_b / length_b, length_a, length_b)
    return Frame(first, side_b / length_b, side_a / length_a, length_b, length_a)


def turned(vector: Vector, degrees: float) -> Vector:
    """Return the vector turned counter-clockwise."""
    angle = np.radians(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([cos * vector[0] - sin * vector[1], sin * vector[0] + cos * vector[1]])


def half_plane(point: Vector, direction: Vector) -> shapely.Polygon:
    """Return a large polygon left of the line through a point in a direction (unit vector)."""
    left = np.array([-direction[1], direction[0]])
    a, b = point - FAR_M * direction, point + FAR_M * direction
    return shapely.Polygon([a, b, b + FAR_M * left, a + FAR_M * left])


def band(point: Vector, direction: Vector, width_m: float) -> shapely.Polygon:
    """Return a long strip of a width around the line through a point in a direction (unit vector)."""
    side = 0.5 * width_m * np.array([-direction[1], direction[0]])
    a, b = point - FAR_M * direction, point + FAR_M * direction
    return shapely.Polygon([a - side, b - side, b + side, a + side])


def polygons(geometry: Any) -> list[shapely.Polygon]:  # noqa: ANN401 - whatever an overlay returns
    """Return the polygons of a geometry; points and lines that an overlay leaves are dropped."""
    parts = shapely.get_parts(geometry)
    return [part for part in parts if isinstance(part, shapely.Polygon) and part.area > 0]


def cut(polygon: shapely.Polygon, point: Vector, direction: Vector) -> list[shapely.Polygon]:
    """Cut a polygon in two along a line; left parts first."""
    left = half_plane(point, direction)
    right = half_plane(point, -direction)
    return polygons(polygon.intersection(left)) + polygons(polygon.intersection(right))


def cut_out(
    polygon: shapely.Polygon, tool: BaseGeometry
) -> tuple[list[shapely.Polygon], list[shapely.Polygon]]:
    """Return the parts of a polygon inside a tool and the parts outside."""
    return polygons(polygon.intersection(tool)), polygons(polygon.difference(tool))


def slice_along(
    polygon: shapely.Polygon, frame: Frame, stations_m: list[float], min_area_m2: float
) -> list[shapely.Polygon]:
    """Slice a polygon across its frame's axis; slices too small are joined to the one before.

    Parameters
    ----------
    polygon
        What is sliced.
    frame
        Its frame.
    stations_m
        Where to cut, metres along the frame, rising.
    min_area_m2
        Least area of a slice.
    """
    pieces: list[shapely.Polygon] = []
    rest = polygon
    line = turned(frame.along, 90)
    for station in stations_m:
        passed, ahead = cut_out(rest, half_plane(frame.at(station), line))
        whole = len(passed) == 1 and len(ahead) == 1
        if whole and min(passed[0].area, ahead[0].area) >= min_area_m2:
            pieces.append(passed[0])
            rest = ahead[0]
    return [*pieces, rest]
