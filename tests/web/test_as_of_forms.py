"""Days in forms of reports: read as people write them, kept when they are wrong, told beside the field."""

import httpx
import pandas as pd
import pytest

from geo_service.auth.models import Role
from geo_service.web.queries.figures import array_text
from tests.http_fixtures import SignedIn
from tests.web.dated import GERMAN, POLLUTED, on, sample, words_of

__all__ = ["sample"]

pytestmark = pytest.mark.usefixtures("sample")


@pytest.fixture
def planner(signed_in: SignedIn) -> httpx.Client:
    return signed_in(Role.PLANNER)


@pytest.mark.parametrize("typed", ["29.02.2027", "0000-01-01", "２０２８-04-01", "1234567890", "1800-01-01"])
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/was-waere-wenn?without=kind:contamination", "as_of"),
        ("/flaechenverbund?at_least_m2=1.000", "as_of"),
        ("/berichte/flaechenbilanz?by=district", "from"),
        ("/berichte/flaechenbilanz?by=district", "to"),
    ],
)
def test_a_wrong_day_is_named_beside_its_field_and_kept(
    planner: httpx.Client, path: str, field: str, typed: str
) -> None:
    page = planner.get(f"{path}&{field}={typed}", headers=GERMAN)
    assert f'id="{field}-error"' in page.text
    assert f'value="{typed}"' in page.text
    assert "Bitte einen Tag des Kalenders von 1900 bis 2200" in words_of(page)
    assert "as_of :" not in words_of(page)
    assert "without :" not in words_of(page)


def test_nothing_else_has_to_be_typed_again(planner: httpx.Client) -> None:
    page = planner.get("/was-waere-wenn?without=kind:contamination&as_of=31.02.2028", headers=GERMAN).text
    assert '<option value="kind:contamination" selected>' in page
    balance = planner.get("/berichte/flaechenbilanz?by=district&from=31.02.2028", headers=GERMAN).text
    assert 'value="district" checked' in balance


def test_days_are_read_as_people_write_them_and_links_keep_them(planner: httpx.Client) -> None:
    day = on(100)
    page = planner.get(f"/was-waere-wenn?without=kind:contamination&as_of={day:%d.%m.%Y}", headers=GERMAN)
    assert "Für 1 Flurstück ändert sich etwas." in words_of(page)
    assert f'href="/flaechen/{POLLUTED}?as_of={day}"' in page.text
    together = planner.get(f"/flaechenverbund?at_least_m2=1000&as_of={day}", headers=GERMAN).text
    assert f"?as_of={day}" in together
    behind = f"/berichte/flaechenbilanz/flurstuecke?from={on(-300)}&to={day}&stage="
    assert f"?as_of={on(-300)}" in planner.get(f"{behind}opening", headers=GERMAN).text
    assert f"?as_of={day}" in planner.get(f"{behind}closing", headers=GERMAN).text


def test_what_is_wrong_with_a_what_if_is_said_in_words(planner: httpx.Client) -> None:
    both = planner.get(
        "/was-waere-wenn?without=restriction:1&ending=restriction:1@2027-04-01", headers=GERMAN
    )
    assert "Dasselbe kann nicht wegfallen und zugleich an einem Tag enden." in words_of(both)
    missing = words_of(planner.get("/was-waere-wenn?without=restriction:99", headers=GERMAN))
    assert "without" not in missing
    assert "Weggedacht: Das gibt es hier am Stichtag nicht." in missing


def test_arrays_are_written_as_postgresql_reads_them() -> None:
    assert array_text(pd.Series([1.5, None, 1e22])) == "{1.5,NULL,1e+22}"
    assert array_text(pd.Series([True, False])) == "{True,False}"
    assert array_text(pd.Series(["now", None], dtype=object)) == "{now,NULL}"
    assert array_text(pd.to_datetime(pd.Series(["2028-04-01", None]))) == "{2028-04-01,NULL}"
    assert array_text(pd.Series([], dtype=float)) == "{}"
