"""Ranking of parcels, plots and premises for an inquiry: a pure kernel over arrays.

Every stated requirement becomes a criterion with a value in [0, 1]. A requirement that is met gives at least
``MEETS``; how much better it is than asked gives the rest. One that is missed gives less, falling to 0 at its
tolerance. Each candidate is, per criterion, MET, NEAR (missed within the tolerance, or not known) or OUT.

* fitting: all musts MET,
* almost fitting: exactly one must NEAR, all others MET,
* everything else is left out. Wishes never exclude; they count in the score.

The score is the weighted mean over the criteria that apply to the candidate's kind; a must counts twice as
much as a wish. It is rounded to ten-thousandths, and equal scores are ordered by kind and id, whatever the
order of the input.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.inquiries.candidates import (
    MUST_FACTOR,
    NEAR,
    NOT_APPLICABLE,
    OUT,
    POINTS,
    Candidates,
    CriterionName,
    Flags,
    Floats,
    Requirement,
    States,
)
from geo_service.inquiries.criteria import JUDGES


@dataclass(frozen=True, slots=True)
class Judgement:
    """One criterion over all candidates.

    Parameters
    ----------
    name, must
        The criterion, and whether it is a must.
    value
        In [0, 1].
    state
        ``MET``, ``NEAR``, ``OUT`` or ``NOT_APPLICABLE``.
    """

    name: CriterionName
    must: bool
    value: Floats
    state: States

    @property
    def weight(self) -> int:
        """Weight in the score."""
        return MUST_FACTOR if self.must else 1


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answer over all candidates.

    Parameters
    ----------
    points
        Score in ten-thousandths, shape (n,).
    judgements
        Criterion by criterion.
    fitting, almost
        Positions in the candidates, best first.
    missing
        For each must: how many are almost fitting because of it alone.
    """

    points: NDArray[np.int64]
    judgements: tuple[Judgement, ...]
    fitting: NDArray[np.intp]
    almost: NDArray[np.intp]
    missing: Mapping[CriterionName, int]


def rank(candidates: Candidates, requirement: Requirement) -> Ranking:
    """Rank candidates for a requirement.

    Parameters
    ----------
    candidates
        Arrays of one or several kinds; the order does not matter.
    requirement
        What is looked for.
    """
    judgements = tuple(
        Judgement(name, name not in requirement.wishes, *found)
        for name, judge in JUDGES.items()
        if (found := judge(candidates, requirement)) is not None
    )
    points = _points(len(candidates), judgements)
    demanded = [item.state for item in judgements if item.must]
    musts = np.array(demanded, dtype=np.int8).reshape(len(demanded), len(candidates))
    possible = ~(musts == OUT).any(axis=0)
    missed = (musts == NEAR).sum(axis=0)
    almost = possible & (missed == 1)
    return Ranking(
        points=points,
        judgements=judgements,
        fitting=_ordered(candidates, points, possible & (missed == 0)),
        almost=_ordered(candidates, points, almost),
        missing={item.name: int((almost & (item.state == NEAR)).sum()) for item in judgements if item.must},
    )


def _points(size: int, judgements: tuple[Judgement, ...]) -> NDArray[np.int64]:
    """Return the weighted means in ten-thousandths; full points where nothing is asked."""
    total, weights = np.zeros(size), np.zeros(size)
    for item in judgements:
        applies = item.state != NOT_APPLICABLE
        total += np.where(applies, item.weight * item.value, 0)
        weights += np.where(applies, item.weight, 0)
    means: Floats = np.divide(total, weights, out=np.ones(size), where=weights > 0)
    points: NDArray[np.int64] = np.rint(POINTS * means).astype(np.int64)
    return points


def _ordered(candidates: Candidates, points: NDArray[np.int64], chosen: Flags) -> NDArray[np.intp]:
    """Return the chosen positions by points, kind and id."""
    rows = np.flatnonzero(chosen)
    order = np.lexsort((candidates.id[rows], candidates.kind[rows], -points[rows]))
    return np.asarray(rows[order], dtype=np.intp)
