"""What is ranked and what is looked for: arrays of candidates, the requirement, the numbers of the method."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["plot", "parcel", "premises"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""What can be ranked, in the order in which equal scores are listed."""

CriterionName = Literal["area", "use", "date", "transit", "district", "rent", "price"]

USES: Final = (
    "WS", "WR", "WA", "WB", "MD", "MDW", "MI", "MU", "MK", "GE", "GI", "SO",
    "retail", "gastronomy", "craft", "office", "studio", "service",
)  # fmt: skip
"""BauNVO short forms for land and uses of premises; the position is the bit in ``Candidates.uses``."""

RELATED_USES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"retail": ("gastronomy",), "gastronomy": ("retail",), "GE": ("GI",), "GI": ("GE",)}
)
"""Uses that may do instead after a permit or an individual check. Sources: ``domain.md`` 5 (retail and
gastronomy are a change of use that needs a permit); BauNVO sections 8 and 9 (trade in commercial and
industrial areas)."""

UNKNOWN: Final = -1
"""Grade or district that is not known."""

MEETS: Final = 0.7
"""Value of a requirement that is just met."""
MUST_FACTOR: Final = 2
"""How much more a must counts than a wish."""
POINTS: Final = 10_000

TOLERANCES: Final[Mapping[str, float]] = MappingProxyType(
    {"area": 0.25, "rent": 0.2, "price": 0.2, "date_days": 365.0, "transit_classes": 1.0}
)
"""How far a must may be missed and still be "almost": shares of what is asked, days, classes."""

MET, NEAR, OUT, NOT_APPLICABLE = 0, 1, 2, 3

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
States = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What is ranked, as arrays of shape (n,).

    Parameters
    ----------
    kind
        Position in ``KINDS``.
    id
        Database id within the kind.
    area_m2
        Land on offer of a parcel (net without slivers), area of a plot, lettable area of premises; NaN:
        unknown.
    uses
        Bit set over ``USES``; 0: unknown.
    available_from
        Days; NaT: undetermined.
    grade
        Position among the classes of the transit method, best first; one past the last: below the lowest
        class; ``UNKNOWN``: not graded.
    district, quarter
        Database ids, ``UNKNOWN`` where not known.
    rent_eur_month
        Net cold rent of premises; NaN: unknown, or not for this caller.
    price_eur_per_m2
        Asking price of a plot, standard land value of a parcel (an orientation); NaN: unknown.
    """

    kind: NDArray[np.int8]
    id: NDArray[np.int64]
    area_m2: Floats
    uses: NDArray[np.int64]
    available_from: NDArray[np.datetime64]
    grade: NDArray[np.int8]
    district: NDArray[np.int64]
    quarter: NDArray[np.int64]
    rent_eur_month: Floats
    price_eur_per_m2: Floats

    def __len__(self) -> int:
        return len(self.id)

    def take(self, positions: NDArray[np.intp]) -> "Candidates":
        """Return the candidates at some positions."""
        return Candidates(*(getattr(self, item.name)[positions] for item in fields(self)))


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is looked for; a field that is None or empty is no requirement.

    Parameters
    ----------
    as_of
        The day on which the ranking is reckoned.
    area_min_m2, area_max_m2
        Wanted area, bounds included.
    uses
        One of them must be permitted.
    available_by
        Latest day.
    grade_min
        Least transit grade, position as in the candidates.
    districts, quarters
        Database ids; one of them.
    rent_max_eur_month, price_max_eur_per_m2
        Ceilings for premises and for land.
    wishes
        Criteria that are wishes; all others are musts.
    """

    as_of: date
    area_min_m2: float | None = None
    area_max_m2: float | None = None
    uses: frozenset[str] = frozenset()
    available_by: date | None = None
    grade_min: int | None = None
    districts: frozenset[int] = frozenset()
    quarters: frozenset[int] = frozenset()
    rent_max_eur_month: float | None = None
    price_max_eur_per_m2: float | None = None
    wishes: frozenset[CriterionName] = frozenset()
