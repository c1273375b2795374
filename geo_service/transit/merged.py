"""What departs in all current feeds together: their stations are found once and kept in the process."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Row

from geo_service.transit import queries
from geo_service.transit.departures import StopDepartures
from geo_service.transit.grades import Asked, read_departures
from geo_service.transit.merging import Part, Stations, find_stations, merge

MOST_KEPT: Final = 4
"""Sets of feeds whose stations are kept per process."""
_KEPT: "OrderedDict[Hashable, Stations]" = OrderedDict()
_LOCK: Final = threading.Lock()


def stations_of(connection: Connection, feeds: Sequence[Row[Any]]) -> Stations:
    """Return the stations that several of some feeds have; a stored version of a feed never changes."""
    if len(feeds) < 2:  # noqa: PLR2004 - of several feeds
        return Stations()
    key = (str(connection.engine.url), *((feed.id, feed.name, feed.content_hash) for feed in feeds))
    with _LOCK:
        if key in _KEPT:
            _KEPT.move_to_end(key)
            return _KEPT[key]
    rows = connection.execute(queries.stations([feed.id for feed in feeds])).all()
    columns = ["id", "feed_id", "stop_id", "name", "modes", "lines", "platforms", "x", "y"]
    found = find_stations(pd.DataFrame([tuple(row) for row in rows], columns=columns))
    with _LOCK:
        _KEPT[key] = found
        while len(_KEPT) > MOST_KEPT:
            _KEPT.popitem(last=False)
    return found


def merged_departures(
    connection: Connection,
    feeds: Sequence[Row[Any]],
    wanted: Asked,
    days: Mapping[str, date | None],
    stop_ids: Collection[int] | None = None,
) -> StopDepartures:
    """Return what departs from some or all stations of feeds; each has the stop that stands for it.

    Parameters
    ----------
    connection
        Connection to read from.
    feeds
        The feeds.
    wanted
        Window.
    days
        As `grades.counted_days`; a feed without a day counts nothing.
    stop_ids
        Stops, any of each station; None: all.
    """
    stations = stations_of(connection, feeds)
    wished = None if stop_ids is None else stations.members(list(stop_ids))
    parts = [
        Part(feed.id, feed.name, read_departures(connection, feed, day, wanted.window, wished))
        for feed in feeds
        if (day := days[feed.name]) is not None
    ]
    return merge(parts, stations)


def by_station(stops: pd.DataFrame, stations: Stations, key: str = "id") -> pd.DataFrame:
    """Keep of each station the stop that stands for it, where the station is, with its modes and lines.

    Parameters
    ----------
    stops
        A column with the row of each stop (``key``), x, y (EPSG:25832), and modes or lines, if any.
    stations
        The stations of several feeds.
    key
        Name of that column.
    """
    if not stations.of or stops.empty:
        return stops
    station = stations.stands_for(stops[key].tolist())
    ordered = stops.assign(
        **{key: station}, other=[one != other for one, other in zip(stops[key], station, strict=True)]
    )
    firsts = set(ordered[key][~ordered.other])
    kept = ordered[~ordered.other | ~ordered[key].isin(firsts)].drop_duplicates(key)
    places = [stations.place.get(stop) for stop in kept[key]]
    changed: dict[str, Any] = {}
    for number, column in enumerate(("x", "y", "modes", "lines")):
        if column in kept:
            values = [
                old if place is None else place[number]
                for old, place in zip(kept[column], places, strict=True)
            ]
            changed[column] = pd.Series(values, index=kept.index, dtype=kept[column].dtype)
    return kept.assign(**changed).drop(columns="other")
