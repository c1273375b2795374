"""The documents that describe vector tiles: lists of tilesets, tilesets, TileJSON, the tile matrix set.

Source: OGC API - Tiles part 1 (OGC 20-057); Two Dimensional Tile Matrix Set and Tile Set Metadata 2.0
(17-083r4), its JSON schemas and annex D.1 (WebMercatorQuad); TileJSON 3.0.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from geo_service.auth.fields import RECORDS
from geo_service.ogc.areas import MAX_ZOOM, MERCATOR_HALF_M, Box
from geo_service.ogc.crs import CRS84
from geo_service.ogc.documents import JSON, MVT, OGC_REL, TILE_SCHEMES, Document, link
from geo_service.ogc.far_queries import PART, SQUARES, gathers
from geo_service.ogc.model import Collection, Tiles
from geo_service.ogc.schemas import JSON_TYPES
from geo_service.ogc.tile_queries import FULL_ZOOM, GRID_ZOOM, TILE_PIXELS, TINY_PIXELS
from geo_service.tile_size import LEFT_OUT, MAX_BYTES

SCHEME: Final = "WebMercatorQuad"
SCHEME_TITLE: Final = "Web Mercator, the world in one tile at zoom 0"
SCHEME_URI: Final = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{SCHEME}"
SCHEME_CRS: Final = "http://www.opengis.net/def/crs/EPSG/0/3857"
SCALES_URI: Final = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"
PIXEL_OF_SCALE_M: Final = 0.00028
"""Width of the pixel by which scales are told."""
CENTER_ZOOM: Final = 12
DIMENSIONS: Final = {"point": 0, "line": 1, "polygon": 2}
GATHERED: Final = (
    f"Below zoom {GRID_ZOOM} no feature is left out: what covers less than {PART:.1%} of a square of the "
    "tile is drawn together, in each square one strip for those of the same properties, as large as they "
    f"are. The squares are {SQUARES[0]:g} to {SQUARES[-1]:g} pixels wide: as narrow as the size of a "
    "tile allows."
)
TOGETHER: Final = "All collections"
TOGETHER_DE: Final = "Alle Sammlungen"


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of tiles, as one caller sees it.

    Parameters
    ----------
    collection, tiles
        What is drawn, and how.
    fields
        Properties that the caller sees.
    extent
        West, south, east, north in degrees of what the caller sees; None: nothing.
    """

    collection: Collection
    tiles: Tiles
    fields: tuple[str, ...]
    extent: Box | None


@dataclass(frozen=True, slots=True)
class Tileset:
    """Tiles of one collection, or with a layer of each of several.

    Parameters
    ----------
    base
        Address of the service without a slash at its end.
    layers
        Its layers, in their order.
    of
        The collection whose tiles they are; None: several together.
    chosen
        Whether the layers were chosen: then addresses name them.
    """

    base: str
    layers: Sequence[Layer]
    of: Collection | None = None
    chosen: bool = False

    @property
    def path(self) -> str:
        """Address of the list of its tilesets."""
        if self.of is None:
            return f"{self.base}/ogc/tiles"
        return f"{self.base}/ogc/collections/{self.of.id}/tiles"

    @property
    def names(self) -> str:
        """The collections, as addresses name them."""
        return ",".join(layer.collection.id for layer in self.layers)

    @property
    def titles(self) -> tuple[str, str]:
        """Title in German and in English."""
        return (TOGETHER_DE, TOGETHER) if self.of is None else (self.of.title_de, self.of.title)

    def address(self, tail: str = "", **parameters: str) -> str:
        """Return an address below its list, with what was chosen and further parameters."""
        if self.chosen:
            parameters["collections"] = self.names
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"{self.path}{tail}?{query}" if query else f"{self.path}{tail}"

    def template(self, zoom: str, row: str, column: str) -> str:
        """Return the address of a tile."""
        return self.address(f"/{SCHEME}/{zoom}/{row}/{column}")

    def bounds(self, otherwise: Box) -> Box:
        """Return the box around all layers, in degrees; ``otherwise`` while they are empty."""
        boxes = [layer.extent for layer in self.layers if layer.extent is not None]
        if not boxes:
            return otherwise
        west, south, east, north = zip(*boxes, strict=True)
        return min(west), min(south), max(east), max(north)


