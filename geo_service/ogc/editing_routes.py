"""Routes that create, replace, change and end features."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, HTTPException, Request, Response

from geo_service.auth.access import Public, SignedIn
from geo_service.auth.caller import Caller
from geo_service.beside import turns_of
from geo_service.clock import today_of
from geo_service.conditional import caching, etag_of, is_meant, strong_etag
from geo_service.db import get_database
from geo_service.errors import InvalidInput, PreconditionFailed, PreconditionRequired
from geo_service.ogc import documents, openapi
from geo_service.ogc.crs import CRS84, EXACT, Crs, crs_of
from geo_service.ogc.editing import (
    CHANGED,
    Change,
    Document,
    checked,
    may_write,
    merged,
    read,
    replaced,
    rule_for,
    stored_geometry,
    write,
)
from geo_service.ogc.ending import end
from geo_service.ogc.routes import base_address
from geo_service.ogc.service import choices_of, find_collection, require_possible, view_of, with_links

router = APIRouter(prefix="/ogc", tags=["OGC API - Features"])

T = TypeVar("T")

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="State that the change builds on: its ETag.")
]


@router.post("/collections/{collection_id}/items", status_code=201, openapi_extra=openapi.EDIT)
async def create_item(request: Request, caller: SignedIn, collection_id: str) -> Response:
    """Create a feature."""
    change = change_of(request, caller, collection_id, "")
    body = await _body(request)
    crs = _crs(request, body)

    def work() -> str:
        properties = checked(body, change, None)
        lacking = [name for name in change.rule.identity if properties.get(name) in (None, "")]
        if lacking:
            raise InvalidInput(f"{lacking[0]} is needed: it names the record.", parameter=lacking[0])
        geometry = stored_geometry(body.get("geometry"), crs, change)
        return write(get_database(request), change, replaced(properties, change), geometry, None)

    key = await in_turn(request, work)
    response = await _answered(request, caller, change_of(request, caller, collection_id, key), crs, 201)
    response.headers["Location"] = f"{base_address(request)}/ogc/collections/{collection_id}/items/{key}"
    return response


@router.put("/collections/{collection_id}/items/{feature_id}", openapi_extra=openapi.EDIT)
async def replace_item(
    request: Request, caller: SignedIn, collection_id: str, feature_id: str, if_match: IfMatch = None
) -> Response:
    """Replace a feature: fields that are not sent are emptied."""
    body = await _body(request)
    crs = _crs(request, body)

    def make(change: Change, current: Document) -> tuple[Document, Document | None]:
        properties = checked(body, change, current)
        return replaced(properties, change), _place(request, change, body.get("geometry"), crs)

    change = change_of(request, caller, collection_id, feature_id)
    return await _changed(request, caller, change, (if_match, crs), make)


@router.patch("/collections/{collection_id}/items/{feature_id}", openapi_extra=openapi.EDIT)
async def update_item(
    request: Request, caller: SignedIn, collection_id: str, feature_id: str, if_match: IfMatch = None
) -> Response:
    """Change some fields of a feature (merge patch)."""
    body = await _body(request)
    crs = _crs(request, body)

    def make(change: Change, current: Document) -> tuple[Document, Document | None]:
        properties = checked(body, change, current)
        geometry = current["geometry"] if change.rule.placed else None
        if "geometry" in body:
            geometry = _place(request, change, body["geometry"], crs)
        return merged(properties, current, change), geometry

    change = change_of(request, caller, collection_id, feature_id)
    return await _changed(request, caller, change, (if_match, crs), make)


@router.delete("/collections/{collection_id}/items/{feature_id}", status_code=204)
async def end_item(
    request: Request, caller: SignedIn, collection_id: str, feature_id: str, if_match: IfMatch = None
) -> Response:
    """End a feature: its last day was yesterday, or is today if it began today.

    One that begins later never held: it is withdrawn, and only the audit knows it.
    """
    today = today_of(request)

    def work(change: Change, now: bytes) -> None:
        end(get_database(request), change, json.loads(now), etag_of(now), today)

    await _in_state(request, change_of(request, caller, collection_id, feature_id), if_match, work)
    return Response(status_code=204)


@router.api_route(
    "/collections/{collection_id}/items",
    methods=["OPTIONS", "PUT", "PATCH", "DELETE"],
    include_in_schema=False,
)
async def tell_methods_of_items(request: Request, caller: Public, collection_id: str) -> Response:
    """Tell by which methods the caller may ask for features."""
    return _methods(request, caller, collection_id, "POST")


@router.api_route(
    "/collections/{collection_id}/items/{feature_id}", methods=["OPTIONS", "POST"], include_in_schema=False
)
async def tell_methods_of_item(request: Request, caller: Public, collection_id: str) -> Response:
    """Tell by which methods the caller may ask for a feature."""
    return _methods(request, caller, collection_id, "PUT", "PATCH", "DELETE")


def _methods(request: Request, caller: Caller, collection_id: str, *writing: str) -> Response:
    """Answer with the methods that the caller may use (RFC 9110, 9.3.7 and 15.5.6)."""
    find_collection(collection_id)
    may = writing if may_write(collection_id, caller) else ()
    allow = {"Allow": ", ".join(("GET", "HEAD", "OPTIONS", *may))}
    if request.method != "OPTIONS":
        raise HTTPException(405, headers=allow)
    return Response(status_code=204, headers={**caching(caller), **allow})


def _place(request: Request, change: Change, node: Any, crs: Crs) -> Document | None:  # noqa: ANN401 - checked
    """Return a geometry that was sent, in EPSG:25832; what was sent back as it was read stays as it is."""
    if node is not None and change.rule.placed:
        database = get_database(request)
        if json.loads(read(database, _in(change, crs)))["geometry"] == node:
            exact: Document = json.loads(read(database, change))["geometry"]
            return exact
    return stored_geometry(node, crs, change)


def _in(change: Change, crs: Crs) -> Change:
    return replace(change, view=replace(change.view, crs=crs))


Make = Callable[[Change, Document], tuple[Document, Document | None]]
"""Makes properties and geometry (EPSG:25832) of a feature from what it is now."""


async def _changed(
    request: Request, caller: Caller, change: Change, asked: tuple[str | None, Crs], make: Make
) -> Response:
    if_match, crs = asked

    def work(change: Change, now: bytes) -> str:
        properties, geometry = make(change, json.loads(now))
        return write(get_database(request), change, properties, geometry, etag_of(now))

    await _in_state(request, change, if_match, work)
    return await _answered(request, caller, change, crs, 200)


async def _in_state(
    request: Request, change: Change, if_match: str | None, work: Callable[[Change, bytes], T]
) -> T:
    """Work on a feature as it is now, if that is the state that was meant."""
    if if_match is None:
        raise PreconditionRequired("Read the feature first and send its ETag as If-Match.")
    meant = ", ".join(request.headers.getlist("if-match"))

    def checked_work() -> T:
        now = read(get_database(request), change)
        if not is_meant(meant, now):
            raise PreconditionFailed(CHANGED)
        return work(change, now)

    return await in_turn(request, checked_work)


async def in_turn(request: Request, work: Callable[[], T]) -> T:
    """Read or write beside the event loop, when it is the agency's turn."""
    return await turns_of(request).compute(work, public=False)


