"""Statements about the pieces of which tiles of a city are put together.

Just below ``FULL_ZOOM`` a tile holds tens of thousands of parcels, and looking up what each looks like takes
longer than all else. So the parcels of a cell that look the same are kept as one piece; a parcel that reaches
into another cell is a piece of its own. A cell is a tile of zoom ``CELL_ZOOM``; a parcel belongs to the one
that holds the middle of its box. Pieces of cells in which something changed since are not used.
"""

import math
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Executable,
    Float,
    Integer,
    Select,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import NullType

from geo_service.changes import ALL_CELLS, TileCell, TileChange, TilePiece
from geo_service.db import Base
from geo_service.geometry import STORAGE_SRID
from geo_service.ogc.areas import MERCATOR_HALF_M, tile_box, tile_search_box
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.model import Collection, Column, Tiles
from geo_service.ogc.parcels import PARCELS
from geo_service.ogc.queries import KEPT_STATEMENTS, Statement, View, value
from geo_service.ogc.tile_queries import (
    EXTENT,
    FULL_ZOOM,
    GRID_ZOOM,
    TILE_PIXELS,
    TINY_PIXELS,
    drawn_rows,
    merged,
    together,
)

CELL_ZOOM: Final = 15
"""A cell is a tile of this zoom."""
CELLS_ACROSS: Final = 2**CELL_ZOOM
CELL_STEPS: Final = EXTENT >> (CELL_ZOOM - GRID_ZOOM)
"""Width of a cell on the grid on which shapes are stored."""
WORLD_STEPS: Final = EXTENT << GRID_ZOOM
KEEPER_LOCK: Final = 4_711_050
"""Advisory lock of the process that looks after the pieces."""

pieces, kept, changes = (
    Base.metadata.tables[each.__tablename__] for each in (TilePiece, TileCell, TileChange)
)
LOOKS: Final = ("horizon", "offered", "category", "severity", "grade", "is_demo")
"""Properties of a piece: those that parcels have below ``FULL_ZOOM``."""
CELLS: Final = {"cells": ARRAY(Integer), **dict.fromkeys(("west", "south", "east", "north"), ARRAY(Float))}


def has_pieces(collection: Collection, zoom: int) -> bool:
    """Tell whether tiles of a zoom are put together from pieces."""
    return collection is PARCELS and GRID_ZOOM <= zoom < FULL_ZOOM


@lru_cache(maxsize=KEPT_STATEMENTS)
def stale_cells(*, of_tile: bool) -> Statement:
    """Select the cells whose pieces are not as the parcels are, and the day of which pieces were drawn.

    Parameters
    ----------
    of_tile
        Only those of which something lies on a tile, and ``ALL_CELLS``. Bound: ``tile_parameters``. Where
        a parcel lies does not change without all cells being stale.

    Returns
    -------
    Select
        One row: cells (integer[], NULL: none), day (NULL: nothing was drawn).
    """
    now = _changes_now().subquery("now")
    stale = (
        select(func.array_agg(now.c.cell, type_=ARRAY(Integer)))
        .select_from(now.outerjoin(kept, kept.c.cell == now.c.cell))
        .where(now.c.changes.is_distinct_from(kept.c.changes))
    )
    if of_tile:
        here = select(pieces.c.id).where(pieces.c.cell == now.c.cell, _on_tile(pieces.c.geom_grid)).exists()
        stale = stale.where(or_(now.c.cell == ALL_CELLS, here))
    day = select(kept.c.day).where(kept.c.cell == ALL_CELLS)
    return select(stale.scalar_subquery(), day.scalar_subquery())


def _on_tile(shape: Column) -> ColumnElement[bool]:
    """Return whether a shape on the grid reaches into a tile. Bound: ``tile_parameters``."""
    left, top, steps = value("left", Float), value("top", Float), value("steps", Integer)
    box = func.ST_MakeEnvelope(1 - left, 1 - top, steps - 1 - left, steps - 1 - top, 0)
    return shape.op("&&", return_type=Boolean())(box)


