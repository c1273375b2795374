"""The rows of a file on their way into the register: values, places, and what is wrong with them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.city import CityProfile
from geo_service.imports import reasons
from geo_service.imports.columns import Column
from geo_service.imports.report import ImportOptions, Notice, Reject
from geo_service.imports.source import TABLES, Geometries, SourceTable, as_text
from geo_service.imports.values import Style, composed
from geo_service.wording import Sentence

Mask = npt.NDArray[np.bool_]
SHOWN: Final = 120
"""Characters of a value shown in a reject."""
SHOWN_ROWS: Final = 10
"""Rows named in a notice."""


@dataclass(slots=True, eq=False)
class Draft:
    """Rows being checked. Every check adds rejects; rows with one are not taken.

    Parameters
    ----------
    source
        The file as read.
    labels
        Column to heading in the file.
    city
        The city that the rows should lie in.
    options
        What the person asked for.
    key
        Column that names a row to people.
    cells
        Typed columns by name, one value per row.
    geometry
        Places in EPSG:25832; None when the kind or the file has none.
    only_when_new
        Columns of values that are guessed: written for new records, never compared or changed.
    follows
        Columns of values that follow from others: written with them, never compared.
    wrong
        Rows with at least one reject.
    """

    source: SourceTable
    labels: Mapping[str, str]
    city: CityProfile
    options: ImportOptions
    key: str
    cells: dict[str, "pd.Series[Any]"] = field(default_factory=dict)
    geometry: Geometries | None = None
    only_when_new: set[str] = field(default_factory=set)
    follows: set[str] = field(default_factory=set)
    wrong: Mask = field(init=False)
    _shown_texts: dict[str, npt.NDArray[np.object_]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    _asides: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wrong = np.zeros(len(self.source), dtype=bool)

    def __len__(self) -> int:
        return len(self.source)

    @property
    def style(self) -> Style:
        """How the file writes numbers."""
        return Style(point=self.source.file_format not in TABLES)

    def has(self, column: str) -> bool:
        """Whether the file has a column."""
        return column in self.labels

    def text(self, column: str) -> "pd.Series[str]":
        """Return the stripped and composed text of a column of the file; blank and missing as NaN."""
        if column not in self.labels:
            return as_text([None] * len(self))
        stripped = composed(self.source.text[self.labels[column]].str.strip())
        return stripped.mask(stripped == "") if bool((stripped == "").any()) else stripped

    def number(self, position: int) -> int:
        """Return the number of a row as a person sees it."""
        return int(self.source.numbers[position])

    def read(self, columns: Iterable[Column]) -> None:
        """Read the columns that the file has into values; a required one may not be empty."""
        for column in columns:
            if not self.has(column.name):
                continue
            texts = self.text(column.name)
            parsed = column.cast(texts, self.style)
            for position, (code, reason) in parsed.wrong.items():
                self.reject_one(position, column.name, code, reason)
            missing = texts.isna().to_numpy()
            if column.required:
                self.reject(missing, column.name, "empty", reasons.EMPTY)
            elif column.empty is not None and missing.any():
                filled = parsed.cells.astype(object)
                filled[missing] = column.empty
                self.cells[column.name] = filled
                continue
            self.cells[column.name] = parsed.cells

    def reject(
        self, rows: Mask, column: str, code: str, reason: Sentence | Callable[[int], Sentence]
    ) -> None:
        """Refuse rows.

        Parameters
        ----------
        rows
            Which ones.
        column
            Column that is to be mended.
        code
            Kind of reason.
        reason
            What is wrong, or a function of the position that says it.
        """
        for position in np.flatnonzero(rows):
            said = reason if isinstance(reason, Sentence) else reason(int(position))
            self.reject_one(int(position), column, code, said)

    def reject_one(self, position: int, column: str, code: str, reason: Sentence) -> None:
        """Refuse one row."""
        self.wrong[position] = True
        self.rejects.append(
            Reject(
                row=self.number(position),
                key=self._shown(self.key, position),
                field=self.labels.get(column, column),
                value=self._shown(column, position),
                code=code,
                reason=reason,
            )
        )

    def _shown(self, column: str, position: int) -> str:
        if column not in self.labels:
            return ""
        if column not in self._shown_texts:
            texts = self.source.text[self.labels[column]]
            self._shown_texts[column] = texts.fillna("").to_numpy(dtype=object)
        written = str(self._shown_texts[column][position])
        return written if len(written) <= SHOWN else f"{written[: SHOWN - 3]}..."

    def tell(self, code: str, text: Sentence, rows: Mask | None = None) -> None:
        """Add a notice about rows, or about the file; nothing when it is about no row."""
        if rows is None:
            self.notices.append(Notice(code, text))
        elif rows.any():
            positions = np.flatnonzero(rows)
            first = tuple(self.number(int(position)) for position in positions[:SHOWN_ROWS])
            self.notices.append(Notice(code, text, len(positions), first))

    def aside(self, work: Callable[[], None]) -> None:
        """Leave work for the time while the rows are written: it may tell of rows, never refuse any."""
        self._asides.append(work)

    @contextmanager
    def with_asides(self) -> Iterator[None]:
        """Do what was left aside in another thread; at the end of the block it is done."""
        with ThreadPoolExecutor(1) as pool:
            under_way = [pool.submit(work) for work in self._asides]
            yield
            for work in under_way:
                work.result()

    def reject_twice(self, columns: tuple[str, ...], shown: str) -> None:
        """Refuse every row but the first of those that agree in some columns.

        Parameters
        ----------
        columns
            Columns of values that identify a row; rows in which one is missing are left out.
        shown
            Column named in the reject.
        """
        frame = pd.DataFrame({name: self.cells[name].to_numpy() for name in columns})
        known = frame.notna().all(axis=1).to_numpy()
        again = frame.duplicated(keep="first").to_numpy() & known
        if not again.any():
            return
        involved = frame[frame.duplicated(keep=False).to_numpy() & known]
        first = involved.groupby(list(columns), sort=False).apply(lambda group: group.index[0])
        for position in np.flatnonzero(again):
            key = tuple(frame.iloc[position])
            earlier = int(first.loc[key if len(key) > 1 else key[0]])
            self.reject_one(int(position), shown, "twice", reasons.twice_in_file(self.number(earlier)))

    def accepted(self) -> "pd.DataFrame":
        """Return the values of the rows without a reject, with their place as ``geom`` and their position."""
        good = np.flatnonzero(~self.wrong)
        frame = pd.DataFrame({name: values.iloc[good].array for name, values in self.cells.items()})
        if self.geometry is not None:
            frame["geom"] = pd.Series(list(self.geometry[good]), dtype=object)
        frame.index = pd.Index(good)
        return frame
