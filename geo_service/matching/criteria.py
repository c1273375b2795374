"""Weighted criteria: how good a feasible pair is, in [0, 1], reported criterion by criterion.

A criterion about which winner or premises say nothing is left out, and the weights of the others count alone.
Scores are whole ten-thousandths, so that sums are exact and equal scores are really equal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from geo_service.matching.constraints import needs_permit
from geo_service.matching.grants import grant_for
from geo_service.matching.terms import Need, Offer, RoundTerms

FULL_POINTS: Final = 10_000
"""Points of a perfect score: one point is 0.0001."""

EDGE_FIT: Final = 0.5
"""Value of an area at the very edge of the wanted range."""
IDLE_DAYS_WORST: Final = 365
"""An offer that would stand idle so many days until the winner comes gets no points for it."""
TENANCY_MONTHS_BEST: Final = 60
"""A tenancy this long is as good as a landlord's criterion gets (five years, a usual commercial term)."""
VACANCY_DAYS_BEST: Final = 3 * 365
"""A vacancy this long is as pressing as it gets."""
TRANSIT_VALUES: Final[dict[str, float]] = {
    grade: round(1 - index / 6, 4) for index, grade in enumerate("ABCDEFG")
}
"""Value of each ÖV-Güteklasse."""

Side = Literal["winner", "landlord", "both", "city"]


def area_fit(need: Need, offer: Offer, _terms: RoundTerms) -> float | None:
    """1 in the middle of the wanted range (m²), ``EDGE_FIT`` at its edges and beyond."""
    middle = (need.area_min_m2 + need.area_max_m2) / 2
    half = middle - need.area_min_m2
    off = abs(offer.area_m2 - middle)
    if half == 0:
        return 1.0 if off == 0 else EDGE_FIT
    return 1 - (1 - EDGE_FIT) * min(1.0, off / half)


def rent_room(need: Need, offer: Offer, _terms: RoundTerms) -> float | None:
    """Share of the rent ceiling that is left: 0 at the ceiling, 1 for free."""
    ceiling, rent = need.rent_max_eur_month, offer.net_rent_eur_month
    if not ceiling or rent is None:
        return None
    return max(0.0, float(1 - rent / ceiling))


def use(need: Need, offer: Offer, _terms: RoundTerms) -> float | None:
    """1 for a permitted use, 0 where a change of use must be permitted first."""
    return 0.0 if needs_permit(need, offer) else 1.0


def location(need: Need, offer: Offer, _terms: RoundTerms) -> float | None:
    """1 in a wanted quarter (or a wanted district, if no quarter is named), 0.5 only in a wanted district."""
    if not need.districts and not need.quarters:
        return None
    if offer.quarter in need.quarters:
        return 1.0
    if offer.district in need.districts:
        return EDGE_FIT if need.quarters else 1.0
    return 0.0


def wished_features(need: Need, offer: Offer, _terms: RoundTerms) -> float | None:
    """Share of the welcome features that the premises have."""
    if not need.wished_features:
        return None
    return len(need.wished_features & offer.features) / len(need.wished_features)


def transit(_need: Need, offer: Offer, _terms: RoundTerms) -> float | None:
    """Value of the transit grade: A 1, G 0; ungraded premises are left out."""
    return TRANSIT_VALUES.get(offer.transit_grade or "")


def grant_coverage(_need: Need, offer: Offer, terms: RoundTerms) -> float | None:
    """Share of the contest's months that the grant really covers."""
    if offer.net_rent_eur_month is None:
        return None
    return float(grant_for(offer.net_rent_eur_month, terms.grant).months_covered / terms.grant.months)


def idle_time(need: Need, offer: Offer, terms: RoundTerms) -> float | None:
    """1 if the winner moves in as soon as the premises are free, 0 after a year of further emptiness."""
    if offer.free_from is None:
        return None
    idle = (need.wanted_from - max(offer.free_from, terms.as_of)).days
    return 1 - min(max(idle, 0), IDLE_DAYS_WORST) / IDLE_DAYS_WORST


def tenancy_length(need: Need, _offer: Offer, _terms: RoundTerms) -> float | None:
    """Length of the wanted tenancy against five years."""
    return min(1.0, need.wanted_months / TENANCY_MONTHS_BEST)


def vacancy_length(_need: Need, offer: Offer, terms: RoundTerms) -> float | None:
    """Length of the vacancy so far against three years: the city wants long ones filled first."""
    if offer.vacant_since is None:
        return None
    return min(max((terms.as_of - offer.vacant_since).days, 0), VACANCY_DAYS_BEST) / VACANCY_DAYS_BEST


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: its name, whose interest it is, and how it is reckoned."""

    name: str
    side: Side
    reckon: Callable[[Need, Offer, RoundTerms], float | None]


CRITERIA: tuple[Criterion, ...] = (
    Criterion("area_fit", "winner", area_fit),
    Criterion("rent_room", "winner", rent_room),
    Criterion("use", "both", use),
    Criterion("location", "winner", location),
    Criterion("wished_features", "winner", wished_features),
    Criterion("transit", "winner", transit),
    Criterion("grant_coverage", "both", grant_coverage),
    Criterion("idle_time", "landlord", idle_time),
    Criterion("tenancy_length", "landlord", tenancy_length),
    Criterion("vacancy_length", "city", vacancy_length),
)
"""All criteria in the order in which they are reported; names are the keys of the weights."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one criterion contributes.

    Parameters
    ----------
    criterion, side
        Name, and whose interest it is.
    value
        In [0, 1].
    weight
        Its weight in the round.
    share
        weight * value / sum of the weights that count for the pair: the parts' shares add up to the score
        before it is rounded to ten-thousandths.
    """

    criterion: str
    side: Side
    value: float
    weight: int
    share: float


@dataclass(frozen=True, slots=True)
class Score:
    """How good a pair is, in ten-thousandths.

    Parameters
    ----------
    points
        Over all criteria.
    winner_points, landlord_points
        As each side alone sees it; decides blocking pairs.
    parts
        Criterion by criterion.
    """

    points: int
    winner_points: int
    landlord_points: int
    parts: tuple[Part, ...]

    @property
    def value(self) -> float:
        """The score in [0, 1]."""
        return self.points / FULL_POINTS


def score_pair(need: Need, offer: Offer, terms: RoundTerms) -> Score:
    """Score a pair by the weighted mean of the criteria that say something about it.

    Points are rounded half to even to ten-thousandths.
    """
    known: list[tuple[Criterion, float, int]] = []
    for criterion in CRITERIA:
        weight = terms.weights.get(criterion.name, 0)
        if weight and (value := criterion.reckon(need, offer, terms)) is not None:
            known.append((criterion, value, weight))
    total = sum(weight for _, _, weight in known)
    parts = tuple(
        Part(criterion.name, criterion.side, value, weight, weight * value / total)
        for criterion, value, weight in known
    )
    return Score(
        points=_points(parts),
        winner_points=_points(tuple(part for part in parts if part.side in {"winner", "both"})),
        landlord_points=_points(tuple(part for part in parts if part.side in {"landlord", "both"})),
        parts=parts,
    )


def _points(parts: tuple[Part, ...]) -> int:
    """Return the weighted mean of the parts in ten-thousandths; 0 for none."""
    total = sum(part.weight for part in parts)
    return round(FULL_POINTS * sum(part.weight * part.value for part in parts) / total) if total else 0
