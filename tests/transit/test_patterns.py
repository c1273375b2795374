"""Whole runs of the reference day as an import keeps them."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo_service.transit.gtfs import ReadOptions, read_gtfs
from geo_service.transit.gtfs_patterns import TIME
from geo_service.transit.gtfs_stops import project
from tests.transit.feeds import TUESDAY, FeedMaker, street

EIGHT = 8 * 3600
FREQUENCIES = "trip_id,start_time,end_time,headway_secs\n"


def patterns(maker: FeedMaker, folder: Path, day: date = TUESDAY, **options: Any) -> list[Any]:
    """Return (line, stops, boards, alights, times) of each pattern."""
    feed = read_gtfs(maker.write(folder), ReadOptions(day=day, **options))
    rows: list[Any] = list(feed.patterns.itertuples())
    return [
        (
            row.line,
            row.stop_ids,
            row.boards,
            row.alights,
            np.frombuffer(row.times, TIME).reshape(row.runs, len(row.stop_ids), 2).tolist(),
        )
        for row in rows
    ]


def both(*seconds: int) -> list[list[int]]:
    return [[second, second] for second in seconds]


def test_runs_of_one_course_stand_together_in_the_order_of_time(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("470")
    maker.run("470", "ABC", [EIGHT + 600, EIGHT + 700, EIGHT + 800])
    maker.run("470", "ABC", [EIGHT, EIGHT + 100, EIGHT + 200])
    maker.run("470", "CA", [EIGHT, EIGHT + 300])
    yes = [True, True, True]
    times = [both(EIGHT, EIGHT + 100, EIGHT + 200), both(EIGHT + 600, EIGHT + 700, EIGHT + 800)]
    assert patterns(maker, tmp_path) == [
        ("470", ["A", "B", "C"], yes, yes, times),
        ("470", ["C", "A"], yes[:2], yes[:2], [both(EIGHT, EIGHT + 300)]),
    ]


def test_only_runs_of_the_reference_day(tmp_path: Path) -> None:
    maker = street("A", "B").line("470")
    maker.service("sat", "0000010")
    maker.run("470", "AB", [EIGHT, EIGHT + 60])
    maker.run("470", "AB", [EIGHT + 1, EIGHT + 61], service="sat")
    assert [row[4] for row in patterns(maker, tmp_path)] == [[both(EIGHT, EIGHT + 60)]]


def test_night_runs_of_the_day_before_and_after_are_moved_to_the_day(tmp_path: Path) -> None:
    maker = street("A", "B").line("NE1")
    maker.service("mon", "1000000")
    maker.service("wed", "0010000")
    maker.run("NE1", "AB", [12 * 3600, 12 * 3600 + 60])
    maker.run("NE1", "AB", [86_300, 86_500], service="mon")
    maker.run("NE1", "AB", [80_000, 80_100], service="mon")
    maker.run("NE1", "AB", [600, 660], service="wed")
    maker.run("NE1", "AB", [3 * 3600, 3 * 3600 + 60], service="wed")
    (row,) = patterns(maker, tmp_path)
    assert row[4] == [both(-100, 100), both(12 * 3600, 12 * 3600 + 60), both(86_400 + 600, 86_400 + 660)]


def test_blank_times_are_filled_and_frequencies_repeated(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("470")
    trip = maker.run("470", "ABC", [0, None, 200])
    maker.more["frequencies.txt"] = FREQUENCIES + f"{trip},08:00:00,08:20:00,600\n"
    (row,) = patterns(maker, tmp_path)
    assert row[4] == [both(EIGHT, EIGHT + 100, EIGHT + 200), both(EIGHT + 600, EIGHT + 700, EIGHT + 800)]


def test_pickup_and_drop_off_rules_are_kept(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("470")
    maker.run("470", "ABC", [EIGHT, EIGHT + 60, EIGHT + 120], pickup=["0", "1", "0"])
    texts = maker.texts()
    rows = texts["stop_times.txt"].splitlines()
    maker.more["stop_times.txt"] = "\n".join(
        [f"{rows[0]},drop_off_type", *(f"{row},{kind}" for row, kind in zip(rows[1:], "001", strict=True))]
    )
    (row,) = patterns(maker, tmp_path)
    assert row[2:4] == ([True, False, True], [True, True, False])


def test_calls_outside_the_area_are_left_out_and_the_run_goes_on(tmp_path: Path) -> None:
    maker = street("A", "B", "C", "D").line("470")
    maker.run("470", "ABCD", [EIGHT, EIGHT + 60, EIGHT + 120, EIGHT + 180])
    maker.run("470", "CDB", [EIGHT, EIGHT + 60, EIGHT + 120])
    places = project(np.array([[7.4653, 51.5136], [7.4653 + 1_000 / 69_300, 51.5136]]))
    area = shapely.union_all(
        [shapely.Point(place).buffer(600) for place in places[:1]] + [shapely.Point(places[1]).buffer(100)]
    )
    found = patterns(maker, tmp_path, area=area)
    assert [row[1] for row in found] == [["A", "B", "C"], ["C", "B"]]
    assert found[0][4] == [both(EIGHT, EIGHT + 60, EIGHT + 120)]


def test_a_trip_that_stands_twice_in_the_feed_runs_once(tmp_path: Path) -> None:
    maker = street("A", "B").line("470").line("470b", name="470")
    maker.run("470", "AB", [EIGHT, EIGHT + 60])
    maker.run("470b", "AB", [EIGHT, EIGHT + 60])
    assert sum(len(row[4]) for row in patterns(maker, tmp_path)) == 1


def test_times_that_go_back_are_mended_and_told(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("470")
    maker.run("470", "ABC", [EIGHT, EIGHT + 100, EIGHT + 50])
    feed = read_gtfs(maker.write(tmp_path), ReadOptions(day=TUESDAY))
    times = np.frombuffer(feed.patterns.times.iloc[0], TIME).reshape(3, 2)
    assert times[:, 0].tolist() == [EIGHT, EIGHT + 100, EIGHT + 100]
    assert feed.counts["runs back in time"] == 1
    assert any("go back in time" in warning for warning in feed.warnings)
