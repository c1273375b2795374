"""Class areas: no overlap, and every point in the area of the class that grading gives it."""

from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
import shapely

from geo_service.transit.class_areas import class_areas
from geo_service.transit.foot_areas import CELL_M, foot_class_areas
from geo_service.transit.footways import Footways
from geo_service.transit.grading import best_access
from geo_service.transit.methods import known_methods, load_method
from geo_service.transit.proximity import within
from geo_service.transit.streets import Streets, entrances
from tests.transit.street_maker import PlainDijkstra, crooked_grid, streets_of

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


# --- by the way on foot ---------------------------------------------------------------------------------

OEVGK18 = load_method("oevgk18")


def walked(streets: Streets, xy: np.ndarray) -> Footways:
    return Footways(streets, entrances(np.asarray(shapely.points(xy), dtype=object), streets))


def test_along_one_street_the_area_can_be_worked_out_by_hand() -> None:
    xy = np.zeros((1, 2))
    areas = dict(
        foot_class_areas(xy, np.zeros(1, np.int64), OEVGK18, walked(streets_of([(-3e3, 0), (3e3, 0)]), xy))
    )
    assert list(areas) == ["A", "B", "C"]
    for grade, metres in zip("AB", (630, 840), strict=True):  # categories I: A up to 630 m, B up to 840 m
        beside = 4 * (metres * 250 - 250**2 / 2)  # along the street and at right angles to it, up to 250 m
        radius = metres / OEVGK18.detour  # farther from it: estimated
        beyond = 2 * (radius**2 * np.arccos(250 / radius) - 250 * np.sqrt(radius**2 - 250**2))
        reached = shapely.union_all([areas[each] for each in "AB" if each <= grade])
        assert reached.area == pytest.approx(beside + beyond, rel=0.01)
    assert areas["A"].contains(shapely.Point(629, 0))
    assert not areas["A"].contains(shapely.Point(631, 0))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_point_of_the_grid_has_the_class_of_its_shortest_way(seed: int) -> None:
    random = np.random.default_rng(seed)
    streets = crooked_grid(random, side=14, mesh_m=110.0)
    xy = np.vstack([random.uniform(0, 1500, (9, 2)), [[2200, 700]]])  # the last one lies on no street
    ranks = random.integers(1, len(OEVGK18.categories) + 1, len(xy))
    areas = foot_class_areas(xy, ranks, OEVGK18, walked(streets, xy))
    assert all(shapely.is_valid(area) for _, area in areas)
    for (_, one), (_, other) in combinations(areas, 2):
        assert shapely.intersection(one, other).area == pytest.approx(0, abs=1e-6)
    places = np.asarray(shapely.points(random.integers(-8, 50, (250, 2)) * CELL_M), dtype=object)
    expected = expected_classes(streets, list(places), xy, ranks)
    drawn = np.full(len(places), "-")
    for grade, area in areas:
        drawn[shapely.contains(area, places)] = grade
    edges = shapely.union_all([shapely.boundary(area) for _, area in areas])
    clear = shapely.distance(places, edges) > 1e-6
    assert clear.sum() > 240
    assert len(set(expected)) > 3
    assert np.array_equal(drawn[clear], expected[clear])


def expected_classes(streets: Streets, places: list[Any], xy: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Grade places by ways that a plain search finds, stop by stop."""
    stops = [shapely.Point(each) for each in xy]
    search = PlainDijkstra(streets, places, stops)
    lone_places, lone_stops = (
        [min(line.distance(each) for line in streets.lines) > 250 for each in some]
        for some in (places, stops)
    )
    best = ["-"] * len(places)
    for stop, rank in enumerate(ranks):
        row = OEVGK18.classes[OEVGK18.categories[rank]] if rank < len(OEVGK18.categories) else ()
        ways = search.ways(stop)
        for number, place in enumerate(places):
            metres = ways.get(number, np.inf)
            if lone_places[number] or lone_stops[stop]:
                metres = place.distance(stops[stop]) * OEVGK18.detour
            found = [
                grade for upper, grade in zip(OEVGK18.distance.upper, row, strict=False) if metres <= upper
            ]
            if found and found[0]:
                best[number] = min(found[0], best[number].replace("-", "Z"))
    return np.array(best)
