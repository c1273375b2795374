"""Read routes.txt and trips.txt: lines as passengers know them, modes, days, directions given by the feed."""

import re
from typing import Final

import numpy as np
import pandas as pd

from geo_service.errors import ImportRejected
from geo_service.transit.gtfs_calendar import Calendar, Days
from geo_service.transit.gtfs_reasons import NO_ROUTE_TYPE
from geo_service.transit.gtfs_tables import FeedTables
from geo_service.transit.modes import mode_of, typing_warnings

ROUTE_TYPE: Final = r"[0-9]{1,4}"


def load_trips(tables: FeedTables, calendar: Calendar) -> tuple[pd.DataFrame, Days]:
    """Read lines and trips and make the DuckDB table ``trips``.

    Parameters
    ----------
    tables
        The opened feed.
    calendar
        Days of each service.

    Returns
    -------
    DataFrame
        Lines of each agency: row = line_no, columns line, mode and agency_id.
    Days
        Sets of days that trips run on, shape (sets, days); the trips name them by number.

    Raises
    ------
    ImportRejected
        When a file has no rows, or no trip runs on any day.
    """
    routes = _read_routes(tables)
    lines = routes[["line", "mode", "agency_id"]].drop_duplicates().reset_index(drop=True)
    trips = tables.unique("trips.txt", tables.frame("trips.txt"))
    trips = trips[tables.known("trips.txt", "route_id", trips.route_id, routes.route_id, "routes.txt")]
    line_no = pd.Series(range(len(lines)), index=pd.MultiIndex.from_frame(lines))
    keys = zip(routes["line"], routes["mode"], routes["agency_id"], strict=True)
    routes["line_no"] = line_no[list(keys)].to_numpy()
    trips = trips.merge(routes, on="route_id", how="left", sort=False)
    day_sets, set_of = np.unique(calendar.runs, axis=0, return_inverse=True)
    number = {
        name: int(set_of[place]) for name, place in calendar.services.items() if calendar.runs[place].any()
    }
    days_no = trips.service_id.map(number)
    tables.counts["trips"] = len(trips)
    if days_no.isna().all():
        raise ImportRejected(
            "trips.txt: no trip belongs to a service that runs on any day of the calendar. Ask the publisher "
            "for a feed that is valid now.",
            file="trips.txt",
            field="service_id",
        )
    if days_no.isna().any():
        tables.drop("trips.txt", int(days_no.isna().sum()), "belong to a service that never runs")
    repeated = tables.frame("frequencies.txt").trip_id
    tables.known("frequencies.txt", "trip_id", repeated, trips.trip_id, "trips.txt")
    tables.duck.from_df(
        pd.DataFrame(
            {
                "trip_no": np.arange(len(trips), dtype=np.int32),
                "trip_id": trips.trip_id.astype("str"),
                "line_no": trips.line_no.astype(np.int32),
                "route_type": trips.route_type.astype(np.int32),
                "mode": trips["mode"].astype("str"),
                "agency_no": pd.factorize(trips.agency_id, sort=True)[0].astype(np.int32),
                "days_no": days_no.astype("Int32"),
                "direction": _directions(trips),
                "headsign": trips.trip_headsign.astype("str"),
                "repeats": trips.trip_id.isin(repeated),
            }
        )
    ).create("trips")
    return lines, day_sets


def _read_routes(tables: FeedTables) -> pd.DataFrame:
    """Return route_id, agency_id, route_type, line and mode of each route."""
    routes = tables.unique("routes.txt", tables.frame("routes.txt"))
    typed = routes.route_type.str.fullmatch(ROUTE_TYPE)
    if not typed.all():
        tables.reject(
            "routes.txt", "route_type", lambda text: not re.fullmatch(ROUTE_TYPE, text), NO_ROUTE_TYPE
        )
        routes = routes[typed].reset_index(drop=True)
    routes["route_type"] = routes.route_type.astype(int)
    names = routes.route_short_name.where(routes.route_short_name != "", routes.route_long_name)
    routes["line"] = names.where(names != "", routes.route_id)
    routes["mode"] = [str(mode_of(*pair)) for pair in zip(routes.route_type, routes["line"], strict=True)]
    tables.counts["routes"] = len(routes)
    tables.warnings += typing_warnings(zip(routes.route_type, routes["line"], strict=True))
    return routes[["route_id", "agency_id", "route_type", "line", "mode"]].copy()


def _directions(trips: pd.DataFrame) -> "pd.Series[int]":
    """Return ``direction_id`` where both directions of a line are told apart by it, else missing."""
    given = trips.direction_id.where(trips.direction_id.isin(["0", "1"]))
    told = given.notna().groupby(trips.line_no).transform("all")
    both = given.groupby(trips.line_no).transform("nunique") == 2  # noqa: PLR2004 - 0 and 1
    return given.where(told & both).astype("Int32")
