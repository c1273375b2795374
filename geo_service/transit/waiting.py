"""Headways from the wait for the next departure (pure, vectorised).

Who comes at any time of the window waits half a headway on average. Bunched departures help little: two an
hour at :00 and :05 make a headway of 50.8 minutes, not of 30.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.transit.windows import Window

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
GROUP_OF_LINES = ["stop", "place"]
LINE_IN_ONE_DIRECTION = ["stop", "mode", "line", "direction"]


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


def wait_headways(
    rows: pd.DataFrame, times: tuple[Ints, Ints], later: pd.DataFrame, window: Window
) -> Floats:
    """Return the headway of every stop and group of lines by the wait for its next departure, in minutes.

    As where departures are counted, each line counts in its busier direction (of two equally busy ones the
    first). The specification does not tell directions apart: by its letter a line that runs every 10 minutes
    both ways is one every 5.

    Parameters
    ----------
    rows
        stop, place (number of the mode group), mode, line, direction, departures; its index tells which times
        are its own.
    times
        All departures in the window, seconds after midnight, and the row each belongs to.
    later
        stop, mode, line, direction, following_s: first departures after the window.
    window
        The window.

    Returns
    -------
    array
        One value for each stop and group, sorted by these.
    """
    number = rows.groupby([*GROUP_OF_LINES, "mode", "line", "direction"], as_index=False)[
        ["departures"]
    ].sum()
    busier = number.sort_values("departures", ascending=False, kind="stable")
    busier = busier.drop_duplicates(["stop", "mode", "line"]).sort_index()
    busier = busier.assign(group=busier.groupby(GROUP_OF_LINES, sort=True).ngroup())
    of_line = busier.set_index(LINE_IN_ONE_DIRECTION).group
    seconds, row_of = times
    lines = pd.MultiIndex.from_frame(rows[LINE_IN_ONE_DIRECTION])
    group_of = pd.Series(of_line.reindex(lines, fill_value=-1).to_numpy(), index=rows.index)
    group = group_of.reindex(row_of, fill_value=-1).to_numpy()
    seconds, group = seconds[group >= 0], group[group >= 0]
    order = np.lexsort((seconds, group))
    following = np.full(len(busier.drop_duplicates(GROUP_OF_LINES)), np.inf)
    after = of_line.reindex(pd.MultiIndex.from_frame(later[LINE_IN_ONE_DIRECTION]), fill_value=-1).to_numpy()
    np.minimum.at(following, after[after >= 0], later.following_s.to_numpy()[after >= 0])
    return doubled_waits(seconds[order], group[order], following, window)
