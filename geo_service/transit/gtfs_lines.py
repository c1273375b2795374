"""Walk through a text file of a feed row by row, to say where something is wrong."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from geo_service.transit.gtfs_files import Table, csv_rows

SHOWN_CHARACTERS: Final = 80
"""Characters of a faulty value that a message repeats."""


def find_row(table: Table, field: str, wrong: Callable[[str], bool]) -> tuple[int, str]:
    """Return row (the header is row 1) and value of the first field that is wrong; (0, "") when none is."""
    return next(find_rows(table, field, wrong), (0, ""))


def find_rows(
    table: Table, field: str, wrong: Callable[[str], bool], skipped: frozenset[int] = frozenset()
) -> Iterator[tuple[int, str]]:
    """Yield row (the header is row 1) and value, shortened, of every field that is wrong.

    Parameters
    ----------
    table
        The file.
    field
        Name of the column.
    wrong
        Tells a wrong value; asked in the order of the rows.
    skipped
        Rows that are not looked at.
    """
    place = table.columns.index(field)
    with table.path.open(encoding="utf-8", newline="") as stream:
        for row, values in enumerate(csv_rows(stream), start=1):
            value = values[place].strip() if place < len(values) else ""
            if row > 1 and values and row not in skipped and wrong(value):
                yield row, value[:SHOWN_CHARACTERS]


def rows_of(table: Table, fields: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield row (the header is row 1) and the values of some fields, blank where a field is missing."""
    places = [table.columns.index(field) if field in table.columns else -1 for field in fields]
    with table.path.open(encoding="utf-8", newline="") as stream:
        for row, values in enumerate(csv_rows(stream), start=1):
            if row > 1 and values:
                yield (
                    row,
                    tuple(values[place].strip() if 0 <= place < len(values) else "" for place in places),
                )
