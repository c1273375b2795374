"""PTAL of all places in the register, beside the grades of the other methods."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, Row

from geo_service.transit.footways import Footways, walks_in_reach
from geo_service.transit.grades import Asked, asked, counted_days
from geo_service.transit.merged import merged_departures
from geo_service.transit.models import DayKind, WalkKind
from geo_service.transit.ptal import PTAL_WINDOW, RAIL_REACH_M, access_levels, services


def peak_hour() -> Asked:
    """Return what is counted for PTAL: its hour on the reference weekday."""
    return replace(asked("are"), window=PTAL_WINDOW, day_kind=DayKind.WEEKDAY.value)


def offered_services(
    connection: Connection, feeds: Sequence[Row[Any]]
) -> tuple[dict[str, date | None], pd.DataFrame]:
    """Return the day counted in each feed (None: none), and `ptal.services` of all stops by their rows.

    Raises
    ------
    NotFound
        When no feed has a reference weekday.
    """
    days = counted_days(feeds, peak_hour())
    return days, services(merged_departures(connection, feeds, peak_hour(), days), PTAL_WINDOW)


def level_columns(
    places: npt.NDArray[Any], xy: npt.NDArray[np.float64], offered: pd.DataFrame, paths: Footways | None
) -> pd.DataFrame:
    """Return the columns of stored levels of places.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, shape (n,).
    xy
        Stops, EPSG:25832, shape (m, 2).
    offered
        As `ptal.services`; stop is the row of `xy`.
    paths
        Streets with the stops on them; None: none are loaded, ways are estimated.
    """
    walks = walks_in_reach(places, xy, paths, RAIL_REACH_M)
    found = access_levels(len(places), (walks.place, walks.stop, walks.metres), offered, with_routes=False)
    return pd.DataFrame(
        {
            "grade": pd.Series(found.levels, dtype=object),
            "access_index": found.index,
            "walk_kind": (WalkKind.DETOUR_FACTOR if paths is None else WalkKind.STREET_NETWORK).value,
        }
    )
