"""The transit answer about one place, computed on request from the timetable: any method, window and day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Connection, Row

from geo_service.errors import NotFound
from geo_service.transit import nearby_queries, queries
from geo_service.transit.access import Columns, GradedStops, Pairs, graded_columns, nearest_columns
from geo_service.transit.departures import StopDepartures, departures_on
from geo_service.transit.evidence import Record, hour_profile, stop_evidence
from geo_service.transit.footways import estimated_walk
from geo_service.transit.grades import Asked, counted_days, read_day
from geo_service.transit.grading import best_groups, grade_stops
from geo_service.transit.improve import SOUGHT_M, Better, Served, next_better
from geo_service.transit.levels import peak_hour
from geo_service.transit.merged import by_station, stations_of
from geo_service.transit.merging import Part, Stations, merge
from geo_service.transit.methods import Method
from geo_service.transit.modes import Mode
from geo_service.transit.proximity import within
from geo_service.transit.ptal import PTAL_WINDOW, RAIL_REACH_M, Levels, access_levels, services
from geo_service.transit.street_network import NetworkName, network_in_use, walks_around
from geo_service.transit.windows import Window

NO_TIMETABLE: Final = "No timetable is loaded yet. Load one: geo import gtfs PATH --name NAME"


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A place and the stops around it.

    Parameters
    ----------
    place
        EPSG:25832.
    feeds
        The current feeds.
    stops
        `nearby_queries.STOP_COLUMNS`, by feed and stop_id: those in reach, and the nearest of each kind.
    stations
        Stations that several feeds have; `stops` has of each the stop that stands for it.
    nearest
        Values of `access.nearest_columns`.
    family_lines
        Kind of vehicle (`access.FAMILIES`) to the row of its nearest stop and its lines there.
    streets
        Network that ways on foot were measured on; None: no streets are loaded.
    walk_m
        Row of a stop to the way on foot to it, metres; None: no way up to `foot.LONGEST_WALK_M`.
    counted_m
        The same as methods that go by it count: estimated where the place or the stop meets no street,
        infinite where there is no way; shape (stops,).
    estimated
        Which of these are estimated, shape (stops,).
    graded
        The stops with their modes, without a category.
    """

    place: shapely.Geometry
    feeds: Sequence[Row[Any]]
    stops: pd.DataFrame
    stations: Stations
    nearest: dict[str, Any]
    family_lines: dict[str, tuple[int, list[str]]]
    streets: NetworkName | None
    walk_m: dict[int, float | None]
    counted_m: npt.NDArray[np.float64]
    estimated: npt.NDArray[np.bool_]
    graded: GradedStops

    @cached_property
    def by_id(self) -> dict[int, Any]:
        """Stops by the id of their row."""
        return {stop.id: stop for stop in records(self.stops)}


@dataclass(frozen=True, eq=False)
class Counted:
    """Departures around a place in a window.

    Parameters
    ----------
    days
        Name of each feed to the day that was counted; None: it has no reference day of this kind.
    departures
        Of all feeds with a day together; stop is the row that stands for the station.
    """

    days: dict[str, date | None]
    departures: StopDepartures


@dataclass(frozen=True, eq=False)
class PlaceAnswer:
    """What one method says about a place.

    Parameters
    ----------
    wanted
        Method, window and day.
    days
        Name of each feed to the day that was counted; None: it has no such day.
    access
        Values of `access.access_of`.
    stops
        Stops by the id of their row.
    grade
        Row of `grading.grade_stops` of the stop that gave the class; None: no class.
    evidence
        Mode groups of that stop, as `evidence.stop_evidence`.
    profile
        Departures by hour of the group that counts, as `evidence.hour_profile`.
    better
        What is missing for the next class; None at the best one.
    """

    wanted: Asked
    days: dict[str, date | None]
    access: dict[str, Any]
    stops: dict[int, Any]
    grade: Any
    evidence: list[Record]
    profile: list[Record]
    better: Better | None


def reach_of(method: Method) -> float:
    """Return how far stops are looked at, metres."""
    return method.radius_m + SOUGHT_M


