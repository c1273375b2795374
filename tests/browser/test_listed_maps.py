"""The map beside a list: the same rows with the same numbers, pointing both ways, in step with the filter."""

import json
import re

import pytest
import shapely
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.sample_land import PUBLIC_KEYS

pytestmark = pytest.mark.browser
LISTS = pytest.mark.parametrize("path", ["/flaechen", "/leerstand"])
COVERED = """() => {
  const boxes = (name) => [...document.querySelectorAll(name)].map((each) => each.getBoundingClientRect());
  const upon = (one, other) => one.left < other.right && other.left < one.right
    && one.top < other.bottom && other.top < one.bottom;
  const pins = boxes(".map-pin");
  return boxes(".map-label:not(.map-label--hidden)").filter((one) => pins.some((pin) => upon(one, pin)));
}"""
"""Names that lie upon numbers."""
WIDTHS = pytest.mark.parametrize("width", [1440, 390])


def numbers(page: Page, where: str) -> list[str]:
    return sorted(each.inner_text() for each in page.locator(where).all())


def pins(page: Page) -> list[str]:
    return numbers(page, ".leaflet-marker-pane .map-pin")


@LISTS
@WIDTHS
def test_each_row_is_on_the_map(visit: Visit, path: str, width: int) -> None:
    visitor = visit(width)
    visitor.go(path)
    rows = visitor.page.locator("#results tbody tr").count()
    assert rows > 0
    expect(visitor.page.locator(".leaflet-marker-pane .map-pin")).to_have_count(rows)
    assert pins(visitor.page) == numbers(visitor.page, "#results .pin")
    visitor.page.wait_for_timeout(300)  # labels are thinned in the next frame
    assert visitor.page.evaluate(COVERED) == []
    assert visitor.no_sideways_scrolling()


def test_row_and_pin_point_at_each_other(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/flaechen")
    page = visitor.page
    row, marked = page.locator("#results tbody tr").first, page.locator(".map-pin--marked")
    address = row.locator("th a").first.get_attribute("href")
    row.hover()
    expect(marked).to_have_text("1")
    page.locator("h1").hover()
    expect(marked).to_have_count(0)
    page.locator(".map-pin", has_text=re.compile("^1$")).focus()
    page.keyboard.press("Enter")
    expect(row).to_have_class("kern-table__row row--marked")
    popup = page.locator(".leaflet-popup-content")
    expect(popup.get_by_role("link")).to_have_attribute("href", f"{visitor.server}{address}")
    expect(popup).to_contain_text("m²")


def test_the_map_follows_the_filter_and_the_way_back(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/flaechen")
    page = visitor.page
    before = pins(page)
    page.get_by_label("Angebotene Fläche ab (m²)").fill("50000")
    page.keyboard.press("Tab")
    expect(page.locator(".leaflet-marker-pane .map-pin")).to_have_count(1)
    page.go_back()
    expect(page.locator(".leaflet-marker-pane .map-pin")).to_have_count(len(before))


def test_the_shape_of_a_row_is_the_parcels_own(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/flaechen")
    key = PUBLIC_KEYS[0]
    row = visitor.page.locator("#results tbody tr", has=visitor.page.locator(f"a[href$='{key}']"))
    drawn = shapely.geometry.shape(json.loads(row.get_attribute("data-shape") or ""))
    item = visitor.page.request.get(f"{visitor.server}/ogc/collections/parcels/items?parcel_key={key}&f=json")
    (feature,) = item.json()["features"]
    stored = shapely.geometry.shape(feature["geometry"])
    assert shapely.hausdorff_distance(drawn, stored) < 2e-6  # degrees: both are rounded


def middle_of(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_circle_is_drawn_and_asked(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/flaechen")
    page = visitor.page
    rows = page.locator("#results tbody tr")
    number = rows.count()
    page.get_by_role("button", name="Umkreis zeichnen").click()
    x, y = middle_of(page, ".leaflet-marker-pane .map-pin >> nth=0")
    page.mouse.click(x, y)
    page.mouse.move(x + 20, y)
    expect(page.locator(".draw-tools [role=status]")).to_contain_text(" m")
    page.mouse.click(x + 20, y)
    page.wait_for_url("**within=*")
    assert re.search(r"within=7\.\d+%2C51\.\d+%2C\d+", page.url)
    expect(page.get_by_role("button", name="Zeichnung löschen")).to_be_visible()
    expect(page.get_by_role("button", name="Gebiet schließen")).to_be_hidden()
    assert 1 <= rows.count() <= number
    page.get_by_role("button", name="Zeichnung löschen").click()
    expect(rows).to_have_count(number)
    assert "within" not in page.url


def test_an_area_is_drawn_by_keyboard_and_cancelled(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/leerstand")
    page = visitor.page
    page.get_by_role("button", name="Gebiet zeichnen").press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Gebiet zeichnen")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Gebiet zeichnen").press("Enter")
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight"):
        page.keyboard.press("Enter")
        page.keyboard.press(key)
        page.wait_for_timeout(400)  # the map slides
    page.get_by_role("button", name="Gebiet schließen").press("Enter")
    page.wait_for_url("**within=*")
    assert page.url.count("%3B") == 2
    expect(page.locator("#results")).to_contain_text(re.compile("Ladenlokal"))


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", ["Fläche (m²)", "1.234,5", "Stand der Quelle", "01.04.2028", "Demo", "ja"]),
        ("en", ["Area (m²)", "1,234.5", "Date of the source", "1 Apr 2028", "Demo", "yes"]),
    ],
)
def test_a_popup_of_the_open_data_speaks_as_the_page_does(
    visit: Visit, language: str, told: list[str]
) -> None:
    visitor = visit(1440, language)
    visitor.go("/ogc/collections/vacancies/items?f=html&limit=1")
    page = visitor.page
    page.locator("path.leaflet-interactive").first.dispatch_event("click")
    expect(page.locator(".leaflet-popup-content dd").first).to_have_text("L-0")
    written = page.evaluate(
        "(properties) => [...GeoMap.featureContent(GeoMap.maps.get('map_features'), {id: 1, properties})"
        ".querySelectorAll('dt, dd')].map((each) => each.textContent)",
        {"area_m2": 1234.5, "source_date": "2028-04-01", "is_demo": True},
    )
    assert written == told
