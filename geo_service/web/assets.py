"""Static files: their addresses carry a hash of the content, so that browsers may keep them for good."""

import gzip
import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOREVER: Final = "public, max-age=31536000, immutable"
CHECKED: Final = "public, max-age=300, must-revalidate"
COMPRESSED_SUFFIXES: Final = frozenset({".css", ".js", ".svg", ".json"})
HASH_LENGTH: Final = 12


def static_folder() -> Path:
    """Return the folder of the static files."""
    return Path(str(files("geo_service.web"))) / "static"


def static_address(name: str) -> str:
    """Return the address of a static file with the hash of its content.

    Parameters
    ----------
    name
        Path below the static folder, such as ``css/pages.css``; a file that is missing (the vendor files are
        copied at set-up) gets an address without hash.
    """
    path = static_folder() / name
    try:
        stamp = path.stat().st_mtime_ns
    except FileNotFoundError:
        return f"/static/{name}"
    return f"/static/{name}?v={_content_hash(path, stamp)}"


@lru_cache(maxsize=256)
def _content_hash(path: Path, _stamp: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH]


@lru_cache(maxsize=64)
def _compressed(path: Path, _stamp: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class _HashedFiles(StaticFiles):
    """Serves files compressed; for good where the address carries their hash."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer one request."""
        response = await super().get_response(path, scope)
        found = static_folder() / path
        query = scope.get("query_string", b"").decode("latin-1")
        current = static_address(path).partition("?")[2]
        response.headers["Cache-Control"] = FOREVER if query and query == current else CHECKED
        if response.status_code == 200 and _wants_gzip(scope, found):  # noqa: PLR2004 - OK
            return _as_gzip(found, response)
        return response


def _wants_gzip(scope: Scope, path: Path) -> bool:
    accepted = Headers(scope=scope).get("accept-encoding", "")
    return path.suffix in COMPRESSED_SUFFIXES and "gzip" in accepted and scope["method"] in {"GET", "HEAD"}


def _as_gzip(path: Path, plain: Response) -> Response:
    """Return the same answer compressed."""
    body = _compressed(path, path.stat().st_mtime_ns)
    response = Response(body, media_type=plain.media_type or plain.headers.get("content-type"))
    for name in ("Cache-Control", "ETag", "Last-Modified"):
        if name in plain.headers:
            response.headers[name] = plain.headers[name]
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def mount_static(app: FastAPI) -> None:
    """Serve the static files below ``/static``."""
    app.mount("/static", _HashedFiles(directory=static_folder()), name="static")
