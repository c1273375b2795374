"""Reading texts of a table: numbers, days and words in every usual spelling."""

import unicodedata
from datetime import date
from decimal import Decimal
from enum import StrEnum

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.imports import reasons, values
from geo_service.imports.source import as_text
from geo_service.imports.values import Cast, Style, Unreadable, read_day, read_number

HAND = Style(point=False)
MACHINE = Style(point=True)


def cast(reader: Cast, *texts: str | None, style: Style = HAND) -> tuple[list[object], dict[int, str]]:
    parsed = reader(as_text(list(texts)), style)
    cells = [None if isinstance(one, float) and pd.isna(one) else one for one in parsed.cells.tolist()]
    return cells, {row: code for row, (code, _) in parsed.wrong.items()}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0.0), ("12", 12.0), ("-3,5", -3.5), ("1234,5", 1234.5), ("1.234,5", 1234.5),
        ("1.234.567", 1234567.0),
        ("1234.5", 1234.5), ("1,234.5", 1234.5), ("1 234,50 €", 1234.5), ("85 m²", 85.0), ("85,5 qm", 85.5),
        ("1.250,00 EUR", 1250.0), ("0.123", 0.123), ("0,123", 0.123), ("1'234", 1234.0), ("1e3", 1000.0),
        ("12.5", 12.5), ("1.2345", 1.2345), ("1234.567", 1234.567), ("+7", 7.0),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "zwölf", "1,2,3", "1.2.3", "12 34", "--1", "1,5 ha", "nan", "inf", "0x10", "½", "1_000"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_number(text)
    assert caught.value.code == "no-number"


def test_a_point_that_may_mean_two_things_is_refused_in_tables_only() -> None:
    with pytest.raises(Unreadable) as caught:
        read_number("1.234")
    assert caught.value.code == "ambiguous-number"
    assert "1234" in caught.value.reason.de
    assert "1,2340" in caught.value.reason.de
    assert read_number("1.234", point=True) == 1.234
    assert read_number("1.234", german=True) == 1234.0


def test_decimal_commas_elsewhere_in_the_column_settle_it() -> None:
    assert cast(values.number(), "1.234", "7,5") == ([1234.0, 7.5], {})
    assert cast(values.number(), "1.234", "7")[1] == {0: "ambiguous-number"}
    assert cast(values.number(), "1.234", "7", style=MACHINE) == ([1.234, 7.0], {})


@given(st.decimals(-(10**9), 10**9, places=2))
def test_german_notation_comes_back(number: Decimal) -> None:
    written = f"{number:,.2f}".translate(str.maketrans(",.", ".,"))
    assert read_number(written) == float(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_programs_write_comes_back(number: float) -> None:
    assert cast(values.number(), repr(number), style=MACHINE) == ([number], {})


def test_bounds_of_numbers() -> None:
    reader = values.number(high=10, above=0)
    assert cast(reader, "0", "0,01", "10", "10,01", None) == (
        [0.0, 0.01, 10.0, 10.01, None],
        {0: "out-of-range", 3: "out-of-range"},
    )
    assert cast(values.number(0, 1), "-0,1", "0", "1")[1] == {0: "out-of-range"}
    assert cast(reader, "NaN", "inf", "5", style=MACHINE)[1] == {0: "no-number", 1: "no-number"}
    reason = reader(as_text(["0"]), HAND).wrong[0][1]
    assert reason.de == "Die Zahl muss größer als 0 und höchstens 10 sein."


def test_money_is_exact_to_the_cent() -> None:
    assert cast(values.money(2000), "1.250,10 €", "0,1", None) == (
        [Decimal("1250.10"), Decimal("0.10"), None],
        {},
    )
    assert cast(values.money(2000), "-1", "2000,01")[1] == {0: "out-of-range", 1: "out-of-range"}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-02-29", date(2024, 2, 29)), ("29.02.2024", date(2024, 2, 29)), ("1.3.2024", date(2024, 3, 1)),
        ("2009-07-24Z", date(2009, 7, 24)), ("2024-05-01T00:00:00", date(2024, 5, 1)),
        ("2024-05-01 10:30:00.000", date(2024, 5, 1)), ("2024-05-01T10:30:00+02:00", date(2024, 5, 1)),
        ("01. 03. 2024", date(2024, 3, 1)), ("01.03.2024 00:00:00", date(2024, 3, 1)),
    ],
)  # fmt: skip
def test_days_are_read_iso_and_german(text: str, day: date) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("29.02.2023", "no-day"), ("31.04.2024", "no-day"), ("2023-02-29", "no-day"),
        ("00.01.2024", "no-day"),
        ("01.13.2024", "no-day"), ("01.03.24", "no-day"), ("03/2024", "no-day"), ("12/31/2024", "no-day"),
        ("2024", "no-day"), ("Frühjahr 2028", "no-day"), ("0024-01-01", "no-day"), ("9999-12-31", "no-day"),
        ("45352", "excel-day"), ("unbekannt", "no-day"), ("٢٩.٠٢.٢٠٢٤", "no-day"),
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_day(text)
    assert caught.value.code == code


