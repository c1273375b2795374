"""What a caller may write behind the question mark, read strictly: an unknown or wrong parameter is named.

Source: OGC API - Features, part 1 (OGC 17-069r4), sections 7.15 and 7.16; part 2 (18-058r1), bbox-crs;
part 3 (19-079r2), filter.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry
from starlette.datastructures import QueryParams

from geo_service.auth.fields import Kind
from geo_service.errors import BadParameter
from geo_service.ogc.areas import area_of_box
from geo_service.ogc.cql.tree import LANGUAGES
from geo_service.ogc.crs import Crs, crs_of
from geo_service.ogc.filters import read_filters, read_number
from geo_service.ogc.paging import read_sorts, read_start
from geo_service.ogc.question import Cql, Days, ItemsRequest, Known, Question

MAX_LIMIT: Final = 10_000
DEFAULT_LIMIT: Final = 100
LINES: Final = str.maketrans("\n\r\t", "   ")
FORMATS: Final = frozenset({"json", "geojson", "html"})
ALL_TIMES: Final[Days] = (None, None)
INTERVAL: Final = 2
"""How many parts it has."""
DAY_OR_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII
)

COMMON: Final = frozenset(
    {
        "bbox",
        "bbox-crs",
        "crs",
        "datetime",
        "f",
        "filter",
        "filter-lang",
        "filter-crs",
        "sortby",
        "properties",
    }
)
"""Parameters of every collection's items and exports."""
PAGED: Final = frozenset({"limit", "after", "before", "resultType", "count"})
"""Parameters of pages."""


def items_request(query: QueryParams, known: Known) -> ItemsRequest:
    """Read the parameters of a page.

    Parameters
    ----------
    query
        As sent.
    known
        What the caller may ask.

    Raises
    ------
    BadParameter
        Naming the parameter.
    """
    return _asked(single_values(query, {*COMMON, *PAGED, *known.choices, *known.filters}), known)


def export_request(query: QueryParams, known: Known) -> ItemsRequest:
    """Read the parameters of an export: those of a page but for what divides pages.

    Parameters
    ----------
    query
        As sent; the format is read elsewhere.
    known
        What the caller may ask.

    Raises
    ------
    BadParameter
        Naming the parameter.
    """
    given = single_values(query, {*COMMON, *known.choices, *known.filters}, formats=None)
    return _asked(given, known)


def _asked(given: Mapping[str, str], known: Known) -> ItemsRequest:
    filters = read_filters(given, known.filters)
    sorts = read_sorts(given.get("sortby"), known.kinds)
    start, box_crs = read_start(given, sorts), crs_of(given, "bbox-crs")
    days = _days(given["datetime"], known.zone) if "datetime" in given else (known.today, known.today)
    return ItemsRequest(
        question=Question(
            boxed="bbox" in given,
            filters=tuple(filters),
            cql=_cql(given, known.zone),
            sorts=sorts,
            started=start.row_id is not None,
            backwards=start.backwards,
            timed="datetime" in given and days != ALL_TIMES,
        ),
        limit=min(_whole(given, "limit", DEFAULT_LIMIT, lowest=1), MAX_LIMIT),
        start=start,
        area=_area(given["bbox"], box_crs) if "bbox" in given else None,
        days=days,
        choices=read_choices(given, known.choices, known.words),
        crs=crs_of(given, "crs"),
        values=tuple(filters.values()),
        properties=_properties(given.get("properties"), known.kinds),
        hits=_one_of(given, "resultType", ("results", "hits")) == "hits",
        counted=_one_of(given, "count", ("false", "true")) == "true",
    )


