"""A state of files gives, to the last bit, what the database stores of the same land: categories too."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.engine import make_url

from geo_service.availability.assessing import assess_stored
from geo_service.availability.capacities import COLUMNS
from geo_service.availability.folders import compute_folder
from geo_service.availability.inputs import Options
from geo_service.availability.stored import refresh
from geo_service.availability.totals import AvailabilityReport
from geo_service.availability.usability import ANSWERS, INTERNAL_ANSWERS, OFFERS, SHAPE_FIGURES
from geo_service.db import Database
from geo_service.settings import Settings
from tests.availability.city import AS_OF, NETWORK, TODAY, fill_buildings, fill_city, fill_surroundings
from tests.conftest import cloned

OPTIONS = Options(AS_OF, known_on=TODAY)
SPAN = "lower(valid) AS valid_from, upper(valid) AS valid_to"
TABLES = {
    "parcels": "SELECT parcel_key, actual_use, ST_AsBinary(geom) AS geometry FROM parcels",
    "restrictions": f"SELECT id, kind, effect, severity, reduction_share AS share, {SPAN}, office, source, "
    "title, ST_AsBinary(geom) AS geometry FROM restrictions",
    "occupancies": "SELECT o.id, p.parcel_key, o.kind, lower(during) AS valid_from, "
    "upper(during) AS valid_to, o.office, o.source FROM occupancies o JOIN parcels p ON p.id = o.parcel_id",
    "plans": "SELECT id, plan_key, plan_key || ' ' || name AS title, legal_status, in_force_on, source_date, "
    f"{SPAN}, office, source, ST_AsBinary(geom) AS geometry FROM development_plans",
    "plan_areas": "SELECT id, plan_id, zone_code, zone, grz, gfz, max_storeys, ST_AsBinary(geom) AS geometry "
    "FROM plan_areas",
    "buildings": f"SELECT id, kind, storeys, {SPAN}, ST_AsBinary(geom) AS geometry FROM buildings",
    "land_use": f"SELECT id, use, {SPAN}, ST_AsBinary(geom) AS geometry FROM land_use_areas",
    "streets": "SELECT id, street_class, ST_AsBinary(geom) AS geometry FROM street_edges",
}
SPREAD = """
UPDATE parcels SET parcel_key = overlay(parcel_key PLACING (59100 + (id * 7) % 13)::text FROM 2 FOR 5),
                   gemarkung_key = '0' || (59100 + (id * 7) % 13)::text;
DELETE FROM buildings b USING parcels p WHERE ST_Intersects(b.geom, p.geom)
   AND p.gemarkung_key IN ('059103', '059104');
UPDATE buildings SET storeys = 1 + id % 4 WHERE id % 5 <> 0;
"""
"""Neighbours lie in different Gemarkungen; of two of these nobody knows the buildings."""
STORED = f"""
SELECT p.parcel_key, a.gross_m2, a.net_m2, a.estimated_m2, a.largest_piece_m2, a.severity, a.horizon,
       a.available_from, a.items::text, a.chain::text, {
    ", ".join(f"u.{name}" for name in (*SHAPE_FIGURES, *ANSWERS, *INTERNAL_ANSWERS, *OFFERS))
}, {", ".join(f"c.{name}" for name in ("built", *COLUMNS.values()))}, c.parts::text
  FROM availability a JOIN parcels p ON p.id = a.parcel_id
  JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at
  JOIN capacities c ON c.parcel_id = a.parcel_id AND c.computed_at = a.computed_at
 ORDER BY p.parcel_key
