"""The list of parcels as of any day: filtered, sorted and paged by the figures of that day."""

import json
import re
from datetime import date

import httpx
import pytest

from geo_service.auth.models import Role
from geo_service.availability.city_land import city_land
from geo_service.db import Database
from geo_service.errors import Busy
from geo_service.web.filters import LandFilter
from geo_service.web.pages.land import Listed, list_land
from geo_service.web.queries.figures import COMPUTED, computed, on_list, stored
from geo_service.web.queries.parcels import PAGE_SIZE
from tests.http_fixtures import SignedIn
from tests.web.dated import FLOODED, FREE, GERMAN, NEW, POLLUTED, RETIRED, SOLD, on, sample, words_of
from tests.web.test_map_files import layers, needs_nothing

__all__ = ["sample"]

pytestmark = pytest.mark.usefixtures("sample")


@pytest.fixture
def planner(signed_in: SignedIn) -> httpx.Client:
    return signed_in(Role.PLANNER)


def ask(client: httpx.Client, day: date | str, more: str = "", **headers: str) -> httpx.Response:
    return client.get(f"/flaechen?as_of={day}{more}", headers=GERMAN | headers)


def listed(page: httpx.Response) -> list[str]:
    """Return the keys of the parcels of a list, in its order."""
    assert page.status_code == 200, page.text
    return re.findall(r'scope="row">.*?href="/flaechen/([0-9_]{20})', page.text)


def test_the_list_is_that_of_the_day(planner: httpx.Client) -> None:
    today = planner.get("/flaechen", headers=GERMAN)
    assert sorted(listed(today)) == [FREE, POLLUTED, SOLD, FLOODED]
    assert "4 Flächen , 80,0 ha im Angebot, davon 60,0 ha sofort" in words_of(today)
    assert "Stichtag 2" not in words_of(today)
    then = ask(planner, on(600))
    assert sorted(listed(then)) == [FREE, POLLUTED, FLOODED, NEW]
    assert "4 Flächen , 75,0 ha im Angebot, davon 75,0 ha sofort" in words_of(then)
    assert f"Stichtag {on(600):%d.%m.%Y}: Tabelle und Karte hier sind für diesen Tag gerechnet" in words_of(
        then
    )
    before = ask(planner, on(-200))
    assert sorted(listed(before)) == [FREE, POLLUTED, SOLD, FLOODED, RETIRED]
    assert "5 Flächen , 100,0 ha im Angebot, davon 80,0 ha sofort" in words_of(before)


def test_filters_and_order_hold_on_the_day(planner: httpx.Client) -> None:
    assert listed(ask(planner, on(600), "&area_max=160.000")) == [FLOODED]
    assert listed(ask(planner, on(600), "&piece_min=160.000&sort=net")) == [FREE, POLLUTED, NEW]
    assert listed(ask(planner, on(599), "&horizon=short")) == [POLLUTED]
    assert listed(ask(planner, on(-200), "&horizon=mid")) == [POLLUTED]
    assert listed(ask(planner, on(301), "&category=in_use&horizon=undetermined")) == [SOLD]
    assert listed(ask(planner, on(301), f"&by={on(400)}")) == [FREE, FLOODED]
    assert listed(ask(planner, on(301), "&sort=from")) == [FREE, FLOODED, POLLUTED]
    assert listed(ask(planner, on(301), "&sort=net"))[-1] == FLOODED
    assert listed(ask(planner, on(301), "&within=7.43293,51.48792,300")) == [POLLUTED]  # its middle


def test_the_public_learns_nothing_of_a_sale(client: httpx.Client) -> None:
    assert sorted(listed(ask(client, on(301), "&horizon=now&horizon=undetermined"))) == [FREE, SOLD, FLOODED]
    assert listed(ask(client, on(301), "&category=in_use")) == []


def test_no_match_tells_what_one_condition_less_would_bring(planner: httpx.Client) -> None:
    page = ask(planner, on(600), "&area_max=160.000&horizon=mid")
    assert listed(page) == []
    assert "ohne die Bedingung „verfügbar“ : 1 Fläche" in words_of(page)
    assert f"as_of={on(600)}" in page.text.partition('class="hints"')[2].partition("</ul>")[0]


