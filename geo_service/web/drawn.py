"""An area drawn on the map, as the address of a list holds it: a circle or a polygon."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyproj
import shapely
from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute

from geo_service.geometry import STORAGE_SRID, WGS84_SRID
from geo_service.web.vocabulary import N_

TO_STORAGE: Final = pyproj.Transformer.from_crs(WGS84_SRID, STORAGE_SRID, always_xy=True)
GERMANY: Final = (5.0, 47.0, 15.5, 55.5)
"""Bounds of what can be drawn: degrees west, south, east, north."""
LONGEST: Final = 6_000
"""Characters: some 200 corners."""
FEWEST_CORNERS: Final = 3
RADIUS_M: Final = (1.0, 50_000.0)

BAD_DRAWING: Final = N_(
    "Das gezeichnete Gebiet ist nicht lesbar. Bitte zeichnen Sie es neu, oder löschen Sie die Zeichnung."
)
BAD_RADIUS: Final = N_(
    "Der Radius des Umkreises muss zwischen 1 m und 50 km liegen. Bitte zeichnen Sie ihn neu."
)
CROSSES: Final = N_("Die Linie des Gebiets kreuzt sich selbst. Bitte zeichnen Sie es neu.")


@dataclass(frozen=True, slots=True)
class Drawn:
    """An area in the plane of EPSG:25832.

    Parameters
    ----------
    text
        As in the address: ``longitude,latitude,metres`` of a circle, or at least three corners
        ``longitude,latitude`` parted by semicolons; WGS 84.
    wkt
        The middle of the circle, or the polygon; EPSG:25832.
    radius_m
        Radius of the circle; 0 for a polygon.
    """

    text: str
    wkt: str
    radius_m: float = 0.0

    def reaches(self, geom: ColumnElement[object] | InstrumentedAttribute[object]) -> ColumnElement[bool]:
        """Return the condition that a geometry reaches into the area, or touches its edge."""
        return func.ST_DWithin(geom, func.ST_GeomFromText(self.wkt, STORAGE_SRID), self.radius_m)


def read_drawn(text: str) -> Drawn | str | None:
    """Read an area from an address.

    Returns
    -------
    Drawn or str or None
        The area; what is wrong with it, in German; None when there is none.
    """
    if not text.strip():
        return None
    try:
        numbers = [[float(part) for part in pair.split(",")] for pair in text[:LONGEST].split(";")]
    except ValueError:
        return BAD_DRAWING
    if len(text) > LONGEST or not np.isfinite(np.concatenate(numbers)).all():
        return BAD_DRAWING
    if len(numbers) == 1 and len(numbers[0]) == 3:  # noqa: PLR2004 - longitude, latitude, metres
        return _circle(text, *numbers[0])
    return _polygon(text, numbers)


def _circle(text: str, longitude: float, latitude: float, radius_m: float) -> Drawn | str:
    if not _drawable([[longitude, latitude]]):
        return BAD_DRAWING
    if not RADIUS_M[0] <= radius_m <= RADIUS_M[1]:
        return BAD_RADIUS
    return Drawn(text, shapely.Point(TO_STORAGE.transform(longitude, latitude)).wkt, radius_m)


def _polygon(text: str, corners: list[list[float]]) -> Drawn | str:
    pairs = all(len(corner) == 2 for corner in corners)  # noqa: PLR2004 - longitude, latitude
    if len(corners) < FEWEST_CORNERS or not pairs or not _drawable(corners):
        return BAD_DRAWING
    ring = shapely.Polygon(np.column_stack(TO_STORAGE.transform(*np.array(corners).T)))
    if not ring.is_valid or ring.area == 0:
        return CROSSES
    return Drawn(text, ring.wkt)


def _drawable(corners: list[list[float]]) -> bool:
    """Tell whether all corners lie in Germany or close to it."""
    west, south, east, north = GERMANY
    return all(west <= longitude <= east and south <= latitude <= north for longitude, latitude in corners)
