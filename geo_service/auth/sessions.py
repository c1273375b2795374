"""Session cookies: signed, HttpOnly, SameSite=Lax, Secure wherever the browser came by https."""

from typing import Any, Final

from starlette.datastructures import Headers
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

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
        chosen = self._secure if _by_https(scope) else self._plain
        await chosen(scope, receive, send)


def _by_https(scope: Scope) -> bool:
    return scope["scheme"] == "https" or Headers(scope=scope).get("origin", "").startswith("https://")


def begin(request: Request, user_id: int, epoch: int) -> None:
    """Sign a user in on this browser; whatever the session held before is gone."""
    session: dict[str, Any] = request.session
    session.clear()
    session.update(user=user_id, epoch=epoch)


def end(request: Request) -> None:
    """Sign out on this browser."""
    request.session.clear()
