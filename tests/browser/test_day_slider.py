"""The slider over days on the availability map, by keyboard and by date, in a real browser."""

import json
import re
from datetime import date

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.test_accessible import violations
from tests.sample_land import PUBLIC_KEYS
from tests.sample_rows import TODAY

pytestmark = pytest.mark.browser
NEAR = "#map=17/51.5053/7.4739&layers=horizon"
LATER = "2028-04-01"
"""A day for which the parcel of the sample has no known date: a plan that was expected is not in force. What
is stored of it, written by hand, says short term (blue)."""
SHOWS = """
([red, green, blue]) => [...document.querySelectorAll("canvas.leaflet-tile")].some((canvas) => {
  if (!canvas.width) return false;
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    const off = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue);
    if (data[at + 3] > 120 && off < 24) return true;
  }
  return false;
})
"""
BLUE = [86, 180, 233]
"""Fill of the short term."""


def shown_day(page: Page) -> str:
    return page.locator("[data-day-control] output").inner_text()


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("width", [1440, 390])
def test_by_keyboard(visit: Visit, width: int, language: str) -> None:
    visitor = visit(width, language)
    visitor.go(f"/maps/overview{NEAR}")
    visitor.wait_for_map()
    page = visitor.page
    slider = page.get_by_label("Stichtag" if language == "de" else "As of", exact=True)
    if width < 600:
        page.locator("[data-sheet] summary").click()
    slider.focus()
    page.keyboard.press("ArrowRight")
    written = f"01.01.{TODAY.year + 1}" if language == "de" else f"1 Jan {TODAY.year + 1}"
    expect(slider).to_have_attribute("aria-valuetext", written)
    assert shown_day(page) == written
    expect(page).to_have_url(re.compile(rf"as_of={date(TODAY.year + 1, 1, 1)}"))
    page.keyboard.press("End")
    expect(page.locator("[data-figure='now:parcels']")).not_to_have_text("0")
    last = page.locator("[data-day-control]").get_attribute("data-days") or ""
    expect(page).to_have_url(re.compile(f"as_of={json.loads(last)[-1][0]}"))
    expect(page.locator(".records-loading")).to_have_count(0)
    assert visitor.no_sideways_scrolling()
    assert violations(visitor) == []
    page.get_by_role("button", name="zurück" if language == "de" else "back to").click()
    expect(slider).to_be_focused()
    expect(page).not_to_have_url(re.compile("as_of"))


def test_colours_figures_popup_table_and_address_follow_the_day(visit: Visit) -> None:
    visitor = visit()
    visitor.go(f"/maps/overview{NEAR}&focus=parcel:{PUBLIC_KEYS[0]}")
    visitor.wait_for_map()
    page = visitor.page
    page.wait_for_function(SHOWS, arg=BLUE)
    before = page.locator("[data-figure='short:parcels']").inner_text()
    page.get_by_label("oder genau am").fill(LATER)
    expect(page).to_have_url(re.compile(rf"as_of={LATER}.*focus=parcel:{PUBLIC_KEYS[0]}"))
    page.wait_for_function(f"(blue) => !({SHOWS})(blue)", arg=BLUE)
    expect(page.locator(".leaflet-popup").last).to_contain_text("01.04.2028")
    expect(page.locator(".leaflet-popup .badge").last).to_have_text("Zeitpunkt unbekannt")
    link = page.locator(".leaflet-popup a.kern-link").last
    expect(link).to_have_attribute("href", f"/flaechen/{PUBLIC_KEYS[0]}?as_of={LATER}")
    row = page.locator("[data-records-target] tr", has_text="Speicherstraße 12")
    expect(row.locator(".badge--horizon-undetermined")).to_be_visible()
    expect(page.locator("[data-figure='short:parcels']")).not_to_have_text(before)
    expect(page.locator("[data-stored-state]")).to_be_hidden()
    page.go_back()
    page.wait_for_function(SHOWS, arg=BLUE)
    expect(page.locator("[data-figure='short:parcels']")).to_have_text(before)
    visitor.faults[:] = [fault for fault in visitor.faults if "getImageData" not in fault]  # `SHOWS` itself


def test_a_shared_link_opens_on_its_day(visit: Visit) -> None:
    visitor = visit()
    visitor.go(f"/maps/overview{NEAR}&as_of={LATER}")
    visitor.wait_for_map()
    page = visitor.page
    expect(page.locator("[data-day-control] output")).to_have_text("01.04.2028")
    expect(page.get_by_label("oder genau am")).to_have_value(LATER)
    expect(page.locator("[data-figure='undetermined:parcels']")).to_have_text("3")
    visitor.go("/")
    visitor.go(f"/maps/overview{NEAR}&as_of=2028-99-99")
    visitor.wait_for_map()
    expect(page.locator("[data-day-status]")).to_contain_text("konnte nicht gerechnet werden")
    visitor.faults.clear()  # the answer 400 itself, and the browser's note of it


