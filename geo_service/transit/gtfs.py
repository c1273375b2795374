"""Read a GTFS feed: what it is, its stops as passengers know them, and every departure from them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo_service.errors import ImportRejected
from geo_service.transit.gtfs_agencies import join_agencies
from geo_service.transit.gtfs_calendar import Days, ReferenceDays, day_bits, read_calendar, reference_days
from geo_service.transit.gtfs_calls import load_calls
from geo_service.transit.gtfs_faults import Faults, RowFault
from geo_service.transit.gtfs_files import open_feed
from geo_service.transit.gtfs_patterns import day_patterns
from geo_service.transit.gtfs_rows import FileRows, read_rows
from geo_service.transit.gtfs_stops import Stops, read_stops
from geo_service.transit.gtfs_tables import FeedTables
from geo_service.transit.gtfs_timetable import Timetable
from geo_service.transit.gtfs_transfers import load_transfers
from geo_service.transit.gtfs_trips import load_trips
from geo_service.transit.term_time import load_free_days, preferred_days, term_warnings

Progress = Callable[[str, float], None]
"""Told what is being done, and the share done so far (0 to 1)."""


@dataclass(frozen=True)
class ReadOptions:
    """How a feed is read.

    Parameters
    ----------
    day
        Reference working day; None: chosen by rule.
    area
        Only stops within it are kept, EPSG:25832; None: all.
    area_name
        What the area is called in messages.
    land
        Two-digit key of the Land whose holidays count; blank: not known.
    """

    day: date | None = None
    area: shapely.Geometry | None = None
    area_name: str = ""
    land: str = ""


@dataclass(frozen=True)
class Feed:
    """A feed as it is stored.

    Parameters
    ----------
    content_hash
        SHA-256 of the file.
    publisher, version
        As the feed says, blank where it does not.
    first_day, last_day
        Days of the calendar.
    days
        Days that stand for working days, Saturdays and Sundays.
    stops
        Stops as passengers know them: stop_id, name, member_ids, modes, lines, geometry (EPSG:25832).
    departures
        stop_id, platform_id, mode, route_type, line, direction, next_stop_id, headsign, days (bits from
        `first_day` on, lowest first), departure_s (sorted seconds of the service day).
    patterns
        Whole runs of the reference working day, as `gtfs_patterns.day_patterns`.
    counts
        What was read and left out.
    warnings
        What a reader should know, in sentences.
    faults
        Rows that could not be taken and are left out, the first of each file.
    rejected
        File to the number of such rows.
    files
        File to its rows, to compare versions by.
    transfers
        As `gtfs_transfers.load_transfers`.
    """

    content_hash: str
    publisher: str
    version: str
    first_day: date
    last_day: date
    days: ReferenceDays
    stops: pd.DataFrame
    departures: pd.DataFrame
    patterns: pd.DataFrame
    counts: dict[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    faults: tuple[RowFault, ...] = ()
    rejected: dict[str, int] = field(default_factory=dict)
    files: dict[str, FileRows] = field(default_factory=dict)
    transfers: Any = None


def silent(_step: str, _share: float) -> None:
    """Take progress without showing it."""


def read_gtfs(path: Path, options: ReadOptions | None = None, progress: Progress = silent) -> Feed:
    """Read a feed, leaving out the rows that cannot be taken: whether that will do, the caller decides.

    Parameters
    ----------
    path
        GTFS zip file, or a folder with its text files.
    options
        Reference day and area.
    progress
        Told of each step.

    Raises
    ------
    ImportRejected
        When the feed is broken, naming file, field and row, or holds nothing for the area.
    BadParameter
        When the wished reference day is not in the feed.
    """
    progress("Unpacking", 0.0)
    with open_feed(path) as files:
        tables = FeedTables(files)
        try:
            return _read(tables, options or ReadOptions(), progress)
        except ImportRejected as error:
            raise _with_faults(error, tables.faults) from error
        finally:
            tables.close()


def _with_faults(error: ImportRejected, faults: Faults) -> ImportRejected:
    """Tell of the rows first that were left out before nothing was left to read."""
    if not faults.listed:
        return error
    first, rows = faults.listed[0], sum(faults.rejected.values())
    return ImportRejected(
        f"{first.file}, field {first.field}, row {first.row}: {first.reason.en} {rows} such rows were found; "
        f"without them: {error.detail}",
        file=first.file,
        field=first.field or None,
        row=first.row,
    )


def _read(tables: FeedTables, options: ReadOptions, progress: Progress) -> Feed:
    progress("Stops, lines and calendar", 0.1)
    calendar = read_calendar(tables)
    stops = read_stops(tables, options.area, options.area_name)
    lines, day_sets = load_trips(tables, calendar)
    progress("Stop times", 0.25)
    load_calls(tables)
    transfers = load_transfers(tables)
    lines = join_agencies(tables, lines)
    progress("Departures", 0.5)
    timetable = Timetable(tables, day_sets)
    found = timetable.departures()
    if found.empty:
        place = f" in {options.area_name}" if options.area_name else ""
        raise ImportRejected(
            f"No trip departs from any stop{place} on any day of the calendar. Check calendar and area."
        )
    progress("Reference days", 0.9)
    per_day = _departures_per_day(found, timetable.day_sets)
    free = load_free_days(options.land)
    preferred = preferred_days(free, calendar.first_day, len(per_day))
    days = reference_days(calendar.first_day, per_day, options.day, preferred)
    tables.warnings += term_warnings(free, days.weekday, given=options.day is not None)
    departures = _named(found, stops, lines, timetable.day_sets)
    progress("Runs of the reference day", 0.95)
    names = stops.station_ids, lines
    patterns = day_patterns(tables, timetable.day_sets, calendar.first_day, days.weekday, names)
    tables.counts["departures"] = int(found.departure_s.map(len).sum())
    return Feed(
        content_hash=tables.files.content_hash,
        publisher=_first(tables, "feed_info.txt", "feed_publisher_name")
        or _first(tables, "agency.txt", "agency_name"),
        version=_first(tables, "feed_info.txt", "feed_version"),
        first_day=calendar.first_day,
        last_day=calendar.last_day,
        days=days,
        stops=_with_lines(stops.stations, departures),
        departures=departures,
        patterns=patterns,
        counts=tables.counts,
        warnings=tuple(tables.warnings),
        faults=tuple(tables.faults.listed),
        rejected=dict(tables.faults.rejected),
        files=read_rows(tables),
        transfers=transfers,
    )


def _first(tables: FeedTables, file: str, column: str) -> str:
    """Return the first value of a column, blank when there is none."""
    return next((value for value in tables.frame(file)[column] if value), "")


def _departures_per_day(found: pd.DataFrame, day_sets: Days) -> npt.NDArray[np.int64]:
    """Return the number of departures on each day of the feed, shape (days,)."""
    per_set = np.bincount(
        found.days_no.to_numpy(), weights=found.departure_s.map(len).to_numpy(), minlength=len(day_sets)
    )
    return (per_set @ day_sets).astype(np.int64)


def _named(found: pd.DataFrame, stops: Stops, lines: pd.DataFrame, day_sets: Days) -> pd.DataFrame:
    """Replace numbers by ids, lines and bits."""
    line = lines.iloc[found.line_no].reset_index(drop=True)
    bits = np.array([*day_bits(day_sets), b""], dtype=object)[:-1]
    return pd.DataFrame(
        {
            "stop_id": stops.station_ids[found.station_no],
            "platform_id": stops.stop_ids[found.stop_no],
            "mode": line["mode"],
            "route_type": found.route_type,
            "line": line["line"],
            "direction": found.direction,
            "next_stop_id": stops.station_ids[found.next_station],
            "headsign": found.headsign,
            "days": bits[found.days_no],
            "departure_s": found.departure_s,
        }
    )


def _with_lines(stations: pd.DataFrame, departures: pd.DataFrame) -> pd.DataFrame:
    """Add to each stop the modes and lines that depart from it on any day."""
    result = stations.drop(columns="station_no")
    for column, source in (("modes", "mode"), ("lines", "line")):
        listed = departures.groupby("stop_id")[source].agg(lambda values: sorted(set(values)))
        result[column] = [listed.get(stop_id, []) for stop_id in result.stop_id]
    return result