def tileset_list(described: Tileset) -> Document:
    """List the tilesets of a collection, or of all together: there is one."""
    return {
        "title": " / ".join(described.titles),
        "links": [
            link(described.address(), "self", JSON, "This document"),
            link(described.address(f="html"), "alternate", "text/html", "This document as a page"),
        ],
        "tilesets": [_summary(described)],
    }


def tileset(described: Tileset, bounds: Box) -> Document:
    """Describe the tiles of a collection, or of several together.

    Parameters
    ----------
    described
        The tiles.
    bounds
        West, south, east, north in degrees.
    """
    return {
        **_summary(described),
        "description": _rules(described),
        "mediaTypes": [MVT],
        "boundingBox": _box(bounds),
        "centerPoint": {
            "coordinates": _middle(bounds),
            "crs": CRS84.uri,
            "tileMatrix": str(CENTER_ZOOM),
        },
        "layers": [_layer(described.base, each) for each in described.layers],
    }


def tile_json(described: Tileset, bounds: Box) -> Document:
    """Describe the tiles of a collection, or of several together, as TileJSON 3.0.0.

    Parameters
    ----------
    described, bounds
        As in `tileset`.
    """
    return {
        "tilejson": "3.0.0",
        "name": described.names,
        "description": _rules(described),
        "scheme": "xyz",
        "tiles": [described.template("{z}", "{y}", "{x}")],
        "minzoom": min(layer.tiles.min_zoom for layer in described.layers),
        "maxzoom": MAX_ZOOM,
        "bounds": list(bounds),
        "center": [*_middle(bounds), CENTER_ZOOM],
        "vector_layers": [
            {
                "id": layer.collection.id,
                "description": layer.collection.description,
                "minzoom": layer.tiles.min_zoom,
                "fields": dict.fromkeys(layer.fields, ""),
            }
            for layer in described.layers
        ],
    }


def _summary(described: Tileset) -> Document:
    """Return what a list of tilesets says of one."""
    here = f"/{SCHEME}"
    links = [
        link(described.address(here), "self", JSON, "This tileset"),
        link(described.address(here, f="html"), "alternate", "text/html", "This tileset as a page"),
        link(described.address(here, f="tilejson"), "alternate", JSON, "TileJSON"),
        link(scheme_address(described.base), f"{OGC_REL}/tiling-scheme", JSON, SCHEME_TITLE),
        {
            **link(described.template("{tileMatrix}", "{tileRow}", "{tileCol}"), "item", MVT, "Tiles"),
            "templated": True,
        },
    ]
    if described.of is not None:
        root = f"{described.base}/ogc/collections/{described.of.id}"
        links.append(link(root, f"{OGC_REL}/geodata", JSON, described.of.title))
    return {
        "title": " / ".join(described.titles),
        "dataType": "vector",
        "crs": SCHEME_CRS,
        "tileMatrixSetURI": SCHEME_URI,
        "links": links,
    }


def _layer(base: str, layer: Layer) -> Document:
    """Describe a layer of a tileset."""
    collection = layer.collection
    document: Document = {
        "id": collection.id,
        "title": f"{collection.title_de} / {collection.title}",
        "description": collection.description,
        "dataType": "vector",
        "minTileMatrix": str(layer.tiles.min_zoom),
        "maxTileMatrix": str(MAX_ZOOM),
        "propertiesSchema": {
            "type": "object",
            "properties": {name: _property(layer.tiles, name) for name in layer.fields},
        },
        "links": [link(f"{base}/ogc/collections/{collection.id}", "collection", JSON, collection.title)],
    }
    dimension = _dimension(collection)
    if dimension is not None:
        document["geometryDimension"] = dimension
    if layer.extent is not None:
        document["boundingBox"] = _box(layer.extent)
    return document


