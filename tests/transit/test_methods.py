"""Published tables, row by row, and the checks of a method file."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo_service.errors import BadParameter, InvalidInput
from geo_service.transit.departures import StopDepartures
from geo_service.transit.grades import asked
from geo_service.transit.grading import class_ranks, grade_stops
from geo_service.transit.methods import (
    known_methods,
    load_method,
    methods_folder,
    read_method,
)
from geo_service.transit.windows import Window, parse_window, read_window

ARE_CATEGORIES = [
    # headways of the row, rail node, rail line, tram/bus/ship, cable
    ([0.1, 4, 4.98], "I I II III"),
    ([5, 9, 9.98], "I II III IV"),
    ([10, 15, 19, 19.5], "II III IV V"),
    ([20, 39, 39.9], "III IV V V"),
    ([40, 45, 60], "IV V V V"),
    ([60.02, 70, 840], "- - - -"),
]
GOAT_CATEGORIES = [
    # headways of the row, groups A, B, C
    ([1, 4.99], "1 1 2"),
    ([5, 9.99], "1 2 3"),
    ([10, 19.99], "2 3 4"),
    ([20, 39.99], "3 4 5"),
    ([40, 59.99], "4 5 6"),
    ([60, 119.99], "5 6 7"),
    ([120, 840], "- - -"),
]
OEROK_CATEGORIES = [
    # headways of the row, long-distance, S/U/rail, tram, bus
    ([1, 5], "1 1 2 3"),
    ([5.01, 10], "1 2 3 3"),
    ([10.01, 20], "2 3 4 4"),
    ([20.01, 40], "3 4 5 5"),
    ([40.01, 60], "4 5 6 6"),
    ([60.01, 120], "5 6 7 7"),
    ([120.01, 210], "- 7 8 8"),
    ([210.01, 840], "- - - -"),
]
OEVGK18_CATEGORIES = [
    # headways of the row, A rail node, B rail line, C others
    ([1, 5], "I I II"),
    ([5.01, 10], "I II III"),
    ([10.01, 20], "II III IV"),
    ([20.01, 40], "III IV V"),
    ([40.01, 60], "IV V VI"),
    ([60.01, 840], "- VII VII"),
]
ARE_CLASSES = {"I": "A A B C -", "II": "A B C D -", "III": "B C D - -", "IV": "C D - - -", "V": "D - - - -"}
ARE_BANDS = [[0, 299.999], [300, 300.1, 500], [500.001, 500.4, 501, 750], [750.4, 751, 1000], [1000.1, 5000]]
GOAT_CLASSES = {
    "1": "A A B C -",
    "2": "A B C D -",
    "3": "B C D E -",
    "4": "C D E F -",
    "5": "D E F - -",
    "6": "E F - - -",
    "7": "F - - - -",
}
GOAT_BANDS = [[0, 300], [300.1, 500], [500.1, 750], [750.1, 1000], [1000.1]]
OEROK_CLASSES = {
    "1": "A A B C D -",
    "2": "A B C D E -",
    "3": "B C D E F -",
    "4": "C D E F G -",
    "5": "D E F G G -",
    "6": "E F G - - -",
    "7": "F G G - - -",
    "8": "G G - - - -",
}
OEROK_BANDS = [[0, 300], [300.1, 500], [500.1, 750], [750.1, 1000], [1000.1, 1250], [1250.1]]
OEVGK18_CLASSES = {
    "I": "A A B C -",
    "II": "A B C D -",
    "III": "B C D E -",
    "IV": "C D E - -",
    "V": "D E - - -",
    "VI": "E - - - -",
    "VII": "F - - - -",
}
ON_FOOT_S: list[list[float]] = [[0, 300], [300.1, 450], [450.1, 600], [600.1, 900], [900.1]]
"""Printed as seconds on foot at 1.4 m/s; the way on foot is 1.22 times the straight line (detour.toml)."""
OEVGK18_BANDS = [[max(second * 1.4 / 1.22 - 1e-6, 0) for second in band] for band in ON_FOOT_S]


NOTHING_LATER = pd.DataFrame(columns=["stop", "mode", "line", "direction", "following_s"])


def category(method: str, mode: str, headway: float, neighbours: int) -> str:
    """Return the category of one departure in a window that is as long as the headway, and repeats."""
    window = Window(0, round(headway * 60))
    rows = pd.DataFrame(
        {
            "stop": 0,
            "mode": mode,
            "line": "1",
            "direction": 0,
            "next_stop_id": [str(number) for number in range(neighbours)],
            "headsign": "",
            "departures": [1] + [0] * (neighbours - 1),
        }
    )
    departures = StopDepartures(rows, np.zeros(1, np.int64), np.zeros(1, np.int64), NOTHING_LATER)
    grade = grade_stops(departures, load_method(method), window).iloc[0]
    assert grade.headway_min == pytest.approx(headway, abs=0.01)
    return grade.category or "-"


@pytest.mark.parametrize(("headways", "row"), ARE_CATEGORIES)
def test_are_categories(headways: list[float], row: str) -> None:
    columns = [("rail", 6), ("rail", 5), ("bus", 1), ("cable", 1)]
    for headway in headways:
        found = [category("are", mode, headway, neighbours) for mode, neighbours in columns]
        assert found == row.split(), headway
    for same in ("tram", "ship"):
        assert category("are", same, headways[0], 1) == row.split()[2]
    assert category("are", "funicular", headways[0], 1) == row.split()[3]
    for same in ("metro", "long_distance"):
        assert category("are", same, headways[0], 1) == row.split()[1]


@pytest.mark.parametrize(("headways", "row"), GOAT_CATEGORIES)
def test_goat_categories(headways: list[float], row: str) -> None:
    groups = [("rail", "metro", "long_distance"), ("tram", "funicular"), ("bus", "ship", "cable")]
    for headway in headways:
        for modes, wanted in zip(groups, row.split(), strict=True):
            assert {category("goat", mode, headway, 8) for mode in modes} == {wanted}, headway


@pytest.mark.parametrize(("headways", "row"), OEROK_CATEGORIES)
def test_oerok_categories(headways: list[float], row: str) -> None:
    groups = [("long_distance",), ("rail", "metro"), ("tram",), ("bus",)]
    for headway in headways:
        for modes, wanted in zip(groups, row.split(), strict=True):
            assert {category("oerok", mode, headway, 8) for mode in modes} == {wanted}, headway


@pytest.mark.parametrize(("headways", "row"), OEVGK18_CATEGORIES)
def test_oevgk18_categories(headways: list[float], row: str) -> None:
    node, line, other = row.split()
    for headway in headways:
        assert category("oevgk18", "rail", headway, 6) == node, headway
        assert category("oevgk18", "long_distance", headway, 1) == node, headway
        assert {category("oevgk18", mode, headway, 5) for mode in ("rail", "metro")} == {line}, headway
        for mode in ("tram", "bus", "ship", "cable", "funicular"):
            assert category("oevgk18", mode, headway, 9) == other, headway


@pytest.mark.parametrize(
    ("key", "classes", "bands"),
    [
        ("are", ARE_CLASSES, ARE_BANDS),
        ("goat", GOAT_CLASSES, GOAT_BANDS),
        ("oerok", OEROK_CLASSES, OEROK_BANDS),
        ("oevgk18", OEVGK18_CLASSES, OEVGK18_BANDS),
    ],
)
def test_classes_by_category_and_distance(
    key: str, classes: dict[str, str], bands: list[list[float]]
) -> None:
    method = load_method(key)
    assert method.categories == tuple(classes)
    names = [*method.grades, "-"]
    for rank, row in enumerate(classes.values()):
        for distances, wanted in zip(bands, row.split(), strict=True):
            ranks = class_ranks(method, np.full(len(distances), rank), np.array(distances, dtype=float))
            assert [names[place] for place in ranks] == [wanted] * len(distances), (rank, distances)


def test_no_category_gives_no_class() -> None:
    method = load_method("are")
    rank = class_ranks(method, np.array([len(method.categories)]), np.array([0.0]))
    assert rank.tolist() == [len(method.grades)]


def test_every_method_names_its_source_and_counts_a_weekday_from_six_to_eight() -> None:
    assert known_methods() == ("are", "goat", "oerok", "oevgk18")
    for key in known_methods():
        method = load_method(key)
        assert len(method.source) > 20
        assert str(method.window) == "06:00-20:00"
        assert method.window.minutes == 840
        assert method.day_kind == "weekday"


def test_unknown_method_names_the_known_ones() -> None:
    with pytest.raises(BadParameter, match="are, goat, oerok"):
        load_method("swiss")
    with pytest.raises(BadParameter):
        load_method("../are")


@pytest.mark.parametrize("text", ["", "6-20", "06:00-25:60", "20:00-06:00", "06:00-06:00", "06:00-31:00"])
def test_window_must_be_a_window(text: str) -> None:
    with pytest.raises(BadParameter, match="is no window"):
        parse_window(text)


@pytest.mark.parametrize(
    ("text", "kind", "times"),
    [
        ("day", "weekday", "06:00-20:00"),
        ("evening", "weekday", "20:00-24:00"),
        ("peak_morning", "weekday", "06:00-09:00"),
        ("peak_evening", "weekday", "16:00-19:00"),
        ("saturday", "saturday", "06:00-20:00"),
        (" sunday ", "sunday", "06:00-20:00"),
        ("07:00-08:00", "saturday", "07:00-08:00"),
    ],
)
def test_named_windows_bring_their_day(text: str, kind: str, times: str) -> None:
    found, window = read_window(text, "saturday")
    assert (found, str(window)) == (kind, times)


def test_unknown_window_names_the_known_ones() -> None:
    with pytest.raises(BadParameter, match="day, peak_morning, peak_evening, evening, saturday, sunday"):
        read_window("rush", "weekday")


def test_window_may_go_beyond_midnight() -> None:
    window = parse_window(" 22:30-26:00 ")
    assert (window.start_s, window.end_s, str(window)) == (81_000, 93_600, "22:30-26:00")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('key = "are"', 'key = "other"', "key must be the name of the file"),
        ('day_kind = "weekday"', 'day_kind = "monday"', "day_kind must be"),
        ("[5, 10, 20, 40, 60]", "[5, 10, 20, 60, 40]", "upper ends must rise"),
        ("[5, 10, 20, 40, 60]", "[5, 10, 20, 40]", "upper ends must rise, one flag each"),
        ('["II", "III", "IV", "V", "V"]', '["II", "III", "IV", "V"]', "one entry per headway band"),
        ('V = ["D", "-", "-", "-"]', 'V = ["D"]', "one entry per distance band"),
        ('V = ["D", "-", "-", "-"]', "", "every category needs a row"),
        ('["tram", "bus", "ship"]', '["tram", "rail"]', "one group only"),
        ("[node]\nmin_next_stops = 6", "", "need .node. min_next_stops"),
        ('["tram", "bus", "ship"]', '["tram", "hovercraft"]', "hovercraft"),
        ('name_de = "ÖV', 'name_dk = "ÖV', "the key 'name_de' is missing"),
        ("[headway]", "[headway", "no valid TOML"),
        ("[headway]", '[headway]\nkind = "guessing"', "headway kind must be counting or waiting"),
    ],
)
def test_wrong_method_file_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (methods_folder() / "are.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "are.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidInput, match=f"are.toml.*{message}"):
        read_method(path)


@pytest.mark.parametrize(("day", "kind"), [(17, "weekday"), (20, "saturday"), (21, "sunday")])
def test_a_day_that_is_given_says_itself_what_kind_of_day_it_is(day: int, kind: str) -> None:
    wanted = asked("are", "saturday", date(2026, 6, day))
    assert (wanted.day_kind, str(wanted.window)) == (kind, "06:00-20:00")
    assert asked("are", "saturday").day_kind == "saturday"
