"""Records are noted where they are seen and compared on one page: by keyboard, and without a script."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, axe_source
from tests.sample_land import PUBLIC_KEYS

pytestmark = pytest.mark.browser


def axe(page: Any) -> list[str]:
    page.evaluate(axe_source())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["de", "en"])
def test_noted_in_lists_and_compared(visit: Visit, width: int, language: str) -> None:
    visitor = visit(width, language)
    page, german = visitor.page, language == "de"
    note, forget = ("Merken", "Nicht mehr merken") if german else ("Select", "Deselect")
    visitor.go(f"/flaechen?lang={language}")
    pins = page.locator("html").get_attribute("data-listed-pins")
    button = page.locator(f"[id='pick-parcel%3A{PUBLIC_KEYS[0]}']")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_contain_text(forget)
    expect(button).to_be_focused()
    expect(page.locator("#tray")).to_contain_text("1")
    assert page.locator("html").get_attribute("data-listed-pins") == pins
    assert axe(page) == []
    visitor.go("/leerstand/L-0")
    page.get_by_role("button", name=note).click()
    expect(page.locator("#tray")).to_contain_text("2")
    assert visitor.no_sideways_scrolling()
    page.locator("#tray").click()
    expect(page.locator(".record-table tbody tr")).to_have_count(2)
    expect(page.locator(".listed-map .pin")).to_have_count(2)
    assert visitor.no_sideways_scrolling()
    assert axe(page) == []
    page.get_by_role("button", name=forget).first.click()
    expect(page.locator(".record-table tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Alle entfernen" if german else "Remove all").click()
    expect(
        page.get_by_text("Hier steht noch nichts." if german else "There is nothing here yet.")
    ).to_be_visible()
    assert axe(page) == []


def test_noted_without_a_script(visit: Visit) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.go("/leerstand")
    page = visitor.page
    page.get_by_role("button", name="Merken").first.click()
    expect(page).to_have_url(f"{visitor.server}/leerstand")
    expect(page.locator("#tray")).to_contain_text("1")
    page.locator("#tray").click()
    expect(page.locator(".record-table tbody tr")).to_have_count(1)
