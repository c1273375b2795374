"""Lines of one name in several timetables at one station: what is linked is one line, in every order."""

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from geo_service.transit.departures import StopDepartures, count_lines
from geo_service.transit.merging import ROW_COLUMNS, Part, Stations, merge

EVERY_10_MIN = range(6 * 3600, 20 * 3600, 600)
Ways = Mapping[str, int]
"""Next station to the direction that the timetable tells."""


def merged(feeds: Sequence[tuple[str, Ways]]) -> StopDepartures:
    """Put together what departs every 10 minutes at the station of some feeds towards their next stations."""
    parts = []
    for number, (name, ways) in enumerate(feeds):
        rows = [
            [number, "bus", "600", way, towards, towards, len(EVERY_10_MIN)] for towards, way in ways.items()
        ]
        seconds = np.tile(np.array(EVERY_10_MIN, dtype=np.int64), len(rows))
        row_of = np.repeat(np.arange(len(rows)), len(EVERY_10_MIN))
        later = pd.DataFrame(columns=["stop", "mode", "line", "direction", "following_s"])
        departures = StopDepartures(pd.DataFrame(rows, columns=ROW_COLUMNS), seconds, row_of, later)
        parts.append(Part(number, name, departures))
    known = {(number, towards): towards for number, (_, ways) in enumerate(feeds) for towards in ways}
    return merge(parts, Stations(of=dict.fromkeys(range(len(feeds)), 0), next_id=known))


NORTH, SOUTH = ("north", {"N": 0}), ("south", {"S": 0})
LINKED = [NORTH, SOUTH, ("both", {"N": 1, "S": 0})]
CHAIN = [NORTH, ("two", {"N": 0, "O": 0, "S": 1}), SOUTH, ("more", {"O": 1, "P": 1}), ("last", {"P": 0})]


@pytest.mark.parametrize("feeds", [*permutations(LINKED), *permutations(CHAIN)])
def test_lines_that_a_third_one_links_are_one(feeds: Sequence[tuple[str, Ways]]) -> None:
    """Each next station is left for every 10 minutes once: N, O and P one way, S the other."""
    found = merged(feeds)
    stations = {towards for _, ways in feeds for towards in ways}
    one_way = len(stations - {"S"})
    lines = count_lines(found.rows, {"bus": 0})
    assert len(set(found.rows.line)) == 1
    assert (lines.departures.tolist(), lines.total.tolist()) == ([84 * one_way], [84 * len(stations)])
    ways = found.rows.groupby("direction").next_stop_id.agg(frozenset)
    assert set(ways) == {frozenset("S"), frozenset(stations - {"S"})}


def test_lines_that_nothing_links_stay_two() -> None:
    assert sorted(merged([NORTH, SOUTH]).rows.line) == ["600", "600 (south)"]
