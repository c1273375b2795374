"""Columns of a list are chosen in the filter: the table follows, and the address keeps them unless usual."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("path", "added", "heading"), [("/flaechen", "key", "Flurstückskennzeichen"),
                                                        ("/leerstand", "key", "Kennzeichen")])  # fmt: skip
def test_a_column_comes_and_goes_with_its_box(visit: Visit, path: str, added: str, heading: str) -> None:
    visitor = visit()
    visitor.go(path)
    page = visitor.page
    shown = page.locator("#results thead th", has_text=re.compile(f"^{heading}$"))
    page.get_by_text("Spalten der Tabelle").click()
    page.locator(f"#column-{added}").check()
    expect(shown).to_be_visible()
    expect(page).to_have_url(re.compile(f"column={added}"))
    page.reload()
    expect(shown).to_be_visible()
    page.locator(f"#column-{added}").uncheck()
    expect(shown).to_have_count(0)
    expect(page).not_to_have_url(re.compile("column="))
    assert visitor.no_sideways_scrolling()


@pytest.mark.parametrize("path", ["/flaechen", "/leerstand"])
def test_a_filter_that_cannot_be_answered_says_so_in_the_list(visit: Visit, path: str) -> None:
    visitor = visit()
    visitor.go(path)
    page = visitor.page
    said = '<div class="kern-alert" role="alert"><p>Gerade zu viel zu rechnen</p></div>'

    def busy(route: Route) -> None:
        asked = route.request.headers.get("hx-request") == "true"
        route.fulfill(status=503, content_type="text/html", body=said) if asked else route.fallback()

    page.route("**/*", busy)
    page.locator("form.filter [name=area_min]").first.fill("100")
    page.locator("form.filter [name=area_min]").first.press("Tab")
    expect(page.locator("#results").get_by_role("alert")).to_have_text("Gerade zu viel zu rechnen")
    visitor.faults.clear()  # the answer 503 itself, and the browser's note of it
