"""Speed of travel times: all parcels of a city to its destinations.

Run: ``.venv/bin/python benchmarks/reach.py [--parcels N]``. Default: 200,000 parcels, the demo timetable,
four destinations, two hours of departures. Prints seconds by step.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from data.demo.provenance import REFERENCE_DATE
from data.demo.timetable import build_timetable, write_timetable
from geo_service.city import load_city
from geo_service.transit.destinations import load_destinations
from geo_service.transit.gtfs import Feed, read_gtfs
from geo_service.transit.gtfs_patterns import TIME
from geo_service.transit.journeys import Calls, footpaths
from geo_service.transit.reach_search import RULES, Search, Timetable
from geo_service.transit.windows import Window

WINDOW = Window(7 * 3600, 9 * 3600)


def timetable_of(feed: Feed) -> Timetable:
    """Make the runs of a feed ready for searches."""
    number = {stop_id: place for place, stop_id in enumerate(feed.stops.stop_id)}
    parts: list[tuple[Any, ...]] = []
    before = 0
    rows: list[Any] = list(feed.patterns.itertuples())
    for row in rows:
        times = np.frombuffer(row.times, TIME).reshape(-1, 2).astype(np.int64)
        length = len(row.stop_ids)
        run = before + np.repeat(np.arange(row.runs), length)
        along = np.array([[number[stop] for stop in row.stop_ids], row.boards, row.alights])
        stop, boards, alights = np.tile(along, row.runs)
        parts.append((run, stop, times[:, 0], times[:, 1], boards.astype(bool), alights.astype(bool)))
        before += row.runs
    run, stop, arrival_s, departure_s, boards, alights = map(np.concatenate, zip(*parts, strict=True))
    calls = Calls(run, stop, arrival_s, departure_s, boards, alights)
    xy = np.array([(point.x, point.y) for point in feed.stops.geometry])
    return Timetable(
        xy, calls.between(WINDOW.start_s, WINDOW.end_s + RULES.max_travel_s), footpaths(xy, RULES), before
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--parcels", type=int, default=200_000)
    asked = parser.parse_args()
    city = load_city("dortmund")
    with tempfile.TemporaryDirectory() as folder:
        path = write_timetable(build_timetable(city, REFERENCE_DATE), Path(folder) / "demo.zip")
        timetable = timetable_of(read_gtfs(path))
    random = np.random.default_rng(1)
    west, south, east, north = city.boundary.bounds
    middle = random.uniform((west, south), (east, north), (asked.parcels, 2))
    places = shapely.box(*(middle - 12).T, *(middle + 12).T)
    start = time.perf_counter()
    search = Search(timetable, WINDOW, load_destinations(city))
    searched = time.perf_counter()
    found = search.times(places)
    done = time.perf_counter()
    reached = np.mean([np.isfinite(times.median_s).mean() for times, *_ in found.values()])
    print(
        f"{timetable.runs:,} runs, {len(timetable.calls.run):,} calls searched, {len(timetable.xy):,} stops"
    )
    print(f"{len(found)} searches: {searched - start:.2f} s")
    print(f"{asked.parcels:,} parcels: {done - searched:.2f} s, {reached:.0%} of them arrive")


if __name__ == "__main__":
    main()
