"""Computations for requests: beside the event loop, in turn, read-only, and with statements that end."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from geo_service import beside
from geo_service.auth.models import Role
from geo_service.availability import desk
from geo_service.availability import routes as availability
from geo_service.beside import Turns, read
from geo_service.db import Database
from geo_service.errors import Busy
from geo_service.matching import routes as matching
from geo_service.settings import Settings
from geo_service.transit import routes as transit
from geo_service.transit import scenario_register, subject_routes
from geo_service.transit import scenario_routes as scenarios
from geo_service.web import classes, kept
from geo_service.web.pages import contest, overview, parcel
from tests.http_fixtures import SignedIn
from tests.sample_land import PUBLIC_KEYS


@pytest.fixture
def hasty(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """A database whose statements end after a fifth of a second."""
    database = Database(Settings(database_url=database_url, home=tmp_path, statement_timeout_s=0.2))
    yield database
    database.engine.dispose()


class Work:
    """Counts how often it is done, and how many do it at the same time."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.done, self.most, self._now = seconds, 0, 0, 0
        self.threads: set[int] = set()

    def __call__(self) -> int:
        self._now += 1
        self.most = max(self.most, self._now)
        self.threads.add(threading.get_ident())
        time.sleep(self.seconds)
        self._now -= 1
        self.done += 1
        return self.done


def several(turns: Turns, work: Callable[[], Any], *audiences: bool) -> list[Any]:
    async def ask() -> list[Any]:
        asked = (turns.compute(work, public=public) for public in audiences)
        return list(await asyncio.gather(*asked, return_exceptions=True))

    return asyncio.run(ask())


def test_two_at_a_time_for_each_audience() -> None:
    work = Work(0.2)
    several(Turns(), work, True, True, True)
    assert (work.done, work.most) == (3, beside.AT_ONCE)
    several(Turns(), work, True, True, False, False)
    assert work.most == 2 * beside.AT_ONCE
    assert threading.get_ident() not in work.threads


def test_who_waits_too_long_is_told_when_to_come_again() -> None:
    answers = several(Turns(patience_s=0.05), Work(0.4), True, True, True, False)
    assert [isinstance(answer, Busy) for answer in answers] == [False, False, True, False]
    assert answers[2].extra == {"retry_after_s": beside.RETRY_AFTER_S}
    assert answers[2].detail == "Other answers are being computed. Please ask again in a few seconds."


def test_the_others_go_on_meanwhile() -> None:
    work, beats = Work(0.4), []

    async def beat() -> None:
        while not work.done:
            beats.append(time.monotonic())
            await asyncio.sleep(0.01)

    async def both() -> None:
        await asyncio.gather(Turns().compute(work, public=True), beat())

    asyncio.run(both())
    assert len(beats) > 10


def test_a_turn_comes_back_after_a_failure() -> None:
    def fails() -> None:
        raise ValueError("once")

    turns = Turns(at_once=1, patience_s=0.2)
    assert isinstance(several(turns, fails, True)[0], ValueError)
    assert several(Turns(at_once=1), Work(0), True) == [1]


def test_a_statement_ends_in_time(hasty: Database) -> None:
    start = time.monotonic()
    with pytest.raises(OperationalError, match="statement timeout"):
        read(hasty, lambda connection: connection.execute(text("SELECT pg_sleep(5)")))
    assert time.monotonic() - start < 3
    with hasty.read() as connection:  # a command's does not
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "0"


def test_reads_only(hasty: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        read(hasty, lambda connection: connection.execute(text("CREATE TABLE written (n int)")))


def test_one_snapshot_is_one(hasty: Database) -> None:
    with hasty.answering(one_snapshot=True) as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "repeatable read"


KEY = PUBLIC_KEYS[0]
Computing = tuple[str, ModuleType, str]
COMPUTING: list[Computing] = [
    (f"/api/parcels/{KEY}/availability", availability, "compute_stages"),
    (f"/api/parcels/{KEY}/transit", subject_routes, "place_transit"),
    (f"/api/parcels/{KEY}/transit/methods", transit, "place_methods"),
    ("/api/points/transit?lon=7.465&lat=51.513", transit, "place_transit"),
    ("/api/scenarios/h-bahn/effect", scenarios, "effect_of"),
    ("/api/rounds/anstoss-2023-10/proposal", matching, "read_round"),
    ("/api/availability/summary", desk, "city_land"),
    (f"/flaechen/{KEY}?as_of=2027-06-01", parcel, "compute_stages"),
    (f"/flaechen/{KEY}?window=05:10-06:10", classes, "place_transit"),
    ("/anstoss/anstoss-2023-10", contest, "read_round"),
    ("/oev", classes, "graded_stops"),
    ("/maps/overview.html", overview, "portable_html"),
]


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("computing", COMPUTING, ids=[f"{path} {name}" for path, _, name in COMPUTING])
def test_routes_compute_beside_the_event_loop_and_their_statements_end(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, computing: Computing
) -> None:
    path, module, name = computing
    seen: list[tuple[bool, str]] = []
    usual = getattr(module, name)

    def noted(connection: Connection, *arguments: Any, **options: Any) -> Any:
        in_loop = asyncio._get_running_loop() is not None
        seen.append((in_loop, connection.execute(text("SHOW statement_timeout")).scalar_one()))
        return usual(connection, *arguments, **options)

    monkeypatch.setattr(module, name, noted)
    monkeypatch.setattr(kept, "_held", lambda _: {})  # nothing is known from before
    if module is scenarios:
        monkeypatch.setattr(scenario_register, "read_scenario", lambda *_, **__: None)
    signed_in(Role.ADMIN).get(path, headers={"accept": "text/html"} if path[1:4] != "api" else {})
    assert seen == [(False, "30s")] * len(seen)
    assert seen
