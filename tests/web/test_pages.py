"""Every page: answers, in its language, without inline code, without anything confidential."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from geo_service.auth.models import Role
from geo_service.db import Database
from tests.sample_city import Sample
from tests.sample_land import ANNOUNCED_KEY, OBJECTED_KEY, PUBLIC_KEYS
from tests.sample_rows import SECRET, SECRET_RENTS
from tests.web.catalogue import translations
from tests.web.reading import foreign_sentences, read

HTML = {"accept": "text/html"}
PARCEL = f"/flaechen/{PUBLIC_KEYS[0]}"
PUBLIC_PAGES = [
    "/",
    "/maps/overview",
    "/flaechen",
    "/flaechen?area_min=abc",
    "/flaechen?area_min=900000000",
    PARCEL,
    "/flaechenverbund",
    "/flaechenverbund?at_least_m2=5.000&horizon=short&horizon=undetermined",
    "/flaechenverbund?at_least_m2=900000",
    "/flaechenverbund?at_least_m2=abc",
    "/standorte",
    "/standorte/energiecampus",
    "/standorte/cleanport",
    "/leerstand",
    "/restriktionen",
    "/leerstand?use=office",
    "/leerstand/L-0",
    "/suche?q=speicher",
    "/suche",
    "/sign-in?error=wrong",
    "/ueber",
    "/impressum",
    "/datenschutz",
    "/barrierefreiheit",
]
STAFF_PAGES = {
    "/anfragen": Role.INVESTOR_SUPPORT,
    "/anfragen?area_min=1000&use=GE&horizon=short": Role.INVESTOR_SUPPORT,
    "/anfragen?by=morgen": Role.INVESTOR_SUPPORT,
    "/anstoss": Role.VACANCY_MANAGER,
    "/berichte": Role.PLANNER,
    "/daten/einbringen": Role.PLANNER,
    "/berichte/flaechenbilanz": Role.PLANNER,
    "/berichte/flaechenbilanz?from=2019-01-01&to=2026-06-01&by=horizon&by=owner_kind": Role.INVESTOR_SUPPORT,
    "/berichte/flaechenbilanz?from=morgen&by=farbe": Role.PLANNER,
    "/berichte/flaechenbilanz/flurstuecke?stage=opening&from=2019-01-01": Role.PLANNER,
    "/was-waere-wenn": Role.PLANNER,
    "/was-waere-wenn?without=kind:leased&without=kind:contamination": Role.VACANCY_MANAGER,
    f"/was-waere-wenn?without=kind:contamination&scope=parcel:{PUBLIC_KEYS[0]}": Role.PLANNER,
    "/was-waere-wenn?without=restriction:99999&ending=occupancy:1@morgen": Role.PLANNER,
}
KEY_LINK = r'href="/flaechen/([0-9_]{20})"'
SignedIn = Callable[[Role | str], httpx.Client]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_public_page(client: httpx.Client, path: str, language: str) -> None:
    answer = client.get(path, headers={**HTML, "accept-language": language})
    assert answer.status_code == 200, answer.text
    check_page(answer, language)
    assert SECRET not in answer.text
    assert not any(str(rent) in answer.text for rent in SECRET_RENTS)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("path", STAFF_PAGES)
def test_staff_page(signed_in: SignedIn, path: str, language: str) -> None:
    answer = signed_in(STAFF_PAGES[path]).get(path, headers={**HTML, "accept-language": language})
    assert answer.status_code == 200, answer.text
    check_page(answer, language)
    assert answer.headers["cache-control"] == "no-store"


def check_page(answer: httpx.Response, language: str) -> None:
    """Check language, structure and the header policy of a page."""
    page = read(answer.text)
    assert page.language == language == answer.headers["content-language"]
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    assert [
        link for link in page.links if urlsplit(link).netloc and "wirtschaftsfoerderung" not in link
    ] == []
    assert "<h1" in answer.text
    assert "None" not in page.texts
    assert foreign_sentences(page) == []


def test_the_language_check_finds_a_planted_sentence(client: httpx.Client) -> None:
    text = client.get("/ueber", headers={**HTML, "accept-language": "en"}).text
    planted = text.replace("What does net mean?", "Was heißt netto?").replace(">Sources<", ">Quellen<")
    found = foreign_sentences(read(planted))
    assert [any(said in each for each in found) for said in ("Was heißt netto?", "Quellen")] == [True, True]


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_staff_pages_ask_to_sign_in(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 401
    assert "Bitte anmelden" in answer.text
    assert "/sign-in?next=" in answer.text


def test_other_roles_may_not(signed_in: SignedIn) -> None:
    answer = signed_in(Role.PLANNER).get("/anstoss", headers=HTML)
    assert answer.status_code == 403
    assert "Kein Zugang" in answer.text
    assert "/anstoss" not in read(answer.text).links


@pytest.mark.parametrize(
    "path",
    [
        f"/flaechen/{OBJECTED_KEY}",
        f"/flaechen/{ANNOUNCED_KEY}",
        "/flaechen/051249003009990000__",
        "/flaechen/unfug",
        "/standorte/gibt-es-nicht",
        "/leerstand/L-1",
        "/leerstand/L-2",
        "/nirgends",
    ],
)
def test_what_is_not_public_is_not_found_in_words(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert "Nicht gefunden" in answer.text
    assert SECRET not in answer.text
    check_page(answer, "de")


def test_programs_get_problem_documents(client: httpx.Client) -> None:
    answer = client.get("/flaechen/unfug", headers={"accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    data = client.get("/api/parcels/unfug/availability", headers=HTML)
    assert data.headers["content-type"] == "application/problem+json"


def test_list_holds_the_published_parcels_only(client: httpx.Client, signed_in: SignedIn) -> None:
    shown = set(re.findall(KEY_LINK, client.get("/flaechen").text))
    assert shown == set(PUBLIC_KEYS)
    staff = signed_in(Role.PLANNER).get("/flaechen").text
    assert set(re.findall(KEY_LINK, staff)) == {*PUBLIC_KEYS, ANNOUNCED_KEY}
    unknown = signed_in(Role.PLANNER).get("/flaechen?category=unknown").text
    assert set(re.findall(KEY_LINK, unknown)) == {OBJECTED_KEY}  # its category is of another computation
    assert "auch Land, das nicht im Angebot ist" in unknown


def test_summary_adds_up(client: httpx.Client) -> None:
    text = client.get("/flaechen").text
    assert "<strong>4 Flächen</strong>" in text
    assert "1,6\u202fha im Angebot, davon 0,0\u202fha sofort (netto mit Splittern 1,6\u202fha)." in text


def test_wrong_field_is_explained_beside_it_and_kept(client: httpx.Client) -> None:
    text = client.get("/flaechen?area_min=viel").text
    assert 'id="area_min-error"' in text
    assert 'value="viel"' in text
    assert 'aria-invalid="true"' in text


@pytest.mark.parametrize("part", [False, True])
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/flaechen?area_min=abc&by=2028-13-40", ["Fläche ab:", "gebraucht ab:"]),
        ("/leerstand?area_max=abc", ["Fläche bis:"]),
        ("/restriktionen?as_of=abc", ["Stichtag:"]),
    ],
)
def test_no_list_answers_a_filter_that_cannot_be_read(
    client: httpx.Client, path: str, told: list[str], *, part: bool
) -> None:
    headers = HTML | {"accept-language": "de"} | ({"hx-request": "true"} if part else {})
    right, wrong = (client.get(each, headers=headers).text for each in (path.partition("?")[0], path))
    assert 'class="kern-table record-table"' in right
    assert "record-table" not in wrong
    assert 'class="summary"' not in wrong
    assert [each for each in told if each not in wrong] == []
    assert "wird keine Liste gezeigt" in wrong


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/flaechen?grade=E", "grade"),
        ("/flaechen?district=nirgends", "district"),
        ("/leerstand?district=nirgends", "district"),
        ("/leerstand?quarter=nirgends", "quarter"),
        ("/anfragen?grade=F&area_min=100", "grade"),
        ("/anfragen?district=nirgends&area_min=100", "district"),
    ],
)
def test_wrong_choice_is_explained_in_the_language(
    signed_in: SignedIn, path: str, field: str, language: str
) -> None:
    answer = signed_in(Role.INVESTOR_SUPPORT).get(path, headers={**HTML, "accept-language": language})
    assert answer.status_code == 200
    said = {"de": "Diese Auswahl gibt es nicht.", "en": translations()["Diese Auswahl gibt es nicht."]}
    assert f'<p class="field-error" id="{field}-error">{said[language]}</p>' in answer.text
    assert answer.text.count("field-error") == 1
    check_page(answer, language)


def test_only_classes_of_the_shown_method_are_offered(client: httpx.Client) -> None:
    for path in ("/", "/flaechen"):
        choices = client.get(path).text.partition('name="grade"')[2].partition("</select>")[0]
        assert re.findall(r'value="(.)"', choices) == ["A", "B", "C", "D"]


def test_what_is_new_can_be_read_aloud(client: httpx.Client, database: Database) -> None:
    write = text(
        """
        INSERT INTO import_runs (kind, file_name, content_hash, counts, actor)
        VALUES ('gtfs', 'x.zip', 'hash-neu', '{"new": 275}', 'test')
        """
    )
    with database.begin("test") as connection:
        connection.execute(write)
    shown = client.get("/").text.partition('class="changes"')[2].partition("</ul>")[0]
    assert "Fahrplan: 275 neu" in " ".join(re.sub(r"<[^>]*>", "", shown).split())


def test_empty_list_says_what_to_loosen(client: httpx.Client) -> None:
    text = client.get("/flaechen?area_min=900000&use=GE").text
    assert "Keine Fläche erfüllt alle Bedingungen." in text
    assert re.search(r'href="/flaechen\?use=GE">ohne die Bedingung „Fläche ab“</a>: \d Fläche', text)
    assert "„Nutzung“" not in text


@pytest.mark.parametrize("order", ["net", "from", "grade", "ground"])
def test_pages_follow_each_other_without_gap(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    whole = re.findall(r'scope="row">.*?<a[^>]*href="/flaechen/([0-9_]{20})"', client.get("/flaechen").text)
    monkeypatch.setattr("geo_service.web.pages.land.PAGE_SIZE", 1)
    address: str | None = f"/flaechen?sort={order}"
    seen: list[str] = []
    while address and len(seen) < 10:
        text = client.get(address).text
        seen += re.findall(r'scope="row">.*?<a[^>]*href="/flaechen/([0-9_]{20})"', text)[:1]
        more = re.search(r'href="(/flaechen\?[^"]*after=[^"]*)"><span', text)
        address = more[1].replace("&amp;", "&") if more else None
    assert sorted(seen) == sorted(whole)


def listed(client: httpx.Client, query: str) -> list[str]:
    text = client.get(f"/flaechen?{query}").text
    return re.findall(r'scope="row">.*?<a[^>]*href="/flaechen/([0-9_]{20})"', text)


def test_brownfield_comes_before_green_field(client: httpx.Client) -> None:
    assert listed(client, "ground=brownfield") == [PUBLIC_KEYS[1]]
    assert listed(client, "category=gap&category=brownfield&piece_min=3.900&sort=ground") == [
        PUBLIC_KEYS[1],
        PUBLIC_KEYS[0],
    ]
    assert listed(client, "piece_min=3901") == []
    assert listed(client, "sort=ground")[:2] == [PUBLIC_KEYS[1], PUBLIC_KEYS[0]]
    assert 'aria-invalid="true"' in client.get("/flaechen?piece_min=viel").text


def test_what_a_company_holds_in_reserve_is_for_the_agency(client: httpx.Client, signed_in: SignedIn) -> None:
    assert listed(client, "category=company_reserve") == []
    assert listed(client, "category=gap") == [PUBLIC_KEYS[0]]
    planner = signed_in(Role.PLANNER)
    assert listed(planner, "category=company_reserve") == [PUBLIC_KEYS[0]]
    assert listed(planner, "category=gap") == []
    assert "ein Betrieb hält die Fläche" in planner.get(PARCEL).text
    assert "ein Betrieb hält die Fläche" not in client.get(PARCEL).text


def test_a_parcel_tells_its_usable_piece_and_what_it_is(client: httpx.Client, signed_in: SignedIn) -> None:
    text = " ".join(client.get(f"{PARCEL}?lang=en").text.split())
    assert "Largest usable piece</dt><dd>3,900 m²</dd>" in text
    assert "rectangle inside 98 m × 40 m, circle 40 m; street frontage 100 m" in text
    assert "Of it 50 m² are slivers, too narrow to be offered; 3,950 m² are offered." in text
    for said in (
        "gap between buildings</strong>. Unbuilt in a building area",
        "settled land",
        "producing firms",
    ):
        assert said in text
    stale = " ".join(signed_in(Role.PLANNER).get(f"/flaechen/{OBJECTED_KEY}?lang=en").text.split())
    assert "not on offer</dd>" in stale
    assert "Largest usable piece</dt><dd>unknown</dd>" in stale
    assert "What kind of land is this?" not in stale


@pytest.mark.parametrize("after", ["x", "~", "abc~1", "1~99999999999999999999", "-1~x"])
def test_strange_page_marks_begin_anew(client: httpx.Client, after: str) -> None:
    answer = client.get("/flaechen", params={"after": after})
    assert answer.status_code == 200
    assert "4 Flächen" in answer.text


def test_htmx_gets_the_list_alone(client: httpx.Client) -> None:
    answer = client.get("/flaechen?area_min=100", headers={"hx-request": "true"})
    assert "<html" not in answer.text
    assert "4 Flächen" in answer.text


def test_private_rent_is_for_letting_roles(client: httpx.Client, signed_in: SignedIn) -> None:
    rent = "7.741,13"
    assert rent not in client.get("/leerstand/L-0").text
    assert rent not in signed_in(Role.PLANNER).get("/leerstand/L-0").text
    assert rent in signed_in(Role.VACANCY_MANAGER).get("/leerstand/L-0").text


def test_threatened_vacancy_is_for_the_agency(client: httpx.Client, signed_in: SignedIn) -> None:
    assert "Kaiserstraße" not in client.get("/leerstand").text
    assert "Kaiserstraße" in signed_in(Role.VACANCY_MANAGER).get("/leerstand").text


@pytest.fixture
def coming_vacancy(sample: Sample, database: Database) -> Iterator[None]:
    """Let premises (L-1) whose tenant will leave in two months."""
    row = {"premises_id": sample.ids["premises-1"]}
    write = text(
        """
        INSERT INTO vacancies (premises_id, during, status, previous_use, note, source, is_demo)
        VALUES (:premises_id, daterange(current_date + 60, NULL), 'threatened', 'retail', '', 'Kommend', true)
        """
    )
    with database.begin("test") as connection:
        connection.execute(write, row)
    yield
    with database.begin("test") as connection:
        connection.execute(text("DELETE FROM vacancies WHERE source = 'Kommend'"))


@pytest.mark.usefixtures("coming_vacancy")
def test_coming_vacancy_is_for_the_agency(client: httpx.Client, signed_in: SignedIn) -> None:
    record = "/maps/record?kind=premises&key=L-1"
    manager = signed_in(Role.VACANCY_MANAGER)
    assert "/leerstand/L-1" in manager.get("/leerstand?status=threatened").text
    assert "Leerstand droht" in manager.get("/leerstand/L-1").text
    assert manager.get(record).json()["items"][0]["badge"][1] == "Leerstand droht"
    shops = manager.get("/maps/layers/vacancies.geojson").json()["features"]
    assert {shop["properties"]["key"] for shop in shops} == {"L-0", "L-1", "L-2"}
    assert "L-1" not in client.get("/leerstand").text
    assert "L-1" not in client.get("/leerstand?status=threatened").text
    assert client.get("/leerstand/L-1").status_code == client.get(record).status_code == 404
    assert "L-1" not in client.get("/maps/layers/vacancies.geojson").text


@pytest.mark.usefixtures("coming_vacancy")
@pytest.mark.parametrize("key", ["L-0", "L-1", "L-2"])
def test_planner_sees_premises_without_the_rent(signed_in: SignedIn, key: str) -> None:
    answer = signed_in(Role.PLANNER).get(f"/leerstand/{key}")
    assert answer.status_code == 200
    assert "7.741,13" not in answer.text
    assert "7.741,13" in signed_in(Role.INVESTOR_SUPPORT).get(f"/leerstand/{key}").text


def test_round_page_proposes_and_takes_decisions(signed_in: SignedIn, sample: Sample) -> None:
    person = signed_in(Role.VACANCY_MANAGER)
    address = re.search(r'href="(/anstoss/[^"]+)"', person.get("/anstoss", headers=HTML).text)
    assert address
    page = person.get(address[1], headers=HTML)
    assert page.status_code == 200, page.text
    assert read(page.text).faults == []
    assert "Noch ohne Ladenlokal" in page.text
    assert sample.ids


def test_choosing_a_language_is_remembered(client: httpx.Client) -> None:
    assert "geo_lang=en" in client.get("/?lang=en").headers["set-cookie"]
    assert '<html lang="en"' in client.get("/flaechen").text


def test_demo_is_said_on_every_page(client: httpx.Client) -> None:
    for path in PUBLIC_PAGES:
        assert 'class="demo-ribbon"' in client.get(path).text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nirgends", 404), ("/anfragen", 401), ("/maps/records?bbox=1", 400), ("/maps/records", 422)],
)
def test_demo_is_said_on_error_pages(client: httpx.Client, path: str, status: int) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == status
    assert 'class="demo-ribbon"' in answer.text


def test_demo_is_said_where_the_role_is_missing(signed_in: SignedIn) -> None:
    answer = signed_in(Role.PLANNER).get("/anstoss", headers=HTML)
    assert answer.status_code == 403
    assert 'class="demo-ribbon"' in answer.text


def test_without_database_the_last_known_label_stands(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    client.get("/")
    monkeypatch.setattr("geo_service.web.pages.texts.frame_of", away)
    answer = client.get("/ueber", headers=HTML)
    assert answer.status_code == 503
    assert 'class="demo-ribbon"' in answer.text


def test_signed_in_navigation(signed_in: SignedIn, client: httpx.Client) -> None:
    assert "/anfragen" in read(signed_in(Role.INVESTOR_SUPPORT).get("/").text).links
    assert "/anfragen" not in read(client.get("/").text).links
