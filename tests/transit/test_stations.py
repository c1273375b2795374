"""Stations, directions of lines, modes."""

import numpy as np
import pytest

from geo_service.transit.directions import Pattern, line_directions
from geo_service.transit.modes import Mode, mode_of, typing_warnings
from geo_service.transit.stations import group_stops, middle

EAST_100_M = 100 / (6_371_008.8 * np.cos(np.radians(51.5))) * 180 / np.pi


def group(*stops: tuple[str, str, str, float]) -> list[str]:
    """Group stops given as id, name, parent and metres east of a point in Dortmund."""
    ids, names, parents, east = zip(*stops, strict=True)
    lonlat = np.column_stack([7.46 + np.array(east) / 100 * EAST_100_M, np.full(len(ids), 51.5)])
    return group_stops(ids, names, parents, lonlat)


def test_parent_station_comes_first() -> None:
    stops = [("hbf", "Hbf", "", 0), ("1", "Gleis 1", "hbf", 10), ("1a", "Bereich A", "1", 20)]
    assert group(*stops) == ["hbf", "hbf", "hbf"]


def test_ifopt_stem_comes_next() -> None:
    stops = [
        ("de:05913:1276:1:2", "Steig 1", "", 0),
        ("de:05913:1276", "Markt", "", 900),
        ("de:05913:12", "x", "", 0),
    ]
    assert group(*stops) == ["de:05913:1276", "de:05913:1276", "de:05913:12"]


def test_same_name_within_100_m_comes_last() -> None:
    stops = [("b", "Markt ", "", 0), ("a", "markt", "", 99.9), ("c", "Markt", "", 250), ("d", "Zoo", "", 0)]
    assert group(*stops) == ["a", "a", "c", "d"]


@pytest.mark.parametrize(("metres", "together"), [(99.9, True), (100.1, False)])
def test_same_name_reaches_to_100_m(metres: float, together: bool) -> None:
    assert (group(("a", "Markt", "", 0), ("b", "Markt", "", metres)) == ["a", "a"]) is together


def test_same_name_groups_through_each_other() -> None:
    assert group(("c", "Markt", "", 0), ("b", "Markt", "", 90), ("a", "Markt", "", 180)) == ["a", "a", "a"]


def test_stops_without_name_are_never_grouped() -> None:
    assert group(("a", "", "", 0), ("b", " ", "", 10)) == ["a", "b"]


def test_parents_in_a_circle_end() -> None:
    assert group(("a", "A", "b", 0), ("b", "B", "a", 0)) == ["a", "a"]
    assert group(("x", "X", "x", 0)) == ["x"]


def test_middle_of_groups() -> None:
    lonlat = np.array([[7.0, 51.0], [8.0, 51.0], [7.2, 51.2]])
    assert middle(lonlat, np.array([0, 0, 1])).tolist() == [[7.5, 51.0], [7.2, 51.2]]


# --- directions ---------------------------------------------------------------------------------------


def directions(*stations: str) -> list[int]:
    return line_directions(
        [Pattern(tuple(ord(letter) for letter in text), 10 - place) for place, text in enumerate(stations)]
    )


@pytest.mark.parametrize(
    ("patterns", "wanted"),
    [
        (["ABCDE", "EDCBA"], [0, 1]),
        (["ABCDE", "EDCBA", "BCD", "DCB", "ACE", "ECA"], [0, 1, 0, 1, 0, 1]),
        (["ABCDE", "XBCY", "YCBX"], [0, 0, 1]),
        (["ABCDA", "ADCBA"], [0, 1]),
        (["ABC"], [0]),
        (["ABC", "XYZ", "ZYX"], [0, 0, 1]),
        (["ABCBA"], [0]),
    ],
)
def test_directions_of_patterns(patterns: list[str], wanted: list[int]) -> None:
    assert directions(*patterns) == wanted


# --- modes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route_type", "line", "mode"),
    [
        (0, "U42", Mode.TRAM),
        (1, "U1", Mode.METRO),
        (2, "RE 1", Mode.RAIL),
        (2, "ICE 10", Mode.LONG_DISTANCE),
        (2, "IC", Mode.LONG_DISTANCE),
        (2, "ICELINE", Mode.RAIL),
        (3, "ICE", Mode.BUS),
        (4, "Fähre", Mode.SHIP),
        (5, "Cable tram", Mode.TRAM),
        (6, "", Mode.CABLE),
        (7, "", Mode.FUNICULAR),
        (11, "", Mode.BUS),
        (12, "H-Bahn", Mode.METRO),
        (100, "", Mode.RAIL),
        (102, "", Mode.LONG_DISTANCE),
        (109, "S1", Mode.RAIL),
        (117, "", Mode.RAIL),
        (200, "Fernbus", Mode.BUS),
        (402, "U41", Mode.METRO),
        (405, "HB1", Mode.METRO),
        (700, "", Mode.BUS),
        (715, "Rufbus", Mode.BUS),
        (800, "", Mode.BUS),
        (900, "", Mode.TRAM),
        (906, "", Mode.TRAM),
        (1000, "", Mode.SHIP),
        (1300, "", Mode.CABLE),
        (1400, "", Mode.FUNICULAR),
        (1500, "Taxi", Mode.OTHER),
        (13, "", Mode.OTHER),
    ],
)
def test_modes(route_type: int, line: str, mode: Mode) -> None:
    assert mode_of(route_type, line) is mode


def test_wrong_types_are_reported() -> None:
    found = typing_warnings([(3, "U41"), (3, "U 43"), (3, "440"), (0, "S4"), (0, "U42"), (1500, "Taxi")])
    assert found == [
        "S-Bahn typed as tram (0): S4",
        "U-Bahn or Stadtbahn typed as bus (3): U 43, U41",
        "unknown route type 1500: Taxi",
    ]


@pytest.mark.parametrize(
    ("routes", "warnings"),
    [
        ([(106, "111"), (106, "RE1"), (109, "S1")], ["bus line typed as rail (106): 111"]),
        ([(1, "BB1"), (3, "BB3")], ["bus line typed as metro (1): BB1"]),
        ([(0, "U83"), (1, "U83")], ["one U-Bahn or Stadtbahn line typed in several ways (0, 1): U83"]),
        ([(0, "U83"), (900, "U83")], []),
        ([(3, "RE 4"), (714, "RB59")], ["regional train typed as bus (3): RE 4"]),
        ([(700, "S1"), (714, "S1")], ["S-Bahn typed as bus (700): S1"]),
        ([(3, "ICE 5"), (714, "IC 2013"), (3, "D10")], ["long-distance train typed as bus (3): ICE 5"]),
        ([(2, "440"), (0, "44"), (3, "SB33"), (3, "NE1")], []),
    ],
)
def test_mistyped_german_lines_are_reported(routes: list[tuple[int, str]], warnings: list[str]) -> None:
    """The cases of mfdz/GTFS-Issues; a numbered line of type 2, 0 or 3 may well be right."""
    assert typing_warnings(routes) == warnings
