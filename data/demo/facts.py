"""Reading the hand-written facts of a city: tables (CSV) and records (TOML) beside its profile."""

import csv
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo_service.city import CityProfile
from geo_service.errors import InvalidInput


def fact_file(city: CityProfile, name: str) -> Path:
    """Return the path of a facts file of the city.

    Raises
    ------
    InvalidInput
        When the city has no such file, so that no demo can be made of it.
    """
    path = city.folder / name
    if not path.is_file():
        raise InvalidInput(
            f"There is no demo of {city.name}: {path} does not exist. Set GEO_CITY=dortmund for the demo."
        )
    return path


def read_records(city: CityProfile, name: str) -> dict[str, Any]:
    """Read a TOML file of facts."""
    return tomllib.loads(fact_file(city, name).read_text(encoding="utf-8"))


def read_table(city: CityProfile, name: str) -> list[dict[str, str]]:
    """Read a CSV file of facts; lines that begin with ``#`` tell where the facts come from."""
    lines = fact_file(city, name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if line and not line.startswith("#")))


@dataclass(frozen=True)
class Stop:
    """A station of the line table.

    Parameters
    ----------
    stop_id
        IFOPT id, such as ``de:05913:131``; ``delfi:`` and a number outside the city.
    name
        Name without the city.
    lon, lat
        Degrees (WGS 84).
    source
        ``VRR`` or ``DELFI``.
    """

    stop_id: str
    name: str
    lon: float
    lat: float
    source: str


@dataclass(frozen=True)
class Line:
    """One course of a line, both directions.

    Parameters
    ----------
    name
        As passengers know it, such as ``U47``.
    mode
        ``rail``, ``metro``, ``tram`` or ``bus``.
    route_type
        GTFS route type.
    headways_min
        Minutes between two departures by kind of service: ``weekday`` (daytime), ``evening`` (weekday),
        ``saturday``, ``sunday``.
    minute
        Minute after the hour of the first departure at either end.
    speed_kmh
        Average speed.
    stops
        The course, end to end.
    course
        1: the main course of the line; 2 and more: a branch.
    """

    name: str
    mode: str
    route_type: int
    headways_min: dict[str, int]
    minute: int
    speed_kmh: float
    stops: tuple[Stop, ...]
    course: int = 1

    @property
    def key(self) -> str:
        """Name of the course, such as ``U45`` or, for its first branch, ``U45/2``."""
        return self.name if self.course == 1 else f"{self.name}/{self.course}"


def read_stops(city: CityProfile) -> dict[str, Stop]:
    """Return the stops of the city's stop table by name."""
    return {
        row["name"]: Stop(row["stop_id"], row["name"], float(row["lon"]), float(row["lat"]), row["source"])
        for row in read_table(city, "stops.csv")
    }


def read_lines(city: CityProfile) -> list[Line]:
    """Return the courses of the city's line table; the first of a line is its main one.

    Raises
    ------
    InvalidInput
        When a line names a stop that the stop table does not have.
    """
    stops = read_stops(city)
    lines: list[Line] = []
    for row in read_table(city, "lines.csv"):
        names = row["stops"].split(" > ")
        missing = [name for name in names if name not in stops]
        if missing:
            raise InvalidInput(f"lines.csv, line {row['line']}: stops.csv has no {', '.join(missing)}.")
        lines.append(
            Line(
                name=row["line"],
                mode=row["mode"],
                route_type=int(row["route_type"]),
                headways_min={
                    kind: int(row[f"headway_{kind}_min"])
                    for kind in ("weekday", "evening", "saturday", "sunday")
                },
                minute=int(row["minute"]),
                speed_kmh=float(row["speed_kmh"]),
                stops=tuple(stops[name] for name in names),
                course=1 + sum(line.name == row["line"] for line in lines),
            )
        )
    return lines
