"""Whole runs of the reference day: stops in their order with arrival and departure, for travel times.

Only what runs on that day, or reaches into it from the days beside it, and calls at two stops of the area is
kept.
The statements run in the private DuckDB file of a feed, after its departures were made.
"""

from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.transit.gtfs_calendar import Days
from geo_service.transit.gtfs_tables import FeedTables

DAY_S: Final = 86_400
LATEST_S: Final = 27 * 3600
"""Runs of the next day are kept when they start before 3:00: a journey late in the evening may need them."""
TIME: Final = np.dtype("<i4")
"""How times are stored."""

RUNS: Final = """
CREATE TABLE day_runs AS
SELECT trips.trip_no, trips.line_no, trips.mode, shifts.shift_s + counted.offset_s AS offset_s
FROM counted
JOIN trips ON trips.trip_no = counted.trip_no
JOIN shifts ON shifts.days_no = counted.days_no
ANTI JOIN unplaced ON unplaced.trip_no = counted.trip_no
"""
"""Runs of the day and of those beside it, with the seconds that their times are moved by."""

LATEST: Final = """
SELECT (SELECT coalesce(max(dep), 0) FROM ordered) + (SELECT coalesce(max(offset_s), 0) FROM counted)
"""
"""Seconds after the start of its service day that no run is on its way any more."""

PATTERNS: Final = """
WITH timed AS (
    SELECT ordered.trip_no, ordered.pos, ordered.station_no, ordered.no_pickup, ordered.no_drop_off,
           coalesce(ordered.arr, filled.dep) AS arr, coalesce(ordered.dep, filled.dep) AS dep
    FROM ordered
    SEMI JOIN day_runs ON day_runs.trip_no = ordered.trip_no
    JOIN stops ON stops.stop_no = ordered.stop_no AND stops.inside
    LEFT JOIN filled ON filled.trip_no = ordered.trip_no AND filled.pos = ordered.pos
), courses AS (
    SELECT trip_no,
           list(station_no ORDER BY pos) AS stations,
           list(no_pickup ORDER BY pos) AS no_pickup,
           list(no_drop_off ORDER BY pos) AS no_drop_off,
           list(arr ORDER BY pos) AS arr,
           list(dep ORDER BY pos) AS dep
    FROM timed
    GROUP BY trip_no
    HAVING count(*) > 1
)
SELECT line_no, stations, no_pickup, no_drop_off,
       list(arr ORDER BY dep[1] + offset_s, trip_no) AS arr,
       list(dep ORDER BY dep[1] + offset_s, trip_no) AS dep,
       list(offset_s ORDER BY dep[1] + offset_s, trip_no) AS offset_s
FROM day_runs JOIN courses USING (trip_no)
WHERE dep[len(dep)] + offset_s >= 0 AND dep[1] + offset_s < $latest
GROUP BY line_no, stations, no_pickup, no_drop_off
ORDER BY line_no, stations, no_pickup, no_drop_off
"""
"""Runs by line and sequence of stops. Parameter: latest, first second that no run starts at any more."""


def day_patterns(
    tables: FeedTables, day_sets: Days, first_day: date, day: date, names: tuple[Any, pd.DataFrame]
) -> pd.DataFrame:
    """Return the runs of a day by line and sequence of stops.

    Parameters
    ----------
    tables
        Feed whose departures have been made.
    day_sets
        Sets of days that trips run on, shape (sets, days).
    first_day
        First day of them.
    day
        The day.
    names
        Ids of the stations by number; lines by number with columns line and mode.

    Returns
    -------
    DataFrame
        line, mode, stop_ids, boards, alights (lists along the course), runs (their number), times (bytes:
        little-endian 32-bit seconds of the day, shape (runs, stops, 2): arrival, departure).
    """
    station_ids, lines = names
    place = (day - first_day).days
    latest = int(tables.duck.execute(LATEST).fetchall()[0][0])
    shifts = [
        (int(number), shift * DAY_S)
        for shift in range(-max(latest // DAY_S, 1), 2)
        if 0 <= place + shift < day_sets.shape[1]
        for number in np.flatnonzero(day_sets[:, place + shift])
    ]
    tables.duck.from_df(pd.DataFrame(shifts, columns=["days_no", "shift_s"])).create("shifts")
    tables.duck.execute(RUNS)
    found = tables.duck.execute(PATTERNS, {"latest": LATEST_S}).fetchall()
    rows, mended = [], 0
    for line_no, stations, no_pickup, no_drop_off, arr, dep, offset_s in found:
        times, wrong = _ordered_times(arr, dep, offset_s)
        mended += wrong
        line = lines.iloc[line_no]
        rows.append(
            {
                "line": line["line"],
                "mode": line["mode"],
                "stop_ids": [station_ids[station] for station in stations],
                "boards": [not forbidden for forbidden in no_pickup],
                "alights": [not forbidden for forbidden in no_drop_off],
                "runs": len(times),
                "times": times.astype(TIME).tobytes(),
            }
        )
    tables.counts["runs of the reference day, kept for travel times"] = sum(row["runs"] for row in rows)
    if mended:
        tables.counts["runs back in time"] = mended
        tables.warnings.append(
            f"stop_times.txt: {mended} runs of the reference day go back in time between two stops; for "
            "travel times the later time counts."
        )
    columns = ["line", "mode", "stop_ids", "boards", "alights", "runs", "times"]
    return pd.DataFrame(rows, columns=columns)


def _ordered_times(
    arr: list[list[int]], dep: list[list[int]], offset_s: list[int]
) -> tuple[npt.NDArray[np.int64], int]:
    """Return arrivals and departures, shape (runs, stops, 2), and how many runs went back in time."""
    given = np.stack([np.array(arr, dtype=np.int64), np.array(dep, dtype=np.int64)], axis=2)
    flat = (given + np.array(offset_s, dtype=np.int64)[:, None, None]).reshape(len(arr), -1)
    ordered = np.maximum.accumulate(flat, axis=1)
    return ordered.reshape(given.shape), int((ordered != flat).any(axis=1).sum())
