"""The city that the service works for, read from ``data/cities/<key>/profile.toml``."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas as gpd
import shapely

from geo_service.days import today_in
from geo_service.errors import InvalidInput
from geo_service.geometry import to_storage

WORLD: Final = shapely.box(-180, -90, 180, 90)
"""All longitudes and latitudes, degrees."""

LARGEST_PARCEL_KM2: Final = 10.0
"""Bound of a profile that states none: a parcel lies within one Gemarkung, and these measure some 5 km2 on
average (Dortmund: 58 on 280.7 km2)."""


@dataclass(frozen=True, eq=False)
class CityProfile:
    """One municipality: its names, keys, extent and words.

    Parameters
    ----------
    key
        Name of the profile's folder, as in ``GEO_CITY``.
    name, name_adjective
        "Dortmund", "Dortmunder".
    ags, ars
        Municipality keys, 8 and 12 digits.
    land, land_key
        Name and two-digit key of the Land: the head of every parcel key.
    timezone
        IANA name, such as ``Europe/Berlin``.
    center
        Longitude, latitude in degrees (WGS 84) to open a map at.
    bbox
        Min longitude, min latitude, max longitude, max latitude in degrees (WGS 84).
    boundary
        City limits, EPSG:25832.
    boundary_accuracy_m
        How far the drawn limits may lie from the real ones, metres; None when official.
    boundary_source
        Where the limits come from.
    margin_m
        Stops up to this far outside the boundary count, metres.
    area_km2
        Official area, square kilometres.
    largest_parcel_km2
        No parcel is larger; what is, is an error of the file, square kilometres.
    gemarkungen
        Four-digit Gemarkung key to name.
    districts, quarters
        Official names, in the usual order.
    offices
        Duty (planning, environment, ...) to the name of the office that is asked.
    links
        Purpose to web address; ``licence`` leads to the text of the licence.
    licence
        Name of the licence under which records are handed out; empty: not stated.
    folder
        Where the profile and further facts of this city lie.
    """

    key: str
    name: str
    name_adjective: str
    ags: str
    ars: str
    land: str
    land_key: str
    timezone: str
    center: tuple[float, float]
    bbox: tuple[float, float, float, float]
    boundary: shapely.MultiPolygon
    boundary_accuracy_m: float | None
    boundary_source: str
    margin_m: float
    area_km2: float
    largest_parcel_km2: float
    gemarkungen: Mapping[str, str]
    districts: tuple[str, ...]
    quarters: tuple[str, ...]
    offices: Mapping[str, str]
    links: Mapping[str, str]
    licence: str
    folder: Path

    def today(self) -> date:
        """Return the day that it is in the city, which is also ``current_date`` of its database sessions."""
        return today_in(self.timezone)

    def gemarkung_key(self, name: str) -> str | None:
        """Return the four-digit key of a Gemarkung by its name (upper or lower case), None when unknown."""
        wanted = name.strip().casefold()
        return next((key for key, known in self.gemarkungen.items() if known.casefold() == wanted), None)


def cities_folder() -> Path:
    """Return the folder that holds one folder per city."""
    return Path(str(files("data"))) / "cities"


def known_cities() -> tuple[str, ...]:
    """Return the keys of all city profiles, sorted."""
    return tuple(sorted(path.parent.name for path in cities_folder().glob("*/profile.toml")))


@lru_cache(maxsize=8)
def load_city(key: str) -> CityProfile:
    """Read a city profile.

    Parameters
    ----------
    key
        Name of a folder below ``data/cities``; the setting ``GEO_CITY``.

    Raises
    ------
    InvalidInput
        When there is no such profile (the known ones are named), or when the profile is wrong (the file and
        the field are named).
    """
    if key not in known_cities():
        raise InvalidInput(
            f"There is no city profile {key!r}. Known: {', '.join(known_cities())}. "
            "Set GEO_CITY to one of them or add data/cities/<key>/profile.toml.",
            parameter="city",
        )
    return read_profile(cities_folder() / key / "profile.toml")


def read_profile(path: Path) -> CityProfile:
    """Read and check one profile file and the boundary file it names.

    Raises
    ------
    InvalidInput
        Naming the file and what is wrong in it.
    """
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
        profile = _build(facts, path.parent)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{path} is no valid TOML: {error}") from error
    except KeyError as error:
        raise InvalidInput(f"{path}: the field {error} is missing.") from error
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{path}: {error}") from error
    _check(profile, path)
    return profile


def _build(facts: dict[str, Any], folder: Path) -> CityProfile:
    """Put the facts of a TOML file into a profile."""
    boundary, described = _read_boundary(folder / facts["boundary"])
    lon, lat = facts["center"]
    west, south, east, north = facts["bbox"]
    accuracy = described.get("geometry_accuracy_m")
    return CityProfile(
        key=facts["key"],
        name=facts["name"],
        name_adjective=facts.get("name_adjective", facts["name"]),
        ags=facts["ags"],
        ars=facts["ars"],
        land=facts["land"],
        land_key=facts["land_key"],
        timezone=facts["timezone"],
        center=(float(lon), float(lat)),
        bbox=(float(west), float(south), float(east), float(north)),
        boundary=boundary,
        boundary_accuracy_m=None if accuracy is None else float(accuracy),
        boundary_source=str(described.get("source", "")),
        margin_m=float(facts["margin_m"]),
        area_km2=float(facts["area_km2"]),
        largest_parcel_km2=float(facts.get("largest_parcel_km2", LARGEST_PARCEL_KM2)),
        gemarkungen=MappingProxyType(dict(facts["gemarkungen"])),
        districts=tuple(facts["districts"]),
        quarters=tuple(facts["quarters"]),
        offices=MappingProxyType(dict(facts["offices"])),
        links=MappingProxyType(dict(facts["links"])),
        licence=str(facts.get("licence", "")),
        folder=folder,
    )


def _read_boundary(path: Path) -> tuple[shapely.MultiPolygon, dict[str, Any]]:
    """Return the city limits in EPSG:25832 and the properties of their first feature."""
    if not path.is_file():
        raise ValueError(f"the boundary file {path.name} does not exist.")
    frame = to_storage(gpd.read_file(path))
    merged = shapely.union_all(frame.geometry.to_numpy())
    parts = [part for part in shapely.get_parts(merged) if isinstance(part, shapely.Polygon)]
    if not parts or not merged.is_valid:
        raise ValueError(f"the boundary file {path.name} holds no valid polygon.")
    return shapely.MultiPolygon(parts), dict(frame.drop(columns="geometry").iloc[0])


def _check(profile: CityProfile, path: Path) -> None:
    """Refuse a profile that contradicts itself."""
    west, south, east, north = profile.bbox
    lon, lat = profile.center
    problems = {
        "key must be the name of its folder": profile.key != path.parent.name,
        "land_key must have 2 digits": not re.fullmatch(r"\d{2}", profile.land_key),
        "ags must have 8 digits, the first two land_key": not re.fullmatch(
            profile.land_key + r"\d{6}", profile.ags
        ),
        "ars must have 12 digits, the first two land_key": not re.fullmatch(
            profile.land_key + r"\d{10}", profile.ars
        ),
        "bbox must be min lon, min lat, max lon, max lat in degrees": not (
            west < east and south < north and WORLD.contains(shapely.box(*profile.bbox))
        ),
        "center must lie inside bbox": not (west <= lon <= east and south <= lat <= north),
        "margin_m must not be negative": profile.margin_m < 0,
        "largest_parcel_km2 must be positive": not profile.largest_parcel_km2 > 0,
        "gemarkungen keys must have 4 digits": not all(
            re.fullmatch(r"\d{4}", key) for key in profile.gemarkungen
        ),
        f"the time zone {profile.timezone!r} is unknown": not _is_timezone(profile.timezone),
    }
    wrong = [text for text, holds in problems.items() if holds]
    if wrong:
        raise InvalidInput(f"{path}: {'; '.join(wrong)}.")


def _is_timezone(name: str) -> bool:
    """Tell whether the time zone data base knows the name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
