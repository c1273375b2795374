"""Ways on foot between places and stops: along streets, where they are known; else estimated (pure)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo_service.transit.foot_rules import detour
from geo_service.transit.proximity import Floats, Geometries, Ints, within
from geo_service.transit.streets import Doors, Entrances, Streets, entrances
from geo_service.transit.walking import walk_to_nearest, walks_within


@dataclass(frozen=True, eq=False)
class Footways:
    """Streets with the stops on them.

    Parameters
    ----------
    streets
        Walkable streets.
    stops
        Where the stops meet them.
    doors
        Where other places meet them, as far as it was looked for.
    """

    streets: Streets
    stops: Entrances
    doors: Doors = field(default_factory=Doors)


def estimated_walk(distance_m: float) -> float:
    """Return the way on foot that a straight line stands for where streets are not known, metres."""
    return distance_m * detour().factor


@dataclass(frozen=True, eq=False)
class Walks:
    """Ways on foot between places and stops, sorted by place and stop.

    Parameters
    ----------
    place, stop
        Numbers of the two, shape (p,) each.
    metres
        The way, metres.
    estimated
        The straight line times the detour factor: no streets are loaded, or one of the two meets none.
    """

    place: Ints
    stop: Ints
    metres: Floats
    estimated: npt.NDArray[np.bool_]


def walks_in_reach(places: Geometries, xy: Floats, footways: Footways | None, limit_m: float) -> Walks:
    """Find all stops within a way on foot of each place.

    Where both meet a street, the way along the streets counts, and where none leads there is none. Else the
    way is estimated.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, shape (n,).
    xy
        Stops, EPSG:25832, shape (m, 2).
    footways
        Streets with these stops on them; None: none are loaded.
    limit_m
        Longest way, metres, included.
    """
    straight_m = limit_m / detour().factor
    if footways is None:
        return _estimates(within(places, xy, straight_m))
    entered = footways.doors.of(places, footways.streets)
    place, stop, metres = walks_within(footways.streets, entered, footways.stops, limit_m)
    walked = Walks(place, stop, metres, np.zeros(len(place), dtype=bool))
    apart = np.setdiff1d(np.arange(len(places)), entered.place)
    joined = np.unique(entered.place)
    lone = np.setdiff1d(np.arange(len(xy)), footways.stops.place)
    parts = [walked]
    for rows, stops in ((apart, np.arange(len(xy))), (joined, lone)):
        near, found, distance = within(places[rows], xy[stops], straight_m)
        parts.append(_estimates((rows[near], stops[found], distance)))
    columns = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("place", "stop", "metres", "estimated")
    ]
    order = np.lexsort((columns[1], columns[0]))
    return Walks(*(column[order] for column in columns))


def way_to(
    places: Geometries,
    point: Any,  # noqa: ANN401 - a geometry
    footways: Footways | None,
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Measure the way on foot from each place to one point, however long.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, shape (n,).
    point
        The point, EPSG:25832.
    footways
        Streets; None: none are loaded.

    Returns
    -------
    ndarray
        Metres, shape (n,), as `walks_in_reach`; infinite where no way leads.
    ndarray
        Whether it is estimated, shape (n,): no streets are loaded, or the place or the point meets none.
    """
    all_estimated = np.ones(len(places), dtype=bool)
    if not len(places):
        return np.zeros(0), all_estimated
    guessed: Floats = estimated_walk(1.0) * shapely.distance(places, point)
    if footways is None:
        return guessed, all_estimated
    entered = footways.doors.of(places, footways.streets)
    there = entrances(np.array([point], dtype=object), footways.streets)
    if not len(there.place):
        return guessed, all_estimated
    metres = walk_to_nearest(footways.streets, (entered, there), len(places))[1]
    apart = ~np.isin(np.arange(len(places)), entered.place)
    return np.where(apart, guessed, np.nan_to_num(metres, nan=np.inf)), apart


def _estimates(pairs: tuple[Ints, Ints, Floats]) -> Walks:
    place, stop, distance = pairs
    return Walks(place, stop, estimated_walk(1.0) * distance, np.ones(len(place), dtype=bool))
