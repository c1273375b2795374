"""The application as a whole: access on every route, headers on every answer, errors as problem documents."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import text
from starlette.testclient import TestClient

from geo_service.app import create_app
from geo_service.auth.access import Anyone, Public, Requires, identify
from geo_service.db import Database, Reading, Writing
from geo_service.errors import Conflict
from geo_service.frame import content_security_policy
from geo_service.settings import Settings
from tests.http_fixtures import SignedIn
from tests.sample_land import PUBLIC_KEYS

OPEN_PATHS = {"/healthz", "/readyz", "/api/docs", "/api/openapi.json", "/static"}
"""Everything else says in its signature who may call it."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


def accesses(route: APIRoute) -> list[Any]:
    """Return the access types in the signature of a route."""
    found, waiting = [], [route.dependant]
    while waiting:
        dependant = waiting.pop()
        if isinstance(dependant.call, Requires | Anyone):
            found.append(dependant.call)
        waiting.extend(dependant.dependencies)
    return found


def unguarded(app: FastAPI) -> list[str]:
    """Return the paths that anybody may call although they are not on the list."""
    return [
        str(context.path)
        for context in iter_route_contexts(app.routes)
        if context.path not in OPEN_PATHS
        and not (isinstance(context.original_route, APIRoute) and accesses(context.original_route))
    ]


def test_every_route_says_who_may_call_it(app: FastAPI) -> None:
    assert unguarded(app) == []


def test_a_route_without_access_is_found(app: FastAPI) -> None:
    async def forgotten() -> str:
        return "everything"

    careless = FastAPI()
    careless.add_api_route("/forgotten", forgotten)
    assert "/forgotten" in unguarded(careless)
    assert len(list(iter_route_contexts(app.routes))) > 40


