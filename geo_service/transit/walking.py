"""Walking on the street network: the shortest ways from places to stops, exact (pure).

The way goes by either end of the edge that a place or stop lies at, or straight along the edge when both lie
on the same one. The gap between a place or stop and its street is walked in a straight line and counts.
Streets connect at shared nodes only: lines that cross on a bridge do not. Nobody passes a barrier.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo_service.transit.proximity import Floats, Ints
from geo_service.transit.streets import Entrances, Streets

TILE_M: Final = 1_500.0
"""Stops of one tile are searched together on the streets around it."""


@dataclass(frozen=True, eq=False)
class Reached:
    """Nodes reached from stops, sorted by row and node.

    Parameters
    ----------
    stops
        Stops that have a way, shape (s,).
    row
        Place of the stop in ``stops``, shape (k,).
    node
        The node.
    distance_m
        The shortest way, metres.
    """

    stops: Ints
    row: Ints
    node: Ints
    distance_m: Floats


def nodes_within(streets: Streets, stops: Entrances, limit_m: float) -> Reached:
    """Find the street nodes within a walking distance of each stop.

    No way is shorter than the straight line: the streets around a tile hold every way from its stops.

    Parameters
    ----------
    streets
        The streets.
    stops
        Where stops meet them.
    limit_m
        Longest way in metres, included.
    """
    if not len(stops.place):
        return Reached(stops.place, stops.place, stops.place, np.zeros(0))
    numbers, graph = with_stops(streets, stops)
    nodes = len(streets.xy)
    low, high = _surroundings(streets, stops, limit_m)
    tiles, tile_of = np.unique(np.floor(low / TILE_M), axis=0, return_inverse=True)
    order = np.argsort(tile_of.ravel(), kind="stable")
    edges = np.searchsorted(tile_of.ravel()[order], np.arange(len(tiles) + 1))
    found: list[tuple[Ints, Ints, Floats]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for first, last in pairwise(edges):
        own = order[first:last]
        around_tile = (streets.xy >= low[own].min(axis=0)) & (streets.xy <= high[own].max(axis=0))
        near = np.flatnonzero(around_tile.all(axis=1))
        chosen = np.concatenate([near, nodes + own])
        around = graph[chosen][:, chosen]
        distance = dijkstra(around, indices=len(near) + np.arange(len(own)), limit=limit_m)[:, : len(near)]
        row, column = np.nonzero(np.isfinite(distance))
        found.append((first + row, near[column], distance[row, column]))
    row, node, metres = (np.concatenate(column) for column in zip(*found, strict=True))
    return Reached(numbers[order], row.astype(np.int64), node.astype(np.int64), metres)


def walks_within(
    streets: Streets, places: Entrances, stops: Entrances, limit_m: float
) -> tuple[Ints, Ints, Floats]:
    """Find all stops within a walking distance of each place.

    Parameters
    ----------
    streets
        The streets.
    places, stops
        Where places and stops meet them.
    limit_m
        Longest way in metres, included.

    Returns
    -------
    place, stop, distance_m
        One entry per pair, sorted by place and stop; the shortest way.
    """
    reached = nodes_within(streets, stops, limit_m)
    order = np.argsort(reached.node, kind="stable")
    starts = np.searchsorted(reached.node[order], np.arange(len(streets.xy) + 1))
    found = [_on_one_edge(places, stops)]
    for row, node, offset in _ways_out(streets, places):
        entry = order[_ranges(starts[node], starts[node + 1])]
        each = np.repeat(row, starts[node + 1] - starts[node])
        along = np.repeat(offset, starts[node + 1] - starts[node])
        found.append(
            (places.place[each], reached.stops[reached.row[entry]], reached.distance_m[entry] + along)
        )
    place, stop, distance = (np.concatenate(column) for column in zip(*found, strict=True))
    near = distance <= limit_m
    return _shortest(place[near], stop[near], distance[near])


def walks_between(
    streets: Streets, entries: tuple[Entrances, Entrances], pairs: tuple[Ints, Ints], limit_m: float
) -> Floats:
    """Measure the ways between given places and stops.

    Parameters
    ----------
    streets
        The streets.
    entries
        Where places, and where stops meet them.
    pairs
        Place and stop of each pair, shape (p,) each; a stop of -1 is none.
    limit_m
        Longest way in metres, included.

    Returns
    -------
    ndarray
        Metres, shape (p,); NaN: no way, or a longer one.
    """
    places, stops = entries
    place, stop = pairs
    wanted = np.flatnonzero(np.isin(stops.place, stop))
    used = stops.rows(wanted)
    reached = nodes_within(streets, used, limit_m)
    best = np.full(len(place), np.inf)
    rank = np.full(int(max(stop.max(initial=-1), reached.stops.max(initial=-1))) + 2, -1, dtype=np.int64)
    rank[reached.stops] = np.arange(len(reached.stops))
    width = len(streets.xy) + 1
    known = np.append(reached.row * width + reached.node, np.iinfo(np.int64).max)
    metres = np.append(reached.distance_m, np.inf)
    first = np.searchsorted(places.place, place)
    count = np.searchsorted(places.place, place, side="right") - first
    pair, row = np.repeat(np.arange(len(place)), count), _ranges(first, first + count)
    for node, offset in ((node[row], offset[row]) for _, node, offset in _ways_out(streets, places)):
        key = rank[stop[pair]] * width + node
        at = np.searchsorted(known, key)
        way = np.where(known[at] == key, metres[at] + offset, np.inf)
        np.minimum.at(best, pair, way)
    _shorten_on_one_edge(best, (place, stop), _on_one_edge(places, used))
    return np.where(best <= limit_m, best, np.nan)


def walk_to_nearest(
    streets: Streets, entries: tuple[Entrances, Entrances], number: int
) -> tuple[Ints, Floats]:
    """Find the stop with the shortest way from each place, however far it is.

    Of stops at one point of the street that with the lower number is named.

    Parameters
    ----------
    streets
        The streets.
    entries
        Where places, and where stops meet them.
    number
        Number of places.

    Returns
    -------
    stop, distance_m
        Shape (number,) each; -1 and NaN where no way leads to any stop.
    """
    places, stops = entries
    best, metres = np.full(number, -1, dtype=np.int64), np.full(number, np.nan)
    if not len(places.place) or not len(stops.place):
        return best, metres
    sources = _first_at_each_point(stops)
    rows, graph = with_stops(streets, sources)
    nodes = len(streets.xy)
    result = dijkstra(graph, indices=nodes + np.arange(len(rows)), min_only=True, return_predecessors=True)
    distance, source = result[0][:nodes], result[2][:nodes].astype(np.int64)
    stop_of = np.append(rows, -1)[np.where(source >= nodes, source - nodes, len(rows))]
    found = [_on_one_edge(places, sources)]
    for row, node, offset in _ways_out(streets, places):
        found.append((places.place[row], stop_of[node], distance[node] + offset))
    place, stop, way = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((stop, way, place))
    order = order[np.isfinite(way[order])]
    first = order[np.unique(place[order], return_index=True)[1]]
    best[place[first]], metres[place[first]] = stop[first], way[first]
    return best, metres


# --- ways onto the streets ------------------------------------------------------------------------------


def _ways_out(streets: Streets, entries: Entrances) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield row, node and metres of the ways from entrances to the start and to the end of their edge."""
    rows = np.arange(len(entries.place))
    yield rows, streets.start[entries.edge], entries.gap_m + entries.low_m
    rest = np.maximum(streets.length_m[entries.edge] - entries.high_m, 0)
    yield rows, streets.end[entries.edge], entries.gap_m + rest


