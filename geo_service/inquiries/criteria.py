"""Criteria of the ranking: how well each candidate meets each requirement, vectorised.

A judge answers None where nothing is required, else the values in [0, 1] and the states of all candidates.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from geo_service.inquiries.candidates import (
    KINDS,
    MEETS,
    MET,
    NEAR,
    NOT_APPLICABLE,
    OUT,
    RELATED_USES,
    TOLERANCES,
    UNKNOWN,
    USES,
    Candidates,
    CriterionName,
    Flags,
    Floats,
    Requirement,
    States,
)

Judged = tuple[Floats, States] | None


def _below(value: Floats, limit: float, tolerance: float) -> tuple[Floats, States]:
    """Judge a ceiling: MEETS at the ceiling, 1 at 0, falling to 0 at the tolerance above it."""
    over = value / max(limit, 1e-9) - 1
    return _graded(MEETS - (1 - MEETS) * over, over, tolerance)


def _graded(good: Floats, miss: Floats, tolerance: float) -> tuple[Floats, States]:
    """Put a value together from how good it is when met and how far it misses; NaN counts as unknown.

    Parameters
    ----------
    good
        Value where ``miss`` is at most 0.
    miss
        How far the requirement is missed, in the unit of the tolerance; NaN: unknown.
    tolerance
        Largest miss that is still NEAR.
    """
    known = ~np.isnan(miss)
    met = known & (miss <= 0)
    near = ~known | (~met & (miss <= tolerance))
    missed = MEETS * (1 - np.clip(np.nan_to_num(miss, nan=tolerance) / tolerance, 0, 1))
    value = np.where(met, np.clip(np.nan_to_num(good), MEETS, 1), missed)
    return value, np.where(met, MET, np.where(near, NEAR, OUT)).astype(np.int8)


def judge_area(candidates: Candidates, requirement: Requirement) -> Judged:
    """Judge the area: best in the middle of the range, or at the only bound."""
    low, high = requirement.area_min_m2, requirement.area_max_m2
    if low is None and high is None:
        return None
    area = candidates.area_m2
    bottom, top = low or 0.0, np.inf if high is None else high
    over = (area - top) / top if high else np.where(np.isnan(area), np.nan, -1.0)
    miss = np.maximum((bottom - area) / max(bottom, 1e-9), over)
    if low is not None and high is not None:
        half = max((high - low) / 2, 1e-9)
        closeness = 1 - np.abs(area - (low + high) / 2) / half
    elif high is None:
        closeness = bottom / np.maximum(area, 1e-9)
    else:
        closeness = area / max(high, 1e-9)
    return _graded(MEETS + (1 - MEETS) * closeness, miss, TOLERANCES["area"])


def judge_use(candidates: Candidates, requirement: Requirement) -> Judged:
    """Judge the use: 1 when permitted, half of MEETS when a permit or a check could allow it."""
    if not requirement.uses:
        return None
    related = {other for use in requirement.uses for other in RELATED_USES.get(use, ())}
    met = (candidates.uses & use_bits(requirement.uses)) != 0
    near = (candidates.uses & use_bits(related)) != 0
    unknown = candidates.uses == 0
    value = np.where(met, 1.0, np.where(near, MEETS / 2, 0.0))
    return value, np.where(met, MET, np.where(near | unknown, NEAR, OUT)).astype(np.int8)


def judge_date(candidates: Candidates, requirement: Requirement) -> Judged:
    """Judge the date: 1 for what can be had at once, MEETS on the last wanted day, less when later."""
    if requirement.available_by is None:
        return None
    start, last = np.datetime64(requirement.as_of, "D"), np.datetime64(requirement.available_by, "D")
    day = candidates.available_from
    unknown = np.isnat(day)
    late = np.where(unknown, np.nan, (day - last).astype(np.float64))
    wait = np.where(unknown, np.nan, np.maximum((day - start).astype(np.float64), 0))
    span = max(float((last - start).astype(np.int64)), 1.0)
    return _graded(1 - (1 - MEETS) * wait / span, late, TOLERANCES["date_days"])


def judge_transit(candidates: Candidates, requirement: Requirement) -> Judged:
    """Judge the transit grade: MEETS at the least grade, 1 at A."""
    least = requirement.grade_min
    if least is None:
        return None
    grade = np.where(candidates.grade == UNKNOWN, np.nan, candidates.grade.astype(np.float64))
    good = MEETS + (1 - MEETS) * (least - grade) / least if least else np.ones(len(candidates))
    value, state = _graded(good, grade - least, TOLERANCES["transit_classes"])
    one_worse = grade - least == 1
    return np.where(one_worse, MEETS / 2, value), state


def judge_district(candidates: Candidates, requirement: Requirement) -> Judged:
    """Judge the place: in a wanted district or quarter, or not."""
    if not requirement.districts and not requirement.quarters:
        return None
    inside = np.isin(candidates.district, list(requirement.districts))
    inside |= np.isin(candidates.quarter, list(requirement.quarters))
    return inside.astype(np.float64), np.where(inside, MET, NEAR).astype(np.int8)


def judge_rent(candidates: Candidates, requirement: Requirement) -> Judged:
    """Judge the rent of premises against the ceiling."""
    if requirement.rent_max_eur_month is None:
        return None
    value, state = _below(candidates.rent_eur_month, requirement.rent_max_eur_month, TOLERANCES["rent"])
    return _only(candidates.kind == KINDS.index("premises"), value, state)


def judge_price(candidates: Candidates, requirement: Requirement) -> Judged:
    """Judge the price of land against the ceiling."""
    if requirement.price_max_eur_per_m2 is None:
        return None
    value, state = _below(candidates.price_eur_per_m2, requirement.price_max_eur_per_m2, TOLERANCES["price"])
    return _only(candidates.kind != KINDS.index("premises"), value, state)


def _only(applies: Flags, value: Floats, state: States) -> tuple[Floats, States]:
    """Leave a criterion out for kinds that it says nothing about."""
    return value, np.where(applies, state, NOT_APPLICABLE).astype(np.int8)


def use_bits(uses: set[str] | frozenset[str]) -> int:
    """Return the bit set of uses; words that are not in ``USES`` have no bit."""
    return sum(1 << USES.index(use) for use in uses if use in USES)


JUDGES: Final[Mapping[CriterionName, Callable[[Candidates, Requirement], Judged]]] = MappingProxyType(
    {
        "area": judge_area,
        "use": judge_use,
        "date": judge_date,
        "transit": judge_transit,
        "district": judge_district,
        "rent": judge_rent,
        "price": judge_price,
    }
)
"""All criteria in the order in which they are reported."""


def not_known(name: CriterionName, candidates: Candidates, position: int) -> bool:
    """Tell whether the register knows nothing about a criterion of one candidate."""
    return bool(UNKNOWNS[name](candidates, position))


UNKNOWNS: Final[Mapping[CriterionName, Callable[[Candidates, int], bool]]] = MappingProxyType(
    {
        "area": lambda of, at: np.isnan(of.area_m2[at]),
        "use": lambda of, at: of.uses[at] == 0,
        "date": lambda of, at: np.isnat(of.available_from[at]),
        "transit": lambda of, at: of.grade[at] == UNKNOWN,
        "district": lambda of, at: of.district[at] == UNKNOWN and of.quarter[at] == UNKNOWN,
        "rent": lambda of, at: np.isnan(of.rent_eur_month[at]),
        "price": lambda of, at: np.isnan(of.price_eur_per_m2[at]),
    }
)
