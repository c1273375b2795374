"""A running server refreshes by itself: once for all processes, and says so when it cannot."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from geo_service.app import create_app
from geo_service.availability import keeping, run_queries, service, stored
from geo_service.availability.kernel import silent
from geo_service.db import Database
from geo_service.settings import Settings
from tests.availability.city import PARCELS, fill_city
from tests.availability.kept import SOLD, ask, run, stale

NOW = datetime.now(UTC)


@pytest.fixture
def settings(fresh_database_url: str, tmp_path: Path) -> Settings:
    """A database with parcels that were computed for today."""
    settings = Settings(database_url=fresh_database_url, home=tmp_path, pool_size=2)
    database = Database(settings)
    with database.begin(actor="test") as connection:
        fill_city(connection)
    stored.refresh(database, service.options_of(service.today()), silent)
    database.engine.dispose()
    return settings


def looking(settings: Settings, work: Callable[[Database], Coroutine[Any, Any, Any]]) -> Any:
    async def whole() -> Any:
        database = Database(settings)
        try:
            return await work(database)
        finally:
            await database.dispose()

    return asyncio.run(whole())


def test_it_refreshes_what_changed_by_the_rules_of_the_last_run(settings: Settings) -> None:
    database = Database(settings)
    look = lambda own: keeping.look(own, settings)  # noqa: E731 - short
    assert looking(settings, look) is False
    run(database, SOLD, parcel=700)
    with database.begin("other") as other:
        assert other.execute(run_queries.lock_keeper()).scalar_one()
        assert looking(settings, look) is False
    assert stale(database) == {700}
    assert looking(settings, look) is True
    assert stale(database) == set()
    assert ask(database, "SELECT recomputed FROM availability_runs ORDER BY id DESC LIMIT 1") == 1
    assert ask(database, "SELECT actor FROM availability_runs ORDER BY id DESC LIMIT 1") == "server:refresh"
    assert ask(database, "SELECT severity FROM availability WHERE parcel_id = 700") == "severe"
    run(database, "UPDATE availability_runs SET as_of = as_of - 1, known_on = known_on - 1")
    run(database, "UPDATE availability SET as_of = as_of - 1")
    assert looking(settings, look) is True
    assert (
        ask(database, "SELECT count(*) FROM availability WHERE as_of = :day", day=service.today()) == PARCELS
    )
    database.engine.dispose()


def test_what_was_never_computed_is_left_to_a_person(settings: Settings) -> None:
    database = Database(settings)
    run(database, "TRUNCATE availability, availability_runs")
    run(database, SOLD, parcel=700)
    assert looking(settings, lambda own: keeping.look(own, settings)) is False
    database.engine.dispose()


def test_a_failure_is_logged_and_tried_again_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(settings)
    run(database, SOLD, parcel=700)
    run(database, "UPDATE availability_runs SET preset = 'soon'")
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > 2:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        looking(settings, lambda own: keeping.keep_fresh(own, settings))
    assert pauses == [keeping.EVERY_S, keeping.EVERY_S * 2, keeping.EVERY_S * 4]
    assert "There is no horizon preset 'soon'" in caplog.text
    assert stale(database) == {700}
    database.engine.dispose()


def test_readiness_tells_of_a_change_that_waits_too_long(settings: Settings) -> None:
    database = Database(settings)
    run(database, SOLD, parcel=700)
    app = create_app(settings.model_copy(update={"refresh": False}))
    with TestClient(app) as client:
        assert client.get("/readyz").json()["warnings"] == []
        run(database, "UPDATE availability_marks SET at = :at", at=NOW - timedelta(minutes=6))
        answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "stored availability waits for a refresh since" in answer.json()["warnings"][0]
    database.engine.dispose()


def test_a_running_server_looks_after_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "EVERY_S", 0.05)
    looks: list[Settings] = []

    async def look(_database: Database, asked: Settings) -> bool:
        looks.append(asked)
        return False

    monkeypatch.setattr(keeping, "look", look)
    for refresh in (False, True):
        own = settings.model_copy(update={"refresh": refresh})
        with TestClient(create_app(own)) as client:
            client.get("/healthz")
            for _ in range(100 if refresh else 1):
                if looks:
                    break
                client.get("/healthz")
        assert bool(looks) is refresh
