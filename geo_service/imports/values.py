"""Reading the text of a column into values: text, numbers, days, words of a vocabulary.

A cast takes the text of a whole column and answers values and reasons. Each different text is read once, by a
function for one text: columns repeat themselves, and the function is easy to check.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo_service.imports import reasons
from geo_service.wording import Sentence

EARLIEST: Final = date(1600, 1, 1)
LATEST: Final = date(2400, 1, 1)
"""Days outside of this span are slips of the pen."""
ISO_DAY: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
GERMAN_DAY: Final = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})(?: 00:00(?::00)?)?")
PARTED: Final = r"[\x{300}-\x{36F}]"
"""Accents, dots and rings that stand after their letter (RE2)."""
UNITS: Final = re.compile(r"\s*(€|EUR|Euro|m²|m2|qm)\s*$", re.IGNORECASE)
EXCEL_EPOCH: Final = date(1899, 12, 30)
EXCEL_DAYS: Final = (20_000, 80_000)
"""Day numbers of a spreadsheet program that are likely dates (1954 to 2119)."""


class Unreadable(Exception):
    """A text cannot be read; carries the reason."""

    def __init__(self, code: str, reason: Sentence) -> None:
        super().__init__(reason.en)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parsed:
    """Values of a column and what is wrong with some of them.

    Parameters
    ----------
    cells
        One value per row; None or NaN where the text is missing or wrong.
    wrong
        Position of a row to (code, reason).
    """

    cells: "pd.Series[Any]"
    wrong: Mapping[int, tuple[str, Sentence]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Style:
    """How the numbers of a file are written.

    Parameters
    ----------
    point
        A point is always the decimal point: files that programs write.
    """

    point: bool


Cast = Callable[["pd.Series[str]", Style], Parsed]
"""Reads a column: text, stripped, missing as NaN."""


def each(read: Callable[[str], Any], texts: "pd.Series[str]") -> Parsed:
    """Read each different text once.

    Parameters
    ----------
    read
        Reads one text; raises `Unreadable`.
    texts
        Column of text.
    """
    codes, different = pd.factorize(texts)
    values = np.empty(len(different) + 1, dtype=object)
    values[-1] = None  # code -1: missing
    wrong: dict[int, tuple[str, Sentence]] = {}
    for number, text in enumerate(different):
        try:
            values[number] = read(text)
        except Unreadable as error:
            wrong[number] = (error.code, error.reason)
            values[number] = None
    return Parsed(pd.Series(values[codes], index=texts.index, dtype=object), _rows_of(codes, wrong))


def _rows_of(
    codes: npt.NDArray[np.intp], wrong: Mapping[int, tuple[str, Sentence]]
) -> dict[int, tuple[str, Sentence]]:
    """Spread the reasons of different texts over the rows that hold them."""
    if not wrong:
        return {}
    rows = np.flatnonzero(np.isin(codes, list(wrong)))
    return {int(row): wrong[int(codes[row])] for row in rows}


def composed(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Return texts with ö as one character (Unicode form C): some systems part it into o and two dots."""
    array = pa.array(texts, type=pa.large_string(), from_pandas=True)
    if not pc.any(pc.match_substring_regex(array, PARTED)).as_py():
        return texts
    whole = pc.utf8_normalize(array, form="NFC")
    return pd.Series(whole.to_pandas().to_numpy(), index=texts.index, dtype=texts.dtype)


def text(longest: int) -> Cast:
    """Return the cast of free text, kept as it is, up to a number of characters."""

    def cast(texts: "pd.Series[str]", style: Style) -> Parsed:  # noqa: ARG001 - a cast
        array = pa.array(texts, type=pa.large_string(), from_pandas=True)
        long = pc.greater(pc.utf8_length(array), longest)
        control = pc.match_substring_regex(array, r"[\x00-\x08\x0B\x0C\x0E-\x1F]")
        wrong: dict[int, tuple[str, Sentence]] = {}
        for row in _true(control):
            wrong[row] = ("control-character", reasons.CONTROL_CHARACTER)
        for row in _true(long):
            wrong[row] = ("too-long", reasons.too_long(len(texts.iloc[row]), longest))
        return Parsed(texts, wrong)

    return cast