def _changes_now() -> Select[Any]:
    """Select the changes of each cell that has any, and of ``ALL_CELLS``."""
    counted = union_all(
        select(changes.c.cell, changes.c.changes),
        select(literal(ALL_CELLS, Integer).label("cell"), literal(0, BigInteger).label("changes")),
    ).subquery("counted")
    total = cast(func.sum(counted.c.changes), BigInteger).label("changes")
    return select(counted.c.cell, total).group_by(counted.c.cell)


def cell_parameters(cells: list[int]) -> dict[str, list[Any]]:
    """Return the values of statements about some cells: their boxes in EPSG:25832 beside them.

    Parameters
    ----------
    cells
        Cells; those in which nothing can be stored are passed over.
    """
    places = [(cell, tile_search_box(tile_box(CELL_ZOOM, *divmod(cell, CELLS_ACROSS)))) for cell in cells]
    known = [(cell, *box) for cell, box in places if box is not None]
    columns = zip(*known, strict=True) if known else ((),) * len(CELLS)
    return {f"stale_{name}": list(column) for name, column in zip(CELLS, columns, strict=True)}


def _in_cells(shape: Column) -> list[ColumnElement[bool]]:
    """Return the parcels of some cells. Bound: `cell_parameters`."""
    given = [cast(value(f"stale_{name}", kind), kind) for name, kind in CELLS.items()]  # type: ignore[arg-type]
    names = ("cell", "west", "south", "east", "north")
    asked = func.unnest(*given).table_valued(*names, name="asked").render_derived()
    box = func.ST_MakeEnvelope(asked.c.west, asked.c.south, asked.c.east, asked.c.north, STORAGE_SRID)
    near = PARCELS.geom.op("&&", return_type=Boolean())(box)
    return [near, cell_of(shape) == asked.c.cell]


def cell_of(shape: Column) -> ColumnElement[int]:
    """Return the cell of a shape on the grid."""
    return func.tile_cell(shape, type_=Integer)


@lru_cache(maxsize=KEPT_STATEMENTS)
def tile_of_pieces(view: View, *, redrawn: bool) -> Statement:
    """Build a tile from pieces. Bound: ``tile_parameters``; `cell_parameters` of the stale cells.

    Parameters
    ----------
    view
        What a caller sees.
    redrawn
        Whether there are stale cells, whose parcels are looked up one by one.

    Returns
    -------
    Select
        One row: the tile (bytea).
    """
    collection = COLLECTIONS[view.collection]
    tiles, grid = drawn()
    conditions = [_on_tile(pieces.c.geom_grid), pieces.c.from_zoom <= value("zoom", Integer)]
    if not view.unpublished:
        conditions.append(pieces.c.published)
    shape = type_coerce(pieces.c.geom_grid, NullType()).label("shape")
    found = [select(shape, *(pieces.c[name] for name in view.fields)).where(*conditions)]
    if redrawn:
        stale = cast(value("stale_cells", CELLS["cells"]), CELLS["cells"])  # type: ignore[arg-type]
        found = [
            found[0].where(pieces.c.cell != func.all(stale)),
            select(grid.label("shape"), *(tiles.properties[name][2].label(name) for name in view.fields))
            .select_from(tiles.source)
            .where(*drawn_rows(collection, view, coarse=True), *_in_cells(grid), _on_tile(grid)),
        ]
    return merged(collection, view, union_all(*found).subquery("kept"))


def drawn() -> tuple[Tiles, Column]:
    """Return how parcels are drawn, and their shape on the grid."""
    if PARCELS.tiles is None or PARCELS.tiles.grid is None:
        raise LookupError(PARCELS.id)
    return PARCELS.tiles, type_coerce(PARCELS.tiles.grid, NullType())


