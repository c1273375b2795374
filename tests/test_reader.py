"""Connections of one round trip: bytes, READ ONLY, in time, none that is gone or busy with something else."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Date, Integer, Text, bindparam, cast, func, literal_column, select, text

from geo_service import reader as module
from geo_service.db import Database
from geo_service.errors import DatabaseUnavailable
from geo_service.reader import Reader
from geo_service.settings import Settings

OWN = text("SELECT pg_backend_pid()")


@pytest.fixture
def small(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """A database whose reader has one connection, on which statements end after half a second."""
    settings = Settings(database_url=database_url, home=tmp_path, pool_size=1, statement_timeout_s=0.5)
    yield (database := Database(settings))
    database.engine.dispose()


def asked(database: Database, work: Callable[[Reader], Awaitable[Any]]) -> Any:
    async def ask() -> Any:
        try:
            return await work(database.reader)
        finally:
            await database.dispose()

    return asyncio.run(ask())


def test_text_and_bytea_stay_bytes_and_parameters_arrive(small: Database) -> None:
    words = select(
        func.concat(bindparam("word", type_=Text), "ß 100 %").label("t"), bindparam("number", type_=Integer)
    )

    async def work(reader: Reader) -> list[Any]:
        first = await reader.row(words, {"word": "Straße", "number": 7})
        second = await reader.row(words, {"number": 8, "word": "x"})
        others = await reader.row(text("SELECT 'ü'::text, '\\x00ff'::bytea, 7, NULL::text"))
        return [first, second, others, await reader.value(text("SELECT 1 WHERE false"))]

    assert asked(small, work) == [
        ("Straßeß 100 %".encode(), 7),
        ("xß 100 %".encode(), 8),
        ("ü".encode(), b"\x00\xff", 7, None),
        None,
    ]


def test_what_is_asked_again_and_again_is_planned_once(small: Database) -> None:
    day = cast(bindparam("day", type_=Date, literal_execute=True, required=False), Date)
    word = bindparam("word", type_=Text, required=False)
    words = select(day.label("day"), word.label("word"), literal_column("1").in_([1, 2]).label("listed"))
    count = text(
        "SELECT count(*) FROM pg_prepared_statements "
        "WHERE statement LIKE '%AS listed%' AND statement NOT LIKE '%pg_prepared_statements%'"
    )

    async def work(reader: Reader) -> list[Any]:
        found = [
            await reader.row(words, {"day": given, "word": word})
            for word in ("'; DROP TABLE parcels; --", "y")
            for given in (date(2026, 3, 1), None, date(2026, 3, 2))
        ]
        return [*found, await reader.row(count)]

    *found, kept = asked(small, work)
    assert [row[:2] for row in found[:3]] == [
        (date(2026, 3, 1), "'; DROP TABLE parcels; --"),
        (None, "'; DROP TABLE parcels; --"),
        (date(2026, 3, 2), "'; DROP TABLE parcels; --"),
    ]
    assert {row[1:] for row in found[3:]} == {("y", True)}
    assert kept[0] == 3  # a statement for each day, whatever the word


def test_nothing_can_be_written(small: Database) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        asked(small, lambda reader: reader.row(text("DELETE FROM sites RETURNING id")))


def test_a_connection_that_is_gone_is_replaced(small: Database) -> None:
    async def work(reader: Reader) -> tuple[int, int]:
        before = await reader.value(OWN)
        with small.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": before})
        return before, await reader.value(OWN)

    before, after = asked(small, work)
    assert before != after


def test_statements_end_in_time_and_the_connection_is_kept(small: Database) -> None:
    async def work(reader: Reader) -> bool:
        before = await reader.value(OWN)
        with pytest.raises(psycopg.errors.QueryCanceled):
            await reader.row(text("SELECT pg_sleep(5)"))
        with pytest.raises(psycopg.DataError):
            await reader.row(text("SELECT 1 / 0"))
        return bool(await reader.value(OWN) == before)

    assert asked(small, work)


def test_nobody_gets_the_answer_of_a_request_that_was_given_up(small: Database) -> None:
    async def work(reader: Reader) -> int:
        given_up = asyncio.create_task(reader.value(text("SELECT 1 FROM pg_sleep(0.3)")))
        await asyncio.sleep(0.1)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        return int(await reader.value(text("SELECT 2")))

    assert asked(small, work) == 2


def test_who_waits_too_long_for_a_connection_is_told(
    small: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.1)

    async def work(reader: Reader) -> None:
        slow = asyncio.create_task(reader.value(text("SELECT 1 FROM pg_sleep(0.4)")))
        await asyncio.sleep(0)
        try:
            await reader.value(OWN)
        finally:
            assert await slow == 1

    with pytest.raises(DatabaseUnavailable, match="in use"):
        asked(small, work)


def test_no_statement_takes_helpers_from_others(small: Database) -> None:
    shown = asked(small, lambda reader: reader.value(text("SHOW max_parallel_workers_per_gather")))
    assert shown == b"0"
