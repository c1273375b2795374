"""What a computation of all parcels came to: the land on offer by horizon, and what is counted apart.

Two areas are told: net (gross minus deductions) and offered (net without slivers). The second is the
available land, here and wherever else sums are shown.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.availability.categories import APART, OFFERED
from geo_service.availability.inputs import Options
from geo_service.availability.presets import HORIZONS

UNKNOWN: Final = "unknown"
PER_M2: Final = 10_000
"""Square centimetres in a square metre: sums of whole ones add up exactly, in whatever order."""
AREAS: Final = ("net", "offered", "estimated")
GROUP_COLUMNS: Final = (
    "horizon",
    "category",
    "land",
    "parcels",
    "gross_cm2",
    "net_cm2",
    "offered_cm2",
    "estimated_cm2",
)
"""Columns of `grouped`."""


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


def square_centimetres(areas_m2: Any) -> npt.NDArray[np.int64]:  # noqa: ANN401 - array or series
    """Round areas in m2 to whole square centimetres, so that their sums add up exactly."""
    areas: npt.NDArray[np.float64] = np.asarray(areas_m2, dtype=float)
    return np.rint(areas * PER_M2).astype(np.int64)


def grouped(parcels: pd.DataFrame) -> pd.DataFrame:
    """Sum results up by what totals are told by.

    Parameters
    ----------
    parcels
        Results: columns ``horizon``, ``category``, ``gross_m2``, ``net_m2``, ``offered_m2`` and
        ``estimated_m2``.

    Returns
    -------
    pandas.DataFrame
        `GROUP_COLUMNS`: one row for each ``horizon``, ``category`` and ``land`` (whether anything is offered)
        that there is, with the number of parcels and the sums of their areas in whole square centimetres.
    """
    land = (parcels["offered_m2"] > 0).to_numpy(dtype=bool)
    rows = parcels[["horizon"]].assign(category=parcels["category"].fillna(UNKNOWN), land=land, parcels=1)
    for name in ("gross", *AREAS):
        rows[f"{name}_cm2"] = square_centimetres(parcels[f"{name}_m2"])
    return rows.groupby(["horizon", "category", "land"], as_index=False).sum()


def report_of(
    groups: pd.DataFrame, options: Options, *, recomputed: int, assessed: bool = True, stored: bool = True
) -> AvailabilityReport:
    """Put results that are summed up together as a report.

    Parameters
    ----------
    groups
        As by `grouped`; where the second stage was not computed any category, and net for offered.
    options
        What was asked.
    recomputed
        Number of parcels computed now.
    assessed
        Whether the second stage was computed. Without it all land counts, slivers too.
    stored
        Whether they were stored.
    """
    having = groups[groups["land"].to_numpy(dtype=bool)]
    chosen = np.isin(having["category"].to_numpy().astype(str), OFFERED) | (not assessed)
    offered = having[chosen]
    return AvailabilityReport(
        options.as_of,
        options.preset.key,
        stored,
        "offered" if assessed else "all_land",
        int(groups["parcels"].sum()),
        recomputed,
        int(groups["parcels"].sum() - having["parcels"].sum()),
        _area(groups, "gross"),
        _area(groups, "net"),
        _area(groups, "estimated"),
        int(offered["parcels"].sum()),
        _area(offered, "net"),
        _area(offered, "offered"),
        tuple(HorizonTotal(*row) for row in _sums(offered, "horizon", HORIZONS)),
        tuple(ApartTotal(*row) for row in _sums(having[~chosen], "category", APART)) if assessed else (),
        options.order,
    )


def _area(groups: pd.DataFrame, name: str) -> float:
    return int(groups[f"{name}_cm2"].sum()) / PER_M2


def _sums(groups: pd.DataFrame, by: str, words: tuple[str, ...]) -> list[tuple[Any, ...]]:
    columns = ["parcels", *(f"{name}_cm2" for name in AREAS)]
    sums = groups.groupby(by)[columns].sum().reindex(words, fill_value=0)
    rows = zip(words, sums.to_numpy().tolist(), strict=True)
    return [(word, int(number), *(int(area) / PER_M2 for area in areas)) for word, (number, *areas) in rows]
