"""Where one gets from a place: the median travel time to every stop, the area within some minutes (pure)."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo_service.transit.journeys import NEVER, RIDES, Integers, Network, Rules
from geo_service.transit.reach import MEDIAN, MINUTE, place_of
from geo_service.transit.windows import Window

QUARTER_SEGMENTS: Final = 16
"""Corners of a quarter of a circle."""


def median_to_stops(mirrored: Network, access_s: Integers, window: Window) -> npt.NDArray[np.float64]:
    """Return the median travel time from a place to each stop over the departures of a window.

    Parameters
    ----------
    mirrored
        Network of the mirrored timetable: a search from a destination there is one from a start here.
    access_s
        Seconds on foot from the place to each stop, `NEVER` where out of reach, shape (stops,).
    window
        Departures: each full minute from its start up to but without its end.

    Returns
    -------
    ndarray
        Seconds, NaN where fewer than half of the departures arrive, shape (stops,).
    """
    profile = mirrored.search(access_s)
    leaving = np.arange(window.start_s, window.end_s, MINUTE)
    latest = (-leaving - mirrored.base_s + 1) * RIDES
    rank = place_of(MEDIAN, len(leaving))
    found = np.full(len(access_s), np.nan)
    for stop, walk in enumerate(access_s):
        first, end = mirrored.stop_first[stop : stop + 2]
        place = np.searchsorted(profile[first:end], latest) - 1
        times = np.full(len(leaving), np.inf)
        some = place >= 0
        arrival = -(mirrored.departure_s[first:end][place[some]] + mirrored.base_s)
        times[some] = arrival - leaving[some]
        if walk < NEVER:
            times = np.minimum(times, walk)
        times.sort()
        if times[rank] <= mirrored.rules.max_travel_s:
            found[stop] = times[rank]
    return found


def reached_areas(
    place: shapely.Geometry,
    xy: npt.NDArray[np.float64],
    median_s: npt.NDArray[np.float64],
    minutes: Sequence[int],
    rules: Rules,
) -> list[Any]:
    """Return the area that is reached within each number of minutes.

    On foot from the place, and on foot from each stop with what its median leaves: circles, whose radius is
    the way that can be walked divided by the detour factor. A stop is left on foot no farther than stops are
    reached on foot.

    Parameters
    ----------
    place
        The place, EPSG:25832.
    xy
        Places of the stops, EPSG:25832, shape (stops, 2).
    median_s
        Median travel time to each stop, seconds, NaN: none.
    minutes
        Times, minutes.
    rules
        Walking speed, detour, reach of a stop.
    """
    speed = rules.walking_m_per_min / MINUTE / rules.detour
    areas: list[Any] = []
    for limit in minutes:
        left = limit * MINUTE - median_s
        among = np.flatnonzero(left > 0)
        radii = np.minimum(left[among] * speed, rules.access_m)
        circles = shapely.buffer(shapely.points(xy[among]), radii, quad_segs=QUARTER_SEGMENTS)
        around = shapely.buffer(place, limit * MINUTE * speed, quad_segs=QUARTER_SEGMENTS)
        areas.append(shapely.union_all([around, *circles]))
    return areas
