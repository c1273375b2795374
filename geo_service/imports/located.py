"""Finding the geometry of a file: its own, text in a column, or two columns of coordinates."""

import re
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo_service.errors import InvalidInput
from geo_service.geometry import STORAGE_SRID, WGS84_SRID, parse_crs
from geo_service.imports import reasons, values
from geo_service.imports.columns import Column
from geo_service.imports.draft import Draft
from geo_service.imports.source import Geometries

GEOMETRY: Final = Column(
    "geometry", values.text(100_000_000), ("geom", "geometrie", "wkt", "ewkt", "the_geom")
)
"""Geometry as text, for tables."""
COORDINATES: Final = (
    Column(
        "x",
        values.number(),
        ("rechtswert", "ostwert", "easting", "east", "utm_x", "x_koordinate", "koord_x", "e"),
    ),
    Column(
        "y",
        values.number(),
        ("hochwert", "nordwert", "northing", "north", "utm_y", "y_koordinate", "koord_y", "n"),
    ),
    Column(
        "lon",
        values.number(-180, 180),
        ("longitude", "lng", "laenge", "längengrad", "geographische länge", "long"),
    ),
    Column(
        "lat",
        values.number(-90, 90),
        ("latitude", "breite", "breitengrad", "geographische breite"),
    ),
)
"""Places as two numbers: x and y in the system of --crs (else EPSG:25832), lon and lat in degrees."""
EWKT: Final = re.compile(r"\s*SRID=(\d+);(.*)", re.DOTALL | re.IGNORECASE)


def locate(draft: Draft) -> tuple[Geometries, CRS | None] | None:
    """Return the geometry of every row and the coordinate system that it states.

    Returns
    -------
    tuple or None
        Geometries (missing: None) and CRS (None: not stated); None when the file has no geometry.
    """
    if draft.source.geometry is not None and not shapely.is_missing(draft.source.geometry).all():
        return draft.source.geometry, draft.source.crs
    if draft.has("geometry"):
        return _from_text(draft)
    if draft.has("x") and draft.has("y"):
        return _from_numbers(draft, "x", "y"), None if draft.options.crs else CRS.from_epsg(STORAGE_SRID)
    if draft.has("lon") and draft.has("lat"):
        return _from_numbers(draft, "lon", "lat"), CRS.from_epsg(WGS84_SRID)
    return None if draft.source.geometry is None else (draft.source.geometry, draft.source.crs)


def _from_text(draft: Draft) -> tuple[Geometries, CRS | None]:
    """Read the column with geometry as text."""
    geometries, broken, crs = read_wkt(draft.text("geometry"))
    draft.reject(broken, "geometry", "broken-geometry", reasons.BROKEN_GEOMETRY)
    return geometries, crs


def read_wkt(texts: "pd.Series[str]") -> tuple[Geometries, npt.NDArray[np.bool_], CRS | None]:
    """Read WKT, or EWKT that names its coordinate system.

    Parameters
    ----------
    texts
        Text per row; missing as NaN.

    Returns
    -------
    tuple
        Geometries (missing and unreadable: None), which are unreadable, and the CRS that all name.

    Raises
    ------
    InvalidInput
        When the rows name different coordinate systems.
    """
    srids: set[int] = set()
    bare = np.full(len(texts), None, dtype=object)
    for position, text in enumerate(texts):
        if not pd.isna(text):
            match = EWKT.fullmatch(text)
            srids |= {int(match[1])} if match else set()
            bare[position] = match[2] if match else text
    if len(srids) > 1:
        listed = ", ".join(f"EPSG:{srid}" for srid in sorted(srids))
        raise InvalidInput(
            f"The geometries name different coordinate systems ({listed}). Use one.", parameter="crs"
        )
    with np.errstate(invalid="ignore"):  # corners that are no number are told of later
        geometries: Geometries = shapely.from_wkt(bare, on_invalid="ignore")
    broken = np.asarray(shapely.is_missing(geometries)) & texts.notna().to_numpy()
    return geometries, broken, parse_crs(f"EPSG:{srids.pop()}") if srids else None


def _from_numbers(draft: Draft, x: str, y: str) -> Geometries:
    xs, ys = (draft.cells[name].to_numpy(dtype=float, na_value=np.nan) for name in (x, y))
    known = ~np.isnan(xs) & ~np.isnan(ys)
    written = draft.text(x).notna().to_numpy() | draft.text(y).notna().to_numpy()
    half = written & ~known & ~draft.wrong
    draft.reject(half, x, "half-a-place", reasons.HALF_A_PLACE)
    points = np.full(len(draft), None, dtype=object)
    points[known] = shapely.points(xs[known], ys[known])
    return points
