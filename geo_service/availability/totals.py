"""What a computation of all parcels came to, by horizon."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from geo_service.availability.inputs import Options
from geo_service.availability.presets import HORIZONS


@dataclass(frozen=True)
class HorizonTotal:
    """Land of one horizon.

    Parameters
    ----------
    horizon
        One of the five words.
    parcels
        Parcels that have net land; those without any are not counted as offered land.
    net_m2, estimated_m2
        Their net area, and the part of it that is probably not usable (estimate), in m2.
    """

    horizon: str
    parcels: int
    net_m2: float
    estimated_m2: float


@dataclass(frozen=True)
class AvailabilityReport:
    """What a computation of all parcels came to.

    Parameters
    ----------
    as_of, preset
        What was asked.
    parcels
        All parcels with a result.
    recomputed
        Those of them that were computed now: the others had changed in nothing.
    without_land
        Those of them without any net land.
    gross_m2, net_m2, estimated_m2
        Sums, m2.
    horizons
        One total per horizon, also where it is zero.
    deduction_order
        Kinds of restriction in the order in which they were deducted.
    """

    as_of: date
    preset: str
    parcels: int
    recomputed: int
    without_land: int
    gross_m2: float
    net_m2: float
    estimated_m2: float
    horizons: tuple[HorizonTotal, ...]
    deduction_order: tuple[str, ...]


def report_of(parcels: pd.DataFrame, options: Options, *, recomputed: int) -> AvailabilityReport:
    """Sum results up by horizon.

    Parameters
    ----------
    parcels
        Results of all parcels: columns ``horizon``, ``gross_m2``, ``net_m2``, ``estimated_m2``.
    options
        What was asked.
    recomputed
        Number of parcels computed now.
    """
    offered = parcels[parcels["net_m2"] > 0]
    sums = offered.groupby("horizon")[["net_m2", "estimated_m2"]].sum().reindex(HORIZONS, fill_value=0)
    counts = offered["horizon"].value_counts().reindex(HORIZONS, fill_value=0)
    totals = tuple(
        HorizonTotal(word, int(counts[word]), float(sums["net_m2"][word]), float(sums["estimated_m2"][word]))
        for word in HORIZONS
    )
    return AvailabilityReport(
        options.as_of,
        options.preset.key,
        len(parcels),
        recomputed,
        len(parcels) - len(offered),
        float(parcels["gross_m2"].sum()),
        float(parcels["net_m2"].sum()),
        float(parcels["estimated_m2"].sum()),
        totals,
        options.order,
    )
