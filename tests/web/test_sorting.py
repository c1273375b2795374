"""Lists are sorted by the headings of their columns: each order there and back, everything else kept."""

import csv
import html
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from geo_service.db import Database
from geo_service.restrictions.models import RestrictionKind
from geo_service.web.filters import GRADES, GROUNDS
from geo_service.web.sorting import LAND_SORTS, PREMISES_SORTS, RESTRICTION_SORTS, Sorts
from geo_service.web.speaker import PageSpeaker
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS
from tests.web.reading import foreign_sentences, read

LISTS: Final = {"/flaechen": LAND_SORTS, "/leerstand": PREMISES_SORTS, "/restriktionen": RESTRICTION_SORTS}
FIELDS: Final = {
    ("/flaechen", "net"): "offered m²",
    ("/flaechen", "from"): "available from",
    ("/flaechen", "grade"): "Transit",
    ("/flaechen", "ground"): "Former use",
    ("/leerstand", "area"): "Area (m²)",
    ("/leerstand", "since"): "Vacant since",
    ("/restriktionen", "end"): "free from",
    ("/restriktionen", "area"): "Area (m²)",
    ("/restriktionen", "kind"): "Kind",
}
ORDERS: Final = [(path, name) for path, sorts in LISTS.items() for name in sorts.words]
PARCELS: Final = [f"(SELECT id FROM parcels WHERE parcel_key = '{key}')" for key in PUBLIC_KEYS]
INSERTS: Final = f"""
UPDATE transit_access SET grade = 'D' WHERE subject_kind = 'parcel' AND subject_id = {PARCELS[0]};
UPDATE transit_access SET grade = NULL WHERE subject_kind = 'parcel' AND subject_id = {PARCELS[1]};
UPDATE availability SET available_from = '2031-07-01' WHERE parcel_id = {PARCELS[0]};
UPDATE availability SET available_from = NULL WHERE parcel_id = {PARCELS[1]};
INSERT INTO premises (premises_key, name, street, house_number, postcode, permitted_uses, features, area_m2,
                      is_demo, source, valid, geom)
SELECT 'sort-' || n, 'Laden', 'Kampstraße', n, '44137', '{{retail}}', '{{}}', 40 * n, false, 'test',
       '[2020-01-01,)', ST_SetSRID(ST_MakePoint(393500 + n, 5708000), 25832)
  FROM generate_series(1, 4) n;
INSERT INTO vacancies (premises_id, status, during, source)
SELECT id, 'vacant', daterange(CASE WHEN area_m2 < 160 THEN current_date - area_m2::int END, NULL), 'test'
  FROM premises WHERE starts_with(premises_key, 'sort-');
INSERT INTO restrictions (restriction_key, kind, effect, title, severity, source, valid, geom)
SELECT 'sort-' || n, (ARRAY['flood_zone', 'contamination', 'flood_zone', 'other'])[n], 'delays', '', 'severe',
       'test', daterange('2020-01-01', CASE WHEN n < 4 THEN current_date + 9 * n END),
       ST_Multi(ST_MakeEnvelope(390000, 5708000, 390000 + n, 5708010, 25832))
  FROM generate_series(1, 4) n;
"""
DELETES: Final = """
DELETE FROM vacancies WHERE premises_id IN (SELECT id FROM premises WHERE starts_with(premises_key, 'sort-'));
DELETE FROM premises WHERE starts_with(premises_key, 'sort-');
DELETE FROM restrictions WHERE starts_with(restriction_key, 'sort-');
"""
GROUNDS_SAID: Final = ("used before (brownfield)", "settled land", "green field", "former use unknown")

KINDS_SAID: Final = [
    PageSpeaker("en", "Europe/Berlin").label("restriction", kind) for kind in RestrictionKind
]
READ_AS: Final[dict[str, Callable[[str], Any]]] = {
    "net": float, "area": float, "grade": GRADES.index, "ground": GROUNDS_SAID.index, "kind": KINDS_SAID.index
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def more(sample: Sample, database: Database) -> Iterator[None]:
    """Differing values: of land, of shops, of restrictions; one of each with an unknown day."""
    assert sample
    with database.begin(actor="test") as connection:
        for statement in INSERTS.strip().split(";\n"):
            connection.exec_driver_sql(statement)
    yield
    with database.begin(actor="test") as connection:
        for statement in DELETES.strip().split(";\n"):
            connection.exec_driver_sql(statement)


def column(client: httpx.Client, path: str, order: str) -> list[str]:
    """Return what a list is sorted by, row for row, as its file tells it."""
    wanted = {"lang": "en", "sort": order, "horizon": ["now", "short", "mid", "long", "undetermined"]}
    content = client.get(f"{path}.csv", params=wanted).content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(content)))
    names = {name.lower(): name for name in lines[0]}
    return [line[names[FIELDS[path, order.removeprefix("-")].lower()]] for line in lines]


