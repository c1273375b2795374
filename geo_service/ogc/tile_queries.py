"""Statements that build vector tiles in PostGIS.

A tile never exceeds its size: where it is crowded the largest features stay, the smaller ones are left out
and counted. Source: Mapbox Vector Tile specification 2.1.
"""

from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Float,
    Integer,
    Subquery,
    and_,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from geo_service.auth.caller import Caller
from geo_service.auth.fields import may_see
from geo_service.auth.publication import sees_unpublished
from geo_service.geometry import STORAGE_SRID, WEB_MERCATOR_SRID
from geo_service.ogc.areas import TILE_BUFFER, Box, metres_per_pixel, tile_box
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.model import Collection, Column, Tiles
from geo_service.ogc.queries import KEPT_STATEMENTS, Statement, View, constant, fixed, row_conditions, value

EXTENT: Final = 4096
TILE_PIXELS: Final = 256
"""Width of a tile as it is looked at."""
FULL_ZOOM: Final = 14
"""From this zoom on shapes and properties are complete; below it they are generalised."""
ALL: Final = {"least_area": -1.0, "last_id": 0}
"""Cut that keeps all features."""
POLYGONS: Final = 3
"""What PostGIS calls areas when it takes parts out of a collection."""
GRID_ZOOM: Final = 12
"""Zoom of the grid on which shapes are stored, ``EXTENT`` steps to a tile."""
TINY_PIXELS: Final = 0.1
"""Below FULL_ZOOM areas smaller than this (square pixels, 256 pixels to a tile) are left out."""
SIMPLIFY_PIXELS: Final = 0.5
"""Below FULL_ZOOM shapes deviate by at most this."""


def tile_view(collection: Collection, tiles: Tiles, caller: Caller, zoom: int) -> View:
    """Return which properties and rows a caller sees on tiles of a zoom."""
    coarse = tiles.coarse if zoom < FULL_ZOOM else None
    fields = tuple(
        name
        for name, (record, field, _column) in tiles.properties.items()
        if may_see(record, field, caller) and (coarse is None or name in coarse)
    )
    return View(collection.id, fields, sees_unpublished(caller))


def tile_parameters(place: tuple[int, int, int], search: Box, today: date) -> dict[str, Any]:
    """Return the values of the statements of a tile, which keeps all its features.

    Parameters
    ----------
    place
        Zoom, row, column.
    search
        Box around it in EPSG:25832, buffer included.
    today
        Day of the rows.
    """
    zoom, row, column = place
    tile = tile_box(*place)
    pixel_m = metres_per_pixel(zoom, tile)
    steps = EXTENT if zoom >= FULL_ZOOM else int(EXTENT * 2.0 ** (GRID_ZOOM - zoom))
    return {
        **dict(zip(("west", "south", "east", "north"), search, strict=True)),
        **dict(zip(("tile_west", "tile_south", "tile_east", "tile_north"), tile, strict=True)),
        "today": today,
        "tiny_m2": TINY_PIXELS * pixel_m**2,
        "tolerance": SIMPLIFY_PIXELS * (tile[2] - tile[0]) / TILE_PIXELS,
        "steps": steps,
        "left": -column * steps,
        "top": -row * steps,
        "zoom": zoom,
        **ALL,
    }


@lru_cache(maxsize=KEPT_STATEMENTS)
def tile_statement(view: View, *, coarse: bool) -> Statement:
    """Build one tile, the largest features first. Bound: ``tile_parameters``, with a cut.

    Returns
    -------
    Select
        One row: the tile (bytea).
    """
    collection, tiles = _drawn(view)
    if coarse and tiles.grid is not None:
        return _merged(collection, tiles.grid, tiles, view)
    bounds = func.ST_MakeEnvelope(
        *(value(f"tile_{side}", Float) for side in ("west", "south", "east", "north")),
        WEB_MERCATOR_SRID,
        type_=NullType(),
    )
    shape = func.ST_AsMVTGeom(
        _shape(collection, tiles, coarse=coarse),
        bounds,
        EXTENT,
        round(TILE_BUFFER * EXTENT),
        literal_column("true"),
    )
    drawn = (
        select(
            collection.row_id.label("row_id"),
            shape.label("geom"),
            *(tiles.properties[name][2].label(name) for name in view.fields),
        )
        .select_from(tiles.source)
        .where(*in_tile(collection, view, coarse=coarse), _kept(collection))
        .order_by(*_largest_first(collection))
        .subquery("drawn")
    )
    layer = (constant(collection.id), EXTENT, constant("geom"), constant("row_id"))
    return select(func.ST_AsMVT(drawn.table_valued(), *layer))


def _merged(collection: Collection, grid: Column, tiles: Tiles, view: View) -> Statement:
    """Build a tile of shapes that are on its grid already; those with the same properties are one feature.

    Shapes are not cut off at the edge: they are small there, or few.
    """
    kept = (
        select(
            type_coerce(grid, NullType()).label("shape"),
            *(tiles.properties[name][2].label(name) for name in view.fields),
        )
        .select_from(tiles.source)
        .where(*in_tile(collection, view, coarse=True), _kept(collection))
        .subquery("kept")
    )
    return merged(collection, view, kept)


