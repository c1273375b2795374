"""Edges that face others: metres that can be checked by eye, and against a sampled boundary."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability.edges import covered_lengths, edges_of, facing
from tests.availability.drawing import array, box


def length_facing(land: Any, other: Any, reach_m: float) -> float:
    edges = edges_of(array(land))
    faces = facing(edges, edges_of(array(other)), reach_m, 0.01)
    covered = covered_lengths(faces.edge, faces.begin_m, faces.end_m, len(edges.owner))
    return float(covered.sum())


def test_edges_of_a_square_with_a_hole_have_the_land_to_their_left() -> None:
    land = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))
    edges = edges_of(array(land, box(20, 0, 30, 10)))
    assert edges.owner.tolist() == [0] * 8 + [1] * 4
    along = (edges.end - edges.start) / edges.length_m[:, None]
    left = (edges.start + edges.end) / 2 + 0.01 * np.stack([-along[:, 1], along[:, 0]], axis=1)
    inside = [land.contains(shapely.Point(*point)) for point in left[:8]]
    assert all(inside)


def test_an_edge_shared_in_part_counts_in_part() -> None:
    assert length_facing(box(0, 0, 10, 10), box(10, 4, 20, 30), 0.01) == pytest.approx(6)


def test_touching_in_a_corner_is_no_edge() -> None:
    assert length_facing(box(0, 0, 10, 10), box(10, 10, 20, 20), 0.05) < 0.2


def test_what_lies_around_the_land_does_not_turn_its_outside_to_it() -> None:
    assert length_facing(box(0, 0, 10, 10), box(-1, -1, 11, 11), 2) == 0


def test_a_line_faces_only_the_near_side() -> None:
    street = shapely.LineString([(390_000 - 50, 5_705_000 - 4), (390_000 + 50, 5_705_000 - 4)])
    assert length_facing(box(0, 0, 30, 5), street, 15) == pytest.approx(30)


def test_the_gap_is_measured_square_to_the_edge() -> None:
    edges = edges_of(array(box(0, 0, 10, 10)))
    faces = facing(edges, edges_of(array(box(13, 0, 20, 10))), 5, 0.01)
    assert faces.gap_m.tolist() == [3.0]
    assert (faces.end_m - faces.begin_m).tolist() == [10.0]


def test_stretches_that_overlap_count_once() -> None:
    groups = np.array([0, 0, 0, 2])
    begin, end = np.array([0.0, 5.0, 20.0, 1.0]), np.array([10.0, 12.0, 21.0, 2.0])
    assert covered_lengths(groups, begin, end, 3).tolist() == [13.0, 0.0, 1.0]
    assert covered_lengths(groups[:0], begin[:0], end[:0], 2).tolist() == [0.0, 0.0]


@given(st.floats(0, 360), st.floats(-20, 20), st.floats(1, 30))
@settings(max_examples=60, deadline=None)
def test_shared_length_equals_the_cut_of_the_boundaries(angle: float, shift: float, depth: float) -> None:
    centre = (390_000.0, 5_705_000.0)
    one, other = box(0, 0, 20, 10), box(20, shift, 20 + depth, shift + 15)
    turned = [shapely.affinity.rotate(shape, angle, centre) for shape in (one, other)]
    expected = one.boundary.intersection(other.boundary).length
    assert length_facing(turned[0], turned[1], 0.001) == pytest.approx(expected, abs=0.02)
