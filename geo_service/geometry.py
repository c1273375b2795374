"""The only place that names coordinate systems and decides on axis order.

Everything inside the service is EPSG:25832 (ETRS89 / UTM 32N), metres, x = easting, y = northing.
Geometries that enter or leave say their coordinate system by name.
"""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo_service.errors import InvalidInput
from geo_service.wording import Sentence

STORAGE_SRID: Final = 25832
"""ETRS89 / UTM zone 32N, metres: how every geometry is stored."""
WGS84_SRID: Final = 4326
"""WGS 84, degrees; GeoJSON order longitude, latitude."""
WEB_MERCATOR_SRID: Final = 3857
"""Spherical Mercator, the grid of map tiles."""

PARCEL_BOUNDS_25832: Final = (200_000.0, 5_150_000.0, 1_000_000.0, 6_200_000.0)
"""Box (min x, min y, max x, max y) around Germany in EPSG:25832; nothing outside it is German land."""


def parse_crs(text: str) -> CRS:
    """Read a coordinate system as a person writes it, such as ``EPSG:25832``.

    Raises
    ------
    InvalidInput
        When PROJ does not know it.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        said = Sentence(
            f"{text!r} ist kein Koordinatensystem. Bitte EPSG und Nummer schreiben, zum Beispiel EPSG:25832.",
            f"{text!r} is not a coordinate system. Write it as EPSG and number, for example EPSG:25832.",
        )
        raise InvalidInput(said, parameter="crs") from error


def require_wgs84(text: str) -> None:
    """Refuse a coordinate system other than that of all timetables, WGS 84.

    Raises
    ------
    InvalidInput
        When it is another one, or PROJ does not know it.

    Source: GTFS Schedule Reference, stops.txt (stop_lat, stop_lon).
    """
    if not parse_crs(text).equals(CRS.from_epsg(WGS84_SRID), ignore_axis_order=True):
        raise InvalidInput(
            f"A GTFS feed has its coordinates in WGS 84 (EPSG:{WGS84_SRID}); the standard allows no other "
            f"system, so {text} cannot be taken. Leave --crs out or write --crs EPSG:{WGS84_SRID}. If the "
            f"feed really holds other coordinates, convert stop_lat and stop_lon of stops.txt first.",
            parameter="crs",
        )


def to_storage(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame in the storage CRS, x before y, two-dimensional.

    GDAL hands out traditional GIS order (x = longitude or easting) whatever the authority says, so a frame in
    EPSG:4258 read from lat/lon GML is already lon/lat here.

    Raises
    ------
    InvalidInput
        When the frame has no CRS, or its coordinates cannot be German land in the CRS that it names
        (swapped axes, wrong CRS).
    """
    if frame.crs is None:
        raise InvalidInput(
            "The file does not say which coordinate system it uses. Say it with --crs, for example "
            "--crs EPSG:25832.",
            parameter="crs",
        )
    projected = frame.to_crs(STORAGE_SRID) if frame.crs.to_epsg() != STORAGE_SRID else frame.copy()
    projected.geometry = shapely.force_2d(projected.geometry.to_numpy())
    require_german_coordinates(projected)
    return projected


def require_german_coordinates(frame: gpd.GeoDataFrame) -> None:
    """Refuse a frame (EPSG:25832) whose coordinates cannot lie in Germany.

    Raises
    ------
    InvalidInput
        With the number of such rows, the first of them, and a hint at swapped axes or a wrong CRS.
    """
    bounds = shapely.bounds(frame.geometry.to_numpy())
    low_x, low_y, high_x, high_y = PARCEL_BOUNDS_25832
    outside = np.asarray(
        (bounds[:, 0] < low_x) | (bounds[:, 1] < low_y) | (bounds[:, 2] > high_x) | (bounds[:, 3] > high_y)
    )  # NaN (no geometry) compares false, infinity (outside the projection) true
    if not outside.any():
        return
    first = int(np.flatnonzero(outside)[0])
    raise InvalidInput(
        f"{int(outside.sum())} of {len(frame)} geometries do not lie in Germany (first: row {first + 1} at "
        f"{bounds[first, 0]:.1f}, {bounds[first, 1]:.1f} in EPSG:{STORAGE_SRID}). Are the axes swapped or is "
        "the coordinate system wrong? Name the right one with --crs.",
        parameter="crs",
    )


def to_wgs84(geometries: Any) -> Any:  # noqa: ANN401 - a geometry or an array in, the same out
    """Return geometries (EPSG:25832, metres) in WGS 84, degrees, longitude before latitude."""
    single = isinstance(geometries, shapely.Geometry)
    series = gpd.GeoSeries([geometries] if single else list(geometries), crs=STORAGE_SRID)
    degrees = np.asarray(series.to_crs(WGS84_SRID), dtype=object)
    return degrees[0] if single else degrees


def from_wgs84(geometry: shapely.Geometry) -> Any:  # noqa: ANN401 - a geometry in, the same out
    """Return a geometry in WGS 84 (degrees, longitude before latitude) in EPSG:25832, metres."""
    return gpd.GeoSeries([geometry], crs=WGS84_SRID).to_crs(STORAGE_SRID).iloc[0]


def as_multipolygons(geometries: Any) -> Any:  # noqa: ANN401 - an array in, an array out
    """Return polygons as multipolygons; shape (n,), EPSG unchanged.

    Anything that is no polygon stays as it is, so that validation can name it.
    """
    array = np.asarray(geometries, dtype=object)
    single = shapely.get_type_id(array) == shapely.GeometryType.POLYGON
    result = array.copy()
    result[single] = [shapely.MultiPolygon([polygon]) for polygon in array[single]]
    return result
