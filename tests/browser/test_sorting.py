"""A list is sorted by the heading of a column, by mouse and keyboard; map, choice and address keep step."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("path", "heading", "order"), [("/flaechen", "offered", "-net"),
                                                        ("/restriktionen", "area", "area")])  # fmt: skip
def test_a_heading_sorts_and_turns_the_order_round(visit: Visit, path: str, heading: str, order: str) -> None:
    visitor = visit()
    visitor.go(path)
    page = visitor.page
    rows = page.locator("#results tbody th > a.kern-link")
    link = page.locator(f"#sort-{heading}")
    link.click()
    expect(page).to_have_url(re.compile(f"sort={order}$"))
    first = page.locator(f"#results thead th:has(#sort-{heading})").get_attribute("aria-sort")
    assert first in {"ascending", "descending"}
    expect(page.locator("form.filter select[name=sort]")).to_have_value(order)
    listed = rows.all_inner_texts()
    assert listed
    assert visitor.no_sideways_scrolling()
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#results thead th:has(#sort-{heading})")).not_to_have_attribute("aria-sort", first)
    expect(link).to_be_focused()
    assert page.locator("#results tbody tr[data-shape]").count() == page.locator(".listed-map .pin").count()
    page.go_back()
    expect(page).to_have_url(re.compile(f"sort={order}$"))
    expect(page.locator("form.filter select[name=sort]")).to_have_value(order)
    expect(rows).to_have_text(listed)


def test_on_a_phone_the_choice_sorts_and_a_heading_is_seen_once_it_is_reached(visit: Visit) -> None:
    visitor = visit(390)
    visitor.go("/flaechen")
    page = visitor.page
    head = page.locator("#results thead")
    assert head.evaluate("head => head.getBoundingClientRect().height") <= 1
    page.locator("#sort-offered").focus()
    assert head.evaluate("head => head.getBoundingClientRect().height") > 40
    assert visitor.no_sideways_scrolling()
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Sortieren").select_option("-net")
    expect(page).to_have_url(re.compile("sort=-net"))
    assert visitor.no_sideways_scrolling()
