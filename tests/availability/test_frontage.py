"""Frontage along street parcels and along lines of streets, calculated by hand on a parcel of 100 x 50 m."""

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability.frontage import Plots, gives_frontage, in_the_way, road_frontage
from tests.availability.drawing import EAST, NORTH, PARCEL, array, box

NONE = array()


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


SOUTH = line((-50, -6), (150, -6))
"""The middle of a street along the southern border."""


def frontage(
    *between: shapely.Polygon,
    lines: shapely.LineString = SOUTH,
    piece: shapely.Geometry = PARCEL,
    streets: shapely.Polygon | None = None,
) -> float:
    """Return the metres of a piece of the parcel."""
    plots = Plots(array(PARCEL), array(PARCEL, *between))
    return float(road_frontage(array(piece), array(streets) if streets else NONE, array(lines), plots)[0])


def test_frontage_to_a_street_parcel_is_the_shared_border() -> None:
    street = box(-20, -10, 70, 0)  # ends before the parcel does
    assert road_frontage(array(PARCEL), array(street)).tolist() == [pytest.approx(70, abs=0.01)]


def test_a_corner_parcel_has_two_frontages() -> None:
    streets = array(box(-10, -10, 110, 0), box(-10, 0, 0, 60))
    assert road_frontage(array(PARCEL), streets).tolist() == [pytest.approx(150, abs=0.01)]
    west = line((-8, -50), (-8, 100))
    found = road_frontage(array(PARCEL), NONE, array(SOUTH, west), Plots(array(PARCEL), array(PARCEL)))
    assert found.tolist() == [pytest.approx(150, abs=0.01)]


def test_frontage_to_a_middle_line_counts_the_near_side_once() -> None:
    lines = array(line((-50, -6), (60, -6)), line((40, -6), (150, -6)), line((-50, 200), (150, 200)))
    assert road_frontage(array(PARCEL), NONE, lines).tolist() == [pytest.approx(100, abs=0.01)]


def test_streets_out_of_reach_give_none_and_no_streets_give_no_answer() -> None:
    far = road_frontage(array(PARCEL), array(box(-50, -20, 150, -1)), array(line((-50, -16), (150, -16))))
    assert far.tolist() == [0.0]
    assert np.isnan(road_frontage(array(PARCEL, PARCEL), NONE)).all()


def test_the_parcel_and_the_line_of_one_street_count_once() -> None:
    assert frontage(streets=box(-50, -12, 40, 0)) == pytest.approx(100, abs=0.01)
    assert frontage(streets=box(-50, -12, 150, 0)) == pytest.approx(100, abs=0.01)
    assert frontage(streets=box(-50, -12, 40, 0), lines=line((30, -6), (70, -6))) == pytest.approx(
        70, abs=0.01
    )


def test_a_line_counts_only_where_no_parcel_stands_between() -> None:
    assert frontage(box(-20, -5, 110, 0)) == 0.0  # a lot in front of the whole
    assert frontage(box(-20, -5, 30, 0)) == pytest.approx(70, abs=0.01)
    assert frontage(box(20, -5, 30, 0), box(60, -5, 75.5, 0)) == pytest.approx(74.5, abs=0.01)
    assert frontage(box(-20, -40, 110, -12)) == pytest.approx(100, abs=0.01)  # across the street


def test_a_piece_behind_excluded_land_of_its_own_parcel_does_not_reach_the_line() -> None:
    assert frontage(piece=box(0, 5, 100, 50)) == 0.0
    assert frontage(piece=box(0, 0, 60, 50)) == pytest.approx(60, abs=0.01)
    step = shapely.union(box(0, 5, 100, 50), box(80, 0, 100, 50))
    assert frontage(piece=step) == pytest.approx(20, abs=0.01)


def test_ground_that_a_line_runs_along_is_street_whatever_the_cadastre_calls_it() -> None:
    street, clipped = box(-50, -12, 150, 0), box(146, -8, 166, -4)
    sidewalk, lot = box(-50, -2, 150, 0), box(0, -5, 100, 0)
    parcels = array(PARCEL, street, clipped, sidewalk, lot)
    ways = np.array([False, False, False, True, False])
    assert in_the_way(parcels, ways, array(SOUTH)).tolist() == [True, False, True, False, True]
    cut = line((140, -12), (150, -2))  # 14 m across the corner of a lot of 60 x 40 m
    assert in_the_way(array(box(90, -42, 150, -2)), np.array([False]), array(cut)).tolist() == [True]
    assert in_the_way(parcels, ways, NONE).tolist() == [True, True, True, False, True]


def test_which_lines_are_streets() -> None:
    yes = ["residential", "Residential", "Gemeindestraße", "GEMEINDESTRASSE", "1306", "pedestrian", "", None]
    no = ["motorway", "trunk", "motorway_link", "service", "track", "footway", "path", "cycleway", "steps",
          "Autobahn", "Privatstraße", "Wirtschaftsweg", "something else"]  # fmt: skip
    assert gives_frontage(yes).all()
    assert not gives_frontage(no).any()
    assert gives_frontage([]).tolist() == []


@given(st.floats(0, 360), st.floats(0, 90), st.floats(5, 60))
@settings(max_examples=40, deadline=None)
def test_frontage_does_not_depend_on_the_compass(angle: float, start: float, length: float) -> None:
    street, lot = box(start, -8, start + length, 0), box(20, -5, 40, 0)
    center = (EAST, NORTH)
    turned = [shapely.affinity.rotate(shape, angle, center) for shape in (PARCEL, street, SOUTH, lot)]
    expected = min(start + length, 100) - start
    assert road_frontage(array(turned[0]), array(turned[1]))[0] == pytest.approx(expected, abs=0.01)
    plots = Plots(array(turned[0]), array(turned[3]))
    assert road_frontage(array(turned[0]), NONE, array(turned[2]), plots)[0] == pytest.approx(80, abs=0.01)


SPANS = st.lists(st.tuples(st.integers(-30, 120), st.integers(1, 60)), max_size=4)


@given(SPANS, SPANS, SPANS, st.integers(0, 90), st.integers(3, 60))
@settings(max_examples=150, deadline=None)
def test_frontage_is_that_of_looking_from_every_half_metre(
    streets: list[tuple[int, int]],
    lots: list[tuple[int, int]],
    lines: list[tuple[int, int]],
    start: int,
    width: int,
) -> None:
    """The southern border is gone along in half metres: what stands there, and is a line seen across it?"""
    stop = min(start + width, 100)
    piece = shapely.union(box(0, 5, 100, 50), box(start, 0, stop, 50))
    seen = 0.0
    for x in np.arange(0.25, 100, 0.5):
        in_front, free, at_street, lined = (
            start < x < stop,
            *(any(low < x < low + size for low, size in spans) for spans in (lots, streets, lines)),
        )
        seen += 0.5 * (in_front and (at_street or (lined and not free)))
    found = road_frontage(
        array(piece),
        array(*[box(low, -12, low + size, 0) for low, size in streets]),
        array(*[line((low, -7), (low + size, -7)) for low, size in lines]),
        Plots(array(PARCEL), array(*[box(low, -5, low + size, 0) for low, size in lots])),
    )
    assert np.nan_to_num(found).tolist() == [pytest.approx(seen, abs=0.01)]
