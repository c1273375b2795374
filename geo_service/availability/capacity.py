"""What may be built on a parcel, and what is left of that beside what stands there.

Pure: frames and arrays in and out, coordinates in EPSG:25832, areas in m2. What is not known stays NaN, never
0; a figure that rests on an orientation value instead of the plan's own is labelled.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo_service.availability.inputs import Geometries, days, geometries
from geo_service.availability.timing import PLAN_ENDED, PLAN_IN_FORCE
from geo_service.availability.waterfall import Areas, Flags, deduct, find_overlaps
from geo_service.errors import InvalidInput

PLAN_AREA_COLUMNS: Final = (
    "id",
    "zone_code",
    "zone",
    "grz",
    "gfz",
    "max_storeys",
    "legal_status",
    "in_force_on",
    "geometry",
)
STATED, ORIENTATION, MIXED, NOT_KNOWN = "stated", "orientation_value", "mixed", "unknown"
"""What a figure rests on: the plan's own values, § 17 BauNVO, both in parts, nothing."""
SLIVER_M2: Final = 1.0
SLIVER_SHARE: Final = 0.001
"""A building area counts where it governs more than both of a parcel: borders of two records never match."""

Words = npt.NDArray[Any]


@dataclass(frozen=True)
class OrientationValues:
    """Density where the plan says nothing.

    Parameters
    ----------
    by_code, by_name
        XPlanung code, or BauNVO short form in lower case, to (GRZ, GFZ).
    source
        Where they come from.
    """

    by_code: Mapping[int, tuple[float, float]]
    by_name: Mapping[str, tuple[float, float]]
    source: str

    def of(self, codes: "pd.Series[Any]", names: "pd.Series[Any]") -> tuple[Areas, Areas]:
        """Return GRZ and GFZ of zones, by code and else by short form; NaN where there are none."""
        found = [
            self.by_code.get(-1 if pd.isna(code) else int(code))
            or self.by_name.get(str(name).strip().lower(), (np.nan, np.nan))
            for code, name in zip(codes, names, strict=True)
        ]
        values = np.array(found, dtype=float).reshape(len(codes), 2)
        return values[:, 0], values[:, 1]


@dataclass(frozen=True)
class Capacity:
    """What may be built.

    Parameters
    ----------
    parcels
        One row per parcel in the order of the input. ``governed_share`` of the parcel that lies in building
        areas; ``footprint_m2`` and ``floor_m2`` that are permitted there, ``footprint_basis`` and
        ``floor_basis`` one of stated, orientation_value, mixed, unknown; ``in_force`` whether all plans it
        rests on are in force; ``existing_footprint_m2`` and ``existing_floor_m2``; ``left_footprint_m2``
        (densification), ``left_floor_m2`` (all floor area left), ``left_stacking_m2`` (the part of it that
        would fit on top of what stands there); ``exceeds`` whether more stands there than would be permitted
        today. NaN: not known.
    parts
        The evidence, by parcel: ``parcel`` (position), ``plan_area_id``, ``zone``, ``governed_m2``, ``grz``,
        ``gfz``, ``max_storeys``, ``footprint_m2``, ``floor_m2``, ``footprint_basis``, ``floor_basis``,
        ``in_force``.
    source
        Source of the orientation values.
    """

    parcels: pd.DataFrame
    parts: pd.DataFrame
    source: str


@lru_cache(maxsize=1)
def orientation_values() -> OrientationValues:
    """Read the orientation values of this service."""
    return read_orientation_values(Path(str(files("data"))) / "availability" / "orientation_values.toml")


def read_orientation_values(path: Path) -> OrientationValues:
    """Read and check a file of orientation values.

    Raises
    ------
    InvalidInput
        Naming what is wrong in it.
    """
    by_code: dict[int, tuple[float, float]] = {}
    by_name: dict[str, tuple[float, float]] = {}
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
        source = str(facts["source"])
        for zone in facts["zones"]:
            density = (float(zone["grz"]), float(zone["gfz"]))
            known = set(zone["codes"]) & by_code.keys() or {*map(str.lower, zone["names"])} & by_name.keys()
            if known or not (0 < density[0] <= 1 and density[1] > 0):
                raise InvalidInput(
                    f"{path.name}: {zone['names']} is given twice, or has no sensible density."
                )
            by_code |= dict.fromkeys(zone["codes"], density)
            by_name |= dict.fromkeys(map(str.lower, zone["names"]), density)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{path.name} is no valid TOML: {error}") from error
    except KeyError as error:
        raise InvalidInput(f"{path.name}: the key {error} is missing.") from error
    return OrientationValues(MappingProxyType(by_code), MappingProxyType(by_name), source)


