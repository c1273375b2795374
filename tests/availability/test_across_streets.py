"""Land on both sides of a street: drawn cases, and crooked grids against a loop over all pairs."""

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability.assemblies import Wish, enough_together
from geo_service.availability.joins import JoinRules, Joins, find_joins
from tests.availability.drawing import EAST, NORTH, array, box

LOT, STREET, OTHER = "lot", "street", "other"
SIZE = 5


@dataclass(frozen=True)
class Grid:
    """A crooked grid of lots, streets and land of others, and a turn of the whole in degrees."""

    x: list[int]
    y: list[int]
    kinds: list[str]
    turn: float
    across_m: int

    def cells(self, kind: str) -> list[Any]:
        """Cells of a kind as they were before the turn."""
        places = ((i, j) for i in range(SIZE) for j in range(SIZE))
        every = [box(self.x[i], self.y[j], self.x[i + 1], self.y[j + 1]) for i, j in places]
        return [cell for cell, found in zip(every, self.kinds, strict=True) if found == kind]

    def turned(self, kind: str) -> Any:
        return array(*(shapely.affinity.rotate(cell, self.turn, (EAST, NORTH)) for cell in self.cells(kind)))


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    sides = st.lists(st.sampled_from([1, 2, 4, 7, 8, 12, 30]), min_size=SIZE, max_size=SIZE)
    x, y = (np.cumsum([0, *draw(sides)]).tolist() for _ in range(2))
    kinds = st.lists(st.sampled_from([LOT, LOT, STREET, STREET, OTHER]), min_size=SIZE**2, max_size=SIZE**2)
    turn = draw(st.just(0.0) | st.floats(0, 90))
    return Grid(x, y, draw(kinds), turn, draw(st.sampled_from([3, 5, 10, 15, 25])))


def facing_m(one: Any, other: Any, streets: Any, across_m: float) -> float:
    """Metres over which two boxes face each other across nothing but street, strip by strip."""
    found = 0.0
    for axis in (0, 1):
        low = max(one.bounds[axis], other.bounds[axis])
        high = min(one.bounds[axis + 2], other.bounds[axis + 2])
        near, far = sorted([one.bounds, other.bounds], key=lambda bounds: bounds[1 - axis])
        start, end = near[3 - axis], far[1 - axis]
        if high <= low or not 0 < end - start <= across_m:
            continue
        cuts = {low, high, *(shapely.get_coordinates(streets)[:, axis].tolist())}
        for begin, stop in pairwise(sorted(cut for cut in cuts if low <= cut <= high)):
            middle = (begin + stop) / 2
            way = [(middle, start), (middle, end)] if axis == 0 else [(start, middle), (end, middle)]
            found += (stop - begin) * streets.buffer(1e-6).covers(shapely.LineString(way))
    return found


def oracle(grid: Grid) -> tuple[dict[tuple[int, int], float], dict[tuple[int, int], float]]:
    """Shared metres of each pair that touches, and of each that lies across a street, all pairs tried."""
    lots, streets = grid.cells(LOT), shapely.union_all(grid.cells(STREET))
    touching, across = {}, {}
    for one, other in combinations(range(len(lots)), 2):
        if (metres := lots[one].intersection(lots[other]).length) >= 3:
            touching[one, other] = metres
        elif (metres := facing_m(lots[one], lots[other], streets, grid.across_m)) >= 3:
            across[one, other] = metres
    return touching, across


def roots(size: int, joined: Any) -> list[int]:
    """Union and find, by hand: the least member of each one's group."""
    root = list(range(size))
    for _ in range(size):
        for one, other in joined:
            root[one] = root[other] = min(root[one], root[other])
    return root


def found_in(grid: Grid) -> Joins:
    return find_joins(grid.turned(LOT), JoinRules(across_m=grid.across_m), grid.turned(STREET))


def pairs(joins: Joins, *, across: bool) -> dict[tuple[int, int], float]:
    chosen = joins.take(joins.across == across)
    return dict(
        zip(zip(chosen.first.tolist(), chosen.second.tolist(), strict=True), chosen.shared_m, strict=True)
    )


@given(grids())
@settings(max_examples=150, deadline=None)
def test_joins_and_groups_against_a_loop_over_all_pairs(grid: Grid) -> None:
    touching, across = oracle(grid)
    joins = found_in(grid)
    assert pairs(joins, across=False) == pytest.approx(touching, abs=0.02)
    assert pairs(joins, across=True) == pytest.approx(across, abs=0.02)
    size = len(grid.cells(LOT))
    expected = roots(size, [*touching, *across])
    ours = joins.groups().tolist()
    for one, other in combinations(range(size), 2):
        assert (ours[one] == ours[other]) == (expected[one] == expected[other])


@given(grids(), st.sampled_from([100, 400, 1_000, 2_500]))
@settings(max_examples=60, deadline=None)
def test_assemblies_are_found_where_a_group_of_the_loop_is_large_enough(grid: Grid, wanted: int) -> None:
    touching, across = oracle(grid)
    land = grid.turned(LOT)
    area = shapely.area(land)
    found = enough_together(land, area, found_in(grid), Wish(wanted, at_most_parcels=25, apart=False))
    groups = roots(len(land), [*touching, *across])
    sums = np.bincount(groups, area, max(len(land), 1))
    assert bool(found) == bool(sums.max() >= wanted)
    for assembly in found:
        members = set(assembly.parcels)
        assert len({groups[member] for member in members}) == 1
        inside = [pair for pair in (*touching, *across) if set(pair) <= members]
        assert len({roots(len(land), inside)[member] for member in members}) == 1
        assert assembly.across == any(set(pair) <= members for pair in across)
