"""A record is written in a form: its place set on the map, checked, saved, and seen on its page."""

import pytest
from playwright.sync_api import expect

from geo_service.auth.models import Role
from tests.browser.conftest import Visit

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
    page.get_by_label("Straße", exact=True).fill("Probeweg")
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
    page.wait_for_url(f"**/leerstand/form-{width}#gespeichert")
    expect(page.get_by_text("Gespeichert.")).to_be_visible()
    expect(page.locator("dl.six")).to_contain_text("1.081")
    expect(page.get_by_text("Laden <b>Nord</b>")).to_be_visible()
    page.get_by_role("link", name="Leerstand eintragen").click()
    expect(page.get_by_label("Kennzeichen")).to_have_value(f"form-{width}")
    page.get_by_label("Zustand").select_option("vacant")
    page.get_by_label("leer seit").fill("2026-11-01")
    page.get_by_role("button", name="Speichern").click()
    page.wait_for_url(f"**/leerstand/form-{width}#gespeichert")
    expect(page.locator("dl.six")).to_contain_text("leer")
