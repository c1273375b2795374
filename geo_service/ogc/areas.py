"""Boxes and tiles on the way in: from the caller's coordinates to an area in EPSG:25832."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_service.geometry import STORAGE_SRID, WEB_MERCATOR_SRID, WGS84_SRID
from geo_service.ogc.crs import Crs, transformer

Box = tuple[float, float, float, float]
"""Min x, min y, max x, max y."""

BOX, BOX_WITH_HEIGHTS = 4, 6
WORKABLE_DEGREES: Final[Box] = (-6.0, 40.0, 24.0, 62.0)
"""Longitudes and latitudes for which EPSG:25832 is well behaved; no German land lies outside."""
STEP_DEGREES: Final = 0.005
"""Edges are bent at this distance: a parallel then deviates by less than a centimetre."""
MERCATOR_HALF_M: Final = 20_037_508.342789244
"""Half the width of the world in EPSG:3857, metres."""
FAR_NORTH_M: Final = 10 * MERCATOR_HALF_M
"""As near to the poles in EPSG:3857 as can be told, metres."""
MAX_ZOOM: Final = 22
TILE_BUFFER: Final = 64 / 4096
"""Part of a tile's width that is drawn beyond its edge."""


def area_of_box(numbers: Sequence[float], crs: Crs) -> BaseGeometry | None:
    """Return a box as an area in EPSG:25832; None: nothing that could be stored lies in it.

    Parameters
    ----------
    numbers
        Four, or six with heights, which do not count here; in the order of the system's axes.
    crs
        Their coordinate system.

    Raises
    ------
    ValueError
        Saying what is wrong, to stand behind the name of the box.
    """
    corners = [*numbers[:2], *numbers[3:5]] if len(numbers) == BOX_WITH_HEIGHTS else list(numbers)
    if len(corners) != BOX:
        raise ValueError(f"has four numbers (min x, min y, max x, max y), not {len(corners)}")
    if not all(map(math.isfinite, corners)):
        raise ValueError("holds a number that is too large")
    west, south, east, north = corners
    if crs.latitude_first:
        west, south, east, north = south, west, north, east
    if south > north:
        raise ValueError("has its smaller y first")
    if not crs.degrees and west > east:
        raise ValueError("has its smaller x first")
    if crs.srid == STORAGE_SRID:
        return area_of_metres(west, south, east, north)
    if not crs.degrees:  # Web Mercator: its axes are those of the degrees; beyond its edge there is nothing
        west, east = (min(max(each, -MERCATOR_HALF_M), MERCATOR_HALF_M) for each in (west, east))
        south, north = (min(max(each, -FAR_NORTH_M), FAR_NORTH_M) for each in (south, north))
        west, south = transformer(crs.srid, WGS84_SRID).transform(west, south)
        east, north = transformer(crs.srid, WGS84_SRID).transform(east, north)
    if not (abs(west) <= 180 and abs(east) <= 180 and abs(south) <= 90 and abs(north) <= 90):  # noqa: PLR2004 - the globe
        order = "latitude" if crs.latitude_first else "longitude"
        raise ValueError(f"is in degrees, {order} first, unless its coordinate system says otherwise")
    return area_of_degrees(west, south, east, north)


def area_of_degrees(west: float, south: float, east: float, north: float) -> BaseGeometry | None:
    """Return a box of longitudes and latitudes (degrees, WGS 84) as an area in EPSG:25832.

    Parallels are bent in EPSG:25832, so the edges are bent with them. A box whose west is greater than its
    east crosses the antimeridian. None: nothing that could be stored lies in it.
    """
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    low_x, low_y, high_x, high_y = WORKABLE_DEGREES
    boxes = [
        (max(left, low_x), max(south, low_y), min(right, high_x), min(north, high_y)) for left, right in spans
    ]
    areas = [_bent(box) for box in boxes if box[0] <= box[2] and box[1] <= box[3]]
    if len(areas) > 1:
        return shapely.union_all(areas)
    return areas[0] if areas else None


def _bent(box: Box) -> BaseGeometry:
    """Return the image of a box of degrees in EPSG:25832; a box without width or height becomes a line."""
    west, south, east, north = box
    across = np.linspace(west, east, 2 + min(int((east - west) / STEP_DEGREES), 400))
    along = np.linspace(south, north, 2 + min(int((north - south) / STEP_DEGREES), 400))
    x = np.concatenate([across, np.full_like(along, east), across[::-1], np.full_like(along, west)])
    y = np.concatenate([np.full_like(across, south), along, np.full_like(across, north), along[::-1]])
    ring = np.column_stack(transformer(WGS84_SRID, STORAGE_SRID).transform(x, y))
    if east > west and north > south:
        return shapely.Polygon(ring)
    return shapely.LineString(ring) if east > west or north > south else shapely.Point(ring[0])


def area_of_metres(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """Return a box in EPSG:25832 as an area; one without width or height becomes a line or a point."""
    if east > west and north > south:
        return shapely.box(west, south, east, north)
    if east > west or north > south:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.Point(west, south)


def degrees_of_box(box: Box) -> Box:
    """Return the box of longitudes and latitudes around a box in EPSG:25832."""
    west, south, east, north = transformer(STORAGE_SRID, WGS84_SRID).transform_bounds(*box, densify_pts=21)
    return west, south, east, north


def tile_box(zoom: int, row: int, column: int) -> Box:
    """Return a tile of WebMercatorQuad in EPSG:3857. Source: OGC 17-083r4, annex D.1."""
    width = 2 * MERCATOR_HALF_M / 2**zoom
    west, north = column * width - MERCATOR_HALF_M, MERCATOR_HALF_M - row * width
    return west, north - width, west + width, north


def tile_search_box(tile: Box) -> Box | None:
    """Return a box in EPSG:25832 that holds a tile (EPSG:3857) and its buffer; None: nothing can be there."""
    west, south, east, north = tile
    margin = (east - west) * TILE_BUFFER
    grown = (west - margin, south - margin, east + margin, north + margin)
    bounds = transformer(WGS84_SRID, WEB_MERCATOR_SRID).transform_bounds(*WORKABLE_DEGREES)
    left, bottom = max(grown[0], bounds[0]), max(grown[1], bounds[1])
    right, top = min(grown[2], bounds[2]), min(grown[3], bounds[3])
    if left >= right or bottom >= top:
        return None
    box = transformer(WEB_MERCATOR_SRID, STORAGE_SRID).transform_bounds(
        left, bottom, right, top, densify_pts=21
    )
    return box if all(map(math.isfinite, box)) else None


def metres_per_pixel(zoom: int, tile: Box) -> float:
    """Return the ground size of a pixel (256 to a tile) in the middle of a tile, metres."""
    middle = (tile[1] + tile[3]) / 2
    latitude = math.atan(math.sinh(middle / MERCATOR_HALF_M * math.pi))
    return math.ldexp(2 * MERCATOR_HALF_M / 256, -zoom) * math.cos(latitude)
