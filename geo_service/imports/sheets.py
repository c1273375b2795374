"""Reading tables that people keep: CSV in any dialect, Excel and LibreOffice sheets."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from geo_service.errors import ImportRejected, InvalidInput
from geo_service.imports.choosing import SHEETS, best_part, others_left
from geo_service.imports.columns import Score
from geo_service.imports.report import Notice
from geo_service.imports.source import FileFormat, SourceTable, as_text, no_rows
from geo_service.wording import Sentence

SEPARATORS: Final = (";", "\t", ",", "|")
HEADING_ROWS: Final = 20
"""The heading stands in one of the first rows; titles may stand above it."""
LONGEST_CELL: Final = 100_000_000
"""Most characters in one cell of a CSV file (an area written as text is long)."""

Grid = list[list[str | None]]
"""Cells row by row; None where nothing stands."""


def read_csv(path: Path, score: Score, encoding: str | None) -> SourceTable:
    """Read a CSV file: separator, heading row and encoding are found out.

    Parameters
    ----------
    path
        The file.
    score
        Counts known headings.
    encoding
        Character encoding; None: UTF-8, else UTF-16 by its mark, else Windows-1252.

    Raises
    ------
    InvalidInput
        When the text cannot be decoded or its quotes do not close.
    ImportRejected
        When no heading is known.
    """
    text, used = _decode(path, encoding)
    csv.field_size_limit(LONGEST_CELL)
    separator = _separator(text, score)
    grid: Grid = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        grid.extend([cell or None for cell in row] for row in reader)
    except csv.Error as error:
        raise InvalidInput(
            Sentence(
                f"{path.name}, Zeile {reader.line_num}: {error}. Ein Anführungszeichen ist nicht "
                "geschlossen, oder es steht einfach statt doppelt in einem Text.",
                f"{path.name}, line {reader.line_num}: {error}. A quotation mark is not closed, or stands in "
                "a text without being doubled.",
            )
        ) from error
    notices: tuple[Notice, ...] = ()
    if used == "cp1252" and encoding is None:
        notices = (Notice("encoding", WINDOWS),)
    return _table(grid, score, FileFormat.CSV, "", notices)


WINDOWS: Final = Sentence(
    "Die Datei ist nicht in UTF-8 geschrieben; sie wurde als Windows-1252 gelesen. Stimmen die Umlaute "
    "nicht, bitte --encoding angeben.",
    "The file is not written in UTF-8; it was read as Windows-1252. If umlauts are wrong, say --encoding.",
)


def _decode(path: Path, encoding: str | None) -> tuple[str, str]:
    data = path.read_bytes()
    tried = [encoding] if encoding else ["utf-8-sig", "cp1252"]
    if not encoding and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        tried = ["utf-16"]
    for name in tried:
        try:
            return data.decode(name), name
        except UnicodeDecodeError:
            continue
        except LookupError as error:
            said = Sentence(
                f"Es gibt keine Zeichenkodierung {name!r}. Versuchen Sie utf-8 oder cp1252.",
                f"There is no encoding {name!r}. Try utf-8 or cp1252.",
            )
            raise InvalidInput(said, parameter="encoding") from error
    said = Sentence(
        f"{path.name} ist nicht in {' oder '.join(tried)} geschrieben. Bitte als UTF-8 speichern, oder auf "
        "der Befehlszeile die Kodierung nennen: --encoding NAME.",
        f"{path.name} is not written in {' or '.join(tried)}. Say its encoding: --encoding NAME.",
    )
    raise InvalidInput(said, parameter="encoding")


def _separator(text: str, score: Score) -> str:
    """Return the separator with which most headings are known, then the one with most cells."""

    def quality(separator: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        rows = [row for row, _ in zip(reader, range(HEADING_ROWS), strict=False)]
        return max((score(row) for row in rows), default=0), max(map(len, rows), default=0)

    try:
        return max(SEPARATORS, key=quality)
    except csv.Error:
        return ";"


def read_excel(path: Path, score: Score, sheet: str | None) -> SourceTable:
    """Read one sheet of a workbook (.xlsx, .xlsb, .xls, .ods).

    Parameters
    ----------
    path
        The file.
    score
        Counts known headings.
    sheet
        Name of the sheet; None: the one with most known headings.

    Raises
    ------
    InvalidInput
        When the workbook is damaged or protected, has no such sheet, or several that fit alike.
    ImportRejected
        When no heading is known.
    """
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names: list[str] = list(workbook.sheet_names)
        if sheet is not None and sheet not in names:
            listed = ", ".join(names)
            said = Sentence(
                f"{path.name} hat kein Blatt {sheet!r}. Es hat: {listed}.",
                f"{path.name} has no sheet {sheet!r}. It has: {listed}.",
            )
            raise InvalidInput(said, parameter="layer")
        grids = {name: _cells(workbook, name) for name in ([sheet] if sheet else names)}
    except CalamineError as error:
        raise InvalidInput(
            Sentence(
                f"{path.name} ist nicht lesbar: {error}. Ist die Datei beschädigt oder geschützt?",
                f"{path.name} cannot be read: {error}. Is it damaged or protected?",
            )
        ) from error
    scores = {name: _best_score(grid, score) for name, grid in grids.items()}
    best = best_part(scores, lambda name: _rows_below(grids[name], score), SHEETS)
    told = others_left(best, [name for name, grid in grids.items() if any(map(any, grid))], SHEETS)
    return _table(grids[best], score, FileFormat.EXCEL, best, told)


def _cells(workbook: Any, name: str) -> Grid:  # noqa: ANN401 - calamine has no types
    sheet = workbook.get_sheet_by_name(name)
    return [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]


def _cell(value: Any) -> str | None:  # noqa: ANN401 - what a cell holds
    """Write a cell's value as unambiguous text."""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, float):
        written = str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
        return f"{written}0" if re.fullmatch(r"-?\d{1,3}\.\d{3}", written) else written
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta | int):
        return str(value)
    return value or None


