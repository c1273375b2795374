"""What a computation of all parcels came to: the land on offer by horizon, and what is counted apart.

Two areas are told: net (gross minus deductions) and offered (net without slivers). The second is the
available land, here and wherever else sums are shown.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from geo_service.availability.categories import APART, OFFERED
from geo_service.availability.inputs import Options
from geo_service.availability.presets import HORIZONS
from geo_service.availability.waterfall import Flags

UNKNOWN: Final = "unknown"
SUMMED: Final = ["net_m2", "offered_m2", "estimated_m2"]


@dataclass(frozen=True)
class HorizonTotal:
    """Land on offer of one horizon.

    Parameters
    ----------
    horizon
        One of the five words.
    parcels
        Parcels that have land to offer; those without any are not counted.
    net_m2, offered_m2, estimated_m2
        Their net area (gross minus deductions), what of it is offered (without slivers): the available land,
        and the part of the net area that is probably not usable (estimate), in m2.
    """

    horizon: str
    parcels: int
    net_m2: float
    offered_m2: float
    estimated_m2: float


@dataclass(frozen=True)
class ApartTotal:
    """Land that is not on offer: in use, or not known; fields as in `HorizonTotal`."""

    category: str
    parcels: int
    net_m2: float
    offered_m2: float
    estimated_m2: float


@dataclass(frozen=True)
class AvailabilityReport:
    """What a computation of all parcels came to.

    Parameters
    ----------
    as_of, preset
        What was asked.
    stored
        Whether the result was stored for maps and lists.
    counted
        ``offered``: the horizons hold the land on offer. ``all_land``: they hold all land, since nothing says
        what it is (availability alone was refreshed).
    parcels
        All parcels with a result.
    recomputed
        Those of them that were computed now: the others had changed in nothing.
    without_land
        Those of them without land to offer: nothing is left of them, or only slivers.
    gross_m2, net_m2, estimated_m2
        Sums over all parcels, m2.
    offered_parcels, offered_net_m2, offered_m2
        Parcels of the horizons, their net area, and what of it is offered: the available land.
    horizons
        One total per horizon, also where it is zero.
    apart
        One total per category that is not on offer, also where it is zero; none where all is counted.
    deduction_order
        Kinds of restriction in the order in which they were deducted.
    """

    as_of: date
    preset: str
    stored: bool
    counted: str
    parcels: int
    recomputed: int
    without_land: int
    gross_m2: float
    net_m2: float
    estimated_m2: float
    offered_parcels: int
    offered_net_m2: float
    offered_m2: float
    horizons: tuple[HorizonTotal, ...]
    apart: tuple[ApartTotal, ...]
    deduction_order: tuple[str, ...]


def report_of(
    parcels: pd.DataFrame, options: Options, *, recomputed: int, stored: bool = True
) -> AvailabilityReport:
    """Sum results up by horizon.

    Parameters
    ----------
    parcels
        Results of all parcels: columns ``horizon``, ``gross_m2``, ``net_m2``, ``estimated_m2``; and where the
        second stage was computed ``offered_m2`` and ``category`` (missing: not known of that parcel). Without
        it all land counts, slivers too.
    options
        What was asked.
    recomputed
        Number of parcels computed now.
    stored
        Whether they were stored.
    """
    known = "category" in parcels
    parcels = parcels if known else parcels.assign(offered_m2=parcels["net_m2"])
    land: Flags = (parcels["offered_m2"] > 0).to_numpy(dtype=bool)
    category = parcels["category"].fillna(UNKNOWN).to_numpy() if known else np.full(len(parcels), OFFERED[0])
    offered: Flags = land & np.isin(category.astype(str), OFFERED)
    horizons = tuple(HorizonTotal(*row) for row in _sums(parcels[offered], "horizon", HORIZONS))
    apart = _sums(parcels[land & ~offered].assign(category=category[land & ~offered]), "category", APART)
    return AvailabilityReport(
        options.as_of,
        options.preset.key,
        stored,
        "offered" if known else "all_land",
        len(parcels),
        recomputed,
        int((~land).sum()),
        float(parcels["gross_m2"].sum()),
        float(parcels["net_m2"].sum()),
        float(parcels["estimated_m2"].sum()),
        int(offered.sum()),
        float(parcels["net_m2"][offered].sum()),
        float(parcels["offered_m2"][offered].sum()),
        horizons,
        tuple(ApartTotal(*row) for row in apart) if known else (),
        options.order,
    )


def _sums(rows: pd.DataFrame, by: str, words: tuple[str, ...]) -> list[tuple[Any, ...]]:
    sums = rows.groupby(by)[SUMMED].sum().reindex(words, fill_value=0)
    counts = rows[by].value_counts().reindex(words, fill_value=0)
    return [(word, int(counts[word]), *(float(sums[name][word]) for name in SUMMED)) for word in words]
