"""The overview map in a real browser."""

import re

import pyproj
import pytest
import shapely
from playwright.sync_api import Page, expect

from geo_service.auth.models import Role
from geo_service.city import load_city
from tests.browser.conftest import PASSWORD, Visit
from tests.browser.hostile import PARCEL_KEY
from tests.sample_land import PUBLIC_KEYS

pytestmark = pytest.mark.browser
NEAR = "#map=17/51.5053/7.4739"
"""View of the sample's parcels."""
PAINTED = """
() => [...document.querySelectorAll("canvas.leaflet-tile")].some((canvas) => {
  if (!canvas.width) return false;
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  for (let place = 0; place < pixels.length; place += 4) {
    const [red, green, blue, alpha] = pixels.slice(place, place + 4);
    if (alpha > 120 && blue > 180 && red < 140 && green > 140) return true;
  }
  return false;
})
"""
"""Whether a tile shows the blue of "short term"."""


@pytest.mark.parametrize("width", [1440, 390])
def test_first_view(visit: Visit, width: int) -> None:
    visitor = visit(width)
    visitor.go("/maps/overview")
    visitor.wait_for_map()
    page = visitor.page
    assert page.title() == "Karte · Flächenatlas Dortmund"
    expect(page.locator(".demo-ribbon")).to_be_visible()
    expect(page.locator(".folium-map .map-label--districts").first).to_be_attached()
    expect(page.locator(".vacancy-marker, .vacancy-cluster").first).to_be_visible()
    expect(page.locator("[data-records-target] table").first).to_be_visible()
    assert visitor.no_sideways_scrolling()
    box = page.locator("#map_overview").bounding_box()
    assert box is not None
    assert box["height"] > 300


def test_parcels_are_painted_by_horizon(visit: Visit) -> None:
    visitor = visit()
    visitor.go(f"/maps/overview{NEAR}")
    visitor.wait_for_map()
    visitor.page.wait_for_function(PAINTED)


def test_failed_tiles_are_told_in_words(visit: Visit) -> None:
    visitor = visit()
    refusal = {"status": 503, "content_type": "application/problem+json", "body": '{"status": 503}'}
    visitor.page.route("**/tiles/WebMercatorQuad/**", lambda route: route.fulfill(**refusal))
    visitor.go(f"/maps/overview{NEAR}")
    visitor.wait_for_map()
    expect(visitor.page.locator("[data-map-status]")).to_contain_text(
        "Ein Teil der Karte konnte nicht geladen werden"
    )
    ours = [fault for fault in visitor.faults if not re.match(r"503 |Failed to load resource", fault)]
    visitor.faults.clear()  # what remains is the answer 503 itself, and the browser's note of it
    assert ours == []


EDITED = """async () => {
  const tile = "/ogc/collections/restrictions/tiles/WebMercatorQuad/14/5448/8532";
  const told = async (word) => (await (await fetch(tile)).text()).includes(word);
  const items = "/ogc/collections/restrictions/items";
  const ring = [[7.474, 51.504], [7.475, 51.504], [7.475, 51.505], [7.474, 51.505], [7.474, 51.504]];
  const properties = {restriction_key: "tile-1", kind: "water", effect: "excludes", severity: "severe",
    title: "Vorher"};
  const geometry = {type: "Polygon", coordinates: [ring]};
  const headers = {"Content-Type": "application/geo+json"};
  const before = await told("Vorher");
  const body = JSON.stringify({type: "Feature", geometry, properties});
  const made = await fetch(items, {method: "POST", headers, body});
  const created = await told("Vorher");
  const address = made.headers.get("location");
  const change = JSON.stringify({properties: {title: "Danach"}});
  const state = {...headers, "If-Match": made.headers.get("etag")};
  const changed = await fetch(address, {method: "PATCH", headers: state, body: change});
  const after = await told("Danach");
  await fetch(address, {method: "DELETE", headers: {"If-Match": changed.headers.get("etag")}});
  return [before, created, after, await told("Danach")];
}"""


