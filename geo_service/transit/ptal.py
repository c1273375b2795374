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

from geo_service.transit.grading import StopDepartures
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
    "read in the original. The way on foot is the straight line."
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
        The routes that count: place, stop, mode, line, per_hour, distance_m, walk_min, wait_min, edf, share
        (1 for the best of its mode, else 0.5).
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
    rows = departures.rows
    rows = rows.assign(mode=rows["mode"].map({str(mode): name for mode, name in CLASSES.items()}))
    rows = rows.dropna(subset="mode")
    number = rows.groupby(["stop", "mode", "line", "direction"]).departures.sum()
    busier = number.groupby(level=["stop", "mode", "line"]).max().reset_index(name="number")
    return busier.assign(per_hour=busier.number / (window.minutes / 60))[COLUMNS]


def access_levels(
    places: int, pairs: tuple[Ints, Ints, Floats], offered: pd.DataFrame, *, with_routes: bool = True
) -> Levels:
    """Return the access index of places.

    Parameters
    ----------
    places
        Number of places.
    pairs
        Place, stop and distance in metres of every pair within `RAIL_REACH_M`, sorted by place.
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
    near = pd.DataFrame({"place": place, "stop": stop, "distance_m": distance})
    pairs = near.merge(offered, on="stop", how="inner")
    is_bus = (pairs["mode"] == CLASSES[Mode.BUS]).to_numpy()
    pairs = pairs[pairs.distance_m.to_numpy() <= np.where(is_bus, BUS_REACH_M, RAIL_REACH_M)]
    is_bus = (pairs["mode"] == CLASSES[Mode.BUS]).to_numpy()
    walk = pairs.distance_m / WALKING_M_PER_MIN
    wait = 0.5 * 60 / pairs.per_hour + np.where(is_bus, BUS_DELAY_MIN, RAIL_DELAY_MIN)
    pairs = pairs.assign(walk_min=walk, wait_min=wait, edf=30 / (walk + wait))
    pairs = pairs.sort_values(
        ["place", "mode", "edf", "line", "stop"], ascending=[True, True, False, True, True]
    )
    best = pairs.drop_duplicates(["place", "mode", "line"]).reset_index(drop=True)
    return best.assign(share=np.where(best.duplicated(["place", "mode"]), 0.5, 1.0))
