"""Bringing in a file by page: nothing is written before it was checked as it stands, then all or nothing."""

import html
import json
import os
import re
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from geo_service.imports import uploads
from geo_service.imports.catalogue import KINDS
from geo_service.web.column_names import COLUMNS, FILE_COLUMNS
from geo_service.web.pages import uploads as pages
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample

PATH = "/daten/einbringen"
pytestmark = pytest.mark.usefixtures("sample")


@pytest.fixture(scope="module", autouse=True)
def clean(sample: Sample, database: Database) -> Iterator[None]:
    """Leave no restriction of these tests behind."""
    assert sample
    yield
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM restrictions WHERE restriction_key LIKE 'up:%'"))


@pytest.fixture
def planner(signed_in: SignedIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> httpx.Client:
    monkeypatch.setattr(pages, "_home", lambda _: tmp_path)
    return signed_in(Role.PLANNER)


def feature(key: str, x: float = 390_000, **properties: Any) -> dict[str, Any]:
    corners = [[x, 5_708_000], [x + 20, 5_708_000], [x + 20, 5_708_020], [x, 5_708_020], [x, 5_708_000]]
    return {
        "type": "Feature",
        "properties": {"restriction_key": key, "kind": "water", "title": "Teich", **properties},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }


def file_of(*features: dict[str, Any], crs: str = "urn:ogc:def:crs:EPSG::25832") -> bytes:
    named = {"type": "name", "properties": {"name": crs}}
    return json.dumps({"type": "FeatureCollection", "crs": named, "features": features}).encode()


def send(client: httpx.Client, content: bytes, name: str = "teiche.geojson", language: str = "de") -> str:
    """Send a file and return the address of its page."""
    answer = client.post(PATH, files={"file": (name, content)}, params={"lang": language})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def form_of(page: str) -> dict[str, str]:
    """Return what the form of a page would send, with its present values."""
    found = {
        name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)" max', page)
    }
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    found |= dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return found


def act(client: httpx.Client, address: str, do: str, page: str, **typed: str) -> httpx.Response:
    return client.post(address, data={**form_of(page), **typed, "do": do}, params={"lang": "de"})


def stored(database: Database) -> dict[str, str]:
    with database.read() as connection:
        rows = connection.execute(
            text("SELECT restriction_key, title FROM restrictions WHERE restriction_key LIKE 'up:%'")
        )
        return {row.restriction_key: row.title for row in rows}


def test_a_file_goes_in_by_five_steps(planner: httpx.Client, database: Database, tmp_path: Path) -> None:
    address = send(planner, file_of(feature("up:1"), feature("up:2", 390_100)))
    seen = planner.get(f"{address}?lang=de").text
    assert form_of(seen)["kind"] == "restrictions"
    assert "2 Zeilen, GeoJSON" in " ".join(seen.split())
    assert "Noch nicht geprüft." in seen
    assert '<option value="kind" selected>Art (kind)</option>' in seen
    checked = act(planner, address, "check", seen)
    assert checked.status_code == 200
    assert "2 neu, 0 geändert, 0 unverändert, 0 abgelehnt." in checked.text
    assert stored(database) == {}
    applied = act(planner, address, "apply", checked.text)
    assert "Die Datei ist im Register." in applied.text
    assert stored(database) == {"up:1": "Teich", "up:2": "Teich"}
    assert planner.get(address).status_code == 404
    assert not list((tmp_path / "uploads").glob("*"))
    with database.read() as connection:
        run = connection.execute(text("SELECT * FROM import_runs ORDER BY id DESC LIMIT 1")).one()
    assert (run.file_name, run.actor, run.kind) == ("teiche.geojson", "test.planner", "restrictions")


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_of_a_file_has_words(kind: str) -> None:
    assert [
        each.name for each in KINDS[kind].all_columns if each.name not in {**COLUMNS, **FILE_COLUMNS}
    ] == []


