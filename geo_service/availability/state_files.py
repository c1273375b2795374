"""A state without a database: parcels and what lies on them as GeoParquet files in a folder.

``parcels``, ``restrictions``, ``occupancies`` and ``plans``, each one file ``NAME.parquet`` or a folder
``NAME/`` of such files; EPSG:25832. Columns: `TABLES`; others are left unread.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from geo_service.availability.inputs import Geometries, Inputs, in_force, require_usable
from geo_service.availability.partitions import FLUR_DIGITS
from geo_service.errors import InvalidInput, NotReady
from geo_service.geometry import PARCEL_BOUNDS_25832, STORAGE_SRID
from geo_service.parcels.models import PARCEL_KEY_PATTERN

TEXT, ID, NUMBER, WHOLE, DAY, GEOMETRY = (
    "text",
    "text or whole number",
    "number",
    "whole number",
    "day",
    "WKB",
)
_SPAN: Final = {"valid_from": DAY, "valid_to": DAY}
_RECORD: Final = {"office": TEXT, "source": TEXT}
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "parcels": {"parcel_key": TEXT, "geometry": GEOMETRY},
    "restrictions": {
        "id": ID,
        "kind": TEXT,
        "effect": TEXT,
        "severity": TEXT,
        "share": NUMBER,
        **_SPAN,
        **_RECORD,
        "title": TEXT,
        "geometry": GEOMETRY,
    },
    "occupancies": {"id": ID, "parcel_key": TEXT, "kind": TEXT, **_SPAN, **_RECORD},
    "plans": {
        "id": ID,
        "title": TEXT,
        "legal_status": WHOLE,
        "in_force_on": DAY,
        "source_date": DAY,
        **_SPAN,
        **_RECORD,
        "geometry": GEOMETRY,
    },
}
"""Tables with their columns, all of which must be there; parcels may have valid_from and valid_to besides."""
NEVER_MISSING: Final = frozenset({"id", "parcel_key", "kind", "effect", "legal_status", "geometry"})
"""Columns in which every row needs a value."""


@dataclass(frozen=True)
class StateFolder:
    """A folder that was found to be readable, as it was then.

    Parameters
    ----------
    folder
        Absolute path, the same on all machines that read it.
    files
        Of each table the files: path below the folder, size in bytes, time of the last change in ns.
    """

    folder: Path
    files: tuple[tuple[str, tuple[tuple[str, int, int], ...]], ...]

    def dataset(self, table: str) -> ds.Dataset:
        """Open a table.

        Raises
        ------
        NotReady
            When its files are not there or not those that were checked.
        """
        known = dict(self.files)[table]
        for name, size, changed in known:
            try:
                now = (self.folder / name).stat()
            except OSError as error:
                raise NotReady(
                    f"{self.folder / name} cannot be read ({error.strerror}). The folder must be shared: "
                    "each machine of the cluster needs it under the same path."
                ) from error
            if (now.st_size, now.st_mtime_ns) != (size, changed):
                raise NotReady(f"{self.folder / name} was changed while it was computed. Start again.")
        return ds.dataset([str(self.folder / name) for name, _, _ in known], format="parquet")

    def flur_sizes(self, as_of: date) -> dict[str, int]:
        """Count the parcels of a day by Flur, and check all keys.

        Raises
        ------
        InvalidInput
            For a key that is missing, has another form or comes twice.
        """
        keys = self._keys(as_of)
        wrong = pc.fill_null(pc.invert(pc.match_substring_regex(keys, PARCEL_KEY_PATTERN)), True)
        if pc.any(wrong).as_py():
            first = keys.filter(wrong)[0].as_py()
            raise InvalidInput(
                f"parcels: {pc.sum(wrong).as_py()} of {len(keys)} rows have no valid parcel_key; first: "
                f"{first!r}. A Flurstückskennzeichen has 20 characters, such as 05124900300123____01."
            )
        counted = keys.value_counts()
        twice = counted.filter(pc.greater(counted.field("counts"), 1))
        if len(twice):
            raise InvalidInput(
                f"parcels: {len(twice)} keys come more than once; first: {twice[0]['values'].as_py()}."
            )
        fluren = pc.value_counts(pc.utf8_slice_codeunits(keys, 0, FLUR_DIGITS))
        return {entry["values"]: entry["counts"] for entry in fluren.to_pylist()}

    def _keys(self, as_of: date) -> pa.ChunkedArray:
        found = self.dataset("parcels")
        spans = [name for name in _SPAN if name in found.schema.names]
        rows = found.to_table(columns=["parcel_key", *spans])
        return rows.filter(_running(rows, as_of))["parcel_key"].cast(pa.string())

    def parcels_between(self, as_of: date, first: str, beyond: str) -> tuple[list[str], Geometries]:
        """Read the parcels of a day with first <= parcel_key < beyond, by key.

        Raises
        ------
        InvalidInput
            When one does not lie in Germany.
        """
        found = self.dataset("parcels")
        columns = [name for name in ("parcel_key", "geometry", *_SPAN) if name in found.schema.names]
        key = ds.field("parcel_key")
        rows = found.to_table(columns=columns, filter=(key >= first) & (key < beyond))
        rows = rows.filter(_running(rows, as_of)).sort_by("parcel_key")
        keys: list[str] = rows["parcel_key"].to_pylist()
        return keys, _geometries("parcels", keys, rows["geometry"])

    def land(self) -> Inputs:
        """Read what lies on the parcels, without these; kept for the next partition.

        Raises
        ------
        InvalidInput
            When a record cannot be computed.
        """
        for table in TABLES:
            self.dataset(table)
        return _land(self)


@lru_cache(maxsize=1)
def _land(state: StateFolder) -> Inputs:
    land = Inputs(
        np.empty(0, dtype=object),
        np.empty(0, dtype=object),
        _read(state, "restrictions"),
        _read(state, "occupancies").rename(columns={"parcel_key": "parcel_id"}),
        _read(state, "plans"),
    )
    require_usable(land)
    return land


def open_state(folder: Path) -> StateFolder:
    """Look at a folder: all tables must be there, with their columns and in EPSG:25832.

    Raises
    ------
    InvalidInput
        Naming the file and what is wrong with it.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder. It must hold {', '.join(TABLES)} as GeoParquet.")
    found = {}
    for table in TABLES:
        single, several = folder / f"{table}.parquet", sorted((folder / table).glob("*.parquet"))
        files = [single] if single.is_file() else several
        if not files:
            raise InvalidInput(
                f"{folder} has no {table}.parquet and no folder {table}/ of such files. A table without rows "
                "is a file with the columns alone, so that none is forgotten."
            )
        for file in files:
            _check_file(file, TABLES[table])
        found[table] = tuple(_stamp(folder, file) for file in files)
    return StateFolder(folder, tuple(found.items()))


