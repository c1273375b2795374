"""The three jobs, from the start page to the answer."""

import re

import pytest
from playwright.sync_api import Page, expect

from geo_service.auth.models import Role
from tests.browser.conftest import PASSWORD, Visit, Visitor
from tests.sample_land import PUBLIC_KEYS

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["de", "en"])
WIDTHS = pytest.mark.parametrize("width", [1440, 390])

WORDS = {
    "de": {
        "area": "Angebotene Fläche ab (m²)",
        "land": "Flächen zeigen",
        "net": "Netto",
        "skip": "zur Liste",
        "why": "Warum so viel?",
        "transit": "Wie nah ist der Nahverkehr?",
        "shops": "Ladenlokale zeigen",
        "rent": "Angebotsmiete",
        "map": "Auf der Karte zeigen",
        "sites": "Alle 3 Standorte",
        "known": "Was ist bekannt?",
        "proposal": "Vorschlag",
        "contest": "Anstoß",
        "sign in": "Anmelden",
        "pair": "Warum dieses Paar?",
    },
    "en": {
        "area": "Area on offer from (m²)",
        "land": "Show land",
        "net": "Net",
        "skip": "to the list",
        "why": "Why this much?",
        "transit": "How near is public transport?",
        "shops": "Show shop premises",
        "rent": "Asking rent",
        "map": "Show on the map",
        "sites": "All 3 sites",
        "known": "What is known?",
        "proposal": "Proposal",
        "contest": "Start-up contest",
        "sign in": "Sign in",
        "pair": "Why this pair?",
    },
}


