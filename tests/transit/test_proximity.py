"""Distances against a loop over all pairs."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.transit.access import GradedStops, access_of
from geo_service.transit.methods import load_method
from geo_service.transit.modes import Mode
from geo_service.transit.proximity import nearest, walking_minutes, within

PARCEL = shapely.box(0, 0, 100, 50)
coordinates = st.integers(-3000, 3000)


@st.composite
def places(draw: st.DrawFn) -> shapely.Geometry:
    """Points, boxes and triangles of very different sizes."""
    x, y = draw(coordinates), draw(coordinates)
    width, height = draw(st.sampled_from([1, 30, 400, 2500])), draw(st.sampled_from([1, 20, 900]))
    kind = draw(st.sampled_from(["point", "box", "triangle", "multi"]))
    if kind == "point":
        return shapely.Point(x, y)
    if kind == "box":
        return shapely.box(x, y, x + width, y + height)
    if kind == "triangle":
        return shapely.Polygon([(x, y), (x + width, y), (x, y + height)])
    return shapely.MultiPolygon(
        [shapely.box(x, y, x + 1, y + 1), shapely.box(x + width + 2, y, x + width + 3, y + 9)]
    )


some_places = st.lists(places(), min_size=1, max_size=8)
some_stops = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=25)


@settings(deadline=None, max_examples=60)
@given(some_places, some_stops, st.sampled_from([0.0, 300.0, 1000.0]))
def test_within_equals_all_pairs(shapes: list[Any], stops: list[tuple[int, int]], radius: float) -> None:
    place, stop, distance = within(np.array(shapes, dtype=object), np.array(stops, float), radius)
    wanted = [
        (i, j, shape.distance(shapely.Point(point)))
        for i, shape in enumerate(shapes)
        for j, point in enumerate(stops)
        if shape.distance(shapely.Point(point)) <= radius
    ]
    assert list(zip(place.tolist(), stop.tolist(), distance.tolist(), strict=True)) == wanted


@settings(deadline=None, max_examples=60)
@given(some_places, some_stops)
def test_nearest_equals_all_pairs(shapes: list[Any], stops: list[tuple[int, int]]) -> None:
    found, distance = nearest(np.array(shapes, dtype=object), np.array(stops, float))
    for shape, stop, metres in zip(shapes, found, distance, strict=True):
        all_distances = [shape.distance(shapely.Point(point)) for point in stops]
        assert metres == min(all_distances)
        assert stop == all_distances.index(min(all_distances))


def test_more_neighbours_are_looked_at_for_a_long_parcel() -> None:
    """Beside the middle of a strip of 4 km lie six stops; the nearest one of all is at its end."""
    strip = shapely.box(0, 0, 4000, 10)
    stops = [(2000, 100 + place) for place in range(6)] + [(3990, 11)]
    found, distance = nearest(np.array([strip]), np.array(stops, float))
    assert (found[0], distance[0]) == (6, 1.0)


def test_distance_is_from_the_edge_and_zero_inside() -> None:
    stops = np.array([(50, 25), (150, 25), (1100, 25), (1100.01, 25)])
    place, stop, distance = within(np.array([PARCEL]), stops, 1000)
    assert place.tolist() == [0, 0, 0]
    assert (stop.tolist(), distance.tolist()) == ([0, 1, 2], [0.0, 50.0, 1000.0])


def test_many_pairs_are_measured_in_threads() -> None:
    rng = np.random.default_rng(7)
    shapes = np.array([shapely.Point(point).buffer(20, 2) for point in rng.random((400, 2)) * 5000])
    stops = rng.random((300, 2)) * 5000
    place, stop, distance = within(shapes, stops, 3000)
    assert len(place) > 20_000
    points = np.array([shapely.Point(point) for point in stops])
    again = shapely.distance(shapes[place], points[stop])
    assert np.array_equal(distance, again)


def test_no_places_and_no_stops() -> None:
    none = np.zeros(0, dtype=object)
    assert [len(part) for part in within(none, np.zeros((1, 2)), 100)] == [0, 0, 0]
    assert [len(part) for part in within(np.array([PARCEL]), np.zeros((0, 2)), 100)] == [0, 0, 0]
    found, distance = nearest(np.array([PARCEL]), np.zeros((0, 2)))
    assert found.tolist() == [-1]
    assert np.isnan(distance).all()


def test_walking_is_80_metres_a_minute() -> None:
    assert walking_minutes(400) == 5


def test_access_names_best_next_best_and_nearest_of_each_vehicle() -> None:
    stops = GradedStops(
        ids=np.array([14, 11, 12, 13]),
        xy=np.array([(110, 25), (150, 25), (600, 25), (2100, 25)], float),
        modes=[frozenset(), frozenset({Mode.BUS}), frozenset({Mode.RAIL, Mode.BUS}), frozenset({Mode.METRO})],
        category_rank=np.array([5, 3, 0, 0]),
    )
    far = shapely.box(50_000, 0, 50_100, 50)
    frame = access_of(np.array([PARCEL, far]), stops, load_method("are"))
    near = frame.iloc[0]
    assert (near.grade, near.category, near.stop_pk, near.distance_m) == ("A", "I", 12, 500.0)
    assert (near.next_grade, near.next_stop_pk, near.next_distance_m) == ("C", 11, 50.0)
    assert (near.rail_stop_pk, near.rail_distance_m) == (12, 500.0)
    assert (near.tram_stop_pk, near.tram_distance_m) == (13, 2000.0)
    assert (near.bus_stop_pk, near.bus_distance_m) == (11, 50.0)
    assert frame.grade[1] is None
    assert frame.category[1] is None
    assert frame[["stop_pk", "next_stop_pk", "distance_m", "next_distance_m"]].iloc[1].isna().all()
    assert frame.tram_stop_pk[1] == 13


def test_access_without_a_vehicle_of_a_kind_is_unknown() -> None:
    stops = GradedStops(np.array([1]), np.array([(0.0, 0.0)]), [frozenset({Mode.BUS})], np.array([5]))
    frame = access_of(np.array([PARCEL]), stops, load_method("are"))
    assert frame.rail_stop_pk.isna().all()
    assert frame.rail_distance_m.isna().all()
    assert frame.bus_distance_m[0] == pytest.approx(0)
    assert frame.grade[0] is None
