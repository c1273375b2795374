"""A parameter that takes one value is given once, on every route of the interface."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from geo_service.auth.models import Role
from geo_service.parameters import given_once
from tests.http_fixtures import SignedIn
from tests.sample_land import PUBLIC_KEYS

PARCEL = f"/api/parcels/{PUBLIC_KEYS[0]}"


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("/api/availability/summary", "as_of=2026-01-01&as_of=2027-01-01", "as_of"),
        ("/api/availability/what-if", "without=kind:sold&preset=default&preset=default", "preset"),
        ("/api/availability/assemblies", "at_least_m2=1&at_least_m2=2", "at_least_m2"),
        ("/api/availability/balance", "from=2020-01-01&from=2021-01-01", "from"),
        ("/api/availability/balance.csv", "to=2020-01-01&to=2021-01-01", "to"),
        (f"{PARCEL}/availability", "as_of=2026-01-01&as_of=2027-01-01", "as_of"),
        (f"{PARCEL}/neighbours", "across_m=1&across_m=2", "across_m"),
        (f"{PARCEL}/transit", "method=are&method=goat", "method"),
        (f"{PARCEL}/reach", "nonsense=1&nonsense=2", "nonsense"),
        ("/api/points/transit", "lon=7.4&lat=51.5&lat=51.6", "lat"),
        ("/api/sites", "x=1&x=1", "x"),
        ("/api/search", "q=hafen&q=hafen", "q"),
        ("/api/inquiries", "status=open&status=met", "status"),
        ("/ogc/collections/availability/items", "category=gap&category=vacant", "category"),
        ("/ogc/collections/parcels/items", "limit=1&limit=2", "limit"),
        ("/ogc/collections", "f=json&f=json", "f"),
    ],
)
def test_what_is_repeated_is_refused_and_named(
    signed_in: SignedIn, path: str, query: str, named: str
) -> None:
    answer = signed_in(Role.ADMIN).get(f"{path}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["parameter"] == named
    assert f"'{named}' is given 2 times" in answer.json()["detail"]


def test_lists_may_be_repeated(signed_in: SignedIn) -> None:
    planner = signed_in(Role.PLANNER)
    for path, query in (
        ("/api/availability/assemblies", "at_least_m2=1&horizon=now&horizon=short"),
        ("/api/availability/balance", "by=horizon&by=district"),
        ("/api/availability/what-if", "without=kind:sold&without=kind:leased"),
        (f"{PARCEL}/availability", "without=kind:sold&without=kind:leased"),
    ):
        answer = planner.get(f"{path}?{query}")
        assert answer.status_code in {200, 422}, answer.text
        assert "given 2 times" not in answer.text


def test_no_route_of_the_interface_does_without(app: FastAPI) -> None:
    without = [
        str(context.path)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        and str(context.path).startswith(("/api/", "/ogc"))
        and given_once not in [each.call for each in context.dependant.dependencies]
    ]
    assert without == ["/api/docs"]
