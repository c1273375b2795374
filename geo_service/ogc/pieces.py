"""Keeps the pieces of which tiles of a city are put together, and puts them together.

A running server draws the pieces of the cells in which something changed again, in one transaction that sees
one state of the data; until then those cells are looked up parcel by parcel: a tile is right at once.
"""

from typing import Any, Final

import anyio.to_thread

from geo_service.availability.service import today
from geo_service.changes import ALL_CELLS
from geo_service.db import Database
from geo_service.ogc import piece_queries
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.queries import View
from geo_service.reader import Reader
from geo_service.upkeep import SERVER, repeat

EVERY_S: Final = 5.0
"""Seconds between two looks."""
MOST_STALE: Final = 64
"""Stale cells up to which a tile is put together from the others."""


async def of_pieces(reader: Reader, view: View, zoom: int, values: dict[str, Any]) -> bytes | None:
    """Return a tile made of pieces; None: there are none at this zoom, or too much changed since.

    Parameters
    ----------
    reader
        Where the pieces are.
    view
        What the caller sees.
    zoom
        Of the tile.
    values
        `tile_parameters`.
    """
    if not piece_queries.has_pieces(COLLECTIONS[view.collection], zoom):
        return None
    row = await reader.row(piece_queries.stale_cells(of_tile=True), values)
    stale, day = row or (None, None)
    stale = stale or []
    if day != values["today"] or ALL_CELLS in stale or len(stale) > MOST_STALE:
        return None
    given = {**values, **piece_queries.cell_parameters(stale)} if stale else values
    content: bytes = await reader.value(piece_queries.tile_of_pieces(view, redrawn=bool(stale)), given)
    return content


async def keep_fresh(database: Database) -> None:
    """Draw the pieces of what changed, until cancelled."""
    await repeat(lambda: look(database), EVERY_S, "pieces of tiles")


async def look(database: Database) -> bool:
    """Draw pieces if something changed and nobody else does; tell whether any were drawn."""
    async with database.read_session() as session:
        stale, day = (await session.execute(piece_queries.stale_cells(of_tile=False))).one()
        if day == today() and not stale:
            return False
        if not await session.scalar(piece_queries.lock_keeper()):
            return False
        await anyio.to_thread.run_sync(renew, database)
    return True


def renew(database: Database) -> None:
    """Draw the pieces of all cells that are stale, of one state of the data."""
    with database.begin(SERVER, one_snapshot=True) as connection:
        stale, drawn_on = connection.execute(piece_queries.stale_cells(of_tile=False)).one()
        day, stale = today(), stale or []
        some = drawn_on == day and ALL_CELLS not in stale
        given = {"today": day, **(piece_queries.cell_parameters(stale) if some else {})}
        if stale or not some:
            for statement in piece_queries.renewal(some=some):
                connection.execute(statement, given)
