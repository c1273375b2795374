"""Read stop_times.txt: check every row, keep those of the trips that run and touch the area.

The file is read twice: parsing it is cheap, keeping what nobody asks for is not.
"""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import pandas as pd
from duckdb import ColumnExpression

from geo_service.transit.gtfs_faults import MOST_LISTED, RowFault
from geo_service.transit.gtfs_lines import rows_of
from geo_service.transit.gtfs_reasons import NO_TIME, NO_WHOLE_NUMBER, SEQUENCE_TWICE, unknown
from geo_service.transit.gtfs_tables import FeedTables, readable, wanted_columns

FILE: Final = "stop_times.txt"

SEEN: Final = r"""
CREATE TABLE seen AS
SELECT trip_no, bool_or(inside) AS inside, count(*) AS calls,
       count(*) FILTER (no_stop) AS stop_id,
       count(*) FILTER (no_sequence) AS stop_sequence,
       count(*) FILTER (no_departure) AS departure_time,
       count(*) FILTER (no_arrival) AS arrival_time,
       count(*) FILTER (flexible) AS flexible,
       count(*) FILTER (odd) AS odd,
       count(*) FILTER (trip_no IS NULL OR no_stop OR no_sequence OR no_departure OR no_arrival) AS rejected
FROM (
    SELECT trips.trip_no,
           coalesce(stops.inside AND trips.days_no IS NOT NULL, false) AS inside,
           coalesce(trim(source.stop_id), '') = '' AS flexible,
           stops.stop_no IS NULL AND NOT flexible AS no_stop,
           coalesce(trim(source.pickup_type), '') NOT IN ('', '0', '1', '2', '3')
               OR coalesce(trim(source.drop_off_type), '') NOT IN ('', '0', '1', '2', '3') AS odd,
           TRY_CAST(trim(source.stop_sequence) AS INTEGER) IS NULL AS no_sequence,
           coalesce(NOT regexp_full_match(source.departure_time, $time), false) AS no_departure,
           coalesce(NOT regexp_full_match(source.arrival_time, $time), false) AS no_arrival
    FROM stop_times_txt AS source
    LEFT JOIN trips ON trips.trip_id = trim(source.trip_id)
    LEFT JOIN stops ON stops.stop_id = trim(source.stop_id)
)
GROUP BY trip_no
"""
"""Trips by stop_times.txt with the numbers of their faulty rows, trip_no NULL: unknown ones; inside: the trip
runs and touches the area; flexible rows serve an area, no stop. Parameter: pattern of a time."""

READ_CALLS: Final = """
CREATE MACRO read_calls(rows) AS TABLE
SELECT kept.trip_no,
       stops.stop_no,
       stops.station_no,
       TRY_CAST(trim(source.stop_sequence) AS INTEGER) AS seq,
       seconds(source.arrival_time) AS arr,
       CASE WHEN source.departure_time <> source.arrival_time OR source.arrival_time IS NULL
            THEN seconds(source.departure_time) ELSE -2 END AS dep,
       coalesce(trim(source.pickup_type) = '1', false) AS no_pickup,
       coalesce(trim(source.drop_off_type) = '1', false) AS no_drop_off,
       TRY_CAST(source.shape_dist_traveled AS DOUBLE) AS dist
FROM query_table(rows) AS source
JOIN (SELECT trip_no, trip_id FROM trips JOIN seen USING (trip_no) WHERE seen.inside) AS kept
  ON kept.trip_id = trim(source.trip_id)
JOIN stops ON stops.stop_id = trim(source.stop_id)
"""
"""Rows of the trips that run and touch the area, with numbers for ids and seconds for times (-1: no time;
departure -2: as the arrival)."""
CALLS: Final = "CREATE TABLE calls AS SELECT * FROM read_calls('stop_times_txt')"
FAULTY: Final = "DELETE FROM calls WHERE seq IS NULL OR coalesce(arr, 0) = -1 OR coalesce(dep, 0) = -1"
REPEATED: Final = """
CREATE TABLE repeated AS
SELECT trip_no, trip_id, seq
FROM (SELECT trip_no, seq FROM calls GROUP BY trip_no, seq HAVING count(*) > 1)
JOIN trips USING (trip_no)
"""
"""Numbers that a trip gives to several of its rows."""
FORGET_REPEATED: Final = """
DELETE FROM calls USING repeated WHERE calls.trip_no = repeated.trip_no AND calls.seq = repeated.seq
"""
FIRST_ONES: Final = "INSERT INTO calls SELECT * FROM read_calls('first_rows')"

