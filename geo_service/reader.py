"""Connections for answers that leave the database as bytes: one statement, one round trip, nothing around it.

A session costs three more round trips (liveness check, BEGIN, COMMIT), as much as a small answer itself.
Here every statement is its own READ ONLY transaction (autocommit), and a connection that turns out to be
gone is replaced by a new one: a statement that only reads can be asked again.
"""

import asyncio
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, Final

import psycopg
from sqlalchemy import Executable
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.sql.compiler import SQLCompiler

from geo_service.errors import DatabaseUnavailable
from geo_service.line import Line, Row

_dialect: Any = make_url("postgresql+psycopg://").get_dialect()
NUMBERED: Final[Dialect] = _dialect(paramstyle="numeric_dollar")
"""Parameters as PostgreSQL has them ($1): no text needs to be rewritten for each request."""
OPTIONS: Final = "-c default_transaction_read_only=on -c max_parallel_workers_per_gather=0"
"""Many are served at the same time: a helper for one of them takes more than it gives."""
PATIENCE_S: Final = 10.0
"""How long a request waits for a connection."""
KEPT_STATEMENTS: Final = 512
MISSING: Final = ...
"""Stands for a value that must be given; the driver refuses it."""


class Reader:
    """A few connections of one process, opened when they are needed.

    Parameters
    ----------
    url
        Address of the database, as libpq reads it.
    arguments
        Of each connection; the statement timeout is among its options.
    size
        Connections at most.
    """

    def __init__(self, url: str, arguments: dict[str, Any], size: int) -> None:
        options = f"{arguments.get('options', '')} {OPTIONS}".strip()
        self._url = url
        self._arguments = {**arguments, "options": options, "autocommit": True}
        self._idle: list[Line] = []
        self._free = asyncio.Semaphore(size)

    async def row(
        self, statement: Executable, parameters: dict[str, Any] | None = None, *, anew: bool = False
    ) -> Row | None:
        """Run a statement and return its first row; text and bytea as bytes, varchar as str.

        Parameters
        ----------
        statement
            Statement that reads.
        parameters
            Values of its bound parameters.
        anew
            Plan it for these values. Without it PostgreSQL keeps a plan for any values after some runs, which
            is right where all of them leave about as many rows.

        Raises
        ------
        DatabaseUnavailable
            When no connection becomes free in time.
        psycopg.Error
            What the database says.
        """
        text, values = _numbered(statement, parameters)
        try:
            async with asyncio.timeout(PATIENCE_S) if self._free.locked() else nullcontext():
                await self._free.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable("All connections to the database are in use.") from error
        try:
            while self._idle:
                line = self._idle.pop()
                try:
                    return await self._ask(line, text, values, anew)
                except psycopg.OperationalError:
                    if not line.closed:
                        raise
            return await self._ask(await self._connect(), text, values, anew)
        finally:
            self._free.release()

    async def value(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
        """Run a statement and return the first column of its first row; None: there is none."""
        row = await self.row(statement, parameters)
        return row[0] if row else None

    async def warm(self, statement: Executable, connections: int) -> None:
        """Open connections before the first visitor waits for them."""
        await asyncio.gather(*(self.row(statement) for _ in range(connections)))

    async def close(self) -> None:
        """Close all connections that are not in use."""
        while self._idle:
            await self._idle.pop().close()

    async def _ask(self, line: Line, text: bytes, values: list[Any], anew: bool) -> Row | None:
        """Run one statement and give the connection back, unless it is in the middle of something."""
        try:
            return await line.row(text, values, anew=anew)
        finally:
            if line.idle:
                self._idle.append(line)
            else:
                await line.close()

    async def _connect(self) -> Line:
        return Line(await psycopg.AsyncConnection.connect(self._url, **self._arguments))


def _numbered(statement: Executable, parameters: dict[str, Any] | None) -> tuple[bytes, list[Any]]:
    """Return the text of a statement and the values of its numbered parameters."""
    given = parameters or {}
    text, values = _text(statement, tuple(given.get(name) for name in _compiled(statement)[1]))
    return text, [given.get(name, usual) for name, usual in values]


@lru_cache(maxsize=KEPT_STATEMENTS)
def _text(statement: Executable, written: tuple[Any, ...]) -> tuple[bytes, tuple[tuple[str, Any], ...]]:
    """Return the text of a statement with some values written into it, and its parameters as made."""
    compiled, names = _compiled(statement)
    needed = {each.key: MISSING for each in compiled.binds.values() if each.required}
    state = compiled.construct_expanded_state({**needed, **dict(zip(names, written, strict=True))})
    return state.statement.encode(), tuple((name, state.parameters[name]) for name in state.positiontup or ())


@lru_cache(maxsize=KEPT_STATEMENTS)
def _compiled(statement: Executable) -> tuple[SQLCompiler, tuple[str, ...]]:
    """Compile a statement once: a slice that keeps its statements pays for it on first use only.

    Parameters that are executed as literals are written into the text: PostgreSQL then plans by them, and
    keeps the plan.
    """
    compiled = statement.compile(dialect=NUMBERED)  # type: ignore[attr-defined]  # Core and text() compile
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("a statement with a result is needed")
    return compiled, tuple(sorted(each.key for each in compiled.literal_execute_params))
