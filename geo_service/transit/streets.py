"""Walkable streets as a graph, and where places meet them (pure).

A place is entered where a street is nearest to it; a polygon that streets run through is entered along them.
Stops lie at their nearest street point. Both are put onto an edge without cutting it.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from geo_service.transit.proximity import Floats, Geometries, Ints, circles, distances

LONGEST_GAP_M: Final = 250.0
"""What lies farther from every street has no way on foot that is known (choice of this service)."""


@dataclass(frozen=True, eq=False)
class Streets:
    """Walkable streets as a graph.

    Parameters
    ----------
    lines
        One LineString per edge, EPSG:25832, shape (e,).
    start, end
        Nodes at its ends, 0 to n - 1, shape (e,).
    length_m
        Length of each edge, metres, shape (e,).
    xy
        Places of the nodes, shape (n, 2).
    """

    lines: Geometries
    start: Ints
    end: Ints
    length_m: Floats
    xy: Floats


@dataclass(frozen=True, eq=False)
class Entrances:
    """Where places meet the streets: one row per stretch of an edge, sorted by place; several where it is so.

    Parameters
    ----------
    place
        Number of the place, shape (k,).
    edge
        The edge.
    low_m, high_m
        Stretch of the edge that touches the place, metres from its start; equal: a point.
    gap_m
        Straight line between place and street, metres; 0: they touch.
    """

    place: Ints
    edge: Ints
    low_m: Floats
    high_m: Floats
    gap_m: Floats

    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """Return the columns, in the order of the parameters."""
        return (self.place, self.edge, self.low_m, self.high_m, self.gap_m)

    def rows(self, numbers: Ints) -> "Entrances":
        """Return some rows."""
        return Entrances(*(column[numbers] for column in self.columns()))


def street_graph(lines: Geometries, ends: Ints, barriers: npt.NDArray[np.bool_]) -> Streets:
    """Join streets at the nodes they share.

    Parameters
    ----------
    lines
        LineStrings, EPSG:25832, not empty, shape (e,).
    ends
        Node at the start and at the end of each, any numbers, shape (e, 2).
    barriers
        Whether a barrier that lets nobody pass stands there, shape (e, 2): the street is a dead end then.
    """
    numbers = np.unique(ends, return_inverse=True)[1].reshape(ends.shape).astype(np.int64)
    count = int(numbers.max()) + 1 if len(numbers) else 0
    blocked = np.flatnonzero(barriers.ravel())
    numbers.ravel()[blocked] = count + np.arange(len(blocked))
    numbers = np.unique(numbers, return_inverse=True)[1].reshape(ends.shape).astype(np.int64)
    xy = np.zeros((int(numbers.max()) + 1 if len(numbers) else 0, 2))
    for column, point in enumerate((shapely.get_point(lines, 0), shapely.get_point(lines, -1))):
        xy[numbers[:, column]] = shapely.get_coordinates(point)
    return Streets(lines, numbers[:, 0], numbers[:, 1], shapely.length(lines), xy)


def entrances(places: Geometries, streets: Streets, longest_gap_m: float = LONGEST_GAP_M) -> Entrances:
    """Find where places meet the streets: the nearest street point, exact.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, not empty, shape (n,).
    streets
        The streets.
    longest_gap_m
        Places farther from every street have no entrance.

    Returns
    -------
    Entrances
        Equally near streets each give one; a polygon that streets run through has one per stretch inside it.
    """
    if not len(places) or not len(streets.lines):
        return Entrances(*(np.zeros(0, np.int64),) * 2, *(np.zeros(0),) * 3)
    place, edge, gap = _nearest_edges(places, streets, longest_gap_m)
    touching = np.flatnonzero(gap == 0)
    shared, across = _across(places, streets, place[touching], edge[touching])
    apart = np.ones(len(place), dtype=bool)
    apart[touching[shared]] = False
    beside = _beside(places, streets, place[apart], edge[apart], gap[apart])
    joined = [np.concatenate(pair) for pair in zip(beside, across, strict=True)]
    order = np.lexsort((joined[2], joined[1], joined[0]))
    return Entrances(*(column[order] for column in joined))


class Doors:
    """Entrances by places and streets: of the same ones, such as at another time of day, looked for once."""

    def __init__(self) -> None:
        self._found: dict[bytes, Entrances] = {}

    def of(self, places: Geometries, streets: Streets) -> Entrances:
        """Return the entrances of places; parameters and result as of `entrances`."""
        shapes = shapely.to_wkb(np.concatenate([places, streets.lines]))
        digest = hashlib.blake2b(b"".join([str(len(places)).encode(), *shapes]), digest_size=16).digest()
        if digest not in self._found:
            self._found[digest] = entrances(places, streets)
        return self._found[digest]


def _nearest_edges(places: Geometries, streets: Streets, longest_gap_m: float) -> tuple[Ints, Ints, Floats]:
    """Return place, edge and gap of the nearest edge of each place, of all where several are equally near.

    No edge is farther than the nearest vertex of any: what lies in a box of that size is measured.
    """
    centres, radii = circles(places)
    vertex = cKDTree(shapely.get_coordinates(streets.lines)).query(centres)[0]
    reach = np.minimum(vertex + radii, longest_gap_m)
    low, high = (
        (shapely.bounds(places) + np.array([-1, -1, 1, 1]) * reach[:, None]).reshape(-1, 2, 2).swapaxes(0, 1)
    )
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    place, edge = shapely.STRtree(streets.lines).query(boxes).astype(np.int64)
    gap = distances(places, streets.lines, place, edge)
    if not len(place):
        return place, edge, gap
    starts = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
    least = np.repeat(np.minimum.reduceat(gap, starts), np.diff(np.append(starts, len(place))))
    near = (gap == least) & (gap <= longest_gap_m)
    return place[near], edge[near], gap[near]


def _beside(
    places: Geometries, streets: Streets, place: Ints, edge: Ints, gap: Floats
) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """Enter places beside a street at its nearest point."""
    lines = streets.lines[edge]
    foot = shapely.get_point(shapely.shortest_line(places[place], lines), -1)
    offset = np.clip(shapely.line_locate_point(lines, foot), 0, streets.length_m[edge])
    return place.astype(np.int64), edge.astype(np.int64), offset, offset, gap


def _across(
    places: Geometries, streets: Streets, place: Ints, edge: Ints
) -> tuple[Ints, tuple[Ints, Ints, Floats, Floats, Floats]]:
    """Enter places that a street touches or runs through along each stretch that they share.

    A stretch is placed by its middle: ends of a closed edge cannot be told apart. Also returns the pairs of
    place and edge that share anything.
    """
    parts, pair = shapely.get_parts(
        shapely.intersection(places[place], streets.lines[edge]), return_index=True
    )
    parts, pair = parts[~shapely.is_empty(parts)], pair[~shapely.is_empty(parts)]
    half = shapely.length(parts) / 2
    line = shapely.get_dimensions(parts) == 1
    middle = parts.copy()
    middle[line] = shapely.line_interpolate_point(parts[line], half[line])
    edge_of = edge[pair].astype(np.int64)
    at = shapely.line_locate_point(streets.lines[edge_of], middle)
    low, high = np.maximum(at - half, 0), np.minimum(at + half, streets.length_m[edge_of])
    return pair, (place[pair].astype(np.int64), edge_of, low, high, np.zeros(len(parts)))
