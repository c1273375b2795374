"""Routes about the whole city: who gets what, hostile parameters, and figures of the sample city."""

import csv
from typing import Any

import httpx
import pytest

from geo_service.auth.models import Role
from tests.http_fixtures import SignedIn
from tests.sample_land import ANNOUNCED_KEY, OBJECTED_KEY, PUBLIC_KEYS

SUMMARY, WHAT_IF = "/api/availability/summary", "/api/availability/what-if"
ASSEMBLIES, BALANCE = "/api/availability/assemblies", "/api/availability/balance"
NEIGHBOURS = f"/api/parcels/{PUBLIC_KEYS[0]}/neighbours"


@pytest.fixture
def planner(signed_in: SignedIn) -> httpx.Client:
    return signed_in(Role.PLANNER)


def test_totals_of_the_public_leave_unpublished_parcels_out(
    client: httpx.Client, planner: httpx.Client
) -> None:
    public, all_of_it = client.get(SUMMARY).json(), planner.get(SUMMARY).json()
    assert (public["counted"], public["parcels"], public["gross_m2"]) == ("published", 4, 20_000)
    assert (all_of_it["counted"], all_of_it["parcels"], all_of_it["gross_m2"]) == ("all", 6, 30_000)
    assert [group["name"] for group in public["by_district"]] == ["Innenstadt-West"]
    assert public["is_demo"] is True
    for group in ("by_horizon", "by_severity", "by_district"):
        assert sum(each["parcels"] for each in public[group]) == 4 - public["apart"]
        assert sum(each["net_m2"] for each in public[group]) == public["net_m2"]


def test_totals_as_of_another_day(client: httpx.Client) -> None:
    answer = client.get(SUMMARY, params={"as_of": "2027-01-01", "preset": "dortmund_2010"}).json()
    assert (answer["as_of"], answer["preset"]) == ("2027-01-01", "dortmund_2010")


@pytest.mark.parametrize("path", [SUMMARY, ASSEMBLIES, NEIGHBOURS, WHAT_IF, BALANCE])
def test_thresholds_of_one_s_own_are_taken_like_a_preset(planner: httpx.Client, path: str) -> None:
    needs: dict[str, dict[str, Any]] = {
        ASSEMBLIES: {"at_least_m2": 100},
        WHAT_IF: {"without": "kind:contamination"},
    }
    need = needs.get(path, {})
    own = planner.get(path, params={**need, "short_years": 0, "mid_years": 1}).json()
    assert own == planner.get(path, params={**need, "preset": "short_0_mid_1"}).json()
    assert own["preset"] == "short_0_mid_1"


@pytest.mark.parametrize("path", [WHAT_IF, BALANCE, f"{BALANCE}.csv"])
def test_what_if_and_balance_are_for_advisers(client: httpx.Client, path: str) -> None:
    answer = client.get(path, params={"without": "kind:sold"})
    assert answer.status_code == 401
    assert "net_m2" not in answer.text


def test_what_if_tells_before_and_after(planner: httpx.Client, sample: Any) -> None:
    lease, spoiled = sample.ids["lease"], sample.ids["altlast"]
    answer = planner.get(
        WHAT_IF, params={"without": f"restriction:{spoiled}", "ending": f"occupancy:{lease}@2027-01-01"}
    ).json()
    assert (answer["scope"], answer["before"]["parcels"], answer["after"]["parcels"]) == ("city", 6, 6)
    assert (answer["gain_m2"], sum(each["net_m2"] for each in answer["difference"])) == (0, 0)
    assert answer["changed"] <= 1
    assert answer["without"] == [f"restriction:{spoiled}"]
    assert answer["ending"] == [f"occupancy:{lease}@2027-01-01"]


def test_what_if_of_one_parcel(planner: httpx.Client, sample: Any) -> None:
    asked = {"without": f"restriction:{sample.ids['unwilling']}", "scope": f"parcel:{PUBLIC_KEYS[1]}"}
    answer = planner.get(WHAT_IF, params=asked).json()
    assert answer["before"]["parcels"] == 1
    assert [row["parcel_key"] for row in answer["parcels"]] in ([], [PUBLIC_KEYS[1]])


def test_what_if_of_a_site_without_parcels(planner: httpx.Client) -> None:
    answer = planner.get(WHAT_IF, params={"without": "kind:sold", "scope": "site:cleanport"})
    assert (answer.status_code, answer.json()["title"]) == (404, "Not found")


def test_land_together_is_published_land_for_the_public(client: httpx.Client, planner: httpx.Client) -> None:
    asked: dict[str, Any] = {"at_least_m2": 5_000, "horizon": "now,short,mid,long,undetermined"}
    public, all_of_it = (who.get(ASSEMBLIES, params=asked).json() for who in (client, planner))
    keys = {parcel["parcel_key"] for place in public["assemblies"] for parcel in place["parcels"]}
    assert keys == {*PUBLIC_KEYS} - {PUBLIC_KEYS[1]}  # a building stands there
    keys = {parcel["parcel_key"] for place in all_of_it["assemblies"] for parcel in place["parcels"]}
    assert keys == {*PUBLIC_KEYS, OBJECTED_KEY, ANNOUNCED_KEY} - {PUBLIC_KEYS[1]}
    assert (public["candidates"], public["largest_m2"]) == (3, 5_000)
    west, south, east, north = public["assemblies"][0]["bbox"]
    assert 7 < west < east < 8
    assert 51 < south < north < 52


def test_the_kind_of_owner_is_for_advisers(client: httpx.Client, planner: httpx.Client) -> None:
    asked: dict[str, Any] = {"at_least_m2": 5_000, "owner": "same_kind"}
    refused = client.get(ASSEMBLIES, params=asked)
    assert (refused.status_code, "sign in" in refused.json()["detail"]) == (403, True)
    answer = planner.get(ASSEMBLIES, params=asked)
    assert answer.status_code == 200
    assert "municipal" not in answer.text


