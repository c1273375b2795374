"""Open data for people: the collections of the open interface, their fields, features and files."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

from babel.numbers import format_decimal
from fastapi import APIRouter, Request, Response

from geo_service.auth import Caller, Public
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.web.changes_told import DAY
from geo_service.web.column_names import CHOSEN, CODES, COLUMNS, FIELD_CODES, LONG
from geo_service.web.frame import Frame, bare_frame, frame_of
from geo_service.web.pages.asking import map_script
from geo_service.web.source_words import SOURCES
from geo_service.web.vocabulary import LABELS
from maps.base import RenderedMap
from maps.features import features_map, tiles_map

router = APIRouter()

TILES: Final = re.compile(
    r"/ogc/(?:collections/([a-z_]+)/)?tiles/WebMercatorQuad(?:\?collections=([a-z_,]{1,400}))?"
)
"""Address of a tileset, with the layers that it has: one collection, or several."""
ADDRESS: Final = re.compile(r"/ogc/collections/[a-z_]+/items(/[^/?#]{1,200})?(\?[^#]*)?")
PAGE_PARAMETERS: Final = frozenset({"f", "lang", "crs"})
"""Parameters of the page that are none of the map's features."""
SCRIPT: Final = "/maps/data.js"
FILES: Final = (
    ("xlsx", "Excel"),
    ("csv", "CSV"),
    ("geojson", "GeoJSON"),
    ("gpkg", "GeoPackage"),
    ("fgb", "FlatGeobuf"),
    ("parquet", "GeoParquet"),
)
"""Files of a collection, and their names."""
NOT_OF_FILES: Final = frozenset({"f", "lang", "limit", "after", "before", "resultType", "count"})
"""Parameters of a page that files do not know."""
RECORD_PAGES: Final = {
    **dict.fromkeys(("parcels", "availability", "transit"), ("/flaechen", "parcel_key")),
    "sites": ("/standorte", "slug"),
    "plots": ("/standorte", "site"),
    **dict.fromkeys(("premises", "vacancies"), ("/leerstand", "premises_key")),
    "restrictions": ("/restriktionen", "restriction_key"),
    "land_use_areas": ("/flaechennutzungsplan", "area_key"),
    "development_plans": ("/bebauungsplaene", "plan_key"),
}
"""Page about the record of a feature, and the field that names it, by collection."""
MOST_ON_MAP: Final = 1_000
"""Records on the map of a collection that has no tiles."""
SHOWN: Final = 120
"""Characters of a value in a table."""


class Resource(Protocol):
    """What a page shows: the document that programs get, and whose it is."""

    @property
    def kind(self) -> str:
        """Which page."""

    @property
    def document(self) -> Mapping[str, Any]:
        """The document that programs get."""

    @property
    def collection(self) -> Any:  # noqa: ANN401 - with id and titles; None: of no collection
        """The collection that it belongs to."""

    @property
    def kinds(self) -> Mapping[str, str] | None:
        """Fields that the caller sees, with their kinds."""

    @property
    def editable(self) -> bool:
        """Whether the caller may change its records."""


