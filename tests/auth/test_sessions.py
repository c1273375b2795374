"""Sessions of those who have none: nothing is signed for them, and none begins by reading."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from geo_service.auth.sessions import Sessions


def answered(app: ASGIApp, method: str, headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return the headers of an answer."""
    sent: list[Any] = []
    scope = {"type": "http", "method": method, "scheme": "http", "path": "/", "headers": headers}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Sessions(app, "secret")(scope, receive, send))
    return dict(sent[0]["headers"])


async def beginning(scope: Scope, receive: Receive, send: Send) -> None:
    """Begin a session."""
    Request(scope).session["user"] = 7
    await PlainTextResponse("in")(scope, receive, send)


async def asking(scope: Scope, receive: Receive, send: Send) -> None:
    """Look whether there is one."""
    await PlainTextResponse(str("user" in Request(scope).session))(scope, receive, send)


async def careless(scope: Scope, receive: Receive, send: Send) -> None:
    """Ask nothing."""
    await PlainTextResponse("for all")(scope, receive, send)


def test_an_answer_that_follows_from_the_session_says_so() -> None:
    for headers in ([], [(b"cookie", b"other=1")]):
        assert answered(asking, "GET", headers)[b"vary"] == b"Cookie"
        assert b"vary" not in answered(careless, "GET", headers)


def test_a_session_begins_with_a_form_only() -> None:
    assert answered(beginning, "POST", [])[b"set-cookie"].startswith(b"geo_session=")
    with pytest.raises(RuntimeError, match="form"):
        answered(beginning, "GET", [])
