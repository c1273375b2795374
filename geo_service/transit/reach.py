"""Travel times from places to a destination over a window of departures (pure).

Whoever wants to leave at a full minute walks to a stop, rides, changes and walks to the destination, or walks
all the way. Of the travel times of all minutes of a window the median and the 90th percentile stay.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from geo_service.transit.journeys import NEVER, RIDES, Integers, Network
from geo_service.transit.windows import Window

MINUTE: Final = 60
"""A departure each minute."""
CELLS: Final = 8_000_000
"""Travel times that are held at once."""
MEDIAN: Final = 0.5
"""Share of the departures that take no longer than the usual time."""
MOST: Final = 0.9
"""Share of the departures that take no longer than the time to plan with."""


@dataclass(frozen=True, eq=False)
class Legs:
    """Ways on foot from places to stops, sorted by place.

    Parameters
    ----------
    place
        Number of the place, shape (legs,).
    stop
        Number of the stop, shape (legs,).
    seconds
        Time on foot, shape (legs,).
    """

    place: Integers
    stop: Integers
    seconds: Integers


@dataclass(frozen=True, eq=False)
class TravelTimes:
    """Travel times from each place over the departures of a window; arrays of shape (places,), NaN: none.

    Parameters
    ----------
    median_s
        Half of the departures take no longer, seconds from leaving to arriving.
    p90_s
        Nine of ten departures take no longer.
    share
        Share of the departures that arrive at all, 0 to 1.
    changes
        Changes on the journey of the median; NaN also where one walks all the way.
    """

    median_s: npt.NDArray[np.float64]
    p90_s: npt.NDArray[np.float64]
    share: npt.NDArray[np.float64]
    changes: npt.NDArray[np.float64]


class Departures:
    """For every stop and second of a window, the departure that is caught: made once for all destinations.

    Parameters
    ----------
    network
        Timetable of the window and the hours after it.
    window
        Departures from the places: each full minute from its start up to but without its end.
    longest_walk_s
        Longest way on foot to a stop, seconds.
    stops
        Numbers of the stops that are walked to, sorted.
    """

    def __init__(self, network: Network, window: Window, longest_walk_s: int, stops: Integers) -> None:
        self.network, self.window, self.stops = network, window, stops
        self.minutes = -(-(window.end_s - window.start_s) // MINUTE)
        width = self.minutes + longest_walk_s // MINUTE
        second = window.start_s - network.base_s + np.arange(MINUTE)[:, None] + MINUTE * np.arange(width)
        self._caught = np.empty((len(stops), MINUTE, width), dtype=np.int32)
        for row, stop in enumerate(stops):
            first, end = network.stop_first[stop : stop + 2]
            found = first + np.searchsorted(network.departure_s[first:end], second)
            self._caught[row] = np.where(found < end, found, len(network.departure_s))

    def arrivals(self, profile: Integers) -> npt.NDArray[np.int32]:
        """Return what is reached from each stop at each second, shape (stops, 60, minutes): those of `stops`.

        Parameters
        ----------
        profile
            Result of a search.

        Returns
        -------
        ndarray
            Seconds after the start of the window x 16 + rides, `NEVER` where there is none.
        """
        shift = (self.window.start_s - self.network.base_s) * RIDES
        since = np.where(profile < NEVER, np.clip(profile - shift, None, NEVER), NEVER).astype(np.int32)
        result: npt.NDArray[np.int32] = since[self._caught]
        return result


def travel_times(departures: Departures, profile: Integers, legs: Legs, walk_s: Integers) -> TravelTimes:
    """Return the travel times from places to the destination of a search.

    Parameters
    ----------
    departures
        Timetable and window.
    profile
        What `Network.search` found for the destination.
    legs
        Ways on foot to stops.
    walk_s
        Seconds to walk all the way from each place, `NEVER`: too far, shape (places,).
    """
    table = np.lib.stride_tricks.sliding_window_view(departures.arrivals(profile), departures.minutes, axis=2)
    number, most = len(walk_s), departures.network.rules.max_travel_s
    found = np.full((4, number), np.nan)
    at_stop = np.searchsorted(departures.stops, legs.stop)
    ends = np.searchsorted(legs.place, np.arange(number), side="right")
    start = leg = 0
    while start < number:
        room = max(1, CELLS // departures.minutes)
        stop = int(np.searchsorted(ends, leg + room, side="right"))
        stop = min(max(stop, start + 1), start + room, number)
        rows = slice(leg, int(ends[stop - 1]))
        keys = np.full((stop - start, departures.minutes), NEVER, dtype=np.int32)
        if rows.stop > rows.start:
            place = legs.place[rows] - start
            here, firsts = np.unique(place, return_index=True)
            minute, second = np.divmod(legs.seconds[rows], MINUTE)
            keys[here] = np.minimum.reduceat(table[at_stop[rows], second, minute], firsts)
        found[:, start:stop] = _summary(keys, walk_s[start:stop], most)
        start, leg = stop, rows.stop
    return TravelTimes(*found)


def _summary(arrivals: npt.NDArray[np.int32], walk_s: Integers, most_s: int) -> npt.NDArray[np.float64]:
    """Return median, 90th percentile, share and changes of each place, shape (4, places)."""
    number = arrivals.shape[1]
    leaving = MINUTE * RIDES * np.arange(number, dtype=np.int32)
    taken = np.where(arrivals < NEVER, arrivals - leaving, NEVER)
    on_foot = np.where(walk_s <= most_s, walk_s * RIDES, NEVER).astype(np.int32)
    taken = np.minimum(taken, on_foot[:, None])
    taken[taken >= (most_s + 1) * RIDES] = NEVER
    ranks = [place_of(MEDIAN, number), place_of(MOST, number)]
    taken.partition(sorted(set(ranks)), axis=1)
    median, p90 = (taken[:, rank].astype(float) for rank in ranks)
    for figure in (median, p90):
        figure[figure == NEVER] = np.nan
    rides = median % RIDES
    changes = np.where(rides > 0, rides - 1, np.nan)
    share = (taken < NEVER).sum(axis=1) / number
    return np.stack([median // RIDES, p90 // RIDES, share, changes])


def place_of(share: float, number: int) -> int:
    """Return the place (from 0) of the smallest of n sorted values that a share of them does not exceed."""
    return max(0, int(np.ceil(round(share * number, 9))) - 1)
