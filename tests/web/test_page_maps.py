"""Maps on the pages of the agency: what is ranked, the pairs of a round, a balance by district."""

import json
import re
from datetime import date
from html import unescape

import httpx
import pytest
import shapely

from geo_service.auth.models import Role
from geo_service.availability.city_schemas import BalanceAnswer, BalanceCell
from geo_service.web.pages.balance_map import class_of, land_by_district, upper_bounds
from tests.http_fixtures import SignedIn
from tests.sample_land import PUBLIC_KEYS
from tests.web.dated import GERMAN

RANKED = "/anfragen?subject=land&area_min=1000"
BALANCE = "/berichte/flaechenbilanz"


def shapes(page: httpx.Response) -> dict[str, str]:
    """Return the kind of geometry by the sign in front of it."""
    assert page.status_code == 200, page.text
    found = re.findall(r'data-shape="([^"]+)".*?class="pin [^"]*"[^>]*>([^<]+)<', page.text, re.DOTALL)
    return {sign: json.loads(unescape(shape))["type"] for shape, sign in found}


def test_ranked_land_is_on_the_map_under_its_place(signed_in: SignedIn) -> None:
    page = signed_in(Role.INVESTOR_SUPPORT).get(RANKED, headers=GERMAN)
    found = shapes(page)
    assert found["1"] == "MultiPolygon"
    assert [sign for sign in found if sign.isdigit()] == [str(n) for n in range(1, len(found) + 1)]
    assert 'id="map_listed"' in page.text
    assert any(f"/flaechen/{key}" in page.text for key in PUBLIC_KEYS)


def names_of(page: httpx.Response) -> dict[str, str]:
    """Return kind and key of what can be chosen, by the sign in front of it."""
    found = re.findall(r'name="pick" id="pick-([^"]+)" value="([^"]+)"', page.text)
    return {sign: unescape(value) for sign, value in found}


def test_what_is_chosen_of_a_ranking_keeps_its_place(signed_in: SignedIn) -> None:
    person = signed_in(Role.INVESTOR_SUPPORT)
    everything = person.get(RANKED, headers=GERMAN)
    names = names_of(everything)
    assert list(names) == list(shapes(everything))
    sign = [each for each in names if each.isdigit()][-1]
    assert sign != "1", "a ranking of several is needed"
    asked = httpx.URL(RANKED).copy_merge_params({"pick": [names[sign], "plot:<b>nowhere"]})
    page = person.get(asked, headers=GERMAN)
    assert shapes(page) == {sign: shapes(everything)[sign]}
    assert f'value="{names[sign]}" checked' in page.text
    assert re.search(r"Angekreuzt: 1 von \d+ Treffern", page.text)
    assert "<b>nowhere" not in page.text
    form = page.text.partition('id="picks"')[2].partition("</form>")[0]
    assert dict(re.findall(r'name="([^"]+)" value="([^"]+)"', form)) == {
        "subject": "land",
        "area_min": "1000",
    }
    back = unescape(re.search(r'href="([^"]+)">Alle Vorschläge zeigen', form)[1])  # type: ignore[index]
    assert shapes(person.get(back, headers=GERMAN)) == shapes(everything)


def test_a_choice_of_nothing_says_so(signed_in: SignedIn) -> None:
    page = signed_in(Role.INVESTOR_SUPPORT).get(f"{RANKED}&pick=parcel:none", headers=GERMAN)
    assert "map_listed" not in page.text
    assert "Davon ist nichts angekreuzt." in page.text
    assert "Alle Vorschläge zeigen" in page.text


def test_a_ranked_parcel_is_called_by_its_address(signed_in: SignedIn) -> None:
    person = signed_in(Role.INVESTOR_SUPPORT)
    page = person.get("/anfragen?subject=land&area_min=1", headers=GERMAN).text
    assert re.search(r'href="/flaechen/[^"]+">Speicherstraße 1[24]</a>', page)
    assert re.search(r"data-told>Bodelschwingh 3 12[^ ]* · ", page)
    assert '<option value="land" selected>Land</option>' in person.get("/anfragen?subject=land&lang=en").text


@pytest.mark.parametrize("path", ["/flaechen", "/leerstand"])
def test_a_filter_keeps_the_decimals_that_were_typed(signed_in: SignedIn, path: str) -> None:
    page = signed_in(Role.VACANCY_MANAGER).get(path, params={"area_min": "9.000,5", "lang": "de"}).text
    assert re.search(r'name="area_min"\s+inputmode="decimal" value="9.000,5"', page)


def test_ranked_premises_are_points(signed_in: SignedIn) -> None:
    page = signed_in(Role.INVESTOR_SUPPORT).get("/anfragen?subject=premises&area_min=1", headers=GERMAN)
    assert set(shapes(page).values()) == {"Point"}


