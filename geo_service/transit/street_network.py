"""The stored streets: the network in use as a graph, whole or around a place, and what to say of it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import Connection

from geo_service.transit import street_queries
from geo_service.transit.foot import LONGEST_WALK_M, walks_from
from geo_service.transit.footways import Footways
from geo_service.transit.proximity import Floats
from geo_service.transit.streets import Doors, Streets, entrances, street_graph


@dataclass(frozen=True)
class NetworkName:
    """Where the streets in use come from."""

    source: str
    licence: str
    source_date: date | None
    is_demo: bool


def network_in_use(connection: Connection) -> NetworkName | None:
    """Return the network that ways are measured on; None: no streets are loaded."""
    row = connection.execute(street_queries.current_network_name()).first()
    return None if row is None else NetworkName(row.source, row.licence, row.source_date, row.is_demo)


def footways(connection: Connection, stops: Floats, doors: Doors | None = None) -> Footways | None:
    """Return the whole network with stops (x, y, shape (n, 2)) on it; None: no streets are loaded.

    Entrances that were found before can be handed on.
    """
    if network_in_use(connection) is None:
        return None
    doors = doors or Doors()
    streets = _graph(connection.execute(street_queries.walkable_edges()).all())
    return Footways(streets, doors.of(np.asarray(shapely.points(stops), dtype=object), streets), doors)


def footways_around(connection: Connection, area: shapely.Geometry, stops: Floats) -> Footways | None:
    """Return the streets around an area (EPSG:25832) with stops on them; None: no streets are loaded."""
    if network_in_use(connection) is None:
        return None
    near = street_queries.walkable_edges(shapely.to_wkb(area), LONGEST_WALK_M)
    streets = _graph(connection.execute(near).all())
    return Footways(streets, entrances(np.asarray(shapely.points(stops), dtype=object), streets))


def walks_around(
    connection: Connection, place: shapely.Geometry, stops: Floats
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Measure the ways on foot from one place to stops on the streets around it.

    Parameters
    ----------
    connection
        Connection in a transaction.
    place
        Polygon or point, EPSG:25832.
    stops
        x and y of the stops, shape (n, 2).

    Returns
    -------
    ndarray, ndarray
        As `foot.walks_from`.
    """
    near = street_queries.walkable_edges(shapely.to_wkb(place), LONGEST_WALK_M)
    return walks_from(place, stops, _graph(connection.execute(near).all()))


def _graph(rows: Any) -> Streets:  # noqa: ANN401 - rows of `street_queries.walkable_edges`
    start, end, start_closed, end_closed, geom = zip(*rows, strict=True) if rows else ((),) * 5
    ends = np.array((start, end), dtype=np.int64).T
    closed = np.array((start_closed, end_closed), dtype=bool).T
    lines = shapely.from_wkb(np.array(geom, dtype=object))
    return street_graph(np.asarray(lines, dtype=object), ends, closed)