def read_choices(
    given: Mapping[str, str], defaults: Mapping[str, str], words: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Return the values of a collection's choices, defaults where none is given.

    Raises
    ------
    BadParameter
        For a word that a choice does not have; the known ones are named.
    """
    found = {name: given.get(name, default) for name, default in defaults.items()}
    for name, value in found.items():
        if name in words and value not in words[name]:
            raise BadParameter(
                f"There is no {name} {value[:40]!r} here. Known: {', '.join(words[name])}.",
                parameter=name,
                detail_de=f"{name} kann nicht „{value[:40]}“ sein. Bekannt: {', '.join(words[name])}.",
            )
    return found


def _cql(given: Mapping[str, str], zone: ZoneInfo) -> Cql | None:
    """Return the filter in CQL2; its language and coordinate system without a filter are read too."""
    language = _one_of(given, "filter-lang", LANGUAGES)
    crs = crs_of(given, "filter-crs")
    return Cql(given["filter"], language, crs, zone.key) if "filter" in given else None


def _one_of(given: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """Return a parameter that is one of a few words; the first one when it is not given."""
    value = given.get(name, allowed[0])
    if value not in allowed:
        raise BadParameter(
            f"{name} is {' or '.join(allowed)}, not {value[:40]!r}.",
            parameter=name,
            detail_de=f"{name} ist {' oder '.join(allowed)}, nicht „{value[:40]}“.",
        )
    return value


def _properties(text: str | None, kinds: Mapping[str, Kind]) -> tuple[str, ...] | None:
    """Return the wanted fields in the order of the collection."""
    if text is None:
        return None
    wanted = {word.strip() for word in text.split(",")}
    unknown = sorted(wanted - set(kinds))
    if unknown:
        raise BadParameter(
            f"There is no property {unknown[0][:60]!r}. Known: {', '.join(kinds)}.",
            parameter="properties",
            detail_de=f"Es gibt kein Feld „{unknown[0][:60]}“. Bekannt: {', '.join(kinds)}.",
        )
    return tuple(name for name in kinds if name in wanted)


def single_values(
    query: QueryParams, allowed: set[str], formats: frozenset[str] | None = FORMATS
) -> dict[str, str]:
    """Return parameters as a dict.

    Raises
    ------
    BadParameter
        For one that is unknown, holds what cannot be seen, or a format that does not exist.
    """
    given: dict[str, str] = {}
    for name, value in query.items():
        if name not in allowed:
            known = ", ".join(sorted(allowed))
            raise BadParameter(
                f"There is no parameter {name!r} here. Known: {known}.",
                parameter=name,
                detail_de=f"Die Angabe „{name}“ gibt es hier nicht. Bekannt: {known}.",
            )
        if name == "filter":
            value = value.translate(LINES)  # noqa: PLW2901 - a filter may have several lines
        _require_visible(name, value)
        given[name] = unicodedata.normalize("NFC", value)  # some keyboards and systems part ö into o and dots
    if formats is not None and given.get("f", "json") not in formats:
        known = ", ".join(sorted(formats))
        raise BadParameter(f"Formats are {known}.", parameter="f", detail_de=f"Formate sind {known}.")
    return given


def _require_visible(name: str, value: str) -> None:
    """Refuse what nobody sees in a text but spaces, of whichever width: it comes along by copy and paste.

    Raises
    ------
    BadParameter
        Saying which character it is, and where.
    """
    if value.isprintable():
        return
    for place, character in enumerate(value):
        if not character.isprintable() and unicodedata.category(character) != "Zs":
            what = unicodedata.name(character, "a control character").lower()
            after = f"after {value[max(0, place - 20) : place]!r}" if place else "at its start"
            raise BadParameter(
                f"The parameter {name!r} holds a character that cannot be seen: U+{ord(character):04X}, "
                f"{what}, place {place + 1}, {after}. Delete it, or type that part anew.",
                parameter=name,
                detail_de=f"Die Angabe „{name}“ enthält an der {place + 1}. Stelle ein Zeichen, das man "
                f"nicht sieht (U+{ord(character):04X}). Löschen Sie es, oder tippen Sie die Stelle neu.",
            )


def _whole(given: Mapping[str, str], name: str, default: int, *, lowest: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII) or int(text) < lowest:
        raise BadParameter(
            f"{name} is a whole number from {lowest} on, not {text[:40]!r}.",
            parameter=name,
            detail_de=f"{name} ist eine ganze Zahl ab {lowest}, nicht „{text[:40]}“.",
        )
    return int(text)


def _area(text: str, crs: Crs) -> BaseGeometry | None:
    """Read a bbox: four numbers, or six with heights, which do not count here."""
    numbers = [_number(part) for part in text.split(",")]
    try:
        return area_of_box(numbers, crs)
    except ValueError as error:
        raise _bad_box(str(error)) from error


def _number(text: str) -> float:
    try:
        return read_number(text)
    except ValueError as error:
        raise _bad_box(f"holds {text[:40]!r}, which is no number") from error


def _bad_box(what: str) -> BadParameter:
    return BadParameter(
        f"bbox {what}.",
        parameter="bbox",
        detail_de="bbox besteht aus vier Zahlen mit Kommas dazwischen, in der Reihenfolge: kleinstes x, "
        "kleinstes y, größtes x, größtes y. Ohne bbox-crs sind es Grad, die Länge zuerst.",
    )


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
        raise BadParameter(
            "datetime has its earlier end first.",
            parameter="datetime",
            detail_de="In datetime steht das frühere Ende nicht vorn.",
        )
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
        detail_de="datetime ist ein Tag (2026-03-01), ein Zeitpunkt (2026-03-01T12:00:00Z) oder eine Spanne "
        f"(2026-03-01/..), nicht „{text[:60]}“.",
    )
