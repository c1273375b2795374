"""City-wide computations: one at a time, each once, in a thread, anew when the data change."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from geo_service.availability import city_queries, service
from geo_service.availability import desk as desks
from geo_service.availability.desk import Desk, LandOf
from geo_service.db import Database
from geo_service.settings import Settings

AS_OF = date(2026, 6, 1)


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    database = Database(Settings(database_url=database_url, home=tmp_path))
    yield database
    database.engine.dispose()


def version(database: Database) -> str:
    with database.read() as connection:
        return str(connection.execute(city_queries.data_version()).scalar_one())


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The state of the data, which other tests on the same server would change."""
    known = ["before"]
    monkeypatch.setattr(city_queries, "data_version", lambda: text(f"SELECT '{known[-1]}'"))
    return known


class Land(str):
    """Stands for the land of the city on a day."""

    __slots__ = ()
    facts = 0

    def with_facts(self, _connection: Connection) -> "Land":
        Land.facts += 1
        return self


class Work:
    """Counts how often it is done, and how many do it at the same time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.done, self.most, self._now = seconds, 0, 0, 0
        self.threads: set[int] = set()

    def __call__(self, _land_of: LandOf, _connection: Connection) -> int:
        self._now += 1
        self.most = max(self.most, self._now)
        self.threads.add(threading.get_ident())
        time.sleep(self.seconds)
        self._now -= 1
        self.done += 1
        return self.done


async def ask(desk: Desk, database: Database, key: str, work: Any, *, public: bool = False) -> Any:
    return await desk.ask(database, version(database), key, work, public=public)


def test_equal_questions_are_computed_once_until_something_is_written(
    database: Database, state: list[str]
) -> None:
    desk, work = Desk(), Work(0.1)

    async def several() -> list[int]:
        return list(await asyncio.gather(*(ask(desk, database, "a", work) for _ in range(3))))

    assert asyncio.run(several()) == [1, 1, 1]
    assert asyncio.run(ask(desk, database, "a", work)) == 1
    state.append("after")
    assert asyncio.run(ask(desk, database, "a", work)) == 2


def test_a_write_changes_the_state_of_the_data(database: Database) -> None:
    before = version(database)
    with database.begin(actor="test") as connection:
        connection.execute(text("SELECT pg_current_xact_id()"))
    assert version(database) != before


def test_one_after_the_other_but_the_public_has_a_turn_of_its_own(database: Database) -> None:
    desk, work = Desk(), Work(0.15)

    async def several(*audiences: bool) -> None:
        questions = enumerate(audiences)
        await asyncio.gather(*(ask(desk, database, f"{n}", work, public=public) for n, public in questions))

    asyncio.run(several(False, False, False))
    assert (work.done, work.most) == (3, 1)
    desk, work = Desk(), Work(0.3)
    asyncio.run(several(False, True, False, True))
    assert (work.done, work.most) == (4, 2)
    assert threading.get_ident() not in work.threads


def test_the_others_go_on_meanwhile(database: Database) -> None:
    desk, work, beats = Desk(), Work(0.5), []

    async def beat() -> None:
        while not work.done:
            beats.append(time.monotonic())
            await asyncio.sleep(0.01)

    async def both() -> None:
        await asyncio.gather(ask(desk, database, "a", work), beat())

    asyncio.run(both())
    assert len(beats) > 10


def test_a_failure_is_told_and_not_kept(database: Database) -> None:
    desk = Desk()

    def fails(_land_of: LandOf, _connection: Connection) -> None:
        raise ValueError("once")

    with pytest.raises(ValueError, match="once"):
        asyncio.run(ask(desk, database, "a", fails))
    assert asyncio.run(ask(desk, database, "a", Work())) == 1


def test_a_caller_that_leaves_does_not_stop_the_others(database: Database, state: list[str]) -> None:
    assert state
    desk, work = Desk(), Work(0.3)

    async def one_leaves() -> int:
        leaving = asyncio.create_task(ask(desk, database, "a", work))
        staying = asyncio.create_task(ask(desk, database, "a", work))
        await asyncio.sleep(0.1)
        leaving.cancel()
        return int(await staying)

    assert asyncio.run(one_leaves()) == 1


def test_old_answers_and_lands_make_room(
    database: Database, state: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state
    monkeypatch.setattr(desks, "ANSWERS_KEPT", 2)
    computed: list[date] = []

    def land_of_day(_connection: Connection, day: date, _preset: str) -> str:
        computed.append(day)
        return str(day)

    monkeypatch.setattr(desks, "city_land", land_of_day)
    desk, work = Desk(), Work()
    for key in "abca":
        asyncio.run(ask(desk, database, key, work))
    assert work.done == 4

    def lands(land_of: LandOf, _connection: Connection) -> list[Any]:
        return [land_of(AS_OF.replace(year=year), "default") for year in (2026, 2027, 2026, 2028, 2027)]

    asyncio.run(ask(desk, database, "lands", lands))
    assert [day.year for day in computed] == [2026, 2027, 2028, 2027]


def test_a_city_that_was_asked_for_lately_is_computed_anew_before_the_next_question(
    database: Database, state: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []

    def land_of_day(_connection: Connection, day: date, _preset: str) -> Land:
        computed.append(f"{day.year} {state[-1]}")
        return Land(computed[-1])

    monkeypatch.setattr(desks, "city_land", land_of_day)
    desk = Desk()

    def look() -> bool:
        async def once() -> bool:
            try:
                return await desk.look(database)
            finally:
                await database.async_engine.dispose()

        return asyncio.run(once())

    def land(land_of: LandOf, _connection: Connection) -> Any:
        return land_of(AS_OF, "default")

    assert [look(), look()] == [False, False]  # nobody asked
    assert asyncio.run(ask(desk, database, "first", land)) == "2026 before"
    assert [look(), look()] == [False, False]  # nothing was written
    state.append("while writing")
    assert look() is False
    state.append("after")
    assert [look(), look(), look()] == [False, True, False]
    assert asyncio.run(ask(desk, database, "second", land)) == "2026 after"
    assert computed == ["2026 before", "2026 after"]
    state.append("much later")
    monkeypatch.setattr(desks, "WANTED_S", 0.0)
    assert [look(), look(), look()] == [False, False, False]


def test_the_cities_of_the_usual_balance_are_ready_before_anybody_asks_after_a_start(
    database: Database, state: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[tuple[date, str]] = []
    ready = threading.Event()

    def land_of_day(_connection: Connection, day: date, preset: str) -> Land:
        computed.append((day, preset))
        if len(computed) == 2:
            ready.set()
        return Land(day)

    monkeypatch.setattr(desks, "city_land", land_of_day)
    monkeypatch.setattr(desks, "EVERY_S", 0.01)
    desk, before = Desk(), Land.facts

    async def serve() -> None:
        keeper = asyncio.create_task(desks.keep_ready(desk, database))
        try:
            await asyncio.wait_for(asyncio.to_thread(ready.wait, 20), 30)
            await asyncio.sleep(0.1)
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            await database.async_engine.dispose()

    asyncio.run(serve())
    assert state
    days = [service.today() - timedelta(days=365), service.today()]
    assert [(each - day).days in {0, -1} for (each, _), day in zip(computed, days, strict=True)] == [True] * 2
    assert Land.facts == before + 2
    asyncio.run(ask(desk, database, "a", lambda land_of, _: [land_of(*each) for each in computed]))
    assert len(computed) == 2  # the first question found them ready


def test_what_made_room_is_not_kept_ready(
    database: Database, state: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[int] = []

    def land_of_day(_connection: Connection, day: date, _preset: str) -> Land:
        computed.append(day.year)
        return Land(day)

    monkeypatch.setattr(desks, "city_land", land_of_day)
    desk = Desk()

    def lands(land_of: LandOf, _connection: Connection) -> list[Any]:
        return [land_of(AS_OF.replace(year=year), "default") for year in (2026, 2027, 2028)]

    asyncio.run(ask(desk, database, "lands", lands))
    state.append("after")

    async def look() -> None:
        await desk.look(database)
        await database.async_engine.dispose()

    for _ in range(3):
        asyncio.run(look())
    assert computed == [2026, 2027, 2028, 2027, 2028]


def test_reads_only(database: Database) -> None:
    def writes(_land_of: LandOf, connection: Connection) -> None:
        connection.execute(text("CREATE TABLE written (n int)"))

    with pytest.raises(Exception, match="read-only"):
        asyncio.run(ask(Desk(), database, "a", writes))
