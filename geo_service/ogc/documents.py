"""The documents that describe the interface: landing page, conformance, collections, tilesets.

Source: OGC API - Features part 1 (OGC 17-069r4), OGC API - Tiles part 1 (20-057), TileJSON 3.0.0.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from geo_service.city import CityProfile
from geo_service.ogc.areas import MAX_ZOOM, Box
from geo_service.ogc.crs import CRS84, OFFERED, STORAGE
from geo_service.ogc.model import Collection, Tiles
from geo_service.ogc.tile_queries import FULL_ZOOM, TINY_PIXELS
from geo_service.tile_size import LEFT_OUT, MAX_BYTES

JSON: Final = "application/json"
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
TILE_SCHEME: Final = "WebMercatorQuad"
TILE_SCHEME_URI: Final = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{TILE_SCHEME}"

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
)
"""Conformance classes that are met, and no others."""

COMPUTATION: Final = ("as_of", "preset", "computed_at", "deduction_order", "sliver_width_m", "stale")
"""What a collection of computed results tells about them: day, horizon preset, moment, order in which
restrictions were deducted, width below which land is not offered, number of parcels that changed since."""

Document = dict[str, Any]


def link(href: str, rel: str, media: str, title: str) -> Document:
    """Return a link object."""
    return {"href": href, "rel": rel, "type": media, "title": title}


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
            link(f"{root}/", "self", JSON, "This document"),
            link(f"{root}/?f=html", "alternate", "text/html", "This document as a page"),
            link(f"{root}/api", "service-desc", OPENAPI, "Definition of the interface"),
            link(f"{base}/api/docs", "service-doc", "text/html", "Documentation of the interface"),
            link(f"{root}/conformance", "conformance", JSON, "Conformance classes"),
            link(f"{root}/collections", "data", JSON, "Collections"),
            link(f"{root}/tiles", f"{OGC_REL}/tilesets-vector", JSON, "Vector tiles of all collections"),
        ],
    }


def conformance(base: str) -> Document:
    """List the conformance classes."""
    return {
        "conformsTo": list(CONFORMANCE),
        "links": [link(f"{base}/ogc/conformance", "self", JSON, "This document")],
    }


def collections(base: str, documents: list[Document]) -> Document:
    """List the collections."""
    return {
        "links": [link(f"{base}/ogc/collections", "self", JSON, "This document")],
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
        link(here, "self", JSON, "This document"),
        link(f"{here}?f=html", "alternate", "text/html", "This document as a page"),
        link(f"{here}/items", "items", GEOJSON, described.title),
        link(f"{here}/items?f=html", "items", "text/html", f"{described.title}, as a page"),
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
        link(f"{feature}?f=html", "alternate", "text/html", "This feature as a page"),
        link(here, "collection", JSON, described.title),
    ]


def tilesets(base: str, described: Collection | None) -> Document:
    """List the tilesets of a collection, or of all together (None): there is one."""
    here = f"{base}/ogc/tiles" if described is None else f"{base}/ogc/collections/{described.id}/tiles"
    template = _tile_template(here, "{tileMatrix}", "{tileRow}", "{tileCol}")
    return {
        "links": [link(here, "self", JSON, "This document")],
        "tilesets": [
            {
                "title": "All collections" if described is None else described.title,
                "dataType": "vector",
                "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
                "tileMatrixSetURI": TILE_SCHEME_URI,
                "links": [
                    link(f"{here}/{TILE_SCHEME}", "self", JSON, "TileJSON"),
                    {**link(template, "item", MVT, "Tiles"), "templated": True},
                ],
            }
        ],
    }


def combined_tile_json(
    base: str, layers: Sequence[tuple[Collection, Tiles, tuple[str, ...]]], bounds: Box
) -> Document:
    """Describe tiles with a layer of each of several collections as TileJSON 3.0.0.

    Parameters
    ----------
    base
        Address of the service without a slash at its end.
    layers
        Collection, how it is drawn, properties that the caller sees.
    bounds
        West, south, east, north in degrees.
    """
    names = ",".join(collection.id for collection, _tiles, _fields in layers)
    return {
        "tilejson": "3.0.0",
        "name": names,
        "description": f"At most {MAX_BYTES // 1000} kB per tile. Where all layers together would need more, "
        "those that need less than an equal part stay whole; each of the others gets an equal part of the "
        f"rest and keeps its largest features, and the header {LEFT_OUT} counts what was left out. Each "
        "layer follows the rules of its own tileset.",
        "scheme": "xyz",
        "tiles": [f"{_tile_template(f'{base}/ogc/tiles', '{z}', '{y}', '{x}')}?collections={names}"],
        "minzoom": min(tiles.min_zoom for _collection, tiles, _fields in layers),
        "maxzoom": MAX_ZOOM,
        "bounds": list(bounds),
        "vector_layers": [
            {
                "id": collection.id,
                "description": collection.description,
                "minzoom": tiles.min_zoom,
                "fields": dict.fromkeys(fields, ""),
            }
            for collection, tiles, fields in layers
        ],
    }


def tile_json(
    base: str, described: tuple[Collection, Tiles], fields: tuple[str, ...], bounds: Box
) -> Document:
    """Describe the tiles of a collection as TileJSON 3.0.0, with the rules of generalisation in words.

    Parameters
    ----------
    base
        Address of the service without a slash at its end.
    described
        The collection and how it is drawn.
    fields
        Properties that the caller sees.
    bounds
        West, south, east, north in degrees.
    """
    drawn, tiles = described
    rule = (
        f"At most {MAX_BYTES // 1000} kB per tile: where more would be needed, the largest features are kept "
        f"and the header {LEFT_OUT} counts the others."
    )
    if drawn.area_m2 is not None:
        rule += (
            f" Below zoom {FULL_ZOOM} shapes are simplified and features under {TINY_PIXELS} square pixels "
            "are left out."
        )
    if tiles.coarse is not None:
        rule += f" Below zoom {FULL_ZOOM} only these properties: {', '.join(sorted(tiles.coarse))}."
    if tiles.grid is not None:
        rule += f" Below zoom {FULL_ZOOM} features of the same properties are one."
    return {
        "tilejson": "3.0.0",
        "name": drawn.id,
        "description": f"{drawn.description} {rule}",
        "scheme": "xyz",
        "tiles": [_tile_template(f"{base}/ogc/collections/{drawn.id}/tiles", "{z}", "{y}", "{x}")],
        "minzoom": tiles.min_zoom,
        "maxzoom": MAX_ZOOM,
        "bounds": list(bounds),
        "center": [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2, 12],
        "vector_layers": [
            {"id": drawn.id, "description": drawn.description, "fields": dict.fromkeys(fields, "")}
        ],
    }


def _tile_template(here: str, zoom: str, row: str, column: str) -> str:
    return f"{here}/{TILE_SCHEME}/{zoom}/{row}/{column}"
