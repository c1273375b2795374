"""Lists as files: the rows of the page in its order, typed, and nothing that a spreadsheet would run."""

import csv
import io
import re
from datetime import date, datetime

import httpx
import openpyxl  # type: ignore[import-untyped]  # reads what the service wrote
import pytest
from sqlalchemy import text

from geo_service.db import Database
from tests.sample_city import Sample

LISTS = pytest.mark.parametrize("path", ["/flaechen", "/leerstand"])


def keys_on_pages(client: httpx.Client, path: str, **wanted: str) -> list[str]:
    """Return the keys of all pages of a list."""
    found: list[str] = []
    address: str | None = str(httpx.URL(path, params={**wanted, "lang": "de"}))
    while address:
        page = client.get(address).text
        found += re.findall(rf'scope="row">.*?<a[^>]*href="{path}/([^"?]+)', page)
        more = re.search(r'href="([^"]*after=[^"]*)"><span class="kern-label">Weitere', page)
        address = more[1].replace("&amp;", "&") if more else None
    return found


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


@LISTS
@pytest.mark.parametrize("wanted", [{}, {"area_min": "700"}, {"within": "7.46,51.52,2000"}])
def test_the_file_holds_the_rows_of_the_page_in_order(
    client: httpx.Client, path: str, wanted: dict[str, str]
) -> None:
    answer = client.get(f"{path}.csv", params={**wanted, "lang": "de"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="dortmund-')
    heading, *rows = rows_of(answer.content)
    assert heading[0] in {"Flurstückskennzeichen", "Kennzeichen"}
    assert [row[0] for row in rows] == keys_on_pages(client, path, **wanted)


def test_excel_has_typed_cells_and_says_what_it_is(client: httpx.Client) -> None:
    content = client.get("/flaechen.xlsx", params={"lang": "en"}).content
    book = openpyxl.load_workbook(io.BytesIO(content))
    heading, *rows = book["flaechen"].iter_rows(values_only=True)
    assert heading[:5] == ("Parcel key", "Parcel", "Location", "District", "gross m²")
    assert rows
    for row in rows:
        assert isinstance(row[4], int | float)
        assert row[11] is None or isinstance(row[11], datetime | date)
    told = dict(book["Info"].iter_rows(values_only=True))
    assert told["Rows"] == f"{len(rows)} of {len(rows)}"
    assert "Demo" in told


def test_excel_tells_the_filter_in_words_and_writes_whole_numbers_whole(client: httpx.Client) -> None:
    wanted = {"area_min": "700", "grade": "C", "lang": "de"}
    book = openpyxl.load_workbook(io.BytesIO(client.get("/flaechen.xlsx", params=wanted).content))
    told = dict(book["Info"].iter_rows(values_only=True))
    assert told["Filter"].startswith("Fläche ab 700\u202fm²; verfügbar sofort, ")
    assert told["Filter"].endswith("; ÖV-Güteklasse C oder besser")
    numbers = [row[4] for row in book["flaechen"].iter_rows(min_row=2)]
    assert numbers
    for cell in numbers:
        assert cell.number_format == ("#,##0" if cell.value == int(cell.value) else "#,##0.00")
    whole = client.get("/leerstand.xlsx", params={"lang": "en", "area_max": "900"}).content
    assert dict(openpyxl.load_workbook(io.BytesIO(whole))["Info"].iter_rows(values_only=True))["Filter"]


def test_another_day_stands_in_the_file(client: httpx.Client) -> None:
    answer = client.get("/flaechen.csv", params={"as_of": "2031-05-01", "lang": "de"})
    assert "flaechen-2031-05-01.csv" in answer.headers["content-disposition"]
    assert [row[0] for row in rows_of(answer.content)[1:]] == keys_on_pages(
        client, "/flaechen", as_of="2031-05-01"
    )


@pytest.fixture
def hostile(sample: Sample, database: Database) -> None:
    assert sample
    with database.begin(actor="test") as connection:
        connection.execute(
            text("UPDATE premises SET street = '=cmd|x', name = E'a;\"b\"\\nc' WHERE premises_key = 'L-0'")
        )


@pytest.mark.usefixtures("hostile")
def test_nothing_runs_in_a_spreadsheet(client: httpx.Client) -> None:
    content = client.get("/leerstand.csv", params={"lang": "de"}).content
    row = next(each for each in rows_of(content) if each[0] == "L-0")
    assert row[1].startswith("'=cmd|x")
    assert row[3] == 'a;"b"\nc'
    book = openpyxl.load_workbook(io.BytesIO(client.get("/leerstand.xlsx").content))
    cell = next(each[1] for each in book["leerstand"].iter_rows() if each[0].value == "L-0")
    assert cell.data_type == "s"


def test_nothing_confidential_and_no_other_kind(client: httpx.Client) -> None:
    for path in ("/flaechen.csv", "/leerstand.csv"):
        told = client.get(path, params={"lang": "de"}).text
        assert not re.search("Vermieter|Nettokaltmiete|Eigent|Kontakt", told)
    assert client.get("/flaechen.exe").status_code == 404
    assert client.get("/leerstand.", headers={"accept": "text/html"}).status_code == 404


def test_a_file_has_one_decimal_mark(sample: Sample, client: httpx.Client) -> None:
    assert sample
    german, english = (
        client.get("/leerstand.csv", params={"lang": language}).text for language in ("de", "en")
    )
    assert re.search(r";\d+,\d+;", german)
    assert not re.search(r";\d+\.\d+;", german)
    assert re.search(r",\d+\.\d\d,", english)


@LISTS
def test_the_page_links_its_files_with_the_filter(client: httpx.Client, path: str) -> None:
    page = client.get(path, params={"area_min": "1", "lang": "en"}).text
    assert f'href="{path}.xlsx?area_min=1&amp;lang=en"' in page


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/flaechen.xlsx", "area_min"),
        ("/flaechen.csv", "by"),
        ("/leerstand.csv", "area_min"),
        ("/restriktionen.csv", "as_of"),
        ("/maps/files/land", "area_min"),
    ],
)
def test_no_file_answers_a_filter_that_cannot_be_read(client: httpx.Client, path: str, asked: str) -> None:
    assert client.get(path).status_code == 200
    answer = client.get(path, params={asked: "abc"}, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["parameter"] == asked
    assert "Bitte ein" in answer.json()["detail_de"]