def _stamp(folder: Path, file: Path) -> tuple[str, int, int]:
    facts = file.stat()
    return str(file.relative_to(folder)), facts.st_size, facts.st_mtime_ns


def _check_file(file: Path, columns: Mapping[str, str]) -> None:
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


def _running(rows: pa.Table, as_of: date) -> pa.Array:
    """Tell which rows hold on a day; all, where the table has no spans."""
    spans = {
        name: rows[name].to_pandas() if name in rows.column_names else pd.Series([None] * len(rows))
        for name in _SPAN
    }
    return pa.array(in_force(pd.DataFrame(spans), as_of))


def _read(state: StateFolder, table: str) -> pd.DataFrame:
    """Read a table into a frame of plain objects, as from the database."""
    rows = state.dataset(table).to_table(columns=list(TABLES[table]))
    frame = pd.DataFrame(
        {
            name: pd.Series(_plain(rows[name]), dtype=object)
            for name in rows.column_names
            if name != "geometry"
        }
    )
    for name in NEVER_MISSING & set(frame):
        if frame[name].isna().any():
            row = int(np.flatnonzero(frame[name].isna())[0])
            raise InvalidInput(f"{table}: row {row + 1} has no {name}.")
    if "id" in frame and frame["id"].duplicated().any():
        raise InvalidInput(f"{table}: the id {frame['id'][frame['id'].duplicated()].iloc[0]} comes twice.")
    if "geometry" in rows.column_names:
        frame["geometry"] = _geometries(table, frame["id"].tolist(), rows["geometry"])
    return frame


def _plain(column: pa.ChunkedArray) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return [value.date() if isinstance(value, datetime) else value for value in values]


def _geometries(table: str, names: list[Any], column: pa.ChunkedArray) -> Geometries:
    """Decode WKB; what is no land in Germany is refused."""
    values = np.array([*column.to_pylist(), None], dtype=object)[:-1]
    try:
        found: Geometries = shapely.force_2d(shapely.from_wkb(values))
    except shapely.errors.ShapelyError as error:
        raise InvalidInput(f"{table}: a geometry is no WKB: {error}") from error
    low_x, low_y, high_x, high_y = PARCEL_BOUNDS_25832
    box = shapely.bounds(found).reshape(-1, 4)
    outside = (box[:, 0] < low_x) | (box[:, 1] < low_y) | (box[:, 2] > high_x) | (box[:, 3] > high_y)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise InvalidInput(
            f"{table}: {int(outside.sum())} geometries do not lie in Germany; first: {names[first]} at "
            f"{box[first, 0]:.1f}, {box[first, 1]:.1f}. Are the axes swapped?"
        )
    return found
