"""What is noted is compared: in the cookie or in the address, for each caller what that one may see."""

import html
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from geo_service.web.picks import (
    COOKIE,
    LONGEST_COOKIE,
    MOST_PICKS,
    added,
    from_cookie,
    is_pick,
    read_picks,
    to_cookie,
)
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import PUBLIC_KEYS
from tests.sample_rows import SECRET, SECRET_RENTS
from tests.web.reading import foreign_sentences, read

PAGE: Final = "/auswahl"
PARCEL: Final = f"parcel:{PUBLIC_KEYS[0]}"
SHOP: Final = "premises:L-0"
SITE: Final = "site:energiecampus"
HOSTILE: Final = [
    "parcel:' OR 1=1 --", "premises:<script>alert(1)</script>", 'premises:"><img src=x>', "site:../../etc",
    "plot:a/b/c", "nie:x", "parcel", ":", "premises:", "premises:" + "ü" * 5000, "premises:a\x00b",
    "premises:\u202eevil", "site:%00", "premises:{{ 7*7 }}", "premises:;Path=/", "premises:a|b", "",
]  # fmt: skip


@pytest.fixture(autouse=True)
def city(sample: Sample, client: httpx.Client) -> Iterator[None]:
    assert sample
    client.cookies.delete(COOKIE) if COOKIE in client.cookies else None
    yield
    client.cookies.delete(COOKIE) if COOKIE in client.cookies else None


def address(*picks: str, **more: str) -> str:
    return f"{PAGE}?{urlencode([*(('pick', pick) for pick in picks), *more.items()])}"


def rows(page: str) -> list[str]:
    return re.findall(r'<tr class="kern-table__row" ?[^>]*>\s*<th[^>]*scope="row">.*?</tr>', page, re.DOTALL)


def count(page: str) -> str:
    found = re.search(r'id="tray".*?</a>', page, re.DOTALL)
    assert found
    return "".join(re.findall(r"\d+", found[0].partition('href="/auswahl"')[2]))


def plot(database: Database) -> str:
    with database.read() as connection:
        statement = "SELECT s.slug || '/' || p.slug FROM plots p JOIN sites s ON s.id = p.site_id LIMIT 1"
        return f"plot:{connection.execute(text(statement)).scalar_one()}"


@pytest.mark.parametrize("key", ["L-17", "ä?#&%/x y", "a|b~c", "\"'<>", "漢字", "x" * 150])
def test_what_is_written_into_a_cookie_is_read_from_it(key: str) -> None:
    picks = [PARCEL, f"premises:{key}"]
    written = to_cookie(picks)
    assert re.fullmatch(r"[A-Za-z0-9:%._~|-]+", written), "no sign that ends or quotes a cookie"
    assert from_cookie(written) == picks


def test_no_more_is_kept_than_fits() -> None:
    many = [f"premises:{number}" for number in range(100)]
    assert added([], many) == many[:MOST_PICKS] == read_picks(many)
    wide = [f"premises:{number}{'ü' * 140}" for number in range(20)]
    kept = added([], wide)
    assert 0 < len(kept) < len(wide)
    assert len(to_cookie(kept)) <= LONGEST_COOKIE
    assert added([PARCEL], [PARCEL]) == [PARCEL]


