"""Search: what people type, misspell, or throw at it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pyproj
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from geo_service.db import Database
from tests.http_fixtures import SignedIn
from tests.sample_land import ANNOUNCED_KEY, OBJECTED_KEY, PUBLIC_KEYS


def found(client: httpx.Client, typed: str) -> list[dict[str, Any]]:
    answer = client.get("/api/search", params={"q": typed})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


@pytest.mark.parametrize(
    ("typed", "kind", "key"),
    [
        ("Energiecampus", "site", "energiecampus"),
        ("energicampus", "site", "energiecampus"),
        ("Cleanport", "site", "cleanport"),
        ("Hörde", "district", "hoerde"),
        ("Hoerde", "district", "hoerde"),
        ("Kreuzviertl", "quarter", "kreuzviertel"),
        ("Hafen", "stop", "de:05913:vrr"),
        ("Kreuzstraße 7", "premises", "L-0"),
        ("Kreuzstr. 7", "premises", "L-0"),
        ("l-0", "premises", "L-0"),
        ("44137", "premises", "L-0"),
        ("Speicherstraße", "street", "Speicherstraße, Bodelschwingh"),
        ("Speicherstrasse", "street", "Speicherstraße, Bodelschwingh"),
        ("speicherstr", "street", "Speicherstraße, Bodelschwingh"),
        ("Speicherstraße 12", "parcel", PUBLIC_KEYS[0]),
        ("Bodelschwingh 3 123/4", "parcel", PUBLIC_KEYS[0]),
        ("Bodelschwing, Flur 3, Flurstück 123/4", "parcel", PUBLIC_KEYS[0]),
        ("Bodelschwingh 3-123/4", "parcel", PUBLIC_KEYS[0]),
        ("Flur 3 Flurstück 124", "parcel", PUBLIC_KEYS[1]),
        ("1249-3-124", "parcel", PUBLIC_KEYS[1]),
        (PUBLIC_KEYS[0], "parcel", PUBLIC_KEYS[0]),
        ("05124700100055", "parcel", PUBLIC_KEYS[2]),
        ("Hoerde 55", "parcel", PUBLIC_KEYS[2]),
    ],
)
def test_first_result(client: httpx.Client, typed: str, kind: str, key: str) -> None:
    results = found(client, typed)
    assert results
    assert (results[0]["kind"], results[0]["key"]) == (kind, key)


@pytest.mark.parametrize("typed", ["Phönix", "phoenix", "Fönix", "PHÖNIX West"])
def test_a_site_is_found_as_it_is_heard(client: httpx.Client, database: Database, typed: str) -> None:
    rename = text("UPDATE sites SET name = :name WHERE slug = 'cleanport'")
    with database.begin("test") as connection:
        before = connection.execute(text("SELECT name FROM sites WHERE slug = 'cleanport'")).scalar_one()
        connection.execute(rename, {"name": "PHOENIX West"})
    try:
        assert [(hit["kind"], hit["key"]) for hit in found(client, typed)][:1] == [("site", "cleanport")]
    finally:
        with database.begin("test") as connection:
            connection.execute(rename, {"name": before})


ALONG_STREETS = text(
    """
    INSERT INTO parcels (parcel_key, gemarkung_key, gemarkung, flur, numerator, municipality_key,
                         municipality, location_text, source, is_demo, geom)
    SELECT '051253001' || lpad(n::text, 5, '0') || '______', '051253', 'Dortmund', 1, n,
           '05913000', 'Dortmund', address, :source, true,
           ST_Multi(ST_MakeEnvelope(391000 + n, 5705000, 391001 + n, 5705001, 25832))
    FROM unnest(CAST(:addresses AS text[])) WITH ORDINALITY AS given(address, n)
    """
)


@pytest.fixture
def misspelt(sample: object, database: Database) -> Iterator[None]:
    """A site, parcels of three streets, and a shop whose names people get wrong."""
    assert sample
    shop = text(
        """
        INSERT INTO premises (premises_key, name, street, house_number, area_m2, permitted_uses, source,
                              is_demo, geom)
        VALUES ('R-4', 'Ladenlokal', 'Reinoldistraße', '4', 50, '{retail}', 'Tippfehler', true,
                ST_SetSRID(ST_MakePoint(391000, 5705000), 25832))
        """
    )
    rename = text("UPDATE sites SET name = :name WHERE slug = 'cleanport'")
    addresses = ["Reinoldistraße 2", "Borsigstraße 11", "Borsigstraße 12", "Zeisigstraße 12", "Hafenbahn"]
    with database.begin("test") as connection:
        before = connection.execute(text("SELECT name FROM sites WHERE slug = 'cleanport'")).scalar_one()
        connection.execute(rename, {"name": "PHOENIX West"})
        connection.execute(ALONG_STREETS, {"addresses": addresses, "source": "Tippfehler"})
        connection.execute(shop)
    yield
    with database.begin("test") as connection:
        connection.execute(rename, {"name": before})
        connection.execute(text("DELETE FROM parcels WHERE source = 'Tippfehler'"))
        connection.execute(text("DELETE FROM premises WHERE source = 'Tippfehler'"))


@pytest.mark.usefixtures("misspelt")
@pytest.mark.parametrize(
    ("typed", "kind", "label"),
    [
        ("PHOENIX West", "site", "PHOENIX West"),
        ("phenix wst", "site", "PHOENIX West"),
        ("Phönix-Wets", "site", "PHOENIX West"),
        ("fenix west", "site", "PHOENIX West"),
        ("Reinoldistraße 4", "premises", "Ladenlokal"),
        ("Reinoldistr 4", "premises", "Ladenlokal"),
        ("reinoldistrase 4", "premises", "Ladenlokal"),
        ("Reinholdistr. 4", "street", "Reinoldistraße"),
        ("Reinoldistr 99", "street", "Reinoldistraße"),
        ("Borsigstrase", "street", "Borsigstraße"),
        ("borsigstr.", "street", "Borsigstraße"),
        ("Borsigstrasse", "street", "Borsigstraße"),
        ("Borsgistraße", "street", "Borsigstraße"),
        ("Bosrigstraße", "street", "Borsigstraße"),
        ("obrsigstr.", "street", "Borsigstraße"),
        ("Bosrigstr 12", "parcel", "Dortmund, Flur 1, Flurstück 3"),
        ("Borsigstr 12", "parcel", "Dortmund, Flur 1, Flurstück 3"),
        ("Borsigstraße 11", "parcel", "Dortmund, Flur 1, Flurstück 2"),
        ("Zeisigstr", "street", "Zeisigstraße"),
        ("Speicherstr.", "street", "Speicherstraße"),
        ("doertmunder hafen", "stop", "Hafen vrr"),
        ("Hrde", "district", "Hörde"),
    ],
)
def test_typing_errors_lead_to_what_was_meant(signed_in: SignedIn, typed: str, kind: str, label: str) -> None:
    first = found(signed_in("planner"), typed)[0]
    assert (first["kind"], first["label"]) == (kind, label)


@pytest.mark.usefixtures("misspelt")
@pytest.mark.parametrize(
    ("typed", "absent"),
    [("Borsigstr", "Zeisigstraße"), ("Zeisigstraße", "Borsigstraße"), ("Schlosserstr", "Speicherstraße")],
)
def test_the_word_strasse_makes_no_two_streets_alike(client: httpx.Client, typed: str, absent: str) -> None:
    assert absent not in {hit["label"] for hit in found(client, typed)}


@pytest.mark.usefixtures("misspelt")
@pytest.mark.parametrize("typed", ["xqzv", "sorbigstraße", "xobrsigstraße", "hfxn"])
def test_nonsense_is_said_to_be_nowhere(client: httpx.Client, typed: str) -> None:
    """Letters are swapped back where a name comes of it, one pair at the beginning."""
    assert "Borsigstraße" not in {hit["label"] for hit in found(client, typed)}


def test_a_text_like_nothing_has_no_hits(client: httpx.Client) -> None:
    assert found(client, "xqzv") == []
    assert "0 Treffer für „xqzv“" in client.get("/suche?q=xqzv&lang=de").text


def test_results_lead_somewhere_and_say_where_they_are(client: httpx.Client) -> None:
    for typed in ("Energiecampus", "Speicherstraße", "Speicherstraße 12", "Kreuzstraße 7", "Hafen", "Hörde"):
        hit = found(client, typed)[0]
        west, south, east, north = hit["bbox"]
        assert 7.4 < west <= hit["lon"] <= east < 7.6
        assert 51.4 < south <= hit["lat"] <= north < 51.6
        assert hit["label"]
        assert client.get(hit["link"].partition("#")[0]).status_code == 200
        assert hit["is_demo"] is True


def test_label_and_detail_tell_parcels_apart(client: httpx.Client) -> None:
    labels = [(hit["label"], hit["detail"]) for hit in found(client, "Bodelschwingh Flur 3")]
    assert labels == [
        ("Bodelschwingh, Flur 3, Flurstück 123/4", "Speicherstraße 12"),
        ("Bodelschwingh, Flur 3, Flurstück 124", "Speicherstraße 14"),
        ("Bodelschwingh, Flur 3, Flurstück 902", "Westhusener Straße"),
    ]


def test_words_of_hits_are_said_in_english_too(client: httpx.Client) -> None:
    parcel, site = found(client, "Bodelschwingh 3 123/4")[0], found(client, "Energiecampus")[0]
    assert parcel["label_en"] == "Bodelschwingh, Flur 3, parcel 123/4"
    assert (site["label_en"], site["detail"]) == ("Energiecampus", "Innenstadt-West")


def test_the_example_of_the_page_can_be_found(client: httpx.Client) -> None:
    page = client.get("/suche?q=xqzxqz&lang=de").text
    example = page.partition("Flurstück, zum Beispiel ")[2].partition("<")[0]
    assert found(client, example)[0]["kind"] == "parcel"


@pytest.mark.parametrize(
    ("typed", "missing"),
    [
        ("Bodelschwingh 3 999", True),
        ("1249-3-999", True),
        ("Bodelschwingh 3-999", True),
        ("Flur 3 Flurstück 999", True),
        ("Flur 3 Flurstück 124", False),
        ("Rheinischer Weg 3-5", False),
        (OBJECTED_KEY, True),
        ("Bodelschwingh 3 123/4", False),
        ("Bodelschwingh Flur 3", False),
        ("Speicherstraße 12", False),
        ("Speicherstraße 999", False),
    ],
)
def test_a_parcel_that_is_not_there_is_said_to_be_missing(
    client: httpx.Client, typed: str, *, missing: bool
) -> None:
    page = client.get("/suche", params={"q": typed, "lang": "de"}).text
    assert (f"Ein Flurstück „{typed}“ ist im Register nicht zu finden." in page) is missing


@pytest.mark.parametrize("typed", ["3/124", "3-124"])
def test_numbers_alone_are_told_what_a_parcel_needs(client: httpx.Client, typed: str) -> None:
    page = client.get("/suche", params={"q": typed, "lang": "de"}).text
    assert "Ein Flurstück braucht auch seine Gemarkung" in page
    assert "braucht auch" not in client.get("/suche?q=Flur 3 Flurstück 124&lang=de").text


def test_a_flur_is_looked_for_in_every_gemarkung(client: httpx.Client, database: Database) -> None:
    there = text("SELECT DISTINCT parcel_key FROM parcels WHERE flur = 1 AND numerator = 1")
    made = {"addresses": ["Ohne Gemarkung 1"], "source": "Gemarkungen"}
    other = text("UPDATE parcels SET gemarkung = 'Aplerbeck' WHERE source = 'Gemarkungen'")
    second = text(str(ALONG_STREETS).replace("051253", "051254"))
    with database.begin("test") as connection:
        connection.execute(ALONG_STREETS, made)
        connection.execute(other)
        connection.execute(second, made)
        keys = set(connection.execute(there).scalars())
    try:
        assert {hit["key"] for hit in found(client, "Flur 1, Flurstück 1")} == keys
        assert len(keys) > 1
    finally:
        with database.begin("test") as connection:
            connection.execute(text("DELETE FROM parcels WHERE source = 'Gemarkungen'"))


def test_site_without_place_is_found(client: httpx.Client) -> None:
    hit = found(client, "Cleanport")[0]
    assert (hit["lon"], hit["lat"], hit["bbox"]) == (None, None, None)


@pytest.mark.parametrize("typed", [OBJECTED_KEY, ANNOUNCED_KEY, "Bodelschwingh 3 900", "Verborgene Gasse 4"])
def test_unpublished_parcels_are_for_the_agency(
    client: httpx.Client, signed_in: SignedIn, typed: str
) -> None:
    hidden = {OBJECTED_KEY, ANNOUNCED_KEY}
    assert hidden.isdisjoint(hit["key"] for hit in found(client, typed))
    assert not hidden.isdisjoint(hit["key"] for hit in found(signed_in("planner"), typed))


@pytest.mark.parametrize(
    ("typed", "key"), [("Kampstr. 21 a", "L-1"), ("Kaiserstraße 3", "L-2"), ("L-2", "L-2")]
)
def test_premises_that_the_public_cannot_open_are_for_the_agency(
    client: httpx.Client, signed_in: SignedIn, typed: str, key: str
) -> None:
    assert key not in {hit["key"] for hit in found(client, typed)}
    hit = found(signed_in("planner"), typed)[0]
    assert (hit["kind"], hit["key"]) == ("premises", key)
    assert signed_in("planner").get(hit["link"]).status_code == 200


@pytest.fixture
def long_street(sample: object, database: Database) -> Iterator[None]:
    """Parcels along one street, with every fashion of house number."""
    assert sample
    numbers = ["", " 7", " 21 a", " 21a", " D10", " d4", " 3-5", " 7/9", " 12, Hinterhaus"]
    with database.begin("test") as connection:
        addresses = [f"Rheinische Straße{number}" for number in numbers]
        connection.execute(ALONG_STREETS, {"addresses": addresses, "source": "Hausnummern"})
    yield
    with database.begin("test") as connection:
        connection.execute(text("DELETE FROM parcels WHERE source = 'Hausnummern'"))


@pytest.mark.usefixtures("long_street")
def test_a_street_is_named_once_without_house_numbers(client: httpx.Client) -> None:
    streets = [hit["label"] for hit in found(client, "Rheinische Straße") if hit["kind"] == "street"]
    assert [street for street in streets if street.startswith("Rhein")] == ["Rheinische Straße"]


@pytest.fixture
def namesakes(sample: object, database: Database) -> Iterator[None]:
    """Two streets of one name, ten kilometres apart, and one that only begins alike."""
    assert sample
    addresses = ["Ginsterstraße 1", "Ginsterstraße 3", "Ginsterstraße 2", "Ginsterweg 1"]
    away = text(
        """
        UPDATE parcels SET gemarkung = 'Brackel', geom = ST_Translate(geom, 10000, 0)
        WHERE source = 'Namensvettern' AND location_text = 'Ginsterstraße 2'
        """
    )
    with database.begin("test") as connection:
        connection.execute(ALONG_STREETS, {"addresses": addresses, "source": "Namensvettern"})
        connection.execute(away)
    yield
    with database.begin("test") as connection:
        connection.execute(text("DELETE FROM parcels WHERE source = 'Namensvettern'"))


@pytest.mark.usefixtures("namesakes")
def test_streets_of_one_name_are_told_apart_by_their_gemarkung(client: httpx.Client) -> None:
    streets = [hit for hit in found(client, "Ginsterstraße") if hit["label"] == "Ginsterstraße"]
    assert sorted(hit["detail"] for hit in streets) == ["Brackel", "Dortmund"]
    metres = pyproj.Transformer.from_crs(4326, 25832, always_xy=True)
    for hit in streets:
        west, south = metres.transform(*hit["bbox"][:2])
        east, _ = metres.transform(*hit["bbox"][2:])
        first = 401_003 if hit["detail"] == "Brackel" else 391_001
        assert west == pytest.approx(first, abs=0.5)
        assert south == pytest.approx(5_705_000, abs=0.5)
        assert east - west < 5, "the box holds one of the two"


STREETS = [
    "Hörder Bahnhofstraße",
    "Brückstraße",
    "Münsterstraße",
    "Alfred-Trappen-Straße",
    "Brackeler Hellweg",
]
"""Streets of Dortmund."""


@pytest.fixture
def shopping_streets(sample: object, database: Database) -> Iterator[None]:
    """A parcel and two shops, whose names say nothing of it, in each street."""
    assert sample
    parcel = text(
        """
        INSERT INTO parcels (parcel_key, gemarkung_key, gemarkung, flur, numerator, municipality_key,
                             municipality, location_text, source, is_demo, geom)
        SELECT '051252001' || lpad(n::text, 5, '0') || '______', '051252', 'Dortmund', 1, n,
               '05913000', 'Dortmund', street || ' 10', 'Einkauf', true,
               ST_Multi(ST_MakeEnvelope(391000 + n, 5706000, 391001 + n, 5706001, 25832))
        FROM unnest(CAST(:streets AS text[])) WITH ORDINALITY AS given(street, n)
        """
    )
    shop = text(
        """
        INSERT INTO premises (premises_key, name, street, house_number, area_m2, permitted_uses,
                              source, is_demo, geom)
        SELECT 'S-' || n || '-' || number, 'Ladenlokal ' || n, street, number::text, 50, '{retail}',
               'Einkauf', true,
               ST_SetSRID(ST_MakePoint(391000 + n, 5706000), 25832)
        FROM unnest(CAST(:streets AS text[])) WITH ORDINALITY AS given(street, n),
             generate_series(1, 2) AS number
        """
    )
    with database.begin("test") as connection:
        connection.execute(parcel, {"streets": STREETS})
        connection.execute(shop, {"streets": STREETS})
    yield
    with database.begin("test") as connection:
        connection.execute(text("DELETE FROM parcels WHERE source = 'Einkauf'"))
        connection.execute(text("DELETE FROM premises WHERE source = 'Einkauf'"))


@pytest.mark.usefixtures("shopping_streets")
@pytest.mark.parametrize(
    ("typed", "street"),
    [
        ("Hörder Banhofstr", STREETS[0]),
        ("Hoerder Bahnhoffstraße", STREETS[0]),
        ("hörder bahnhofstr.", STREETS[0]),
        ("Brückkstraße", STREETS[1]),
        ("Brücktsr", STREETS[1]),
        ("Münstrestr", STREETS[2]),
        ("Muensterstrasse", STREETS[2]),
        ("Alfred Trapen Str", STREETS[3]),
        ("Brakeler Helweg", STREETS[4]),
    ],
)
def test_a_street_comes_before_the_shops_in_it(signed_in: SignedIn, typed: str, street: str) -> None:
    results = found(signed_in("planner"), typed)
    assert (results[0]["kind"], results[0]["label"]) == ("street", street)
    assert "premises" in {hit["kind"] for hit in results}, "the shops are found too"


@pytest.mark.parametrize(
    "typed", ["", "a", "  ", "%%%", "___", "'; DROP TABLE parcels; --", "\\", "*", "zzzzzzzz"]
)
def test_nothing_is_like_this(client: httpx.Client, typed: str) -> None:
    assert found(client, typed) == []


def test_at_most_ten_results_and_fewer_when_asked(client: httpx.Client) -> None:
    assert len(found(client, "Straße")) <= 10
    assert len(client.get("/api/search?q=Bodelschwingh Flur 3&limit=1").json()["results"]) == 1
    assert client.get("/api/search?q=ab&limit=11").status_code == 422
    assert client.get("/api/search?q=" + "a" * 201).status_code == 422


@given(typed=st.text(min_size=1, max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_answered(client: httpx.Client, typed: str) -> None:
    answer = client.get("/api/search", params={"q": typed.encode("utf-8", errors="replace").decode()})
    assert answer.status_code == 200
    assert len(answer.json()["results"]) <= 10


@pytest.fixture(scope="module")
def many_parcels(sample: object, database: Database) -> int:
    """30,000 parcels in streets that all sound alike."""
    assert sample
    write = text(
        """
        INSERT INTO parcels (parcel_key, gemarkung_key, gemarkung, flur, numerator, municipality_key,
                             municipality, location_text, source, is_demo, geom)
        SELECT '051250' || lpad((n % 900)::text, 3, '0') || lpad(n::text, 5, '0') || '______', '051250',
               'Menge ' || chr(97 + n % 26) || chr(97 + n % 26), n % 900, n,
               '05913000', 'Dortmund', 'Straße ' || n % 3000, 'Test', true,
               ST_Multi(ST_MakeEnvelope(400000 + n, 5700000, 400001 + n, 5700001, 25832))
        FROM generate_series(1, 30000) AS n
        """
    )
    with database.begin("test") as connection:
        connection.execute(write)
    return 30_000


def test_a_word_that_everything_contains_is_answered_too(client: httpx.Client, many_parcels: int) -> None:
    assert many_parcels
    answer = client.get("/api/search?q=Straße")
    assert answer.elapsed.total_seconds() < 5
    assert answer.json()["results"][0]["kind"] == "street"
    assert found(client, "Menge hh, Flur 7, Flurstück 7")[0]["key"] == "05125000700007______"