def test_a_tile_in_the_browser_follows_each_edit_at_once(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_in(Role.PLANNER)
    assert visitor.page.evaluate(EDITED) == [False, True, True, False]


@pytest.mark.parametrize("width", [1440, 390])
def test_click_tells_what_lies_there(visit: Visit, width: int) -> None:
    visitor = visit(width)
    visitor.go(f"/maps/overview#focus=parcel:{PUBLIC_KEYS[0]}")
    visitor.wait_for_map()
    page = visitor.page
    popup = page.locator(".leaflet-popup")
    expect(popup.get_by_role("heading")).to_have_text("Speicherstraße 12")
    expect(popup).to_contain_text("3.950\u202fm² ohne Splitter (netto 4.000\u202fm²) von 5.000\u202fm²")
    box, frame = popup.bounding_box(), page.locator("#map_overview").bounding_box()
    assert box is not None
    assert frame is not None
    assert box["x"] >= frame["x"] - 1
    assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
    x, y = page.evaluate(  # the map has moved to show the whole popup
        "(({x, y}) => [x, y])(map_overview.latLngToContainerPoint(map_overview._popup.getLatLng()))"
    )
    page.keyboard.press("Escape")
    expect(popup).to_have_count(0)
    page.mouse.click(frame["x"] + x, frame["y"] + y)
    expect(page.locator(".leaflet-popup h2").first).to_have_text("Speicherstraße 12")
    page.locator(".leaflet-popup a.kern-link").first.click()
    page.wait_for_url(f"**/flaechen/{PUBLIC_KEYS[0]}")


def test_view_and_layers_are_in_the_address(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/maps/overview#map=15/51.505/7.475&layers=grade,stops")
    visitor.wait_for_map()
    page = visitor.page
    assert page.locator("input[name=land][value=grade]").is_checked()
    assert not page.locator("input[name=layer][value=sites]").is_checked()
    assert page.locator("[data-legend=grade]").is_visible()
    assert not page.locator("[data-legend=horizon]").is_visible()
    page.get_by_label("Zukunftsstandorte").check()
    assert "layers=grade,sites,stops" in page.url
    assert page.url.split("#")[1].startswith("map=15/51.50500/7.47500")
    page.go_back()
    expect(page.get_by_label("Zukunftsstandorte")).not_to_be_checked()
    page.go_forward()
    expect(page.get_by_label("Zukunftsstandorte")).to_be_checked()


def test_link_can_be_copied(visit: Visit) -> None:
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    visitor.go(f"/maps/overview{NEAR}")
    visitor.wait_for_map()
    page = visitor.page
    page.get_by_role("button", name="Link zu dieser Ansicht kopieren").click()
    expect(page.locator("[data-map-status]")).to_have_text("Der Link zu dieser Ansicht ist kopiert.")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_map_by_keyboard(visit: Visit) -> None:
    visitor = visit()
    visitor.go(f"/maps/overview#focus=parcel:{PUBLIC_KEYS[1]}")
    visitor.wait_for_map()
    page = visitor.page
    expect(page.locator(".leaflet-popup h2")).to_have_text("Speicherstraße 14")
    page.evaluate("""() => { const map = GeoMap.maps.get("map_overview");
        map.eachLayer((layer) => {
          if (layer instanceof L.Popup) map.setView(layer.getLatLng(), 18, {animate: false});
        }); }""")
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    expect(page.locator("#map_overview")).to_be_focused()
    before = page.url
    page.keyboard.press("ArrowRight")
    expect(page).not_to_have_url(before)
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h2").first).to_have_text("Speicherstraße 14")


@pytest.mark.parametrize("width", [1440, 390])
def test_search_by_keyboard_leads_to_the_record(visit: Visit, width: int) -> None:
    visitor = visit(width)
    visitor.go("/maps/overview")
    visitor.wait_for_map()
    page = visitor.page
    page.locator("#site-search").focus()
    page.keyboard.type("Energiec")
    expect(page.locator("#site-search-list [role=option]").first).to_contain_text("Energiecampus")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#site-search")).to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h2").first).to_have_text("Energiecampus")
    assert "focus=site:energiecampus" in page.url


MARKED = """() => {
  const frame = document.querySelector("#map_overview").getBoundingClientRect();
  const mark = document.querySelector("path.map-found").getBoundingClientRect();
  const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
  return middle(mark).map((at, axis) => at - middle(frame)[axis]);
}"""
"""How far the mark is from the middle of the map, pixels."""


@pytest.mark.parametrize(
    ("width", "typed", "name"),
    [
        (1440, "hafn", "Hafen vrr"),
        (390, "Hörde", "Hörde"),
        (1440, "Speicherstr", "Speicherstraße, Bodelschwingh"),
    ],
)
def test_what_the_search_found_is_marked_until_escape(
    visit: Visit, width: int, typed: str, name: str
) -> None:
    visitor = visit(width, "de", reduced_motion="reduce")
    visitor.go("/maps/overview")
    visitor.wait_for_map()
    page = visitor.page
    mark, label = page.locator("path.map-found"), page.locator(".map-found-label")
    page.fill("#site-search", typed)
    page.locator("#site-search-list [role=option]").filter(has_text=name.partition(",")[0]).first.click()
    expect(label).to_have_text(name)
    expect(label).to_be_in_viewport()
    assert [abs(each) < 12 for each in page.evaluate(MARKED)] == [True, True], "it lies in the middle"
    said = page.locator("[data-map-status]")
    expect(said).to_have_text(f"Auf der Karte bezeichnet: {name}. Esc nimmt es weg.")
    page.keyboard.press("Escape")
    expect(mark).to_have_count(0)
    expect(label).to_have_count(0)
    expect(said).to_have_text("")


def test_a_hit_of_another_page_is_marked_until_the_next_search(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/suche?q=hafn")
    page = visitor.page
    page.get_by_role("link", name="Hafen vrr").first.click()
    expect(page.locator(".map-found-label")).to_have_text("Hafen vrr")
    page.fill("#site-search", "Energiecampus")
    page.locator("#site-search-list [role=option]").first.click()
    expect(page.locator(".leaflet-popup h2").first).to_have_text("Energiecampus")
    expect(page.locator("path.map-found")).to_have_count(0)


def test_suggestions_close_with_escape_and_say_when_there_are_none(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/")
    page = visitor.page
    page.fill("#site-search", "Energie")
    expect(page.locator("#site-search-list [role=option]").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#site-search-list")).to_be_hidden()
    page.fill("#site-search", "qqqqqqqq")
    expect(page.locator("[data-search-status]")).to_contain_text("Kein Treffer")


def test_table_follows_the_view(visit: Visit) -> None:
    visitor = visit()
    visitor.go(f"/maps/overview{NEAR}")
    visitor.wait_for_map()
    page = visitor.page
    summary = page.locator("[data-records-target] .summary")
    expect(summary).to_contain_text("mit bekanntem Zeitpunkt")
    page.evaluate("GeoMap.maps.get('map_overview').setView([51.45, 7.40], 16)")
    expect(summary).to_contain_text("keine Fläche")
    page.evaluate("GeoMap.maps.get('map_overview').setView([51.5053, 7.4739], 16)")
    link = page.locator(f"[data-focus='parcel:{PUBLIC_KEYS[1]}']")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h2")).to_have_text("Speicherstraße 14")


def test_skip_link_leads_past_the_map(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/maps/overview")
    page = visitor.page
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Zum Inhalt springen")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Karte überspringen, zur Tabelle")


def test_portable_file_works_without_network(visit: Visit, tmp_path_factory: pytest.TempPathFactory) -> None:
    online = visit(accept_downloads=True)
    online.go("/maps/overview")
    with online.page.expect_download() as download:
        online.page.get_by_role("link", name="Als Datei mitnehmen (HTML)").click()
    path = tmp_path_factory.mktemp("portable") / "karte.html"
    download.value.save_as(path)
    offline = visit(390, offline=True)
    offline.page.goto(path.as_uri())
    expect(offline.page.locator(".vacancy-marker, .vacancy-cluster").first).to_be_visible()
    outline = shapely.get_coordinates(load_city("dortmund").boundary).T
    longitudes, latitudes = pyproj.Transformer.from_crs(25832, 4326, always_xy=True).transform(*outline)
    inside = "(box) => GeoMap.maps.get('map_overview').getBounds().contains(box)"
    corners = [[min(latitudes), min(longitudes)], [max(latitudes), max(longitudes)]]
    assert offline.page.evaluate(inside, corners), "the whole city is seen"
    offline.page.locator("path.leaflet-interactive").first.dispatch_event("click")
    expect(offline.page.locator(".leaflet-popup h2").first).to_be_visible()
    assert offline.no_sideways_scrolling()


@pytest.mark.parametrize("width", [1440, 390])
def test_whole_city_is_in_the_first_view(visit: Visit, width: int) -> None:
    visitor = visit(width)
    visitor.go("/maps/overview")
    visitor.wait_for_map()
    west, south, east, north = load_city("dortmund").bbox
    inside = "(box) => GeoMap.maps.get('map_overview').getBounds().contains(box)"
    assert visitor.page.evaluate(inside, [[south, west], [north, east]])


def test_what_has_no_place_is_said_so(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/maps/overview#focus=site:cleanport")
    visitor.wait_for_map()
    expect(visitor.page.locator("[data-map-status]")).to_contain_text("Es gibt keinen Ort dazu.")
    assert len(visitor.faults) == 2  # the answer 404, and the browser's note of it
    visitor.faults.clear()


PLACE = """
async (key) => {
  const found = await (await fetch(`/maps/record?kind=parcel&key=${key}`)).json();
  const map = GeoMap.maps.get("map_overview");
  const point = map.latLngToContainerPoint([found.latitude, found.longitude]);
  const box = map.getContainer().getBoundingClientRect();
  return [box.left + point.x, box.top + point.y];
}
"""
"""Where a parcel lies on the screen."""


def test_back_and_forward_show_each_answer_again(visit: Visit) -> None:
    visitor = visit()
    visitor.go(f"/maps/overview{NEAR}")
    visitor.wait_for_map()
    page = visitor.page
    title = page.locator(".leaflet-popup h2")
    streets = ["Speicherstraße 12", "Speicherstraße 14"]
    for key, street in zip(PUBLIC_KEYS, streets, strict=False):
        page.mouse.click(*page.evaluate(PLACE, key))
        expect(title.first).to_have_text(street)
        page.wait_for_timeout(500)
    for _ in range(2):
        page.go_back()
        expect(title.first).to_have_text(streets[0])
        assert f"focus=parcel:{PUBLIC_KEYS[0]}" in page.url
        page.wait_for_timeout(500)
        page.go_forward()
        expect(title.first).to_have_text(streets[1])
        assert f"focus=parcel:{PUBLIC_KEYS[1]}" in page.url
        page.wait_for_timeout(500)
    page.go_back()
    expect(title.first).to_have_text(streets[0])
    page.wait_for_timeout(500)
    page.go_back()
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    assert "focus" not in page.url
    page.go_forward()
    expect(title.first).to_have_text(streets[0])


@pytest.mark.parametrize("language", ["de", "en"])
def test_link_of_a_long_popup_is_seen_without_scrolling_on_a_phone(visit: Visit, language: str) -> None:
    visitor = visit(390, language)
    visitor.go(f"/maps/overview#focus=parcel:{PARCEL_KEY}")
    visitor.wait_for_map()
    content, link = visitor.page.locator(".leaflet-popup-content"), visitor.page.locator(".popup-item a")
    expect(link).to_be_visible()
    assert content.evaluate("(box) => box.scrollHeight > box.clientHeight"), "longer than the popup shows"
    frame, box = content.bounding_box(), link.bounding_box()
    assert frame is not None
    assert box is not None
    assert frame["y"] <= box["y"]
    assert box["y"] + box["height"] <= frame["y"] + frame["height"]
    visitor.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visitor.page.wait_for_url(f"**/flaechen/{PARCEL_KEY}")
    assert visitor.no_sideways_scrolling()


@pytest.mark.parametrize("language", ["de", "en"])
def test_table_of_the_largest_parcels_fits_a_phone(visit: Visit, language: str) -> None:
    visitor = visit(390, language)
    visitor.go("/maps/overview")
    visitor.wait_for_map()
    assert visitor.no_sideways_scrolling()
    table = visitor.page.locator("[data-records-target] table")
    scroller = visitor.page.locator("[data-records-target] .table-scroll")
    assert scroller.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    one_line = "(box) => { box.textContent = 'Die 20 größten Flächen'; return box.clientHeight < 40; }"
    assert table.locator("caption").evaluate(one_line)
    for link in visitor.page.locator("[data-records-target] a").all():
        link.click(trial=True)
    table.locator("[data-focus]").first.click()
    expect(visitor.page.locator(".leaflet-popup")).to_be_in_viewport()


VIEW = "map=16/51.50530/7.47390&layers=horizon,sites&as_of=2030-01-01&within=7.4739,51.5053,900"


def a_view(visit: Visit) -> tuple[Page, str]:
    """Open a link to an area on a later day; also return what the address says of it."""
    visitor = visit()
    visitor.go(f"/maps/overview#{VIEW}")
    visitor.wait_for_map()
    expect(visitor.page.locator(".leaflet-popup-content").first).to_contain_text("01.01.2030")
    return visitor.page, visitor.page.url.split("#")[1]


def test_the_other_language_keeps_view_layers_day_and_drawing(visit: Visit) -> None:
    page, before = a_view(visit)
    page.get_by_role("link", name="English").click()
    expect(page.locator("html[lang=en]")).to_be_attached()
    expect(page.locator(".leaflet-popup-content").first).to_contain_text("1 Jan 2030")
    assert page.url.split("#")[1] == before
    assert before.startswith("map=16/51.5")
    assert "as_of=2030-01-01&within=7.4739,51.5053,900" in before


def test_the_sign_in_comes_back_to_the_view(visit: Visit) -> None:
    page, before = a_view(visit)
    page.get_by_role("link", name="Anmelden").click()
    page.fill("#name", f"test.{Role.PLANNER.value}")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile("/maps/overview#map="))
    expect(page.locator(".leaflet-popup-content").first).to_contain_text("01.01.2030")
    assert page.url.split("#")[1] == before


@pytest.mark.parametrize("width", [1440, 390])
def test_without_a_script_a_notice_leads_to_the_tables(visit: Visit, width: int) -> None:
    visitor = visit(width, java_script_enabled=False)
    visitor.go("/maps/overview")
    page = visitor.page
    frame = page.locator(".map-frame")
    notice, links = frame.locator("noscript p").first, frame.locator("noscript a")
    expect(notice).to_be_visible()
    assert notice.inner_text().startswith("Die Karte braucht JavaScript.")
    box, around = notice.bounding_box(), frame.bounding_box()
    assert box is not None
    assert around is not None
    assert box["x"] >= 12, "not at the edge"
    assert around["height"] < 200, "no empty map"
    assert [each.inner_text() for each in links.all()] == [
        "Flächen",
        "Leerstände",
        "Standorte",
    ]
    for hidden in (".map-box", ".draw-tools", ".map-hint", ".map-panel"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator("[data-records-target] table").first).to_be_visible()
    links.nth(1).click()
    page.wait_for_url("**/leerstand")
