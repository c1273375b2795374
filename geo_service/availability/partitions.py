"""Spatial partitions of a state: parcels by Gemarkung, with the records that can lie on them.

Pure. What is computed for a partition is, to the last bit, what is computed for its parcels in the whole: the
answer of a parcel depends on that parcel and on what meets it alone. So restrictions and plans are *chosen*
for a partition, never cut at its border: cutting would move vertices and with them the last digits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo_service.availability.inputs import Geometries, Inputs, geometries
from geo_service.errors import BadParameter

GEMARKUNG_DIGITS: Final = 6
"""Of a Flurstückskennzeichen: Land 2, Gemarkung 4. Source: AdV ALKIS, domain description 2."""
FLUR_DIGITS: Final = 9
"""As above, with the Flur (3), which is underscores where there is none."""
BEYOND: Final = "~"
"""Sorts behind every character of a Flurstückskennzeichen."""
LARGEST: Final = 50_000
"""Most parcels of a partition, if nobody says otherwise. A choice of this service."""


@dataclass(frozen=True)
class Partition:
    """Parcels that are computed together.

    Parameters
    ----------
    name
        The Gemarkung's key, with ``-1``, ``-2``, ... where it had to be divided.
    first, beyond
        The parcels are those with first <= parcel_key < beyond, compared character by character.
    size
        How many they are.
    """

    name: str
    first: str
    beyond: str
    size: int


def plan_partitions(sizes: Mapping[str, int], largest: int = LARGEST) -> list[Partition]:
    """Divide a state: a partition is a Gemarkung or, where that is too large, a run of its Fluren.

    Parameters
    ----------
    sizes
        Number of parcels by Flur, the first nine characters of the Flurstückskennzeichen.
    largest
        Most parcels of a partition. A single Flur is never divided, so that it may be larger.

    Raises
    ------
    BadParameter
        When `largest` is below 1.
    """
    if largest < 1:
        raise BadParameter(f"A partition holds at least 1 parcel, not {largest}.", parameter="partition")
    found: list[Partition] = []
    for gemarkung, fluren in groupby(sorted(sizes), key=lambda flur: flur[:GEMARKUNG_DIGITS]):
        runs = list(_runs([(flur, sizes[flur]) for flur in fluren], largest))
        for number, run in enumerate(runs, start=1):
            name = gemarkung if len(runs) == 1 else f"{gemarkung}-{number}"
            size = sum(size for _, size in run)
            found.append(Partition(name, run[0][0], run[-1][0] + BEYOND, size))
    return found


def _runs(fluren: list[tuple[str, int]], largest: int) -> Iterator[list[tuple[str, int]]]:
    run: list[tuple[str, int]] = []
    for flur, size in fluren:
        if run and sum(size for _, size in run) + size > largest:
            yield run
            run = []
        run.append((flur, size))
    yield run


def around(land: Inputs, parcel_ids: npt.NDArray[Any], parcels: Geometries) -> Inputs:
    """Return some parcels with everything of the whole land that can bear on them.

    Parameters
    ----------
    land
        Restrictions, occupancies and plans of the whole; its parcels do not count.
    parcel_ids, parcels
        Identifiers and polygons (EPSG:25832) of the parcels; shape (n,).
    """
    tree = shapely.STRtree(parcels)
    bounds = shapely.total_bounds(parcels)
    of_parcels = land.occupancies["parcel_id"].isin(parcel_ids.tolist()).to_numpy(dtype=bool)
    return replace(
        land,
        parcel_ids=parcel_ids,
        parcels=parcels,
        restrictions=_near(land.restrictions, tree, bounds),
        occupancies=land.occupancies[of_parcels],
        plans=_near(land.plans, tree, bounds),
    )


def _near(frame: pd.DataFrame, tree: shapely.STRtree, bounds: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Keep the rows whose box meets the box of a parcel: all that meet one, and few more."""
    low_x, low_y, high_x, high_y = shapely.bounds(geometries(frame)).reshape(-1, 4).T
    rows = np.flatnonzero(
        (low_x <= bounds[2]) & (high_x >= bounds[0]) & (low_y <= bounds[3]) & (high_y >= bounds[1])
    )
    meeting = tree.query(geometries(frame)[rows])
    return pd.DataFrame(frame.iloc[rows[np.unique(meeting[0])]])
