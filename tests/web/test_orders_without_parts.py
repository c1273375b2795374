"""Inquiries and sites are sorted on pages that are made anew; hits of a requirement can be noted."""

import re
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from geo_service.web.pages.sites import in_order
from geo_service.web.sorting import INQUIRY_SORTS
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.web.reading import foreign_sentences, read

COPY = text("""
    INSERT INTO inquiries
    SELECT (jsonb_populate_record(i, CAST(:changed AS jsonb))).* FROM inquiries i WHERE reference = 'A-1'
""")
OURS = {
    "sort-1": '"status": "unmet", "received_on": "2026-01-03", "area_min_m2": 500, "needed_by": "2027-05-01"',
    "sort-2": '"status": "open", "received_on": "2026-01-01", "area_min_m2": 100, "needed_by": null',
    "sort-3": '"status": "open", "received_on": "2026-01-02", "area_min_m2": 300, "needed_by": "2027-02-01"',
}
EXPECTED = {
    "open": "321",
    "-open": "132",
    "received": "132",
    "-received": "231",
    "area": "231",
    "-area": "132",
    "until": "312",
    "-until": "132",
}


@pytest.fixture
def adviser(database: Database, sample: Sample, signed_in: SignedIn) -> Iterator[httpx.Client]:
    assert sample
    with database.begin(actor="test") as connection:
        for number, (key, changed) in enumerate(OURS.items()):
            row = f'{{"id": {-1 - number}, "reference": "{key}", "horizon_max": null, {changed}}}'
            connection.execute(COPY, {"changed": row})
    yield signed_in(Role.INVESTOR_SUPPORT)
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM inquiries WHERE starts_with(reference, 'sort-')"))


@pytest.mark.parametrize("sort", INQUIRY_SORTS.words)
def test_inquiries_are_sorted_by_their_headings(adviser: httpx.Client, sort: str) -> None:
    page = adviser.get("/anfragen", params={"sort": sort, "status": "", "lang": "en"}).text
    assert "".join(re.findall(r'href="/anfragen/sort-(\d)"', page)) == EXPECTED[sort]
    assert foreign_sentences(read(page)) == []
    (heading,) = re.findall(r'aria-sort="(\w+)" scope="col"><a class="sort-link" id="sort-(\w+)"', page)
    column = next(name for name, own in INQUIRY_SORTS.columns.items() if own == sort.removeprefix("-"))
    falling = (column == "received") != sort.startswith("-")
    assert heading == ("descending" if falling else "ascending", column)
    hrefs = re.findall(r'<a class="sort-link"[^>]* href="([^"]*)"', page)
    assert len(hrefs) == len(INQUIRY_SORTS.columns)
    assert all(href.endswith("#list") for href in hrefs), "the list is further down than the form"
    (narrow,) = re.findall(r'<p class="narrow-only">(.*?)</p>', page)  # a phone shows no headings
    assert len(re.findall(r'<a [^>]*href="[^"]*#list"', narrow)) == len(INQUIRY_SORTS.words) - 1
    assert narrow.count("aria-current") == 1


def test_an_order_asks_for_no_suggestions_and_keeps_a_requirement(adviser: httpx.Client) -> None:
    assert 'id="fitting"' not in adviser.get("/anfragen?sort=area&lang=de").text
    page = adviser.get("/anfragen?area_min=100&sort=-area&lang=de").text
    assert 'id="fitting"' in page
    assert 'href="/anfragen?area_min=100&amp;lang=de&amp;sort=area#list"' in page
    assert adviser.get("/anfragen?sort=strange").status_code == 200


def test_hits_of_a_requirement_can_be_noted(adviser: httpx.Client) -> None:
    page = adviser.get("/anfragen?area_min=1&lang=de").text
    picks = re.findall(r'name="add" value="([^"]*)">Merken', page)
    assert picks == re.findall(r'form="picks" name="pick" id="[^"]*" value="([^"]*)"', page)
    assert {pick.partition(":")[0] for pick in picks} <= {"parcel", "plot"}
    noted = adviser.post("/auswahl", data={"add": picks[0], "back": "/anfragen?area_min=1"})
    assert (noted.status_code, noted.headers["location"]) == (303, "/anfragen?area_min=1")
    assert f'name="remove" value="{picks[0]}"' in adviser.get("/anfragen?area_min=1").text
    assert picks[0].partition(":")[2] in adviser.get("/auswahl").text


def test_sites_are_sorted_and_what_is_unknown_stands_last(client: httpx.Client) -> None:
    def site(key: str, stated: float | None, drawn: float | None, due: date | None) -> Any:
        return SimpleNamespace(id=key, stated_area_ha=stated, drawn_m2=drawn, due_on=due)

    rows = [
        site("a", 3.0, 9e9, None),
        site("b", None, 20_000.0, date(2027, 1, 1)),
        site("c", None, None, date(2026, 12, 1)),
    ]
    orders = {"name": "abc", "size": "abc", "-size": "bac", "next": "cba"}
    found = {sort: "".join(row.id for row in in_order(rows, sort)) for sort in orders}
    assert found == orders
    page = client.get("/standorte?sort=size&lang=en").text
    assert '<strong aria-current="true">largest first</strong>' in page
    assert 'href="/standorte?lang=en"' in page
    assert foreign_sentences(read(page)) == []
    assert client.get("/standorte?sort=strange").status_code == 200
