"""The assignment: equal to brute force, strict about ties, exact, indifferent to the order of the input."""

from collections.abc import Iterator
from itertools import permutations
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo_service.matching.criteria import FULL_POINTS
from geo_service.matching.solver import (
    INFEASIBLE,
    UNMATCHED,
    Points,
    Worth,
    blocking,
    optimum,
    without_each,
    worth,
)

Order = tuple[int, ...]

SMALL = st.tuples(st.integers(0, 5), st.integers(0, 5))
TIED = st.sampled_from([INFEASIBLE, INFEASIBLE, 0, 1, 2, 5000, FULL_POINTS])
ROUNDS = SMALL.flatmap(lambda shape: arrays(np.int64, shape, elements=TIED))


def every_assignment(points: Points) -> Iterator[Order]:
    """All assignments of feasible pairs, by trying every order of premises and of gaps."""
    rows, columns = points.shape
    seen = set()
    for order in permutations([*range(columns), *[UNMATCHED] * rows], rows):
        if order in seen:
            continue
        seen.add(order)
        if all(column == UNMATCHED or points[row, column] != INFEASIBLE for row, column in enumerate(order)):
            yield order


def worth_by_hand(points: Points, order: Order) -> tuple[int, int]:
    matched = [(row, column) for row, column in enumerate(order) if column != UNMATCHED]
    return (len(matched), sum(int(points[row, column]) for row, column in matched))


def best_by_hand(points: Points) -> tuple[tuple[int, int], Order, list[Order]]:
    """Highest worth, and among equals the first by rows: a premises before none, a lower column first."""
    columns = points.shape[1]
    listed = list(every_assignment(points))
    best = max(worth_by_hand(points, order) for order in listed)
    equal = [order for order in listed if worth_by_hand(points, order) == best]
    first = min(equal, key=lambda order: [columns if column == UNMATCHED else column for column in order])
    return best, first, equal


@settings(max_examples=150, deadline=None)
@given(ROUNDS)
def test_optimum_and_tie_break_equal_brute_force(points: Points) -> None:
    best, first, _ = best_by_hand(points)
    chosen = optimum(points)
    assert worth(points, chosen) == Worth(*best)
    assert tuple(chosen) == first


@settings(max_examples=150, deadline=None)
@given(ROUNDS)
@example(np.array([[0, 0, 0, 0], [0, -1, -1, -1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))
def test_an_alternative_is_reported_exactly_where_one_exists(points: Points) -> None:
    chosen = optimum(points)
    best, first, equal = best_by_hand(points)
    for item in without_each(points, chosen):
        others = [order for order in equal if order[item.row] != first[item.row]]
        assert (item.columns is not None) == bool(others)
        assert (item.worth == Worth(*best)) == bool(others)
        if item.columns is not None:
            assert tuple(item.columns) in others
            changed = [sum(a != b for a, b in zip(order, first, strict=True)) for order in others]
            assert int((item.columns != chosen).sum()) == min(changed)


def test_more_winners_come_before_more_points() -> None:
    points = np.array([[10_000, 1], [9_999, INFEASIBLE]])
    assert optimum(points).tolist() == [1, 0]


def test_the_greedy_choice_is_not_taken() -> None:
    points = np.array([[9_000, 8_000], [8_500, 1_000]])
    assert optimum(points).tolist() == [1, 0]


def test_equal_points_go_to_the_first_winner_and_the_first_premises() -> None:
    assert optimum(np.full((3, 2), 7)).tolist() == [0, 1, UNMATCHED]
    assert optimum(np.full((2, 3), 7)).tolist() == [0, 1]


def test_loss_without_a_pair() -> None:
    points = np.array([[100, 40], [90, INFEASIBLE]])
    chosen = optimum(points)
    assert [item.worth for item in without_each(points, chosen)] == [Worth(1, 100), Worth(1, 100)]


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (4, 0)])
def test_empty_rounds(shape: tuple[int, int]) -> None:
    points = np.zeros(shape, dtype=np.int64)
    chosen = optimum(points)
    assert chosen.tolist() == [UNMATCHED] * shape[0]
    assert worth(points, chosen) == Worth(0, 0)
    assert without_each(points, chosen) == ()
    assert blocking(points, points, chosen) == ()


def test_nobody_fits() -> None:
    points = np.full((3, 4), INFEASIBLE)
    assert optimum(points).tolist() == [UNMATCHED] * 3


@pytest.mark.parametrize("points", [np.array([[0.5]]), np.array([[np.nan]])])
def test_fractions_and_nan_are_refused(points: Points) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        optimum(points)


@pytest.mark.parametrize("value", [-2, FULL_POINTS + 1])
def test_points_out_of_range_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match="between 0 and"):
        optimum(np.array([[value]]))


def test_a_round_too_large_to_be_exact_is_refused() -> None:
    points = np.broadcast_to(np.int64(1), (7_000, 7_000))
    with pytest.raises(ValueError, match="too many to be matched exactly"):
        optimum(points)


def test_one_point_decides_in_a_large_round() -> None:
    """200 x 2,000 with equal points but one: exactness where a double could lose the last digit."""
    points = np.full((200, 2_000), FULL_POINTS - 1)
    points[199, 1_999] = FULL_POINTS
    chosen = optimum(points)
    assert chosen[199] == 1_999
    assert chosen[:199].tolist() == list(range(199))


def test_blocking_pairs_by_hand() -> None:
    """Winner 0 and landlord 1 both prefer each other to what the optimum gives them."""
    own = np.array([[10, 20], [10, 15]])
    theirs = np.array([[10, 30], [10, 20]])
    assert blocking(own, theirs, np.array([0, 1])) == ((0, 1),)
    assert blocking(own, theirs, np.array([1, 0])) == ()


def test_a_side_without_partner_prefers_any_feasible_pair() -> None:
    own = np.array([[5], [INFEASIBLE]])
    assert blocking(own, own, np.array([UNMATCHED, UNMATCHED])) == ((0, 0),)


@settings(max_examples=60, deadline=None)
@given(ROUNDS, st.randoms(use_true_random=False))
def test_blocking_equals_the_definition(points: Points, random: Random) -> None:
    drawn = [random.randint(0, 9) for _ in range(points.size)]
    theirs = np.where(points == INFEASIBLE, INFEASIBLE, np.array(drawn, dtype=int).reshape(points.shape))
    chosen = optimum(points)
    expected = set()
    for row, column in np.ndindex(points.shape):
        if points[row, column] == INFEASIBLE:
            continue
        now = chosen[row]
        winner_would = now == UNMATCHED or points[row, column] > points[row, now]
        holder = [other for other in range(len(chosen)) if chosen[other] == column]
        landlord_would = not holder or theirs[row, column] > theirs[holder[0], column]
        if winner_would and landlord_would:
            expected.add((row, column))
    assert set(blocking(points, theirs, chosen)) == expected
