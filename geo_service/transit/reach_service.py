"""Compute and store travel times of all places, and isochrones of sites, from the current timetables."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, Row

from geo_service.city import load_city
from geo_service.db import Database, copy_frame
from geo_service.errors import BadParameter, NotFound
from geo_service.imports.report import Progress, silent
from geo_service.transit import queries, reach_queries, run_queries, street_queries
from geo_service.transit.destinations import Destination, load_destinations
from geo_service.transit.gtfs_patterns import DAY_S
from geo_service.transit.journeys import Integers
from geo_service.transit.models import SubjectKind
from geo_service.transit.reach import TravelTimes
from geo_service.transit.reach_models import TransitIsochrone, TransitReach
from geo_service.transit.reach_search import (
    ISOCHRONES_MIN,
    RULES,
    Flags,
    Search,
    isochrones_of,
    read_timetable,
)
from geo_service.transit.turns import wait_for_turn
from geo_service.transit.windows import Window, parse_window

DEFAULT_WINDOW: Final = "07:00-09:00"
"""When people go to work."""
LONGEST_WINDOW_S: Final = 6 * 3600


@dataclass(frozen=True)
class ReachReport:
    """What a computation of travel times did.

    Parameters
    ----------
    window
        Departures.
    feeds
        Name of each feed to the day whose runs were searched.
    runs
        Number of runs in those days.
    subjects
        Kind of subject to their number.
    medians_min
        Destination to the median over all parcels of their median travel time, minutes; None: few
        arrive.
    """

    window: str
    feeds: dict[str, str]
    runs: int
    subjects: dict[str, int] = field(default_factory=dict)
    medians_min: dict[str, float | None] = field(default_factory=dict)


def reach_window(text: str) -> Window:
    """Read a window of departures for travel times.

    Raises
    ------
    BadParameter
        When it is none, is longer than six hours, or ends after midnight.
    """
    window = parse_window(text)
    if window.end_s - window.start_s > LONGEST_WINDOW_S or window.end_s > DAY_S:
        raise BadParameter(
            f"The window {window} is too long or ends after midnight. Travel times take at most 6 hours of a "
            f"day, for example {DEFAULT_WINDOW}.",
            parameter="window",
        )
    return window


def refresh_reach(
    database: Database, window: str = DEFAULT_WINDOW, progress: Progress = silent, actor: str = "transit"
) -> ReachReport:
    """Compute the travel times of all places to the destinations, replacing those of the window.

    Parameters
    ----------
    database
        The database; its settings name the city.
    window
        Departures, such as ``07:00-09:00``.
    progress
        Told of each step.
    actor
        Who does it.

    Raises
    ------
    BadParameter
        For a window that is none.
    InvalidInput
        When the city has no destinations.
    NotFound
        When no timetable is loaded, or none with runs.
    """
    wanted = reach_window(window)
    city = load_city(database.settings.city)
    destinations = load_destinations(city)
    today = datetime.now(ZoneInfo(city.timezone)).date()
    with database.begin(actor) as connection:
        wait_for_turn(connection, progress)
        feeds = connection.execute(queries.current_feeds()).all()
        if not feeds:
            raise NotFound("No timetable is loaded yet. Load one: geo import gtfs PATH --name NAME")
        progress("Timetable", 0.05)
        timetable = read_timetable(connection, feeds, wanted)
        connection.execute(reach_queries.delete_run(wanted))
        network_id = connection.execute(street_queries.current_network_id()).scalar_one_or_none()
        run_id = _store_run(connection, (wanted, destinations, network_id), feeds)
        subjects = {}
        medians: dict[str, float | None] = {}
        search = Search(timetable, wanted, destinations)
        for place, kind in enumerate(SubjectKind):
            progress(f"Travel times: {kind}", 0.1 + 0.2 * place)
            rows = connection.execute(run_queries.subjects(kind, today)).all()
            subjects[str(kind)] = len(rows)
            shapes = shapely.from_wkb(np.array([row.geom for row in rows], dtype=object))
            found = _store_times(connection, (run_id, kind), rows, search.times(shapes))
            medians = found if kind is SubjectKind.PARCEL else medians
            if kind is SubjectKind.SITE:
                _store_isochrones(connection, run_id, rows, isochrones_of(timetable, wanted, shapes))
    progress("Done", 1.0)
    days = {feed.name: str(feed.weekday) for feed in feeds}
    return ReachReport(str(wanted), days, timetable.runs, subjects, medians)


def _store_run(
    connection: Connection,
    what: tuple[Window, Sequence[Destination], int | None],
    feeds: Sequence[Row[Any]],
) -> int:
    window, destinations, network_id = what
    behind = [
        {
            "id": feed.id,
            "name": feed.name,
            "day": str(feed.weekday),
            "publisher": feed.publisher,
            "version": feed.feed_version,
            "source": feed.source,
            "is_demo": feed.is_demo,
        }
        for feed in feeds
    ]
    statement = reach_queries.insert_run(
        window,
        rules=asdict(RULES),
        destinations=[asdict(destination) for destination in destinations],
        feeds=behind,
        network_id=network_id,
        computed_at=datetime.now(UTC),
    )
    return int(connection.execute(statement).scalar_one())


def _store_times(
    connection: Connection,
    what: tuple[int, SubjectKind],
    rows: Sequence[Row[Any]],
    found: dict[str, tuple[TravelTimes, Integers, Flags]],
) -> dict[str, float | None]:
    """Store the times of all subjects of a kind; return the median over them by destination, minutes."""
    run_id, kind = what
    medians: dict[str, float | None] = {}
    for key, (times, walk, estimated) in found.items():
        frame = pd.DataFrame(
            {
                "subject_kind": kind.value,
                "subject_id": [row.id for row in rows],
                "place": pd.Series([row.place for row in rows], dtype=object),
                "run_id": run_id,
                "destination": key,
                "median_s": times.median_s,
                "p90_s": times.p90_s,
                "share": times.share,
                "changes": times.changes,
                "walk_s": np.where(walk <= RULES.max_travel_s, walk, np.nan),
                "estimated": estimated,
            }
        )
        copy_frame(connection, TransitReach.metadata.tables[TransitReach.__tablename__], frame)
        middle = frame.median_s.fillna(np.inf).median() if rows else np.inf
        medians[key] = round(float(middle) / 60, 1) if np.isfinite(middle) else None
    return medians


def _store_isochrones(
    connection: Connection, run_id: int, rows: Sequence[Row[Any]], areas: list[list[Any]]
) -> None:
    stored = [
        {"run_id": run_id, "site_id": row.id, "minutes": minutes, "place": row.place, "geom": _multi(area)}
        for row, shapes in zip(rows, areas, strict=True)
        for minutes, area in zip(ISOCHRONES_MIN, shapes, strict=True)
    ]
    columns = ["run_id", "site_id", "minutes", "place", "geom"]
    table = TransitIsochrone.metadata.tables[TransitIsochrone.__tablename__]
    copy_frame(connection, table, pd.DataFrame(stored, columns=columns))


def _multi(area: Any) -> Any:  # noqa: ANN401 - geometries
    return shapely.MultiPolygon(shapely.get_parts(area).tolist())
