"""The overview's answers: identify, records, layers, script, portable file."""

import json
import re
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from tests.sample_land import OBJECTED_KEY, PUBLIC_KEYS
from tests.sample_rows import SECRET

SignedIn = Callable[[Role | str], httpx.Client]
WHOLE_CITY = "7.3,51.4,7.7,51.6"


def record(client: httpx.Client, kind: str, key: str) -> httpx.Response:
    return client.get("/maps/record", params={"kind": kind, "key": key})


def test_parcel_is_identified_at_its_place(client: httpx.Client) -> None:
    found = record(client, "parcel", PUBLIC_KEYS[0]).json()
    place = {"lon": found["longitude"], "lat": found["latitude"], "layers": "horizon"}
    items = client.get("/maps/identify", params=place).json()["items"]
    assert [item["key"] for item in items] == [PUBLIC_KEYS[0]]
    assert items[0]["title"] == "Speicherstraße 12"
    assert dict(items[0]["lines"])["Ab wann"] == "01.03.2028"
    assert items == found["items"]


def test_identify_speaks_english(client: httpx.Client) -> None:
    found = client.get("/maps/record", params={"kind": "parcel", "key": PUBLIC_KEYS[0], "lang": "en"}).json()
    assert dict(found["items"][0]["lines"])["From when"] == "1 Mar 2028"


def test_unpublished_parcel_is_not_there_for_the_public(client: httpx.Client, signed_in: SignedIn) -> None:
    assert record(client, "parcel", OBJECTED_KEY).status_code == 404
    planner = record(signed_in(Role.PLANNER), "parcel", OBJECTED_KEY).json()
    place = {"lon": planner["longitude"], "lat": planner["latitude"], "layers": "horizon"}
    assert client.get("/maps/identify", params=place).json() == {"items": []}


@pytest.mark.parametrize(("kind", "key"), [("site", "energiecampus"), ("premises", "L-0")])
def test_other_records_are_found_by_key(client: httpx.Client, kind: str, key: str) -> None:
    found = record(client, kind, key).json()
    assert found["items"][0]["key"] == key
    assert 7 < found["longitude"] < 8
    assert found["geometry"]["coordinates"]


@pytest.mark.parametrize(("kind", "key"), [("premises", "L-2"), ("premises", "L-1"), ("site", "cleanport")])
def test_what_is_not_on_the_public_map_is_not_found(client: httpx.Client, kind: str, key: str) -> None:
    assert record(client, kind, key).status_code == 404


def test_several_layers_are_asked_at_once(client: httpx.Client) -> None:
    found = record(client, "site", "energiecampus").json()
    place = {
        "lon": found["longitude"],
        "lat": found["latitude"],
        "layers": "sites,districts,stops,vacancies",
        "tolerance_m": 2000,
    }
    items = client.get("/maps/identify", params=place).json()["items"]
    assert {item["kind"] for item in items} == {"site", "stop", "premises"}


@pytest.mark.parametrize(
    "params",
    [
        {"lon": 200, "lat": 51},
        {"lon": 7, "lat": "nan"},
        {"lon": 7, "lat": 51, "tolerance_m": -1},
        {"lon": 7, "lat": 51, "x": 1},
        {"lon": 7},
    ],
)
def test_impossible_places_are_refused(client: httpx.Client, params: dict[str, str]) -> None:
    assert client.get("/maps/identify", params=params).status_code == 422


