"""Boxes around collections, kept until something changes."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.ogc.areas import Box, degrees_of_box
from geo_service.ogc.change_queries import data_version
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.queries import View, extent_statement

GROW_DEGREES = 1e-7
"""One unit of the last digit that is handed out: rounding must not push a feature out of the box."""


@dataclass(slots=True)
class ExtentCache:
    """Extents of one process."""

    known: dict[tuple[View, date], tuple[str, Box | None]] = field(default_factory=dict)


async def extent_of(session: AsyncSession, cache: ExtentCache, view: View, today: date) -> Box | None:
    """Return west, south, east, north in degrees around what a caller sees; None: nothing.

    Parameters
    ----------
    session
        Read session.
    cache
        Extents of this process.
    view
        Collection and rows.
    today
        Day on which publication is judged.
    """
    version = str((await session.execute(data_version())).scalar_one())
    kept = cache.known.get((view, today))
    if kept is None or kept[0] != version:
        choices = {name: default for name, (_column, default) in COLLECTIONS[view.collection].choices.items()}
        row = (await session.execute(extent_statement(view), {"today": today, **choices})).one()
        kept = version, _in_degrees(row[0], row[1], row[2], row[3])
        cache.known[view, today] = kept
    return kept[1]


def _in_degrees(west: float | None, south: float, east: float, north: float) -> Box | None:
    if west is None:
        return None
    box = degrees_of_box((west, south, east, north))
    return (
        round(box[0] - GROW_DEGREES, 7),
        round(box[1] - GROW_DEGREES, 7),
        round(box[2] + GROW_DEGREES, 7),
        round(box[3] + GROW_DEGREES, 7),
    )
