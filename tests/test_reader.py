"""Connections of one round trip: bytes, READ ONLY, in time, none that is gone or busy with something else."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Date, Integer, Select, Text, bindparam, cast, func, literal_column, select, text

from geo_service import reader as module
from geo_service.db import Database
from geo_service.errors import DatabaseUnavailable
from geo_service.line import MOST_PREPARED
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


def test_what_is_planned_anew_is_not_kept(small: Database) -> None:
    words: Select[Any, int] = select(
        bindparam("word", type_=Text, required=False), literal_column("7", Integer).label("planned_anew")
    )
    count = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%AS planned_anew%'")

    async def work(reader: Reader) -> list[Any]:
        found = [await reader.row(words, {"word": word}, anew=True) for word in ("ü'", "x", "x")]
        found.append(await reader.row(count, anew=True))
        return [*found, await reader.row(words, {"word": "y"}), await reader.row(count, anew=True)]

    assert asked(small, work) == [("ü'", 7), ("x", 7), ("x", 7), (0,), ("y", 7), (1,)]


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


def test_a_large_value_arrives_whole(small: Database) -> None:
    """It takes more than one turn to be sent, and to be read."""
    given = cast(bindparam("word", type_=Text), Text)  # without the cast it is a varchar
    word = select(given.label("large"), func.md5(given))
    large = "Straße " * 200_000

    async def work(reader: Reader) -> tuple[Any, ...] | None:
        return await reader.row(word, {"word": large})

    expected = hashlib.md5(large.encode(), usedforsecurity=False).hexdigest()
    assert asked(small, work) == (large.encode(), expected.encode())


def test_few_statements_stay_prepared_and_all_answer(small: Database) -> None:
    kept = text("SELECT count(*) FROM pg_prepared_statements")
    numbers: list[Select[Any]] = [select(literal_column(str(number))) for number in range(MOST_PREPARED + 20)]

    async def work(reader: Reader) -> tuple[list[int], int]:
        found = [await reader.value(each) for each in numbers]
        return [*found, await reader.value(numbers[0]), await reader.value(numbers[-1])], await reader.value(
            kept
        )

    found, number = asked(small, work)
    assert found == [*range(MOST_PREPARED + 20), 0, MOST_PREPARED + 19]
    assert number == MOST_PREPARED


def test_a_statement_that_cannot_be_prepared_spoils_nothing(small: Database) -> None:
    async def work(reader: Reader) -> list[Any]:
        before = await reader.value(OWN)
        for _ in range(2):
            with pytest.raises(psycopg.errors.UndefinedTable):
                await reader.row(text("SELECT * FROM nowhere"))
        return [before, await reader.value(OWN)]

    before, after = asked(small, work)
    assert before == after


def test_an_end_is_noticed_while_nothing_is_asked(small: Database) -> None:
    async def work(reader: Reader) -> list[bool]:
        pid = await reader.value(OWN)
        (line,) = reader._idle
        open_at_first = not line.closed
        with small.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})
        for _ in range(100):
            if line.closed:
                break
            await asyncio.sleep(0.02)
        return [open_at_first, line.closed, await reader.value(OWN) != pid]

    assert asked(small, work) == [True, True, True]


def test_what_is_given_up_ends_on_the_server_too(database_url: str, tmp_path: Path) -> None:
    patient = Database(
        Settings(database_url=database_url, home=tmp_path, pool_size=1, statement_timeout_s=60)
    )
    running = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid = :pid")

    async def work(reader: Reader) -> list[int]:
        pid = await reader.value(OWN)
        given_up = asyncio.create_task(reader.value(text("SELECT 1 FROM pg_sleep(30)")))
        counts = []
        with patient.engine.connect() as other:
            await asyncio.sleep(0.3)
            counts.append(other.execute(running, {"pid": pid}).scalar_one())
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)
            for _ in range(100):
                other.rollback()
                if not (active := other.execute(running, {"pid": pid}).scalar_one()):
                    break
                await asyncio.sleep(0.02)
            counts.append(active)
        return counts

    try:
        assert asked(patient, work) == [1, 0]
    finally:
        patient.engine.dispose()