def test_where_nothing_is_found_there_is_no_map(signed_in: SignedIn) -> None:
    page = signed_in(Role.INVESTOR_SUPPORT).get("/anfragen?area_min=900000", headers=GERMAN)
    assert "map_listed" not in page.text


@pytest.mark.parametrize("path", [RANKED, f"{BALANCE}?by=district", f"{BALANCE}.js?by=district"])
def test_these_maps_are_not_for_the_public(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 401


def test_balance_map_is_of_the_districts(signed_in: SignedIn) -> None:
    planner = signed_in(Role.PLANNER)
    page = planner.get(f"{BALANCE}?by=district&from=2026-01-01", headers=GERMAN)
    assert 'id="map_answer"' in page.text
    script = planner.get(f"{BALANCE}.js?by=district&from=2026-01-01", headers=GERMAN)
    assert script.headers["cache-control"] == "private, no-cache"
    (layer,) = re.findall(r"GeoMap\.embedded\(map_answer, (\{.*\})\);", script.text)
    told = {
        each["properties"]["row"]: each["properties"] for each in json.loads(layer)["collection"]["features"]
    }
    table = re.search(r'data-row="([^"]+)".*?am Ende">.*?>([0-9.]+)</a>', page.text, re.DOTALL)
    assert table
    hectares = f"{int(table[2].replace('.', '')) / 10_000:.1f}".replace(".", ",")
    assert told[table[1]]["label"].replace("\u202f", " ") == f"{table[1]}\n{hectares} ha"
    assert told[table[1]]["item"]["href"].startswith("/flaechen?district=")


def test_without_districts_the_balance_leads_to_its_map(signed_in: SignedIn) -> None:
    page = signed_in(Role.PLANNER).get(f"{BALANCE}?by=horizon", headers=GERMAN).text
    assert "by=horizon&amp;by=district" in page
    assert signed_in(Role.PLANNER).get(f"{BALANCE}.js?by=horizon").status_code == 400


def answer(areas: dict[tuple[str, str], tuple[float, float]]) -> BalanceAnswer:
    cells = [
        BalanceCell(
            cell={"district": name, "horizon": horizon},
            parcels={},
            net_m2={},
            offered_m2={"opening": opening, "closing": closing},
            estimated_m2={},
        )
        for (name, horizon), (opening, closing) in areas.items()
    ]
    fields = {
        "from": date(2026, 1, 1),
        "to": date(2026, 7, 1),
        "preset": "default",
        "by": ["district", "horizon"],
    }
    return BalanceAnswer.model_validate(
        {**fields, "stages": [], "is_demo": True, "cells": cells, "total": cells[0]}
    )


def test_land_is_summed_up_by_district_and_classed_by_whole_hectares() -> None:
    sums = land_by_district(
        answer({("Nord", "now"): (1e4, 5e4), ("Nord", "mid"): (2e4, 8e4), ("Süd", "now"): (0.0, 2e4)})
    )
    assert sums == {"Nord": (3e4, 13e4), "Süd": (0.0, 2e4)}
    bounds = upper_bounds(sums)
    assert bounds == [3e4, 6e4, 9e4, 12e4, 15e4]  # 13 ha in fifths: 2.6, so 3 ha each
    assert [class_of(area, bounds) for area in (0, 2e4, 3e4, 3e4 + 1, 13e4)] == ["1", "1", "1", "2", "5"]
    assert upper_bounds({}) == [1e4, 2e4, 3e4, 4e4, 5e4]


def test_parcels_behind_a_figure_are_on_a_map(signed_in: SignedIn) -> None:
    planner = signed_in(Role.PLANNER)
    asked = f"{BALANCE}/flurstuecke?by=district&from=2026-01-01&stage=closing"
    page = planner.get(asked, headers=GERMAN)
    keys = set(re.findall(r'data-row="([^"]+)"', page.text))
    assert keys
    assert 'id="map_answer"' in page.text
    source = re.search(r'src="(/berichte/flaechenbilanz/flurstuecke\.js\?[^"]+)"', page.text)
    assert source
    script = planner.get(unescape(source[1]), headers=GERMAN)
    (layer,) = re.findall(r"GeoMap\.embedded\(map_answer, (\{.*\})\);", script.text)
    features = json.loads(layer)["collection"]["features"]
    assert {each["properties"]["row"] for each in features} == keys
    for each in features:
        known = planner.get(f"/maps/record?kind=parcel&key={each['properties']['row']}").json()
        told = shapely.geometry.shape(each["geometry"])
        assert told.contains(shapely.Point(known["longitude"], known["latitude"]))
    nothing = planner.get(f"{asked}&cell=district:Nirgends", headers=GERMAN)
    assert "map_answer" not in nothing.text
