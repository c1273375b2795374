"""Sites: the list and everything about one."""

import json
from datetime import date

import httpx
import pytest
import shapely
from sqlalchemy import text

from geo_service.db import Database
from tests.sample_city import Sample


def test_list_has_place_phase_and_next_milestone(client: httpx.Client) -> None:
    cleanport, campus = client.get("/api/sites").json()["sites"]
    assert (cleanport["slug"], cleanport["location"], cleanport["next_milestone"]) == (
        "cleanport",
        None,
        None,
    )
    assert campus["phase"] == "planning"
    assert campus["summary"]["en"] == "Technology area in Huckarde."
    assert campus["drawn_area_m2"] == pytest.approx(40_000)
    assert campus["location"]["accuracy_m"] == 150
    assert campus["next_milestone"] == {
        "name": {"de": "IGA 2027", "en": "IGA 2027"}, "due_on": None, "due_text": {"de": "2027", "en": "2027"}
    }  # fmt: skip
    assert client.get(campus["href"]).json()["slug"] == "energiecampus"


def test_everything_about_a_site(client: httpx.Client) -> None:
    site = client.get("/api/sites/energiecampus").json()
    assert site["facts"] == [{"text": {"de": "etwa 4 ha", "en": "about 4 ha"}, "source": "[NS]"}]
    assert (site["stated_area_ha"], site["district"]) == (4.0, "Innenstadt-West")
    assert [(phase["start"], phase["end"]) for phase in site["phases"]] == [("2024-01-01", "2026-12-31")]
    plot = site["plots"][0]
    assert (plot["slug"], plot["status"], plot["area_m2"], plot["price_eur_per_m2"]) == (
        "a1",
        "available",
        10_000,
        95,
    )
    outline = shapely.from_geojson(json.dumps(site["geometry"]))
    west, south, east, north = site["location"]["bbox"]
    assert outline.covers(shapely.Point(site["location"]["lon"], site["location"]["lat"]))
    assert outline.bounds == pytest.approx((west, south, east, north), abs=1e-6)
    assert site["sources"] == ["[NS]", "Testdaten"]
    assert site["origin"]["is_demo"] is True


def test_place_that_is_not_known_stays_unknown(client: httpx.Client) -> None:
    site = client.get("/api/sites/cleanport").json()
    assert site["geometry"] is None
    assert site["location"] is None
    assert site["location_note"] == "Ort nicht bekannt"


def test_known_answer_is_not_sent_again_until_it_changes(client: httpx.Client, database: Database) -> None:
    for path in ("/api/sites", "/api/sites/energiecampus"):
        first = client.get(path)
        assert first.headers["cache-control"] == "public, no-cache"
        known = {"If-None-Match": first.headers["etag"]}
        again = client.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        with database.begin("test") as connection:
            connection.execute(text("UPDATE sites SET phase = 'construction' WHERE slug = 'energiecampus'"))
        assert client.get(path, headers=known).status_code == 200
        with database.begin("test") as connection:
            connection.execute(text("UPDATE sites SET phase = 'planning' WHERE slug = 'energiecampus'"))


@pytest.mark.parametrize("slug", ["nothing", "Energiecampus", "%00", "a'b", "x" * 100])
def test_unknown_site_is_not_found(client: httpx.Client, slug: str) -> None:
    answer = client.get(f"/api/sites/{slug}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_reached_past_and_undated_milestones(
    client: httpx.Client, database: Database, sample: Sample
) -> None:
    add = text(
        "INSERT INTO milestones (site_id, name_de, name_en, due_on, reached_on, source) "
        "VALUES (:site, :name, :name, :due, :reached, 'Test')"
    )
    site = sample.ids["energiecampus"]
    rows = [
        ("reached", date(2099, 1, 1), date(2026, 1, 1)),
        ("missed", date(2020, 1, 1), None),
        ("later", date(2098, 1, 1), None),
        ("next", date(2097, 1, 1), None),
    ]
    with database.begin("test") as connection:
        for name, due, reached in rows:
            connection.execute(add, {"site": site, "name": name, "due": due, "reached": reached})
    campus = client.get("/api/sites").json()["sites"][1]
    assert campus["next_milestone"]["name"]["de"] == "next"
    named = [each["name"]["de"] for each in client.get("/api/sites/energiecampus").json()["milestones"]]
    assert named == ["missed", "reached", "next", "later", "IGA 2027"]
    with database.begin("test") as connection:
        connection.execute(text("DELETE FROM milestones WHERE source = 'Test'"))


def test_ended_sites_are_gone(client: httpx.Client, database: Database) -> None:
    end = text("UPDATE sites SET valid = daterange(NULL, :day) WHERE slug = 'cleanport'")
    with database.begin("test") as connection:
        connection.execute(end, {"day": date(2020, 1, 1)})
    assert client.get("/api/sites/cleanport").status_code == 404
    assert len(client.get("/api/sites").json()["sites"]) == 1
    with database.begin("test") as connection:
        connection.execute(end, {"day": None})


@pytest.mark.parametrize("state", ["reached", "missed"])
def test_what_is_over_is_no_next_step_and_is_said_in_both_languages(
    client: httpx.Client, database: Database, sample: Sample, state: str
) -> None:
    add = text(
        "INSERT INTO milestones (site_id, name_de, name_en, due_text, due_text_en, state, source) "
        "VALUES (:site, 'Aus', 'Over', '2023, ohne Tag', '2023, no day', :state, 'Test')"
    )
    with database.begin("test") as connection:
        connection.execute(add, {"site": sample.ids["energiecampus"], "state": state})
    try:
        summary = client.get("/api/sites").json()["sites"][1]
        page = client.get("/standorte/energiecampus?lang=en", headers={"accept": "text/html"}).text
        listed = client.get("/standorte?lang=en", headers={"accept": "text/html"}).text
        milestones = client.get("/api/sites/energiecampus").json()["milestones"]
    finally:
        with database.begin("test") as connection:
            connection.execute(text("DELETE FROM milestones WHERE source = 'Test'"))
    assert summary["next_milestone"]["name"]["de"] == "IGA 2027"
    assert "Over: 2023, no day" in page
    assert "ohne Tag" not in page + listed
    assert "IGA 2027 (2027)" in listed
    over = next(each for each in milestones if each["name"]["en"] == "Over")
    assert (over["state"], over["due_text"]["en"]) == (state, "2023, no day")
