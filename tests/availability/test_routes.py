"""The route of one parcel's availability: figures, reasons, and what the public does not see."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from fastapi import FastAPI
from psycopg.types.range import Range
from sqlalchemy import text

from geo_service.auth.access import identify
from geo_service.auth.caller import ANYBODY, Caller
from geo_service.auth.models import Role
from geo_service.availability import routes, service, usable
from geo_service.db import Database
from geo_service.errors import install_handlers
from geo_service.settings import Settings
from tests.availability.city import KEYS, multi, objects, parcel_rows, write
from tests.availability.drawing import PARCEL, box

KEY, OBJECTED, ANNOUNCED, LATER = KEYS[:4]
TODAY = date(2026, 3, 1)
ANSWERS = ("category", "ground", "potential_use", "target_group")
APART = {"items", "chain", "deduction_order", "usable", "capacity", "plan_span_source", *ANSWERS}
"""What has tests of its own."""


@pytest.fixture
def database(fresh_database_url: str, tmp_path: Path) -> Iterator[Database]:
    database = Database(Settings(database_url=fresh_database_url, home=tmp_path))
    parcels = parcel_rows(
        [PARCEL] * 4,
        [KEY, OBJECTED, ANNOUNCED, LATER],
        publication_objection=[False, True, False, False],
        publication_announced_on=objects([None, None, date(2026, 2, 2), date(2026, 2, 1)]),
    )
    restrictions = pd.DataFrame(
        {
            "restriction_key": ["a", "b", "c", "d"],
            "kind": ["flood_zone", "contamination", "owner_unwilling", "estimated_share"],
            "effect": ["excludes", "delays", "delays", "reduces"],
            "severity": ["light", "severe", "severe", "light"],
            "reduction_share": objects([None, None, None, 0.095]),
            "title": ["Hochwasser", "Altlast 12", "Eigentümer will nicht", "Straßen"],
            "valid": objects(
                [Range(None, None), Range(None, date(2029, 1, 1)), Range(None, None), Range(None, None)]
            ),
            "office": "Umweltamt",
            "note": "secret",
            "source": "drawn",
            "geom": multi([box(0, 0, 50, 50), PARCEL, PARCEL, PARCEL]),
        }
    )
    occupancies = pd.DataFrame(
        {
            "parcel_id": [1],
            "kind": ["leased"],
            "during": objects([Range(date(2024, 1, 1), date(2027, 1, 1))]),
            "holder": ["Geheim GmbH"],
            "note": ["secret"],
            "source": ["drawn"],
        }
    )
    with database.begin(actor="test") as connection:
        write(connection, "parcels", parcels.assign(id=range(1, 5)))
        write(connection, "restrictions", restrictions.assign(id=range(1, 5)))
        write(connection, "occupancies", occupancies.assign(id=7))
    yield database
    database.engine.dispose()


@pytest.fixture
def app(database: Database, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setattr(service, "today", lambda: TODAY)
    monkeypatch.setattr(routes, "today", lambda: TODAY)
    app = FastAPI()
    app.state.database = database
    app.include_router(routes.router)
    install_handlers(app)
    app.dependency_overrides[identify] = lambda: ANYBODY
    return app


class Client:
    """Asks the application, one request after the other, in one event loop."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self.app, self.runner = app, runner

    def get(self, path: str, query: dict[str, Any]) -> httpx.Response:
        return self.runner.run(self.request(path, query))

    async def request(self, path: str, query: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, params=query)


@pytest.fixture
def public(app: FastAPI, database: Database) -> Iterator[Client]:
    with asyncio.Runner() as runner:
        yield Client(app, runner)
        runner.run(database.dispose())


@pytest.fixture
def planner(app: FastAPI, public: Client) -> Client:
    app.dependency_overrides[identify] = lambda: Caller("paula", frozenset({Role.PLANNER}), "token")
    return public


def ask(client: Client, key: str = KEY, **query: Any) -> httpx.Response:
    return client.get(f"/api/parcels/{key}/availability", query)


