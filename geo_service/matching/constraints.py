"""Hard constraints: which premises a winner may not get, and everything that stands against them.

Each check looks at one need and one offer and answers None or a `Failure` that holds what was required and
what was found. A pair is feasible when no check fails. Unknown facts fail too, under a code of their own: a
proposal must not rest on a gap in the register. Source: ``domain.md`` 5.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from geo_service.matching.terms import Need, Offer, Rules

Code = Literal[
    "area_too_small",
    "area_too_large",
    "rent_too_high",
    "rent_unknown",
    "use_not_permitted",
    "use_unknown",
    "change_of_use_needs_permit",
    "not_ground_floor",
    "outside_wanted_area",
    "location_unknown",
    "not_vacant",
    "free_too_late",
    "free_too_short",
    "features_missing",
    "double_funding",
    "forbidden",
    "winner_fixed_elsewhere",
    "premises_fixed_elsewhere",
    "premises_given_elsewhere",
    "winner_placed_elsewhere",
]
"""Machine-readable reasons; the last two explain feasible pairs that the optimum did not choose."""

Value = float | int | Decimal | date | str | tuple[str, ...] | None
"""What was required or found: m², EUR per month, days, months, names."""

CHANGES_OF_USE: frozenset[frozenset[str]] = frozenset({frozenset({"retail", "gastronomy"})})
"""Pairs of uses between which a permit can change; every other difference is no way. Source: ``domain.md``
5."""

DAYS_PER_YEAR = 365


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason against a pair.

    Parameters
    ----------
    code
        Machine-readable reason.
    required, actual
        What the winner (or the rule) asks for and what the premises offer; None: unknown.
    shortfall
        How far it misses, as a share of what is required (0.1: ten per cent); 1 where there is no degree.
    """

    code: Code
    required: Value
    actual: Value
    shortfall: float = 1.0


def check_area(need: Need, offer: Offer) -> Failure | None:
    """Refuse premises outside the wanted area range (m², bounds included)."""
    low, high, area = need.area_min_m2, need.area_max_m2, offer.area_m2
    if area < low:
        return Failure("area_too_small", low, area, (low - area) / low)
    if area > high:
        return Failure("area_too_large", high, area, (area - high) / high)
    return None


def check_rent(need: Need, offer: Offer) -> Failure | None:
    """Refuse premises above the rent ceiling (EUR per month) or of unknown rent (no grant without one)."""
    ceiling, rent = need.rent_max_eur_month, offer.net_rent_eur_month
    if rent is None:
        return Failure("rent_unknown", ceiling, None)
    if ceiling is not None and rent > ceiling:
        return Failure("rent_too_high", ceiling, rent, float((rent - ceiling) / max(ceiling, Decimal(1))))
    return None


def needs_permit(need: Need, offer: Offer) -> bool:
    """Tell whether the use is not permitted, but a change of use by permit could make it so."""
    if need.use in offer.permitted_uses:
        return False
    return any(frozenset({need.use, use}) in CHANGES_OF_USE for use in offer.permitted_uses)


def check_use(need: Need, offer: Offer) -> Failure | None:
    """Refuse uses that are not permitted; a change of use passes, flagged, unless the winner declines it."""
    if need.use in offer.permitted_uses:
        return None
    permitted = tuple(sorted(offer.permitted_uses))
    if not permitted:
        return Failure("use_unknown", need.use, None)
    if not needs_permit(need, offer):
        return Failure("use_not_permitted", need.use, permitted)
    if need.accepts_change_of_use:
        return None
    return Failure("change_of_use_needs_permit", need.use, permitted, 0.5)


def check_floor(need: Need, offer: Offer) -> Failure | None:
    """Refuse upper floors and basements where the winner needs the ground floor."""
    if offer.ground_floor or not need.ground_floor_needed:
        return None
    return Failure("not_ground_floor", "ground_floor", "other_floor")


def check_location(need: Need, offer: Offer) -> Failure | None:
    """Refuse premises outside all wished districts and quarters."""
    if not need.districts and not need.quarters:
        return None
    if offer.district in need.districts or offer.quarter in need.quarters:
        return None
    required = (*sorted(need.districts), *sorted(need.quarters))
    found = tuple(name for name in (offer.district, offer.quarter) if name)
    return Failure("outside_wanted_area" if found else "location_unknown", required, found or None)


def check_dates(need: Need, offer: Offer) -> Failure | None:
    """Refuse premises that are not free by the wished day for at least the wished span."""
    if offer.free_from is None:
        return Failure("not_vacant", need.wanted_from, None)
    if offer.free_from > need.wanted_from:
        late = (offer.free_from - need.wanted_from).days
        return Failure("free_too_late", need.wanted_from, offer.free_from, late / DAYS_PER_YEAR)
    if offer.free_until is not None and offer.free_until < need.wanted_until:
        missing = (need.wanted_until - offer.free_until).days
        span = (need.wanted_until - need.wanted_from).days
        return Failure("free_too_short", need.wanted_until, offer.free_until, missing / span)
    return None


def check_features(need: Need, offer: Offer) -> Failure | None:
    """Refuse premises that lack a feature that the winner cannot do without."""
    missing = need.features - offer.features
    if not missing:
        return None
    share = len(missing) / len(need.features)
    return Failure("features_missing", tuple(sorted(missing)), tuple(sorted(offer.features)), share)


def check_funding(need: Need, _offer: Offer) -> Failure | None:
    """Refuse a winner whose rent another programme pays already (double funding)."""
    return Failure("double_funding", None, None) if need.other_funding else None


CHECKS: tuple[Callable[[Need, Offer], Failure | None], ...] = (
    check_area,
    check_rent,
    check_use,
    check_floor,
    check_location,
    check_dates,
    check_features,
    check_funding,
)
"""All facts that are checked, in the order in which failures are listed."""


def check_facts(need: Need, offer: Offer) -> tuple[Failure, ...]:
    """Return every fact that stands against the pair, in a fixed order; empty: none."""
    return tuple(failure for check in CHECKS if (failure := check(need, offer)) is not None)


def check_rules(need: Need, offer: Offer, rules: Rules) -> tuple[Failure, ...]:
    """Return every standing decision of the manager that rules the pair out."""
    failures = []
    if (need.winner_id, offer.premises_id) in rules.forbidden:
        failures.append(Failure("forbidden", None, None))
    own = rules.fixed.get(need.winner_id, offer.premises_id)
    if own != offer.premises_id:
        failures.append(Failure("winner_fixed_elsewhere", own, offer.premises_id))
    holder = rules.holders.get(offer.premises_id, need.winner_id)
    if holder != need.winner_id:
        failures.append(Failure("premises_fixed_elsewhere", holder, need.winner_id))
    return tuple(failures)