def test_reasons_say_what_is_meant() -> None:
    with pytest.raises(Unreadable) as caught:
        read_day("45352")
    assert "01.03.2024" in caught.value.reason.de
    with pytest.raises(Unreadable) as caught:
        read_day("29.02.2023")
    assert caught.value.reason.en == "There is no day 29.02.2023 in the calendar. Please check the date."


@given(st.dates(date(1600, 1, 1), date(2399, 12, 31)))
def test_every_day_comes_back_in_both_notations(day: date) -> None:
    assert read_day(day.isoformat()) == day
    assert read_day(f"{day:%d.%m.%Y}" if day.year >= 1000 else day.isoformat()) == day


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"


FRUITS = values.vocabulary(Fruit, {"apple": ("Apfel", "Äpfel"), "pear": ("Birne",)})


def test_words_in_german_and_english() -> None:
    assert cast(values.choice(FRUITS), "apple", "APFEL", "aepfel", "A\u0308pfel", "Birne.", None)[0] == [
        "apple", "apple", "apple", "apple", "pear", None,
    ]  # fmt: skip
    parsed = values.choice(FRUITS)(as_text(["Traube"]), HAND)
    assert parsed.wrong[0][0] == "unknown-word"
    assert "apple, pear" in parsed.wrong[0][1].de


def test_several_words() -> None:
    assert cast(values.choices(FRUITS), "Birne; Apfel", "Apfel/Apfel", " , ", "Apfel, Traube") == (
        [["apple", "pear"], ["apple"], [], None],
        {3: "unknown-word"},
    )
    assert cast(values.words(5), "Gewerbe", "a; b|c,d") == ([None, ["a", "b", "c", "d"]], {0: "too-long"})


def test_yes_and_no() -> None:
    assert cast(values.yes_or_no, "ja", "Nein", "X", "0", "true", "vielleicht", None) == (
        [True, False, True, False, True, None, None],
        {5: "unknown-word"},
    )


def test_text_is_kept_or_refused() -> None:
    hostile = ["<b>", "a\tb\nc", "x" * 11, "a\x00b", None, "\u202eabc"]
    cells, wrong = cast(values.text(10), *hostile)
    assert cells == hostile
    assert wrong == {2: "too-long", 3: "control-character"}


@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=5)), max_size=20))
def test_each_row_gets_the_value_of_its_own_text(texts: list[str | None]) -> None:
    def read(one: str) -> str:
        if "a" in one:
            raise Unreadable("has-a", reasons.EMPTY)
        return one.upper()

    parsed = values.each(read, as_text(texts))
    assert set(parsed.wrong) == {row for row, one in enumerate(texts) if one is not None and "a" in one}
    expected = [None if one is None or "a" in one else one.upper() for one in texts]
    assert parsed.cells.tolist() == expected


def test_slugs() -> None:
    assert values.slug("PHOENIX West & Süd (Straße)") == "phoenix-west-sued-strasse"
    assert values.slug("–") == ""


@given(st.lists(st.one_of(st.none(), st.text(st.characters(max_codepoint=0x24F))), max_size=5))
def test_umlauts_are_one_character_whatever_wrote_them(texts: list[str | None]) -> None:
    expected = [one if one is None else unicodedata.normalize("NFC", one) for one in texts]
    parted = [one if one is None else unicodedata.normalize("NFD", one) for one in texts]
    for written in (texts, parted):
        read = values.composed(as_text(written))
        assert [one if isinstance(one, str) else None for one in read] == expected
