"""Transit answers about premises, sites and plots: distances drawn by hand, and who may see them."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from geo_service.auth import Role
from tests.sample_city import Sample
from tests.transit.test_routes import timetable  # noqa: F401 - the fixture

pytestmark = pytest.mark.usefixtures("timetable")


def read(client: httpx.Client, address: str) -> dict[str, Any]:
    response = client.get(address)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_a_site_and_its_plots_are_graded(client: httpx.Client) -> None:
    """The tram of category III stops at y 5707300: the site ends 600 m, its plot 700 m south of it."""
    site = read(client, "/api/sites/energiecampus/transit")
    assert (site["slug"], site["grade"], site["category"]) == ("energiecampus", "D", "III")
    assert (site["stop"]["name"], site["stop"]["distance_m"]) == ("Hafen vrr", 600.0)
    (plot,) = site["plots"]
    assert (plot["slug"], plot["grade"], plot["stop"]["distance_m"]) == ("a1", "D", 700.0)
    assert plot["evidence"]["feed"]["name"] == "vrr"
    assert (site["stored"], site["scenario"], plot["stored"]) == (None, None, None)


def test_premises_are_graded(client: httpx.Client) -> None:
    """450 m west and 700 m south of the tram: 832.2 m, beyond the 750 m of category III."""
    found = read(client, "/api/premises/L-0/transit")
    assert (found["premises_key"], found["grade"]) == ("L-0", None)
    assert found["nearest"]["tram"]["distance_m"] == pytest.approx(832.2, abs=0.05)
    assert found["better"]["grade"] == "D"
    german = read(client, "/api/premises/L-0/transit?method=goat&window=peak_morning")
    assert (german["method"]["key"], german["window"]) == ("goat", "06:00-09:00")


def test_the_public_sees_premises_that_stand_empty_only(
    client: httpx.Client, signed_in: Callable[[Role], httpx.Client]
) -> None:
    planner = signed_in(Role.PLANNER)
    for key in ("L-1", "L-2"):  # let again; threatened
        assert client.get(f"/api/premises/{key}/transit").status_code == 404
        assert read(planner, f"/api/premises/{key}/transit")["premises_key"] == key
    assert planner.get("/api/premises/L-9/transit").status_code == 404


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/api/sites/nowhere/transit", 404, "There is no site 'nowhere'"),
        ("/api/sites/cleanport/transit", 404, "place of the site cleanport is not known"),
        ("/api/sites/energiecampus/transit?method=zzz", 400, "Known: are"),
        ("/api/premises/L-0/transit?window=zzz", 400, "is no window"),
        ("/api/premises/L-0/transit?scenario=none", 404, "none"),
        ("/api/premises/%00/transit", 404, "no vacant premises"),
    ],
)
def test_what_cannot_be_answered_says_why(
    client: httpx.Client, address: str, status: int, words: str
) -> None:
    response = client.get(address)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert words in response.json()["detail"]


def test_answers_are_those_of_the_same_place_asked_as_a_point(client: httpx.Client, sample: Sample) -> None:
    assert sample
    found = read(client, "/api/premises/L-0/transit")
    shop = client.get("/ogc/collections/premises/items?premises_key=L-0").json()["features"][0]
    lon, lat = shop["geometry"]["coordinates"]
    point = read(client, f"/api/points/transit?lon={lon}&lat={lat}")
    assert (point["grade"], point["ptal"]["level"]) == (found["grade"], found["ptal"]["level"])
