"""Grades of the stops of stored feeds: read departures of a day, hand them to the kernel."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, Row

from geo_service.errors import BadParameter, NotFound
from geo_service.transit import queries
from geo_service.transit.departures import StopDepartures, departures_on
from geo_service.transit.grading import grade_stops
from geo_service.transit.gtfs_tables import LONGEST_DAYS
from geo_service.transit.methods import Method, load_method
from geo_service.transit.models import DayKind
from geo_service.transit.windows import DAY, NAMED_WINDOWS, Window, kind_of_day, read_window

DEPARTURE_COLUMNS = ["stop", "mode", "line", "direction", "next_stop_id", "headsign", "days", "departure_s"]
TYPES = {"stop": np.int64, "direction": np.int64}
ARRAY_HEAD = 20
"""Bytes before the first element of an array with one dimension (PostgreSQL, array_send)."""
NEIGHBOURING_DAYS = (-1, 0, 1)
"""A night bus of the day before, and what runs after midnight, belong to a day's departures too."""
LONG_AGO = range(-LONGEST_DAYS, NEIGHBOURING_DAYS[0])
"""Days before, of which only what is under way for days (a ferry at 54:00) reaches into a day."""


@dataclass(frozen=True)
class Asked:
    """What is counted.

    Parameters
    ----------
    method
        The grading method.
    window
        Time of day.
    day_kind
        weekday, saturday or sunday: the reference day of each feed, or what the day given is.
    day
        The day; None: the reference day.
    """

    method: Method
    window: Window
    day_kind: str
    day: date | None = None


def asked(method: str, window: str | None = None, day: date | None = None) -> Asked:
    """Read what a caller asks for; the method's window when none is given.

    A named window (`windows.NAMED_WINDOWS`) is counted on its own kind of day, times on the method's; where a
    day is given, on that day whatever the window is meant for.

    Raises
    ------
    BadParameter
        For an unknown method or a window that is none.
    """
    chosen = load_method(method)
    kind, times = read_window(window, chosen.day_kind) if window else (chosen.day_kind, chosen.window)
    return Asked(chosen, times, kind_of_day(day) if day else kind, day)


def stored_window(wanted: Asked) -> str | None:
    """Return under which name answers to a question are stored; None: such are only computed on request."""
    if wanted.day is not None:
        return None
    own = (wanted.method.day_kind, wanted.method.window)
    spans = {(kind, span): name for name, (kind, span) in NAMED_WINDOWS.items()} | {own: DAY}
    return spans.get((wanted.day_kind, wanted.window))


def day_of(feed: Row[Any], wanted: Asked) -> date | None:
    """Return the day that is counted in a feed; None when its calendar has no such day."""
    if wanted.day is None:
        reference: dict[str, date | None] = {
            DayKind.WEEKDAY: feed.weekday,
            DayKind.SATURDAY: feed.saturday,
            DayKind.SUNDAY: feed.sunday,
        }
        return reference[wanted.day_kind]
    return wanted.day if feed.service.lower <= wanted.day < feed.service.upper else None


def counted_days(feeds: Sequence[Row[Any]], wanted: Asked) -> dict[str, date | None]:
    """Return the day that is counted in each feed by its name; None: it has no such day, and counts nothing.

    Raises
    ------
    NotFound
        When no feed has a day of the kind asked for.
    BadParameter
        When the day asked for is in no feed's calendar.
    """
    days = {feed.name: day_of(feed, wanted) for feed in feeds}
    if any(days.values()):
        return days
    if wanted.day is None:
        raise NotFound(f"No timetable has a {wanted.day_kind} with service.")
    raise in_no_calendar(feeds, wanted.day)


def in_no_calendar(feeds: Sequence[Row[Any]], day: date | None) -> BadParameter:
    """Return the error that tells which days the calendars of feeds cover."""
    covered = ", ".join(
        f"{feed.name} covers {feed.service.lower} to {feed.service.upper - timedelta(days=1)}"
        for feed in feeds
    )
    return BadParameter(f"No timetable covers the day {day}: {covered}.", parameter="day")


def graded_day(feed: Row[Any], wanted: Asked) -> date:
    """Return the day that is counted in one feed.

    Raises
    ------
    NotFound
        When the feed has no reference day of the kind that the method counts.
    BadParameter
        When the day asked for is not in its calendar.
    """
    day = day_of(feed, wanted)
    if day is None and wanted.day is None:
        raise NotFound(f"The feed {feed.name} has no {wanted.day_kind} with service.")
    if day is None:
        raise in_no_calendar([feed], wanted.day)
    return day


