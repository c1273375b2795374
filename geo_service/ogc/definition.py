"""The definition of the OGC API in OpenAPI 3.0: what clients of the standard read, from what the routes say.

FastAPI writes OpenAPI 3.1 for all interfaces; the class ``oas30`` of the standard asks for 3.0, and clients
look for the paths and names of the standard below the landing page.

Source: OGC API - Features, part 1 (OGC 17-069r4), sections 7.3 and 9.2; OpenAPI 3.0.3.
"""

import re
from typing import Any, Final

from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.documents import Document

VERSION: Final = "3.0.3"
ROOT: Final = "/ogc"
NAMES: Final = {"collection_id": "collectionId", "feature_id": "featureId"}
"""Names of parameters in paths to those of the standard."""
SHARED: Final = ("limit", "bbox", "datetime")
"""Parameters that clients look for among the components."""
METHODS: Final = ("get", "post", "put", "patch", "delete")
OF_TILE: Final[Document] = {"in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
"""Zoom, row and column, which the routes of tiles read from the path themselves."""
PROBLEM: Final[Document] = {
    "description": "What is wrong (RFC 9457).",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "parameter": {"type": "string", "description": "Parameter that is wrong."},
                    "errors": {"type": "array", "items": {"type": "object"}},
                    "request_id": {"type": "string"},
                },
            }
        }
    },
}


def definition(whole: Document, base: str) -> Document:
    """Return the definition of the OGC API.

    Parameters
    ----------
    whole
        OpenAPI 3.1 of all interfaces; it stays as it is.
    base
        Address of the service without a slash at its end.
    """
    shared: Document = {}
    paths = {
        _renamed(path.removeprefix(ROOT)): {
            method: _operation(path, item[method], shared) for method in METHODS if method in item
        }
        for path, item in whole["paths"].items()
        if path.startswith(f"{ROOT}/")
    }
    return {
        "openapi": VERSION,
        "info": {**whole["info"], "title": f"{whole['info']['title']}: OGC API"},
        "servers": [{"url": f"{base}{ROOT}"}],
        "paths": dict(sorted(paths.items())),
        "components": {"parameters": shared, "responses": {"problem": PROBLEM}},
    }


def _renamed(text: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: f"{{{NAMES.get(found[1], found[1])}}}", text)


def _operation(path: str, described: Document, shared: Document) -> Document:
    """Return an operation in OpenAPI 3.0, and put its shared parameters among the components."""
    given = list(described.get("parameters", ()))
    told = {each["name"] for each in given}
    given += [{**OF_TILE, "name": name} for name in re.findall(r"\{(\w+)\}", path) if name not in told]
    parameters = [_parameter(each) for each in given]
    shared |= {each["name"]: each for each in parameters if each["name"] in SHARED and each["in"] == "query"}
    responses = {status: _older(each) for status, each in described["responses"].items() if status != "422"}
    if any(each["name"] == "f" and "html" in each["schema"].get("enum", ()) for each in parameters):
        responses["200"].setdefault("content", {})["text/html"] = {"schema": {"type": "string"}}
    return {
        **{name: _older(each) for name, each in described.items() if name != "responses"},
        "parameters": [
            {"$ref": f"#/components/parameters/{each['name']}"} if each["name"] in shared else each
            for each in parameters
        ],
        "responses": {**responses, "default": {"$ref": "#/components/responses/problem"}},
    }


def _parameter(described: Document) -> Document:
    found: Document = _older(described)
    found["name"] = NAMES.get(found["name"], found["name"])
    if found["name"] == "collectionId":
        found["schema"] = {"type": "string", "enum": list(COLLECTIONS)}
    return found


def _older(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a part of OpenAPI 3.1 as 3.0 writes it: what may be null is called nullable."""
    if isinstance(node, list):
        return [_older(each) for each in node]
    if not isinstance(node, dict):
        return node
    kinds = [each for each in node.get("anyOf", ()) if each != {"type": "null"}]
    if len(kinds) == len(node.get("anyOf", ())):
        return {name: _older(each) for name, each in node.items()}
    rest = {name: each for name, each in node.items() if name != "anyOf"}
    (only,) = kinds
    return _older({**only, **rest, "nullable": True})
