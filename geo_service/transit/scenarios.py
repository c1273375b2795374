"""What new stops and lines would change: departures of planned lines, grades before and after (pure).

A planned line gives each stop of its course, but for the last, window / headway departures in each direction.
They are counted with what departs there today, in the mode group of the line and in no other, by the same
functions that grade a timetable.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.transit.access import pairs_in_reach, straight_lines
from geo_service.transit.departures import StopDepartures
from geo_service.transit.footways import Footways
from geo_service.transit.grading import Access, best_access, best_groups, grade_stops
from geo_service.transit.merging import LATER_COLUMNS, ROW_COLUMNS
from geo_service.transit.methods import Method
from geo_service.transit.modes import LineKind, Mode
from geo_service.transit.windows import Window

Ints = npt.NDArray[np.int64]
GRADE_COLUMNS: Final = [
    "stop", "mode_group", "departures", "total", "headway_min", "node", "category", "rank",
]  # fmt: skip
NEW_MARK: Final = " (+)"
"""Behind the name of a planned line that another line bears already at one of its stops."""


@dataclass(frozen=True)
class Service:
    """How often a line runs in a part of the day: from its start up to but without its end."""

    window: Window
    headway_min: float


@dataclass(frozen=True)
class PlannedStop:
    """A stop of a planned line.

    Parameters
    ----------
    numbers
        Numbers of the stop; one that stands in two timetables has two.
    stop_id
        Its id, as it is told of next stops.
    name
        Its name, as destination.
    is_new
        Nothing stops there today.
    """

    numbers: tuple[int, ...]
    stop_id: str
    name: str
    is_new: bool = False


@dataclass(frozen=True)
class PlannedLine:
    """A line of a scenario.

    Parameters
    ----------
    name, mode
        Line as passengers know it, and its vehicle.
    course
        Its stops in order, two or more.
    services
        Parts of the day that do not overlap.
    both_ways
        Whether it runs back as well.
    kind
        new: a line beside those of today. prolonged: it goes on from the end of the line of this name and
        mode at its first stop; its departures there are those of that line, not of a second one. existing:
        the line of this name runs today and would stop at the new stops too; at the others nothing changes.
    """

    name: str
    mode: Mode
    course: tuple[PlannedStop, ...]
    services: tuple[Service, ...]
    both_ways: bool = True
    kind: LineKind = LineKind.NEW


def departures_within(services: Iterable[Service], window: Window) -> float:
    """Return the departures in one direction within a window: length / headway of each part of it."""
    return sum(_overlap_s(service, window) / 60 / service.headway_min for service in services)


def _overlap_s(service: Service, window: Window) -> int:
    start = max(service.window.start_s, window.start_s)
    return max(0, min(service.window.end_s, window.end_s) - start)


def _times(services: Iterable[Service]) -> npt.NDArray[np.float64]:
    """Return the times of all departures, seconds after midnight, sorted."""
    parts = [
        np.arange(service.window.start_s, service.window.end_s, service.headway_min * 60.0)
        for service in services
    ]
    return np.sort(np.concatenate([np.zeros(0), *parts]))


def with_lines(existing: StopDepartures, lines: Sequence[PlannedLine], window: Window) -> StopDepartures:
    """Add the departures of planned lines to those of a timetable.

    Parameters
    ----------
    existing
        Departures of the stops that the lines serve, as far as there are any.
    lines
        The lines.
    window
        The window that is counted.

    Returns
    -------
    StopDepartures
        `departures` of planned lines may be fractions; their times begin with each part of the day.
    """
    rows: list[list[Any]] = []
    later: list[list[Any]] = []
    seconds: list[Ints] = []
    for line in lines:
        number = departures_within(line.services, window)
        times = _times(line.services)
        inside = times[(times >= window.start_s) & (times < window.end_s)].astype(np.int64)
        behind = times[times >= window.end_s]
        for key in _legs(existing, line):
            if number:
                rows.append([*key, number])
                seconds.append(inside)
            if len(behind):
                later.append([*key[:4], behind[0]])
    if not rows:
        return existing
    first = len(existing.rows)
    row_of = [np.full(len(times), first + place, dtype=np.int64) for place, times in enumerate(seconds)]
    added = pd.DataFrame(rows, columns=ROW_COLUMNS)
    following = pd.DataFrame(later, columns=LATER_COLUMNS)
    return StopDepartures(
        pd.concat([existing.rows, added], ignore_index=True) if first else added,
        np.concatenate([existing.seconds, *seconds]),
        np.concatenate([existing.row_of, *row_of]),
        pd.concat([existing.later, following], ignore_index=True) if len(existing.later) else following,
    )


def _legs(existing: StopDepartures, line: PlannedLine) -> list[list[Any]]:
    """Return stop, mode, line, direction, next stop and destination of all departures of a line."""
    name, outward = _name_and_direction(existing.rows, line)
    courses = [(outward, line.course)]
    if line.both_ways:
        courses.append((1 - outward, line.course[::-1]))
    return [
        [number, str(line.mode), name, direction, after.stop_id, course[-1].name]
        for direction, course in courses
        for stop, after in itertools.pairwise(course)
        if stop.is_new or line.kind is not LineKind.EXISTING
        for number in stop.numbers
    ]


def _name_and_direction(rows: pd.DataFrame, line: PlannedLine) -> tuple[str, int]:
    """Return the name that tells the line from others, and the number of its outward direction.

    At the end of the line that it prolongs, vehicles depart one way: back. Outward is the other direction.
    """
    namesakes = rows[(rows.line == line.name) & (rows["mode"] == str(line.mode))]
    if line.kind is LineKind.PROLONGED:
        there = namesakes[namesakes.stop.isin(line.course[0].numbers)]
        by_direction = there.groupby("direction").departures.sum()
        return line.name, 0 if by_direction.empty else 1 - by_direction.index[int(by_direction.argmax())]
    numbers = {number for stop in line.course for number in stop.numbers}
    taken = bool(namesakes.stop.isin(numbers).any())
    return (line.name + NEW_MARK if taken else line.name), 0


def category_ranks(departures: StopDepartures, method: Method, window: Window) -> pd.DataFrame:
    """Return the group that gives each stop its category, index stop, as `grading.grade_stops`."""
    if departures.rows.empty:
        return pd.DataFrame(columns=GRADE_COLUMNS).set_index("stop", drop=False)
    return best_groups(grade_stops(departures, method, window)).set_index("stop", drop=False)


@dataclass(frozen=True)
class Change:
    """Grades of places before and after.

    Parameters
    ----------
    before, after
        Best stop of each place, shape (places,).
    """

    before: Access
    after: Access


def change_of(
    places: npt.NDArray[Any],
    xy: npt.NDArray[np.float64],
    ranks: tuple[Ints, Ints],
    method: Method,
    paths: Footways | None = None,
) -> Change:
    """Grade places before and after; stops in reach are looked for and measured once.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, shape (n,).
    xy
        Stops, EPSG:25832, shape (m, 2): those of today and the new ones.
    ranks
        Rank of the category of each stop before and after (number of categories: none), shape (m,) each.
    method
        The method's tables.
    paths
        Streets with these stops on them, for a method that goes by the way on foot; None: none are loaded.
    """
    none = len(method.categories)
    useful = np.flatnonzero((ranks[0] < none) | (ranks[1] < none))
    pairs = pairs_in_reach(places, xy, useful, method, paths)
    found = [best_access(method, len(places), pairs, rank)[0] for rank in ranks]
    before, after = (replace(each, distance_m=straight_lines(places, xy, each, method)) for each in found)
    return Change(before, after)
