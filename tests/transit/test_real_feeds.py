"""The two real feeds against an independent computation from gtfs_kit, written as plain loops."""

import math
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geo_service.city import load_city
from geo_service.transit.gtfs import Feed, ReadOptions, read_gtfs
from tests.transit.feeds import all_grades

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what gtfs_kit's own imports warn of
    import gtfs_kit

CAIRNS_DAY = date(2014, 6, 4)
GERMAN_DAY = date(2025, 11, 25)
Call = tuple[str, int, bool]
"""Station, departure in seconds, whether passengers may board."""
Runs = dict[str, list[Call]]

ARE_ROWS = [(5, "I I II"), (10, "I II III"), (20, "II III IV"), (40, "III IV V"), (60.0001, "IV V V")]


def are_category(headway: float, column: int) -> str | None:
    """Read the table of ARE: column 0 rail node, 1 rail line, 2 bus."""
    return next((row.split()[column] for upper, row in ARE_ROWS if headway < upper), None)


# --- oracle -------------------------------------------------------------------------------------------


def metres(one: Any, other: Any) -> float:
    """Distance along the sphere (haversine)."""
    lat1, lon1, lat2, lon2 = (
        math.radians(v) for v in (one.stop_lat, one.stop_lon, other.stop_lat, other.stop_lon)
    )
    half = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * 6_371_008.8 * math.asin(math.sqrt(half))


def stations_of(stops: pd.DataFrame) -> dict[str, str]:
    """Parent station, else the least id among the stops of one name that hang together within 100 m."""
    rows: list[Any] = list(stops.itertuples())
    parents = {row.stop_id: row.parent_station for row in rows if isinstance(row.parent_station, str)}
    station = {row.stop_id: parents.get(row.stop_id, row.stop_id) for row in rows}
    loose = [row for row in rows if row.stop_id not in parents and row.stop_id not in parents.values()]
    changed = True
    while changed:
        changed = False
        for one in loose:
            for other in loose:
                if one.stop_name == other.stop_name and metres(one, other) <= 100:
                    least = min(station[one.stop_id], station[other.stop_id])
                    changed |= {station[one.stop_id], station[other.stop_id]} != {least}
                    station[one.stop_id] = station[other.stop_id] = least
    return station


def seconds(text: Any) -> int | None:
    if not isinstance(text, str):
        return None
    hours, minutes, rest = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + rest


def filled(times: list[int | None]) -> list[int]:
    """Interpolate evenly between known times."""
    known = [place for place, value in enumerate(times) if value is not None]
    result = []
    for place, value in enumerate(times):
        before, after = max(k for k in known if k <= place), min(k for k in known if k >= place)
        start, end = times[before], times[after]
        assert start is not None
        assert end is not None
        share = (place - before) / (after - before) if value is None else 0
        result.append(start + math.floor((end - start) * share))
    return result


def runs_on(feed: Any, day: date, station: dict[str, str]) -> Runs:
    """Return the calls of every trip of a day."""
    trips = set(feed.get_trips(day.strftime("%Y%m%d")).trip_id)
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in feed.stop_times.itertuples():
        if row.trip_id in trips:
            rows[row.trip_id].append(row)
    runs = {}
    for trip, calls in rows.items():
        calls.sort(key=lambda row: row.stop_sequence)
        times = filled([seconds(row.departure_time) for row in calls])
        runs[trip] = [
            (station[row.stop_id], time, pd.isna(row.pickup_type) or row.pickup_type != 1)
            for row, time in zip(calls, times, strict=True)
        ]
    return runs


Counts = dict[str, dict[str, Counter[int]]]


def count(feed: Any, runs: Runs, direction_of: Callable[[str], int]) -> tuple[Counts, dict[str, set[str]]]:
    """Count departures from 06:00 to 20:00 by station, line and direction; and collect the next stations.

    A departure is a call from which the trip goes on to another station; the second time at a station is the
    way back.
    """
    line_of = dict(zip(feed.routes.route_id, feed.routes.route_short_name, strict=True))
    line_of = {row.trip_id: line_of[row.route_id] for row in feed.trips.itertuples()}
    counts: Counts = defaultdict(lambda: defaultdict(Counter))
    following: dict[str, set[str]] = defaultdict(set)
    for trip, calls in runs.items():
        visits: Counter[str] = Counter()
        for (station, time, boarding), (following_station, _, _) in pairwise(calls):
            if station == following_station:
                continue
            direction = (direction_of(trip) + visits[station]) % 2
            visits[station] += 1
            if boarding and 6 * 3600 <= time < 20 * 3600:
                counts[station][line_of[trip]][direction] += 1
                following[station].add(following_station)
    return counts, following


def table(counts: Counts, column: Callable[[str], int]) -> dict[str, tuple[int, int, float, str | None]]:
    """Return departures per direction, total, headway and category of each station."""
    result = {}
    for station, lines in counts.items():
        departures = sum(max(directions.values()) for directions in lines.values())
        total = sum(sum(directions.values()) for directions in lines.values())
        headway = 840 / departures
        result[station] = (departures, total, round(headway, 9), are_category(headway, column(station)))
    return result


def ours(feed: Feed, day: date) -> dict[str, tuple[int, int, float, str | None]]:
    rows: list[Any] = list(all_grades(feed, "are", day).itertuples())
    return {row.stop: (row.departures, row.total, round(row.headway_min, 9), row.category) for row in rows}


