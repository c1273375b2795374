"""PTAL: the worked value, its rules, and a plain loop as the oracle."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.transit import ptal
from geo_service.transit.departures import departures_on
from geo_service.transit.ptal import PTAL_WINDOW, access_levels, services
from tests.transit.test_grading import MONDAY, frame, hours

Offer = tuple[int, str, str, float]


def level(pairs: list[tuple[int, int, float]], offers: list[Offer], places: int = 1) -> ptal.Levels:
    place = np.array([pair[0] for pair in pairs], dtype=np.int64)
    stop = np.array([pair[1] for pair in pairs], dtype=np.int64)
    distance = np.array([pair[2] for pair in pairs], dtype=np.float64)
    offered = pd.DataFrame(offers, columns=ptal.COLUMNS)
    return access_levels(places, (place, stop, distance), offered)


def test_worked_value() -> None:
    """Bus 6 an hour at 400 m: 2.500; train 4 an hour at 800 m: 1.644; together 4.14, level 1b."""
    found = level([(0, 0, 400.0), (0, 1, 800.0)], [(0, "bus", "440", 6), (1, "rail", "S1", 4)])
    assert found.routes.edf.tolist() == [pytest.approx(2.5), pytest.approx(1.644, abs=0.0005)]
    assert found.index[0] == pytest.approx(4.144, abs=0.0005)
    assert found.levels == ["1b"]


@pytest.mark.parametrize(
    ("index", "name"),
    [(0, "0"), (0.01, "1a"), (2.5, "1a"), (2.51, "1b"), (5, "1b"), (10, "2"), (10.1, "3"), (15, "3"),
     (20, "4"), (25, "5"), (25.1, "6a"), (40, "6a"), (40.1, "6b"), (300, "6b")],
)  # fmt: skip
def test_bands(index: float, name: str) -> None:
    assert ptal.Levels(np.array([index]), pd.DataFrame()).levels == [name]


def test_route_counts_once_at_its_best_stop_and_the_others_by_half() -> None:
    """440 at 100 and 300 m, 450 at 300 m, both 6 an hour: 30/8.25 + half of 30/10.75."""
    found = level(
        [(0, 0, 100.0), (0, 1, 300.0)], [(0, "bus", "440", 6), (1, "bus", "440", 6), (1, "bus", "450", 6)]
    )
    assert found.index[0] == pytest.approx(30 / 8.25 + 0.5 * 30 / 10.75)
    assert found.routes[["stop", "line", "share"]].to_numpy().tolist() == [[0, "440", 1.0], [1, "450", 0.5]]


def test_index_without_the_routes_is_the_same() -> None:
    pairs = (np.array([0, 1]), np.array([0, 0]), np.array([400.0, 100.0]))
    offered = pd.DataFrame([(0, "bus", "440", 6.0)], columns=ptal.COLUMNS)
    bare = access_levels(2, pairs, offered, with_routes=False)
    assert bare.index.tolist() == access_levels(2, pairs, offered).index.tolist()
    assert bare.routes.empty


def test_buses_beyond_640_and_trains_beyond_960_m_do_not_count() -> None:
    offers: list[Offer] = [(0, "bus", "440", 6), (0, "tram", "U41", 6)]
    assert level([(0, 0, 640.0)], offers).routes.line.tolist() == ["440", "U41"]
    assert level([(0, 0, 640.1)], offers).routes.line.tolist() == ["U41"]
    assert level([(0, 0, 960.1)], offers).levels == ["0"]
    assert level([], offers).levels == ["0"]


def test_services_count_the_busier_direction_in_the_hour() -> None:
    bus = frame(("1", "B", hours(8.2, 8.25, 8.5, 8.75, 9.25)), ("1", "C", hours(9)))
    back = frame(("1", "A", hours(8.5))).assign(direction=1)
    train = frame(("1", "X", hours(8.5, 9)), mode="long_distance", line="IC 1")
    ship = frame(("1", "X", hours(8.5)), mode="ship", line="F")
    found = services(
        departures_on(pd.concat([bus, back, train, ship]), MONDAY, MONDAY, PTAL_WINDOW), PTAL_WINDOW
    )
    assert found.to_numpy().tolist() == [[0, "bus", "1", 4.0], [0, "rail", "IC 1", 2.0]]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 5), st.floats(0, 1000)),
        max_size=30,
        unique_by=lambda p: p[:2],
    ),
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from(["bus", "tram", "rail"]),
            st.sampled_from("abc"),
            st.integers(1, 20),
        ),
        max_size=20,
        unique_by=lambda offer: offer[:3],
    ),
    st.sampled_from([1, 3, 200_000]),
)
def test_index_equals_a_plain_loop(
    pairs: list[tuple[int, int, float]], offers: list[Offer], at_once: int
) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(ptal, "PAIRS_AT_ONCE", at_once)
    found = level(sorted(pairs), offers, places=5)
    patch.undo()
    for place in range(5):
        total = 0.0
        for mode, reach, delay in (("bus", 640, 2.0), ("tram", 960, 0.75), ("rail", 960, 0.75)):
            routes: dict[str, float] = {}
            for owner, stop, distance in pairs:
                for at, kind, line, per_hour in offers:
                    if (owner, stop, mode) == (place, at, kind) and distance <= reach:
                        edf = 30 / (distance / 80 + 30 / per_hour + delay)
                        routes[line] = max(routes.get(line, 0), edf)
            if routes:
                total += 0.5 * sum(routes.values()) + 0.5 * max(routes.values())
        assert found.index[place] == pytest.approx(total)
