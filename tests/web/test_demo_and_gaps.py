"""What a page says of demo records, and why there is no transit answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import text

from geo_service.db import Database
from tests.sample_land import PUBLIC_KEYS

GERMAN = {"accept": "text/html", "accept-language": "de"}
PARCEL = f"/flaechen/{PUBLIC_KEYS[0]}"


@contextmanager
def without_grades(database: Database, feed: str) -> Iterator[None]:
    """Hide the grades, and the timetable or not; put them back."""
    swap = "UPDATE transit_access SET method = '{}' WHERE method = '{}'"
    feeds = "UPDATE transit_feeds SET is_current = {}"

    def change(*statements: str) -> None:
        with database.begin("test") as connection:
            for statement in statements:
                connection.execute(text(statement))

    change(swap.format("other", "are"), feeds.format(feed))
    try:
        yield
    finally:
        change(swap.format("are", "other"), feeds.format("true"))


@pytest.mark.parametrize(
    ("feed", "reason"), [("true", "Rechnen: geo transit."), ("false", "Es ist kein Fahrplan geladen.")]
)
def test_the_real_reason_for_no_transit_answer(
    client: httpx.Client, database: Database, feed: str, reason: str
) -> None:
    with without_grades(database, feed):
        page = client.get(PARCEL, headers=GERMAN).text
    assert reason in page


def test_demo_records_are_said_to_be_in_the_register(client: httpx.Client) -> None:
    assert "Das Register enthält erfundene Datensätze" in client.get("/", headers=GERMAN).text
    docs = client.get("/api/docs")
    assert "The register holds invented records" in docs.text
