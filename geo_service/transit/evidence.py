"""Say which departures gave a stop its category (pure)."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geo_service.transit.departures import StopDepartures
from geo_service.transit.methods import Method
from geo_service.transit.windows import Window

HEADSIGNS = 3
"""Destinations named per direction of a line."""
Record = dict[str, Any]


def stop_evidence(
    departures: StopDepartures, grades: pd.DataFrame, method: Method
) -> dict[int, list[Record]]:
    """Return for each stop its mode groups, the one that counts first, with their lines.

    Parameters
    ----------
    departures
        Departures in the window.
    grades
        As `grading.grade_stops` returns them.
    method
        The method's tables.

    Returns
    -------
    dict
        Stop to a list of groups: mode_group, category, departures (per direction), total, headway_min, node,
        lines. A line has line, mode, departures (of its busier direction), directions; each with direction,
        departures, first and last (H:MM, hours may exceed 23), and towards (most frequent destinations).
    """
    lines = _lines(departures, method)
    evidence: dict[int, list[Record]] = {}
    columns = ["stop", "mode_group", "category", "departures", "total", "headway_min", "node"]
    for stop, group, category, number, total, headway, node in zip(
        *(grades[name].tolist() for name in columns), strict=True
    ):
        evidence.setdefault(stop, []).append(
            {
                "mode_group": group,
                "category": category,
                "departures": number,
                "total": total,
                "headway_min": round(headway, 4),
                "node": node,
                "lines": lines.get((stop, group), []),
            }
        )
    return evidence


def _lines(departures: StopDepartures, method: Method) -> dict[tuple[int, str], list[Record]]:
    """Return the lines of each stop and mode group, busiest first."""
    group_of = {str(mode): group.key for group in method.groups for mode in group.modes}
    ways: dict[Way, _Way] = {}
    for row in _counted(departures):
        group = group_of.get(row.mode)
        if group is not None:
            way = ways.setdefault((row.stop, group, row.mode, row.line, row.direction), _Way())
            way.number += row.departures
            way.first, way.last = min(way.first, row.first), max(way.last, row.last)
            way.towards[row.headsign] = way.towards.get(row.headsign, 0) + row.departures
    found: dict[tuple[int, str], dict[tuple[str, str], Record]] = {}
    for (stop, group, mode, line, direction), way in sorted(ways.items()):
        record = found.setdefault((stop, group), {}).setdefault(
            (mode, line), {"line": line, "mode": mode, "departures": 0, "directions": []}
        )
        record["departures"] = max(record["departures"], way.number)
        record["directions"].append(
            {
                "direction": direction,
                "departures": way.number,
                "first": _clock(way.first),
                "last": _clock(way.last),
                "towards": way.destinations(),
            }
        )
    return {
        place: sorted(lines.values(), key=lambda record: (-record["departures"], record["line"]))
        for place, lines in found.items()
    }


def hour_profile(departures: StopDepartures, mode_group: str, method: Method, window: Window) -> list[Record]:
    """Return the departures per direction of a mode group in each hour of a window.

    Parameters
    ----------
    departures
        Departures of one stop in the window.
    mode_group
        Mode group of the method.
    method, window
        The method, and the time of day that was counted.

    Returns
    -------
    list
        hour (0 to 29, after midnight 24 and more), minutes of it in the window, and departures: of each line
        in its busier direction of the whole window, so that they add up to the departures of the group.
    """
    modes = next({str(mode) for mode in group.modes} for group in method.groups if group.key == mode_group)
    rows = departures.rows
    ways = list(zip(map(str, rows["mode"]), rows["line"], rows["direction"], strict=True))
    totals: Counter[tuple[str, str, int]] = Counter()
    for way, number in zip(ways, rows["departures"].tolist(), strict=True):
        totals[way] += number
    busier: dict[tuple[str, str], tuple[str, str, int]] = {}
    for way in sorted(totals, key=lambda way: (-totals[way], way)):
        busier.setdefault(way[:2], way)
    chosen = np.array([way[0] in modes and busier[way[:2]] == way for way in ways], dtype=bool)
    hours = departures.seconds[chosen[departures.row_of]] // 3600
    return [
        {
            "hour": hour,
            "minutes": round((min(window.end_s, hour * 3600 + 3600) - max(window.start_s, hour * 3600)) / 60),
            "departures": int((hours == hour).sum()),
        }
        for hour in range(window.start_s // 3600, -(-window.end_s // 3600))
    ]


Way = tuple[int, str, str, str, int]
"""Stop, group, mode, line, direction."""


@dataclass(slots=True)
class _Way:
    """Departures of a line in one direction."""

    number: float = 0
    first: int = 1 << 40
    last: int = -1
    towards: dict[str, float] = field(default_factory=dict)

    def destinations(self) -> list[str]:
        """Return the most frequent destinations."""
        ordered = sorted(self.towards.items(), key=lambda item: (-item[1], item[0]))
        return [headsign for headsign, _ in ordered if headsign][:HEADSIGNS]


def _counted(departures: StopDepartures) -> Any:  # noqa: ANN401 - named rows
    """Return the rows with the first and last of their times."""
    rows, seconds = departures.rows, departures.seconds
    first = np.flatnonzero(np.diff(departures.row_of, prepend=-1))
    last = np.flatnonzero(np.diff(departures.row_of, append=-1))
    place = departures.row_of[first]
    columns = ["stop", "mode", "line", "direction", "headsign", "departures"]
    values = [rows[name].to_numpy()[place].tolist() for name in columns]
    return map(_Row._make, zip(*values, seconds[first].tolist(), seconds[last].tolist(), strict=True))


class _Row(NamedTuple):
    stop: int
    mode: str
    line: str
    direction: int
    headsign: str
    departures: float
    first: int
    last: int


def _clock(second: int) -> str:
    return f"{second // 3600}:{second // 60 % 60:02d}"
