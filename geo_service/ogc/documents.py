"""The documents that describe the interface: landing page, conformance, collections.

Source: OGC API - Features part 1 (OGC 17-069r4), draft of part 8 (24-030); OGC API - Tiles part 1 (20-057).
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from geo_service.city import CityProfile
from geo_service.ogc.areas import Box
from geo_service.ogc.crs import CRS84, OFFERED, STORAGE
from geo_service.ogc.model import Collection

JSON: Final = "application/json"
HTML: Final = "text/html"
GEOJSON: Final = "application/geo+json"
SCHEMA: Final = "application/schema+json"
OGC_REL: Final = "http://www.opengis.net/def/rel/ogc/1.0"
EXPORTS: Final = {
    "geojson": GEOJSON,
    "geojsonseq": "application/geo+json-seq",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "fgb": "application/vnd.flatgeobuf",
    "parquet": "application/vnd.apache.parquet",
}
"""Formats of exports by the value of ``f``, and their media types."""
MVT: Final = "application/vnd.mapbox-vector-tile"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
TILE_SCHEMES: Final = "/ogc/tileMatrixSets"
"""Path of the tile matrix sets."""

CONFORMANCE: Final = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sorting",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/features-sorting",
    *(
        f"http://www.opengis.net/spec/cql2/1.0/conf/{name}"
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "array-functions",
            "property-property",
            "arithmetic",
        )
    ),
    *(
        f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}"
        for name in (
            "core",
            "tileset",
            "tilesets-list",
            "dataset-tilesets",
            "geodata-tilesets",
            "collections-selection",
            "mvt",
        )
    ),
    *(
        f"http://www.opengis.net/spec/tms/2.0/conf/{name}"
        for name in ("tilematrixset", "json-tilematrixset", "tilesetmetadata", "json-tilesetmetadata")
    ),
)
"""Conformance classes that are met, and no others."""

COMPUTATION: Final = ("as_of", "preset", "computed_at", "deduction_order", "sliver_width_m", "stale")
"""What a collection of computed results tells about them: day, horizon preset, moment, order in which
restrictions were deducted, width below which land is not offered, number of parcels that changed since."""

Document = dict[str, Any]


def link(href: str, rel: str, media: str, title: str) -> Document:
    """Return a link object."""
    return {"href": href, "rel": rel, "type": media, "title": title}


def _itself(here: str) -> list[Document]:
    """Return the links of a document to itself and to its page."""
    return [
        link(here, "self", JSON, "This document"),
        link(f"{here}?f=html", "alternate", HTML, "This document as a page"),
    ]


def landing_page(base: str, city: CityProfile) -> Document:
    """Describe the interface.

    Parameters
    ----------
    base
        Address of the service without a slash at its end.
    city
        City that it serves.
    """
    root = f"{base}/ogc"
    return {
        "title": f"Flächen und Leerstände {city.name}",
        "description": f"Land and premises of {city.name}: OGC API - Features, and vector tiles.",
        "links": [
            *_itself(f"{root}/"),
            link(f"{root}/api", "service-desc", OPENAPI, "Definition of the interface"),
            link(f"{base}/api/docs", "service-doc", HTML, "Documentation of the interface"),
            link(f"{root}/conformance", "conformance", JSON, "Conformance classes"),
            link(f"{root}/collections", "data", JSON, "Collections"),
            link(f"{root}/tiles", f"{OGC_REL}/tilesets-vector", JSON, "Vector tiles of all collections"),
            link(f"{base}{TILE_SCHEMES}", f"{OGC_REL}/tiling-schemes", JSON, "Tile matrix sets"),
        ],
    }


def conformance(base: str) -> Document:
    """List the conformance classes."""
    return {
        "conformsTo": list(CONFORMANCE),
        "links": _itself(f"{base}/ogc/conformance"),
    }


def collections(base: str, documents: list[Document]) -> Document:
    """List the collections."""
    return {
        "links": _itself(f"{base}/ogc/collections"),
        "collections": documents,
    }


def collection(
    base: str, described: Collection, extent: Box | None, computation: Mapping[str, Any] | None = None
) -> Document:
    """Describe a collection.

    Parameters
    ----------
    base
        Address of the service without a slash at its end.
    described
        The collection.
    extent
        West, south, east, north in degrees; None while it is empty.
    computation
        How its results were computed; None: nothing is computed, or was yet.
    """
    here = f"{base}/ogc/collections/{described.id}"
    links = [
        *_itself(here),
        link(f"{here}/items", "items", GEOJSON, described.title),
        link(f"{here}/items?f=html", "items", HTML, f"{described.title}, as a page"),
    ]
    for name, rel in (
        ("feature-schema", "describedby"),
        ("schema", f"{OGC_REL}/schema"),
        ("queryables", f"{OGC_REL}/queryables"),
        ("sortables", f"{OGC_REL}/sortables"),
    ):
        links.append(link(f"{here}/{name}", rel, SCHEMA, f"{described.title}, {name}"))
    links += [
        link(f"{here}/export?f={name}", "enclosure", media, f"{described.title}, all of it as {name}")
        for name, media in EXPORTS.items()
    ]
    if described.tiles:
        rel = f"{OGC_REL}/tilesets-vector"
        links.append(link(f"{here}/tiles", rel, JSON, f"{described.title}, vector tiles"))
    document: Document = {
        "id": described.id,
        "title": f"{described.title_de} / {described.title}",
        "description": described.description,
        "itemType": "feature",
        "crs": [crs.uri for crs in OFFERED],
        "storageCrs": STORAGE.uri,
        "links": links,
    }
    if extent:
        document["extent"] = {"spatial": {"bbox": [list(extent)], "crs": CRS84.uri}}
        if described.valid is not None:
            document["extent"]["temporal"] = {"interval": [[None, None]]}
    if computation:
        document["computation"] = {name: computation[name] for name in COMPUTATION}
    return document


def item_links(base: str, described: Collection, key: str) -> list[Document]:
    """Return the links of one feature."""
    here = f"{base}/ogc/collections/{described.id}"
    feature = f"{here}/items/{quote(key, safe='')}"
    return [
        link(feature, "self", GEOJSON, "This feature"),
        link(f"{feature}?f=html", "alternate", HTML, "This feature as a page"),
        link(here, "collection", JSON, described.title),
    ]
