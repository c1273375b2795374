import geopandas as gpd
import gtfs_kit
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from data.demo.city import DemoCity, generate
from data.demo.provenance import REFERENCE_DATE
from data.demo.timetable import build_timetable
from geo_service.city import CityProfile, load_city


@pytest.fixture(scope="session")
def city() -> CityProfile:
    return load_city("dortmund")


@pytest.fixture(scope="session")
def demo(city: CityProfile) -> DemoCity:
    return generate(city)


@pytest.fixture(scope="session")
def feed(city: CityProfile) -> gtfs_kit.Feed:
    return build_timetable(city, REFERENCE_DATE)


def overlapping_pairs(frame: gpd.GeoDataFrame) -> list[tuple[int, int, float]]:
    """Pairs of rows that share more than a line, with the shared area in square metres."""
    shapes = frame.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first = left < right
    shared = shapely.area(shapely.intersection(shapes[left[first]], shapes[right[first]]))
    return [
        (int(a), int(b), float(area))
        for a, b, area in zip(left[first], right[first], shared, strict=True)
        if area > 0
    ]


def union(frame: gpd.GeoDataFrame) -> BaseGeometry:
    return shapely.union_all(frame.geometry.to_numpy())
