"""The transit part of a page: what the next class needs, all methods side by side, both languages."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, text

import maps.transit
from data.demo.streets import SOURCE as DEMO_STREETS
from geo_service.auth import Role
from geo_service.db import Database
from geo_service.transit.models import TransitAccess, TransitDeparture
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS
from tests.transit.test_scenario_api import form
from tests.web.test_transit_pages import SignedIn

DAYS = b"\xff" * 46
PAGES = (f"/flaechen/{PUBLIC_KEYS[0]}", "/leerstand/L-0")


@pytest.fixture(scope="module")
def timetable(database: Database, sample: Sample) -> Iterator[None]:
    """U47 every 10 minutes one way, 250 m from the parcel, 832 m from the shop."""
    departure = {"feed_id": sample.ids["feed-vrr"], "stop_pk": sample.ids["stop-vrr"], "platform_id": "1"}
    departure |= {"mode": "tram", "route_type": 900, "line": "U47", "direction": 0, "headsign": "Aplerbeck"}
    departure |= {"next_stop_id": "x", "days": DAYS, "departure_s": list(range(21_600, 72_000, 600))}
    shop = {"subject_kind": "premises", "subject_id": sample.ids["premises-0"], "method": "are"}
    with database.begin(actor="test") as connection:
        connection.execute(insert(TransitDeparture).values(departure))
        connection.execute(insert(TransitAccess).values(shop))
    yield
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM transit_departures WHERE days = :days"), {"days": DAYS})
        connection.execute(text("DELETE FROM transit_access WHERE subject_kind = 'premises'"))


def words_of(client: httpx.Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    part = answer.text.partition('id="transit-heading"')[2].partition("</section>")[0]
    methods = re.search(r'hx-get="([^"]+)"', part)
    assert methods
    part += client.get(methods[1].replace("&amp;", "&")).text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part))


@pytest.mark.usefixtures("timetable")
def test_parcel_tells_what_is_missing_and_compares_methods(client: httpx.Client) -> None:
    """Category IV at 250 m is C. B needs III: every 9.99 minutes, 85 departures; no distance gives it."""
    words = words_of(client, PAGES[0])
    assert "ÖV-Güteklasse C durch die Haltestelle Hafen vrr: 250 m Luftlinie, 305 m Fußweg" in words
    assert "Für Klasse B genügt:" in words
    more = "fährt je Richtung 1 Abfahrt mehr der Gruppe Stadtbahn, Bus, Schiff: 85 statt 84."
    assert f"In Hafen vrr (250 m) {more}" in words
    assert re.search(r"ARE \(Schweiz\) C von A bis D Hafen vrr 250 m 10,0", words)
    assert re.search(r"Österreich \(ÖROK\) B von A bis G Hafen vrr 250 m 10,0", words)
    index = "Index 3,1 aus 1 Linie "  # 30 / (305 / 80 + 5 + 0.75)
    assert f"PTAL (London), werktags 08:15-09:15 Uhr 1b von 6b bis 0 {index}" in words


@pytest.mark.usefixtures("timetable")
def test_shop_tells_how_much_nearer_the_stop_would_have_to_be(client: httpx.Client) -> None:
    """At 832 m category IV gives nothing: D ends at 500 m."""
    words = words_of(client, PAGES[1])
    assert "Für Klasse D genügt eines von diesen:" in words
    assert "Hafen vrr liegt 332 m näher: höchstens 500 m entfernt statt 832 m (Luftlinie)." in words
    assert "ohne" in words


@pytest.mark.usefixtures("timetable")
@pytest.mark.parametrize("address", PAGES)
def test_english_has_no_german_words_left(client: httpx.Client, address: str) -> None:
    words = words_of(client, f"{address}?lang=en")
    assert "What does the next class need?" in words
    assert "Austria (ÖROK)" in words
    assert "Klasse" not in words.replace("ÖV-Güteklasse", "")


@pytest.mark.usefixtures("timetable")
def test_another_time_of_day_is_chosen_on_the_page(client: httpx.Client) -> None:
    page = client.get(f"{PAGES[0]}?window=evening&lang=de").text
    assert '<option value="evening" selected>' in page
    assert "verfahren?window=evening" in page
    words = words_of(client, f"{PAGES[0]}?window=evening&lang=de")
    assert "ohne ÖV-Güteklasse" in words, "the line ends at 20:00"
    given = client.get(f"{PAGES[0]}?window=07:00-09:00&lang=de").text
    assert '<option value="07:00-09:00" selected>' in given
    assert "ÖV-Güteklasse C" in words_of(client, f"{PAGES[0]}?window=07:00-09:00&lang=de")
    assert client.get(f"{PAGES[0]}?window=noon").status_code == httpx.codes.BAD_REQUEST


@pytest.mark.usefixtures("timetable")
def test_before_and_after_a_scenario_is_chosen_on_the_page(
    client: httpx.Client, database: Database, signed_in: SignedIn
) -> None:
    planner = signed_in(Role.PLANNER)
    assert planner.post("/api/scenarios", json=form(status="draft")).status_code == httpx.codes.CREATED
    try:
        page = planner.get(f"{PAGES[0]}?lang=de").text
        assert '<option value="new-line"' in page
        assert '<option value="new-line"' not in client.get(PAGES[0]).text, "a draft"
        told = planner.get(f"{PAGES[0]}?scenario=new-line&lang=de").text
        part = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", told))
        assert re.search(r"vorher *: *C", part)
        assert re.search(r"nachher *: *[AB]", part), part[part.index("vorher") :][:300]
        assert client.get(f"{PAGES[0]}?scenario=new-line").status_code == httpx.codes.NOT_FOUND
    finally:
        with database.begin(actor="test") as connection:
            for table in ("transit_scenario_stops", "transit_scenario_lines", "transit_scenarios"):
                connection.execute(text(f"DELETE FROM {table}"))


@pytest.mark.usefixtures("timetable")
def test_stops_of_the_map_are_told_once_in_each_language(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    tell = maps.transit.stops_geojson

    def counted(stops: Any) -> bytes:
        told.append(len(stops))
        return tell(stops)

    monkeypatch.setattr("geo_service.web.pages.transit.stops_geojson", counted)
    answers = {}
    for language in ("de", "en", "de"):
        answers[language] = client.get(f"/oev/haltestellen.geojson?method=goat&lang={language}")
    assert "Kategorie 3, alle 10,0 min" in answers["de"].text
    assert "Category 3, every 10.0 min" in answers["en"].text
    assert told == [1, 1]


@pytest.fixture
def street(database: Database) -> Iterator[None]:
    """One street, east of the parcel."""
    network = (
        "INSERT INTO street_networks (content_hash, licence, report, source) VALUES ('x', '', '{}', :source)"
    )
    edge = (
        "INSERT INTO street_edges (network_id, way_id, walkable, start_node, end_node, geom) "
        "SELECT id, '1', true, 1, 2, ST_GeomFromText('LINESTRING(394110 5707060, 394110 5707300)', 25832) "
        "FROM street_networks"
    )
    with database.begin(actor="test") as connection:
        connection.execute(text(network), {"source": DEMO_STREETS})
        connection.execute(text(edge))
    yield
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM street_edges"))
        connection.execute(text("DELETE FROM street_networks"))


@pytest.mark.usefixtures("timetable")
def test_estimated_ways_are_told_without_streets(client: httpx.Client) -> None:
    assert "geschätzten Fußwegen, weil keine Straßen geladen sind: Luftlinie mal 1,22" in words_of(
        client, PAGES[0]
    )
    assert "so sind auch die Flächen gezeichnet" in client.get("/oev?method=oevgk18&lang=de").text


@pytest.mark.usefixtures("timetable", "street")
def test_ways_along_streets_are_told_and_what_the_map_draws(client: httpx.Client) -> None:
    words = words_of(client, PAGES[0])
    assert "OeVGK18 rechnet mit der Wartezeit und mit Fußwegen auf den geladenen Straßen" in words
    assert "weil keine Straßen geladen sind" not in words
    page = client.get("/oev?method=oevgk18&lang=de").text
    assert "so sind auch die Flächen gezeichnet, auf 50 m genau" in page
    assert "geschätzte Fußwege" not in page
    assert "Abstände sind Luftlinien" not in page
    assert "Abstände sind Luftlinien" in client.get("/oev?method=are&lang=de").text


@pytest.mark.usefixtures("timetable", "street")
def test_streets_of_the_demo_are_said_in_english(client: httpx.Client) -> None:
    page = client.get(f"{PAGES[0]}?lang=en").text
    assert "Streets: Demo streets: centre lines of the invented streets" in page
    assert "Demo-Straßen" not in page
