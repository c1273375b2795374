"""What would be, if something were gone or ended: before and after for a parcel, a site or the city.

Nothing is written. Only the parcels that a change touches are computed anew; the others keep their answer.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from geo_service.availability.changes import Changes, changed, met_by, require_known, subset, touched
from geo_service.availability.city_land import SOLD, CityLand
from geo_service.availability.facts import STANDING, TOUCH_M
from geo_service.availability.inputs import Geometries, Inputs, in_force
from geo_service.availability.kernel import AvailabilityResult, compute_availability
from geo_service.availability.presets import HORIZONS
from geo_service.availability.shape import offered_land
from geo_service.availability.totals import square_centimetres
from geo_service.availability.usability import answer_questions
from geo_service.availability.usable import answers_of
from geo_service.availability.waterfall import Areas, Flags, Indices, pairs_in_tree

COMPANY_RESERVE: Final = "company_reserve"
FIGURES: Final = (
    "net_m2",
    "offered_m2",
    "estimated_m2",
    "largest_piece_m2",
    "severity",
    "horizon",
    "available_from",
)
"""Figures of a parcel that a change can change."""
COMPARED: Final = (*FIGURES, "on_offer")
"""What is told of a parcel before and after: the figures, and whether it is land on offer."""


@dataclass(frozen=True)
class HorizonSum:
    """Land of one horizon, of one of the sums below: parcels with land to offer, whole square centimetres."""

    horizon: str
    parcels: int
    net_cm2: int
    offered_cm2: int
    estimated_cm2: int


@dataclass(frozen=True)
class Sums:
    """Land at one stage of a what-if.

    Parameters
    ----------
    parcels, without_land, apart
        All parcels, those of them without land to offer (nothing, or only slivers), and those with land that
        are not on offer.
    gross_cm2, net_cm2, offered_cm2, estimated_cm2
        Measured area of all, and of the land on offer: net area, what of it is offered (without slivers), and
        the part of net that is probably not usable (estimate), in whole square centimetres.
    horizons
        By horizon; they add up to the sums above.
    """

    parcels: int
    without_land: int
    apart: int
    gross_cm2: int
    net_cm2: int
    offered_cm2: int
    estimated_cm2: int
    horizons: tuple[HorizonSum, ...]


@dataclass(frozen=True)
class WhatIf:
    """Before and after.

    Parameters
    ----------
    as_of, preset
        What was asked.
    before, after
        Totals.
    parcels
        The parcels whose answer changes, largest gain first: ``parcel_key``,
        ``geometry`` (EPSG:25832), ``gain_m2`` (net), ``offered_gain_m2`` and each of `COMPARED` with the
        suffix ``_before`` and ``_after``.
    """

    as_of: date
    preset: str
    before: Sums
    after: Sums
    parcels: pd.DataFrame


def what_if(connection: Connection, land: CityLand, changes: Changes) -> WhatIf:
    """Compare the land as it is with the land as imagined.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen: that of the land.
    land
        The land of the city, or of the parcels in question.
    changes
        What is imagined.

    Raises
    ------
    InvalidInput
        When a record named in the changes does not hold on the day.
    """
    require_known(land.inputs, changes, land.options)
    before = land.parcels
    unbuilt = _may_be_unbuilt(land, changes)
    rows = np.union1d(touched(land.inputs, changes, land.place.tree), unbuilt).astype(np.int64)
    imagined = changed(subset(land.inputs, rows), changes)
    result = compute_availability(imagined, land.options)
    anew = result.parcels.assign(offered_m2=_offered_then(land, result, rows))
    after = before.copy()
    for name in FIGURES:
        column = before[name].to_numpy().copy()
        column[rows] = anew[name].to_numpy()
        after[name] = column
    on_offer = land.on_offer(public=False)
    then_on_offer = on_offer.copy()
    then_on_offer[rows] = _on_offer_then(land, imagined, rows)
    then_on_offer[unbuilt] = _on_offer_unbuilt(connection, land, changes, (rows, imagined, result), unbuilt)
    differences = _differences(
        before.assign(on_offer=on_offer).iloc[rows],
        after.assign(on_offer=then_on_offer).iloc[rows],
        land.inputs.parcels[rows],
    )
    return WhatIf(
        land.options.as_of,
        land.options.preset.key,
        sums_of(before, on_offer),
        sums_of(after, then_on_offer),
        differences,
    )


def _offered_then(land: CityLand, anew: AvailabilityResult, rows: Indices) -> Areas:
    """Return the net area without slivers of some parcels after the changes, m2.

    Net land of the same area is the same land: a change only ever gives land back.
    """
    before = land.parcels.iloc[rows]
    offered = before["offered_m2"].to_numpy(dtype=float, copy=True)
    other = np.flatnonzero(before["net_m2"].to_numpy() != anew.parcels["net_m2"].to_numpy())
    width_m, threads = land.options.sliver_width_m, land.options.threads
    offered[other] = offered_land(anew.net[other], width_m, threads).offered_m2
    return offered


def _on_offer_then(land: CityLand, imagined: Inputs, rows: Indices) -> Flags:
    """Tell which of some parcels are on offer after the changes.

    What a parcel is follows from its ground, and from its occupancies: sold land is in use, a company reserve
    is on offer whatever stands there. Here the occupancies are imagined otherwise; see `_may_be_unbuilt`.
    """
    now = land.on_offer(public=False)[rows]
    changed_there = np.zeros(len(rows), dtype=bool)
    held = {}
    for kind in (SOLD, COMPANY_RESERVE):
        was, held[kind] = _holds(land.inputs, kind, land)[rows], _holds(imagined, kind, land)
        changed_there |= was != held[kind]
    by_ground = land.on_offer(public=True)[rows]
    return np.where(changed_there, held[COMPANY_RESERVE] | (by_ground & ~held[SOLD]), now)


def _may_be_unbuilt(land: CityLand, changes: Changes) -> Indices:
    """Return the parcels whose category may follow a building that is gone: there, and beside it, rising.

    What a parcel is depends on what stands there and, where nothing does, on the share of its neighbours that
    are built on; a building of the register stays. Of a part of the city all parcels are meant where all
    buildings are gone: their neighbours are not in the land.
    """
    rows = land.inputs.restrictions
    standing = replace(land.inputs, restrictions=rows[(rows["kind"] == STANDING).to_numpy(dtype=bool)])
    there = met_by(standing, changes, land.place.tree, "restriction")
    if land.keys is not None and (len(there) or STANDING in changes.kinds):
        return np.arange(len(land.inputs.parcels))
    built = land.parcels["built"].fillna(value=False).to_numpy(dtype=bool)
    there = np.asarray(there[~built[there]], dtype=np.int64)
    if not len(there):
        return there
    here, threads = land.inputs.parcels[there], land.options.threads
    beside = np.unique(pairs_in_tree(land.place.tree, here, "dwithin", threads, TOUCH_M)[1])
    return np.asarray(beside[~built[beside]], dtype=np.int64)


def _on_offer_unbuilt(
    connection: Connection,
    land: CityLand,
    changes: Changes,
    anew: tuple[Indices, Inputs, AvailabilityResult],
    unbuilt: Indices,
) -> Flags:
    """Tell which of some parcels are on offer after the changes, by all that makes a category.

    They are among those that are computed anew: positions, what is imagined of them, and what comes of it.
    """
    if not len(unbuilt):
        return np.zeros(0, dtype=bool)
    rows, imagined, result = anew
    some = np.searchsorted(rows, unbuilt)
    result, imagined = result.take(some), subset(imagined, some)
    if land.keys is None:
        around = land.around(connection, unbuilt, changed(land.inputs, changes).restrictions)
        answers = answer_questions(result, imagined, around)
    else:
        keys = land.parcels["parcel_key"].iloc[unbuilt].tolist()
        answers = answers_of(connection, result, imagined, keys, changes)
    offered: Flags = answers["internal_offered"].to_numpy(dtype=bool)
    return offered


def _holds(inputs: Inputs, kind: str, land: CityLand) -> Flags:
    """Tell which parcels of the inputs are occupied in a way on the asked day."""
    rows = inputs.occupancies
    there = rows[in_force(rows, land.options.as_of) & (rows["kind"] == kind).to_numpy(dtype=bool)]
    return np.isin(inputs.parcel_ids, there["parcel_id"].to_numpy(dtype=np.int64))


def sums_of(parcels: pd.DataFrame, on_offer: Flags) -> Sums:
    """Sum the land on offer up by horizon, in whole square centimetres."""
    areas = [square_centimetres(parcels[f"{name}_m2"]) for name in ("net", "offered", "estimated")]
    with_land = (parcels["offered_m2"] > 0).to_numpy()
    counted = with_land & on_offer
    place = pd.Categorical(parcels["horizon"], categories=HORIZONS).codes
    horizons = []
    for number, word in enumerate(HORIZONS):
        chosen = counted & (place == number)
        net, offered, estimated = (int(area[chosen].sum()) for area in areas)
        horizons.append(HorizonSum(word, int(chosen.sum()), net, offered, estimated))
    return Sums(
        len(parcels),
        int((~with_land).sum()),
        int((with_land & ~on_offer).sum()),
        int(square_centimetres(parcels["gross_m2"]).sum()),
        sum(each.net_cm2 for each in horizons),
        sum(each.offered_cm2 for each in horizons),
        sum(each.estimated_cm2 for each in horizons),
        tuple(horizons),
    )


def _differences(before: pd.DataFrame, after: pd.DataFrame, shapes: Geometries) -> pd.DataFrame:
    """Return the parcels whose figures differ, largest gain first, then the soonest."""
    table = before[["parcel_key"]].assign(geometry=shapes)
    different = np.zeros(len(before), dtype=bool)
    for name in COMPARED:
        old, new = before[name], after[name]
        table[f"{name}_before"], table[f"{name}_after"] = old, new
        different |= ((old != new) & ~(old.isna() & new.isna())).to_numpy(dtype=bool)
    table["gain_m2"] = after["net_m2"] - before["net_m2"]
    table["offered_gain_m2"] = after["offered_m2"] - before["offered_m2"]
    table = table[different]
    order = np.lexsort(
        (
            table["parcel_key"].to_numpy(dtype=str),
            -table["offered_m2_after"].to_numpy(dtype=float),
            _days_or_last(table["available_from_after"]),
            -table["offered_gain_m2"].to_numpy(dtype=float).round(4),
        )
    )
    return table.iloc[order].reset_index(drop=True)


def _days_or_last(column: "pd.Series[pd.Timestamp]") -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    days = column.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), np.iinfo(np.int64).max, days.astype(np.int64))
