"""Coordinate systems and axis order."""

import geopandas as gpd
import pytest
import shapely
from pyproj import Transformer

from geo_service.errors import InvalidInput
from geo_service.geometry import STORAGE_SRID, as_multipolygons, parse_crs, to_storage

BLAST_FURNACE = (394845.0, 5705080.0)
"""PHOENIX West in EPSG:25832 (Denkmalliste), about 51.4876 N, 7.4854 E."""


def frame(x: float, y: float, crs: str | None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.Point(x, y)], crs=crs)


def lonlat() -> tuple[float, float]:
    to_wgs84 = Transformer.from_crs(STORAGE_SRID, 4326, always_xy=True)
    lon, lat = to_wgs84.transform(*BLAST_FURNACE)
    return lon, lat


def test_degrees_become_metres() -> None:
    stored = to_storage(frame(*lonlat(), "EPSG:4326"))
    assert stored.crs.to_epsg() == STORAGE_SRID
    assert stored.geometry[0].distance(shapely.Point(BLAST_FURNACE)) < 1e-3


def test_storage_coordinates_stay_as_they_are_but_flat() -> None:
    solid = gpd.GeoDataFrame(geometry=[shapely.Point(*BLAST_FURNACE, 80.0)], crs=STORAGE_SRID)
    stored = to_storage(solid)
    assert stored.geometry[0].equals(shapely.Point(BLAST_FURNACE))
    assert not stored.geometry[0].has_z
    assert solid.geometry[0].has_z  # the caller's frame is left alone


@pytest.mark.parametrize(
    ("x", "y", "crs"),
    [
        (*reversed(BLAST_FURNACE), "EPSG:25832"),  # axes swapped
        (51.4876, 7.4854, "EPSG:4326"),  # latitude first: in the Indian Ocean
        (7.4854, 51.4876, "EPSG:25832"),  # degrees called metres
        (float("inf"), 5705080.0, "EPSG:25832"),
    ],
)
def test_coordinates_that_are_not_in_germany_are_refused(x: float, y: float, crs: str) -> None:
    with pytest.raises(InvalidInput, match="do not lie in Germany") as caught:
        to_storage(frame(x, y, crs))
    assert caught.value.extra["parameter"] == "crs"


def test_the_message_names_how_many_and_the_first() -> None:
    mixed = gpd.GeoDataFrame(
        geometry=[shapely.Point(BLAST_FURNACE), shapely.Point(0, 0), None, shapely.Point(1, 1)],
        crs=STORAGE_SRID,
    )
    with pytest.raises(InvalidInput, match=r"2 of 4 .* row 2 at 0\.0, 0\.0"):
        to_storage(mixed)


def test_no_crs_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidInput, match="--crs EPSG:25832"):
        to_storage(frame(*BLAST_FURNACE, None))


def test_unknown_crs_is_refused() -> None:
    assert parse_crs("EPSG:4258").to_epsg() == 4258
    with pytest.raises(InvalidInput, match="'EPSG:99999999' is not a coordinate system"):
        parse_crs("EPSG:99999999")


def test_polygons_become_multipolygons_and_others_stay() -> None:
    square = shapely.box(0, 0, 1, 1)
    both = shapely.MultiPolygon([square])
    line = shapely.LineString([(0, 0), (1, 1)])
    given = [square, both, line, None]
    result = as_multipolygons(given)
    assert list(result) == [both, both, line, None]
    assert given[0] is square