def surroundings(connection: Connection, place: shapely.Geometry, reach_m: float) -> Surroundings:
    """Read the stops around a place.

    Raises
    ------
    NotFound
        When no timetable is loaded.
    """
    feeds = connection.execute(queries.current_feeds()).all()
    if not feeds:
        raise NotFound(NO_TIMETABLE)
    rows, family_lines = [], {}
    asked_for = {"wkb": shapely.to_wkb(place), "radius_m": reach_m, "feeds": [feed.id for feed in feeds]}
    for *stop, family, lines in connection.execute(nearby_queries.STOPS_AROUND, asked_for):
        rows.append(stop)
        if family is not None:
            family_lines[family] = (stop[0], lines)
    stations = stations_of(connection, feeds)
    family_lines = {
        name: (stations.of.get(stop, stop), lines) for name, (stop, lines) in family_lines.items()
    }
    stops = pd.DataFrame(rows, columns=nearby_queries.STOP_COLUMNS).drop_duplicates("id")
    stops = by_station(stops, stations)
    stops = stops.sort_values(["feed_name", "stop_id"], ignore_index=True)
    graded = _graded(stops)
    nearest = _values(nearest_columns(np.array([place], dtype=object), graded))
    network, xy = network_in_use(connection), graded.xy
    straight = shapely.distance(place, np.asarray(shapely.points(xy), dtype=object))
    guessed = estimated_walk(1.0) * straight
    if network is None:
        ways, apart = guessed, np.ones(len(xy), dtype=bool)
    else:
        ways, apart = walks_around(connection, place, xy)
    walk_m = {
        stop: None if np.isnan(way) else way
        for stop, way in zip(stops.id.tolist(), ways.tolist(), strict=True)
    }
    counted = np.where(apart, guessed, np.nan_to_num(ways, nan=np.inf))
    return Surroundings(
        place, feeds, stops, stations, nearest, family_lines, network, walk_m, counted, apart, graded
    )


class Counter:
    """Counts the departures around a place; those of a day are read once, whatever is asked of it.

    Parameters
    ----------
    connection
        Connection to read from.
    around
        The stops around the place.
    """

    def __init__(self, connection: Connection, around: Surroundings) -> None:
        self._connection, self._around = connection, around
        self._read: dict[tuple[int, date], pd.DataFrame] = {}
        self._counted: dict[tuple[str, Window, date | None], Counted] = {}

    def count(self, wanted: Asked) -> Counted:
        """Return the departures in a window of the day asked for.

        Raises
        ------
        NotFound
            When no feed has a day of the kind asked for.
        BadParameter
            When the day asked for is in no feed's calendar.
        """
        key = (wanted.day_kind, wanted.window, wanted.day)
        if key not in self._counted:
            self._counted[key] = self._count(wanted)
        return self._counted[key]

    def _count(self, wanted: Asked) -> Counted:
        days = counted_days(self._around.feeds, wanted)
        parts = []
        for feed in self._around.feeds:
            day = days[feed.name]
            if day is not None:
                frame = self._day(feed, day)
                found = departures_on(frame, feed.service.lower, day, wanted.window)
                parts.append(Part(feed.id, feed.name, found))
        return Counted(days, merge(parts, self._around.stations))

    def _day(self, feed: Row[Any], day: date) -> pd.DataFrame:
        if (feed.id, day) not in self._read:
            ids = self._around.stations.members(self._around.stops.id.tolist())
            self._read[feed.id, day] = read_day(self._connection, feed, day, ids)
        return self._read[feed.id, day]


