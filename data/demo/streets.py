"""The demo street network: middle lines of the invented street parcels, straight ways to and between stops.

The demo areas are islands in an empty city. Invented links from stop to stop stand for the streets between.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from sqlalchemy import Connection

from data.demo import queries
from geo_service.errors import NotFound
from geo_service.geometry import STORAGE_SRID

SOURCE: Final = "Demo-Straßen: Mittellinien der erfundenen Straßen, gerade Wege zu und zwischen Haltestellen"
PATH_NAME: Final = "Weg zur Haltestelle (Demo)"
LINK_NAME: Final = "Verbindung (Demo)"
STEP_M: Final = 6.0
"""Distance of the points along the kerbs between which the middle is drawn, metres."""
SPUR_M: Final = 15.0
"""Shorter dead ends are corners of the street, not ways, metres."""
LONGEST_PATH_M: Final = 600.0
"""Stops farther from the streets of an area get no path to it, metres."""
LONGEST_LINK_M: Final = 1_500.0
"""Neighbouring stops farther apart get no link, metres."""
SMOOTH_M: Final = 0.5
THREADS: Final = 2

PAIR: Final = 2

Shapes = npt.NDArray[np.object_]
Coordinates = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def build_streets(names: list[str], parcels: Shapes, stops: Shapes) -> gpd.GeoDataFrame:
    """Draw streets.

    Parameters
    ----------
    names
        Name of each street parcel.
    parcels
        Street parcels, EPSG:25832, shape (n,).
    stops
        Points, EPSG:25832.

    Returns
    -------
    GeoDataFrame
        name, class (residential or path), geometry (LineString, EPSG:25832); lines connect at their ends.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        middles = pool.map(_middle, shapely.get_parts(shapely.union_all(parcels)))
        lines = np.concatenate(list(middles))
    place = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    parcel = shapely.STRtree(parcels).query_nearest(place, all_matches=False)[1]
    streets = pd.DataFrame({"name": [names[number] for number in parcel], "class": "residential"})
    links = [_links(lines, stops), _lone_areas(lines, stops)]
    drawn = {PATH_NAME: _paths(lines, stops), LINK_NAME: np.concatenate(links)}
    trodden = [pd.DataFrame({"name": [name] * len(made), "class": "path"}) for name, made in drawn.items()]
    frame = pd.concat([streets, *trodden], ignore_index=True)
    return gpd.GeoDataFrame(frame, geometry=np.concatenate([lines, *drawn.values()]), crs=STORAGE_SRID)


def demo_streets(connection: Connection) -> gpd.GeoDataFrame:
    """Draw the streets of the demo cadastre and the paths to the stops of the demo timetable.

    Raises
    ------
    NotFound
        When the timetable is not loaded.
    """
    parcels = connection.execute(queries.street_parcels()).all()
    stops = connection.execute(queries.demo_stops()).all()
    if not stops:
        raise NotFound("The streets of the demo lead to the stops of its timetable, which is not loaded.")
    return build_streets(
        [row.name for row in parcels],
        shapely.from_wkb(np.array([row.geom for row in parcels], dtype=object)),
        shapely.from_wkb(np.array([row.geom for row in stops], dtype=object)),
    )


def write_streets(streets: gpd.GeoDataFrame, path: Path) -> Path:
    """Write the streets as a GeoPackage."""
    streets.to_file(path, layer="streets", driver="GPKG")
    return path


def _middle(ground: shapely.Polygon) -> Shapes:
    """Return the lines that run as far from one kerb as from the other, without the corners' spurs.

    Source: the medial axis of a polygon is made of the edges inside it of the Voronoi diagram of its outline.
    """
    outline = shapely.segmentize(ground.boundary, STEP_M)
    points = shapely.MultiPoint(shapely.get_coordinates(outline))
    edges = shapely.get_parts(shapely.voronoi_polygons(points, only_edges=True))
    edges = shapely.set_precision(edges, 0.01)
    shapely.prepare(ground)
    inside = edges[shapely.contains_properly(ground, edges) & (shapely.length(edges) > 0)]
    chains = _chains(inside)
    ends = shapely.get_coordinates(shapely.get_point(chains, np.array([[0], [-1]])))
    _, node, uses = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    dead = (uses[node.ravel()] == 1).reshape(2, -1).any(axis=0)
    return _chains(chains[~(dead & (shapely.length(chains) < SPUR_M))])


