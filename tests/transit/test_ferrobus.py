"""Travel times against ferrobus, a router of others' making: every pair of stops of random timetables.

Ferrobus walks by rules of its own, so the stops lie hours of walking apart: only rides and changes count.
It runs as a process of its own, since it panics at exit. Source: notes of the project on its limits.
"""

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer

from geo_service.transit.journeys import NEVER, Rules
from geo_service.transit.reach import travel_times
from geo_service.transit.windows import Window
from tests.transit.feeds import FeedMaker
from tests.transit.osm_maker import ORIGIN, OsmMaker
from tests.transit.test_journeys import Run, legs_of, searched

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("ferrobus") is None, reason="ferrobus is not installed"
)

STOPS, START_S, CHANGES = 10, 7 * 3600, 4
RULES = Rules(detour=1.0, change_s=0, footpath_m=0.0, max_changes=CHANGES, max_travel_s=6 * 3600)
LAST_STEP_S = 1
"""Ferrobus rounds the way from the last stop up to a second, also where it is none."""
PROGRAM = """
import json, sys
import ferrobus
streets, feed, places, start, changes = json.loads(sys.argv[1])
model = ferrobus.create_transit_model(streets, [feed], None, 60)
points = [ferrobus.create_transit_point(lat, lon, model, 60, 5) for lat, lon in places]
print(json.dumps(ferrobus.travel_time_matrix(model, points, start, changes)))
"""


def timetable(rng: np.random.Generator) -> tuple[FeedMaker, list[Run]]:
    """Make runs of four calls between stops 6 km apart."""
    feed, runs = FeedMaker(), []
    for stop in range(STOPS):
        feed.stop(f"s{stop}", east_m=6_000 * stop)
    for number in range(40):
        course = [int(stop) for stop in rng.choice(STOPS, 4, replace=False)]
        first = int(rng.integers(START_S - 1_800, START_S + 2 * 3600))
        times = [first + int(after) for after in np.cumsum(rng.integers(120, 1_500, 4))]
        feed.line(f"L{number}").run(f"L{number}", [f"s{stop}" for stop in course], times)
        runs.append([(stop, time, time, True, True) for stop, time in zip(course, times, strict=True)])
    return feed, runs


def roads(folder: Path, xy: Any) -> Path:
    """Draw roads from stop to stop that lead round by 120 km, and a short one at each."""
    osm = OsmMaker()
    for stop, (x, y) in enumerate(xy - np.array(ORIGIN)):
        osm.node(stop + 1, x, y).node(100 + stop, x, y + 200).node(200 + stop, x, y + 60_000)
        osm.way(100 + stop, [stop + 1, 100 + stop])
        if stop:
            osm.way(stop, [stop, 200 + stop, stop + 1])
    return osm.write(folder)


def by_ferrobus(folder: Path, feed: FeedMaker, streets: Path) -> list[list[int | None]]:
    with zipfile.ZipFile(feed.write(folder)) as archive:
        archive.extractall(folder / "feed")
    places = [row[2:4] for row in feed.tables["stops.txt"]]
    asked = json.dumps([str(streets), str(folder / "feed"), places, START_S, CHANGES])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, asked], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout, done.stderr[-2_000:]
    found: list[list[int | None]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_pair_of_stops_takes_as_long_as_by_ferrobus(tmp_path: Path, seed: int) -> None:
    feed, runs = timetable(np.random.default_rng(seed))
    lat, lon = np.array([row[2:4] for row in feed.tables["stops.txt"]], dtype=float).T
    xy = np.column_stack(Transformer.from_crs(4326, 25832, always_xy=True).transform(lon, lat))
    theirs = by_ferrobus(tmp_path, feed, roads(tmp_path, xy))
    window = Window(START_S, START_S + 60)
    compared = 0
    for to in range(STOPS):
        departures, profile = searched(runs, xy, RULES, window, {to: 0})
        legs = legs_of([{stop: 0} for stop in range(STOPS)])
        ours = travel_times(departures, profile, legs, np.full(STOPS, NEVER)).median_s
        for start in range(STOPS):
            told = theirs[start][to]
            if start != to:
                assert told is not None or np.isnan(ours[start])
                assert told is None or told - LAST_STEP_S == ours[start], (start, to)
                compared += told is not None
    assert compared >= 60
