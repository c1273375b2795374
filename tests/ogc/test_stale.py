"""A stored result that no longer holds says so, everywhere, and kept answers are not used again."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, select, text

from geo_service.auth import ANYBODY
from geo_service.auth.models import Role
from geo_service.availability.queries import is_stale
from geo_service.db import Database
from geo_service.ogc.areas import tile_box, tile_search_box
from geo_service.ogc.parcels import PARCELS
from geo_service.ogc.tile_queries import tile_parameters, tile_statement, tile_view
from geo_service.parcels.models import Parcel
from geo_service.reader import _numbered
from tests.http_fixtures import SignedIn
from tests.ogc.test_tiles import address
from tests.ogc.test_tiles import read as read_tile  # noqa: F401 - a fixture
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS

ITEM = f"/ogc/collections/availability/items/{PUBLIC_KEYS[0]}"
PAGE = f"/flaechen/{PUBLIC_KEYS[0]}"


@pytest.fixture
def fresh(client: httpx.Client) -> dict[str, httpx.Response]:
    """Answers from before it happened; they are kept."""
    return {path: client.get(path) for path in (ITEM, address("parcels", 14), PAGE)}


@pytest.fixture
def sold(database: Database, sample: Sample, fresh: dict[str, httpx.Response]) -> Iterator[None]:
    """Something happened to the first parcel, after the first answers."""
    assert fresh
    with database.begin("test") as connection:
        connection.execute(
            text(
                "INSERT INTO occupancies (parcel_id, kind, during, source) "
                "VALUES (:parcel, 'sold', daterange('2020-01-01', NULL), 'drawn')"
            ),
            {"parcel": sample.ids[PUBLIC_KEYS[0]]},
        )
    yield
    with database.begin("test") as connection:
        connection.execute(text("DELETE FROM occupancies WHERE kind = 'sold' AND source = 'drawn'"))
        connection.execute(text("DELETE FROM availability_marks"))


@pytest.mark.usefixtures("sold")
def test_a_changed_parcel_is_stale(
    fresh: dict[str, httpx.Response],
    client: httpx.Client,
    read_tile: Any,  # noqa: F811 - the fixture
) -> None:
    tile = address("parcels", 14)
    assert fresh[ITEM].json()["properties"]["stale"] is False
    assert not any(row.get("stale") for row in read_tile(fresh[tile]))
    assert "seither geändert" not in fresh[PAGE].text
    again = client.get(tile, headers={"If-None-Match": fresh[tile].headers["etag"]})
    assert (again.status_code, fresh[tile].status_code) == (200, 200)
    assert again.headers["etag"] != fresh[tile].headers["etag"]
    assert client.get(ITEM).json()["properties"]["stale"] is True
    assert [row["parcel_key"] for row in read_tile(client.get(tile)) if row.get("stale")] == [PUBLIC_KEYS[0]]
    assert "seither geändert" in client.get(PAGE).text
    found = client.get("/ogc/collections/availability/items", params={"stale": "true"}).json()["features"]
    assert [feature["properties"]["parcel_key"] for feature in found] == [PUBLIC_KEYS[0]]
    assert client.get("/flaechen?horizon=short").text.count("badge--stale") == 1


@pytest.fixture
def marks(database: Database, sample: Sample) -> Iterator[Connection]:
    """A parcel that is marked itself, an area half a metre beside another, one two metres beside a third."""
    beside = text(
        """
        INSERT INTO availability_marks (cause, area)
        SELECT 'parcels',
               ST_Multi(ST_Translate(ST_Envelope(geom), 0, ST_YMin(geom) - ST_YMax(geom) - :gap_m))
          FROM parcels WHERE id = :parcel
        """
    )
    one, two, three = (sample.ids[key] for key in PUBLIC_KEYS[:3])
    with database.engine.connect() as connection:
        connection.execute(
            text("INSERT INTO availability_marks (cause, parcel_id) VALUES ('parcels', :parcel)"),
            {"parcel": one},
        )
        connection.execute(beside, [{"parcel": two, "gap_m": 0.5}, {"parcel": three, "gap_m": 2}])
        yield connection
        connection.rollback()


def test_a_parcel_is_stale_as_the_view_of_marks_tells(marks: Connection, sample: Sample) -> None:
    told = {row.id for row in marks.execute(select(Parcel.id).where(is_stale(Parcel.id, Parcel.geom)))}
    viewed = set(marks.execute(text("SELECT parcel_id FROM stale_parcels")).scalars())
    assert told == viewed
    assert told & {sample.ids[key] for key in PUBLIC_KEYS[:3]} == {sample.ids[key] for key in PUBLIC_KEYS[:2]}


def test_a_mark_over_the_city_makes_no_tile_look_at_the_parcels_of_the_city(marks: Connection) -> None:
    whole = "SELECT 'parcels', ST_Multi(ST_MakeEnvelope(0, 5e6, 1e6, 6e6, 25832))"
    marks.execute(text(f"INSERT INTO availability_marks (cause, area) {whole}"))
    tiles = PARCELS.tiles
    assert tiles is not None
    statement = tile_statement(tile_view(PARCELS, tiles, ANYBODY, 14), coarse=False)
    search = tile_search_box(tile_box(14, 5446, 8532))
    assert search is not None
    values = tile_parameters((14, 5446, 8532), search, date(2026, 3, 1))
    words, given = _numbered(statement, values)
    marks.exec_driver_sql("PREPARE looked_at AS " + words.decode().replace("%", "%%"))
    numbers = ", ".join(f"'{each}'" for each in given)
    plan = marks.exec_driver_sql(f"EXPLAIN EXECUTE looked_at({numbers})").scalars().all()
    marks.exec_driver_sql("DEALLOCATE looked_at")
    assert [line for line in plan if "availability_marks" in line]
    assert len([line for line in plan if " on parcels" in line]) == 1


VIEW = {"bbox": "7.3,51.4,7.7,51.6"}
TRANSIT = f"/ogc/collections/transit/items/{PUBLIC_KEYS[0]}"
MARK = "ÖV-Klasse seither geändert"


@pytest.fixture
def old_timetable(database: Database, client: httpx.Client) -> Iterator[None]:
    """Another timetable became current after the classes were stored, and after the first answers."""
    for path in ("/flaechen", TRANSIT, address("parcels", 14)):
        client.get(path)
    with database.begin("test") as connection:
        connection.execute(text("UPDATE transit_feeds SET is_current = NOT is_current"))
    yield
    with database.begin("test") as connection:
        connection.execute(text("UPDATE transit_feeds SET is_current = NOT is_current"))


def test_classes_that_hold_are_not_marked(client: httpx.Client, read_tile: Any) -> None:  # noqa: F811
    assert client.get(TRANSIT).json()["properties"]["stale"] is False
    assert not any("grade_stale" in row for row in read_tile(client.get(address("parcels", 14))))
    for page in ("/flaechen", "/leerstand", "/maps/overview"):
        assert MARK not in client.get(page).text
    assert "seither geändert" not in client.get("/maps/records", params=VIEW).text


@pytest.mark.usefixtures("old_timetable")
def test_after_a_new_timetable_no_stored_class_looks_fresh(client: httpx.Client, read_tile: Any) -> None:  # noqa: F811
    known = client.get("/ogc/collections/transit/items").json()["features"]
    assert known
    assert all(each["properties"]["stale"] is True for each in known)
    assert client.get("/ogc/collections/transit/items?stale=false").json()["features"] == []
    tile = [row for row in read_tile(client.get(address("parcels", 14))) if "grade" in row]
    assert tile
    assert all(row["grade_stale"] for row in tile)
    assert client.get("/flaechen").text.count(MARK) == len(PUBLIC_KEYS)
    assert MARK in client.get("/maps/records", params=VIEW).text
    assert "Klasse sich seither geändert haben kann" in client.get("/maps/overview").text
    (parcel,) = client.get("/maps/record", params={"kind": "parcel", "key": PUBLIC_KEYS[0]}).json()["items"]
    assert dict(parcel["lines"])["Wie nah"].endswith("(seither geändert)")


def test_a_moved_parcel_is_marked_alone(client: httpx.Client, database: Database, sample: Sample) -> None:
    change = "UPDATE transit_access SET place = {} WHERE subject_kind = 'parcel' AND subject_id = :id"
    moved = {"id": sample.ids[PUBLIC_KEYS[0]]}
    with database.begin("test") as connection:
        before = connection.execute(
            text("SELECT place FROM transit_access WHERE subject_kind = 'parcel' AND subject_id = :id"), moved
        ).scalar_one()
        connection.execute(text(change.format("place + 1")), moved)
    try:
        found = client.get("/ogc/collections/transit/items?stale=true").json()["features"]
        assert [each["properties"]["parcel_key"] for each in found] == [PUBLIC_KEYS[0]]
        assert client.get("/flaechen").text.count(MARK) == 1
    finally:
        with database.begin("test") as connection:
            connection.execute(text(change.format(":place")), {**moved, "place": before})


STALE_WORDS = "1 Flurstück hat sich seither geändert; es wird neu berechnet."


@pytest.mark.usefixtures("sold")
def test_every_page_with_sums_says_that_something_changed(client: httpx.Client) -> None:
    german = {"accept": "text/html", "accept-language": "de"}
    for path in ("/", "/flaechen", "/maps/overview", "/maps/records?bbox=7,51,8,52"):
        assert STALE_WORDS in " ".join(client.get(path, headers=german).text.split()), path
    portable = " ".join(client.get("/maps/overview.html", headers=german).text.split())
    header = portable[portable.index("<h1>") : portable.index('class="portable-map"')]
    assert "Seither geändert und noch nicht neu berechnet: 1 Flurstücke der Stadt." in header
    assert "seither geändert: wird neu berechnet" in portable
    english = client.get("/maps/overview", headers={"accept": "text/html", "accept-language": "en"}).text
    assert "1 parcel has changed since" in " ".join(english.split())


@pytest.mark.usefixtures("sold")
def test_what_lies_on_a_parcel_is_of_the_last_computation(
    database: Database, sample: Sample, signed_in: SignedIn
) -> None:
    lying = "UPDATE availability SET chain = CAST(:chain AS jsonb) WHERE parcel_id = :parcel"
    drawn = '[{"what": "occupancy", "id": 1, "kind": "leased", "title": ""}]'
    kept = "SELECT CAST(chain AS text) FROM availability WHERE parcel_id = :parcel"
    first, second = (sample.ids[key] for key in PUBLIC_KEYS[:2])
    with database.begin("test") as connection:
        before = {
            each: connection.execute(text(kept), {"parcel": each}).scalar_one() for each in (first, second)
        }
        for parcel in before:
            connection.execute(text(lying), {"chain": drawn, "parcel": parcel})
    try:
        told = {}
        for key in PUBLIC_KEYS[:2]:
            path = f"/was-waere-wenn?scope=parcel:{key}"
            page = signed_in(Role.PLANNER).get(path, headers={"accept": "text/html", "accept-language": "de"})
            told[key] = "Seit der letzten Berechnung hat sich hier etwas geändert" in page.text
    finally:
        with database.begin("test") as connection:
            for parcel, chain in before.items():
                connection.execute(text(lying), {"chain": chain, "parcel": parcel})
    assert told == {PUBLIC_KEYS[0]: True, PUBLIC_KEYS[1]: False}


def test_without_a_change_no_page_says_so(client: httpx.Client) -> None:
    for path in ("/", "/flaechen", "/maps/overview", "/maps/overview.html", "/standorte/energiecampus"):
        page = client.get(path, headers={"accept": "text/html", "accept-language": "de"}).text
        assert "seither geändert" not in page, path
        assert "Seither geändert" not in page, path


@pytest.mark.usefixtures("sold")
def test_a_ranking_says_what_changed(client: httpx.Client, signed_in: SignedIn) -> None:
    form = {"kinds": ["parcel"], "area_min_m2": 1, "limit": 20}
    ranked = client.post("/api/inquiries/rank", json=form).json()
    assert ranked["availability_stale"] == 1
    found = {item["key"]: item["stale"] for item in ranked["fitting"] + ranked["almost"]}
    assert found[PUBLIC_KEYS[0]] is True
    assert sum(found.values()) == 1
    assert any(note["en"].startswith("One parcel has changed since") for note in ranked["notes"])
    page = signed_in(Role.INVESTOR_SUPPORT).get(
        "/anfragen?area_min=1", headers={"accept": "text/html", "accept-language": "de"}
    )
    assert "Ein Flurstück hat sich seit der Berechnung geändert" in page.text
    assert "badge--stale" in page.text


def test_without_a_change_a_ranking_is_fresh(client: httpx.Client) -> None:
    ranked = client.post("/api/inquiries/rank", json={"kinds": ["parcel"], "limit": 20}).json()
    assert ranked["availability_stale"] == 0
    assert not any(item["stale"] for item in ranked["fitting"] + ranked["almost"])
    assert not any("changed since" in note["en"] for note in ranked["notes"])