def compute_capacity(
    parcels: Geometries,
    plan_areas: pd.DataFrame,
    buildings: pd.DataFrame | None = None,
    orientation: OrientationValues | None = None,
    threads: int = 1,
) -> Capacity:
    """Compute what may be built on parcels.

    Parameters
    ----------
    parcels
        Valid polygons, EPSG:25832: the plots, gross, for what a restriction excludes still counts as plot
        area; shape (n,).
    plan_areas
        Columns `PLAN_AREA_COLUMNS`: building areas with the plan's ``legal_status`` (BP_Rechtsstand) and
        ``in_force_on``; ``zone_code``, ``grz``, ``gfz``, ``max_storeys`` may be missing.
    buildings
        ``footprint_m2`` and ``floor_m2`` (all full storeys) that stand on each parcel, 0 where nothing does,
        NaN where it is not known; in the order of `parcels`. None: not known of any.
    orientation
        Values for what a plan does not state; None: those of this service.
    threads
        Number of threads; the result does not depend on it.

    Notes
    -----
    Source: BauNVO § 16 to § 20. Footprint = GRZ x plot area in the building area (§ 19). Floor area, full
    storeys only (§ 20) = the least of GFZ x plot area and storeys x footprint, of those the plan states; the
    orientation value of the GFZ stands in only where it states neither. Where building areas overlap, one in
    force goes before one in procedure, then the later one, then the greater id. What is left is told only
    where building areas govern the whole parcel, since it is not known where on it the buildings stand.
    """
    orientation = orientation or orientation_values()
    gross = shapely.area(parcels)
    parts = _parts(parcels, gross, _ranked(plan_areas), orientation, threads)
    result = _summed(parts, gross)
    blank = pd.DataFrame(np.nan, index=range(len(parcels)), columns=["footprint_m2", "floor_m2"])
    standing = (blank if buildings is None else buildings).reset_index(drop=True)
    return Capacity(
        result.assign(**_left(result, standing, _storeys(parts, len(parcels)))), parts, orientation.source
    )


def _ranked(plan_areas: pd.DataFrame) -> pd.DataFrame:
    """Return the building areas that hold or will, those that go before others first."""
    status = plan_areas["legal_status"].to_numpy(dtype=np.int64)
    frame = plan_areas.assign(in_force=status >= PLAN_IN_FORCE, _day=days(plan_areas["in_force_on"]))
    frame = frame[status < PLAN_ENDED]
    return frame.sort_values(["in_force", "_day", "id"], ascending=False, na_position="last").reset_index(
        drop=True
    )


def _parts(
    parcels: Geometries, gross: Areas, areas: pd.DataFrame, orientation: OrientationValues, threads: int
) -> pd.DataFrame:
    """Return what each building area governs of each parcel, and what it permits there."""
    shapes = geometries(areas)
    overlaps = find_overlaps(shapely.STRtree(parcels), shapes, threads)
    fall = deduct(parcels, shapes, overlaps, np.arange(len(shapes)), threads)
    parcel, governed = fall.items.parcel, fall.deduction_m2
    counts = (governed > SLIVER_M2) & (governed > SLIVER_SHARE * gross[parcel])
    counts |= governed >= gross[parcel] / 2
    rows = areas.iloc[fall.items.cover[counts]].reset_index(drop=True)
    grz, gfz, storeys = (
        rows[name].to_numpy(dtype=float, na_value=np.nan) for name in ("grz", "gfz", "max_storeys")
    )
    usual_grz, usual_gfz = orientation.of(rows["zone_code"], rows["zone"])
    no_grz, no_floor = np.isnan(grz), np.isnan(gfz) & np.isnan(storeys)
    grz, gfz = np.where(no_grz, usual_grz, grz), np.where(no_floor, usual_gfz, gfz)
    footprint = grz * governed[counts]
    # what a plan states by storeys rests on the GRZ as well; where both limits hold the lower one counts
    floor = np.fmin(gfz * governed[counts], storeys * footprint)
    by_storeys = ~np.isnan(storeys) & (np.isnan(gfz) | (storeys * footprint < gfz * governed[counts]))
    return pd.DataFrame(
        {
            "parcel": parcel[counts],
            "plan_area_id": rows["id"],
            "zone": rows["zone"],
            "governed_m2": governed[counts],
            "grz": grz,
            "gfz": gfz,
            "max_storeys": storeys,
            "footprint_m2": footprint,
            "floor_m2": floor,
            "footprint_basis": _basis(no_grz, np.isnan(footprint)),
            "floor_basis": _basis(no_floor | (by_storeys & no_grz), np.isnan(floor)),
            "in_force": rows["in_force"].to_numpy(dtype=bool),
        }
    )


