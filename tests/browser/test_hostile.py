"""Texts that try to be code are shown as texts, everywhere."""

import pytest
from playwright.sync_api import expect

from geo_service.auth.models import Role
from tests.browser.conftest import Visit, Visitor
from tests.browser.hostile import ATTACK, PARCEL_KEY, PREMISES_KEY, SITE_SLUG

pytestmark = pytest.mark.browser


def untouched(visitor: Visitor) -> bool:
    return bool(visitor.page.evaluate("window.pwned === undefined && !document.querySelector('img[src=x]')"))


@pytest.mark.parametrize(
    ("kind", "key"), [("parcel", PARCEL_KEY), ("premises", PREMISES_KEY), ("site", SITE_SLUG)]
)
def test_popup(visit: Visit, kind: str, key: str) -> None:
    visitor = visit()
    visitor.go(f"/maps/overview#focus={kind}:{key}&layers=horizon,vacancies,sites,stops,districts")
    visitor.wait_for_map()
    title = visitor.page.locator(".leaflet-popup h2").first
    expect(title).to_contain_text("<img src=x onerror=")
    assert len(title.inner_text()) <= 121
    assert untouched(visitor)
    assert visitor.no_sideways_scrolling()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "path",
    [
        f"/flaechen/{PARCEL_KEY}",
        f"/leerstand/{PREMISES_KEY}",
        f"/standorte/{SITE_SLUG}",
        f"/auswahl?pick=parcel:{PARCEL_KEY}&pick=premises:{PREMISES_KEY}&pick=site:{SITE_SLUG}",
        "/flaechen",
        "/leerstand",
        "/standorte",
        "/",
        "/suche?q=" + "%22%3E%3Cimg%20src%3Dx%20onerror%3D%22window.pwned%3D1%22%3E",
    ],
)
def test_page(visit: Visit, path: str, width: int) -> None:
    visitor = visit(width)
    visitor.go(path)
    assert "onerror=" in visitor.page.content()
    assert untouched(visitor)
    assert visitor.no_sideways_scrolling()


def test_suggestions(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/")
    visitor.page.fill("#site-search", "Standort")
    expect(visitor.page.locator("#site-search-list [role=option]").first).to_contain_text("<img src=x")
    assert untouched(visitor)


def test_ranking(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_in(Role.INVESTOR_SUPPORT)
    visitor.go("/anfragen?area_min=50000")
    expect(visitor.page.locator("#fitting")).to_be_visible()
    assert untouched(visitor)


def test_portable_file(visit: Visit, server: str) -> None:
    visitor = visit()
    text = visitor.page.request.get(f"{server}/maps/overview.html").text()
    assert ATTACK not in text
    visitor.page.set_content(text)
    expect(visitor.page.locator(".folium-map .leaflet-pane").first).to_be_attached()
    assert untouched(visitor)
