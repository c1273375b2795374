"""Reading geodata by GDAL: attributes as text, geometry as shapely, nothing guessed.

Source: GDAL's driver pages (GML: ``GML_FIELDTYPES``, GeoJSON: ``DATE_AS_STRING``, shapefile: encoding).
"""

import mmap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo_service.errors import InvalidInput
from geo_service.imports.choosing import LAYERS, best_part, others_left
from geo_service.imports.columns import Score
from geo_service.imports.dbf import TextField, cut_texts, text_fields
from geo_service.imports.report import Notice
from geo_service.imports.source import FileFormat, Geometries, SourceTable, no_rows
from geo_service.imports.threads import spread
from geo_service.wording import Sentence

POLYGON_WKB: Final = b"\x01\x03\x00\x00\x00"
MULTIPOLYGON_WKB: Final = b"\x01\x06\x00\x00\x00\x01\x00\x00\x00"
"""Little-endian head of a two-dimensional polygon, and of a multipolygon of one."""
NOISE: Final = ("already exists in",)
"""Warnings of GDAL that say nothing about the data: ALKIS has two elements called identifier."""
ANEW: Final = Sentence(
    "Bitte neu ausspielen und prüfen, ob sie vollständig ist.",
    "Export it anew, and check that it is complete.",
)
UTF8_DBF: Final = "UTF-8"


def read_vector(
    path: Path, file_format: FileFormat, score: Score, layer: str | None, encoding: str | None
) -> SourceTable:
    """Read one layer of a geodata file.

    Parameters
    ----------
    path
        The file, alone in its folder (GDAL writes notes beside it).
    file_format
        What it is.
    score
        Counts known headings.
    layer
        Layer to read; None: the one with most known headings.
    encoding
        Character encoding of a shapefile's table; None: as it states, else found out.

    Raises
    ------
    InvalidInput
        When GDAL cannot read it; with its reason.
    """
    name = str(path)
    if file_format is FileFormat.GEOJSON:
        name = f"GeoJSON:{path}"
        _require_no_zero(path)
    if file_format is FileFormat.SHAPEFILE:
        _require_shape_parts(path)
        encoding = encoding or _table_encoding(path.with_suffix(".dbf"))
    with warnings.catch_warnings(record=True) as heard, _attributes_as_text():
        warnings.simplefilter("always")
        try:
            layers = [str(row[0]) for row in pyogrio.list_layers(name)]
            chosen = _choose_layer(name, layers, score, (layer, encoding), file_format)
            table = _read(name, file_format, chosen, encoding)
        except (DataSourceError, DataLayerError, pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise InvalidInput(_unreadable(file_format, str(error))) from error
    notices = [*_notices(heard), *(others_left(chosen, layers, LAYERS) if layer is None else ())]
    fields: tuple[TextField, ...] = ()
    if file_format is FileFormat.SHAPEFILE:
        headings = [str(heading) for heading in table["text"].columns]
        fields = text_fields(path.with_suffix(".dbf"), headings, utf8=_is_utf8(path, encoding))
        notices.extend(cut_texts(table["text"], fields))
    return SourceTable(
        file_format=file_format,
        layer=chosen if file_format is not FileFormat.SHAPEFILE else "",
        notices=tuple(notices),
        fields=fields,
        **table,
    )


@contextmanager
def _attributes_as_text() -> Iterator[None]:
    """Keep GDAL from guessing types: 008 is a Flur, not the number 8."""
    pyogrio.set_gdal_config_options({"GML_FIELDTYPES": "ALWAYS_STRING", "GML_DOWNLOAD_SCHEMA": "NO"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"GML_FIELDTYPES": None, "GML_DOWNLOAD_SCHEMA": None})


def _choose_layer(
    name: str,
    layers: list[str],
    score: Score,
    asked: tuple[str | None, str | None],
    file_format: FileFormat,
) -> str:
    """Return the layer to read; ``asked``: layer and encoding that a person named."""
    layer, encoding = asked
    if not layers:
        raise InvalidInput(Sentence("Die Datei enthält keine Ebene.", "The file holds no layer."))
    named = len(layers) > 1 or file_format is FileFormat.GEOPACKAGE
    if layer is not None and layer not in layers and named:
        known = ", ".join(layers)
        said = Sentence(
            f"Es gibt keine Ebene {layer!r}. Bekannt: {known}.",
            f"There is no layer {layer!r}. Known: {known}.",
        )
        raise InvalidInput(said, parameter="layer")
    if layer in layers:
        return layer
    if len(layers) == 1:
        return layers[0]
    scores = {
        one: score(map(str, pyogrio.read_info(name, layer=one, encoding=encoding)["fields"]))
        for one in layers
    }
    return best_part(scores, lambda one: _rows_in(name, one), LAYERS)


def _rows_in(name: str, layer: str) -> int:
    return int(pyogrio.read_info(name, layer=layer, force_feature_count=True)["features"])


def _unreadable(file_format: FileFormat, said: str) -> Sentence:
    """Say that GDAL cannot read a file, without its advice about drivers and paths."""
    start = Sentence(
        f"Die Datei ist als {file_format} nicht lesbar:", f"The file cannot be read as {file_format}:"
    )
    reason = said.split("; It might help", maxsplit=1)[0].rstrip(".")
    why = Sentence(f"{reason}.", f"{reason}.")
    if "not recognized as being in a supported file format" in said:
        why = Sentence("Sie enthält keine Ebene oder ist beschädigt.", "it holds no layer, or is damaged.")
    elif file_format is FileFormat.GEOJSON:
        complete = Sentence(
            "Ist es eine FeatureCollection, und vollständig? Bitte neu ausspielen.",
            "Is it a FeatureCollection, and complete? Export it anew.",
        )
        return Sentence.join([start, why, complete], " ")
    return Sentence.join([start, why, ANEW], " ")


def _read(name: str, file_format: FileFormat, layer: str, encoding: str | None) -> dict[str, Any]:
    """Return the members of a source table that depend on the content."""
    with_ids = file_format is FileFormat.GEOPACKAGE
    # GDAL would turn 30 February into 1 March without a word
    options = {"DATE_AS_STRING": "YES"} if file_format is FileFormat.GEOJSON else {}
    meta, table = pyogrio.read_arrow(name, layer=layer, encoding=encoding, return_fids=with_ids, **options)
    geometry_name = meta["geometry_name"] or "wkb_geometry"
    numbers = np.arange(1, table.num_rows + 1, dtype=np.int64)
    if with_ids:
        ids = table.column(0).to_numpy().astype(np.int64)
        numbers = ids if (np.diff(ids) > 0).all() else numbers
        table = table.remove_column(0)
    geometry, broken = None, no_rows(table.num_rows)
    if geometry_name in table.column_names:
        position = table.column_names.index(geometry_name)
        try:
            geometry, broken = _geometries(np.asarray(table.column(position)))
        except NotImplementedError:  # arcs: GDAL makes lines of them on the other way of reading
            parsed = pyogrio.raw.read(name, layer=layer, columns=[])[2]
            geometry, broken = _geometries(parsed)
        table = table.remove_column(position)
    text = {column: _text(table.column(column)) for column in table.column_names}
    return {
        "text": pd.DataFrame({name: values for name, values in text.items() if values is not None}),
        "numbers": numbers,
        "geometry": geometry,
        "broken": broken,
        "crs": _crs(meta["crs"]),
        "extra_cells": no_rows(len(numbers)),
    }


def _geometries(wkb: npt.NDArray[np.object_]) -> tuple[Geometries, npt.NDArray[np.bool_]]:
    """Decode WKB; polygons become multipolygons on the way, which costs least here."""
    promoted = np.array(
        [MULTIPOLYGON_WKB + bytes(one) if one is not None and one[:5] == POLYGON_WKB else one for one in wkb],
        dtype=object,
    )
    geometries: Geometries = spread(_decode, promoted)
    missing = np.array([one is None for one in wkb], dtype=bool)
    return geometries, np.asarray(shapely.is_missing(geometries) & ~missing)


def _decode(wkb: npt.NDArray[np.object_]) -> Geometries:
    """Decode WKB; what cannot be read is missing, corners that are no number are told of later."""
    with np.errstate(invalid="ignore"):
        decoded: Geometries = shapely.from_wkb(wkb, on_invalid="ignore")
    return decoded


def _text(column: pa.ChunkedArray) -> "pd.Series[str] | None":
    """Return an attribute as text; None for binary ones."""
    kind = column.type
    if isinstance(kind, pa.ExtensionType | pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], type=kind.storage_type)
        kind = kind.storage_type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return None
    if pa.types.is_list(kind):
        column = pc.binary_join(pc.cast(column, pa.list_(pa.string())), ";")
    series: pd.Series[str] = pc.cast(column, pa.large_string()).to_pandas().astype("str")
    return series


