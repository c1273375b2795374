"""What is missing for the next class, against plain search: walk nearer, add departures one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.transit.grading import class_ranks
from geo_service.transit.improve import SOUGHT_M, Served, next_better
from geo_service.transit.methods import Method, known_methods, load_method
from geo_service.transit.windows import Window, parse_window

DAYTIME = parse_window("06:00-20:00")
ARE = load_method("are")


def category_rank(method: Method, served: Served, headway: float) -> int:
    group = next(group for group in method.groups if group.key == served.group)
    cells = group.node_categories if served.node and group.node_categories else group.categories
    for upper, included, cell in zip(method.headway.upper, method.headway.included, cells, strict=True):
        if headway < upper or (included and headway == upper):
            return len(method.categories) if cell is None else method.categories.index(cell)
    return len(method.categories)


def rank_at(method: Method, served: Served, distance: float, headway: float) -> int:
    category = category_rank(method, served, headway)
    return int(class_ranks(method, np.array([category]), np.array([distance]))[0])


def stop(number: int, distance: float, departures: int, group: str = "tram_bus_ship") -> Served:
    return Served(number, distance, group, departures, 840 / departures, node=False)


def test_worked_example() -> None:
    """A bus every 20 minutes (V) at 320 m: no class. 20 m nearer it is D; every 19 minutes it is D here."""
    better = next_better(ARE, None, [stop(7, 320.0, 42)], DAYTIME)
    assert better is not None
    assert better.grade == "D"
    assert better.nearer is not None
    assert (better.nearer.served.stop, better.nearer.limit_m, better.nearer.limit_included) == (7, 300, False)
    assert better.nearer.missing_m == 20
    assert better.denser is not None
    assert (better.denser.headway_min, better.denser.more_departures) == (20, 1)


def test_best_class_has_no_better_one() -> None:
    assert next_better(ARE, "A", [stop(0, 10, 200)], DAYTIME) is None


def test_nothing_helps_where_nothing_departs() -> None:
    better = next_better(ARE, None, [], DAYTIME)
    assert better is not None
    assert (better.grade, better.nearer, better.denser) == ("D", None, None)


def test_of_equal_stops_the_first_of_less_effort_the_least() -> None:
    around = [stop(0, 700, 100), stop(1, 520, 90), stop(2, 520, 90)]
    better = next_better(ARE, "D", around, DAYTIME)
    assert better is not None
    assert better.nearer is not None
    assert better.denser is not None
    assert (better.nearer.served.stop, better.nearer.missing_m) == (1, 20)
    assert (better.denser.served.stop, better.denser.more_departures) == (0, 69)


def test_stops_far_beyond_the_reach_are_not_told() -> None:
    better = next_better(ARE, None, [stop(0, 300 + SOUGHT_M + 1, 42)], DAYTIME)
    assert better is not None
    assert better.nearer is None


def test_waiting_asks_for_a_headway_not_for_a_number() -> None:
    method = load_method("oevgk18")
    at_stop = [
        Served(0, 200.0, "rail", 28, 45.0, node=False),
        Served(1, 90.0, "tram_bus_ship", 9, 90.0, node=False),
    ]
    better = next_better(method, "D", at_stop, DAYTIME)
    assert better is not None
    assert better.denser is not None
    assert (better.denser.served.stop, better.denser.headway_min) == (0, 40)
    assert better.denser.more_departures is None


def test_one_departure_is_enough_where_every_departure_counts() -> None:
    """OeVGK18 grades any departure: F up to 344 m of straight line."""
    better = next_better(load_method("oevgk18"), None, [stop(0, 400.0, 1)], DAYTIME)
    assert better is not None
    assert better.nearer is not None
    assert better.nearer.limit_m == pytest.approx(420 / 1.22)
    assert better.nearer.missing_m == pytest.approx(400 - 420 / 1.22)


STOPS = st.lists(
    st.tuples(st.floats(0, 1600), st.integers(0, 3), st.integers(1, 250), st.booleans()), max_size=5
)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([key for key in known_methods() if key != "oevgk18"]), STOPS, st.sampled_from([840, 180])
)
def test_least_equals_a_plain_search(
    key: str, drawn: list[tuple[float, int, int, bool]], minutes: int
) -> None:
    method, window = load_method(key), Window(0, minutes * 60)
    served = []
    for number, (distance, place, departures, node) in enumerate(drawn):
        group = method.groups[place % len(method.groups)]
        is_node = node and group.node_categories is not None
        served.append(Served(number, distance, group.key, departures, minutes / departures, is_node))
    none = len(method.grades)
    rank = min((rank_at(method, each, each.distance_m, each.headway_min) for each in served), default=none)
    better = next_better(method, method.grades[rank] if rank < none else None, served, window)
    if rank == 0:
        assert better is None
        return
    assert better is not None
    assert better.grade == method.grades[rank - 1]
    steps = [
        next((less for less in range(501) if walked(method, each, less) < rank), None) for each in served
    ]
    reached = [step for step in steps if step is not None]
    if better.nearer is None:
        assert not reached
    elif better.nearer.missing_m < 500:
        assert min(reached, default=501) == pytest.approx(better.nearer.missing_m + 0.5, abs=0.51)
    added = [
        next((more for more in range(1, 900) if denser(method, each, more, minutes) < rank), None)
        for each in served
    ]
    enough = [number for number in added if number is not None]
    assert min(enough, default=None) == (better.denser.more_departures if better.denser else None)


def walked(method: Method, served: Served, less: int) -> int:
    nearer = served.distance_m - less
    return rank_at(method, served, nearer, served.headway_min) if nearer >= 0 else len(method.grades)


def denser(method: Method, served: Served, more: int, minutes: int) -> int:
    return rank_at(method, served, served.distance_m, minutes / (served.departures + more))
