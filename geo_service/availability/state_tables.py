"""The tables of a state without a database: their columns, and the check that a file has them.

``parcels``, ``restrictions``, ``occupancies``, ``plans`` with their ``plan_areas``, ``buildings``,
``land_use`` and ``streets``, each one file ``NAME.parquet`` or a folder ``NAME/`` of such files; EPSG:25832.
Columns: `TABLES`; others are left unread.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from geo_service.errors import InvalidInput
from geo_service.geometry import STORAGE_SRID

TEXT, ID, NUMBER, WHOLE, DAY, GEOMETRY = (
    "text",
    "text or whole number",
    "number",
    "whole number",
    "day",
    "WKB",
)
SPAN: Final = {"valid_from": DAY, "valid_to": DAY}
_RECORD: Final = {"office": TEXT, "source": TEXT}
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "parcels": {"parcel_key": TEXT, "actual_use": TEXT, "geometry": GEOMETRY},
    "restrictions": {
        "id": ID,
        "kind": TEXT,
        "effect": TEXT,
        "severity": TEXT,
        "share": NUMBER,
        **SPAN,
        **_RECORD,
        "title": TEXT,
        "geometry": GEOMETRY,
    },
    "occupancies": {"id": ID, "parcel_key": TEXT, "kind": TEXT, **SPAN, **_RECORD},
    "plans": {
        "id": ID,
        "plan_key": TEXT,
        "title": TEXT,
        "legal_status": WHOLE,
        "in_force_on": DAY,
        "source_date": DAY,
        **SPAN,
        **_RECORD,
        "geometry": GEOMETRY,
    },
    "plan_areas": {
        "id": ID,
        "plan_id": ID,
        "zone_code": NUMBER,
        "zone": TEXT,
        "grz": NUMBER,
        "gfz": NUMBER,
        "max_storeys": NUMBER,
        "geometry": GEOMETRY,
    },
    "buildings": {"id": ID, "kind": TEXT, "storeys": NUMBER, **SPAN, "geometry": GEOMETRY},
    "land_use": {"id": ID, "use": TEXT, **SPAN, "geometry": GEOMETRY},
    "streets": {"id": ID, "street_class": TEXT, "geometry": GEOMETRY},
}
"""Tables with their columns, all of which must be there; parcels may have valid_from and valid_to besides."""
NEVER_MISSING: Final = frozenset(
    {"id", "parcel_key", "kind", "effect", "legal_status", "plan_id", "use", "geometry"}
)
"""Columns in which every row needs a value."""


def check_file(file: Path, columns: Mapping[str, str]) -> None:
    """Insist that a file has the columns of its table and is in EPSG:25832.

    Raises
    ------
    InvalidInput
        Naming the file and what is wrong with it.
    """
    try:
        schema = pq.read_schema(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidInput(f"{file} cannot be read as Parquet: {error}") from error
    missing = [name for name in columns if name not in schema.names]
    if missing:
        raise InvalidInput(
            f"{file} lacks the columns {', '.join(missing)}; it has {', '.join(schema.names)}."
        )
    for name, kind in columns.items():
        if not _fits(schema.field(name).type, kind):
            raise InvalidInput(f"{file}: {name} must be {kind}, not {schema.field(name).type}.")
    if "geometry" in columns:
        _check_crs(file, (schema.metadata or {}).get(b"geo"))


def _fits(kind: pa.DataType, wanted: str) -> bool:
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    whole, nothing = pa.types.is_integer(kind), pa.types.is_null(kind)
    fitting = {
        TEXT: text or nothing,
        ID: text or whole or nothing,
        NUMBER: pa.types.is_floating(kind) or whole or nothing,
        WHOLE: whole or nothing,
        DAY: pa.types.is_date(kind) or pa.types.is_timestamp(kind) or nothing,
        GEOMETRY: pa.types.is_binary(kind) or pa.types.is_large_binary(kind),
    }
    return bool(fitting[wanted])


def _check_crs(file: Path, metadata: bytes | None) -> None:
    if metadata is None:
        raise InvalidInput(f"{file} is no GeoParquet: it does not say how its geometry is written.")
    column = json.loads(metadata).get("columns", {}).get("geometry", {})
    if column.get("encoding") != "WKB":
        raise InvalidInput(f"{file}: geometry must be encoded as WKB, not {column.get('encoding')}.")
    crs = CRS.from_user_input(column["crs"]) if column.get("crs") else None
    if crs is None or crs.to_epsg() != STORAGE_SRID:
        name = crs.name if crs else "none, that is WGS 84"
        raise InvalidInput(f"{file}: the coordinate system must be EPSG:{STORAGE_SRID}, not {name}.")
