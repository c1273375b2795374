"""On paper: tables stay tables, maps are whole, what is folded is unfolded, nothing to press is printed."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
SHEETS = {"upright": (703, 1030), "across": (1032, 703)}
"""A4 without its margins of 12 mm, CSS pixels."""
MAPS = """() => [...document.querySelectorAll(".folium-map")].map((map) => {
  const box = map.getBoundingClientRect();
  return [box.left, box.right, box.width, box.height];
})"""
PRESSED = "main :is(button, select, input, textarea):visible, .site-search:visible, nav.main-nav:visible"


def on_paper(page: Page, sheet: tuple[int, int]) -> None:
    """Show the page as it is printed on a sheet."""
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": sheet[0], "height": sheet[1]})


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
@pytest.mark.parametrize("path", ["/flaechen?area_min=10&district=innenstadt-west", "/leerstand?grade=x"])
def test_a_list_is_printed_as_a_table_with_map_and_filter(
    visit: Visit, path: str, sheet: tuple[int, int]
) -> None:
    visitor = visit()
    visitor.go(path)
    page = visitor.page
    on_paper(page, sheet)
    expect(page.locator("table.record-table thead").first).to_have_css("display", "table-header-group")
    cells = page.locator("table.record-table tbody tr").first.locator("td")
    assert set(cells.evaluate_all("cells => cells.map((cell) => getComputedStyle(cell).display)")) == {
        "table-cell"
    }
    (left, right, width, height), *_ = page.evaluate(MAPS)
    assert 0 <= left < right <= sheet[0]
    assert width > 300
    assert 50 < height < sheet[1] * 0.9
    if "area_min" in path:
        told = page.locator(".print-only").inner_text()
        assert "Fläche ab 10\u202fm²" in told
        assert "Stadtbezirk Innenstadt-West" in told
    assert page.locator(PRESSED).count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= sheet[0]


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
@pytest.mark.parametrize("width", [1440, 390])
def test_the_overview_is_whole_on_one_sheet_with_title_day_and_legend(
    visit: Visit, width: int, sheet: tuple[int, int]
) -> None:
    visitor = visit(width)
    visitor.go("/maps/overview")
    visitor.wait_for_map()
    page = visitor.page
    before = page.evaluate("GeoMap.maps.get('map_overview').getBounds().toBBoxString()")
    on_paper(page, sheet)
    (left, right, _, height), *_ = page.evaluate(MAPS)
    assert 0 <= left < right <= sheet[0]
    assert height < sheet[1]
    assert page.evaluate("GeoMap.maps.get('map_overview').getBounds().toBBoxString()") == before
    expect(page.locator("h1")).to_be_visible()
    assert page.locator("h1").bounding_box()["width"] > 100  # type: ignore[index]  # it is visible
    expect(page.locator(".day-control__head output")).to_be_visible()
    expect(page.locator(".legend-table")).to_be_visible()
    assert page.locator(PRESSED).count() == 0
    end = page.locator(".map-layout").bounding_box()
    assert end is not None
    assert end["y"] + end["height"] < sheet[1], "map and legend fit the first sheet"


def test_numbers_behind_charts_are_printed_and_folded_again(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/leerstand")
    page = visitor.page
    folded = page.locator("main details.why:not([open]):not(:has([hx-trigger^=toggle])):not(:has(form))")
    count = folded.count()
    assert count > 0
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert folded.count() == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert folded.count() == count


def test_a_list_with_its_map_is_a_sheet_or_two(visit: Visit) -> None:
    """The PDF itself: the map is in it, so the page was told before it was printed."""
    visitor = visit()
    visitor.go("/flaechen")
    printed = visitor.page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
    assert visitor.page.evaluate(
        "document.querySelector('.folium-map').style.getPropertyValue('--map-upright') !== ''"
    )
