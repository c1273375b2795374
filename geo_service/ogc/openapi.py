"""The parameters of the OGC API as the OpenAPI document shows them; they are read in ``parameters``."""

from typing import Any

from geo_service.ogc.cql.tree import LANGUAGES, LONGEST
from geo_service.ogc.crs import CRS84, OFFERED
from geo_service.ogc.documents import EXPORTS, GEOJSON, MVT
from geo_service.ogc.parameters import DEFAULT_LIMIT, MAX_LIMIT, PAGED

Document = dict[str, Any]


def _query(name: str, description: str, schema: Document, **more: Any) -> Document:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


FORMAT = _query("f", "Format of the answer.", {"type": "string", "enum": ["json", "geojson", "html"]})

_SYSTEMS: Document = {
    "type": "string",
    "format": "uri",
    "enum": [crs.uri for crs in OFFERED],
    "default": CRS84.uri,
}
CRS = _query("crs", "Coordinate system of the answer.", _SYSTEMS)
METHOD = _query("method", "Transit method (collection transit).", {"type": "string", "default": "are"})
ITEM: Document = {"parameters": [CRS, METHOD, FORMAT]}

ITEMS: Document = {
    "parameters": [
        _query(
            "limit",
            "Most features on a page.",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        ),
        _query(
            "bbox",
            "Box that the features touch: min x, min y, max x, max y (with heights: six numbers).",
            {
                "type": "array",
                "items": {"type": "number"},
                "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            },
            style="form",
            explode=False,
        ),
        _query("bbox-crs", "Coordinate system of bbox.", _SYSTEMS),
        _query(
            "datetime",
            "Day, moment or interval (RFC 3339, .. for an open end) in which the features hold; "
            "without it: today.",
            {"type": "string"},
            style="form",
            explode=False,
        ),
        _query(
            "filter",
            "Condition in CQL2, such as net_m2 > 1000 AND severity = 'none'.",
            {"type": "string", "maxLength": LONGEST},
        ),
        _query(
            "filter-lang",
            "Language of filter.",
            {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
        ),
        _query("filter-crs", "Coordinate system of the geometries in filter.", _SYSTEMS),
        _query(
            "sortby",
            "Fields to sort by, descending after a minus: -net_m2,parcel_key.",
            {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": r"^[+-]?[^+\-\s].*$"}},
            style="form",
            explode=False,
        ),
        _query("properties", "Fields of the answer, separated by commas.", {"type": "string"}),
        _query(
            "resultType",
            "hits: only the number of features.",
            {"type": "string", "enum": ["results", "hits"], "default": "results"},
        ),
        _query("count", "Whether numberMatched is counted too.", {"type": "boolean", "default": False}),
        _query("after", "Where the page starts; part of the next link.", {"type": "string"}),
        _query("before", "Where the page ends; part of the prev link.", {"type": "string"}),
        CRS,
        METHOD,
        FORMAT,
    ]
}
EXPORT: Document = {
    "parameters": [
        _query(
            "f",
            "Format of the file.",
            {
                "type": "string",
                "enum": list(EXPORTS),
                "default": "geojson",
            },
        ),
        *(each for each in ITEMS["parameters"] if each["name"] not in {"f", *PAGED}),
    ]
}
EDIT: Document = {
    "requestBody": {"content": {GEOJSON: {"schema": {"type": "object"}}}},
    "parameters": [
        {
            "name": "Content-Crs",
            "in": "header",
            "description": "Coordinate system of the sent geometry, CRS84 unless given.",
            "schema": {"type": "string"},
        }
    ],
}
_COLLECTIONS = _query(
    "collections",
    "Collections whose layers are wanted, in this order; without it: all that have tiles.",
    {"type": "array", "items": {"type": "string"}},
    style="form",
    explode=False,
)
_TILESET_FORMAT = _query(
    "f", "Format of the answer.", {"type": "string", "enum": ["json", "tilejson", "html"]}
)
COLLECTIONS: Document = {"parameters": [_COLLECTIONS, FORMAT]}
COMBINED_TILESET: Document = {"parameters": [_COLLECTIONS, _TILESET_FORMAT]}
TILESET: Document = {"parameters": [_TILESET_FORMAT]}
FORMAT_ONLY: Document = {"parameters": [FORMAT]}

FEATURES_ANSWER: dict[int | str, Document] = {200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}}
TILE_ANSWER: dict[int | str, Document] = {
    200: {"content": {MVT: {"schema": {"type": "string", "format": "binary"}}}}
}
