"""Tools of the overview: measure, ask an area, where am I, print."""

import math
import re

import pyproj
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Visit, Visitor

pytestmark = pytest.mark.browser
GEOD = pyproj.Geod(ellps="sphere")
MIDDLE = "/maps/overview#map=14/51.5200/7.4600"


def opened(visit: Visit, width: int = 1440) -> tuple[Visitor, Page]:
    visitor = visit(width, "de", reduced_motion="reduce")  # a popup that glides cannot be clicked yet
    visitor.go(MIDDLE)
    visitor.wait_for_map()
    return visitor, visitor.page


def tool(page: Page, name: str) -> Locator:
    return page.locator("[data-draw-tools]").get_by_role("button", name=name, exact=True)


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a place on the map's element."""
    found = page.evaluate(
        "([x, y]) => GeoMap.maps.get('map_overview').containerPointToLatLng([x, y])", [x, y]
    )
    return found["lng"], found["lat"]


def click(page: Page, *places: tuple[float, float]) -> None:
    for x, y in places:
        page.locator("#map_overview").click(position={"x": x, "y": y})


def told(page: Page) -> str:
    return page.locator("[data-draw-tools] [role=status]").inner_text()


@pytest.mark.parametrize("width", [1440, 390])
def test_length_and_area_are_those_of_another_library(visit: Visit, width: int) -> None:
    visitor, page = opened(visit, width)
    corners = [(60.0, 120.0), (260.0, 110.0), (240.0, 230.0)]
    tool(page, "Messen").click()
    click(page, *corners, corners[-1])
    expect(page.locator("[data-draw-tools] [role=status]")).to_contain_text("Länge:")
    longitudes, latitudes = zip(*(place(page, *corner) for corner in corners), strict=True)
    metres = GEOD.line_length(longitudes, latitudes)
    hectares = abs(GEOD.polygon_area_perimeter(longitudes, latitudes)[0]) / 10_000
    length, unit, area = re.fullmatch(
        r"Länge: ([\d.,]+) (k?m) · eingeschlossene Fläche: ([\d.,]+) ha", told(page)
    ).groups()  # type: ignore[union-attr]  # the match is what is asserted
    shown = [float(each.replace(".", "").replace(",", ".")) for each in (length, area)]
    assert shown[0] * (1000 if unit == "km" else 1) == pytest.approx(metres, rel=0.01)
    assert shown[1] == pytest.approx(hectares, rel=0.01)
    assert page.locator(".leaflet-popup").count() == 0, "measuring asks nothing"
    assert visitor.no_sideways_scrolling()


def test_nothing_glides_for_those_who_ask_for_less_motion(visit: Visit) -> None:
    _, page = opened(visit)
    moved = page.evaluate(
        "() => { const map = GeoMap.maps.get('map_overview'), before = map.getCenter().lng;"
        " map.panBy([80, 0]); return [map.getCenter().lng - before, Boolean(map._panAnim?._inProgress)]; }"
    )
    assert moved[0] == pytest.approx(80 * 360 / 256 / 2**14, rel=0.01)
    assert moved[1] is False


def test_a_circle_is_asked_and_leads_to_the_same_list(visit: Visit) -> None:
    _, page = opened(visit)
    page.evaluate("GeoMap.maps.get('map_overview').setZoom(11, {animate: false})")
    tool(page, "Umkreis fragen").click()
    click(page, (500, 300), (700, 300))
    popup = page.locator(".leaflet-popup-content")
    expect(popup).to_contain_text("Flächen im Gebiet")
    expect(popup).to_contain_text("Leerstände im Gebiet")
    number = popup.locator("dd").first.inner_text()
    assert int(number) > 0
    link = page.url
    assert "&within=7." in link
    other = visit()
    other.page.goto(link)
    expect(other.page.locator(".leaflet-popup-content dd").first).to_have_text(number)
    assert other.page.url == link
    expect(tool(other.page, "Zeichnung löschen")).to_be_visible()
    tool(other.page, "Zeichnung löschen").click()
    assert "within" not in other.page.url
    other.page.go_back()
    expect(other.page.locator(".leaflet-popup-content dd").first).to_have_text(number)
    popup.get_by_role("link").first.click()
    page.wait_for_url("**/flaechen?within=*")
    expect(page.locator(".summary strong")).to_have_text(re.compile(rf"^{number} Flächen?$"))


