"""From ways to street edges: cut wherever ways share a node (pure)."""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo_service.geometry import STORAGE_SRID
from geo_service.transit.proximity import Floats, Geometries, Ints

GRID_M: Final = 0.01
"""Vertices of lines that lie in one square of this size are the same node, metres."""
NEAR_MISS_M: Final = 1.0
"""A street that ends so near to another one without a node in common was likely meant to meet it."""


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways as a file has them: vertices in a row, those of one way after each other.

    Parameters
    ----------
    about
        One row per way: way_id (text), street_class, name, walkable.
    way
        Row of ``about`` of each vertex, rising, shape (v,).
    node
        Number of each vertex: the same number is the same place to walk through, shape (v,).
    xy
        Place of each vertex, EPSG:25832, shape (v, 2).
    closed
        Nodes that a barrier closes.
    """

    about: pd.DataFrame
    way: Ints
    node: Ints
    xy: Floats
    closed: Ints


def ways_of_lines(about: pd.DataFrame, lines: Geometries) -> Ways:
    """Return lines as ways; vertices at the same place (within a centimetre) are the same node.

    Parameters
    ----------
    about
        As `Ways.about`.
    lines
        One LineString per way, EPSG:25832, not empty.
    """
    xy, way = shapely.get_coordinates(lines, return_index=True)
    node = np.unique(np.round(xy / GRID_M).astype(np.int64), axis=0, return_inverse=True)[1].ravel()
    return Ways(about, way.astype(np.int64), node.astype(np.int64), xy, np.zeros(0, np.int64))


def street_edges(ways: Ways) -> gpd.GeoDataFrame:
    """Cut ways at the nodes that they share with others or pass twice, and at barriers.

    Parameters
    ----------
    ways
        The ways.

    Returns
    -------
    GeoDataFrame
        One row per edge: way_id, street_class, name, walkable, start_node, end_node, start_barrier,
        end_barrier, geometry (LineString, EPSG:25832); pieces without length join their two nodes.
    """
    way, node, xy = ways.way, ways.node, ways.xy
    changes = way[1:] != way[:-1]
    outer = (np.append(True, changes) | np.append(changes, True))[: len(way)]
    numbers, place, uses = np.unique(node, return_inverse=True, return_counts=True)
    closed = np.isin(numbers, ways.closed)
    cut = np.flatnonzero(outer | (uses[place] > 1) | closed[place])
    pieces = np.flatnonzero(way[cut[1:]] == way[cut[:-1]])
    first, last = cut[:-1][pieces], cut[1:][pieces]
    count = last - first + 1
    at = np.repeat(first - np.concatenate([[0], np.cumsum(count)[:-1]]), count) if len(count) else first
    vertex = at + np.arange(int(count.sum()))
    piece = np.repeat(np.arange(len(first)), count)
    steps = (piece[1:] != piece[:-1]) | (xy[vertex[1:]] != xy[vertex[:-1]]).any(axis=1)
    moved = np.append(True, steps)[: len(piece)]
    real = np.bincount(piece[moved], minlength=len(first)) > 1
    joined = _joined(len(numbers), place[first[~real]], place[last[~real]])
    kept = moved & real[piece]
    rank = np.cumsum(real) - 1
    lines: Geometries = np.zeros(0, dtype=object)
    if kept.any():
        lines = np.asarray(shapely.linestrings(xy[vertex[kept]], indices=rank[piece[kept]]), dtype=object)
    start, end = place[first[real]], place[last[real]]
    frame = ways.about.iloc[way[first[real]]].reset_index(drop=True)
    frame = frame.assign(
        start_node=numbers[joined[start]],
        end_node=numbers[joined[end]],
        start_barrier=closed[start],
        end_barrier=closed[end],
    )
    return gpd.GeoDataFrame(frame, geometry=lines, crs=STORAGE_SRID)


def near_misses(edges: gpd.GeoDataFrame) -> Geometries:
    """Return the ends of walkable dead ends within a metre of a street that they share no node with."""
    walkable = edges[edges.walkable]
    lines: Geometries = walkable.geometry.to_numpy()
    if not len(lines):
        return np.zeros(0, dtype=object)
    ends = np.concatenate([walkable.start_node, walkable.end_node])
    points = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    _, place, uses = np.unique(ends, return_inverse=True, return_counts=True)
    dead = np.flatnonzero(uses[place] == 1)
    own, near = shapely.STRtree(lines).query(points[dead], predicate="dwithin", distance=NEAR_MISS_M)
    other = near != dead[own] % len(lines)
    return np.asarray(points[dead[np.unique(own[other])]])


def _joined(count: int, one: Ints, other: Ints) -> npt.NDArray[Any]:
    """Return for each node the least one among those joined to it by pieces without length."""
    if not len(one):
        return np.arange(count)
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(count, count))
    group = connected_components(graph, directed=False)[1]
    least = np.unique(group, return_index=True)[1]
    return np.asarray(least[group])
