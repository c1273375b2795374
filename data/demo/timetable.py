"""The simplified demo timetable: the line table made into a GTFS feed by make_gtfs.

make_gtfs makes a line's first trip of each window; the others follow it at the line's headway.
Each line runs its main course, and the branches of the table, in both directions at the headways given.
Stations are parents; every mode has its own platform below them, so that a rail stop and the bus stop before
it are told apart.
"""

import tempfile
import zipfile
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import gtfs_kit
import numpy as np
import pandas as pd
import shapely
from make_gtfs import build_feed
from make_gtfs.protofeed import ProtoFeed

from data.demo.facts import Line, Stop, read_lines
from geo_service.city import CityProfile
from geo_service.geometry import WGS84_SRID

PUBLISHER = "Demo-Fahrplan, vereinfacht (kein amtlicher Fahrplan)"
"""Name under which the feed says that it is none."""
PUBLISHER_URL = "https://opendata.ruhr"
SOURCES = (
    "Vereinfachter Demo-Fahrplan. Haltestellen: VRR-Fahrplandaten (CC BY 4.0), "
    "DELFI e. V. / gtfs.de (CC BY 4.0)"
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY = (1, 1, 1, 1, 1, 0, 0)
SATURDAY = (0, 0, 0, 0, 0, 1, 0)
SUNDAY = (0, 0, 0, 0, 0, 0, 1)
WINDOWS = (
    ("early", "evening", 4, 5, WEEKDAY),
    ("day", "weekday", 5, 21, WEEKDAY),
    ("late", "evening", 21, 24, WEEKDAY),
    ("saturday", "saturday", 5, 24, SATURDAY),
    ("sunday", "sunday", 7, 24, SUNDAY),
)
"""Windows of service: name, kind of headway, first and last hour, days. Daytime begins an hour before
06:00 and ends an hour after 20:00, so that from 06:00 to 20:00 every stop up to an hour along the line
has the table's headway."""
PLATFORMS = {"rail": "1", "tram": "2", "bus": "3", "metro": "4"}
"""Last part of a platform's id, by mode."""
ON_THE_LINE_M = 0.05
"""A course is drawn through its stops, so that its stops lie on it, metres."""
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
"""Time of every file in the archive: two runs make the same bytes."""


def build_timetable(city: CityProfile, reference_date: date) -> gtfs_kit.Feed:
    """Make the feed of the city's line table.

    Parameters
    ----------
    city
        Profile with ``lines.csv`` and ``stops.csv`` beside it.
    reference_date
        The feed is valid from 60 days before it to 31 December two years later.

    Returns
    -------
    gtfs_kit.Feed
        With agency, calendar, stops, routes, shapes, trips, stop_times, feed_info.
    """
    lines = read_lines(city)
    first, last = reference_date - timedelta(days=60), date(reference_date.year + 2, 12, 31)
    meta = {
        "agency_id": "demo",
        "agency_name": PUBLISHER,
        "agency_url": PUBLISHER_URL,
        "agency_timezone": city.timezone,
        "start_date": f"{first:%Y%m%d}",
        "end_date": f"{last:%Y%m%d}",
    }
    proto = ProtoFeed(
        meta=pd.DataFrame([meta]),
        service_windows=_windows(lines),
        shapes=_courses(lines),
        frequencies=_first_trips(lines),
        stops=_stations(lines),
    )
    with pd.option_context("mode.string_storage", "python"):  # many small frames: a quarter faster
        feed = build_feed(proto, buffer=ON_THE_LINE_M)
    _repeat_trips(feed, lines)
    _name_trips(feed, lines)
    _add_platforms(feed, lines)
    _join_courses(feed, lines)
    _order(feed)
    feed.feed_info = pd.DataFrame(
        [
            {
                "feed_publisher_name": SOURCES,
                "feed_publisher_url": PUBLISHER_URL,
                "feed_contact_url": PUBLISHER_URL,
                "feed_lang": "de",
                "feed_start_date": meta["start_date"],
                "feed_end_date": meta["end_date"],
                "feed_version": f"demo-{reference_date:%Y-%m-%d}",
            }
        ]
    )
    return feed


def write_timetable(feed: gtfs_kit.Feed, path: Path) -> Path:
    """Write the feed as a zip archive whose bytes depend on nothing but its content."""
    with tempfile.TemporaryDirectory() as folder:
        feed.to_file(Path(folder))
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(Path(folder).glob("*.txt")):
                entry = zipfile.ZipInfo(file.name, TIMESTAMP)
                archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, 6)
    return path


def _window_id(name: str, minute: int) -> str:
    return f"{name}{minute:02d}"


def _windows(lines: list[Line]) -> pd.DataFrame:
    """Return one service window per part of the week and minute of first departure."""
    rows = [
        {
            "service_window_id": _window_id(name, minute),
            "start_time": f"{first:02d}:{minute:02d}:00",
            "end_time": f"{last:02d}:{minute:02d}:00",
            **dict(zip(DAYS, days, strict=True)),
        }
        for minute in sorted({line.minute for line in lines})
        for name, _, first, last, days in WINDOWS
    ]
    return pd.DataFrame(rows)


def _courses(lines: list[Line]) -> gpd.GeoDataFrame:
    """Return each line's course as the polyline through its stops (lon/lat)."""
    shapes = [shapely.LineString([(stop.lon, stop.lat) for stop in line.stops]) for line in lines]
    return gpd.GeoDataFrame({"shape_id": [line.key for line in lines]}, geometry=shapes, crs=WGS84_SRID)


