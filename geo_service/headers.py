"""Headers as servers hand them over, names in lower case: read and written without making objects of them."""

from collections.abc import Iterable
from typing import Final

from starlette.types import Message, Scope, Send

Headers = list[tuple[bytes, bytes]]

VARY: Final = b"vary"


def header(scope: Scope, wanted: bytes) -> bytes | None:
    """Return the first header of a request with a name; None: there is none."""
    for name, value in scope["headers"]:
        if name == wanted:
            found: bytes = value
            return found
    return None


def has_any(scope: Scope, wanted: Iterable[bytes]) -> bool:
    """Tell whether a request has one of some headers."""
    return any(name in wanted for name, _ in scope["headers"])


def vary_by(headers: Headers, name: bytes) -> None:
    """Say of an answer that it depends on a header of the request (RFC 9110, 12.5.5)."""
    for place, (known, value) in enumerate(headers):
        if known == VARY:
            headers[place] = (VARY, value + b", " + name)
            return
    headers.append((VARY, name))


def varying(send: Send, name: bytes) -> Send:
    """Return what sends an answer that depends on a header of the request."""

    async def send_varying(message: Message) -> None:
        if message["type"] == "http.response.start":
            vary_by(message["headers"], name)
        await send(message)

    return send_varying
