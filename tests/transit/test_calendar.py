"""Days of service and the choice of reference days."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from geo_service.errors import BadParameter, ImportRejected
from geo_service.transit.gtfs import read_gtfs
from geo_service.transit.gtfs_calendar import (
    MAX_DAYS,
    ReferenceDays,
    bits_of,
    day_bits,
    kept_span,
    reference_days,
)
from tests.transit.feeds import FeedMaker, days_of, street

MONDAY = date(2026, 6, 1)


def one_run(**services: str) -> FeedMaker:
    maker = street("A", "B").line("1")
    maker.tables["calendar.txt"].clear()
    for name, days in services.items():
        maker.service(name, days)
        maker.run("1", ["A", "B"], [28_800, 28_860], service=name)
    return maker


def test_exceptions_add_and_remove_days(tmp_path: Path) -> None:
    maker = one_run(sat="0000010")
    maker.more["calendar_dates.txt"] = "service_id,date,exception_type\nsat,20260606,2\nsat,20260604,1\n"
    feed = read_gtfs(maker.write(tmp_path))
    assert days_of(feed, feed.departures.days[0]) == ["2026-06-04", "2026-06-13", "2026-06-20", "2026-06-27"]


def test_calendar_dates_alone_are_enough(tmp_path: Path) -> None:
    maker = one_run(any="0000000")
    texts = maker.texts()
    del texts["calendar.txt"]
    texts["calendar_dates.txt"] = (
        "service_id,date,exception_type\nany,20260616,1\nany,20260618,1\nany,20260617,2\n"
    )
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    feed = read_gtfs(tmp_path)
    assert (feed.first_day, feed.last_day) == (date(2026, 6, 16), date(2026, 6, 18))
    assert days_of(feed, feed.departures.days[0]) == ["2026-06-16", "2026-06-18"]
    assert feed.days == ReferenceDays(date(2026, 6, 16), None, None)


def test_calendar_that_never_ends_is_cut_and_reported(tmp_path: Path) -> None:
    maker = street("A", "B").line("1")
    maker.service("long", "1111111", "20260601", "20991231")
    maker.run("1", ["A", "B"], [28_800, 28_860], service="long")
    feed = read_gtfs(maker.write(tmp_path))
    assert (feed.last_day - feed.first_day).days == MAX_DAYS - 1
    assert feed.first_day == MONDAY or feed.first_day <= datetime.now(UTC).date() <= feed.last_day
    assert any("2099-12-31" in warning for warning in feed.warnings)


@pytest.mark.parametrize(
    ("first", "last", "today", "start"),
    [
        ("2026-06-01", "2026-12-31", "2030-01-01", "2026-06-01"),
        ("0001-01-01", "2026-06-28", "2026-11-22", "2023-03-17"),
        ("2026-06-01", "9999-12-31", "2026-11-22", "2026-06-01"),
        ("2015-01-01", "2099-12-31", "2026-11-22", "2025-10-19"),
        ("1990-01-01", "2010-12-31", "2026-11-22", "2007-09-19"),
    ],
)
def test_kept_span_is_around_the_present_day(first: str, last: str, today: str, start: str) -> None:
    kept = kept_span(*(date.fromisoformat(day) for day in (first, last, today)))
    assert kept[0] == date.fromisoformat(start)
    assert (kept[1] - kept[0]).days < MAX_DAYS
    assert kept[1] <= date.fromisoformat(last)


def test_exceptions_beyond_the_kept_days_are_passed_over(tmp_path: Path) -> None:
    maker = one_run(wk="1111100")
    maker.more["calendar_dates.txt"] = "service_id,date,exception_type\nwk,20260616,2\nwk,22001224,1\n"
    feed = read_gtfs(maker.write(tmp_path))
    days = days_of(feed, feed.departures.days[0])
    assert len(days) == 19
    assert "2026-06-16" not in days


def test_service_that_ends_before_it_starts_is_reported_and_its_trips_dropped(tmp_path: Path) -> None:
    maker = one_run(wk="1111100")
    maker.service("back", "1111111", "20260620", "20260610")
    maker.run("1", ["A", "B"], [36_000, 36_060], service="back")
    feed = read_gtfs(maker.write(tmp_path))
    assert any("row 3: service 'back' ends before it starts" in warning for warning in feed.warnings)
    assert feed.counts["trips.txt rows dropped"] == 1
    assert feed.departures.departure_s.map(list).tolist() == [[28_800]]


def test_days_survive_the_way_through_bytes() -> None:
    rng = np.random.default_rng(3)
    days = rng.random((5, 19)) < 0.5
    assert np.array_equal(bits_of(day_bits(days), 19), days)
    assert day_bits(np.array([[True] + [False] * 8]))[0] == b"\x01\x00"


# --- reference days -----------------------------------------------------------------------------------


def departures(weeks: int = 4, **changes: int) -> np.ndarray:
    """Return departures per day from a Monday on: 100 on working days, 60 on Saturdays, 40 on Sundays."""
    days = np.array([100, 100, 100, 100, 100, 60, 40] * weeks)
    for day, number in changes.items():
        days[int(day.removeprefix("d"))] = number
    return days


def test_ordinary_tuesday_with_the_weekend_beside_it() -> None:
    found = reference_days(MONDAY, departures(), None)
    assert found == ReferenceDays(date(2026, 6, 2), date(2026, 6, 6), date(2026, 6, 7))


def test_holiday_and_strike_do_not_decide() -> None:
    """The first Tuesday is a holiday, Wednesday has extra trips, Thursday is ordinary."""
    found = reference_days(MONDAY, departures(d1=40, d2=130), None)
    assert found.weekday == date(2026, 6, 4)


def test_extraordinary_saturday_is_passed_over() -> None:
    found = reference_days(MONDAY, departures(d5=10, d12=0), None)
    assert found.saturday == date(2026, 6, 20)


def test_feed_without_core_days_takes_what_there_is() -> None:
    fridays = np.array([0, 0, 0, 0, 50, 0, 0] * 2)
    assert reference_days(MONDAY, fridays, None) == ReferenceDays(date(2026, 6, 5), None, None)
    sundays = np.array([0, 0, 0, 0, 0, 0, 7])
    found = reference_days(MONDAY, sundays, None)
    assert found == ReferenceDays(date(2026, 6, 7), None, date(2026, 6, 7))


def test_given_day_wins() -> None:
    found = reference_days(MONDAY, departures(), date(2026, 6, 25))
    assert found == ReferenceDays(date(2026, 6, 25), date(2026, 6, 27), date(2026, 6, 28))


@pytest.mark.parametrize("day", [MONDAY - timedelta(days=1), MONDAY + timedelta(days=28)])
def test_given_day_outside_the_feed_is_refused(day: date) -> None:
    with pytest.raises(BadParameter, match="covers 2026-06-01 to 2026-06-28"):
        reference_days(MONDAY, departures(), day)


def test_given_day_without_service_is_refused() -> None:
    with pytest.raises(BadParameter, match="Nothing runs on 2026-06-03"):
        reference_days(MONDAY, departures(d2=0), date(2026, 6, 3))


def test_feed_without_service_is_refused() -> None:
    with pytest.raises(ImportRejected, match="nothing can be graded"):
        reference_days(MONDAY, np.zeros(7, dtype=int), None)
