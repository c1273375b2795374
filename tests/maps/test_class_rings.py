"""Rings of the classes as they are served: valid, apart from each other, and where they were drawn."""

import json
from itertools import combinations

import numpy as np
import pytest
import shapely

from geo_service.geometry import to_wgs84
from geo_service.transit.class_areas import class_areas
from geo_service.transit.methods import known_methods, load_method
from maps.transit import classes_geojson


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("key", [key for key in known_methods() if key != "ptal"])
def test_served_rings_are_valid_and_apart(key: str, seed: int) -> None:
    method = load_method(key)
    random = np.random.default_rng(seed)
    xy = random.uniform((385_000, 5_697_000), (403_000, 5_715_000), (900, 2))
    areas = class_areas(xy, random.integers(0, len(method.categories) + 1, len(xy)), method)
    features = json.loads(classes_geojson(areas))["features"]
    served = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    assert [feature["properties"]["grade"] for feature in features] == [grade for grade, _ in areas]
    assert [shapely.is_valid_reason(shape) for shape in served] == ["Valid Geometry"] * len(served)
    assert all(shape.geom_type == "MultiPolygon" for shape in served)
    for one, other in combinations(served, 2):
        assert not shapely.relate_pattern(one, other, "T********"), "no point inside both"
    for shape, (_, area) in zip(served, areas, strict=True):
        whole = shapely.make_valid(to_wgs84(area))
        moved = shapely.symmetric_difference(shape, whole).area
        assert moved < 1.2e-5 * shape.length, "no edge moves by more than the simplification and the grid"
