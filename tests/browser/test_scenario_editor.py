"""A planner draws a scenario on the map: a new stop, stops of today, saved by a click."""

import pytest
from playwright.sync_api import Page, expect

from geo_service.auth.models import Role
from tests.browser.conftest import Visit
from tests.browser.test_land_pages import CUT_OFF

pytestmark = pytest.mark.browser

FREE = (51.470, 7.470)
"""A place in the city without a stop of the sample near it: latitude, longitude."""


def click_map(page: Page, latitude: float, longitude: float) -> None:
    page.locator("#map_editor").scroll_into_view_if_needed()
    x, y = page.evaluate(
        "([latitude, longitude]) => { const map = GeoMap.maps.get('map_editor');"
        " const p = map.latLngToContainerPoint([latitude, longitude]); return [p.x, p.y]; }",
        [latitude, longitude],
    )
    box = page.locator("#map_editor").bounding_box()
    assert box
    page.mouse.click(box["x"] + x, box["y"] + y)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_scenario_is_drawn_and_saved(visit: Visit, width: int) -> None:
    visitor = visit(width)
    visitor.sign_in(Role.PLANNER)
    visitor.go("/oev/neues-szenario")
    assert visitor.no_sideways_scrolling()
    page = visitor.page
    page.get_by_label("Name, deutsch").fill(f"Gezeichnet {width}")
    page.get_by_label("Name, englisch").fill(f"Drawn {width}")
    click_map(page, *FREE)
    first = page.locator("[data-stop='0']")
    expect(first.locator("[data-field=name]")).to_be_focused()
    assert float(first.locator("[data-field=lat]").input_value()) == pytest.approx(FREE[0], abs=0.01)
    assert float(first.locator("[data-field=lon]").input_value()) == pytest.approx(FREE[1], abs=0.01)
    page.keyboard.type("Neue Mitte")
    assert page.evaluate(CUT_OFF) == []
    first.get_by_role("button", name="in den Verlauf").click()
    where = page.evaluate(
        """() => {
          let found;
          GeoMap.maps.get("map_editor").geo.layers.get("stops").layer.eachLayer((group) =>
            group.eachLayer((each) => {
            if (each.feature.properties.id === "de:05913:vrr") found = each.getLatLng();
          }));
          return [found.lat, found.lng];
        }"""
    )
    click_map(page, *where)
    course = page.get_by_label("Verlauf: Haltestellen")
    expect(course).to_have_value("Neue Mitte\nHafen vrr [de:05913:vrr]\n")
    expect(page.locator("[data-told]")).to_contain_text("In den Verlauf aufgenommen: Hafen vrr")
    page.get_by_label("Linie, wie Fahrgäste sie kennen").fill("T1")
    page.get_by_label("Verkehrsmittel").select_option("tram")
    page.get_by_label("Takt, Minuten").first.fill("10")
    page.get_by_role("button", name="Szenario speichern").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Gezeichnet {width}")
    assert page.url.endswith(f"/oev/szenarien/gezeichnet-{width}")
