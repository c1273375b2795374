"""Assemblies: drawn lots whose neighbours can be counted, and every subset tried as an oracle."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability import assemblies
from geo_service.availability.assemblies import Wish, enough_together, summarise
from geo_service.availability.joins import JoinRules, Joins, find_joins
from tests.availability.drawing import EAST, NORTH, array, box

ROW = (box(0, 0, 20, 30), box(20, 0, 50, 30), box(50, 0, 60, 30), box(100, 0, 120, 30))
"""600, 900, 300 m2 side by side, and 600 m2 apart."""
LANE = box(-50, 30, 200, 38)
"""A lane of 8 m north of the row."""
OPPOSITE = box(0, 38, 50, 70)
"""1,600 m2 on the other side of the lane."""


def joined(*lots: Any, streets: Any = None, **rules: float) -> Joins:
    return find_joins(array(*lots), JoinRules(**rules), streets)


def pairs(joins: Joins) -> set[tuple[int, int]]:
    return set(zip(joins.first.tolist(), joins.second.tolist(), strict=True))


def together(at_least_m2: float, *lots: Any, **wish: Any) -> list[tuple[int, ...]]:
    land = array(*lots)
    found = enough_together(land, shapely.area(land), find_joins(land), Wish(at_least_m2, **wish))
    return [assembly.parcels for assembly in found]


def test_lots_that_share_an_edge() -> None:
    joins = joined(*ROW)
    assert pairs(joins) == {(0, 1), (1, 2)}
    assert joins.shared_m.tolist() == pytest.approx([30, 30])
    assert joins.groups().tolist() == [0, 0, 0, 1]


def test_a_corner_a_short_edge_and_a_gap_do_not_join() -> None:
    assert not pairs(joined(box(0, 0, 10, 10), box(10, 10, 20, 20)))
    assert not pairs(joined(box(0, 0, 10, 10), box(10, 7.5, 20, 20)))
    assert pairs(joined(box(0, 0, 10, 10), box(10, 7.5, 20, 20), edge_m=2.4)) == {(0, 1)}
    assert not pairs(joined(box(0, 0, 10, 10), box(10.2, 0, 20, 10)))


def test_borders_that_do_not_quite_match_join() -> None:
    assert pairs(joined(box(0, 0, 10, 10), box(10.03, 0, 20, 10))) == {(0, 1)}
    assert pairs(joined(box(0, 0, 10, 10), box(9.97, 0, 20, 10))) == {(0, 1)}


def test_a_lot_in_the_hole_of_another_joins_it() -> None:
    inner = box(10, 10, 20, 20)
    joins = joined(box(0, 0, 30, 30).difference(inner), inner)
    assert joins.shared_m.tolist() == pytest.approx([40])


def test_across_a_narrow_lane_only_when_asked_and_only_over_street() -> None:
    lots = (*ROW, OPPOSITE)
    streets = array(LANE)
    assert (0, 4) not in pairs(joined(*lots, streets=streets))
    joins = joined(*lots, streets=streets, across_m=10)
    assert pairs(joins) == {(0, 1), (1, 2), (0, 4), (1, 4)}
    assert joins.shared_m[joins.across].tolist() == pytest.approx([20, 30])
    assert pairs(joined(*lots, streets=streets, across_m=7.9)) == {(0, 1), (1, 2)}
    assert pairs(joined(*lots, streets=array(box(-50, 30, 200, 33)), across_m=10)) == {(0, 1), (1, 2)}
    assert pairs(joined(*lots, across_m=10)) == {(0, 1), (1, 2)}


def test_far_along_the_same_street_is_not_across_it() -> None:
    lots = (box(0, 0, 20, 30), box(100, 38, 120, 70))
    assert not pairs(joined(*lots, streets=array(LANE), across_m=50))


def test_one_owner_kind_or_any() -> None:
    joins = joined(*ROW)
    assert pairs(joins.of_one_owner_kind(np.array(["private", "private", "state", "state"]))) == {(0, 1)}
    for nobody in ("unknown", None):
        assert not pairs(joins.of_one_owner_kind(np.array([nobody] * 4, dtype=object)))


def test_figures_of_a_group() -> None:
    land = array(*ROW, OPPOSITE)
    joins = find_joins(land, JoinRules(across_m=10), array(LANE))
    table = summarise(land, shapely.area(land), joins)
    assert table["parcels"].tolist() == [4, 1]
    assert table["net_m2"].tolist() == [3400.0, 600.0]
    assert table["across"].tolist() == [True, False]
    assert table["compactness"].tolist() == pytest.approx([3400 / 4000, 1.0])  # hull 60 x 70 less a triangle


def test_the_group_of_empty_land_has_no_compactness() -> None:
    land = array(shapely.Polygon(), box(0, 0, 10, 10))
    table = summarise(land, shapely.area(land), find_joins(land))
    assert table["net_m2"].tolist() == [0.0, 100.0]
    assert np.isnan(table["compactness"][0])


def test_enough_together_takes_as_few_as_it_needs() -> None:
    assert together(600, *ROW) == [(0,), (3,), (1,)]
    assert together(1000, *ROW) == [(1, 2)]
    assert together(1000, *ROW, apart=False) == [(1, 2), (0, 1)]
    assert together(1800, *ROW) == [(0, 1, 2)]
    assert together(1801, *ROW) == []
    assert together(1800, *ROW, at_most_parcels=2) == []
    assert together(600, *ROW, limit=1) == [(0,)]


def test_what_is_not_needed_is_left_out() -> None:
    """From the small one the large neighbour is enough by itself."""
    assert together(1000, box(0, 0, 5, 50), box(5, 0, 45, 50), apart=False) == [(1,)]


def test_a_link_stays_though_its_area_is_not_needed() -> None:
    assert together(1000, box(0, 0, 50, 10), box(50, 0, 51, 10), box(51, 0, 101, 10)) == [(0, 1, 2)]


def test_growing_ends_where_the_group_does() -> None:
    near = assemblies._adjacency(joined(*ROW))
    assert assemblies._grow(0, near, shapely.area(array(*ROW)), 1801) == []


def test_an_assembly_tells_its_figures() -> None:
    land = array(*ROW, OPPOSITE)
    joins = find_joins(land, JoinRules(across_m=10), array(LANE))
    (found,) = enough_together(land, shapely.area(land), joins, Wish(2400))
    assert (found.parcels, found.net_m2, found.across) == ((1, 4), 2500.0, True)
    assert found.compactness == pytest.approx(2500 / 3120)  # hull 50 x 70 less a triangle of 20 x 38


def test_no_parcels() -> None:
    land = array()
    joins = find_joins(land)
    assert joins.groups().tolist() == []
    assert len(summarise(land, shapely.area(land), joins)) == 0
    assert enough_together(land, shapely.area(land), joins, Wish(1)) == ()


@st.composite
def lots(draw: st.DrawFn) -> list[Any]:
    """Draw cells of a crooked grid, some missing, in any order."""
    columns = np.cumsum([0, *draw(st.lists(st.integers(4, 40), min_size=3, max_size=3))])
    rows = np.cumsum([0, *draw(st.lists(st.integers(4, 40), min_size=3, max_size=3))])
    cells = [box(columns[i], rows[j], columns[i + 1], rows[j + 1]) for i in range(3) for j in range(3)]
    chosen = draw(st.lists(st.sampled_from(range(9)), min_size=1, max_size=9, unique=True))
    angle = draw(st.just(0.0) | st.floats(0, 90))
    return [shapely.affinity.rotate(cells[number], angle, (EAST, NORTH)) for number in chosen]


@given(lots())
@settings(max_examples=60, deadline=None)
def test_joins_against_the_cut_of_every_pair(cells: list[Any]) -> None:
    expected = {
        (one, other)
        for one, other in combinations(range(len(cells)), 2)
        if cells[one].buffer(0.001).intersection(cells[other]).length / 2 > 3
    }
    assert pairs(joined(*cells)) == expected


@given(lots(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_parcels_does_not_matter(cells: list[Any], shuffle: Any) -> None:
    order = list(range(len(cells)))
    shuffle.shuffle(order)
    here, there = joined(*cells), joined(*[cells[place] for place in order])
    back = {tuple(sorted((order[one], order[other]))) for one, other in pairs(there)}
    assert back == pairs(here)


def connected(parcels: tuple[int, ...], joins: set[tuple[int, int]]) -> bool:
    reached = {parcels[0]}
    for _ in parcels:
        reached |= {b for a, b in joins if a in reached} | {a for a, b in joins if b in reached}
        reached &= set(parcels)
    return reached == set(parcels)


@given(lots(), st.floats(50, 6000))
@settings(max_examples=80, deadline=None)
def test_enough_together_against_every_subset(cells: list[Any], wanted: float) -> None:
    land = array(*cells)
    area, joins = shapely.area(land), find_joins(land)
    every = [
        subset
        for size in range(1, len(cells) + 1)
        for subset in combinations(range(len(cells)), size)
        if area[list(subset)].sum() >= wanted and connected(subset, pairs(joins))
    ]
    minimal = {one for one in every if not any(set(other) < set(one) for other in every)}
    variants = enough_together(land, area, joins, Wish(wanted, apart=False, limit=100))
    apart = enough_together(land, area, joins, Wish(wanted))
    assert {assembly.parcels for assembly in (*variants, *apart)} <= minimal
    assert bool(variants) == bool(apart) == bool(minimal)
    singles = {subset for subset in minimal if len(subset) == 1}
    assert singles <= {assembly.parcels for assembly in variants}
    assert sum(len(assembly.parcels) for assembly in apart) == len(
        {parcel for assembly in apart for parcel in assembly.parcels}
    )
    assert [len(assembly.parcels) for assembly in variants] == sorted(
        len(assembly.parcels) for assembly in variants
    )
