"""Capacity from the database: what may be built on parcels, and what is left of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype
from sqlalchemy import Connection

from geo_service.availability import capacity_queries, queries
from geo_service.availability.capacity import PLAN_AREA_COLUMNS, compute_capacity
from geo_service.availability.capacity import Capacity as Computed
from geo_service.availability.records import AREA_DIGITS
from geo_service.availability.service import read_frame
from geo_service.availability.standing import BUILDING_COLUMNS, measure_standing
from geo_service.register import JsonObject

COLUMNS: Final = {
    "governed_share": "plan_share",
    "in_force": "plan_in_force",
    "footprint_m2": "allowed_footprint_m2",
    "footprint_basis": "allowed_footprint_basis",
    "floor_m2": "allowed_floor_m2",
    "floor_basis": "allowed_floor_basis",
    "existing_footprint_m2": "built_footprint_m2",
    "existing_floor_m2": "built_floor_m2",
    "left_footprint_m2": "left_footprint_m2",
    "left_floor_m2": "left_floor_m2",
    "left_stacking_m2": "left_stacking_m2",
    "exceeds": "exceeds_plan",
}
"""Columns of the computed capacity, and what they are called where they stand beside availability."""
AREA_COLUMNS: Final = (*PLAN_AREA_COLUMNS, "plan_key", "source")
"""Columns of building areas with the plan that they belong to."""
PART_FIELDS: Final = (
    "plan_key",
    "zone",
    "governed_m2",
    "grz",
    "gfz",
    "max_storeys",
    "footprint_m2",
    "footprint_basis",
    "floor_m2",
    "floor_basis",
    "in_force",
    "source",
)
"""Fields of a part of the evidence."""


@dataclass(frozen=True)
class ParcelCapacities:
    """What may be built on some parcels, as of a day.

    Parameters
    ----------
    as_of
        The day.
    parcels
        ``parcel_id``, ``parcel_key``, ``built`` and the columns named in `COLUMNS`, one row per parcel;
        missing: not known.
    parts
        The evidence: ``parcel_id`` and `PART_FIELDS`.
    source
        Where the orientation values come from.
    """

    as_of: date
    parcels: pd.DataFrame
    parts: pd.DataFrame
    source: str


def compute_capacities(
    connection: Connection, as_of: date, parcel_keys: Collection[str] | None = None, threads: int = 1
) -> ParcelCapacities:
    """Compute what may be built from what the register holds; nothing is written.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen.
    as_of
        The day: cadastre, plans and buildings are those of it.
    parcel_keys
        Flurstückskennzeichen of the parcels asked for; None: all. Unknown ones are left out.
    threads
        Number of threads; the result does not depend on it.
    """
    parcels = read_frame(connection, queries.parcels(as_of, parcel_keys), ("id", "parcel_key", "geometry"))
    areas = read_frame(connection, capacity_queries.plan_areas(as_of, parcel_keys), AREA_COLUMNS)
    standing = what_stands(connection, as_of, parcels, parcel_keys, threads)
    shapes = np.asarray(parcels["geometry"], dtype=object)
    capacity = compute_capacity(shapes, areas[list(PLAN_AREA_COLUMNS)], standing, threads=threads)
    named = pd.DataFrame(
        {"parcel_id": parcels["id"].to_numpy(dtype=np.int64), "parcel_key": parcels["parcel_key"]}
    )
    return parcel_capacities(as_of, named, standing, capacity, areas)


def parcel_capacities(
    as_of: date, named: pd.DataFrame, standing: pd.DataFrame, capacity: Computed, areas: pd.DataFrame
) -> ParcelCapacities:
    """Put together what may be built on parcels, what stands there, and the plans that say so.

    Parameters
    ----------
    as_of
        The day.
    named
        ``parcel_id`` and ``parcel_key``.
    standing, capacity
        What stands there and what may be built, in the same order.
    areas
        The building areas it rests on, columns `AREA_COLUMNS`.
    """
    rows = capacity.parcels.rename(columns=COLUMNS)
    rows.insert(0, "parcel_id", named["parcel_id"].to_numpy())
    rows.insert(1, "parcel_key", named["parcel_key"].to_numpy())
    rows.insert(2, "built", standing["built"])
    parts = capacity.parts.merge(
        areas[["id", "plan_key", "source"]], left_on="plan_area_id", right_on="id", how="left"
    )
    parts = parts.astype({"max_storeys": "Int64"}).assign(
        parcel_id=rows["parcel_id"].to_numpy()[parts["parcel"].to_numpy(dtype=np.int64)]
    )
    return ParcelCapacities(as_of, rows, parts[["parcel_id", *PART_FIELDS]], capacity.source)


def what_stands(
    connection: Connection,
    as_of: date,
    parcels: pd.DataFrame,
    parcel_keys: Collection[str] | None = None,
    threads: int = 1,
) -> pd.DataFrame:
    """Tell what stands on parcels by the register of buildings, as of a day.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen.
    as_of
        The day.
    parcels
        ``parcel_key`` and ``geometry`` (EPSG:25832).
    parcel_keys
        Their keys; None: they are all parcels of the day.
    threads
        Number of threads; the result does not depend on it.

    Returns
    -------
    pandas.DataFrame
        As `standing.measure_standing`.
    """
    buildings = read_frame(connection, capacity_queries.buildings(as_of, parcel_keys), BUILDING_COLUMNS)
    known = set(connection.scalars(capacity_queries.surveyed_gemarkungen(as_of, parcel_keys)))
    surveyed = np.array([key[:6] in known for key in parcels["parcel_key"]], dtype=bool)
    return measure_standing(np.asarray(parcels["geometry"], dtype=object), buildings, surveyed, threads)


def plain_records(frame: pd.DataFrame) -> list[JsonObject]:
    """Return rows as objects of plain values; what is not known is None, areas to the square millimetre."""
    names, columns = [str(name) for name in frame.columns], [_plain(frame[name]) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(column: "pd.Series[Any]") -> list[Any]:
    values = column.round(AREA_DIGITS) if is_float_dtype(column.dtype) else column
    known = column.notna().tolist()
    return [value if there else None for value, there in zip(values.tolist(), known, strict=True)]


def capacity_record(computed: ParcelCapacities, position: int = 0) -> JsonObject:
    """Return the figures of one parcel with their evidence, as the interface and the page show them."""
    (record,) = plain_records(computed.parcels.iloc[[position]])
    del record["parcel_key"]
    parts = parts_by_parcel(computed).get(record.pop("parcel_id"), [])
    return {**record, "parts": parts, "orientation_source": computed.source}


def parts_by_parcel(computed: ParcelCapacities) -> dict[Any, list[JsonObject]]:
    """Return the evidence as objects by parcel id, for the parcels that have any; the largest part first."""
    frame = computed.parts.sort_values("governed_m2", ascending=False, kind="stable")
    grouped: dict[Any, list[JsonObject]] = {}
    for record in plain_records(frame):
        grouped.setdefault(record.pop("parcel_id"), []).append(record)
    return grouped


def stored_rows(computed: ParcelCapacities, moments: "pd.Series[Any]") -> pd.DataFrame:
    """Return a result as rows of the table of stored capacities.

    Parameters
    ----------
    computed
        The result.
    moments
        By parcel id, when the availability was computed that it stands beside; parcels without are left out.
    """
    evidence = parts_by_parcel(computed)
    frame = computed.parcels[computed.parcels["parcel_id"].isin(moments.index)].drop(columns="parcel_key")
    ids = frame["parcel_id"]
    return frame.assign(
        as_of=computed.as_of,
        parts=pd.Series([evidence.get(key, []) for key in ids], dtype=object, index=frame.index),
        computed_at=moments.astype(object).reindex(ids).to_numpy(),
    )
