"""Destinations of travel times, read from ``data/cities/<key>/destinations.toml``."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from geo_service.city import CityProfile
from geo_service.errors import InvalidInput

FILE: Final = "destinations.toml"
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Destination:
    """A place that travel times are measured to.

    Parameters
    ----------
    key
        Identifier, such as ``hbf``.
    name_de, name_en
        Names.
    lon, lat
        Degrees (WGS 84).
    """

    key: str
    name_de: str
    name_en: str
    lon: float
    lat: float


def load_destinations(city: CityProfile) -> tuple[Destination, ...]:
    """Read the destinations of a city, in the order of the file.

    Raises
    ------
    InvalidInput
        When the city has none, or the file is wrong: file and field are named.
    """
    path = city.folder / FILE
    if not path.is_file():
        raise InvalidInput(
            f"The city {city.key} has no destinations. Write data/cities/{city.key}/{FILE}: tables "
            "[[destination]] with key, name_de, name_en, lon, lat."
        )
    return read_destinations(path)


def read_destinations(path: Path) -> tuple[Destination, ...]:
    """Read a file of destinations.

    Raises
    ------
    InvalidInput
        When it is no TOML, or a field is missing or wrong.
    """
    try:
        rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["destination"]
        found = tuple(
            Destination(
                key=str(row["key"]),
                name_de=str(row["name_de"]),
                name_en=str(row["name_en"]),
                lon=float(row["lon"]),
                lat=float(row["lat"]),
            )
            for row in rows
        )
    except KeyError as error:
        raise InvalidInput(f"{path}: the field {error} is missing.") from error
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{path}: {error}") from error
    keys = [destination.key for destination in found]
    wrong = [key for key in keys if not KEY.fullmatch(key) or keys.count(key) > 1]
    if wrong:
        raise InvalidInput(f"{path}: the key {wrong[0]!r} is given twice, or is not in small letters.")
    beyond = [place.key for place in found if not (abs(place.lon) <= 180 and abs(place.lat) <= 90)]  # noqa: PLR2004 - degrees
    if beyond:
        raise InvalidInput(f"{path}: lon or lat of {beyond[0]!r} is beyond 180 or 90 degrees.")
    return found
