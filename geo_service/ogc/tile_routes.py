"""Routes of the vector tiles."""

from dataclasses import replace
from enum import Enum
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from geo_service.auth.access import Public
from geo_service.auth.caller import Caller
from geo_service.clock import city_of, today_of
from geo_service.conditional import caching, is_known, unchanged
from geo_service.db import Reading, ReadSession, get_database
from geo_service.errors import BadParameter, NotFound
from geo_service.ogc import documents, openapi, tile_documents
from geo_service.ogc.areas import MAX_ZOOM
from geo_service.ogc.change_queries import data_version
from geo_service.ogc.collections import DRAWN
from geo_service.ogc.direct import busiest
from geo_service.ogc.extents import extent_of
from geo_service.ogc.html import Resource, page, query_of, wants_page
from geo_service.ogc.model import Collection, Tiles
from geo_service.ogc.parameters import single_values
from geo_service.ogc.routes import base_address
from geo_service.ogc.service import find_collection, view_of
from geo_service.ogc.tile_documents import SCHEME, Layer, Tileset
from geo_service.ogc.tile_queries import FULL_ZOOM, tile_view
from geo_service.ogc.tiles import TileRequest, etag_of_tile, tile_of
from geo_service.tile_size import LEFT_OUT

TAGS: Final[list[str | Enum]] = ["Vector tiles"]
router = APIRouter(prefix="/ogc/collections/{collection_id}/tiles", tags=TAGS)
together = APIRouter(prefix="/ogc/tiles", tags=TAGS)
"""Tiles of several collections, a layer of each."""
schemes = APIRouter(prefix=documents.TILE_SCHEMES, tags=TAGS)
"""Tile matrix sets."""
TILE_JSON: Final = "tilejson"
"""Value of ``f`` for the description that map libraries read."""
TILE: Final = frozenset({"mvt"})
LISTS: Final = frozenset({"json", "html"})
TILESETS: Final = LISTS | {TILE_JSON}
"""Formats of tiles, of lists and of tilesets."""


@router.get("", openapi_extra=openapi.FORMAT_ONLY)
async def get_tilesets(request: Request, caller: Public, collection_id: str) -> Response:
    """List the tilesets of a collection."""
    drawn = _drawn(collection_id)
    _given(request, LISTS)
    described = Tileset(base_address(request), [_layer(caller, drawn)], drawn[0])
    return await _list(request, caller, described)


@router.get(f"/{SCHEME}", openapi_extra=openapi.TILESET)
async def get_tileset(request: Request, caller: Public, session: Reading, collection_id: str) -> Response:
    """Describe the tiles of a collection."""
    drawn = _drawn(collection_id)
    given = _given(request, TILESETS)
    layers = [await _whole_layer(request, caller, session, drawn)]
    return await _tileset(request, caller, Tileset(base_address(request), layers, drawn[0]), given)


@busiest.get(
    f"/ogc/collections/{{collection_id}}/tiles/{SCHEME}/{{z}}/{{y}}/{{x}}",
    tags=TAGS,
    response_class=Response,
    responses=openapi.TILE_ANSWER,
)
async def get_tile(request: Request, caller: Public, collection_id: str) -> Response:
    """Return a vector tile: zoom, row, column."""
    collection, _tiles = _drawn(collection_id)
    _given(request, TILE)
    place = _place(request.path_params)
    return await _answer(request, caller, [TileRequest(collection, place, caller, today_of(request))])


@together.get("", openapi_extra=openapi.COLLECTIONS)
async def get_combined_tilesets(request: Request, caller: Public) -> Response:
    """List the tilesets of all collections together, or of some."""
    given = _given(request, LISTS, "collections")
    layers = [_layer(caller, each) for each in _several(given)]
    described = Tileset(base_address(request), layers, chosen="collections" in given)
    return await _list(request, caller, described)