def change_of(request: Request, caller: Caller, collection_id: str, feature_id: str) -> Change:
    """Return what is to be written: one feature of a collection, by this caller.

    Raises
    ------
    Unauthenticated, Forbidden, InvalidInput
        As `editing.rule_for`.
    NotFound
        When there cannot be such a feature.
    """
    collection = find_collection(collection_id)
    rule = rule_for(collection_id, caller)
    if feature_id:
        require_possible(collection, feature_id)
    values = {"today": today_of(request), "key": feature_id, **choices_of(collection, {})}
    return Change(view_of(collection, caller, EXACT), rule, values, caller.name, request.state.request_id)


async def _answered(request: Request, caller: Caller, change: Change, crs: Crs, status: int) -> Response:
    """Answer with the feature as it is now, in the coordinate system that was sent, and its new state."""
    database = get_database(request)
    content, state = await in_turn(
        request, lambda: (read(database, _in(change, crs)), read(database, change))
    )
    collection = find_collection(change.view.collection)
    content = with_links(content, base_address(request), collection, str(change.values["key"]), crs)
    headers = {**caching(caller), "ETag": strong_etag(state, content), "Content-Crs": f"<{crs.uri}>"}
    return Response(content, status, headers, documents.GEOJSON)


async def _body(request: Request) -> Any:  # noqa: ANN401 - checked where it is used
    """Read a JSON object.

    Raises
    ------
    InvalidInput
        When it is none.
    """
    try:
        body = json.loads(await request.body(), parse_constant=_no_number)
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(r"The body holds half a character: \ud800 to \udfff come in pairs.") from error
    except json.JSONDecodeError as error:
        raise InvalidInput(f"The body is no JSON: line {error.lineno}, column {error.colno}.") from error
    except ValueError as error:
        raise InvalidInput("The body is no JSON: it is not written in UTF-8.") from error
    except RecursionError as error:
        raise InvalidInput("The body is nested too deeply.") from error
    if not isinstance(body, dict):
        raise InvalidInput("Send a GeoJSON feature: an object with properties and geometry.")
    return body


def _no_number(text: str) -> None:
    raise InvalidInput(f"The body holds {text}, which is no number in JSON.")


def _crs(request: Request, body: Document) -> Crs:
    """Return the coordinate system of the sent geometry: ``Content-Crs``, its ``crs``, else CRS84.

    Raises
    ------
    BadParameter
        When there is no such system.
    InvalidInput
        When ``crs`` is written otherwise than in answers.
    """
    header = request.headers.get("content-crs")
    if header is not None:
        return crs_of({"Content-Crs": header.strip("<> ")}, "Content-Crs")
    if body.get("crs") is None:
        return CRS84
    try:
        name = str(body["crs"]["properties"]["name"])
    except (TypeError, LookupError) as error:
        raise InvalidInput(
            'crs is written as {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}.',
            parameter="crs",
        ) from error
    return crs_of({"crs": name}, "crs")
