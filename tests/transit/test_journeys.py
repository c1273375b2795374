"""Travel times by the timetable: drawn by hand, and equal to a plain search, departure by departure."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.transit.isochrones import median_to_stops, reached_areas
from geo_service.transit.journeys import NEVER, Calls, Network, Rules, footpaths
from geo_service.transit.reach import Departures, Legs, TravelTimes, place_of, travel_times
from geo_service.transit.windows import Window

Run = list[tuple[int, int, int, bool, bool]]
"""Calls of a run: stop, arrival, departure, boards, alights."""
RULES = Rules(detour=1.0, walking_m_per_min=60.0)
"""A metre a second: distances are times."""


def calls_of(runs: Sequence[Run]) -> Calls:
    rows = [(number, *call) for number, run in enumerate(runs) for call in run]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    run, stop, arrival, departure = (np.array(column, dtype=np.int64) for column in columns[:4])
    boards, alights = (np.array(column, dtype=bool) for column in columns[4:])
    return Calls(run, stop, arrival, departure, boards, alights)


def plain(stops: Sequence[int], times: Sequence[int]) -> Run:
    return [(stop, time, time, True, True) for stop, time in zip(stops, times, strict=True)]


# --- oracle: one departure, round by round, every run and every pair of its calls ------------------------


def earliest(
    runs: Sequence[Run], xy: Any, rules: Rules, access: dict[int, int], start: int
) -> list[dict[int, int]]:
    """Return for 1, 2, ... rides the earliest arrival at each stop when leaving at a second."""
    ready = {stop: start + walk for stop, walk in access.items()}
    rounds = []
    for _ in range(rules.max_changes + 1):
        reached: dict[int, int] = {}
        for run in runs:
            for place, (stop, _, leaves, boards, _) in enumerate(run):
                if boards and ready.get(stop, math.inf) <= leaves:
                    for to, arrives, _, _, alights in run[place + 1 :]:
                        if alights:
                            reached[to] = min(reached.get(to, arrives), arrives)
        rounds.append(reached)
        ready = {}
        for stop, arrives in reached.items():
            for other, point in enumerate(xy):
                gap = math.dist(xy[stop], point)
                if gap <= rules.footpath_m:
                    walk = math.ceil(round(60 * gap * rules.detour / rules.walking_m_per_min, 6))
                    at = arrives + max(rules.change_s, walk)
                    ready[other] = min(ready.get(other, at), at)
    return rounds


def journey(rounds: list[dict[int, int]], egress: dict[int, int]) -> tuple[float, int]:
    """Return arrival and rides of the best journey to a place."""
    options = [
        (reached[stop] + walk, rides)
        for rides, reached in enumerate(rounds, start=1)
        for stop, walk in egress.items()
        if stop in reached
    ]
    return min(options, default=(math.inf, 0))


def summary(taken: list[tuple[float, int]], most: int) -> tuple[Any, ...]:
    """Return median, 90th percentile, share and changes as a person would count them."""
    good = sorted(pair for pair in taken if pair[0] <= most)
    number = len(taken)

    def at_most(share: float) -> tuple[float, int] | None:
        needed = next(count for count in range(1, number + 1) if count >= round(share * number, 9))
        return good[needed - 1] if needed <= len(good) else None

    median, p90 = at_most(0.5), at_most(0.9)
    changes = median[1] - 1 if median and median[1] else None
    return (median and median[0], p90 and p90[0], len(good) / number, changes)


# --- the code under test ----------------------------------------------------------------------------------


def searched(
    runs: Sequence[Run], xy: Any, rules: Rules, window: Window, egress: dict[int, int]
) -> tuple[Departures, Any]:
    places = np.asarray(xy, dtype=float)
    calls = calls_of(runs).between(window.start_s, window.end_s + rules.max_travel_s)
    network = Network(calls, footpaths(places, rules), rules)
    return Departures(network, window, 1_200, np.arange(len(xy))), network.search(walks(len(xy), egress))


def walks(number: int, known: dict[int, int]) -> Any:
    return np.array([known.get(stop, NEVER) for stop in range(number)], dtype=np.int64)


def legs_of(access: Sequence[dict[int, int]]) -> Legs:
    rows = [(place, stop, walk) for place, ways in enumerate(access) for stop, walk in sorted(ways.items())]
    return Legs(*np.array(rows, dtype=np.int64).reshape(-1, 3).T)


def row_of(times: TravelTimes, place: int = 0) -> tuple[Any, ...]:
    figures = (times.median_s, times.p90_s, times.share, times.changes)
    return tuple(None if math.isnan(figure[place]) else float(figure[place]) for figure in figures)


# --- drawn by hand -----------------------------------------------------------------------------------------

LINE = [(0, 0), (2_000, 0), (2_300, 0), (9_000, 0)]
"""Stops 0 and 1 of one line, 2 and 3 of another; 300 m on foot between 1 and 2."""
EIGHT = 8 * 3600


def reach_by_hand(runs: Sequence[Run], window: Window, rules: Rules = RULES, walk: int = NEVER) -> Any:
    departures, profile = searched(runs, LINE, rules, window, {3: 60})
    legs = legs_of([{0: 120}])
    return row_of(travel_times(departures, profile, legs, np.array([walk])))


def test_change_by_footpath_drawn_by_hand() -> None:
    """Leave 8:00, at stop 0 8:02, ride until 8:10, 300 s on foot, ride 8:15 to 8:30, 1 min on foot."""
    runs = [plain([0, 1], [EIGHT + 120, EIGHT + 600]), plain([2, 3], [EIGHT + 900, EIGHT + 1_800])]
    assert reach_by_hand(runs, Window(EIGHT, EIGHT + 60)) == (1_860, 1_860, 1.0, 1)


def test_a_second_late_misses_the_change() -> None:
    runs = [plain([0, 1], [EIGHT + 120, EIGHT + 601]), plain([2, 3], [EIGHT + 900, EIGHT + 1_800])]
    assert reach_by_hand(runs, Window(EIGHT, EIGHT + 60)) == (None, None, 0.0, None)


def test_median_and_90_percent_of_an_hourly_line() -> None:
    """10 departures 8:00 to 8:09, the ride at 8:06 and at 9:06: those from 8:05 on wait the hour."""
    runs = [plain([0, 3], [EIGHT + 360 + hour, EIGHT + 900 + hour]) for hour in (0, 3600)]
    median, p90, share, changes = reach_by_hand(runs, Window(EIGHT, EIGHT + 600))
    # 8:00 ... 8:04 take 16 ... 12 min, 8:05 ... 8:09 take 71 ... 67 min
    assert (median, p90, share, changes) == (16 * 60, 70 * 60, 1.0, 0)


def test_walking_all_the_way_counts_where_it_is_faster() -> None:
    runs = [plain([0, 3], [EIGHT + 360, EIGHT + 900])]
    assert reach_by_hand(runs, Window(EIGHT, EIGHT + 60), walk=900) == (900, 900, 1.0, None)
    assert reach_by_hand(runs, Window(EIGHT, EIGHT + 60), walk=961) == (960, 960, 1.0, 0)


def test_share_of_departures_that_arrive() -> None:
    """The only ride leaves at 8:03; with two minutes to the stop it is caught by 8:00 and 8:01."""
    runs = [plain([0, 3], [EIGHT + 180, EIGHT + 900])]
    assert reach_by_hand(runs, Window(EIGHT, EIGHT + 240)) == (960, None, 0.5, 0)


def test_too_long_a_journey_is_none() -> None:
    runs = [plain([0, 3], [EIGHT + 180, EIGHT + 900])]
    window = Window(EIGHT, EIGHT + 60)
    assert reach_by_hand(runs, window, Rules(1e3, 1.0, max_travel_s=960))[0] == 960
    assert reach_by_hand(runs, window, Rules(1e3, 1.0, max_travel_s=959))[0] is None


def test_neither_boarding_nor_alighting_where_it_is_forbidden() -> None:
    board = [(0, EIGHT + 180, EIGHT + 180, False, True), (3, EIGHT + 900, EIGHT + 900, True, True)]
    alight = [(0, EIGHT + 180, EIGHT + 180, True, True), (3, EIGHT + 900, EIGHT + 900, True, False)]
    for run in (board, alight):
        assert reach_by_hand([run], Window(EIGHT, EIGHT + 60))[2] == 0.0


def test_no_timetable_and_no_legs() -> None:
    departures, profile = searched([], LINE, RULES, Window(EIGHT, EIGHT + 60), {3: 60})
    legs = legs_of([])
    assert row_of(travel_times(departures, profile, legs, np.array([700])))[:3] == (700, 700, 1.0)


@pytest.mark.parametrize("wrong", [{"detour": 0.9}, {"walking_m_per_min": 0}, {"max_changes": 8}])
def test_rules_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Walking speed above 0"):
        Rules(**wrong)


def test_place_of_a_share() -> None:
    assert [place_of(0.5, 120), place_of(0.9, 120), place_of(0.9, 10), place_of(0.5, 1)] == [59, 107, 8, 0]


# --- against the oracle ------------------------------------------------------------------------------------


@st.composite
def timetables(draw: st.DrawFn) -> tuple[list[Run], list[tuple[int, int]]]:
    number = draw(st.integers(2, 7))
    coordinate = st.integers(0, 12).map(lambda value: value * 100)
    xy = draw(st.lists(st.tuples(coordinate, coordinate), min_size=number, max_size=number))
    runs = []
    for _ in range(draw(st.integers(1, 9))):
        stops = draw(st.lists(st.integers(0, number - 1), min_size=2, max_size=5))
        time = draw(st.integers(0, 2_400))
        run = []
        for stop in stops:
            arrival = time + draw(st.integers(0, 400))
            time = arrival + draw(st.sampled_from([0, 0, 30, 200]))
            flags = draw(st.sampled_from([(True, True)] * 6 + [(False, True), (True, False)]))
            run.append((stop, arrival, time, *flags))
        runs.append(run)
    return runs, xy


def ways(number: int) -> st.SearchStrategy[dict[int, int]]:
    return st.dictionaries(st.integers(0, number - 1), st.integers(0, 700), max_size=3)


@given(st.data(), timetables())
@settings(max_examples=300, deadline=None)
def test_equals_the_plain_search(data: st.DataObject, timetable: tuple[list[Run], list[Any]]) -> None:
    runs, xy = timetable
    rules = Rules(
        60.0, 1.0, footpath_m=250, change_s=data.draw(st.sampled_from([0, 60, 120])),
        max_changes=data.draw(st.integers(0, 3)), max_travel_s=data.draw(st.sampled_from([900, 10_800])),
    )  # fmt: skip
    window = Window(600, 600 + 60 * data.draw(st.integers(1, 15)))
    access = data.draw(st.lists(ways(len(xy)), min_size=1, max_size=3))
    egress = data.draw(ways(len(xy)))
    walk = data.draw(
        st.lists(st.sampled_from([NEVER, 300, 1_500]), min_size=len(access), max_size=len(access))
    )
    departures, profile = searched(runs, xy, rules, window, egress)
    times = travel_times(departures, profile, legs_of(access), np.array(walk))
    for place, legs in enumerate(access):
        taken = []
        for start in range(window.start_s, window.end_s, 60):
            arrival, rides = journey(earliest(runs, xy, rules, legs, start), egress)
            taken.append(min((arrival - start, rides), (float(walk[place]), 0)))
        assert row_of(times, place) == summary(taken, rules.max_travel_s)


@given(st.data(), timetables())
@settings(max_examples=150, deadline=None)
def test_medians_to_stops_equal_the_plain_search(
    data: st.DataObject, timetable: tuple[list[Run], list[Any]]
) -> None:
    runs, xy = timetable
    rules = Rules(60.0, 1.0, footpath_m=250, change_s=60, max_changes=2)
    window = Window(600, 600 + 60 * data.draw(st.integers(1, 12)))
    access = data.draw(ways(len(xy)))
    calls = calls_of(runs).between(window.start_s, window.end_s + rules.max_travel_s).mirrored()
    network = Network(calls, footpaths(np.asarray(xy, dtype=float), rules), rules)
    medians = median_to_stops(network, walks(len(xy), access), window)
    reached = [earliest(runs, xy, rules, access, start) for start in range(window.start_s, window.end_s, 60)]
    for stop in range(len(xy)):
        taken = []
        for number, rounds in enumerate(reached):
            arrival, rides = journey(rounds, {stop: 0})
            start = window.start_s + 60 * number
            taken.append(min((arrival - start, rides), (float(access.get(stop, math.inf)), 0)))
        expected = summary(taken, rules.max_travel_s)[0]
        assert (None if math.isnan(medians[stop]) else medians[stop]) == expected


# --- isochrones --------------------------------------------------------------------------------------------


def test_reached_areas_are_circles_with_what_is_left() -> None:
    place = shapely.Point(0, 0)
    areas = reached_areas(
        place, np.array([(5_000.0, 0.0), (9_000.0, 0.0)]), np.array([600.0, np.nan]), (5, 15, 45), RULES
    )
    small, middle, large = areas
    assert small.area == pytest.approx(math.pi * 300**2, rel=0.01)
    assert middle.area == pytest.approx(math.pi * (900**2 + 300**2), rel=0.01)
    assert large.bounds[2] == pytest.approx(6_000)  # no farther than stops are reached on foot
    assert all(large.covers(area) for area in areas)
    assert not large.intersects(shapely.Point(9_000, 0))


def test_stops_of_a_circle_line_can_be_boarded_at_each_visit() -> None:
    runs = [plain([0, 1, 2, 0, 3], [700, 800, 900, 1_000, 1_100])]
    departures, profile = searched(runs, LINE, RULES, Window(600, 1_020), {3: 0})
    taken = travel_times(departures, profile, legs_of([{0: 0}]), np.array([NEVER]))
    assert row_of(taken) == (320, 500, 1.0, 0)  # 500, 440, 380, 320, 260, 200, 140
