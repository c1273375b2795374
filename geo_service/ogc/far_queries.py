"""Statements that build tiles of a whole city, where most features are too small to be seen one by one.

What is smaller than a limit is gathered: in each square of so many pixels all small features of the same
properties are one strip, as wide as the square, that covers as much as they do together. So each class keeps
its share of the land. The finest of the levels at which the tile is not too large is taken.
"""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import CTE, Float, Subquery, case, func, select, type_coerce, union_all
from sqlalchemy.types import NullType

from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.model import Collection, Column
from geo_service.ogc.queries import KEPT_STATEMENTS, Statement, View, value
from geo_service.ogc.tile_queries import GRID_ZOOM, TILE_PIXELS, TINY_PIXELS, in_tile, merged

SQUARES: Final = (0.5, 1, 2, 4, 8, 16, 32)
"""Width of the squares of each level, pixels."""
PART: Final = 0.025
"""What covers less than this part of a square is gathered."""
LEAST_BYTES: Final = 13
"""Of a feature of four corners: a move of two bytes each way, three lines of one, an end (MVT 2.1, 4.3)."""


def gathers(collection: Collection, zoom: int) -> bool:
    """Tell whether what is small is gathered on tiles of a zoom: else it is left out."""
    return zoom < GRID_ZOOM and collection.tiles is not None and collection.tiles.grid is not None


def level_parameters(values: dict[str, Any], level: int) -> dict[str, Any]:
    """Return the values of `far_tile` on a level.

    Parameters
    ----------
    values
        ``tile_parameters``.
    level
        Place in `SQUARES`.
    """
    squares = TILE_PIXELS / SQUARES[level]
    square_m2 = values["tiny_m2"] / TINY_PIXELS * SQUARES[level] ** 2
    return {
        **values,
        "tiny_m2": PART * square_m2,
        "squares": squares,
        "square_m2": square_m2,
        "side": values["steps"] / squares,
    }


@lru_cache(maxsize=KEPT_STATEMENTS)
def large_ones(view: View) -> Statement:
    """Count the features of a tile: all, and those that are not gathered on each level.

    Bound: ``tile_parameters``; ``limit_0`` and so on: ``tiny_m2`` of each level.

    Returns
    -------
    Select
        One row of numbers.
    """
    collection = COLLECTIONS[view.collection]
    tiles, area = collection.tiles, collection.area_m2
    if tiles is None or area is None:
        raise LookupError(collection.id)
    counts = (
        func.count().filter(area >= value(f"limit_{level}", Float)).label(f"level_{level}")
        for level in range(len(SQUARES))
    )
    return (
        select(func.count(), *counts)
        .select_from(tiles.source)
        .where(*in_tile(collection, view, coarse=False, written=True))
    )


@lru_cache(maxsize=KEPT_STATEMENTS)
def far_tile(view: View) -> Statement:
    """Build a tile with all features: the large ones and what the small ones are gathered to.

    Bound: `level_parameters`.

    Returns
    -------
    Select
        One row: the tile (bytea).
    """
    collection = COLLECTIONS[view.collection]
    seen = _seen(collection, view)
    strips = _strips(seen, view.fields)
    large = select(seen.c.shape, *(seen.c[name] for name in view.fields)).where(seen.c.shape.is_not(None))
    small = select(_shape(strips), *(strips.c[name] for name in view.fields))
    small = small.where(strips.c.bottom > strips.c.top)
    return merged(collection, view, union_all(large, small).subquery("kept"))


def _seen(collection: Collection, view: View) -> CTE:
    """Select the features of a tile: their shape on the grid if they are large, else their size and place.

    Places count in squares from the corner of the tile, downwards; sizes in areas of squares.
    """
    tiles, area, shape = collection.tiles, collection.area_m2, collection.geom_3857
    if tiles is None or tiles.grid is None or area is None:
        raise LookupError(collection.id)
    is_large = area >= value("tiny_m2", Float)
    west, north = value("tile_west", Float), value("tile_north", Float)
    square = (value("tile_east", Float) - west) / value("squares", Float)
    middle = [
        (low(shape, type_=Float) + high(shape, type_=Float)) / 2
        for low, high in ((func.ST_XMin, func.ST_XMax), (func.ST_YMin, func.ST_YMax))
    ]
    return (
        select(
            case((is_large, type_coerce(tiles.grid, NullType()))).label("shape"),
            case((~is_large, area / value("square_m2", Float))).label("size"),
            ((middle[0] - west) / square).label("across"),
            ((north - middle[1]) / square).label("down"),
            *(tiles.properties[name][2].label(name) for name in view.fields),
        )
        .select_from(tiles.source)
        .where(*in_tile(collection, view, coarse=False, written=True))
        .cte("seen")
    )


def _strips(seen: CTE, names: tuple[str, ...]) -> Subquery:
    """Select the strips, one below the other in each square: their edges in steps from the tile's corner.

    A feature belongs to the square, and to the tile, that holds the middle of its box. Edges are rounded,
    not heights: what one strip loses its neighbour gains.
    """
    column, row, squares = func.floor(seen.c.across), func.floor(seen.c.down), value("squares", Float)
    properties = [seen.c[name] for name in names]
    gathered = (
        select(column.label("column"), row.label("row"), func.sum(seen.c.size).label("size"), *properties)
        .where(seen.c.size.is_not(None), seen.c.across >= 0, seen.c.across < squares)
        .where(seen.c.down >= 0, seen.c.down < squares)
        .group_by(column, row, *properties)
        .subquery("gathered")
        .c
    )
    square, order = [gathered.column, gathered.row], [gathered[name] for name in names]
    until = func.sum(gathered.size).over(partition_by=square, order_by=order, rows=(None, 0))
    whole = func.greatest(func.sum(gathered.size).over(partition_by=square), 1.0)
    side = value("side", Float)
    return select(
        (gathered.column * side).label("left"),
        func.round((gathered.row + (until - gathered.size) / whole) * side).label("top"),
        func.round((gathered.row + until / whole) * side).label("bottom"),
        *order,
    ).subquery("strips")


def _shape(strips: Subquery) -> Column:
    """Return a strip on the grid; its ring turns as Mapbox Vector Tile 2.1 (4.3.4.4) wants it."""
    left, top, side = value("left", Float), value("top", Float), value("side", Float)
    corners = (strips.c.left - left, strips.c.top - top, strips.c.left - left + side, strips.c.bottom - top)
    box = func.ST_MakeEnvelope(*corners, type_=NullType())
    return func.ST_ForcePolygonCCW(box, type_=NullType()).label("shape")
