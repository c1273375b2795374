"""Land balance: how much land there is in each cell on two days, and what happened between them.

Opening plus flows is closing in every cell, exactly: areas are counted in whole square centimetres. Pure:
frames in, frames out. Source: domain description 3 (land balance as of two dates), dortmund (what the agency
counts).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.errors import InvalidInput

DIMENSIONS: Final = ("district", "use", "horizon", "severity", "owner_kind", "category")
"""What a balance can be told apart by. Owner kind is for roles only: leave the column out for others."""
MEASURES: Final = ("parcels", "net_cm2", "offered_cm2", "estimated_cm2")
"""What is counted: parcels with land to offer, their net area, what of it is offered (without slivers: the
available land), and apart the part of net that is probably not usable (an estimate). Whole square
centimetres."""
AREAS: Final = ("gross", "net", "offered", "estimated")
UNKNOWN: Final = "unknown"
"""Cell of what is not known."""

FLOWS: Final = (
    "new",
    "gone",
    "sold",
    "returned",
    "put_to_use",
    "given_up",
    "resurveyed",
    "area_freed",
    "area_blocked",
    "freed",
    "newly_blocked",
    "horizon_change",
    "reclassified",
)
"""What can happen to a parcel between two days.

new, gone: the parcel is (no longer) in the cadastre. sold, returned: it left the land on offer, or came back.
put_to_use, given_up: what it is changed, so that it is no longer offered, or is now.
resurveyed, area_freed, area_blocked: its net area, or what of it is offered, changed, because its measured
area did, or because restrictions let go of or took land. freed, newly_blocked: it can be had now, or no
longer now.
horizon_change: another horizon, neither of them now. reclassified: same horizon, but another district, use,
severity or owner kind.
"""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Balance:
    """A land balance.

    Parameters
    ----------
    dimensions
        What the cells are told apart by.
    cells
        One row per cell that had, got or lost land: the dimensions, ``stage`` (opening, one of `FLOWS`,
        closing) and the measures; flows carry a sign. Rows of nothing but zeros are left out.
    records
        The evidence: one row per parcel and entry, with ``parcel_id``, the dimensions, ``stage`` and the
        measures.
    """

    dimensions: tuple[str, ...]
    cells: pd.DataFrame
    records: pd.DataFrame


def land_balance(
    opening: pd.DataFrame, closing: pd.DataFrame, dimensions: Sequence[str] = ("horizon",)
) -> Balance:
    """Balance the land of two days.

    Parameters
    ----------
    opening, closing
        One row per parcel in the cadastre of the day: ``parcel_id``, ``gross_m2``, ``net_m2``,
        ``offered_m2`` (net without slivers), ``estimated_m2``,
        ``horizon``, ``sold`` (boolean: no longer on offer), ``offered`` (boolean: what it is may be offered;
        without the column all are), and the columns of `dimensions`; missing values there count as a cell of
        their own, ``unknown``.
    dimensions
        Some of `DIMENSIONS`.

    Raises
    ------
    InvalidInput
        For a repeated parcel, an area that is missing or negative, an unknown dimension or a missing column.

    Notes
    -----
    Each area is rounded to the square centimetre once, on the way in. A parcel whose net area changed books
    the change in its old cell and then moves with its new area.
    """
    keys = tuple(dimensions)
    before, after = _checked(opening, keys), _checked(closing, keys)
    both = before.add_suffix("_0").join(after.add_suffix("_1"), how="outer").sort_index()
    was, is_now = _counted(both, "_0"), _counted(both, "_1")
    had, has = _measures(both, "_0", was), _measures(both, "_1", is_now)
    origin, target = _cells(both, "_0", keys), _cells(both, "_1", keys)
    ids = both.index.to_numpy()
    entries = [_entry(ids, origin, "opening", had, was), _entry(ids, target, "closing", has, is_now)]
    for flow, rows in _leaving(both, was, is_now).items():
        entries.append(_entry(ids, origin, flow, -had, rows))
    for flow, rows in _arriving(both, was, is_now).items():
        entries.append(_entry(ids, target, flow, has, rows))
    for flow, rows in _changing(both, was & is_now).items():
        entries.append(_entry(ids, origin, flow, has - had, rows))
    for flow, rows in _moving(both, was & is_now).items():
        entries += [_entry(ids, origin, flow, -has, rows), _entry(ids, target, flow, has, rows)]
    records = pd.concat(entries, ignore_index=True)
    stages = pd.CategoricalDtype(["opening", *FLOWS, "closing"], ordered=True)
    records["stage"] = records["stage"].astype(stages)
    records = records[(records[list(MEASURES)] != 0).any(axis=1)]
    records = records.sort_values(["parcel_id", "stage", "net_cm2"], kind="stable").reset_index(drop=True)
    cells = records.groupby([*keys, "stage"], observed=True)[list(MEASURES)].sum().reset_index()
    return Balance(keys, cells[(cells[list(MEASURES)] != 0).any(axis=1)].reset_index(drop=True), records)


def _checked(frame: pd.DataFrame, dimensions: tuple[str, ...]) -> pd.DataFrame:
    """Return a frame by parcel with areas in square centimetres."""
    strange = [name for name in dimensions if name not in DIMENSIONS]
    if strange or len(set(dimensions)) < len(dimensions):
        raise InvalidInput(f"A balance is told apart by {', '.join(DIMENSIONS)}, each at most once.")
    frame = frame if "offered" in frame else frame.assign(offered=True)
    needed = ["parcel_id", "offered", *(f"{area}_m2" for area in AREAS), "sold", "horizon", *DIMENSIONS]
    columns = [name for name in dict.fromkeys(needed) if name in frame or name not in DIMENSIONS]
    missing = [name for name in (*columns, *dimensions, "horizon") if name not in frame]
    if missing:
        raise InvalidInput(f"The balance needs the column {missing[0]}.")
    if frame["parcel_id"].duplicated().any():
        twice = frame.loc[frame["parcel_id"].duplicated(), "parcel_id"].iloc[0]
        raise InvalidInput(f"Parcel {twice} is in the balance of one day more than once.")
    result = frame[columns].set_index("parcel_id")
    for measure in AREAS:
        area = result.pop(f"{measure}_m2").to_numpy(dtype=float)
        if not (area >= 0).all():
            wrong = result.index[int(np.flatnonzero(~(area >= 0))[0])]
            raise InvalidInput(f"The {measure} area of parcel {wrong} is missing or negative.")
        result[f"{measure}_cm2"] = np.rint(area * 10_000).astype(np.int64)
    result["sold"] = result["sold"].to_numpy(dtype=bool)
    result["offered"] = result["offered"].to_numpy(dtype=bool)
    words = [name for name in DIMENSIONS if name in result]
    return result.assign(**{name: result[name].astype(object).fillna(UNKNOWN) for name in words}, here=True)


def _counted(both: pd.DataFrame, day: str) -> npt.NDArray[np.bool_]:
    """Tell which parcels are on offer on a day."""
    here = both[f"here{day}"].notna().to_numpy()
    counted: npt.NDArray[np.bool_] = here & ~_true(both[f"sold{day}"]) & _true(both[f"offered{day}"])
    return counted


def _true(column: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
    """Tell where a column that may be missing is true."""
    return np.asarray(column == True, dtype=bool)  # noqa: E712 - missing is not true


def _measures(both: pd.DataFrame, day: str, counted: npt.NDArray[np.bool_]) -> Numbers:
    """Return the measures of each parcel on a day, zero where it has nothing on offer; shape (parcels, 4)."""
    net, offered, estimated = (
        both[f"{name}_cm2{day}"].fillna(0).to_numpy(dtype=np.int64) for name in AREAS[1:]
    )
    has_land = offered > 0
    values = np.stack([has_land.astype(np.int64), net, offered, estimated], axis=1)
    return np.where((counted & has_land)[:, None], values, 0)


def _cells(both: pd.DataFrame, day: str, dimensions: tuple[str, ...]) -> pd.DataFrame:
    names = {f"{name}{day}": name for name in dimensions}
    return both[list(names)].rename(columns=names).reset_index(drop=True)


def _entry(
    ids: npt.NDArray[Any], cells: pd.DataFrame, stage: str, values: Numbers, rows: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    entry = cells[rows].assign(stage=stage, **dict(zip(MEASURES, values[rows].T, strict=True)))
    entry.insert(0, "parcel_id", ids[rows])
    return entry


Rows = dict[str, npt.NDArray[np.bool_]]


def _leaving(both: pd.DataFrame, was: Any, is_now: Any) -> Rows:  # noqa: ANN401 - boolean arrays
    """Tell which parcels left the land on offer, and how."""
    stays = both["here_1"].notna().to_numpy()
    left = was & ~is_now & stays
    sold = _true(both["sold_1"])
    return {"gone": was & ~stays, "sold": left & sold, "put_to_use": left & ~sold}


def _arriving(both: pd.DataFrame, was: Any, is_now: Any) -> Rows:  # noqa: ANN401 - boolean arrays
    """Tell which parcels came to the land on offer, and how."""
    stood = both["here_0"].notna().to_numpy()
    came = is_now & ~was & stood
    sold = _true(both["sold_0"])
    return {"new": is_now & ~stood, "returned": came & sold, "given_up": came & ~sold}


def _changing(both: pd.DataFrame, stays: Any) -> Rows:  # noqa: ANN401 - boolean array
    """Tell whose area changed, and why: net land decides, offered land is rounded (`shape.KEPT`)."""
    gross, net, offered, estimated = (
        (both[f"{name}_cm2_1"] - both[f"{name}_cm2_0"]).fillna(0).to_numpy() for name in AREAS
    )
    more = np.select([net != 0, offered != 0], [net > 0, offered > 0], estimated < 0)
    changed = stays & ((net != 0) | (offered != 0) | (estimated != 0))
    gross = gross != 0
    return {
        "resurveyed": changed & gross,
        "area_freed": changed & ~gross & more,
        "area_blocked": changed & ~gross & ~more,
    }


def _moving(both: pd.DataFrame, stays: Any) -> Rows:  # noqa: ANN401 - boolean array
    """Tell which parcels changed their cell, and why: the horizon comes before all else."""
    old, new = both["horizon_0"].to_numpy(dtype=object), both["horizon_1"].to_numpy(dtype=object)
    other = stays & (old != new)
    names = [name for name in DIMENSIONS if {f"{name}_0", f"{name}_1"} <= {*both} and name != "horizon"]
    changed = [(both[f"{name}_0"] != both[f"{name}_1"]).to_numpy() for name in names]
    return {
        "freed": other & (new == "now"),
        "newly_blocked": other & (old == "now"),
        "horizon_change": other & (new != "now") & (old != "now"),
        "reclassified": stays & ~other & np.any([*changed, np.zeros(len(both), dtype=bool)], axis=0),
    }
