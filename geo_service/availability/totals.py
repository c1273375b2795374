"""What a computation of all parcels came to, by horizon."""

from dataclasses import dataclass
from datetime import date

from geo_service.availability.kernel import AvailabilityResult
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
        All parcels computed.
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
    without_land: int
    gross_m2: float
    net_m2: float
    estimated_m2: float
    horizons: tuple[HorizonTotal, ...]
    deduction_order: tuple[str, ...]


def report_of(result: AvailabilityResult) -> AvailabilityReport:
    """Sum a result up by horizon."""
    parcels = result.parcels
    offered = parcels[parcels["net_m2"] > 0]
    sums = offered.groupby("horizon")[["net_m2", "estimated_m2"]].sum().reindex(HORIZONS, fill_value=0)
    counts = offered["horizon"].value_counts().reindex(HORIZONS, fill_value=0)
    totals = tuple(
        HorizonTotal(word, int(counts[word]), float(sums["net_m2"][word]), float(sums["estimated_m2"][word]))
        for word in HORIZONS
    )
    return AvailabilityReport(
        result.options.as_of,
        result.options.preset.key,
        len(parcels),
        len(parcels) - len(offered),
        float(parcels["gross_m2"].sum()),
        float(parcels["net_m2"].sum()),
        float(parcels["estimated_m2"].sum()),
        totals,
        result.options.order,
    )
