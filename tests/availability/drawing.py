"""Hand-drawn land for the availability tests: a 100 x 50 m parcel and what lies on it, EPSG:25832."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo_service.availability.inputs import (
    OCCUPANCY_COLUMNS,
    PLAN_COLUMNS,
    RESTRICTION_COLUMNS,
    Inputs,
    Options,
)
from geo_service.availability.kernel import AvailabilityResult, compute_availability

EAST, NORTH = 390_000.0, 5_705_000.0
DAY = date(2026, 6, 1)


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """Draw a rectangle, metres from the parcel's south-west corner."""
    return shapely.box(EAST + x0, NORTH + y0, EAST + x1, NORTH + y1)


PARCEL = box(0, 0, 100, 50)
"""5,000 m2."""


def array(*geometries: Any) -> Any:
    result = np.empty(len(geometries), dtype=object)
    result[:] = geometries
    return result


def restriction(geometry: Any, **fields: Any) -> dict[str, Any]:
    row = {
        "id": 1,
        "kind": "water",
        "effect": "excludes",
        "severity": "unrestricted",
        "share": None,
        "valid_from": None,
        "valid_to": None,
        "office": "Umweltamt",
        "source": "drawn by hand",
        "title": "a restriction",
        "geometry": geometry,
    }
    return row | fields


def delay(geometry: Any = PARCEL, until: date | None = None, **fields: Any) -> dict[str, Any]:
    return restriction(
        geometry,
        **({"kind": "contamination", "effect": "delays", "severity": "severe", "valid_to": until} | fields),
    )


def occupancy(until: date | None, parcel_id: Any = 1, **fields: Any) -> dict[str, Any]:
    row = {
        "id": 1,
        "parcel_id": parcel_id,
        "kind": "leased",
        "valid_from": date(2020, 1, 1),
        "valid_to": until,
        "office": "Liegenschaften",
        "source": "drawn by hand",
    }
    return row | fields


def plan(
    legal_status: int, in_force_on: date | None, geometry: Any = PARCEL, **fields: Any
) -> dict[str, Any]:
    row = {
        "id": 1,
        "title": "Hu 148",
        "legal_status": legal_status,
        "in_force_on": in_force_on,
        "source_date": None,
        "valid_from": None,
        "valid_to": None,
        "office": "Stadtplanung",
        "source": "drawn by hand",
        "geometry": geometry,
    }
    return row | fields


def frame(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    numbered = [row | {"id": number} if row["id"] == 1 else row for number, row in enumerate(rows, start=1)]
    return pd.DataFrame(numbered, columns=list(columns), dtype=object)


def inputs(
    *restrictions: dict[str, Any],
    parcels: Any = (PARCEL,),
    occupancies: list[dict[str, Any]] | None = None,
    plans: list[dict[str, Any]] | None = None,
) -> Inputs:
    return Inputs(
        np.arange(1, len(parcels) + 1),
        array(*parcels),
        frame(list(restrictions), RESTRICTION_COLUMNS),
        frame(occupancies or [], OCCUPANCY_COLUMNS),
        frame(plans or [], PLAN_COLUMNS),
    )


def compute(
    *restrictions: dict[str, Any],
    parcels: Any = (PARCEL,),
    occupancies: list[dict[str, Any]] | None = None,
    plans: list[dict[str, Any]] | None = None,
    **options: Any,
) -> AvailabilityResult:
    drawn = inputs(*restrictions, parcels=parcels, occupancies=occupancies, plans=plans)
    return compute_availability(drawn, Options(**({"as_of": DAY} | options)))