def _true(mask: pa.Array) -> list[int]:
    return np.flatnonzero(mask.fill_null(False).to_numpy(zero_copy_only=False)).tolist()


def number(low: float | None = None, high: float | None = None, *, above: float | None = None) -> Cast:
    """Return the cast of decimal numbers, point or comma.

    Parameters
    ----------
    low, high
        Least and greatest value that is taken.
    above
        The value must be greater than this.
    """

    def cast(texts: "pd.Series[str]", style: Style) -> Parsed:
        quick = _quick_numbers(texts, style)
        if quick is None:
            german = not style.point and bool(texts.str.contains(",", regex=False).any())
            parsed = each(lambda one: read_number(one, point=style.point, german=german), texts)
            quick, wrong = parsed.cells.astype(float), dict(parsed.wrong)
        else:
            wrong = {}
        outside = np.zeros(len(quick), dtype=bool)
        for beyond in (
            None if low is None else quick < low,
            None if high is None else quick > high,
            None if above is None else quick <= above,
        ):
            if beyond is not None:
                outside |= np.asarray(beyond)
        endless = np.flatnonzero(~np.isfinite(quick) & texts.notna())
        wrong |= {int(row): ("no-number", reasons.NO_NUMBER) for row in endless if row not in wrong}
        reason = reasons.out_of_range(low, high, above)
        wrong |= {int(row): ("out-of-range", reason) for row in np.flatnonzero(outside) if row not in wrong}
        return Parsed(quick, wrong)

    return cast


def _quick_numbers(texts: "pd.Series[str]", style: Style) -> "pd.Series[Any] | None":
    """Read a column that programs wrote in one go; None when a text is no plain number."""
    if not style.point:
        return None
    try:
        array = pc.cast(pa.array(texts, type=pa.large_string(), from_pandas=True), pa.float64())
    except pa.ArrowInvalid:
        return None
    return pd.Series(array.to_numpy(zero_copy_only=False), index=texts.index)


def read_number(one: str, *, point: bool = False, german: bool = False) -> float:
    """Read a number as people write it: ``1234.5``, ``1234,5``, ``1.234,5``, ``1 234,5 m²``.

    Parameters
    ----------
    one
        The text.
    point
        A point is always the decimal point.
    german
        The column writes decimal commas elsewhere, so a point between thousands is no decimal point.

    Raises
    ------
    Unreadable
        When it is no number, or 1.234 may be either of two numbers.
    """
    bare = re.sub(r"(?<=[0-9])[\s'’](?=[0-9]{3}(?![0-9]))", "", UNITS.sub("", one))
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", bare) and (
        point or not re.fullmatch(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}", bare)
    ):
        return float(bare)
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", bare):
        return float(bare.replace(",", "."))
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]+)?", bare):
        if not german and bare.count(".") == 1 and "," not in bare:
            raise Unreadable("ambiguous-number", reasons.ambiguous_number(bare))
        return float(bare.replace(".", "").replace(",", "."))
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+\.[0-9]+", bare):
        return float(bare.replace(",", ""))
    raise Unreadable("no-number", reasons.NO_NUMBER)


def money(most: float) -> Cast:
    """Return the cast of amounts of money (EUR), not negative, to the cent."""
    plain = number(0, most)

    def cast(texts: "pd.Series[str]", style: Style) -> Parsed:
        parsed = plain(texts, style)
        cents = [None if np.isnan(value) else Decimal(f"{value:.2f}") for value in parsed.cells]
        return Parsed(pd.Series(cents, index=texts.index, dtype=object), parsed.wrong)

    return cast


def day(texts: "pd.Series[str]", style: Style) -> Parsed:  # noqa: ARG001 - a cast
    """Read days: 2024-02-29 or 29.02.2024."""
    return each(read_day, texts)


