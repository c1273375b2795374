"""Facts that the rules of `categories` ask for, gathered for many parcels at once.

Pure: frames and arrays in and out, coordinates in EPSG:25832, areas in m2. What is not known stays missing.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo_service.availability.capacity import PLAN_AREA_COLUMNS, Capacity, compute_capacity
from geo_service.availability.inputs import Geometries, Inputs, geometries, in_force
from geo_service.availability.kernel import AvailabilityResult
from geo_service.availability.waterfall import (
    Flags,
    Indices,
    deduct,
    find_overlaps,
    overlap_areas,
    pairs_in_tree,
)

LAND_USE_COLUMNS: Final = ("id", "use", "geometry")
OCCUPANCIES: Final = ("company_reserve", "sold", "ground_lease", "leased", "reserved")
"""Which occupancy is told where several hold a parcel."""
STANDING: Final = "existing_building"
"""Kind of restriction that says that something stands there and stays."""
CONTAMINATION: Final = "contamination"
"""Kind of restriction that makes land a brownfield."""
UNBUILT: Final = ("unbebaut", "baulücke")
"""Words of the actual use that say that nothing stands there."""
STREETS: Final = ("straßenverkehr", "platz")
"""How the actual use of a street begins. Source: ALKIS catalogue, tatsächliche Nutzung 42001, 42009."""
WAYS: Final = (*STREETS, "weg")
"""How the actual use of ground begins that anybody may use to get somewhere. Source: the same, 42006 Weg."""
ADJOINING_M: Final = 1.0
"""Distance within which parcels are read as neighbours, metres: more than `TOUCH_M` and than the reach of a
street parcel."""
TOUCH_M: Final = 0.05
"""Distance up to which parcels adjoin, metres: digitised borders never match exactly."""
SLIVER_M2: Final = 1.0
SLIVER_SHARE: Final = 0.001
"""What lies on a parcel counts beyond both, or on half of it."""
ZONE_CODES: Final = {
    "WS": 1000, "WR": 1100, "WA": 1200, "WB": 1300, "MD": 1400, "MDW": 1450, "MI": 1500, "MU": 1550,
    "MK": 1600, "GE": 1700, "GI": 1800, "SO": 2100,
}  # fmt: skip
"""XPlanung code by BauNVO short form, for areas that come without one. Source: domain description 2."""

Words = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Surroundings:
    """What is known on and around parcels besides what availability is computed from.

    Parameters
    ----------
    parcel_ids, parcels
        The parcels asked for and at least all that adjoin them, EPSG:25832; shape (m,).
    actual_use
        Their actual use as the cadastre supplies it (words and areas); shape (m,).
    restrictions
        Restrictions of the day that lie on them, columns as in `inputs.RESTRICTION_COLUMNS`.
    built
        Whether a building stands on each, by a register of buildings; missing: not known. None: no register.
    plan_areas
        Building areas of plans, columns `capacity.PLAN_AREA_COLUMNS`.
    land_use
        Areas of the land-use plan, columns `LAND_USE_COLUMNS`; ``use`` housing, mixed, commercial, special
        or other.
    streets_known
        Whether the cadastre at hand, or a network of streets, holds any street at all: else frontage is not
        known.
    street_lines
        Middle lines of streets that give frontage, EPSG:25832: at least those within reach of the parcels
        asked for and those on all parcels of `parcels`; by id; shape (k,).
    """

    parcel_ids: npt.NDArray[Any]
    parcels: Geometries
    actual_use: Words
    restrictions: pd.DataFrame
    built: "pd.Series[Any] | None" = None
    plan_areas: pd.DataFrame = field(default_factory=lambda: _no_rows(PLAN_AREA_COLUMNS))
    land_use: pd.DataFrame = field(default_factory=lambda: _no_rows(LAND_USE_COLUMNS))
    streets_known: bool = True
    street_lines: Geometries = field(default_factory=lambda: np.empty(0, dtype=object))


def _no_rows(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


def main_uses(actual_use: Words) -> Words:
    """Return of each actual use the words that cover the greatest area.

    Parameters
    ----------
    actual_use
        As the cadastre supplies it: ``words;m2|words;m2``; empty or None: not known. Shape (m,).

    Returns
    -------
    numpy.ndarray
        Words, None where not known; of equals the first. Shape (m,).
    """
    texts = ["" if text is None else str(text) for text in actual_use]
    found: Words = np.empty(len(texts), dtype=object)
    found[:] = [
        (_largest_use(text) if "|" in text else text.rpartition(";")[0] or text) or None for text in texts
    ]
    return found


def _largest_use(text: str) -> str:
    areas: dict[str, float] = {}
    for part in text.split("|"):
        words, _, area = part.rpartition(";")
        size = float(area) if words and area.isdecimal() else 0.0
        areas[words or part] = areas.get(words or part, 0.0) + size
    return max(areas, key=lambda words: areas[words])


def begins_with(words: Words, starts: tuple[str, ...]) -> Flags:
    """Tell which words begin with one of some words, in lower case; shape (m,)."""
    codes, known = pd.factorize(words)
    begins = [str(text).casefold().replace("strassen", "straßen").startswith(starts) for text in known]
    return np.array([*begins, False], dtype=bool)[codes]


def _contains(words: Words, wanted: tuple[str, ...]) -> Flags:
    codes, known = pd.factorize(words)
    holds = [any(word in str(text).casefold() for word in wanted) for text in known]
    return np.array([*holds, False], dtype=bool)[codes]


def built_on(around: Surroundings, uses: Words, threads: int = 1) -> "pd.Series[Any]":
    """Tell which parcels are built on.

    Parameters
    ----------
    around
        The parcels, what the register of buildings says, and restrictions.
    uses
        Their main actual use.
    threads
        Number of threads.

    Returns
    -------
    pandas.Series
        Boolean, missing where not known; shape (m,).

    Notes
    -----
    True: the register of buildings or a restriction of kind existing_building says so. False: the register
    knows of none, or the cadastre calls the parcel unbuilt. Else it is not known: a parcel without a record
    is not therefore empty.
    """
    frame = around.restrictions[(around.restrictions["kind"] == STANDING).to_numpy(dtype=bool)]
    shapes, gross = geometries(frame), shapely.area(around.parcels)
    overlaps = find_overlaps(shapely.STRtree(around.parcels), shapes, threads)
    covered = overlap_areas(around.parcels, gross, shapes, overlaps, threads)
    counts = (covered > SLIVER_M2) & (covered > SLIVER_SHARE * gross[overlaps.parcel])
    kept = np.zeros(len(gross), dtype=bool)
    kept[overlaps.parcel[counts | (covered >= gross[overlaps.parcel] / 2)]] = True
    nobody_knows = pd.arrays.BooleanArray(np.zeros(len(gross), dtype=bool), np.ones(len(gross), dtype=bool))
    by_register = pd.Series(nobody_knows if around.built is None else around.built).astype("boolean")
    built = by_register.fillna(value=False).to_numpy(dtype=bool) | kept
    known = built | _contains(uses, UNBUILT) | by_register.notna().to_numpy()
    return pd.Series(pd.arrays.BooleanArray(built, ~known))


def facts_of(
    result: AvailabilityResult,
    inputs: Inputs,
    around: Surroundings,
    uses: Words,
    capacity: Capacity | None = None,
) -> pd.DataFrame:
    """Gather the facts about the parcels of a result.

    Parameters
    ----------
    result, inputs
        The availability and what it was computed from.
    around
        What is known besides.
    uses
        Main actual uses of the parcels of `around`.
    capacity
        What may be built on the parcels of the result by the plan areas of `around`; None: computed here.

    Returns
    -------
    pandas.DataFrame
        Columns `categories.FACTS`, in the order of the parcels of the result.
    """
    place = pd.Index(around.parcel_ids).get_indexer(inputs.parcel_ids)
    threads = result.options.threads
    built = built_on(around, uses, threads)
    capacity = capacity or compute_capacity(inputs.parcels, around.plan_areas, threads=threads)
    zone, governed = _zones(capacity, around.plan_areas)
    own_built = built.iloc[place].reset_index(drop=True)
    return pd.DataFrame(
        {
            "actual_use": uses[place],
            "built": own_built,
            "occupancy": _occupancies(inputs, result),
            "gross_m2": result.parcels["gross_m2"],
            "net_m2": result.parcels["net_m2"],
            "zone_code": zone,
            "building_area": governed,
            "land_use_plan": _land_use(inputs.parcels, around.land_use, threads),
            "built_neighbours": _built_neighbours(place, around, built, uses, threads),
            "contaminated": _contaminated(result, inputs.parcel_ids),
        }
    )


def _occupancies(inputs: Inputs, result: AvailabilityResult) -> Words:
    """Return the kind of occupancy in force on the day; of several the first of `OCCUPANCIES`."""
    rows = inputs.occupancies[in_force(inputs.occupancies, result.options.as_of)]
    rank = pd.Categorical(rows["kind"], categories=OCCUPANCIES).codes.astype(np.int64)
    parcel = pd.Index(inputs.parcel_ids).get_indexer(rows["parcel_id"].to_numpy())
    best = np.full(len(inputs.parcel_ids), len(OCCUPANCIES))
    known = (parcel >= 0) & (rank >= 0)
    np.minimum.at(best, parcel[known], rank[known])
    found: Words = np.array([*OCCUPANCIES, None], dtype=object)[best]
    return found


def _contaminated(result: AvailabilityResult, parcel_ids: npt.NDArray[Any]) -> "pd.Series[Any]":
    """Tell where contamination is on record; elsewhere it is not known."""
    names = [frame.loc[frame["kind"] == CONTAMINATION, "parcel_id"] for frame in (result.chain, result.items)]
    found = pd.Index(parcel_ids).isin(pd.concat(names).to_numpy())
    return pd.Series(pd.arrays.BooleanArray(found, ~found))


def _zones(capacity: Capacity, plan_areas: pd.DataFrame) -> tuple["pd.Series[Any]", "pd.Series[Any]"]:
    """Return the code of the zone that governs most of each parcel, and whether half of it lies in any."""
    size = len(capacity.parcels)
    parts = capacity.parts.sort_values(["parcel", "governed_m2"], ascending=[True, False], kind="stable")
    largest = parts[~parts["parcel"].duplicated()]
    codes = plan_areas["zone_code"].astype("Int64")
    codes = codes.fillna(plan_areas["zone"].map(ZONE_CODES).astype("Int64")).set_axis(plan_areas["id"])
    zone = pd.Series(pd.arrays.IntegerArray(np.zeros(size, dtype=np.int64), np.ones(size, dtype=bool)))
    zone.iloc[largest["parcel"].to_numpy(dtype=np.int64)] = codes.reindex(largest["plan_area_id"]).array
    inside = (capacity.parcels["governed_share"] >= 0.5).to_numpy()  # noqa: PLR2004 - half of the parcel
    return zone, pd.Series(pd.arrays.BooleanArray(inside, np.zeros(size, dtype=bool)))


def _land_use(parcels: Geometries, areas: pd.DataFrame, threads: int) -> Words:
    """Return the use of the land-use plan on at least half of each parcel; None: not known."""
    areas = areas.sort_values("id", ascending=False)  # where two overlap, the later record counts
    shapes = geometries(areas)
    overlaps = find_overlaps(shapely.STRtree(parcels), shapes, threads)
    fall = deduct(parcels, shapes, overlaps, np.arange(len(shapes)), threads)
    codes, words = pd.factorize(areas["use"].to_numpy(dtype=object))
    size = max(len(words), 1)
    slot = fall.items.parcel * size + codes[fall.items.cover]
    covered = np.bincount(slot, fall.deduction_m2, len(parcels) * size).reshape(len(parcels), size)
    half = covered.max(axis=1) >= shapely.area(parcels) / 2
    found: Words = np.full(len(parcels), None, dtype=object)
    found[half] = words[covered.argmax(axis=1)[half]]
    return found


def _built_neighbours(
    place: Indices, around: Surroundings, built: "pd.Series[Any]", uses: Words, threads: int
) -> "pd.Series[Any]":
    """Return the share of adjoining parcels (streets and paths apart) that are certainly built on.

    Only where nothing stands on the parcel itself; NaN where nothing adjoins. Touching at a corner counts.
    """
    asked = np.flatnonzero((~built).fillna(value=False).to_numpy(dtype=bool)[place])
    lots = np.flatnonzero(~begins_with(uses, WAYS))
    tree = shapely.STRtree(around.parcels[lots])
    pairs = pairs_in_tree(tree, around.parcels[place[asked]], "dwithin", threads, TOUCH_M)
    neighbour = lots[pairs[1]]
    other = neighbour != place[asked][pairs[0]]
    certain = built.fillna(value=False).to_numpy(dtype=bool)[neighbour[other]]
    count = np.bincount(pairs[0][other], minlength=len(asked))
    number = np.bincount(pairs[0][other], certain, len(asked))
    share = np.full(len(place), np.nan)
    share[asked[count > 0]] = number[count > 0] / count[count > 0]
    return pd.Series(share)