def renewal(*, some: bool) -> list[Executable]:
    """Draw the pieces of all cells again, or of some. Bound: ``today``; `cell_parameters`.

    The statements must see the same state of the data.
    """
    return [*_forget(some=some), _draw(some=some), _note(some=some)]


def _forget(*, some: bool) -> list[Executable]:
    asked = func.any(cast(value("stale_cells", CELLS["cells"]), CELLS["cells"]))  # type: ignore[arg-type]
    return [delete(each).where(each.c.cell == asked) if some else delete(each) for each in (pieces, kept)]


def _draw(*, some: bool) -> Executable:
    tiles, grid = drawn()
    day = value("today", Date)
    conditions = [PARCELS.valid.op("@>", return_type=Boolean())(day)] if PARCELS.valid is not None else []
    placed = (
        select(
            grid.label("shape"),
            (PARCELS.area_m2 if PARCELS.area_m2 is not None else null()).label("area"),
            PARCELS.row_id.label("row_id"),
            (PARCELS.public_rows(day) if PARCELS.public_rows is not None else null()).label("published"),
            *(tiles.properties[name][2].label(name) for name in LOOKS),
        )
        .select_from(tiles.source)
        .where(*conditions, *(_in_cells(grid) if some else ()))
        .offset(0)  # keeps the shape from being worked out again for each use
        .subquery("placed")
    )
    shape = placed.c.shape
    inside = and_(
        *(
            func.floor(low(shape) / float(CELL_STEPS)) == func.floor(high(shape) / float(CELL_STEPS))
            for low, high in ((func.ST_XMin, func.ST_XMax), (func.ST_YMin, func.ST_YMax))
        )
    )
    seen = (
        select(
            cell_of(shape).label("cell"),
            _from_zoom(cell_of(shape), placed.c.area).label("from_zoom"),
            *(placed.c[name] for name in ("published", *LOOKS)),
            case((inside, null()), else_=placed.c.row_id).label("alone"),
            shape,
        )
        .where(shape.is_not(None))
        .subquery("seen")
    )
    same = [seen.c[name] for name in ("cell", "from_zoom", "published", *LOOKS)]
    rows = (
        select(*same, together(seen.c.shape))
        .where(seen.c.from_zoom.is_not(None))
        .group_by(*same, seen.c.alone)
    )
    return insert(pieces).from_select(["cell", "from_zoom", "published", *LOOKS, "geom_grid"], rows)


def _from_zoom(cell: ColumnElement[int], area: ColumnElement[Any]) -> ColumnElement[int | None]:
    """Return the lowest zoom on which a parcel is large enough to be drawn; NULL: it is not.

    The ground size of a pixel is that in the middle of the cell; ``metres_per_pixel`` has the formula.
    """
    middle = (cell // CELLS_ACROSS + 0.5) * CELL_STEPS
    stretch = func.cosh(math.pi * (1 - 2 * middle / WORLD_STEPS), type_=Float)
    enough = []
    for zoom in range(GRID_ZOOM, FULL_ZOOM):
        pixel_m = math.ldexp(2 * MERCATOR_HALF_M / TILE_PIXELS, -zoom)
        enough.append((area * stretch * stretch >= TINY_PIXELS * pixel_m**2, zoom))
    return case(*enough, else_=null())


def _note(*, some: bool) -> Executable:
    """Insert of which changes the pieces know."""
    now = _changes_now().subquery("now")
    rows = select(now.c.cell, now.c.changes, value("today", Date))
    if some:
        asked = cast(value("stale_cells", CELLS["cells"]), CELLS["cells"])  # type: ignore[arg-type]
        rows = rows.where(now.c.cell == func.any(asked))
    return insert(kept).from_select(["cell", "changes", "day"], rows)


def lock_keeper() -> Executable:
    """Take the lock of the process that looks after the pieces until the transaction ends; one boolean."""
    return select(func.pg_try_advisory_xact_lock(KEEPER_LOCK))
