"""Public transport accessibility level of London, PTAL (pure, vectorised).

Source: Transport for London, "Assessing transport connectivity in London" (PTAL), as quoted in the project's
domain notes; not read in the original. Every route counts once for a place, where and in the direction that
serves it best. Of each mode the best route counts in full, the others by half.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.transit.departures import StopDepartures, count_lines
from geo_service.transit.methods import Bands
from geo_service.transit.modes import Mode
from geo_service.transit.proximity import WALKING_M_PER_MIN
from geo_service.transit.windows import Window

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

PTAL: Final = "ptal"
"""Name of the method."""
PTAL_WINDOW: Final = Window(8 * 3600 + 900, 9 * 3600 + 900)
PTAL_SOURCE: Final = (
    "Transport for London, PTAL; speed, catchments, waits and bands as quoted in the project's notes, not "
    "read in the original. Ways on foot along the streets where they are loaded, else estimated."
)
BUS_REACH_M: Final = 640.0
RAIL_REACH_M: Final = 960.0
BUS_DELAY_MIN: Final = 2.0
RAIL_DELAY_MIN: Final = 0.75
CLASSES: Final = MappingProxyType(
    {
        Mode.BUS: "bus",
        Mode.TRAM: "tram",
        Mode.METRO: "metro",
        Mode.RAIL: "rail",
        Mode.LONG_DISTANCE: "rail",
    }
)
"""Modes that count; each name is a part of the sum. All but the bus have the reach and delay of rail."""
NAMES: Final = ("bus", "metro", "rail", "tram")
"""The classes in the order of the alphabet."""
CLASS_OF_MODE: Final = MappingProxyType({str(mode): name for mode, name in CLASSES.items()})
BANDS: Final = ("0", "1a", "1b", "2", "3", "4", "5", "6a", "6b")
BAND_LIMITS: Final = Bands((0, 2.5, 5, 10, 15, 20, 25, 40), (True,) * 8)
"""Upper ends of all bands but the last, included."""
COLUMNS: Final = ["stop", "mode", "line", "per_hour"]
PAIRS_AT_ONCE: Final = 200_000
"""Pairs of place and stop that are worked on together: bounds the memory."""


@dataclass(frozen=True)
class Levels:
    """Access index and level of places.

    Parameters
    ----------
    index
        Access index, shape (places,).
    routes
        The routes that count: place, stop, mode, line, per_hour, walk_m (way on foot), walk_min, wait_min,
        edf, share (1 for the best of its mode, else 0.5).
    """

    index: Floats
    routes: pd.DataFrame

    @property
    def levels(self) -> list[str]:
        """Level of each place, 0 to 6b."""
        return [BANDS[place] for place in BAND_LIMITS.place(self.index)]


def services(departures: StopDepartures, window: Window) -> pd.DataFrame:
    """Return how often each route leaves each stop in its busier direction.

    Returns
    -------
    DataFrame
        stop, mode (bus, tram, metro, rail), line, per_hour.
    """
    modes = [CLASS_OF_MODE.get(mode, "") for mode in departures.rows["mode"].tolist()]
    rows = departures.rows.assign(mode=modes)
    counts = count_lines(rows, {name: place for place, name in enumerate(NAMES)})
    line = np.unique(counts.line_of_row, return_index=True)[1]
    names = rows.line.to_numpy()[counts.row[line]]
    return pd.DataFrame(
        {
            "stop": counts.stop[counts.group],
            "mode": np.array(NAMES, dtype=object)[counts.place[counts.group]],
            "line": names,
            "per_hour": counts.departures / (window.minutes / 60),
        }
    )


def access_levels(
    places: int, pairs: tuple[Ints, Ints, Floats], offered: pd.DataFrame, *, with_routes: bool = True
) -> Levels:
    """Return the access index of places.

    Parameters
    ----------
    places
        Number of places.
    pairs
        Place, stop and way on foot in metres of every pair within `RAIL_REACH_M`, sorted by place.
    offered
        As `services`; stop is the number of the stop.
    with_routes
        Keep the routes: for a city they take far more memory than the index.
    """
    place, stop, distance = pairs
    index = np.zeros(places)
    found = []
    for start in range(0, len(place), PAIRS_AT_ONCE):
        # a place is never cut in two: the part starts and ends with a place's first pair
        first, last = (
            int(np.searchsorted(place, place[at])) if at < len(place) else len(place)
            for at in (start, start + PAIRS_AT_ONCE)
        )
        part = slice(first, last)
        routes = _routes(place[part], stop[part], distance[part], offered)
        np.add.at(index, routes.place.to_numpy(), (routes.edf * routes.share).to_numpy())
        found.append(routes if with_routes else routes[:0])
    empty = _routes(place[:0], stop[:0], distance[:0], offered)
    return Levels(index, pd.concat(found, ignore_index=True) if found else empty)


def _routes(place: Ints, stop: Ints, distance: Floats, offered: pd.DataFrame) -> pd.DataFrame:
    """Return for each place its routes at their best stop, the best of each mode first."""
    order = np.argsort(offered.stop.to_numpy(dtype=np.int64), kind="stable")
    at = offered.stop.to_numpy(dtype=np.int64)[order]
    start = np.searchsorted(at, stop)
    count = np.searchsorted(at, stop, side="right") - start
    pair = np.repeat(np.arange(len(place)), count)
    offer = order[np.arange(len(pair)) - np.repeat(np.cumsum(count) - count - start, count)]
    mode = np.array([NAMES.index(name) for name in offered["mode"].tolist()], dtype=np.int64)[offer]
    is_bus = mode == NAMES.index("bus")
    near = distance[pair] <= np.where(is_bus, BUS_REACH_M, RAIL_REACH_M)
    pair, offer, mode, is_bus = pair[near], offer[near], mode[near], is_bus[near]
    line = pd.factorize(offered.line.to_numpy(dtype=object), sort=True)[0][offer].astype(np.int64)
    walk = distance[pair] / WALKING_M_PER_MIN
    per_hour = offered.per_hour.to_numpy(dtype=float)[offer]
    wait = 0.5 * 60 / per_hour + np.where(is_bus, BUS_DELAY_MIN, RAIL_DELAY_MIN)
    edf = 30 / (walk + wait)
    best = np.lexsort((stop[pair], line, -edf, mode, place[pair]))
    of_mode = place[pair] * len(NAMES) + mode
    route = (of_mode * (line.max(initial=0) + 1) + line)[best]
    best = best[np.sort(np.unique(route, return_index=True)[1])]
    return pd.DataFrame(
        {
            "place": place[pair][best],
            "stop": stop[pair][best],
            "mode": np.array(NAMES, dtype=object)[mode[best]],
            "line": offered.line.to_numpy(dtype=object)[offer][best],
            "per_hour": per_hour[best],
            "walk_m": distance[pair][best],
            "walk_min": walk[best],
            "wait_min": wait[best],
            "edf": edf[best],
            "share": np.where(np.diff(of_mode[best], prepend=-1) == 0, 0.5, 1.0),
        }
    )
