"""What goes into a matching round: needs of winners, offers of premises, decisions, terms.

Plain frozen values without a session, clock or settings. Everything that cannot be reckoned with (NaN,
negative areas or rents, contradictory decisions) is refused here, so that the solver never meets it.
"""

import math
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType


class ContradictoryRules(ValueError):
    """Decisions that cannot hold together, such as two winners pinned to the same premises.

    Parameters
    ----------
    code
        Machine-readable reason.
    winner_id, premises_id
        The pair at which the contradiction shows.
    """

    def __init__(self, code: str, winner_id: int, premises_id: int) -> None:
        super().__init__(f"{code}: winner {winner_id}, premises {premises_id}")
        self.code = code
        self.winner_id = winner_id
        self.premises_id = premises_id


@dataclass(frozen=True, slots=True)
class Need:
    """What one contest winner looks for.

    Parameters
    ----------
    winner_id, name
        Identity and the name shown to the vacancy manager.
    use
        Wanted use, such as ``retail``.
    wanted_from, wanted_months
        First day and least number of months of the tenancy.
    area_min_m2, area_max_m2
        Wanted floor area in m², bounds included.
    rent_max_eur_month
        Highest net cold rent in EUR per month that the winner can pay; None: no ceiling.
    ground_floor_needed
        Whether only the ground floor will do.
    districts, quarters
        Keys; premises must lie in one of them; both empty: the whole city.
    features, wished_features
        Features that the premises must have, and such as would be welcome.
    accepts_change_of_use
        Whether the winner takes premises whose use must first be changed by permit.
    other_funding
        Whether another programme pays this winner's rent already (double funding).
    """

    winner_id: int
    name: str
    use: str
    wanted_from: date
    wanted_months: int
    area_min_m2: float
    area_max_m2: float
    rent_max_eur_month: Decimal | None = None
    ground_floor_needed: bool = False
    districts: frozenset[str] = frozenset()
    quarters: frozenset[str] = frozenset()
    features: frozenset[str] = frozenset()
    wished_features: frozenset[str] = frozenset()
    accepts_change_of_use: bool = True
    other_funding: bool = False

    def __post_init__(self) -> None:
        refuse_unfit("area_min_m2", self.area_min_m2)
        refuse_unfit("area_max_m2", self.area_max_m2)
        refuse_unfit("rent_max_eur_month", self.rent_max_eur_month)
        if self.wanted_months < 1:
            raise ValueError("wanted_months must be at least 1")
        if not 0 < self.area_min_m2 <= self.area_max_m2:
            raise ValueError("area_min_m2 must be above 0 and not exceed area_max_m2")

    @property
    def wanted_until(self) -> date:
        """The day after the wished tenancy ends."""
        return add_months(self.wanted_from, self.wanted_months)


@dataclass(frozen=True, slots=True)
class Offer:
    """Vacant premises that could be let to a winner.

    Parameters
    ----------
    premises_id, label
        Identity and the address or key shown to the vacancy manager.
    area_m2
        Floor area in m².
    net_rent_eur_month
        Net cold rent in EUR per month; None: unknown.
    permitted_uses
        Uses that the building permit allows; empty: unknown.
    ground_floor
        Whether the premises lie on the ground floor.
    district, quarter
        Keys of the Stadtbezirk and of the quarter; None: not known or in none.
    free_from, free_until
        First free day (None: not vacant) and the first day that is no longer free (None: open end).
    vacant_since
        First day of the vacancy; None: not vacant yet.
    features
        Features such as ``extraction`` or ``barrier_free``.
    transit_grade
        ÖV-Güteklasse A to G; None: not graded.
    """

    premises_id: int
    label: str
    area_m2: float
    net_rent_eur_month: Decimal | None
    permitted_uses: frozenset[str] = frozenset()
    ground_floor: bool = True
    district: str | None = None
    quarter: str | None = None
    free_from: date | None = None
    free_until: date | None = None
    vacant_since: date | None = None
    features: frozenset[str] = frozenset()
    transit_grade: str | None = None

    def __post_init__(self) -> None:
        refuse_unfit("area_m2", self.area_m2)
        refuse_unfit("net_rent_eur_month", self.net_rent_eur_month)