def read_day(one: str) -> date:
    """Read a day, ISO 8601 or German.

    Raises
    ------
    Unreadable
        When it is no day of the calendar, or lacks day, month or the century.
    """
    if iso := ISO_DAY.fullmatch(one):
        year, month, day_of_month = (int(part) for part in iso.groups())
    elif german := GERMAN_DAY.fullmatch(one):
        day_of_month, month, year = (int(part) for part in german.groups())
    elif re.fullmatch("[0-9]{5}", one) and EXCEL_DAYS[0] <= int(one) <= EXCEL_DAYS[1]:
        raise Unreadable("excel-day", reasons.excel_day(EXCEL_EPOCH + timedelta(days=int(one))))
    else:
        raise Unreadable("no-day", reasons.NO_DAY)
    try:
        read = datetime(year, month, day_of_month).date()  # noqa: DTZ001 - a day of the calendar
    except ValueError as error:
        raise Unreadable("no-day", reasons.not_in_calendar(one)) from error
    if not EARLIEST <= read < LATEST:
        raise Unreadable("no-day", reasons.year_out_of_range(EARLIEST.year, LATEST.year))
    return read


def _latin(one: str) -> str:
    """Return a text in lower case with umlauts written out."""
    lower = unicodedata.normalize("NFKC", one).casefold()
    return lower.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")


def fold(one: str) -> str:
    """Return a word without case, umlauts, blanks and punctuation, for comparing."""
    return re.sub(r"[^a-z0-9]", "", _latin(one))


def slug(name: str) -> str:
    """Return a name as lower case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", _latin(name)).strip("-")


def vocabulary(words: type[StrEnum], spellings: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return spelling (folded) to word.

    Parameters
    ----------
    words
        The words of the service.
    spellings
        Word to what people write for it.
    """
    known = {fold(word.value): word.value for word in words}
    for word, others in spellings.items():
        known |= {fold(other): words(word).value for other in others}
    return known


def choice(known: Mapping[str, str]) -> Cast:
    """Return the cast of one word of a `vocabulary`."""

    def read(one: str) -> str:
        word = known.get(fold(one))
        if word is None:
            raise Unreadable("unknown-word", reasons.unknown_word(sorted(set(known.values()))))
        return word

    return lambda texts, style: each(read, texts)  # noqa: ARG005 - a cast


def choices(known: Mapping[str, str]) -> Cast:
    """Return the cast of several words of a `vocabulary`, parted by comma, semicolon, slash or bar."""

    def read(one: str) -> list[str]:
        parts = [part.strip() for part in re.split(r"[,;/|]", one)]
        words = [known.get(fold(part)) for part in parts if part]
        if None in words:
            raise Unreadable("unknown-word", reasons.unknown_word(sorted(set(known.values()))))
        return sorted({word for word in words if word})

    return lambda texts, style: each(read, texts)  # noqa: ARG005 - a cast


def words(longest: int) -> Cast:
    """Return the cast of several free words, parted by comma, semicolon or bar."""

    def read(one: str) -> list[str]:
        parts = [part.strip() for part in re.split(r"[,;|]", one)]
        if any(len(part) > longest for part in parts):
            raise Unreadable("too-long", reasons.too_long(max(map(len, parts)), longest))
        return [part for part in parts if part]

    return lambda texts, style: each(read, texts)  # noqa: ARG005 - a cast


YES: Final = frozenset({"ja", "j", "yes", "y", "true", "wahr", "1", "x"})
NO: Final = frozenset({"nein", "n", "no", "false", "falsch", "0"})


def yes_or_no(texts: "pd.Series[str]", style: Style) -> Parsed:  # noqa: ARG001 - a cast
    """Read ja and nein."""

    def read(one: str) -> bool:
        if fold(one) in YES | NO:
            return fold(one) in YES
        raise Unreadable("unknown-word", reasons.YES_OR_NO)

    return each(read, texts)


def no_formula(text: str) -> str:
    """Return a text for a cell of a CSV file: an apostrophe before what a spreadsheet takes for a formula.

    Source: OWASP, CSV Injection.
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
