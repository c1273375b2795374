"""Ways on foot beside the straight lines of transit answers: along streets, else estimated (pure)."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo_service.transit.access import FAMILIES, GradedStops
from geo_service.transit.foot_rules import detour
from geo_service.transit.footways import Footways
from geo_service.transit.proximity import Floats, Geometries, Ints
from geo_service.transit.streets import Streets, entrances
from geo_service.transit.walking import walk_to_nearest, walks_between

LONGEST_WALK_M: Final = 2_000.0
"""Ways to a given stop are measured up to here: twice the radius of most methods, 25 minutes."""
ROLES: Final = ("", "next_", *(f"{family}_" for family in FAMILIES))
"""Stops of a transit answer: that of the class, the next best, the nearest of each kind of vehicle."""


def walk_columns(
    places: Geometries, access: pd.DataFrame, stops: GradedStops, footways: Footways | None
) -> pd.DataFrame:
    """Measure the ways on foot of transit answers.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, shape (n,).
    access
        What `access.access_of` found about them.
    stops
        The stops.
    footways
        Streets; None: none are loaded, ways are the straight line times the detour factor.

    Returns
    -------
    DataFrame
        One row per place: walk_kind; walk_m, next_walk_m, rail_walk_m, tram_walk_m, bus_walk_m to the stops
        of the answer (NaN: no way up to `LONGEST_WALK_M`); of each kind of vehicle the stop with the shortest
        way, however long, rail_foot_stop_pk and rail_foot_m, and so on.
    """
    if footways is None:
        return _estimated(access)
    numbers = pd.Index(stops.ids)
    entered = footways.doors.of(places, footways.streets)
    stop = [
        numbers.get_indexer(pd.Index(access[f"{role}stop_pk"].fillna(-1).to_numpy(dtype=np.int64)))
        for role in ROLES
    ]
    pairs = np.tile(np.arange(len(places)), len(ROLES)), np.concatenate(stop).astype(np.int64)
    measured = walks_between(footways.streets, (entered, footways.stops), pairs, LONGEST_WALK_M)
    ways = dict(zip(ROLES, measured.reshape(len(ROLES), -1), strict=True))
    columns: dict[str, Any] = {"walk_kind": "street_network"}
    for family, modes in FAMILIES.items():
        served = np.array([bool(modes & there) for there in stops.modes], dtype=bool)
        own = footways.stops.rows(np.flatnonzero(served[footways.stops.place]))
        best, metres = walk_to_nearest(footways.streets, (entered, own), len(places))
        columns |= {f"{family}_foot_stop_pk": _ids(stops, best), f"{family}_foot_m": metres}
        same = (best >= 0) & (best == stop[ROLES.index(f"{family}_")])
        ways[f"{family}_"] = np.where(same, metres, ways[f"{family}_"])
    return pd.DataFrame({**columns, **{f"{role}walk_m": way for role, way in ways.items()}})


def _estimated(access: pd.DataFrame) -> pd.DataFrame:
    columns: dict[str, Any] = {"walk_kind": "detour_factor"}
    for role in ROLES:
        columns[f"{role}walk_m"] = access[f"{role}distance_m"] * detour().factor
    for family in FAMILIES:
        columns[f"{family}_foot_stop_pk"] = access[f"{family}_stop_pk"]
        columns[f"{family}_foot_m"] = columns[f"{family}_walk_m"]
    return pd.DataFrame(columns, index=access.index)


def _ids(stops: GradedStops, number: Ints) -> "pd.Series[Any]":
    return pd.Series(np.append(stops.ids, -1)[number], dtype="Int64").mask(number < 0)


def walks_from(place: Any, xy: Floats, streets: Streets) -> tuple[Floats, npt.NDArray[np.bool_]]:  # noqa: ANN401 - a geometry
    """Measure the ways on foot from one place to stops.

    Parameters
    ----------
    place
        Polygon or point, EPSG:25832.
    xy
        Places of the stops, shape (m, 2).
    streets
        Walkable streets around the place.

    Returns
    -------
    ndarray
        Metres, shape (m,); NaN: no way up to `LONGEST_WALK_M`.
    ndarray
        Whether the place or the stop meets no street, shape (m,).
    """
    points = np.asarray(shapely.points(xy.reshape(-1, 2)), dtype=object)
    entries = entrances(np.array([place], dtype=object), streets), entrances(points, streets)
    pairs = np.zeros(len(points), np.int64), np.arange(len(points))
    apart = ~np.isin(pairs[1], entries[1].place) | (not len(entries[0].place))
    return walks_between(streets, entries, pairs, LONGEST_WALK_M), apart
