"""Answers that a browser may keep: entity tags, 304, and who may keep what."""

import hashlib
from typing import Final

from fastapi import Request, Response

from geo_service.auth.caller import Caller

MAX_AGE_S: Final = 10
"""A page that asks twice for the same thing gets it once; an edit is seen after at most this."""


def etag_of(content: bytes) -> str:
    """Return the entity tag of a content: weak, since it may leave compressed."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Tell whether the caller has the content already (RFC 9110, 13.1.2: weak comparison)."""
    header = request.headers.get("if-none-match", "")
    known = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in known or etag.removeprefix("W/") in known


def caching(caller: Caller, *, max_age_s: int = 0) -> dict[str, str]:
    """Return headers that keep an answer for signed-in people out of shared caches.

    The session layer adds ``Vary: Cookie``.

    Parameters
    ----------
    caller
        Whose answer it is.
    max_age_s
        How long it may be used without asking; 0: ask each time.
    """
    whose = "private" if caller.signed_in else "public"
    how = f"max-age={max_age_s}" if max_age_s else "no-cache"
    return {"Cache-Control": f"{whose}, {how}", "Vary": "Authorization"}


def conditional(request: Request, content: bytes, etag: str, media: str, headers: dict[str, str]) -> Response:
    """Answer with the content, or with 304 when the caller has it."""
    headers = {**headers, "ETag": etag}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media, headers=headers)
