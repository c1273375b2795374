"""The geometry of availability: which restriction lies on which parcel, and what each takes away.

Pure: arrays in, arrays out, coordinates in EPSG:25832 (metres), areas in m2.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo_service.availability.inputs import Geometries
from geo_service.availability.threads import CHUNKS_PER_THREAD, WORTH_A_THREAD, in_threads

NOISE_M2: Final = 1e-6
"""One square millimetre: coordinates near 5,700,000 m resolve 1e-9 m, so less is rounding, not land."""

Indices = npt.NDArray[np.int64]
Areas = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Overlaps:
    """Pairs of a parcel and a cover that share at least a point; all arrays of shape (pairs,).

    Parameters
    ----------
    parcel, cover
        Positions of the two.
    whole
        Whether the cover covers the parcel whole.
    """

    parcel: Indices
    cover: Indices
    whole: Flags

    def take(self, keep: Flags | Indices) -> "Overlaps":
        """Return some of the pairs."""
        return Overlaps(self.parcel[keep], self.cover[keep], self.whole[keep])


@dataclass(frozen=True)
class Waterfall:
    """What is left of each parcel after the deductions.

    Parameters
    ----------
    net
        Net geometries, EPSG:25832, exact; empty where nothing is left; shape (parcels,).
    net_m2
        Their areas; shape (parcels,).
    items
        Pairs that overlap by more than a point or an edge, by parcel and in the order of deduction.
    deduction_m2
        What each item takes; 0 where others have taken all of it before. The sum over a parcel is its gross
        area minus `net_m2`; shape (items,).
    """

    net: Geometries
    net_m2: Areas
    items: Overlaps
    deduction_m2: Areas


def find_overlaps(tree: shapely.STRtree, covers: Geometries, threads: int = 1) -> Overlaps:
    """Find all pairs of a parcel and a cover that share at least a point.

    Parameters
    ----------
    tree
        Index of the parcels, EPSG:25832.
    covers
        Polygons, EPSG:25832; shape (m,).
    threads
        Number of threads.

    Returns
    -------
    Overlaps
        Ordered by cover and then by parcel.
    """
    size = max(len(tree.geometries), 1)
    meeting = pairs_in_tree(tree, covers, "intersects", threads)
    covered = pairs_in_tree(tree, covers, "covers", threads)
    # one number per pair, so that the covered ones can be found among those that meet
    code = meeting[0] * size + meeting[1]
    order = np.argsort(code)
    code = code[order]
    whole = np.zeros(len(code), dtype=bool)
    found = np.searchsorted(code, covered[0] * size + covered[1])
    whole[found] = True
    return Overlaps(meeting[1][order], meeting[0][order], whole)


def pairs_in_tree(
    tree: shapely.STRtree,
    shapes: Geometries,
    predicate: Any,  # noqa: ANN401 - a literal type of shapely's own
    threads: int = 1,
    distance_m: float | None = None,
) -> Indices:
    """Ask a tree, each shape by one thread only: a prepared geometry may not be shared between them.

    Parameters
    ----------
    tree
        Index of other shapes, EPSG:25832.
    shapes
        What is asked for, EPSG:25832; shape (m,).
    predicate
        Name of a predicate of shapely's, such as ``intersects``.
    threads
        Number of threads; the result does not depend on it.
    distance_m
        For the predicate ``dwithin``, metres.

    Returns
    -------
    numpy.ndarray
        Positions of the shape and of what it meets in the tree; shape (2, pairs).
    """
    if threads < 2 or len(tree.geometries) < WORTH_A_THREAD:  # noqa: PLR2004 - two is where threads begin
        return tree.query(shapes, predicate=predicate, distance=distance_m).astype(np.int64)
    tree.query(shapes[:0])  # builds the tree before it is shared
    parts = np.array_split(np.arange(len(shapes)), threads * CHUNKS_PER_THREAD)

    def ask(part: Indices) -> Indices:
        pairs = tree.query(shapes[part], predicate=predicate, distance=distance_m).astype(np.int64)
        return np.stack([part[pairs[0]], pairs[1]])

    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(ask, parts)), axis=1)


def overlap_areas(
    polygons: Geometries, areas: Areas, covers: Geometries, overlaps: Overlaps, threads: int = 1
) -> Areas:
    """Measure the overlap of each pair.

    Parameters
    ----------
    polygons, areas
        Parcels, or what is left of them, and their areas in m2; shape (n,).
    covers
        Polygons, EPSG:25832; shape (m,).
    overlaps
        The pairs.
    threads
        Number of threads.

    Returns
    -------
    numpy.ndarray
        m2; shape (pairs,).
    """
    result = areas[overlaps.parcel].copy()
    part = np.flatnonzero(~overlaps.whole & (result > 0))

    def measure(polygon: Geometries, cover: Geometries) -> Areas:
        return shapely.area(shapely.intersection(polygon, cover))

    result[part] = in_threads(
        measure, (polygons[overlaps.parcel[part]], covers[overlaps.cover[part]]), threads
    )
    return result


def deduct(
    parcels: Geometries, covers: Geometries, overlaps: Overlaps, precedence: Indices, threads: int = 1
) -> Waterfall:
    """Take the covers off the parcels one after the other, so that overlaps count once.

    The first deduction of all parcels is computed together, then the second of those that have one, and so
    on: the number of rounds is the greatest number of covers on one parcel.

    Parameters
    ----------
    parcels, covers
        Polygons, EPSG:25832; shapes (n,) and (m,).
    overlaps
        Pairs that share at least a point.
    precedence
        Rank of each cover in the order of deduction, without ties; shape (m,).
    threads
        Number of threads.

    Notes
    -----
    Source: domain description 3.2 (overlaps once, each credited in a stated order).
    """
    pairs = overlaps.take(np.lexsort((precedence[overlaps.cover], overlaps.parcel)))
    left, left_m2 = parcels.copy(), shapely.area(parcels)
    taken = np.zeros(len(pairs.parcel))
    turn = positions_in_groups(pairs.parcel)
    for this_turn in range(int(turn.max(initial=-1)) + 1):
        now = np.flatnonzero((turn == this_turn) & (left_m2[pairs.parcel] > 0))
        where = pairs.parcel[now]
        before = left_m2[where]
        rest = _differences(left[where], covers[pairs.cover[now]], pairs.whole[now], threads)
        rest_m2 = shapely.area(rest)
        rest_m2[rest_m2 <= NOISE_M2] = 0
        changed = before - rest_m2 > NOISE_M2
        rest[changed & (rest_m2 == 0)] = _NOTHING
        taken[now[changed]] = before[changed] - rest_m2[changed]
        left[where[changed]] = rest[changed]
        left_m2[where[changed]] = rest_m2[changed]
    real = taken > 0
    silent = np.flatnonzero(~real)
    gross = shapely.area(parcels)
    real[silent] = overlap_areas(parcels, gross, covers, pairs.take(silent), threads) > NOISE_M2
    return Waterfall(left, left_m2, pairs.take(real), taken[real])


_NOTHING = shapely.Polygon()


def _differences(polygons: Geometries, covers: Geometries, whole: Flags, threads: int) -> Geometries:
    result = np.full(len(polygons), _NOTHING, dtype=object)
    part = np.flatnonzero(~whole)
    result[part] = in_threads(shapely.difference, (polygons[part], covers[part]), threads)
    return result


def estimate(net_m2: Areas, overlaps: Overlaps, overlap_m2: Areas, shares: Areas) -> Areas:
    """Estimate what a share of an overlap makes unusable, never more than there is.

    Parameters
    ----------
    net_m2
        Net areas of the parcels; shape (n,).
    overlaps
        Pairs, ordered by parcel and then by their rank.
    overlap_m2
        Net area under each; shape (pairs,).
    shares
        Share of the area under each cover that cannot be used, in [0, 1]; shape (m,).

    Returns
    -------
    numpy.ndarray
        m2 per pair, an estimate; the sum over a parcel is at most its net area.

    Notes
    -----
    Source: domain description 3.3 (shares are added, the figure is labelled an estimate).
    """
    result = overlap_m2 * shares[overlaps.cover]
    left = net_m2.copy()
    turn = positions_in_groups(overlaps.parcel)
    for this_turn in range(int(turn.max(initial=-1)) + 1):
        now = np.flatnonzero(turn == this_turn)
        where = overlaps.parcel[now]
        result[now] = np.minimum(result[now], left[where])
        left[where] -= result[now]
    return result


def largest_pieces(polygons: Geometries) -> Areas:
    """Return the area in m2 of the largest piece of each polygon or multipolygon; 0 for an empty one."""
    largest: Areas = np.asarray(shapely.area(polygons), dtype=np.float64)
    several = np.flatnonzero(shapely.get_num_geometries(polygons) > 1)
    pieces, owner = shapely.get_parts(polygons[several], return_index=True)
    if len(pieces):
        starts = np.flatnonzero(positions_in_groups(owner) == 0)
        largest[several] = np.maximum.reduceat(shapely.area(pieces), starts)
    return largest


def positions_in_groups(groups: npt.NDArray[Any]) -> Indices:
    """Return 0, 1, 2, ... within each run of equal values; shape (n,)."""
    size = len(groups)
    if size == 0:
        return np.zeros(0, dtype=np.int64)
    first = np.concatenate([[True], groups[1:] != groups[:-1]])
    starts = np.flatnonzero(first)
    return np.arange(size) - np.repeat(starts, np.diff(np.append(starts, size)))
