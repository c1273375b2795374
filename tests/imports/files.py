"""Hand-drawn files for the tests of imports: a row of squares in the middle of Dortmund, in any format."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry import mapping
from sqlalchemy import text

from geo_service.db import Database
from geo_service.imports.catalogue import run_import
from geo_service.imports.report import ImportOptions, ImportReport

WEST, SOUTH = 394_000.0, 5_707_000.0
"""Corner of the first square, EPSG:25832."""
SIDE = 20.0
"""Side of a square, metres: an area of 400 m2."""

Row = dict[str, Any]


def square(number: int, side: float = SIDE) -> shapely.Polygon:
    """The square of a number; neighbours touch."""
    west = WEST + number * SIDE
    return shapely.box(west, SOUTH, west + side, SOUTH + side)


def parcel_key(number: int) -> str:
    """A key in Gemarkung Bodelschwingh, Flur 3."""
    return f"051249003{number:05d}______"


def parcel_rows(numbers: Sequence[int] = range(1, 4), **changed: Any) -> list[Row]:
    """Rows of the vereinfachtes Schema, with a geometry each."""
    rows: list[Row] = [
        {
            "flstkennz": parcel_key(number),
            "gemarkung": "Bodelschwingh",
            "gemaschl": "051249",
            "flur": "003",
            "flstnrzae": str(number),
            "flaeche": "400.00",
            "gemeinde": "Dortmund",
            "gmdschl": "05913000",
            "lagebeztxt": f"Musterweg {number}",
            "tntxt": "Wohnbaufläche;400",
            "aktualit": "2024-05-01Z",
            "geometry": square(number),
        }
        for number in numbers
    ]
    return [{**row, **changed} for row in rows]


def write_geojson(path: Path, rows: Sequence[Row], crs: int | None = 25832) -> Path:
    """Write features with properties as they are; ``crs`` as the old member, None: none stated."""
    features = [
        {
            "type": "Feature",
            "properties": {name: value for name, value in row.items() if name != "geometry"},
            "geometry": None if row.get("geometry") is None else mapping(row["geometry"]),
        }
        for row in rows
    ]
    collection: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs is not None:
        collection["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{crs}"}}
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    return path


def frame_of(rows: Sequence[Row], crs: int = 25832) -> gpd.GeoDataFrame:
    """The rows as a frame, for GeoPackage and shape."""
    plain = [{name: value for name, value in row.items() if name != "geometry"} for row in rows]
    return gpd.GeoDataFrame(plain, geometry=[row["geometry"] for row in rows], crs=crs)


def write_csv(
    path: Path, rows: Sequence[Mapping[str, str]], *, separator: str = ";", encoding: str = "utf-8-sig"
) -> Path:
    """Write a table as a spreadsheet program exports it."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


def bring(database: Database, kind: str, path: Path, **options: Any) -> ImportReport:
    """Import a file."""
    return run_import(database, kind, path, ImportOptions(actor="test", **options))


def said(report: ImportReport) -> list[tuple[int, str, str]]:
    """Row, field and code of every reject."""
    return [(reject.row, reject.field, reject.code) for reject in report.rejects]


def told(report: ImportReport) -> dict[str, int]:
    """Code and number of rows of every notice."""
    return {notice.code: notice.count for notice in report.warnings}


TABLES = (
    "districts, quarters, parcels, buildings, occupancies, restrictions, land_use_areas, premises, "
    "vacancies, sites, import_runs, audit"
)


def empty(database: Database) -> None:
    """Remove every row that an import may have written."""
    with database.begin(actor="test") as connection:
        connection.execute(text(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE"))


def emptied(database: Database) -> Iterator[Database]:
    """Give a test the worker's register without rows, and leave it so: imports commit."""
    empty(database)
    yield database
    empty(database)


def rows_of(database: Database, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Ask the register with SQL written for the test."""
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(statement), parameters)]


def table_hash(database: Database, *tables: str) -> str:
    """One value that changes with any change of any column of any row."""
    parts = [
        rows_of(database, f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t.id), '')) FROM {table} t")[
            0
        ][0]
        for table in tables
    ]
    return "-".join(parts)
