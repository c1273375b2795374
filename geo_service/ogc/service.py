"""Answers of the OGC API: pages, features and extents, as the caller may see them."""

import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import psycopg

from geo_service.auth.caller import Caller
from geo_service.auth.fields import visible_fields
from geo_service.auth.models import Role
from geo_service.auth.publication import sees_unpublished
from geo_service.beside import Once
from geo_service.errors import NotFound
from geo_service.ogc.change_queries import data_version
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.cql.tree import uncomputable
from geo_service.ogc.crs import CRS84, Crs, geojson_crs
from geo_service.ogc.documents import Document, item_links
from geo_service.ogc.filters import filters_of
from geo_service.ogc.model import Collection
from geo_service.ogc.paging import MAX_ROW_ID, mark_of, start_values
from geo_service.ogc.parameters import read_choices
from geo_service.ogc.queries import (
    Statement,
    View,
    count_statement,
    feature_statement,
    items_parameters,
    items_statement,
    kinds_of,
)
from geo_service.ogc.question import ItemsRequest, Known
from geo_service.reader import Reader

NOWHERE: Final = (
    "Nothing that is stored can lie in this bbox. Are its axes swapped? In CRS84, which counts where "
    "bbox-crs is not given, the longitude comes first: bbox=7.4,51.4,7.6,51.6."
)
LONGEST_KEY: Final = 200
KEPT_COUNTS: Final = 1_000
KEPT_KNOWN: Final = 128
KEPT_LINKS: Final = 256
PLACE_OF_KEY: Final = secrets.token_hex(16)
"""Stands for a key in links that are made before: nobody can send it."""
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a collection.

    Parameters
    ----------
    features
        GeoJSON features joined by commas, UTF-8.
    number
        How many they are.
    following, previous
        Marks where the next page starts and the previous one ends; None: there is none.
    matched
        How many features all pages have together; None: not asked.
    state
        State of the data that it was read from; None: it was not read.
    message
        What is said of a page on which nothing can be; None: nothing is said.
    """

    features: bytes
    number: int
    following: str | None = None
    previous: str | None = None
    matched: int | None = None
    state: str | None = None
    message: str | None = None


@dataclass(slots=True)
class Counts:
    """Numbers of features that were counted lately, each right for one state of the data.

    Parameters
    ----------
    counting
        Numbers that are counted at the moment.
    """

    counting: Once = field(default_factory=Once)
    _known: OrderedDict[str, tuple[str, int]] = field(default_factory=OrderedDict)

    def get(self, key: str, state: str) -> int | None:
        """Return a number if it was counted in this state of the data."""
        known, number = self._known.get(key, ("", None))
        return number if known == state else None

    def put(self, key: str, state: str, number: int) -> None:
        """Keep a number."""
        self._known.pop(key, None)
        self._known[key] = (state, number)
        while len(self._known) > KEPT_COUNTS:
            self._known.popitem(last=False)


def find_collection(collection_id: str) -> Collection:
    """Return a collection by id.

    Raises
    ------
    NotFound
        When there is none; the known ones are named.
    """
    found = COLLECTIONS.get(collection_id)
    if found is None:
        raise NotFound(
            f"There is no collection {collection_id[:100]!r}. Known: {', '.join(COLLECTIONS)}.",
            parameter="collectionId",
            detail_de=f"Es gibt keine Sammlung „{collection_id[:100]}“. Bekannt: {', '.join(COLLECTIONS)}.",
        )
    return found


def view_of(
    collection: Collection, caller: Caller, crs: Crs = CRS84, wanted: tuple[str, ...] | None = None
) -> View:
    """Return which fields and rows a caller sees, with shapes in a coordinate system."""
    return View(collection.id, visible_fields(collection.id, caller), sees_unpublished(caller), crs, wanted)


def known_of(collection: Collection, caller: Caller, today: date, zone: ZoneInfo) -> Known:
    """Return what a caller may ask of a collection."""
    return _known(collection, caller.roles, today, zone)


@lru_cache(maxsize=KEPT_KNOWN)
def _known(collection: Collection, roles: frozenset[Role], today: date, zone: ZoneInfo) -> Known:
    asker = Caller("", roles, "nobody")
    return Known(
        choices=choices_of(collection, {}),
        kinds=kinds_of(view_of(collection, asker)),
        filters=filters_of(collection, asker),
        today=today,
        zone=zone,
        words=collection.words,
    )


async def page_of(reader: Reader, counts: Counts, view: View, asked: tuple[ItemsRequest, date]) -> Page:
    """Read one page of a collection.

    Parameters
    ----------
    reader
        Where the answer comes from.
    counts
        Numbers of this process.
    view
        Collection as the caller sees it.
    asked
        What for, and the day on which publication is judged.
    """
    request, today = asked
    if request.question.boxed and request.area is None:
        return Page(b"", 0, matched=0, message=NOWHERE)
    values = items_parameters(request, today)
    matched = None
    if request.hits or request.counted:
        matched = await _matched(reader, counts, view, (request, values))
    if request.hits:
        return Page(b"", 0, matched=matched)
    row = await _row(reader, items_statement(view, request.question), values, anew=request.unlike_others)
    features, found, too_many, *ends, state = row
    start, end = (_mark(each) for each in ends)
    more, question = too_many is not None, request.question
    if question.backwards:
        following, previous = start if question.started else None, end if more else None
    else:
        following, previous = end if more else None, start if question.started else None
    if more:  # with its comma
        features = features[too_many + 1 :] if question.backwards else features[: -too_many - 1]
    return Page(
        features or b"",
        min(found, request.limit),
        following,
        previous,
        matched=matched,
        state=state.decode(),
    )


async def _matched(
    reader: Reader, counts: Counts, view: View, asked: tuple[ItemsRequest, dict[str, Any]]
) -> int:
    """Count the features of all pages, once for each state of the data."""
    request, values = asked
    question = replace(request.question, sorts=(), started=False, backwards=False)
    rows = replace(view, crs=CRS84, wanted=None)
    page = {"limit", "rows", *start_values(request.start)}
    key = repr((rows, question, {name: given for name, given in values.items() if name not in page}))
    state = (await reader.value(data_version())).decode()
    number = counts.get(key, state)
    if number is None:
        async with counts.counting.of((key, state)):
            number = counts.get(key, state)
            if number is None:
                counting, anew = count_statement(rows, question), request.unlike_others
                number = int((await _row(reader, counting, values, anew=anew))[0])
                counts.put(key, state, number)
    return number


async def _row(
    reader: Reader, statement: Statement, values: dict[str, Any], *, anew: bool
) -> tuple[Any, ...]:
    """Run a statement of one row; what a filter makes impossible to compute is the filter's fault."""
    try:
        row = await reader.row(statement, values, anew=anew)
    except psycopg.DataError as error:
        reason = error.diag.message_primary or "no reason given"
        raise uncomputable(reason) from error
    if row is None:
        raise TypeError("a statement with one row is needed")
    return row


