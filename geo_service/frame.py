"""What every request and answer has in common: size limit, HEAD, request id and security headers.

Source: OWASP Secure Headers Project; Content Security Policy level 3.
"""

import re
import secrets
from typing import Final
from urllib.parse import urlsplit

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.errors import TooLarge, problem_response
from geo_service.headers import header, varying

LARGEST_BODY_BYTES: Final = 256 * 1024
"""The largest form or query takes a few kilobytes."""
UPLOADS: Final = "/daten/einbringen"
"""Where files are sent to; who may is asked before any of it is read."""
LARGEST_FILE_BYTES: Final = 513 * 2**20
"""The largest file of `geo_service.imports.uploads`, and what a form wraps around it."""
TOO_LARGE: Final = "A request may hold at most {} kB here."
MARK: Final = b'-gzip"'
"""End of the entity tag of what was compressed."""
CONDITIONS: Final = (b"if-match", b"if-none-match")
NOT_MODIFIED: Final = 304
REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")


def content_security_policy(basemap_url: str | None) -> str:
    """Return the policy: everything from this service, and images of the configured base map.

    Parameters
    ----------
    basemap_url
        Address of its tiles; ``{s}`` stands for any subdomain.
    """
    images = ["'self'", "data:"]
    if basemap_url:
        parts = urlsplit(basemap_url)
        images.append(f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}")
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {' '.join(images)}",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    )


class Frame:
    """Outermost layer: gives each request an id and each answer its headers.

    A request may bring its own id (``X-Request-ID``), so that logs of several services can be read together.

    Parameters
    ----------
    app
        Everything else.
    basemap_url
        Base map whose images a page may show.
    """

    def __init__(self, app: ASGIApp, basemap_url: str | None) -> None:
        self.app = app
        headers = {
            "content-security-policy": content_security_policy(basemap_url),
            "x-content-type-options": "nosniff",
            "referrer-policy": "strict-origin-when-cross-origin",
            "x-frame-options": "SAMEORIGIN",
            "permissions-policy": "geolocation=(self), camera=(), microphone=()",
        }
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = header(scope, b"x-request-id") or b""
        request_id = given.decode() if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        added = [(b"x-request-id", request_id.encode()), *self._headers]

        # what a GET answers, a HEAD answers without the body (RFC 9110, 9.3.2)
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET"}
        received = 0
        most = _most(scope)

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise _too_large(most)
            return message

        async def send_framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[tuple[bytes, bytes]] = message["headers"]
                known = {name for name, _ in headers}
                headers.extend(pair for pair in added if pair[0] not in known)
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        if _stated_length(scope) > most:
            await problem_response(_too_large(most).problem())(scope, receive, send_framed)
            return
        await self.app(scope, receive_limited, send_framed)


class Compression(GZipMiddleware):
    """Compresses for who can read it; all other answers pass as they are, and say that they depend on it.

    What is compressed is another representation: its strong entity tag gets a mark (RFC 9110, 8.8.3.3), which
    is taken off again when the tag comes back.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = scope["headers"]
        marked = any(MARK in value for name, value in given if name in CONDITIONS)
        if marked:
            given = [
                (name, value.replace(MARK, b'"') if name in CONDITIONS else value) for name, value in given
            ]
            scope = {**scope, "headers": given}
        if b"gzip" not in (header(scope, b"accept-encoding") or b""):
            await self.app(scope, receive, varying(send, b"Accept-Encoding"))
        else:
            await super().__call__(scope, receive, _marking(send, marked=marked))


def _marking(send: Send, *, marked: bool) -> Send:
    """Return what sends an answer whose strong tag is marked if it is compressed, or was (304)."""

    async def send_marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message["headers"]
            if (b"content-encoding", b"gzip") in headers or (marked and message["status"] == NOT_MODIFIED):
                message["headers"] = [
                    (name, value[:-1] + MARK if name == b"etag" and value.startswith(b'"') else value)
                    for name, value in headers
                ]
        await send(message)

    return send_marked


def _most(scope: Scope) -> int:
    """Return how many bytes a request may hold."""
    sends_file = scope["method"] == "POST" and scope["path"] == UPLOADS
    return LARGEST_FILE_BYTES if sends_file else LARGEST_BODY_BYTES


def _too_large(most: int) -> TooLarge:
    return TooLarge(TOO_LARGE.format(most // 1024))


def _stated_length(scope: Scope) -> int:
    stated = header(scope, b"content-length") or b"0"
    return int(stated) if stated.isdigit() else 0
