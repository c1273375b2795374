"""Days on pages: "bis" names the last day, "frei ab" the first day after."""

import httpx

from geo_service.auth.models import Role
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