def test_others_are_served_while_a_parcel_is_computed(
    app: FastAPI, public: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, served, in_time = threading.Event(), threading.Event(), []
    compute = usable.compute_stages

    def slow(*asked: Any) -> Any:
        begun.set()
        in_time.append(served.wait(3))
        return compute(*asked)

    async def both() -> httpx.Response:
        question = asyncio.create_task(public.request(f"/api/parcels/{KEY}/availability", {}))
        await asyncio.to_thread(begun.wait, 3)
        assert (await public.request("/alive", {})).json() == "yes"
        served.set()
        return await question

    async def alive() -> str:
        return "yes"

    app.add_api_route("/alive", alive)
    monkeypatch.setattr(routes, "compute_stages", slow)
    assert public.runner.run(both()).status_code == 200
    assert in_time == [True]


def test_a_planner_sees_figures_and_reasons(planner: Client) -> None:
    response = ask(planner, as_of="2026-06-01")
    answer = response.json()
    assert response.status_code == 200
    assert {name: answer[name] for name in answer if name not in APART} == {
        "parcel_key": KEY,
        "is_demo": False,
        "as_of": "2026-06-01",
        "preset": "default",
        "short_until": "2028-06-01",
        "mid_until": "2031-06-01",
        "gross_m2": 5000,
        "net_m2": 2500,
        "deducted_m2": 2500,
        "estimated_m2": 237.5,
        "largest_piece_m2": 2500,
        "severity": "severe",
        "horizon": "undetermined",
        "available_from": None,
        "offered": False,
        "later": [],
    }
    assert [(item["kind"], item["deduction_m2"], item["estimated_m2"]) for item in answer["items"]] == [
        ("flood_zone", 2500, 0),
        ("estimated_share", 0, 237.5),
    ]
    assert [
        (link["what"], link["kind"], link["free_from"], link["unblocks_to"]) for link in answer["chain"]
    ] == [
        ("restriction", "owner_unwilling", None, "2029-01-01"),
        ("restriction", "contamination", "2029-01-01", None),
        ("occupancy", "leased", "2027-01-01", None),
    ]
    assert answer["chain"][1]["office"] == "Umweltamt"


def test_the_largest_piece_and_what_the_parcel_is(planner: Client) -> None:
    """The flood zone leaves 50 x 50 m; no street is on record."""
    answer = ask(planner, as_of="2026-06-01").json()
    assert answer["usable"] == {
        "offered_m2": 2500,
        "sliver_m2": 0,
        "sliver_width_m": 3,
        "piece_m2": 2500,
        "circle_m": pytest.approx(50, abs=0.06),
        "rectangle_length_m": pytest.approx(50, abs=0.01),
        "rectangle_width_m": pytest.approx(50, abs=0.01),
        "frontage_m": None,
    }
    assert {name: (answer[name]["answer"], answer[name]["rule"]) for name in ANSWERS} == {
        "category": ("unknown", "not_known"),
        "ground": ("brownfield", "contaminated"),
        "potential_use": ("unknown", "use_not_known"),
        "target_group": ("unknown", "group_not_known"),
    }
    assert answer["ground"]["reason_en"].startswith("Contamination is on record")
    assert answer["ground"]["reason_de"].startswith("Eine Altlast ist verzeichnet")
    assert answer["ground"]["source"] == "choice of this service"


def test_the_public_is_told_what_a_parcel_is_without_its_occupancies(public: Client) -> None:
    answer = ask(public, as_of="2026-06-01").json()
    assert (answer["category"]["answer"], answer["category"]["rule"]) == ("unknown", "not_known")
    assert answer["target_group"]["rule"] == "group_not_known"
    assert answer["ground"]["rule"] == "contaminated"


def test_what_if(planner: Client) -> None:
    gone = ["restriction:3", "restriction:1"]
    answer = ask(planner, without=gone, as_of="2026-06-01").json()
    assert (answer["horizon"], answer["available_from"]) == ("mid", "2029-01-01")
    assert answer["net_m2"] == 5000


def test_what_if_of_a_kind_of_another_end_and_of_what_is_not_there(planner: Client) -> None:
    as_it_is = ask(planner, as_of="2026-06-01").json()
    assert as_it_is["net_m2"] < 5000
    assert ask(planner, without=["kind:flood_zone"], as_of="2026-06-01").json()["net_m2"] == 5000
    sooner = [f"{link['what']}:{link['id']}@2026-07-01" for link in as_it_is["chain"]]
    found = ask(planner, as_of="2026-06-01", ending=sooner).json()
    assert (found["horizon"], found["available_from"]) == ("short", "2026-07-01")
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"without": ["restriction:999999"]}, "No restriction 999999 holds here"),
        ({"without": ["kind:colour"]}, "There is no kind 'colour'"),
        ({"ending": ["occupancy:1"]}, "names no day"),
    )
    for query, told in wrong:
        refused = ask(planner, **query)
        assert (refused.status_code, told in refused.json()["detail"]) == (422, True)


def test_without_a_day_today_is_meant_and_presets_are_named(planner: Client) -> None:
    answer = ask(planner, preset="dortmund_2010").json()
    assert (answer["as_of"], answer["short_until"]) == ("2026-03-01", "2027-12-31")


