"""Availability: what of each parcel can be had, from when, and why not more or sooner.

The method of domain description 3 for one parcel, a city or a partition of a state: the same function, pure
(frames and arrays in and out), vectorised over all parcels. Steps: `waterfall` (areas), `timing` (dates).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
import shapely

from geo_service.availability.inputs import (
    SEVERITIES,
    WILL,
    Geometries,
    Inputs,
    Options,
    days,
    geometries,
    in_force,
    require_usable,
)
from geo_service.availability.plan_spans import NO_DAY, usual_ends
from geo_service.availability.timing import (
    LIGHT,
    PLAN_KIND,
    horizon_words,
    horizons,
    order_chain,
    pending_plans,
    severities,
    timing,
)
from geo_service.availability.waterfall import (
    Areas,
    Flags,
    Indices,
    Overlaps,
    Waterfall,
    deduct,
    estimate,
    find_overlaps,
    largest_pieces,
    overlap_areas,
    positions_in_groups,
)

PLAN: Final = "plan"
"""What a development plan in procedure is called in the chain."""

Progress = Callable[[str, float], None]
"""Told what is being done, and the share done from 0 to 1."""


def silent(_what: str, _share: float) -> None:
    """Take progress without telling anyone."""


@dataclass(frozen=True)
class AvailabilityResult:
    """The answer for every parcel.

    Parameters
    ----------
    options
        What was asked.
    parcels
        One row per parcel in the order of the input: ``parcel_id``, ``gross_m2``, ``net_m2``, ``deducted_m2``
        (= gross - net), ``estimated_m2`` (part of the net area that is probably not usable: an estimate that
        is not deducted), ``largest_piece_m2``, ``severity``, ``horizon``, ``available_from`` (NaT:
        undetermined).
    items
        The waterfall in the order of deduction: ``parcel_id``, ``order``, ``restriction_id``, ``kind``,
        ``effect``, ``title``, ``office``, ``source``, ``deduction_m2`` (exact; adds up to ``deducted_m2``),
        ``estimated_m2`` (adds up to the parcel's), ``share`` of the gross area.
    chain
        The blocking chain: ``parcel_id``, ``order``, ``what`` (restriction, occupancy, plan), ``id``,
        ``kind``, ``title``, ``office``, ``source``, ``free_from`` (first day without it, NaT: not known),
        ``usual_from`` and ``usual_to`` (where it is not known but usually lies between two days: an estimate
        that decides nothing, else NaT), ``unblocks_to`` and ``unblocks_horizon`` (if this one alone fell
        away).
    net
        Net geometries, EPSG:25832, in the order of `parcels`.
    """

    options: Options
    parcels: pd.DataFrame
    items: pd.DataFrame
    chain: pd.DataFrame
    net: Geometries

    def take(self, positions: Indices) -> "AvailabilityResult":
        """Return the figures and the net land of some parcels; items and chain still name them all."""
        parcels = self.parcels.take(positions).reset_index(drop=True)
        return replace(self, parcels=parcels, net=self.net[positions])


@dataclass(frozen=True)
class _Lying:
    """Restrictions in force, in the order of deduction, and what they cover."""

    frame: pd.DataFrame
    shapes: Geometries
    overlaps: Overlaps

    def with_effect(self, effect: str) -> Overlaps:
        """Return the overlaps of one effect, by parcel and order of deduction."""
        has_effect = (self.frame["effect"] == effect).to_numpy(dtype=bool)
        chosen = self.overlaps.take(has_effect[self.overlaps.cover])
        return chosen.take(np.lexsort((chosen.cover, chosen.parcel)))


def compute_availability(inputs: Inputs, options: Options, tell: Progress = silent) -> AvailabilityResult:
    """Compute the availability of all parcels as of a day.

    Parameters
    ----------
    inputs
        Parcels, restrictions, occupancies and plans, EPSG:25832.
    options
        Day, horizon preset, order of deduction, sliver rule.
    tell
        Told what is being done.

    Raises
    ------
    InvalidInput
        When a geometry is no valid polygon or a record is incomplete; the message names it.

    Notes
    -----
    Source: domain description 3.1 to 3.9. A delay, an estimate or a plan counts only where it lies on more
    than a sliver of the parcel; an exclusion counts to the square millimetre.
    """
    size = f"{len(inputs.parcels):,} parcels"
    tell(f"Checking {size}", 0.0)
    require_usable(inputs, options.threads)
    gross = shapely.area(inputs.parcels)
    tree = shapely.STRtree(inputs.parcels)
    tell(f"Laying {len(inputs.restrictions):,} restrictions upon {size}", 0.1)
    lying = _restrictions_in_force(inputs, tree, options)
    tell(f"Deducting {len(lying.overlaps.parcel):,} overlaps from {size}", 0.3)
    fall = _fall(inputs, lying, options)
    reductions, estimates = _estimates(lying, fall, gross, options)
    tell(f"Finding when {size} can be had", 0.6)
    delays = _counting(inputs.parcels, gross, lying.shapes, lying.with_effect("delays"), options)
    blockers = [
        _restriction_blockers(lying.frame, delays),
        _plan_blockers(inputs, tree, gross, options),
        _occupancy_blockers(inputs, options),
    ]
    chain = order_chain(pd.concat(blockers, ignore_index=True), options.as_of)
    when = timing(len(gross), chain, options.as_of, options.preset)
    tell(f"Putting {size} and their reasons together", 0.8)
    hopeless = np.isnat(when.available_from) | (fall.net_m2 == 0)
    parcels = pd.DataFrame(
        {
            "parcel_id": inputs.parcel_ids,
            "gross_m2": gross,
            "net_m2": fall.net_m2,
            "deducted_m2": gross - fall.net_m2,
            "estimated_m2": np.bincount(reductions.parcel, estimates, len(gross)).astype(float),
            "largest_piece_m2": largest_pieces(fall.net),
            "severity": severities(len(gross), _burdens(lying, (delays, reductions), chain), hopeless),
            "horizon": horizon_words(when.horizon),
            "available_from": when.available_from,
        }
    )
    items = _items(inputs, gross, lying, fall, (reductions, estimates))
    return AvailabilityResult(options, parcels, items, _chain(inputs, chain, options), fall.net)


def net_land(inputs: Inputs, options: Options) -> Geometries:
    """Return the net geometries of parcels alone, EPSG:25832, as `compute_availability` does."""
    lying = _restrictions_in_force(inputs, shapely.STRtree(inputs.parcels), options)
    return _fall(inputs, lying, options).net


def _fall(inputs: Inputs, lying: _Lying, options: Options) -> Waterfall:
    excludes, precedence = lying.with_effect("excludes"), np.arange(len(lying.shapes))
    return deduct(inputs.parcels, lying.shapes, excludes, precedence, options.threads)


def _restrictions_in_force(inputs: Inputs, tree: shapely.STRtree, options: Options) -> _Lying:
    frame = inputs.restrictions
    frame = frame[in_force(frame, options.as_of)]
    place = {kind: position for position, kind in enumerate(options.order)}
    frame = frame.assign(_place=frame["kind"].map(place).fillna(len(place)))
    frame = frame.sort_values(["_place", "kind", "id"]).drop(columns="_place").reset_index(drop=True)
    shapes = geometries(frame)
    return _Lying(frame, shapes, find_overlaps(tree, shapes, options.threads))


def _beyond_sliver(overlap_m2: Areas, gross_m2: Areas, options: Options) -> Flags:
    """Tell which overlaps are more than two records' borders that do not match."""
    beyond = (overlap_m2 > options.sliver_m2) & (overlap_m2 > options.sliver_share * gross_m2)
    return beyond | (overlap_m2 >= gross_m2 / 2)


def _counting(
    parcels: Geometries, gross: Areas, shapes: Geometries, overlaps: Overlaps, options: Options
) -> Overlaps:
    overlap_m2 = overlap_areas(parcels, gross, shapes, overlaps, options.threads)
    return overlaps.take(_beyond_sliver(overlap_m2, gross[overlaps.parcel], options))


def _estimates(lying: _Lying, fall: Waterfall, gross: Areas, options: Options) -> tuple[Overlaps, Areas]:
    overlaps = lying.with_effect("reduces")
    overlap_m2 = overlap_areas(fall.net, fall.net_m2, lying.shapes, overlaps, options.threads)
    counts = _beyond_sliver(overlap_m2, gross[overlaps.parcel], options) & (overlap_m2 > 0)
    overlaps, overlap_m2 = overlaps.take(counts), overlap_m2[counts]
    shares = lying.frame["share"].to_numpy(dtype=float, na_value=0.0)
    return overlaps, estimate(fall.net_m2, overlaps, overlap_m2, shares)


def _blockers(what: str, parcel: Indices, rows: pd.DataFrame) -> pd.DataFrame:
    columns = ["id", "kind", "title", "office", "source", "free_from", "usual_from", "usual_to"]
    if what != PLAN:
        rows = rows.assign(usual_from=NO_DAY, usual_to=NO_DAY)
    return rows[columns].reset_index(drop=True).assign(parcel=parcel, what=what)


def _restriction_blockers(frame: pd.DataFrame, delays: Overlaps) -> pd.DataFrame:
    rows = frame.assign(free_from=days(frame["valid_to"])).iloc[delays.cover]
    return _blockers("restriction", delays.parcel, rows)


def _plan_blockers(inputs: Inputs, tree: shapely.STRtree, gross: Areas, options: Options) -> pd.DataFrame:
    plans = inputs.plans[in_force(inputs.plans, options.as_of)]
    known_on = options.known_on or options.as_of
    pending, expected = pending_plans(plans, options.as_of, known_on)
    first, last = (np.where(np.isnat(expected), end, NO_DAY) for end in usual_ends(plans, known_on))
    plans = plans.assign(free_from=expected, usual_from=first, usual_to=last, kind=PLAN_KIND)[pending]
    shapes = geometries(plans)
    overlaps = find_overlaps(tree, shapes, options.threads)
    lying = _counting(inputs.parcels, gross, shapes, overlaps, options)
    return _blockers(PLAN, lying.parcel, plans.iloc[lying.cover])


def _occupancy_blockers(inputs: Inputs, options: Options) -> pd.DataFrame:
    rows = inputs.occupancies[in_force(inputs.occupancies, options.as_of)]
    parcel = pd.Index(inputs.parcel_ids).get_indexer(rows["parcel_id"].to_numpy())
    rows = rows.assign(free_from=days(rows["valid_to"]), title="")
    return _blockers("occupancy", parcel[parcel >= 0].astype(np.int64), rows[parcel >= 0])


def _burdens(
    lying: _Lying, overlaps: tuple[Overlaps, ...], chain: pd.DataFrame
) -> list[tuple[Indices, Indices]]:
    """Return who bears what grade: restrictions theirs, a plan in procedure the grade light.

    An unwilling owner weighs nothing, like a lease: else the public severity would tell one from the other.
    """
    grade = pd.Categorical(lying.frame["severity"], categories=SEVERITIES).codes.astype(np.int64)
    grade[(lying.frame["kind"] == WILL).to_numpy(dtype=bool)] = 0
    waiting = chain.loc[chain["what"] == "plan", "parcel"].to_numpy(dtype=np.int64)
    return [(some.parcel, grade[some.cover]) for some in overlaps] + [(waiting, np.full(len(waiting), LIGHT))]


def _items(
    inputs: Inputs, gross: Areas, lying: _Lying, fall: Waterfall, estimates: tuple[Overlaps, Areas]
) -> pd.DataFrame:
    reductions, estimated = estimates
    parcel = np.concatenate([fall.items.parcel, reductions.parcel])
    cover = np.concatenate([fall.items.cover, reductions.cover])
    deduction = np.concatenate([fall.deduction_m2, np.zeros(len(estimated))])
    estimated = np.concatenate([np.zeros(len(fall.deduction_m2)), estimated])
    order = np.argsort(parcel, kind="stable")  # exclusions stand before estimates
    parcel, cover = parcel[order], cover[order]
    rows = lying.frame[["id", "kind", "effect", "title", "office", "source"]].iloc[cover]
    items = rows.rename(columns={"id": "restriction_id"}).reset_index(drop=True)
    return items.assign(
        parcel_id=inputs.parcel_ids[parcel],
        order=positions_in_groups(parcel) + 1,
        deduction_m2=deduction[order],
        estimated_m2=estimated[order],
        share=(deduction + estimated)[order] / gross[parcel],
    )


def _chain(inputs: Inputs, chain: pd.DataFrame, options: Options) -> pd.DataFrame:
    horizon = horizons(days(chain["unblocks_to"]), options.as_of, options.preset)
    parcel_id = inputs.parcel_ids[chain["parcel"].to_numpy(dtype=np.int64)]
    return chain.assign(parcel_id=parcel_id, unblocks_horizon=horizon_words(horizon)).drop(columns="parcel")
