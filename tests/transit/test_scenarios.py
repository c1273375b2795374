"""What new stops and lines change: the kernel on courses drawn by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geo_service.transit.departures import StopDepartures
from geo_service.transit.merging import joined
from geo_service.transit.methods import load_method
from geo_service.transit.modes import LineKind, Mode
from geo_service.transit.scenarios import (
    PlannedLine,
    PlannedStop,
    Service,
    category_ranks,
    change_of,
    departures_within,
    with_lines,
)
from geo_service.transit.windows import Window, parse_window

DAY = parse_window("06:00-20:00")
ARE = load_method("are")
ALL_DAY = (Service(parse_window("05:00-24:00"), 10),)
NOTHING = joined([])


def stop(number: int) -> PlannedStop:
    return PlannedStop((number,), f"s{number}", f"Stop {number}", is_new=number < 0)


def timetable(*rows: tuple[int, str, str, int, str, int], window: Window = DAY) -> StopDepartures:
    """Departures of rows (stop, mode, line, direction, next stop, number) at even gaps in the window."""
    frame = pd.DataFrame(
        [(*row[:5], "", row[5]) for row in rows],
        columns=["stop", "mode", "line", "direction", "next_stop_id", "headsign", "departures"],
    )
    length = window.end_s - window.start_s
    seconds = [window.start_s + np.arange(row[5]) * length // row[5] for row in rows]
    later = frame[["stop", "mode", "line", "direction"]].assign(following_s=float(window.end_s))
    row_of = np.repeat(np.arange(len(rows)), [row[5] for row in rows])
    return StopDepartures(frame, np.concatenate(seconds), row_of, later)


def line(*course: int, mode: Mode = Mode.TRAM, name: str = "N1", **more: Any) -> PlannedLine:
    return PlannedLine(name, mode, tuple(stop(number) for number in course), ALL_DAY, **more)


@pytest.mark.parametrize(
    ("services", "window", "number"),
    [
        ([("05:00-24:00", 10)], "06:00-20:00", 84),
        ([("06:00-20:00", 9)], "06:00-20:00", 840 / 9),
        ([("06:00-09:00", 5), ("09:00-20:00", 15)], "06:00-20:00", 36 + 44),
        ([("19:00-21:00", 10)], "06:00-20:00", 6),
        ([("20:00-24:00", 10)], "06:00-20:00", 0),
        ([("22:00-26:00", 30)], "20:00-24:00", 4),
    ],
)
def test_departures_are_window_by_headway(
    services: list[tuple[str, float]], window: str, number: float
) -> None:
    made = [Service(parse_window(text), headway) for text, headway in services]
    assert departures_within(made, parse_window(window)) == pytest.approx(number)


def deciding(departures: StopDepartures, method: str, stop_number: int) -> list[Any]:
    """Departures, total and headway of the group that gives a stop its category."""
    grades = category_ranks(departures, load_method(method), DAY)
    return [grades[column].to_dict()[stop_number] for column in ("departures", "total", "headway_min")]


def test_a_new_line_serves_all_its_stops_both_ways() -> None:
    made = with_lines(NOTHING, [line(-1, -2, -3)], DAY)
    rows = set(
        made.rows[["stop", "direction", "next_stop_id", "headsign", "departures"]].itertuples(index=False)
    )
    assert rows == {
        (-1, 0, "s-2", "Stop -3", 84),
        (-2, 0, "s-3", "Stop -3", 84),
        (-3, 1, "s-2", "Stop -1", 84),
        (-2, 1, "s-1", "Stop -1", 84),
    }
    grades = category_ranks(made, ARE, DAY)
    assert grades.departures.tolist() == [84, 84, 84]
    assert set(grades.headway_min) == {10.0}


def test_one_way_has_no_departures_at_the_end() -> None:
    made = with_lines(NOTHING, [line(-1, -2, both_ways=False)], DAY)
    assert made.rows.stop.tolist() == [-1]


def test_a_second_line_counts_beside_the_first_in_its_group_only() -> None:
    today = timetable(
        (1, "tram", "U41", 0, "x", 84), (1, "tram", "U41", 1, "y", 84), (1, "bus", "470", 0, "x", 14)
    )
    grades = deciding(with_lines(today, [line(1, -1)], DAY), "are", 1)
    assert grades[::2] == [84 + 84 + 14, 840 / 182]
    by_train = with_lines(today, [line(1, -1, mode=Mode.RAIL)], DAY)
    assert deciding(by_train, "goat", 1)[0] == 84, "trains and trams are not added up"


def test_a_prolonged_line_is_one_line_at_the_joint() -> None:
    today = timetable((1, "tram", "HB1", 1, "x", 84))
    prolonged = with_lines(today, [line(1, -1, name="HB1", kind=LineKind.PROLONGED)], DAY)
    assert deciding(prolonged, "are", 1)[:2] == [84, 168]
    second = with_lines(today, [line(1, -1, name="HB1")], DAY)
    assert deciding(second, "are", 1)[0] == 168
    assert set(second.rows.line) == {"HB1", "HB1 (+)"}


def test_prolonging_where_nothing_runs_on_that_day_is_a_new_line() -> None:
    made = with_lines(NOTHING, [line(1, -1, kind=LineKind.PROLONGED)], DAY)
    assert category_ranks(made, ARE, DAY).departures.tolist() == [84, 84]


def test_an_existing_line_departs_at_the_new_stop_besides_and_nowhere_else() -> None:
    today = timetable((1, "rail", "S2", 0, "s2", 28), (2, "rail", "S2", 1, "s1", 28))
    infill = line(1, -1, 2, mode=Mode.RAIL, name="S2", kind=LineKind.EXISTING)
    grades = category_ranks(with_lines(today, [infill], DAY), ARE, DAY)
    assert grades.departures.to_dict() == {-1: 84, 1: 28, 2: 28}


def test_no_line_in_the_window_changes_nothing() -> None:
    today = timetable((1, "tram", "U41", 0, "x", 84))
    night = PlannedLine("N", Mode.TRAM, (stop(1), stop(2)), (Service(parse_window("21:00-24:00"), 10),))
    assert with_lines(today, [night], DAY) is today
    assert category_ranks(NOTHING, ARE, DAY).empty


def test_waits_count_the_times_of_new_lines() -> None:
    waiting = load_method("oevgk18")
    made = with_lines(NOTHING, [line(-1, -2)], DAY)
    assert category_ranks(made, waiting, DAY).headway_min.tolist() == [10.0, 10.0]
    today = timetable((1, "tram", "U41", 0, "x", 84))
    both = deciding(with_lines(today, [line(1, -1)], DAY), "oevgk18", 1)
    assert both[2] == 10.0, "both lines leave at the same minutes: the wait stays"
    ends = PlannedLine("N", Mode.TRAM, (stop(-1), stop(-2)), (Service(DAY, 10),))
    assert category_ranks(with_lines(NOTHING, [ends], DAY), waiting, DAY).headway_min.tolist() == [10.0, 10.0]


def test_timetables_stand_side_by_side() -> None:
    one = timetable((1, "tram", "U41", 0, "x", 3), (2, "bus", "470", 0, "y", 2))
    two = timetable((3, "rail", "S1", 0, "z", 4))
    both = joined([one, NOTHING, two])
    assert both.rows.stop.tolist() == [1, 2, 3]
    assert np.bincount(both.row_of).tolist() == [3, 2, 4]
    assert both.seconds[both.row_of == 2].tolist() == two.seconds.tolist()
    assert both.later.stop.tolist() == [1, 2, 3]


def test_places_are_graded_before_and_after_by_the_same_pairs() -> None:
    places = np.array([shapely.Point(0, 0), shapely.Point(2000, 0), shapely.Point(9000, 0)], dtype=object)
    xy = np.array([[100.0, 0.0], [2100.0, 0.0], [9100.0, 0.0]])
    none = len(ARE.categories)
    change = change_of(places, xy, (np.array([3, none, none]), np.array([3, 0, none])), ARE)
    assert change.before.rank.tolist() == [2, 4, 4]
    assert change.after.rank.tolist() == [2, 0, 4]
    assert change.after.stop.tolist() == [0, 1, -1]
    assert change.after.distance_m[1] == 100
