"""Routes of the OGC API - Features: landing page, conformance, collections, items."""

import json
from dataclasses import replace
from enum import Enum
from functools import lru_cache
from typing import Any, Final, Literal
from urllib.parse import quote_plus

from fastapi import APIRouter, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.datastructures import QueryParams

from geo_service.auth.access import Public
from geo_service.auth.caller import Caller
from geo_service.clock import city_of, today_of, zone_of
from geo_service.conditional import (
    caching,
    conditional,
    etag_of,
    etag_of_state,
    is_known,
    strong_etag,
    unchanged,
)
from geo_service.db import Reading, ReadSession, get_database
from geo_service.ogc import documents, openapi
from geo_service.ogc.change_queries import data_version
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.crs import EXACT, crs_of
from geo_service.ogc.definition import definition
from geo_service.ogc.direct import busiest
from geo_service.ogc.editing import may_write
from geo_service.ogc.extents import extent_of
from geo_service.ogc.html import Resource, page, query_of, wants_page
from geo_service.ogc.model import Collection
from geo_service.ogc.parameters import items_request, single_values
from geo_service.ogc.queries import kinds_of
from geo_service.ogc.schemas import Purpose, describe, describe_feature
from geo_service.ogc.service import (
    Page,
    choices_of,
    collection_bytes,
    feature_of,
    find_collection,
    known_of,
    page_of,
    require_stored,
    view_of,
    with_links,
)

TAGS: Final[list[str | Enum]] = ["OGC API - Features"]
router = APIRouter(prefix="/ogc", tags=TAGS)

MOST_ON_PAGE: Final = 500
"""Features on a page for people, whose map draws them all."""


@router.get("/", openapi_extra=openapi.FORMAT_ONLY)
@router.get("", include_in_schema=False)
async def get_landing_page(request: Request, caller: Public) -> Response:
    """Describe the interface."""
    single_values(query_of(request), {"f"})
    return await _answer(
        request, caller, Resource("landing", documents.landing_page(base_address(request), city_of(request)))
    )


@router.get("/api", openapi_extra=openapi.FORMAT_ONLY)
async def get_definition(request: Request, caller: Public) -> Response:
    """Define the interface in OpenAPI 3.0; to a browser, show the documentation."""
    single_values(query_of(request), {"f"})
    base, headers = base_address(request), _headers(caller)
    if wants_page(request):
        return RedirectResponse(f"{base}/api/docs", headers=headers)
    document = definition(request.app.openapi(), base)
    return JSONResponse(document, media_type=documents.OPENAPI, headers=headers)


@router.get("/conformance", openapi_extra=openapi.FORMAT_ONLY)
async def get_conformance(request: Request, caller: Public) -> Response:
    """List the conformance classes."""
    single_values(query_of(request), {"f"})
    return await _answer(
        request, caller, Resource("conformance", documents.conformance(base_address(request)))
    )


@router.get("/collections", openapi_extra=openapi.FORMAT_ONLY)
async def get_collections(request: Request, caller: Public, session: Reading) -> Response:
    """List the collections."""
    single_values(query_of(request), {"f"})
    described = [await _described(request, caller, session, each) for each in COLLECTIONS.values()]
    document = documents.collections(base_address(request), described)
    return await _answer(request, caller, Resource("collections", document))


@router.get("/collections/{collection_id}", openapi_extra=openapi.FORMAT_ONLY)
async def get_collection(request: Request, caller: Public, session: Reading, collection_id: str) -> Response:
    """Describe a collection."""
    collection = find_collection(collection_id)
    single_values(query_of(request), {"f"})
    document = await _described(request, caller, session, collection)
    return await _answer(request, caller, _resource("collection", document, collection, caller))


@router.get("/collections/{collection_id}/schema", openapi_extra=openapi.FORMAT_ONLY)
async def get_schema(request: Request, caller: Public, collection_id: str) -> Response:
    """Describe the fields of a collection."""
    return await _schema(request, caller, collection_id, "schema")


