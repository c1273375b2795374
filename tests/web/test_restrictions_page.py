"""The list of restrictions: what holds on a day, in order, page by page; hidden kinds for the agency only."""

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample

PATH = "/restriktionen"
SECRET = "gehört einer Erbengemeinschaft"
HOSTILE = "Altlast <script>alert('ü')</script> \"x\"; DROP TABLE restrictions"
INSERT = text(
    "INSERT INTO restrictions (restriction_key, kind, effect, severity, title, source, valid, geom)"
    " VALUES (:key, :kind, 'delays', 'severe', :title, 'test', CAST(:valid AS daterange),"
    " ST_Multi(ST_MakeEnvelope(390000, 5708000, 390000 + :side, 5708010, 25832)))"
)


@pytest.fixture(scope="module", autouse=True)
def stored(sample: Sample, database: Database) -> Iterator[None]:
    """Restrictions besides those of the sample: one hidden, one with a hostile title, one that is over."""
    assert sample
    rows = [
        ("t:hidden", "owner_unwilling", SECRET, "[2020-01-01,)", 10),
        ("t:hostile", "contamination", HOSTILE, "[2020-01-01,2190-03-01)", 20_000),
        ("t:over", "contamination", "war einmal", "[2020-01-01,2024-02-29)", 10),
    ]
    with database.begin(actor="test") as connection:
        for key, kind, title, valid, side in rows:
            values = {"key": key, "kind": kind, "title": title, "valid": valid, "side": side}
            connection.execute(INSERT, values)
    yield
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM restrictions WHERE restriction_key LIKE 't:%'"))


@pytest.fixture
def planner(signed_in: SignedIn) -> httpx.Client:
    return signed_in(Role.PLANNER)


def every_page(client: httpx.Client, **wanted: str) -> list[str]:
    """Return the ids of all pages of the list."""
    found: list[str] = []
    address: str | None = str(httpx.URL(PATH, params={**wanted, "lang": "de"}))
    while address:
        page = client.get(address).text
        found += re.findall(r'scope="row">.*?/items/(\d+)\?f=html', page)
        more = re.search(r'href="([^"]*after=[^"]*)"><span class="kern-label">Weitere', page)
        address = html.unescape(more[1]) if more else None
    return found


def ids(database: Database, condition: str, order: str = "id") -> list[str]:
    with database.read() as connection:
        statement = f"SELECT id FROM restrictions WHERE {condition} ORDER BY {order}"
        return [str(each) for each in connection.execute(text(statement)).scalars()]


HOLDS = "valid @> current_date"
PUBLIC = f"{HOLDS} AND kind <> 'owner_unwilling'"


@pytest.mark.parametrize(
    ("wanted", "condition"),
    [
        ({}, "true"),
        ({"kind": "contamination"}, "kind = 'contamination'"),
        ({"effect": "excludes", "severity": "severe"}, "effect = 'excludes' AND severity = 'severe'"),
        ({"open_end": "1"}, "upper(valid) IS NULL"),
        ({"within": "7.4,51.5;7.6,51.5;7.6,51.6"}, ("ST_Intersects(geom, ST_Transform(ST_GeomFromText("
         "'POLYGON((7.4 51.5,7.6 51.5,7.6 51.6,7.4 51.5))', 4326), 25832))")),
    ],
)  # fmt: skip
def test_the_filter_finds_what_sql_finds(
    client: httpx.Client, database: Database, wanted: dict[str, str], condition: str
) -> None:
    assert sorted(every_page(client, **wanted), key=int) == ids(database, f"{PUBLIC} AND {condition}")


@pytest.mark.parametrize(
    ("sort", "order"),
    [("end", "upper(valid) NULLS LAST, id"), ("area", "ST_Area(geom) DESC, id")],
)
def test_pages_follow_each_other_in_order(
    client: httpx.Client, database: Database, sort: str, order: str
) -> None:
    found = every_page(client, sort=sort)
    assert len(found) == len(set(found))
    assert found == ids(database, PUBLIC, order)


def test_another_day_shows_what_holds_then(client: httpx.Client, database: Database) -> None:
    day = date(2024, 2, 28)
    then = client.get(PATH, params={"as_of": day.isoformat(), "kind": "contamination", "lang": "de"}).text
    assert "war einmal" in then
    assert "Stichtag 28.02.2024." in then
    after = client.get(PATH, params={"as_of": (day + timedelta(1)).isoformat(), "lang": "de"}).text
    assert "war einmal" not in after
    assert "war einmal" not in client.get(PATH, params={"kind": "contamination"}).text
    assert "Kalenders" in client.get(PATH, params={"as_of": "30.02.2028", "lang": "de"}).text
    found = every_page(client, as_of=day.isoformat())
    assert sorted(found, key=int) == ids(database, f"valid @> date '{day}' AND kind <> 'owner_unwilling'")


def test_hidden_kinds_are_for_the_agency(
    client: httpx.Client, planner: httpx.Client, database: Database
) -> None:
    for address in (PATH, f"{PATH}?kind=owner_unwilling", f"{PATH}.csv", f"{PATH}.csv?kind=owner_unwilling"):
        seen = client.get(address, params={"lang": "de"}).text
        assert SECRET not in seen
        assert "owner_unwilling" not in seen.replace("kind=owner_unwilling", "")
    number = len(ids(database, PUBLIC))
    assert re.search(
        rf"<strong>{number:,} Restriktionen".replace(",", "."), client.get(f"{PATH}?lang=de").text
    )
    assert SECRET in planner.get(PATH, params={"kind": "owner_unwilling", "lang": "de"}).text
    inside = len(ids(database, HOLDS))
    assert inside > number
    assert f"<strong>{inside} Restriktionen" in planner.get(f"{PATH}?lang=de").text.replace(".", "")


def test_hostile_titles_are_text(client: httpx.Client) -> None:
    page = client.get(PATH, params={"kind": "contamination", "sort": "area"}).text
    assert html.escape(HOSTILE, quote=False).replace('"', "&#34;").replace("'", "&#39;") in page
    assert "<script>alert" not in page


def test_the_file_holds_the_rows_of_the_page(client: httpx.Client, database: Database) -> None:
    content = client.get(f"{PATH}.csv", params={"lang": "de", "sort": "area"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content), delimiter=";"))
    with database.read() as connection:
        statement = (
            f"SELECT restriction_key, ST_Area(geom) FROM restrictions WHERE {PUBLIC} ORDER BY 2 DESC, id"
        )
        stored = connection.execute(text(statement)).all()
    assert [row["Kennzeichen"] for row in rows] == [key for key, _ in stored]
    areas = [float(row["Fläche (m²)"].replace(",", ".")) for row in rows]
    assert areas == pytest.approx([area for _, area in stored], abs=0.006)


def test_nothing_found_says_what_would_help(client: httpx.Client) -> None:
    page = client.get(PATH, params={"kind": "contamination", "effect": "reduces", "lang": "en"}).text
    assert "No restriction meets all conditions." in page
    assert "without the condition" in page
