"""Headways from the wait for the next departure (pure, vectorised).

Who comes at any time of the window waits half a headway on average. Bunched departures help little: two an
hour at :00 and :05 make a headway of 50.8 minutes, not of 30.
"""

from typing import Final

import numpy as np
import pandas as pd

from geo_service.transit.departures import LINE_IN_ONE_DIRECTION, Floats, Ints, LineCounts, StopDepartures
from geo_service.transit.windows import Window

LINE_AT_A_STOP: Final = ["stop", *LINE_IN_ONE_DIRECTION]


def doubled_waits(seconds: Ints, group: Ints, following_s: Floats, window: Window) -> Floats:
    """Return twice the mean wait for the next departure of each group, in minutes.

    Parameters
    ----------
    seconds
        Departures in the window, seconds after midnight, sorted within each group.
    group
        Group that each belongs to, rising from 0 without a gap, shape of `seconds`.
    following_s
        First departure of each group after the window, seconds after midnight; infinite: none.
    window
        Time of day.

    Notes
    -----
    Source: oevgk18-specification, "Kursintervall": (1 / (b - a)) * (sum of squared gaps between departures,
    the first gap from a; the last one to the first departure after b, less the square of the part behind b).
    Where that comes late or never, the window is taken to repeat.
    """
    if not len(seconds):
        return np.zeros(0)
    length = window.end_s - window.start_s
    first = np.flatnonzero(np.diff(group, prepend=-1))
    last = np.append(first[1:], len(seconds)) - 1
    gaps = np.diff(seconds, prepend=0).astype(float)
    gaps[first] = seconds[first] - window.start_s
    end = np.minimum(seconds[first] + float(length), following_s)
    behind = np.square(end - seconds[last]) - np.square(end - window.end_s)
    waits: Floats = (np.add.reduceat(np.square(gaps), first) + behind) / length / 60
    return waits


def wait_headways(departures: StopDepartures, counts: LineCounts, window: Window) -> Floats:
    """Return the headway of every stop and group of lines by the wait for its next departure, in minutes.

    As where departures are counted, each line counts in its busier direction (of two equally busy ones the
    first). The specification does not tell directions apart: by its letter a line that runs every 10 minutes
    both ways is one every 5.

    Parameters
    ----------
    departures
        Departures in the window, and the first ones after it.
    counts
        The lines that count, as `departures.count_lines`.
    window
        The window.

    Returns
    -------
    array
        One value for each group of `counts`.
    """
    rows = departures.rows
    busier = rows.direction.to_numpy()[counts.row] == counts.direction[counts.line_of_row]
    group_of_row = np.full(len(rows), -1, dtype=np.int64)
    group_of_row[counts.row[busier]] = counts.group_of_row[busier]
    group = group_of_row[departures.row_of]
    counted = np.flatnonzero(group >= 0)
    seconds, group = departures.seconds[counted], group[counted]
    order = np.lexsort((seconds, group))
    following = np.full(len(counts.stop), np.inf)
    after = _groups_of(departures.later, rows, counts.row[busier], group_of_row)
    np.minimum.at(following, after[after >= 0], departures.later.following_s.to_numpy()[after >= 0])
    return doubled_waits(seconds[order], group[order], following, window)


def _groups_of(later: pd.DataFrame, rows: pd.DataFrame, counted: Ints, group_of_row: Ints) -> Ints:
    """Return the group of lines that each first departure after the window belongs to; -1: to none."""
    keys = zip(*(rows[name].to_numpy()[counted].tolist() for name in LINE_AT_A_STOP), strict=True)
    known = dict(zip(keys, group_of_row[counted].tolist(), strict=True))
    sought = zip(*(later[name].tolist() for name in LINE_AT_A_STOP), strict=True)
    return np.array([known.get(key, -1) for key in sought], dtype=np.int64)