@router.get("/collections/{collection_id}/feature-schema", openapi_extra=openapi.FORMAT_ONLY)
async def get_feature_schema(request: Request, caller: Public, collection_id: str) -> Response:
    """Describe a feature of a collection as GeoJSON writes it."""
    collection = find_collection(collection_id)
    single_values(query_of(request), {"f"})
    here = f"{base_address(request)}/ogc/collections/{collection.id}/feature-schema"
    document = describe_feature(collection, kinds_of(view_of(collection, caller)), here)
    return await _answer(request, caller, _resource("schema", document, collection, caller), documents.SCHEMA)


@router.get("/collections/{collection_id}/queryables", openapi_extra=openapi.FORMAT_ONLY)
async def get_queryables(request: Request, caller: Public, collection_id: str) -> Response:
    """Describe the fields that a filter may speak of."""
    return await _schema(request, caller, collection_id, "queryables")


@router.get("/collections/{collection_id}/sortables", openapi_extra=openapi.FORMAT_ONLY)
async def get_sortables(request: Request, caller: Public, collection_id: str) -> Response:
    """Describe the fields that a page can be sorted by."""
    return await _schema(request, caller, collection_id, "sortables")


async def _schema(request: Request, caller: Caller, collection_id: str, purpose: Purpose) -> Response:
    collection = find_collection(collection_id)
    single_values(query_of(request), {"f"})
    here = f"{base_address(request)}/ogc/collections/{collection.id}/{purpose}"
    document = describe(collection, kinds_of(view_of(collection, caller)), purpose, here)
    resource = _resource("schema", document, collection, caller)
    return await _answer(request, caller, resource, documents.SCHEMA)


def _resource(
    kind: Literal["collection", "schema", "items", "item"],
    document: documents.Document,
    collection: Collection,
    caller: Caller,
) -> Resource:
    editable = may_write(collection.id, caller)
    return Resource(kind, document, collection, kinds_of(view_of(collection, caller)), editable)


async def _answer(
    request: Request, caller: Caller, resource: Resource, media: str = documents.JSON
) -> Response:
    """Answer with the page of a resource to a browser, else with its document."""
    if wants_page(request):
        return await page(request, caller, resource)
    content = bytes(JSONResponse(resource.document).body)
    return conditional(request, content, etag_of(content), media, _headers(caller))


def _headers(caller: Caller) -> dict[str, str]:
    headers = caching(caller)
    return {**headers, "Vary": f"{headers['Vary']}, Accept"}


@busiest.get(
    "/ogc/collections/{collection_id}/items",
    tags=TAGS,
    response_class=Response,
    responses=openapi.FEATURES_ANSWER,
    openapi_extra=openapi.ITEMS,
)
async def get_items(request: Request, caller: Public, collection_id: str) -> Response:
    """Return a page of features."""
    collection = find_collection(collection_id)
    day, for_people, query = today_of(request), wants_page(request), query_of(request)
    asked = items_request(query, known_of(collection, caller, day, zone_of(request)))
    if for_people:
        asked = replace(asked, limit=min(asked.limit, MOST_ON_PAGE), counted=True)
    reader = get_database(request).reader
    view = view_of(collection, caller, asked.crs, asked.properties)
    await require_stored(reader, collection, asked.choices)

    here = f"{base_address(request)}/ogc/collections/{collection.id}"

    def etag(state: str) -> str:
        return etag_of_state(state, _written(view), day, here, request.scope["query_string"])

    sortables = f'<{here}/sortables>; rel="{documents.OGC_REL}/sortables"'
    headers = {**_headers(caller), "Content-Crs": f"<{asked.crs.uri}>", "Link": sortables}
    if "if-none-match" in request.headers and not for_people:
        now = etag((await reader.value(data_version())).decode())
        if is_known(request, now):
            return unchanged({**headers, "ETag": now})
    found = await page_of(reader, request.app.state.counts, view, (asked, day))
    content = collection_bytes(found, _page_links(here, collection, query, found), asked.crs)
    if for_people:
        return await page(request, caller, _resource("items", json.loads(content), collection, caller))
    if found.state is not None:
        headers["ETag"] = etag(found.state)
    return Response(content, media_type=documents.GEOJSON, headers=headers)


