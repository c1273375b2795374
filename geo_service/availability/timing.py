"""The dates of availability: what blocks a parcel, until when, and what would free it.

Pure: frames and arrays in and out; days are ``datetime64[D]``.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.availability.inputs import SEVERITIES, Days, days
from geo_service.availability.presets import HORIZONS, UNDETERMINED, HorizonPreset
from geo_service.availability.waterfall import Flags, Indices, positions_in_groups

PLAN_IN_FORCE: Final = 4000
"""BP_Rechtsstand from which a development plan is in force. Source: XPlanung, domain description 2."""
PLAN_ENDED: Final = 5000
"""BP_Rechtsstand of a plan that no longer holds. Source: XPlanung, domain description 2."""
PLAN_KIND: Final = "plan_not_in_force"
"""Kind under which a plan in procedure stands in the blocking chain."""

UNKNOWN_DAY: Final = np.iinfo(np.int64).max
"""Stands for an end that nobody knows: later than every day."""

LIGHT: Final = SEVERITIES.index("light")
SEVERE: Final = SEVERITIES.index("severe")


@dataclass(frozen=True)
class Timing:
    """When each parcel can be had; arrays of shape (parcels,).

    Parameters
    ----------
    available_from
        First day, NaT where undetermined.
    horizon
        Position in `HORIZONS`.
    """

    available_from: Days
    horizon: Indices


def pending_plans(plans: pd.DataFrame, as_of: date, known_on: date) -> tuple[Flags, Days]:
    """Tell which plans are not in force on a day, and from when they are expected to be.

    Parameters
    ----------
    plans
        Columns ``legal_status`` and ``in_force_on``.
    as_of
        The asked day.
    known_on
        Day up to which the register is known: a plan below 4000 that was expected by then is late, and nobody
        knows until when.

    Returns
    -------
    tuple of numpy.ndarray
        Whether each plan delays, and the day it comes into force (NaT: not known); shape (plans,).

    Notes
    -----
    Source: domain description 3.4 (Rechtsstand below 4000 delays) and 3.5 (an unknown end stays unknown).
    """
    day, known = np.datetime64(as_of, "D"), np.datetime64(known_on, "D")
    expected = days(plans["in_force_on"]).copy()
    in_procedure = plans["legal_status"].to_numpy(dtype=np.int64) < PLAN_IN_FORCE
    late = in_procedure & (expected <= known)
    expected[late] = np.datetime64("NaT", "D")
    ended = plans["legal_status"].to_numpy(dtype=np.int64) >= PLAN_ENDED
    pending: Flags = ~ended & ((expected > day) | (in_procedure & np.isnat(expected)))
    return pending, expected


def order_chain(blockers: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Bring blockers into the order of the chain and tell what each one's fall would bring.

    Parameters
    ----------
    blockers
        ``parcel`` (position), ``what`` (restriction, occupancy or plan), ``id``, ``kind``, ``free_from``
        (NaT: not known), further columns are kept.
    as_of
        The asked day.

    Returns
    -------
    pandas.DataFrame
        By parcel, the blocker that holds longest first, with ``order`` from 1 and ``unblocks_to``: the day
        from which the parcel could be had if this blocker alone fell away; NaT where it stays undetermined.

    Notes
    -----
    Source: domain description 3.7.
    """
    blockers = blockers.assign(_end=_as_numbers(days(blockers["free_from"])))
    blockers = blockers.sort_values(
        ["parcel", "_end", "what", "kind", "id"], ascending=[True, False, True, True, True], kind="stable"
    )
    parcel = blockers["parcel"].to_numpy()
    end = blockers.pop("_end").to_numpy()
    position = positions_in_groups(parcel)
    starts = np.flatnonzero(position == 0)
    sizes = np.diff(np.append(starts, len(parcel)))
    has_second = sizes > 1
    second = np.full(len(starts), np.datetime64(as_of, "D").astype(np.int64))
    second[has_second] = end[starts[has_second] + 1]
    others = np.where(position == 0, np.repeat(second, sizes), np.repeat(end[starts], sizes))
    return blockers.assign(order=position + 1, unblocks_to=_as_days(others)).reset_index(drop=True)


def timing(size: int, chain: pd.DataFrame, as_of: date, preset: HorizonPreset) -> Timing:
    """Tell from when each parcel can be had and the horizon of that day.

    Parameters
    ----------
    size
        Number of parcels.
    chain
        Result of `order_chain`.
    as_of
        The asked day.
    preset
        Thresholds of the horizons.

    Notes
    -----
    Source: domain description 3.5 (the latest end counts; any unknown end makes it undetermined) and 3.6.
    """
    available = np.full(size, np.datetime64(as_of, "D"))
    decisive = chain[chain["order"] == 1]
    available[decisive["parcel"].to_numpy(dtype=np.int64)] = days(decisive["free_from"])
    return Timing(available, horizons(available, as_of, preset))


def horizons(available: Days, as_of: date, preset: HorizonPreset) -> Indices:
    """Return the position in `HORIZONS` of each day; NaT is undetermined.

    Notes
    -----
    Source: domain description 3.6. A horizon holds its last day.
    """
    limits = [np.datetime64(limit.last_day(as_of), "D") for limit in (preset.short, preset.mid)]
    result = np.searchsorted(np.array([np.datetime64(as_of, "D"), *limits]), available, side="left")
    result[np.isnat(available)] = UNDETERMINED
    return result.astype(np.int64)


def severities(size: int, burdens: list[tuple[Indices, Indices]], hopeless: Flags) -> npt.NDArray[Any]:
    """Return the severity of each parcel, the worst of what weighs on it; shape (size,).

    Parameters
    ----------
    size
        Number of parcels.
    burdens
        Pairs of arrays: positions of parcels, and the position in `SEVERITIES` of what lies on them.
    hopeless
        Parcels without a perspective (undetermined) or without any net land: severe.

    Notes
    -----
    Source: domain description 3.8 (Ruhr area monitoring).
    """
    worst = np.zeros(size, dtype=np.int64)
    for parcel, grade in burdens:
        np.maximum.at(worst, parcel, grade)
    worst[hopeless] = SEVERE
    return np.array(SEVERITIES, dtype=object)[worst]


def horizon_words(positions: Indices) -> npt.NDArray[Any]:
    """Return the words of positions in `HORIZONS`."""
    return np.array(HORIZONS, dtype=object)[positions]


def _as_numbers(values: Days) -> Indices:
    return np.where(np.isnat(values), UNKNOWN_DAY, values.astype(np.int64))


def _as_days(numbers: Indices) -> Days:
    known = numbers != UNKNOWN_DAY
    return np.where(known, np.where(known, numbers, 0).astype("datetime64[D]"), np.datetime64("NaT", "D"))
