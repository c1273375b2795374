"""Abstract tests of OGC API - Tiles part 1 (20-057, annex A), by their ids; tilesets for people."""

import math
from typing import Any

import httpx
import pytest

from geo_service.auth.fields import RECORDS
from geo_service.ogc.collections import COLLECTIONS, DRAWN
from geo_service.tile_size import MAX_BYTES
from tests.http_fixtures import SignedIn

REL = "http://www.opengis.net/def/rel/ogc/1.0"
MVT = "application/vnd.mapbox-vector-tile"
URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
LISTS = ["/ogc/tiles", *(f"/ogc/collections/{name}/tiles" for name in DRAWN)]
PLACE = {"tileMatrix": 14, "tileRow": 5448, "tileCol": 8532}
REGISTRY = {
    0: (559_082_264.028717, 156_543.033928041),
    12: (136_494.693366386, 38.2185141425881),
    22: (133.295598990611, 0.0373227677173712),
}
"""Scale and cell size of some zooms, from the register of tile matrix sets (OGC 17-083r4, annex D.1)."""


def document(client: httpx.Client, address: str, **parameters: str) -> dict[str, Any]:
    answer = client.get(address, params=parameters or None)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def linked(described: dict[str, Any], rel: str, media: str = "application/json") -> str:
    return next(
        str(link["href"]) for link in described["links"] if (link["rel"], link["type"]) == (rel, media)
    )


def test_conformance_names_what_is_met(client: httpx.Client) -> None:
    told = document(client, "/ogc/conformance")["conformsTo"]
    tiles = {each.rsplit("/", 1)[1] for each in told if "/ogcapi-tiles-1/1.0/conf/" in each}
    assert tiles == {
        "core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets", "collections-selection",
        "mvt",
    }  # fmt: skip


def test_dataset_tilesets_landingpage(client: httpx.Client) -> None:
    landing = document(client, "/ogc/")
    assert document(client, linked(landing, f"{REL}/tilesets-vector"))["tilesets"]
    assert document(client, linked(landing, f"{REL}/tiling-schemes"))["tileMatrixSets"]


def test_geodata_tilesets_desc_links(client: httpx.Client) -> None:
    for name in COLLECTIONS:
        described = document(client, f"/ogc/collections/{name}")
        found = [link["href"] for link in described["links"] if link["rel"] == f"{REL}/tilesets-vector"]
        assert len(found) == (name in DRAWN)
        for address in found:
            assert document(client, address)["tilesets"]


@pytest.mark.parametrize("path", LISTS)
def test_tilesets_list_tileset_links(client: httpx.Client, path: str) -> None:
    for each in document(client, path)["tilesets"]:
        assert each["dataType"] == "vector"
        assert each["tileMatrixSetURI"] == URI
        assert document(client, linked(each, f"{REL}/tiling-scheme"))["uri"] == URI
        address = linked(each, "self")
        assert address.endswith(f"{path}/WebMercatorQuad")
        assert {name: document(client, address)[name] for name in each} == each


@pytest.mark.parametrize("path", LISTS)
def test_tileset_description(client: httpx.Client, path: str) -> None:
    described = document(client, f"{path}/WebMercatorQuad")
    assert (described["dataType"], described["tileMatrixSetURI"]) == ("vector", URI)
    assert described["crs"] == "http://www.opengis.net/def/crs/EPSG/0/3857"
    assert document(client, linked(described, f"{REL}/tiling-scheme"))["tileMatrices"]
    (item,) = [link for link in described["links"] if link["rel"] == "item"]
    assert (item["type"], item["templated"]) == (MVT, True)
    answer = client.get(item["href"].format(**PLACE))
    assert (answer.status_code, answer.headers["content-type"]) == (200, MVT)
    (west, south), (east, north) = (described["boundingBox"][name] for name in ("lowerLeft", "upperRight"))
    assert 7 < west < east < 8
    assert 51 < south < north < 52
    assert west < described["centerPoint"]["coordinates"][0] < east
    assert f"{MAX_BYTES // 1000} kB" in described["description"]
    names = [path.split("/")[3]] if "collections" in path else list(DRAWN)
    assert [layer["id"] for layer in described["layers"]] == names
    for layer in described["layers"]:
        assert document(client, linked(layer, "collection"))["id"] == layer["id"]
        assert layer["dataType"] == "vector"
        assert layer["geometryDimension"] in {0, 2}


@pytest.mark.parametrize("role", ["", "planner", "vacancy_manager"])
def test_a_layer_names_the_properties_of_its_tiles(
    client: httpx.Client, signed_in: SignedIn, role: str
) -> None:
    person = signed_in(role) if role else client
    for name in DRAWN:
        (layer,) = document(person, f"/ogc/collections/{name}/tiles/WebMercatorQuad")["layers"]
        tiles = COLLECTIONS[name].tiles
        assert tiles is not None
        told = layer["propertiesSchema"]["properties"]
        assert set(told) <= set(tiles.properties)
        for field, described in told.items():
            record, known_as, _ = tiles.properties[field]
            kind = next(each.kind for each in RECORDS[record] if each.name == known_as)
            assert described["type"] == {"text": "string", "texts": "string", "date": "string"}.get(
                kind, kind
            )


