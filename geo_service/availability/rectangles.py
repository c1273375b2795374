"""The largest rectangle that fits into a piece of land.

Pure: arrays in, arrays out, coordinates in EPSG:25832 (metres). A lower bound: the rectangle always lies
inside. For each candidate axis the piece is cut into `STRIPS` strips (16 even ones, and a cut at each of up
to 16 corners) of `CELLS` cells each. A cell counts that no edge crosses and that lies inside; the largest
rectangle of such cells is found exactly and then grown until each side touches the boundary.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from geo_service.availability.edges import Edges, Points, edges_of
from geo_service.availability.inputs import Geometries
from geo_service.availability.threads import in_threads
from geo_service.availability.waterfall import Areas, Flags, Indices

STRIPS: Final = 32
"""Strips along the axis: half of them even, half at corners."""
CELLS: Final = 64
"""Cells across the axis: the bits of one machine word."""
MARGIN_M: Final = 1e-4
"""A tenth of a millimetre: lines closer than this coincide; the rectangle keeps as much off the edge."""
GOOD_ENOUGH: Final = 0.97
"""Share of the piece from which no further axis is tried."""
ROWS_AT_ONCE: Final = 65_536
"""Pieces computed together for each thread, to bound memory; few at a time cost more than they bring."""
ROUNDING: Final = 1 + 1e-9
"""What a bound is raised by, so that rounding drops nothing that is larger."""
STRIPS_BETWEEN: Final = 4
"""Strips after which pieces are left out that cannot gain any more."""
ALL: Final = np.uint64(2**64 - 1)
"""All cells of a strip."""

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class _Turned:
    """Pieces turned so that the axis is x, moved to the corner of their box; metres.

    Parameters
    ----------
    owner, x, y
        Piece of each edge, and its ends; shapes (edges,), (edges, 2), (edges, 2). By owner.
    starts
        First edge of each piece; shape (pieces,).
    height
        Extent across the axis; shape (pieces,).
    lines
        Cuts between strips, rising; shape (pieces, STRIPS + 1).
    """

    owner: Indices
    x: Points
    y: Points
    starts: Indices
    height: Areas
    lines: Points


def inscribed_rectangles(pieces: Geometries, threads: int = 1) -> Geometries:
    """Return the largest rectangle found inside each piece.

    Parameters
    ----------
    pieces
        Polygons, EPSG:25832, possibly with holes; empty ones give empty ones; shape (n,).
    threads
        Number of threads; the result does not depend on it.

    Returns
    -------
    numpy.ndarray
        Rectangles (polygons of four corners) inside the pieces, EPSG:25832; empty where none of at least a
        millimetre was found; shape (n,).

    Notes
    -----
    Guarantee: the rectangle lies inside. If the largest rectangle along an axis tried has the sides a and b
    and the piece extends over A and B along them, the answer is not smaller than (a - A/8) (b - B/32), less a
    millimetre. Axes tried: that of the smallest enclosing rectangle, that of the longest edge, that of the
    longest edge of another direction; no further one is tried from 97 % of the piece's area on.
    """
    result = np.full(len(pieces), shapely.Polygon(), dtype=object)
    solid = np.flatnonzero(shapely.area(pieces) > 0)
    at_once = ROWS_AT_ONCE * max(threads, 1)
    for rows in (solid[first : first + at_once] for first in range(0, len(solid), at_once)):
        result[rows] = in_threads(_rectangles, (pieces[rows],), threads)
    return result


def _rectangles(pieces: Geometries) -> Geometries:
    """Try the axes one after the other; later ones only where something is left to be gained."""
    edges = edges_of(pieces)
    origin = edges.start[_starts(edges.owner, len(pieces))]
    best, box, turn = np.zeros(len(pieces)), np.zeros((len(pieces), 4)), np.zeros(len(pieces))
    area = shapely.area(pieces)
    angles = _axes(pieces, edges)
    for number, angle in enumerate(angles):
        earlier = [_same_axis(angle, other) for other in angles[:number]]
        tried = np.stack(earlier or [area < 0]).any(axis=0)
        rows = np.flatnonzero((best < GOOD_ENOUGH * area) & ~tried)
        if not len(rows):
            continue
        found = _along_axis(edges, origin, angle, rows)
        size = np.prod(np.maximum(found[:, [1, 3]] - found[:, [0, 2]], 0), axis=1)
        better = size > best[rows]
        best[rows[better]], box[rows[better]] = size[better], found[better]
        turn[rows[better]] = angle[rows[better]]
    corners = box[:, [[0, 2], [1, 2], [1, 3], [0, 3]]]
    outlines = _rotated(corners, -turn[:, None]) + origin[:, None]
    rectangles = np.asarray(shapely.polygons(outlines), dtype=object)
    rectangles[best <= 0] = shapely.Polygon()
    return rectangles


def _starts(owner: Indices, size: int) -> Indices:
    return np.searchsorted(owner, np.arange(size))


def _axes(pieces: Geometries, edges: Edges) -> list[Areas]:
    """Return the candidate axes of each piece as angles in radians."""
    hull = shapely.get_coordinates(shapely.get_exterior_ring(shapely.oriented_envelope(pieces)))
    side = hull.reshape(len(pieces), -1, 2)[:, 1] - hull.reshape(len(pieces), -1, 2)[:, 0]
    step = edges.end - edges.start
    angle = np.arctan2(step[:, 1], step[:, 0])
    longest = _longest(edges, edges.length_m, len(pieces))
    other = np.where(_same_axis(angle, angle[longest][edges.owner]), -1.0, edges.length_m)
    return [np.arctan2(side[:, 1], side[:, 0]), angle[longest], angle[_longest(edges, other, len(pieces))]]


def _longest(edges: Edges, length: Areas, size: int) -> Indices:
    """Return each piece's edge of the greatest length, the first of equals."""
    order = np.lexsort((np.arange(len(length)), -length, edges.owner))
    return order[_starts(edges.owner, size)]


