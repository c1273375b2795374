"""A file as it was read: text in columns, geometry beside it, nothing interpreted yet."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo_service.imports.dbf import TextField
from geo_service.imports.report import Notice

Geometries = npt.NDArray[np.object_]
"""Shapely geometries or None, shape (rows,)."""


class FileFormat(StrEnum):
    """Formats that are read, by the name that people know."""

    GML = "GML"
    GEOPACKAGE = "GeoPackage"
    GEOJSON = "GeoJSON"
    SHAPEFILE = "Shapefile"
    FLATGEOBUF = "FlatGeobuf"
    CSV = "CSV"
    EXCEL = "Excel"
    ZIP = "ZIP"


TABLES = frozenset({FileFormat.CSV, FileFormat.EXCEL})
"""Formats that people type into: numbers and dates in any spelling, places as columns."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceTable:
    """The rows of a file.

    Parameters
    ----------
    file_format
        What kind of file it is.
    layer
        Layer or sheet that was read; empty when the file has no names for them.
    text
        One column of text per heading, as in the file; missing values as NaN.
    numbers
        Number of each row as a person sees it.
    geometry
        Geometry of each row in ``crs``, x (longitude, easting) first; None for a table.
    broken
        Rows whose geometry is there but cannot be read.
    crs
        Coordinate system that the file states, if any.
    extra_cells
        Rows with more cells than headings.
    notices
        What reading found worth telling.
    fields
        Fields that may have cut texts off: those of a shapefile.
    """

    file_format: FileFormat
    layer: str
    text: pd.DataFrame
    numbers: npt.NDArray[np.int64]
    geometry: Geometries | None
    broken: npt.NDArray[np.bool_]
    crs: CRS | None
    extra_cells: npt.NDArray[np.bool_]
    notices: tuple[Notice, ...] = ()
    fields: tuple[TextField, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def headings(self) -> list[str]:
        """Headings of the columns, in the order of the file."""
        return [str(heading) for heading in self.text.columns]


def no_rows(length: int) -> npt.NDArray[np.bool_]:
    """Return a mask that holds for no row."""
    return np.zeros(length, dtype=bool)


def as_text(values: Any, index: Any = None) -> "pd.Series[str]":  # noqa: ANN401 - what pandas takes
    """Return a column of text, missing values as NaN."""
    return pd.Series(values, index=index, dtype="str")