def test_only_what_was_checked_is_applied(planner: httpx.Client, database: Database) -> None:
    address = send(planner, file_of(feature("up:3")))
    seen = planner.get(f"{address}?lang=de").text
    unchecked = act(planner, address, "apply", seen)
    assert "1 neu" in unchecked.text
    assert "Die Datei ist im Register." not in unchecked.text
    changed = act(planner, address, "apply", unchecked.text, source="ein anderes Amt")
    assert "Die Datei ist im Register." not in changed.text
    assert "up:3" not in stored(database)
    assert "Die Datei ist im Register." in act(planner, address, "apply", changed.text).text
    assert "up:3" in stored(database)


def test_refused_rows_are_told_and_handed_out(planner: httpx.Client, database: Database) -> None:
    address = send(planner, file_of(feature("up:4"), feature("up:5", kind="<b>Vulkan</b>")))
    checked = act(planner, address, "check", planner.get(f"{address}?lang=de").text)
    assert checked.status_code == 422
    assert "1 abgelehnt." in checked.text
    assert "&lt;b&gt;Vulkan&lt;/b&gt;" in checked.text
    assert "Ins Register übernehmen" not in checked.text
    refused = planner.get(f"{address}/rejects.csv").content.decode("utf-8-sig").splitlines()
    assert len(refused) == 2
    assert "up:5" in refused[1]
    assert act(planner, address, "apply", checked.text).status_code == 422
    assert not {"up:4", "up:5"} & set(stored(database))


def test_columns_are_mapped_and_left_out(planner: httpx.Client, database: Database) -> None:
    one = feature("up:6", geheim="x", Name="falsch")
    one["properties"]["Sorte"] = one["properties"].pop("kind")
    address = send(planner, file_of(one))
    seen = planner.get(f"{address}?lang=de").text
    headings = re.findall(r'scope="row">([^<]+)</th>', seen)
    place = {heading: f"column-{number}" for number, heading in enumerate(headings)}
    page = act(planner, address, "check", seen, kind="restrictions")
    assert page.status_code == 422
    kind = {"kind": "restrictions", "mapped": "restrictions"}
    mapped = kind | {place["Sorte"]: "kind", place["title"]: "title", place["Name"]: ""}
    page = act(planner, address, "check", page.text, **mapped)
    assert "1 neu" in page.text, page.text
    assert "Die Datei ist im Register." in act(planner, address, "apply", page.text).text
    assert stored(database)["up:6"] == "Teich"


def test_it_is_for_those_who_may_change_the_records(
    client: httpx.Client, signed_in: SignedIn, planner: httpx.Client
) -> None:
    file = {"file": ("x.geojson", file_of(feature("up:7")))}
    assert client.get(PATH).status_code in {303, 401}
    assert client.post(PATH, files=file).status_code == 401
    address = send(planner, file["file"][1])
    other = signed_in(Role.VACANCY_MANAGER)
    for who in (client, other):
        assert who.get(address).status_code in {303, 401, 404}
        assert who.post(address, data={"do": "discard"}).status_code in {401, 404}
    mine = send(other, file["file"][1])
    page = other.get(f"{mine}?lang=de").text
    kinds = page.partition('id="kind"')[2].partition("</select>")[0]
    assert set(re.findall(r'<option value="([^"]+)"', kinds)) == {
        "premises", "vacancies",
    }  # fmt: skip
    assert act(other, mine, "check", page, kind="restrictions").status_code == 403
    assert other.post(PATH, files=file, headers={"sec-fetch-site": "cross-site"}).status_code == 403


