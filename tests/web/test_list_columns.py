"""Columns of the lists: chosen in the address, each with heading and content, the usual ones else."""

import csv
import html
import io
import re

import httpx
import pytest

from geo_service.web.columns import LAND_COLUMNS, PREMISES_COLUMNS, ListColumns
from tests.sample_city import Sample

LISTS = pytest.mark.parametrize(
    ("path", "columns"), [("/flaechen", LAND_COLUMNS), ("/leerstand", PREMISES_COLUMNS)]
)


def table(page: str) -> tuple[list[str], list[list[str]]]:
    """Return headings and cells of the list as plain text, without the name of each row."""

    def plain(cell: str) -> str:
        return " ".join(html.unescape(re.sub("<[^>]+>", " ", cell)).split())

    found = re.search(r'<table class="kern-table record-table">.*?</table>', page, re.DOTALL)
    assert found
    headings = [plain(cell) for cell in re.findall(r'<th[^>]*scope="col">(.*?)</th>', found[0], re.DOTALL)]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", found[0], re.DOTALL)[1:]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
    return headings[1:], [[plain(cell) for cell in row] for row in cells]


@LISTS
def test_unless_chosen_the_usual_columns_are_shown(
    sample: Sample, client: httpx.Client, path: str, columns: ListColumns
) -> None:
    assert sample
    headings, rows = table(client.get(f"{path}?lang=de").text)
    assert len(headings) == len(columns.usual)
    assert rows
    chosen = client.get(path, params={"lang": "de", "column": list(columns.usual)})
    assert table(chosen.text) == (headings, rows)
    assert table(client.get(f"{path}?lang=de&column=nowhere&column=<b>").text) == (headings, rows)


@LISTS
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_column_has_heading_and_content(
    client: httpx.Client, path: str, columns: ListColumns, language: str
) -> None:
    headings, rows = table(client.get(path, params={"lang": language, "column": list(columns.every)}).text)
    assert len(set(headings)) == len(columns.every)
    assert all(headings)
    assert all(len(row) == len(headings) and all(row) for row in rows)


@pytest.mark.parametrize(
    ("path", "column", "heading"),
    [
        ("/flaechen", "key", "Flurstückskennzeichen"),
        ("/flaechen", "gross", "brutto m²"),
        ("/flaechen", "net", "netto m²"),
        ("/flaechen", "ground", "Vornutzung"),
        ("/leerstand", "key", "Kennzeichen"),
        ("/leerstand", "quarter", "Quartier"),
    ],
)
def test_a_column_says_what_the_file_says(client: httpx.Client, path: str, column: str, heading: str) -> None:
    lines = csv.DictReader(
        io.StringIO(client.get(f"{path}.csv?lang=de").content.decode("utf-8-sig")), delimiter=";"
    )
    headings, rows = table(client.get(path, params={"lang": "de", "column": column}).text)
    assert headings == [heading]
    expected = [line[heading] for line in lines][: len(rows)]
    if heading.endswith("m²"):
        expected = [f"{round(float(each.replace(',', '.'))):,} m²".replace(",", ".") for each in expected]
    assert [row[0] for row in rows] == [each or "unbekannt" for each in expected]


def test_what_has_its_own_column_is_not_said_twice(client: httpx.Client) -> None:
    _, usual = table(client.get("/flaechen?lang=de").text)
    _, chosen = table(client.get("/flaechen?lang=de&column=offered&column=gross&column=net").text)
    assert any("brutto" in row[0] for row in usual)
    assert not any("brutto" in cell or "netto" in cell for row in chosen for cell in row)


@LISTS
def test_the_choice_stays_with_filter_and_pages(
    client: httpx.Client, path: str, columns: ListColumns
) -> None:
    last = columns.every[-1]
    page = client.get(path, params={"lang": "de", "column": last}).text
    assert re.search(rf'value="{last}" checked', page)
    links = re.findall(r'href="([^"]*after=[^"]*)"><span class="kern-label">Weitere', page)
    assert all(f"column={last}" in link for link in links)
