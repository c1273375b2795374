"""Makes tiles, and keeps those that were asked for until something changes."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from geo_service.auth.caller import Caller
from geo_service.beside import Once
from geo_service.conditional import etag_of_state
from geo_service.ogc.areas import tile_box, tile_search_box
from geo_service.ogc.far_queries import (
    LEAST_BYTES,
    SQUARES,
    far_tile,
    gathers,
    large_ones,
    level_parameters,
)
from geo_service.ogc.model import Collection
from geo_service.ogc.pieces import of_pieces
from geo_service.ogc.queries import View
from geo_service.ogc.tile_queries import (
    ALL,
    FULL_ZOOM,
    crowd_statement,
    cut_statement,
    tile_parameters,
    tile_statement,
    tile_view,
)
from geo_service.reader import Reader
from geo_service.tile_size import AIM, MAX_BYTES, largest

CACHE_BYTES: Final = 64_000_000
MOST_AT_FIRST: Final = 100_000
"""Features of a tile that are drawn to see how much they take."""

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
    """

    collection: Collection
    place: Place
    caller: Caller
    today: date


async def tile_of(reader: Reader, cache: TileCache, requests: Sequence[TileRequest], state: str) -> Tile:
    """Return one tile, a layer of each collection: layers of a vector tile stand in a row.

    Features are left out only where all layers together would not fit (`shares`).

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
    layers = [await _layer(reader, cache, each, state, MAX_BYTES) for each in requests]
    most = shares([len(layer.content) for layer in layers], MAX_BYTES)
    for place, request in enumerate(requests):
        if len(layers[place].content) > most[place]:
            layers[place] = await _layer(reader, cache, request, state, most[place], layers[place])
    return Tile(b"".join(layer.content for layer in layers), sum(layer.left_out for layer in layers))


def shares(sizes: Sequence[int], most: int) -> list[int]:
    """Return how large each layer of a tile may be.

    Layers that need less than an equal part keep their size; the others get equal parts of what these leave.

    Parameters
    ----------
    sizes
        Bytes that each layer takes.
    most
        Bytes of the tile.
    """
    allowed, left = list(sizes), most
    for number, place in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        allowed[place] = min(sizes[place], left // (len(sizes) - number))
        left -= allowed[place]
    return allowed


def etag_of_tile(requests: Sequence[TileRequest], state: str) -> str:
    """Return the entity tag of a tile, before it is drawn."""
    layers = [(_view(each), each.place, each.today) for each in requests]
    return etag_of_state(state, layers)


async def _layer(
    reader: Reader, cache: TileCache, request: TileRequest, state: str, most: int, larger: Tile | None = None
) -> Tile:
    """Return a layer of at most so many bytes, from the cache when nothing has changed since it was drawn."""
    view = _view(request)
    if view is None:
        return EMPTY
    key = (view, request.place, request.today, most)
    kept = cache.get(key, state)
    if kept is None:
        async with cache.making.of((key, state)):
            kept = cache.get(key, state)
            if kept is None:
                kept = await _draw(reader, view, request, most, larger)
                cache.put(key, state, kept)
    return kept


def _view(request: TileRequest) -> View | None:
    """Return what the caller sees on the tile; None: it is empty at this zoom."""
    zoom, tiles = request.place[0], request.collection.tiles
    if tiles is None or zoom < tiles.min_zoom:
        return None
    return tile_view(request.collection, tiles, request.caller, zoom)


async def _draw(reader: Reader, view: View, request: TileRequest, most: int, larger: Tile | None) -> Tile:
    """Make a tile: with all its features where they fit, else the largest.

    Parameters
    ----------
    reader, view, request
        Where the features come from, what is shown of them, and of which place.
    most
        Bytes that the tile may take.
    larger
        The same tile as it was found to be too large; None: it was not drawn yet.
    """
    search, coarse = tile_search_box(tile_box(*request.place)), request.place[0] < FULL_ZOOM
    if search is None:
        return EMPTY
    values = tile_parameters(request.place, search, request.today)
    if gathers(request.collection, request.place[0]):
        content = await _gathered(reader, view, values, most)
        if content is not None:
            return Tile(content, 0)
    elif larger is None:
        content = await of_pieces(reader, view, request.place[0], values)
        if content is not None and len(content) <= most:
            return Tile(content, 0)
        larger = None if content is None else Tile(content, 0)
    features = await reader.value(crowd_statement(view, coarse=coarse), values)

    async def draw(kept: int) -> bytes:
        cut = ALL
        if kept < features:
            found = await reader.row(cut_statement(view, coarse=coarse), {**values, "kept": kept})
            cut = {"least_area": found[0], "last_id": found[1]} if found else ALL
        content: bytes = await reader.value(tile_statement(view, coarse=coarse), {**values, **cut})
        return content

    if larger is None:
        kept = min(features, MOST_AT_FIRST)
    else:
        kept = int((features - larger.left_out) * AIM * most / len(larger.content))
    return Tile(*await largest(draw, features, kept, most, too_large=larger is not None))


async def _gathered(reader: Reader, view: View, values: dict[str, Any], most: int) -> bytes | None:
    """Return a tile on the finest level on which it is not too large; None: there is none."""
    levels = [level_parameters(values, level) for level in range(len(SQUARES))]
    limits = {f"limit_{level}": each["tiny_m2"] for level, each in enumerate(levels)}
    features, *large = await reader.row(large_ones(view), {**values, **limits}) or (0,)
    too_many = most // LEAST_BYTES + 1
    for count, level in zip(large, levels, strict=True):
        if count < too_many:
            content: bytes = await reader.value(far_tile(view), level)
            if len(content) <= most:
                return content
            too_many = min(too_many, features)  # where nothing is gathered a coarser tile is the same
    return None
