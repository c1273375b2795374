"""Session cookies: signed, HttpOnly, SameSite=Lax, Secure wherever the browser came by https."""

from typing import Any, Final

from starlette.middleware.sessions import Session, SessionMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.headers import header, vary_by

COOKIE: Final = "geo_session"
MAX_AGE_S: Final = 12 * 3600
"""A working day; then one signs in again."""


class Sessions:
    """Starlette's signed sessions, with Secure decided by request.

    Behind a proxy that ends TLS the service itself sees http; then the ``Origin`` that the browser sends with
    the sign-in form tells.

    Parameters
    ----------
    app
        What follows.
    secret_key
        Signs the cookie.
    """

    def __init__(self, app: ASGIApp, secret_key: str) -> None:
        def sessions(*, https_only: bool) -> SessionMiddleware:
            return SessionMiddleware(
                app, secret_key, session_cookie=COOKIE, max_age=MAX_AGE_S, https_only=https_only
            )

        self._plain = sessions(https_only=False)
        self._secure = sessions(https_only=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the cookie into ``scope["session"]``, write it when it changed."""
        if scope["type"] != "http":
            await self._plain.app(scope, receive, send)
            return
        if scope["method"] == "GET" and header(scope, b"cookie") is None:
            await _without(self._plain.app, scope, receive, send)
            return
        chosen = self._secure if _by_https(scope) else self._plain
        await chosen(scope, receive, send)


async def _without(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer who has no session and only reads: none begins, so there is nothing to sign.

    Raises
    ------
    RuntimeError
        When one begins after all: the answer would not hold its cookie.
    """
    scope["session"] = session = Session()

    async def send_varying(message: Message) -> None:
        if message["type"] == "http.response.start":
            if session:
                raise RuntimeError("a session begins with a form that is sent")
            if session.accessed:
                vary_by(message["headers"], b"Cookie")
        await send(message)

    await app(scope, receive, send_varying)


def _by_https(scope: Scope) -> bool:
    return scope["scheme"] == "https" or (header(scope, b"origin") or b"").startswith(b"https://")


def begin(request: Request, user_id: int, epoch: int) -> None:
    """Sign a user in on this browser; whatever the session held before is gone."""
    session: dict[str, Any] = request.session
    session.clear()
    session.update(user=user_id, epoch=epoch)


def end(request: Request) -> None:
    """Sign out on this browser."""
    request.session.clear()
