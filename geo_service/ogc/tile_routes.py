"""Routes of the vector tiles."""

from enum import Enum
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from geo_service.auth.access import Public
from geo_service.auth.caller import Caller
from geo_service.clock import city_of, today_of
from geo_service.conditional import caching, is_known, unchanged
from geo_service.db import Reading, get_database
from geo_service.errors import NotFound
from geo_service.ogc import documents, openapi
from geo_service.ogc.areas import MAX_ZOOM
from geo_service.ogc.change_queries import data_version
from geo_service.ogc.collections import DRAWN
from geo_service.ogc.direct import busiest
from geo_service.ogc.extents import extent_of
from geo_service.ogc.model import Collection, Tiles
from geo_service.ogc.parameters import single_values
from geo_service.ogc.routes import base_address
from geo_service.ogc.service import find_collection, view_of
from geo_service.ogc.tile_queries import FULL_ZOOM, tile_view
from geo_service.ogc.tiles import TileRequest, etag_of_tile, tile_of
from geo_service.tile_size import LEFT_OUT

TAGS: Final[list[str | Enum]] = ["Vector tiles"]
router = APIRouter(prefix="/ogc/collections/{collection_id}/tiles", tags=TAGS)
together = APIRouter(prefix="/ogc/tiles", tags=TAGS)
"""Tiles of several collections, a layer of each."""


@router.get("", openapi_extra=openapi.FORMAT_ONLY)
async def get_tilesets(request: Request, caller: Public, collection_id: str) -> Response:
    """List the tilesets of a collection."""
    collection, _tiles = _drawn(collection_id)
    single_values(request.query_params, {"f"})
    return JSONResponse(documents.tilesets(base_address(request), collection), headers=caching(caller))


@router.get(f"/{documents.TILE_SCHEME}", openapi_extra=openapi.FORMAT_ONLY)
async def get_tile_json(request: Request, caller: Public, session: Reading, collection_id: str) -> Response:
    """Describe the tiles of a collection (TileJSON)."""
    collection, tiles = drawn = _drawn(collection_id)
    single_values(request.query_params, {"f"})
    extent = await extent_of(
        session, request.app.state.extents, view_of(collection, caller), today_of(request)
    )
    fields = tile_view(collection, tiles, caller, FULL_ZOOM).fields
    bounds = extent or city_of(request).bbox
    return JSONResponse(
        documents.tile_json(base_address(request), drawn, fields, bounds), headers=caching(caller)
    )


@busiest.get(
    f"/ogc/collections/{{collection_id}}/tiles/{documents.TILE_SCHEME}/{{z}}/{{y}}/{{x}}",
    tags=TAGS,
    response_class=Response,
    responses=openapi.TILE_ANSWER,
)
async def get_tile(request: Request, caller: Public, collection_id: str) -> Response:
    """Return a vector tile: zoom, row, column."""
    collection, _tiles = _drawn(collection_id)
    single_values(request.query_params, {"f"})
    place = _place(request.path_params)
    return await _answer(request, caller, [TileRequest(collection, place, caller, today_of(request))])


@together.get("", openapi_extra=openapi.FORMAT_ONLY)
async def get_combined_tilesets(request: Request, caller: Public) -> Response:
    """List the tilesets of all collections together."""
    single_values(request.query_params, {"f"})
    return JSONResponse(documents.tilesets(base_address(request), None), headers=caching(caller))


@together.get(f"/{documents.TILE_SCHEME}", openapi_extra=openapi.COLLECTIONS)
async def get_combined_tile_json(request: Request, caller: Public) -> Response:
    """Describe the tiles of several collections (TileJSON)."""
    drawn = _several(single_values(request.query_params, {"f", "collections"}))
    layers = [(each, tiles, tile_view(each, tiles, caller, FULL_ZOOM).fields) for each, tiles in drawn]
    described = documents.combined_tile_json(base_address(request), layers, city_of(request).bbox)
    return JSONResponse(described, headers=caching(caller))


@busiest.get(
    f"/ogc/tiles/{documents.TILE_SCHEME}/{{z}}/{{y}}/{{x}}",
    tags=TAGS,
    response_class=Response,
    responses=openapi.TILE_ANSWER,
    openapi_extra=openapi.COLLECTIONS,
)
async def get_combined_tile(request: Request, caller: Public) -> Response:
    """Return a vector tile with a layer of each collection: zoom, row, column."""
    drawn = _several(single_values(request.query_params, {"f", "collections"}))
    place, today = _place(request.path_params), today_of(request)
    asked = [TileRequest(each, place, caller, today) for each, _tiles in drawn]
    return await _answer(request, caller, asked)


async def _answer(request: Request, caller: Caller, asked: list[TileRequest]) -> Response:
    """Answer with a tile; a caller who has it already costs no more than reading the state of the data."""
    reader = get_database(request).reader
    state = (await reader.value(data_version())).decode()
    headers = {**caching(caller), "ETag": etag_of_tile(asked, state)}
    if is_known(request, headers["ETag"]):
        return unchanged(headers)
    found = await tile_of(reader, request.app.state.tiles, asked, state)
    if found.left_out:
        headers[LEFT_OUT] = str(found.left_out)
    return Response(found.content, media_type=documents.MVT, headers=headers)


def _several(given: dict[str, str]) -> list[tuple[Collection, Tiles]]:
    """Return the collections that are asked for, each once; all that have tiles when none is named.

    Raises
    ------
    NotFound
        When one does not exist, or has no tiles of its own.
    """
    names = dict.fromkeys(given["collections"].split(",") if "collections" in given else DRAWN)
    return [_drawn(name.strip()) for name in names]


def _drawn(collection_id: str) -> tuple[Collection, Tiles]:
    collection = find_collection(collection_id)
    if collection.tiles is None:
        raise NotFound(f"{collection.id} has no tiles of its own: see the tiles of parcels.")
    return collection, collection.tiles


def _place(parameters: dict[str, str]) -> tuple[int, int, int]:
    """Return zoom, row, column.

    Raises
    ------
    NotFound
        When there is no such tile in the scheme.
    """
    numbers = [parameters[name] for name in ("z", "y", "x")]
    if all(text.isascii() and text.isdecimal() and len(text) < 9 for text in numbers):  # noqa: PLR2004 - digits
        zoom, row, column = (int(text) for text in numbers)
        if zoom <= MAX_ZOOM and row < 2**zoom and column < 2**zoom:
            return zoom, row, column
    raise NotFound(
        f"There is no tile {'/'.join(numbers)[:60]} in {documents.TILE_SCHEME}, zoom 0 to {MAX_ZOOM}."
    )
