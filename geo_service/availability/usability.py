"""How usable the net land of parcels is, what they are and what they might become: the second stage.

Pure: frames and arrays in and out, coordinates in EPSG:25832 (metres), areas in m2. Follows the kernel's
waterfall and dates; may be asked for less often.
"""

import hashlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo_service.availability.capacity import Capacity
from geo_service.availability.categories import OFFERED, QUESTIONS, categorise
from geo_service.availability.facts import (
    ADJOINING_M,
    STREETS,
    WAYS,
    Surroundings,
    begins_with,
    facts_of,
    main_uses,
)
from geo_service.availability.frontage import (
    STREET_LINE_REACH_M,
    STREET_PARCEL_REACH_M,
    Plots,
    in_the_way,
    road_frontage,
)
from geo_service.availability.inputs import Geometries, Inputs
from geo_service.availability.kernel import AvailabilityResult
from geo_service.availability.shape import offered_land, usable_pieces
from geo_service.availability.waterfall import Flags, Indices, largest_pieces, pairs_in_tree

SHAPE_FIGURES: Final = (
    "offered_m2",
    "sliver_m2",
    "piece_m2",
    "circle_m",
    "rectangle_length_m",
    "rectangle_width_m",
    "frontage_m",
)
"""Figures that depend on the net geometry, the sliver width, and the streets and parcels beside it alone."""
OFFERED_AREAS: Final = ("offered_m2", "piece_m2")
"""Those of them that a list of the city shows."""
ANSWERS: Final = tuple(name for question in QUESTIONS for name in (question, f"{question}_rule"))
"""Answers that leave occupancies out: whether land is sold, let or kept as a reserve is not public."""
INTERNAL_ANSWERS: Final = tuple(
    f"internal_{name}" for question in ("category", "target_group") for name in (question, f"{question}_rule")
)
"""Answers that occupancies change, as the agency sees them."""
OFFERS: Final = ("offered", "internal_offered")
"""Whether a parcel is land on offer, by its category as everybody and as the agency sees it."""
METHOD: Final = "7"
"""Version of the way in which they are computed: raise it, and kept figures are computed anew."""


def assess(
    result: AvailabilityResult,
    inputs: Inputs,
    around: Surroundings,
    kept: pd.DataFrame | None = None,
    capacity: Capacity | None = None,
) -> pd.DataFrame:
    """Tell for each parcel what is offered, its largest usable piece, and what it is.

    Parameters
    ----------
    result, inputs
        The availability and what it was computed from, in the same order of parcels.
    around
        What is known on and around the parcels.
    kept
        Figures of an earlier call: ``parcel_id``, ``shape_key`` and `SHAPE_FIGURES`. Where the key is the
        same, they are taken over. None: all are computed.
    capacity
        As in `facts.facts_of`.

    Returns
    -------
    pandas.DataFrame
        In the order of the result: ``parcel_id``; ``offered_m2`` (net without what is narrower than the
        sliver width) and ``sliver_m2`` (the rest of net); of the largest connected piece ``piece_m2``,
        ``circle_m`` (diameter of the largest circle inside), ``rectangle_length_m`` and
        ``rectangle_width_m`` (of the largest rectangle found inside), ``frontage_m`` (metres along streets,
        NaN: not known; of a street itself not told); `ANSWERS` and `INTERNAL_ANSWERS`, each with its rule;
        `OFFERS`; ``shape_key`` (fingerprint of what the figures depend on).
    """
    street = begins_with(main_uses(around.actual_use), STREETS)
    place = pd.Index(around.parcel_ids).get_indexer(inputs.parcel_ids)
    between = _between(around)
    key = _shape_keys(result, inputs, around, between)
    figures, fresh = _taken_over(inputs.parcel_ids, key, kept)
    computed = _figures(result, fresh, around, Plots(inputs.parcels[fresh], between))
    figures.loc[fresh] = computed.to_numpy()
    figures.loc[street[place], "frontage_m"] = np.nan
    keys = pd.DataFrame({"shape_key": key})
    answers = answer_questions(result, inputs, around, capacity)
    return pd.concat([answers[["parcel_id"]], figures, answers.drop(columns="parcel_id"), keys], axis=1)


def answer_questions(
    result: AvailabilityResult, inputs: Inputs, around: Surroundings, capacity: Capacity | None = None
) -> pd.DataFrame:
    """Tell for each parcel what it is and whether it is offered; parameters as in `assess`.

    Returns
    -------
    pandas.DataFrame
        In the order of the result: ``parcel_id``, `ANSWERS`, `INTERNAL_ANSWERS`, `OFFERS`.
    """
    facts = facts_of(result, inputs, around, main_uses(around.actual_use), capacity)
    answers = categorise(facts.drop(columns="occupancy"))
    held = np.flatnonzero(facts["occupancy"].notna().to_numpy())
    internal = categorise(facts.iloc[held]).add_prefix("internal_")
    for name in INTERNAL_ANSWERS:  # they differ only where something occupies the parcel
        words = answers[name.removeprefix("internal_")].to_numpy(dtype=object, copy=True)
        words[held] = internal[name].to_numpy(dtype=object)
        answers[name] = pd.Series(words, dtype=object)
    answers.insert(0, "parcel_id", inputs.parcel_ids)
    return answers.assign(
        offered=answers["category"].isin(OFFERED), internal_offered=answers["internal_category"].isin(OFFERED)
    )


