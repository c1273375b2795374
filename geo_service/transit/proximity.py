"""Distances from places to stops: straight line from the nearest point of the polygon, exact (pure).

A place is a polygon (parcel, plot, site) or a point (premises). Candidates come from a k-d tree around the
middle of each place, widened by its own radius, so that no stop is missed; their distance is then computed
exactly.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[Any]

THREADS: Final = 2
"""shapely lets go of Python's lock while it measures."""
WORTH_A_THREAD: Final = 20_000
FIRST_NEIGHBOURS: Final = 4
"""Stops looked at first when the nearest one is sought."""
WALKING_M_PER_MIN: Final = 80.0
"""Walking speed, metres a minute (Source: PTAL, Transport for London)."""
SIZE_STEP: Final = 2.0
"""Places are searched together when their radii differ by less than this factor."""


def within(places: Geometries, stops: Floats, radius_m: float) -> tuple[Ints, Ints, Floats]:
    """Find all stops within a distance of each place.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, not empty, shape (n,).
    stops
        x and y of the stops, EPSG:25832, shape (m, 2).
    radius_m
        Largest distance in metres, included.

    Returns
    -------
    place, stop, distance_m
        One entry per pair, sorted by place and stop; distance from the nearest point of the place, 0 inside.
    """
    if not len(places) or not len(stops):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    centres, radii = circles(places)
    tree = cKDTree(stops)
    found = [_near(tree, centres, radii, rows, radius_m) for rows in _by_size(radii)]
    pairs = np.sort(np.concatenate([place * len(stops) + stop for place, stop in found]))
    place, stop = np.divmod(pairs, len(stops))
    distance = distances(places, np.asarray(shapely.points(stops)), place, stop)
    keep = distance <= radius_m
    return place[keep], stop[keep], distance[keep]


def nearest(places: Geometries, stops: Floats) -> tuple[Ints, Floats]:
    """Find the nearest stop of each place; of equally near ones that with the lower number.

    A few neighbours of the middle are measured first. A stop not looked at is at least as far as the last
    neighbour less the place's radius: where that does not settle it, more neighbours are looked at.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, not empty, shape (n,).
    stops
        x and y of the stops, EPSG:25832, shape (m, 2).

    Returns
    -------
    stop, distance_m
        Shape (n,) each; -1 and NaN when there are no stops.
    """
    best = np.full(len(places), -1, dtype=np.int64)
    distance = np.full(len(places), np.nan)
    if not len(places) or not len(stops):
        return best, distance
    centres, radii = circles(places)
    tree, points = cKDTree(stops), np.asarray(shapely.points(stops))
    open_rows = np.arange(len(places))
    count = min(FIRST_NEIGHBOURS, len(stops))
    while len(open_rows):
        shape = (len(open_rows), count)
        found = tree.query(centres[open_rows], k=count)
        reach, neighbour = np.reshape(found[0], shape), np.reshape(found[1], shape).astype(np.int64)
        measured = distances(places, points, np.repeat(open_rows, count), neighbour.ravel())
        measured = measured.reshape(shape)
        least = measured.min(axis=1)
        best[open_rows] = np.where(measured == least[:, None], neighbour, len(stops)).min(axis=1)
        distance[open_rows] = least
        settled = reach[:, -1] - radii[open_rows] > least
        open_rows = open_rows[~settled] if count < len(stops) else open_rows[:0]
        count = min(4 * count, len(stops))
    return best, distance


def circles(places: Geometries) -> tuple[Floats, Floats]:
    """Return middle, shape (n, 2), and radius of a circle around the bounding box of each place, metres."""
    bounds = shapely.bounds(places)
    centres = (bounds[:, :2] + bounds[:, 2:]) / 2
    radii = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) / 2
    return centres, radii * (1 + 1e-9) + 1e-6


def walking_minutes(distance_m: float) -> float:
    """Return the minutes to walk a distance at 80 m a minute."""
    return distance_m / WALKING_M_PER_MIN


def _by_size(radii: Floats) -> list[Ints]:
    """Group places of like radius, so that one large place does not widen the search of all."""
    steps = np.floor(np.log(np.maximum(radii, 1.0)) / np.log(SIZE_STEP)).astype(np.int64)
    return [np.flatnonzero(steps == step) for step in np.unique(steps)]


def _near(tree: cKDTree, centres: Floats, radii: Floats, rows: Ints, radius_m: float) -> tuple[Ints, Ints]:
    """Return place and stop of every pair whose circle comes within the radius."""
    reach = radius_m + float(radii[rows].max())
    pairs = cKDTree(centres[rows]).sparse_distance_matrix(tree, reach, output_type="ndarray")
    place = rows[pairs["i"]]
    keep = pairs["v"] <= radius_m + radii[place]
    return place[keep], pairs["j"][keep].astype(np.int64)


def distances(places: Geometries, others: Geometries, place: Ints, other: Ints) -> Floats:
    """Return the exact distance of each pair, metres; pairs of one place stand together.

    Many pairs: places are prepared (indexed once, used for all their pairs), and two threads measure.

    Parameters
    ----------
    places, others
        Geometries, EPSG:25832, not empty.
    place, other
        Numbers of the two of each pair, shape (p,) each.
    """

    def measure(span: slice) -> Floats:
        measured: Floats = shapely.distance(places[place[span]], others[other[span]])
        return measured

    if len(place) < WORTH_A_THREAD:
        return measure(slice(None))
    edges = np.linspace(0, len(place), 8 * THREADS + 1).astype(int)
    spans = [slice(start, end) for start, end in pairwise(edges)]
    fresh = places[~shapely.is_prepared(places)]
    shapely.prepare(fresh)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            return np.concatenate(list(pool.map(measure, spans)))
    finally:
        shapely.destroy_prepared(fresh)
