"""From graded stops to the answer about each place: best stop, next best, nearest by vehicle (pure)."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo_service.transit.footways import Footways, walks_in_reach
from geo_service.transit.grading import Access, best_access
from geo_service.transit.methods import Method
from geo_service.transit.modes import Mode
from geo_service.transit.proximity import Floats, Ints, nearest, within

FAMILIES: Final[dict[str, frozenset[Mode]]] = {
    "rail": frozenset({Mode.RAIL, Mode.LONG_DISTANCE}),
    "tram": frozenset({Mode.TRAM, Mode.METRO}),
    "bus": frozenset({Mode.BUS}),
}
"""Vehicles whose nearest stop is told apart."""


@dataclass(frozen=True)
class GradedStops:
    """All stops of the current feeds, in an order that does not change.

    Parameters
    ----------
    ids
        Row of each stop in the register, shape (n,).
    xy
        Places, EPSG:25832, shape (n, 2).
    modes
        Modes that depart from each stop.
    category_rank
        Rank of its category by the method (0 best; number of categories: none), shape (n,).
    """

    ids: npt.NDArray[np.int64]
    xy: npt.NDArray[np.float64]
    modes: list[frozenset[Mode]]
    category_rank: npt.NDArray[np.int64]


Columns = dict[str, "pd.Series[Any]"]
"""Columns of a table by name."""
Pairs = tuple[Ints, Ints, Floats]
"""Place, stop and distance in metres of every pair in reach."""


def access_of(
    places: npt.NDArray[Any], stops: GradedStops, method: Method, paths: Footways | None = None
) -> pd.DataFrame:
    """Return the transit answer about places.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, shape (n,).
    stops
        The stops.
    method
        The method's tables.
    paths
        Streets with these stops on them, for a method that goes by the way on foot; None: none are loaded.

    Returns
    -------
    DataFrame
        One row per place: grade, category, stop_pk, distance_m; next_grade, next_stop_pk, next_distance_m;
        stop_pk and distance_m of the nearest rail, tram and bus stop. Distances in metres, straight lines.
    """
    useful = np.flatnonzero(stops.category_rank < len(method.categories))
    pairs = pairs_in_reach(places, stops.xy, useful, method, paths)
    return pd.DataFrame(graded_columns(places, stops, method, pairs) | nearest_columns(places, stops))


def graded_columns(places: npt.NDArray[Any], stops: GradedStops, method: Method, pairs: Pairs) -> Columns:
    """Return the columns of `access_of` about the class: its stop, and the next best.

    Parameters
    ----------
    places, stops, method
        As `access_of`.
    pairs
        As `pairs_in_reach`.
    """
    best, other = best_access(method, len(places), pairs, stops.category_rank)
    grades = np.array([*method.grades, None], dtype=object)
    categories = np.array([*method.categories, None], dtype=object)
    ranks = np.append(stops.category_rank, len(method.categories))
    return {
        "grade": pd.Series(grades[best.rank], dtype=object),
        "category": pd.Series(categories[ranks[best.stop]], dtype=object),
        **_stop_columns("", stops, best.stop, straight_lines(places, stops.xy, best, method)),
        "next_grade": pd.Series(grades[other.rank], dtype=object),
        **_stop_columns("next_", stops, other.stop, straight_lines(places, stops.xy, other, method)),
    }


def pairs_in_reach(
    places: npt.NDArray[Any], xy: Floats, useful: Ints, method: Method, paths: Footways | None
) -> Pairs:
    """Find the stops in reach of places by a method.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, shape (n,).
    xy
        Stops, EPSG:25832, shape (m, 2).
    useful
        Numbers of the stops that are looked at, rising.
    method
        The method's tables.
    paths
        As `access_of`.

    Returns
    -------
    place, stop, distance_m
        One entry per pair, sorted by place and stop. The straight line; by a method that goes by the way on
        foot the line that this way stands for (way / detour factor), so that where no street is known both
        are the same.
    """
    if method.detour == 1 or paths is None:
        place, stop, distance = within(places, xy[useful], method.radius_m)
        return place, useful[stop], distance
    number = np.full(len(xy), -1, dtype=np.int64)
    number[useful] = np.arange(len(useful))
    entered = paths.stops.rows(np.flatnonzero(number[paths.stops.place] >= 0))
    entered = replace(entered, place=number[entered.place])
    walks = walks_in_reach(
        places, xy[useful], Footways(paths.streets, entered, paths.doors), method.distance.upper[-1]
    )
    return walks.place, useful[walks.stop], walks.metres / method.detour


def straight_lines(places: npt.NDArray[Any], xy: Floats, found: Access, method: Method) -> Floats:
    """Return the straight line to each chosen stop, metres; NaN where there is none."""
    if method.detour == 1:
        return found.distance_m
    some = np.flatnonzero(found.stop >= 0)
    lines = np.full(len(places), np.nan)
    lines[some] = shapely.distance(places[some], shapely.points(xy[found.stop[some]]))
    return lines


def nearest_columns(places: npt.NDArray[Any], stops: GradedStops) -> Columns:
    """Return the columns of `access_of` about the nearest stop of each kind of vehicle."""
    columns: Columns = {}
    for family, modes in FAMILIES.items():
        served = np.flatnonzero([bool(modes & there) for there in stops.modes])
        index, near = nearest(places, stops.xy[served])
        chosen = np.where(index >= 0, np.append(served, -1)[index], -1)
        columns |= _stop_columns(f"{family}_", stops, chosen, near)
    return columns


def _stop_columns(
    role: str, stops: GradedStops, stop: npt.NDArray[np.int64], distance: npt.NDArray[np.float64]
) -> dict[str, "pd.Series[Any]"]:
    """Return the row id and distance of a stop per place, missing where the number is -1."""
    ids = pd.Series(np.append(stops.ids, -1)[stop], dtype="Int64").mask(stop < 0)
    return {f"{role}stop_pk": ids, f"{role}distance_m": pd.Series(np.where(stop < 0, np.nan, distance))}
