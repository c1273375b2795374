"""A generated state as GeoParquet files: 2,000 parcels of which neighbours lie in different Gemarkungen."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.availability import generate_parcels, generate_restrictions
from geo_service.availability.inputs import PLAN_COLUMNS, Inputs
from tests.availability.drawing import array, frame, occupancy, plan

AS_OF = date(2026, 6, 1)
TODAY = date(2026, 3, 1)
PARCELS = 2_000
DAYS = ("valid_from", "valid_to", "in_force_on", "source_date")


def drawn_state(seed: int = 21) -> Inputs:
    """Draw a state; parcels are known by key and in its order, as if it were one partition."""
    parcels = generate_parcels(PARCELS, seed=seed)
    restrictions = generate_restrictions(260, parcels, seed=seed + 1).astype(object)
    restrictions.loc[restrictions["share"].isna(), "share"] = None
    keys = np.array(
        [
            f"05{9100 + number * 7 % 13:04d}{1 + number % 3:03d}{number:05d}______"
            for number in range(1, PARCELS + 1)
        ],
        dtype=object,
    )
    order = np.argsort(keys)
    rng = np.random.default_rng(seed + 2)
    holders = [
        occupancy(
            AS_OF + timedelta(days=int(rng.integers(1, 3000))) if rng.random() < 0.8 else None,
            parcel_id=key,
            id=number,
        )
        for number, key in enumerate(rng.choice(keys, 200, replace=False), start=2)
    ]
    areas = generate_restrictions(12, parcels, seed=seed + 3)["geometry"]
    expected = [date(2026, 4, 1), None, date(2029, 1, 1)]
    plans = [
        plan(status, expected[number % 3], area.buffer(40), id=number)
        for number, (status, area) in enumerate(zip([1000, 2400, 4000] * 4, areas, strict=True), start=2)
    ]
    return Inputs(
        keys[order],
        parcels[order],
        restrictions,
        frame(holders, tuple(holders[0])),
        frame(plans, PLAN_COLUMNS),
    )


USES = ("Straßenverkehr;600", "Wohnbaufläche / Unbebaut;500|Weg;20", "Wohnbaufläche / Offen;500", None)


def write_state(folder: Path, land: Inputs) -> Path:
    """Write a state as a city would: with geopandas, days as days.

    Uses take turns, a house of 36 m2 stands on every other parcel, and each plan has one building area.
    """
    folder.mkdir(parents=True, exist_ok=True)
    uses = [USES[number % len(USES)] for number in range(len(land.parcels))]
    named = {"parcel_key": land.parcel_ids, "actual_use": pd.Series(uses, dtype=object)}
    parcels = pd.DataFrame({**named, "geometry": land.parcels})
    write_areas(folder, land)
    occupancies = days(land.occupancies.rename(columns={"parcel_id": "parcel_key"}))
    occupancies.to_parquet(folder / "occupancies.parquet", index=False)
    keys = pd.Series([f"Hu {number}" for number in land.plans["id"]], index=land.plans.index, dtype=object)
    plans = land.plans.assign(plan_key=keys)
    for name, rows in (("parcels", parcels), ("restrictions", land.restrictions), ("plans", plans)):
        write_geo(folder / f"{name}.parquet", days(rows))
    return folder


def write_areas(folder: Path, land: Inputs) -> None:
    """Write what decides what a parcel is: houses, building areas, the land-use plan."""
    houses = shapely.buffer(shapely.centroid(land.parcels[::2]), 3, cap_style="square")
    fields: dict[str, Any] = {"kind": "building", "storeys": 2.0, "valid_from": None, "valid_to": None}
    rows = pd.DataFrame({"id": np.arange(len(houses)), "geometry": houses}).assign(**fields)
    write_geo(folder / "buildings.parquet", days(rows), row_group_size=200)
    plans = land.plans
    areas = pd.DataFrame({"id": plans["id"], "plan_id": plans["id"], "geometry": plans["geometry"]})
    density: dict[str, Any] = {
        "zone_code": 1700.0,
        "zone": "GE",
        "grz": 0.8,
        "gfz": None,
        "max_storeys": None,
    }
    write_geo(folder / "plan_areas.parquet", areas.assign(**density).astype({"gfz": float}))
    use: dict[str, Any] = {"use": "commercial", "valid_from": None, "valid_to": None}
    write_geo(folder / "land_use.parquet", days(areas.drop(columns="plan_id").assign(**use)))
    middles = shapely.get_coordinates(shapely.centroid(land.parcels[::5]))
    lines = shapely.linestrings(np.stack([middles, middles + np.array([30, 4])], axis=1))
    streets: dict[str, Any] = {"id": np.arange(len(middles)), "street_class": "residential"}
    write_geo(folder / "streets.parquet", pd.DataFrame(streets | {"geometry": lines}))


def write_geo(file: Path, rows: pd.DataFrame, crs: Any = 25832, **options: Any) -> None:
    geo = gpd.GeoDataFrame(rows.drop(columns="geometry"), geometry=array(*rows["geometry"]), crs=crs)
    if "share" in geo:
        geo["share"] = geo["share"].astype(float)
    geo.to_parquet(file, index=False, **options)


def days(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(**{name: pd.to_datetime(rows[name]) for name in DAYS if name in rows})


def with_first(land: Inputs, **fields: Any) -> Inputs:
    """Return the state with other values in its first restriction."""
    rows = land.restrictions.copy()
    for name, value in fields.items():
        rows[name] = array(value, *rows[name].iloc[1:])
    return replace(land, restrictions=rows)