def test_the_definition_says_which_routes_need_a_token(app: FastAPI) -> None:
    definition = app.openapi()
    found: dict[tuple[str, str], Any] = {}
    wanted: dict[tuple[str, str], Any] = {}
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        closed = any(isinstance(each, Requires) for each in accesses(route))
        path = str(context.path)
        for method in route.methods or ():
            operation = definition["paths"].get(path, {}).get(method.lower())
            if operation is not None:
                found[method, path] = operation.get("security")
                wanted[method, path] = [{"token": []}] if closed else None
    assert found == wanted
    assert wanted["GET", "/api/rounds"]
    assert wanted["GET", "/api/search"] is None
    assert definition["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_open_paths_exist(app: FastAPI) -> None:
    assert {context.path for context in iter_route_contexts(app.routes)} >= OPEN_PATHS


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/", 200),
        ("/ogc/collections/parcels/items", 200),
        ("/ogc/collections/parcels/tiles/WebMercatorQuad/12/1362/2133", 200),
        ("/nothing-here", 404),
        ("/ogc/collections/parcels/items?colour=red", 400),
        ("/api/rounds", 401),
        ("/api/search", 422),
        ("/static/nothing.js", 404),
        ("/api/docs", 200),
    ],
)
def test_headers_stand_on_every_answer(client: httpx.Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


def test_base_map_host_is_allowed_for_images_only() -> None:
    policy = content_security_policy("https://{s}.tiles.example.org:8443/map/{z}/{x}/{y}.png")
    assert policy == POLICY.replace("data:;", "data: https://*.tiles.example.org:8443;")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("abc-DEF_123.4", True),
        ("short", False),
        ("x" * 65, False),
        ("evil\tid-123", False),
        ("<script>alert", False),
    ],
)
def test_request_id_is_taken_over_when_sane(client: httpx.Client, sent: str, kept: bool) -> None:
    answer = client.get("/nothing-here", headers={"X-Request-ID": sent})
    assert (answer.headers["x-request-id"] == sent) is kept
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing-here", 404),
        ("DELETE", "/api/search", 405),
        ("GET", "/api/search", 422),
        ("GET", "/api/search?q=ab&extra=1", 422),
        ("GET", "/api/rounds", 401),
        ("GET", "/ogc/collections/nothing", 404),
        ("GET", "/ogc/collections/parcels/items?limit=-1", 400),
        ("POST", "/sign-in", 422),
    ],
)
def test_errors_are_problem_documents(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"]
    assert problem["title"]
    assert problem["detail"]


def test_missing_role_is_forbidden(signed_in: SignedIn) -> None:
    answer = signed_in("planner").get("/api/rounds")
    assert answer.status_code == 403
    assert "vacancy management" in answer.json()["detail"]
    assert signed_in("admin").get("/api/rounds").status_code == 200


def test_large_json_is_compressed_and_small_is_not(client: httpx.Client) -> None:
    large = client.get("/ogc/collections/parcels/items")
    assert large.headers["content-encoding"] == "gzip"
    assert len(large.content) > 2_000
    assert large.json()["numberReturned"] == len(PUBLIC_KEYS)
    plain = client.get("/ogc/collections/parcels/items", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == {**large.json(), "timeStamp": plain.json()["timeStamp"]}
    for answer in (large, plain):
        assert "accept-encoding" in answer.headers["vary"].lower().split(", ")
    assert "content-encoding" not in client.get("/healthz").headers


@pytest.mark.parametrize("path", ["/", "/ogc/collections/parcels/items", "/healthz"])
def test_head_is_get_without_the_body(client: httpx.Client, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]


def test_large_bodies_are_refused_and_many_faults_are_cut(client: httpx.Client) -> None:
    refused = client.post("/api/inquiries/rank", json={f"k{number}": 1 for number in range(40_000)})
    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"
    unknown = client.post("/api/inquiries/rank", json={f"k{number}": 1 for number in range(5_000)})
    assert unknown.status_code == 422
    assert len(unknown.json()["errors"]) == 50

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 10_000

    assert client.post("/api/inquiries/rank", content=pieces()).status_code in {400, 413}


def test_documentation_has_local_assets_and_no_inline_code(client: httpx.Client) -> None:
    page = client.get("/api/docs").text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) == 4
    assert all(address.startswith("/static/") for address in addresses)
    assert re.findall(r"<script(?![^>]*src=)|<style|style=|\son\w+=", page) == []
    assert client.get("/static/js/api-docs.js").status_code == 200
    assert client.get("/api/openapi.json").json()["paths"]["/ogc/collections/{collection_id}/items"]


@pytest.mark.parametrize(
    "hostile", ["%00", "%27%3B--", "..%2F..%2Fetc", "%F0%9F%92%A9", "%E2%80%AE", "a" * 3_000, "{{7*7}}"]
)
def test_hostile_addresses_never_break_the_service(client: httpx.Client, app: FastAPI, hostile: str) -> None:
    for context in iter_route_contexts(app.routes):
        if "GET" in (context.methods or ()) and context.path:
            path = re.sub(r"\{[^}]+\}", hostile, context.path)
            answer = client.get(f"{path}?q={hostile}&limit={hostile}")
            assert answer.status_code < 500, (path, answer.text)


# --- transactions, on an application with routes of the test -------------------------------------------


@pytest.fixture
def probe(database: Database, database_url: str, app: FastAPI) -> Iterator[Callable[[str], httpx.Response]]:
    """Return a function that posts to a route of the test and returns the answer."""
    with database.engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE probe (n int CONSTRAINT uq_probe UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        )
    probing = create_app(Settings(database_url=database_url, home=app.state.settings.home, pool_size=1))

    async def add(session: Writing, _caller: Public) -> dict[str, str]:
        await session.execute(text("INSERT INTO probe VALUES (1)"))
        return {"said": "done"}

    async def read_and_write(session: Reading, _caller: Public) -> None:
        await session.execute(text("INSERT INTO probe VALUES (2)"))

    async def actor(session: Writing, _caller: Public) -> str:
        row = await session.execute(
            text("SELECT current_setting('app.actor') || ' ' || current_setting('app.request_id')")
        )
        return str(row.scalar_one())

    async def fail(session: Writing, _caller: Public) -> None:
        await session.execute(text("INSERT INTO probe VALUES (3)"))
        raise Conflict("changed my mind")

    async def crash(_caller: Public) -> None:
        raise RuntimeError("inner detail")

    for route in (add, read_and_write, actor, fail, crash):
        probing.add_api_route(
            f"/probe/{route.__name__}",
            route,
            methods=["POST"],
            status_code=201,
            dependencies=[Depends(identify)],
        )
    with TestClient(probing, raise_server_exceptions=False) as client:
        yield lambda name: client.post(f"/probe/{name}", headers={"X-Request-ID": "probe-1234"})
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE probe"))


def rows(database: Database) -> list[int]:
    with database.engine.connect() as connection:
        return list(connection.execute(text("SELECT n FROM probe ORDER BY n")).scalars())


def test_what_fails_at_commit_is_not_answered_as_done(
    probe: Callable[[str], httpx.Response], database: Database
) -> None:
    assert probe("add").status_code == 201
    second = probe("add")
    assert second.status_code == 409
    assert second.headers["content-type"] == "application/problem+json"
    assert second.json()["constraint"] == "uq_probe"
    assert rows(database) == [1]


def test_read_session_cannot_write(probe: Callable[[str], httpx.Response], database: Database) -> None:
    answer = probe("read_and_write")
    assert answer.status_code == 500
    assert rows(database) == []


def test_error_rolls_back(probe: Callable[[str], httpx.Response], database: Database) -> None:
    assert probe("fail").status_code == 409
    assert rows(database) == []


def test_writing_knows_its_actor_before_the_caller_is_asked_for(
    probe: Callable[[str], httpx.Response],
) -> None:
    assert probe("actor").json() == "public probe-1234"


def test_unknown_error_tells_nothing_but_the_request_id(probe: Callable[[str], httpx.Response]) -> None:
    answer = probe("crash")
    assert answer.status_code == 500
    assert "inner detail" not in answer.text
    assert answer.json()["request_id"] == "probe-1234" == answer.headers["x-request-id"]
    assert answer.headers["content-security-policy"] == POLICY
