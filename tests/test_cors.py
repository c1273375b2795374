"""Pages of other sites: they read what anybody may read, nothing that was answered to a cookie or token."""

import httpx
import pytest
from fastapi import FastAPI

from geo_service.db import Database
from tests.http_fixtures import SignedIn

SITE = {"Origin": "https://data.example.org"}
ALLOWED = "access-control-allow-origin"
OPEN = (
    "/ogc/",
    "/ogc/collections/parcels/items?limit=1",
    "/ogc/collections/parcels/tiles/WebMercatorQuad/14/5448/8532",
    "/ogc/collections/parcels/export?f=csv",
    "/api/openapi.json",
    "/api/sites",
    "/api/search?q=Hafen",
)


def varies(answer: httpx.Response) -> set[str]:
    return {name.strip().lower() for name in answer.headers.get("vary", "").split(",")}


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_anybody_s_page_reads_open_data(client: httpx.Client, path: str, method: str) -> None:
    answer = client.request(method, path, headers=SITE)
    assert answer.status_code == 200
    assert answer.headers[ALLOWED] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    told = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"etag", "link", "content-crs", "content-disposition", "x-features-left-out"} <= told
    assert "origin" in varies(answer)


def test_what_is_known_and_what_is_wrong_are_readable_too(client: httpx.Client) -> None:
    path = "/ogc/collections/parcels/items?limit=1"
    etag = client.get(path).headers["etag"]
    known = client.get(path, headers={**SITE, "If-None-Match": etag})
    assert (known.status_code, known.headers[ALLOWED]) == (304, "*")
    for wrong, status in (("/ogc/nothing", 404), ("/ogc/collections/parcels/items?limit=x", 400)):
        answer = client.get(wrong, headers=SITE)
        assert (answer.status_code, answer.headers[ALLOWED]) == (status, "*")


def test_an_unexpected_error_is_readable(
    app: FastAPI, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("unexpected")

    monkeypatch.setattr("geo_service.ogc.routes.documents.conformance", broken)
    answer = client.get("/ogc/conformance", headers=SITE)
    assert app
    assert (answer.status_code, answer.headers[ALLOWED]) == (500, "*")


@pytest.mark.parametrize("path", OPEN)
def test_answers_to_people_are_for_their_own_pages(signed_in: SignedIn, path: str) -> None:
    answer = signed_in("planner").get(path, headers=SITE)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "origin" in varies(answer)


@pytest.mark.parametrize("credentials", [{"Authorization": "Bearer nobody"}, {"Cookie": "geo_session=x"}])
def test_no_token_and_no_cookie_is_let_in_from_elsewhere(
    client: httpx.Client, credentials: dict[str, str]
) -> None:
    answer = client.get("/ogc/collections", headers={**SITE, **credentials})
    assert ALLOWED not in answer.headers


@pytest.mark.parametrize(
    "path", ["/", "/karte", "/anmelden", "/maps/layers/boundary.geojson", "/ogcx", "/apis"]
)
def test_pages_are_no_open_data(client: httpx.Client, path: str) -> None:
    assert ALLOWED not in client.get(path, headers=SITE).headers


def ask_before(client: httpx.Client, method: str, headers: str = "") -> httpx.Response:
    asked = {**SITE, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    return client.options("/ogc/collections/parcels/items", headers=asked)


def test_browsers_that_ask_before_are_told_what_is_allowed(client: httpx.Client) -> None:
    answer = ask_before(client, "GET", "if-none-match")
    assert answer.status_code == 200
    assert answer.headers[ALLOWED] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_changed_from_elsewhere(client: httpx.Client, method: str) -> None:
    assert ask_before(client, method).status_code == 400
    answer = client.request(method, "/ogc/collections/parcels/items", headers=SITE)
    assert ALLOWED not in answer.headers


def test_a_token_is_not_let_through_from_elsewhere(client: httpx.Client) -> None:
    assert ask_before(client, "GET", "authorization").status_code == 400


def test_a_request_of_no_other_site_is_answered_as_before(client: httpx.Client, database: Database) -> None:
    answer = client.get("/ogc/collections")
    assert database
    assert ALLOWED not in answer.headers
    assert {"origin", "authorization", "accept"} <= varies(answer)
