"""Columns of a list are chosen in the filter: the table follows, and the address keeps them unless usual."""

import re

import pytest
from playwright.sync_api import expect

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
