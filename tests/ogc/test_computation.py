"""The collection of availability tells how its stored results were computed: day, rules, order."""

from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text

from geo_service.db import Database
from tests.sample_city import Sample
from tests.sample_land import COMPUTED_AT, PUBLIC_KEYS
from tests.sample_rows import TODAY


def computation(client: httpx.Client) -> dict[str, object]:
    found: dict[str, object] = client.get("/ogc/collections/availability").json()["computation"]
    return found


def test_the_collection_tells_order_day_and_sliver_width_of_its_results(client: httpx.Client) -> None:
    assert computation(client) == {
        "as_of": TODAY.isoformat(),
        "preset": "default",
        "computed_at": COMPUTED_AT.astimezone(ZoneInfo("Europe/Berlin")).isoformat(),
        "deduction_order": ["existing_building", "water"],
        "sliver_width_m": 3.0,
        "stale": 0,
    }
    listed = client.get("/ogc/collections").json()["collections"]
    assert [each["id"] for each in listed if "computation" in each] == ["availability"]
    assert "deduction_order" in client.get("/ogc/collections/availability").json()["description"]


def test_the_collection_counts_what_changed_since(
    client: httpx.Client, database: Database, sample: Sample
) -> None:
    with database.begin("test") as connection:
        connection.execute(
            text("INSERT INTO availability_marks (cause, parcel_id) VALUES ('drawn', :parcel)"),
            {"parcel": sample.ids[PUBLIC_KEYS[0]]},
        )
    try:
        assert computation(client)["stale"] == 1
    finally:
        with database.begin("test") as connection:
            connection.execute(text("DELETE FROM availability_marks"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Abgezogen wird in dieser Reihenfolge: Gebäude bleibt stehen, Gewässer;"),
        ("en", "Deducted in this order: existing building kept, water;"),
    ],
)
def test_the_page_tells_the_order_beside_the_waterfall(
    client: httpx.Client, language: str, words: str
) -> None:
    page = client.get(f"/flaechen/{PUBLIC_KEYS[0]}", headers={"accept-language": language}).text
    why = page[page.index('id="why"') : page.index('id="chain"')]
    assert words in why


def test_the_moment_of_the_computation_is_asked_for_in_a_filter_alone(client: httpx.Client) -> None:
    items = "/ogc/collections/availability/items"
    day = COMPUTED_AT.date().isoformat()
    for operator, number in ((">=", len(PUBLIC_KEYS)), ("<", 0)):
        asked = {"filter": f"computed_at {operator} DATE('{day}')", "resultType": "hits"}
        assert client.get(items, params=asked).json()["numberMatched"] == number
    answer = client.get(items, params={"computed_at": day})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "computed_at")