def heads(client: httpx.Client, address: str) -> list[tuple[str, str | None, str]]:
    """Return the headings that sort: text, ``aria-sort`` and address."""
    page = client.get(address).text
    found = re.findall(
        r'<th[^>]*?(?: aria-sort="(\w+)")? scope="col"><a class="sort-link" id="sort-\w+" href="([^"]*)"'
        r"[^>]*>([^<]*)</a></th>",
        page,
    )
    return [(said, way or None, html.unescape(href)) for way, href, said in found]


@pytest.mark.parametrize(("path", "order"), ORDERS)
def test_an_order_holds_for_the_whole_list_and_what_is_unknown_is_last(
    client: httpx.Client, path: str, order: str
) -> None:
    found = column(client, path, order)
    known = [each for each in found if each]
    assert len(set(found)) > 1
    assert found[: len(known)] == known
    name = order.removeprefix("-")
    values = [READ_AS.get(name, str)(each) for each in known]
    falling = (name in LISTS[path].falling) != order.startswith("-")
    assert values == sorted(values, reverse=falling)


@pytest.mark.parametrize(("path", "order"), ORDERS)
def test_pages_of_an_order_follow_each_other(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str, order: str
) -> None:
    row = r'<th[^>]*scope="row">.*?<a class="kern-link" href="([^"]+)"'
    whole = re.findall(row, client.get(path, params={"sort": order}).text)
    module = {"/flaechen": "land", "/leerstand": "premises", "/restriktionen": "restrictions"}[path]
    monkeypatch.setattr(f"geo_service.web.pages.{module}.PAGE_SIZE", 1)
    address: str | None = f"{path}?sort={order}"
    seen: list[str] = []
    while address and len(seen) < min(len(whole), 12):
        page = client.get(address).text
        seen += re.findall(row, page)[:1]
        more = re.search(r'href="([^"]*after=[^"]*)"><span', page)
        address = html.unescape(more[1]) if more else None
    assert seen == whole[: len(seen)]
    assert len(seen) == min(len(whole), 12) > 1


@pytest.mark.parametrize(("path", "sorts"), LISTS.items())
def test_a_heading_turns_the_order_round_and_keeps_the_rest(
    client: httpx.Client, path: str, sorts: Sorts
) -> None:
    kept = "lang=de&column=offered&column=ground&column=area&column=status&area_min=1&area_max=9999999"
    address = f"{path}?{kept}&after=-1e9~1" if path != "/restriktionen" else f"{path}?lang=de&after=-1e9~1"
    first = heads(client, address)
    assert [way for _, way, _ in first if way] == [
        "descending" if sorts.usual in sorts.falling else "ascending"
    ]
    for place in range(len(first)):
        ways = []
        here = address
        for _ in range(4):
            _, _, here = heads(client, here)[place]
            assert "after" not in httpx.URL(here).params
            if path != "/restriktionen":
                assert here.startswith(f"{path}?{kept}")
            ways.append([way for _, way, _ in heads(client, here)])
        assert all([way is not None for way in row].count(True) == 1 for row in ways)
        assert ways[0] == ways[2] != ways[1] == ways[3]


@pytest.mark.parametrize("path", LISTS)
def test_an_order_that_there_is_not_is_refused(client: httpx.Client, path: str) -> None:
    for wrong in ("--net", "-", "-<b>", "name"):
        page = client.get(path, params={"sort": wrong, "lang": "de"}).text
        assert 'id="sort-error"' in page
        assert "<b>" not in page


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("language", ["de", "en"])
def test_the_choice_tells_the_order_in_words(client: httpx.Client, path: str, language: str) -> None:
    for order, words in LISTS[path].words.items():
        page = client.get(path, params={"sort": order, "lang": language}).text
        chosen = re.findall(r"<option value=\"[^\"]*\" selected>([^<]*)</option>", page)
        if order != LISTS[path].usual:
            assert len(chosen) == 1
            assert (chosen[0] == words) is (language == "de")
        assert foreign_sentences(read(page)) == []


def test_every_ground_has_its_place() -> None:
    assert len(GROUNDS) == len(GROUNDS_SAID)
