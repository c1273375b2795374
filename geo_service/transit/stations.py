"""Group the stops of a feed to stations as passengers know them (pure)."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

SAME_NAME_M: Final = 100.0
"""Stops of one name up to this far apart are one station, metres (Source: domain.md 4.1, stop grouping)."""
EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius of the earth, metres."""
IFOPT: Final = re.compile(r"^([a-z]{2}:[^:]+:[^:]+)(?::.*)?$")
"""Identification of Fixed Objects in Public Transport (CEN/TS 28701): country, area, station, platform."""


def group_stops(
    stop_ids: Sequence[str], names: Sequence[str], parents: Sequence[str], lonlat: npt.NDArray[np.float64]
) -> list[str]:
    """Return the station of each stop.

    A stop belongs to its topmost parent station; without one, to the first three parts of its IFOPT id;
    without that, to the stops of the same name within 100 m (through others of the group, if need be), which
    take the least id among them.

    Parameters
    ----------
    stop_ids
        Ids in the feed, unique, shape (n,).
    names
        Names, shape (n,).
    parents
        ``parent_station``, blank where there is none, shape (n,).
    lonlat
        Longitude and latitude in degrees (WGS 84), shape (n, 2).

    Returns
    -------
    list of str
        Station id of each stop, shape (n,).
    """
    parent_of = dict(zip(stop_ids, parents, strict=True))
    tops = [_topmost(stop_id, parent_of) for stop_id in stop_ids]
    parents_in_use = {top for stop_id, top in zip(stop_ids, tops, strict=True) if top != stop_id}
    stations: list[str] = []
    loose: list[int] = []
    for place, (stop_id, top) in enumerate(zip(stop_ids, tops, strict=True)):
        match = IFOPT.match(stop_id)
        if top in parents_in_use:
            stations.append(top)
        elif match:
            stations.append(match[1])
        else:
            stations.append(stop_id)
            loose.append(place)
    for group in _same_name_groups([names[place] for place in loose], lonlat[loose]):
        members = [loose[place] for place in group]
        least = min(stop_ids[place] for place in members)
        for place in members:
            stations[place] = least
    return stations


def _topmost(stop_id: str, parent_of: dict[str, str]) -> str:
    """Follow parents upwards; a circle ends at its least id."""
    seen = [stop_id]
    while (parent := parent_of.get(seen[-1], "")) and parent in parent_of:
        if parent in seen:
            return min(seen[seen.index(parent) :])
        seen.append(parent)
    return seen[-1]


def _same_name_groups(names: Sequence[str], lonlat: npt.NDArray[np.float64]) -> list[list[int]]:
    """Return the groups of two and more stops with one name and gaps of at most `SAME_NAME_M`."""
    if len(names) < 2:  # noqa: PLR2004 - a group needs two
        return []
    keys = np.unique([folded(name) for name in names], return_inverse=True)[1]
    pairs = cKDTree(on_sphere(lonlat)).query_pairs(chord(SAME_NAME_M), output_type="ndarray")
    pairs = pairs[keys[pairs[:, 0]] == keys[pairs[:, 1]]]
    links = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), (len(names), len(names)))
    labels = connected_components(links, directed=False)[1]
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(labels):
        groups.setdefault(int(label), []).append(place)
    return [group for group in groups.values() if len(group) > 1 and folded(names[group[0]])]


def folded(name: str) -> str:
    """Return a name without differences of case and space."""
    return " ".join(name.casefold().split())


def on_sphere(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return points on the earth's sphere in metres, shape (n, 3), so that distances hold anywhere."""
    lon, lat = np.radians(lonlat).T
    flat = np.cos(lat)
    return EARTH_RADIUS_M * np.column_stack([flat * np.cos(lon), flat * np.sin(lon), np.sin(lat)])


def chord(distance_m: float) -> float:
    """Return the straight chord under a distance along the sphere, metres."""
    return float(2 * EARTH_RADIUS_M * np.sin(distance_m / (2 * EARTH_RADIUS_M)))


def middle(lonlat: npt.NDArray[np.float64], groups: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the mean longitude and latitude of each group, shape (number of groups, 2).

    Parameters
    ----------
    lonlat
        Degrees (WGS 84), shape (n, 2).
    groups
        Number of the group of each point, 0 and up without gaps, shape (n,).
    """
    number = np.bincount(groups)
    return np.column_stack([np.bincount(groups, weights=lonlat[:, axis]) / number for axis in (0, 1)])
