"""The reject file: rows that were refused, to be corrected and read again beside the original file."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS

from geo_service.errors import InvalidInput
from geo_service.imports.located import read_wkt
from geo_service.imports.report import Language, Reject
from geo_service.imports.source import Geometries, SourceTable, as_text
from geo_service.imports.values import fold

ROW: Final = "import_row"
FIELD: Final = "import_field"
REASON: Final = "import_reason"
GEOMETRY: Final = "geometry"
WRITTEN: Final = {".csv": "CSV", ".gpkg": "GPKG", ".geojson": "GeoJSON"}
"""Formats of the reject file by ending."""
BAR: Final = " | "


def write_rejects(
    path: Path, source: SourceTable, rejects: Sequence[Reject], language: Language = "de"
) -> None:
    """Write the rejected rows as they stand in the file, with number, field and reason in front.

    Parameters
    ----------
    path
        Ends in .csv (semicolons, UTF-8, geometry as EWKT), .gpkg or .geojson.
    source
        The file as read.
    rejects
        Why rows were refused; several reasons of a row stand in one line.
    language
        Language of the reasons.

    Raises
    ------
    InvalidInput
        When the ending is another one, or the file cannot be written.
    """
    require_writable(path)
    frame = _rejected_rows(source, rejects, language)
    try:
        if path.suffix.lower() == ".csv":
            _write_csv(path, source, frame)
        else:
            _write_layer(path, source, frame)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.", parameter="rejects") from error


def require_writable(path: Path | None) -> None:
    """Refuse a reject file that could not be written, before the work is done.

    Raises
    ------
    InvalidInput
        When its ending is none of those that are written, or its folder does not exist.
    """
    if path is None:
        return
    if path.suffix.lower() not in WRITTEN:
        raise InvalidInput(
            f"The reject file must end in {', '.join(WRITTEN)}: {path.name}.", parameter="rejects"
        )
    if not path.parent.is_dir():
        raise InvalidInput(f"There is no folder {path.parent} for the reject file.", parameter="rejects")


def _rejected_rows(source: SourceTable, rejects: Sequence[Reject], language: Language) -> pd.DataFrame:
    by_row: dict[int, list[Reject]] = {}
    for reject in rejects:
        by_row.setdefault(reject.row, []).append(reject)
    positions = [position for position, number in enumerate(source.numbers) if int(number) in by_row]
    said = [by_row[int(source.numbers[position])] for position in positions]
    frame = source.text.iloc[positions].copy()
    frame = frame.drop(columns=[name for name in (ROW, FIELD, REASON) if name in frame.columns])
    frame.insert(0, ROW, source.numbers[positions])
    frame.insert(1, FIELD, [BAR.join(reject.field for reject in row) for row in said])
    frame.insert(2, REASON, [BAR.join(getattr(reject.reason, language) for reject in row) for row in said])
    return frame


def _write_csv(path: Path, source: SourceTable, frame: pd.DataFrame) -> None:
    if source.geometry is not None and GEOMETRY not in frame.columns:
        places = source.geometry[frame.index.to_numpy()]
        head = f"SRID={source.crs.to_epsg()};" if source.crs is not None and source.crs.to_epsg() else ""
        frame[GEOMETRY] = [
            None if place is None else f"{head}{shapely.to_wkt(place, rounding_precision=-1)}"
            for place in places
        ]
    frame.to_csv(path, sep=";", index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _write_layer(path: Path, source: SourceTable, frame: pd.DataFrame) -> None:
    named = {
        name: f"{name}_" if name.lower() in ("fid", "geom", GEOMETRY) else name for name in frame.columns
    }
    layer, kind = frame.rename(columns=named), None
    if source.geometry is not None:
        places = source.geometry[frame.index.to_numpy()]
        layer, kind = gpd.GeoDataFrame(layer, geometry=list(places), crs=source.crs), "Unknown"
    path.unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")  # the original file names none either
        pyogrio.write_dataframe(
            layer, path, driver=WRITTEN[path.suffix.lower()], layer="rejects", geometry_type=kind
        )


def with_corrections(source: SourceTable, corrected: SourceTable) -> SourceTable:
    """Return the file with the rows of a corrected reject file in place of those of the same number.

    Parameters
    ----------
    source
        The original file.
    corrected
        The reject file, corrected.

    Raises
    ------
    InvalidInput
        When the reject file has no row numbers, or some that the original does not have.
    """
    number_heading = next((name for name in corrected.headings if fold(name) == "importrow"), None)
    if number_heading is None:
        raise InvalidInput(
            f"The corrected file has no column {ROW}: is it a reject file?", parameter="corrected"
        )
    position_of = {int(number): position for position, number in enumerate(source.numbers)}
    numbers = pd.to_numeric(corrected.text[number_heading], errors="coerce")
    positions = [position_of.get(int(number), -1) if number == number else -1 for number in numbers]  # noqa: PLR0124 - NaN
    if -1 in positions:
        wrong = corrected.text[number_heading].iloc[positions.index(-1)]
        raise InvalidInput(
            f"The corrected file speaks of row {wrong}, which the original file does not have.",
            parameter="corrected",
        )
    broken, extra = source.broken.copy(), source.extra_cells.copy()
    extra[positions] = corrected.extra_cells
    geometry = source.geometry
    if geometry is not None and (read := _places(corrected)) is not None:
        geometry = geometry.copy()
        geometry[positions], broken[positions] = _in_system_of(source, *read)
    return replace(
        source,
        text=_merged_text(source, corrected, positions),
        geometry=geometry,
        broken=broken,
        extra_cells=extra,
        notices=(*source.notices, *corrected.notices),
    )


def _merged_text(source: SourceTable, corrected: SourceTable, positions: Sequence[int]) -> pd.DataFrame:
    """Put the corrected texts in place of the original ones."""
    merged = source.text.copy()
    for heading in source.headings:
        for written in (heading, f"{heading}_"):
            if written in corrected.headings:
                column = merged[heading].to_numpy(dtype=object, copy=True)
                column[list(positions)] = corrected.text[written].to_numpy(dtype=object)
                merged[heading] = as_text(column, merged.index)
                break
    return merged


def _places(corrected: SourceTable) -> tuple[Geometries, npt.NDArray[np.bool_], CRS | None] | None:
    """Return geometry, which of it is unreadable, and its system; None when the file has none."""
    if corrected.geometry is not None:
        return corrected.geometry, corrected.broken, corrected.crs
    heading = next((name for name in corrected.headings if fold(name) == GEOMETRY), None)
    return None if heading is None else read_wkt(corrected.text[heading])


def _in_system_of(
    source: SourceTable, places: Geometries, broken: npt.NDArray[np.bool_], crs: CRS | None
) -> tuple[Geometries, npt.NDArray[np.bool_]]:
    if crs is None or source.crs is None or crs.equals(source.crs, ignore_axis_order=True):
        return places, broken
    moved = gpd.GeoSeries(places, crs=crs).to_crs(source.crs)
    return np.asarray(moved.to_numpy(), dtype=object), broken
