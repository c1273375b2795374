"""Transit classes of the whole city, kept in the process by what they were computed from.

Timetables and streets never change under their number, and a scenario is known by its entity tag: what was
computed from the same ones is the same, so nothing here is ever stale.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd
from fastapi import Request
from shapely import Geometry
from sqlalchemy import Connection

from geo_service.clock import city_of
from geo_service.errors import NotFound
from geo_service.transit import queries
from geo_service.transit.all_stops import areas_after, areas_before, graded_stops
from geo_service.transit.grades import Asked
from geo_service.transit.scenario_register import etag_of
from geo_service.transit.scenario_schemas import ScenarioAnswer
from geo_service.transit.scenario_stops import GradedStops, grade_served
from geo_service.transit.service import area_of
from geo_service.transit.street_queries import current_network_id
from maps.transit import classes_geojson

MOST_KEPT: Final = 24
"""Answers kept per process: methods by windows, and scenarios."""


@dataclass(frozen=True)
class CityClasses:
    """Classes of the whole city.

    Parameters
    ----------
    basis
        What they were computed from: timetables, streets, method, window.
    wanted
        Method and window.
    stops
        As `all_stops.graded_stops`.
    days
        Feed to the day that was counted.
    hectares
        Class to its area, best first.
    geojson
        Areas of the classes (WGS 84).
    """

    basis: Hashable
    wanted: Asked
    stops: pd.DataFrame
    days: dict[str, date]
    hectares: dict[str, float]
    geojson: bytes


@dataclass(frozen=True)
class ScenarioClasses:
    """Classes of the whole city with a scenario: the stops it serves, and the areas (GeoJSON, WGS 84)."""

    served: GradedStops
    geojson: bytes


class KeptClasses:
    """What this process has computed; the least recently asked goes first.

    Parameters
    ----------
    most
        Answers kept.
    area
        Where stops count (EPSG:25832); None: everywhere.
    """

    def __init__(self, most: int = MOST_KEPT, area: Geometry | None = None) -> None:
        self._most, self._area = most, area
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def city(self, connection: Connection, wanted: Asked) -> CityClasses:
        """Return the classes of today.

        Raises
        ------
        NotFound
            When no timetable is loaded.
        """
        feeds = tuple(feed.id for feed in connection.execute(queries.current_feeds()))
        if not feeds:
            raise NotFound("No timetable is loaded yet. Load one: geo import gtfs PATH --name NAME")
        streets = connection.execute(current_network_id()).scalar_one_or_none()
        basis = (feeds, streets, wanted.method.key, wanted.window, wanted.day_kind, wanted.day)

        def compute() -> CityClasses:
            stops, days = graded_stops(connection, wanted, self._area)
            areas = areas_before(connection, stops, wanted)
            hectares = {grade: area.area / 10_000 for grade, area in areas}
            return CityClasses(basis, wanted, stops, days, hectares, classes_geojson(areas))

        found: CityClasses = self._of(basis, compute)
        return found

    def scenario(self, connection: Connection, scenario: ScenarioAnswer, wanted: Asked) -> ScenarioClasses:
        """Return the classes with a scenario.

        Raises
        ------
        NotFound, Conflict
            As `scenario_stops.grade_served`.
        """
        city = self.city(connection, wanted)

        def compute() -> ScenarioClasses:
            served = grade_served(connection, scenario, wanted)
            areas = areas_after(connection, city.stops, served.frame, wanted)
            return ScenarioClasses(served, classes_geojson(areas))

        found: ScenarioClasses = self._of((city.basis, scenario.key, etag_of(scenario)), compute)
        return found

    def told(self, city: CityClasses, language: str, tell: Callable[[], bytes]) -> bytes:
        """Return what is told of the stops in a language."""
        found: bytes = self._of((city.basis, language), tell)
        return found

    def _of(self, basis: Hashable, compute: Callable[[], Any]) -> Any:  # noqa: ANN401 - either of both
        with self._lock:
            if basis in self._kept:
                self._kept.move_to_end(basis)
                return self._kept[basis]
        made = compute()
        with self._lock:
            self._kept[basis] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


def kept_classes(request: Request) -> KeptClasses:
    """Return what the application has computed."""
    state = request.app.state
    kept: KeptClasses | None = getattr(state, "transit_classes", None)
    if kept is None:
        kept = state.transit_classes = KeptClasses(area=area_of(city_of(request)))
    return kept
