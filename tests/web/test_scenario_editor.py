"""Scenarios are written on the pages: by planners, faults in words beside their fields, never over others."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth import Role
from geo_service.db import Database
from tests.sample_city import Sample
from tests.transit.test_scenario_api import form
from tests.web.reading import read

SignedIn = Callable[[Role], httpx.Client]
NEW = "/oev/neues-szenario"
CHANGE = "/oev/szenarien/neue-s-bahn/bearbeiten"


@pytest.fixture
def planner(database: Database, sample: Sample, signed_in: SignedIn) -> Iterator[httpx.Client]:
    assert sample
    yield signed_in(Role.PLANNER)
    with database.begin(actor="test") as connection:
        for table in ("transit_scenario_stops", "transit_scenario_lines", "transit_scenarios"):
            connection.execute(text(f"DELETE FROM {table}"))


def fields(**changes: str) -> dict[str, str]:
    """What a planner types: one new stop, one line to it and back."""
    line, service = "lines.0.", "lines.0.services.0."
    typed = {
        "name_de": "Neue S-Bahn",
        "name_en": "New S-Bahn",
        "status": "public",
        "source": "Planung",
        "stops.0.name": "Mitte",
        "stops.0.lon": "7,4653",
        "stops.0.lat": "51.5136",
        "stops.1.name": "",
        f"{line}name": "S7",
        f"{line}mode": "rail",
        f"{line}kind": "new",
        f"{line}both_ways": "1",
        f"{line}stops": "hafen VRR\nMitte\n",
        f"{service}day_kind": "weekday",
        f"{service}from": "05:00",
        f"{service}to": "24:00",
        f"{service}headway_min": "7,5",
        "lines.0.services.1.day_kind": "sunday",
        "lines.0.services.1.from": "06:00",
        "lines.0.services.1.to": "24:00",
        "lines.0.services.1.headway_min": "",
        "do": "save",
    }
    return {**typed, **{name.replace("__", "."): value for name, value in changes.items()}}


def alert_of(page: httpx.Response) -> str:
    part = page.text.partition('role="alert"')[2].partition("<form")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part))


def etag_of(page: httpx.Response) -> str:
    found = re.search(r'name="etag" value="([^"]+)"', page.text)
    assert found
    return found[1].replace("&#34;", '"')


def test_only_planners_see_and_send_the_form(
    planner: httpx.Client, client: httpx.Client, signed_in: SignedIn
) -> None:
    page = {"accept": "text/html"}
    assert client.get(NEW, headers=page).status_code == 401
    assert signed_in(Role.INVESTOR_SUPPORT).get(NEW, headers=page).status_code == 403
    assert client.post(NEW, data=fields()).status_code == 401
    assert planner.get(NEW).status_code == 200
    assert NEW in planner.get("/oev").text
    assert NEW not in client.get("/oev").text


def test_a_scenario_is_created_from_what_was_typed(planner: httpx.Client, client: httpx.Client) -> None:
    made = planner.post(NEW, data=fields(), follow_redirects=False)
    assert (made.status_code, made.headers["location"]) == (303, "/oev/szenarien/neue-s-bahn")
    stored = client.get("/api/scenarios/neue-s-bahn").json()
    assert stored["stops"] == [{"key": "mitte", "name": "Mitte", "lon": 7.4653, "lat": 51.5136}]
    (line,) = stored["lines"]
    assert (line["name"], line["mode"], line["kind"], line["both_ways"]) == ("S7", "rail", "new", True)
    assert line["stops"] == ["de:05913:vrr", "mitte"], "a stop of today is found by its name"
    assert line["services"] == [{"day_kind": "weekday", "window": "05:00-24:00", "headway_min": 7.5}]
    page = planner.get("/oev/szenarien/neue-s-bahn").text
    assert CHANGE in page
    assert CHANGE not in client.get("/oev/szenarien/neue-s-bahn").text


FAULTS = {
    "name_de": ({"name_de": ""}, "Bitte ausfüllen.", "Please fill in."),
    "stops.0.lon": ({"stops__0__lon": "Ost"}, "Bitte Grad angeben", "Please give degrees"),
    "stops.0.name": ({"stops__0__lon": "51,5136", "stops__0__lat": "7,4653"}, "Länge und Breite vertauscht?",
                     "are lon and lat exchanged?"),
    "lines.0.mode": ({"lines__0__mode": ""}, "Diese Auswahl gibt es nicht.", "There is no such choice."),
    "lines.0.stops": ({"lines__0__stops": "Mitte\nNirgendwo"}, "„Nirgendwo“ ist weder eine neue Haltestelle",
                      "“Nirgendwo” is neither a new stop"),
    "lines.0.services.0.headway_min": ({"lines__0__services__0__headway_min": "0"},
                                       "Bitte Minuten zwischen 0,5", "Please give minutes between 0.5"),
    "lines.0.services.0.from": ({"lines__0__services__0__from": "spät"}, "Bitte Zeiten als HH:MM",
                                "Please give times as HH:MM"),
    "lines.0.services.1.headway_min": ({"lines__0__services__0__headway_min": "",
                                        "lines__0__services__1__headway_min": "viel"},
                                       "Bitte Minuten zwischen 0,5 und 360", "Please give minutes between"),
    "lines.0.services": ({"lines__0__services__0__headway_min": ""}, "Bitte mindestens einen Takt angeben.",
                         "Please give at least one headway."),
    "lines.0.kind": ({"lines__0__kind": "prolonged"}, "Eine Linie S7 fährt heute nicht ab",
                     "The line &#39;S7&#39; is said to be prolonged"),
    "lines.0.name": ({"lines__0__stops": "Mitte\nMitte"}, "folgt im Verlauf auf sich selbst",
                     "follows itself in the course"),
    "lines": ({"lines__0__drop": "1"}, "Bitte mindestens eine Linie", "Please give at least one line."),
    "key": ({"key": "Nicht so"}, "Bitte nur Kleinbuchstaben", "Please use small letters"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_is_told_beside_its_field_and_stays_as_typed(planner: httpx.Client, name: str) -> None:
    changes, german, english = FAULTS[name]
    typed = fields(**changes)
    for language, words in (("de", german), ("en", english)):
        page = planner.post(f"{NEW}?lang={language}", data=typed)
        assert page.status_code == 422
        assert words in page.text.partition(f'id="{name}-error"')[2][:400], page.text
        assert words.replace("&#39;", "'") in alert_of(page).replace("&#39;", "'")
        assert f'href="#{name}"' in page.text
        assert 'value="New S-Bahn"' in page.text
        assert read(page.text).faults == []
    assert planner.get("/api/scenarios").json() == {"scenarios": []}


def test_a_name_that_several_stops_bear_is_asked_back(planner: httpx.Client, database: Database) -> None:
    copy = (
        "INSERT INTO transit_stops (feed_id, stop_id, name, member_ids, modes, lines, geom) SELECT feed_id, "
        "'zweiter', name, member_ids, modes, '{470}', geom FROM transit_stops WHERE stop_id = 'de:05913:vrr'"
    )
    with database.begin(actor="test") as connection:
        connection.execute(text(copy))
    try:
        page = planner.post(NEW, data=fields())
        assert page.status_code == 422
        assert "„hafen VRR“ gibt es mehrfach" in page.text
        assert "Hafen vrr [zweiter] (470)" in page.text
        chosen = planner.post(
            NEW, data=fields(lines__0__stops="Hafen vrr [zweiter]\nMitte"), follow_redirects=False
        )
        assert chosen.status_code == 303
        assert planner.get("/api/scenarios/neue-s-bahn").json()["lines"][0]["stops"][0] == "zweiter"
    finally:
        with database.begin(actor="test") as connection:
            connection.execute(text("DELETE FROM transit_stops WHERE stop_id = 'zweiter'"))


def test_rows_are_added_without_writing(planner: httpx.Client) -> None:
    page = planner.post(NEW, data=fields(do="more-lines", lines__0__services__2__day_kind="weekday"))
    assert page.status_code == 200
    assert page.text.count('name="lines.0.services.') == 4 * 3, "two rows as typed, one to fill in"
    assert 'name="lines.1.name"' in page.text
    assert 'name="stops.1.name"' in page.text
    assert 'value="7,4653"' in page.text
    assert planner.get("/api/scenarios").json() == {"scenarios": []}


def test_the_same_key_twice_is_told_beside_it(planner: httpx.Client) -> None:
    planner.post(NEW, data=fields())
    page = planner.post(NEW, data=fields())
    assert page.status_code == 422
    assert "Ein Szenario mit diesem Kürzel gibt es schon" in page.text


def test_a_change_is_stored_with_who_did_it(planner: httpx.Client, database: Database) -> None:
    planner.post(NEW, data=fields())
    page = planner.get(CHANGE)
    assert "Hafen vrr [de:05913:vrr]\nMitte" in page.text
    assert 'name="key"' not in page.text
    typed = fields(name_de="Neue S-Bahn, öfter", lines__0__services__0__headway_min="5", etag=etag_of(page))
    typed["stops.0.key"] = "mitte"
    done = planner.post(CHANGE, data=typed, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/oev/szenarien/neue-s-bahn")
    stored = planner.get("/api/scenarios/neue-s-bahn").json()
    assert stored["name_de"] == "Neue S-Bahn, öfter"
    assert stored["lines"][0]["services"][0]["headway_min"] == 5
    with database.read() as connection:
        last = connection.execute(
            text(
                "SELECT actor, action, before ->> 'name_de' AS was FROM audit "
                "WHERE table_name = 'transit_scenarios' ORDER BY id DESC LIMIT 1"
            )
        ).one()
    assert tuple(last) == ("test.planner", "update", "Neue S-Bahn")


def test_who_was_slower_is_told_and_nothing_is_lost(planner: httpx.Client) -> None:
    planner.post(NEW, data=fields())
    mine = etag_of(planner.get(CHANGE))
    theirs = form(key="neue-s-bahn", name_de="Ihre")
    assert (
        planner.put("/api/scenarios/neue-s-bahn", json=theirs, headers={"If-Match": "*"}).status_code == 200
    )
    page = planner.post(CHANGE, data=fields(name_de="Meine", etag=mine))
    assert page.status_code == 412
    assert "Jemand anders hat das Szenario inzwischen geändert." in alert_of(page)
    assert 'value="Meine"' in page.text
    assert planner.get("/api/scenarios/neue-s-bahn").json()["name_de"] == "Ihre"
    again = planner.post(CHANGE, data=fields(name_de="Meine", etag=etag_of(page)), follow_redirects=False)
    assert again.status_code == 303
    assert planner.get("/api/scenarios/neue-s-bahn").json()["name_de"] == "Meine"


def test_without_the_state_it_builds_on_nothing_is_changed(planner: httpx.Client) -> None:
    planner.post(NEW, data=fields())
    assert planner.post(CHANGE, data=fields(name_de="Blind")).status_code == 412
    assert planner.post("/oev/szenarien/neue-s-bahn/beenden", data={}).status_code == 412
    assert planner.get("/api/scenarios/neue-s-bahn").json()["name_de"] == "Neue S-Bahn"


def test_an_ended_scenario_is_gone_for_the_public_and_can_live_again(
    planner: httpx.Client, client: httpx.Client
) -> None:
    planner.post(NEW, data=fields())
    end = {"etag": etag_of(planner.get(CHANGE))}
    done = planner.post("/oev/szenarien/neue-s-bahn/beenden", data=end, follow_redirects=False)
    assert done.status_code == 303
    assert client.get("/oev/szenarien/neue-s-bahn").status_code == 404
    page = planner.get(CHANGE)
    assert "Es ist beendet; Speichern belebt es wieder." in page.text
    planner.post(CHANGE, data=fields(etag=etag_of(page)))
    assert client.get("/oev/szenarien/neue-s-bahn").status_code == 200


def test_the_map_offers_stops_with_their_ids(planner: httpx.Client, client: httpx.Client) -> None:
    script = planner.get("/oev/szenarien-karte.js")
    assert script.status_code == 200
    assert '"pick_stops"' in script.text
    assert client.get("/oev/szenarien-karte.js").status_code == 401
    features = client.get("/maps/layers/stops.geojson").json()["features"]
    assert "de:05913:vrr" in {feature["properties"]["id"] for feature in features}
