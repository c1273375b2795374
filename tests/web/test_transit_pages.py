"""The pages of transit classes and scenarios: what they show, to whom, and their maps."""

import json
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth import Role
from geo_service.db import Database
from tests.sample_city import Sample
from tests.sample_land import OBJECTED_KEY, PUBLIC_KEYS
from tests.transit.test_scenario_api import form

SignedIn = Callable[[Role], httpx.Client]


@pytest.fixture
def stored(database: Database, sample: Sample, signed_in: SignedIn) -> Iterator[httpx.Client]:
    """A planner who has stored a public scenario."""
    assert sample
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE transit_feeds SET weekday = lower(service)"))
    planner = signed_in(Role.PLANNER)
    planner.post("/api/scenarios", json=form(name_de="<b>Neu</b>"))
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
    assert "New line" in client.get("/oev/szenarien/new-line?lang=en").text
    assert client.get("/oev/szenarien/none?lang=de").status_code == 404


def test_scenario_map_has_classes_before_and_after(stored: httpx.Client, client: httpx.Client) -> None:
    assert stored
    script = client.get("/oev/szenarien/new-line.js").text
    calls = re.findall(r"GeoMap\.(?:embedded|records)\(map_transit, (.*)\);", script)
    layers = {spec["key"]: spec for spec in map(json.loads, calls)}
    assert list(layers) == ["before", "after", "boundary", "courses", "stops", "planned"]
    assert client.get(layers["before"]["url"]).json()["features"] == []
    assert client.get(layers["stops"]["url"]).json()["features"] == []
    after = client.get(layers["after"]["url"]).json()["features"]
    grades = [feature["properties"]["grade"] for feature in after]
    assert grades == ["A", "B", "C"], "category I: A to 500 m, B to 750, C to 1000"
    assert (layers["before"]["on"], layers["after"]["on"]) == (False, True)
    assert len(layers["planned"]["collection"]["features"]) == 2
    (course,) = layers["courses"]["collection"]["features"]
    assert course["geometry"]["coordinates"][1] == pytest.approx([7.4653, 51.5136])


def test_transit_page_lists_scenarios_and_methods(stored: httpx.Client, client: httpx.Client) -> None:
    assert stored
    page = client.get("/oev?method=goat&lang=de").text
    assert '<option value="goat" selected>' in page
    assert "/oev/szenarien/new-line" in page
    assert "Entwurf" not in page
    assert client.get("/oev.js?method=goat").status_code == 200
    assert client.get("/oev?method=none").status_code == 400
