"""Pages about land on phone and desk: nothing is cut off or broken into letters; axe finds nothing."""

import re

import pytest
from playwright.sync_api import Route, expect

from geo_service.auth.models import Role
from tests.browser.conftest import Visit, Visitor
from tests.browser.hostile import PARCEL_KEY
from tests.browser.test_accessible import open_all, violations
from tests.sample_land import PUBLIC_KEYS

pytestmark = pytest.mark.browser
HORIZONS = "&".join(f"horizon={word}" for word in ("now", "short", "mid", "long", "undetermined"))
PAGES = [
    f"/flaechen/{PUBLIC_KEYS[0]}",
    f"/flaechen/{PARCEL_KEY}",
    "/flaechen?horizon=short",
    f"/flaechenverbund?at_least_m2=1.000&across_m=20&{HORIZONS}",
    "/flaechenverbund?at_least_m2=900.000&district=nowhere",
    "/was-waere-wenn",
    f"/was-waere-wenn?without=kind:contamination&scope=parcel:{PUBLIC_KEYS[0]}",
    "/was-waere-wenn?without=kind:contamination&scope=site:energiecampus",
    "/berichte",
    "/berichte/flaechenbilanz?from=2019-01-01&by=horizon&by=district",
    "/berichte/flaechenbilanz/flurstuecke?from=2019-01-01&stage=closing",
    "/standorte/energiecampus",
    f"/flaechen?as_of=2029-06-01&{HORIZONS}",
    "/flaechen?as_of=29.02.2027",
    f"/flaechen/{PUBLIC_KEYS[0]}?as_of=2029-06-01",
]
NARROW = """() => [...document.querySelectorAll("main td, main tbody th")].filter((cell) => {
  const box = cell.getBoundingClientRect();
  return box.width > 0 && box.width < 64 && box.height > 100 && cell.textContent.trim().length > 8;
}).map((cell) => cell.textContent.trim().slice(0, 60))"""
"""Cells so narrow that their words fall into letters."""
CUT_OFF = """() => [...document.querySelectorAll("main .table-scroll")].filter((frame) =>
  frame.scrollWidth > frame.clientWidth + 1 && !frame.closest(".why")
).map((frame) => `${frame.getAttribute("aria-label")} ${frame.scrollWidth} > ${frame.clientWidth}`)"""
"""Tables that go on beyond the page's width."""


def staff(visit: Visit, width: int, language: str) -> Visitor:
    visitor = visit(width, language)
    visitor.sign_in(Role.ADMIN)
    return visitor


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_cut_off_or_broken_into_letters(visit: Visit, width: int, language: str) -> None:
    visitor = staff(visit, width, language)
    for path in PAGES:
        visitor.go(path)
        assert visitor.no_sideways_scrolling(), path
        assert visitor.page.evaluate(NARROW) == [], path


@pytest.mark.parametrize("path", [PAGES[0], PAGES[2], PAGES[3], PAGES[6], PAGES[9], PAGES[10]])
def test_tables_of_land_show_all_their_columns(visit: Visit, path: str) -> None:
    for width in (1280, 390):
        visitor = staff(visit, width, "de")
        visitor.go(path)
        tables = visitor.page.evaluate(CUT_OFF)
        own = [name for name in tables if not name.startswith(("Nächste Halte", "Reisezeiten", "Verfahren"))]
        assert own == [], (path, width)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(visit: Visit, width: int, language: str) -> None:
    visitor = staff(visit, width, language)
    for path in PAGES:
        visitor.go(path)
        open_all(visitor)
        assert violations(visitor) == [], path


def test_a_wrong_choice_keeps_the_filter_open_on_a_phone(visit: Visit) -> None:
    visitor = visit(390)
    visitor.go("/flaechenverbund?at_least_m2=5&district=nowhere")
    assert visitor.page.locator("#district-error").is_visible()
    visitor.go("/flaechenverbund?at_least_m2=5")
    assert not visitor.page.locator("#district").is_visible()


def test_what_is_wrong_is_told_beside_the_field_though_only_the_list_is_loaded(visit: Visit) -> None:
    visitor = visit(1280)
    visitor.go("/flaechen?as_of=29.02.2027")
    field = visitor.page.locator("#as_of")
    assert visitor.page.locator("#as_of-error").is_visible()
    visitor.page.locator("#area_min").fill("viel")
    visitor.page.locator("#area_max").focus()
    visitor.page.locator("#area_min-error").wait_for()
    assert visitor.page.locator("#area_min").get_attribute("aria-describedby") == "area_min-error"
    assert visitor.page.locator("#as_of-error").is_visible()
    field.fill("28.02.2027")
    visitor.page.locator("#area_min").fill("1")
    visitor.page.locator("#area_max").focus()
    visitor.page.wait_for_url("**/flaechen?as_of=28.02.2027&area_min=1&*")
    visitor.page.locator("#results").get_by_text("Stichtag 28.02.2027").wait_for()
    assert visitor.page.locator(".field-error").count() == 0
    visitor.page.get_by_role("link", name="heute", exact=True).click()
    visitor.page.wait_for_url("**/flaechen?area_min=1*")
    assert visitor.page.locator("#as_of").input_value() == ""


def test_a_list_that_takes_long_says_that_it_is_computed(visit: Visit) -> None:
    visitor = visit(1280)
    visitor.go("/flaechen")
    waiting: list[Route] = []
    visitor.page.route("**/flaechen?*2029-01-01*", lambda route, _: waiting.append(route))
    visitor.page.locator("#as_of").fill("2029-01-01")
    results = visitor.page.locator("#results")
    expect(results).to_have_class(re.compile("htmx-request"))
    note = "(each) => getComputedStyle(each, '::before').content"
    assert results.evaluate(note) == '"Wird gerechnet …"'
    waiting[0].continue_()
    expect(results).not_to_have_class(re.compile("htmx-request"))
    assert results.evaluate(note) == "none"
