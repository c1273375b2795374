"""Rows as PostgreSQL's binary COPY wants them, packed column by column in bulk.

Writing row by row costs several times as much as everything else that happens to a row in this process.

Source: PostgreSQL documentation, "COPY", section "Binary Format"; PostGIS ``geometry_recv`` (well-known
binary, the column's SRID where it names none).
"""

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, Date, Float, Integer, Numeric, SmallInteger, String, Table, Text
from sqlalchemy.types import TypeEngine

from geo_service.imports.threads import spread

HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TAIL: Final = b"\xff\xff"
BLOCK_ROWS: Final = 20_000
"""Rows packed at once: bounds the memory that it takes."""
EPOCH_DAYS: Final = 10_957
"""Days from 1970-01-01 to 2000-01-01, where PostgreSQL counts from."""
MISSING: Final = -1
"""Length that stands for NULL."""

Cells = Any  # pyarrow has no types
"""One column as bytes (large_binary array), NULL where missing."""


def pack(table: Table, frame: pd.DataFrame) -> Iterator[bytes]:
    """Yield the body of a binary COPY of a frame.

    Parameters
    ----------
    table
        Target; its columns of the frame's names say the types.
    frame
        Rows; geometries as shapely objects in the column's coordinate system, missing values as None or NaN.
    """
    packers = [packer_of(table.columns[str(name)].type) for name in frame.columns]
    if any(packer is None for packer in packers):
        raise TypeError(f"a column of {table.name} cannot be packed")
    yield HEAD
    for start in range(0, len(frame), BLOCK_ROWS):
        block = frame.iloc[start : start + BLOCK_ROWS]
        pieces: list[Any] = [pa.scalar(len(packers).to_bytes(2, "big"), pa.large_binary())]
        for number, packer in enumerate(packers):
            if packer is not None:
                cells = packer(block.iloc[:, number])
                pieces += [_lengths(cells), cells.fill_null(b"")]
        rows = pc.binary_join_element_wise(*pieces, pa.scalar(b"", pa.large_binary()))
        yield rows.buffers()[2].to_pybytes()
    yield TAIL


def can_pack(table: Table, frame: pd.DataFrame) -> bool:
    """Tell whether every column of a frame is of a type that is packed here."""
    return all(packer_of(table.columns[str(name)].type) is not None for name in frame.columns)


def packer_of(kind: TypeEngine[Any]) -> "Callable[[pd.Series[Any]], Cells] | None":
    """Return what packs a column of a type; None for types that are left to psycopg."""
    if isinstance(kind, Geometry):
        return _geometries
    if isinstance(kind, Numeric) and not isinstance(kind, Float):
        return None
    return next((packer for known, packer in PACKERS.items() if isinstance(kind, known)), None)


def _lengths(cells: Cells) -> Cells:
    """Return the length of every cell as four bytes."""
    lengths = pc.binary_length(cells).fill_null(MISSING).to_numpy(zero_copy_only=False)
    return _fixed(lengths.astype(">i4"))


def _fixed(numbers: "np.ndarray[Any, np.dtype[Any]]", missing: Any = None) -> Cells:  # noqa: ANN401 - a mask
    """Return numbers in network order as cells; missing ones as NULL."""
    width = pa.binary(numbers.dtype.itemsize)
    array = pa.Array.from_buffers(width, len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))])
    cells = pc.cast(array, pa.large_binary())
    return cells if missing is None else pc.if_else(pa.array(missing), None, cells)


def _numbers(dtype: str) -> "Callable[[pd.Series[Any]], Cells]":
    def packer(column: "pd.Series[Any]") -> Cells:
        missing = column.isna().to_numpy()
        values = column.to_numpy(dtype=object) if column.dtype == object else column.array
        filled = pd.Series(values).fillna(0) if missing.any() else pd.Series(values)
        return _fixed(filled.to_numpy(dtype=dtype), missing if missing.any() else None)

    return packer


def _days(column: "pd.Series[Any]") -> Cells:
    days = pa.array(column, pa.date32(), from_pandas=True)
    missing = days.is_null().to_numpy(zero_copy_only=False)
    numbers = pc.cast(days, pa.int32()).fill_null(EPOCH_DAYS).to_numpy(zero_copy_only=False) - EPOCH_DAYS
    return _fixed(numbers.astype(">i4"), missing)


def _texts(column: "pd.Series[Any]") -> Cells:
    texts = pa.array(column, pa.large_string(), from_pandas=True)
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return pc.cast(whole, pa.large_binary())


def _geometries(column: "pd.Series[Any]") -> Cells:
    return pa.array(spread(shapely.to_wkb, column.to_numpy()), pa.large_binary())


PACKERS: Final = MappingProxyType(
    {
        SmallInteger: _numbers(">i2"),
        BigInteger: _numbers(">i8"),
        Integer: _numbers(">i4"),
        Float: _numbers(">f8"),
        Boolean: _numbers(">u1"),
        Date: _days,
        Text: _texts,
        String: _texts,
    }
)
"""Type to packer, the more special types first."""
