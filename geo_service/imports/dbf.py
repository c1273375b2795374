"""Texts that the table of a shapefile (dbf) may have cut off."""

from collections.abc import Iterator
from typing import Final

import numpy as np
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


def cut_texts(text: pd.DataFrame, utf8: bool) -> Iterator[Notice]:
    """Tell of texts that fill a field to the last byte: the rest of them may be missing.

    Shorter fields say nothing: writers make them as long as their longest text.

    Parameters
    ----------
    text
        Columns of text as read; row n is feature n + 1.
    utf8
        Whether the table is in UTF-8; else one letter is one byte.
    """
    least = LONGEST_BYTES - LETTER_BYTES + 1 if utf8 else LONGEST_BYTES
    for heading in text.columns:
        long = text[heading].str.len().fillna(0).to_numpy() * (4 if utf8 else 1) >= least
        places = [place for place in np.flatnonzero(long) if _bytes(text[heading].iloc[place], utf8) >= least]
        if places:
            rows = tuple(int(place) + 1 for place in places)
            yield Notice("text-cut", _cut(str(heading)), len(rows), rows[:SHOWN_ROWS])


def _bytes(value: str, utf8: bool) -> int:
    return len(value.encode()) if utf8 else len(value)


def _cut(heading: str) -> Sentence:
    return Sentence(
        f"Feld {heading}: Der Text füllt das Feld bis zum letzten Byte; Shapefiles schneiden bei "
        f"{LONGEST_BYTES} Bytes ab. Bitte prüfen, ob das Ende fehlt, und die Daten als GeoPackage liefern.",
        f"Field {heading}: the text fills the field to the last byte; shapefiles cut texts off at "
        f"{LONGEST_BYTES} bytes. Please check whether its end is missing, and supply the data as GeoPackage.",
    )
