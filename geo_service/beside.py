"""Computations for requests: in a thread beside the event loop, so that others are served meanwhile.

A few at a time, for the public and for the agency each: neither keeps the other waiting. Statements end after
as long as those of any other request.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar
from weakref import WeakValueDictionary

import anyio.to_thread
from fastapi import Request
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.db import Database, get_database
from geo_service.errors import Busy

T = TypeVar("T")

AT_ONCE: Final = 2
"""Computed at the same time in one process, for the public and for the agency each."""
PATIENCE_S: Final = 8.0
"""How long a request waits for its turn before it is told to come again."""
RETRY_AFTER_S: Final = 5


@dataclass
class Turns:
    """Whose turn it is to compute.

    Parameters
    ----------
    at_once
        How many may compute at the same time, of the public and of the agency each.
    busy
        Told to who has waited too long: what the others do.
    patience_s
        How long a request waits for its turn.
    """

    at_once: int = AT_ONCE
    busy: str = "Other answers are being computed."
    patience_s: float = PATIENCE_S
    _free: dict[bool, asyncio.Semaphore] = field(default_factory=dict)

    @asynccontextmanager
    async def turn(self, *, public: bool) -> AsyncIterator[None]:
        """Wait for a turn, and give it back.

        Raises
        ------
        Busy
            When others are still computing after some seconds.
        """
        free = self._free.setdefault(public, asyncio.Semaphore(self.at_once))
        try:
            await asyncio.wait_for(free.acquire(), self.patience_s)
        except TimeoutError as error:
            raise Busy(
                f"{self.busy} Please ask again in a few seconds.", retry_after_s=RETRY_AFTER_S
            ) from error
        try:
            yield
        finally:
            free.release()

    async def compute(self, make: Callable[[], T], *, public: bool) -> T:
        """Make something in a thread, when it is its turn; parameters as in `computed`."""
        async with self.turn(public=public):
            return await anyio.to_thread.run_sync(make)


class Once:
    """What many ask for at the same time is made by the first of them; the others wait for it."""

    def __init__(self) -> None:
        self._making: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def of(self, what: Hashable) -> asyncio.Lock:
        """Return the lock of those who ask for one thing; it is gone with the last of them."""
        return self._making.setdefault(what, asyncio.Lock())


def turns_of(request: Request) -> Turns:
    """Return the application's turns."""
    turns: Turns = getattr(request.app.state, "turns", None) or Turns()
    request.app.state.turns = turns
    return turns


async def computed(
    request: Request, session: AsyncSession | None, make: Callable[[Connection], T], *, public: bool
) -> T:
    """Compute an answer from the register beside the event loop, always anew.

    Parameters
    ----------
    request
        The request.
    session
        Read session of the request, if it has one: it gives its connection back, since others need it.
    make
        Computes the answer from a read-only connection.
    public
        Whether nobody known asks.

    Raises
    ------
    Busy
        When others are still computing after some seconds.
    """
    database = get_database(request)
    if session is not None:
        await session.commit()
    return await turns_of(request).compute(lambda: read(database, make), public=public)


def read(database: Database, make: Callable[[Connection], T]) -> T:
    """Compute from a read-only connection whose statements end in time."""
    with database.answering() as connection:
        return make(connection)


async def drawn(request: Request, make: Callable[[], T], *, public: bool) -> T:
    """Make something that takes long and needs no register, such as a map, beside the event loop.

    Raises
    ------
    Busy
        When others are still computing after some seconds.
    """
    return await turns_of(request).compute(make, public=public)
