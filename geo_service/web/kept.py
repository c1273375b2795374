"""Sums over the whole city, kept in the process until the data change."""

from collections.abc import Hashable, Sequence
from datetime import date
from typing import Any, Final

from fastapi import Request
from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.availability.service import today
from geo_service.web.queries.frame import DATA_VERSION

MOST_KEPT: Final = 64
"""Answers kept per process; more are only asked for by many different views."""

Kept = dict[Hashable, tuple[tuple[str, date], Sequence[Row[Any]]]]


async def kept_rows(
    request: Request, session: AsyncSession, statement: TextClause, parameters: dict[str, Any]
) -> Sequence[Row[Any]]:
    """Run a statement, or return its rows from before when nothing was written since, and it is the same day.

    Parameters
    ----------
    request
        The request; its application keeps the rows.
    session
        Read session.
    statement, parameters
        The statement and its hashable parameters.
    """
    held: Kept = getattr(request.app.state, "web_kept", {})
    request.app.state.web_kept = held
    version = (str(await session.scalar(DATA_VERSION)), today())
    key = (statement.text, *sorted(parameters.items()))
    found = held.get(key)
    if found and found[0] == version:
        return found[1]
    rows = (await session.execute(statement, parameters)).all()
    if len(held) >= MOST_KEPT:
        held.clear()
    held[key] = (version, rows)
    return rows
