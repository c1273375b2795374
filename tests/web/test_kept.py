"""What pages compute is kept until anything is written, and for each who may see it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import shapely
from fastapi import FastAPI
from sqlalchemy import Connection, text

from geo_service.auth.models import Role
from geo_service.db import Database
from geo_service.errors import NotFound
from geo_service.transit.answers import place_transit
from geo_service.transit.grades import asked
from geo_service.web import classes, kept
from geo_service.web.pages import nearness
from tests.http_fixtures import SignedIn
from tests.sample_land import PUBLIC_KEYS

OWN_CHANGES = text("SELECT CAST(sum(changes) AS text) FROM data_changes")
"""State of one database: that of the server also changes with what other tests write to theirs."""
PAGE = f"/flaechen/{PUBLIC_KEYS[0]}"


@pytest.mark.usefixtures("sample")
def test_a_page_is_computed_once_until_something_is_written(
    client: httpx.Client, signed_in: SignedIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    computed = nearness._near

    def noted(*given: Any, **more: Any) -> Any:
        asked.append(given)
        return computed(*given, **more)

    monkeypatch.setattr(nearness, "_near", noted)
    monkeypatch.setattr(kept, "DATA_VERSION", OWN_CHANGES)
    held: kept.Kept = {}
    monkeypatch.setattr(kept, "_held", lambda _: held)
    planner = signed_in(Role.PLANNER)
    first = client.get(PAGE).text
    assert len(asked) == 1
    assert client.get(PAGE).text == first
    assert len(asked) == 1
    assert client.get(f"{PAGE}?window=evening").status_code == 200
    assert len(asked) == 2, "another window is another question"
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE transit_feeds SET name = name"))
    assert client.get(PAGE).text == first
    assert len(asked) == 3, "something was written"
    assert planner.get(PAGE).status_code == 200
    assert len(asked) >= 4, "drafts of scenarios are for planners: their answer is another one"


@pytest.mark.usefixtures("sample")
def test_transit_of_a_place_is_computed_once_from_the_same_timetables(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[Any] = []

    def noted(*given: Any) -> Any:
        asked_for.append(given)
        return place_transit(*given)

    monkeypatch.setattr(classes, "place_transit", noted)
    held, wanted = classes.KeptClasses(), asked("are", "day")
    place = shapely.to_wkb(shapely.Point(393_000, 5_707_000))
    with database.begin(actor="test") as connection:
        first = held.place(connection, place, wanted)
        assert first == place_transit(connection, shapely.from_wkb(place), wanted)
        connection.execute(text("UPDATE parcels SET is_demo = is_demo"))
        assert held.place(connection, place, wanted) is first
        assert len(asked_for) == 1
        held.place(connection, place, asked("are", "evening"))
        held.place(connection, shapely.to_wkb(shapely.Point(393_001, 5_707_000)), wanted)
        assert len(asked_for) == 3, "another window, another place"
        connection.execute(text("UPDATE street_networks SET is_current = false"))
        assert held.place(connection, place, wanted).walking.distance_kind == "detour_factor"
        connection.execute(text("UPDATE transit_feeds SET is_current = false"))
        with pytest.raises(NotFound, match="timetable"):
            held.place(connection, place, wanted)
        connection.rollback()


@pytest.mark.usefixtures("sample")
def test_an_answer_that_is_kept_ready_is_the_one_that_is_asked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "DATA_VERSION", OWN_CHANGES)
    app = FastAPI()
    made: list[int] = []

    def make(_connection: Connection) -> int:
        made.append(1)
        return len(made)

    def look() -> None:
        with database.answering(one_snapshot=True) as connection:
            kept.keep_answer(app, connection, "question", make)

    async def ask() -> int:
        request: Any = SimpleNamespace(app=app)
        async with database.read_session() as session:
            answer = await kept.kept_answer(request, session, "question", make, public=True)
        await database.async_engine.dispose()
        return answer

    look()
    look()
    assert (asyncio.run(ask()), len(made)) == (1, 1)
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE transit_feeds SET name = name"))
    look()
    assert (asyncio.run(ask()), len(made)) == (2, 2)
