import numpy as np
import pytest
import shapely

from data.demo.cutting import cut, cut_out, frame_of, slice_along
from data.demo.tiling import tile


def test_two_lots_and_a_street_share_their_edges() -> None:
    # the street's corner lies on the edge of nothing, the lots' common corner on the street's edge
    street = shapely.box(0, 0, 100, 10)
    left = shapely.box(0, 10 + 1e-7, 40, 50)
    right = shapely.box(40, 10 - 1e-7, 100, 50)
    shapes, kept = tile([street, left, right], least_m2=1)
    assert kept.all()
    assert shapely.coverage_is_valid(shapes)
    assert [shape.area for shape in shapes] == pytest.approx([1000, 1600, 2400])
    assert (40.0, 10.0) in set(map(tuple, shapely.get_coordinates(shapes[0])))


def test_a_sliver_goes_to_the_neighbour_with_the_longest_edge() -> None:
    left, sliver, right = shapely.box(0, 0, 50, 50), shapely.box(50, 0, 51, 50), shapely.box(51, 10, 90, 50)
    shapes, kept = tile([left, sliver, right], least_m2=60)
    assert kept.tolist() == [True, False, True]
    assert shapes[0].equals(shapely.box(0, 0, 51, 50))


def test_a_crumb_leaves_no_hole() -> None:
    left, right = shapely.box(0, 0, 50, 50), shapely.box(50.02, 0, 100, 50)
    crumb = shapely.box(50, 0, 50.02, 30)
    shapes, kept = tile([left, crumb, right], least_m2=1)
    assert kept.tolist() == [True, False, True]
    assert shapely.coverage_is_valid(shapes[kept])


def test_cutting_keeps_the_ground() -> None:
    shape = shapely.Polygon([(0, 0), (100, 10), (90, 60), (10, 50)])
    left, right = cut(shape, np.array([50.0, 30.0]), np.array([0.0, 1.0]))
    assert left.area + right.area == pytest.approx(shape.area)
    assert left.centroid.x < right.centroid.x
    inside, outside = cut_out(shape, shapely.box(20, 20, 40, 40))
    assert [part.area for part in inside] == pytest.approx([400])
    assert sum(part.area for part in outside) == pytest.approx(shape.area - 400)


def test_slices_follow_the_long_side_and_none_is_too_small() -> None:
    row = shapely.box(0, 0, 100, 30)
    slices = slice_along(row, frame_of(row), [20, 40, 45, 70, 98], min_area_m2=300)
    assert sum(part.area for part in slices) == pytest.approx(3000)
    assert [round(part.area) for part in slices] == [600, 600, 900, 900]
    # 45 would leave 150 m2 and 98 would leave 60 m2


def test_a_frame_knows_long_and_short_side() -> None:
    frame = frame_of(shapely.box(10, 20, 40, 120))
    assert (frame.length, frame.width) == pytest.approx((100, 30))
    assert abs(frame.along[1]) == pytest.approx(1)
    assert abs(frame.along @ frame.across) == pytest.approx(0)
    assert frame.at(50) == pytest.approx([25, 70])