def _crs(stated: str | None) -> CRS | None:
    if not stated:
        return None
    try:
        return CRS.from_user_input(stated)
    except CRSError:
        return None


def _notices(heard: list[warnings.WarningMessage]) -> Iterator[Notice]:
    for warning in heard:
        said = str(warning.message)
        if not any(noise in said for noise in NOISE):
            yield Notice("reader", Sentence(f"Hinweis beim Lesen: {said}", f"Hint while reading: {said}"))


def _require_no_zero(path: Path) -> None:
    """Refuse a text that GDAL would cut off at a zero character without a word."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find(rb"\u0000") >= 0:
            raise InvalidInput(
                Sentence(
                    "Ein Text der Datei enthält das Steuerzeichen \\u0000. Bitte entfernen Sie es.",
                    "A text in the file contains the control character \\u0000. Please remove it.",
                )
            )


def _require_shape_parts(path: Path) -> None:
    missing = [suffix for suffix in (".shp", ".dbf", ".shx") if not path.with_suffix(suffix).exists()]
    if missing:
        parts = ", ".join(missing)
        raise InvalidInput(
            Sentence(
                f"Dem Shapefile fehlt {parts}. Es gehört unter demselben Namen daneben; in einer ZIP-Datei "
                "liegt alles beieinander.",
                f"The shapefile lacks its part(s) {parts}. They belong beside it, under the same name; a "
                "zipped shapefile holds them all.",
            )
        )


def _is_utf8(path: Path, encoding: str | None) -> bool:
    """Tell whether the table of a shapefile is in UTF-8: as chosen, else as its .cpg says."""
    code_page = path.with_suffix(".cpg")
    stated = code_page.read_text(encoding="ascii", errors="replace") if code_page.exists() else ""
    return "UTF8" in (encoding or stated).upper().replace("-", "")


def _table_encoding(path: Path) -> str | None:
    """Tell the encoding of a shapefile's table that does not state one: UTF-8 when it reads as such.

    Where nothing is stated most writers mean Windows-1252.
    """
    if path.with_suffix(".cpg").exists():
        return None
    data = path.read_bytes()
    body = data[int.from_bytes(data[8:10], "little") :]
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252" if data[29:30] in (b"\x00", b"\x03", b"\x57") else None
    return UTF8_DBF