def _first_trips(lines: list[Line]) -> pd.DataFrame:
    """Return each line in each of its windows, both directions, with one trip there."""
    rows = [
        {
            "route_short_name": line.key,
            "route_long_name": f"{line.stops[0].name} - {line.stops[-1].name}",
            "route_type": line.route_type,
            "service_window_id": _window_id(name, line.minute),
            "direction": 2,
            "frequency": 1.5 / (last - first),  # trips an hour; make_gtfs leaves out parts of a trip
            "shape_id": line.key,
            "speed": line.speed_kmh,
        }
        for line in lines
        for name, _, first, last, _ in WINDOWS
    ]
    return pd.DataFrame(rows)


def _repeat_trips(feed: gtfs_kit.Feed, lines: list[Line]) -> None:
    """Let the first trip of each window be followed by those at the line's headway, to the window's end."""
    repeats = {
        (f"r{line.key}", _window_id(name, line.minute)): (line.headways_min[kind], (last - first) * 60)
        for line in lines
        for name, kind, first, last, _ in WINDOWS
    }
    first_trips = feed.trips
    named = first_trips["trip_id"].str.split("-").str  # t, route, window, start, direction, number
    headways, lasting = np.array([repeats[key] for key in zip(named[1], named[2], strict=True)]).T
    times = lasting // headways
    number = np.concatenate([np.arange(count) for count in times])
    trips = first_trips.loc[first_trips.index.repeat(times)].reset_index(drop=True)
    first_of = trips["trip_id"]
    trips["trip_id"] = first_of.str.rsplit("-", n=1).str[0] + "-" + pd.Series(number.astype(str))
    later_s = pd.Series(number * np.repeat(headways, times) * 60, name="later_s")
    calls = pd.concat([trips["trip_id"].rename("new_id"), first_of, later_s], axis=1).merge(feed.stop_times)
    for column in ("arrival_time", "departure_time"):
        calls[column] = _clock(pd.to_timedelta(calls[column]).dt.total_seconds() + calls["later_s"])
    feed.trips = trips
    feed.stop_times = calls.drop(columns=["trip_id", "later_s"]).rename(columns={"new_id": "trip_id"})


def _clock(seconds: "pd.Series[float]") -> "pd.Series[str]":
    """Return times of day as GTFS writes them, past 24:00 too."""
    whole = seconds.astype(int)
    parts = (whole // 3600, whole // 60 % 60, whole % 60)
    hours, minutes, rest = (part.astype(str).str.zfill(2) for part in parts)
    return hours + ":" + minutes + ":" + rest


def _stations(lines: list[Line]) -> pd.DataFrame:
    """Return the stations that any line serves, in the order of the line table."""
    stations: dict[str, Stop] = {stop.stop_id: stop for line in lines for stop in line.stops}
    rows = [
        {"stop_id": stop.stop_id, "stop_name": stop.name, "stop_lat": stop.lat, "stop_lon": stop.lon}
        for stop in stations.values()
    ]
    return pd.DataFrame(rows)


def _name_trips(feed: gtfs_kit.Feed, lines: list[Line]) -> None:
    """Give every trip the name of its last stop; make_gtfs runs direction 1 as the course is drawn."""
    ends = {
        (f"r{line.key}", direction): line.stops[-direction].name for line in lines for direction in (0, 1)
    }
    trips = feed.trips
    keys = zip(trips["route_id"], trips["direction_id"], strict=True)
    feed.trips = trips.assign(trip_headsign=[ends[key] for key in keys])


def _add_platforms(feed: gtfs_kit.Feed, lines: list[Line]) -> None:
    """Turn the stations into parents and let each mode stop at a platform of its own."""
    mode = {f"r{line.key}": line.mode for line in lines}
    platform_of_trip = feed.trips.set_index("trip_id")["route_id"].map(mode).map(PLATFORMS)
    called = feed.stop_times
    platforms = called["stop_id"] + ":" + called["trip_id"].map(platform_of_trip)
    feed.stop_times = called.assign(stop_id=platforms).drop(columns="shape_dist_traveled")
    stations = feed.stops.assign(location_type=1, parent_station=None)
    used = pd.DataFrame({"stop_id": sorted(platforms.unique())})
    used["parent_station"] = used["stop_id"].str.rsplit(":", n=1).str[0]
    places = stations[["stop_id", "stop_name", "stop_lat", "stop_lon"]]
    children = used.merge(places.rename(columns={"stop_id": "parent_station"}), on="parent_station")
    feed.stops = pd.concat([stations, children.assign(location_type=0)], ignore_index=True)


def _join_courses(feed: gtfs_kit.Feed, lines: list[Line]) -> None:
    """Give the trips of all courses of a line to the route of its main course."""
    route_of = {f"r{line.key}": f"r{line.name}" for line in lines}
    feed.trips = feed.trips.assign(route_id=feed.trips["route_id"].map(route_of))
    main = feed.routes["route_id"].isin(set(route_of.values()))
    feed.routes = feed.routes[main].reset_index(drop=True)


def _order(feed: gtfs_kit.Feed) -> None:
    """Sort what make_gtfs leaves in the order of a set."""
    feed.calendar = feed.calendar.sort_values("service_id", ignore_index=True)
    feed.stop_times = feed.stop_times.sort_values(["trip_id", "stop_sequence"], ignore_index=True)
