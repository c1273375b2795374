"""Search the current timetables: travel times of places, areas reached from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import Connection, Row

from geo_service.errors import NotFound
from geo_service.geometry import from_wgs84
from geo_service.transit import queries, reach_queries
from geo_service.transit.destinations import Destination
from geo_service.transit.foot_rules import detour
from geo_service.transit.footways import Footways, walks_in_reach, way_to
from geo_service.transit.gtfs_patterns import TIME
from geo_service.transit.isochrones import median_to_stops, reached_areas
from geo_service.transit.journeys import (
    NEVER,
    Calls,
    Footpaths,
    Integers,
    Network,
    Rules,
    footpaths,
    footpaths_of,
)
from geo_service.transit.reach import Departures, Legs, TravelTimes, travel_times
from geo_service.transit.street_network import footways
from geo_service.transit.windows import Window

ISOCHRONES_MIN: Final = (15, 30, 45)
"""Minutes of the isochrones."""
RULES: Final = Rules(detour=detour().factor)
"""The detour factor is that of all ways on foot of the service."""
Flags = npt.NDArray[np.bool_]
LONGEST_ACCESS_M: Final = RULES.access_m * RULES.detour
"""Longest way on foot to and from a stop, metres: what the longest straight line stands for."""


@dataclass(frozen=True, eq=False)
class Timetable:
    """The current timetables, ready to be searched.

    Parameters
    ----------
    xy
        Places of the stops, EPSG:25832, shape (stops, 2).
    calls
        Calls of the window and the longest journey after it.
    ways
        Footpaths between stops.
    runs
        Number of runs of the whole day.
    paths
        Streets with the stops on them; None: none are loaded, ways on foot are estimated.
    """

    xy: npt.NDArray[np.float64]
    calls: Calls
    ways: Footpaths
    runs: int
    paths: Footways | None = None


def read_timetable(connection: Connection, feeds: Sequence[Row[Any]], window: Window) -> Timetable:
    """Read the runs of the reference days of feeds.

    Raises
    ------
    NotFound
        When the feeds were imported before runs were kept.
    """
    ids = [feed.id for feed in feeds]
    stops = connection.execute(queries.stops(ids)).all()
    rows = connection.execute(reach_queries.patterns(ids)).all()
    if not rows:
        raise NotFound(
            "The timetable was imported before whole runs were kept, or no run calls at two stops of the "
            "area. Import it again: geo import gtfs PATH --name NAME"
        )
    number = {stop.id: place for place, stop in enumerate(stops)}
    calls = _calls(rows, number).between(window.start_s, window.end_s + RULES.max_travel_s)
    xy = np.array([(stop.x, stop.y) for stop in stops], dtype=float).reshape(-1, 2)
    paths = footways(connection, xy)
    return Timetable(xy, calls, changes_on_foot(xy, paths), sum(row.runs for row in rows), paths)


def changes_on_foot(xy: npt.NDArray[np.float64], paths: Footways | None) -> Footpaths:
    """Return the ways between stops within reach of a change: along the streets where they are loaded."""
    if paths is None:
        return footpaths(xy, RULES)
    points = np.asarray(shapely.points(xy), dtype=object)
    walks = walks_in_reach(points, xy, paths, RULES.footpath_m * RULES.detour)
    return footpaths_of(len(xy), (walks.place, walks.stop, walks.metres), RULES)


def _calls(rows: Sequence[Row[Any]], number: dict[int, int]) -> Calls:
    """Put the runs of all patterns one behind the other."""
    parts: list[tuple[Any, ...]] = []
    before = 0
    for row in rows:
        length = len(row.stop_pks)
        times = np.frombuffer(row.times, TIME).reshape(row.runs * length, 2).astype(np.int64)
        along = np.array([[number[stop] for stop in row.stop_pks], row.boards, row.alights], dtype=np.int64)
        stop, boards, alights = np.tile(along, row.runs)
        run = before + np.repeat(np.arange(row.runs), length)
        parts.append((run, stop, times[:, 0], times[:, 1], boards.astype(bool), alights.astype(bool)))
        before += row.runs
    run, stop, arrival_s, departure_s, boards, alights = map(np.concatenate, zip(*parts, strict=True))
    return Calls(run, stop, arrival_s, departure_s, boards, alights)


class Search:
    """One search per destination, then the times of any places.

    Parameters
    ----------
    timetable
        Runs.
    window
        Departures.
    destinations
        Where to.
    """

    def __init__(self, timetable: Timetable, window: Window, destinations: Sequence[Destination]) -> None:
        self.timetable, self.window = timetable, window
        self._network = Network(timetable.calls, timetable.ways, RULES)
        self._found = {}
        for destination in destinations:
            point = from_wgs84(shapely.Point(destination.lon, destination.lat))
            self._found[destination.key] = point, self._network.search(walks_to(point, timetable))

    def times(self, places: Any) -> dict[str, tuple[TravelTimes, Integers, Flags]]:  # noqa: ANN401 - geometries
        """Return for each destination the travel times of places.

        Beside them stand the seconds all the way on foot, and whether ways on foot are estimated since the
        place or the destination meets no street.

        Parameters
        ----------
        places
            Geometries, EPSG:25832.
        """
        walks = walks_in_reach(places, self.timetable.xy, self.timetable.paths, LONGEST_ACCESS_M)
        legs = Legs(walks.place, walks.stop, RULES.on_foot_s(walks.metres))
        longest = int(RULES.on_foot_s(LONGEST_ACCESS_M))
        departures = Departures(self._network, self.window, longest, np.unique(walks.stop))
        result = {}
        for key, (point, profile) in self._found.items():
            metres, estimated = way_to(places, point, self.timetable.paths)
            walk = RULES.on_foot_s(metres)
            result[key] = travel_times(departures, profile, legs, walk), walk, estimated
        return result


def walks_to(place: shapely.Geometry, timetable: Timetable) -> Integers:
    """Return the seconds on foot between a place and each stop, `NEVER` where out of reach."""
    alone = np.array([place], dtype=object)
    walks = walks_in_reach(alone, timetable.xy, timetable.paths, LONGEST_ACCESS_M)
    seconds = np.full(len(timetable.xy), NEVER, dtype=np.int64)
    seconds[walks.stop] = RULES.on_foot_s(walks.metres)
    return seconds


def isochrones_of(timetable: Timetable, window: Window, places: Any) -> list[list[Any]]:  # noqa: ANN401
    """Return the areas reached from each place within `ISOCHRONES_MIN`."""
    mirrored = Network(timetable.calls.mirrored(), timetable.ways, RULES)
    found = []
    for place in places:
        median = median_to_stops(mirrored, walks_to(place, timetable), window)
        found.append(reached_areas(place, timetable.xy, median, ISOCHRONES_MIN, RULES))
    return found
