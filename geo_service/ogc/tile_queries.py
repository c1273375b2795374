"""Statements that build vector tiles in PostGIS.

A tile never exceeds its budget: where it is crowded the largest features stay, the smaller ones are left out
and counted. Source: Mapbox Vector Tile specification 2.1.
"""

from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Float,
    Integer,
    Select,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from geo_service.auth.caller import Caller
from geo_service.auth.fields import may_see
from geo_service.auth.publication import sees_unpublished
from geo_service.geometry import STORAGE_SRID, WEB_MERCATOR_SRID
from geo_service.ogc.areas import TILE_BUFFER, Box, metres_per_pixel
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.model import Collection, Column, Tiles
from geo_service.ogc.queries import KEPT_STATEMENTS, Statement, View, constant, row_conditions, value

EXTENT: Final = 4096
TILE_PIXELS: Final = 256
"""Width of a tile as it is looked at."""
FULL_ZOOM: Final = 14
"""From this zoom on shapes and properties are complete; below it they are generalised."""
MAX_BYTES: Final = 500_000
BUDGET_BYTES: Final = 460_000
"""Estimated size up to which a tile is filled."""
FULL_FEATURE_BYTES, COARSE_FEATURE_BYTES = 84, 24
"""Estimated size of a feature without its shape."""
VERTEX_BYTES: Final = 2
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


def tile_parameters(zoom: int, tile: Box, search: Box, today: date, budget: int) -> dict[str, Any]:
    """Return the values of ``tile_statement``.

    Parameters
    ----------
    zoom
        Zoom of the tile.
    tile
        Tile in EPSG:3857.
    search
        Box around it in EPSG:25832, buffer included.
    today
        Day of the rows.
    budget
        Bytes to fill.
    """
    pixel_m = metres_per_pixel(zoom, tile)
    feature = COARSE_FEATURE_BYTES if zoom < FULL_ZOOM else FULL_FEATURE_BYTES
    return {
        **dict(zip(("west", "south", "east", "north"), search, strict=True)),
        **dict(zip(("tile_west", "tile_south", "tile_east", "tile_north"), tile, strict=True)),
        "today": today,
        "tiny_m2": TINY_PIXELS * pixel_m**2,
        "tolerance": SIMPLIFY_PIXELS * (tile[2] - tile[0]) / TILE_PIXELS,
        "feature_bytes": feature,
        "most": budget // feature,
        "budget": budget,
    }


@lru_cache(maxsize=KEPT_STATEMENTS)
def tile_statement(view: View, *, coarse: bool) -> Statement:
    """Build one tile. Bound: ``tile_parameters``.

    Returns
    -------
    Select
        One row: the tile (bytea), and the number of features left out because it is full.
    """
    collection = COLLECTIONS[view.collection]
    tiles = collection.tiles
    if tiles is None:
        raise LookupError(view.collection)
    conditions = _in_tile(collection, view, coarse=coarse)
    crowd = select(func.count()).select_from(tiles.source).where(*conditions).scalar_subquery()
    fitting = _fitting(collection, tiles, view, conditions, coarse=coarse).subquery("fitting")
    bounds = func.ST_MakeEnvelope(
        *(value(f"tile_{side}", Float) for side in ("west", "south", "east", "north")),
        WEB_MERCATOR_SRID,
        type_=NullType(),
    )
    shape = func.ST_AsMVTGeom(
        fitting.c.geom, bounds, EXTENT, round(TILE_BUFFER * EXTENT), literal_column("true")
    )
    drawn = (
        select(fitting.c.row_id, shape.label("geom"), *(fitting.c[name] for name in view.fields))
        .where(fitting.c.filled <= value("budget", Integer))
        .order_by(fitting.c.filled)
        .subquery("drawn")
    )
    tile = func.ST_AsMVT(
        drawn.table_valued(), constant(collection.id), EXTENT, constant("geom"), constant("row_id")
    )
    return select(tile, crowd - func.count())


def _in_tile(collection: Collection, view: View, *, coarse: bool) -> list[ColumnElement[bool]]:
    """Return the rows of a tile: the box is transformed, never the column."""
    search = func.ST_MakeEnvelope(
        *(value(side, Float) for side in ("west", "south", "east", "north")), STORAGE_SRID
    )
    conditions = [*row_conditions(collection, view), collection.geom.op("&&", return_type=Boolean())(search)]
    if collection.valid is not None:
        conditions.append(collection.valid.op("@>", return_type=Boolean())(value("today", Date)))
    if coarse and collection.area_m2 is not None:
        conditions.append(collection.area_m2 >= value("tiny_m2", Float))
    return conditions


def _mercator(collection: Collection, tiles: Tiles) -> Column:
    """Return the shape in EPSG:3857, as stored if it is: a column, not what GeoAlchemy2 wraps around it."""
    if tiles.geom_3857 is None:
        return func.ST_Transform(collection.geom, WEB_MERCATOR_SRID, type_=NullType())
    return type_coerce(tiles.geom_3857, NullType())


def _fitting(
    collection: Collection, tiles: Tiles, view: View, conditions: list[ColumnElement[bool]], *, coarse: bool
) -> Select[*tuple[Any, ...]]:
    """Select features, the largest first, with the bytes that they fill so far."""
    shape, area, order = _mercator(collection, tiles), collection.area_m2, [collection.row_id.asc()]
    if area is not None:
        order.insert(0, area.desc())
        if coarse:
            shape = func.ST_Simplify(shape, value("tolerance", Float), literal_column("true"))
    largest = (
        select(
            collection.row_id.label("row_id"),
            shape.label("geom"),
            (literal_column("0") if area is None else area).label("area"),
            *(tiles.properties[name][2].label(name) for name in view.fields),
        )
        .select_from(tiles.source)
        .where(*conditions)
        .order_by(*order)
        .limit(value("most", Integer))
        .subquery("largest")
    )
    size = value("feature_bytes", Integer) + VERTEX_BYTES * func.ST_NPoints(largest.c.geom)
    filled = func.sum(size).over(order_by=(largest.c.area.desc(), largest.c.row_id), rows=(None, 0))
    return select(largest, filled.label("filled"))
