"""Ways on foot: by eye on small streets, and against plain Dijkstra on crooked ones."""

from typing import Any

import numpy as np
import pytest
import shapely

from geo_service.transit.streets import Streets, entrances, street_graph
from geo_service.transit.walking import walk_to_nearest, walks_between, walks_within
from tests.transit.street_maker import PlainDijkstra, crooked_grid, streets_of

FAR = 1e6


def shapes(*geometries: object) -> Any:
    return np.array(geometries, dtype=object)


def points(*xy: tuple[float, float]) -> Any:
    return shapes(*(shapely.Point(one) for one in xy))


def within(streets: Streets, places: Any, stops: Any, limit: float = FAR) -> dict[tuple[int, int], float]:
    found = walks_within(streets, entrances(places, streets), entrances(stops, streets), limit)
    return {(int(p), int(s)): float(m) for p, s, m in zip(*found, strict=True)}


def way(streets: Streets, place: object, stop: tuple[float, float]) -> float:
    """The way from one place to one stop, told alike by all three searches; NaN: none."""
    places, stops = shapes(place), points(stop)
    entries = entrances(places, streets), entrances(stops, streets)
    told: float = within(streets, places, stops).get((0, 0), np.nan)
    pair = (np.zeros(1, np.int64), np.zeros(1, np.int64))
    assert walks_between(streets, entries, pair, FAR)[0] == pytest.approx(told, nan_ok=True)
    number, metres = walk_to_nearest(streets, entries, 1)
    assert metres[0] == pytest.approx(told, nan_ok=True)
    assert number[0] == (-1 if np.isnan(told) else 0)
    return told


# --- by eye -------------------------------------------------------------------------------------------

CORNER = streets_of([(0, 0), (100, 0)], [(100, 0), (100, 100)])
"""A street of 100 m to the east, then one of 100 m to the north."""


def test_way_leads_round_the_corner_with_both_gaps() -> None:
    # 10 m to the street, 70 m to the corner, 60 m north, 5 m to the stop
    assert way(CORNER, shapely.Point(30, 10), (105, 60)) == pytest.approx(10 + 70 + 60 + 5)


def test_parcel_is_entered_at_the_street_point_nearest_to_its_outline() -> None:
    parcel = shapely.box(20, 4, 50, 80)  # its side of 30 m runs along the street, 4 m off
    assert entrances(shapes(parcel), CORNER).gap_m == pytest.approx([4])
    assert way(CORNER, parcel, (100, 100)) == pytest.approx(4 + (100 - 20) + 100, abs=30)


def test_parcel_at_the_street_is_entered_anywhere_along_it() -> None:
    parcel = shapely.box(20, 0, 50, 80)
    assert way(CORNER, parcel, (100, 100)) == pytest.approx(50 + 100)
    assert way(CORNER, parcel, (35, 0)) == 0
    assert way(CORNER, parcel, (10, 0)) == pytest.approx(10)
    assert way(CORNER, parcel, (60, 3)) == pytest.approx(10 + 3)


def test_site_that_streets_run_through_is_entered_where_it_is_best() -> None:
    site = shapely.box(40, -10, 110, 30)
    assert way(CORNER, site, (0, 0)) == pytest.approx(40)
    assert way(CORNER, site, (100, 100)) == pytest.approx(70)
    assert way(CORNER, site, (100, 10)) == 0


def test_two_on_one_street_go_straight_along_it() -> None:
    assert way(CORNER, shapely.Point(20, 1), (90, 2)) == pytest.approx(1 + 70 + 2)
    assert way(CORNER, shapely.Point(90, 1), (20, 2)) == pytest.approx(1 + 70 + 2)


def test_long_bend_is_left_for_the_short_way_between_its_ends() -> None:
    bend = [(0, 0), (0, 200), (100, 200), (100, 0)]
    streets = streets_of(bend, [(0, 0), (100, 0)])
    assert way(streets, shapely.Point(0, 10), (100, 10)) == pytest.approx(10 + 100 + 10)


