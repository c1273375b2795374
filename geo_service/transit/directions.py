"""Tell the two directions of a line apart where the feed does not (pure).

Many German feeds leave ``direction_id`` out, or set it to 0 throughout. Counting departures per direction
then doubles the frequency of every stop that serves both.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """One sequence of stations that trips of a line follow.

    Parameters
    ----------
    stations
        Stations in the order they are served.
    trips
        Number of trips.
    """

    stations: tuple[int, ...]
    trips: int


def line_directions(patterns: Sequence[Pattern]) -> list[int]:
    """Return 0 or 1 for each pattern of one line.

    The most frequent pattern is direction 0. Each further one takes the direction with which it shares more
    pairs of stations in the same order, weighted by trips; one that shares none counts as direction 0. A
    pattern and its reverse always get different directions.

    Parameters
    ----------
    patterns
        All patterns of the line.
    """
    order = sorted(range(len(patterns)), key=lambda place: (-patterns[place].trips, patterns[place].stations))
    agreed: dict[tuple[int, int], int] = {}
    directions = [0] * len(patterns)
    for place in order:
        pattern = patterns[place]
        pairs = _ordered_pairs(pattern.stations)
        score = sum(agreed.get(pair, 0) for pair in pairs)
        directions[place] = 1 if score < 0 else 0
        weight = -pattern.trips if directions[place] else pattern.trips
        for first, second in pairs:
            agreed[first, second] = agreed.get((first, second), 0) + weight
            agreed[second, first] = agreed.get((second, first), 0) - weight
    return directions


def _ordered_pairs(stations: Sequence[int]) -> list[tuple[int, int]]:
    """Return all pairs of different stations of which one is served before the other only."""
    first = {station: place for place, station in reversed(list(enumerate(stations)))}
    last = {station: place for place, station in enumerate(stations)}
    listed = list(first)
    return [
        (one, other)
        for place, one in enumerate(listed)
        for other in (*listed[:place], *listed[place + 1 :])
        if last[one] < first[other]
    ]
