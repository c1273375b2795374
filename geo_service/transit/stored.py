"""Store the grades of stops and of all places in the register."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, Row

from geo_service.db import copy_frame
from geo_service.transit import queries
from geo_service.transit.access import GradedStops, access_of
from geo_service.transit.evidence import stop_evidence
from geo_service.transit.foot import walk_columns
from geo_service.transit.footways import Footways
from geo_service.transit.grades import Asked, counted_days
from geo_service.transit.grading import best_groups, grade_stops
from geo_service.transit.merged import by_station, merged_departures, stations_of
from geo_service.transit.methods import Method
from geo_service.transit.models import TransitStopGrade
from geo_service.transit.modes import Mode


def store_stop_grades(
    connection: Connection, feeds: Sequence[Row[Any]], wanted: Asked, what: tuple[str, datetime]
) -> tuple[dict[str, date | None], pd.DataFrame]:
    """Grade the stops of feeds and replace what is stored of the method and window.

    Parameters
    ----------
    connection
        Connection in a transaction.
    feeds
        The feeds.
    wanted
        Method and time of day.
    what
        Name of the window, and the moment to note.

    Returns
    -------
    dict
        Name of the feed to the day that was counted; None: it has no such day, and counts nothing.
    DataFrame
        The mode group that gives each stop its category, as `grading.grade_stops`.

    Raises
    ------
    NotFound
        When no feed has a day of the kind asked for.
    """
    window, computed_at = what
    ids = [feed.id for feed in feeds]
    connection.execute(queries.delete_stop_grades(wanted.method.key, window, ids))
    days = counted_days(feeds, wanted)
    departures = merged_departures(connection, feeds, wanted, days)
    grades = grade_stops(departures, wanted.method, wanted.window)
    first = best_groups(grades)
    evidence = stop_evidence(departures, grades, wanted.method)
    stops = _every_stop(connection, feeds, days).merge(first, on="stop")
    rows = stops[["stop_pk", "day", "mode_group", "category", "departures", "headway_min"]].assign(
        method=wanted.method.key,
        time_window=window,
        window_from_s=wanted.window.start_s,
        window_to_s=wanted.window.end_s,
        evidence=pd.Series([evidence[stop] for stop in stops.stop], dtype=object),
        computed_at=pd.Series([computed_at] * len(stops), dtype=object),
    )
    copy_frame(connection, TransitStopGrade.metadata.tables[TransitStopGrade.__tablename__], rows)
    return days, first


def _every_stop(
    connection: Connection, feeds: Sequence[Row[Any]], days: dict[str, date | None]
) -> pd.DataFrame:
    """Return every stop (stop_pk), the one that stands for its station (stop), and the day of its feed.

    A stop of a feed without a day, whose station another feed serves, has the day of the first that has one.
    """
    rows = connection.execute(queries.stops([feed.id for feed in feeds])).all()
    some = next(day for day in days.values() if day is not None)
    day_of_feed = {feed.id: days[feed.name] or some for feed in feeds}
    return pd.DataFrame(
        {
            "stop_pk": pd.Series([row.id for row in rows], dtype=np.int64),
            "stop": stations_of(connection, feeds).stands_for([row.id for row in rows]),
            "day": pd.Series([day_of_feed[row.feed_id] for row in rows], dtype=object),
        }
    )


def station_rows(connection: Connection, feeds: Sequence[Row[Any]]) -> list[Any]:
    """Return the stations of feeds: rows of `queries.stops`, those that several feeds have once."""
    found = connection.execute(queries.stops([feed.id for feed in feeds])).all()
    columns = ["id", "feed_id", "stop_id", "name", "modes", "x", "y"]
    frame = pd.DataFrame([tuple(row) for row in found], columns=columns)
    return list(by_station(frame, stations_of(connection, feeds)).itertuples(index=False))


def graded_stops(
    connection: Connection, feeds: Sequence[Row[Any]], wanted: Asked, grades: pd.DataFrame
) -> GradedStops:
    """Return all stations with the rank of their category."""
    rows = station_rows(connection, feeds)
    rank = dict(zip(grades.stop.tolist(), grades["rank"].tolist(), strict=True))
    none = len(wanted.method.categories)
    return GradedStops(
        ids=np.array([row.id for row in rows], dtype=np.int64),
        xy=np.array([(row.x, row.y) for row in rows], dtype=float).reshape(-1, 2),
        modes=[frozenset(Mode(mode) for mode in row.modes) for row in rows],
        category_rank=np.array([rank.get(row.id, none) for row in rows], dtype=np.int64),
    )


def access_columns(
    places: npt.NDArray[Any], stops: GradedStops, method: Method, paths: Footways | None
) -> pd.DataFrame:
    """Return the columns of stored answers about places: class, stops, ways on foot.

    Parameters
    ----------
    places
        Polygons or points, EPSG:25832, shape (n,).
    stops
        The graded stops.
    method
        The method's tables.
    paths
        Streets with the stops on them; None: none are loaded.
    """
    access = access_of(places, stops, method, paths)
    return pd.concat([access, walk_columns(places, access, stops, paths)], axis=1)