@pytest.mark.parametrize(
    ("name", "content", "german", "english"),
    [
        ("leer.csv", b"", "Die Datei ist leer.", "The file is empty."),
        ("bild.pdf", b"%PDF-1.7\n\x00", "bild.pdf ist keine lesbare Datei.", "is no file that can be read."),
        (
            "kaputt.geojson",
            b'{"type": "FeatureCollection", "features": [',
            "Die Datei ist als GeoJSON nicht lesbar:",
            "The file cannot be read as GeoJSON:",
        ),
        ("kaputt.zip", b"PK\x03\x04 nothing", "kaputt.zip ist ein beschädigtes Archiv", "a damaged archive"),
        (
            "kaputt.xlsx",
            b"PK\x03\x04 nothing",
            "noch einmal als .xlsx speichern und neu hochladen.",
            "Open it in Excel, save it again as .xlsx, and upload it again.",
        ),
        ("seite.gml", b"<html><body>", "ist eine Webseite, keine Daten.", "is a web page, not data."),
    ],
)
def test_files_that_are_none_are_refused_in_words(
    planner: httpx.Client, name: str, content: bytes, german: str, english: str
) -> None:
    for language, told, other in (("de", german, english), ("en", english, german)):
        asked = {"lang": language}
        answer = planner.post(PATH, files={"file": (name, content)}, params=asked)
        if answer.status_code == 303:
            answer = planner.get(answer.headers["location"], params=asked)
        assert answer.status_code == 422
        words = html.unescape(answer.text)
        assert told in words
        assert other not in words
        assert ("nichts wurde geschrieben" in words) is (language == "de")
        assert "/tmp/" not in words
        assert "not a zip" not in words


def test_a_form_without_a_file_says_so(planner: httpx.Client) -> None:
    assert (
        "Bitte wählen Sie eine Datei aus." in planner.post(PATH, data={"x": "1"}, params={"lang": "de"}).text
    )


def test_a_wrong_place_is_explained(planner: httpx.Client, database: Database) -> None:
    swapped = file_of(feature("up:8"))
    address = send(planner, swapped.replace(b"[39", b"[19"))
    checked = act(planner, address, "check", planner.get(f"{address}?lang=de").text)
    assert checked.status_code == 422
    assert "up:8" not in stored(database)


def test_names_are_made_plain() -> None:
    assert uploads.plain_name("../../etc/pass<wd>.csv") == "pass_wd_.csv"
    assert uploads.plain_name("C:\\Daten\\Flurstücke 2026.gpkg") == "Flurst_cke_2026.gpkg"
    assert uploads.plain_name("...") == "file"
    assert uploads.plain_name("about.json") == "file_about.json"
    assert uploads.plain_name("x" * 300 + ".zip").endswith("x.zip")


def test_large_files_pass_here_and_nowhere_else(
    planner: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    filler = feature("up:9", note="x" * 400_000)
    address = send(planner, file_of(filler))
    assert planner.get(address).status_code == 200
    assert planner.post("/suche", content=b"x" * 400_000).status_code == 413
    monkeypatch.setattr(uploads, "LARGEST_UPLOAD_BYTES", 1000)
    refused = planner.post(PATH, files={"file": ("x.geojson", file_of(filler))})
    assert refused.status_code == 413
    assert "geo import" in refused.text


def test_files_do_not_pile_up(planner: httpx.Client, tmp_path: Path) -> None:
    sent = [send(planner, file_of(feature("up:10"))) for _ in range(uploads.MOST_KEPT)]
    assert planner.post(PATH, files={"file": ("x.geojson", file_of(feature("up:11")))}).status_code == 422
    first = tmp_path / "uploads" / sent[0].rpartition("/")[2]
    long_ago = time.time() - uploads.KEPT_S - 1
    os.utime(first, (long_ago, long_ago))
    send(planner, file_of(feature("up:11")))
    assert not first.exists()
    assert act(planner, sent[1], "discard", "").status_code == 303
    assert planner.get(sent[1]).status_code == 404


@pytest.mark.filterwarnings("ignore")
def test_a_zipped_shapefile_goes_in(planner: httpx.Client, tmp_path: Path) -> None:
    import geopandas as gpd  # noqa: PLC0415 - slow to load, used here only

    (tmp_path / "teiche.geojson").write_bytes(file_of(feature("up:12")))
    gpd.read_file(tmp_path / "teiche.geojson").to_file(tmp_path / "teiche.shp")
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("teiche.[!g]*"):
            archive.write(part, part.name)
    address = send(planner, packed.getvalue(), "teiche.zip")
    checked = act(planner, address, "check", planner.get(f"{address}?lang=de").text)
    assert "1 neu" in checked.text
