"""A list of a page as a file for a spreadsheet, in the language of the page: Excel or CSV."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from fastapi import Response

from geo_service.errors import NotFound
from geo_service.imports.values import no_formula
from geo_service.sheets import workbook
from geo_service.web.frame import Frame

MOST_ROWS: Final = 20_000
"""Rows of a file at the most; all of a city are handed out as open data."""
MEDIA: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
BYTE_ORDER_MARK: Final = "\ufeff"
"""Tells Excel that a CSV file is UTF-8."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file.

    Parameters
    ----------
    heading
        In the language of the page, with the unit.
    kind
        text, number, integer, date or boolean.
    value
        What stands in it, of a row.
    """

    heading: str
    kind: str
    value: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list to be written.

    Parameters
    ----------
    name
        Name of the file and of the sheet, without the ending.
    title
        What it is.
    columns
        Its columns.
    rows
        Its rows, `MOST_ROWS` and one more at the most.
    found
        How many there are in all.
    day
        The day that it tells of.
    asked
        The filter in words.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Any]
    found: int
    day: date
    asked: Sequence[str]


def answer(frame: Frame, listed: ListFile, ending: str) -> Response:
    """Answer with a list as a file.

    Raises
    ------
    NotFound
        For an ending that no file has.
    """
    if ending not in MEDIA:
        raise NotFound(f"There is no file of the kind {ending[:20]!r}: take xlsx or csv.")
    content = _excel(frame, listed) if ending == "xlsx" else _csv(frame, listed)
    file_name = f"{frame.city.key}-{listed.name}-{listed.day.isoformat()}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=MEDIA[ending], headers=headers)


def _cells(listed: ListFile) -> Iterable[list[Any]]:
    for row in listed.rows[:MOST_ROWS]:
        yield [column.value(row) for column in listed.columns]


def _about(frame: Frame, listed: ListFile) -> dict[str, str]:
    """Return what is to be known about the file."""
    say, formats = frame.speaker.say, frame.formats
    shown = min(len(listed.rows), MOST_ROWS)
    about = {
        say("Inhalt"): listed.title,
        say("Stichtag"): formats.day(listed.day),
        say("Zeilen"): say(
            "%(shown)s von %(found)s", shown=formats.number(shown), found=formats.number(listed.found)
        ),
        say("Filter"): "; ".join(listed.asked) or "–",
        say("Herausgeber"): frame.city.name,
    }
    if frame.city.licence:
        about[say("Lizenz")] = frame.city.licence
    if any(row.is_demo for row in listed.rows[:MOST_ROWS]):
        about[say("Demo")] = say(
            "Das Register enthält erfundene Datensätze, jeder mit „Demo“ gekennzeichnet."
        )
    return about


def _excel(frame: Frame, listed: ListFile) -> bytes:
    columns = [(column.heading, column.kind) for column in listed.columns]
    with tempfile.TemporaryDirectory(prefix="geo-list-") as folder:
        path = Path(folder) / "list.xlsx"
        with workbook(path, listed.name, columns, _about(frame, listed)) as table:
            for cells in _cells(listed):
                table.add(cells)
        return path.read_bytes()


def _csv(frame: Frame, listed: ListFile) -> bytes:
    """Write semicolons and decimal commas in German, commas and decimal points in English."""
    german = frame.language == "de"
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if german else ",", lineterminator="\r\n")
    writer.writerow([column.heading for column in listed.columns])
    for cells in _cells(listed):
        writer.writerow([_plain(value, frame, german=german) for value in cells])
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def _plain(value: Any, frame: Frame, *, german: bool) -> str:  # noqa: ANN401 - of any kind
    if value is None:
        return ""
    if isinstance(value, bool):
        return frame.speaker.say("ja") if value else frame.speaker.say("nein")
    if isinstance(value, str):
        return no_formula(value)
    text = str(value)
    return text.replace(".", ",") if german and isinstance(value, float | Decimal) else text
