"""From graded stops to the answer about each place: best stop, next best, nearest by vehicle (pure)."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.transit.grading import best_access
from geo_service.transit.methods import Method
from geo_service.transit.modes import Mode
from geo_service.transit.proximity import nearest, within

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


def access_of(places: npt.NDArray[Any], stops: GradedStops, method: Method) -> pd.DataFrame:
    """Return the transit answer about places.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, shape (n,).
    stops
        The stops.
    method
        The method's tables.

    Returns
    -------
    DataFrame
        One row per place: grade, category, stop_pk, distance_m; next_grade, next_stop_pk, next_distance_m;
        stop_pk and distance_m of the nearest rail, tram and bus stop. Distances in metres.
    """
    return pd.DataFrame(graded_columns(places, stops, method) | nearest_columns(places, stops))


def graded_columns(places: npt.NDArray[Any], stops: GradedStops, method: Method) -> Columns:
    """Return the columns of `access_of` about the class: its stop, and the next best."""
    useful = np.flatnonzero(stops.category_rank < len(method.categories))
    place, stop, distance = within(places, stops.xy[useful], method.radius_m)
    best, other = best_access(method, len(places), (place, useful[stop], distance), stops.category_rank)
    grades = np.array([*method.grades, None], dtype=object)
    categories = np.array([*method.categories, None], dtype=object)
    ranks = np.append(stops.category_rank, len(method.categories))
    return {
        "grade": pd.Series(grades[best.rank], dtype=object),
        "category": pd.Series(categories[ranks[best.stop]], dtype=object),
        **_stop_columns("", stops, best.stop, best.distance_m),
        "next_grade": pd.Series(grades[other.rank], dtype=object),
        **_stop_columns("next_", stops, other.stop, other.distance_m),
    }


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