def _best_score(grid: Grid, score: Score) -> int:
    return max((score([cell or "" for cell in row]) for row in grid[:HEADING_ROWS]), default=0)


def _rows_below(grid: Grid, score: Score) -> int:
    """Count the rows below the heading."""
    scores = [score([cell or "" for cell in row]) for row in grid[:HEADING_ROWS]]
    return sum(any(map(_stands, row)) for row in grid[scores.index(max(scores)) + 1 :])


def _table(
    grid: Grid, score: Score, file_format: FileFormat, layer: str, notices: tuple[Notice, ...]
) -> SourceTable:
    """Find the heading and make columns of the rows below it."""
    scores = [score([cell or "" for cell in row]) for row in grid[:HEADING_ROWS]]
    if not scores or max(scores) == 0:
        first = next((row for row in grid if any(row)), [])
        shown = ", ".join(cell.strip()[:60] for cell in first[:20] if cell)
        said = Sentence(
            f"Keine der Überschriften ist bekannt. In der ersten Zeile steht: {shown or 'nichts'}. "
            "Überschrift ist die erste Zeile mit Namen von Spalten; docs/imports.md nennt sie.",
            f"None of the headings is known. The first row reads: {shown or 'nothing'}. The first row with "
            "names of columns is the heading; docs/imports.md lists them.",
        )
        raise ImportRejected(said, code="no-heading")
    top = scores.index(max(scores))
    headings = _headings(grid[top])
    filled = [
        (number, row) for number, row in enumerate(grid[top + 1 :], start=top + 2) if any(map(_stands, row))
    ]
    width = len(headings)
    padded = [[*row[:width], *[None] * (width - len(row))] for _, row in filled]
    columns = zip(*padded, strict=True) if padded else [()] * width
    named = {name: as_text(list(cells)) for name, cells in zip(headings, columns, strict=True) if name}
    text = pd.DataFrame(named, index=range(len(filled)))
    return SourceTable(
        file_format=file_format,
        layer=layer,
        text=text,
        numbers=np.array([number for number, _ in filled], dtype=np.int64),
        geometry=None,
        broken=no_rows(len(filled)),
        crs=None,
        extra_cells=np.array([any(map(_stands, row[width:])) for _, row in filled], dtype=bool),
        notices=notices,
    )


def _stands(cell: str | None) -> bool:
    return bool(cell and cell.strip())


def _headings(row: Sequence[str | None]) -> list[str]:
    """Return the headings; a second one of the same name is numbered, trailing empty ones are left out."""
    names: list[str] = []
    last = max(number for number, cell in enumerate(row) if _stands(cell))
    for cell in row[: last + 1]:
        name = (cell or "").strip()
        repeated = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({repeated + 1})" if name and repeated else name)
    return names
