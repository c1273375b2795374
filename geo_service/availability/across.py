"""Land that faces other land over nothing but street.

Pure: arrays in and out, coordinates in EPSG:25832 (metres).
"""

from typing import Final

import numpy as np
import pandas as pd
import shapely

from geo_service.availability.edges import Edges, Faces, Points, facing
from geo_service.availability.inputs import Geometries
from geo_service.availability.waterfall import Areas, Indices, deduct, find_overlaps

ENDLESS: Final = np.inf


def faces_over_streets(
    edges: Edges, streets: Geometries, touch_m: float, across_m: float
) -> tuple[Edges, Faces]:
    """Find where edges of land face the edge of other land with street all the way between.

    Parameters
    ----------
    edges
        Edges of polygons, EPSG:25832.
    streets
        Street parcels (polygons), EPSG:25832; shape (m,).
    touch_m
        Width in metres up to which a gap beside the street, or an island in it, is inexact drawing.
    across_m
        Greatest distance to the other edge in metres, measured square to the edge.

    Returns
    -------
    tuple
        The edges that lie along a street, and the stretches of them from which one looks over street alone;
        `Faces.gap_m` is that in the middle of the whole stretch.
    """
    along_street = shapely.STRtree(streets).query(edges.lines(), predicate="dwithin", distance=touch_m)[0]
    front = edges.take(np.unique(along_street))
    faces = facing(front, front, across_m, 0.0)
    faces = faces.take((faces.gap_m > touch_m) & (front.owner[faces.edge] != front.owner[faces.other]))
    ground = _between(front, faces)
    overlaps = find_overlaps(shapely.STRtree(ground), streets)
    rest = deduct(ground, streets, overlaps, np.arange(len(streets))).net
    obstacles = shapely.buffer(rest, -touch_m / 2, join_style="mitre")
    face, low, high = _seen_along(front, faces, obstacles)
    return front, _clear(faces, face, low - touch_m / 2, high + touch_m / 2)


def _along(edges: Edges, rows: Indices) -> Points:
    """Return the direction of edges, of length 1."""
    return (edges.end[rows] - edges.start[rows]) / edges.length_m[rows][:, None]


def _between(edges: Edges, faces: Faces) -> Geometries:
    """Return the ground between each stretch and the edge that it faces: polygons of four corners."""
    start, along = edges.start[faces.edge], _along(edges, faces.edge)
    outward = np.stack([along[:, 1], -along[:, 0]], axis=1)
    first, second = (ends[faces.other] - start for ends in (edges.start, edges.end))
    place, gap = (np.einsum("ij,ij->i", first, axis) for axis in (along, outward))
    run, rise = (np.einsum("ij,ij->i", second - first, axis) for axis in (along, outward))
    corners = []
    for metres in (faces.begin_m, faces.end_m):
        foot = start + along * metres[:, None]
        reach = np.maximum(gap + (metres - place) / run * rise, 0.0)  # rounding may cross the edge
        corners.append((foot, foot + outward * reach[:, None]))
    (here, there), (here_too, there_too) = corners
    rings = np.stack([here, there, there_too, here_too, here], axis=1)
    return np.asarray(shapely.polygons(rings), dtype=object).reshape(-1)


def _seen_along(edges: Edges, faces: Faces, obstacles: Geometries) -> tuple[Indices, Areas, Areas]:
    """Return which metres along its edge each part of an obstacle hides: face, first, last."""
    parts, face = shapely.get_parts(obstacles, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    rows = faces.edge[face[part]]
    place = np.einsum("ij,ij->i", points - edges.start[rows], _along(edges, rows))
    seen = pd.Series(place).groupby(part)
    return face[np.unique(part)], seen.min().to_numpy(dtype=float), seen.max().to_numpy(dtype=float)


def _clear(faces: Faces, face: Indices, low_m: Areas, high_m: Areas) -> Faces:
    """Return what is left of faces without the spans that are hidden; one may fall into several."""
    all_of_them = np.arange(len(faces.edge))
    owner = np.concatenate([all_of_them, face, all_of_them])
    low = np.concatenate([np.full(len(all_of_them), -ENDLESS), low_m, faces.end_m])
    high = np.concatenate([faces.begin_m, high_m, np.full(len(all_of_them), ENDLESS)])
    order = np.lexsort((high, low, owner))
    owner, low = owner[order], low[order]
    begin = pd.Series(high[order]).groupby(owner).cummax().to_numpy()[:-1]
    end = low[1:]
    free = np.flatnonzero((owner[1:] == owner[:-1]) & (end > begin))
    whole = faces.take(owner[free])
    return Faces(whole.edge, whole.other, begin[free], end[free], whole.gap_m)
