"""Nobody reads the other language: pages as every role, faults of forms, popups, words of scripts."""

import html
import json
import re
import tomllib
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from geo_service.auth.models import Role
from geo_service.web.language import words
from tests.http_fixtures import SignedIn
from tests.sample_land import PUBLIC_KEYS
from tests.web.catalogue import ROOT, sentences, translations
from tests.web.reading import foreign_sentences, foreign_texts, foreign_to, read
from tests.web.walk import STARTS, UNLINKED, page_of, pages

OF_EACH = (1, 2)
"""Pages of one kind that are read; two as the public and with all roles: one may lack what another has."""
HOST = "http://testserver"
EMPTY = {"lang": "", "action": "save"}
FAULTS: list[tuple[str, Role, dict[str, str]]] = [
    ("/ogc/collections/restrictions/new", Role.ADMIN, {}),
    (
        "/ogc/collections/restrictions/new",
        Role.ADMIN,
        {"valid_from": "31.02.2026", "geometry": "POLYGON((7.4 51.5, 7.5 51.5))", "reduction_share": "viel"},
    ),
    ("/ogc/collections/vacancies/new", Role.VACANCY_MANAGER, {}),
    ("/ogc/collections/vacancies/new", Role.VACANCY_MANAGER, {"premises_key": "nie", "status": "vacant"}),
    ("/ogc/collections/premises/new", Role.VACANCY_MANAGER, {"area_m2": "-3", "geometry": "POINT(7.4 51.5"}),
    ("/ogc/collections/premises/new", Role.VACANCY_MANAGER, {"area_m2": "viel", "geometry": "POINT(1 2)"}),
    ("/oev/neues-szenario", Role.PLANNER, {}),
    ("/daten/einbringen", Role.PLANNER, {}),
]
"""Form, whose it is, and what is typed wrongly into it."""
REFUSED = [
    "/nie", "/flaechen/nie", "/leerstand/nie", "/standorte/nie", "/ogc/collections/nie?f=html",
    "/ogc/collections/parcels/items/nie?f=html", "/ogc/collections/parcels/items?f=html&filter=flur LIKE 5",
    "/ogc/collections/parcels/items?f=html&limit=viel", "/anfragen", "/anstoss", "/oev?window=nie",
    "/flaechen?district=nie&area_min=viel&horizon=nie", "/leerstand?area_min=viel&use=nie",
    "/restriktionen?kind=nie", "/flaechenverbund?at_least_m2=viel", "/maps/overview?as_of=nie",
    f"/flaechen/{PUBLIC_KEYS[0]}?as_of=nie",
]  # fmt: skip
"""Addresses with something wrong in them."""


def links(page: httpx.Response) -> list[str]:
    """Return the addresses of this service that a page leads to."""
    found = re.findall(r'<a\b(?![^>]*\bdownload\b)[^>]*\bhref="([^"]+)"', page.text)
    addresses = (urljoin(str(page.url), html.unescape(each)).partition("#")[0] for each in found)
    return [each.removeprefix(HOST) for each in addresses if each.startswith(f"{HOST}/")]


def walked(person: httpx.Client, language: str, of_each: int) -> tuple[list[str], set[str]]:
    """Follow all links from the start page; return what is said in the other language, and the pages read."""
    known, wrong, asked = pages(), [], set()
    seen: dict[str, int] = {}
    waiting = [path.replace("?lang", "?") for path in STARTS]
    while waiting:
        address = waiting.pop(0)
        page = page_of(urlsplit(address).path, known)
        if page is None or address in asked or seen.get(page, 0) >= of_each or "lang=" in address:
            continue
        asked.add(address)
        answer = person.get(address, headers={"accept": "text/html", "accept-language": language})
        if answer.status_code != 200 or "text/html" not in answer.headers["content-type"]:
            continue
        seen[page] = seen.get(page, 0) + 1
        waiting += links(answer)
        wrong += [f"{address}: {each}" for each in foreign_sentences(read(answer.text))]
    return wrong, set(seen)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("role", [None, *Role])
