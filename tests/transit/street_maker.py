"""Small street networks for tests, and a way finder that shares nothing with the code under test."""

import heapq
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from geo_service.transit.streets import Streets, street_graph

Point = tuple[float, float]
LONGEST_GAP_M = 250.0


def streets_of(*lines: Sequence[Point], barriers: Sequence[Point] = ()) -> Streets:
    """Join lines that share end points; a barrier stands at each of some points."""
    numbers: dict[Point, int] = {}
    ends = np.array(
        [[numbers.setdefault(line[at], len(numbers)) for at in (0, -1)] for line in lines], dtype=np.int64
    ).reshape(-1, 2)
    shapes = np.array([shapely.LineString(line) for line in lines], dtype=object)
    blocked = np.array([[line[at] in barriers for at in (0, -1)] for line in lines], dtype=bool)
    return street_graph(shapes, ends, blocked.reshape(-1, 2))


def crooked_grid(
    rng: np.random.Generator, side: int = 9, mesh_m: float = 90.0, holes: float = 0.25
) -> Streets:
    """Return a grid of crooked streets with holes, dead ends and a few bridges, some ways double."""
    place = {
        (i, j): (i * mesh_m + rng.uniform(-20, 20), j * mesh_m + rng.uniform(-20, 20))
        for i in range(side)
        for j in range(side)
    }
    lines = []
    for (i, j), here in place.items():
        for other in ((i + 1, j), (i, j + 1), (i + 1, j + 1)):
            if other not in place or rng.random() < (holes if other != (i + 1, j + 1) else 0.93):
                continue
            middle = tuple((np.array(here) + place[other]) / 2 + rng.uniform(-25, 25, 2))
            lines.append([here, middle, place[other]])
            if rng.random() < 0.05:
                lines.append([here, place[other]])
    return streets_of(*lines)


class PlainDijkstra:
    """Ways between places and stops: every street is really cut where anything meets it, then a heap."""

    def __init__(
        self, streets: Streets, places: Sequence[BaseGeometry], stops: Sequence[BaseGeometry]
    ) -> None:
        self.graph: dict[Any, list[tuple[Any, float]]] = defaultdict(list)
        cuts: dict[int, set[float]] = {
            edge: {0.0, float(line.length)} for edge, line in enumerate(streets.lines)
        }
        links = []
        for kind, number, subject in [
            *(("place", number, one) for number, one in enumerate(places)),
            *(("stop", number, one) for number, one in enumerate(stops)),
        ]:
            for edge, low, high, gap in self.meetings(subject, streets):
                cuts[edge] |= {low, high}
                links.append(((kind, number), edge, low, high, gap))
        for edge, line in enumerate(streets.lines):
            offsets = sorted(cuts[edge])
            for low, high in pairwise(offsets):
                self.join(self.node(streets, edge, low), self.node(streets, edge, high), high - low)
            assert abs(offsets[-1] - line.length) < 1e-9
        for who, edge, low, high, gap in links:
            for offset in cuts[edge]:
                if low <= offset <= high:
                    self.join(who, self.node(streets, edge, offset), gap)

    @staticmethod
    def node(streets: Streets, edge: int, offset: float) -> Any:
        if offset == 0.0:
            return int(streets.start[edge])
        length = float(streets.lines[edge].length)
        return int(streets.end[edge]) if offset == length else (edge, offset)

    @staticmethod
    def meetings(subject: BaseGeometry, streets: Streets) -> list[tuple[int, float, float, float]]:
        gaps = [line.distance(subject) for line in streets.lines]
        least = min(gaps, default=np.inf)
        found = []
        for edge, gap in enumerate(gaps):
            if gap > least or gap > LONGEST_GAP_M:
                continue
            line = streets.lines[edge]
            shared = line.intersection(subject)
            for part in getattr(shared, "geoms", [shared]):
                if part.is_empty:
                    continue
                ends = sorted(line.project(shapely.Point(xy)) for xy in part.coords)
                found.append((edge, ends[0], ends[-1], 0.0))
            if shared.is_empty:
                offset = line.project(nearest_points(line, subject)[0])
                found.append((edge, offset, offset, gap))
        return found

    def join(self, one: Any, other: Any, metres: float) -> None:
        self.graph[one].append((other, metres))
        self.graph[other].append((one, metres))

    def ways(self, stop: int) -> dict[int, float]:
        """Return the metres from a stop to each place that can be reached; no way leads through a subject."""
        done: dict[Any, float] = {}
        queue: list[tuple[float, int, Any]] = [(0.0, 0, ("stop", stop))]
        count = 0
        while queue:
            metres, _, node = heapq.heappop(queue)
            if node in done:
                continue
            done[node] = metres
            if isinstance(node, tuple) and node[0] in ("place", "stop") and node != ("stop", stop):
                continue
            for other, length in self.graph[node]:
                count += 1
                heapq.heappush(queue, (metres + length, count, other))
        return {
            node[1]: metres for node, metres in done.items() if isinstance(node, tuple) and node[0] == "place"
        }
