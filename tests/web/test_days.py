"""Days on pages: "bis" names the last day, "frei ab" the first day after."""

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.db import Database
from tests.http_fixtures import SignedIn
from tests.sample_land import PUBLIC_KEYS

GERMAN = {"accept": "text/html", "accept-language": "de"}


def words_of(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    return " ".join(page.text.split())


def test_a_past_vacancy_ends_on_its_last_day(signed_in: SignedIn) -> None:
    page = words_of(signed_in(Role.VACANCY_MANAGER).get("/leerstand/L-1", headers=GERMAN))
    assert "von 01.01.2020 bis 31.12.2020" in page
    assert "01.01.2021" not in page


def test_what_blocks_a_parcel_names_its_first_free_day(client: httpx.Client) -> None:
    page = words_of(client.get(f"/flaechen/{PUBLIC_KEYS[0]}", headers=GERMAN))
    assert "frei ab 01.03.2028" in page
    assert "bis 01.03.2028" not in page


def test_the_first_door_asks_for_the_day_and_finds_what_is_free_sooner(client: httpx.Client) -> None:
    door = words_of(client.get("/", headers=GERMAN))
    assert 'name="by" type="date"' in door
    assert "kurzfristig oder früher" in door
    in_time = words_of(client.get("/flaechen?by=2028-03-01", headers=GERMAN))
    assert f"/flaechen/{PUBLIC_KEYS[0]}" in in_time
    assert f"/flaechen/{PUBLIC_KEYS[0]}" not in words_of(
        client.get("/flaechen?by=2028-02-29", headers=GERMAN)
    )
    assert "ohne die Bedingung „gebraucht ab“" in words_of(
        client.get("/flaechen?by=2028-02-29", headers=GERMAN)
    )


@pytest.mark.parametrize("latest", ["short", "mid", "long"])
def test_land_that_is_free_at_once_is_free_by_any_later_day(
    client: httpx.Client, database: Database, latest: str
) -> None:
    change = text(
        "UPDATE availability SET horizon = :horizon FROM parcels p "
        "WHERE p.id = parcel_id AND p.parcel_key = :key"
    )
    with database.begin("test") as connection:
        connection.execute(change, {"horizon": "now", "key": PUBLIC_KEYS[0]})
    try:
        page = words_of(client.get(f"/flaechen?horizon_max={latest}", headers=GERMAN))
    finally:
        with database.begin("test") as connection:
            connection.execute(change, {"horizon": "short", "key": PUBLIC_KEYS[0]})
    assert f"/flaechen/{PUBLIC_KEYS[0]}" in page


def test_the_public_is_not_promised_what_will_be_vacant_soon(
    client: httpx.Client, signed_in: SignedIn
) -> None:
    promise = "bald leer stehen"
    assert promise not in words_of(client.get("/leerstand", headers=GERMAN))
    assert promise in words_of(signed_in(Role.VACANCY_MANAGER).get("/leerstand", headers=GERMAN))
