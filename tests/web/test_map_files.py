"""Maps as files that open without a network: by page and by command, public unless asked for otherwise."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, create_engine, text
from typer.testing import CliRunner, Result

from geo_service.auth.models import Role
from geo_service.city import load_city
from geo_service.db import ACTOR, Database
from geo_service.settings import get_settings
from geo_service.web.commands import map_app
from geo_service.web.filters import ALL_HORIZONS
from geo_service.web.speaker import PageSpeaker
from maps import portable_file
from maps.portable_file import Feature, FileLayer, Portable
from tests.browser.hostile import ATTACK, write_hostile
from tests.http_fixtures import SignedIn
from tests.sample_city import write_sample
from tests.sample_land import ANNOUNCED_KEY, OBJECTED_KEY, PUBLIC_KEYS
from tests.sample_rows import SECRET, SECRET_RENTS, TODAY

ANYTIME = "&".join(f"horizon={word}" for word in ALL_HORIZONS)
PUBLIC = ["/maps/files/site/energiecampus", "/maps/files/vacancies", f"/maps/files/land?{ANYTIME}"]
STAFF = {
    "/maps/files/inquiry/A-1": Role.INVESTOR_SUPPORT,
    "/maps/files/round/anstoss-2023-10": Role.VACANCY_MANAGER,
    "/maps/files/balance?by=district&from=2026-01-01": Role.PLANNER,
}
MONEY = [f"{rent:.2f}" for rent in SECRET_RENTS]


def layers(text: str) -> dict[str, list[dict[str, Any]]]:
    """Return the features that a file holds, by layer."""
    found = [json.loads(each) for each in re.findall(r"GeoMap\.embedded\(map_overview, (\{.*\})\);", text)]
    return {each["key"]: each["collection"]["features"] for each in found}


class Addresses(HTMLParser):
    """Collects what elements name as their address."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses of an element, and what it would do."""
        self.found += [
            f"{tag} {name}" for name, _ in attrs if name in {"src", "href"} or name.startswith("on")
        ]


def needs_nothing(text: str) -> None:
    """A file names no other address, and no script of it is ended by its content."""
    parser = Addresses()
    parser.feed(text)
    assert parser.found == []
    assert "default-src 'none'" in text
    assert text.count("<script>") == text.count("</script>")
    assert sum(map(len, layers(text).values())) <= portable_file.MOST_FEATURES


