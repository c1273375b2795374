"""What is probably wrong with coordinates that do not lie in Germany."""

from typing import Final

import numpy as np
import shapely
from pyproj import CRS, Transformer

from geo_service.geometry import PARCEL_BOUNDS_25832, STORAGE_SRID, WGS84_SRID
from geo_service.imports.source import Geometries
from geo_service.wording import Sentence

CANDIDATES: Final = {
    STORAGE_SRID: Sentence("ETRS89 / UTM 32N", "ETRS89 / UTM 32N"),
    25833: Sentence("ETRS89 / UTM 33N", "ETRS89 / UTM 33N"),
    4647: Sentence("UTM 32N mit der Zone davor", "UTM 32N with the zone in front"),
    5650: Sentence("UTM 33N mit der Zone davor", "UTM 33N with the zone in front"),
    31466: Sentence("Gauß-Krüger, Zone 2", "Gauss-Krüger zone 2"),
    31467: Sentence("Gauß-Krüger, Zone 3", "Gauss-Krüger zone 3"),
    31468: Sentence("Gauß-Krüger, Zone 4", "Gauss-Krüger zone 4"),
    3857: Sentence("Web-Mercator", "Web Mercator"),
    WGS84_SRID: Sentence("Länge und Breite", "longitude and latitude"),
}
"""Coordinate systems that German agencies write, the likeliest first."""


def explain_foreign(geometries: Geometries, crs: CRS) -> Sentence:
    """Say what to do about coordinates outside Germany.

    Parameters
    ----------
    geometries
        The geometries as they stand in the file.
    crs
        Coordinate system that they were taken for.

    Returns
    -------
    Sentence
        Which system would fit, or that the axes are swapped.
    """
    bounds = shapely.total_bounds(geometries)
    west, south, east, north = (float(edge) for edge in bounds)
    stated = f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.name
    written = Sentence(
        f"Gelesen wurden sie als {stated}, ihre Koordinaten sind etwa {west:.6g} und {south:.6g}.",
        f"They were read as {stated}, their coordinates are about {west:.6g}, {south:.6g}.",
    )
    return Sentence.join([written, _advice((west, south, east, north), crs)], " ")


def _advice(box: tuple[float, float, float, float], crs: CRS) -> Sentence:
    west, south, east, north = box
    for srid, name in CANDIDATES.items():
        if srid != crs.to_epsg() and _fits(west, south, east, north, srid):
            return Sentence(
                f"Sie passen zu EPSG:{srid} ({name.de}): Bitte nennen Sie dieses Koordinatensystem (auf der "
                f"Befehlszeile: --crs EPSG:{srid}).",
                f"They fit EPSG:{srid} ({name.en}): try --crs EPSG:{srid}.",
            )
    for srid in (crs.to_epsg() or WGS84_SRID, *CANDIDATES):
        if _fits(south, west, north, east, srid):
            return Sentence(
                f"Ihre Achsen sind vertauscht: als y, x passten sie zu EPSG:{srid}. Bitte x (Länge, "
                "Rechtswert) zuerst schreiben und die Datei neu ausspielen.",
                f"Their axes are swapped: as y, x they would fit EPSG:{srid}. Write x (longitude, easting) "
                "first and export the file anew.",
            )
    return Sentence(
        "Stimmt das Koordinatensystem? Bitte nennen Sie es (auf der Befehlszeile: --crs).",
        "Is the coordinate system right? Name it with --crs.",
    )


def _fits(west: float, south: float, east: float, north: float, srid: int) -> bool:
    """Tell whether a box lies in Germany when read in a coordinate system."""
    transformer = Transformer.from_crs(srid, STORAGE_SRID, always_xy=True)
    x, y = transformer.transform([west, east], [south, north])
    low_x, low_y, high_x, high_y = PARCEL_BOUNDS_25832
    inside = np.isfinite(x).all() and np.isfinite(y).all()
    return bool(inside and low_x < min(x) and max(x) < high_x and low_y < min(y) and max(y) < high_y)
