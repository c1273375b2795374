"""The open interface for people: each resource as a page in both languages, the same rows as the data."""

import html
import re
from urllib.parse import quote

import httpx
import pytest

from geo_service.ogc.collections import COLLECTIONS
from geo_service.web.vocabulary import LABELS
from tests.http_fixtures import SignedIn
from tests.sample_land import PUBLIC_KEYS

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PATHS = [
    "/ogc/", "/ogc/conformance", "/ogc/collections", "/ogc/collections/parcels",
    "/ogc/collections/parcels/schema", "/ogc/collections/parcels/queryables",
    "/ogc/collections/parcels/items",
    f"/ogc/collections/parcels/items/{PUBLIC_KEYS[0]}",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_gets_a_page_and_a_program_the_document(client: httpx.Client, path: str) -> None:
    for answer in (client.get(path, headers=BROWSER), client.get(f"{path}?f=html")):
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "Accept" in answer.headers["vary"]
        assert "<h1" in answer.text
    for headers in ({}, {"Accept": "application/geo+json, application/json;q=0.5, text/html;q=0.1"}):
        assert "json" in client.get(path, headers=headers).headers["content-type"]
    assert "json" in client.get(f"{path}?f=json", headers=BROWSER).headers["content-type"]
    english = client.get(f"{path}?f=html&lang=en").text
    assert '<html lang="en"' in english
    assert "Offene Daten" not in english


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_collection_has_table_and_map(client: httpx.Client, collection: str) -> None:
    answer = client.get(f"/ogc/collections/{collection}/items?f=html")
    assert answer.status_code == 200, answer.text
    found = client.get(f"/ogc/collections/{collection}/items").json()["features"]
    for feature in found:
        link = f"/ogc/collections/{collection}/items/{quote(str(feature['id']), safe='')}?f=html"
        assert link in answer.text
        assert client.get(link).status_code == 200
    assert f"/ogc/collections/{collection}/items?f=json" in program_of(client, answer.text)
    page = client.get(f"/ogc/collections/{collection}?f=html").text
    assert f"/ogc/collections/{collection}/{'tiles' if '/tiles/' in page else 'items'}" in program_of(
        client, page
    )


@pytest.mark.parametrize(("language", "words"), [("de", "entfällt ab"), ("en", "no longer holds from")])
def test_the_first_day_without_a_record_has_words(client: httpx.Client, language: str, words: str) -> None:
    items = "/ogc/collections/restrictions/items"
    found = client.get(items).json()["features"][0]["id"]
    page = client.get(f"{items}/{quote(str(found), safe='')}?f=html&lang={language}").text
    assert f"{words} <code>free_from</code>" in page


def program_of(client: httpx.Client, page: str) -> str:
    """Return the program of the map of a page."""
    script = re.search(r'<script src="(/maps/data\.js\?[^"]+)"', page)
    assert script is not None
    program = client.get(script[1].replace("&amp;", "&"))
    assert program.status_code == 200
    return program.text.replace("\\u0026", "&")


def test_pages_are_turned(client: httpx.Client) -> None:
    first = client.get("/ogc/collections/parcels/items?f=html&limit=2").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&")).text
    assert PUBLIC_KEYS[2] in second
    assert PUBLIC_KEYS[0] not in second
    assert 'rel="prev"' in second


def test_a_filter_that_is_none_is_told_in_words(client: httpx.Client) -> None:
    answer = client.get(f"/ogc/collections/parcels/items?f=html&filter={quote('kind = <b>')}")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert "Die Bedingung ist kein CQL2: Zeile 1, Spalte 8, bei „&lt;b&gt;“." in answer.text
    assert "Expected" not in answer.text
    assert "<b>" not in answer.text.split("<main")[1]
    empty = client.get("/ogc/collections/parcels/items?f=html&filter=FALSE").text
    assert "Kein Datensatz erfüllt die Bedingung" in empty


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("colour=red", "Die Angabe „colour“ gibt es hier nicht."),
        ("limit=x", "limit ist eine ganze Zahl ab 1, nicht „x“."),
        ("bbox=1", "bbox besteht aus vier Zahlen"),
        ("datetime=x", "datetime ist ein Tag"),
        ("filter=colour=1", "Nach „colour“ kann nicht gefiltert werden."),
        ("filter=flur=1 AND (", "Die Bedingung ist kein CQL2"),
        ("filter=flur LIKE 5", "LIKE vergleicht einen Text mit einem Muster"),
        ("filter=owner_kind='wasser'", "Nach „owner_kind“ kann nicht gefiltert werden."),
        ("filter=flur ^ 99999 > 1", "Die Bedingung lässt sich nicht ausrechnen"),
        ("filter=S_DWITHIN(geometry, POINT(7 51), -1)", "liegt zwischen 0 und"),
        ("filter-lang=sql", "filter-lang ist cql2-text oder cql2-json, nicht „sql“."),
        ("datetime=2026-02-01/2026-01-01", "steht das frühere Ende nicht vorn."),
        ("after=x&before=y", "after und before schließen einander aus."),
        ("filter=flur=TRUE", "flur und true lassen sich nicht vergleichen."),
        ("filter=flur%E2%80%8B=1", "ein Zeichen, das man nicht sieht (U+200B)"),
        ("sortby=colour", "Nach „colour“ kann nicht sortiert werden."),
        ("crs=EPSG:1", "Das Koordinatensystem „EPSG:1“ gibt es hier nicht."),
        ("properties=colour", "Es gibt kein Feld „colour“."),
        ("min_area_m2=x", "min_area_m2 kann nicht „x“ sein."),
    ],
)
def test_a_german_page_says_in_german_what_is_wrong(client: httpx.Client, query: str, said: str) -> None:
    here = f"/ogc/collections/parcels/items?f=html&{quote(query, safe='=&%')}"
    german, english = client.get(here).text, client.get(f"{here}&lang=en").text
    assert said in german
    assert 'lang="en"' not in german.split("<main")[1].split("</main")[0]
    assert said not in english
    detail = client.get(here.replace("f=html", "f=json")).json()["detail"]
    assert detail.split("'")[0] in english


