"""Coordinate systems of the OGC API: which are offered, and which of their axes comes first.

Source: OGC API - Features, part 2 (OGC 18-058r1), sections 6.2 to 6.4: coordinates are written in the
order of the system's axes, which is latitude first for EPSG:4326 and EPSG:4258.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geo_service.errors import BadParameter
from geo_service.geometry import STORAGE_SRID, WEB_MERCATOR_SRID, WGS84_SRID


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate system that is offered.

    Parameters
    ----------
    uri
        Its name in the standard.
    srid
        Its number in PostGIS, where x is always before y.
    digits
        Digits after the point that are handed out: about a centimetre or better.
    latitude_first
        Whether coordinates are written y before x.
    degrees
        Whether its unit is degrees.
    """

    uri: str
    srid: int
    digits: int
    latitude_first: bool = False
    degrees: bool = False


EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0"
CRS84: Final = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", WGS84_SRID, 7, degrees=True)
STORAGE: Final = Crs(f"{EPSG}/{STORAGE_SRID}", STORAGE_SRID, 3)
EXACT: Final = replace(STORAGE, digits=15)
"""As it is stored, to the last bit: PostGIS writes no more digits than it takes to read a number back."""
OFFERED: Final = (
    CRS84,
    STORAGE,
    Crs(f"{EPSG}/{WGS84_SRID}", WGS84_SRID, 7, latitude_first=True, degrees=True),
    Crs(f"{EPSG}/4258", 4258, 7, latitude_first=True, degrees=True),
    Crs(f"{EPSG}/{WEB_MERCATOR_SRID}", WEB_MERCATOR_SRID, 3),
)
"""All of them, the default first."""
_BY_NAME: Final = {
    **{crs.uri: crs for crs in OFFERED},
    **{crs.uri.replace("http:", "https:"): crs for crs in OFFERED},
    **{f"EPSG:{crs.srid}": crs for crs in OFFERED[1:]},
    **{f"urn:ogc:def:crs:EPSG::{crs.srid}": crs for crs in OFFERED[1:]},
    **dict.fromkeys(("CRS84", "OGC:CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84"), CRS84),
}
"""By URI, and by the names that people write."""


def geojson_crs(crs: Crs) -> dict[str, Any]:
    """Return the members by which a feature collection says that its coordinates are not degrees of CRS84.

    RFC 7946 knows no other system; GDAL still reads how GeoJSON named it in 2008, x before y whatever the
    order of the system's axes: coordinates with latitude first cannot be told that way.
    """
    if crs == CRS84 or crs.latitude_first:
        return {}
    return {"crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{crs.srid}"}}}


def crs_of(given: Mapping[str, str], name: str) -> Crs:
    """Return the coordinate system that a parameter names; CRS84 when it is not given.

    Raises
    ------
    BadParameter
        When it is not offered.
    """
    text = given.get(name, CRS84.uri)
    found = _BY_NAME.get(text)
    if found is None:
        offered = ", ".join(crs.uri for crs in OFFERED)
        raise BadParameter(
            f"{name} {text[:100]!r} is not offered. Offered: {offered}.",
            parameter=name,
            detail_de=f"Das Koordinatensystem „{text[:100]}“ gibt es hier nicht. Bekannt: {offered}.",
        )
    return found


@lru_cache(maxsize=8)
def transformer(source: int, target: int) -> Transformer:
    """Return what brings coordinates, x before y, from one system to another."""
    return Transformer.from_crs(source, target, always_xy=True)


def x_first(geometry: BaseGeometry, crs: Crs) -> BaseGeometry:
    """Return a geometry that is written in the order of a system's axes with x before y."""
    if not crs.latitude_first:
        return geometry
    return shapely.transform(geometry, lambda corners: corners[:, ::-1])


def projected(geometry: BaseGeometry, source: int, target: int) -> BaseGeometry:
    """Return a geometry, x before y, in another system."""
    project = transformer(source, target).transform
    return shapely.transform(geometry, lambda corners: np.column_stack(project(corners[:, 0], corners[:, 1])))
