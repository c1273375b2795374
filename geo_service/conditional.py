"""Answers that a browser may keep: entity tags, 304, and who may keep what."""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi import Request, Response

from geo_service.auth.caller import Caller
from geo_service.errors import BadParameter

TAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
TAGS: Final = re.compile(rf"[ \t,]*{TAG.pattern}[ \t]*(?:,[ \t]*(?:{TAG.pattern}[ \t]*)?)*")
"""An entity tag, and a list of them."""
STATE_DIGITS: Final = 32
"""Of a strong entity tag of a record those that name its state; the others name how it is written."""


def etag_of(content: bytes) -> str:
    """Return the entity tag of a content: weak, since it may leave compressed."""
    return f'W/"{_digest(content)}"'


def strong_etag(state: bytes, content: bytes) -> str:
    """Return the entity tag by which a record is changed: strong, as ``If-Match`` wants it.

    Parameters
    ----------
    state
        The record, however it is written.
    content
        What leaves; `geo_service.frame.Compression` marks the tag when it compresses that.
    """
    return f'"{_digest(state)}{_digest(content)[:16]}"'


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:STATE_DIGITS]


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
    header = ", ".join(request.headers.getlist("if-none-match"))
    return header.strip() == "*" or etag.removeprefix("W/") in (tag for _weak, tag in TAG.findall(header))


def is_meant(header: str, state: bytes) -> bool:
    """Tell whether ``If-Match`` names a state of a record (RFC 9110, 13.1.1: strong comparison).

    Parameters
    ----------
    header
        Its value; several headers joined by commas.
    state
        The record as it is now, as for `strong_etag`.

    Raises
    ------
    BadParameter
        When it is neither ``*`` nor a list of tags. Source: RFC 9110, 8.8.3; 5.6.1 (empty elements).
    """
    if header.strip() == "*":
        return True
    if not TAGS.fullmatch(header):
        raise BadParameter(
            'If-Match is *, or ETags as they were read, in their quotes, parted by commas: "…", "…".',
            parameter="If-Match",
        )
    return _digest(state) in {tag[1 : STATE_DIGITS + 1] for weak, tag in TAG.findall(header) if not weak}


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
