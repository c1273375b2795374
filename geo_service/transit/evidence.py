"""Say which departures gave a stop its category (pure)."""

from typing import Any

import pandas as pd

from geo_service.transit.grading import StopDepartures
from geo_service.transit.methods import Method

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
    for stop, group, category, number, total, headway, node in (
        grades[columns].to_numpy(dtype=object).tolist()
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
    rows = departures.rows.assign(group=departures.rows["mode"].map(group_of)).dropna(subset="group")
    span = pd.Series(departures.seconds).groupby(departures.row_of)
    rows = rows.assign(first=span.min(), last=span.max())
    keys = ["stop", "group", "mode", "line", "direction"]
    directions = rows.groupby(keys, sort=True).agg(
        departures=("departures", "sum"), first=("first", "min"), last=("last", "max")
    )
    towards = _towards(rows, keys)
    found: dict[tuple[int, str], dict[tuple[str, str], Record]] = {}
    for (stop, group, mode, line, direction), (number, first, last) in zip(
        directions.index.tolist(), directions.to_numpy().tolist(), strict=True
    ):
        record = found.setdefault((stop, group), {}).setdefault(
            (mode, line), {"line": line, "mode": mode, "departures": 0, "directions": []}
        )
        record["departures"] = max(record["departures"], number)
        record["directions"].append(
            {
                "direction": direction,
                "departures": number,
                "first": _clock(first),
                "last": _clock(last),
                "towards": towards[stop, group, mode, line, direction],
            }
        )
    return {
        place: sorted(lines.values(), key=lambda record: (-record["departures"], record["line"]))
        for place, lines in found.items()
    }


def _towards(rows: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], list[str]]:
    """Return the most frequent destinations of each line and direction at each stop."""
    number = rows.groupby([*keys, "headsign"]).departures.sum().reset_index()
    number = number.sort_values(
        [*keys, "departures", "headsign"], ascending=[True] * len(keys) + [False, True]
    )
    named: dict[tuple[Any, ...], list[str]] = {}
    for *key, headsign in number[[*keys, "headsign"]].to_numpy(dtype=object).tolist():
        destinations = named.setdefault(tuple(key), [])
        if headsign and len(destinations) < HEADSIGNS:
            destinations.append(headsign)
    return named


def _clock(second: int) -> str:
    return f"{second // 3600}:{second // 60 % 60:02d}"
