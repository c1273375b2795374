"""What pages show of the register, kept in the process until the data change."""

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import Any, Final, TypeVar

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Row, TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.availability.service import today
from geo_service.beside import computed
from geo_service.web.queries.frame import DATA_VERSION

MOST_KEPT: Final = 256
"""Answers kept per process; more are only asked for by many different views."""

T = TypeVar("T")
Version = tuple[str, date]
"""State of the data, and the day."""
Kept = dict[Hashable, tuple[Version, Any]]


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
    held, version = _held(request.app), await _version(session)
    key = (statement.text, *sorted(parameters.items()))
    found = held.get(key)
    if found and found[0] == version:
        rows: Sequence[Row[Any]] = found[1]
        return rows
    return _keep(held, key, version, (await session.execute(statement, parameters)).all())


async def kept_answer(
    request: Request,
    session: AsyncSession,
    key: Hashable,
    make: Callable[[Connection], T],
    *,
    public: bool,
) -> T:
    """Compute an answer beside the event loop, or return that from before; else as `kept_rows`.

    Parameters
    ----------
    request, session
        As for `kept_rows`.
    key
        All that the answer depends on beside the data and the day: what is asked, what the caller may see.
    make, public
        As for `geo_service.beside.computed`.
    """
    held, version = _held(request.app), await _version(session)
    found = held.get(key)
    if found and found[0] == version:
        known: T = found[1]
        return known
    return _keep(held, key, version, await computed(request, session, make, public=public))


def keep_answer(
    app: FastAPI, connection: Connection, key: Hashable, make: Callable[[Connection], object]
) -> None:
    """Compute an answer before somebody asks `kept_answer` for it, unless it is kept; for threads.

    Parameters
    ----------
    app
        The application that keeps it.
    connection
        Connection that sees one state of the data throughout.
    key, make
        As for `kept_answer`.
    """
    held, version = _held(app), version_of(connection)
    if key not in held or held[key][0] != version:
        _keep(held, key, version, make(connection))


def version_of(connection: Connection) -> Version:
    """Return the state of the data that a connection sees, and the day."""
    return str(connection.scalar(DATA_VERSION)), today()


def _held(app: FastAPI) -> Kept:
    held: Kept = getattr(app.state, "web_kept", {})
    app.state.web_kept = held
    return held


async def _version(session: AsyncSession) -> Version:
    return str(await session.scalar(DATA_VERSION)), today()


def _keep(held: Kept, key: Hashable, version: Version, value: T) -> T:
    if len(held) >= MOST_KEPT:
        held.clear()
    held[key] = (version, value)
    return value
