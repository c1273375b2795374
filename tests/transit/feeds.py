"""Small GTFS feeds made by hand, and their grades."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from geo_service.transit.departures import departures_on
from geo_service.transit.grading import best_groups, grade_stops
from geo_service.transit.gtfs import Feed
from geo_service.transit.methods import load_method
from geo_service.transit.windows import parse_window

TUESDAY = date(2026, 6, 16)
FIRST, LAST = "20260601", "20260628"
HEADERS = {
    "agency.txt": ["agency_id", "agency_name", "agency_url", "agency_timezone"],
    "stops.txt": ["stop_id", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"],
    "routes.txt": ["route_id", "agency_id", "route_short_name", "route_long_name", "route_type"],
    "trips.txt": ["route_id", "service_id", "trip_id", "direction_id", "trip_headsign"],
    "stop_times.txt": [
        "trip_id",
        "arrival_time",
        "departure_time",
        "stop_id",
        "stop_sequence",
        "pickup_type",
    ],
    "calendar.txt": [
        "service_id",
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        *("start_date", "end_date"),
    ],
}


def clock(second: float | None) -> str:
    """Write seconds as HH:MM:SS; blank for None."""
    if second is None:
        return ""
    return f"{int(second) // 3600:02d}:{int(second) // 60 % 60:02d}:{int(second) % 60:02d}"


class FeedMaker:
    """A feed under construction: a street of stops in Dortmund, 500 m apart."""

    def __init__(self) -> None:
        self.tables: dict[str, list[list[object]]] = {name: [] for name in HEADERS}
        self.more: dict[str, str] = {}
        self.tables["agency.txt"].append(["DSW21", "Stadtwerke", "https://example.org", "Europe/Berlin"])
        self.service("wk", "1111100")

    def service(self, name: str, days: str, first: str = FIRST, last: str = LAST) -> None:
        self.tables["calendar.txt"].append([name, *days, first, last])

    def stop(
        self, stop_id: str, name: str = "", east_m: float = 0, kind: str = "", parent: str = ""
    ) -> "FeedMaker":
        lon = 7.4653 + east_m / 69_300
        self.tables["stops.txt"].append([stop_id, name or stop_id, 51.5136, lon, kind, parent])
        return self

    def line(self, route_id: str, kind: int = 3, name: str = "", agency: str = "DSW21") -> "FeedMaker":
        self.tables["routes.txt"].append([route_id, agency, name or route_id, "", kind])
        return self

    def run(
        self,
        route_id: str,
        stops: Sequence[str],
        times: Sequence[float | None],
        service: str = "wk",
        direction: str = "",
        pickup: Sequence[str] = (),
    ) -> str:
        trip = f"t{len(self.tables['trips.txt'])}"
        self.tables["trips.txt"].append([route_id, service, trip, direction, ""])
        for place, (stop, second) in enumerate(zip(stops, times, strict=True)):
            kind = pickup[place] if pickup else ""
            row = [trip, clock(second), clock(second), stop, place + 1, kind]
            self.tables["stop_times.txt"].append(row)
        return trip

    def every(
        self,
        minutes: float,
        route_id: str,
        stops: Sequence[str],
        hours: tuple[float, float] = (6, 20),
        **more: str,
    ) -> "FeedMaker":
        """Add runs whose first departures are at even gaps within the hours, one minute from stop to stop."""
        start = hours[0] * 3600
        while start < hours[1] * 3600:
            self.run(route_id, stops, [start + 60 * place for place in range(len(stops))], **more)
            start += 60 * minutes
        return self

    def texts(self) -> dict[str, str]:
        texts = {}
        for name, rows in self.tables.items():
            output = io.StringIO()
            csv.writer(output).writerows([HEADERS[name], *rows])
            texts[name] = output.getvalue()
        return texts | self.more

    def write(self, folder: Path, name: str = "feed.zip") -> Path:
        return write_zip(folder / name, self.texts())


def write_zip(path: Path, texts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return path


def street(*stops: str) -> FeedMaker:
    """Return a feed with stops 500 m apart."""
    maker = FeedMaker()
    for place, stop in enumerate(stops):
        maker.stop(stop, east_m=500 * place)
    return maker


def all_grades(feed: Feed, method: str = "are", day: date = TUESDAY, window: str = "") -> pd.DataFrame:
    """Return the grades of all stops and mode groups, stop as id."""
    tables = load_method(method)
    chosen = parse_window(window) if window else tables.window
    ids = sorted(set(feed.departures.stop_id))
    numbers = {stop: place for place, stop in enumerate(ids)}
    frame = feed.departures.assign(stop=feed.departures.stop_id.map(numbers))
    grades = grade_stops(departures_on(frame, feed.first_day, day, chosen), tables, chosen)
    return grades.assign(stop=[ids[place] for place in grades.stop])


def grade_of(feed: Feed, stop: str, method: str = "are", day: date = TUESDAY) -> Any:
    """Return the group that gives a stop its category."""
    return best_groups(all_grades(feed, method, day)).set_index("stop").loc[stop]


def seconds_of(feed: Feed, stop: str) -> list[int]:
    """Return all departures of a stop, sorted, of all days together."""
    rows = feed.departures[feed.departures.stop_id == stop]
    return sorted(second for times in rows.departure_s for second in times)


def days_of(feed: Feed, bits: bytes) -> list[str]:
    """Return the days of a bitmap as ISO texts."""
    number = int.from_bytes(bits, "little")
    return [
        (feed.first_day + timedelta(days=place)).isoformat()
        for place in range(8 * len(bits))
        if number >> place & 1
    ]