def answer(around: Surroundings, counted: Counted, wanted: Asked) -> PlaceAnswer:
    """Grade a place by the stops around it."""
    method = wanted.method
    grades = grade_stops(counted.departures, method, wanted.window)
    best = best_groups(grades)
    rank = dict(zip(best.stop.tolist(), best["rank"].tolist(), strict=True))
    none = len(method.categories)
    ranks = np.array([rank.get(stop, none) for stop in around.graded.ids.tolist()], dtype=np.int64)
    stops = replace(around.graded, category_rank=ranks)
    place = np.array([around.place], dtype=object)
    pairs = _pairs(around, stops, method, method.radius_m)
    row = _values(graded_columns(place, stops, method, pairs)) | around.nearest
    evidence: list[Record] = []
    profile: list[Record] = []
    if row["stop_pk"] is not None:
        stop = row["stop_pk"]
        there = counted.departures.at(stop)
        evidence = stop_evidence(there, grades[grades.stop == stop], method)[stop]
        profile = hour_profile(there, evidence[0]["mode_group"], method, wanted.window)
    return PlaceAnswer(
        wanted=wanted,
        days=counted.days,
        access=row,
        stops=around.by_id,
        grade=next(iter(records(best[best.stop == row["stop_pk"]])), None),
        evidence=evidence,
        profile=profile,
        better=next_better(method, row["grade"], _served(around, stops, grades, method), wanted.window),
    )


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of a table with their values by name."""
    return list(frame.itertuples(index=False))


def _values(columns: Columns) -> dict[str, Any]:
    """Return the values of the only row; None where one is missing."""
    values = {name: column.iloc[0] for name, column in columns.items()}
    return {name: None if pd.isna(value) else value for name, value in values.items()}


def _graded(stops: pd.DataFrame) -> GradedStops:
    return GradedStops(
        ids=stops.id.to_numpy(dtype=np.int64),
        xy=stops[["x", "y"]].to_numpy(dtype=float).reshape(-1, 2),
        modes=[frozenset(Mode(mode) for mode in modes) for modes in stops["modes"]],
        category_rank=np.zeros(len(stops), dtype=np.int64),
    )


def _pairs(around: Surroundings, stops: GradedStops, method: Method, limit_m: float) -> Pairs:
    """Return the stops within a distance, as `access.pairs_in_reach`."""
    if method.detour == 1:
        return within(np.array([around.place], dtype=object), stops.xy, limit_m)
    distance = around.counted_m / method.detour
    near = np.flatnonzero(distance <= limit_m)
    return np.zeros(len(near), dtype=np.int64), near, distance[near]


def _served(around: Surroundings, stops: GradedStops, grades: pd.DataFrame, method: Method) -> list[Served]:
    """Return every stop and mode group around a place, in the order of the stops."""
    _, number, distance = _pairs(around, stops, method, reach_of(method))
    far = dict(zip(stops.ids[number].tolist(), distance.tolist(), strict=True))
    order = {stop: position for position, stop in enumerate(stops.ids.tolist())}
    served = [
        Served(row.stop, far[row.stop], row.mode_group, int(row.departures), row.headway_min, bool(row.node))
        for row in records(grades)
        if row.stop in far
    ]
    return sorted(served, key=lambda each: order[each.stop])


def place_level(around: Surroundings, counted: Counted) -> Levels:
    """Return the PTAL of a place; stop is the row's id.

    Parameters
    ----------
    around
        Stops up to `ptal.RAIL_REACH_M` at least.
    counted
        Departures in `ptal.PTAL_WINDOW`.
    """
    near = np.flatnonzero(around.counted_m <= RAIL_REACH_M)
    ids = around.stops.id.to_numpy(dtype=np.int64)[near]
    offered = services(counted.departures, PTAL_WINDOW)
    return access_levels(1, (np.zeros(len(near), np.int64), ids, around.counted_m[near]), offered)


def answers(
    connection: Connection, place: shapely.Geometry, asked_for: Sequence[Asked]
) -> tuple[list[PlaceAnswer], Levels, Surroundings]:
    """Return what methods say about a place, its PTAL, and the stops around it.

    Raises
    ------
    NotFound
        When no timetable is loaded, or none has a day of the kind asked for.
    BadParameter
        When the day asked for is in no feed's calendar.
    """
    around = surroundings(connection, place, max(reach_of(wanted.method) for wanted in asked_for))
    counter = Counter(connection, around)
    found = [answer(around, counter.count(wanted), wanted) for wanted in asked_for]
    return found, place_level(around, counter.count(peak_hour())), around