def _on_one_edge(places: Entrances, stops: Entrances) -> tuple[Ints, Ints, Floats]:
    """Return place, stop and metres of pairs that lie on the same edge, straight along it."""
    order = np.argsort(stops.edge, kind="stable")
    first = np.searchsorted(stops.edge[order], places.edge)
    count = np.searchsorted(stops.edge[order], places.edge, side="right") - first
    there, here = order[_ranges(first, first + count)], np.repeat(np.arange(len(places.place)), count)
    after, before = stops.low_m[there] - places.high_m[here], places.low_m[here] - stops.high_m[there]
    along = np.maximum(np.maximum(after, before), 0)
    return places.place[here], stops.place[there], along + places.gap_m[here] + stops.gap_m[there]


def _shorten_on_one_edge(best: Floats, pairs: tuple[Ints, Ints], direct: tuple[Ints, Ints, Floats]) -> None:
    """Take the way straight along an edge where that is shorter."""
    place, stop, metres = _shortest(*direct)
    if not len(place):
        return
    width = int(max(stop.max(), pairs[1].max(initial=0))) + 1
    known, key = place * width + stop, pairs[0] * width + pairs[1]
    at = np.minimum(np.searchsorted(known, key), len(known) - 1)
    hit = (known[at] == key) & (pairs[1] >= 0)
    best[hit] = np.minimum(best[hit], metres[at[hit]])


