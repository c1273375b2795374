"""Areas of the classes around stops, as clean rings (pure).

The area of a class is the union of circles around all stops that give it or a better one, less that of the
better classes: areas of two classes never overlap. Circles are drawn as polygons inside them (64 corners: at
most 0.12 % of the radius short).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo_service.transit.methods import Method

CORNERS: Final = 16
"""Corners of a quarter circle."""
LEAST_AREA_M2: Final = 0.01
"""Smaller parts come from rounding."""


def class_areas(
    xy: npt.NDArray[np.float64], category_rank: npt.NDArray[np.int64], method: Method
) -> list[tuple[str, Any]]:
    """Return each class with its area, the best first; classes without an area are left out.

    Parameters
    ----------
    xy
        Stops, EPSG:25832, shape (n, 2).
    category_rank
        Rank of the category of each stop (number of categories: none), shape (n,).
    method
        The method's tables.
    """
    return rings(_circles(xy, category_rank, method))


def rings(drawn: Iterable[tuple[str, Iterable[Any]]]) -> list[tuple[str, Any]]:
    """Return the area of each class without those of better ones; classes without an area are left out.

    Parameters
    ----------
    drawn
        Each class, the best first, with polygons that it or a better one reaches, EPSG:25832; what better
        ones reached need not be repeated.
    """
    taken: Any = shapely.Polygon()
    areas: list[tuple[str, Any]] = []
    for grade, shapes in drawn:
        reached = shapely.union_all([taken, *shapes])
        area = shapely.difference(reached, taken)
        polygons = [part for part in shapely.get_parts(area) if part.area > LEAST_AREA_M2]
        if polygons:
            areas.append((grade, shapely.multipolygons(polygons)))
        taken = reached
    return areas


def _circles(
    xy: npt.NDArray[np.float64], category_rank: npt.NDArray[np.int64], method: Method
) -> Iterator[tuple[str, Iterable[Any]]]:
    """Yield each class with the circles that are larger than those of better ones."""
    points = np.asarray(shapely.points(xy), dtype=object)
    before = np.zeros(len(xy))
    for rank, grade in enumerate(method.grades):
        reach = np.array([*(reach_m(row, method, rank) for row in method.classes.values()), 0.0])
        radius = reach[category_rank] / method.detour
        grown = radius > before
        yield grade, shapely.buffer(points[grown], radius[grown], quad_segs=CORNERS)
        before = radius


def reach_m(row: Sequence[str | None], method: Method, rank: int) -> float:
    """Return how far a category gives a class of this rank or better, metres as the method measures them."""
    grades = method.grades
    bands = [
        upper
        for upper, grade in zip(method.distance.upper, row, strict=True)
        if grade and grades.index(grade) <= rank
    ]
    return max(bands, default=0.0)