def _same_axis(angle: Areas, other: Areas) -> Flags:
    """Tell whether two directions give the same rectangles: parallel or square within half a degree."""
    off = np.abs((angle - other + np.pi / 4) % (np.pi / 2) - np.pi / 4)
    same: Flags = off < np.radians(0.5)
    return same


def _rotated(points: Points, angle: Areas) -> Points:
    """Turn points clockwise by angles in radians."""
    sine, cosine = np.sin(angle), np.cos(angle)
    x, y = points[..., 0], points[..., 1]
    return np.stack([x * cosine + y * sine, y * cosine - x * sine], axis=-1)


def _along_axis(edges: Edges, origin: Points, angle: Areas, rows: Indices) -> Points:
    """Return the best rectangle along one axis: x from, x to, y from, y to, turned about `origin`."""
    place = np.full(len(origin), -1)
    place[rows] = np.arange(len(rows))
    own = edges.take(place[edges.owner] >= 0)
    ends = np.stack([own.start, own.end], axis=1) - origin[own.owner][:, None]
    ends = _rotated(ends, angle[own.owner][:, None])
    owner = place[own.owner]
    starts = _starts(owner, len(rows))
    low = np.minimum.reduceat(ends.min(axis=1), starts)
    extent = np.maximum.reduceat(ends.max(axis=1), starts) - low
    ends -= low[owner][:, None]
    x, y = ends[..., 0], ends[..., 1]
    turned = _Turned(owner, x, y, starts, extent[:, 1], _lines(owner, x[:, 0], starts, extent[:, 0]))
    box = _grown(turned, _best_cells(turned.lines, turned.height, _free_cells(turned)))
    box += np.repeat(low, 2, axis=1)
    return box + np.array([2, -2, 2, -2]) * MARGIN_M  # twice: lines may lie on either side


