"""The page of a tileset in a real browser: its map draws the layers, its table names them."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, axe_source

pytestmark = pytest.mark.browser
DRAWN = """
() => [...document.querySelectorAll("canvas.leaflet-tile")].some((canvas) => canvas.width &&
  canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0))
"""
SERIOUS = """async () => (await axe.run()).violations
  .filter((found) => ["serious", "critical"].includes(found.impact)).map((found) => found.id)"""


@pytest.mark.parametrize(
    ("path", "language", "width", "title"),
    [
        ("/ogc/collections/parcels/tiles", "de", 1440, "Kacheln: Flurstücke"),
        ("/ogc/collections/stops/tiles", "en", 390, "Tiles: Stops"),
        ("/ogc/tiles", "de", 390, "Kacheln: Alle Sammlungen"),
        ("/ogc/tiles?collections=restrictions,stops", "en", 1440, "Tiles: All collections"),
    ],
)
def test_who_follows_the_link_sees_the_tiles(
    visit: Visit, path: str, language: str, width: int, title: str
) -> None:
    visitor = visit(width, language)
    address, _, query = path.partition("?")
    visitor.go(f"{address}/WebMercatorQuad{'?' if query else ''}{query}")
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.wait_for_function(DRAWN, polling=1_000)
    assert visitor.no_sideways_scrolling()
    page.evaluate(axe_source())
    assert page.evaluate(SERIOUS) == []


def test_the_landing_page_leads_to_tiles(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/ogc/")
    visitor.page.get_by_role("link", name="Vektorkacheln aller Sammlungen").click()
    visitor.page.wait_for_load_state("networkidle")
    rows = visitor.page.locator("table tbody tr")
    assert rows.count() > 10
    visitor.page.get_by_role("link", name="Kachelschema WebMercatorQuad").click()
    expect(visitor.page.locator("table tbody tr")).to_have_count(23)
