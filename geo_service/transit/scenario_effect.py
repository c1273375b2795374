"""The effect of a scenario: stops, parcels and sites before and after.

Only stops that the scenario serves are graded twice, only places near those whose category changes are
looked at, and only the stops in reach of these places are read. All of it is computed from the timetable, so
that it is never older than that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Connection, Row

from geo_service.errors import Conflict, NotFound
from geo_service.transit import queries as register
from geo_service.transit import scenario_queries as queries
from geo_service.transit.departures import StopDepartures
from geo_service.transit.grades import Asked, day_of, read_departures
from geo_service.transit.grading import Access
from geo_service.transit.methods import Method
from geo_service.transit.models import DayKind
from geo_service.transit.scenario_schemas import BeforeAfter, ScenarioAnswer, StopOfClass
from geo_service.transit.scenarios import (
    PlannedLine,
    PlannedStop,
    Service,
    category_ranks,
    change_of,
    joined,
    with_lines,
)

STOP_COLUMNS: Final = ["number", "feed_id", "stop_id", "name", "x", "y", "is_new"]
SATURDAY, SUNDAY = 5, 6


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


@dataclass(frozen=True)
class Effect:
    """What a scenario changes.

    Parameters
    ----------
    scenario, wanted
        What was asked.
    served
        The stops that it serves.
    parcels, sites
        Those whose class changes: key, name, before, after (classes), better (bool), stop_name_*, distance_*,
        gross_m2, net_m2, is_demo; parcels also gemarkung, flur, numerator, denominator; geom (EPSG:25832).
    """

    scenario: ScenarioAnswer
    wanted: Asked
    served: GradedStops
    parcels: pd.DataFrame
    sites: pd.DataFrame


def effect_of(
    connection: Connection, scenario: ScenarioAnswer, wanted: Asked, today: date, *, public: bool
) -> Effect:
    """Compute what a scenario changes for the parcels and sites of a day.

    Parameters
    ----------
    connection
        Connection to read from.
    scenario
        The scenario.
    wanted
        Method and window.
    today
        Parcels and sites of this day.
    public
        Only published parcels.

    Raises
    ------
    NotFound
        When no timetable is loaded.
    Conflict
        When a stop of the scenario is in no current timetable any more.
    """
    served = grade_served(connection, scenario, wanted)
    changed = served.frame[served.frame.rank_before != served.frame.rank_after]
    near = {
        "x": changed.x.tolist(),
        "y": changed.y.tolist(),
        "radius_m": wanted.method.radius_m,
        "today": today,
    }
    parcels = connection.execute(queries.PARCELS_NEAR, {**near, "public": public}).mappings().all()
    sites = connection.execute(queries.SITES_NEAR, near).mappings().all()
    frame = pd.DataFrame([*parcels, *sites], columns=PLACE_COLUMNS)
    shapes = shapely.from_wkb(frame.geom.to_numpy(dtype=object))
    stops = _stops_around(connection, served, shapes, wanted)
    graded = frame.assign(geom=shapes, **_graded(shapes, stops, wanted.method))
    differs = graded.rank_before != graded.rank_after
    is_parcel = np.arange(len(graded)) < len(parcels)
    return Effect(
        scenario,
        wanted,
        served,
        graded[differs & is_parcel].reset_index(drop=True),
        graded[differs & ~is_parcel].reset_index(drop=True),
    )


PLACE_COLUMNS: Final = [
    "key", "name", "gemarkung", "flur", "numerator", "denominator", "gross_m2", "net_m2", "is_demo", "geom",
]  # fmt: skip


def before_after(
    connection: Connection, scenario: ScenarioAnswer, wanted: Asked, place: shapely.Geometry
) -> BeforeAfter:
    """Return class and stop of one place (EPSG:25832) before and after.

    Raises
    ------
    NotFound, Conflict
        As `effect_of`.
    """
    shapes = np.array([place], dtype=object)
    served = grade_served(connection, scenario, wanted)
    stops = _stops_around(connection, served, shapes, wanted)
    graded = _graded(shapes, stops, wanted.method)

    def stop_of(stage: str) -> StopOfClass | None:
        number = int(graded[f"stop_{stage}"][0])
        if number < 0:
            return None
        stop: dict[str, Any] = stops.iloc[number].to_dict()  # type: ignore[assignment]  # keys are column names
        return StopOfClass(
            stop_id=stop["stop_id"],
            name=stop["name"],
            is_new=stop["is_new"],
            category=stop[f"category_{stage}"],
            distance_m=round(float(graded[f"distance_{stage}"][0]), 1),
        )

    return BeforeAfter(
        scenario=scenario.key,
        name_de=scenario.name_de,
        name_en=scenario.name_en,
        is_demo=scenario.is_demo,
        window=str(wanted.window),
        grade_before=graded["before"][0],
        grade_after=graded["after"][0],
        stop_before=stop_of("before"),
        stop_after=stop_of("after"),
    )


def grade_served(connection: Connection, scenario: ScenarioAnswer, wanted: Asked) -> GradedStops:
    """Grade the stops that a scenario serves, before and after.

    Raises
    ------
    NotFound, Conflict
        As `effect_of`.
    """
    feeds = connection.execute(register.current_feeds()).all()
    if not feeds:
        raise NotFound("No timetable is loaded yet. Load one: geo import gtfs PATH --name NAME")
    frame = _served(connection, scenario)
    today = frame[~frame.is_new]
    existing, days = current_departures(connection, feeds, wanted, today.number.tolist())
    planned = with_lines(existing, planned_lines(scenario, frame, _kind_of_day(wanted)), wanted.window)
    for stage, departures in (("before", existing), ("after", planned)):
        frame = frame.assign(
            **stage_columns(frame, category_ranks(departures, wanted.method, wanted.window), wanted, stage)
        )
    return GradedStops(frame, days, any(feed.is_demo for feed in feeds))


def _served(connection: Connection, scenario: ScenarioAnswer) -> pd.DataFrame:
    """Return the stops that a scenario serves: those of today, and the new ones."""
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
    return pd.DataFrame([*today, *added], columns=STOP_COLUMNS)


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


def _kind_of_day(wanted: Asked) -> str:
    """Return weekday, saturday or sunday: what a day asked for is, else what is asked for."""
    kinds = {SATURDAY: DayKind.SATURDAY, SUNDAY: DayKind.SUNDAY}
    return kinds.get(wanted.day.weekday(), DayKind.WEEKDAY) if wanted.day else wanted.day_kind


def _next_stop_id(rows: pd.DataFrame) -> str:
    """Return a stop's id among next stops; that of a new one cannot be one of a timetable."""
    return f"new:{rows.stop_id.iloc[0]}" if rows.is_new.iloc[0] else str(rows.stop_id.iloc[0])