def read_with_gtfs_kit(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own deprecations
        return gtfs_kit.read_feed(path, dist_units="km")


# --- Cairns -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cairns_path(shared_data: Path) -> Path:
    return shared_data / "gtfs" / "cairns_2014.zip"


@pytest.fixture(scope="module")
def cairns(cairns_path: Path) -> Feed:
    return read_gtfs(cairns_path)


def test_cairns_is_read_whole(cairns: Feed, cairns_path: Path) -> None:
    assert cairns.counts["stops"] == 416
    assert cairns.counts["stop_times"] == 37_790
    assert cairns.counts["blank times interpolated"] == 65
    raw = read_with_gtfs_kit(cairns_path).stop_times
    late = raw.departure_time.map(lambda text: (seconds(text) or 0) >= 86_400)
    assert int(late.sum()) == 1_405
    last = raw.groupby("trip_id").stop_sequence.transform("max")
    boarding = (raw.stop_sequence < last) & (raw.pickup_type != 1)
    kept = [second for times in cairns.departures.departure_s for second in times]
    assert len(kept) <= int(boarding.sum())
    assert sum(second >= 86_400 for second in kept) == pytest.approx(int((late & boarding).sum()), abs=15)


@pytest.mark.parametrize("day", [CAIRNS_DAY, date(2014, 6, 6), date(2014, 6, 7), date(2014, 6, 9)])
def test_cairns_equals_the_oracle(cairns: Feed, cairns_path: Path, day: date) -> None:
    """A Wednesday, a Friday, a Saturday, a public holiday: departures, headways, categories of all stops."""
    feed = read_with_gtfs_kit(cairns_path)
    runs = runs_on(feed, day, stations_of(feed.stops))
    directions = dict(zip(feed.trips.trip_id, feed.trips.direction_id, strict=True))
    counts, _ = count(feed, runs, lambda trip: int(directions[trip]))
    wanted = table(counts, lambda _: 2)
    assert len(wanted) > 200
    assert {category for *_, category in wanted.values()} >= {"V", None}
    assert ours(cairns, day) == wanted


def test_cairns_reference_days(cairns: Feed) -> None:
    assert cairns.days.weekday.weekday() in {1, 2, 3}
    assert cairns.days.saturday is not None
    assert cairns.days.saturday.weekday() == 5


# --- German long-distance trains ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def german_path(shared_data: Path) -> Path:
    return shared_data / "gtfs" / "gtfs_de_fernverkehr_2025-11.zip"


@pytest.fixture(scope="module")
def german(german_path: Path) -> Feed:
    return read_gtfs(german_path)


def agreed_directions(feed: Any) -> dict[str, int]:
    """Give each trip the direction that agrees with more trips of its line in the order of stations.

    The feed has no direction_id. Patterns are taken by number of trips, then by their stations as numbered in
    the feed's order of ids.
    """
    station = stations_of(feed.stops)
    place = {name: number for number, name in enumerate(sorted(set(station.values())))}
    line_of = dict(zip(feed.routes.route_id, feed.routes.route_short_name, strict=True))
    line_of = {row.trip_id: line_of[row.route_id] for row in feed.trips.itertuples()}
    ordered = feed.stop_times.sort_values(["trip_id", "stop_sequence"])
    patterns: dict[str, dict[tuple[int, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
    for trip, stops in ordered.groupby("trip_id").stop_id:
        patterns[line_of[trip]][tuple(place[station[stop]] for stop in stops)].append(trip)
    result = {}
    for line in patterns.values():
        weight: Counter[tuple[int, int]] = Counter()
        for pattern in sorted(line, key=lambda stations: (-len(line[stations]), stations)):
            pairs = [(a, b) for number, a in enumerate(pattern) for b in pattern[number + 1 :] if a != b]
            pairs = [(a, b) for a, b in pairs if pattern.count(a) == pattern.count(b) == 1]
            direction = 1 if sum(weight[pair] - weight[pair[::-1]] for pair in pairs) < 0 else 0
            for trip in line[pattern]:
                result[trip] = direction
            for pair in pairs:
                weight[pair[::-1] if direction else pair] += len(line[pattern])
    return result


def test_german_feed_has_parents_and_platforms(german: Feed) -> None:
    assert german.counts["stops"] == 1_139
    assert german.counts["stop_times"] == 47_288
    assert german.counts["trips"] == 4_863
    names = german.stops.set_index("stop_id")["name"]
    assert names[names == "Dortmund Hbf"].index.tolist() == ["32004"]
    assert set(german.departures["mode"]) == {"long_distance"}


def test_german_feed_equals_the_oracle(german: Feed, german_path: Path) -> None:
    feed = read_with_gtfs_kit(german_path)
    runs = runs_on(feed, GERMAN_DAY, stations_of(feed.stops))
    directions = agreed_directions(feed)
    counts, following = count(feed, runs, directions.__getitem__)
    wanted = table(counts, lambda station: 0 if len(following[station]) >= 6 else 1)
    assert len(wanted) > 300
    assert {category for *_, category in wanted.values()} >= {"I", "II", "III", "IV", "V", None}
    assert ours(german, GERMAN_DAY) == wanted


def test_departures_per_direction_lie_between_half_and_all(german: Feed) -> None:
    for departures, total, *_ in ours(german, GERMAN_DAY).values():
        assert total / 2 <= departures <= total


def test_dortmund_keeps_its_station_of_the_german_feed(german_path: Path) -> None:
    city = load_city("dortmund")
    area = city.boundary.buffer(city.margin_m)
    feed = read_gtfs(german_path, ReadOptions(area=area, area_name=city.name))
    assert feed.stops["name"].tolist() == ["Dortmund Hbf", "Dortmund Scharnhorst Bf"]
    grade = all_grades(feed, "are", GERMAN_DAY).set_index("stop").loc["32004"]
    assert (grade.category, grade.node) == ("II", True)
