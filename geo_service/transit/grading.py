"""Grade stops by their departures and places by their stops (pure, vectorised).

The rules that hold for every method:

* Departures are counted **per mode group**; the best group's category is the stop's. Trains and buses of one
  stop are never added up.
* Departures **per direction** of a mode group are the sum over its lines of the busier direction of each line
  (Source: SN 640 290, "pro Linie jeweils in der Hauptlastrichtung"). For a line that runs both ways this is
  half its departures, which is how ARE counts; at a terminus, or where a line runs one way only, it is all of
  them, which is the correction that ARE asks for there.
* Headway = length of the window / departures per direction, or, where the method says so, twice the mean wait
  for the next of these departures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.transit.methods import WAITING, Method
from geo_service.transit.waiting import wait_headways
from geo_service.transit.windows import Window

DAY_S: Final = 86_400
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
LINE_IN_ONE_DIRECTION: Final = ["mode", "line", "direction"]


@dataclass(frozen=True)
class StopDepartures:
    """Departures of some stops within a window of one day.

    Parameters
    ----------
    rows
        One row per stop, line, direction and next stop: stop (number), mode, line, direction, next_stop_id,
        headsign, departures (number in the window).
    seconds
        Times of all departures in the window, seconds after midnight, sorted within each row.
    row_of
        Row that each time belongs to, rising, shape of `seconds`.
    later
        stop, mode, line, direction, following_s: first departures after the window, seconds after midnight.
    """

    rows: pd.DataFrame
    seconds: Ints
    row_of: Ints
    later: pd.DataFrame

    def at(self, stop: int) -> "StopDepartures":
        """Return the departures of one stop."""
        rows = np.flatnonzero(self.rows.stop == stop)
        times = np.isin(self.row_of, rows)
        return StopDepartures(
            rows=self.rows.iloc[rows].reset_index(drop=True),
            seconds=self.seconds[times],
            row_of=np.searchsorted(rows, self.row_of[times]),
            later=self.later[self.later.stop == stop],
        )


def departures_on(frame: pd.DataFrame, first_day: date, day: date, window: Window) -> StopDepartures:
    """Take the departures of one day within a window.

    A service day may go on after midnight: departures of the day before at 24:00 and later belong to the
    early hours of this day, and a window beyond 24:00 reaches into the next service day.

    Parameters
    ----------
    frame
        Departures as stored: stop, mode, line, direction, next_stop_id, headsign, days (bits), departure_s.
    first_day
        Day of bit 0.
    day
        The day asked for.
    window
        Time of day.
    """
    lengths = frame.departure_s.map(len).to_numpy(dtype=np.int64)
    flat = np.concatenate(
        [np.asarray(times, dtype=np.int64) for times in frame.departure_s] or [np.zeros(0, np.int64)]
    )
    row_of = np.repeat(np.arange(len(frame)), lengths)
    found_s, found_row = [], []
    following = np.full(len(frame), np.inf)
    for shift in (-1, 0, 1):
        runs = _runs(frame.days, (day - first_day).days + shift)
        seconds = flat + shift * DAY_S
        keep = runs[row_of] & (seconds >= window.start_s) & (seconds < window.end_s)
        later = runs[row_of] & (seconds >= window.end_s)
        np.minimum.at(following, row_of[later], seconds[later])
        found_s.append(seconds[keep])
        found_row.append(row_of[keep])
    seconds, rows = np.concatenate(found_s), np.concatenate(found_row)
    order = np.lexsort((seconds, rows))
    seconds, rows = seconds[order], rows[order]
    number = np.bincount(rows, minlength=len(frame))
    used = np.flatnonzero(number)
    columns = ["stop", "mode", "line", "direction", "next_stop_id", "headsign"]
    kept = frame.iloc[used][columns].reset_index(drop=True).assign(departures=number[used])
    leaves = np.isfinite(following)
    later = frame[leaves][["stop", *LINE_IN_ONE_DIRECTION]].assign(following_s=following[leaves])
    return StopDepartures(kept, seconds, np.searchsorted(used, rows), later)


def _runs(days: "pd.Series[bytes]", place: int) -> npt.NDArray[np.bool_]:
    """Tell which rows run on a day of the feed, counted from 0."""
    if place < 0:
        return np.zeros(len(days), dtype=bool)
    byte, bit = divmod(place, 8)
    known = {bits: byte < len(bits) and bool(bits[byte] >> bit & 1) for bits in set(days)}
    return days.map(known).to_numpy(dtype=bool)


def grade_stops(departures: StopDepartures, method: Method, window: Window) -> pd.DataFrame:
    """Return headway and category of every stop in every mode group that serves it.

    Parameters
    ----------
    departures
        Departures in the window.
    method
        The method's tables.
    window
        The window that was counted.

    Returns
    -------
    DataFrame
        stop, mode_group, departures (per direction), total (both directions), headway_min, node (bool),
        category (None: none), rank (of the category, 0 best; number of categories when none); sorted by stop,
        the group that counts first.
    """
    rows = departures.rows
    group_of = {str(mode): place for place, group in enumerate(method.groups) for mode in group.modes}
    rows = rows.assign(place=rows["mode"].map(group_of)).dropna(subset="place")
    by_direction = rows.groupby(["stop", "place", *LINE_IN_ONE_DIRECTION], sort=True).departures.sum()
    by_line = by_direction.groupby(level=["stop", "place", "mode", "line"]).max()
    result = pd.DataFrame(
        {
            "departures": by_line.groupby(level=["stop", "place"]).sum(),
            "total": by_direction.groupby(level=["stop", "place"]).sum(),
            "next_stops": rows.groupby(["stop", "place"]).next_stop_id.nunique(),
            "by_node_mode": rows["mode"].isin(method.node_modes).groupby([rows.stop, rows.place]).any(),
        }
    ).reset_index()
    place = result.pop("place").astype(int).to_numpy()
    result.insert(1, "mode_group", np.array([group.key for group in method.groups], dtype=object)[place])
    if method.headway_kind == WAITING:
        result["headway_min"] = wait_headways(
            rows, (departures.seconds, departures.row_of), departures.later, window
        )
    else:
        result["headway_min"] = window.minutes / result.departures.to_numpy()
    least = method.node_min_next_stops
    has_nodes = np.array([group.node_categories is not None for group in method.groups])[place]
    many = result.next_stops.to_numpy() >= (least if least is not None else np.inf)
    result["node"] = has_nodes & (many | result.by_node_mode.to_numpy())
    rank = _category_ranks(method)[place, result.node.astype(int), method.headway.place(result.headway_min)]
    categories = np.array([*method.categories, None], dtype=object)
    result["category"] = pd.Series(categories[rank], dtype=object)
    result["rank"] = rank
    order = np.lexsort((place, result.headway_min, rank, result.stop))
    return result.drop(columns=["next_stops", "by_node_mode"]).iloc[order].reset_index(drop=True)


def _category_ranks(method: Method) -> Ints:
    """Return the rank of the category by group, node (0 or 1) and headway band; the last band has none."""
    place = {category: rank for rank, category in enumerate(method.categories)}
    none = len(place)

    def ranks(cells: Sequence[str | None]) -> list[int]:
        return [*(none if cell is None else place[cell] for cell in cells), none]

    return np.array(
        [
            [ranks(group.categories), ranks(group.node_categories or group.categories)]
            for group in method.groups
        ]
    )


def best_groups(grades: pd.DataFrame) -> pd.DataFrame:
    """Keep the mode group that gives each stop its category."""
    return grades.drop_duplicates("stop").reset_index(drop=True)


def class_ranks(method: Method, category_rank: Ints, distance_m: Floats) -> Ints:
    """Return the rank of the class (0 best; number of classes when none) by category and distance.

    Parameters
    ----------
    method
        The method's tables.
    category_rank
        Rank of the stop's category, shape (n,).
    distance_m
        Straight line in metres, shape (n,).
    """
    grades = method.grades
    none = len(grades)
    table = np.full((len(method.categories) + 1, len(method.distance.upper) + 1), none, dtype=np.int64)
    for row, category in enumerate(method.categories):
        for column, grade in enumerate(method.classes[category]):
            table[row, column] = none if grade is None else grades.index(grade)
    return table[category_rank, method.distance.place(distance_m * method.detour)]


@dataclass(frozen=True)
class Access:
    """The best and the next best stop of each subject; arrays of shape (subjects,).

    Parameters
    ----------
    rank
        Rank of the class (0 best); number of classes: none.
    stop
        Number of the stop; -1: none.
    distance_m
        Straight line in metres; NaN: none.
    """

    rank: Ints
    stop: Ints
    distance_m: Floats


def best_access(
    method: Method, subjects: int, pairs: tuple[Ints, Ints, Floats], category_rank: Ints
) -> tuple[Access, Access]:
    """Choose for each subject the stop with the best class, and the best of the other stops.

    Equal classes: the better category, then the nearer stop, then the lower number decide.

    Parameters
    ----------
    method
        The method's tables.
    subjects
        Number of subjects.
    pairs
        Subject, stop and distance in metres of every pair in reach, each of shape (n,).
    category_rank
        Rank of each stop's category, shape (stops,).
    """
    subject, stop, distance = pairs
    rank = class_ranks(method, category_rank[stop], distance)
    useful = np.flatnonzero(rank < len(method.grades))
    found = []
    for _ in range(2):
        code = rank[useful] * (len(method.categories) + 1) + category_rank[stop[useful]]
        least = np.full(subjects, np.iinfo(np.int64).max)
        np.minimum.at(least, subject[useful], code)
        equal = useful[code == least[subject[useful]]]
        order = equal[np.lexsort((stop[equal], distance[equal], subject[equal]))]
        taken = order[np.flatnonzero(np.diff(subject[order], prepend=-1))]
        found.append(_taken(subjects, subject[taken], (rank, stop, distance), taken, len(method.grades)))
        useful = np.setdiff1d(useful, taken, assume_unique=True)
    return found[0], found[1]


def _taken(subjects: int, subject: Ints, columns: tuple[Ints, Ints, Floats], rows: Ints, none: int) -> Access:
    """Spread chosen pairs over all subjects."""
    access = Access(
        rank=np.full(subjects, none, dtype=np.int64),
        stop=np.full(subjects, -1, dtype=np.int64),
        distance_m=np.full(subjects, np.nan),
    )
    for target, column in zip((access.rank, access.stop, access.distance_m), columns, strict=True):
        target[subject] = column[rows]
    return access