def test_links_keep_the_day_and_maps_say_that_they_do_not(planner: httpx.Client) -> None:
    page = ask(planner, on(600), "&horizon=now").text
    for text in (
        f'href="/flaechen/{NEW}?as_of={on(600)}"',
        f'href="/flaechenverbund?as_of={on(600)}"',
        f'value="{on(600)}"',
        'href="/flaechen?horizon=now"><span class="kern-label">heute</span>',
        "Alle auf der Karte (Stand heute)",
        "die Karten hinter „Karte“ zeigen den heutigen Stand",
    ):
        assert text in page, text
    part = ask(planner, on(600), **{"hx-request": "true"}).text
    assert "<html" not in part
    assert f'href="/flaechen/{NEW}?as_of={on(600)}"' in part


@pytest.mark.parametrize("typed", ["29.02.2027", "0000-01-01", "２０２８-04-01", "31.02.2028", "1234567890"])
def test_what_is_no_day_is_told_beside_the_field_and_kept(planner: httpx.Client, typed: str) -> None:
    page = ask(planner, typed)
    assert f'value="{typed}"' in page.text
    assert 'aria-describedby="as_of-error"' in page.text
    assert listed(page) == []
    part = ask(planner, typed, **{"hx-request": "true", "accept-language": "en"}).text
    assert '<p data-field="as_of">Please enter a day of the calendar' in part


def test_pages_of_another_day_follow_each_other_without_gap_or_repetition(database: Database) -> None:
    found: list[str] = []
    after = None
    with database.read() as connection:
        figures = computed(on(600), on_list(city_land(connection, on(600)).parcels, (), public=False))
        for _ in range(4):
            conditions = LandFilter(sort="net")
            page: Listed = list_land(connection, conditions, figures, (after, PAGE_SIZE), public=False)
            found.append(page.rows[0].parcel_key)
            after = (str(page.rows[0].sort_key), page.rows[0].id)
            assert page.summary.parcels == 4
    assert found == [FREE, POLLUTED, NEW, FLOODED]


@pytest.mark.parametrize("public", [True, False])
def test_computed_figures_of_today_are_those_stored(database: Database, public: bool) -> None:
    for conditions in (
        LandFilter(),
        LandFilter(category=("in_use", "gap", "vacant")),
        LandFilter(sort="from"),
    ):
        with database.read() as connection:
            parcels = city_land(connection, on(0)).parcels
            anew = computed(on(0), on_list(parcels, conditions.category, public=public))
            one = list_land(connection, conditions, anew, (None, PAGE_SIZE), public=public)
            other = list_land(connection, conditions, stored(public=public), (None, PAGE_SIZE), public=public)
        assert [row._asdict() for row in one.rows] == [row._asdict() for row in other.rows]
        assert (one.summary, one.looser) == (other.summary, other.looser)
        assert {"stale", *COMPUTED} <= set(one.rows[0]._fields) | {"parcel_id"}


def test_a_page_number_that_is_none_begins_anew(planner: httpx.Client) -> None:
    assert len(listed(ask(planner, on(600), "&after=x~1"))) == 4
    assert listed(ask(planner, on(600), f"&after=-150000.0~{10**6}")) == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_part_of_a_page_that_fails_says_so_where_it_was_to_stand(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise Busy("Other questions are being computed.", retry_after_s=5)

    monkeypatch.setattr("geo_service.web.pages.land.read_list", busy)
    headers = {"hx-request": "true", "accept": "*/*", "accept-language": language}  # as htmx asks
    answer = client.get("/flaechen?as_of=2030-01-01", headers=headers)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "<html" not in answer.text
    words = {"de": "Gerade zu viel zu rechnen", "en": "Too much to compute right now"}[language]
    assert f'<span class="kern-title">{words}' in answer.text
    config = re.search(r'name="htmx-config" content=\'([^\']+)', client.get("/", headers=GERMAN).text)
    assert config
    handled = json.loads(config[1])["responseHandling"]
    assert all(rule["swap"] for rule in handled if re.fullmatch(rule["code"], "503"))


@pytest.mark.parametrize("asked", ["", f"as_of={on(600)}", f"as_of={on(-200)}&sort=from&area_max=250000"])
def test_the_file_of_the_map_holds_the_list(client: httpx.Client, asked: str) -> None:
    """For the public and for the agency: what is in the file is the list that the public sees."""
    answer = client.get(f"/maps/files/land?{asked}", headers=GERMAN)
    needs_nothing(answer.text)
    found = layers(answer.text)["parcels"]
    page = client.get(f"/flaechen?{asked}", headers=GERMAN)
    assert [each["properties"]["item"]["key"] for each in found] == listed(page)
    assert found
    assert ("Stichtag" in answer.text) is bool(asked)
    assert ("Gefiltert nach: Fläche bis" in answer.text) is ("area_max" in asked)
    assert f'href="/maps/files/land?{asked.replace("&", "&amp;")}' in page.text
