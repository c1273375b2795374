"""A connection to the database that runs one statement after the other, prepared, and nothing around it.

It is psycopg's connection with its types and errors. Its cursors take as long again as a small statement:
they make themselves anew for each one, and put the socket into the event loop and take it out again.
"""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from typing import Any, Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader, PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

MOST_PREPARED: Final = 100
CANCEL_S: Final = 5.0
"""How long the server may take to give a statement up."""

Row = tuple[Any, ...]


class BytesLoader(Loader):
    """Hands text and bytea over as the bytes that the server sent (binary format)."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        """Return the bytes."""
        return bytes(data)


class Line:
    """One open connection; it takes one statement at a time.

    Parameters
    ----------
    connection
        Open, in autocommit mode.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        connection.adapters.register_loader("text", BytesLoader)
        connection.adapters.register_loader("bytea", BytesLoader)
        self._connection = connection
        self._libpq = connection.pgconn
        self._types = Transformer(connection)
        self._prepared: OrderedDict[tuple[bytes, tuple[int, ...]], bytes] = OrderedDict()
        self._number = 0
        self._loop = asyncio.get_running_loop()
        self._socket: int | None = self._libpq.socket
        self._waiting: asyncio.Future[None] | None = None
        self._loop.add_reader(self._libpq.socket, self._arrived)

    @property
    def closed(self) -> bool:
        """Whether nothing more can be asked."""
        return bool(self._connection.closed)

    @property
    def idle(self) -> bool:
        """Whether a statement can be asked."""
        return self._libpq.transaction_status == TransactionStatus.IDLE

    async def row(self, text: bytes, values: list[Any], *, anew: bool = False) -> Row | None:
        """Run a statement that selects and return its first row; text and bytea as bytes, varchar as str.

        Parameters
        ----------
        text
            The statement, with numbered parameters.
        values
            Their values.
        anew
            Plan it for these values instead of keeping a plan for any.

        Raises
        ------
        psycopg.Error
            What the database says.
        """
        types = self._types
        dumped = types.dump_sequence(values, [PyFormat.AUTO] * len(values))
        formats = types.formats
        if anew:
            self._libpq.send_query_params(text, dumped, types.types, formats, result_format=Format.BINARY)
        else:
            name = await self._named(text, types.types or ())
            self._libpq.send_query_prepared(name, dumped, formats, result_format=Format.BINARY)
        answer = await self._answer()
        if not answer.ntuples:
            return None
        types.set_pgresult(answer)
        row = types.load_row(0, tuple)
        types.set_pgresult(None)  # it may be large
        return row

    async def close(self) -> None:
        """Close the connection."""
        self._leave()
        await self._connection.close()

    async def _named(self, text: bytes, types: tuple[int, ...]) -> bytes:
        """Return the name of a prepared statement; the one that was asked longest ago makes room."""
        key = text, types
        if key in self._prepared:
            self._prepared.move_to_end(key)
            return self._prepared[key]
        if len(self._prepared) >= MOST_PREPARED:
            _, oldest = self._prepared.popitem(last=False)
            self._libpq.send_query(b"DEALLOCATE " + oldest)
            await self._answer()
        self._number += 1
        name = f"line_{self._number}".encode()
        self._libpq.send_prepare(name, text, types)
        await self._answer()
        self._prepared[key] = name
        return name

    async def _answer(self) -> PGresult:
        """Wait for the answer to what was sent."""
        try:
            while self._libpq.flush():
                await self._writable()
            answer: PGresult | None = None
            while True:
                while self._libpq.is_busy():
                    await self._readable()
                    self._libpq.consume_input()
                following = self._libpq.get_result()
                if following is None:
                    break
                answer = following
        except asyncio.CancelledError:
            with suppress(psycopg.Error):
                await self._connection.cancel_safe(timeout=CANCEL_S)
            raise
        if answer is None:
            raise psycopg.OperationalError("The database did not answer.")
        if answer.status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
            raise error_from_result(answer, encoding="utf-8")
        return answer

    async def _readable(self) -> None:
        self._waiting = self._loop.create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    async def _writable(self) -> None:
        """Wait until more can be sent, or something is to be read: the server may wait for that."""
        self._waiting = waiting = self._loop.create_future()
        socket = self._libpq.socket
        self._loop.add_writer(socket, self._arrived)
        try:
            await waiting
            self._libpq.consume_input()
        finally:
            self._loop.remove_writer(socket)
            self._waiting = None

    def _arrived(self) -> None:
        """Wake who waits; what comes without being asked is the end of the connection, or no concern."""
        if self._waiting is not None:
            if not self._waiting.done():
                self._waiting.set_result(None)
            return
        try:
            self._libpq.consume_input()
        except psycopg.OperationalError:
            self._leave()
            self._libpq.finish()

    def _leave(self) -> None:
        """Take the socket out of the event loop, once: its number may be another one's afterwards."""
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket = None
