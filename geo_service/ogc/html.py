"""The same resources for people: who follows a link with a browser gets a page instead of a document.

The pages are made by the web slice, which registers its maker as ``app.state.data_page``.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from fastapi import Request, Response
from starlette.datastructures import QueryParams

from geo_service.auth.caller import Caller
from geo_service.auth.fields import Kind
from geo_service.conditional import caching
from geo_service.headers import header
from geo_service.ogc.model import Collection

HTML: Final = "text/html"
DATA: Final = ("application/geo+json", "application/json", "application/schema+json")
Kinds = Literal[
    "landing", "conformance", "collections", "collection", "schema", "items", "item", "form",
    "tilesets", "tileset", "schemes", "scheme",
]  # fmt: skip
LANGUAGE: Final = "lang"
"""Parameter of all pages; documents do not know it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What a page shows.

    Parameters
    ----------
    kind
        Which page.
    document
        The document that programs get.
    collection
        The collection that it belongs to; None: to none.
    kinds
        Fields that the caller sees, with their kinds.
    editable
        Whether the caller may change its records.
    """

    kind: Kinds
    document: Mapping[str, Any]
    collection: Collection | None = None
    kinds: Mapping[str, Kind] | None = None
    editable: bool = False


PageMaker = Callable[[Request, Caller, Resource], Awaitable[Response]]
"""Makes the page of a resource."""


def wants_page(request: Request) -> bool:
    """Tell whether a page is asked for: by ``f=html``, or without ``f`` by a browser."""
    asked = request.query_params.get("f") if request.scope["query_string"] else None
    if asked is not None:
        return asked == "html"
    accept = (header(request.scope, b"accept") or b"").decode("latin-1")
    accepted = [part.split(";")[0].strip() for part in accept.split(",")]
    return HTML in accepted and not any(media in accepted for media in DATA)


def query_of(request: Request) -> QueryParams:
    """Return the parameters that the resource is asked with: those of pages are left out."""
    if LANGUAGE not in request.query_params or not wants_page(request):
        return request.query_params
    return QueryParams([pair for pair in request.query_params.multi_items() if pair[0] != LANGUAGE])


async def page(request: Request, caller: Caller, resource: Resource) -> Response:
    """Return the page of a resource."""
    maker: PageMaker = request.app.state.data_page
    response = await maker(request, caller, resource)
    response.headers["Cache-Control"] = caching(caller)["Cache-Control"]
    response.headers["Vary"] = f"{response.headers.get('Vary', '')}, Accept, Authorization".removeprefix(", ")
    return response