SUMS: Final = """
SELECT coalesce(sum(calls) FILTER (trip_no IS NULL), 0) AS trip_id,
       coalesce(sum(stop_id), 0) AS stop_id,
       coalesce(sum(stop_sequence), 0) AS stop_sequence,
       coalesce(sum(departure_time), 0) AS departure_time,
       coalesce(sum(arrival_time), 0) AS arrival_time,
       coalesce(sum(calls), 0) AS calls,
       coalesce(sum(flexible), 0) AS flexible,
       coalesce(sum(odd), 0) AS odd,
       coalesce(sum(rejected), 0) AS rejected
FROM seen
"""
AS_WRITTEN: Final = "SET disabled_optimizers = 'join_order,build_side_probe_side'"
"""DuckDB does not know how long a file is, and would rather hash its rows than the ids that they name."""
WHOLE_NUMBER: Final = re.compile(r"[-+]?0*\d{1,9}(?:\.\d+)?")
"""A sequence number."""
TIME: Final = r"\s*((?:0?\d{1,2}|1[0-5]\d|16[0-7]):[0-5]\d:[0-5]\d)?\s*"
"""A time of GTFS up to 167:59:59, or nothing."""
IS_TIME: Final = re.compile(TIME)

ADVICE: Final = {
    "trip_id": unknown("trips.txt"),
    "stop_id": unknown("stops.txt"),
    "stop_sequence": NO_WHOLE_NUMBER,
    "departure_time": NO_TIME,
    "arrival_time": NO_TIME,
}
"""What may be wrong with the fields of stop_times.txt."""


def load_calls(tables: FeedTables) -> None:
    """Make table ``calls`` of stop_times.txt; tables ``trips`` and ``stops`` must be there.

    Rows with an unknown trip or stop, a sequence that is no number or that their trip has given to an earlier
    row, or a wrong time are listed as faults and left out.

    Parameters
    ----------
    tables
        The opened feed.
    """
    tables.duck.execute("SET preserve_insertion_order = false")
    tables.duck.execute(AS_WRITTEN)
    tables.source(FILE).create_view("stop_times_txt")
    with readable(FILE):
        tables.duck.execute(SEEN, {"time": TIME})
    tables.list_unreadable(FILE)
    sums = {name: int(number) for name, number in tables.duck.execute(SUMS).df().iloc[0].items()}
    unreadable = tables.faults.rejected.get(FILE, 0)
    tables.counts["stop_times"] = sums["calls"] + unreadable
    for field, advice in ADVICE.items():
        if sums[field]:
            tables.reject(FILE, field, _wrong(tables, field), advice, MOST_LISTED)
    tables.duck.execute(READ_CALLS)
    tables.duck.execute(CALLS)
    tables.duck.execute("RESET disabled_optimizers")
    if sums["rejected"]:
        tables.duck.execute(FAULTY)
        tables.faults.rejected[FILE] = unreadable + sums["rejected"]
    _keep_first_of_repeated(tables)
    if sums["odd"]:
        tables.warnings.append(
            f"{FILE}: {sums['odd']} rows have a pickup_type or drop_off_type that GTFS does not know "
            "(0 to 3); they were read as regular stops."
        )
    if sums["flexible"]:
        tables.drop(FILE, sums["flexible"], "name no stop (on-demand service of an area)")


def _keep_first_of_repeated(tables: FeedTables) -> None:
    """Leave out rows whose trip has an earlier row of the same stop_sequence."""
    tables.duck.execute(REPEATED)
    repeated = {(trip, seq) for _, trip, seq in tables.duck.table("repeated").fetchall()}
    if not repeated:
        return
    columns = wanted_columns(FILE)
    sound = {field: _wrong(tables, field) for field in ADVICE}
    first: dict[tuple[str, int], tuple[str, ...]] = {}
    later = 0
    before, faulty = tables.faults.rejected.get(FILE, 0), tables.faults.rows(FILE)
    for row, values in rows_of(tables.files.tables[FILE], columns):
        said = dict(zip(columns, values, strict=True))
        if row in faulty or any(wrong(said[field]) for field, wrong in sound.items()):
            continue
        number = said["trip_id"], _whole(said["stop_sequence"])
        if number in repeated and number in first:
            later += 1
            tables.faults.add(RowFault(FILE, row, "stop_sequence", said["stop_sequence"], SEQUENCE_TWICE))
        elif number in repeated:
            first[number] = values
    tables.faults.rejected[FILE] = before + later
    frame = pd.DataFrame(list(first.values()), columns=list(columns), dtype="str").replace("", None)
    tables.duck.from_df(frame).create("first_rows")
    tables.duck.execute(FORGET_REPEATED)
    tables.duck.execute(FIRST_ONES)


def _whole(text: str) -> int:
    """Read a sequence number as the database does: halves are rounded away from zero."""
    return int(Decimal(text).to_integral_value(ROUND_HALF_UP))


def _wrong(tables: FeedTables, field: str) -> Callable[[str], bool]:
    """Return the test that tells a wrong field of stop_times.txt."""
    if field in {"trip_id", "stop_id"}:
        table = field.removesuffix("_id") + "s"
        known = {row[0] for row in tables.duck.table(table).project(ColumnExpression(field)).fetchall()}
        return lambda value: value not in known and (value != "" or field == "trip_id")
    if field == "stop_sequence":
        return lambda value: not WHOLE_NUMBER.fullmatch(value)
    return lambda value: not IS_TIME.fullmatch(value)
