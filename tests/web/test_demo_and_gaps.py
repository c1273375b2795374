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
def changed(database: Database, before: str, after: str) -> Iterator[None]:
    """Change something for a while."""
    with database.begin("test") as connection:
        connection.execute(text(before))
    try:
        yield
    finally:
        with database.begin("test") as connection:
            connection.execute(text(after))


HIDDEN = ("UPDATE transit_feeds SET is_current = false", "UPDATE transit_feeds SET is_current = true")
NOTHING = ("SELECT 1", "SELECT 1")


@pytest.mark.parametrize(
    ("path", "window", "change", "reason"),
    [
        (PARCEL, "", HIDDEN, "Es ist kein Fahrplan geladen."),
        ("/standorte/cleanport", "", NOTHING, "Der Ort ist nicht bekannt."),
        (PARCEL, "?window=saturday", NOTHING, "An solchen Tagen fährt nach dem"),
    ],
)
def test_the_real_reason_for_no_transit_answer(
    client: httpx.Client, database: Database, path: str, window: str, change: tuple[str, str], reason: str
) -> None:
    with changed(database, *change):
        page = client.get(path + window, headers=GERMAN)
    assert page.status_code == 200
    assert reason in page.text


def test_the_class_needs_no_stored_one(client: httpx.Client, database: Database) -> None:
    """A page computes the class from the timetable: what is stored, or missing, does not matter to it."""
    swap = "UPDATE transit_access SET method = '{}' WHERE method = '{}'"
    with changed(database, swap.format("other", "are"), swap.format("are", "other")):
        page = client.get(PARCEL, headers=GERMAN).text
    assert "Wie nah ist der Nahverkehr?" in page
    assert "Warum diese Klasse?" in page or "ohne ÖV-Güteklasse" in page


def test_demo_records_are_said_to_be_in_the_register(client: httpx.Client) -> None:
    assert "Das Register enthält erfundene Datensätze" in client.get("/", headers=GERMAN).text
    docs = client.get("/api/docs")
    assert "The register holds invented records" in docs.text
