"""Makes tiles, and keeps those that were asked for until something changes."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from geo_service.auth.caller import Caller
from geo_service.conditional import etag_of
from geo_service.ogc.areas import tile_box, tile_search_box
from geo_service.ogc.model import Collection
from geo_service.ogc.queries import View, data_version
from geo_service.ogc.tile_queries import (
    BUDGET_BYTES,
    FULL_ZOOM,
    MAX_BYTES,
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
    etag
        Changes with the content.
    left_out
        Features that did not fit.
    """

    content: bytes
    etag: str
    left_out: int


EMPTY: Final = Tile(b"", etag_of(b""), 0)

Key = tuple[View, Place, date, int]


@dataclass(slots=True)
class TileCache:
    """Tiles of one process, the least recently asked ones go first.

    Parameters
    ----------
    capacity
        Bytes kept.
    """

    capacity: int = CACHE_BYTES
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


async def tile(reader: Reader, cache: TileCache, request: TileRequest) -> Tile:
    """Return a tile, from the cache when nothing was written since it was made.

    Parameters
    ----------
    reader
        Where the tile comes from.
    cache
        Tiles of this process.
    request
        What is asked for.
    """
    zoom = request.place[0]
    tiles = request.collection.tiles
    if tiles is None or zoom < tiles.min_zoom:
        return EMPTY
    view = tile_view(request.collection, tiles, request.caller, zoom)
    key = (view, request.place, request.today, request.share)
    version = (await reader.value(data_version())).decode()
    kept = cache.get(key, version)
    if kept is None:
        kept = await _draw(reader, view, request)
        cache.put(key, version, kept)
    return kept


async def combined(reader: Reader, cache: TileCache, requests: Sequence[TileRequest]) -> Tile:
    """Return one tile of several collections, a layer of each: layers of a vector tile stand in a row.

    Parameters
    ----------
    reader
        Where the tile comes from.
    cache
        Tiles of this process.
    requests
        One for each collection, all of one place.
    """
    layers = [await tile(reader, cache, each) for each in requests]
    content = b"".join(layer.content for layer in layers)
    return Tile(content, etag_of(content), sum(layer.left_out for layer in layers))


async def _draw(reader: Reader, view: View, request: TileRequest) -> Tile:
    """Make a tile; when the estimate was too low, again with a lower budget."""
    zoom = request.place[0]
    bounds = tile_box(*request.place)
    search = tile_search_box(bounds)
    if search is None:
        return EMPTY
    statement = tile_statement(view, coarse=zoom < FULL_ZOOM)
    budget, most = BUDGET_BYTES // request.share, MAX_BYTES // request.share
    while True:
        values = tile_parameters(zoom, bounds, search, request.today, budget)
        row = await reader.row(statement, values)
        content, left_out = row or (b"", 0)
        if len(content) <= most:
            return Tile(content, etag_of(content), left_out)
        budget = int(budget * SHRINK * most / len(content))