async def page(request: Request, caller: Caller, resource: Resource) -> Response:
    """Make the page of a resource of the open interface.

    Parameters
    ----------
    request
        The request that is answered.
    caller
        Who asks.
    resource
        What is shown.
    """
    request.state.caller = caller
    frame = await bare_frame(request, ask=True)
    described = resource.collection
    title = None if described is None else _title(frame, described.title_de, described.title)
    context: dict[str, Any] = {"document": resource.document, "title": title, "collection": described}
    context |= {"kinds": resource.kinds, "value_of": _values(frame, described and described.id)}
    context["column_names"] = COLUMNS
    if resource.kind in {"items", "item"}:
        context |= _mapped(frame, _address(request))
        context["files"] = _files(request)
        context["record"] = _record(described.id, resource.document)
        context["links"] = {link["rel"]: link["href"] for link in resource.document["links"]}
    if resource.kind == "tileset":
        context |= _mapped(frame, _tiles_address(resource))
        context["layers"] = [_listed(frame, each) for each in resource.document["layers"]]
    if resource.kind in {"tilesets", "tileset"}:
        context["title"] = _title(frame, *resource.document["title"].split(" / "))
    if resource.kind == "form":
        context |= _mapped(frame, _place_address(resource), form=True)
        context |= _form_words(frame, described.id)
        named = ((resource.document["values"].get(name), name) for name in resource.document["identity"])
        context["called"] = ", ".join(context["value_of"](*each) for each in named if each[0])
    if resource.kind == "collection":
        items = f"/ogc/collections/{described.id}/items?limit={MOST_ON_MAP}&f=json"
        context |= _mapped(frame, _tiles_address(resource) if described.tiles else items)
        export = f"/ogc/collections/{described.id}/export"
        context["files"] = [(name, f"{export}?f={form}") for form, name in FILES]
    context["editable"] = resource.editable
    if resource.kind == "collections":
        context["collections"] = [_listed(frame, each) for each in resource.document["collections"]]
    context["as_data"] = _as_data(request)
    return frame.page(f"data_{resource.kind}.html", **context)


def _place_address(resource: Resource) -> str:
    """Return the address of what the map of a form shows: the record, or nothing for a new one."""
    items = f"/ogc/collections/{resource.collection.id}/items"
    if resource.document["new"]:
        return f"{items}?bbox=0,0,0,0&limit=1&f=json"
    return f"{items}/{quote(str(resource.document['id']), safe='')}?f=json"


def _tiles_address(resource: Resource) -> str:
    """Return the address of a tileset by which its map knows its layers."""
    if resource.collection is not None:
        return f"/ogc/collections/{resource.collection.id}/tiles/WebMercatorQuad"
    names = ",".join(layer["id"] for layer in resource.document["layers"])
    return f"/ogc/tiles/WebMercatorQuad?collections={names}"


