"""Travel times and isochrones by the interface and on pages: stored answers, and who may see them."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import insert, text

from geo_service.db import Database
from geo_service.transit.journeys import Rules
from geo_service.transit.reach_models import TransitIsochrone, TransitReach, TransitReachRun
from maps.layers import ORIENTATION
from tests.sample_city import Sample
from tests.sample_land import ANNOUNCED_KEY, ENDED_KEY, OBJECTED_KEY, PUBLIC_KEYS
from tests.transit.kept import hold

KEY = PUBLIC_KEYS[0]
HTML = {"accept": "text/html"}
PLACES = [
    {"key": "hbf", "name_de": "Hauptbahnhof", "name_en": "Main station", "lon": 7.46, "lat": 51.52},
    {"key": "airport", "name_de": "Flughafen", "name_en": "Airport", "lon": 7.61, "lat": 51.51},
]


@pytest.fixture
def reached(database: Database, sample: Sample) -> Iterator[Sample]:
    """The sample city with travel times of two parcels and a site, and two isochrones."""
    feed = {"id": sample.ids["feed-vrr"], "name": "vrr", "day": "2026-03-03", "publisher": "VRR"}
    feed |= {"version": "1", "source": "VRR, GTFS", "is_demo": True}
    with database.begin(actor="test") as connection:
        site_id = connection.execute(text("SELECT id FROM sites WHERE geom IS NOT NULL LIMIT 1")).scalar_one()
        current = connection.execute(text("SELECT id FROM transit_feeds WHERE is_current")).scalars().all()
        run_id = connection.execute(
            insert(TransitReachRun)
            .values(
                window_from_s=25_200,
                window_to_s=32_400,
                rules={**vars(Rules())},
                destinations=PLACES,
                feeds=[{**feed, "id": number} for number in current],
                computed_at=datetime(2026, 3, 4, 12, tzinfo=UTC),
            )
            .returning(TransitReachRun.id)
        ).scalar_one()
        hidden = sample.ids[OBJECTED_KEY]
        for kind, number in (("parcel", sample.ids[KEY]), ("parcel", hidden), ("site", site_id)):
            row = {"subject_kind": kind, "subject_id": number, "run_id": run_id}
            near = {
                "median_s": 725,
                "p90_s": 1_200,
                "share": 1,
                "changes": 1,
                "walk_s": 4_000,
                "estimated": False,
            }
            far = {"median_s": None, "p90_s": None, "share": 0.25, "changes": None, "walk_s": None}
            connection.execute(insert(TransitReach).values(destination="hbf", **row, **near))
            connection.execute(insert(TransitReach).values(destination="airport", **row, **far))
        for minutes in (15, 30):
            circle = shapely.MultiPolygon([shapely.Point(392_000, 5_708_000).buffer(minutes * 60)])
            values = {"run_id": run_id, "site_id": site_id, "minutes": minutes}
            connection.execute(insert(TransitIsochrone).values(geom=from_shape(circle, srid=25832), **values))
        hold(connection)
        sample.ids["reached-site"] = site_id
    yield sample
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM transit_reach_runs"))


def slug(database: Database, sample: Sample) -> str:
    with database.read() as connection:
        statement = text("SELECT slug FROM sites WHERE id = :id")
        return str(connection.execute(statement, {"id": sample.ids["reached-site"]}).scalar_one())


def test_parcel_answer_has_times_rules_and_timetable(reached: Sample, client: httpx.Client) -> None:
    assert reached
    answer: dict[str, Any] = client.get(f"/api/parcels/{KEY}/reach").json()
    assert (answer["parcel_key"], answer["window"], answer["stale"]) == (KEY, "07:00-09:00", False)
    first, second = answer["times"]
    assert first["destination"] == PLACES[0]
    assert (first["median_min"], first["p90_min"], first["changes"]) == (12.1, 20.0, 1)
    assert [each["distance_kind"] for each in answer["times"]] == ["street_network", "detour_factor"]
    assert (second["median_min"], second["share"], second["walking_min"]) == (None, 0.25, None)
    assert (answer["rules"]["detour"], answer["distance_kind"]) == (1.3, "detour_factor")
    assert (answer["feeds"][0]["day"], answer["feeds"][0]["is_demo"]) == ("2026-03-03", True)
    assert "id" not in answer["feeds"][0]


def test_another_timetable_makes_it_stale(reached: Sample, client: httpx.Client, database: Database) -> None:
    assert reached
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE transit_reach_runs SET feeds = '[]'"))
    assert client.get(f"/api/parcels/{KEY}/reach").json()["stale"] is True
    page = client.get(f"/flaechen/{KEY}?lang=de", headers=HTML).text
    assert "Seit dieser Berechnung haben sich Fahrplan, Straßen oder Ort geändert" in page


def test_site_answer_and_isochrones(reached: Sample, client: httpx.Client, database: Database) -> None:
    name = slug(database, reached)
    answer = client.get(f"/api/sites/{name}/reach").json()
    assert (answer["slug"], answer["times"][0]["median_min"]) == (name, 12.1)
    response = client.get(f"/api/sites/{name}/isochrones")
    features = response.json()["features"]
    assert [feature["properties"]["minutes"] for feature in features] == [30, 15]
    large, small = (shapely.geometry.shape(feature["geometry"]) for feature in features)
    assert large.contains(small)
    assert large.centroid.x == pytest.approx(7.445, abs=0.01)
    assert features[0]["properties"]["method"] == "circles_around_stops"
    again = client.get(f"/api/sites/{name}/isochrones", headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == httpx.codes.NOT_MODIFIED


def test_isochrones_are_valid_as_they_are_served(
    reached: Sample, client: httpx.Client, database: Database
) -> None:
    """A slot 2 cm wide closes when corners are rounded to a metre."""
    slot = [(500.01, 1_000), (500, 200), (499.99, 1_000)]
    ring = [(0, 0), (1_000, 0), (1_000, 1_000), *slot, (0, 1_000)]
    area = shapely.MultiPolygon([shapely.Polygon([(392_000 + x, 5_708_000 + y) for x, y in ring])])
    with database.begin(actor="test") as connection:
        statement = text("UPDATE transit_isochrones SET geom = ST_GeomFromWKB(:wkb, 25832)")
        connection.execute(statement, {"wkb": area.wkb})
    features = client.get(f"/api/sites/{slug(database, reached)}/isochrones").json()["features"]
    for feature in features:
        shape = shapely.geometry.shape(feature["geometry"])
        assert (shapely.is_valid_reason(shape), shape.geom_type) == ("Valid Geometry", "MultiPolygon")


@pytest.mark.parametrize("key", [OBJECTED_KEY, ANNOUNCED_KEY, ENDED_KEY, "051249003009990000__", "'; --"])
def test_the_public_sees_published_parcels_only(reached: Sample, client: httpx.Client, key: str) -> None:
    assert reached
    response = client.get(f"/api/parcels/{key}/reach")
    assert response.status_code == httpx.codes.NOT_FOUND
    assert "no published parcel" in response.json()["detail"]


def test_planners_see_all(reached: Sample, signed_in: Callable[[str], httpx.Client]) -> None:
    assert reached
    assert signed_in("planner").get(f"/api/parcels/{OBJECTED_KEY}/reach").status_code == httpx.codes.OK


def test_what_was_not_computed_is_said_with_the_command(reached: Sample, client: httpx.Client) -> None:
    assert reached
    other = client.get(f"/api/parcels/{KEY}/reach?window=16:00-18:00")
    assert other.status_code == httpx.codes.NOT_FOUND
    assert "Computed are: 07:00-09:00" in other.json()["detail"]
    assert "geo transit reach --window 16:00-18:00" in other.json()["detail"]
    without = client.get(f"/api/parcels/{PUBLIC_KEYS[1]}/reach")
    assert "have not been computed for this place" in without.json()["detail"]


@pytest.mark.parametrize("window", ["now", "09:00-07:00", "00:00-24:00", "7", "%00", "x" * 500])
def test_windows_that_cannot_be_are_refused(reached: Sample, client: httpx.Client, window: str) -> None:
    assert reached
    for path in (f"/api/parcels/{KEY}/reach", "/api/sites/x/reach", "/api/sites/x/isochrones"):
        response = client.get(f"{path}?window={window}")
        assert response.status_code in {httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY}
        assert "problem+json" in response.headers["content-type"]


@pytest.mark.parametrize("name", ["nowhere", "%00", "a%0Ab"])
def test_unknown_sites(reached: Sample, client: httpx.Client, name: str) -> None:
    assert reached
    for part in ("reach", "isochrones"):
        assert client.get(f"/api/sites/{name}/{part}").status_code == httpx.codes.NOT_FOUND


def test_pages_show_the_table_in_both_languages(
    reached: Sample, client: httpx.Client, database: Database
) -> None:
    for path in (f"/flaechen/{KEY}", f"/standorte/{slug(database, reached)}"):
        german = client.get(path, params={"lang": "de"}, headers=HTML).text
        assert "Reisezeiten" in german
        assert "Hauptbahnhof" in german
        assert "12\N{NO-BREAK SPACE}min" in german or "12 min" in german
        assert "(geschätzt)" not in german.partition('id="reach-heading"')[2].partition("</section>")[0]
        assert "nicht erreichbar" in german
        english = client.get(path, params={"lang": "en"}, headers=HTML).text
        assert "Travel times" in english
        assert "Main station" in english


def test_page_labels_estimated_times(reached: Sample, client: httpx.Client, database: Database) -> None:
    assert reached
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE transit_reach SET estimated = true, median_s = 20"))
    for language, word in (("de", "(geschätzt)"), ("en", "(estimated)")):
        page = client.get(f"/flaechen/{KEY}?lang={language}", headers=HTML).text
        part = page.partition('id="reach-heading"')[2].partition("</table>")[0]
        assert part.count(word) == 3, "two medians and one time for nine of ten"
        assert ">1 min" in part, "never 0 minutes"


def test_site_page_draws_what_is_reached(reached: Sample, client: httpx.Client, database: Database) -> None:
    name = slug(database, reached)
    page = client.get(f"/standorte/{name}?lang=de", headers=HTML).text
    assert "Was ist von hier in welcher Zeit zu erreichen?" in page
    program = re.search(rf'src="(/standorte/{name}/erreichbarkeit\.js[^"]*)"', page)
    assert program
    script = client.get(program[1].replace("&amp;", "&")).text
    calls = re.findall(r"GeoMap\.(?:embedded|records)\(map_transit, (.*)\);", script)
    layers = {spec["key"]: spec for spec in map(json.loads, calls)}
    assert list(layers) == [
        "reach-30", "reach-15", *ORIENTATION, "sites", "stops",
    ]  # fmt: skip
    (area,) = layers["reach-15"]["collection"]["features"]
    drawn = shapely.geometry.shape(area["geometry"])
    features = client.get(f"/api/sites/{name}/isochrones").json()["features"]
    told = {each["properties"]["minutes"]: shapely.geometry.shape(each["geometry"]) for each in features}
    assert drawn.symmetric_difference(told[15]).area < 0.001 * told[15].area
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM transit_isochrones"))
    page = client.get(f"/standorte/{name}?lang=de", headers=HTML).text
    assert "Was ist von hier" not in page
    assert "erreichbarkeit.js" not in page
    assert client.get(f"/standorte/{name}/erreichbarkeit.js").status_code == 404


def test_collection_has_the_travel_times(reached: Sample, client: httpx.Client, database: Database) -> None:
    item = f"/ogc/collections/transit/items/{KEY}"
    found = client.get(item).json()["properties"]
    assert found["travel_times"] == {
        "hbf": {"median_min": 12.1, "p90_min": 20.0, "changes": 1, "distance_kind": "street_network"},
        "airport": {"median_min": None, "p90_min": None, "changes": None, "distance_kind": "detour_factor"},
    }
    assert found["travel_stale"] is False
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE transit_reach_runs SET feeds = '[]'"))
    assert client.get(item).json()["properties"]["travel_stale"] is True
    with database.begin(actor="test") as connection:  # of another place: not told as if it were of this one
        connection.execute(
            text("UPDATE transit_reach SET place = place + 1 WHERE subject_id = :id"),
            {"id": reached.ids[KEY]},
        )
    assert client.get(item).json()["properties"]["travel_times"] is None
