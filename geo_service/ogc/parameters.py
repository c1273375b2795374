"""What a caller may write behind the question mark, read strictly: an unknown or wrong parameter is named.

Source: OGC API - Features, part 1 (OGC 17-069r4), sections 7.15 and 7.16; part 2 (18-058r1), bbox-crs.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry
from starlette.datastructures import QueryParams

from geo_service.errors import BadParameter
from geo_service.geometry import STORAGE_SRID, WGS84_SRID
from geo_service.ogc.areas import area_of_degrees, area_of_metres
from geo_service.ogc.filters import Filter, read_filters

MAX_LIMIT: Final = 10_000
DEFAULT_LIMIT: Final = 100
CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
STORAGE_CRS: Final = "http://www.opengis.net/def/crs/EPSG/0/25832"
SRID_OF_CRS: Final = {
    CRS84: WGS84_SRID,
    "CRS84": WGS84_SRID,
    "OGC:CRS84": WGS84_SRID,
    STORAGE_CRS: STORAGE_SRID,
    "EPSG:25832": STORAGE_SRID,
}
"""Coordinate systems of crs and bbox-crs, by URI and by the short names that people write."""
CRS_OF_SRID: Final = {WGS84_SRID: CRS84, STORAGE_SRID: STORAGE_CRS}
FORMATS: Final = frozenset({"json", "geojson"})
MAX_KEY: Final = 2**31 - 1
BOX, BOX_WITH_HEIGHTS, INTERVAL = 4, 6, 2
"""How many parts each of them has."""
DAY_OR_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?")

Days = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class ItemsRequest:
    """A page of a collection, as asked for.

    Parameters
    ----------
    limit
        Most features on a page.
    after
        Row id after which the page starts.
    boxed
        Whether a bbox is given.
    area
        What it covers, EPSG:25832; None with ``boxed``: nothing.
    days
        First and last day in question; None: open.
    choices
        Values of the collection's choices.
    srid
        Coordinate system of the answer.
    filters
        Filters by the collection's fields, with their values.
    """

    limit: int
    after: int
    boxed: bool
    area: BaseGeometry | None
    days: Days
    choices: dict[str, str]
    srid: int
    filters: dict[Filter, Any]


def items_request(
    query: QueryParams,
    choices: Mapping[str, str],
    today: date,
    zone: ZoneInfo,
    filters: Mapping[str, Filter] = MappingProxyType({}),
) -> ItemsRequest:
    """Read the parameters of a page.

    Parameters
    ----------
    query
        As sent.
    choices
        The collection's choices with their defaults.
    today
        Day that counts when no datetime is given.
    zone
        Time zone in which moments become days.
    filters
        The collection's filters by name of their parameter.

    Raises
    ------
    BadParameter
        Naming the parameter.
    """
    allowed = {"limit", "after", "bbox", "bbox-crs", "crs", "datetime", "f", *choices, *filters}
    given = single_values(query, allowed)
    box_srid = srid_of(given, "bbox-crs")
    area = _area(given["bbox"], box_srid) if "bbox" in given else None
    return ItemsRequest(
        limit=min(_whole(given, "limit", DEFAULT_LIMIT, lowest=1), MAX_LIMIT),
        after=min(_whole(given, "after", 0, lowest=0), MAX_KEY),
        boxed="bbox" in given,
        area=area,
        days=_days(given["datetime"], zone) if "datetime" in given else (today, today),
        choices={name: given.get(name, default) for name, default in choices.items()},
        srid=srid_of(given, "crs"),
        filters=read_filters(given, filters),
    )


def single_values(query: QueryParams, allowed: set[str]) -> dict[str, str]:
    """Return parameters as a dict.

    Raises
    ------
    BadParameter
        For one that is unknown, not printable, or a format that does not exist.
    """
    given: dict[str, str] = {}
    for name, value in query.items():
        if name not in allowed:
            known = ", ".join(sorted(allowed))
            raise BadParameter(f"There is no parameter {name!r} here. Known: {known}.", parameter=name)
        if not value.isprintable():
            raise BadParameter(f"The parameter {name!r} holds control characters.", parameter=name)
        given[name] = value
    if given.get("f", "json") not in FORMATS:
        raise BadParameter(f"Formats are {', '.join(sorted(FORMATS))}.", parameter="f")
    return given


def _whole(given: dict[str, str], name: str, default: int, *, lowest: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII) or int(text) < lowest:
        raise BadParameter(f"{name} is a whole number from {lowest} on, not {text[:40]!r}.", parameter=name)
    return int(text)


def srid_of(given: Mapping[str, str], name: str) -> int:
    """Return the coordinate system that a parameter names; CRS84 when it is not given.

    Raises
    ------
    BadParameter
        When it is not offered.
    """
    text = given.get(name, CRS84)
    srid = SRID_OF_CRS.get(text)
    if srid is None:
        offered = f"{CRS84}, {STORAGE_CRS}"
        raise BadParameter(f"{name} {text[:100]!r} is not offered. Offered: {offered}.", parameter=name)
    return srid


def _area(text: str, srid: int) -> BaseGeometry | None:
    """Read a bbox: four numbers, or six with heights, which do not count here."""
    numbers = [_number(part) for part in text.split(",")]
    if len(numbers) == BOX_WITH_HEIGHTS:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != BOX:
        raise _bad_box(f"has four numbers (min x, min y, max x, max y), not {len(numbers)}")
    west, south, east, north = numbers
    if south > north:
        raise _bad_box("has its smaller y first")
    if srid == STORAGE_SRID:
        if west > east:
            raise _bad_box("has its smaller x first")
        return area_of_metres(west, south, east, north)
    if not (abs(west) <= 180 and abs(east) <= 180 and abs(south) <= 90 and abs(north) <= 90):  # noqa: PLR2004 - the globe
        raise _bad_box("is in degrees, longitude first, unless bbox-crs says otherwise")
    return area_of_degrees(west, south, east, north)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _bad_box(f"holds {text[:40]!r}, which is no number")
    return number


def _bad_box(what: str) -> BadParameter:
    return BadParameter(f"bbox {what}.", parameter="bbox")


def _days(text: str, zone: ZoneInfo) -> Days:
    """Read an instant or an interval (RFC 3339, open ends as .. or empty) as days of the city."""
    parts = text.split("/")
    if len(parts) == 1:
        day = _day(parts[0], zone)
        return day, day
    if len(parts) != INTERVAL:
        raise _bad_time(text)
    since, until = (None if part in {"", ".."} else _day(part, zone) for part in parts)
    if since and until and since > until:
        raise BadParameter("datetime has its earlier end first.", parameter="datetime")
    return since, until


def _day(text: str, zone: ZoneInfo) -> date:
    if not DAY_OR_MOMENT.fullmatch(text):
        raise _bad_time(text)
    try:
        if "T" not in text:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is None else moment.astimezone(zone)).date()
    except (ValueError, OverflowError) as error:
        raise _bad_time(text) from error


def _bad_time(text: str) -> BadParameter:
    return BadParameter(
        f"datetime is a day (2026-03-01), a moment (2026-03-01T12:00:00Z) or an interval of them "
        f"(2026-03-01/..), not {text[:60]!r}.",
        parameter="datetime",
    )