def test_core_tc_error(client: httpx.Client) -> None:
    for path in ("/ogc", "/ogc/collections/parcels"):
        assert client.get(f"{path}/tiles/WebMercatorQuad/1/2/0").status_code == 404
        assert client.get(f"{path}/tiles/Other/1/0/0").status_code == 404
        assert client.get(f"{path}/tiles/Other").status_code == 404
        assert client.get(f"{path}/tiles/WebMercatorQuad/4/0/15").content == b""


def test_collections_selection(client: httpx.Client) -> None:
    chosen = "stops,parcels"
    listed = document(client, "/ogc/tiles", collections=chosen)["tilesets"][0]
    described = document(client, linked(listed, "self"))
    assert [layer["id"] for layer in described["layers"]] == ["stops", "parcels"]
    address = linked(described, "item", MVT)
    assert address.endswith("?collections=stops,parcels")
    assert client.get(address.format(**PLACE)).status_code == 200
    for path in ("", "/WebMercatorQuad", "/WebMercatorQuad/1/0/0"):
        for wrong in ("nothing", "availability", ""):
            assert client.get(f"/ogc/tiles{path}", params={"collections": wrong}).status_code == 404


def test_a_tile_matrix_set_is_that_of_the_register(client: httpx.Client) -> None:
    (listed,) = document(client, "/ogc/tileMatrixSets")["tileMatrixSets"]
    scheme = document(client, linked(listed, "self"))
    assert (scheme["id"], scheme["uri"], scheme["crs"]) == (listed["id"], listed["uri"], listed["crs"])
    assert scheme["orderedAxes"] == ["X", "Y"]
    assert [each["id"] for each in scheme["tileMatrices"]] == [str(zoom) for zoom in range(23)]
    for zoom, (scale, cell) in REGISTRY.items():
        matrix = scheme["tileMatrices"][zoom]
        assert matrix["scaleDenominator"] == pytest.approx(scale, rel=1e-12)
        assert matrix["cellSize"] == pytest.approx(cell, rel=1e-12)
        assert matrix["pointOfOrigin"] == pytest.approx([-20_037_508.3427892, 20_037_508.3427892])
        assert (matrix["matrixWidth"], matrix["matrixHeight"]) == (2**zoom, 2**zoom)
        assert (matrix["tileWidth"], matrix["tileHeight"]) == (256, 256)
        assert math.isclose(matrix["cellSize"] * 256 * 2**zoom, 2 * 20_037_508.3427892)
    assert client.get("/ogc/tileMatrixSets/Other").status_code == 404


@pytest.mark.parametrize("path", LISTS)
def test_map_libraries_read_tile_json(client: httpx.Client, path: str) -> None:
    address = document(client, f"{path}/WebMercatorQuad")
    (told,) = [link["href"] for link in address["links"] if link["title"] == "TileJSON"]
    described = document(client, told)
    assert described["tilejson"] == "3.0.0"
    assert [layer["id"] for layer in described["vector_layers"]] == [each["id"] for each in address["layers"]]
    for layer, other in zip(described["vector_layers"], address["layers"], strict=True):
        assert set(layer["fields"]) == set(other["propertiesSchema"]["properties"])
    west, south, east, north = described["bounds"]
    assert 7 < west < east < 8
    assert 51 < south < north < 52
    assert client.get(described["tiles"][0].format(z=14, y=5448, x=8532)).status_code == 200


PAGES = [*LISTS, *(f"{each}/WebMercatorQuad" for each in LISTS), "/ogc/tileMatrixSets"]
PAGES.append("/ogc/tileMatrixSets/WebMercatorQuad")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_people_see_pages(client: httpx.Client, path: str, language: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"}, params={"lang": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert f'<html lang="{language}"' in answer.text
    told = "Kachel" if language == "de" else ("Tile", "tile")
    assert any(word in answer.text for word in ([told] if isinstance(told, str) else told))
    assert ("Kachel" in answer.text) == (language == "de")
    if path.endswith("tiles/WebMercatorQuad"):
        assert 'id="map_features"' in answer.text
        assert "{z}/{y}/{x}" in answer.text
    assert client.get(path, params={"f": "json"}).headers["content-type"] == "application/json"


@pytest.mark.parametrize("wrong", ["xml", "geojson", "pbf"])
def test_formats_that_there_are_not_are_refused(client: httpx.Client, wrong: str) -> None:
    for path in ("/ogc/tiles", "/ogc/tiles/WebMercatorQuad", "/ogc/tiles/WebMercatorQuad/1/0/0"):
        answer = client.get(path, params={"f": wrong})
        assert (answer.status_code, answer.json()["parameter"]) == (400, "f")
    assert client.get("/ogc/tiles/WebMercatorQuad/1/0/0?f=mvt").status_code == 200
