"""A state without a database: parcels and what lies on them as GeoParquet files in a folder.

Its tables: `state_tables`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import shapely

from geo_service.availability.capacities import AREA_COLUMNS
from geo_service.availability.facts import Words
from geo_service.availability.inputs import (
    Geometries,
    Inputs,
    in_force,
    require_polygons,
    require_usable,
)
from geo_service.availability.partitions import FLUR_DIGITS
from geo_service.availability.state_tables import NEVER_MISSING, SPAN, TABLES, check_file
from geo_service.errors import InvalidInput, NotReady
from geo_service.geometry import PARCEL_BOUNDS_25832
from geo_service.parcels.models import PARCEL_KEY_PATTERN

Range = tuple[str, str]
"""Keys from the first up to, but without, the second, compared character by character."""


@dataclass(frozen=True)
class ParcelRows:
    """Parcels as read, by key; arrays of shape (n,).

    Parameters
    ----------
    keys
        Flurstückskennzeichen.
    shapes
        Their polygons, EPSG:25832.
    actual_use
        As the cadastre supplies it; None: not known.
    """

    keys: npt.NDArray[Any]
    shapes: Geometries
    actual_use: Words


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
        spans = [name for name in SPAN if name in found.schema.names]
        rows = found.to_table(columns=["parcel_key", *spans])
        return rows.filter(_running(rows, as_of))["parcel_key"].cast(pa.string())

    def parcels_in(self, as_of: date, ranges: Sequence[Range]) -> ParcelRows:
        """Read the parcels of a day whose keys lie in one of some ranges, by key.

        Raises
        ------
        InvalidInput
            When one does not lie in Germany.
        """
        found = self.dataset("parcels")
        columns = [name for name in (*TABLES["parcels"], *SPAN) if name in found.schema.names]
        key, wanted = ds.field("parcel_key"), ds.scalar(False)
        for first, beyond in ranges:
            wanted |= (key >= first) & (key < beyond)
        rows = found.to_table(columns=columns, filter=wanted)
        rows = rows.filter(_running(rows, as_of)).sort_by("parcel_key")
        keys = _objects(rows["parcel_key"])
        shapes = decoded("parcels", keys.tolist(), rows["geometry"])
        return ParcelRows(keys, shapes, _objects(rows["actual_use"]))

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

    def plan_areas(self, as_of: date) -> pd.DataFrame:
        """Read the building areas of the plans of a day, columns `capacities.AREA_COLUMNS`."""
        plans = self.land().plans
        columns = ["id", "legal_status", "in_force_on", "plan_key", "source"]
        plans = plans.loc[in_force(plans, as_of), columns].rename(columns={"id": "plan_id"})
        return _table(self, "plan_areas").merge(plans, on="plan_id")[list(AREA_COLUMNS)]

    def land_use(self, as_of: date) -> pd.DataFrame:
        """Read the areas of the land-use plan of a day: columns of the table."""
        areas = _table(self, "land_use")
        return areas[in_force(areas, as_of)].reset_index(drop=True)


@lru_cache(maxsize=1)
def _land(state: StateFolder) -> Inputs:
    land = Inputs(
        np.empty(0, dtype=object),
        np.empty(0, dtype=object),
        read_table(state, "restrictions"),
        read_table(state, "occupancies").rename(columns={"parcel_key": "parcel_id"}),
        read_table(state, "plans"),
    )
    require_usable(land)
    return land


@lru_cache(maxsize=2)
def _table(state: StateFolder, table: str) -> pd.DataFrame:
    """Read a table of areas; kept for the next partition."""
    areas = read_table(state, table)
    require_polygons(table, areas["id"].to_numpy(), np.asarray(areas["geometry"], dtype=object))
    return areas


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
            check_file(file, TABLES[table])
        found[table] = tuple(_stamp(folder, file) for file in files)
    return StateFolder(folder, tuple(found.items()))


def _stamp(folder: Path, file: Path) -> tuple[str, int, int]:
    facts = file.stat()
    return str(file.relative_to(folder)), facts.st_size, facts.st_mtime_ns


def _running(rows: pa.Table, as_of: date) -> pa.Array:
    """Tell which rows hold on a day; all, where the table has no spans."""
    spans = {
        name: rows[name].to_pandas() if name in rows.column_names else pd.Series([None] * len(rows))
        for name in SPAN
    }
    return pa.array(in_force(pd.DataFrame(spans), as_of))


def read_table(state: StateFolder, table: str) -> pd.DataFrame:
    """Read a table into a frame of plain objects, as from the database.

    Raises
    ------
    InvalidInput
        When an id comes twice, or as `frame_of`.
    """
    frame = frame_of(table, state.dataset(table).to_table(columns=list(TABLES[table])))
    if frame["id"].duplicated().any():
        raise InvalidInput(f"{table}: the id {frame['id'][frame['id'].duplicated()].iloc[0]} comes twice.")
    return frame


def frame_of(table: str, rows: pa.Table) -> pd.DataFrame:
    """Return rows of a table as a frame of plain objects, with decoded geometry.

    Raises
    ------
    InvalidInput
        When a value is missing that every row needs, or a geometry does not lie in Germany.
    """
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
    if "geometry" in rows.column_names:
        frame["geometry"] = decoded(table, frame["id"].tolist(), rows["geometry"])
    return frame


def _plain(column: pa.ChunkedArray) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return [value.date() if isinstance(value, datetime) else value for value in values]


def _objects(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    return np.array([*column.to_pylist(), None], dtype=object)[:-1]


def decoded(table: str, names: list[Any], column: pa.ChunkedArray) -> Geometries:
    """Decode WKB; what is no land in Germany is refused.

    Raises
    ------
    InvalidInput
        Naming the first that is no WKB or lies elsewhere.
    """
    try:
        found: Geometries = shapely.from_wkb(_objects(column))
    except shapely.errors.ShapelyError as error:
        raise InvalidInput(f"{table}: a geometry is no WKB: {error}") from error
    if shapely.has_z(found).any():
        found = shapely.force_2d(found)
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
