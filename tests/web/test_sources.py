"""The page about the data: every source with its age; numbers and imports for the agency only."""

import re
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, text

from data.demo import provenance, streets, timetable
from geo_service.auth.models import Role
from geo_service.db import Database
from geo_service.imports.catalogue import KINDS
from geo_service.schema import metadata
from geo_service.web.language import words
from geo_service.web.queries.sources import CURRENT, SOURCES
from geo_service.web.source_words import SOURCES as WORDED
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample

GERMAN = {"accept": "text/html", "accept-language": "de"}


def test_each_source_is_counted_as_a_loop_counts_it(sample: Sample, database: Database) -> None:
    assert sample
    with database.read() as connection:
        told = {(row.place, row.source): (row.records, row.is_demo) for row in connection.execute(SOURCES)}
        counted: Counter[tuple[int, str]] = Counter()
        invented: set[tuple[int, str]] = set()
        for place, (table, holds) in enumerate(CURRENT.items()):
            for row in connection.execute(text(f"SELECT source, is_demo FROM {table} WHERE {holds}")):
                counted[place, row.source] += 1
                invented |= {(place, row.source)} if row.is_demo else set()
    assert counted
    assert told == {key: (number, key in invented) for key, number in counted.items()}


def test_two_timetables_of_one_source_keep_their_own_days(connection: Connection) -> None:
    for name, days in (("rail", "[2026-01-01,2026-04-01)"), ("bus", "[2028-01-01,2028-02-01)")):
        connection.execute(
            text(
                "INSERT INTO transit_feeds (name, content_hash, service, weekday, report, source)"
                " VALUES (:name, 'x', CAST(:days AS daterange), '2026-01-06', '{}', 'Verbund')"
            ),
            {"name": name, "days": days},
        )
    told = {row.name: (row.first_day, row.last_day) for row in connection.execute(SOURCES) if row.name}
    assert told["rail"] == (date(2026, 1, 1), date(2026, 3, 31))
    assert told["bus"] == (date(2028, 1, 1), date(2028, 1, 31))


def test_the_tables_are_there_and_none_is_confidential() -> None:
    assert set(CURRENT) <= set(metadata.tables)
    assert not set(CURRENT) & {"inquiries", "winners", "parcel_owners", "occupancies", "placements"}


@pytest.fixture
def imported(database: Database) -> None:
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM import_runs"))
        connection.execute(
            text(
                "INSERT INTO import_runs (kind, file_name, content_hash, actor, counts) VALUES "
                "('parcels', 'geheim <b>.gpkg', 'x', 'erika', '{\"new\": 1234, \"changed\": 5}')"
            )
        )


@pytest.mark.usefixtures("imported")
def test_imports_are_for_the_agency(client: httpx.Client, signed_in: SignedIn) -> None:
    public = client.get("/daten", headers=GERMAN)
    assert public.status_code == 200
    assert "Stand der Quelle" in public.text
    assert not re.search("geheim|erika|Datensätze</th>", public.text)
    inside = signed_in(Role.PLANNER).get("/daten", headers=GERMAN).text
    assert "geheim &lt;b&gt;.gpkg" in inside
    assert "erika" in inside
    assert ">1.234<" in inside


def test_sources_that_the_program_writes_have_english_words() -> None:
    scenarios = (Path(streets.__file__).parents[1] / "transit_scenarios").glob("*.toml")
    written = {tomllib.loads(path.read_text(encoding="utf-8"))["source"] for path in scenarios}
    written |= {streets.SOURCE, timetable.SOURCES, provenance.DEMO_SOURCE}
    written |= {kind.source for kind in KINDS.values()}
    assert len(written) > 10
    assert written - set(WORDED) == set()
    assert [source for source in WORDED if words("en").gettext(source) == source] == []


@pytest.mark.parametrize("path", ["/restriktionen", "/daten"])
def test_a_real_source_is_quoted_one_of_the_demo_is_translated(
    client: httpx.Client, database: Database, path: str
) -> None:
    source = text("UPDATE restrictions SET source = :now WHERE source = :before")
    pages = []
    for before, now in (("Testdaten", provenance.DEMO_SOURCE), (provenance.DEMO_SOURCE, "Testdaten")):
        with database.begin(actor="test") as connection:
            connection.execute(source, {"before": before, "now": now})
        pages.append(client.get(path, params={"lang": "en"}).text)
    assert "Demo: invented, no official record" in pages[0]
    assert "erfunden" not in pages[0]
    assert '<span lang="de">Testdaten</span>' in pages[1]
