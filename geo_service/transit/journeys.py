"""Earliest arrival at a place from every call of a timetable, backwards and all departures at once (pure).

The rounds of range RAPTOR (Delling, Pajor, Werneck: Round-based public transit routing, 2015) turned round:
one search from a destination gives each stop its whole profile, so that the places of a city cost no search
each. A round is three array operations: back along the runs, back in time at each stop, back over the
changes.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

RIDES: Final = 16
"""Arrival and rides are one number, arrival x 16 + rides: the least is the earliest with fewest rides."""
NEVER: Final = 2**31 - 1
"""No arrival."""
STRIDE: Final = 2**32
"""Gap between the numbers of two runs or stops, so that none reaches over into the next."""
MOST_CHANGES: Final = 7
"""Rides fit into 16 with room to spare."""


@dataclass(frozen=True)
class Rules:
    """How people get along.

    Parameters
    ----------
    walking_m_per_min
        Walking speed, metres a minute (Source: domain.md 4, 80 m a minute).
    detour
        Way on foot / straight line.
    access_m
        Longest straight line to and from a stop, metres.
    footpath_m
        Longest straight line between two stops on a change, metres.
    change_s
        Least time of a change, seconds; a longer walk takes longer.
    max_changes
        Most changes of a journey.
    max_travel_s
        Longer journeys count as none, seconds.
    """

    walking_m_per_min: float = 80.0
    detour: float = 1.3
    access_m: float = 1_000.0
    footpath_m: float = 400.0
    change_s: int = 120
    max_changes: int = 4
    max_travel_s: int = 10_800

    def __post_init__(self) -> None:
        """Refuse rules by which nobody could walk."""
        if not (self.walking_m_per_min > 0 and self.detour >= 1 and 0 <= self.max_changes <= MOST_CHANGES):
            raise ValueError("Walking speed above 0, detour 1 or more, changes 0 to 7.")

    def walk_s(self, distance_m: npt.ArrayLike) -> Integers:
        """Return the seconds to walk straight lines of metres, rounded up."""
        return self.on_foot_s(np.asarray(distance_m, dtype=float) * self.detour)

    def on_foot_s(self, way_m: npt.ArrayLike) -> Integers:
        """Return the seconds to walk ways of metres, rounded up; `NEVER` for an infinite one."""
        seconds = 60 * (np.asarray(way_m, dtype=float) / self.walking_m_per_min)
        return np.minimum(np.ceil(np.round(seconds, 6)), NEVER).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Calls:
    """Calls of the runs of a day, run by run and in the order in which they are made.

    Parameters
    ----------
    run
        Number of the run, never falling, shape (calls,).
    stop
        Number of the stop, shape (calls,).
    arrival_s, departure_s
        Seconds of the day, may exceed 86,400; never falling within a run, shape (calls,).
    boards, alights
        Whether passengers may, shape (calls,).
    """

    run: Integers
    stop: Integers
    arrival_s: Integers
    departure_s: Integers
    boards: Flags
    alights: Flags

    def between(self, start_s: int, end_s: int) -> Self:
        """Return the calls with departures from a second on and arrivals until another."""
        return self._of(np.flatnonzero((self.departure_s >= start_s) & (self.arrival_s <= end_s)))

    def mirrored(self) -> Self:
        """Return the timetable run backwards in time: what leaves at 8 arrives at -8."""
        back = self._of(np.arange(len(self.run))[::-1])
        return type(self)(
            run=-back.run,
            stop=back.stop,
            arrival_s=-back.departure_s,
            departure_s=-back.arrival_s,
            boards=back.alights,
            alights=back.boards,
        )

    def _of(self, rows: Integers) -> Self:
        return type(self)(
            self.run[rows],
            self.stop[rows],
            self.arrival_s[rows],
            self.departure_s[rows],
            self.boards[rows],
            self.alights[rows],
        )


@dataclass(frozen=True, eq=False)
class Footpaths:
    """Ways on foot between stops, from stop to stop sorted by the first; each stop has one to itself.

    Parameters
    ----------
    first
        Place of the first way of each stop, and the number of ways at the end, shape (stops + 1,).
    to
        Stop at its end, shape (ways,).
    seconds
        Time that a change by it takes, shape (ways,).
    """

    first: Integers
    to: Integers
    seconds: Integers


def footpaths(xy: npt.NDArray[np.float64], rules: Rules) -> Footpaths:
    """Return the ways between stops within reach of a change, by straight lines and the detour factor.

    Parameters
    ----------
    xy
        Places of the stops, metres, shape (stops, 2).
    rules
        Reach, detour, speed, least time of a change.
    """
    pairs = cKDTree(xy).query_pairs(rules.footpath_m, output_type="ndarray").astype(np.int64)
    start, to = np.concatenate([pairs, pairs[:, ::-1]]).T
    return footpaths_of(len(xy), (start, to, rules.detour * np.hypot(*(xy[start] - xy[to]).T)), rules)


def footpaths_of(
    number: int, walks: tuple[Integers, Integers, npt.NDArray[np.float64]], rules: Rules
) -> Footpaths:
    """Return the ways between stops, given how far they are on foot.

    Parameters
    ----------
    number
        Number of stops.
    walks
        From stop, to stop, metres on foot, of every pair in reach.
    rules
        Speed, least time of a change.
    """
    start, to, metres = walks
    other = start != to
    here = np.arange(number)
    start, to = np.concatenate([here, start[other]]), np.concatenate([here, to[other]])
    seconds = rules.on_foot_s(np.concatenate([np.zeros(number), metres[other]]))
    order = np.lexsort((to, start))
    first = np.searchsorted(start[order], np.arange(number + 1))
    return Footpaths(first, to[order], np.maximum(seconds[order], rules.change_s))


class Network:
    """A timetable made ready for searches.

    Parameters
    ----------
    calls
        Calls of the time that is searched.
    ways
        Footpaths between its stops.
    rules
        Most changes.

    Attributes
    ----------
    base_s
        Second that the times within are counted from.
    stop_first
        Place of the first departure of each stop, and their number at the end, shape (stops + 1,).
    departure_s
        Departures sorted by stop and time, counted from `base_s`, shape (departures,).
    """

    def __init__(self, calls: Calls, ways: Footpaths, rules: Rules) -> None:
        self.calls, self.rules = calls, rules
        times = np.concatenate([calls.arrival_s, calls.departure_s])
        self.base_s = int(times.min()) if len(times) else 0
        same_run = np.concatenate([calls.run[1:] == calls.run[:-1], [False]])[: len(calls.run)]
        self._last = ~same_run
        self._arrival_s = calls.arrival_s - self.base_s
        self._run_shift = np.cumsum(self._last[::-1]) * STRIDE
        leaving = np.flatnonzero(calls.boards & same_run)
        departure_s = calls.departure_s[leaving] - self.base_s
        order = np.lexsort((leaving, departure_s, calls.stop[leaving]))
        self._leaving, self.departure_s = leaving[order], departure_s[order]
        stop = calls.stop[self._leaving]
        number = len(ways.first) - 1
        self.stop_first = np.searchsorted(stop, np.arange(number + 1))
        self._keys = stop * STRIDE + self.departure_s
        self._stop_shift = (number - stop[::-1]) * STRIDE
        self._change_call, self._change_to = self._changes(ways)

    def first_departure(self, stop: Integers, second: Integers) -> Integers:
        """Return the place of the first departure of stops from a second (since `base_s`) on.

        The number of departures where there is none.
        """
        found = np.searchsorted(self._keys, stop * STRIDE + np.clip(second, 0, NEVER))
        return np.where(found < self.stop_first[stop + 1], found, len(self._keys))

    def _changes(self, ways: Footpaths) -> tuple[Integers, Integers]:
        """Return for each call and way the departure that is caught: calls (sorted), places of departures."""
        calls = np.flatnonzero(self.calls.alights)
        stop = self.calls.stop[calls]
        number = ways.first[stop + 1] - ways.first[stop]
        call = np.repeat(calls, number)
        skipped = np.repeat(np.cumsum(number) - number, number)
        way = np.arange(len(call)) - skipped + np.repeat(ways.first[stop], number)
        caught = self.first_departure(ways.to[way], self._arrival_s[call] + ways.seconds[way])
        some = caught < len(self._keys)
        return call[some], caught[some]

    def search(self, egress_s: Integers) -> Integers:
        """Return the best arrival (x 16 + rides) by each departure or a later one from the same stop.

        Parameters
        ----------
        egress_s
            Seconds on foot from each stop to the destination, `NEVER` where out of reach, shape (stops,).

        Returns
        -------
        ndarray
            Arrival since `base_s` x 16 + rides, `NEVER` where there is none, shape (departures + 1,): in the
            order of `departure_s`, with `NEVER` behind.
        """
        near = self.calls.alights & (egress_s[self.calls.stop] < NEVER)
        final = np.full(len(self._last), NEVER, dtype=np.int64)
        final[near] = (self._arrival_s[near] + egress_s[self.calls.stop[near]]) * RIDES
        profile = self._back(final)
        calls, firsts = np.unique(self._change_call, return_index=True)
        for _ in range(self.rules.max_changes if len(calls) else 0):
            value = final.copy()
            caught = np.minimum.reduceat(profile[self._change_to], firsts)
            value[calls] = np.minimum(value[calls], caught)
            better = self._back(value)
            if np.array_equal(better, profile):
                break
            profile = better
        return profile

    def _back(self, value: Integers) -> Integers:
        """Return what boarding brings at each departure or a later one, given what each call brings."""
        along = np.minimum.accumulate(value[::-1] - self._run_shift) + self._run_shift
        best = np.minimum(along[::-1], NEVER)
        ride = np.full(len(best), NEVER, dtype=np.int64)
        ride[:-1] = np.where(best[1:] < NEVER, best[1:] + 1, NEVER)
        waiting = np.minimum.accumulate(ride[self._leaving][::-1] - self._stop_shift) + self._stop_shift
        return np.append(waiting[::-1], NEVER)