def read_departures(
    connection: Connection,
    feed: Row[Any],
    day: date,
    window: Window,
    stop_ids: Collection[int] | None = None,
) -> StopDepartures:
    """Return the departures of a feed on a day within a window, of some or all stops (by row id)."""
    return departures_on(read_day(connection, feed, day, stop_ids), feed.service.lower, day, window)


def read_day(
    connection: Connection, feed: Row[Any], day: date, stop_ids: Collection[int] | None = None
) -> pd.DataFrame:
    """Return what `departures.departures_on` takes of a day, of some or all stops (by row id)."""
    first_day = feed.service.lower
    number = (feed.service.upper - first_day).days
    places, long_ago = (
        [place for shift in shifts if 0 <= (place := (day - first_day).days + shift) < number]
        for shifts in (NEIGHBOURING_DAYS, LONG_AGO)
    )
    rows = connection.execute(queries.departures(feed.id, places, stop_ids, long_ago))
    columns = list(zip(*rows, strict=True)) or [()] * len(DEPARTURE_COLUMNS)
    frame = pd.DataFrame(
        {
            name: pd.Series(values, dtype=TYPES.get(name, object))
            for name, values in zip(DEPARTURE_COLUMNS, columns, strict=True)
        }
    )
    return frame.assign(departure_s=pd.Series(_times(columns[-1]), dtype=object))


def _times(arrays: Sequence[bytes]) -> list[npt.NDArray[np.int64]]:
    """Read arrays of 32-bit integers as PostgreSQL sends them: a head, then length and value of each."""
    flat = np.frombuffer(b"".join(array[ARRAY_HEAD:] for array in arrays), ">i4").reshape(-1, 2)[:, 1]
    ends = np.cumsum([(len(array) - ARRAY_HEAD) // 8 for array in arrays], dtype=np.int64)
    return np.split(flat.astype(np.int64), ends[:-1]) if arrays else []


def grade_feed(
    connection: Connection, feed: Row[Any], wanted: Asked
) -> tuple[pd.DataFrame, StopDepartures, date]:
    """Grade all stops of a feed.

    Returns
    -------
    DataFrame
        As `grading.grade_stops`; stop is the id of the row.
    StopDepartures
        What was counted.
    date
        The day that was counted.

    Raises
    ------
    NotFound, BadParameter
        As `graded_day`.
    """
    day = graded_day(feed, wanted)
    departures = read_departures(connection, feed, day, wanted.window)
    return grade_stops(departures, wanted.method, wanted.window), departures, day


def current_feed(connection: Connection, name: str) -> Row[Any]:
    """Return the current version of a feed, also of one that is imported for checking only.

    Raises
    ------
    NotFound
        When there is none of this name; the known ones are named.
    """
    feed = connection.execute(queries.kept_feeds(name)).first()
    if feed is None:
        known = [row.name for row in connection.execute(queries.kept_feeds())]
        hint = (
            f"Known: {', '.join(known)}." if known else "None is loaded yet: geo import gtfs PATH --name NAME"
        )
        raise NotFound(f"There is no feed {name!r}. {hint}", parameter="feed")
    return feed


def stop_table(connection: Connection, name: str, wanted: Asked) -> pd.DataFrame:
    """Return the category of every stop of a feed in every mode group: what is needed to check the grading.

    Parameters
    ----------
    connection
        Connection to read from.
    name
        Name of the feed.
    wanted
        Method, window and day.

    Returns
    -------
    DataFrame
        stop_id, name, mode_group, departures (per direction), headway_min, category (None: none), and besides
        total (departures in both directions), node, day; sorted by stop_id and mode group.
    """
    feed = current_feed(connection, name)
    grades, _, day = grade_feed(connection, feed, wanted)
    rows = connection.execute(queries.stops([feed.id])).all()
    stops = pd.DataFrame(rows, columns=["id", "feed_id", "stop_id", "name", "modes", "x", "y"]).set_index(
        "id"
    )
    table = grades.join(stops[["stop_id", "name"]], on="stop").assign(day=day)
    columns = [
        "stop_id",
        "name",
        "mode_group",
        "departures",
        "headway_min",
        "category",
        "total",
        "node",
        "day",
    ]
    return table[columns].sort_values(["stop_id", "mode_group"]).reset_index(drop=True)
