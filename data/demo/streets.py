"""The demo street network: middle lines of the invented street parcels, and straight paths to the stops.

The demo areas are islands: between them there are no streets, and so no way on foot.
"""

from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Connection

from data.demo import queries
from geo_service.geometry import STORAGE_SRID

SOURCE: Final = "Demo-Straßen: Mittellinien der erfundenen Straßenflurstücke, gerade Wege zu den Haltestellen"
PATH_NAME: Final = "Weg zur Haltestelle (Demo)"
STEP_M: Final = 6.0
"""Distance of the points along the kerbs between which the middle is drawn, metres."""
SPUR_M: Final = 15.0
"""Shorter dead ends are corners of the street, not ways, metres."""
LONGEST_PATH_M: Final = 600.0
"""Stops farther from every street get no path, metres."""
SMOOTH_M: Final = 0.5

Shapes = npt.NDArray[np.object_]


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
    lines = np.concatenate([_middle(part) for part in shapely.get_parts(shapely.union_all(parcels))])
    place = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    parcel = shapely.STRtree(parcels).query_nearest(place, all_matches=False)[1]
    streets = pd.DataFrame({"name": [names[number] for number in parcel], "class": "residential"})
    paths = _paths(lines, stops)
    trodden = pd.DataFrame({"name": [PATH_NAME] * len(paths), "class": "path"})
    frame = pd.concat([streets, trodden], ignore_index=True)
    return gpd.GeoDataFrame(frame, geometry=np.concatenate([lines, paths]), crs=STORAGE_SRID)


def demo_streets(connection: Connection) -> gpd.GeoDataFrame:
    """Draw the streets of the demo cadastre and the paths to the stops of the demo timetable."""
    parcels = connection.execute(queries.street_parcels()).all()
    stops = connection.execute(queries.demo_stops()).all()
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


def _paths(lines: Shapes, stops: Shapes) -> Shapes:
    """Draw a straight path from each stop near a street to the nearest end of one."""
    corners = np.unique(shapely.get_coordinates(shapely.get_point(lines, [[0], [-1]])), axis=0)
    ends: Shapes = np.asarray(shapely.points(corners), dtype=object)
    own, end = shapely.STRtree(ends).query_nearest(stops, max_distance=LONGEST_PATH_M, all_matches=False)
    pairs = np.stack([shapely.get_coordinates(stops[own]), shapely.get_coordinates(ends[end])], axis=1)
    paths = np.asarray(shapely.linestrings(pairs), dtype=object)
    return np.asarray(paths[shapely.length(paths) > 0], dtype=object)