def merged(collection: Collection, view: View, kept: Subquery) -> Statement:
    """Build a tile of shapes on the grid: those with the same properties are one feature.

    Parameters
    ----------
    collection, view
        What is drawn, and the properties it has on the tile.
    kept
        ``shape`` on the grid, and the properties.
    """
    properties = [kept.c[name] for name in view.fields]
    moved = func.ST_Translate(
        together(kept.c.shape), value("left", Float), value("top", Float), type_=NullType()
    )
    drawn = select(moved.label("geom"), *properties).group_by(*properties)
    layer = (constant(collection.id), value("steps", Integer), constant("geom"))
    return select(func.ST_AsMVT(drawn.subquery("drawn").table_valued(), *layer))


def together(shape: Column) -> Column:
    """Return all shapes of a group, some with one part and some with several, as one with many parts.

    Collecting an array takes half the time of collecting one by one.
    """
    collected = func.ST_Collect(func.array_agg(shape, type_=NullType()), type_=NullType())
    return func.ST_CollectionExtract(collected, POLYGONS, type_=NullType())


@lru_cache(maxsize=KEPT_STATEMENTS)
def crowd_statement(view: View, *, coarse: bool) -> Statement:
    """Count the features of a tile. Bound: ``tile_parameters``."""
    collection, tiles = _drawn(view)
    return select(func.count()).select_from(tiles.source).where(*in_tile(collection, view, coarse=coarse))


@lru_cache(maxsize=KEPT_STATEMENTS)
def cut_statement(view: View, *, coarse: bool) -> Statement:
    """Find the smallest feature that is kept where a tile is crowded. Bound: ``tile_parameters``, ``kept``.

    Returns
    -------
    Select
        Its area, its row id.
    """
    collection, tiles = _drawn(view)
    return (
        select(_area(collection), collection.row_id)
        .select_from(tiles.source)
        .where(*in_tile(collection, view, coarse=coarse))
        .order_by(*_largest_first(collection))
        .offset(value("kept", Integer) - 1)
        .limit(1)
    )


def _drawn(view: View) -> tuple[Collection, Tiles]:
    collection = COLLECTIONS[view.collection]
    if collection.tiles is None:
        raise LookupError(view.collection)
    return collection, collection.tiles


def _area(collection: Collection) -> ColumnElement[Any]:
    """Return by what features are large; of points none is larger."""
    return literal_column("0", Float) if collection.area_m2 is None else collection.area_m2


def _largest_first(collection: Collection) -> list[ColumnElement[Any]]:
    ordered = [] if collection.area_m2 is None else [collection.area_m2.desc()]
    return [*ordered, collection.row_id.asc()]


def _kept(collection: Collection) -> ColumnElement[bool]:
    """Return which features stay: those before the cut, and it."""
    area, least = _area(collection), value("least_area", Float)
    return or_(area > least, and_(area == least, collection.row_id <= value("last_id", BigInteger)))


def in_tile(
    collection: Collection, view: View, *, coarse: bool, written: bool = False
) -> list[ColumnElement[bool]]:
    """Return the rows of a tile: the box is transformed, never the column.

    Parameters
    ----------
    collection, view, coarse
        What is drawn, and how.
    written
        Whether the box is written into the statement: where it holds a whole city, PostgreSQL must know.
    """
    side = fixed if written else value
    search = func.ST_MakeEnvelope(
        *(side(name, Float) for name in ("west", "south", "east", "north")), STORAGE_SRID
    )
    near = collection.geom.op("&&", return_type=Boolean())(search)
    return [*drawn_rows(collection, view, coarse=coarse), near]


def drawn_rows(collection: Collection, view: View, *, coarse: bool) -> list[ColumnElement[bool]]:
    """Return the rows that are drawn on tiles, wherever they are."""
    conditions = row_conditions(collection, view)
    if collection.valid is not None:
        conditions.append(collection.valid.op("@>", return_type=Boolean())(fixed("today", Date)))
    if coarse and collection.area_m2 is not None:
        conditions.append(collection.area_m2 >= value("tiny_m2", Float))
    return conditions


def _shape(collection: Collection, tiles: Tiles, *, coarse: bool) -> Column:
    """Return the shape as it is drawn or put on the grid: a column, not what GeoAlchemy2 wraps around it."""
    if coarse and tiles.grid is not None:
        return type_coerce(tiles.grid, NullType())
    if collection.geom_3857 is None:
        shape: Column = func.ST_Transform(collection.geom, WEB_MERCATOR_SRID, type_=NullType())
    else:
        shape = type_coerce(collection.geom_3857, NullType())
    if coarse and collection.area_m2 is not None:
        shape = func.ST_Simplify(shape, value("tolerance", Float), literal_column("true"), type_=NullType())
    return shape
