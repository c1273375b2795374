"""Where land meets the street: along street parcels, and along lines of streets with no parcel between.

Pure: arrays in, arrays out, coordinates in EPSG:25832 (metres).
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
import shapely

from geo_service.availability.edges import Edges, Faces, edges_of, facing
from geo_service.availability.inputs import Geometries
from geo_service.availability.waterfall import Areas, Flags, Indices, pairs_in_tree
from geo_service.imports.values import fold

STREET_PARCEL_REACH_M: Final = 0.5
"""Distance within which a boundary meets another parcel, metres: borders of two records never match."""
STREET_LINE_REACH_M: Final = 15.0
"""Distance within which a boundary meets the middle line of a street, metres: half of a wide street."""
STREET_OVERLAP_M: Final = 0.5
"""How far a street may reach into a piece by inexact drawing, metres."""
ALONG: Final = 0.5
"""A line runs along a parcel where it covers that share of it (longer side of the smallest rectangle)."""
STREET_PARCEL, LINE, BORDER, BETWEEN = range(4)
"""What a stretch of boundary may face or be: kinds of `_swept`."""


@dataclass(frozen=True)
class Plots:
    """The parcels around lines of streets.

    Parameters
    ----------
    own
        Parcel of each piece, EPSG:25832; shape (n,).
    between
        Parcels that keep others from a street, see `in_the_way`; EPSG:25832; shape (m,).
    """

    own: Geometries
    between: Geometries


@lru_cache
def _street_classes() -> tuple[frozenset[str], bool]:
    text = files("data").joinpath("availability", "frontage.toml").read_text(encoding="utf-8")
    rules = tomllib.loads(text)
    return frozenset(fold(name) for name in rules["streets"]), bool(rules["without_class"])


def gives_frontage(street_classes: Sequence[str | None]) -> Flags:
    """Tell which lines of streets give frontage, by class (``data/availability/frontage.toml``).

    Parameters
    ----------
    street_classes
        As the supplier writes them; empty or None: not stated; shape (k,).
    """
    counting, without_class = _street_classes()
    known = {name: fold(name) in counting if name else without_class for name in set(street_classes)}
    return np.array([known[name] for name in street_classes], dtype=bool)


def in_the_way(parcels: Geometries, open_ground: Flags, lines: Geometries) -> Flags:
    """Tell which parcels keep land behind them from a street whose line runs beyond; shape (n,).

    Parameters
    ----------
    parcels
        Parcels, EPSG:25832; shape (n,).
    open_ground
        Those that are streets, squares or ways by their actual use: they keep nobody away; shape (n,).
    lines
        Lines of streets, EPSG:25832; shape (k,).

    Notes
    -----
    A parcel that a line runs along, over half of its length, is ground of that street, whatever the cadastre
    calls it. One that a line only cuts by inexact drawing is not.
    """
    way = ~np.asarray(open_ground, dtype=bool)
    rows = np.flatnonzero(way)
    pairs = shapely.STRtree(parcels[rows]).query(lines, predicate="intersects")
    inside = shapely.length(shapely.intersection(lines[pairs[0]], parcels[rows][pairs[1]]))
    covered = np.bincount(pairs[1], inside, len(rows))
    crossed = np.flatnonzero(covered > 0)
    hulls = shapely.oriented_envelope(parcels[rows[crossed]])
    corners = shapely.get_coordinates(shapely.get_exterior_ring(hulls)).reshape(-1, 5, 2)
    longer = np.hypot(*np.moveaxis(np.diff(corners, axis=1), -1, 0)).max(axis=1, initial=0.0)
    way[rows[crossed[covered[crossed] >= ALONG * longer]]] = False
    return way


def road_frontage(
    pieces: Geometries,
    streets: Geometries,
    lines: Geometries | None = None,
    plots: Plots | None = None,
) -> Areas:
    """Return how many metres of the boundary of each piece face a street.

    Parameters
    ----------
    pieces
        Polygons, EPSG:25832, possibly empty; shape (n,).
    streets
        Street parcels, EPSG:25832; shape (m,).
    lines
        Middle lines of streets, EPSG:25832; shape (k,). None: there are none.
    plots
        The parcels of the pieces and around the lines. None: nothing stands between land and lines.

    Returns
    -------
    numpy.ndarray
        Metres, NaN for all where no streets are given (not known is not none); shape (n,).

    Notes
    -----
    A stretch of boundary faces a street parcel within half a metre, or the middle line of a street within
    15 m, both square to it. The line counts only where the piece reaches the border of its parcel, and where
    no parcel adjoins that keeps it from the street. Each stretch counts once, whatever it faces. A side that
    runs into the street at more than 45 degrees does not face it, nor does the far side of the piece. What
    lies beyond the next parcel is not looked at.
    """
    lines = np.empty(0, dtype=object) if lines is None else lines
    if not len(streets) and not len(lines):
        return np.full(len(pieces), np.nan)
    edges = edges_of(pieces)
    stretches = {STREET_PARCEL: _beside(edges, edges_of(streets))}
    size = len(edges.owner)
    if len(lines):
        near, own = _near_lines(edges, lines)
        stretches[LINE] = _of(near, facing(own, edges_of(lines), STREET_LINE_REACH_M, STREET_OVERLAP_M))
        if plots is not None:
            stretches[BORDER] = _of(near, _on_border(own, plots.own))
            stretches[BETWEEN] = _of(near, _beside(own, edges_of(plots.between)))
    covered = _swept(stretches, size, anywhere=plots is None)
    return np.bincount(edges.owner, covered, len(pieces)).astype(np.float64)


def _beside(edges: Edges, others: Edges) -> Faces:
    return facing(edges, others, STREET_PARCEL_REACH_M, STREET_OVERLAP_M)


def _near_lines(edges: Edges, lines: Geometries) -> tuple[Indices, Edges]:
    """Return the edges within reach of a line, and their positions."""
    found = pairs_in_tree(shapely.STRtree(edges.lines()), lines, "dwithin", 1, STREET_LINE_REACH_M)[1]
    near = np.unique(found).astype(np.int64)
    return near, edges.take(near)


def _on_border(edges: Edges, own: Geometries) -> Faces:
    """Find where edges of pieces lie on the border of their own parcels."""
    borders = edges_of(own)
    needed = borders.take(np.isin(borders.owner, edges.owner))
    turned = Edges(needed.end, needed.start, needed.owner, needed.directed)  # seen from outside
    faces = _beside(edges, turned)
    return faces.take(edges.owner[faces.edge] == turned.owner[faces.other])


def _of(rows: Indices, faces: Faces) -> Faces:
    """Return faces of chosen edges as faces of all."""
    return Faces(rows[faces.edge], faces.other, faces.begin_m, faces.end_m, faces.gap_m)


def _swept(stretches: dict[int, Faces], size: int, *, anywhere: bool) -> Areas:
    """Return of each edge how many metres face a street parcel, or a line without anything between.

    Parameters
    ----------
    stretches
        Stretches by kind.
    size
        Number of edges.
    anywhere
        A line counts also where the edge is no border of its parcel.
    """
    faces = list(stretches.values())
    kind = np.concatenate([np.full(len(some.edge), name) for name, some in stretches.items()])
    edge = np.tile(np.concatenate([some.edge for some in faces]), 2)
    place = np.concatenate([*(some.begin_m for some in faces), *(some.end_m for some in faces)])
    steps = np.zeros((len(place), BETWEEN + 1), dtype=np.int64)
    steps[np.arange(len(kind)), kind] = 1
    steps[np.arange(len(kind)) + len(kind), kind] = -1
    order = np.lexsort((place, edge))
    edge, place = edge[order], place[order]
    facing_now = np.cumsum(steps[order], axis=0) > 0
    on_border = facing_now[:, BORDER] | anywhere
    counts = facing_now[:, STREET_PARCEL] | (facing_now[:, LINE] & on_border & ~facing_now[:, BETWEEN])
    length = np.diff(place, append=place[-1:])
    length[np.flatnonzero(np.diff(edge))] = 0.0
    return np.bincount(edge, length * counts, size).astype(np.float64)
