"""Writing GeoParquet whose bytes depend on nothing but the rows.

The coordinate system is written from the constant below: PROJ describes EPSG:25832 in more than one way (with
a datum or with an ensemble of datums), even in two processes on one machine.
"""

import json
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo_service.availability.inputs import Geometries
from geo_service.geometry import STORAGE_SRID


def _axis(name: str, abbreviation: str, direction: str, unit: str) -> dict[str, str]:
    return {"name": name, "abbreviation": abbreviation, "direction": direction, "unit": unit}


def _parameter(name: str, value: float, unit: str, code: int) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "id": {"authority": "EPSG", "code": code}}


CRS_25832: Final[dict[str, Any]] = {
    "$schema": "https://proj.org/schemas/v0.7/projjson.schema.json",
    "type": "ProjectedCRS",
    "name": "ETRS89 / UTM zone 32N",
    "base_crs": {
        "name": "ETRS89",
        "datum": {
            "type": "GeodeticReferenceFrame",
            "name": "European Terrestrial Reference System 1989",
            "ellipsoid": {
                "name": "GRS 1980",
                "semi_major_axis": 6378137,
                "inverse_flattening": 298.257222101,
            },
        },
        "coordinate_system": {
            "subtype": "ellipsoidal",
            "axis": [
                _axis("Geodetic latitude", "Lat", "north", "degree"),
                _axis("Geodetic longitude", "Lon", "east", "degree"),
            ],
        },
        "id": {"authority": "EPSG", "code": 4258},
    },
    "conversion": {
        "name": "UTM zone 32N",
        "method": {"name": "Transverse Mercator", "id": {"authority": "EPSG", "code": 9807}},
        "parameters": [
            _parameter("Latitude of natural origin", 0, "degree", 8801),
            _parameter("Longitude of natural origin", 9, "degree", 8802),
            _parameter("Scale factor at natural origin", 0.9996, "unity", 8805),
            _parameter("False easting", 500000, "metre", 8806),
            _parameter("False northing", 0, "metre", 8807),
        ],
    },
    "coordinate_system": {
        "subtype": "Cartesian",
        "axis": [_axis("Easting", "E", "east", "metre"), _axis("Northing", "N", "north", "metre")],
    },
    "id": {"authority": "EPSG", "code": STORAGE_SRID},
}
"""PROJJSON. Source: EPSG dataset, codes as given; PROJ's schema projjson 0.7."""
GEO: Final = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": [], "crs": CRS_25832}},
}
"""Metadata of a file. Source: GeoParquet 1.1."""


def write_geoparquet(file: Path, rows: pd.DataFrame, geometries: Geometries) -> None:
    """Write rows with geometries (EPSG:25832) as the column ``geometry``."""
    table = pa.Table.from_pandas(rows, preserve_index=False)
    wkb = pa.array(shapely.to_wkb(geometries), type=pa.binary())
    table = table.append_column("geometry", wkb).replace_schema_metadata({"geo": json.dumps(GEO)})
    pq.write_table(table, file, compression="zstd")
