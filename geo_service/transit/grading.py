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
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.transit.departures import Floats, Ints, LineCounts, StopDepartures, count_lines
from geo_service.transit.methods import WAITING, Method
from geo_service.transit.waiting import wait_headways
from geo_service.transit.windows import Window


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
    counts = count_lines(
        rows, {str(mode): place for place, group in enumerate(method.groups) for mode in group.modes}
    )
    first = np.flatnonzero(np.diff(counts.group, prepend=-1))
    number, total = (
        np.add.reduceat(each, first) if len(first) else each for each in (counts.departures, counts.total)
    )
    if method.headway_kind == WAITING:
        headway = wait_headways(departures, counts, window)
    else:
        headway = window.minutes / number
    place, node = counts.place, _nodes(rows, counts, method)
    rank = _category_ranks(method)[place, node.astype(int), method.headway.place(headway)]
    order = np.lexsort((place, headway, rank, counts.stop))
    columns = {
        "stop": counts.stop,
        "mode_group": np.array([group.key for group in method.groups], dtype=object)[place],
        "departures": number,
        "total": total,
        "headway_min": headway,
        "node": node,
        "category": np.array([*method.categories, None], dtype=object)[rank],
        "rank": rank,
    }
    ordered: dict[str, Any] = {name: column[order] for name, column in columns.items()}
    for name in ("mode_group", "category"):
        ordered[name] = pd.Series(ordered[name], dtype=object)
    return pd.DataFrame(ordered)


def _nodes(rows: pd.DataFrame, counts: LineCounts, method: Method) -> npt.NDArray[np.bool_]:
    """Tell which groups are rail nodes: trains to many different stops, or of a kind that makes a node."""
    has_nodes = np.array([group.node_categories is not None for group in method.groups], dtype=bool)
    if method.node_min_next_stops is None or not has_nodes.any():
        return np.zeros(len(counts.stop), dtype=bool)
    following = pd.factorize(rows.next_stop_id.to_numpy()[counts.row])[0]
    pairs = np.unique(counts.group_of_row * (following.max(initial=0) + 1) + following)
    next_stops = np.bincount(pairs // (following.max(initial=0) + 1), minlength=len(counts.stop))
    modes = {str(mode) for mode in method.node_modes}
    of_node = np.array([mode in modes for mode in rows["mode"].to_numpy()[counts.row]], dtype=bool)
    by_mode = np.bincount(counts.group_of_row[of_node], minlength=len(counts.stop)) > 0
    node: npt.NDArray[np.bool_] = has_nodes[counts.place] & (
        (next_stops >= method.node_min_next_stops) | by_mode
    )
    return node


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