def test_the_way_back_asks_the_area_again_and_its_answer_stays(visit: Visit) -> None:
    visitor, page = opened(visit)
    corner, other = place(page, 500, 300), place(page, 700, 400)
    area = ";".join(f"{x:.5f},{y:.5f}" for x, y in (corner, (other[0], corner[1]), other))
    visitor.go(f"{MIDDLE}&within={area}")
    answer = page.locator(".leaflet-popup-content").filter(has_text="Flächen im Gebiet")
    expect(answer).to_have_count(1)
    tool(page, "Zeichnung löschen").click()
    expect(answer).to_have_count(0)
    page.go_back()
    expect(answer).to_have_count(1)
    page.evaluate("window.dispatchEvent(new HashChangeEvent('hashchange'))")  # one step is told twice
    page.wait_for_timeout(300)
    expect(answer).to_have_count(1)
    page.go_forward()
    expect(answer).to_have_count(0)
    expect(tool(page, "Zeichnung löschen")).to_be_hidden()


def test_an_area_is_drawn_by_keyboard_and_cleared(visit: Visit) -> None:
    _, page = opened(visit)
    tool(page, "Gebiet fragen").focus()
    page.keyboard.press("Enter")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press("Enter")
        page.keyboard.press(key)
        page.wait_for_timeout(400)
    tool(page, "Fertig").click()
    expect(page.locator(".leaflet-popup-content")).to_contain_text("Flächen im Gebiet")
    tool(page, "Zeichnung löschen").click()
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    expect(tool(page, "Zeichnung löschen")).to_be_hidden()


def test_where_am_i(visit: Visit) -> None:
    _, page = opened(visit)
    page.context.set_geolocation({"latitude": 51.5, "longitude": 7.5, "accuracy": 30})
    page.context.grant_permissions(["geolocation"])
    tool(page, "Mein Standort").click()
    expect(page.locator("[data-draw-tools] [role=status]")).to_have_text("Ihr Standort, genau auf ± 30 m")
    page.wait_for_function("Math.abs(GeoMap.maps.get('map_overview').getCenter().lat - 51.5) < 0.001")


def test_where_am_i_refused_is_told(visit: Visit) -> None:
    _, page = opened(visit)
    page.context.clear_permissions()
    tool(page, "Mein Standort").click()
    expect(page.locator("[data-draw-tools] [role=status]")).to_contain_text("gibt Ihren Standort nicht frei")


