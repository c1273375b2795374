"""``/api/scenarios``: who sees and writes what, what is refused, and the effect on a parcel."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from geo_service.auth import Role
from geo_service.db import Database
from tests.sample_city import Sample
from tests.sample_land import OBJECTED_KEY, PUBLIC_KEYS

SignedIn = Callable[[Role], httpx.Client]
KEY = PUBLIC_KEYS[0]
SERVICE = {"day_kind": "weekday", "window": "05:00-24:00", "headway_min": 4}


def form(**changes: Any) -> dict[str, Any]:
    return {
        "key": "new-line",
        "name_de": "Neue Linie",
        "name_en": "New line",
        "status": "public",
        "stops": [{"key": "mitte", "name": "Mitte", "lon": 7.4653, "lat": 51.5136}],
        "lines": [{"name": "S7", "mode": "rail", "stops": ["de:05913:vrr", "mitte"], "services": [SERVICE]}],
        **changes,
    }


@pytest.fixture
def planner(database: Database, sample: Sample, signed_in: SignedIn) -> Iterator[httpx.Client]:
    assert sample
    yield signed_in(Role.PLANNER)
    with database.begin(actor="test") as connection:
        for table in ("transit_scenario_stops", "transit_scenario_lines", "transit_scenarios"):
            connection.execute(text(f"DELETE FROM {table}"))


def test_only_planners_write(planner: httpx.Client, client: httpx.Client, signed_in: SignedIn) -> None:
    assert client.post("/api/scenarios", json=form()).status_code == 401
    support = signed_in(Role.INVESTOR_SUPPORT)
    assert support.post("/api/scenarios", json=form()).status_code == 403
    made = planner.post("/api/scenarios", json=form())
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/scenarios/new-line"
    assert client.put("/api/scenarios/new-line", json=form()).status_code == 401
    assert client.delete("/api/scenarios/new-line").status_code == 401


def test_everybody_sees_public_scenarios_and_planners_see_all(
    planner: httpx.Client, client: httpx.Client
) -> None:
    planner.post("/api/scenarios", json=form(status="draft"))
    assert client.get("/api/scenarios").json() == {"scenarios": []}
    for path in ("", "/effect"):
        assert client.get(f"/api/scenarios/new-line{path}").status_code == 404
    assert client.get(f"/api/parcels/{KEY}/transit?scenario=new-line").status_code == 404
    mine = planner.get("/api/scenarios/new-line")
    changed = planner.put("/api/scenarios/new-line", json=form(), headers={"If-Match": mine.headers["etag"]})
    assert changed.status_code == 200, changed.text
    (entry,) = client.get("/api/scenarios").json()["scenarios"]
    assert (entry["key"], entry["status"], entry["stops"], entry["lines"]) == ("new-line", "public", 1, 1)
    shown = client.get("/api/scenarios/new-line").json()
    assert (shown["stops"][0]["lon"], shown["stops"][0]["lat"]) == (7.4653, 51.5136)
    ended = planner.delete("/api/scenarios/new-line", headers={"If-Match": changed.headers["etag"]})
    assert ended.json()["status"] == "ended"
    assert client.get("/api/scenarios/new-line").status_code == 404
    assert planner.get("/api/scenarios/new-line").json()["lines"] == shown["lines"], "nothing is deleted"


def test_a_change_names_what_it_builds_on(planner: httpx.Client) -> None:
    etag = planner.post("/api/scenarios", json=form()).headers["etag"]
    assert planner.post("/api/scenarios", json=form()).status_code == 409
    assert planner.put("/api/scenarios/new-line", json=form()).status_code == 428
    other = form(name_en="Other")
    assert planner.put("/api/scenarios/new-line", json=other, headers={"If-Match": etag}).status_code == 200
    late = planner.put("/api/scenarios/new-line", json=form(), headers={"If-Match": etag})
    assert late.status_code == 412
    wrong = planner.put("/api/scenarios/new-line", json=form(key="else"), headers={"If-Match": "*"})
    assert wrong.json()["errors"][0]["pointer"] == "/key"
    assert (
        planner.put("/api/scenarios/else", json=form(key="else"), headers={"If-Match": "*"}).status_code
        == 404
    )


def changes(database: Database) -> set[tuple[str, str, str | None]]:
    """Return what the audit holds of parts that were changed or deleted: table, action, name before."""
    with database.read() as connection:
        rows = connection.execute(
            text(
                "SELECT table_name, action, before ->> 'name' AS name FROM audit "
                "WHERE table_name LIKE 'transit\\_scenario\\_%' AND action <> 'insert'"
            )
        )
        return {(row.table_name, row.action, row.name) for row in rows}


def test_the_audit_tells_the_parts_that_changed_and_no_others(
    planner: httpx.Client, database: Database
) -> None:
    planner.post("/api/scenarios", json=form())
    before = changes(database)
    planner.put("/api/scenarios/new-line", json=form(name_en="Other"), headers={"If-Match": "*"})
    assert changes(database) == before
    line = {**form()["lines"][0], "name": "S8"}
    planner.put("/api/scenarios/new-line", json=form(lines=[line]), headers={"If-Match": "*"})
    assert changes(database) - before == {("transit_scenario_lines", "update", "S7")}


def test_stops_are_read_in_the_order_in_which_they_were_sent(planner: httpx.Client) -> None:
    first, *_ = form()["stops"]
    second = {**first, "key": "second", "name": "Zwei"}
    assert planner.post("/api/scenarios", json=form()).status_code == 201
    for stops in ([first, second], [second, first], [first], [first, second]):
        course = ["de:05913:vrr", *(stop["key"] for stop in stops)]
        sent = planner.put(
            "/api/scenarios/new-line",
            json=form(stops=stops, lines=[{**form()["lines"][0], "stops": course}]),
            headers={"If-Match": "*"},
        )
        assert sent.status_code == 200, sent.text
        read = planner.get("/api/scenarios/new-line").json()["stops"]
        assert [stop["key"] for stop in read] == [stop["key"] for stop in stops]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lines": []}, "lines"),
        ({"key": "Not A Key"}, "key"),
        ({"stops": [{"key": "a", "name": "A", "lon": 7.4, "lat": 51.5}]}, "no line stops at 'a'"),
        ({"lines": [{"name": "S7", "mode": "rocket", "stops": ["a", "b"], "services": [SERVICE]}]}, "mode"),
        ({"lines": [{"name": "S7", "mode": "rail", "stops": ["mitte", "mitte"], "services": [SERVICE]}]},
         "follows itself"),
        ({"lines": [{"name": "S7", "mode": "rail", "stops": ["mitte", "b"], "services": [SERVICE, SERVICE]}]},
         "two headways"),
        ({"lines": [{"name": "S7", "mode": "rail", "stops": ["mitte", "b"],
                     "services": [{"window": "22:00-06:00", "headway_min": 10}]}]}, "is no window"),
        ({"lines": [{"name": "S7", "mode": "rail", "stops": ["mitte", "b"],
                     "services": [{"window": "06:00-20:00", "headway_min": 0}]}]}, "headway_min"),
        ({"stops": [{"key": "mitte", "name": "A", "lon": 7.4, "lat": 51.5}] * 2}, "the key 'mitte'"),
        ({"lines": [{"name": "S7", "mode": "rail", "stops": ["mitte", "de:0:0"], "services": [SERVICE]}]},
         "'de:0:0', which is no new stop"),
    ],
)  # fmt: skip
def test_an_unsound_scenario_is_refused_with_the_place(
    planner: httpx.Client, change: dict[str, Any], words: str
) -> None:
    answer = planner.post("/api/scenarios", json=form(**change))
    assert answer.status_code == 422
    assert words in answer.text
    assert answer.json()["errors"][0]["pointer"] is not None


def test_effect_and_parcel_before_and_after(
    planner: httpx.Client, client: httpx.Client, database: Database, sample: Sample
) -> None:
    with database.begin(actor="test") as connection:
        connection.execute(text("UPDATE transit_feeds SET weekday = lower(service)"))
    planner.post("/api/scenarios", json=form())
    answer = client.get("/api/scenarios/new-line/effect").json()
    stop = next(stop for stop in answer["stops"] if stop["stop_id"] == "de:05913:vrr")
    assert (stop["headway_min_after"], stop["category_after"], stop["mode_group"]) == (4.0, "I", "rail")
    parcel = client.get(f"/api/parcels/{KEY}/transit?scenario=new-line").json()["scenario"]
    assert (parcel["grade_before"], parcel["grade_after"]) == (None, "A")
    assert parcel["stop_after"]["distance_m"] == pytest.approx(250, abs=1)
    listed = {place["key"]: place for place in answer["parcel_list"]}
    assert listed[KEY]["after"] == "A"
    assert OBJECTED_KEY not in listed, "not published"
    mine = planner.get("/api/scenarios/new-line/effect").json()
    assert OBJECTED_KEY in {place["key"] for place in mine["parcel_list"]}
    assert client.get(f"/api/parcels/{KEY}/transit").json()["scenario"] is None
    assert client.get("/api/scenarios/new-line/effect?method=none").status_code == 400
    assert sample


def test_net_land_that_changed_since_says_so(
    planner: httpx.Client, client: httpx.Client, database: Database, sample: Sample
) -> None:
    planner.post("/api/scenarios", json=form())
    fresh = client.get("/api/scenarios/new-line/effect").json()
    assert fresh["net_stale"] == 0
    assert not any(place["stale"] for place in fresh["parcel_list"])
    with database.begin(actor="test") as connection:
        connection.execute(
            text("INSERT INTO availability_marks (cause, parcel_id) VALUES ('drawn', :parcel)"),
            {"parcel": sample.ids[KEY]},
        )
    try:
        answer = client.get("/api/scenarios/new-line/effect").json()
        page = client.get("/oev/szenarien/new-line", headers={"accept-language": "de"}).text
    finally:
        with database.begin(actor="test") as connection:
            connection.execute(text("DELETE FROM availability_marks"))
    assert answer["net_stale"] == 1
    assert [place["key"] for place in answer["parcel_list"] if place["stale"]] == [KEY]
    assert "Bei 1 Flurstück hat sich seit der Berechnung des Nettolands etwas geändert." in page