def test_waiting_and_failing_are_told_in_words(visit: Visit) -> None:
    visitor = visit()
    visitor.go(f"/maps/overview{NEAR}")
    visitor.wait_for_map()
    page, status = visitor.page, visitor.page.locator("[data-day-status]")
    answers = [503, 503]

    def refuse(route: object) -> None:
        code = answers.pop() if answers else 0
        if code:
            route.fulfill(status=code, headers={"Retry-After": "1"}, body="{}")  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route("**/maps/land/2028-04-01?*", refuse)
    page.get_by_label("oder genau am").fill(LATER)
    expect(status).to_have_text("Andere Fragen werden noch gerechnet. Dieser Tag kommt gleich an die Reihe.")
    expect(page).to_have_url(re.compile(rf"as_of={LATER}"))
    expect(status).to_have_text("")
    page.route("**/maps/land/2029-04-01?*", lambda route: route.abort())
    page.get_by_label("oder genau am").fill("2029-04-01")
    expect(status).to_contain_text("konnte nicht gerechnet werden")
    assert shown_day(page) == "01.04.2028"
    ours = [fault for fault in visitor.faults if not re.match(r"503 |Failed to load resource", fault)]
    visitor.faults.clear()
    assert ours == []


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", "Bitte einen Tag von 01.01.1900 bis 31.12.2200 angeben"),
        ("en", "Please give a day from 1 Jan 1900 to 31 Dec 2200"),
    ],
)
def test_a_day_out_of_bounds_is_told_beside_its_field(visit: Visit, language: str, told: str) -> None:
    visitor = visit(1440, language)
    visitor.go(f"/maps/overview{NEAR}")
    visitor.wait_for_map()
    page = visitor.page
    field, wrong = page.locator("#day-exact"), page.locator("#day-wrong")
    expect(wrong).to_be_hidden()
    before = shown_day(page)
    field.fill("1850-01-01")
    field.press("Enter")
    expect(wrong).to_contain_text(told)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("1850-01-01")
    assert shown_day(page) == before
    assert "as_of" not in page.url
    field.fill(LATER)
    expect(page).to_have_url(re.compile(rf"as_of={LATER}"))
    expect(wrong).to_be_hidden()
    visitor.go("/")
    visitor.go(f"/maps/overview{NEAR}&as_of=1850-01-01")
    visitor.wait_for_map()
    expect(wrong).to_contain_text(told)


def test_a_year_can_be_typed_digit_by_digit(visit: Visit) -> None:
    visitor = visit()
    visitor.go(f"/maps/overview{NEAR}")
    visitor.wait_for_map()
    page = visitor.page
    page.locator("#day-exact").focus()
    page.keyboard.type("04042028", delay=60)
    expect(page).to_have_url(re.compile(r"as_of=2028-04-04"))
    expect(page.locator("#day-wrong")).to_be_hidden()


def test_a_link_to_an_area_on_a_later_day_waits_for_the_day(visit: Visit) -> None:
    visitor = visit(1440, "de", reduced_motion="reduce")
    page, asked = visitor.page, []
    page.on("request", lambda sent: asked.append(sent.url) if "/maps/drawn" in sent.url else None)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**/maps/land/{LATER}*", hold)
    page.goto(f"{visitor.server}/maps/overview#map=14/51.5053/7.4739&as_of={LATER}&within=7.4739,51.5053,900")
    said = page.locator("[data-draw-tools] [role=status]")
    expect(said).to_have_text("Der Tag wird geladen, die Auskunft folgt …")
    page.wait_for_timeout(500)
    assert asked == [], "nothing is asked of another day"
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    held[0].continue_()
    popup = page.locator(".leaflet-popup-content")
    expect(popup).to_contain_text("davon am 01.04.2028 sofort")
    expect(popup.get_by_role("link").first).to_have_attribute("href", re.compile(f"as_of={LATER}"))
    expect(said).to_have_text("")
    assert [f"as_of={LATER}" in each for each in asked] == [True]


def test_a_link_to_a_record_on_a_later_day_waits_for_the_day(visit: Visit) -> None:
    visitor = visit()
    page, asked = visitor.page, []
    page.on("request", lambda sent: asked.append(sent.url) if "/maps/record?" in sent.url else None)
    page.goto(f"{visitor.server}/maps/overview#as_of={LATER}&focus=parcel:{PUBLIC_KEYS[0]}")
    expect(page.locator(".leaflet-popup h2").first).to_have_text("Speicherstraße 12")
    assert [f"as_of={LATER}" in each for each in asked] == [True]