"""


def silent(_what: str, _share: float) -> None:
    """Take progress without showing it."""


@pytest.fixture(scope="module")
def city(cluster_url: str, template_database: str, run_folder: Path) -> Iterator[Database]:
    with cloned(make_url(cluster_url), template_database, f"{template_database}_files") as url:
        database = Database(Settings(database_url=url, home=run_folder / "files"))
        with database.begin(actor="test") as connection:
            fill_city(connection)
            fill_surroundings(connection)
            fill_buildings(connection)
            for statement in (*SPREAD.split(";")[:-1], NETWORK):
                connection.execute(text(statement))
        yield database
        database.engine.dispose()


@pytest.fixture(scope="module")
def stored(city: Database) -> tuple[AvailabilityReport, pd.DataFrame]:
    report = refresh(city, OPTIONS, silent, then=assess_stored)
    with city.read() as connection:
        return report, pd.DataFrame(connection.execute(text(STORED)).mappings().all())


@pytest.fixture(scope="module")
def state(city: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    with city.read() as connection:
        for name, statement in TABLES.items():
            rows = pd.DataFrame(connection.execute(text(statement)).mappings().all())
            write_table(folder / f"{name}.parquet", rows)
    return folder


def write_table(file: Path, rows: pd.DataFrame) -> None:
    for name in ("valid_from", "valid_to", "in_force_on", "source_date"):
        if name in rows:
            rows[name] = pd.to_datetime(rows[name])
    for name in ("share", "grz", "gfz"):
        if name in rows:
            rows[name] = rows[name].astype(float)
    for name in ("zone_code", "max_storeys", "storeys"):
        if name in rows:
            rows[name] = rows[name].astype("Int64")
    if "geometry" not in rows:
        rows.to_parquet(file, index=False)
        return
    shapes = shapely.from_wkb(rows["geometry"].map(bytes).to_numpy())
    gpd.GeoDataFrame(rows.drop(columns="geometry"), geometry=shapes, crs=25832).to_parquet(
        file, index=False, row_group_size=300
    )


def read(folder: Path) -> pd.DataFrame:
    files = sorted(folder.glob("*.parquet"))
    rows: pd.DataFrame = pd.concat([gpd.read_parquet(file) for file in files])
    return rows.sort_values("parcel_key", ignore_index=True)


@pytest.mark.parametrize("largest", [50_000, 90])
def test_files_hold_what_the_database_stores(
    state: Path, stored: tuple[AvailabilityReport, pd.DataFrame], tmp_path: Path, largest: int
) -> None:
    expected_report, expected = stored
    report = compute_folder(state, tmp_path / "out", OPTIONS, silent, largest=largest)
    found = read(tmp_path / "out")
    assert found["parcel_key"].tolist() == expected["parcel_key"].tolist()
    for name in expected.columns:
        here, there = plain(found[name]), plain(expected[name])
        if name in {"items", "chain"}:
            assert [without_ids(value) for value in here] == [without_ids(value) for value in there]
        elif name == "parts":
            assert [json.loads(value) for value in here] == [json.loads(value) for value in there]
            assert sum(len(json.loads(value)) for value in here) > 20
        else:
            assert here == there, name
    assert set(expected["category"]) >= {"vacant", "in_use", "gap", "unknown"}
    assert expected["frontage_m"].notna().sum() > 500
    assert set(expected["built"].map(str)) == {"True", "False", "None"}
    assert (expected["left_floor_m2"] > 0).sum() > 20
    assert report.counted == expected_report.counted == "offered"
    assert totals(report) == [pytest.approx(total, rel=1e-12) for total in totals(expected_report)]


def totals(report: AvailabilityReport) -> list[tuple[float, ...]]:
    """Return the figures by horizon and of what is apart; sums of another order differ in the last digit."""
    every: list[Any] = [*report.horizons, *report.apart]
    return [(total.parcels, total.net_m2, total.estimated_m2) for total in every]


def plain(column: "pd.Series[Any]") -> list[Any]:
    values = column.astype(object).where(column.notna(), None)
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def without_ids(written: str) -> list[dict[str, Any]]:
    """Return records without the titles that the export writes otherwise."""
    return [record | {"title": ""} for record in json.loads(written)]


def test_what_is_never_told_stays_unknown_in_files(state: Path, tmp_path: Path) -> None:
    compute_folder(state, tmp_path / "out", OPTIONS, silent)
    found = read(tmp_path / "out")
    nobody_knows = found["parcel_key"].str[:6].isin(["059103", "059104"])
    assert (found["category"][nobody_knows] == "unknown").sum() > 20
    assert (found["category"][~nobody_knows] == "unknown").sum() == 0
