"""How statements are run: engines, read and write sessions, bytes queries, binary COPY.

Besides the command line and jobs, this is the only module that commits.
"""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
import psycopg
import shapely
from fastapi import Depends, Request
from geoalchemy2 import Geometry
from sqlalchemy import Connection, DateTime, Executable, MetaData, Table, Text, create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from geo_service.city import load_city
from geo_service.errors import DatabaseUnavailable
from geo_service.geometry import STORAGE_SRID
from geo_service.line import BytesLoader
from geo_service.reader import Reader
from geo_service.settings import Settings

DIALECT: Dialect = make_url("postgresql+psycopg://").get_dialect()()
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

BATCH_MEMORY = {"temp_buffers": "256MB", "work_mem": "128MB"}
"""Most memory for a batch's temporary tables, and for one step of a statement; taken as needed."""


class Base(DeclarativeBase):
    """Base of all tables; constraints and indexes get predictable names."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True), str: Text()}


class ReadSession(AsyncSession):
    """A session on a READ ONLY transaction.

    It ends with COMMIT, since psycopg forgets its prepared statements at every ROLLBACK.
    """

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        """End the transaction and give the connection back."""
        if kind is None:
            await self.commit()
        await super().__aexit__(kind, error, trace)


class WriteSession(AsyncSession):
    """A session that is committed once, before the response leaves."""


class Database:
    """The engines of one process, made lazily from the settings.

    Parameters
    ----------
    settings
        ``database_url`` must be set; the embedded cluster's address is put there by the caller.

    Raises
    ------
    DatabaseUnavailable
        When no database address is known.
    """

    def __init__(self, settings: Settings) -> None:
        if not settings.database_url:
            raise DatabaseUnavailable("No database address is set (GEO_DATABASE_URL).")
        self.settings = settings
        self.url: URL = make_url(settings.database_url).set(drivername="postgresql+psycopg")
        self.engine = create_engine(
            self.url, pool_pre_ping=True, connect_args=self._connect_args(0, **BATCH_MEMORY)
        )
        self.async_engine: AsyncEngine = create_async_engine(
            self.url,
            pool_size=settings.pool_size,
            max_overflow=4,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args=self._connect_args(settings.statement_timeout_s),
        )
        self.reader = Reader(
            self.url.set(drivername="postgresql").render_as_string(hide_password=False),
            self._connect_args(settings.statement_timeout_s),
            settings.pool_size,
        )
        self._async_reader = self.async_engine.execution_options(postgresql_readonly=True)

    def _connect_args(self, statement_timeout_s: float, **more: str) -> dict[str, Any]:
        options = {
            "statement_timeout": f"{int(statement_timeout_s * 1000)}",
            "lock_timeout": "10000",
            "jit": "off",
            "timezone": load_city(self.settings.city).timezone,  # current_date is the city's day
            **more,
        }
        return {
            "application_name": "geo_service",
            "prepare_threshold": 0,
            "connect_timeout": 10,
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        }

    @contextmanager
    def begin(
        self, actor: str, request_id: str = "", *, one_snapshot: bool = False, answering: bool = False
    ) -> Iterator[Connection]:
        """Run one write transaction of a command or job; committed at the end, rolled back on error.

        Parameters
        ----------
        actor
            Who does it, for the audit.
        request_id
            What it belongs to, for the audit.
        one_snapshot
            See the state of the first statement throughout (REPEATABLE READ).
        answering
            For a request: statements end after as long as those of a session, and errors of the database
            stay as they are, as in `answering`.

        Raises
        ------
        DatabaseUnavailable
            When the database does not answer.
        """
        level = "REPEATABLE READ" if one_snapshot else "READ COMMITTED"
        engine = self.engine.execution_options(isolation_level=level)
        with nullcontext() if answering else self._connected(), engine.begin() as connection:
            connection.execute(ACTOR, {"actor": actor, "request_id": request_id})
            if answering:
                connection.execute(TIMEOUT, self._longest())
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a READ ONLY connection of a command or job.

        Raises
        ------
        DatabaseUnavailable
            When the database does not answer.
        """
        with self._connected(), self.engine.connect() as connection:
            yield connection.execution_options(postgresql_readonly=True)

    @contextmanager
    def answering(self, *, one_snapshot: bool = False) -> Iterator[Connection]:
        """Open a READ ONLY connection for a request that computes in a thread.

        Its statements end after as long as those of a session. Errors of the database stay as they are: the
        application explains them to whoever asked.

        Parameters
        ----------
        one_snapshot
            See the state of the first statement throughout (REPEATABLE READ).
        """
        level = "REPEATABLE READ" if one_snapshot else "READ COMMITTED"
        engine = self.engine.execution_options(isolation_level=level, postgresql_readonly=True)
        with engine.connect() as connection:
            connection.execute(TIMEOUT, self._longest())
            yield connection

    def _longest(self) -> dict[str, str]:
        """Return how long a request's statement may take."""
        return {"milliseconds": f"{int(self.settings.statement_timeout_s * 1000)}"}

    @contextmanager
    def _connected(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            place = self.url.render_as_string(hide_password=True)
            raise DatabaseUnavailable(f"The database at {place} does not answer: {error.orig}") from error

    def read_session(self) -> ReadSession:
        """Open a read-only session."""
        return ReadSession(self._async_reader, expire_on_commit=False)

    def write_session(self) -> WriteSession:
        """Open a session for one write transaction; the caller commits."""
        return WriteSession(self.async_engine, expire_on_commit=False)

    async def dispose(self) -> None:
        """Close all connections."""
        await self.reader.close()
        await self.async_engine.dispose()
        self.engine.dispose()


ACTOR = text("SELECT set_config('app.actor', :actor, true), set_config('app.request_id', :request_id, true)")
"""First statement of a writing transaction: who and in which request."""
TIMEOUT = text("SELECT set_config('statement_timeout', :milliseconds, true)")
"""First statement of a computing request's transaction: how long a statement may take."""


def get_database(request: Request) -> Database:
    """Return the application's database."""
    database: Database = request.app.state.database
    return database


async def _reading(request: Request) -> AsyncIterator[ReadSession]:
    async with get_database(request).read_session() as session:
        yield session


async def _writing(request: Request) -> AsyncIterator[WriteSession]:
    async with get_database(request).write_session() as session, session.begin():
        actor = getattr(request.state, "actor", "public")
        request_id = getattr(request.state, "request_id", "")
        await session.execute(ACTOR, {"actor": actor, "request_id": request_id})
        yield session


Reading = Annotated[ReadSession, Depends(_reading, scope="function")]
"""A read-only session for the time of the request."""
Writing = Annotated[WriteSession, Depends(_writing, scope="function")]
"""One write transaction, committed before the response leaves."""


async def fetch_bytes(
    session: AsyncSession, statement: Executable, parameters: dict[str, Any] | None = None
) -> bytes | None:
    """Run a statement with one text or bytea result and return it undecoded.

    Parameters
    ----------
    session
        Session whose connection is used.
    statement
        Statement whose first row's first column is the answer.
    parameters
        Values of its bound parameters.

    Returns
    -------
    bytes or None
        UTF-8 text or binary as sent by PostgreSQL; None for no row or NULL.
    """
    row = await fetch_bytes_row(session, statement, parameters)
    value = row[0] if row else None
    return bytes(value) if value is not None else None


async def fetch_bytes_row(
    session: AsyncSession, statement: Executable, parameters: dict[str, Any] | None = None
) -> tuple[Any, ...] | None:
    """Run a statement and return its first row, text columns as undecoded bytes."""
    connection = await session.connection()
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is None:
        raise DatabaseUnavailable("The database connection is gone.")
    async with raw.cursor() as cursor:
        cursor.adapters.register_loader("text", BytesLoader)
        cursor.adapters.register_loader("bytea", BytesLoader)
        compiled = _compiled(statement)
        await cursor.execute(compiled.string, compiled.construct_params(parameters), binary=True)
        row: tuple[Any, ...] | None = await cursor.fetchone()
        return row


@lru_cache(maxsize=512)
def _compiled(statement: Executable) -> SQLCompiler:
    """Compile a statement once: a slice that keeps its statements pays for it on first use only."""
    compiled = statement.compile(  # type: ignore[attr-defined]  # every Core statement and text() compiles
        dialect=DIALECT, compile_kwargs={"render_postcompile": True}
    )
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("a statement with a result is needed")
    return compiled


def fetch_rows(connection: Connection, statement: Executable) -> list[tuple[Any, ...]]:
    """Run a statement and return all rows as the driver reads them from the binary form.

    For a city's worth of rows: numbers and geometries are not written as text and read again, and no object
    stands around each row. Types of SQLAlchemy's own do not apply.

    Raises
    ------
    DatabaseUnavailable
        When the connection is gone.
    sqlalchemy.exc.DBAPIError
        What the database says.
    """
    raw = connection.connection.driver_connection
    if raw is None:
        raise DatabaseUnavailable("The database connection is gone.")
    compiled = _compiled.__wrapped__(statement)
    try:
        with raw.cursor(binary=True) as cursor:
            cursor.execute(compiled.string, compiled.construct_params())
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
    except psycopg.Error as error:
        raise DBAPIError.instance(
            compiled.string, None, error, psycopg.Error, dialect=connection.dialect
        ) from error


def copy_frame(connection: Connection, table: Table, frame: pd.DataFrame) -> int:
    """Append a frame to a table by binary COPY.

    Parameters
    ----------
    connection
        Connection in a transaction.
    table
        Target; every column of the frame must be one of its columns.
    frame
        Rows; geometries in EPSG:25832 (shapely), spans as ``psycopg.types.range.Range``, JSON as dict, list
        or text already written, arrays as lists; missing values as None, NaN or NaT.

    Returns
    -------
    int
        Number of rows written.
    """
    if frame.empty:
        return 0
    columns = [table.columns[str(name)] for name in frame.columns]
    values = [_column_values(frame[column.name], column.type) for column in columns]
    names = ", ".join(f'"{column.name}"' for column in columns)
    statement = f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT BINARY)'
    raw = connection.connection.driver_connection
    if raw is None:
        raise DatabaseUnavailable("The database connection is gone.")
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([_copy_type(column.type) for column in columns])
        for row in zip(*values, strict=True):
            copy.write_row(row)
    return len(frame)


