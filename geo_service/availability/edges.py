"""Edges of land that face other edges: where parcels touch, face a street, or face each other across one.

Pure: arrays in, arrays out, coordinates in EPSG:25832 (metres). An edge is a straight piece of a boundary,
directed so that the land lies to its left and whatever is outside to its right.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo_service.availability.inputs import Geometries
from geo_service.availability.waterfall import Areas, Flags, Indices

Points = npt.NDArray[np.float64]
"""Array of shape (n, 2): x and y in metres, EPSG:25832."""

PARALLEL: Final = 0.7071
"""Cosine of the greatest angle (45 degrees) at which two edges still face each other."""
SHORTEST_M: Final = 1e-6
"""Edges and faces below a thousandth of a millimetre are rounding."""
POLYGONAL: Final = (3, 6)
"""Type ids of polygon and multipolygon."""


@dataclass(frozen=True)
class Edges:
    """Straight pieces of boundaries or lines.

    Parameters
    ----------
    start, end
        Ends in metres, EPSG:25832; shape (n, 2).
    owner
        Position of the geometry that each belongs to; shape (n,).
    directed
        Whether the inside lies to the left (boundary of a polygon) or there is no inside (line); shape (n,).
    """

    start: Points
    end: Points
    owner: Indices
    directed: Flags

    @property
    def length_m(self) -> Areas:
        """Lengths in metres."""
        length: Areas = np.hypot(*(self.end - self.start).T)
        return length

    def lines(self) -> Geometries:
        """Return the edges as line strings."""
        return np.asarray(shapely.linestrings(np.stack([self.start, self.end], axis=1)), dtype=object)

    def take(self, keep: Flags | Indices) -> "Edges":
        """Return some of the edges."""
        return Edges(self.start[keep], self.end[keep], self.owner[keep], self.directed[keep])


@dataclass(frozen=True)
class Faces:
    """Stretches of edges that face another edge; arrays of shape (faces,).

    Parameters
    ----------
    edge, other
        Positions of the two edges.
    begin_m, end_m
        The stretch, in metres from the start of the edge.
    gap_m
        Distance to the other edge in the middle of the stretch, square to the edge; below 0 they overlap.
    """

    edge: Indices
    other: Indices
    begin_m: Areas
    end_m: Areas
    gap_m: Areas

    def take(self, keep: Flags | Indices) -> "Faces":
        """Return some of the stretches."""
        return Faces(
            self.edge[keep], self.other[keep], self.begin_m[keep], self.end_m[keep], self.gap_m[keep]
        )


def edges_of(geometries: Geometries) -> Edges:
    """Take the boundaries of polygons and the lines of line strings apart.

    Parameters
    ----------
    geometries
        Polygons, line strings or collections of one of them, EPSG:25832; shape (n,).
    """
    parts, owner = shapely.get_parts(shapely.orient_polygons(geometries), return_index=True)
    polygonal = np.isin(shapely.get_type_id(parts), POLYGONAL)
    rings, ring_owner = shapely.get_rings(parts[polygonal], return_index=True)
    chains = np.concatenate([rings, parts[~polygonal]])
    chain_owner = np.concatenate([owner[polygonal][ring_owner], owner[~polygonal]])
    points, chain = shapely.get_coordinates(chains, return_index=True)
    step = np.flatnonzero(chain[1:] == chain[:-1])
    edges = Edges(
        points[step], points[step + 1], chain_owner[chain[step]].astype(np.int64), chain[step] < len(rings)
    )
    edges = edges.take(edges.length_m > SHORTEST_M)
    return edges.take(np.argsort(edges.owner, kind="stable"))


def facing(edges: Edges, others: Edges, reach_m: float, overlap_m: float) -> Faces:
    """Find where edges of land face other edges within reach on their outer side.

    Parameters
    ----------
    edges
        Edges of polygons.
    others
        Edges that may be faced: of lines, or of polygons (only with their own outside turned to the edge).
    reach_m
        Greatest distance in metres, measured square to the edge.
    overlap_m
        How far the other may lie inside by inexact drawing, metres.

    Notes
    -----
    Two edges face each other where their angle is at most 45 degrees and the one, projected square on the
    other, overlaps it. What lies between them is not looked at.
    """
    tree = shapely.STRtree(others.lines())
    pairs = tree.query(edges.lines(), predicate="dwithin", distance=max(reach_m, overlap_m)).astype(np.int64)
    along, length = _direction(edges)
    cosine = np.einsum("ij,ij->i", along[pairs[0]], _direction(others)[0][pairs[1]])
    turned = np.where(others.directed[pairs[1]], -cosine, np.abs(cosine))
    edge, other = pairs[:, turned >= PARALLEL]
    begin, begin_gap = _seen_from(edges, along, edge, others.start[other])
    end, end_gap = _seen_from(edges, along, edge, others.end[other])
    run, rise = end - begin, end_gap - begin_gap
    low, high = np.zeros(len(edge)), np.ones(len(edge))
    bands = ((begin, run, np.zeros(len(edge)), length[edge]), (begin_gap, rise, -overlap_m, reach_m))
    for value, slope, least, most in bands:
        low, high = _clip(low, high, value, slope, (least, most))
    stretch = np.stack([begin + low * run, begin + high * run])
    keep = np.flatnonzero((high > low) & (np.abs(stretch[1] - stretch[0]) > SHORTEST_M))
    gap = (begin_gap + (low + high) / 2 * rise)[keep]
    return Faces(edge[keep], other[keep], stretch.min(axis=0)[keep], stretch.max(axis=0)[keep], gap)


def covered_lengths(groups: Indices, begin_m: Areas, end_m: Areas, size: int) -> Areas:
    """Return how much of each group's line the stretches cover, overlaps counted once.

    Parameters
    ----------
    groups
        Group of each stretch, from 0 up to but without `size`; shape (m,).
    begin_m, end_m
        The stretch in metres; shape (m,).
    size
        Number of groups.

    Returns
    -------
    numpy.ndarray
        Metres; shape (size,).
    """
    order = np.lexsort((end_m, begin_m, groups))
    group, begin, end = groups[order], begin_m[order], end_m[order]
    reached = pd.Series(end).groupby(group).cummax().to_numpy()
    before = np.concatenate([[-np.inf], reached[:-1]])
    before[np.concatenate([[True], group[1:] != group[:-1]])[: len(group)]] = -np.inf
    gained = np.maximum(end - np.maximum(begin, before[: len(group)]), 0.0)
    return np.bincount(group, gained, size).astype(np.float64)


def _direction(edges: Edges) -> tuple[Points, Areas]:
    length = edges.length_m
    return (edges.end - edges.start) / length[:, None], length


def _seen_from(edges: Edges, along: Points, edge: Indices, points: Points) -> tuple[Areas, Areas]:
    """Return how far points lie along edges, and how far to their right."""
    offset = points - edges.start[edge]
    forward = along[edge]
    place: Areas = np.einsum("ij,ij->i", offset, forward)
    right: Areas = offset[:, 0] * forward[:, 1] - offset[:, 1] * forward[:, 0]
    return place, right


def _clip(
    low: Areas, high: Areas, value: Areas, slope: Areas, bounds: tuple[float | Areas, float | Areas]
) -> tuple[Areas, Areas]:
    """Narrow spans within [0, 1] to where ``value + t * slope`` lies within the bounds; crossed: nowhere."""
    level = np.abs(slope) < SHORTEST_M
    steep = np.where(level, 1.0, slope)
    first, second = (bounds[0] - value) / steep, (bounds[1] - value) / steep
    inside = (value >= bounds[0]) & (value <= bounds[1])
    enter = np.where(level, np.where(inside, 0.0, 2.0), np.minimum(first, second))
    leave = np.where(level, np.where(inside, 1.0, -1.0), np.maximum(first, second))
    return np.maximum(low, enter), np.minimum(high, leave)
