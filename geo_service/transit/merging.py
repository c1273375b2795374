"""Stations and departures of several feeds put together, so that nothing counts twice (pure).

The rules are those within a feed (`stations.group_stops`, `duplicates`), as far as departures tell: stops of
one IFOPT stem, or of one name within 100 m, are one station; a line departs once at a time to a next station,
however many feeds have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from geo_service.transit.departures import Ints, StopDepartures
from geo_service.transit.stations import IFOPT, SAME_NAME_M, folded

ROW_COLUMNS: Final = ["stop", "mode", "line", "direction", "next_stop_id", "headsign", "departures"]
LATER_COLUMNS: Final = ["stop", "mode", "line", "direction", "following_s"]
Bools = npt.NDArray[np.bool_]
Line = tuple[int, int, str, str]
"""Part, station, mode, and line as the part writes it."""


@dataclass(frozen=True)
class Stations:
    """Stations that several feeds have; stops of one feed only are not among them.

    Parameters
    ----------
    of
        Stop of any feed to the stop that stands for its station.
    next_id
        Feed and stop_id to the stop_id that stands for its station.
    place
        Stop that stands for a station to the middle of all its platforms (EPSG:25832), its modes, its lines.
    feeds
        The same to its feeds, by name; that of the stop first.
    """

    of: dict[int, int] = field(default_factory=dict)
    next_id: dict[tuple[int, str], str] = field(default_factory=dict)
    place: dict[int, tuple[float, float, list[str], list[str]]] = field(default_factory=dict)
    feeds: dict[int, list[int]] = field(default_factory=dict)

    def stands_for(self, stops: Sequence[int]) -> list[int]:
        """Return the stop that stands for each stop."""
        return [self.of.get(stop, stop) for stop in stops]

    def members(self, stops: Sequence[int]) -> list[int]:
        """Return stops and all others of their stations."""
        wanted = set(self.stands_for(stops))
        return sorted(wanted | {stop for stop, station in self.of.items() if station in wanted})


def find_stations(stops: pd.DataFrame) -> Stations:
    """Find the stations that several feeds have.

    Parameters
    ----------
    stops
        id, feed_id, stop_id, name, modes, lines, platforms (number), x, y (EPSG:25832). Of a station the
        first stands for it.
    """
    codes = [match[1] if (match := IFOPT.match(stop_id)) else "" for stop_id in stops.stop_id]
    group = _Groups(codes)
    first: dict[str, int] = {}
    for number, code in enumerate(codes):
        if code:
            group.join(first.setdefault(code, number), number)
    for one, other in _namesakes(stops):
        group.join(one, other)
    found = Stations()
    rows = list(stops.itertuples(index=False))
    for numbers in group.members():
        members = [rows[number] for number in numbers]
        if len({member.feed_id for member in members}) > 1:
            _add(found, members)
    return found


def _add(found: Stations, members: Sequence[Any]) -> None:
    """Add a station."""
    station = members[0]
    weight = np.array([member.platforms for member in members], dtype=float)
    x, y = (float(np.average([getattr(each, axis) for each in members], weights=weight)) for axis in "xy")
    modes = sorted({mode for member in members for mode in member.modes})
    lines = sorted({line for member in members for line in member.lines})
    found.place[station.id] = (x, y, modes, lines)
    found.feeds[station.id] = list(dict.fromkeys(member.feed_id for member in members))
    for member in members:
        found.of[member.id] = station.id
        found.next_id[member.feed_id, member.stop_id] = station.stop_id


class _Groups:
    """Stops joined to stations; two different IFOPT stems never become one."""

    def __init__(self, codes: Sequence[str]) -> None:
        self._top = list(range(len(codes)))
        self._code = list(codes)

    def _find(self, number: int) -> int:
        while self._top[number] != number:
            number = self._top[number]
        return number

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self._find(one), self._find(other)))
        codes = {self._code[low], self._code[high]} - {""}
        if len(codes) <= 1:
            self._top[high] = low
            self._code[low] = next(iter(codes), "")

    def members(self) -> list[list[int]]:
        found: dict[int, list[int]] = {}
        for number in range(len(self._top)):
            found.setdefault(self._find(number), []).append(number)
        return list(found.values())


def _namesakes(stops: pd.DataFrame) -> list[tuple[int, int]]:
    """Return pairs of stops of different feeds with one name within `SAME_NAME_M`, the nearest first."""
    xy = stops[["x", "y"]].to_numpy(dtype=float).reshape(-1, 2)
    names = np.array([folded(name) for name in stops["name"]], dtype=object)
    pairs = cKDTree(xy).query_pairs(SAME_NAME_M, output_type="ndarray")
    one, other = pairs[:, 0], pairs[:, 1]
    feeds = stops.feed_id.to_numpy()
    same = (names[one] == names[other]) & (names[one] != "") & (feeds[one] != feeds[other])
    pairs = pairs[same]
    apart = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], apart))
    return [(int(low), int(high)) for low, high in pairs[order]]


class Part(NamedTuple):
    """What departs in one feed."""

    feed_id: int
    name: str
    departures: StopDepartures


def merge(parts: Sequence[Part], stations: Stations) -> StopDepartures:
    """Put departures of several feeds together; each stop becomes the one that stands for its station.

    At a station of several feeds lines of one name linked by next stations in common are one line: its
    directions are made the same, and what departs in several feeds at one time to one next station counts
    once. Lines of one name that nothing links stay two, the second named with its feed.
    """
    both = joined([part.departures for part in parts])
    if not stations.of or both.rows.empty:
        return both
    part_of = np.repeat(np.arange(len(parts)), [len(part.departures.rows) for part in parts])
    later_of = np.repeat(np.arange(len(parts)), [len(part.departures.later) for part in parts])
    feeds = [part.feed_id for part in parts]
    following = [
        stations.next_id.get((feeds[part], stop_id))
        for part, stop_id in zip(part_of.tolist(), both.rows.next_stop_id, strict=True)
    ]
    known = np.array([stop_id is not None for stop_id in following], dtype=bool)
    rows = both.rows.assign(stop=stations.stands_for(both.rows.stop.tolist()))
    rows["next_stop_id"] = np.where(known, np.array(following, dtype=object), rows.next_stop_id)
    later = both.later.assign(stop=stations.stands_for(both.later.stop.tolist()))
    names = _aligned(rows, part_of, known, [part.name for part in parts])
    rows, later = _renamed(rows, part_of, names), _renamed(later, later_of, names)
    return _without_repeats(StopDepartures(rows, both.seconds, both.row_of, later), part_of, known)


def _renamed(frame: pd.DataFrame, part_of: Ints, names: Mapping[Line, tuple[str, bool]]) -> pd.DataFrame:
    """Give lines the name, and the numbers of directions, that they have in all feeds."""
    if not names or frame.empty:
        return frame
    keys = zip(part_of.tolist(), frame.stop, frame["mode"], frame.line, strict=True)
    found = [names.get(key, (key[3], False)) for key in keys]
    turned = np.array([turn for _, turn in found], dtype=bool)
    direction = frame.direction.to_numpy(dtype=np.int64)
    return frame.assign(
        line=pd.Series([line for line, _ in found], dtype=object, index=frame.index),
        direction=np.where(turned, 1 - direction, direction),
    )


Ways = tuple[set[str], set[str]]
"""Next stations in both directions."""


def _aligned(
    rows: pd.DataFrame,
    part_of: Ints,
    known: Bools,
    names: Sequence[str],
) -> dict[Line, tuple[str, bool]]:
    """Return the name, and whether the directions are turned, of lines at stations of several feeds."""
    ways: dict[tuple[int, str, str], dict[tuple[int, str], Ways]] = {}
    columns = (part_of.tolist(), known.tolist(), rows.stop, rows["mode"], rows.line, rows.direction)
    for part, met, stop, mode, line, direction, towards in zip(*columns, rows.next_stop_id, strict=True):
        place = ways.setdefault((stop, mode, folded(line).replace(" ", "")), {})
        both = place.setdefault((part, line), (set(), set()))
        both[direction].add(towards if met else f"{part}:{towards}")
    found: dict[Line, tuple[str, bool]] = {}
    for (stop, mode, _), lines in ways.items():
        if len({part for part, _ in lines}) > 1:
            for (part, line), (name, turned) in _one_line(lines, names).items():
                found[part, stop, mode, line] = (name, turned)
    return found


@dataclass
class _Joined:
    """Lines of one name that are one: each with whether it is turned, and their next stations both ways."""

    turned: dict[tuple[int, str], bool]
    ways: Ways

    def is_turned(self, ways: Ways) -> bool | None:
        """Tell whether ways with a next station in common go the other way round; None: none in common."""
        (there, back), (ahead, behind) = ways, self.ways
        straight = len(there & ahead) + len(back & behind)
        turned = len(there & behind) + len(back & ahead)
        return turned > straight if straight or turned else None

    def add(self, other: "_Joined", *, turn: bool) -> None:
        """Take up others, turned if need be."""
        self.turned |= {line: turned != turn for line, turned in other.turned.items()}
        for mine, theirs in zip(self.ways, other.ways[::-1] if turn else other.ways, strict=True):
            mine.update(theirs)


def _one_line(
    lines: Mapping[tuple[int, str], Ways], names: Sequence[str]
) -> dict[tuple[int, str], tuple[str, bool]]:
    """Return how each of the lines of one name is called at a station, and whether it is turned.

    All that are linked by next stations in common are one line, those too that only a third one links.
    """
    groups: list[_Joined] = []
    for key, ways in lines.items():
        linked = [(group, turn) for group in groups if (turn := group.is_turned(ways)) is not None]
        line = _Joined({key: False}, (set(ways[0]), set(ways[1])))
        if not linked:
            groups.append(line)
            continue
        (first, turned), *others = linked
        first.add(line, turn=turned)
        for group, turn in others:
            first.add(group, turn=turn != turned)
        groups = [group for group in groups if not any(group is other for other, _ in others)]
    found: dict[tuple[int, str], tuple[str, bool]] = {}
    taken: set[str] = set()
    for group in groups:
        part, line_name = next(iter(group.turned))
        name = line_name if line_name not in taken else f"{line_name} ({names[part]})"
        taken.add(name)
        found |= {key: (name, turn) for key, turn in group.turned.items()}
    return found


def _without_repeats(both: StopDepartures, part_of: Ints, known: Bools) -> StopDepartures:
    """Count a departure once that several feeds have."""
    place = both.row_of
    keys = ["stop", "mode", "line", "next_stop_id"]
    times = both.rows[keys].iloc[place].assign(second=both.seconds, part=part_of[place])
    asked = np.flatnonzero(known[place])
    times = times.iloc[asked]
    nth = times.groupby([*keys, "second", "part"], sort=False).cumcount()
    again = times.assign(nth=nth).duplicated([*keys, "second", "nth"]).to_numpy()
    keep = np.ones(len(place), dtype=bool)
    keep[asked[again]] = False
    number = np.bincount(place[keep], minlength=len(both.rows))
    used = np.flatnonzero(number)
    rows = both.rows.iloc[used].assign(departures=number[used]).reset_index(drop=True)
    return StopDepartures(rows, both.seconds[keep], np.searchsorted(used, place[keep]), both.later)


def joined(parts: Sequence[StopDepartures]) -> StopDepartures:
    """Put the departures of several timetables side by side; their stops have different numbers."""
    first = np.cumsum([0, *(len(part.rows) for part in parts)])
    rows = [part.rows for part in parts if len(part.rows)] or [part.rows for part in parts[:1]]
    later = [part.later for part in parts if len(part.later)]
    no_times = np.zeros(0, dtype=np.int64)
    return StopDepartures(
        pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=ROW_COLUMNS),
        np.concatenate([no_times, *(part.seconds for part in parts)]),
        np.concatenate([no_times, *(part.row_of + place for part, place in zip(parts, first, strict=False))]),
        pd.concat(later, ignore_index=True) if later else pd.DataFrame(columns=LATER_COLUMNS),
    )