@pytest.mark.parametrize("path", PUBLIC)
def test_public_files_are_the_same_for_everybody(
    client: httpx.Client, signed_in: SignedIn, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    needs_nothing(answer.text)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert SECRET not in answer.text
    assert OBJECTED_KEY not in answer.text
    assert layers(signed_in(Role.ADMIN).get(path).text) == layers(answer.text)


def test_site_file_holds_the_site_and_its_land(client: httpx.Client) -> None:
    file = client.get(PUBLIC[0]).text
    assert '"about": "sites"' in file
    found = layers(file)
    assert [each["properties"]["item"]["key"] for each in found["sites"]] == ["energiecampus"]
    assert all(each["properties"]["item"]["kind"] == "parcel" for each in found["parcels"])
    assert client.get("/maps/files/site/nirgends").status_code == 404
    assert client.get("/maps/files/site/cleanport").status_code == 404


@pytest.mark.parametrize(
    ("path", "german", "english"),
    [
        ("/maps/overview.html", "karte.html", "map.html"),
        ("/maps/files/land", "karte-flaechen.html", "map-land.html"),
        ("/maps/files/vacancies", "karte-leerstaende.html", "map-vacancies.html"),
        (
            "/maps/files/site/energiecampus",
            "karte-standort-energiecampus.html",
            "map-site-energiecampus.html",
        ),
    ],
)
def test_a_file_is_called_in_the_language_of_its_page(
    client: httpx.Client, path: str, german: str, english: str
) -> None:
    for language, name in (("de", german), ("en", english)):
        named = client.get(path, params={"lang": language}).headers["content-disposition"]
        assert named == f'attachment; filename="{name}"'


def test_transit_file_holds_classes_and_stops(client: httpx.Client) -> None:
    answer = client.get("/maps/files/transit?lang=en")
    assert answer.status_code == 200, answer.text
    needs_nothing(answer.text)
    assert "Method:" in answer.text


@pytest.mark.parametrize("path", STAFF)
def test_files_of_the_agency_need_the_role(client: httpx.Client, signed_in: SignedIn, path: str) -> None:
    assert client.get(path).status_code == 401
    answer = signed_in(STAFF[path]).get(path)
    assert answer.status_code == 200, answer.text
    needs_nothing(answer.text)
    other = Role.VACANCY_MANAGER if STAFF[path] is Role.INVESTOR_SUPPORT else Role.INVESTOR_SUPPORT
    wanted = 200 if "balance" in path else 403
    assert signed_in(other).get(path).status_code == wanted


@pytest.mark.parametrize("path", list(STAFF)[:2])
def test_what_is_confidential_is_only_in_the_file_when_asked_for(signed_in: SignedIn, path: str) -> None:
    person = signed_in(STAFF[path])
    plain = person.get(path).text
    assert SECRET not in plain
    assert "Vertraulich" not in plain
    assert not any(rent in plain for rent in MONEY)
    for key in (OBJECTED_KEY, ANNOUNCED_KEY, "A-1<"):
        assert key not in plain
    answer = person.get(f"{path}?confidential=true")
    needs_nothing(answer.text)
    assert answer.headers["cache-control"] == "no-store"
    assert "Vertraulich: nur für die Wirtschaftsförderung." in answer.text


@pytest.fixture
def wide_inquiry(database: Database) -> Iterator[None]:
    """The inquiry asks for land of any size."""
    change = "UPDATE inquiries SET area_min_m2 = :low, area_max_m2 = :high WHERE reference = 'A-1'"
    for sizes in ({"low": 1, "high": 1e6}, {"low": 4_000, "high": 6_000}):
        with database.begin("test") as connection:
            connection.execute(text(change), sizes)
        if sizes["low"] == 1:
            yield


@pytest.mark.usefixtures("wide_inquiry")
def test_ranked_places_are_those_of_the_page(signed_in: SignedIn) -> None:
    person = signed_in(Role.INVESTOR_SUPPORT)
    page = person.get("/anfragen/A-1", headers={"accept-language": "de"}).text
    signs = signs_of(person.get("/maps/files/inquiry/A-1?confidential=true").text)
    assert signs == re.findall(r'<span class="pin [^"]*">([^<]+)</span> <a', page)
    assert len(signs) > 1


@pytest.mark.usefixtures("wide_inquiry")
def test_the_file_holds_what_is_chosen_and_nothing_else(signed_in: SignedIn) -> None:
    person = signed_in(Role.INVESTOR_SUPPORT)
    page = person.get("/anfragen/A-1", headers={"accept-language": "de"}).text
    sign, pick = re.findall(r'name="pick" id="pick-([^"]+)" value="([^"]+)"', page)[-1]
    chosen = person.get("/anfragen/A-1", params={"pick": pick}, headers={"accept-language": "de"}).text
    address = re.findall(r'href="(/maps/files/inquiry/A-1[^"]+confidential[^"]+)"', chosen)[0]
    assert signs_of(person.get(address.replace("&amp;", "&")).text) == [sign]


def signs_of(file: str) -> list[str]:
    """Return the signs of what was ranked in a file."""
    found = layers(file)
    return [each["properties"]["label"] for layer in ("fitting", "almost") for each in found[layer]]


def test_balance_file_is_of_the_districts(signed_in: SignedIn) -> None:
    person = signed_in(Role.PLANNER)
    text = person.get("/maps/files/balance?by=district&from=2026-01-01").text
    districts = person.get("/ogc/collections/districts/items?limit=100").json()["features"]
    shown = {each["properties"]["row"] for each in layers(text)["shares"]}
    assert shown == {each["properties"]["name"] for each in districts}
    assert person.get("/maps/files/balance?by=horizon").status_code == 400


def test_more_than_fits_is_refused(connection: Connection) -> None:
    point = Feature({"type": "Point", "coordinates": [7.4, 51.5]}, {"fill": "vacant", "label": ""})
    layer = FileLayer("places", "Orte", "places", (point,) * portable_file.MOST_FEATURES)
    with pytest.raises(ValueError, match="2001 records do not fit"):
        portable_file.portable_file(
            connection, load_city("dortmund"), PageSpeaker("de"), TODAY, Portable("Karte", (), (layer,))
        )


@pytest.fixture
def own_database(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    engine = create_engine(fresh_database_url)
    with engine.begin() as connection:
        connection.execute(ACTOR, {"actor": "test", "request_id": "test"})
        write_sample(connection)
        write_hostile(connection)
    engine.dispose()
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    yield fresh_database_url
    get_settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(map_app, [*arguments], env={"COLUMNS": "200"})


@pytest.mark.usefixtures("own_database")
def test_each_kind_of_map_by_command(tmp_path: Path) -> None:
    kinds = {
        "overview": PUBLIC_KEYS[0],
        "site energiecampus": "Energiecampus",
        "site hostile": "onerror",
        "vacancies": "Leerstände",
        f"land --filter {ANYTIME}": PUBLIC_KEYS[0],
        "land --filter as_of=2031-01-01": "Stichtag 01.01.2031",
        "transit": "Karte der ÖV-Güteklassen",
        "inquiry A-1": "Auswahl von Flächen",
        "round anstoss-2023-10": "Anstoß Oktober 2023",
        "balance --from 2026-01-01": "Flächenbilanz",
    }
    for kind, words in kinds.items():
        file = tmp_path / "map.html"
        answer = run(*kind.split(), "--portable", "--output", str(file))
        assert answer.exit_code == 0, (kind, answer.output)
        text = file.read_text(encoding="utf-8")
        needs_nothing(text)
        assert words in text
        assert SECRET not in text
        assert ATTACK not in text  # escaped wherever it stands
        assert "<img" not in text
    answer = run("round", "anstoss-2023-10", "--confidential", "--lang", "en", "-o", str(file))
    assert answer.exit_code == 0
    text = file.read_text(encoding="utf-8")
    assert "Confidential: for the economic development agency only." in text
    needs_nothing(text)


@pytest.mark.usefixtures("own_database")
def test_a_wrong_command_says_what_is_wrong(tmp_path: Path) -> None:
    file = str(tmp_path / "map.html")
    assert "known languages: de, en" in run("vacancies", "--lang", "fr", "-o", file).output
    assert "does not exist" in run("vacancies", "-o", str(tmp_path / "none" / "map.html")).output
    wrong = run("land", "--filter", "as_of=bald&area_min=viel", "-o", file)
    assert wrong.exit_code == 2
    assert "area_min, as_of" in wrong.output
    for kind in ("site nirgends", "inquiry Z-9", "round nichts"):
        answer = run(*kind.split(), "-o", file)
        assert answer.exit_code == 1, (kind, answer.output)
    assert not Path(file).exists()