def test_own_thresholds_and_an_own_order(planner: Client) -> None:
    answer = ask(planner, as_of="2026-06-01", short_years=3, mid_years=7, order="rail_clearance,water").json()
    assert (answer["preset"], answer["short_until"], answer["mid_until"]) == (
        "short_3_mid_7",
        "2029-06-01",
        "2033-06-01",
    )
    assert answer["deduction_order"][:4] == ["rail_clearance", "water", "flood_zone", "conservation_area"]
    usual = ask(planner).json()["deduction_order"]
    assert usual[:2] == ["water", "flood_zone"]
    assert sorted(usual) == sorted(answer["deduction_order"])


def test_the_setting_orders_what_is_not_asked_for(planner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(deduction_order="existing_building, water")
    monkeypatch.setattr(service, "get_settings", lambda: settings)
    assert ask(planner).json()["deduction_order"][:2] == ["existing_building", "water"]
    assert ask(planner, order="").json()["deduction_order"][:2] == ["water", "flood_zone"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"order": "wather"}, "no kind of restriction 'wather'"),
        ({"order": "water,water"}, "names water twice"),
        ({"short_years": 6}, "short_years=6 is too long"),
        ({"preset": "dortmund_2010", "mid_years": 6}, "leave out preset=dortmund_2010"),
    ],
)
def test_a_wrong_order_or_threshold_is_refused(planner: Client, query: dict[str, Any], message: str) -> None:
    response = ask(planner, **query)
    assert response.status_code == 400
    assert message in response.json()["detail"]


def test_the_public_sees_figures_but_nothing_confidential(public: Client) -> None:
    response = ask(public, as_of="2026-06-01")
    answer = response.json()
    assert (answer["net_m2"], answer["horizon"], answer["available_from"]) == (2500, "undetermined", None)
    for secret in ("Geheim", "secret", "owner_unwilling", "Eigentümer"):
        assert secret not in response.text


def test_the_public_cannot_tell_an_unwilling_owner_from_a_lease(public: Client) -> None:
    chain = ask(public, as_of="2026-06-01").json()["chain"]
    assert [link["order"] for link in chain] == [1, 2, 3]
    assert sorted(link["kind"] for link in chain) == ["contamination", "not_on_offer", "not_on_offer"]
    for link in chain:
        if link["kind"] == "not_on_offer":
            assert (link["what"], link["id"]) == ("occupancy", None)
            assert (link["title"], link["office"], link["source"]) == ("", "", "")


@pytest.mark.parametrize("key", [OBJECTED, ANNOUNCED, "05912400100099999___", "nothing"])
def test_unpublished_and_unknown_parcels_are_not_found_by_the_public(public: Client, key: str) -> None:
    response = ask(public, key)
    assert response.status_code == 404
    assert response.json()["detail"] == f"There is no published parcel {key}."


def test_published_a_month_after_the_announcement(public: Client) -> None:
    assert ask(public, LATER).status_code == 200


@pytest.mark.parametrize("key", [OBJECTED, ANNOUNCED])
def test_a_planner_sees_unpublished_parcels(planner: Client, key: str) -> None:
    assert ask(planner, key).status_code == 200


def test_an_unknown_parcel(planner: Client) -> None:
    response = ask(planner, "nothing")
    assert (response.status_code, response.json()["title"]) == (404, "Not found")


def test_the_public_may_not_probe_by_imagining_blockers_away(public: Client) -> None:
    asked: list[dict[str, Any]] = [{"without": ["restriction:3"]}, {"ending": ["restriction:3@2027-01-01"]}]
    for query in asked:
        response = ask(public, **query)
        assert response.status_code == 403
        assert "sign in" in response.json()["detail"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"as_of": "2026-02-30"}, 422),
        ({"as_of": "soon"}, 422),
        ({"as_of": "1800-01-01"}, 400),
        ({"preset": "soon"}, 400),
        ({"without": ["3"]}, 422),
        ({"asof": "2026-01-01"}, 422),
    ],
)
def test_wrong_questions_are_explained(planner: Client, query: dict[str, Any], status: int) -> None:
    response = ask(planner, **query)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert next(iter(query)) in response.text


def test_no_statement_of_the_slice_reads_who_occupies(database: Database) -> None:
    with database.read() as connection:
        connection.execute(text("SELECT 1"))
        result = service.compute(connection, TODAY)
    assert not {"holder", "note"} & {*result.chain.columns, *result.items.columns, *result.parcels.columns}