def _property(tiles: Tiles, name: str) -> Document:
    """Return the JSON Schema of a property: tiles know no lists."""
    record, field_name, _column = tiles.properties[name]
    kind = next(field.kind for field in RECORDS[record] if field.name == field_name)
    return JSON_TYPES["text" if kind == "texts" else kind]


def _dimension(collection: Collection) -> int | None:
    kind = str(getattr(collection.geom.type, "geometry_type", None) or "").lower()
    return next((number for name, number in DIMENSIONS.items() if name in kind), None)


def _box(bounds: Box) -> Document:
    return {"lowerLeft": list(bounds[:2]), "upperRight": list(bounds[2:]), "crs": CRS84.uri}


def _middle(bounds: Box) -> list[float]:
    return [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]


def _rules(described: Tileset) -> str:
    """Say in words how tiles are generalised, and what is left out."""
    size = f"At most {MAX_BYTES // 1000} kB per tile"
    if described.of is None:
        return (
            f"{size}. Where all layers together would need more, those that need less than an equal part "
            "stay whole; each of the others gets an equal part of the rest and keeps its largest features, "
            f"and the header {LEFT_OUT} counts what was left out. Each layer follows the rules of its own "
            "tileset."
        )
    cut = f"where more would be needed, the largest features are kept and {LEFT_OUT} counts the others."
    rules = [described.of.description, f"{size}: {cut}"]
    tiles = described.layers[0].tiles
    if described.of.area_m2 is not None:
        far = gathers(described.of, tiles.min_zoom)
        zooms = f"At zooms {GRID_ZOOM} to {FULL_ZOOM - 1}" if far else f"Below zoom {FULL_ZOOM}"
        rules.append(
            f"Below zoom {FULL_ZOOM} shapes are simplified. "
            f"{zooms} features under {TINY_PIXELS} square pixels are left out."
        )
        rules += [GATHERED] if far else []
    if tiles.coarse is not None:
        rules.append(f"Below zoom {FULL_ZOOM} only these properties: {', '.join(sorted(tiles.coarse))}.")
    if tiles.grid is not None:
        rules.append(f"Below zoom {FULL_ZOOM} features of the same properties are one.")
    return " ".join(rules)


def scheme_address(base: str) -> str:
    """Return the address of the definition of the tile matrix set."""
    return f"{base}{TILE_SCHEMES}/{SCHEME}"


def schemes(base: str) -> Document:
    """List the tile matrix sets: there is one."""
    here = f"{base}{TILE_SCHEMES}"
    return {
        "links": [
            link(here, "self", JSON, "This document"),
            link(f"{here}?f=html", "alternate", "text/html", "This document as a page"),
        ],
        "tileMatrixSets": [
            {
                "id": SCHEME,
                "title": SCHEME_TITLE,
                "uri": SCHEME_URI,
                "crs": SCHEME_CRS,
                "links": [
                    link(scheme_address(base), "self", JSON, SCHEME_TITLE),
                    link(f"{scheme_address(base)}?f=html", "alternate", "text/html", "Definition as a page"),
                ],
            }
        ],
    }


@lru_cache(maxsize=1)
def scheme() -> Document:
    """Define the tile matrix set, for the zooms that there are tiles of."""
    return {
        "id": SCHEME,
        "title": SCHEME_TITLE,
        "uri": SCHEME_URI,
        "crs": SCHEME_CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": SCALES_URI,
        "tileMatrices": [_matrix(zoom) for zoom in range(MAX_ZOOM + 1)],
    }


def _matrix(zoom: int) -> Document:
    cell_m = 2 * MERCATOR_HALF_M / TILE_PIXELS / 2**zoom
    return {
        "id": str(zoom),
        "scaleDenominator": cell_m / PIXEL_OF_SCALE_M,
        "cellSize": cell_m,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-MERCATOR_HALF_M, MERCATOR_HALF_M],
        "tileWidth": TILE_PIXELS,
        "tileHeight": TILE_PIXELS,
        "matrixWidth": 2**zoom,
        "matrixHeight": 2**zoom,
    }