@pytest.mark.parametrize("layer", ["vacancies", "sites", "stops", "quarters", "districts", "boundary"])
def test_layers_are_geojson_without_secrets(client: httpx.Client, layer: str) -> None:
    answer = client.get(f"/maps/layers/{layer}.geojson")
    collection = json.loads(answer.text)
    assert answer.headers["content-type"] == "application/geo+json"
    assert collection["type"] == "FeatureCollection"
    assert len(collection["features"]) >= 1
    assert SECRET not in answer.text
    again = client.get(f"/maps/layers/{layer}.geojson", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_only_current_stops_and_public_vacancies_are_drawn(client: httpx.Client) -> None:
    stops = client.get("/maps/layers/stops.geojson").json()["features"]
    assert [stop["properties"]["name"] for stop in stops] == ["Hafen vrr"]
    shops = client.get("/maps/layers/vacancies.geojson").json()["features"]
    assert [shop["properties"]["key"] for shop in shops] == ["L-0"]


@pytest.mark.parametrize(
    ("role", "words"),
    [(None, "(leer, Zwischennutzung)"), (Role.PLANNER, "(leer, Zwischennutzung, Leerstand droht)")],
)
def test_the_legend_counts_what_is_drawn_and_says_what(
    client: httpx.Client, signed_in: SignedIn, role: Role | None, words: str
) -> None:
    person = signed_in(role) if role else client
    page = person.get("/maps/overview", headers={"accept": "text/html", "accept-language": "de"}).text
    drawn = {
        layer: len(person.get(f"/maps/layers/{layer}.geojson").json()["features"])
        for layer in ("vacancies", "sites")
    }
    assert (
        f'Leerstände <span class="small-inline">{words}</span> <span class="num">{drawn["vacancies"]}<'
        in page
    )
    assert re.search(rf"<strong>.*{drawn['vacancies']} Leerst(and|ände) {re.escape(words)}", page, re.DOTALL)
    assert f'Zukunftsstandorte <span class="num">{drawn["sites"]}</span>' in page
    assert "1 weiterer Standort ohne bekannte Lage" in page, "Cleanport"


def test_unknown_layer_is_not_found(client: httpx.Client) -> None:
    assert client.get("/maps/layers/owners.geojson").status_code == 404


def test_records_in_view(client: httpx.Client) -> None:
    text = client.get("/maps/records", params={"bbox": WHOLE_CITY}).text
    assert "<strong>4 Flächen</strong>" in text
    assert "1 Leerstand (leer, Zwischennutzung);" in text
    assert "1 Standort." in text
    empty = client.get("/maps/records", params={"bbox": "0,0,1,1"}).text
    assert "In diesem Ausschnitt ist nichts zu haben." in empty


@pytest.mark.parametrize("bbox", ["", "1,2,3", "a,b,c,d", "7.7,51,7.3,52", "0,0,nan,1", "0,-90,1,90"])
def test_strange_boxes_are_refused(client: httpx.Client, bbox: str) -> None:
    answer = client.get("/maps/records", params={"bbox": bbox})
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "bbox"


def test_page_is_small_and_its_script_stays_in_the_cache(client: httpx.Client) -> None:
    page = client.get("/maps/overview")
    assert len(page.content) < 60_000
    address = page.text.split('src="/maps/overview.js?')[1].split('"')[0].replace("&amp;", "&")
    script = client.get(f"/maps/overview.js?{address}")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert "no-cache" in client.get("/maps/overview.js").headers["cache-control"]


def test_style_sheet_is_made_of_the_maps_colours(client: httpx.Client) -> None:
    answer = client.get("/maps/styles.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "#009E73" in answer.text


def test_portable_file_is_for_everybody_and_public(signed_in: SignedIn) -> None:
    answer = signed_in(Role.ADMIN).get("/maps/overview.html?lang=en")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert SECRET not in answer.text
    assert OBJECTED_KEY not in answer.text
    assert '<html lang="en">' in answer.text


@pytest.mark.parametrize("layer", ["vacancies", "sites", "stops", "districts"])
def test_layers_say_what_is_invented(client: httpx.Client, layer: str) -> None:
    features = client.get(f"/maps/layers/{layer}.geojson").json()["features"]
    assert features
    assert all(feature["properties"]["is_demo"] is True for feature in features)


def test_main_streets_are_those_of_the_network_in_use(client: httpx.Client, database: Database) -> None:
    """Where no main street is loaded, the named ones of all streets stand in for them."""
    edges = [
        ("primary", "Ring", 0), ("primary", "Ring", 100), ("residential", "Weg", 200), ("path", "", 300),
    ]  # fmt: skip
    network = text(
        "INSERT INTO street_networks (content_hash, source, licence, report) "
        "VALUES (:hash, 'Test', '', '{}') RETURNING id"
    )
    edge = text(
        "INSERT INTO street_edges (network_id, way_id, street_class, name, walkable, start_node, end_node, "
        "geom) VALUES (:network, :way, :kind, :name, true, :one, :two, "
        "ST_SetSRID(ST_MakeLine(ST_MakePoint(393000 + :x, 5708000), "
        "ST_MakePoint(393100 + :x, 5708000)), 25832))"
    )
    with database.begin(actor="test") as connection:
        connection.execute(
            text("UPDATE street_networks SET is_current = false, ended_at = now() WHERE is_current")
        )
        made = connection.execute(network, {"hash": "streets-shown"}).scalar_one()
        for way, (kind, name, x) in enumerate(edges):
            values = {"network": made, "way": str(way), "kind": kind, "name": name, "x": x}
            connection.execute(edge, {**values, "one": way, "two": way + 1})
    shown = client.get("/maps/layers/streets.geojson").json()["features"]
    assert [(each["properties"]["name"], each["properties"]["kind"]) for each in shown] == [("Ring", "main")]
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM street_edges WHERE street_class = 'primary'"))
    shown = client.get("/maps/layers/streets.geojson").json()["features"]
    assert [(each["properties"]["name"], each["properties"]["kind"]) for each in shown] == [("Weg", "side")]
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM street_edges WHERE network_id = :made"), {"made": made})
        connection.execute(text("DELETE FROM street_networks WHERE id = :made"), {"made": made})


def test_rail_and_names_of_quarters_give_orientation(client: httpx.Client) -> None:
    quarters = client.get("/maps/layers/quarters.geojson").json()["features"]
    assert all(each["geometry"]["type"] == "Point" and each["properties"]["name"] for each in quarters)
    assert len(quarters) >= 1
    rail = client.get("/maps/layers/rail.geojson").json()["features"]
    assert {each["properties"]["kind"] for each in rail} <= {"rail", "tram"}
