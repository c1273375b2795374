"""Trips that stand in a feed twice: on every day each run counts once, whatever the order of the rows."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.transit.duplicates import days_as_integers, find_duplicates, with_integers
from geo_service.transit.gtfs import read_gtfs
from tests.transit.feeds import TUESDAY, FeedMaker, grade_of, street

WEEKDAYS, SATURDAY, ALL = 0b0011111, 0b0100000, 0b1111111
MONDAY = TUESDAY - timedelta(days=1)
Trip = tuple[int, int, int]
"""Days (bits), agency and line."""


def counted(trips: Sequence[Trip]) -> list[int]:
    """Return the days on which each of some trips with the same times counts."""
    alike = [(1, trip, trip, agency, line) for trip, (_, agency, line) in enumerate(trips)]
    found = find_duplicates(alike, [days for days, *_ in trips])
    return [found.get(trip, days) for trip, (days, *_) in enumerate(trips)]


def test_another_agency_counts_on_the_days_that_the_first_does_not_run() -> None:
    assert counted([(WEEKDAYS, 1, 7), (ALL, 2, 8)]) == [WEEKDAYS, ALL & ~WEEKDAYS]


def test_the_same_line_counts_once_a_day() -> None:
    assert counted([(ALL, 1, 7), (SATURDAY, 1, 7)]) == [ALL, 0]


def test_other_days_are_no_duplicate() -> None:
    assert counted([(WEEKDAYS, 1, 7), (SATURDAY, 2, 7)]) == [WEEKDAYS, SATURDAY]


def test_two_lines_of_an_agency_are_no_duplicate() -> None:
    assert counted([(WEEKDAYS, 1, 7), (WEEKDAYS, 1, 8)]) == [WEEKDAYS, WEEKDAYS]


def test_two_lines_side_by_side_stay_two_where_another_agency_publishes_one_of_them() -> None:
    assert counted([(SATURDAY, 1, 7), (SATURDAY, 2, 8), (SATURDAY, 2, 9)]) == [0, SATURDAY, SATURDAY]


def test_groups_are_kept_apart() -> None:
    assert find_duplicates([(1, 0, 0, 1, 7), (2, 1, 0, 2, 7)], [WEEKDAYS]) == {}


@given(st.lists(st.tuples(st.integers(1, 31), st.integers(0, 2), st.integers(0, 2)), max_size=6))
def test_every_day_has_the_lines_of_the_agency_with_the_most(trips: list[Trip]) -> None:
    left = counted(trips)
    for agency, line in {each[1:] for each in trips}:
        own = [days for days, *whose in trips if whose == [agency, line]]
        kept = [days for days, (_, *whose) in zip(left, trips, strict=True) if whose == [agency, line]]
        assert not np.bitwise_or.reduce(kept) & ~np.bitwise_or.reduce(own)
    for day in range(5):
        running = {(agency, line) for days, agency, line in trips if days >> day & 1}
        most = max((sum(one == agency for one, _ in running) for agency, _ in running), default=0)
        assert sum(kept >> day & 1 for kept in left) == most


MONDAY_BUS, TUESDAY_BUS, BOTH = ("a1", "mo"), ("a1", "tu"), ("a2", "both")


@pytest.mark.parametrize("order", list(permutations([MONDAY_BUS, TUESDAY_BUS, BOTH])))
def test_a_bus_of_two_agencies_counts_once_in_every_order_of_the_rows(
    tmp_path: Path, order: tuple[tuple[str, str], ...]
) -> None:
    """Every 20 minutes from 06:00 to 20:00 are 42 departures on Monday and on Tuesday."""
    maker: FeedMaker = street("A", "S", "B")
    for service, days in (("mo", "1000000"), ("tu", "0100000"), ("both", "1100000")):
        maker.service(service, days)
    for agency, service in order:
        route = f"{agency}-{service}"
        maker.line(route, name="500", agency=agency).every(20, route, ["A", "S", "B"], service=service)
    feed = read_gtfs(maker.write(tmp_path))
    for day in (MONDAY, TUESDAY):
        best = grade_of(feed, "S", day=day)
        assert (best.departures, best.headway_min, best.category) == (42, 20.0, "V")


def frequencies(*rows: tuple[str, str, str, int]) -> str:
    header = "trip_id,start_time,end_time,headway_secs\n"
    return header + "".join(f"{trip},{start},{end},{headway}\n" for trip, start, end, headway in rows)


@pytest.mark.parametrize("template_s", [0, 36_000])
def test_runs_made_of_frequencies_by_two_agencies_count_once(tmp_path: Path, template_s: float) -> None:
    """The same bus every 20 minutes, whatever the time of the template; travel times have it once too."""
    maker = street("A", "S", "B").line("1", name="107").line("2", name="107", agency="other")
    one = maker.run("1", ["A", "S", "B"], [0, 60, 120])
    other = maker.run("2", ["A", "S", "B"], [template_s, template_s + 60, template_s + 120])
    maker.more["frequencies.txt"] = frequencies(
        (one, "06:00:00", "20:00:00", 1_200), (other, "06:00:00", "20:00:00", 1_200)
    )
    feed = read_gtfs(maker.write(tmp_path))
    best = grade_of(feed, "S")
    assert (best.departures, best.headway_min, best.category) == (42, 20.0, "V")
    assert feed.counts["duplicate trips counted once"] == 42
    assert feed.patterns.runs.sum() == 42


def test_runs_made_of_frequencies_and_the_same_ones_written_out_count_once(tmp_path: Path) -> None:
    """Every 20 minutes by frequencies; the hourly ones of the other agency are among them."""
    maker = street("A", "S", "B").line("1", name="107").line("2", name="107", agency="other")
    trip = maker.run("1", ["A", "S", "B"], [0, 60, 120])
    maker.every(60, "2", ["A", "S", "B"])
    maker.more["frequencies.txt"] = frequencies((trip, "06:00:00", "20:00:00", 1_200))
    best = grade_of(read_gtfs(maker.write(tmp_path)), "S")
    assert best.departures == 42


def test_spans_of_frequencies_that_overlap_make_a_run_once(tmp_path: Path) -> None:
    """06-10 every 20 minutes and 08-10 every 10 are 12 and 12 starts, 6 of which are the same."""
    maker = street("A", "S", "B").line("1")
    trip = maker.run("1", ["A", "S", "B"], [0, 60, 120])
    maker.more["frequencies.txt"] = frequencies(
        (trip, "06:00:00", "10:00:00", 1_200), (trip, "08:00:00", "10:00:00", 600)
    )
    feed = read_gtfs(maker.write(tmp_path))
    assert grade_of(feed, "S").departures == 18
    assert feed.counts["runs made of frequencies.txt"] == 18


def test_sets_of_days_survive_the_way_through_integers() -> None:
    days = np.array([[True] + [False] * 9 + [True], [False] * 11])
    numbers = days_as_integers(days)
    assert numbers == [0b10000000001, 0]
    assert with_integers(days, numbers).tolist() == [*days.tolist(), *days.tolist()]
    assert with_integers(days, []) is days