def _copy_type(kind: TypeEngine[Any]) -> str:
    """Name the PostgreSQL type whose binary form is sent for a column."""
    if isinstance(kind, Geometry | postgresql.JSONB):
        return "bytea"  # raw bytes: EWKB for geometry_recv, version 1 and text for jsonb_recv
    return kind.compile(dialect=DIALECT).split("(")[0].lower()


def _column_values(column: "pd.Series[Any]", kind: TypeEngine[Any]) -> Sequence[Any]:
    """Return a column as Python values that psycopg can write."""
    if isinstance(kind, Geometry):
        return _ewkb(column)
    if isinstance(kind, postgresql.JSONB):
        write = json.JSONEncoder(ensure_ascii=False).encode
        texts = (value if value is None or isinstance(value, str) else write(value) for value in column)
        return [None if value is None else b"\x01" + value.encode() for value in texts]
    if isinstance(kind, postgresql.ARRAY | postgresql.DATERANGE | postgresql.TSTZRANGE):
        return [list(value) if isinstance(value, np.ndarray) else value for value in column]
    if pd.api.types.is_datetime64_any_dtype(column) and kind.python_type.__name__ == "date":
        column = column.dt.date
    missing = column.isna().to_numpy()
    values: list[Any] = column.tolist()
    if kind.python_type is int and not pd.api.types.is_integer_dtype(column):
        return [None if gone else int(value) for value, gone in zip(values, missing, strict=True)]
    if missing.any():
        return [None if gone else value for value, gone in zip(values, missing, strict=True)]
    return values


def _ewkb(column: "pd.Series[Any]") -> Sequence[bytes | None]:
    """Return geometries (EPSG:25832) as EWKB."""
    with_srid = shapely.set_srid(np.asarray(column, dtype=object), STORAGE_SRID)
    encoded: list[bytes | None] = shapely.to_wkb(with_srid, include_srid=True).tolist()
    return encoded
