from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from geo_service.web.formats import Formats, as_day

DE, EN = Formats("de"), Formats("en")


def test_numbers_follow_the_language() -> None:
    assert DE.square_metres(1234.5, 1) == "1.234,5\u202fm²"
    assert EN.square_metres(1234.5, 1) == "1,234.5\u202fm²"
    assert DE.euro(Decimal(15000)) == "15.000\u202f€"
    assert DE.percent(0.3501, 1) == "35,0\u202f%"


@pytest.mark.parametrize("digits", [0, 1, 2])
@pytest.mark.parametrize("value", [0, -0.001, 0.5, 2.5, 999.995, 1234.5, -1234567.891, Decimal("15000.005")])
def test_numbers_are_those_of_cldr(value: float | Decimal, digits: int) -> None:
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    for formats, locale in ((DE, "de_DE"), (EN, "en_GB")):
        usual = format_decimal(exact or abs(exact), f"#,##0.{'0' * digits}".rstrip("."), locale)
        assert formats.number(value, digits) == usual


@pytest.mark.parametrize("month", range(1, 13))
def test_days_and_moments_are_those_of_cldr(month: int) -> None:
    moment = datetime(2026, month, 3, 22, 59, tzinfo=UTC)
    zone = ZoneInfo("Europe/Berlin")
    for formats, locale, pattern in ((DE, "de_DE", "dd.MM.yyyy"), (EN, "en_GB", "d MMM yyyy")):
        assert formats.day(moment.date()) == format_date(moment.date(), pattern, locale)
        assert formats.moment(moment) == format_datetime(moment, f"{pattern}, HH:mm", zone, locale)


def test_dates_follow_the_language() -> None:
    assert DE.day(date(2026, 11, 22)) == "22.11.2026"
    assert EN.day("2026-11-22") == "22 Nov 2026"


def test_moments_are_told_in_the_citys_time() -> None:
    assert DE.moment(datetime(2026, 11, 22, 13, 5, tzinfo=UTC)) == "22.11.2026, 14:05"
    assert DE.moment(datetime(2026, 7, 1, 13, 5, tzinfo=UTC)) == "01.07.2026, 15:05"


@pytest.mark.parametrize(
    "write", ["number", "area", "square_metres", "hectares", "euro", "percent", "metres"]
)
def test_unknown_is_said_and_zero_is_zero(write: str) -> None:
    assert getattr(DE, write)(None) == "unbekannt"
    assert getattr(EN, write)(None) == "unknown"
    assert getattr(DE, write)(0).startswith("0")


def test_large_areas_are_hectares() -> None:
    assert DE.area(99_999) == "99.999\u202fm²"
    assert DE.area(100_000) == "10,0\u202fha"


@pytest.mark.parametrize(
    ("metres", "minutes"),
    [(0, "1"), (80, "1"), (119, "1"), (121, "2"), (800, "10"), (1000, "13"), (1202.4, "15"), (3_000, "38")],
)
def test_minutes_on_foot_are_the_nearest_and_never_none(metres: float, minutes: str) -> None:
    assert DE.minutes_on_foot(metres) == f"{minutes}\u202fmin"


def test_nobody_walks_more_than_three_kilometres_to_a_stop() -> None:
    assert DE.minutes_on_foot(3_000.1) == ""
    assert DE.minutes_on_foot(None) == "unbekannt"


@pytest.mark.parametrize(
    ("metres", "german", "english"),
    [
        (0, "0\u202fm", "0\u202fm"),
        (999.5, "1.000\u202fm", "1,000\u202fm"),
        (2_000, "2.000\u202fm", "2,000\u202fm"),
        (2_000.1, "2,0\u202fkm", "2.0\u202fkm"),
        (2_449, "2,4\u202fkm", "2.4\u202fkm"),
        (12_345, "12,3\u202fkm", "12.3\u202fkm"),
    ],
)
def test_above_two_kilometres_distances_are_told_in_km(metres: float, german: str, english: str) -> None:
    assert (DE.metres(metres), EN.metres(metres)) == (german, english)


@pytest.mark.parametrize(
    ("value", "german", "english"),
    [
        (9000.5, "9.000,5", "9,000.5"),
        (4000.0, "4.000", "4,000"),
        (1234.567, "1.234,567", "1,234.567"),
        (0, "0", "0"),
    ],
)
def test_what_was_typed_stands_in_the_form_as_exactly(value: float, german: str, english: str) -> None:
    assert (DE.typed(value), EN.typed(value)) == (german, english)


def test_as_day() -> None:
    assert as_day("2028-03-01T10:00:00") == date(2028, 3, 1)
    assert as_day("") is None
    assert as_day(None) is None
    assert as_day(datetime(2028, 3, 1, 23, tzinfo=UTC)) == date(2028, 3, 1)


def test_halves_are_rounded_up_and_cents_are_shown() -> None:
    german = Formats("de")
    assert german.number(1234.5) == "1.235"
    assert german.number(5.45, 1) == "5,5"
    assert german.euro(Decimal("1.20")) == "1,20\u202f€"
    assert german.euro(7380.0) == "7.380\u202f€"