def _chains(lines: Shapes) -> Shapes:
    """Join lines from fork to fork."""
    joined = shapely.get_parts(shapely.line_merge(shapely.union_all(lines)))
    lines_only = joined[shapely.get_type_id(joined) == shapely.GeometryType.LINESTRING]
    return np.asarray(shapely.simplify(lines_only, SMOOTH_M), dtype=object)


def _corners(lines: Shapes) -> tuple[Coordinates, Numbers]:
    """Return the ends of lines, and the number of the area (what hangs together) of each."""
    ends = shapely.get_coordinates(shapely.get_point(lines, np.array([[0], [-1]])))
    corners, node = np.unique(ends, axis=0, return_inverse=True)
    start, end = node.reshape(2, -1)
    joined = coo_matrix((np.ones(len(start)), (start, end)), shape=(len(corners),) * 2)
    return corners, connected_components(joined, directed=False)[1].astype(np.int64)


def _near_areas(lines: Shapes, stops: Shapes) -> tuple[Numbers, Numbers, Numbers]:
    """Return all pairs of a stop and the end of a street near it: stop, corner, area of the corner."""
    corners, area = _corners(lines)
    points = np.asarray(shapely.points(corners), dtype=object)
    stop, corner = shapely.STRtree(points).query(stops, predicate="dwithin", distance=LONGEST_PATH_M)
    return stop, corner, area[corner]


def _paths(lines: Shapes, stops: Shapes) -> Shapes:
    """Draw a straight path from each stop to the nearest end of a street of each area near it."""
    stop, corner, area = _near_areas(lines, stops)
    return _shortest(stops, _corners(lines)[0], (stop, corner), (stop, area))


def _links(lines: Shapes, stops: Shapes) -> Shapes:
    """Draw straight links between stops that neighbour each other and have paths to no common area."""
    xy, own = np.unique(shapely.get_coordinates(stops), axis=0, return_inverse=True)
    if len(xy) <= PAIR:
        edges = np.array([(0, 1)][: len(xy) - 1], dtype=np.int64).reshape(-1, 2)
    else:
        drawn = shapely.delaunay_triangles(shapely.MultiPoint(xy), only_edges=True)
        ends = shapely.get_coordinates(shapely.get_parts(drawn))
        edges = cKDTree(xy).query(ends)[1].reshape(-1, 2)
    stop, _, area = _near_areas(lines, stops)
    place = np.ravel(own)[stop]
    reached = coo_matrix(
        (np.ones(len(place)), (place, area)), shape=(len(xy), area.max(initial=0) + 1)
    ).tocsr()
    common = np.asarray(reached[edges[:, 0]].multiply(reached[edges[:, 1]]).sum(axis=1)).ravel()
    first, second = xy[edges[:, 0]], xy[edges[:, 1]]
    wanted = (common == 0) & (_length(first, second) <= LONGEST_LINK_M)
    return _straight(first[wanted], second[wanted])


def _lone_areas(lines: Shapes, stops: Shapes) -> Shapes:
    """Draw a link from each area without a stop near it to the nearest stop, however far."""
    corners, area = _corners(lines)
    points = np.asarray(shapely.points(corners), dtype=object)
    corner, stop = shapely.STRtree(stops).query_nearest(points, all_matches=False)
    gap = _length(corners[corner], shapely.get_coordinates(stops)[stop])
    near = np.unique(area[corner[gap <= LONGEST_PATH_M]])
    lone = ~np.isin(area[corner], near)
    return _shortest(stops, corners, (stop[lone], corner[lone]), (area[corner[lone]],))


def _shortest(
    stops: Shapes, corners: Coordinates, pairs: tuple[Numbers, Numbers], groups: tuple[Numbers, ...]
) -> Shapes:
    """Draw a straight line for the nearest pair of stop and corner of each group."""
    stop, corner = pairs
    start, end = shapely.get_coordinates(stops)[stop], corners[corner]
    length = _length(start, end)
    order = np.lexsort((corner, stop, length, *groups))
    keys = np.stack(groups)[:, order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    chosen = order[first]
    chosen = chosen[length[chosen] > 0]
    return _straight(start[chosen], end[chosen])


def _length(start: Coordinates, end: Coordinates) -> Coordinates:
    length: Coordinates = np.hypot(*(end - start).T)
    return length


def _straight(start: Coordinates, end: Coordinates) -> Shapes:
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
