"""The transit answers of the interface: with what evidence, for which places, and who may see them."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pyproj import Transformer
from sqlalchemy import insert, text

from geo_service.city import load_city
from geo_service.db import Database
from geo_service.transit.models import TransitDeparture, TransitStop
from tests.sample_city import Sample
from tests.sample_land import ANNOUNCED_KEY, ENDED_KEY, OBJECTED_KEY, PUBLIC_KEYS
from tests.sample_rows import place

KEY = PUBLIC_KEYS[0]
"""100 x 50 m at 394000, 5707000; the tram stops 250 m north of it, the bus 600 m east and 250 m north."""
TRAM, BUS = (394_050, 5_707_300), (394_700, 5_707_300)
TRAM_TIMES = [21_600 + 3600 * place // 7 for place in range(98)]
BUS_TIMES = [21_600 + 540 * place for place in range(93)]
ALL_DAYS = b"\xff" * 46
YEAR = {"first_day": "2026-01-01", "last_day": "2026-12-30"}


@pytest.fixture(scope="module")
def timetable(database: Database, sample: Sample) -> Iterator[Sample]:
    """U47 seven times an hour both ways, bus 412 every 9 minutes one way, both on every day."""
    feed = {"feed_id": sample.ids["feed-vrr"], "days": ALL_DAYS, "next_stop_id": "x"}
    tram = {**feed, "stop_pk": sample.ids["stop-vrr"], "platform_id": "1", "mode": "tram", "route_type": 900}
    with database.begin(actor="test") as connection:
        stop = connection.execute(
            insert(TransitStop)
            .values(
                feed_id=sample.ids["feed-vrr"],
                stop_id="de:05913:other",
                name="Schützenstraße",
                member_ids=["2"],
                modes=["bus"],
                lines=["412"],
                geom=place(*BUS),
            )
            .returning(TransitStop.id)
        ).scalar_one()
        lines = [
            {**tram, "line": "U47", "direction": way, "headsign": towards, "departure_s": TRAM_TIMES}
            for way, towards in enumerate(("Aplerbeck", "Westerfilde"))
        ]
        bus = {"stop_pk": stop, "platform_id": "2", "mode": "bus", "route_type": 3, "line": "412"}
        bus |= {"direction": 0, "headsign": "", "departure_s": BUS_TIMES}
        connection.execute(insert(TransitDeparture), [*lines, {**feed, **bus}])
    yield sample
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM transit_departures WHERE days = :days"), {"days": ALL_DAYS})
        connection.execute(text("DELETE FROM transit_stops WHERE id = :stop"), {"stop": stop})


@pytest.fixture
def ask(timetable: Sample, client: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Ask for an answer and read it."""
    assert timetable

    def asked(query: str = "", path: str = f"/api/parcels/{KEY}/transit") -> dict[str, Any]:
        response = client.get(f"{path}{query}")
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    return asked


def test_answer_says_which_stop_how_far_and_why(ask: Callable[..., Any]) -> None:
    answer = ask()
    assert (answer["parcel_key"], answer["grade"], answer["category"]) == (KEY, "B", "III")
    assert (answer["window"], answer["day_kind"]) == ("06:00-20:00", "weekday")
    (counted,) = answer["counted"]
    assert counted.pop("validity") in {"current", "expired"}
    assert counted == {"feed": "vrr", "day": "2026-03-03", "chosen": "by_rule", **YEAR}
    assert answer["method"]["key"] == "are"
    assert "ARE" in answer["method"]["source"]
    assert answer["stop"] == {
        "stop_id": "de:05913:vrr",
        "name": "Hafen vrr",
        "lines": ["U47"],
        "distance_m": 250.0,
        "walking_m": 305.0,  # no streets are loaded: 1.22 times the straight line
        "walking_min": 3.8,
        "distance_kind": "detour_factor",
    }
    assert (answer["next_best"]["name"], answer["next_best"]["grade"]) == ("Schützenstraße", "D")
    nearest = answer["nearest"]
    assert nearest["rail"] is None
    assert (nearest["tram"]["distance_m"], nearest["bus"]["distance_m"]) == (250.0, 650.0)
    assert (nearest["bus"]["walking_m"], nearest["bus"]["walking_min"]) == (793.0, 9.9)
    walking = answer["walking"]
    assert (walking["distance_kind"], walking["detour_factor"]) == ("detour_factor", 1.22)
    assert "O'Sullivan" in walking["source"]
    assert answer["stored"]["grade"] == "B"


@pytest.fixture
def streets(database: Database) -> Iterator[None]:
    """From the corner of the parcel north past the tram stop's height, then west to it; no way to the bus."""
    edges = (
        "INSERT INTO street_edges (network_id, way_id, walkable, start_node, end_node, geom) "
        "SELECT id, '1', true, 1, 2, ST_GeomFromText('LINESTRING(394110 5707060, 394110 5707300)', 25832) "
        "FROM street_networks UNION ALL SELECT id, '2', true, 2, 3, "
        "ST_GeomFromText('LINESTRING(394110 5707300, 394050 5707300)', 25832) FROM street_networks"
    )
    network = (
        "INSERT INTO street_networks (content_hash, licence, report, source, source_date) "
        "VALUES ('x', 'ODbL', '{}', 'OpenStreetMap', '2026-11-20')"
    )
    with database.begin(actor="test") as connection:
        connection.execute(text(network))
        connection.execute(text(edges))
    yield
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM street_edges"))
        connection.execute(text("DELETE FROM street_networks"))


