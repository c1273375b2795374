"""A record is written in a form: its place set on the map, checked, saved, and seen on its page."""

import re

import pytest
from playwright.sync_api import expect

from geo_service.auth.models import Role
from tests.browser.conftest import Visit
from tests.sample_land import PUBLIC_KEYS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1440, 390])
def test_premises_are_created_with_a_place_from_the_map(visit: Visit, width: int) -> None:
    visitor = visit(width, "de")
    visitor.sign_in(Role.VACANCY_MANAGER)
    visitor.go("/leerstand")
    page = visitor.page
    page.get_by_role("link", name="Ladenlokal anlegen").click()
    page.wait_for_load_state("networkidle")
    page.get_by_label("Kennzeichen").fill(f"form-{width}")
    page.get_by_label("Name", exact=True).fill("Laden <b>Nord</b>")
    page.get_by_label("Straße (erforderlich)").fill("Probeweg")
    page.get_by_label("Fläche (m²)").fill("1.080,5")
    page.get_by_label("Einzelhandel").check()
    page.get_by_role("button", name="Ort setzen").click()
    page.locator("#map_features").click(position={"x": 120, "y": 90})
    place = page.locator("#geometry").input_value()
    assert place.startswith('{"type":"Point","coordinates":[7.')
    assert visitor.no_sideways_scrolling()
    page.get_by_role("button", name="Nur prüfen").click()
    expect(page.get_by_text("Geschrieben ist noch nichts.")).to_be_visible()
    assert page.locator("#geometry").input_value() == place
    page.get_by_role("button", name="Speichern").click()
    page.wait_for_url(f"**/leerstand/form-{width}?saved=premises#gespeichert")
    expect(page.get_by_text("Gespeichert: Ladenlokal.")).to_be_visible()
    expect(page.locator("dl.six")).to_contain_text("1.081")
    expect(page.get_by_text("Laden <b>Nord</b>")).to_be_visible()
    page.get_by_role("link", name="Leerstand eintragen").click()
    expect(page.get_by_label("Kennzeichen")).to_have_value(f"form-{width}")
    page.get_by_label("Zustand").select_option("vacant")
    page.get_by_label("leer seit").fill("2026-11-01")
    page.get_by_role("button", name="Speichern").click()
    page.wait_for_url(f"**/leerstand/form-{width}?saved=vacancies#gespeichert")
    expect(page.locator("dl.six")).to_contain_text("leer")


def test_a_fault_has_the_focus_and_leads_to_its_field(visit: Visit) -> None:
    visitor = visit(390, "de")
    visitor.sign_in(Role.VACANCY_MANAGER)
    visitor.go("/ogc/collections/premises/new?premises_key=fault&street=Weg&permitted_uses=retail")
    page = visitor.page
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_label("Fläche (m²) (erforderlich)")).to_be_focused()  # the browser asks for it
    page.get_by_label("Fläche (m²) (erforderlich)").fill("viel")
    page.get_by_role("button", name="Speichern").click()
    expect(page.locator("#faults")).to_be_focused()
    page.locator("#faults").get_by_role("link", name="Fläche").click()
    expect(page.locator("#area_m2")).to_be_focused()
    assert [fault for fault in visitor.faults if not re.match("422 |Failed to load", fault)] == []
    visitor.faults.clear()  # the answer 422, and the browser's note of it


@pytest.mark.parametrize(("width", "language"), [(1440, "de"), (390, "en")])
def test_a_restriction_is_entered_from_the_page_of_a_parcel(visit: Visit, width: int, language: str) -> None:
    visitor = visit(width, language)
    visitor.sign_in(Role.PLANNER)
    visitor.go(f"/flaechen/{PUBLIC_KEYS[0]}?lang={language}")
    page = visitor.page
    german = language == "de"
    page.get_by_role("link", name="Restriktion hier eintragen" if german else "Enter a restriction").click()
    page.wait_for_load_state("networkidle")
    scale = page.locator("#map_features .leaflet-control-scale-line")
    expect(scale).to_have_text(re.compile(r"^\d\d m$"))  # near enough to see the outline
    page.locator("#restriction_key").fill(f"parcel-{width}")
    page.locator("#kind").select_option("contamination")
    page.locator("#effect").select_option("delays")
    page.locator("#severity").select_option("light")
    page.locator("#title").fill("Hinterer Hof")
    assert visitor.no_sideways_scrolling()
    page.get_by_role("button", name="Speichern" if german else "Save").click()
    page.wait_for_url(f"**/flaechen/{PUBLIC_KEYS[0]}?saved=*#gespeichert")
    said = "Gespeichert: Altlast, Hinterer Hof." if german else "Saved: contamination, Hinterer Hof."
    expect(page.get_by_text(said)).to_be_visible()
    assert visitor.no_sideways_scrolling()