def test_every_page_as_every_role(
    client: httpx.Client, signed_in: SignedIn, role: Role | None, language: str
) -> None:
    wrong, seen = walked(signed_in(role) if role else client, language, OF_EACH[role in {None, Role.ADMIN}])
    assert not wrong, "\n".join(wrong)
    if role is Role.ADMIN:
        assert pages().keys() - seen - UNLINKED == set()
    assert len(seen) > 25


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(("path", "role", "typed"), FAULTS)
def test_faults_of_forms(
    signed_in: SignedIn, path: str, role: Role, typed: dict[str, str], language: str
) -> None:
    person, asked = signed_in(role), {"accept": "text/html", "accept-language": language}
    before = read(person.get(path, headers=asked).text)
    headers = {**asked, "origin": HOST, "sec-fetch-site": "same-origin"}
    answer = person.post(path, data={**EMPTY, "lang": language, **typed}, headers=headers)
    after = read(answer.text)
    assert answer.status_code == 422, answer.text[:300]
    assert after.language == language
    assert set(after.texts) - set(before.texts) - set(typed.values())  # something is said
    assert foreign_texts(set(after.texts) - set(typed.values()), language) == []


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("path", REFUSED)
def test_what_is_refused(client: httpx.Client, path: str, language: str) -> None:
    answer = client.get(path, headers={"accept": "text/html", "accept-language": language})
    page = read(answer.text)
    assert page.language == language
    assert foreign_sentences(page) == []


def told(value: Any) -> list[str]:
    """Return the texts of a JSON document."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in told(each)]
    if isinstance(value, list):
        return [text for each in value for text in told(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("language", ["de", "en"])
def test_popups(client: httpx.Client, language: str) -> None:
    asked = {"accept-language": language}
    for kind, key in (("parcel", PUBLIC_KEYS[0]), ("premises", "L-0"), ("site", "energiecampus")):
        items = client.get(f"/maps/record?kind={kind}&key={key}", headers=asked).json()["items"]
        assert items[0]["lines"]
        assert foreign_texts(told(items), language) == []
    place = client.get(f"/maps/record?kind=parcel&key={PUBLIC_KEYS[0]}", headers=asked).json()
    where = f"lon={place['longitude']}&lat={place['latitude']}&tolerance_m=2000"
    layers = "parcels,vacancies,sites,stops,districts"
    items = client.get(f"/maps/identify?{where}&layers={layers}&lang={language}", headers=asked).json()
    assert len(items["items"]) > 2
    assert foreign_texts(told(items), language) == []


def settings_of(script: str, name: str) -> list[str]:
    """Return the texts of a member of the settings of a map."""
    place = script.find(f'"{name}": {{')
    return told(json.JSONDecoder().raw_decode(script, place + len(name) + 4)[0]) if place >= 0 else []


@pytest.mark.parametrize("language", ["de", "en"])
def test_words_of_scripts(client: httpx.Client, language: str) -> None:
    for address in (
        "/maps/overview.js",
        "/maps/data.js?of=/ogc/collections/vacancies/items?f=json",
        "/maps/data.js?of=/ogc/collections/parcels/tiles/WebMercatorQuad",
    ):
        script = client.get(f"{address}&lang={language}" if "?" in address else f"{address}?lang={language}")
        texts = [text for name in ("texts", "fields", "words") for text in settings_of(script.text, name)]
        assert ("Schließen" if language == "de" else "Close") in texts
        assert foreign_texts(texts, language) == []
    items = "/maps/data.js?of=/ogc/collections/vacancies/items?f=json"
    script = client.get(f"{items}&lang={language}")
    assert f'"vacant": "{"leer" if language == "de" else "vacant"}"' in script.text


def test_scripts_themselves_speak_no_language() -> None:
    german = foreign_to("en")
    for path in (ROOT / "geo_service/web/static/js").glob("*.js"):
        texts = re.findall(
            r"[\"'`]([^\"'`\n]*)[\"'`]", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        )
        assert [each for each in texts if each in german.whole or german.common.search(each)] == [], path


def test_no_translation_is_left_over() -> None:
    """Words of the cities' data are in the catalogue, too: uses and target groups of sites."""
    listed = (tomllib.loads(path.read_text()) for path in (ROOT / "data/cities").glob("*/sites.toml"))
    known = {
        word for sites in listed for site in sites["site"] for name in ("uses", "target_groups")
        for word in site.get(name, ())
    }  # fmt: skip
    wanted = {each for found in sentences() for each in ((found,) if isinstance(found, str) else found)}
    assert sorted(translations().keys() - wanted - known) == []
    assert sorted(known - translations().keys()) == []


def test_a_translation_that_is_lost_is_missed(client: httpx.Client) -> None:
    """The catalogue of the other language is that of the templates: what has no English stays German."""
    sentence, asked = "Dies ist eine Demo.", {"accept": "text/html", "accept-language": "en"}
    assert foreign_sentences(read(client.get("/ueber", headers=asked).text)) == []
    texts = words("en").texts
    assert isinstance(texts, dict)
    lost = texts.pop(sentence)
    try:
        found = foreign_sentences(read(client.get("/ueber", headers=asked).text))
    finally:
        texts[sentence] = lost
    assert any(sentence in each for each in found)
