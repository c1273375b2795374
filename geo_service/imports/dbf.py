"""Texts that the table of a shapefile (dbf) may have cut off."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.imports.report import Notice
from geo_service.wording import Sentence

LONGEST_BYTES: Final = 254
"""Longest text that a field of a dbf holds, bytes.

Source: ESRI Shapefile driver of GDAL, "Field sizes"; xBase: one byte for the length of a field.
"""
LETTER_BYTES: Final = 3
"""A letter of UTF-8 that no longer fits is left out whole: up to so many bytes may then be free."""
SHOWN_ROWS: Final = 10
HEAD_BYTES, FIELD_BYTES, LENGTH_AT, HEAD_END = 32, 32, 16, b"\r"
"""Layout of the table's head (Source: dBASE III file format)."""


@dataclass(frozen=True, slots=True)
class TextField:
    """A field of a shapefile's table.

    Parameters
    ----------
    heading
        Name of the field.
    width
        Its width in bytes.
    utf8
        Whether the table is in UTF-8; else one letter is one byte.
    """

    heading: str
    width: int
    utf8: bool

    def cut(self, text: str) -> str:
        """Return what the field holds of a text, without blanks around it."""
        if not self.utf8:
            return text[: self.width].strip()
        return text.encode()[: self.width].decode(errors="ignore").strip()

    def filled(self, texts: "pd.Series[str]") -> npt.NDArray[np.int64]:
        """Return the positions of texts that fill the widest field there is, shape (n,)."""
        letters = texts.str.len().fillna(0).to_numpy()
        if not self.utf8:
            return np.flatnonzero(letters >= LONGEST_BYTES)
        least = LONGEST_BYTES - LETTER_BYTES + 1
        likely = np.flatnonzero(letters * (LETTER_BYTES + 1) >= least)
        full = [place for place in likely if len(texts.iloc[place].encode()) >= least]
        return np.array(full, dtype=np.int64)


def text_fields(path: Path, headings: Sequence[str], utf8: bool) -> tuple[TextField, ...]:
    """Return the fields of a dbf.

    Parameters
    ----------
    path
        The table.
    headings
        Its headings as read, in their order.
    utf8
        Whether it is in UTF-8.
    """
    widths: list[int] = []
    with path.open("rb") as file:
        file.seek(HEAD_BYTES)
        while len(field := file.read(FIELD_BYTES)) == FIELD_BYTES and not field.startswith(HEAD_END):
            widths.append(field[LENGTH_AT])
    if len(widths) != len(headings):
        return ()
    return tuple(TextField(heading, width, utf8) for heading, width in zip(headings, widths, strict=True))


def cut_texts(text: pd.DataFrame, fields: Iterable[TextField]) -> Iterator[Notice]:
    """Tell of texts that fill a field to the last byte: the rest of them may be missing.

    Shorter texts say nothing: writers make a field as wide as its longest text.
    """
    for field in fields:
        if len(rows := field.filled(text[field.heading])):
            yield may_be_cut(field, rows)


def may_be_cut(field: TextField, rows: npt.NDArray[np.int64]) -> Notice:
    """Tell of texts whose end may be missing."""
    text = Sentence(
        f"Feld {field.heading}: Der Text füllt das Feld bis zum letzten Byte; Shapefiles schneiden bei "
        f"{LONGEST_BYTES} Bytes ab. Bitte prüfen, ob das Ende fehlt, und die Daten als GeoPackage liefern.",
        f"Field {field.heading}: the text fills the field to the last byte; shapefiles cut texts off at "
        f"{LONGEST_BYTES} bytes. Please check whether its end is missing, and supply the data as GeoPackage.",
    )
    return _notice("text-cut", text, rows)


def kept_whole(field: TextField, rows: npt.NDArray[np.int64]) -> Notice:
    """Tell of texts that are the beginning of the stored ones."""
    text = Sentence(
        f"Feld {field.heading}: Der Text endet an der Breite des Feldes ({field.width} Bytes) und ist der "
        "Anfang des gespeicherten, der ganz bleibt.",
        f"Field {field.heading}: the text ends at the width of the field ({field.width} bytes) and is the "
        "beginning of the stored one, which is kept whole.",
    )
    return _notice("text-kept", text, rows)


def _notice(code: str, text: Sentence, rows: npt.NDArray[np.int64]) -> Notice:
    return Notice(code, text, len(rows), tuple(int(row) + 1 for row in rows[:SHOWN_ROWS]))