@pytest.mark.usefixtures("streets")
def test_ways_on_foot_follow_the_streets(ask: Callable[..., Any]) -> None:
    answer = ask()
    stop = answer["stop"]
    assert (stop["distance_m"], stop["distance_kind"]) == (250.0, "street_network")
    assert stop["walking_m"] == pytest.approx(200**0.5 + 240 + 60, abs=0.06)
    assert stop["walking_min"] == 3.9
    assert answer["grade"] == "B"
    bus = answer["nearest"]["bus"]
    assert (bus["distance_m"], bus["walking_m"], bus["walking_min"]) == (650.0, None, None)
    assert answer["walking"] == {
        "distance_kind": "street_network",
        "source": "OpenStreetMap",
        "licence": "ODbL",
        "source_date": "2026-11-20",
        "detour_factor": None,
        "longest_m": 2000.0,
        "is_demo": False,
    }
    compared = ask(path=f"/api/parcels/{KEY}/transit/methods")
    assert compared["walking"] == answer["walking"]
    assert compared["methods"][0]["stop"]["walking_m"] == stop["walking_m"]


@pytest.mark.usefixtures("streets")
def test_ways_that_are_counted_tell_that_they_are_estimated(ask: Callable[..., Any]) -> None:
    """The bus stops 590 m from every street, 100 m from the point: 122 m on foot, as counted."""
    lon, lat = Transformer.from_crs(25832, 4326, always_xy=True).transform(BUS[0], BUS[1] - 100)
    answer = ask(f"?lon={lon}&lat={lat}&method=oevgk18", "/api/points/transit")
    stop = answer["stop"]
    assert (stop["name"], stop["distance_kind"]) == ("Schützenstraße", "detour_factor")
    assert (stop["walking_m"], stop["walking_min"]) == (122.0, 1.5)
    routes = {route["line"]: route for route in answer["ptal"]["routes"]}
    assert (routes["412"]["distance_kind"], routes["412"]["walking_m"]) == ("detour_factor", 122.0)
    here = ask()["ptal"]["routes"]
    assert [route["distance_kind"] for route in here if route["line"] == "U47"] == ["street_network"]


def test_evidence_holds_what_was_counted(ask: Callable[..., Any]) -> None:
    evidence = ask()["evidence"]
    assert (evidence["day"], evidence["window"]) == ("2026-03-03", "06:00-20:00")
    assert (evidence["departures"], evidence["headway_min"]) == (98, 8.57)
    assert [each["departures"] for each in evidence["profile"]] == [7] * 14  # 98 in 14 hours
    group = evidence["groups"][0]
    assert (group["mode_group"], group["category"], group["total"], group["node"]) == (
        "tram_bus_ship",
        "III",
        196,
        False,
    )
    first = group["lines"][0]["directions"][0]
    assert (first["departures"], first["first"], first["towards"]) == (98, "6:00", ["Aplerbeck"])
    assert (evidence["feed"]["name"], evidence["feed"]["is_demo"]) == ("vrr", True)


def test_better_class_needs_a_denser_timetable(ask: Callable[..., Any]) -> None:
    """No distance lifts category III to A; every less than 5 minutes does: 169 departures, 71 more."""
    better = ask()["better"]
    assert (better["grade"], better["nearer"]) == ("A", None)
    denser = better["denser"]
    assert (denser["name"], denser["departures"], denser["more_departures"]) == ("Hafen vrr", 98, 71)
    assert (denser["needed_headway_min"], denser["needed_headway_included"]) == (5, False)


def test_better_class_of_a_place_farther_off(ask: Callable[..., Any]) -> None:
    """410 m from the tram it is C; B needs it nearer than 300 m, or category II: 71 departures more."""
    lon, lat = Transformer.from_crs(25832, 4326, always_xy=True).transform(TRAM[0] - 410, TRAM[1])
    answer = ask(f"?lon={lon}&lat={lat}", "/api/points/transit")
    assert answer["grade"] == "C"
    nearer, denser = answer["better"]["nearer"], answer["better"]["denser"]
    assert (nearer["name"], nearer["limit_m"], nearer["limit_included"]) == ("Hafen vrr", 300, False)
    assert nearer["missing_m"] == pytest.approx(110, abs=0.1)
    assert denser["more_departures"] == 71


@pytest.mark.parametrize(
    ("window", "times", "day", "departures"),
    [
        ("peak_morning", "06:00-09:00", "2026-03-03", 21),
        ("07:00-08:00", "07:00-08:00", "2026-03-03", 7),
    ],
)
def test_other_windows(ask: Callable[..., Any], window: str, times: str, day: str, departures: int) -> None:
    answer = ask(f"?window={window}")
    assert (answer["window"], answer["evidence"]["day"]) == (times, day)
    assert answer["evidence"]["departures"] == departures
    assert answer["stored"] is None