def _form_words(frame: Frame, collection_id: str) -> dict[str, Any]:
    """Return how a form names its fields, what can be chosen, and how values stand in it.

    What is stored can be chosen, too, where the vocabulary does not know it.
    """

    def choices_of(name: str, stored: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - of any field
        vocabulary = CODES.get((collection_id, name))
        if not vocabulary:
            return []
        said = stored if isinstance(stored, list) else [stored] if stored else []
        codes = CHOSEN.get((collection_id, name), tuple(LABELS[vocabulary]))
        return frame.choices(vocabulary, [*codes, *(word for word in map(str, said) if word not in codes)])

    def typed_of(value: Any) -> str:  # noqa: ANN401 - of any field
        if isinstance(value, list):
            return "; ".join(str(each) for each in value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(format_decimal(value, "#.##########", locale=frame.language))
        return "" if value is None else str(value)

    return {
        "name_of": lambda name: frame.speaker.say(COLUMNS.get(name, name)),
        "choices_of": choices_of,
        "typed_of": typed_of,
        "long_texts": LONG,
    }


@router.get(SCRIPT)
async def script(
    request: Request, session: Reading, caller: Public, of: str, *, form: bool = False
) -> Response:
    """Answer with the program of the map of some features."""
    if not (ADDRESS.fullmatch(of) or TILES.fullmatch(of)):
        raise NotFound("There is no map of that address.")
    return map_script(_map(await frame_of(request, session, caller), of, form=form))


def _mapped(frame: Frame, address: str, *, form: bool = False) -> dict[str, Any]:
    """Return a map and the address of its program."""
    asked = {"of": address, "form": "true"} if form else {"of": address}
    return {"map": _map(frame, address, form=form), "script": f"{SCRIPT}?{urlencode(asked)}"}


def _map(frame: Frame, address: str, *, form: bool = False) -> RenderedMap:
    tiles = TILES.fullmatch(address)
    if tiles:
        label = frame.speaker.say("Karte der Datensätze aus Kacheln")
        path, _, query = address.partition("?")
        url = f"{path}/{{z}}/{{y}}/{{x}}{'?' if query else ''}{query}"
        names = tuple((tiles[1] or tiles[2] or "").split(","))
        return tiles_map(frame.city, frame.speaker, frame.basemap, label, (url, names))
    label = frame.speaker.say("Karte der Datensätze; die Tabelle daneben zeigt dieselben")
    fields = {name: frame.speaker.say(words) for name, words in COLUMNS.items()}
    words = _words_of(frame, address.removeprefix("/ogc/collections/").partition("/")[0])
    told = (address, fields, words)
    return features_map(frame.city, frame.speaker, frame.basemap, label, told, with_parcels=form)


def _words_of(frame: Frame, collection_id: str) -> dict[str, dict[str, str]]:
    """Return what the codes of the fields of a collection are called, by field."""
    own = {name: vocabulary for (of, name), vocabulary in CODES.items() if of == collection_id}
    known = {name: dict(frame.choices(each, LABELS[each])) for name, each in {**FIELD_CODES, **own}.items()}
    return known | {"source": {source: frame.speaker.say(source) for source in SOURCES}}


def _address(request: Request) -> str:
    """Return the address of the features on the page as data in degrees."""
    kept = [pair for pair in request.query_params.multi_items() if pair[0] not in PAGE_PARAMETERS]
    if not request.url.path.rstrip("/").endswith("/items"):
        return f"{request.url.path}?{urlencode([*kept, ('f', 'json')])}"
    kept = [pair for pair in kept if pair[0] != "properties"]
    return f"{request.url.path}?{urlencode([*kept, ('f', 'json')])}"


def _as_data(request: Request) -> str:
    """Return the address of the page's document."""
    kept = [pair for pair in request.query_params.multi_items() if pair[0] not in {"f", "lang"}]
    return f"{request.url.path}?{urlencode([*kept, ('f', 'json')])}"


def _files(request: Request) -> list[tuple[str, str]]:
    """Return name and address of each file of what the page lists: its filter is kept."""
    kept = [pair for pair in request.query_params.multi_items() if pair[0] not in NOT_OF_FILES]
    path = f"{request.url.path.rstrip('/').removesuffix('/items')}/export"
    return [(name, f"{path}?{urlencode([*kept, ('f', form)])}") for form, name in FILES]


def _record(collection_id: str, document: Mapping[str, Any]) -> str | None:
    """Return the address of the page about the record of a feature; None: there is none."""
    path, field = RECORD_PAGES.get(collection_id, ("", ""))
    key = document.get("properties", {}).get(field)
    return f"{path}/{quote(str(key), safe='')}" if key else None


def _title(frame: Frame, german: str, english: str) -> str:
    return english if frame.language == "en" else german


def _listed(frame: Frame, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list says of a collection or of a layer of tiles."""
    german, _, english = document["title"].partition(" / ")
    return {
        "id": document["id"],
        "title": _title(frame, german, english),
        "text": document["description"],
        "fields": list(document.get("propertiesSchema", {}).get("properties", ())),
        "min_zoom": document.get("minTileMatrix"),
    }


def _values(frame: Frame, collection_id: str | None) -> Callable[[Any, str], str]:
    """Return what writes a value of a field for people: codes by their words, days as the language does."""

    def value_of(value: Any, name: str) -> str:  # noqa: ANN401 - of any field
        vocabulary = CODES.get((collection_id or "", name)) or FIELD_CODES.get(name)
        if vocabulary and value:
            codes = value if isinstance(value, list) else [value]
            return ", ".join(frame.speaker.label(vocabulary, code) for code in codes)
        if name == "source" and value in SOURCES:
            return frame.speaker.say(value)
        if isinstance(value, str) and DAY.fullmatch(value):
            return frame.formats.day(value)
        return _value(frame, value)

    return value_of


def _value(frame: Frame, value: Any) -> str:  # noqa: ANN401 - of any field
    """Write a value of a field for people."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return frame.speaker.say("ja") if value else frame.speaker.say("nein")
    if isinstance(value, int | float):
        return frame.formats.number(value, 0 if float(value).is_integer() else 2)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