def test_full_screen_and_print(visit: Visit) -> None:
    _, page = opened(visit)
    tool(page, "Vollbild").click()
    expect(tool(page, "Vollbild")).to_have_attribute("aria-pressed", "true")
    tool(page, "Vollbild").click()
    expect(tool(page, "Vollbild")).to_have_attribute("aria-pressed", "false")
    page.evaluate("window.print = () => { window.printed = true; }")
    tool(page, "Drucken").click()
    assert page.evaluate("window.printed")
    page.emulate_media(media="print")
    expect(page.locator("[data-draw-tools]")).to_be_hidden()
    expect(page.locator(".legend").first).to_be_visible()
    expect(page.locator("#map_overview")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_length_is_shown_on_the_way_and_the_map_stays_where_it_is(visit: Visit, width: int) -> None:
    visitor, page = opened(visit, width)
    frame, said = page.locator("#map_overview"), page.locator("[data-draw-tools] [role=status]")
    before = frame.bounding_box()
    assert before is not None
    tool(page, "Messen").click()
    assert frame.bounding_box() == before
    corners = [(60.0, 220.0), (260.0, 210.0)]
    click(page, *corners)
    longitudes, latitudes = zip(*(place(page, *corner) for corner in corners), strict=True)
    metres = GEOD.line_length(longitudes, latitudes)
    length = re.match(r"Länge: ([\d,]+) km", said.inner_text())
    assert length
    assert float(length[1].replace(",", ".")) * 1000 == pytest.approx(metres, rel=0.01)
    page.mouse.move(before["x"] + 240, before["y"] + 330)
    running = page.locator(".map-running")
    expect(running).to_contain_text("eingeschlossene Fläche")
    box = running.bounding_box()
    assert box is not None
    assert before["x"] <= box["x"]
    assert box["x"] + box["width"] <= before["x"] + before["width"]
    assert frame.bounding_box() == before
    tool(page, "Fertig").click()
    expect(running).to_have_count(0)
    expect(tool(page, "Zeichnung löschen")).to_be_visible()
    assert frame.bounding_box() == before
    assert visitor.no_sideways_scrolling()


def test_measuring_by_keyboard_tells_the_length_on_the_way(visit: Visit) -> None:
    _, page = opened(visit)
    tool(page, "Messen").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    said = page.locator("[data-draw-tools] [role=status]")
    metres = 80 * 40_075_016.686 / 256 / 2**14 * math.cos(math.radians(51.52))  # Leaflet moves by 80 pixels
    expect(said).to_contain_text(f"Länge: {metres:.0f} m")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(said).to_have_text(f"Länge: {metres:.0f} m")


@pytest.mark.parametrize("width", [1440, 390])
def test_an_answer_opens_below_the_row_of_the_tools(visit: Visit, width: int) -> None:
    visitor = visit(width, "de", reduced_motion="reduce")
    visitor.go("/maps/overview#map=16/51.5200/7.4600")
    visitor.wait_for_map()
    page = visitor.page
    tool(page, "Umkreis fragen").click()
    click(page, (180, 130), (180, 230))
    popup = page.locator(".leaflet-popup")
    expect(popup).to_contain_text("Flächen im Gebiet")
    row, answer, close, frame = (
        page.locator(name).bounding_box()
        for name in (
            ".draw-tools__said",
            ".leaflet-popup-content-wrapper",
            ".leaflet-popup-close-button",
            "#map_overview",
        )
    )
    assert row
    assert answer
    assert close
    assert frame
    assert row["height"] > 20, "the row with the button that clears the drawing lies upon the map"
    assert min(answer["y"], close["y"]) >= row["y"] + row["height"]
    assert answer["x"] >= frame["x"]
    assert answer["x"] + answer["width"] <= frame["x"] + frame["width"]
    tool(page, "Messen").click()
    expect(popup).to_have_count(0)


def test_an_answer_that_still_loads_does_not_open_over_a_tool(visit: Visit) -> None:
    _, page = opened(visit)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/maps/identify?*", hold)
    click(page, (500, 400))
    page.wait_for_timeout(500)
    assert len(held) == 1, "asked"
    tool(page, "Messen").click()
    with page.expect_response("**/maps/identify?*"):
        held[0].continue_()
    page.wait_for_timeout(500)
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    page.keyboard.press("Escape")
    page.unroute("**/maps/identify?*")
    click(page, (500, 400))
    expect(page.locator(".leaflet-popup")).to_be_visible()


def test_clusters_do_not_react_while_a_tool_is_active(visit: Visit) -> None:
    visitor = visit(1440, "de", reduced_motion="reduce")
    visitor.go("/maps/overview#map=9/51.5130/7.4600")
    visitor.wait_for_map()
    page = visitor.page
    group = page.locator(".vacancy-cluster").first
    expect(group).to_be_visible()
    box, frame = group.bounding_box(), page.locator("#map_overview").bounding_box()
    assert box
    assert frame
    tool(page, "Messen").click()
    group.focus()
    page.keyboard.press("Enter")
    click(page, (box["x"] + box["width"] / 2 - frame["x"], box["y"] + box["height"] / 2 - frame["y"]))
    click(page, (100, 300))
    expect(page.locator("[data-draw-tools] [role=status]")).to_contain_text("Länge:")
    assert page.evaluate("GeoMap.maps.get('map_overview').getZoom()") == 9
    page.keyboard.press("Escape")
    group.click()
    page.wait_for_function("GeoMap.maps.get('map_overview').getZoom() > 9")


def only_refused(visitor: Visitor) -> bool:
    """Tell whether nothing was noted but answers 400, and forget them."""
    refused = [fault for fault in visitor.faults if re.match(r"400 |Failed to load resource.* 400", fault)]
    others = len(visitor.faults) - len(refused)
    visitor.faults.clear()
    return bool(refused) and others == 0


@pytest.mark.parametrize("width", [1440, 390])
def test_an_area_that_crosses_itself_is_told_beside_the_drawing(visit: Visit, width: int) -> None:
    visitor, page = opened(visit, width)
    tool(page, "Gebiet fragen").click()
    click(page, (60, 150), (260, 300), (260, 150), (60, 300), (60, 150))
    said = page.locator("[data-draw-tools] [role=status]")
    expect(said).to_have_text("Die Linie des Gebiets kreuzt sich selbst. Bitte zeichnen Sie es neu.")
    expect(said).to_be_in_viewport()
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    assert only_refused(visitor)


@pytest.mark.parametrize("radius", ["500000", "0.01"])
def test_a_link_to_a_circle_of_no_good_size_is_told(visit: Visit, radius: str) -> None:
    visitor = visit(1440, "en")
    visitor.go(f"{MIDDLE}&within=7.46,51.52,{radius}")
    said = visitor.page.locator("[data-draw-tools] [role=status]")
    expect(said).to_contain_text("The radius of the circle must be between 1 m and 50 km.")
    expect(said).to_be_in_viewport()
    assert only_refused(visitor)


def test_a_second_click_on_the_middle_is_told(visit: Visit) -> None:
    _, page = opened(visit)
    tool(page, "Umkreis fragen").click()
    click(page, (500, 300), (500, 300))
    assert "Der zweite Punkt muss an einer anderen Stelle liegen als die Mitte." in told(page)
    click(page, (600, 300))
    expect(page.locator(".leaflet-popup-content")).to_contain_text("Flächen im Gebiet")


@pytest.mark.parametrize(("name", "corners"), [("Messen", 2), ("Gebiet fragen", 4)])
def test_a_line_and_an_area_end_by_a_double_click(visit: Visit, name: str, corners: int) -> None:
    _, page = opened(visit)
    tool(page, name).click()
    places = [(300.0, 200.0), (600.0, 200.0), (600.0, 450.0), (300.0, 450.0)][:corners]
    click(page, *places[:-1])
    x, y = places[-1]
    page.locator("#map_overview").dblclick(position={"x": x, "y": y})
    expect(tool(page, name)).to_have_attribute("aria-pressed", "false")
    if corners > 2:
        expect(page.locator(".leaflet-popup-content")).to_contain_text("Flächen im Gebiet")
        assert page.url.split("within=")[1].count(";") == corners - 1
    else:
        assert told(page).startswith("Länge:")
    page.wait_for_timeout(400)
    assert page.evaluate("GeoMap.maps.get('map_overview').getZoom()") == 14, "the second click does not zoom"


def test_an_area_ends_by_enter_on_its_last_corner(visit: Visit) -> None:
    _, page = opened(visit)
    tool(page, "Gebiet fragen").focus()
    page.keyboard.press("Enter")
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press("Enter")
        page.keyboard.press(key)
        page.wait_for_timeout(400)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content")).to_contain_text("Flächen im Gebiet")


def test_a_new_drawing_takes_the_place_of_the_one_before(visit: Visit) -> None:
    _, page = opened(visit)
    tool(page, "Umkreis fragen").click()
    click(page, (500, 300), (600, 300))
    expect(page.locator(".leaflet-popup-content")).to_contain_text("Flächen im Gebiet")
    drawn = page.locator("path[stroke='#B3005E']")
    expect(drawn).to_have_count(1)
    tool(page, "Gebiet fragen").click()
    expect(drawn).to_have_count(0)
    assert "within" not in page.url
    page.keyboard.press("Escape")
    page.go_back()
    expect(drawn).to_have_count(1)


def test_the_hint_goes_with_the_first_use(visit: Visit) -> None:
    _, page = opened(visit)
    hint = page.locator(".map-hint")
    expect(hint).to_be_visible()
    tool(page, "Messen").click()
    expect(hint).to_have_count(0)
    page.reload()
    expect(hint).to_be_visible()
    click(page, (500, 400))
    expect(page.locator(".leaflet-popup")).to_be_visible()
    expect(hint).to_have_count(0)
