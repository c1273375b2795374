"""Suggestions for a requirement are chosen by mouse and keyboard; the way back shows all of them again."""

import pytest
from playwright.sync_api import expect

from geo_service.auth.models import Role
from tests.browser.conftest import Visit


@pytest.mark.parametrize("width", [1440, 390])
def test_chosen_suggestions_are_shown_alone(visit: Visit, width: int) -> None:
    visitor = visit(width, "de")
    visitor.sign_in(Role.INVESTOR_SUPPORT)
    visitor.go("/anfragen?area_min=1")
    page = visitor.page
    cards = page.locator("ol.ranked > li")
    before = cards.count()
    assert before > 1
    name = cards.nth(1).locator("h3 a").inner_text()
    box = page.get_by_role("checkbox", name=name)
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    page.get_by_role("button", name="Nur Angekreuzte zeigen").click()
    expect(cards).to_have_count(1)
    expect(cards.locator("h3 a")).to_have_text(name)
    expect(page.locator(".listed-map .pin")).to_have_count(1)
    assert not visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.go_back()
    expect(cards).to_have_count(before)
