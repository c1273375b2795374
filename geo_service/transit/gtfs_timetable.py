"""From trips and stop times to departures: blank times, frequencies, last stops, duplicates, directions.

The statements run in the private DuckDB file of a feed (tables ``stops``, ``trips`` and ``calls``), so that a
feed of ten million stop times fits into little memory.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from duckdb import ColumnExpression

from geo_service.transit.directions import Pattern, line_directions
from geo_service.transit.duplicates import days_as_integers, find_duplicates, with_integers
from geo_service.transit.gtfs_calendar import Days
from geo_service.transit.gtfs_files import refused
from geo_service.transit.gtfs_lines import rows_of
from geo_service.transit.gtfs_reasons import NO_ENDS
from geo_service.transit.gtfs_tables import FeedTables

MAX_REPEATS: Final = 2_000
"""Most departures that one row of frequencies.txt may make; more is an error in the file."""

ORDERED: Final = """
CREATE TABLE ordered AS
SELECT trip_no, stop_no, station_no, no_pickup, no_drop_off, dist,
       coalesce(given.arr, given.dep) AS arr, coalesce(given.dep, given.arr) AS dep,
       row_number() OVER (PARTITION BY trip_no ORDER BY seq, given.arr, stop_no) AS pos
FROM (SELECT * REPLACE (CASE WHEN dep = -2 THEN arr ELSE dep END AS dep) FROM calls) AS given
"""
"""Calls of each trip in their order."""

BLANK_TRIPS: Final = "CREATE TABLE blank AS SELECT DISTINCT trip_no FROM ordered WHERE dep IS NULL"

FILLED: Final = """
CREATE TABLE filled AS
WITH known AS (
    SELECT ordered.*,
           CASE WHEN dep IS NOT NULL THEN pos END AS known_pos,
           CASE WHEN dep IS NOT NULL THEN dist END AS known_dist
    FROM ordered SEMI JOIN blank ON blank.trip_no = ordered.trip_no
), framed AS (
    SELECT *,
           last_value(known_pos IGNORE NULLS) OVER before AS pos0,
           last_value(known_dist IGNORE NULLS) OVER before AS dist0,
           last_value(dep IGNORE NULLS) OVER before AS dep0,
           first_value(known_pos IGNORE NULLS) OVER behind AS pos1,
           first_value(known_dist IGNORE NULLS) OVER behind AS dist1,
           first_value(arr IGNORE NULLS) OVER behind AS arr1
    FROM known
    WINDOW before AS (PARTITION BY trip_no ORDER BY pos ROWS UNBOUNDED PRECEDING),
           behind AS (PARTITION BY trip_no ORDER BY pos ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
)
SELECT trip_no, pos,
       coalesce(dep, dep0 + CAST(floor((arr1 - dep0) * CASE
           WHEN dist BETWEEN dist0 AND dist1 AND dist1 > dist0 THEN (dist - dist0) / (dist1 - dist0)
           ELSE (pos - pos0) / (pos1 - pos0) END) AS INTEGER)) AS dep
FROM framed
"""
"""Blank times between two given ones, by distance where it is given, else evenly from stop to stop."""

HOPS: Final = """
CREATE TABLE hops AS
SELECT * FROM (
    SELECT trip_no, stop_no, station_no, no_pickup, pos, coalesce(ordered.dep, filled.dep) AS dep,
           lead(station_no) OVER (PARTITION BY trip_no ORDER BY pos) AS next_station
    FROM ordered LEFT JOIN filled USING (trip_no, pos)
    ANTI JOIN unplaced ON unplaced.trip_no = ordered.trip_no
)
WHERE next_station <> station_no
"""
"""Every leaving of a station towards another; the last stop of a trip leaves nowhere."""

UNPLACED: Final = "CREATE TABLE unplaced AS SELECT DISTINCT trip_no FROM filled WHERE dep IS NULL"
"""Trips whose first or last time is blank: nothing can be said about them."""
UNPLACED_IDS: Final = "SELECT trip_id FROM unplaced JOIN trips USING (trip_no)"

RUNS: Final = """
CREATE TABLE runs AS
SELECT row_number() OVER (ORDER BY trip_no, repeats.offset_s) AS run_no, trip_no,
       coalesce(repeats.offset_s, 0) AS offset_s, trips.days_no, trips.mode, trips.agency_no, trips.line_no
FROM trips LEFT JOIN repeats USING (trip_no)
WHERE NOT trips.repeats OR repeats.offset_s IS NOT NULL
"""
"""Every trip, and every run that frequencies.txt makes of one, with the seconds that it starts later."""

ALIKE: Final = """
SELECT dense_rank() OVER (ORDER BY run.mode, run.print, run.stops, run.start) AS alike,
       run_no, runs.days_no, runs.agency_no, runs.line_no
FROM (
    SELECT run_no, runs.mode, bit_xor(hash(station_no, dep + offset_s, next_station)) AS print,
           count(*) AS stops, min(dep + offset_s) AS start
    FROM hops JOIN runs USING (trip_no)
    GROUP BY run_no, runs.mode
) AS run
JOIN runs USING (run_no)
QUALIFY count(*) OVER (PARTITION BY run.mode, run.print, run.stops, run.start) > 1
ORDER BY alike, run_no
"""
"""Runs that leave the same stations at the same times in the same mode, numbered by likeness."""

COUNTED: Final = """
CREATE TABLE counted AS
SELECT trip_no, offset_s, coalesce(changed.days_no, runs.days_no) AS days_no
FROM runs LEFT JOIN changed USING (run_no)
WHERE coalesce(changed.days_no, runs.days_no) >= 0
"""
"""Runs on the days on which they count."""

PATTERNS: Final = """
SELECT line_no, stations, list(trip_no) AS trips
FROM (
    SELECT trips.line_no, trip_no, list(station_no ORDER BY pos) AS stations
    FROM ordered JOIN trips USING (trip_no)
    WHERE trips.direction IS NULL
    GROUP BY trips.line_no, trip_no
)
GROUP BY line_no, stations
ORDER BY line_no, stations
"""
"""Sequences of stations of the lines whose directions must be told apart."""

DEPARTURES: Final = """
WITH again AS (
    SELECT trip_no, station_no, pos,
           row_number() OVER (PARTITION BY trip_no, station_no ORDER BY pos) - 1 AS visit
    FROM hops SEMI JOIN (
        SELECT trip_no, station_no FROM hops GROUP BY trip_no, station_no HAVING count(*) > 1
    ) AS twice ON twice.trip_no = hops.trip_no AND twice.station_no = hops.station_no
), ends AS (
    SELECT trip_no, arg_max(next_station, pos) AS station_no FROM hops GROUP BY trip_no
)
SELECT hops.station_no, hops.stop_no, trips.line_no, trips.route_type, hops.next_station,
       counted.days_no,
       (coalesce(directions.direction, trips.direction) + coalesce(again.visit, 0)) % 2 AS direction,
       min(CASE WHEN trips.headsign = '' THEN final.name ELSE trips.headsign END) AS headsign,
       list_sort(list(hops.dep + counted.offset_s)) AS departure_s
FROM hops
JOIN stops ON stops.stop_no = hops.stop_no AND stops.inside
JOIN trips ON trips.trip_no = hops.trip_no
JOIN ends ON ends.trip_no = hops.trip_no
JOIN stations AS final ON final.station_no = ends.station_no
LEFT JOIN directions ON directions.trip_no = hops.trip_no
LEFT JOIN again ON again.trip_no = hops.trip_no AND again.pos = hops.pos
JOIN counted ON counted.trip_no = hops.trip_no
WHERE NOT hops.no_pickup
GROUP BY ALL
ORDER BY ALL
"""
"""Departures by station, platform, line, direction, next stop and days.

A trip that comes to a station a second time is on its way back and counts in the other direction.
"""


FIRST_DEPARTURES: Final = """
SELECT trips.trip_id, trip_no, dep
FROM ordered JOIN trips USING (trip_no)
WHERE trips.repeats AND pos = 1 AND dep IS NOT NULL
"""
"""When the template trips of frequencies.txt start."""


class Timetable:
    """Makes departures of the tables of a feed.

    Parameters
    ----------
    tables
        Feed with tables ``stops`` (stop_no, station_no, inside), ``stations`` (station_no, name), ``trips``
        (trip_no, line_no, route_type, mode, agency_no, days_no, direction, headsign, repeats) and ``calls``
        (of trips that run and touch the area).
    day_sets
        Sets of days by number, shape (sets, days); grows where duplicates count on some of their days.
    """

    def __init__(self, tables: FeedTables, day_sets: Days) -> None:
        self.tables = tables
        self.duck = tables.duck
        self.day_sets = day_sets

    def departures(self) -> pd.DataFrame:
        """Return the departures of all stops in the area.

        Returns
        -------
        DataFrame
            station_no, stop_no, line_no, route_type, next_station, days_no (row of `day_sets`), direction,
            headsign, departure_s (sorted seconds of the service day).
        """
        self._place_times()
        self.duck.execute(HOPS)
        self._table("repeats", self._repeats(), trip_no="INTEGER", offset_s="INTEGER")
        self.duck.execute(RUNS)
        self._table("changed", self._duplicates(), run_no="BIGINT", days_no="INTEGER")
        self.duck.execute(COUNTED)
        self._table("directions", self._directions(), trip_no="INTEGER", direction="INTEGER")
        departures: pd.DataFrame = self.duck.execute(DEPARTURES).df()
        return departures

    def _place_times(self) -> None:
        """Order the calls and fill blank times."""
        for statement in (ORDERED, BLANK_TRIPS, FILLED, UNPLACED):
            self.duck.execute(statement)
        blank = self._number("SELECT count(*) FROM ordered WHERE dep IS NULL")
        if blank:
            self.tables.counts["blank times interpolated"] = blank
        unplaced = {trip for (trip,) in self.duck.execute(UNPLACED_IDS).fetchall()}
        if unplaced:
            self.tables.reject("trips.txt", "trip_id", unplaced.__contains__, NO_ENDS)

    def _number(self, statement: str) -> int:
        return int(self.duck.execute(statement).fetchall()[0][0])

    def _table(self, name: str, rows: Sequence[tuple[int, ...]], **columns: str) -> None:
        """Make a table of whole numbers."""
        values = np.array(rows, dtype=np.int64).reshape(len(rows), len(columns))
        frame = pd.DataFrame(values, columns=list(columns))
        relation = self.duck.from_df(frame)
        relation.project(
            *(ColumnExpression(column).cast(kind).alias(column) for column, kind in columns.items())
        ).create(name)

    def _repeats(self) -> list[tuple[int, int]]:
        """Return trip and offset in seconds of every run that frequencies.txt makes of a template trip."""
        file = "frequencies.txt"
        rows = self.tables.first_rows(file, self.tables.frame(file), ("trip_id", "start_time"))
        starts = {name: (trip, start) for name, trip, start in self.duck.execute(FIRST_DEPARTURES).fetchall()}
        repeats: set[tuple[int, int]] = set()
        for row in rows.itertuples(index=False):
            start, end, headway = self._frequency(row)
            if row.trip_id in starts:
                trip, template = starts[row.trip_id]
                repeats |= {(trip, at - template) for at in range(start, end, headway)}
        if len(rows):
            self.tables.counts["runs made of frequencies.txt"] = len(repeats)
        return sorted(repeats)

    def _frequency(self, row: Any) -> tuple[int, int, int]:  # noqa: ANN401 - a row of a frame
        """Return start, end and headway of a row of frequencies.txt in seconds, checked."""
        start, end = (
            self.duck.execute("SELECT coalesce(seconds(?), -1)", [clock]).fetchall()[0][0]
            for clock in (row.start_time, row.end_time)
        )
        headway = int(row.headway_secs) if row.headway_secs.isdigit() else 0
        wrong = {
            "start_time": start < 0,
            "end_time": end < max(start, 0),
            "headway_secs": not headway or end - start > MAX_REPEATS * headway,
        }
        file, fields = "frequencies.txt", ("trip_id", "start_time", "end_time", "headway_secs")
        for field in (field for field, holds in wrong.items() if holds):
            values = tuple(getattr(row, name) for name in fields)
            found = rows_of(self.tables.files.tables[file], fields)
            raise refused(
                f"{getattr(row, field)!r} makes no sense here.",
                "Write times as HH:MM:SS, the end not before the start, headways in seconds above 0; at most "
                f"{MAX_REPEATS} runs.",
                file=file,
                field=field,
                row=next((number for number, there in found if there == values), None),
            )
        return start, end, headway

    def _duplicates(self) -> list[tuple[int, int]]:
        """Return runs that do not count on all their days, with the number of those left (-1: never)."""
        sets = days_as_integers(self.day_sets)
        alike = self.duck.execute(ALIKE).fetchall()
        found = find_duplicates(alike, sets)
        twice = sum(bool(sets[days_no] & ~found.get(run, -1)) for _, run, days_no, *_ in alike)
        if twice:
            self.tables.counts["duplicate trips counted once"] = twice
            self.tables.warnings.append(
                f"{twice} trips run at the same times on the same days as another one of their "
                "line or of another agency; each such run was counted once."
            )
        new = sorted(set(found.values()) - {0, *sets})
        self.day_sets = with_integers(self.day_sets, new)
        number = {days: place for place, days in reversed(list(enumerate([*sets, *new])))} | {0: -1}
        return [(run, number[days]) for run, days in found.items()]

    def _directions(self) -> list[tuple[int, int]]:
        """Return trip and direction for the lines whose directions the feed does not tell."""
        found: list[tuple[int, int]] = []
        lines: dict[int, list[tuple[tuple[int, ...], list[int]]]] = {}
        for line, stations, trips in self.duck.execute(PATTERNS).fetchall():
            lines.setdefault(line, []).append((tuple(stations), trips))
        for patterns in lines.values():
            directions = line_directions([Pattern(stations, len(trips)) for stations, trips in patterns])
            for direction, (_, trips) in zip(directions, patterns, strict=True):
                found += [(trip, direction) for trip in trips]
        return found
