"""Pages about the whole city: what they show, link to and leave out."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import ANNOUNCED_KEY, OBJECTED_KEY, PUBLIC_KEYS
from tests.web.reading import read

HTML = {"accept": "text/html", "accept-language": "de"}
EVERYTHING = "horizon=now&horizon=short&horizon=mid&horizon=long&horizon=undetermined"


@pytest.fixture
def planner(signed_in: SignedIn) -> httpx.Client:
    return signed_in(Role.PLANNER)


def text_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_each_figure_of_the_balance_leads_to_its_parcels(planner: httpx.Client) -> None:
    page = planner.get("/berichte/flaechenbilanz?from=2019-01-01&to=2026-06-01&by=horizon", headers=HTML)
    links = [unescape(link) for link in read(page.text).links if "/flurstuecke?" in link]
    assert len(links) >= 4
    closing = next(link for link in links if "stage=closing" in link and "cell" not in link)
    shown = text_of(planner.get(closing, headers=HTML))
    assert "Speicherstraße 12" in shown
    figure = re.search(r"(\d) Buchungen , ([\d.]+)", shown)
    assert figure
    answer = planner.get("/api/availability/balance?from=2019-01-01&to=2026-06-01").json()
    assert int(figure.group(1)) == answer["total"]["parcels"]["closing"] > 5
    assert float(figure.group(2).replace(".", "")) == round(answer["total"]["net_m2"]["closing"])


def test_the_chart_is_drawn_by_the_server(planner: httpx.Client) -> None:
    page = planner.get("/berichte/flaechenbilanz?from=2019-01-01&to=2026-06-01", headers=HTML).text
    assert len(re.findall(r'<rect class="flow-chart__(opening|closing)"', page)) == 2


@pytest.mark.parametrize(
    "query", ["stage=bought", "stage=closing&cell=colour:red", "stage=closing&from=morgen", ""]
)
def test_strange_figures_are_refused(planner: httpx.Client, query: str) -> None:
    assert planner.get(f"/berichte/flaechenbilanz/flurstuecke?{query}", headers=HTML).status_code == 400


@pytest.mark.parametrize(
    "path", ["/berichte", "/berichte/flaechenbilanz", "/was-waere-wenn", "/was-waere-wenn.js"]
)
def test_reports_are_for_the_agency(client: httpx.Client, path: str) -> None:
    assert client.get(path, headers=HTML).status_code == 401


def test_wrong_days_are_named_beside_the_field(planner: httpx.Client) -> None:
    shown = text_of(planner.get("/berichte/flaechenbilanz?from=2026-05-01&to=2026-04-01", headers=HTML))
    assert "Bitte einen Tag des Kalenders von 1900 bis 2200 angeben, der vor dem zweiten liegt." in shown


def test_the_chain_leads_to_the_what_if(planner: httpx.Client, client: httpx.Client, sample: Sample) -> None:
    address = f"/flaechen/{PUBLIC_KEYS[0]}"
    assert "/was-waere-wenn" not in client.get(address, headers=HTML).text
    reference = f"restriction:{sample.ids['altlast']}"
    page = planner.get(f"/was-waere-wenn?without={reference}&scope=parcel:{PUBLIC_KEYS[0]}", headers=HTML)
    shown = text_of(page)
    assert "ohne Altlast: Altlast Kokerei" in shown
    assert "Speicherstraße 12" in shown


def test_an_occupancy_is_named_by_its_parcel(
    planner: httpx.Client, database: Database, sample: Sample
) -> None:
    assert sample
    with database.read() as connection:
        row = connection.execute(
            text(
                "SELECT o.id, p.parcel_key FROM occupancies o JOIN parcels p ON p.id = o.parcel_id"
                " WHERE o.kind = 'leased'"
            )
        ).one()
    address = f"/was-waere-wenn?ending=occupancy:{row.id}@2027-01-15&scope=parcel:{row.parcel_key}"
    shown = text_of(planner.get(address, headers=HTML))
    assert "Flurstück 123/4 endet am 15.01.2027" in shown
    assert f"{row.parcel_key} endet" not in shown


def test_each_step_of_the_waterfall_leads_to_the_what_if(
    planner: httpx.Client, client: httpx.Client, database: Database, sample: Sample
) -> None:
    restriction = sample.ids["altlast"]
    item = {"restriction_id": restriction, "kind": "water", "deduction_m2": 1_000.0, "effect": "excludes"}
    change = text("UPDATE availability SET items = CAST(:items AS jsonb) WHERE parcel_id = :parcel")
    with stored_items(database, change, sample.ids[PUBLIC_KEYS[0]], [item]):
        page = planner.get(f"/flaechen/{PUBLIC_KEYS[0]}", headers=HTML).text
        public = client.get(f"/flaechen/{PUBLIC_KEYS[0]}", headers=HTML).text
        waterfall = page[page.index('id="why"') : page.index('id="chain"')]
        link = next(link for link in read(waterfall).links if "was-waere-wenn" in link)
        assert link == f"/was-waere-wenn?without=restriction:{restriction}&scope=parcel:{PUBLIC_KEYS[0]}"
        assert "was-waere-wenn" not in public
        shown = text_of(planner.get(link, headers=HTML))
        assert "Einzelnes wegdenken, das dort liegt" in shown
        listed = planner.get(f"/was-waere-wenn?scope=parcel:{PUBLIC_KEYS[0]}", headers=HTML).text
        assert f'value="restriction:{restriction}"' in listed


def test_each_bar_of_the_waterfall_has_its_name_and_figure(
    client: httpx.Client, database: Database, sample: Sample
) -> None:
    attack = "<img src=x onerror=alert(1)>"
    items = [
        {"kind": kind, "title": attack, "deduction_m2": area, "effect": "excludes"}
        for kind, area in (("water", 1_000.0), (attack, 25.5))
    ]
    change = text("UPDATE availability SET items = CAST(:items AS jsonb) WHERE parcel_id = :parcel")
    with stored_items(database, change, sample.ids[PUBLIC_KEYS[0]], items):
        page = client.get(f"/flaechen/{PUBLIC_KEYS[0]}", headers=HTML).text
    chart = page[page.index('<ol class="flow-chart waterfall"') :].split("</ol>")[0]
    bars = [" ".join(re.sub(r"<[^>]+>", " ", bar).split()) for bar in chart.split("<li>")[1:]]
    with database.read() as connection:
        areas = connection.execute(
            text("SELECT gross_m2, net_m2 FROM availability WHERE parcel_id = :parcel"),
            {"parcel": sample.ids[PUBLIC_KEYS[0]]},
        ).one()
    gross, net = (f"{area:,.1f}".translate(str.maketrans(",.", ".,")) for area in areas)
    assert [unescape(bar).replace("\u202f", " ") for bar in bars] == [
        f"Brutto {gross} m²",
        "Gewässer − 1.000,0 m²",
        f"{attack} − 25,5 m²",
        f"Netto {net} m²",
    ]
    assert "<img" not in page


LATER_RESTRICTION = text(
    "INSERT INTO restrictions (restriction_key, kind, effect, severity, title, valid, source, is_demo, geom)"
    " SELECT 'later-' || :kind, :kind, :effect, 'severe', :title, daterange(CAST(:first_day AS date), NULL),"
    " 'Testdaten', :is_demo, geom FROM parcels WHERE parcel_key = :key"
)
UNWILLING = {
    "kind": "owner_unwilling",
    "title": "will nicht",
    "first_day": "2199-11-01",
    "is_demo": False,
}
WATER = {"kind": "water", "title": "Wasser", "first_day": "2199-11-02", "is_demo": True}


def test_what_begins_later_is_named_for_those_who_may_see_it(
    planner: httpx.Client, client: httpx.Client, database: Database, sample: Sample
) -> None:
    sold = text(
        "INSERT INTO occupancies (parcel_id, kind, during, source, is_demo)"
        " VALUES (:parcel, 'sold', '[2199-12-01,)', 'Testdaten', true) RETURNING id"
    )
    with database.begin("test") as connection:
        occupancy = connection.execute(sold, {"parcel": sample.ids[PUBLIC_KEYS[0]]}).scalar_one()
        for effect, each in (("delays", UNWILLING), ("excludes", WATER)):
            connection.execute(LATER_RESTRICTION, {**each, "effect": effect, "key": PUBLIC_KEYS[0]})
    address, asked = f"/flaechen/{PUBLIC_KEYS[0]}", f"/api/parcels/{PUBLIC_KEYS[0]}/availability"
    try:
        for_agency, public = (text_of(each.get(address, headers=HTML)) for each in (planner, client))
        answers = [each.get(asked).json()["later"] for each in (planner, client)]
        on_the_day = planner.get(asked, params={"as_of": "2199-12-01"}).json()["later"]
        then = text_of(planner.get(f"{address}?as_of=2199-12-01", headers=HTML))
    finally:
        with database.begin("test") as connection:
            connection.execute(text("DELETE FROM occupancies WHERE id = :id"), {"id": occupancy})
            connection.execute(text("DELETE FROM restrictions WHERE restriction_key LIKE 'later-%'"))
            connection.execute(text("DELETE FROM availability_marks"))
    assert "verkauft ab 01.12.2199" in for_agency
    assert "Wasser ab 02.11.2199" in public
    assert "01.11.2199" not in public
    assert "01.12.2199" not in public
    assert "verkauft ab 01.12.2199" not in then
    sale = {"kind": "sold", "title": "", "first_day": "2199-12-01", "is_demo": True}
    assert sale in answers[0]
    assert answers[1] == [each for each in answers[0] if each not in (sale, UNWILLING)]
    assert UNWILLING in answers[0]
    assert WATER in answers[1]
    assert on_the_day == []


@contextmanager
def stored_items(database: Database, change: Any, parcel: int, items: list[Any]) -> Iterator[None]:
    """Put items into a stored waterfall, and the old ones back."""
    with database.begin("test") as connection:
        before = connection.execute(
            text("SELECT items FROM availability WHERE parcel_id = :parcel"), {"parcel": parcel}
        ).scalar_one()
        connection.execute(change, {"items": json.dumps(items), "parcel": parcel})
    try:
        yield
    finally:
        with database.begin("test") as connection:
            connection.execute(change, {"items": json.dumps(before), "parcel": parcel})


def test_one_parcel_less_is_one_parcel(planner: httpx.Client) -> None:
    shown = text_of(planner.get("/berichte/flaechenbilanz?from=2019-01-01&by=horizon", headers=HTML))
    assert re.search(r"−1 Flurstück(?!e)", shown)
    assert "−1 Flurstücke" not in shown


def test_a_source_that_is_known_is_said_in_the_language_of_the_page(
    client: httpx.Client, database: Database
) -> None:
    demo = "UPDATE parcels SET source = 'Demo: erfunden, kein amtlicher Nachweis' WHERE source = 'Testdaten'"
    with database.begin("test") as connection:
        connection.execute(text(demo))
    english = client.get(f"/flaechen/{PUBLIC_KEYS[0]}", headers=HTML | {"accept-language": "en"}).text
    german = client.get(f"/flaechen/{PUBLIC_KEYS[0]}", headers=HTML).text
    with database.begin("test") as connection:
        connection.execute(
            text("UPDATE parcels SET source = 'Testdaten' WHERE source LIKE 'Demo: erfunden%'")
        )
    assert "Demo: invented, no official record" in english
    assert "Demo: erfunden" not in english
    assert "Demo: erfunden, kein amtlicher Nachweis" in german


def test_a_what_if_shows_parcels_and_their_shapes(planner: httpx.Client) -> None:
    kinds = ("plan_not_in_force", "contamination", "leased", "owner_unwilling")
    query = "&".join(f"without=kind:{kind}" for kind in kinds)
    page = planner.get(f"/was-waere-wenn?{query}", headers=HTML)
    shown = text_of(page)
    assert re.search(r"Für \d Flurstücke ändert sich etwas", shown)
    script = next(
        link for link in re.findall(r'src="([^"]+)"', page.text) if ".js?" in link and "wenn" in link
    )
    program = planner.get(unescape(script))
    assert program.headers["cache-control"] == "private, no-cache"
    assert "GeoMap.embedded" in program.text
    assert PUBLIC_KEYS[1] in program.text
    assert "map_answer" in page.text


def test_a_what_if_of_an_estimate_says_what_becomes_of_the_estimate(
    planner: httpx.Client, database: Database
) -> None:
    reducing = text(
        """
        INSERT INTO restrictions (restriction_key, kind, effect, severity, reduction_share, title, valid,
                                  source, geom)
        SELECT 'mindert', 'other', 'reduces', 'light', 0.25, 'Versuch', '[2020-01-01,)', 'Testdaten', geom
          FROM parcels WHERE parcel_key = :key RETURNING id
        """
    )
    with database.begin("test") as connection:
        restriction = connection.execute(reducing, {"key": PUBLIC_KEYS[0]}).scalar_one()
    address = f"/was-waere-wenn?without=restriction:{restriction}&scope=parcel:{PUBLIC_KEYS[0]}"
    try:
        shown = text_of(planner.get(address, headers=HTML))
    finally:
        with database.begin("test") as connection:
            connection.execute(text("DELETE FROM restrictions WHERE id = :id"), {"id": restriction})
            connection.execute(text("DELETE FROM availability_marks"))
    assert "davon wahrscheinlich nicht nutzbar (geschätzt): 0 statt 1.250" in shown  # a quarter of 5,000
    assert "Wahrscheinlich nicht nutzbar (geschätzt, nicht abgezogen): 0 m² statt 1.250 m²." in shown


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/flaechen?category=foo", "category-error"),
        ("/flaechen?ground=wet", "ground-error"),
        ("/flaechen?horizon=soon", "horizon-error"),
        ("/flaechen?district=nowhere", "district-error"),
        ("/flaechenverbund?at_least_m2=5&district=nowhere", "district-error"),
        ("/flaechenverbund?at_least_m2=5&horizon=soon", "horizon-error"),
        ("/flaechenverbund?at_least_m2=5&category=gap", "<li>Kategorie: Diese Auswahl"),
        ("/was-waere-wenn?without=kind:sold&kind=sold", "<li>Art: Diese Auswahl"),
        ("/berichte/flaechenbilanz?by=colour", "by-error"),
        ("/berichte/flaechenbilanz?preset=soon", "preset-error"),
        ("/leerstand?status=haunted", "status-error"),
    ],
)
def test_a_choice_that_there_is_not_is_named_beside_it(planner: httpx.Client, path: str, named: str) -> None:
    page = planner.get(path, headers=HTML)
    assert page.status_code == 200
    assert named in page.text
    assert "Diese Auswahl gibt es nicht." in page.text


@pytest.mark.parametrize("scope", ["site:energiecampus", "site:nowhere", "parcel:nothing"])
def test_a_place_without_parcels_is_named_beside_the_field(planner: httpx.Client, scope: str) -> None:
    shown = text_of(planner.get(f"/was-waere-wenn?without=kind:sold&scope={scope}", headers=HTML))
    assert "Dort liegt am Stichtag kein Flurstück, oder es gibt den Ort nicht." in shown


def test_what_does_not_hold_is_named(planner: httpx.Client) -> None:
    shown = text_of(planner.get("/was-waere-wenn?without=restriction:99999", headers=HTML))
    assert "Das gibt es hier am Stichtag nicht." in shown


def test_land_together_leaves_unpublished_parcels_out(client: httpx.Client, planner: httpx.Client) -> None:
    query = f"at_least_m2=5.000&{EVERYTHING}"
    for path in ("/flaechenverbund", "/flaechenverbund.js"):
        public = client.get(f"{path}?{query}", headers=HTML).text
        staff = planner.get(f"{path}?{query}", headers=HTML).text
        for number in ("900", "901"):
            assert f"Flurstück {number}" not in public
            assert f"Verborgene Gasse {4 if number == '900' else 5}" not in public
        assert "Verborgene Gasse 4" in staff
        assert OBJECTED_KEY not in public
        assert ANNOUNCED_KEY not in public
    assert "nur eine Art von Eigentum" in planner.get("/flaechenverbund", headers=HTML).text
    assert "nur eine Art von Eigentum" not in client.get("/flaechenverbund", headers=HTML).text


def test_too_much_tells_the_most_there_is(client: httpx.Client) -> None:
    shown = text_of(client.get(f"/flaechenverbund?at_least_m2=90.000&{EVERYTHING}", headers=HTML))
    assert "So viel liegt nirgends zusammen." in shown
    assert "5.000" in shown


def test_neighbours_are_a_part_of_the_page(client: httpx.Client) -> None:
    page = client.get(f"/flaechen/{PUBLIC_KEYS[0]}", headers=HTML).text
    assert f'hx-get="/flaechen/{PUBLIC_KEYS[0]}/nachbarn"' in page
    shown = text_of(client.get(f"/flaechen/{PUBLIC_KEYS[0]}/nachbarn", headers=HTML))
    assert "Daneben liegt kein Land" in shown
    assert client.get(f"/flaechen/{OBJECTED_KEY}/nachbarn", headers=HTML).status_code == 404