def offered_areas(result: AvailabilityResult) -> pd.DataFrame:
    """Return `OFFERED_AREAS` of each parcel, m2, as `assess` does.

    They follow from the net land alone: finding out where kept ones still hold would take as long, as their
    fingerprints hold the streets and parcels beside it.
    """
    offered = offered_land(result.net, result.options.sliver_width_m, result.options.threads)
    areas = np.column_stack([offered.offered_m2, largest_pieces(offered.land)])
    return pd.DataFrame(areas, columns=list(OFFERED_AREAS))


def _shape_keys(
    result: AvailabilityResult, inputs: Inputs, around: Surroundings, between: Geometries
) -> npt.NDArray[np.int64]:
    """Return a number per parcel that changes with whatever its shape figures depend on.

    Net land, sliver width, the streets within reach, and whether streets are known at all; near lines of
    streets also the lines, the parcel itself, and the parcels that may stand between.
    """
    streets = around.parcels[begins_with(main_uses(around.actual_use), STREETS)]
    method = f"{METHOD} {result.options.sliver_width_m!r} {around.streets_known}"
    digest = hashlib.blake2b(method.encode(), digest_size=8).hexdigest()
    key = _hashed(result.net, digest)
    tree = shapely.STRtree(inputs.parcels)
    threads = result.options.threads
    street, parcel = pairs_in_tree(tree, streets, "dwithin", threads, STREET_PARCEL_REACH_M)
    np.add.at(key, parcel, _hashed(streets, digest)[street])  # whatever their order
    line, parcel = pairs_in_tree(tree, around.street_lines, "dwithin", threads, STREET_LINE_REACH_M)
    np.add.at(key, parcel, _hashed(around.street_lines, f"{digest[:14]} l")[line])
    near = np.unique(parcel)
    key[near] += _hashed(inputs.parcels[near], f"{digest[:14]} o")
    other, row = pairs_in_tree(
        shapely.STRtree(inputs.parcels[near]), between, "dwithin", threads, ADJOINING_M
    )
    np.add.at(key, near[row], _hashed(between, f"{digest[:14]} b")[other])
    return key.view(np.int64)


def _between(around: Surroundings) -> Geometries:
    """Return the parcels that keep others from the lines of streets; none where there are no lines."""
    if not len(around.street_lines):
        return around.parcels[:0]
    open_ground = begins_with(main_uses(around.actual_use), WAYS)
    return around.parcels[in_the_way(around.parcels, open_ground, around.street_lines)]


def _hashed(shapes: Geometries, digest: str) -> npt.NDArray[np.uint64]:
    texts = np.asarray(shapely.to_wkb(shapes, hex=True), dtype=object)
    return np.array(pd.util.hash_array(texts, hash_key=digest, categorize=False), dtype=np.uint64)


def _taken_over(
    parcel_ids: npt.NDArray[Any], key: npt.NDArray[np.int64], kept: pd.DataFrame | None
) -> tuple[pd.DataFrame, Indices]:
    """Return the figures that still hold, and the positions of those that must be computed."""
    figures = pd.DataFrame(0.0, index=range(len(key)), columns=list(SHAPE_FIGURES))
    if kept is None or kept.empty:
        return figures, np.arange(len(key))
    place = pd.Index(kept["parcel_id"].to_numpy()).get_indexer(parcel_ids)
    same: Flags = (place >= 0) & (kept["shape_key"].to_numpy(dtype=np.int64)[place] == key)
    figures.loc[same] = kept[list(SHAPE_FIGURES)].to_numpy(dtype=float)[place[same]]
    return figures, np.flatnonzero(~same)


def _figures(result: AvailabilityResult, rows: Indices, around: Surroundings, plots: Plots) -> pd.DataFrame:
    """Compute the shape figures of the net land of some parcels."""
    net, threads = result.net[rows], result.options.threads
    offered = offered_land(net, result.options.sliver_width_m, threads)
    pieces = usable_pieces(offered.land, threads)
    frontage = np.full(len(net), np.nan)
    if around.streets_known:
        solid = np.flatnonzero(pieces.area_m2 > 0)
        frontage[:] = 0.0
        streets = around.parcels[begins_with(main_uses(around.actual_use), STREETS)]
        near = Plots(plots.own[solid], plots.between)
        found = road_frontage(pieces.pieces[solid], streets, around.street_lines, near)
        frontage[solid] = np.nan_to_num(found)  # none near, but streets are known: no frontage
    columns = (
        offered.offered_m2,
        offered.sliver_m2,
        pieces.area_m2,
        pieces.circle_m,
        pieces.length_m,
        pieces.width_m,
        frontage,
    )
    return pd.DataFrame(dict(zip(SHAPE_FIGURES, columns, strict=True)))
