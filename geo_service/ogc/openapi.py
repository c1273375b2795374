"""The parameters of the OGC API as the OpenAPI document shows them; they are read in ``parameters``."""

from typing import Any

from geo_service.ogc.documents import GEOJSON, MVT
from geo_service.ogc.parameters import CRS84, DEFAULT_LIMIT, MAX_LIMIT, STORAGE_CRS

Document = dict[str, Any]


def _query(name: str, description: str, schema: Document, **more: Any) -> Document:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


FORMAT = _query("f", "Format of the answer.", {"type": "string", "enum": ["json", "geojson"]})

CRS = _query(
    "crs",
    "Coordinate system of the answer.",
    {"type": "string", "format": "uri", "enum": [CRS84, STORAGE_CRS], "default": CRS84},
)
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
        _query(
            "bbox-crs",
            "Coordinate system of bbox.",
            {"type": "string", "format": "uri", "enum": [CRS84, STORAGE_CRS], "default": CRS84},
        ),
        _query(
            "datetime",
            "Day, moment or interval (RFC 3339, .. for an open end) in which the features hold; "
            "without it: today.",
            {"type": "string"},
            style="form",
            explode=False,
        ),
        _query("after", "Where the page starts; part of the next link.", {"type": "integer", "minimum": 0}),
        CRS,
        METHOD,
        FORMAT,
    ]
}
FORMAT_ONLY: Document = {"parameters": [FORMAT]}

FEATURES_ANSWER: dict[int | str, Document] = {200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}}
TILE_ANSWER: dict[int | str, Document] = {
    200: {"content": {MVT: {"schema": {"type": "string", "format": "binary"}}}}
}