def current_departures(
    connection: Connection, feeds: Sequence[Row[Any]], wanted: Asked, numbers: Iterable[int]
) -> tuple[StopDepartures, dict[str, date]]:
    """Return what departs today from some stops, and the day of each feed that was counted."""
    days = {feed.name: day_of(feed, wanted) for feed in feeds}
    parts = [
        read_departures(connection, feed, day, wanted.window, list(numbers))
        for feed in feeds
        if (day := days[feed.name]) is not None
    ]
    return joined(parts), {name: day for name, day in days.items() if day is not None}


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


def _stops_around(
    connection: Connection, served: GradedStops, shapes: npt.NDArray[Any], wanted: Asked
) -> pd.DataFrame:
    """Return all stops that may be in reach of places: served ones as graded, others as today."""
    if not len(shapes):
        return served.frame
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    reach = wanted.method.radius_m
    rows = connection.execute(
        queries.stops_in(west - reach, south - reach, east + reach, north + reach)
    ).all()
    known = set(served.frame.number)
    others = pd.DataFrame(
        [
            (row.id, row.feed_id, row.stop_id, row.name, row.x, row.y, False)
            for row in rows
            if row.id not in known
        ],
        columns=STOP_COLUMNS,
    )
    if others.empty:
        return served.frame
    feeds = connection.execute(register.current_feeds()).all()
    departures, _ = current_departures(connection, feeds, wanted, others.number.tolist())
    grades = category_ranks(departures, wanted.method, wanted.window)
    for stage in ("before", "after"):
        others = others.assign(**stage_columns(others, grades, wanted, stage))
    return pd.concat([served.frame, others], ignore_index=True)


def _graded(shapes: npt.NDArray[Any], stops: pd.DataFrame, method: Method) -> dict[str, Any]:
    """Return class, stop (place in the frame) and distance of places, before and after."""
    ranks = (stops.rank_before.to_numpy(), stops.rank_after.to_numpy())
    change = change_of(shapes, stops[["x", "y"]].to_numpy(dtype=float), ranks, method)
    classes = np.array([*method.grades, None], dtype=object)
    names = np.array([*stops["name"], None], dtype=object)
    columns: dict[str, Any] = {}
    stages: list[tuple[str, Access]] = [("before", change.before), ("after", change.after)]
    for stage, access in stages:
        columns[f"rank_{stage}"] = access.rank
        columns[stage] = pd.Series(classes[access.rank], dtype=object)
        columns[f"stop_{stage}"] = access.stop
        columns[f"distance_{stage}"] = access.distance_m
        columns[f"stop_name_{stage}"] = pd.Series(names[access.stop], dtype=object)
    columns["better"] = change.after.rank < change.before.rank
    return columns
