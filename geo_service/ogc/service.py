"""Answers of the OGC API: pages, features and extents, as the caller may see them."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import shapely
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth.caller import Caller
from geo_service.auth.fields import visible_fields
from geo_service.auth.publication import sees_unpublished
from geo_service.db import fetch_bytes, fetch_bytes_row
from geo_service.errors import NotFound
from geo_service.geometry import WGS84_SRID
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.documents import Document
from geo_service.ogc.filters import parameter_of
from geo_service.ogc.model import Collection
from geo_service.ogc.parameters import MAX_KEY, ItemsRequest
from geo_service.ogc.queries import (
    View,
    feature_statement,
    items_parameters,
    items_statement,
)

LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a collection.

    Parameters
    ----------
    features
        GeoJSON features joined by commas, UTF-8.
    number
        How many they are.
    next_after
        Row id after which the next page starts; None: this is the last one.
    """

    features: bytes
    number: int
    next_after: int | None


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
        )
    return found


def view_of(collection: Collection, caller: Caller, srid: int = WGS84_SRID) -> View:
    """Return which fields and rows a caller sees, with shapes in a coordinate system."""
    return View(collection.id, visible_fields(collection.id, caller), sees_unpublished(caller), srid)


async def page_of(
    session: AsyncSession, collection: Collection, caller: Caller, asked: tuple[ItemsRequest, date]
) -> Page:
    """Read one page of a collection.

    Parameters
    ----------
    session
        Read session.
    collection
        Where the features are.
    caller
        Who asks.
    asked
        What for, and the day on which publication is judged.
    """
    request, today = asked
    if request.boxed and request.area is None:
        return Page(b"", 0, None)
    values = items_parameters((request.limit, request.after), request.days, request.choices, today)
    if request.area is not None:
        values["area"] = shapely.to_wkb(request.area)
    values |= {parameter_of(place): given for place, given in enumerate(request.filters.values())}
    view = view_of(collection, caller, request.srid)
    statement = items_statement(view, boxed=request.boxed, filters=tuple(request.filters))
    features, found, last = await fetch_bytes_row(session, statement, values) or (None, 0, None)
    return Page(features or b"", min(found, request.limit), last if found > request.limit else None)


def collection_bytes(page: Page, links: list[Document]) -> bytes:
    """Return a page as a GeoJSON feature collection."""
    moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    head = {"type": "FeatureCollection", "numberReturned": page.number, "timeStamp": moment, "links": links}
    return b"".join((_json(head)[:-1], b',"features":[', page.features, b"]}"))


async def feature_of(session: AsyncSession, view: View, values: dict[str, Any]) -> bytes:
    """Return one feature as GeoJSON.

    Parameters
    ----------
    session
        Read session.
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
    feature = None
    if _possible(collection, key):
        feature = await fetch_bytes(session, feature_statement(view), values)
    if feature is None:
        raise NotFound(
            f"There is no feature {key[:LONGEST_KEY]!r} in {collection.id}.", parameter="featureId"
        )
    return feature


def with_links(feature: bytes, links: list[Document]) -> bytes:
    """Return a feature with its links."""
    return b"".join((feature[:-1], b',"links":', _json(links), b"}"))


def _possible(collection: Collection, key: str) -> bool:
    """Tell whether a key can exist at all: the database is not asked about nonsense."""
    if collection.key.type.python_type is int:
        return key.isascii() and key.isdecimal() and len(key) <= len(str(MAX_KEY)) and int(key) <= MAX_KEY
    return key.isprintable() and len(key) <= LONGEST_KEY


def choices_of(collection: Collection, given: dict[str, str]) -> dict[str, str]:
    """Return the values of a collection's choices, defaults where none is given."""
    return {name: given.get(name, default) for name, (_column, default) in collection.choices.items()}


def _json(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
