"""axe-core finds nothing on pages in a state of their own; test_every_page.py has all pages as they are."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from geo_service.auth.models import Role
from tests.browser.conftest import Visit, Visitor, axe_source
from tests.sample_land import PUBLIC_KEYS

pytestmark = pytest.mark.browser
RULES = json.dumps({"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
PAGES = [
    f"/maps/overview#focus=parcel:{PUBLIC_KEYS[0]}",
    "/flaechen?area_min=viel",
    "/flaechen?area_min=900000000",
    "/standorte/cleanport",
    "/leerstand",
    f"/auswahl?pick=parcel:{PUBLIC_KEYS[0]}&pick=premises:L-0&pick=site:energiecampus&pick=nie",
    "/sign-in",
    "/suche?q=speicher",
]


def violations(visitor: Visitor) -> list[str]:
    """Run axe on the page and tell what it finds."""
    page = visitor.page
    page.evaluate(axe_source())
    found: dict[str, Any] = page.evaluate(f"axe.run(document, {RULES})")
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def open_all(visitor: Visitor) -> None:
    """Unfold everything that is folded."""
    visitor.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_public_page(visit: Visit, path: str, language: str) -> None:
    for width in (1440, 390):
        visitor = visit(width, language)
        visitor.go(path)
        if path.startswith("/maps"):
            visitor.wait_for_map()
        open_all(visitor)
        assert violations(visitor) == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_staff_answers(visit: Visit, language: str) -> None:
    visitor = visit(1440, language)
    visitor.sign_in(Role.ADMIN)
    for path in ("/anfragen?area_min=1000", "/berichte/flaechenbilanz?by=district"):
        visitor.go(path)
        open_all(visitor)
        assert violations(visitor) == [], path


@pytest.mark.parametrize("width", [1440, 390])
def test_file_to_take_along(visit: Visit, server: str, width: int) -> None:
    visitor = visit(width)
    page = visitor.page
    page.set_content(page.request.get(f"{server}/maps/files/land?area_min=1").text())
    open_all(visitor)
    region = page.locator(".scroll")
    expect(region).to_have_attribute("tabindex", "0")
    expect(page.get_by_role("region", name="Flächen")).to_be_visible()
    assert violations(visitor) == []
    assert region.evaluate("each => each.scrollWidth <= each.clientWidth"), "no column is cut"
    assert page.locator("td:visible", has_text="Innenstadt").count() > 0
    assert visitor.no_sideways_scrolling()


DARK = [
    "/", "/maps/overview", "/flaechen?area_min=viel", f"/flaechen/{PUBLIC_KEYS[0]}", "/leerstand", "/oev",
    "/standorte/energiecampus", "/daten", "/flaechenverbund?area_min=1",
    "/ogc/collections/parcels/items?f=html",
]  # fmt: skip


@pytest.mark.parametrize("path", DARK)
def test_dark_page_for_those_whose_system_is_dark(visit: Visit, path: str) -> None:
    visitor = visit(1440, "de", color_scheme="dark")
    visitor.go(path)
    if path.startswith("/maps"):
        visitor.wait_for_map()
    open_all(visitor)
    assert violations(visitor) == []
    assert visitor.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(0, 0, 0)"
    visitor.page.emulate_media(media="print")
    assert visitor.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_colours_of_a_legend_have_an_edge_that_is_seen_in_the_dark(visit: Visit) -> None:
    visitor = visit(color_scheme="dark")
    visitor.go("/maps/overview")
    visitor.wait_for_map()
    edge = (
        "(each) => getComputedStyle(each).borderTopWidth === '1px' && getComputedStyle(each).borderTopColor"
    )
    edges = visitor.page.locator(".swatch").evaluate_all(f"(all) => all.map({edge}).filter(Boolean)")
    light = [min(int(part) for part in re.findall(r"[0-9]+", each)[:3]) for each in edges]
    assert light
    assert min(light) > 200


def test_error_page(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/nirgends")
    assert violations(visitor) == []
    assert any("404" in fault for fault in visitor.faults)
    visitor.faults.clear()
