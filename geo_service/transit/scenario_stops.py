"""The stops that a scenario serves, graded before and after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Row

from geo_service.errors import Conflict, NotFound
from geo_service.transit import queries as register
from geo_service.transit import scenario_queries as queries
from geo_service.transit.departures import StopDepartures
from geo_service.transit.grades import Asked, counted_days, day_of
from geo_service.transit.merged import by_station, merged_departures, stations_of
from geo_service.transit.merging import Stations
from geo_service.transit.scenario_schemas import ScenarioAnswer
from geo_service.transit.scenarios import (
    PlannedLine,
    PlannedStop,
    Service,
    category_ranks,
    with_lines,
)

STOP_COLUMNS: Final = ["number", "feed_id", "stop_id", "name", "x", "y", "is_new"]


@dataclass(frozen=True)
class GradedStops:
    """Stops with their category before and after.

    Parameters
    ----------
    frame
        number (id of the row; below 0: new), stop_id, name, x, y (EPSG:25832), is_new; rank_before and
        rank_after (of the category), category_*, departures_*, headway_min_*, mode_group.
    days
        Day that was counted, by feed.
    demo
        Whether a timetable behind it is simplified.
    """

    frame: pd.DataFrame
    days: dict[str, date]
    demo: bool


def grade_served(connection: Connection, scenario: ScenarioAnswer, wanted: Asked) -> GradedStops:
    """Grade the stops that a scenario serves, before and after.

    Raises
    ------
    NotFound
        When no timetable is loaded.
    Conflict
        When a stop of the scenario is in no current timetable any more.
    """
    feeds = connection.execute(register.current_feeds()).all()
    if not feeds:
        raise NotFound("No timetable is loaded yet. Load one: geo import gtfs PATH --name NAME")
    frame = _served(connection, scenario, stations_of(connection, feeds))
    today = frame[~frame.is_new]
    existing, days = current_departures(connection, feeds, wanted, today.number.tolist())
    planned = with_lines(existing, planned_lines(scenario, frame, wanted.day_kind), wanted.window)
    for stage, departures in (("before", existing), ("after", planned)):
        frame = frame.assign(
            **stage_columns(frame, category_ranks(departures, wanted.method, wanted.window), wanted, stage)
        )
    return GradedStops(frame, days, any(feed.is_demo for feed in feeds))


def _served(connection: Connection, scenario: ScenarioAnswer, stations: Stations) -> pd.DataFrame:
    """Return the stops that a scenario serves: those of today (one per station), and the new ones."""
    own = {stop.key for stop in scenario.stops}
    wanted = {stop for line in scenario.lines for stop in line.stops} - own
    rows = connection.execute(queries.stops_named(wanted)).all()
    gone = sorted(wanted - {row.stop_id for row in rows})
    if gone:
        raise Conflict(
            f"The scenario {scenario.key!r} stops at {', '.join(gone)}, which no current timetable has. "
            "Import the timetable that has it, or put another stop into the course."
        )
    today = [(row.id, row.feed_id, row.stop_id, row.name, row.x, row.y, False) for row in rows]
    new_stops = connection.execute(queries.new_stops(scenario.key)).all()
    added = [
        (-1 - place, -1, stop.key, stop.name, stop.x, stop.y, True) for place, stop in enumerate(new_stops)
    ]
    present = by_station(pd.DataFrame(today, columns=STOP_COLUMNS), stations, "number")
    return pd.DataFrame([*present.itertuples(index=False), *added], columns=STOP_COLUMNS)


def planned_lines(scenario: ScenarioAnswer, served: pd.DataFrame, day_kind: str) -> list[PlannedLine]:
    """Return the lines of a scenario that run on a kind of day."""
    stops = {
        stop_id: PlannedStop(
            tuple(rows.number.tolist()), _next_stop_id(rows), rows["name"].iloc[0], bool(rows.is_new.iloc[0])
        )
        for stop_id, rows in served.groupby("stop_id", sort=False)
    }
    made = []
    for line in scenario.lines:
        services = tuple(
            Service(form.span(), form.headway_min) for form in line.services if form.day_kind == day_kind
        )
        course = tuple(stops[stop] for stop in line.stops)
        if services:
            made.append(PlannedLine(line.name, line.mode, course, services, line.both_ways, line.kind))
    return made


def _next_stop_id(rows: pd.DataFrame) -> str:
    """Return a stop's id among next stops; that of a new one cannot be one of a timetable."""
    return f"new:{rows.stop_id.iloc[0]}" if rows.is_new.iloc[0] else str(rows.stop_id.iloc[0])


def current_departures(
    connection: Connection, feeds: Sequence[Row[Any]], wanted: Asked, numbers: Iterable[int]
) -> tuple[StopDepartures, dict[str, date]]:
    """Return what departs today from some stops, and the day of each feed that was counted."""
    days = counted_days(feeds, wanted) if wanted.day else {feed.name: day_of(feed, wanted) for feed in feeds}
    found = merged_departures(connection, feeds, wanted, days, list(numbers))
    return found, {name: day for name, day in days.items() if day is not None}


def stage_columns(frame: pd.DataFrame, grades: pd.DataFrame, wanted: Asked, stage: str) -> dict[str, Any]:
    """Return rank, category and figures of the deciding group of each stop."""
    found = grades.reindex(frame.number.to_numpy())
    ranks = found["rank"].fillna(len(wanted.method.categories)).to_numpy(dtype=np.int64)
    categories = np.array([*wanted.method.categories, None], dtype=object)
    return {
        f"rank_{stage}": ranks,
        f"category_{stage}": pd.Series(categories[ranks], dtype=object, index=frame.index),
        f"departures_{stage}": found.departures.fillna(0).to_numpy(dtype=float),
        f"headway_min_{stage}": found.headway_min.to_numpy(dtype=float),
        "mode_group": found.mode_group.to_numpy(dtype=object),
    }