def _basis(usual: Flags, missing: Flags) -> Words:
    return np.where(missing, NOT_KNOWN, np.where(usual, ORIENTATION, STATED)).astype(object)


def _summed(parts: pd.DataFrame, gross: Areas) -> pd.DataFrame:
    """Sum the parts up by parcel; one part that is not known makes the sum not known."""
    size, parcel = len(gross), parts["parcel"].to_numpy(dtype=np.int64)
    has_parts = np.bincount(parcel, minlength=size) > 0
    governed = np.bincount(parcel, parts["governed_m2"], size)
    result = pd.DataFrame({"governed_share": np.minimum(governed / gross, 1.0)})
    for what in ("footprint", "floor"):
        amount = np.bincount(parcel, parts[f"{what}_m2"], size)
        result[f"{what}_m2"] = np.where(has_parts, amount, np.nan)
        result[f"{what}_basis"] = _joint_basis(parcel, parts[f"{what}_basis"].to_numpy(), size)
    pending = np.bincount(parcel, ~parts["in_force"].to_numpy(dtype=bool), size) > 0
    result["in_force"] = pd.arrays.BooleanArray(~pending, ~has_parts)
    return result


def _joint_basis(parcel: npt.NDArray[np.int64], basis: Words, size: int) -> Words:
    has = {word: np.bincount(parcel, basis == word, size) > 0 for word in (NOT_KNOWN, ORIENTATION, STATED)}
    result = np.full(size, NOT_KNOWN, dtype=object)
    result[has[STATED]] = STATED
    result[has[ORIENTATION]] = ORIENTATION
    result[has[ORIENTATION] & has[STATED]] = MIXED
    result[has[NOT_KNOWN]] = NOT_KNOWN
    return result


def _storeys(parts: pd.DataFrame, size: int) -> Areas:
    """Return the storeys permitted all over a parcel: the least of its parts, NaN where one is not known."""
    stated = parts["max_storeys"].to_numpy(dtype=float)
    storeys = np.full(size, np.inf)
    np.minimum.at(
        storeys, parts["parcel"].to_numpy(dtype=np.int64), np.where(np.isnan(stated), -np.inf, stated)
    )
    return np.where(np.isinf(storeys), np.nan, storeys)


def _left(result: pd.DataFrame, buildings: pd.DataFrame, storeys: Areas) -> dict[str, Any]:
    """Return what is left beside the buildings; NaN where the plan or the buildings are not known."""
    footprint, floor = (buildings[name].to_numpy(dtype=float) for name in ("footprint_m2", "floor_m2"))
    whole = (result["governed_share"] >= 1 - SLIVER_SHARE).to_numpy()
    may_cover, may_stack = (
        np.where(whole, result[name].to_numpy(), np.nan) for name in ("footprint_m2", "floor_m2")
    )
    left_floor = np.maximum(may_stack - floor, 0)
    on_top = np.clip(storeys * footprint - floor, 0, left_floor)
    compared = ~np.isnan(may_cover - footprint) & ~np.isnan(may_stack - floor)
    exceeds = (footprint > may_cover) | (floor > may_stack)
    return {
        "existing_footprint_m2": footprint,
        "existing_floor_m2": floor,
        "left_footprint_m2": np.maximum(may_cover - footprint, 0),
        "left_floor_m2": left_floor,
        "left_stacking_m2": on_top,
        "exceeds": pd.arrays.BooleanArray(exceeds, ~compared & ~exceeds),
    }
