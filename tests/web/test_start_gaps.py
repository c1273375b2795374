"""The start page tells a city what it has not brought in yet, and how."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import text

from geo_service.db import Database

PAGES = {
    "de": ("Gebäude sind noch nicht eingelesen", "Ein Straßennetz ist noch nicht eingelesen"),
    "en": ("Buildings have not been imported yet", "A street network has not been imported yet"),
}
NETWORK = """
INSERT INTO street_networks (content_hash, is_current, source, report) VALUES ('x', true, 'drawn', '{}')
"""


@contextmanager
def changed(database: Database, there: str, back: str) -> Iterator[None]:
    """Run one statement, and another one at the end."""
    with database.begin("test") as connection:
        connection.execute(text(there))
    try:
        yield
    finally:
        with database.begin("test") as connection:
            connection.execute(text(back))


def start(client: httpx.Client, language: str) -> str:
    return client.get("/", headers={"accept": "text/html", "accept-language": language}).text


@pytest.mark.parametrize("language", PAGES)
def test_without_buildings_it_says_how_to_bring_them_in(
    client: httpx.Client, database: Database, language: str
) -> None:
    buildings, streets = PAGES[language]
    assert buildings not in start(client, language)
    gone = "UPDATE buildings SET valid = daterange('1900-01-01', '1900-01-02')"
    with changed(database, gone, "UPDATE buildings SET valid = daterange(NULL, NULL)"):
        page = start(client, language)
    assert buildings in page
    assert "geo import buildings" in page
    assert streets in page


@pytest.mark.parametrize("language", PAGES)
def test_without_streets_it_says_how_to_bring_them_in(
    client: httpx.Client, database: Database, language: str
) -> None:
    streets = PAGES[language][1]
    page = start(client, language)
    assert streets in page
    assert "geo import streets" in page
    with changed(database, NETWORK, "DELETE FROM street_networks"):
        assert streets not in start(client, language)


def test_an_empty_city_is_told_to_begin_with_parcels(client: httpx.Client, database: Database) -> None:
    ended = "UPDATE parcels SET valid = daterange('1900-01-01', '1900-01-02') WHERE upper_inf(valid)"
    back = "UPDATE parcels SET valid = daterange(NULL, NULL) WHERE upper(valid) = '1900-01-02'"
    with changed(database, ended, back):
        page = start(client, "de")
    assert "geo import parcels" in page
    assert "Gebäude sind noch nicht" not in page