def test_day_may_be_given(ask: Callable[..., Any]) -> None:
    answer = ask("?day=2026-03-07")
    (counted,) = answer["counted"]
    assert counted.pop("validity") in {"current", "expired"}
    assert counted == {"feed": "vrr", "day": "2026-03-07", "chosen": "given", **YEAR}
    assert answer["grade"] == "B"


def test_evening_without_departures_has_no_class_and_says_so(ask: Callable[..., Any]) -> None:
    answer = ask("?window=evening")
    assert (answer["grade"], answer["evidence"], answer["stop"]) == (None, None, None)
    assert answer["better"] == {"grade": "D", "nearer": None, "denser": None}


def test_level_of_accessibility(ask: Callable[..., Any]) -> None:
    """U47 7 times from 8:15 to 9:15 at 250 m, 305 on foot: 30 / (3.81 + 30/7 + 0.75); the bus is too far."""
    ptal = ask()["ptal"]
    assert (ptal["level"], ptal["window"]) == ("1b", "08:15-09:15")
    assert ptal["access_index"] == pytest.approx(30 / (1.22 * 250 / 80 + 30 / 7 + 0.75), abs=0.001)
    assert (ptal["distance_kind"], ptal["routes"][0]["walking_m"]) == ("detour_factor", 305.0)
    assert [(route["line"], route["name"], route["per_hour"]) for route in ptal["routes"]] == [
        ("U47", "Hafen vrr", 7)
    ]


def test_methods_side_by_side(ask: Callable[..., Any]) -> None:
    """A tram every 8.57 minutes at 250 m: the printed tables say B, A, B and B."""
    answer = ask("/methods")
    grades = {found["method"]["key"]: (found["category"], found["grade"]) for found in answer["methods"]}
    assert grades == {"are": ("III", "B"), "goat": ("2", "A"), "oerok": ("3", "B"), "oevgk18": ("III", "B")}
    assert answer["ptal"]["level"] == "1b"
    assert answer["nearest"]["tram"]["name"] == "Hafen vrr"
    morning = ask("/methods?window=peak_morning")
    assert {found["window"] for found in morning["methods"]} == {"06:00-09:00"}


def test_any_point_of_the_city_and_its_margin(ask: Callable[..., Any]) -> None:
    lon, lat = Transformer.from_crs(25832, 4326, always_xy=True).transform(*TRAM)
    start = time.perf_counter()
    answer = ask(f"?lon={lon}&lat={lat}&method=oerok&window=peak_morning", "/api/points/transit")
    assert time.perf_counter() - start < 5
    assert (answer["stop"]["distance_m"], answer["grade"], answer["is_complete"]) == (0, "B", True)
    assert (answer["lon"], answer["lat"]) == (lon, lat)
    north = max(load_city("dortmund").boundary.geoms[0].exterior.coords, key=lambda corner: corner[1])
    lon, lat = Transformer.from_crs(25832, 4326, always_xy=True).transform(north[0], north[1] + 900)
    assert not ask(f"?lon={lon}&lat={lat}", "/api/points/transit")["is_complete"]


def test_points_elsewhere_are_refused_with_the_distance(client: httpx.Client) -> None:
    response = client.get("/api/points/transit?lon=51.5&lat=7.5")
    assert response.status_code == 400
    response = client.get("/api/points/transit?lon=7.0&lat=51.45")
    assert response.status_code == 400
    assert "km outside Dortmund" in response.json()["detail"]
    assert client.get("/api/points/transit?lon=7.5").status_code == 422
    assert client.get("/api/points/transit?lon=7.5&lat=91").status_code == 422
    assert client.get("/api/points/transit?lon=nan&lat=51").status_code == 422


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?method=swiss", 400),
        ("?methode=are", 422),
        ("?method=", 400),
        ("?window=rush", 400),
        ("?window=sunday", 404),
        ("?day=2030-01-01", 400),
        ("?day=morgen", 422),
    ],
)
def test_wrong_questions_are_explained(client: httpx.Client, query: str, status: int) -> None:
    response = client.get(f"/api/parcels/{KEY}/transit{query}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["", "/methods"])
@pytest.mark.parametrize("key", [OBJECTED_KEY, ANNOUNCED_KEY, ENDED_KEY, "05999900100001______"])
def test_the_public_sees_published_parcels_only(client: httpx.Client, key: str, path: str) -> None:
    response = client.get(f"/api/parcels/{key}/transit{path}")
    assert response.status_code == 404
    assert response.json()["detail"] == f"There is no published parcel {key}."


def test_a_planner_sees_unpublished_parcels(
    timetable: Sample, signed_in: Callable[[str], httpx.Client]
) -> None:
    assert timetable
    planner = signed_in("planner")
    answer = planner.get(f"/api/parcels/{OBJECTED_KEY}/transit").json()
    assert answer["nearest"]["tram"]["name"] == "Hafen vrr"
    assert planner.get(f"/api/parcels/{ENDED_KEY}/transit").status_code == 404
