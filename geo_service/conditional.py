"""Answers that a browser may keep: entity tags, 304, and who may keep what."""

import hashlib
from functools import lru_cache
from pathlib import Path

from fastapi import Request, Response

from geo_service.auth.caller import Caller


def etag_of(content: bytes) -> str:
    """Return the entity tag of a content: weak, since it may leave compressed."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def etag_of_state(state: str, *what: object) -> str:
    """Return the entity tag of what was made from a state of the data: known before it is made.

    Parameters
    ----------
    state
        State of the data (`geo_service.changes`).
    *what
        All else that the answer follows from; each written as its ``repr``.
    """
    return etag_of(repr((state, program_digest(), *what)).encode())


@lru_cache(maxsize=1)
def program_digest() -> str:
    """Return a digest of the program: a newer one may answer otherwise from the same data."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


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


def unchanged(headers: dict[str, str]) -> Response:
    """Answer that the caller has the content already."""
    return Response(status_code=304, headers=headers)


def conditional(request: Request, content: bytes, etag: str, media: str, headers: dict[str, str]) -> Response:
    """Answer with the content, or with 304 when the caller has it."""
    headers = {**headers, "ETag": etag}
    if is_known(request, etag):
        return unchanged(headers)
    return Response(content, media_type=media, headers=headers)