def _lines(owner: Indices, x: Areas, starts: Indices, width: Areas) -> Points:
    """Cut each piece at even distances and at its corners (evenly chosen where there are more than fit)."""
    half = STRIPS // 2
    order = np.lexsort((x, owner))
    count = np.diff(np.append(starts, len(x)))
    step = np.arange(half)
    rank = np.where(
        count[:, None] <= half,
        np.minimum(step, count[:, None] - 1),
        step * (count[:, None] - 1) // (half - 1),
    )
    corners = x[order][starts[:, None] + rank]
    even = np.linspace(0, 1, half + 1) * width[:, None]
    lines: Points = np.sort(np.concatenate([even, corners], axis=1), axis=1)
    for line in range(1, STRIPS + 1):  # cuts that coincide but for rounding leave a strip of no width
        near = lines[:, line] - lines[:, line - 1] < MARGIN_M
        lines[near, line] = lines[near, line - 1]
    return lines


def _free_cells(turned: _Turned) -> Words:
    """Return for each strip the cells that lie inside and that no edge crosses; shape (pieces, STRIPS)."""
    order = np.argsort(turned.x, axis=1)
    x, y = np.take_along_axis(turned.x, order, 1), np.take_along_axis(turned.y, order, 1)
    lines = turned.lines[turned.owner]
    first = (lines[:, 1:] <= x[:, :1] + MARGIN_M).sum(axis=1)
    last = (lines[:, :-1] < x[:, 1:] - MARGIN_M).sum(axis=1) - 1
    count = np.maximum(last - first + 1, 0)
    edge = np.repeat(np.arange(len(x)), count)
    strip = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    ends = np.stack([lines[edge, strip], lines[edge, strip + 1]], axis=1)
    cell = (turned.height / CELLS)[turned.owner[edge]]
    at = _heights(x[edge], y[edge], np.clip(ends, x[edge, :1], x[edge, 1:]))
    upright = (x[edge, 1] - x[edge, 0]) < MARGIN_M
    at[upright] = y[edge[upright]]
    start = np.floor((at.min(axis=1) + MARGIN_M) / cell)
    stop = np.ceil((at.max(axis=1) - MARGIN_M) / cell)
    blocked = np.zeros(turned.lines.shape[0] * STRIPS, dtype=np.uint64)
    inside = blocked.copy()
    where = turned.owner[edge] * STRIPS + strip
    crossed = np.where(stop > start, _from_cell(start) & ~_from_cell(stop), np.uint64(0))
    np.bitwise_or.at(blocked, where, crossed)
    middle = ends.mean(axis=1)
    spans = (x[edge, 0] <= middle) & (middle < x[edge, 1])
    level = _heights(x[edge], y[edge], middle[:, None])[:, 0]
    above = _from_cell(np.ceil(level / cell - 0.5))
    np.bitwise_xor.at(inside, where[spans], above[spans])
    free = np.bitwise_and(inside, ~blocked, dtype=np.uint64).reshape(-1, STRIPS)
    free[turned.lines[:, 1:] == turned.lines[:, :-1]] = ALL
    return free


def _heights(x: Points, y: Points, at: Points) -> Points:
    """Return the height of edges at positions along the axis."""
    run = np.maximum(x[:, 1:] - x[:, :1], MARGIN_M)
    share = np.clip((at - x[:, :1]) / run, 0, 1)
    heights: Points = y[:, :1] + share * (y[:, 1:] - y[:, :1])
    return heights


def _from_cell(cell: Areas) -> Words:
    """Return the word of all cells from one on."""
    shift = np.clip(cell, 0, CELLS).astype(np.uint64)
    return np.where(shift < CELLS, ALL << np.minimum(shift, np.uint64(CELLS - 1)), np.uint64(0))