def tab_to(page: Page, text: str, most: int = 60) -> None:
    """Press Tab until the link, button or headline with this text has the focus, and it can be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.locator(":is(a, button, summary):focus")
        if focus.count() and text in (focus.inner_text() or focus.get_attribute("aria-label") or ""):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"{text!r} cannot be reached by Tab")


def land_answer(visitor: Visitor, words: dict[str, str]) -> None:
    """Check the page of a parcel: how much, why, how near."""
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name=words["why"])).to_be_visible()
    expect(page.get_by_role("heading", name=words["transit"])).to_be_visible()
    expect(page.locator("dl.six")).to_contain_text(words["net"])
    assert visitor.no_sideways_scrolling()


@BOTH
@WIDTHS
def test_find_land_by_mouse(visit: Visit, width: int, language: str) -> None:
    words = WORDS[language]
    visitor = visit(width, language)
    visitor.go("/")
    assert visitor.no_sideways_scrolling()
    visitor.page.get_by_label(words["area"]).fill("3000")
    visitor.page.get_by_role("button", name=words["land"]).click()
    visitor.page.wait_for_url("**/flaechen?area_min=3000")
    visitor.page.locator("a[href$='" + PUBLIC_KEYS[0] + "']").first.click()
    visitor.page.wait_for_load_state("networkidle")
    land_answer(visitor, words)


@BOTH
@WIDTHS
def test_find_land_by_keyboard(visit: Visit, width: int, language: str) -> None:
    words = WORDS[language]
    visitor = visit(width, language)
    visitor.go("/")
    page = visitor.page
    page.get_by_label(words["area"]).focus()
    page.keyboard.type("3000")
    tab_to(page, words["land"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/flaechen?area_min=3000")
    tab_to(page, words["skip"])
    page.keyboard.press("Enter")
    tab_to(page, "Speicherstraße 12", most=12)  # three headings that sort, and three stops in each row
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    land_answer(visitor, words)


@BOTH
@WIDTHS
def test_find_premises(visit: Visit, width: int, language: str) -> None:
    words = WORDS[language]
    visitor = visit(width, language)
    visitor.go("/")
    visitor.page.get_by_role("button", name=words["shops"]).click()
    visitor.page.wait_for_url(re.compile(r"/leerstand\??$"))
    visitor.page.get_by_role("link", name="Kreuzstraße 7").first.click()
    expect(visitor.page.locator("dl.six")).to_contain_text(words["rent"])
    assert visitor.no_sideways_scrolling()


@BOTH
@WIDTHS
def test_show_sites_and_one_on_the_map(visit: Visit, width: int, language: str) -> None:
    words = WORDS[language]
    visitor = visit(width, language)
    visitor.go("/")
    visitor.page.get_by_role("link", name=words["sites"]).click()
    visitor.page.get_by_role("link", name="Energiecampus").first.click()
    expect(visitor.page.get_by_role("heading", name=words["known"])).to_be_visible()
    assert visitor.no_sideways_scrolling()
    visitor.page.get_by_role("link", name=words["map"]).click()
    expect(visitor.page.locator(".leaflet-popup h2").first).to_have_text("Energiecampus")


@BOTH
@WIDTHS
def test_show_a_site_by_keyboard(visit: Visit, width: int, language: str) -> None:
    words = WORDS[language]
    visitor = visit(width, language)
    visitor.go("/")
    page = visitor.page
    tab_to(page, words["sites"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/standorte")
    tab_to(page, "Energiecampus")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=words["known"])).to_be_visible()
    tab_to(page, words["map"])
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h2").first).to_have_text("Energiecampus")
    expect(page.locator(".leaflet-popup-content :focus, .leaflet-popup-content > :focus")).to_have_count(1)


@BOTH
@WIDTHS
def test_match_by_keyboard(visit: Visit, width: int, language: str) -> None:
    words = WORDS[language]
    visitor = visit(width, language)
    visitor.go("/")
    page = visitor.page
    tab_to(page, words["sign in"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in*")
    page.locator("#name").focus()
    page.keyboard.type(f"test.{Role.VACANCY_MANAGER.value}")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "sign-in" not in address)
    page.wait_for_load_state("networkidle")
    tab_to(page, words["contest"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/anstoss")
    tab_to(page, "Runde im Browser")
    page.keyboard.press("Enter")
    page.wait_for_url("**/anstoss/runde-im-browser")
    expect(page.get_by_role("heading", name=words["proposal"], exact=True)).to_be_visible()
    tab_to(page, words["pair"])
    page.keyboard.press("Enter")
    expect(page.locator("details[open]").first).to_be_visible()
    assert visitor.no_sideways_scrolling()


@BOTH
@WIDTHS
def test_vacancy_manager_sees_the_proposal(visit: Visit, width: int, language: str) -> None:
    words = WORDS[language]
    visitor = visit(width, language)
    visitor.sign_in(Role.VACANCY_MANAGER)
    page = visitor.page
    page.get_by_role("link", name=words["contest"]).first.click()
    page.wait_for_url("**/anstoss")
    page.wait_for_load_state("networkidle")
    page.locator("a[href^='/anstoss/']").first.click()
    expect(page.get_by_role("heading", name=words["proposal"], exact=True)).to_be_visible()
    assert visitor.no_sideways_scrolling()


def test_filter_answers_without_a_button_and_back_works(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/flaechen")
    page = visitor.page
    page.get_by_label("Angebotene Fläche ab (m²)").fill("50000")
    page.keyboard.press("Tab")
    expect(page.locator("#results .summary")).to_contain_text("1 Fläche")
    assert "area_min=50000" in page.url
    assert "area_max" not in page.url
    page.go_back()
    expect(page.locator("#results .summary")).to_contain_text("5 Flächen")


def test_enter_in_a_filter_is_one_step_of_the_history(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/flaechen")
    page = visitor.page
    steps = page.evaluate("window.history.length")
    page.get_by_label("Angebotene Fläche ab (m²)").press_sequentially("50000")
    page.keyboard.press("Enter")
    expect(page.locator("#results .summary")).to_contain_text("1 Fläche")
    page.wait_for_timeout(1_000)  # the answer to the second of the two events
    assert page.evaluate("window.history.length") == steps + 1
    page.go_back()
    expect(page.locator("#results .summary")).to_contain_text("5 Flächen")
    assert page.url == f"{visitor.server}/flaechen"


def test_english_by_one_click_and_it_stays(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/flaechen?area_min=100")
    visitor.page.get_by_role("link", name="English").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Land")
    assert "area_min=100" in visitor.page.url
    visitor.go("/standorte")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sites")


def test_a_placement_is_confirmed_in_the_browser(visit: Visit) -> None:
    visitor = visit(390)
    visitor.sign_in(Role.VACANCY_MANAGER)
    page = visitor.page
    visitor.go("/anstoss/runde-im-browser")
    page.locator("summary", has_text="Vermittlung bestätigen").click()
    day, reason = page.get_by_label("Einzug am"), page.get_by_label("Begründung für die Vermittlung")
    wanted = day.input_value()
    button = page.get_by_role("button", name="Vermittlung bestätigen")
    reason.fill("beide wollen")
    button.click()  # without the tick that both sides agreed nothing is sent
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_label("Beide Seiten haben zugesagt.").check()
    day.fill("2000-01-02")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("steht am Tag vor dem Einzug nicht leer")
    expect(reason).to_have_value("beide wollen")
    assert [fault for fault in visitor.faults if not re.match("409 |Failed to load", fault)] == []
    visitor.faults.clear()  # the answer 409, and the browser's note of it
    assert visitor.no_sideways_scrolling()
    day.fill(wanted)
    page.get_by_label("Beide Seiten haben zugesagt.").check()
    button.click()
    placements = page.locator("section[aria-labelledby=decisions]")
    expect(placements).to_contain_text("Konzept im Browser → Laden Kreuzstraße, Kreuzstraße 7: Einzug")
    expect(page).to_have_url(re.compile("/anstoss/runde-im-browser$"))
    expect(page.locator("summary", has_text="Vermittlung bestätigen")).to_have_count(0)
