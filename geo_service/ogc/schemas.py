"""What the features of a collection are made of, as JSON Schema: schema, queryables, sortables.

Source: OGC API - Features, part 3 (OGC 19-079r2), section 6.2 (queryables); part 5 (23-058r1), schemas;
JSON Schema 2020-12.
"""

from collections.abc import Mapping
from typing import Final, Literal

from geo_service.auth.fields import Kind
from geo_service.ogc.documents import Document
from geo_service.ogc.model import Collection
from geo_service.ogc.paging import TYPES

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Purpose = Literal["schema", "queryables", "sortables"]
TITLES: Final[Mapping[Purpose, str]] = {
    "schema": "Felder / fields",
    "queryables": "Filterbare Felder / fields to filter by",
    "sortables": "Sortierbare Felder / fields to sort by",
}
JSON_TYPES: Final[Mapping[Kind, Document]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "object": {"type": ["object", "array"]},
}
"""Kinds of fields as JSON Schema; every field may be null."""
UNITS: Final[Mapping[str, str]] = {
    "_eur_per_m2": "EUR/m2", "_eur_month": "EUR/month", "_m2": "m2", "_ha": "ha", "_m": "m", "_share": "1",
}  # fmt: skip
"""Ending of a field's name to its unit, the longer ones first."""


def describe(collection: Collection, kinds: Mapping[str, Kind], purpose: Purpose, here: str) -> Document:
    """Return the schema of a collection's features.

    Parameters
    ----------
    collection
        The collection.
    kinds
        Fields that the caller sees, with their kinds.
    purpose
        What the fields are listed for.
    here
        Address of the document.
    """
    properties: Document = {}
    if purpose != "sortables":
        properties["geometry"] = {
            "x-ogc-role": "primary-geometry",
            "format": f"geometry-{_shape(collection)}",
        }
    for name, kind in kinds.items():
        if purpose == "sortables" and kind not in TYPES:
            continue
        properties[name] = {**JSON_TYPES[kind], **_unit(name), **_role(collection, name)}
    return {
        "$schema": DIALECT,
        "$id": here,
        "type": "object",
        "title": f"{collection.title_de} / {collection.title}: {TITLES[purpose]}",
        "description": collection.description,
        "properties": properties,
        "additionalProperties": False,
    }


def describe_feature(collection: Collection, kinds: Mapping[str, Kind], here: str) -> Document:
    """Return the schema of a feature as GeoJSON writes it: clients take the types of the fields from it.

    Without it GDAL guesses them from the first page: an area is a whole number there until the first one
    with a fraction comes.

    Parameters
    ----------
    collection, kinds, here
        As in `describe`.
    """
    fields = {name: dict(JSON_TYPES[kind]) for name, kind in kinds.items()}
    return {
        "$schema": DIALECT,
        "$id": here,
        "type": "object",
        "title": f"{collection.title_de} / {collection.title}: GeoJSON",
        "description": collection.description,
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": ["string", "integer"]},
            "geometry": {"type": ["object", "null"], "format": f"geometry-{_shape(collection)}"},
            "properties": {"type": "object", "properties": fields},
        },
    }


def _shape(collection: Collection) -> str:
    """Return the type of a collection's geometry in the words of the standard."""
    kind = str(getattr(collection.geom.type, "geometry_type", None) or "any").lower()
    return kind if kind != "geometry" else "any"


def _unit(name: str) -> Document:
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), None)
    return {} if unit is None else {"x-ogc-unit": unit}


def _role(collection: Collection, name: str) -> Document:
    return {"x-ogc-role": "id"} if collection.columns[name] is collection.key else {}