def test_closed_street_is_walked_either_way_round() -> None:
    ring = streets_of([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    assert way(ring, shapely.Point(10, 0), (0, 10)) == pytest.approx(20)
    around_the_end = shapely.box(-5, -5, 5, 5)
    assert way(ring, around_the_end, (50, 0)) == pytest.approx(45)
    assert way(ring, around_the_end, (100, 100)) == pytest.approx(195)


def test_of_two_ways_between_the_same_corners_the_shorter_counts() -> None:
    streets = streets_of([(0, 0), (50, 80), (100, 0)], [(0, 0), (100, 0)], [(100, 0), (200, 0)])
    assert way(streets, shapely.Point(200, 0), (0, 0)) == pytest.approx(200)


def test_bridge_does_not_connect_what_it_crosses() -> None:
    crossing = streets_of([(0, -100), (0, 100)], [(-100, 0), (100, 0)])
    assert np.isnan(way(crossing, shapely.Point(0, 90), (90, 0)))
    noded = streets_of([(0, -100), (0, 0)], [(0, 0), (0, 100)], [(-100, 0), (0, 0)], [(0, 0), (100, 0)])
    assert way(noded, shapely.Point(0, 90), (90, 0)) == pytest.approx(180)


def test_railway_is_crossed_only_where_a_street_has_a_node_with_the_other_side() -> None:
    # y = 0 is the railway: streets north and south of it, joined by an underpass 400 m away
    north, south = [(0, 20), (400, 20)], [(0, -20), (400, -20)]
    apart = streets_of(north, south)
    assert np.isnan(way(apart, shapely.Point(0, 25), (0, -25)))
    joined = streets_of(north, south, [(400, 20), (400, -20)])
    assert way(joined, shapely.Point(0, 25), (0, -25)) == pytest.approx(5 + 400 + 40 + 400 + 5)


def test_nobody_passes_a_barrier_but_everybody_reaches_it() -> None:
    lines = [(0, 0), (100, 0)], [(100, 0), (200, 0)]
    assert way(streets_of(*lines), shapely.Point(0, 0), (200, 0)) == pytest.approx(200)
    walled = streets_of(*lines, barriers=[(100, 0)])
    assert np.isnan(way(walled, shapely.Point(0, 0), (200, 0)))
    assert way(walled, shapely.Point(0, 0), (95, 1)) == pytest.approx(96)
    around = streets_of(*lines, [(0, 0), (0, 50), (200, 50), (200, 0)], barriers=[(100, 0)])
    assert way(around, shapely.Point(0, 0), (200, 0)) == pytest.approx(300)


def test_dead_end_leads_back_by_the_way_it_came() -> None:
    streets = streets_of([(0, 0), (100, 0)], [(100, 0), (100, 50)], [(100, 0), (200, 0)])
    assert way(streets, shapely.Point(100, 50), (200, 0)) == pytest.approx(150)


def test_what_no_street_reaches_has_no_way() -> None:
    assert np.isnan(way(CORNER, shapely.Point(-300, 0), (50, 0)))
    assert way(CORNER, shapely.Point(-250, 0), (50, 0)) == pytest.approx(300)
    assert np.isnan(way(CORNER, shapely.Point(0, 0), (500, 500)))
    nothing = street_graph(np.zeros(0, object), np.zeros((0, 2), np.int64), np.zeros((0, 2), bool))
    assert np.isnan(way(nothing, shapely.Point(0, 0), (0, 0)))


def test_stop_on_a_corner_and_place_at_it_are_no_way_apart() -> None:
    assert way(CORNER, shapely.Point(100, 0), (100, 0)) == 0
    assert way(CORNER, shapely.Point(100, 100), (100, 0)) == pytest.approx(100)


def test_limit_is_included() -> None:
    places, stops = points((0, 0)), points((100, 100), (100, 50))
    assert within(CORNER, places, stops, 200) == {(0, 0): 200, (0, 1): 150}
    assert within(CORNER, places, stops, 199.9) == {(0, 1): 150}
    entries = entrances(places, CORNER), entrances(stops, CORNER)
    pairs = np.array([0, 0, 0]), np.array([0, 1, -1])
    assert walks_between(CORNER, entries, pairs, 199.9) == pytest.approx([np.nan, 150, np.nan], nan_ok=True)


def test_no_way_leads_through_the_gap_of_a_stop() -> None:
    # a stop between two streets that do not meet is entered from both, and joins nothing
    streets = streets_of([(0, 0), (100, 0)], [(0, 20), (100, 20)])
    stop = points((50, 10), (90, 20))
    assert within(streets, points((0, 0)), stop) == {(0, 0): pytest.approx(60)}


def test_of_stops_at_one_point_the_first_is_the_nearest() -> None:
    stops = points((90, 5), (50, 5), (50, 5), (10, 5))
    entries = entrances(points((40, 0)), CORNER), entrances(stops, CORNER)
    number, metres = walk_to_nearest(CORNER, entries, 1)
    assert (number[0], metres[0]) == (1, 15)


# --- against plain Dijkstra ---------------------------------------------------------------------------


def scene(seed: int, count: int = 60) -> tuple[Streets, Any, Any]:
    rng = np.random.default_rng(seed)
    streets = crooked_grid(rng)
    corners = rng.uniform(-60, 800, (count, 2))
    sizes = np.exp(rng.normal(3, 0.9, (count, 2)))
    boxes = [
        shapely.affinity.rotate(shapely.box(x, y, x + w, y + h), float(turn))
        for (x, y), (w, h), turn in zip(corners, sizes, rng.uniform(0, 90, count), strict=True)
    ]
    stops = list(points(*(tuple(xy) for xy in rng.uniform(-40, 780, (25, 2)))))
    stops += [shapely.Point(xy) for xy in streets.xy[:5]]
    places = boxes + [shapely.Point(xy) for xy in rng.uniform(0, 700, (10, 2))]
    return streets, shapes(*places), shapes(*stops)


@pytest.mark.parametrize("seed", range(6))
def test_equal_to_plain_dijkstra(seed: int) -> None:
    streets, places, stops = scene(seed)
    oracle = PlainDijkstra(streets, list(places), list(stops))
    every = {(place, stop): m for stop in range(len(stops)) for place, m in oracle.ways(stop).items()}
    entries = entrances(places, streets), entrances(stops, streets)
    for limit in (150.0, 400.0, FAR):
        found = within(streets, places, stops, limit)
        expected = {pair: metres for pair, metres in every.items() if metres <= limit}
        assert found.keys() == expected.keys()
        assert np.allclose(list(found.values()), [expected[pair] for pair in found], atol=1e-7)
    pairs = np.divmod(np.arange(len(places) * len(stops)), len(stops))
    measured = walks_between(streets, entries, pairs, 500.0)
    expected_m = [every.get(pair, np.inf) for pair in zip(*(part.tolist() for part in pairs), strict=True)]
    expected_m = [metres if metres <= 500 else np.nan for metres in expected_m]
    assert np.allclose(measured, expected_m, atol=1e-7, equal_nan=True)
    number, metres = walk_to_nearest(streets, entries, len(places))
    for place in range(len(places)):
        ways = {stop: every[place, stop] for stop in range(len(stops)) if (place, stop) in every}
        if not ways:
            assert number[place] == -1
            continue
        assert metres[place] == pytest.approx(min(ways.values()), abs=1e-7)
        assert ways[int(number[place])] == pytest.approx(min(ways.values()), abs=1e-7)


def test_tiles_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    streets, places, stops = scene(7)
    whole = within(streets, places, stops, 300.0)
    monkeypatch.setattr("geo_service.transit.walking.TILE_M", 60.0)
    assert within(streets, places, stops, 300.0) == whole
    assert len(whole) > 200
