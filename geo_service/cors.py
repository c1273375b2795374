"""Pages of other sites may read what anybody may read.

Source: Fetch Standard, section 3.2 (CORS protocol).
"""

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.headers import has_any, header, vary_by, varying
from geo_service.tile_size import LEFT_OUT

OPEN: Final = ("/ogc", "/api")
"""Paths with data for programs; what is below them is open where nobody need sign in."""
CREDENTIALS: Final = (b"cookie", b"authorization")
"""Headers that tell who asks: such an answer is for nobody else's page."""
ASKED: Final = ("If-None-Match", "If-Modified-Since", "X-Request-ID")
"""Headers that a page may send beside those that are always allowed."""
TOLD: Final = (
    "Content-Crs", "Content-Disposition", "ETag", "Link", "Retry-After", LEFT_OUT, "X-Request-ID",
)  # fmt: skip
"""Headers that a page may read beside those that are always readable."""
PREFLIGHT_S: Final = 86_400


class PublicReads(CORSMiddleware):
    """Lets any page read open data, never what is answered to a cookie or a token.

    Parameters
    ----------
    app
        Everything that answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD"],
            allow_headers=ASKED,
            expose_headers=TOLD,
            max_age=PREFLIGHT_S,
        )
        self._opens = [(name.lower().encode(), value.encode()) for name, value in self.simple_headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; whatever depends on who asks from where says so in ``Vary``."""
        if scope["type"] != "http" or not _is_open(scope["path"]):
            await self.app(scope, receive, send)
        elif scope["method"] in {"GET", "HEAD"} and not has_any(scope, CREDENTIALS):
            await self.app(scope, receive, self._opening(send, asked=header(scope, b"origin") is not None))
        elif scope["method"] == "OPTIONS" and not has_any(scope, CREDENTIALS):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, varying(send, b"Origin"))

    def _opening(self, send: Send, *, asked: bool) -> Send:
        """Return what sends an answer that any page may read, where the browser asks for one."""

        async def send_open(message: Message) -> None:
            if message["type"] == "http.response.start":
                if asked:
                    message["headers"].extend(self._opens)
                vary_by(message["headers"], b"Origin")
            await send(message)

        return send_open


def _is_open(path: str) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in OPEN)
