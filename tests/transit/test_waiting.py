"""Headways from the wait for the next departure: the published value, a simulation, lines and directions."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.transit.departures import DAY_S, departures_on
from geo_service.transit.grading import grade_stops
from geo_service.transit.methods import load_method
from geo_service.transit.waiting import doubled_waits
from geo_service.transit.windows import Window, parse_window
from tests.transit.test_grading import MONDAY, frame, hours

DAYTIME = parse_window("06:00-20:00")


def of_groups(window: Window, *groups: list[int]) -> list[float]:
    """Return the headway of groups of departures, each with at least one in the window."""
    inside = [sorted(time for time in times if window.start_s <= time < window.end_s) for times in groups]
    later = [min((float(time) for time in times if time >= window.end_s), default=np.inf) for times in groups]
    numbers = np.repeat(np.arange(len(groups)), [len(times) for times in inside])
    found = doubled_waits(np.concatenate(inside), numbers, np.array(later), window)
    return [float(headway) for headway in found]


def test_published_value() -> None:
    """The VISUM 12 handbook's example, as oevgk18-generator tests it: 6:35 and 7:15 are 2,600 s in 6-7."""
    assert of_groups(parse_window("06:00-07:00"), hours(6 + 35 / 60, 7.25)) == [pytest.approx(2600 / 60)]


@pytest.mark.parametrize("gap", [5, 10, 20, 60])
def test_even_departures_wait_as_they_are_counted(gap: int) -> None:
    assert of_groups(DAYTIME, list(range(0, DAY_S, gap * 60))) == [pytest.approx(gap)]


def test_no_departures_at_all() -> None:
    nothing = np.zeros(0, np.int64)
    assert not len(doubled_waits(nothing, nothing, np.zeros(0), DAYTIME))


@given(st.lists(st.lists(st.integers(0, 36_000), max_size=12, unique=True), min_size=1, max_size=4))
def test_wait_equals_a_simulation(drawn: list[list[int]]) -> None:
    """Twice the mean wait, sampled every 10 seconds; after the last departure the window repeats."""
    window = Window(6 * 3600, 8 * 3600)
    groups = [times for times in drawn if any(window.start_s <= time < window.end_s for time in times)]
    if not groups:
        return
    for times, found in zip(groups, of_groups(window, *groups), strict=True):
        inside = sorted(time for time in times if window.start_s <= time < window.end_s)
        known = np.array(
            [*inside, min([inside[0] + 7200, *(time for time in times if time >= window.end_s)])]
        )
        arrivals = np.arange(window.start_s, window.end_s, 10) + 5
        waits = known[np.searchsorted(known, arrivals)] - arrivals
        assert found == pytest.approx(2 * waits.mean() / 60, abs=0.2)


def headways(*frames: pd.DataFrame, window: Window = DAYTIME) -> dict[Any, float]:
    """Return the headway of each stop and mode group by OeVGK18."""
    found = departures_on(pd.concat(frames, ignore_index=True), MONDAY, MONDAY, window)
    grades = grade_stops(found, load_method("oevgk18"), window)
    return grades.set_index(["stop", "mode_group"]).headway_min.to_dict()


def test_directions_of_a_line_do_not_shorten_each_others_wait() -> None:
    """Every 10 minutes there and, 5 minutes later, back: who wants to go there waits as for every 10."""
    there = frame(("1", "B", list(range(0, DAY_S, 600))))
    back = frame(("1", "A", list(range(300, DAY_S, 600)))).assign(direction=1)
    assert headways(there, back) == {(0, "tram_bus_ship"): pytest.approx(10)}


def test_lines_shorten_each_others_wait_and_stops_and_groups_do_not() -> None:
    even, odd = list(range(0, DAY_S, 1200)), list(range(600, DAY_S, 1200))
    found = headways(
        frame(("1", "B", even)),
        frame(("1", "C", odd), line="2"),
        frame(("1", "B", even), mode="rail", line="S1"),
        frame(("1", "B", odd), stop=7),
        frame(("1", "B", odd), mode="other", line="x"),
    )
    assert found == {
        (0, "tram_bus_ship"): pytest.approx(10),
        (0, "rail"): pytest.approx(20),
        (7, "tram_bus_ship"): pytest.approx(20),
    }


def test_first_departure_after_the_window_ends_the_last_wait() -> None:
    """6:35, then 7:15 towards another stop of the same line and direction: 2,600 s as in the example."""
    window = parse_window("06:00-07:00")
    rows = frame(("1", "B", hours(6 + 35 / 60)), ("1", "C", hours(7.25)))
    assert headways(rows, window=window) == {(0, "tram_bus_ship"): pytest.approx(2600 / 60)}
    alone = headways(rows.iloc[:1], window=window)
    assert alone == {(0, "tram_bus_ship"): pytest.approx((35**2 + 60**2 - 35**2) / 60)}
