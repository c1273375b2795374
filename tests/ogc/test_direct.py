"""Routes that stand in front of all others: what they are given, and that nothing gets past the checks."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match

from geo_service.auth.access import Planner, Public
from geo_service.db import Reading
from geo_service.ogc.direct import Direct, busiest
from tests.sample_land import PUBLIC_KEYS

PATHS = (
    "/ogc/collections/parcels/items",
    f"/ogc/collections/parcels/items/{PUBLIC_KEYS[0]}",
    "/ogc/collections/parcels/tiles/WebMercatorQuad/14/5446/8532",
    "/ogc/tiles/WebMercatorQuad/14/5446/8532",
)


@pytest.mark.parametrize("path", PATHS)
def test_the_busiest_routes_come_first_and_are_direct(app: FastAPI, path: str) -> None:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    found = next(route for route in app.router.routes if route.matches(scope)[0] is not Match.NONE)
    assert isinstance(found, Direct)
    assert app.router.routes.index(found) < len(busiest.routes) + 4  # those of FastAPI itself


@pytest.mark.parametrize("path", PATHS)
def test_they_look_at_tokens_and_at_repeated_parameters(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200
    wrong = client.get(path, headers={"Authorization": "Bearer geo_abcdefghijklmnopqrstuvwxyz"})
    assert (wrong.status_code, wrong.headers["content-type"]) == (401, "application/problem+json")
    twice = client.get(f"{path}?f=json&f=json")
    assert (twice.status_code, twice.json()["parameter"]) == (400, "f")


def test_other_methods_reach_the_routes_behind(client: httpx.Client) -> None:
    assert client.post(PATHS[0], json={}).status_code == 401
    assert client.put(PATHS[1], json={}).status_code == 401
    assert client.delete(PATHS[2]).status_code == 405
    head = client.head(PATHS[0])
    assert (head.status_code, head.content) == (200, b"")


async def _planner(request: Request, caller: Planner) -> Response:
    return Response(str((request, caller)))


async def _session(request: Request, caller: Public, session: Reading) -> Response:
    return Response(str((request, caller, session)))


async def _number(request: Request, caller: Public, key: int) -> Response:
    return Response(str((request, caller, key)))


async def _query(request: Request, caller: Public, key: str, more: str) -> Response:
    return Response(str((request, caller, key, more)))


async def _nobody(request: Request, key: str) -> Response:
    return Response(str((request, key)))


async def _right(request: Request, caller: Public, key: str) -> Response:
    return Response(str((request, caller, key)))


@pytest.mark.parametrize("endpoint", [_planner, _session, _number, _query, _nobody])
def test_an_endpoint_that_needs_more_is_refused(endpoint: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=endpoint.__name__):
        Direct("/things/{key}", endpoint)
    assert isinstance(Direct("/things/{key}", _right), APIRoute)


def test_they_are_described_with_the_parts_of_their_paths(client: httpx.Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    item = paths["/ogc/collections/{collection_id}/items/{feature_id}"]
    assert set(item) >= {"get", "put", "patch", "delete"}
    named = {each["name"] for each in item["get"]["parameters"] if each["in"] == "path"}
    assert named == {"collection_id", "feature_id"}
