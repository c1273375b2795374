"""A restriction imagined away for a parcel, a site and the city: the same by interface, command and page.

A lake takes 1,000 m2 of each of three parcels, of which two lie in a site.
"""

import json
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from geo_service.auth.models import Role
from geo_service.availability.commands import availability_app
from geo_service.db import Database
from geo_service.schema import Restriction, Site
from geo_service.settings import get_settings
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS
from tests.sample_rows import Rows, box

WHAT_IF = "/api/availability/what-if"
SCOPES = {f"parcel:{PUBLIC_KEYS[0]}": (1, 1_000), "site:am-see": (2, 2_000), "city": (3, 3_000)}
"""Scope to the number of parcels that change, and the net land gained, m2."""


@pytest.fixture(scope="module")
def lake(sample: Sample, database: Database) -> Iterator[int]:
    assert sample
    with database.begin(actor="test") as connection:
        rows = Rows(connection)
        words = {"kind": "water", "effect": "excludes", "severity": "unrestricted", "title": "See"}
        number = rows.row(
            "", Restriction, restriction_key="see", **words, geom=box(394_000, 5_707_000, 500, 10)
        )
        site = {"slug": "am-see", "name": "Am See", "summary_de": "", "summary_en": ""}
        rows.row("", Site, **site, geometry_accuracy_m=1, geom=box(393_990, 5_706_990, 320, 80))
    yield number
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM restrictions WHERE restriction_key = 'see'"))
        connection.execute(text("DELETE FROM sites WHERE slug = 'am-see'"))


@pytest.mark.parametrize("scope", SCOPES)
def test_the_interface(lake: int, signed_in: SignedIn, scope: str) -> None:
    asked = {"without": f"restriction:{lake}", "scope": scope}
    answer = signed_in(Role.PLANNER).get(WHAT_IF, params=asked).json()
    assert (answer["changed"], sum(row["gain_m2"] for row in answer["parcels"])) == SCOPES[scope]


def test_the_interface_of_a_parcel_agrees(lake: int, signed_in: SignedIn) -> None:
    planner, address = signed_in(Role.PLANNER), f"/api/parcels/{PUBLIC_KEYS[0]}/availability"
    before, after = (
        planner.get(address, params=asked).json()["net_m2"]
        for asked in ({}, {"without": f"restriction:{lake}"})
    )
    assert after - before == 1_000


@pytest.mark.parametrize("scope", SCOPES)
def test_the_command(lake: int, database_url: str, monkeypatch: pytest.MonkeyPatch, scope: str) -> None:
    monkeypatch.setenv("GEO_DATABASE_URL", database_url)
    get_settings.cache_clear()
    options = ["--without", f"restriction:{lake}", "--scope", scope]
    answer = json.loads(CliRunner().invoke(availability_app, [*options, "--json"]).stdout)
    assert (answer["changed"], sum(row["gain_m2"] for row in answer["parcels"])) == SCOPES[scope]
    shown = CliRunner().invoke(availability_app, options, env={"COLUMNS": "200"}).stdout
    assert f"{SCOPES[scope][0]} parcels change" in " ".join(shown.split())
    get_settings.cache_clear()


@pytest.mark.parametrize("scope", SCOPES)
def test_the_page(lake: int, signed_in: SignedIn, scope: str) -> None:
    page = signed_in(Role.PLANNER).get(
        f"/was-waere-wenn?without=restriction:{lake}&scope={scope}",
        headers={"accept": "text/html", "accept-language": "en"},
    )
    number, _ = SCOPES[scope]
    assert f"Something changes for {number} parcel{'s' if number > 1 else ''}." in page.text
    _, *rows = page.text.split('data-row="')
    assert len(rows) == number
    assert all(">+1,000<" in row[: row.index("</tr>")] for row in rows)


@pytest.mark.parametrize("scope", ["site:energiecampus", f"parcel:{PUBLIC_KEYS[3]}"])
def test_where_it_does_not_lie(lake: int, signed_in: SignedIn, scope: str) -> None:
    asked = {"without": f"restriction:{lake}", "scope": scope}
    answer: httpx.Response = signed_in(Role.PLANNER).get(WHAT_IF, params=asked)
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_page_of_a_site_asks(lake: int, signed_in: SignedIn, client: httpx.Client) -> None:
    assert lake
    html = {"accept": "text/html"}
    link = "/was-waere-wenn?scope=site:am-see"
    assert link in signed_in(Role.PLANNER).get("/standorte/am-see", headers=html).text
    assert link not in client.get("/standorte/am-see", headers=html).text