def _first_at_each_point(stops: Entrances) -> Entrances:
    """Keep of stops that meet the street at one point, as far from it, the first."""
    first = np.unique(stops.place, return_index=True)[1]
    point = np.column_stack([stops.edge, stops.low_m, stops.gap_m])[first]
    kept = stops.place[first][np.unique(point, axis=0, return_index=True)[1]]
    return stops.rows(np.flatnonzero(np.isin(stops.place, kept)))


# --- searching ------------------------------------------------------------------------------------------


def with_stops(streets: Streets, stops: Entrances) -> tuple[Ints, Any]:
    """Return the stops, and the graph of streets with a node for each of them behind its own nodes.

    Streets are walked both ways, stops are only left: no way leads through one.

    Parameters
    ----------
    streets
        The streets.
    stops
        Where stops meet them.

    Returns
    -------
    stops, graph
        Numbers of the stops that meet a street, shape (s,); metres, csr, (n + s) x (n + s).
    """
    numbers, rank = np.unique(stops.place, return_inverse=True)
    nodes = len(streets.xy)
    ways = list(_ways_out(streets, stops))
    tails = [streets.start, streets.end, *(nodes + rank for _ in ways)]
    heads = [streets.end, streets.start, *(node for _, node, _ in ways)]
    metres = [streets.length_m, streets.length_m, *(offset for _, _, offset in ways)]
    tail, head, weight = _shortest(*(np.concatenate(part) for part in (tails, heads, metres)))
    size = nodes + len(numbers)
    starts = np.searchsorted(tail, np.arange(size + 1))
    return numbers, csr_array((weight, head, starts), shape=(size, size))


def _surroundings(streets: Streets, stops: Entrances, limit_m: float) -> tuple[Floats, Floats]:
    """Return the corners, shape (stops, 2) each, of a box around each stop that holds all ways from it."""
    first = np.unique(stops.place, return_index=True)[1]
    at = streets.xy[streets.start[stops.edge]]
    reach = (streets.length_m[stops.edge] + limit_m + 1)[:, None]
    return np.minimum.reduceat(at - reach, first, axis=0), np.maximum.reduceat(at + reach, first, axis=0)


def _shortest(first: Ints, second: Ints, metres: Floats) -> tuple[Ints, Ints, Floats]:
    """Return each pair once, sorted, with the least of its metres."""
    if not len(first):
        return first, second, metres
    width = int(second.max()) + 1
    key = first * width + second
    order = np.argsort(key)
    key = key[order]
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    return *np.divmod(key[starts], width), np.minimum.reduceat(metres[order], starts)


def _ranges(start: Ints, stop: Ints) -> Ints:
    """Return the numbers of all ranges from start up to but without stop, one after the other."""
    count = stop - start
    total = int(count.sum())
    base = np.repeat(start - np.concatenate([[0], np.cumsum(count)[:-1]]), count) if len(count) else start
    return (np.arange(total) + base).astype(np.int64)