def test_neighbours_of_a_lonely_parcel(client: httpx.Client) -> None:
    answer = client.get(NEIGHBOURS).json()
    assert (answer["net_m2"], answer["joint_m2"], answer["neighbours"]) == (5_000, 5_000, [])


@pytest.mark.parametrize("key", [OBJECTED_KEY, ANNOUNCED_KEY, "nothing"])
def test_neighbours_of_an_unpublished_parcel(client: httpx.Client, key: str) -> None:
    answer = client.get(f"/api/parcels/{key}/neighbours")
    assert (answer.status_code, answer.json()["detail"]) == (404, f"There is no published parcel {key}.")


def test_a_balance_in_both_forms(planner: httpx.Client) -> None:
    asked = {"from": "2019-01-01", "to": "2026-06-01", "by": "owner_kind,horizon"}
    answer = planner.get(BALANCE, params=asked).json()
    assert (answer["from"], answer["to"], answer["by"]) == (
        "2019-01-01",
        "2026-06-01",
        ["horizon", "owner_kind"],
    )
    assert answer["stages"][0] == "opening"
    assert {cell["cell"]["owner_kind"] for cell in answer["cells"]} == {"municipal"}
    for cell in [*answer["cells"], answer["total"]]:
        *before, closing = cell["net_m2"].values()
        assert sum(before) == pytest.approx(closing)
    table = planner.get(f"{BALANCE}.csv", params=asked)
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert "flaechenbilanz-2019-01-01-2026-06-01.csv" in table.headers["content-disposition"]
    rows = list(csv.DictReader(table.text.splitlines()))
    closing = sum(float(row["net_m2"]) for row in rows if row["stage"] == "closing")
    assert closing == answer["total"]["net_m2"]["closing"]


@pytest.mark.parametrize(
    ("path", "query", "status", "named"),
    [
        (SUMMARY, {"as_of": "2026-02-30"}, 422, "as_of"),
        (SUMMARY, {"as_of": "1800-01-01"}, 400, "as_of"),
        (SUMMARY, {"as_of": "２０２８-04-01"}, 422, "as_of"),
        (SUMMARY, {"preset": "soon"}, 400, "preset"),
        (SUMMARY, {"short_years": "9"}, 400, "short_years=9 is too long"),
        (SUMMARY, {"colour": "red"}, 422, "colour"),
        (WHAT_IF, {}, 422, "without"),
        (WHAT_IF, {"without": "restriction:'; DROP TABLE parcels;--"}, 422, "without"),
        (WHAT_IF, {"without": "restriction:99999999"}, 422, "without"),
        (WHAT_IF, {"without": [f"restriction:{n}" for n in range(101)]}, 422, "without"),
        (WHAT_IF, {"without": "kind:\x00"}, 422, "without"),
        (WHAT_IF, {"ending": "occupancy:1@2027-13-01"}, 422, "ending"),
        (WHAT_IF, {"ending": "occupancy:1@２０２７-12-01"}, 422, "ending"),
        (WHAT_IF, {"without": "occupancy:1", "ending": "occupancy:1@2027-01-01"}, 422, "cannot be both gone"),
        (WHAT_IF, {"without": "kind:leased", "ending": "occupancy:1@2027-01-01"}, 422, "cannot be both gone"),
        (WHAT_IF, {"without": "kind:sold", "scope": "parcel:\x00"}, 422, ""),
        (WHAT_IF, {"without": "kind:sold", "scope": "x" * 121}, 422, "scope"),
        (WHAT_IF, {"without": "kind:sold", "limit": "0"}, 422, "limit"),
        (ASSEMBLIES, {}, 422, "at_least_m2"),
        (ASSEMBLIES, {"at_least_m2": "nan"}, 422, "at_least_m2"),
        (ASSEMBLIES, {"at_least_m2": "-1"}, 422, "at_least_m2"),
        (ASSEMBLIES, {"at_least_m2": "1e300"}, 422, "at_least_m2"),
        (ASSEMBLIES, {"at_least_m2": "5", "horizon": "soon"}, 422, "horizon"),
        (ASSEMBLIES, {"at_least_m2": "5", "district": "nowhere"}, 400, "Known: hoerde, innenstadt-west."),
        (ASSEMBLIES, {"at_least_m2": "5", "category": "gap"}, 422, "category"),
        (ASSEMBLIES, {"at_least_m2": "5", "owner": "me"}, 422, "'any' or 'same_kind'"),
        (ASSEMBLIES, {"at_least_m2": "5", "limit": "1000"}, 422, "limit"),
        (ASSEMBLIES, {"at_least_m2": "5", "at_most_parcels": "10000"}, 422, "at_most_parcels"),
        (BALANCE, {"by": "colour"}, 422, "by"),
        (BALANCE, {"by": ""}, 422, "by"),
        (BALANCE, {"from": "2026-01-02", "to": "2026-01-01"}, 400, "from"),
        (BALANCE, {"from": "1700-01-01"}, 400, '"parameter":"from"'),
        (BALANCE, {"to": "2201-01-01"}, 400, '"parameter":"to"'),
        (BALANCE, {"to": "0001-01-01"}, 400, '"parameter":"to"'),
        (BALANCE, {"mid_years": "1"}, 400, "mid_years=1 is too short"),
    ],
)
def test_hostile_questions_are_explained(
    planner: httpx.Client, path: str, query: dict[str, Any], status: int, named: str
) -> None:
    answer = planner.get(path, params=query)
    assert (answer.status_code, named in answer.text) == (status, True), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
