"""The largest rectangle inside: exact where it can be checked by eye, bounded everywhere else."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability import rectangles
from geo_service.availability.edges import edges_of
from geo_service.availability.rectangles import inscribed_rectangles
from tests.availability.drawing import EAST, NORTH, array, box

CENTRE = (EAST, NORTH)


def rectangle(land: Any) -> Any:
    return inscribed_rectangles(array(land))[0]


@pytest.mark.parametrize("angle", [0.0, 33.3, 90.0, 147.0])
def test_simple_shapes_in_every_direction(angle: float) -> None:
    shapes = {
        2000.0: box(0, 0, 50, 40),
        1600.0: shapely.union_all([box(0, 0, 40, 40), box(40, 0, 70, 8)]),  # 70 x 8 is less
        640.0: shapely.union_all([box(0, 0, 20, 32), box(20, 0, 90, 4)]),
        400.0: shapely.Polygon(
            [(EAST, NORTH), (EAST + 40, NORTH), (EAST, NORTH + 40)]
        ),  # half of the triangle
        300.0: box(0, 0, 30, 30).difference(box(10, 10, 20, 20)),
    }
    for expected, shape in shapes.items():
        turned = shapely.affinity.rotate(shape, angle, CENTRE)
        found = rectangle(turned)
        assert turned.covers(found)
        assert found.area == pytest.approx(expected, rel=0.002)


def test_nothing_fits_into_nothing() -> None:
    found = inscribed_rectangles(array(shapely.Polygon(), box(0, 0, 10, 0.0001), box(0, 0, 10, 5)))
    assert [shape.is_empty for shape in found] == [True, True, False]


def best_on_lines(corners: list[tuple[int, int]], land: Any) -> float:
    """Try every rectangle between lines through corners: exact for right-angled land."""
    xs, ys = (sorted({corner[axis] for corner in corners}) for axis in (0, 1))
    best = 0.0
    for (x0, x1), (y0, y1) in ((a, b) for a in combinations(xs, 2) for b in combinations(ys, 2)):
        if (x1 - x0) * (y1 - y0) > best and land.buffer(1e-6).covers(box(x0, y0, x1, y1)):
            best = float((x1 - x0) * (y1 - y0))
    return best


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), max_size=3), st.floats(0, 90))
@settings(max_examples=60, deadline=None)
def test_right_angled_land_against_every_rectangle(cuts: list[Any], angle: float) -> None:
    land: Any = box(0, 0, 40, 30)
    for x, y, width, height in cuts:
        land = land.difference(box(x, y, x + width + 1, y + height + 1))
    land = max(shapely.get_parts(land), key=shapely.area, default=shapely.Polygon())
    points = shapely.get_coordinates(land) - np.array(CENTRE)
    expected = best_on_lines([(round(x), round(y)) for x, y in points], land)
    found = rectangle(shapely.affinity.rotate(land, angle, CENTRE))
    assert found.area <= expected * 1.0001
    assert found.area >= 0.8 * expected - 2


@given(st.lists(st.tuples(st.floats(0, 80), st.floats(0, 80)), min_size=3, max_size=9), st.floats(0.1, 0.9))
@settings(max_examples=120, deadline=None)
def test_it_always_lies_inside(points: list[Any], hole: float) -> None:
    land: Any = shapely.MultiPoint([(EAST + x, NORTH + y) for x, y in points]).convex_hull
    if land.geom_type != "Polygon" or land.area < 1:
        return
    land = land.difference(shapely.affinity.rotate(shapely.affinity.scale(land, hole, hole), 40))
    for part in shapely.get_parts(land):
        found = rectangle(part)
        assert part.buffer(1e-7).covers(found)
        if part.area > 5 and not part.interiors:
            assert found.area > 0.02 * part.area


def guaranteed(land: Any, angle: float) -> float:
    """Return what is promised along one axis of convex land, from a dense walk over all rectangles."""
    turned = shapely.affinity.rotate(land, -angle, CENTRE, use_radians=True)
    west, south, east, north = turned.bounds
    at = np.linspace(west, east, 41)
    cuts = shapely.bounds([turned.intersection(shapely.LineString([(x, south), (x, north)])) for x in at])
    low, high = np.nan_to_num(cuts[:, 1], nan=north), np.nan_to_num(cuts[:, 3], nan=south)
    best = 0.0
    for first, last in combinations(range(len(at)), 2):
        width = at[last] - at[first] - (east - west) / 8
        height = min(high[first], high[last]) - max(low[first], low[last]) - (north - south) / 32
        best = max(best, (width - 0.001) * (height - 0.001) if min(width, height) > 0.001 else 0)
    return best


@given(st.lists(st.tuples(st.floats(0, 80), st.floats(0, 80)), min_size=3, max_size=9))
@settings(max_examples=40, deadline=None)
def test_it_is_as_large_as_promised(points: list[Any]) -> None:
    land: Any = shapely.MultiPoint([(EAST + x, NORTH + y) for x, y in points]).convex_hull
    if land.geom_type != "Polygon" or land.area < 1:
        return
    area = rectangle(land).area
    axes = rectangles._axes(array(land), edges_of(array(land)))
    tried = axes if area < 0.97 * land.area else []
    assert area >= max((guaranteed(land, float(angle[0])) for angle in tried), default=0)


def longest_run(word: int) -> int:
    return max(len(run) for run in f"{word:b}".split("0"))


def test_no_rectangle_of_cells_is_left_out_of_the_search() -> None:
    """Every pair of strips, one after the other, against the search that leaves out what cannot gain."""
    rng = np.random.default_rng(5)
    strips, pieces = rectangles.STRIPS, 40
    free = np.full((pieces, strips), np.uint64(2**64 - 1))
    for share in rng.uniform(0.02, 0.3, 3):
        taken = rng.integers(0, 2**63, (pieces // 2, strips), dtype=np.uint64)
        free[::2] &= ~(taken * (rng.random(strips) < share))
    free[1::2][np.arange(pieces // 2), np.arange(pieces // 2) + 8] = 0  # two parts, one a little larger
    widths = rng.uniform(1, 2, (pieces, strips))
    lines = np.concatenate([np.zeros((pieces, 1)), widths.cumsum(axis=1)], axis=1)
    lines[:, 5] = lines[:, 6]  # a strip without width
    free[:, 5] = np.uint64(2**64 - 1)
    height = rng.uniform(5, 200, pieces)
    box = rectangles._best_cells(lines, height, free)
    for row in range(pieces):
        best = 0.0
        for first in range(strips):
            common = 2**64 - 1
            for last in range(first, strips):
                common &= int(free[row, last])
                width = lines[row, last + 1] - lines[row, first]
                best = max(best, longest_run(common) * width * height[row] / rectangles.CELLS)
        assert (box[row, 1] - box[row, 0]) * (box[row, 3] - box[row, 2]) == pytest.approx(best, rel=1e-12)