def test_noting_and_forgetting_without_a_script(client: httpx.Client) -> None:
    back = f"/flaechen/{PUBLIC_KEYS[0]}?lang=de"
    page = client.get(back).text
    assert "Merken" in page
    assert count(page) == ""
    answer = client.post(PAGE, data={"add": PARCEL, "back": back}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    page = client.get(back).text
    assert "Nicht mehr merken" in page
    assert count(page) == "1"
    assert f'value="{PARCEL}"' in page
    client.post(PAGE, data={"add": SHOP, "back": "/leerstand"})
    shown = client.get(f"{PAGE}?lang=de")
    assert shown.headers["cache-control"] == "no-store"
    assert len(rows(shown.text)) == 2
    client.post(PAGE, data={"remove": PARCEL, "back": PAGE})
    left = rows(client.get(f"{PAGE}?lang=de").text)
    assert len(left) == 1
    assert "Kreuzstraße 7" in left[0]
    client.post(PAGE, data={"clear": "1", "back": PAGE})
    assert "Hier steht noch nichts." in client.get(f"{PAGE}?lang=de").text


@pytest.mark.parametrize("path", ["/flaechen", "/leerstand", "/standorte", f"/flaechen/{PUBLIC_KEYS[0]}",
                                  "/leerstand/L-0", "/standorte/energiecampus"])  # fmt: skip
def test_lists_and_pages_offer_it(client: httpx.Client, path: str) -> None:
    page = client.get(path, params={"lang": "de"}).text
    offered = [html.unescape(each) for each in re.findall(r'name="add" value="([^"]*)"', page)]
    assert offered
    assert all(is_pick(each) for each in offered)
    assert len(set(re.findall(r'id="(pick-[^"]*)"', page))) == len(offered)


def test_with_a_script_only_the_button_and_the_count_are_made_anew(client: httpx.Client) -> None:
    sent = {"add": SHOP, "back": "/leerstand", "name": 'Laden "<b>"'}
    part = client.post(PAGE, data=sent, headers={"hx-request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert 'name="remove"' in part.text
    assert 'hx-swap-oob="true"' in part.text
    assert "<b>" not in part.text
    assert count(part.text) == "1"


def test_all_kinds_stand_side_by_side_with_the_figures_of_their_pages(
    client: httpx.Client, database: Database
) -> None:
    picks = [PARCEL, plot(database), SITE, SHOP]
    page = client.get(address(*picks, lang="de"))
    found = rows(page.text)
    assert len(found) == 4
    with database.read() as connection:
        area, net, offered, day = connection.execute(
            text(
                "SELECT p.area_m2, a.net_m2, u.offered_m2, a.available_from FROM parcels p"
                " JOIN availability a ON a.parcel_id = p.id"
                " JOIN usability u ON u.parcel_id = p.id WHERE p.parcel_key = :key"
            ),
            {"key": PUBLIC_KEYS[0]},
        ).one()
    for value in (area, net, offered):
        assert f"{value:,.0f}".replace(",", ".") in found[0]
    assert f"{day:%d.%m.%Y}" in found[0]
    assert "900" in found[3], "the asking rent is public"
    assert page.text.count("data-shape=") >= 3
    assert client.get(f"{PAGE}?lang=de").text.count("data-shape=") == 0


def test_what_may_not_be_seen_is_absent(
    client: httpx.Client, signed_in: SignedIn, database: Database
) -> None:
    with database.read() as connection:
        hidden = connection.execute(
            text(
                "SELECT parcel_key FROM parcels WHERE publication_objection AND valid @> current_date LIMIT 1"
            )
        ).scalar_one()
    picks = [f"parcel:{hidden}", "premises:L-1", "premises:L-2", SHOP]
    page = client.get(address(*picks, lang="de")).text
    assert len(rows(page)) == 1
    assert page.count("Entfernen") == 4
    assert SECRET not in page
    rent = f"{SECRET_RENTS[0]:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".")
    assert rent not in page
    planner = signed_in(Role.PLANNER).get(address(*picks, lang="de")).text
    assert len(rows(planner)) == 4
    assert rent not in planner
    manager = signed_in(Role.VACANCY_MANAGER).get(address(*picks, lang="de")).text
    assert rent in manager
    link = re.search(r'id="share" readonly value="([^"]*)"', manager)
    assert link
    shared = client.get(html.unescape(link[1])).text
    assert len(rows(shared)) == 1
    assert rent not in shared


@pytest.mark.parametrize("language", ["de", "en"])
def test_hostile_picks_are_told_and_harm_nothing(client: httpx.Client, language: str) -> None:
    page = client.get(address(*HOSTILE, SHOP, lang=language))
    assert page.status_code == 200
    assert len(rows(page.text)) == 1
    assert "<script>alert" not in page.text
    assert "<img src=x>" not in page.text
    assert "{{ 7*7 }}" in page.text
    assert ("Das gibt es nicht mehr" if language == "de" else "These no longer exist") in page.text
    for each in HOSTILE:
        for name in ("add", "remove", "pick"):
            answer = client.post(PAGE, data={name: each, "back": "/leerstand"}, follow_redirects=False)
            assert answer.status_code == 303
            assert "\n" not in answer.headers.get("set-cookie", "")
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    "cookie",
    ["", "|||", "%", "%ff%fe", "parcel:1|x", "premises:" + "a" * 5000, "premises:<b>|site:nie", "\"'"],
)
def test_a_cookie_of_any_kind_is_read(client: httpx.Client, cookie: str) -> None:
    answer = client.get(f"{PAGE}?lang=de", headers={"cookie": f"{COOKIE}={cookie}"})
    assert answer.status_code == 200
    assert rows(answer.text) == []
    assert "<b>" not in answer.text.partition("<main")[2]


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"]
)
def test_the_way_back_stays_in_the_service(client: httpx.Client, back: str) -> None:
    answer = client.post(PAGE, data={"add": SHOP, "back": back}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_other_sites_note_nothing_for_those_who_are_signed_in(signed_in: SignedIn) -> None:
    person = signed_in(Role.PLANNER)
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert person.post(PAGE, data={"add": SHOP}, headers=headers).status_code == 403
    assert COOKIE not in person.cookies


def test_a_full_selection_says_so(client: httpx.Client) -> None:
    client.post(PAGE, data={"pick": [f"premises:{number}" for number in range(MOST_PICKS)], "back": PAGE})
    answer = client.post(PAGE, data={"add": SHOP, "back": "/leerstand"}, follow_redirects=False)
    assert answer.headers["location"] == f"{PAGE}?full=1"
    page = client.get(f"{PAGE}?full=1&lang=de").text
    assert f"Es passen {MOST_PICKS} Einträge" in page
    part = client.post(PAGE, data={"add": SHOP, "back": "/leerstand"}, headers={"hx-request": "true"})
    assert f"{PAGE}?full=1" in part.text


def test_the_file_holds_what_is_public_only(client: httpx.Client, signed_in: SignedIn) -> None:
    query = urlencode([("pick", each) for each in (PARCEL, SHOP, "premises:L-2", SITE, *HOSTILE[:4])])
    as_public = client.get(f"/maps/files/selection?{query}&lang=de")
    assert as_public.status_code == 200
    assert "Kreuzstraße 7" in as_public.text
    as_manager = signed_in(Role.VACANCY_MANAGER).get(f"/maps/files/selection?{query}&lang=de")
    assert "Kaiserstraße" not in as_manager.text
    assert SECRET not in as_manager.text


def test_a_link_is_taken_over(client: httpx.Client) -> None:
    client.post(PAGE, data={"add": SHOP, "back": PAGE})
    page = client.get(address(PARCEL, SHOP, lang="de")).text
    assert "Diese Auswahl steht in der Adresse" in page
    client.post(PAGE, data={"pick": re.findall(r'name="pick" value="([^"]*)"', page), "back": PAGE})
    assert len(rows(client.get(f"{PAGE}?lang=de").text)) == 2


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_state_is_in_the_language_of_the_page(
    client: httpx.Client, database: Database, language: str
) -> None:
    picks = (PARCEL, plot(database), SITE, SHOP, "premises:nie")
    for path in (f"{PAGE}?lang={language}", address(*picks, lang=language), f"{PAGE}?lang={language}&full=1"):
        assert foreign_sentences(read(client.get(path).text)) == []
    assert COOKIE in client.get(f"/datenschutz?lang={language}").text
