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
