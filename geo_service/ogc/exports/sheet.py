"""Excel: typed cells, no formula ever, and a second sheet that says what the data are."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import xlsxwriter
from sqlalchemy import Connection

from geo_service.auth.fields import Kind
from geo_service.ogc.exports.queries import LIST_MARK, Rows, sheet_statement
from geo_service.ogc.exports.rows import parts

if TYPE_CHECKING:
    from xlsxwriter.format import Format as CellFormat
    from xlsxwriter.worksheet import Worksheet

    from geo_service.ogc.exports.formats import About

MOST_ROWS: Final = 1_048_575
"""A sheet holds that many below its heading."""
LONGEST: Final = 32_767
"""Characters that a cell holds."""
CUT: Final = " […]"
FORMATS: Final[Mapping[str, str]] = {
    "number": "#,##0.##", "integer": "0", "date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm",
}  # fmt: skip
"""Kind to the format of its cells; Excel shows it in the reader's language."""
WIDTH: Final = 18


def write_sheet(connection: Connection, rows: Rows, about: "About", path: Path) -> None:
    """Write a workbook: the rows, and a sheet about them.

    Texts are written as texts whatever they begin with, moments in UTC, and a text that no cell can hold is
    cut and says so.
    """
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        styles = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(rows.view.collection[:31])
        kinds: dict[str, Kind] = {**rows.kinds, "lon": "number", "lat": "number"}
        styles["degrees"] = book.add_format({"num_format": "0.000000"})
        for column, name in enumerate(kinds):
            sheet.write_string(0, column, name, bold)
        sheet.set_column(0, len(kinds) - 1, WIDTH)
        sheet.freeze_panes(1, 0)
        line = 0
        for part in parts(connection, sheet_statement(rows), rows.values):
            for row in part:
                line += 1
                _write_row(sheet, line, row, kinds, styles)
        sheet.autofilter(0, 0, max(line, 1), len(kinds) - 1)
        info = book.add_worksheet("Info")
        info.set_column(0, 0, WIDTH)
        info.set_column(1, 1, 100)
        for line, (name, text) in enumerate(about.texts().items()):
            info.write_string(line, 0, name, bold)
            info.write_string(line, 1, text)


def _write_row(
    sheet: "Worksheet",
    line: int,
    row: Sequence[Any],
    kinds: Mapping[str, Kind],
    styles: "Mapping[str, CellFormat]",
) -> None:
    for column, (value, (name, kind)) in enumerate(zip(row, kinds.items(), strict=True)):
        style = styles.get("degrees" if name in {"lon", "lat"} else kind)
        if value is None:
            continue
        if isinstance(value, bool):
            sheet.write_boolean(line, column, value)
        elif isinstance(value, int | float | Decimal):
            sheet.write_number(line, column, value, style)
        elif kind in {"date", "moment"}:
            sheet.write_datetime(line, column, _naive(value), style)
        else:
            sheet.write_string(line, column, _text(value))


def _naive(value: Any) -> Any:  # noqa: ANN401 - a date or a moment
    """Return a day, or a moment in UTC without its zone: Excel knows none."""
    return value.astimezone(ZoneInfo("UTC")).replace(tzinfo=None) if isinstance(value, datetime) else value


def _text(value: Any) -> str:  # noqa: ANN401 - a text, a list or a structure
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = LIST_MARK.join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT
