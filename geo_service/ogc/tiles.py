"""Makes tiles, and keeps those that were asked for until something changes."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from geo_service.auth.caller import Caller
from geo_service.beside import Once
from geo_service.conditional import etag_of_state
from geo_service.ogc.areas import tile_box, tile_search_box
from geo_service.ogc.model import Collection
from geo_service.ogc.pieces import of_pieces
from geo_service.ogc.queries import View
from geo_service.ogc.tile_queries import (
    ALL,
    BUDGET_BYTES,
    FULL_ZOOM,
    MAX_BYTES,
    USUAL_VERTICES,
    VERTEX_BYTES,
    crowd_statement,
    cut_statement,
    tile_parameters,
    tile_statement,
    tile_view,
)
from geo_service.reader import Reader

CACHE_BYTES: Final = 64_000_000
SHRINK: Final = 0.9

Place = tuple[int, int, int]
"""Zoom, row, column."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A finished tile.

    Parameters
    ----------
    content
        Mapbox vector tile.
    left_out
        Features that did not fit.
    """

    content: bytes
    left_out: int


EMPTY: Final = Tile(b"", 0)

Key = tuple[View, Place, date, int]


@dataclass(slots=True)
class TileCache:
    """Tiles of one process, the least recently asked ones go first.

    Parameters
    ----------
    capacity
        Bytes kept.
    making
        Tiles that are drawn at the moment.
    """

    capacity: int = CACHE_BYTES
    making: Once = field(default_factory=Once)
    _tiles: OrderedDict[Key, tuple[str, Tile]] = field(default_factory=OrderedDict)
    _size: int = 0

    def get(self, key: Key, version: str) -> Tile | None:
        """Return a tile if it was made from this version of the data."""
        found = self._tiles.get(key)
        if found is None or found[0] != version:
            return None
        self._tiles.move_to_end(key)
        return found[1]

    def put(self, key: Key, version: str, tile: Tile) -> None:
        """Keep a tile."""
        before = self._tiles.pop(key, None)
        self._size += len(tile.content) - (len(before[1].content) if before else 0)
        self._tiles[key] = (version, tile)
        while self._size > self.capacity:
            _key, (_version, oldest) = self._tiles.popitem(last=False)
            self._size -= len(oldest.content)


@dataclass(frozen=True, slots=True)
class TileRequest:
    """What is asked for, by whom.

    Parameters
    ----------
    collection
        Collection that has tiles.
    place
        Zoom, row, column; within the range of the zoom.
    caller
        Who asks.
    today
        Day whose rows are drawn.
    share
        Of how many layers of one tile this is one: each gets the same part of its size.
    """

    collection: Collection
    place: Place
    caller: Caller
    today: date
    share: int = 1


async def tile_of(reader: Reader, cache: TileCache, requests: Sequence[TileRequest], state: str) -> Tile:
    """Return one tile, a layer of each collection: layers of a vector tile stand in a row.

    Parameters
    ----------
    reader
        Where the tile comes from.
    cache
        Tiles of this process.
    requests
        One for each collection, all of one place.
    state
        State of the data, read before.
    """
    layers = [await _layer(reader, cache, each, state) for each in requests]
    return Tile(b"".join(layer.content for layer in layers), sum(layer.left_out for layer in layers))


def etag_of_tile(requests: Sequence[TileRequest], state: str) -> str:
    """Return the entity tag of a tile, before it is drawn."""
    layers = [(_view(each), each.place, each.today, each.share) for each in requests]
    return etag_of_state(state, layers)


async def _layer(reader: Reader, cache: TileCache, request: TileRequest, state: str) -> Tile:
    """Return a layer, from the cache when nothing has changed since it was drawn."""
    view = _view(request)
    if view is None:
        return EMPTY
    key = (view, request.place, request.today, request.share)
    kept = cache.get(key, state)
    if kept is None:
        async with cache.making.of((key, state)):
            kept = cache.get(key, state)
            if kept is None:
                kept = await _draw(reader, view, request)
                cache.put(key, state, kept)
    return kept


def _view(request: TileRequest) -> View | None:
    """Return what the caller sees on the tile; None: it is empty at this zoom."""
    zoom, tiles = request.place[0], request.collection.tiles
    if tiles is None or zoom < tiles.min_zoom:
        return None
    return tile_view(request.collection, tiles, request.caller, zoom)


async def _draw(reader: Reader, view: View, request: TileRequest) -> Tile:
    """Make a tile: at once where its features seem to fit, else, or when they did not, up to a cut."""
    search, coarse = tile_search_box(tile_box(*request.place)), request.place[0] < FULL_ZOOM
    tiles = request.collection.tiles
    if search is None or tiles is None:
        return EMPTY
    values = tile_parameters(tiles, request.place, search, request.today)
    content = await of_pieces(reader, view, request.place[0], values)
    if content is not None and len(content) <= MAX_BYTES // request.share:
        return Tile(content, 0)
    budget, most = BUDGET_BYTES // request.share, MAX_BYTES // request.share
    features = await reader.value(crowd_statement(view, coarse=coarse), values)
    usual = values["feature_bytes"] + VERTEX_BYTES * USUAL_VERTICES
    cut, kept = (ALL, features) if features * usual <= budget else (None, 0)
    while True:
        if cut is None:
            found = await reader.row(cut_statement(view, coarse=coarse), {**values, "budget": budget})
            if found is None:
                return Tile(b"", features)
            cut, kept = {"least_area": found[0], "last_id": found[1]}, found[2]
        content = await reader.value(tile_statement(view, coarse=coarse), {**values, **cut})
        if len(content) <= most:
            return Tile(content, max(features - kept, 0))
        budget = budget if cut is ALL else int(budget * SHRINK * most / len(content))
        cut = None
