"""Departures of stops within a window of a day, and how many each line has in its busier direction (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

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
            rows=_rows_of(self.rows, [*self.rows.columns], rows),
            seconds=self.seconds[times],
            row_of=np.searchsorted(rows, self.row_of[times]),
            later=self.later[self.later.stop == stop],
        )


def departures_on(frame: pd.DataFrame, first_day: date, day: date, window: Window) -> StopDepartures:
    """Take the departures of one day within a window.

    A service day may go on after midnight, and for days: departures of the day before at 24:00 and later
    belong to this day, those of two days before at 48:00 and later too, and a window beyond 24:00 reaches
    into the next service day.

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
    times = [np.asarray(each, dtype=np.int64) for each in frame.departure_s]
    flat = np.concatenate([*times, np.zeros(0, np.int64)])
    row_of = np.repeat(np.arange(len(frame)), [len(each) for each in times])
    days = frame.days.tolist()
    found_s, found_row = [], []
    following = np.full(len(frame), np.inf)
    for shift in range(-max(int(flat.max(initial=0)) // DAY_S, 1), 2):
        runs = _runs(days, (day - first_day).days + shift)[row_of]
        seconds = flat + shift * DAY_S
        keep = runs & (seconds >= window.start_s) & (seconds < window.end_s)
        later = runs & (seconds >= window.end_s)
        np.minimum.at(following, row_of[later], seconds[later])
        found_s.append(seconds[keep])
        found_row.append(row_of[keep])
    seconds, rows = np.concatenate(found_s), np.concatenate(found_row)
    order = np.lexsort((seconds, rows))
    seconds, rows = seconds[order], rows[order]
    number = np.bincount(rows, minlength=len(frame))
    used = np.flatnonzero(number)
    columns = ["stop", *LINE_IN_ONE_DIRECTION, "next_stop_id", "headsign"]
    kept = _rows_of(frame, columns, used, departures=number[used])
    leaves = np.flatnonzero(np.isfinite(following))
    after = _rows_of(frame, ["stop", *LINE_IN_ONE_DIRECTION], leaves, following_s=following[leaves])
    return StopDepartures(kept, seconds, np.searchsorted(used, rows), after)


def _rows_of(
    frame: pd.DataFrame, columns: Sequence[str], rows: Ints, **more: npt.NDArray[Any]
) -> pd.DataFrame:
    """Take some rows of some columns, and put more columns beside them."""
    taken = {name: frame[name].to_numpy()[rows] for name in columns}
    kept = {name: pd.Series(values, dtype=values.dtype) for name, values in taken.items()}  # texts as objects
    return pd.DataFrame(kept | more)


def _runs(days: Sequence[bytes], place: int) -> npt.NDArray[np.bool_]:
    """Tell which rows run on a day of the feed, counted from 0."""
    if place < 0:
        return np.zeros(len(days), dtype=bool)
    byte, bit = divmod(place, 8)
    known = {bits: byte < len(bits) and bool(bits[byte] >> bit & 1) for bits in set(days)}
    return np.fromiter((known[bits] for bits in days), dtype=bool, count=len(days))


@dataclass(frozen=True)
class LineCounts:
    """Departures of the lines of each stop and group of modes; arrays sorted by stop, group and line.

    Parameters
    ----------
    row
        Rows that count: those whose mode is in a group, shape (r,).
    group_of_row, line_of_row
        Number of the group, and of the line, of each of these rows.
    stop, place
        Stop and number of the mode group of each group, shape (g,).
    group, departures, total
        Group of each line, departures of its busier direction, and of both, shape (l,).
    direction
        The busier direction; of two equally busy ones the first.
    """

    row: Ints
    group_of_row: Ints
    line_of_row: Ints
    stop: Ints
    place: Ints
    group: Ints
    departures: npt.NDArray[Any]
    total: npt.NDArray[Any]
    direction: Ints


def count_lines(rows: pd.DataFrame, place_of_mode: Mapping[str, int]) -> LineCounts:
    """Count the departures of each line at each stop in its busier direction.

    Parameters
    ----------
    rows
        As `StopDepartures.rows`.
    place_of_mode
        Mode to the number of the group that it counts in; others do not count.
    """
    place = np.array([place_of_mode.get(mode, -1) for mode in rows["mode"].tolist()], dtype=np.int64)
    row = np.flatnonzero(place >= 0)
    modes = pd.factorize(rows["mode"].to_numpy()[row])[0]
    # lines are numbered by name: evidence and waits list them in one order
    line = pd.factorize(rows.line.to_numpy()[row], sort=True)[0] * (modes.max(initial=0) + 1) + modes
    direction = rows.direction.to_numpy()[row].astype(np.int64)
    width = int(line.max(initial=0)) + 1
    stops, stop = np.unique(rows.stop.to_numpy()[row].astype(np.int64), return_inverse=True)
    groups, group = np.unique(stop.ravel() * (len(place_of_mode) + 1) + place[row], return_inverse=True)
    keys, line_of_row = np.unique(group.ravel() * width + line, return_inverse=True)
    ways, way = np.unique(line_of_row.ravel() * 2 + direction, return_inverse=True)
    weights = rows.departures.to_numpy()[row]
    number = np.bincount(way.ravel(), weights=weights, minlength=len(ways))
    number = number.astype(np.int64) if np.issubdtype(weights.dtype, np.integer) else number
    first = np.flatnonzero(np.diff(ways // 2, prepend=-1))
    most = np.maximum.reduceat(number, first) if len(first) else number
    busier = first + (number[first] < most) if len(first) else first
    total = np.add.reduceat(number, first) if len(first) else number
    return LineCounts(
        row, group.ravel(), line_of_row.ravel(), stops[groups // (len(place_of_mode) + 1)],
        groups % (len(place_of_mode) + 1), keys // width, most, total, ways[busier] % 2,
    )  # fmt: skip
