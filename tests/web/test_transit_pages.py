"""The pages of transit classes and scenarios: what they show, to whom, and their maps."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import shapely
from sqlalchemy import Connection, text

from geo_service.auth import Role
from geo_service.city import load_city
from geo_service.db import Database
from geo_service.transit import all_stops
from geo_service.transit.grades import Asked, asked
from geo_service.transit.windows import DAY
from geo_service.web import classes, kept, ready
from geo_service.web.queries.sites import SITE_PLACES
from maps.layers import ORIENTATION
from tests.sample_city import Sample
from tests.sample_land import OBJECTED_KEY, PUBLIC_KEYS
from tests.transit.test_scenario_api import SERVICE, form
from tests.web.test_map_files import layers, needs_nothing

SignedIn = Callable[[Role], httpx.Client]


@pytest.fixture
def stored(database: Database, sample: Sample, signed_in: SignedIn) -> Iterator[httpx.Client]:
    """A planner who has stored a public scenario."""
    assert sample
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE transit_feeds SET weekday = lower(service)"))
    planner = signed_in(Role.PLANNER)
    planner.post("/api/scenarios", json=form(name_de="<b>Neu</b>", source="Demo: erfundener Halt"))
    yield planner
    with database.begin(actor="test") as connection:
        for table in ("transit_scenario_stops", "transit_scenario_lines", "transit_scenarios"):
            connection.execute(text(f"DELETE FROM {table}"))


def test_scenario_page_tells_gains_and_keeps_secrets(stored: httpx.Client, client: httpx.Client) -> None:
    page = client.get("/oev/szenarien/new-line")
    assert page.status_code == 200
    assert "&lt;b&gt;Neu&lt;/b&gt;" in page.text
    assert f"/flaechen/{PUBLIC_KEYS[0]}" in page.text
    assert OBJECTED_KEY not in page.text
    assert OBJECTED_KEY in stored.get("/oev/szenarien/new-line").text
    english = client.get("/oev/szenarien/new-line?lang=en").text
    assert "New line" in english
    assert "Source: Demo: invented stop" in english
    assert client.get("/oev/szenarien/none?lang=de").status_code == 404


def test_scenario_map_has_classes_before_and_after(stored: httpx.Client, client: httpx.Client) -> None:
    assert stored
    script = client.get("/oev/szenarien/new-line.js").text
    calls = re.findall(r"GeoMap\.(?:embedded|records)\(map_transit, (.*)\);", script)
    layers = {spec["key"]: spec for spec in map(json.loads, calls)}
    assert list(layers) == [
        "before", "after", *ORIENTATION, "courses", "stops", "planned",
    ]  # fmt: skip
    assert client.get(layers["before"]["url"]).json()["features"] == []
    assert client.get(layers["stops"]["url"]).json()["features"] == []
    after = client.get(layers["after"]["url"]).json()["features"]
    grades = [feature["properties"]["grade"] for feature in after]
    assert grades == ["A", "B", "C"], "category I: A to 500 m, B to 750, C to 1000"
    assert (layers["before"]["on"], layers["after"]["on"]) == (False, True)
    assert len(layers["planned"]["collection"]["features"]) == 2
    (course,) = layers["courses"]["collection"]["features"]
    assert course["geometry"]["coordinates"][1] == pytest.approx([7.4653, 51.5136])


def test_scenario_file_holds_classes_before_and_after(stored: httpx.Client, client: httpx.Client) -> None:
    answer = client.get("/maps/files/scenario/new-line?lang=de")
    assert answer.status_code == 200, answer.text
    needs_nothing(answer.text)
    found = layers(answer.text)
    for layer, address in (
        ("before", "/oev/klassen.geojson"),
        ("after", "/oev/szenarien/new-line/klassen.geojson"),
    ):
        wanted = client.get(address).json()["features"]
        assert [each["geometry"] for each in found[layer]] == [each["geometry"] for each in wanted]
    assert found["courses"]
    assert all(each["properties"]["planned"] for each in found["planned"])
    assert "<b>Neu</b>" not in answer.text
    assert "Vertraulich" not in answer.text
    known = stored.get("/api/scenarios/new-line")
    draft = {**form(name_de="<b>Neu</b>"), "status": "draft"}
    stored.put("/api/scenarios/new-line", json=draft, headers={"If-Match": known.headers["etag"]})
    assert client.get("/maps/files/scenario/new-line").status_code == 404
    assert "Vertraulich" in stored.get("/maps/files/scenario/new-line?lang=de").text


def test_transit_page_lists_scenarios_and_methods(stored: httpx.Client, client: httpx.Client) -> None:
    assert stored
    page = client.get("/oev?method=goat&lang=de").text
    assert '<option value="goat" selected>' in page
    assert "/oev/szenarien/new-line" in page
    assert "Entwurf" not in page
    assert re.search(r"von 06:00 bis 20:00 Uhr \(Fahrplan vrr am \d\d\.\d\d\.\d{4}", page)
    assert "(timetable vrr on " in client.get("/oev?method=goat&lang=en").text
    assert client.get("/oev.js?method=goat").status_code == 200
    assert client.get("/oev?method=none").status_code == 400


def test_areas_are_computed_once_for_the_same_timetable(
    stored: httpx.Client, client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stored
    computed: list[str] = []
    grade_all = all_stops.graded_stops

    def counted(connection: Connection, wanted: Asked, area: shapely.Geometry | None) -> Any:
        computed.append(f"{wanted.method.key} {wanted.window}")
        return grade_all(connection, wanted, area)

    monkeypatch.setattr(classes, "graded_stops", counted)
    address = "/oev/klassen.geojson?method=oerok&window=peak_morning"
    first = client.get(address)
    assert first.headers["content-type"] == "application/geo+json"
    assert client.get(address).content == first.content
    assert client.get("/oev?method=oerok&window=peak_morning").status_code == httpx.codes.OK
    assert computed == ["oerok 06:00-09:00"]
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == httpx.codes.NOT_MODIFIED
    client.get("/oev/klassen.geojson?method=oerok&window=evening")
    assert computed[1:] == ["oerok 20:00-24:00"]
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE transit_feeds SET is_current = NOT is_current"))
    try:
        client.get(address)
        assert computed[2:] == ["oerok 06:00-09:00"], "of another timetable"
    finally:
        with database.begin(actor="test") as connection:
            connection.execute(text("UPDATE transit_feeds SET is_current = NOT is_current"))
    client.get(address)
    assert len(computed) == 3, "the first timetable again: still known"


def test_classes_of_today_are_there_before_somebody_asks(
    stored: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stored

    async def once(look: Callable[[], Awaitable[bool]], *_: object) -> None:
        await look()

    monkeypatch.setattr(ready, "repeat", once)
    app: Any = SimpleNamespace(state=SimpleNamespace(city=load_city("dortmund")))
    asyncio.run(ready.keep_ready(app, database))
    for name in ("graded_stops", "place_transit"):
        monkeypatch.setattr(classes, name, None)  # whoever asks now computes nothing
    held, wanted = app.state.transit_classes, asked("are", DAY)
    with database.read() as connection:
        assert held.city(connection, wanted).days
        places = connection.execute(SITE_PLACES).all()
        assert places
        for place in places:
            held.place(connection, bytes(place.geom), wanted)
    shown = {(each.key, each.drafts, each.unpublished) for each in app.state.web_kept}
    assert {("new-line", True, True), ("new-line", False, False)} <= shown


def test_effects_are_kept_for_those_who_may_see_the_scenario(
    stored: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = stored.get("/api/scenarios/new-line")
    hidden = stored.put(
        "/api/scenarios/new-line",
        json={**form(), "status": "draft"},
        headers={"If-Match": known.headers["etag"]},
    )
    assert hidden.status_code == httpx.codes.OK, hidden.text
    app: Any = SimpleNamespace(state=SimpleNamespace(city=load_city("dortmund")))
    keeper = ready._Keeper(app, database)
    keeper.look()
    assert {each.drafts for each in app.state.web_kept if each.key == "new-line"} == {True}
    app.state.web_kept.clear()
    monkeypatch.setattr(kept, "DATA_VERSION", text("SELECT clock_timestamp()::text"))
    keeper.look()
    assert app.state.web_kept == {}, "something is being written"


def test_a_changed_scenario_is_computed_anew(stored: httpx.Client, client: httpx.Client) -> None:
    address = "/oev/szenarien/new-line/klassen.geojson"
    before = client.get(address)
    assert client.get(address).headers["etag"] == before.headers["etag"]
    known = stored.get("/api/scenarios/new-line")
    rarely = [{**line, "services": [{**SERVICE, "headway_min": 60}]} for line in form()["lines"]]
    changed = form(name_de="Neu", lines=rarely)
    answer = stored.put("/api/scenarios/new-line", json=changed, headers={"If-Match": known.headers["etag"]})
    assert answer.status_code == httpx.codes.OK, answer.text
    after = client.get(address)
    assert after.headers["etag"] != before.headers["etag"]
    assert after.json() != before.json()


def test_window_is_chosen_on_the_page_of_the_classes(stored: httpx.Client, client: httpx.Client) -> None:
    assert stored
    page = client.get("/oev?window=sunday&lang=de").text
    assert '<option value="sunday" selected>' in page
    assert "window=sunday" in client.get("/oev.js?window=sunday").text
    assert client.get("/oev?window=noon").status_code == httpx.codes.BAD_REQUEST
    assert client.get("/oev/klassen.geojson?window=noon").status_code == httpx.codes.BAD_REQUEST


def test_pages_tell_that_a_timetable_has_ended(
    stored: httpx.Client, client: httpx.Client, database: Database
) -> None:
    assert stored
    change = text("UPDATE transit_feeds SET service = CAST(:span AS daterange) WHERE name = 'vrr'")
    with database.begin(actor="test") as connection:
        before = connection.execute(
            text("SELECT service::text FROM transit_feeds WHERE name = 'vrr'")
        ).scalar()
        connection.execute(change, {"span": "[2023-01-01,2023-04-01)"})
    try:
        assert "Der Fahrplan vrr endete am 31.03.2023." in client.get("/oev?lang=de").text
        assert (
            "Der Fahrplan vrr endete am 31.03.2023." in client.get(f"/flaechen/{PUBLIC_KEYS[0]}?lang=de").text
        )
        assert "The timetable vrr ended on" in client.get("/oev?lang=en").text
        assert "Fahrplan vrr vom 01.01.2023 bis 31.03.2023 (abgelaufen)" in client.get("/daten?lang=de").text
    finally:
        with database.begin(actor="test") as connection:
            connection.execute(change, {"span": before})
    assert "endete am" not in client.get("/oev?lang=de").text
