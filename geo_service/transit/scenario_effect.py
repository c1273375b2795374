"""The effect of a scenario: stops, parcels and sites before and after.

Only stops that the scenario serves are graded twice, only places near those whose category changes are
looked at, and only the stops in reach of these places are read. All of it is computed from the timetable, so
that it is never older than that.
"""

from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Connection, Result

from geo_service.transit import queries as register
from geo_service.transit import scenario_queries as queries
from geo_service.transit.foot import LONGEST_WALK_M
from geo_service.transit.footways import Footways, estimated_walk
from geo_service.transit.grades import Asked
from geo_service.transit.grading import Access
from geo_service.transit.merged import by_station, stations_of
from geo_service.transit.methods import Method
from geo_service.transit.proximity import walking_minutes
from geo_service.transit.scenario_schemas import BeforeAfter, ScenarioAnswer, StopOfClass
from geo_service.transit.scenario_stops import (
    STOP_COLUMNS,
    GradedStops,
    current_departures,
    grade_served,
    stage_columns,
)
from geo_service.transit.scenarios import category_ranks, change_of
from geo_service.transit.street_network import footways_around
from geo_service.transit.streets import entrances
from geo_service.transit.walking import walks_between


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
        walk_after (way on foot, metres; NaN: none), gross_m2, net_m2, is_demo; parcels also gemarkung, flur,
        numerator, denominator; geom (EPSG:25832).
    on_streets
        Whether ways on foot were measured along streets.
    """

    scenario: ScenarioAnswer
    wanted: Asked
    served: GradedStops
    parcels: pd.DataFrame
    sites: pd.DataFrame
    on_streets: bool


def effect_of(
    connection: Connection,
    scenario: ScenarioAnswer,
    wanted: Asked,
    today: date,
    *,
    public: bool,
    served: GradedStops | None = None,
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
    served
        As `scenario_stops.grade_served`, if it is known.

    Raises
    ------
    NotFound
        When no timetable is loaded.
    Conflict
        When a stop of the scenario is in no current timetable any more.
    """
    served = served or grade_served(connection, scenario, wanted)
    changed = served.frame[served.frame.rank_before != served.frame.rank_after]
    near = {
        "x": changed.x.tolist(),
        "y": changed.y.tolist(),
        "radius_m": wanted.method.radius_m,
        "today": today,
    }
    parcels = _places(connection.execute(queries.PARCELS_NEAR, {**near, "public": public}))
    sites = _places(connection.execute(queries.SITES_NEAR, near))
    frame = pd.DataFrame([*parcels, *sites], columns=PLACE_COLUMNS)
    shapes = shapely.from_wkb(frame.geom.to_numpy(dtype=object))
    stops = _stops_around(connection, served, shapes, wanted)
    paths = _paths(connection, shapes, stops)
    graded = frame.assign(geom=shapes, **_graded(shapes, stops, wanted.method, paths))
    differs = (graded.rank_before != graded.rank_after).to_numpy()
    is_parcel = (np.arange(len(graded)) < len(parcels))[differs]
    changed = graded[differs].assign(walk_after=_walks(shapes[differs], stops, graded[differs], paths))
    return Effect(
        scenario,
        wanted,
        served,
        changed[is_parcel].reset_index(drop=True),
        changed[~is_parcel].reset_index(drop=True),
        paths is not None,
    )


def _places(result: Result[Any]) -> list[tuple[Any, ...]]:
    """Return `PLACE_COLUMNS` of places; NaN what is not read of them."""
    columns = list(result.keys())
    chosen = itemgetter(*(columns.index(name) if name in columns else -1 for name in PLACE_COLUMNS))
    return [chosen((*row, np.nan)) for row in result]


def _paths(connection: Connection, shapes: npt.NDArray[Any], stops: pd.DataFrame) -> Footways | None:
    """Return the streets around places with the stops on them; None: no streets are loaded."""
    if not len(shapes):
        return None
    area = shapely.box(*shapely.total_bounds(shapes))
    return footways_around(connection, area, stops[["x", "y"]].to_numpy(dtype=float))


def _walks(
    shapes: npt.NDArray[Any], stops: pd.DataFrame, graded: pd.DataFrame, paths: Footways | None
) -> npt.NDArray[np.float64]:
    """Measure the way on foot from each place to the stop that gives its class after, metres; NaN: none."""
    stop = graded.stop_after.to_numpy()
    some = np.flatnonzero(stop >= 0)
    ways = np.full(len(shapes), np.nan)
    if paths is None:
        xy = stops[["x", "y"]].to_numpy(dtype=float)[stop[some]]
        ways[some] = estimated_walk(1.0) * shapely.distance(shapes[some], shapely.points(xy))
    elif len(some):
        entries = entrances(shapes[some], paths.streets), paths.stops
        pairs = np.arange(len(some)), stop[some].astype(np.int64)
        ways[some] = walks_between(paths.streets, entries, pairs, LONGEST_WALK_M)
    return ways


PLACE_COLUMNS: Final = [
    "key", "name", "gemarkung", "flur", "numerator", "denominator", "gross_m2", "net_m2", "is_demo", "stale",
    "geom",
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
    paths = _paths(connection, shapes, stops)
    graded = _graded(shapes, stops, wanted.method, paths)
    chosen = pd.DataFrame({"stop_after": [int(graded[f"stop_{stage}"][0]) for stage in ("before", "after")]})
    ways = dict(zip(("before", "after"), _walks(np.repeat(shapes, 2), stops, chosen, paths), strict=True))

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
            walking_m=None if np.isnan(ways[stage]) else round(float(ways[stage]), 1),
            walking_min=None if np.isnan(ways[stage]) else round(walking_minutes(float(ways[stage])), 1),
            distance_kind="detour_factor" if paths is None else "street_network",
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
    feeds = connection.execute(register.current_feeds()).all()
    stops = [(row.id, row.feed_id, row.stop_id, row.name, row.x, row.y, False) for row in rows]
    others = by_station(
        pd.DataFrame(stops, columns=STOP_COLUMNS), stations_of(connection, feeds), "number"
    ).reset_index(drop=True)
    others = others[~others.number.isin(served.frame.number)].reset_index(drop=True)
    if others.empty:
        return served.frame
    departures, _ = current_departures(connection, feeds, wanted, others.number.tolist())
    grades = category_ranks(departures, wanted.method, wanted.window)
    for stage in ("before", "after"):
        others = others.assign(**stage_columns(others, grades, wanted, stage))
    return pd.concat([served.frame, others], ignore_index=True)


def _graded(
    shapes: npt.NDArray[Any], stops: pd.DataFrame, method: Method, paths: Footways | None
) -> dict[str, Any]:
    """Return class, stop (place in the frame) and distance of places, before and after."""
    ranks = (stops.rank_before.to_numpy(), stops.rank_after.to_numpy())
    change = change_of(shapes, stops[["x", "y"]].to_numpy(dtype=float), ranks, method, paths)
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
