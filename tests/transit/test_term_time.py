"""Term time: holidays of Nordrhein-Westfalen, and reference days that avoid them."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from geo_service.city import known_cities, load_city
from geo_service.transit.gtfs import Feed, ReadOptions, read_gtfs
from geo_service.transit.gtfs_calendar import reference_days
from geo_service.transit.term_time import FreeDays, load_free_days, preferred_days, term_warnings
from tests.transit.feeds import FeedMaker


def nrw() -> FreeDays:
    free = load_free_days("05")
    assert free
    return free


def test_public_holidays_are_those_of_the_almanac() -> None:
    public = [
        *("2026-01-01", "2026-04-03", "2026-04-05", "2026-04-06", "2026-05-01", "2026-05-14", "2026-05-24"),
        *("2026-05-25", "2026-06-04", "2026-10-03", "2026-11-01", "2026-12-25", "2026-12-26"),
    ]
    days = [date(2026, 1, 1) + timedelta(days=place) for place in range(365)]
    assert [str(day) for day in days if nrw().name(day) == "a public holiday"] == public
    assert nrw().name(date(2026, 7, 19)) is None
    assert nrw().name(date(2026, 7, 20)) == "in the Sommerferien 2026"
    assert nrw().name(date(2026, 9, 1)) == "in the Sommerferien 2026"
    assert nrw().name(date(2026, 9, 2)) is None


def test_every_city_has_the_holidays_of_its_land_in_order() -> None:
    assert load_free_days("") is None
    assert load_free_days("99") is None
    for key in known_cities():
        free = load_free_days(load_city(key).land_key)
        assert free
        spans = [day for _, first, last in free.school for day in (first, last)]
        assert spans == sorted(spans)


def summer_feed(folder: Path, first: str, *, land: str = "05", day: date | None = None) -> Feed:
    """Every half hour until the holidays begin, then every hour, to 1 September 2026."""
    maker = FeedMaker()
    maker.service("term", "1111100", first, "20260719")
    maker.service("holidays", "1111100", "20260720", "20260901")
    maker.stop("a").stop("b", east_m=500).line("1")
    for minute in range(6 * 60, 20 * 60, 30):
        maker.run("1", ["a", "b"], [minute * 60, minute * 60 + 300], "term")
        if minute % 60 == 0:
            maker.run("1", ["a", "b"], [minute * 60, minute * 60 + 300], "holidays")
    return read_gtfs(maker.write(folder), ReadOptions(day, land=land))


def test_two_weeks_of_school_decide_over_six_of_holidays(tmp_path: Path) -> None:
    feed = summer_feed(tmp_path, "20260706")
    assert feed.days.weekday == date(2026, 7, 7)
    assert not [warning for warning in feed.warnings if "reference day" in warning]


def test_without_known_holidays_the_import_says_so(tmp_path: Path) -> None:
    feed = summer_feed(tmp_path, "20260706", land="")
    assert feed.days.weekday == date(2026, 7, 21), "what most of the days are like"
    assert any("holidays are not known where this feed runs" in warning for warning in feed.warnings)


def test_a_feed_of_holidays_only_is_warned_of() -> None:
    first = date(2026, 7, 20)
    days = reference_days(first, np.full(40, 9), None, preferred_days(nrw(), first, 40))
    assert days.weekday == date(2026, 7, 21)
    (warning,) = term_warnings(nrw(), days.weekday, given=False)
    assert warning.startswith("No Tuesday to Thursday in term time has service in this feed")
    assert "in the Sommerferien 2026 (Nordrhein-Westfalen)" in warning


def test_weekends_lie_in_term_time_too() -> None:
    first = date(2026, 10, 13)
    days = reference_days(first, np.full(40, 9), date(2026, 10, 29), preferred_days(nrw(), first, 40))
    assert (days.saturday, days.sunday) == (date(2026, 11, 7), date(2026, 11, 8))
    assert term_warnings(nrw(), days.weekday, given=True) == [
        "The reference day 2026-10-29 that was given is in the Herbstferien 2026."
    ]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2028, 3, 7), "known from 2025-01-01 to 2027-12-31 only"),
        (date(2026, 6, 4), "is a public holiday"),
        (date(2026, 6, 5), "the reference day is Friday 2026-06-05"),
    ],
)
def test_what_speaks_against_a_day_is_said(day: date, words: str) -> None:
    (warning,) = term_warnings(nrw(), day, given=False)
    assert words in warning