def test_where_there_are_no_german_words_the_language_is_told(client: httpx.Client) -> None:
    here = "/ogc/collections/parcels/tiles/WebMercatorQuad/99/0/0"
    text = client.get(here, headers={"accept": "text/html"}).text
    assert 'Genauer, auf Englisch: <span lang="en">There is no tile' in text
    for path, said in (
        ("nothing", "Es gibt keine Sammlung „nothing“."),
        ("parcels/items/x", "keinen Datensatz „x“"),
    ):
        assert said in client.get(f"/ogc/collections/{path}?f=html").text


def test_files_of_a_filtered_page_keep_the_filter(client: httpx.Client) -> None:
    condition = quote(f"parcel_key = '{PUBLIC_KEYS[1]}'")
    here = f"/ogc/collections/parcels/items?f=html&lang=de&limit=1&sortby=-flur&filter={condition}"
    links = re.findall(r'href="([^"]*/export[^"]*)"', client.get(here).text)
    assert len(links) == 6
    for link in links:
        answer = client.get(html.unescape(link))
        assert answer.status_code == 200, answer.text
        if "f=geojson" in link:
            assert [each["id"] for each in answer.json()["features"]] == [PUBLIC_KEYS[1]]


@pytest.mark.parametrize("collection", ["parcels", "transit", "sites", "plots", "premises", "vacancies"])
def test_the_agency_is_led_to_the_history_of_a_record(
    client: httpx.Client, signed_in: SignedIn, collection: str
) -> None:
    items = f"/ogc/collections/{collection}/items"
    here = f"{items}/{client.get(items).json()['features'][0]['id']}?f=html"
    assert "/verlauf" not in client.get(here).text
    planner = signed_in("planner")
    (link,) = re.findall(r'href="([^"]*/verlauf)"', planner.get(here).text)
    assert link.startswith(("/flaechen/", "/standorte/", "/leerstand/"))
    assert planner.get(link).status_code in {200, 404}  # the sample's rows were written without an audit


@pytest.mark.parametrize("collection", ["restrictions", "vacancies", "premises"])
def test_codes_and_days_are_words_on_pages_only(client: httpx.Client, collection: str) -> None:
    items = f"/ogc/collections/{collection}/items"
    features = client.get(items, params={"f": "json"}).json()["features"]
    assert features
    for language in ("de", "en"):
        table = client.get(items, params={"f": "html", "lang": language}).text.partition("<tbody")[2]
        first = client.get(f"{items}/{features[0]['id']}", params={"f": "html", "lang": language}).text
        cells = re.findall(r"<td[^>]*>([^<]*)</td>", table + first.partition("<tbody")[2])
        assert not [cell for cell in cells if re.fullmatch(r"\d{4}-\d\d-\d\d", cell)]
        known = {code for name in CODED for code in LABELS[name]}
        assert not [cell for cell in cells if cell in known and "_" in cell]
    german = client.get(items, params={"f": "html", "lang": "de"}).text
    effect = LABELS["effect"].get(features[0]["properties"].get("effect", ""), "")
    assert {"restrictions": effect, "vacancies": "leer", "premises": "Einzelhandel"}[collection] in german


CODED = ("restriction", "effect", "severity", "feature", "premises_use", "vacancy_status")


def test_pages_show_what_the_caller_sees(client: httpx.Client, signed_in: SignedIn) -> None:
    for path in ("/ogc/collections/parcels", "/ogc/collections/parcels/items"):
        assert "owner_kind" not in client.get(f"{path}?f=html").text
        planner = signed_in("planner").get(f"{path}?f=html")
        assert "owner_kind" in planner.text
        assert planner.headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    "of", ["https://evil.example/", "//evil.example", "/api/me", "/ogc/collections/x/items#a"]
)
def test_maps_of_other_addresses_are_refused(client: httpx.Client, of: str) -> None:
    assert client.get("/maps/data.js", params={"of": of}).status_code == 404


def test_hostile_values_are_text(client: httpx.Client) -> None:
    hostile = quote('</script><img src=x onerror=alert(1)>"')
    page = client.get(f"/ogc/collections/parcels/items?f=html&filter=gemarkung={hostile}")
    assert "<img" not in page.text
    program = client.get("/maps/data.js", params={"of": f"/ogc/collections/parcels/items?filter={hostile}"})
    assert "</script>" not in program.text
