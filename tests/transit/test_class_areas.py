"""Class areas: no overlap, and every point in the area of the class that grading gives it."""

from itertools import combinations, pairwise

import numpy as np
import pytest
import shapely

from geo_service.transit.class_areas import class_areas
from geo_service.transit.grading import best_access
from geo_service.transit.methods import known_methods, load_method
from geo_service.transit.proximity import within

METHODS = [key for key in known_methods() if key != "ptal"]


def test_one_stop_makes_rings_that_can_be_checked_by_eye() -> None:
    are = load_method("are")
    areas = dict(class_areas(np.zeros((1, 2)), np.array([1]), are))
    assert list(areas) == ["A", "B", "C", "D"]
    circle = 64 / 2 * np.sin(2 * np.pi / 64)
    radii = [0, 300, 500, 750, 1000]
    for (inner, outer), area in zip(pairwise(radii), areas.values(), strict=True):
        assert area.area == pytest.approx(circle * (outer**2 - inner**2))
    best = class_areas(np.zeros((1, 2)), np.array([0]), are)
    assert [grade for grade, _ in best] == ["A", "B", "C"], "the best category gives no D: no sliver of one"
    assert class_areas(np.zeros((1, 2)), np.array([len(are.categories)]), are) == []
    assert class_areas(np.zeros((0, 2)), np.zeros(0, np.int64), are) == []


@pytest.mark.parametrize("key", METHODS)
def test_areas_do_not_overlap_and_agree_with_grading(key: str) -> None:
    method = load_method(key)
    random = np.random.default_rng(4)
    xy = random.uniform(0, 8000, (60, 2))
    ranks = random.integers(0, len(method.categories) + 1, 60)
    areas = class_areas(xy, ranks, method)
    for (_, one), (_, other) in combinations(areas, 2):
        assert shapely.intersection(one, other).area == pytest.approx(0, abs=1e-6)
    assert all(shapely.is_valid(area) for _, area in areas)
    places = np.asarray(shapely.points(random.uniform(-500, 8500, (4000, 2))), dtype=object)
    best, _ = best_access(method, len(places), within(places, xy, method.radius_m), ranks)
    drawn = np.full(len(places), len(method.grades))
    for grade, area in areas:
        drawn[shapely.contains(area, places)] = method.grades.index(grade)
    edges = shapely.union_all([shapely.boundary(area) for _, area in areas])
    clear = shapely.distance(places, edges) > 0.0013 * method.radius_m
    assert clear.sum() > 3500
    assert np.array_equal(drawn[clear], best.rank[clear])
