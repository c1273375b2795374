"""The optimum over all winners of a round at once: an exact assignment on whole numbers.

Pure: arrays in and out. ``points[i, j]`` are the points of winner i in premises j, ``INFEASIBLE`` where a
hard constraint fails. The goals are lexicographic: first as many winners placed as possible (the contest's
purpose is that every winner gets premises), then the highest sum of points, then a strict tie-break: the
first winner gets the first premises that any optimum gives to it (in the order of rows and columns), then
the second, and so on. Callers pass rows and columns sorted by identity, so the order in which records were
read does not matter.

Source: assignment problem (Kuhn 1955), solved by scipy's ``linear_sum_assignment`` (Crouse 2016). It
reckons in double precision, which is exact here because all costs stay below 2^53; a round too large for
that is refused.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from geo_service.matching.criteria import FULL_POINTS

INFEASIBLE: Final = -1
"""Points of a pair that may not come about."""
UNMATCHED: Final = -1
"""Column of a winner who gets nothing."""
EXACT_LIMIT: Final = 2**53
"""Whole numbers up to here are exact in double precision."""

Points = NDArray[np.int64]
Columns = NDArray[np.int64]


@dataclass(frozen=True, slots=True, order=True)
class Worth:
    """How good an assignment is; compares lexicographically.

    Parameters
    ----------
    matched
        Number of winners placed.
    points
        Sum of their points.
    """

    matched: int
    points: int


@dataclass(frozen=True, slots=True)
class Without:
    """The best that remains if one chosen pair is forbidden.

    Parameters
    ----------
    row
        The winner of the forbidden pair.
    worth
        Worth of the best assignment without it; equal to the optimum: there is an alternative.
    columns
        That assignment where it is an alternative of equal worth, else None. Among such it is one that
        changes the fewest winners.
    """

    row: int
    worth: Worth
    columns: Columns | None


def optimum(points: Points) -> Columns:
    """Assign premises to winners: most winners, then most points, then the strict tie-break.

    Parameters
    ----------
    points
        Shape (winners, premises), whole numbers from 0 to ``FULL_POINTS`` or ``INFEASIBLE``.

    Returns
    -------
    array
        Column per row or ``UNMATCHED``.

    Raises
    ------
    ValueError
        For other points, or a round too large to be solved exactly.
    """
    _require_sound(points)
    rows, columns = points.shape
    chosen = np.full(rows, UNMATCHED, dtype=np.int64)
    benefit = _benefit(points)
    open_columns = np.arange(columns)
    for row in range(rows):
        if not benefit.size or not benefit.max():
            break
        column = _first_choice(benefit)
        if column != UNMATCHED:
            chosen[row] = open_columns[column]
            open_columns = np.delete(open_columns, column)
            benefit = np.delete(benefit, column, axis=1)
        benefit = benefit[1:]
    return chosen


def worth(points: Points, columns: Columns) -> Worth:
    """Return how good an assignment is."""
    rows = np.flatnonzero(columns != UNMATCHED)
    return Worth(len(rows), int(points[rows, columns[rows]].sum()))


def without_each(points: Points, chosen: Columns) -> tuple[Without, ...]:
    """Forbid each chosen pair in turn and solve again.

    Parameters
    ----------
    points
        As in `optimum`.
    chosen
        The optimum.
    """
    best = worth(points, chosen)
    benefit, kept = _keeping(points, chosen)
    results = []
    for row in np.flatnonzero(chosen != UNMATCHED).tolist():
        full = benefit[row, kept[row]]
        benefit[row, kept[row]] = 0
        columns = _assign(benefit)
        benefit[row, kept[row]] = full
        columns[columns >= points.shape[1]] = UNMATCHED
        left = worth(points, columns)
        results.append(Without(row, left, columns if left == best else None))
    return tuple(results)


def _keeping(points: Points, chosen: Columns) -> tuple[Points, Columns]:
    """Return benefits under which, among equals, as much as possible stays as chosen, and what stays.

    Who got nothing may keep that too: each such winner has a column of their own behind the premises.
    """
    rows, columns = points.shape
    idle = np.flatnonzero(chosen == UNMATCHED)
    kept = chosen.copy()
    kept[idle] = columns + np.arange(len(idle))
    benefit = np.zeros((rows, columns + len(idle)), dtype=np.int64)
    benefit[:, :columns] = _benefit(points) * (rows + 1)
    benefit[np.arange(rows), kept] += 1
    return benefit, kept


def blocking(own: Points, theirs: Points, chosen: Columns) -> tuple[tuple[int, int], ...]:
    """Return pairs (row, column) in which both sides would do better than in the assignment.

    Parameters
    ----------
    own, theirs
        Points as winner and as landlord see them, shape (winners, premises), ``INFEASIBLE`` where a hard
        constraint fails.
    chosen
        The assignment. A side without a partner prefers any feasible pair.

    Source: Gale and Shapley 1962 (stability).
    """
    rows = np.flatnonzero(chosen != UNMATCHED)
    own_now = np.full(own.shape[0], INFEASIBLE, dtype=np.int64)
    their_now = np.full(own.shape[1], INFEASIBLE, dtype=np.int64)
    own_now[rows] = own[rows, chosen[rows]]
    their_now[chosen[rows]] = theirs[rows, chosen[rows]]
    both = (own > own_now[:, None]) & (theirs > their_now[None, :]) & (own != INFEASIBLE)
    return tuple((int(row), int(column)) for row, column in np.argwhere(both))


def _require_sound(points: Points) -> None:
    """Refuse what cannot be solved exactly."""
    if not np.issubdtype(points.dtype, np.integer):
        raise ValueError("points must be whole numbers")
    if points.size and (points.min() < INFEASIBLE or points.max() > FULL_POINTS):
        raise ValueError(f"points must lie between 0 and {FULL_POINTS}, or be {INFEASIBLE}")
    rows, columns = points.shape
    largest = (_match_bonus(rows, columns) + FULL_POINTS + 1) * (max(rows, columns) + 1)
    if largest * (2 * rows + columns + 1) >= EXACT_LIMIT:
        raise ValueError(f"{rows} winners and {columns} premises are too many to be matched exactly")


def _match_bonus(rows: int, columns: int) -> int:
    """Worth of one more match: more than all points that could be lost for it."""
    return FULL_POINTS * min(rows, columns) + 1


def _benefit(points: Points) -> Points:
    """Return points plus the bonus of a match; 0 for infeasible pairs."""
    bonus = _match_bonus(*points.shape)
    return np.where(points == INFEASIBLE, 0, points + bonus).astype(np.int64)


def _assign(benefit: Points) -> Columns:
    """Return one assignment of highest benefit; column per row or ``UNMATCHED``."""
    chosen = np.full(benefit.shape[0], UNMATCHED, dtype=np.int64)
    rows, columns = linear_sum_assignment(benefit, maximize=True)
    useful = benefit[rows, columns] > 0
    chosen[rows[useful]] = columns[useful]
    return chosen


def _first_choice(benefit: Points) -> int:
    """Return the first column that an optimum gives to the first row.

    The benefit is scaled so that the row's preference among columns decides between optima and nothing else.
    """
    columns = benefit.shape[1]
    scaled = benefit * (columns + 1)
    scaled[0] += np.where(benefit[0] > 0, np.arange(columns, 0, -1), 0)
    return int(_assign(scaled)[0])
