"""Every page there is, by its path as declared, and where following links begins."""

from collections.abc import Callable

from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from geo_service.app import create_app
from geo_service.settings import Settings

OTHER = {"/ogc", "/ogc/api"}
"""A second address of the first page of the data, and the document for programs."""
DATA = ("/api", "/maps/", "/healthz", "/readyz", "/oev/klassen", "/oev/haltestellen", "/static")
"""What begins so is data or made of code, but for the overview."""
FILES = (".js", ".css", ".geojson", ".csv", ".{ending}", "/{x}", "-schema", "/export")
PARTS = {
    "/flaechen/{parcel_key}/verfahren",
    "/leerstand/{premises_key}/verfahren",
    "/standorte/{slug}/verfahren",
    "/flaechen/{parcel_key}/nachbarn",
}
"""Parts of pages, which are loaded into them."""
PARCELS = "/ogc/collections/parcels"
STARTS = [
    "/", "/sign-in", "/suche?q=speicher", "/ogc/tiles?f=html",
    *(f"{PARCELS}/{part}?f=html" for part in ("tiles", "schema", "queryables", "sortables")),
]  # fmt: skip
"""Where following links begins: these are asked for by forms, or link each other only as data."""
UNLINKED = {
    "/bebauungsplaene/{key:path}/verlauf",
    "/berichte/flaechenbilanz/flurstuecke",
    "/daten/einbringen/{token}",
    "/flaechennutzungsplan/{key:path}/verlauf",
    "/oev/szenarien/{key}",
    "/oev/szenarien/{key}/bearbeiten",
    "/oev/szenarien/{key:path}/verlauf",
}
"""Pages that answer what somebody filled in, or are linked by records of which one of another kind is looked
at here: tests of their own ask them."""


def pages() -> dict[str, Callable[[str], object]]:
    """Return the pages: their path as declared, and what tells whether an address is one of theirs."""
    found: dict[str, Callable[[str], object]] = {}
    for context in iter_route_contexts(create_app(Settings()).routes):
        path = str(context.path)
        data = path.startswith(DATA) and path != "/maps/overview"
        if "GET" not in (context.methods or ()) or data or path.endswith(FILES) or path in PARTS | OTHER:
            continue
        found.setdefault(path, compile_path(path)[0].match)
    return found


def page_of(address: str, known: dict[str, Callable[[str], object]]) -> str | None:
    """Return the page of an address, the one without variables first."""
    fitting = [path for path, fits in known.items() if fits(address)]
    return min(fitting, key=lambda path: path.count("{"), default=None)
