"""Programs that people use read every public collection completely: GDAL and OWSLib, over the network."""

from datetime import date
from typing import Any

import httpx
import pyogrio
import pytest
import shapely
from owslib.ogcapi.features import Features  # type: ignore[import-untyped]  # a tool of the tests only

from geo_service.auth.fields import RECORDS
from geo_service.ogc.collections import COLLECTIONS

Rows = dict[str, dict[str, Any]]


def as_served(server: str, collection: str, wanted: str = "limit=3&crs=EPSG:25832") -> list[dict[str, Any]]:
    """Read all features page by page by following the links with a plain client."""
    address: str | None = f"{server}/ogc/collections/{collection}/items?{wanted}"
    found: list[dict[str, Any]] = []
    while address:
        page = httpx.get(address).json()
        found += page["features"]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    return found


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("page_size", [1000, 2])
def test_gdal_reads_every_collection_in_the_register_s_coordinates(
    server: str, collection: str, page_size: int
) -> None:
    wanted = as_served(server, collection)
    frame = pyogrio.read_dataframe(
        f"OAPIF:{server}/ogc", layer=collection, PAGE_SIZE=str(page_size), CRS="EPSG:25832"
    )
    assert len(frame) == len(wanted) > 0
    assert frame.crs is not None
    assert frame.crs.to_epsg() == 25832
    for (_, row), feature in zip(frame.iterrows(), wanted, strict=True):
        for name, value in feature["properties"].items():
            if isinstance(value, str) and not isinstance(row[name], date):
                assert str(row[name])[: len(value)] == value or name.endswith(
                    ("_from", "_to", "_at", "_on", "date")
                )
            elif isinstance(value, int | float) and not isinstance(value, bool):
                assert row[name] == pytest.approx(value)
        shape = feature["geometry"]
        if shape is None:
            assert row.geometry is None
        else:
            assert shapely.equals_exact(row.geometry, shapely.geometry.shape(shape), 1e-6)


DTYPES = {
    "text": "object", "number": "float64", "integer": "int32", "boolean": "bool", "date": "datetime64[D]",
    "moment": "datetime64[ms]", "texts": "list(str)",
}  # fmt: skip
"""Kind of a field to the type that GDAL gives it."""


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_gdal_takes_the_types_of_fields_from_the_schema(server: str, collection: str) -> None:
    """It would guess them from the first page: an area without a fraction there would be whole for ever."""
    told = pyogrio.read_info(f"OAPIF:{server}/ogc", layer=collection, PAGE_SIZE="1")
    found = dict(zip(told["fields"].tolist(), told["dtypes"].tolist(), strict=True))
    kinds = {each.name: each.kind for each in RECORDS[collection] if each.roles is None}
    wanted = {name: DTYPES[kind] for name, kind in kinds.items() if kind in DTYPES}
    assert {name: found.get(name) for name in wanted} == wanted


def test_gdal_hands_its_filter_to_the_service(server: str) -> None:
    frame = pyogrio.read_dataframe(
        f"OAPIF:{server}/ogc", layer="parcels", where="area_m2 > 4000 AND flur = 3"
    )
    wanted = [
        each["properties"]["parcel_key"]
        for each in as_served(server, "parcels")
        if each["properties"]["area_m2"] > 4000 and each["properties"]["flur"] == 3
    ]
    assert list(frame.parcel_key) == wanted
    assert wanted
    box = (394_000, 5_707_000, 394_250, 5_707_050)
    near = pyogrio.read_dataframe(f"OAPIF:{server}/ogc", layer="parcels", bbox=box, CRS="EPSG:25832")
    inside = [
        each["properties"]["parcel_key"]
        for each in as_served(server, "parcels")
        if shapely.box(*box).intersects(shapely.geometry.shape(each["geometry"]))
    ]
    assert list(near.parcel_key) == inside
    assert len(inside) > 1


def test_owslib_finds_its_way(server: str) -> None:
    service = Features(f"{server}/ogc/")
    assert "/collections/{collectionId}/items" in service.api()["paths"]
    assert service.feature_collections() == list(COLLECTIONS)
    conformance = service.conformance()["conformsTo"]
    assert any(uri.endswith("/conf/features-filter") for uri in conformance)
    for name in COLLECTIONS:
        described = service.collection(name)
        assert described["id"] == name
        properties = set(service.collection_queryables(name)["properties"])
        page = service.collection_items(name, limit=2)
        for feature in page["features"]:
            assert set(feature["properties"]) < properties
            assert service.collection_item(name, str(feature["id"]))["id"] == feature["id"]
    found = service.collection_items("parcels", filter="flur = 3", limit=100)
    assert {each["properties"]["flur"] for each in found["features"]} == {3}


@pytest.mark.parametrize("collection", ["parcels", "stops", "restrictions"])
def test_gdal_reads_tiles_by_the_tiles_interface(server: str, collection: str) -> None:
    """GDAL takes the box of a collection for metres of the tiles, so it is told where to look."""
    wanted = as_served(server, collection, "crs=http://www.opengis.net/def/crs/EPSG/0/3857")
    shapes = [shapely.geometry.shape(each["geometry"]) for each in wanted]
    west, south, east, north = shapely.total_bounds(shapes)
    box = {"MINX": str(west), "MINY": str(south), "MAXX": str(east), "MAXY": str(north)}
    source = f"OGCAPI:{server}/ogc/collections/{collection}"
    layers = [str(name) for name, _kind in pyogrio.list_layers(source)]
    assert layers == [f"Zoom level {zoom}" for zoom in range(23)]
    frame = pyogrio.read_dataframe(source, layer="Zoom level 14", API="TILES", **box)
    assert frame.crs is not None
    assert frame.crs.to_epsg() == 3857
    for shape in shapes:
        assert frame.distance(shape).min() < 2  # a step of the grid of tiles is 0.6 m
    fields = COLLECTIONS[collection].tiles
    assert fields is not None
    assert set(frame.columns) - {"geometry", "mvt_id"} <= set(fields.properties)
