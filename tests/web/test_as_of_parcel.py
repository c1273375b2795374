"""The page of a parcel as of any day: what it tells is computed for the day, and says so."""

from datetime import date

import httpx
import pytest

from geo_service.auth.models import Role
from tests.http_fixtures import SignedIn
from tests.web.dated import FLOODED, FREE, GERMAN, NEW, POLLUTED, RETIRED, SOLD, on, sample, words_of

__all__ = ["sample"]

pytestmark = pytest.mark.usefixtures("sample")


@pytest.fixture
def planner(signed_in: SignedIn) -> httpx.Client:
    return signed_in(Role.PLANNER)


def ask(client: httpx.Client, key: str, day: date | str = "", **headers: str) -> httpx.Response:
    return client.get(f"/flaechen/{key}?as_of={day}", headers=GERMAN | headers)


def german(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def test_today_is_as_stored_and_any_other_day_as_computed(planner: httpx.Client) -> None:
    now = words_of(planner.get(f"/flaechen/{FLOODED}", headers=GERMAN))
    assert "Netto 200.000 m²" in now
    assert f"Neuer Graben ab {german(on(200))}" in now, "known, but not counted yet"
    assert "Stichtag " + german(on(0)) not in now
    then = words_of(ask(planner, FLOODED, on(200)))
    assert "Netto 150.000 m²" in then
    assert "Neuer Graben" in then
    assert f"Stichtag {german(on(200))}." in then
    assert "ÖV, Leerstände, Bodenrichtwert, tatsächliche Nutzung und Eigentum sind von heute." in then
    assert f"berechnet für den {german(on(200))}" in then
    assert "Netto 200.000 m²" in words_of(ask(planner, FLOODED, on(199)))


def test_a_delay_ends_with_the_day(planner: httpx.Client) -> None:
    before = words_of(ask(planner, POLLUTED, on(599)))
    assert f"frei ab {german(on(600))}" in before
    assert f"Verfügbar ab {german(on(600))}" in before
    after = words_of(ask(planner, POLLUTED, on(600)))
    assert "Nichts: Weder Restriktion noch Belegung verzögert diese Fläche." in after
    assert "Verfügbar ab an diesem Tag" in after
    assert f"frei ab {german(on(600))}" in words_of(ask(planner, POLLUTED, on(-200)))


def test_what_is_sold_by_then_is_not_on_offer(planner: httpx.Client, client: httpx.Client) -> None:
    assert "nicht im Angebot" not in words_of(ask(planner, SOLD, on(299)))
    then = words_of(ask(planner, SOLD, on(300)))
    assert "nicht im Angebot verkauft" in then
    assert "nicht im Angebot in Nutzung" not in then
    public = words_of(ask(client, SOLD, on(300)))
    assert "verkauft" not in public
    assert "in Nutzung" not in public


def test_the_page_tells_what_the_interface_tells(planner: httpx.Client) -> None:
    told = planner.get(f"/api/parcels/{FLOODED}/availability", params={"as_of": str(on(250))}).json()
    page = words_of(ask(planner, FLOODED, on(250)))
    assert told["net_m2"] == 150_000
    assert f"Größtes nutzbares Stück {told['usable']['piece_m2']:,.0f} m²".replace(",", ".") in page


def test_links_keep_the_day_and_the_map_says_that_it_does_not(planner: httpx.Client) -> None:
    day = on(599)
    page = ask(planner, POLLUTED, day).text
    for address in (
        f'href="/flaechen?as_of={day}"',
        f'href="/api/parcels/{POLLUTED}/availability?as_of={day}"',
        f'hx-get="/flaechen/{POLLUTED}/nachbarn?as_of={day}"',
        f"scope=parcel:{POLLUTED}&amp;as_of={day}",
        f'href="/flaechen/{POLLUTED}">',  # today
    ):
        assert address in page, address
    assert "Auf der Karte zeigen (Stand heute)" in page
    assert f"as_of={day}" in ask(planner, POLLUTED, day).text.partition("English")[0]
    neighbours = planner.get(f"/flaechen/{POLLUTED}/nachbarn?as_of={day}", headers=GERMAN)
    assert neighbours.status_code == 200
    assert "as_of" not in planner.get(f"/flaechen/{POLLUTED}", headers=GERMAN).text.replace(
        'id="as_of" name="as_of"', ""
    ).replace('for="as_of"', "")


@pytest.mark.parametrize(
    "typed",
    [
        "29.02.2027",
        "0000-01-01",
        "２０２８-04-01",
        "31.02.2028",
        "1234567890",
        "1899-12-31",
        "2201-01-01",
        "bald",
    ],
)
def test_what_is_no_day_is_told_beside_the_field_and_kept(client: httpx.Client, typed: str) -> None:
    page = ask(client, FREE, typed)
    assert page.status_code == 200
    assert f'value="{typed}"' in page.text
    assert 'aria-describedby="as_of-error"' in page.text
    assert "Bitte einen Tag des Kalenders von 1900 bis 2200 eingeben" in words_of(page)
    assert "Netto 200.000 m²" in words_of(page)
    english = words_of(ask(client, FREE, typed, **{"accept-language": "en"}))
    assert "Please enter a day of the calendar from 1900 to 2200" in english


def test_days_may_be_written_as_people_do(client: httpx.Client) -> None:
    assert "Netto 150.000 m²" in words_of(ask(client, FLOODED, german(on(200))))


def test_a_parcel_that_is_gone_or_not_yet_there(client: httpx.Client) -> None:
    assert ask(client, RETIRED).status_code == 404
    assert "Netto 200.000 m²" in words_of(ask(client, RETIRED, on(-101)))
    assert ask(client, RETIRED, on(-100)).status_code == 404
    assert "Netto 200.000 m²" in words_of(ask(client, NEW, on(500)))
    assert ask(client, NEW, on(499)).status_code == 404
    assert client.get(f"/flaechen/{RETIRED}/verfahren?as_of={on(-101)}").status_code in {200, 404}


def test_a_day_on_which_the_parcel_was_not_there_is_told_beside_the_field(client: httpx.Client) -> None:
    page = ask(client, FREE, "1999-12-31")
    assert "An diesem Tag stand das Flurstück nicht im Kataster." in words_of(page)
    assert 'value="1999-12-31"' in page.text
    assert "Netto 200.000 m²" in words_of(page)