def _mark(end: bytes | int | None) -> str | None:
    """Return the mark of a feature for an address."""
    return mark_of(end.decode()) if isinstance(end, bytes) else None if end is None else str(end)


def collection_bytes(page: Page, links: list[Document], crs: Crs) -> bytes:
    """Return a page, with coordinates in a system, as a GeoJSON feature collection."""
    moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    head = {"type": "FeatureCollection", "numberReturned": page.number, "timeStamp": moment, "links": links}
    head |= geojson_crs(crs)
    if page.matched is not None:
        head["numberMatched"] = page.matched
    if page.message is not None:
        head["message"] = page.message
    return b"".join((_json(head)[:-1], b',"features":[', page.features, b"]}"))


async def feature_of(reader: Reader, view: View, values: dict[str, Any]) -> bytes:
    """Return one feature as GeoJSON.

    Parameters
    ----------
    reader
        Where the answer comes from.
    view
        Collection as the caller sees it.
    values
        ``key`` of the feature, ``today``, and the values of the collection's choices.

    Raises
    ------
    NotFound
        When there is none, or not for this caller: the answer is the same.
    """
    collection, key = COLLECTIONS[view.collection], values["key"]
    require_possible(collection, key)
    feature: bytes | None = await reader.value(feature_statement(view), values)
    if feature is None:
        raise _no_feature(collection, key)
    return feature


def require_possible(collection: Collection, key: str) -> None:
    """Refuse a key that no feature can have: the database is not asked about nonsense.

    Raises
    ------
    NotFound
        As if it had been looked for.
    """
    if not _possible(collection, key):
        raise _no_feature(collection, key)


def _no_feature(collection: Collection, key: str) -> NotFound:
    return NotFound(
        f"There is no feature {key[:LONGEST_KEY]!r} in {collection.id}.",
        parameter="featureId",
        detail_de=f"In „{collection.title_de}“ gibt es keinen Datensatz „{key[:LONGEST_KEY]}“.",
    )


def with_links(feature: bytes, base: str, collection: Collection, key: str, crs: Crs) -> bytes:
    """Return a feature with its links, and its coordinate system where that is not CRS84.

    Parameters
    ----------
    feature
        As GeoJSON.
    base
        Address of the service without a slash at its end.
    collection
        Its collection.
    key
        Its key.
    crs
        Coordinate system of its geometry.
    """
    links = quote(key, safe="").encode().join(_item_links(base, collection))
    told = geojson_crs(crs)
    system = b"," + _json(told)[1:-1] if told else b""
    return b"".join((feature[:-1], system, b',"links":', links, b"}"))


@lru_cache(maxsize=KEPT_LINKS)
def _item_links(base: str, collection: Collection) -> list[bytes]:
    """Return the links of a feature, split where its key belongs."""
    return _json(item_links(base, collection, PLACE_OF_KEY)).split(PLACE_OF_KEY.encode())


def _possible(collection: Collection, key: str) -> bool:
    """Tell whether a key can exist at all."""
    if collection.key.type.python_type is int:
        return (
            key.isascii() and key.isdecimal() and len(key) <= len(str(MAX_ROW_ID)) and int(key) <= MAX_ROW_ID
        )
    return key.isprintable() and len(key) <= LONGEST_KEY


def choices_of(collection: Collection, given: dict[str, str]) -> dict[str, str]:
    """Return the values of a collection's choices, as `parameters.read_choices`."""
    defaults = {name: default for name, (_column, default) in collection.choices.items()}
    return read_choices(given, defaults, collection.words)


async def require_stored(reader: Reader, collection: Collection, choices: dict[str, str]) -> None:
    """Refuse choices other than the usual ones by which nothing has been computed.

    Raises
    ------
    NotFound
        With the command that computes them.
    """
    if collection.stored is None or choices == choices_of(collection, {}):
        return
    if not await reader.value(collection.stored, choices):
        asked = ", ".join(f"{name} {value}" for name, value in choices.items())
        raise NotFound(
            f"Nothing is stored in {collection.id} for {asked}. Whoever runs the service computes it: "
            f"{collection.remedy.format(**choices)}"
        )


def _json(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    return _ENCODER.encode(value).encode()
