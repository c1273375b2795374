"""Rows of a feed that cannot be taken: where they are, what is wrong, how to mend it."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from geo_service.errors import InvalidInput
from geo_service.imports.report import Language
from geo_service.transit.gtfs_reasons import Advice
from geo_service.wording import Sentence

MOST_LISTED: Final = 10_000
"""Faulty rows of a file that are listed one by one; all are counted."""
HEADINGS: Final = ("file", "row", "field", "value", "reason")
"""Columns of the list of faulty rows."""
ENDING: Final = ".csv"


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row of a feed cannot be taken.

    Parameters
    ----------
    file
        Such as ``stop_times.txt``.
    row
        Number of the row; the header is row 1.
    field
        Name of the column; blank when it is the row as a whole.
    value
        Value as it stands in the file, shortened.
    advice
        What is wrong with the value, and how to mend it.
    """

    file: str
    row: int
    field: str
    value: str
    advice: Advice

    @property
    def reason(self) -> Sentence:
        """What is wrong and how to mend it."""
        return self.advice.of(self.value)

    def as_json(self, language: Language = "en") -> dict[str, str | int]:
        """Return the fault as JSON members."""
        return {
            "file": self.file,
            "row": self.row,
            "field": self.field,
            "value": self.value,
            "code": self.advice.code,
            "reason": getattr(self.reason, language),
        }


@dataclass
class Faults:
    """The faulty rows of a feed: all of them counted, the first of each file listed.

    Parameters
    ----------
    listed
        In the order in which they were found.
    rejected
        File to the number of its rows with at least one fault.
    """

    listed: list[RowFault] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)
    _rows: dict[str, set[int]] = field(default_factory=dict)

    def add(self, fault: RowFault) -> None:
        """List a fault; only the first of a row is kept."""
        rows = self._rows.setdefault(fault.file, set())
        if fault.row not in rows:
            rows.add(fault.row)
            self.rejected[fault.file] = len(rows)
            if len(rows) <= MOST_LISTED:
                self.listed.append(fault)

    def rows(self, file: str) -> frozenset[int]:
        """Return the rows of a file that have a fault."""
        return frozenset(self._rows.get(file, ()))


def summaries(faults: Sequence[RowFault]) -> list[str]:
    """Return a sentence for each kind of fault: what was left out."""
    kinds: dict[tuple[str, str, str], list[RowFault]] = {}
    for fault in faults:
        kinds.setdefault((fault.file, fault.field, fault.advice.what.en), []).append(fault)
    return [
        f"{file}{', field ' * bool(name)}{name}: {len(alike)} rows were left out, whose value {what} (first: "
        f"row {alike[0].row}, {alike[0].value!r})."
        for (file, name, what), alike in kinds.items()
    ]


def require_writable(path: Path | None) -> None:
    """Refuse a list of faulty rows that could not be written, before the work is done.

    Raises
    ------
    InvalidInput
        When its ending is not .csv, or its folder does not exist.
    """
    if path is None:
        return
    if path.suffix.lower() != ENDING:
        raise InvalidInput(f"The list of faulty rows must end in {ENDING}: {path.name}.", parameter="rejects")
    if not path.parent.is_dir():
        raise InvalidInput(f"There is no folder {path.parent} for the list.", parameter="rejects")


def write_faults(path: Path, faults: Sequence[RowFault], language: Language = "en") -> None:
    """Write faulty rows as a table: semicolons, UTF-8 with byte order mark, as the other reject files."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, HEADINGS, delimiter=";", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(fault.as_json(language) for fault in faults)
