"""What is under way for days departs on the day on which it departs."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from geo_service.db import Database
from geo_service.transit.grades import asked, stop_table
from geo_service.transit.gtfs import read_gtfs
from geo_service.transit.service import import_gtfs
from tests.transit.feeds import TUESDAY, FeedMaker, all_grades, street
from tests.transit.test_service import database  # noqa: F401 - a fixture

HOURS = (7.5, 23.5, 30.5, 47.5, 48.5, 54.5, 79, 103.25, 167.5)
FIRST, LAST = date(2026, 6, 1), date(2026, 6, 28)


def ferries() -> FeedMaker:
    """Ferries that leave A at these hours of Mondays and Thursdays."""
    maker = street("A", "B").line("1", 4)
    maker.service("some", "1001000")
    for hour in HOURS:
        maker.run("1", ["A", "B"], [hour * 3600, hour * 3600 + 60], service="some")
    return maker


def by_hand(day: date, hours: tuple[int, int]) -> int:
    """Count the departures whose moment lies between two hours of a day."""
    start, end = (datetime.combine(day, time()) + timedelta(hours=hour) for hour in hours)
    service_days = [FIRST + timedelta(days=number) for number in range(28)]
    moments = [
        datetime.combine(each, time()) + timedelta(hours=hour)
        for each in service_days
        if each.weekday() in {0, 3}
        for hour in HOURS
    ]
    return sum(start <= moment < end for moment in moments)


@pytest.mark.parametrize("hours", [(0, 6), (6, 20), (20, 24), (24, 30)])
def test_every_departure_is_counted_on_its_day(tmp_path: Path, hours: tuple[int, int]) -> None:
    feed = read_gtfs(ferries().write(tmp_path))
    window = f"{hours[0]:02}:00-{hours[1]:02}:00"
    for number in range(28):
        day = FIRST + timedelta(days=number)
        assert all_grades(feed, day=day, window=window).total.sum() == by_hand(day, hours), day


def test_stored_departures_are_counted_on_their_day(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    import_gtfs(database, ferries().write(tmp_path), "test")
    with database.read() as connection:
        for number in range(7):
            day = TUESDAY + timedelta(days=number)
            found = stop_table(connection, "test", asked("are", "06:00-20:00", day))
            assert found.total.sum() == by_hand(day, (6, 20)), day


def test_times_of_a_week_and_more_are_told_by_row(tmp_path: Path) -> None:
    maker = ferries()
    for clock in ("168:00:00", "999:59:59"):
        maker.tables["stop_times.txt"].append(["t0", clock, clock, "B", 9, ""])
    feed = read_gtfs(maker.write(tmp_path))
    last = 1 + 2 * len(HOURS)
    told = [(fault.row, fault.field, fault.value, fault.advice.code) for fault in feed.faults]
    assert [each[0] for each in told] == [last + 1, last + 2]
    assert {(value, code) for *_, value, code in told} == {("168:00:00", "no-time"), ("999:59:59", "no-time")}