def _best_cells(lines: Points, height: Areas, free: Words) -> Points:
    """Find the largest rectangle of free cells: x from, x to, y from, y to; zeros where there is none."""
    best, box = np.zeros(len(lines)), np.zeros((len(lines), 4))
    cell = height / CELLS
    cuts, free = np.ascontiguousarray(lines.T), np.ascontiguousarray(free.T)  # a strip lies together
    # all that is free from each strip on: no rectangle that starts there is larger
    beyond = np.cumsum((np.bitwise_count(free) * np.diff(cuts, axis=0))[::-1], axis=0)[::-1] * cell
    for first in range(STRIPS):
        rows = np.flatnonzero(beyond[first] * ROUNDING > best)
        common = np.full(len(rows), ALL)
        for last in range(first, STRIPS):
            if (last - first) % STRIPS_BETWEEN == 0:
                wide = (cuts[-1] - cuts[first])[rows]  # no later strip adds free cells
                alive = np.bitwise_count(common) * wide * cell[rows] * ROUNDING > best[rows]
                rows, common = rows[alive], common[alive]
                if not len(rows):
                    break
            common &= free[last, rows]
            width = (cuts[last + 1] - cuts[first])[rows]
            # the free cells are at least as many as lie together
            hope = np.flatnonzero(np.bitwise_count(common) * width * cell[rows] > best[rows])
            if not len(hope):
                continue
            start, run = _longest_run(common[hope])
            better = run * width[hope] * cell[rows[hope]] > best[rows[hope]]
            start, run, hope = start[better], run[better], hope[better]
            found = rows[hope]
            best[found] = run * width[hope] * cell[found]
            ends = (start * cell[found], (start + run) * cell[found])
            box[found] = np.stack([cuts[first, found], cuts[last + 1, found], *ends], axis=1)
    return box


def _longest_run(words: Words) -> tuple[Indices, Indices]:
    """Return where the longest run of set bits of each word starts, and how long it is (0: none)."""
    doubled = [words]
    for power in range(int(np.log2(CELLS))):
        doubled.append(doubled[-1] & (doubled[-1] >> np.uint64(2**power)))
    length, starts = np.zeros(len(words), dtype=np.uint64), np.full(len(words), ALL)
    for power in range(len(doubled) - 1, -1, -1):
        shift = np.minimum(length, np.uint64(CELLS - 1))
        longer = np.where(length < CELLS, starts & (doubled[power] >> shift), np.uint64(0))
        length = np.where(longer > 0, length + np.uint64(2**power), length)
        starts = np.where(longer > 0, longer, starts)
    lowest = np.bitwise_count((starts & (~starts + np.uint64(1))) - np.uint64(1))
    return lowest.astype(np.int64), length.astype(np.int64)


def _grown(turned: _Turned, box: Points) -> Points:
    """Move each side outwards until it touches an edge: across the axis first."""
    box = box.copy()
    for moving, along, across in ((2, turned.y, turned.x), (0, turned.x, turned.y)):
        band = box[turned.owner, 2 - moving][:, None], box[turned.owner, 3 - moving][:, None]
        order = np.argsort(across, axis=1)
        place, level = np.take_along_axis(across, order, 1), np.take_along_axis(along, order, 1)
        reach = np.clip(place, band[0], band[1])
        seen = _heights(place, level, reach)
        upright = (place[:, 1] - place[:, 0]) < MARGIN_M
        seen[upright] = level[upright]
        meets = (place[:, 1] > band[0][:, 0] + MARGIN_M) & (place[:, 0] < band[1][:, 0] - MARGIN_M)
        centre = box[:, moving : moving + 2].mean(axis=1)[turned.owner]
        after = seen.mean(axis=1) > centre
        beyond = np.where(meets & after, seen.min(axis=1), np.inf)
        before = np.where(meets & ~after, seen.max(axis=1), -np.inf)
        low = np.maximum.reduceat(before, turned.starts)
        high = np.minimum.reduceat(beyond, turned.starts)
        solid = np.isfinite(low) & np.isfinite(high) & (box[:, 1] > box[:, 0])
        box[solid, moving], box[solid, moving + 1] = low[solid], high[solid]
    return box
