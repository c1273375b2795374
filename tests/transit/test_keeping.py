"""A running server keeps stored transit answers fresh by itself: once for all processes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import literal, select, text
from starlette.testclient import TestClient

from geo_service.app import create_app
from geo_service.db import Database
from geo_service.transit import keeping, run_queries
from geo_service.transit.reach_service import refresh_reach
from geo_service.transit.run_queries import with_places
from geo_service.transit.service import import_gtfs
from tests.transit.test_freshness import (  # noqa: F401 - fixtures among them
    KEYS,
    database,
    feed,
    graded,
    import_street,
    move,
    stale,
)


def looking(graded: Database, seen: keeping.Seen | None = None) -> bool:  # noqa: F811 - the fixture
    """Look once, as a server does."""

    async def whole() -> bool:
        own = Database(graded.settings)
        try:
            return await keeping.look(own, graded.settings, seen)
        finally:
            await own.dispose()

    return asyncio.run(whole())


@pytest.mark.parametrize("what", ["timetable", "streets", "moved parcel", "new parcel", "program"])
def test_it_computes_what_no_longer_holds(
    graded: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
    what: str,
) -> None:
    assert looking(graded) is False
    if what == "timetable":
        import_gtfs(graded, feed(20).write(tmp_path, "next.zip"), "test")
    elif what == "streets":
        import_street(graded, tmp_path, 700)
    elif what == "moved parcel":
        move(graded, KEYS[0], 1_000)
    elif what == "program":
        with graded.begin("test") as connection:
            connection.execute(text("UPDATE transit_runs SET program = 'older'"))
    else:
        with graded.begin("test") as connection:
            connection.execute(text("DELETE FROM transit_access WHERE subject_id % 2 = 1"))
    assert looking(graded) is True
    assert stale(graded) == []
    assert looking(graded) is False


def test_travel_times_too(graded: Database) -> None:  # noqa: F811 - the fixture
    refresh_reach(graded, "07:00-08:00")
    assert looking(graded) is False
    move(graded, KEYS[0], 1_000)
    with graded.begin("test") as connection:  # as if the classes had been computed since
        connection.execute(
            with_places(
                "UPDATE transit_access SET place = PLACE_OF(p.geom) FROM parcels p WHERE p.id = subject_id"
            )
        )
    assert looking(graded) is True
    assert looking(graded) is False


def test_one_process_looks_after_it(graded: Database) -> None:  # noqa: F811 - the fixture
    move(graded, KEYS[0], 1_000)
    with graded.begin("other") as other:
        assert other.execute(run_queries.lock_keeper()).scalar_one()
        assert looking(graded) is False
    assert stale(graded) == [KEYS[0]]


def test_what_was_never_computed_is_left_to_a_person(graded: Database) -> None:  # noqa: F811 - the fixture
    with graded.begin("test") as connection:
        connection.execute(text("TRUNCATE transit_access, transit_runs"))
    assert looking(graded) is False


def test_nothing_is_asked_twice_of_the_same_register(
    graded: Database,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []
    outdated = run_queries.anything_outdated

    def counted(*arguments: Any) -> Any:
        asked.append(True)
        return outdated(*arguments)

    monkeypatch.setattr(run_queries, "anything_outdated", counted)
    # the real one also changes with whatever other tests write meanwhile: it is the whole server's
    monkeypatch.setattr(run_queries, "version", lambda: select(literal("unchanged")))

    async def three_times() -> None:
        own = Database(graded.settings)
        seen = keeping.Seen()
        try:
            for _ in range(3):
                assert await keeping.look(own, graded.settings, seen) is False
        finally:
            await own.dispose()

    asyncio.run(three_times())
    assert len(asked) == 1


def test_a_running_server_looks_after_it(
    graded: Database,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "EVERY_S", 0.05)
    looks: list[bool] = []

    async def look(*_arguments: Any) -> bool:
        looks.append(True)
        return False

    monkeypatch.setattr(keeping, "look", look)
    for on in (False, True):
        own = graded.settings.model_copy(update={"refresh": on})
        with TestClient(create_app(own)) as client:
            for _ in range(100 if on else 1):
                client.get("/healthz")
                if looks:
                    break
        assert bool(looks) is on