@dataclass(frozen=True)
class Rules:
    """The vacancy manager's standing decisions on pairs (winner, premises).

    Parameters
    ----------
    pinned
        Winner to premises: the winner gets these or none; hard constraints still hold.
    locked
        Winner to premises: agreed by both sides; stays even where a hard constraint fails (double funding
        excepted).
    forbidden
        Pairs that may not come about.

    Raises
    ------
    ContradictoryRules
        When two decisions cannot hold together.
    """

    pinned: Mapping[int, int] = field(default_factory=dict)
    locked: Mapping[int, int] = field(default_factory=dict)
    forbidden: frozenset[tuple[int, int]] = frozenset()

    def __post_init__(self) -> None:
        holder: dict[int, int] = {}
        for winner_id, premises_id in sorted([*self.locked.items(), *self.pinned.items()]):
            if (winner_id, premises_id) in self.forbidden:
                raise ContradictoryRules("fixed_and_forbidden", winner_id, premises_id)
            if holder.setdefault(premises_id, winner_id) != winner_id:
                raise ContradictoryRules("premises_fixed_twice", winner_id, premises_id)
            if self.locked.get(winner_id, premises_id) != premises_id:
                raise ContradictoryRules("winner_fixed_twice", winner_id, premises_id)

    @cached_property
    def fixed(self) -> dict[int, int]:
        """Winner to premises over pins and locks together."""
        return {**self.pinned, **self.locked}

    @cached_property
    def holders(self) -> dict[int, int]:
        """Premises to winner over pins and locks together."""
        return {premises_id: winner_id for winner_id, premises_id in self.fixed.items()}


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """What the contest pays.

    Parameters
    ----------
    months
        Number of net cold rents.
    cap_eur
        Highest grant in EUR.

    Source: Wirtschaftsförderung Dortmund, half-year report 02/2023, Anstoß: 12 net cold rents, at most
    15,000 EUR.
    """

    months: int = 12
    cap_eur: Decimal = Decimal(15000)

    def __post_init__(self) -> None:
        refuse_unfit("cap_eur", self.cap_eur)
        if self.months < 1:
            raise ValueError("months must be at least 1")


DEFAULT_WEIGHTS: Mapping[str, int] = MappingProxyType(
    {
        "area_fit": 3,
        "rent_room": 3,
        "use": 2,
        "location": 2,
        "wished_features": 1,
        "transit": 1,
        "grant_coverage": 1,
        "idle_time": 1,
        "tenancy_length": 1,
        "vacancy_length": 1,
    }
)
"""Weight of each criterion; whole numbers, of which only the ratio counts."""


@dataclass(frozen=True, slots=True)
class RoundTerms:
    """What holds for a whole round.

    Parameters
    ----------
    as_of
        The day on which the proposal is reckoned.
    budget_eur, reserved_eur
        The round's grant budget and what confirmed placements have reserved of it, in EUR.
    grant
        What the contest pays.
    weights
        Criterion to weight (whole numbers from 0); see ``DEFAULT_WEIGHTS``.
    """

    as_of: date
    budget_eur: Decimal
    reserved_eur: Decimal = Decimal(0)
    grant: GrantTerms = field(default_factory=GrantTerms)
    weights: Mapping[str, int] = field(default_factory=lambda: DEFAULT_WEIGHTS)

    def __post_init__(self) -> None:
        refuse_unfit("budget_eur", self.budget_eur)
        refuse_unfit("reserved_eur", self.reserved_eur)
        unknown = set(self.weights) - set(DEFAULT_WEIGHTS)
        if unknown:
            raise ValueError(f"unknown criteria: {', '.join(sorted(unknown))}")
        if any(
            isinstance(weight, bool) or weight != int(weight) or weight < 0
            for weight in self.weights.values()
        ):
            raise ValueError("weights must be whole numbers from 0")
        if not any(self.weights.values()):
            raise ValueError("at least one weight must be above 0")


def refuse_unfit(name: str, value: float | Decimal | None) -> None:
    """Refuse NaN, infinite and negative quantities; None passes.

    Raises
    ------
    ValueError
        Naming the field.
    """
    if value is not None and (not math.isfinite(value) or value < 0):
        raise ValueError(f"{name} must be a finite number from 0, not {value}")


def add_months(start: date, months: int) -> date:
    """Return the same day of the month so many months later, clamped to the month's last day."""
    years, month0 = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month0 + 1, min(start.day, monthrange(year, month0 + 1)[1]))
