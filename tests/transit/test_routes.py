"""``GET /api/parcels/{parcel_key}/transit``: the stored answer with its evidence, and who may see it."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, text

from geo_service.db import Database
from geo_service.transit.models import TransitStop, TransitStopGrade
from tests.sample_city import Sample
from tests.sample_land import ANNOUNCED_KEY, ENDED_KEY, OBJECTED_KEY, PUBLIC_KEYS
from tests.sample_rows import place

KEY = PUBLIC_KEYS[0]
EVIDENCE = [
    {
        "mode_group": "tram_bus_ship",
        "category": "III",
        "departures": 98,
        "total": 196,
        "headway_min": 8.57,
        "node": False,
        "lines": [
            {
                "line": "U47",
                "mode": "tram",
                "departures": 98,
                "directions": [
                    {
                        "direction": 0,
                        "departures": 98,
                        "first": "6:00",
                        "last": "19:50",
                        "towards": ["Aplerbeck"],
                    }
                ],
            }
        ],
    }
]


@pytest.fixture
def graded(database: Database, sample: Sample) -> Iterator[Sample]:
    """The sample city with the category of its stop, a next best stop and no rail stop."""
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
                geom=place(394_700, 5_707_300),
            )
            .returning(TransitStop.id)
        ).scalar_one()
        connection.execute(
            insert(TransitStopGrade).values(
                stop_pk=sample.ids["stop-vrr"],
                method="are",
                day=date(2026, 3, 3),
                window_from_s=21_600,
                window_to_s=72_000,
                mode_group="tram_bus_ship",
                category="III",
                departures=98,
                headway_min=840 / 98,
                evidence=EVIDENCE,
            )
        )
        connection.execute(
            text(
                "UPDATE transit_access SET next_grade = 'D', next_stop_pk = :stop, next_distance_m = 640, "
                "bus_stop_pk = :stop, bus_distance_m = 640 WHERE subject_id = :parcel"
            ),
            {"stop": stop, "parcel": sample.ids[KEY]},
        )
    yield sample
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM transit_stop_grades"))
        connection.execute(
            text("UPDATE transit_access SET next_grade = NULL, next_stop_pk = NULL, bus_stop_pk = NULL")
        )
        connection.execute(text("DELETE FROM transit_stops WHERE id = :stop"), {"stop": stop})


def get(client: httpx.Client, key: str = KEY, query: str = "") -> httpx.Response:
    return client.get(f"/api/parcels/{key}/transit{query}")


def test_answer_says_which_stop_how_far_and_why(graded: Sample, client: httpx.Client) -> None:
    assert graded
    answer: dict[str, Any] = get(client).json()
    assert (answer["parcel_key"], answer["grade"], answer["category"]) == (KEY, "B", "III")
    assert answer["method"]["key"] == "are"
    assert "ARE" in answer["method"]["source"]
    assert answer["stop"] == {
        "stop_id": "de:05913:vrr",
        "name": "Hafen vrr",
        "lines": ["U47"],
        "distance_m": 250.0,
        "walking_min": 3.1,
        "distance_kind": "straight_line",
    }
    assert (answer["next_best"]["name"], answer["next_best"]["grade"]) == ("Schützenstraße", "D")
    nearest = answer["nearest"]
    assert nearest["rail"] is None
    assert (nearest["tram"]["distance_m"], nearest["bus"]["walking_min"]) == (250.0, 8.0)
    evidence = answer["evidence"]
    assert (evidence["day"], evidence["window"]) == ("2026-03-03", "06:00-20:00")
    assert (evidence["departures"], evidence["headway_min"]) == (98, 8.57)
    assert evidence["groups"] == EVIDENCE
    assert (evidence["feed"]["name"], evidence["feed"]["is_demo"]) == ("vrr", True)


def test_another_method_says_how_to_compute_it(client: httpx.Client) -> None:
    response = get(client, query="?method=goat")
    assert response.status_code == 404
    assert "geo transit --method goat" in response.json()["detail"]


@pytest.mark.parametrize(
    ("query", "status"), [("?method=swiss", 400), ("?methode=are", 422), ("?method=", 400)]
)
def test_wrong_questions_are_explained(client: httpx.Client, query: str, status: int) -> None:
    response = get(client, query=query)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", [OBJECTED_KEY, ANNOUNCED_KEY, ENDED_KEY, "05999900100001______"])
def test_the_public_sees_published_parcels_only(client: httpx.Client, key: str) -> None:
    response = get(client, key)
    assert response.status_code == 404
    assert response.json()["detail"] == f"There is no published parcel {key}."


def test_a_planner_sees_unpublished_parcels(signed_in: Callable[[str], httpx.Client]) -> None:
    planner = signed_in("planner")
    assert get(planner, OBJECTED_KEY).json()["grade"] == "B"
    assert get(planner, ENDED_KEY).status_code == 404
