"""What stands on each parcel: built or not, footprint, floor area. What is not known stays unknown, never 0.

Pure: frames and arrays in and out, coordinates in EPSG:25832, areas in m2.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo_service.availability.inputs import Geometries, geometries
from geo_service.availability.waterfall import Areas, deduct, find_overlaps

BUILDING_COLUMNS: Final = ("id", "kind", "storeys", "geometry")
STRUCTURE: Final = "structure"
"""Masts, tanks, walls and the like: they stand there, but they are no building and have no storeys."""
SLIVER_M2: Final = 1.0
SLIVER_SHARE: Final = 0.001
"""A building stands on a parcel where it covers more than both of it, or most of itself lies there: outlines
of buildings and parcels never match."""


def measure_standing(
    parcels: Geometries, buildings: pd.DataFrame, surveyed: npt.NDArray[np.bool_], threads: int = 1
) -> pd.DataFrame:
    """Measure what stands on parcels.

    Parameters
    ----------
    parcels
        Valid polygons, EPSG:25832; shape (n,).
    buildings
        Columns `BUILDING_COLUMNS`: ``kind`` building, part or structure; ``storeys`` full storeys above
        ground, 0: below it, missing: not known; valid polygons.
    surveyed
        Whether the buildings around the parcel are known at all; shape (n,).
    threads
        Number of threads; the result does not depend on it.

    Returns
    -------
    pandas.DataFrame
        In the order of `parcels`: ``built`` (boolean, missing: not known), ``footprint_m2`` (ground under
        buildings, NaN: not known), ``floor_m2`` (storeys x footprint, NaN: not known of one of them).

    Notes
    -----
    Source: BauNVO § 19 (footprint), § 20 (floor area: full storeys only). Where outlines overlap (a part on
    its building), the ground counts once, with the most storeys that are stated for it. Structures and what
    lies below ground do not count; a choice of this service.
    """
    frame = _counting(buildings)
    shapes = geometries(frame)
    gross = shapely.area(parcels)
    overlaps = find_overlaps(shapely.STRtree(parcels), shapes, threads)
    fall = deduct(parcels, shapes, overlaps, np.arange(len(shapes)), threads)
    parcel, cover, covered = fall.items.parcel, fall.items.cover, fall.deduction_m2
    counts = (covered > SLIVER_M2) & (covered > SLIVER_SHARE * gross[parcel])
    counts |= covered > shapely.area(shapes)[cover] / 2
    parcel, covered = parcel[counts], covered[counts]
    storeys = frame["storeys"].to_numpy(dtype=float, na_value=np.nan)[cover[counts]]
    size = len(parcels)
    built = np.bincount(parcel, minlength=size) > 0
    footprint: Areas = np.bincount(parcel, covered, size).astype(float)
    floor: Areas = np.bincount(parcel, covered * storeys, size).astype(float)
    known = np.asarray(surveyed, dtype=bool) | built
    return pd.DataFrame(
        {
            "built": pd.arrays.BooleanArray(built, ~known),
            "footprint_m2": np.where(known, footprint, np.nan),
            "floor_m2": np.where(known, floor, np.nan),
        }
    )


def _counting(buildings: pd.DataFrame) -> pd.DataFrame:
    """Return the buildings that count, those with the most storeys first, those of unknown storeys last."""
    storeys: pd.Series[Any] = pd.to_numeric(buildings["storeys"]).astype("Float64")
    counts = (buildings["kind"] != STRUCTURE).to_numpy(dtype=bool) & (storeys.fillna(1) > 0).to_numpy(
        dtype=bool
    )
    frame = buildings.assign(storeys=storeys)[counts]
    return frame.sort_values(["storeys", "id"], ascending=[False, True], na_position="last").reset_index(
        drop=True
    )
