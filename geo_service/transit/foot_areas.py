"""Areas of the classes by the way on foot, where streets are loaded (pure).

The city is a grid of points. From each the shortest way to a stop of each category is measured as for any
other place (`footways`); between the points it is taken to change evenly. The edge of an area is where the
way is exactly as long as the method allows: off by less than `CELL_M` where a river parts two points.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
from contourpy import FillType, contour_generator
from scipy.spatial import cKDTree

from geo_service.transit.class_areas import reach_m, rings
from geo_service.transit.footways import Footways, estimated_walk
from geo_service.transit.methods import Method
from geo_service.transit.proximity import Floats, Ints
from geo_service.transit.streets import entrances
from geo_service.transit.walking import walk_to_nearest

CELL_M: Final = 50.0
"""Distance of the points of the grid."""
TOO_FAR: Final = -1e9
"""Below every excess: the lower end of what is filled."""


def foot_class_areas(
    xy: Floats, category_rank: Ints, method: Method, footways: Footways
) -> list[tuple[str, Any]]:
    """Return each class with its area, the best first; classes without an area are left out.

    Parameters
    ----------
    xy
        Stops, EPSG:25832, shape (n, 2).
    category_rank
        Rank of the category of each stop (number of categories: none), shape (n,).
    method
        The method's tables; its distances are ways on foot.
    footways
        The streets, with these stops on them.
    """
    graded = np.flatnonzero(category_rank < len(method.classes))
    if not len(graded):
        return []
    columns, rows, near = _grid(xy[graded], method.radius_m)
    places = np.column_stack([columns[near[1]], rows[near[0]]])
    ways = _ways(places, xy, category_rank, footways, len(method.classes))

    def drawn() -> Iterator[tuple[str, list[Any]]]:
        for rank, grade in enumerate(method.grades):
            reach = np.array([reach_m(row, method, rank) for row in method.classes.values()])
            excess = np.full((len(rows), len(columns)), CELL_M)
            able = reach > 0
            excess[near] = np.minimum((ways[able] - reach[able, None]).min(axis=0, initial=np.inf), CELL_M)
            yield grade, _within(columns, rows, excess)

    return rings(drawn())


def _grid(xy: Floats, radius_m: float) -> tuple[Floats, Floats, tuple[Ints, Ints]]:
    """Return x of the columns, y of the rows, and row and column of the points within reach of any stop."""
    low = np.floor((xy.min(axis=0) - radius_m) / CELL_M) - 1
    high = np.ceil((xy.max(axis=0) + radius_m) / CELL_M) + 1
    columns, rows = (np.arange(low[axis], high[axis] + 1) * CELL_M for axis in (0, 1))
    points = np.stack(np.meshgrid(columns, rows), axis=-1)
    distance = cKDTree(xy).query(points.reshape(-1, 2), distance_upper_bound=radius_m)[0]
    row, column = np.nonzero(np.isfinite(distance).reshape(points.shape[:2]))
    return columns, rows, (row.astype(np.int64), column.astype(np.int64))


def _ways(places: Floats, xy: Floats, category_rank: Ints, footways: Footways, categories: int) -> Floats:
    """Return the way from each place to the nearest stop of each category, metres.

    Shape (categories, places). Estimated where place or stop meets no street, as in
    `footways.walks_in_reach`; infinite: no way.
    """
    entered = entrances(np.asarray(shapely.points(places), dtype=object), footways.streets)
    apart = np.ones(len(places), dtype=bool)
    apart[entered.place] = False
    joined = np.isin(np.arange(len(xy)), footways.stops.place)
    ways = np.full((categories, len(places)), np.inf)
    for rank in range(categories):
        own = category_rank == rank
        stops = footways.stops.rows(np.flatnonzero(own[footways.stops.place]))
        walked = walk_to_nearest(footways.streets, (entered, stops), len(places))[1]
        ways[rank] = np.nan_to_num(walked, nan=np.inf)
        for some, from_stops in ((apart, own), (~apart, own & ~joined)):
            if some.any() and from_stops.any():
                straight = cKDTree(xy[from_stops]).query(places[some])[0]
                ways[rank][some] = np.minimum(ways[rank][some], estimated_walk(1.0) * straight)
    return ways


def _within(columns: Floats, rows: Floats, excess: Floats) -> list[Any]:
    """Return valid polygons around where nothing is in excess, evenly in between the points."""
    filled = contour_generator(columns, rows, excess, fill_type=FillType.OuterOffset).filled(TOO_FAR, 0.0)
    polygons = [
        shapely.Polygon(shell[: holes[1]], [shell[a:b] for a, b in pairwise(holes[1:])])
        for shell, holes in zip(*filled, strict=True)
    ]
    return list(shapely.make_valid(polygons)) if polygons else []