@together.get(f"/{SCHEME}", openapi_extra=openapi.COMBINED_TILESET)
async def get_combined_tileset(request: Request, caller: Public, session: Reading) -> Response:
    """Describe the tiles of all collections together, or of some."""
    given = _given(request, TILESETS, "collections")
    layers = [await _whole_layer(request, caller, session, each) for each in _several(given)]
    described = Tileset(base_address(request), layers, chosen="collections" in given)
    return await _tileset(request, caller, described, given)


@busiest.get(
    f"/ogc/tiles/{SCHEME}/{{z}}/{{y}}/{{x}}",
    tags=TAGS,
    response_class=Response,
    responses=openapi.TILE_ANSWER,
    openapi_extra=openapi.COLLECTIONS,
)
async def get_combined_tile(request: Request, caller: Public) -> Response:
    """Return a vector tile with a layer of each collection: zoom, row, column."""
    drawn = _several(_given(request, TILE, "collections"))
    place, today = _place(request.path_params), today_of(request)
    return await _answer(request, caller, [TileRequest(each, place, caller, today) for each, _tiles in drawn])


@schemes.get("", openapi_extra=openapi.FORMAT_ONLY)
async def get_tile_matrix_sets(request: Request, caller: Public) -> Response:
    """List the tile matrix sets."""
    _given(request, LISTS)
    return await _document(
        request, caller, Resource("schemes", tile_documents.schemes(base_address(request)))
    )


@schemes.get(f"/{SCHEME}", openapi_extra=openapi.FORMAT_ONLY)
async def get_tile_matrix_set(request: Request, caller: Public) -> Response:
    """Define the tile matrix set: which tile lies where."""
    _given(request, LISTS)
    return await _document(request, caller, Resource("scheme", tile_documents.scheme()))


def _given(request: Request, formats: frozenset[str], *names: str) -> dict[str, str]:
    """Return the parameters of a request.

    Raises
    ------
    BadParameter
        For one that there is not, or a format that there is not.
    """
    given = single_values(query_of(request), {"f", *names}, None)
    if "f" in given and given["f"] not in formats:
        known = ", ".join(sorted(formats))
        raise BadParameter(f"Formats are {known}.", parameter="f", detail_de=f"Formate sind {known}.")
    return given


async def _list(request: Request, caller: Caller, described: Tileset) -> Response:
    resource = Resource("tilesets", tile_documents.tileset_list(described), described.of)
    return await _document(request, caller, resource)


async def _tileset(request: Request, caller: Caller, described: Tileset, given: dict[str, str]) -> Response:
    """Answer with a tileset, as its metadata, as TileJSON or as a page."""
    bounds = described.bounds(city_of(request).bbox)
    make = tile_documents.tile_json if given.get("f") == TILE_JSON else tile_documents.tileset
    return await _document(request, caller, Resource("tileset", make(described, bounds), described.of))


async def _document(request: Request, caller: Caller, resource: Resource) -> Response:
    """Answer with the page of a resource to a browser, else with its document."""
    if wants_page(request):
        return await page(request, caller, resource)
    headers = caching(caller)
    return JSONResponse(resource.document, headers={**headers, "Vary": f"{headers['Vary']}, Accept"})


def _layer(caller: Caller, drawn: tuple[Collection, Tiles]) -> Layer:
    """Return a layer without asking the database."""
    return Layer(*drawn, tile_view(*drawn, caller, FULL_ZOOM).fields, None)


async def _whole_layer(
    request: Request, caller: Caller, session: ReadSession, drawn: tuple[Collection, Tiles]
) -> Layer:
    """Return a layer with the box around what the caller sees."""
    view = view_of(drawn[0], caller)
    extent = await extent_of(session, request.app.state.extents, view, today_of(request))
    return replace(_layer(caller, drawn), extent=extent)


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
        raise NotFound(
            f"{collection.id} has no tiles of its own: see the tiles of parcels.",
            detail_de=f"{collection.id} hat keine eigenen Kacheln: Sehen Sie die der Flurstücke an.",
        )
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
    raise NotFound(f"There is no tile {'/'.join(numbers)[:60]} in {SCHEME}, zoom 0 to {MAX_ZOOM}.")
