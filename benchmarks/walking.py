"""Speed of walking on the street network against plain Dijkstra, and proof that both are equal.

Run: ``.venv/bin/python benchmarks/walking.py [--parcels N] [--side NODES] [--stops M]``.
Default: 60,025 nodes, some 150,000 edges, 3,000 stops, 200,000 parcels on an area as large as Dortmund. Plain
Dijkstra is scipy's on the whole graph: from every stop for the ways within 1,000 m, and from each street node
without limit for the nearest stop (a sample, scaled up). CPU seconds beside those of the clock: on a busy
machine only the former and the ratios tell anything.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse.csgraph import dijkstra

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.transit import SIDE_M, SOUTH_WEST, make_parcels, show, timed
from geo_service.transit import walking
from geo_service.transit.streets import Entrances, Streets, entrances, street_graph

LIMIT_M, TARGET_S, ROUNDS = 1_000.0, 1.0, 3
CHUNK = 100
"""Stops of plain Dijkstra at a time: its answer is a full matrix."""
NEAREST_SAMPLE = 60


def make_streets(side: int, rng: np.random.Generator) -> Streets:
    """Return a crooked grid with diagonals: two and a half edges a node."""
    mesh = SIDE_M / (side - 1)
    east, north = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    xy = SOUTH_WEST + np.stack([east.ravel(), north.ravel()], axis=1) * mesh
    xy = xy + rng.uniform(-0.3 * mesh, 0.3 * mesh, xy.shape)
    number = np.arange(side * side).reshape(side, side)
    pairs = [
        np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1),
        np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1),
        np.stack([number[:-1, :-1].ravel(), number[1:, 1:].ravel()], axis=1),
    ]
    pairs[2] = pairs[2][rng.random(len(pairs[2])) < 0.5]
    ends = np.concatenate(pairs)
    middle = xy[ends].mean(axis=1) + rng.uniform(-0.1 * mesh, 0.1 * mesh, (len(ends), 2))
    lines = shapely.linestrings(np.stack([xy[ends[:, 0]], middle, xy[ends[:, 1]]], axis=1))
    return street_graph(np.asarray(lines), ends.astype(np.int64), np.zeros(ends.shape, dtype=bool))


def plain_within(streets: Streets, stops: Entrances) -> tuple[npt.NDArray[Any], ...]:
    """Search from every stop on the whole graph."""
    numbers, graph = walking.with_stops(streets, stops)
    nodes = len(streets.xy)
    found = []
    for first in range(0, len(numbers), CHUNK):
        rows = nodes + np.arange(first, min(first + CHUNK, len(numbers)))
        distance = dijkstra(graph, indices=rows, limit=LIMIT_M)[:, :nodes]
        row, node = np.nonzero(np.isfinite(distance))
        found.append((numbers[first + row], node, distance[row, node]))
    return tuple(np.concatenate(column) for column in zip(*found, strict=True))


def plain_nearest(streets: Streets, stops: Entrances, sample: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Search from some nodes, without limit, on the whole graph: the metres to the nearest stop."""
    _, graph = walking.with_stops(streets, stops)
    distance = dijkstra(graph.T, indices=sample)
    return np.asarray(distance[:, len(streets.xy) :].min(axis=1))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=200_000)
    parser.add_argument("--side", type=int, default=245)
    parser.add_argument("--stops", type=int, default=3_000)
    asked = parser.parse_args()
    rng = np.random.default_rng(7)
    streets = make_streets(asked.side, rng)
    xy = SOUTH_WEST + rng.random((asked.stops, 2)) * SIDE_M
    print(f"{len(streets.xy):,} nodes, {len(streets.lines):,} edges, {asked.stops:,} stops, {LIMIT_M:.0f} m")
    stops = entrances(np.asarray(shapely.points(xy)), streets)

    begun = time.process_time()
    ours_s, reached = timed(lambda: walking.nodes_within(streets, stops, LIMIT_M), ROUNDS)
    cpu_s = (time.process_time() - begun) / ROUNDS
    plain_s, plain = timed(lambda: plain_within(streets, stops), 1)
    order = np.lexsort((reached.node, reached.stops[reached.row]))
    same = np.array_equal(reached.stops[reached.row][order], plain[0]) and np.array_equal(
        reached.node[order], plain[1]
    )
    off = float(np.abs(reached.distance_m[order] - plain[2]).max()) if same else np.nan
    print("Streets within 1,000 m of all stops")
    show("tiles", ours_s, f"{cpu_s:.2f} s of one core; target {TARGET_S:.0f} s")
    show("plain Dijkstra", plain_s, f"{plain_s / ours_s:.0f} times ours")
    print(
        f"  {len(plain[0]):,} pairs, {'the same' if same else 'NOT the same'}, largest difference {off:.1e} m"
    )

    places = make_parcels(asked.parcels, rng)
    entry_s, entries = timed(lambda: entrances(places, streets), 1)
    within_s, found = timed(lambda: walking.walks_within(streets, entries, stops, LIMIT_M), 1)
    nearest_s, (_, metres) = timed(
        lambda: walking.walk_to_nearest(streets, (entries, stops), len(places)), ROUNDS
    )
    print(f"{asked.parcels:,} parcels")
    show("entrances", entry_s)
    show("all stops within 1,000 m on foot", within_s, f"{len(found[0]):,} pairs")
    show("nearest stop on foot", nearest_s, f"median {np.nanmedian(metres):.0f} m")

    pairs = np.repeat(np.arange(len(places)), 5), rng.integers(0, asked.stops, 5 * len(places))
    between_s, _ = timed(lambda: walking.walks_between(streets, (entries, stops), pairs, 2 * LIMIT_M), 1)
    show("ways to five given stops each, up to 2,000 m", between_s)

    sample = rng.choice(len(streets.xy), NEAREST_SAMPLE, replace=False)
    nodes = entrances(np.asarray(shapely.points(streets.xy)), streets)
    alone_s, (_, near) = timed(
        lambda: walking.walk_to_nearest(streets, (nodes, stops), len(streets.xy)), ROUNDS
    )
    one_s, expected = timed(lambda: plain_nearest(streets, stops, sample), 1)
    off = float(np.abs(near[sample] - expected).max())
    whole_s = one_s * len(streets.xy) / len(sample)
    print("Nearest stop of every street node")
    show("one search from all stops", alone_s)
    show(
        "plain Dijkstra from each node",
        whole_s,
        f"{whole_s / alone_s:,.0f} times ours (from {len(sample)} nodes)",
    )
    print(f"  largest difference on the sample {off:.1e} m")


if __name__ == "__main__":
    main()