@busiest.get(
    "/ogc/collections/{collection_id}/items/{feature_id}",
    tags=TAGS,
    response_class=Response,
    responses=openapi.FEATURES_ANSWER,
    openapi_extra=openapi.ITEM,
)
async def get_item(request: Request, caller: Public, collection_id: str, feature_id: str) -> Response:
    """Return one feature."""
    collection = find_collection(collection_id)
    given = single_values(query_of(request), {"f", "crs", *collection.choices})
    view = view_of(collection, caller, crs_of(given, "crs"))
    choices = choices_of(collection, given)
    values = {"today": today_of(request), "key": feature_id, **choices}
    reader = get_database(request).reader
    await require_stored(reader, collection, choices)
    feature = await feature_of(reader, view, values)
    content = with_links(feature, base_address(request), collection, feature_id, view.crs)
    etag = etag_of(content)
    if may_write(collection.id, caller):  # what a change builds on, whatever the coordinates of the answer
        etag = strong_etag(await feature_of(reader, view_of(collection, caller, EXACT), values), content)
    if wants_page(request):
        return await page(request, caller, _resource("item", json.loads(content), collection, caller))
    headers = {**_headers(caller), "Content-Crs": f"<{view.crs.uri}>"}
    return conditional(request, content, etag, documents.GEOJSON, headers)


def base_address(request: Request) -> str:
    """Return the address of the service as the caller wrote it, without a slash at its end."""
    scope = request.scope
    root = scope.get("app_root_path", scope.get("root_path", ""))
    return _base_address(scope["scheme"], request.headers.get("host"), tuple(scope.get("server") or ()), root)


@lru_cache(maxsize=256)
def _base_address(scheme: str, host: str | None, server: tuple[Any, ...], root: str) -> str:
    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    scope = {
        "type": "http",
        "scheme": scheme,
        "server": server or None,
        "root_path": root,
        "headers": headers,
    }
    return str(Request(scope).base_url).rstrip("/")


async def _described(
    request: Request, caller: Caller, session: ReadSession, collection: Collection
) -> documents.Document:
    extent = await extent_of(
        session, request.app.state.extents, view_of(collection, caller), today_of(request)
    )
    computation = None
    if collection.computation is not None:
        computation = (await session.execute(collection.computation)).mappings().one_or_none()
    document = documents.collection(base_address(request), collection, extent, jsonable_encoder(computation))
    city = city_of(request)
    if "licence" in city.links:
        document["links"].append(
            documents.link(city.links["licence"], "license", documents.HTML, city.licence)
        )
    return document


_quoted = lru_cache(maxsize=1_000)(quote_plus)
_written = lru_cache(maxsize=256)(repr)


def _page_links(
    here: str, collection: Collection, query: QueryParams, found: Page
) -> list[documents.Document]:
    """Return the links of a page: to itself, to its collection, to the pages around it."""
    pairs = [(name, f"{_quoted(name)}={_quoted(text)}") for name, text in query.multi_items()]
    itself = "&".join(pair for _, pair in pairs)
    others = [pair for name, pair in pairs if name not in {"after", "before"}]
    page_too = "&".join((*(pair for name, pair in pairs if name != "f"), "f=html"))
    links = [
        documents.link(_address(f"{here}/items", itself), "self", documents.GEOJSON, "This page"),
        documents.link(f"{here}/items?{page_too}", "alternate", documents.HTML, "This page for people"),
        documents.link(here, "collection", documents.JSON, collection.title),
    ]
    for mark, name, rel, title in (
        (found.following, "after", "next", "Next page"),
        (found.previous, "before", "prev", "Previous page"),
    ):
        if mark is not None:
            address = _address(f"{here}/items", "&".join((*others, f"{name}={quote_plus(mark)}")))
            links.append(documents.link(address, rel, documents.GEOJSON, title))
    return links


def _address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
