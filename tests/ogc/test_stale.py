"""A stored result that no longer holds says so, everywhere, and kept answers are not used again."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from geo_service.db import Database
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
