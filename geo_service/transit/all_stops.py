"""All stops of the current timetables with their category, for maps and lists of the whole city."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Connection

from geo_service.errors import NotFound
from geo_service.transit import queries as register
from geo_service.transit import scenario_queries as queries
from geo_service.transit.class_areas import class_areas
from geo_service.transit.foot_areas import foot_class_areas
from geo_service.transit.grades import Asked
from geo_service.transit.merged import by_station, stations_of
from geo_service.transit.methods import Method
from geo_service.transit.proximity import Floats
from geo_service.transit.scenario_stops import current_departures, stage_columns
from geo_service.transit.scenarios import category_ranks
from geo_service.transit.street_network import footways

EVERYWHERE: Final = (-1e7, -1e7, 1e7, 1e7)
COLUMNS: Final = ["number", "feed_id", "stop_id", "name", "lines", "x", "y"]


def graded_stops(
    connection: Connection, wanted: Asked, area: shapely.Geometry | None = None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Grade all stops of the current timetables.

    Parameters
    ----------
    connection
        Connection to read from.
    wanted
        What is counted.
    area
        Only stops within it (EPSG:25832): a timetable may have been imported with others. None: all.

    Returns
    -------
    DataFrame
        number, stop_id, name, lines, x, y (EPSG:25832), rank_before, category_before, departures_before,
        headway_min_before, mode_group; by name.
    dict
        Feed to the day that was counted.

    Raises
    ------
    NotFound
        When no timetable is loaded.
    """
    feeds = connection.execute(register.current_feeds()).all()
    if not feeds:
        raise NotFound("No timetable is loaded yet. Load one: geo import gtfs PATH --name NAME")
    rows = connection.execute(queries.stops_in(*EVERYWHERE)).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=COLUMNS)
    frame = by_station(frame, stations_of(connection, feeds), "number")
    if area is not None:
        shapely.prepare(area)
        frame = frame[shapely.intersects_xy(area, frame[["x", "y"]].to_numpy(dtype=float))]
    frame = frame.reset_index(drop=True)
    departures, days = current_departures(connection, feeds, wanted, frame.number.tolist())
    grades = category_ranks(departures, wanted.method, wanted.window)
    graded = frame.assign(**stage_columns(frame, grades, wanted, "before"))
    return graded.sort_values(["name", "stop_id"]).reset_index(drop=True), days


def areas_before(connection: Connection, stops: pd.DataFrame, wanted: Asked) -> list[tuple[str, Any]]:
    """Return the areas of the classes of today (EPSG:25832), the best first.

    Parameters
    ----------
    connection
        Connection in a transaction.
    stops
        As `graded_stops`.
    wanted
        What was counted.
    """
    return _areas(connection, stops[["x", "y"]].to_numpy(dtype=float), stops.rank_before, wanted.method)


def areas_after(
    connection: Connection, stops: pd.DataFrame, served: pd.DataFrame, wanted: Asked
) -> list[tuple[str, Any]]:
    """Return the areas of the classes with a scenario.

    Parameters
    ----------
    connection, stops, wanted
        As `areas_before`.
    served
        Stops that the scenario serves, as `scenario_effect.GradedStops`.
    """
    others = stops[~stops.number.isin(served.number)]
    xy = np.vstack([others[["x", "y"]], served[["x", "y"]]]).astype(float)
    return _areas(connection, xy, np.concatenate([others.rank_before, served.rank_after]), wanted.method)


def _areas(
    connection: Connection, xy: Floats, category_rank: npt.ArrayLike, method: Method
) -> list[tuple[str, Any]]:
    """Draw the classes by what the method measures: the straight line, or the way along the streets."""
    ranks = np.asarray(category_rank, dtype=np.int64)
    paths = footways(connection, xy) if method.detour > 1 else None
    return class_areas(xy, ranks, method) if paths is None else foot_class_areas(xy, ranks, method, paths)


def courses(effect_frame: pd.DataFrame, lines: list[list[str]]) -> list[Any]:
    """Return the course of each line as a line through its stops (EPSG:25832)."""
    places = effect_frame.drop_duplicates("stop_id").set_index("stop_id")[["x", "y"]]
    return [shapely.LineString(places.loc[course].to_numpy(dtype=float)) for course in lines]
