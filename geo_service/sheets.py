"""Excel workbooks: typed cells, no formula ever, and a second sheet that says what the data are."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import xlsxwriter

if TYPE_CHECKING:
    from xlsxwriter.format import Format as CellFormat
    from xlsxwriter.worksheet import Worksheet

LONGEST: Final = 32_767
"""Characters that a cell holds."""
CUT: Final = " […]"
LIST_MARK: Final = "|"
"""Between the texts of a list, in formats without lists."""
FORMATS: Final[Mapping[str, str]] = {
    "number": "#,##0.00", "whole": "#,##0", "integer": "0",
    "date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "degrees": "0.000000",
}  # fmt: skip
"""Kind to the format of its cells; Excel shows it in the reader's language. Numbers without decimals are
``whole``: the mark behind them would stand alone (1.234,)."""
HUNDREDTHS: Final = 2
WIDTH: Final = 18


class Table:
    """A sheet with a heading, to which rows are added one by one."""

    def __init__(
        self, sheet: "Worksheet", columns: Sequence[tuple[str, str]], styles: "Mapping[str, CellFormat]"
    ) -> None:
        self._sheet, self._styles = sheet, styles
        self._kinds = [kind for _, kind in columns]
        self.lines = 0
        for column, (name, _) in enumerate(columns):
            sheet.write_string(0, column, name, styles["bold"])
        sheet.set_column(0, len(columns) - 1, WIDTH)
        sheet.freeze_panes(1, 0)

    def add(self, row: Sequence[Any]) -> None:
        """Add a row: texts as texts whatever they begin with, moments in UTC; None is an empty cell.

        A text that no cell can hold is cut and says so.
        """
        self.lines += 1
        for column, (value, kind) in enumerate(zip(row, self._kinds, strict=True)):
            self._write(column, value, kind)

    def _write(self, column: int, value: Any, kind: str) -> None:  # noqa: ANN401 - of any kind
        sheet, line = self._sheet, self.lines
        if kind == "number" and isinstance(value, int | float | Decimal) and _is_whole(value):
            kind = "whole"
        style = self._styles.get(kind)
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(line, column, value)
        elif isinstance(value, int | float | Decimal):
            sheet.write_number(line, column, value, style)
        elif kind in {"date", "moment"}:
            sheet.write_datetime(line, column, _naive(value), style)
        else:
            sheet.write_string(line, column, _text(value))


@contextmanager
def workbook(
    path: Path, name: str, columns: Sequence[tuple[str, str]], about: Mapping[str, str]
) -> Iterator[Table]:
    """Write a workbook: a table, and a sheet about it.

    Parameters
    ----------
    path
        The file.
    name
        Name of the first sheet; cut to what Excel takes.
    columns
        Heading and kind of each column; kinds are those of `FORMATS` and others, which are texts.
    about
        What the second sheet says: heading and text.
    """
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        styles = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
        styles["bold"] = book.add_format({"bold": True})
        sheet = book.add_worksheet(name[:31])
        table = Table(sheet, columns, styles)
        yield table
        sheet.autofilter(0, 0, max(table.lines, 1), len(columns) - 1)
        info = book.add_worksheet("Info")
        info.set_column(0, 0, WIDTH)
        info.set_column(1, 1, 100)
        for line, (heading, text) in enumerate(about.items()):
            info.write_string(line, 0, heading, styles["bold"])
            info.write_string(line, 1, text)


def _is_whole(value: float | Decimal) -> bool:
    """Tell whether a number has no decimals as it is shown."""
    return round(float(value), HUNDREDTHS).is_integer()


def _naive(value: Any) -> Any:  # noqa: ANN401 - a date or a moment
    """Return a day, or a moment in UTC without its zone: Excel knows none."""
    return value.astimezone(ZoneInfo("UTC")).replace(tzinfo=None) if isinstance(value, datetime) else value


def _text(value: Any) -> str:  # noqa: ANN401 - a text, a list or a structure
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = LIST_MARK.join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT
