"""Land on both sides of a lane of 8 m, by the interface, the command, the page and the setting alike."""

import json
import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest
from typer.testing import CliRunner

from geo_service.availability.commands import availability_app
from geo_service.db import Database
from geo_service.parcels.models import Parcel
from geo_service.settings import get_settings
from tests.sample_city import Sample
from tests.sample_rows import Rows, box

HTML = {"accept": "text/html", "accept-language": "de"}
ASSEMBLIES = "/api/availability/assemblies"
SOUTH, LANE, NORTH, BEHIND = (f"0512490050000{number}______" for number in range(1, 5))
"""Lots of 40 x 50 m south and north of the lane, and one of 40 x 10 m behind gardens of others."""


@pytest.fixture(scope="module", autouse=True)
def _drawn(sample: Sample, database: Database) -> None:
    unbuilt, lane = "Wohnbaufläche / Unbebaut;2000", "Straßenverkehr;320"
    with database.begin(actor="test") as connection:
        rows = Rows(connection)
        for number, (key, use, low, high) in enumerate(
            [
                (SOUTH, unbuilt, 0, 50),
                (LANE, lane, 50, 58),
                (NORTH, unbuilt, 58, 108),
                (BEHIND, unbuilt, 116, 126),
            ],
            start=1,
        ):
            rows.row(
                key,
                Parcel,
                parcel_key=key,
                gemarkung_key=key[:6],
                gemarkung="Bodelschwingh",
                flur=5,
                numerator=number,
                municipality_key="05913000",
                municipality="Dortmund",
                actual_use=use,
                district_id=sample.ids["hoerde"],
                geom=box(395_500, 5_706_500 + low, 40, high - low),
            )


@pytest.fixture
def street_of_8_m(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The setting of a city that sees land across a lane as one site."""
    monkeypatch.setenv("GEO_ACROSS_STREET_M", "8")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def keys(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    found = answer.json()["assemblies"]
    return [sorted(parcel["parcel_key"] for parcel in place["parcels"]) for place in found]


def asked(**more: str | float) -> dict[str, str | float]:
    return {"at_least_m2": 3_900, "district": "hoerde", **more}


def test_only_where_it_is_asked_for(client: httpx.Client) -> None:
    assert keys(client.get(ASSEMBLIES, params=asked())) == []
    assert keys(client.get(ASSEMBLIES, params=asked(across_m=7.9))) == []
    answer = client.get(ASSEMBLIES, params=asked(across_m=8))
    assert keys(answer) == [[SOUTH, NORTH]]
    (place,) = answer.json()["assemblies"]
    assert (place["net_m2"], place["across"], answer.json()["across_m"]) == (4_000, True, 8)
    assert keys(client.get(ASSEMBLIES, params=asked(at_least_m2=4_001, across_m=60))) == []


@pytest.mark.usefixtures("street_of_8_m")
def test_the_setting_says_so_for_who_does_not(client: httpx.Client) -> None:
    assert keys(client.get(ASSEMBLIES, params=asked())) == [[SOUTH, NORTH]]
    assert keys(client.get(ASSEMBLIES, params=asked(across_m=0))) == []
    answer = client.get(f"/api/parcels/{SOUTH}/neighbours").json()
    assert [row["parcel_key"] for row in answer["neighbours"]] == [NORTH]


def test_neighbours_tell_what_lies_between(client: httpx.Client) -> None:
    address = f"/api/parcels/{SOUTH}/neighbours"
    assert client.get(address).json()["neighbours"] == []
    answer = client.get(address, params={"across_m": 10}).json()
    (row,) = answer["neighbours"]
    assert (row["parcel_key"], row["shared_m"], row["across"]) == (NORTH, 40, True)
    assert (answer["joint_m2"], answer["across_m"]) == (4_000, 10)


@pytest.mark.parametrize("width", ["-1", "61", "wide", "nan"])
def test_no_street_is_so_wide(client: httpx.Client, width: str) -> None:
    for path in (f"{ASSEMBLIES}?at_least_m2=5&across_m=", f"/api/parcels/{SOUTH}/neighbours?across_m="):
        answer = client.get(path + width)
        assert (answer.status_code, "across_m" in answer.text) == (422, True)


def test_the_command_finds_the_same(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEO_DATABASE_URL", database_url)
    get_settings.cache_clear()
    options = ["assemblies", "--at-least", "3900", "--district", "hoerde"]
    runner = CliRunner()
    shown = runner.invoke(availability_app, [*options, "--across", "8"], env={"COLUMNS": "200"})
    assert "4,000 (across a street)" in shown.stdout
    answer = json.loads(runner.invoke(availability_app, [*options, "--across", "8", "--json"]).stdout)
    assert [place["net_m2"] for place in answer["assemblies"]] == [4_000]
    assert json.loads(runner.invoke(availability_app, [*options, "--json"]).stdout)["assemblies"] == []
    get_settings.cache_clear()


def test_the_page_asks_and_tells(client: httpx.Client) -> None:
    address = "/flaechenverbund?at_least_m2=3.900&district=hoerde&lang=de"
    assert "So viel liegt nirgends zusammen." in client.get(address, headers=HTML).text
    page = client.get(f"{address}&across_m=8", headers=HTML).text
    assert "eine Straße dazwischen" in page
    assert f"/flaechen/{NORTH}" in page
    data = re.search(r'href="(/api/availability/assemblies[^"]*)"', page)
    assert data
    assert keys(client.get(unescape(data.group(1)))) == [[SOUTH, NORTH]]
    wrong = client.get(f"{address}&across_m=80", headers=HTML).text
    assert "Bitte eine Breite von 0 bis 60 m angeben." in wrong


@pytest.mark.usefixtures("street_of_8_m")
def test_the_parcel_page_shows_the_other_side(client: httpx.Client) -> None:
    part = client.get(f"/flaechen/{SOUTH}/nachbarn", headers=HTML).text
    assert "gegenüber an der Straße" in part
    link = re.search(r'href="(/flaechenverbund[^"]*)"', part)
    assert link
    assert f"/flaechen/{NORTH}" in client.get(unescape(link.group(1)), headers=HTML).text
