"""Transit classes of the whole city, kept in the process by what they were computed from.

Timetables and streets never change under their number, and a scenario is known by its entity tag: what was
computed from the same ones is the same, so nothing here is ever stale.
"""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd
from fastapi import FastAPI, Request
from shapely import Geometry
from sqlalchemy import Connection

from geo_service.db import Database
from geo_service.errors import NotFound
from geo_service.transit import queries
from geo_service.transit.all_stops import areas_after, areas_before, graded_stops
from geo_service.transit.grades import Asked, asked
from geo_service.transit.scenario_register import etag_of
from geo_service.transit.scenario_schemas import ScenarioAnswer
from geo_service.transit.scenario_stops import GradedStops, grade_served
from geo_service.transit.service import area_of
from geo_service.transit.street_queries import current_network_id
from geo_service.transit.windows import DAY
from geo_service.upkeep import repeat
from geo_service.web.queries.parcels import METHOD
from maps.transit import classes_geojson

EVERY_S: Final = 10.0
"""Seconds between two looks whether there is another timetable."""
MOST_KEPT: Final = 32
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
        basis = _basis(connection, wanted)

        def compute() -> CityClasses:
            stops, days = graded_stops(connection, wanted, self._area)
            areas = areas_before(connection, stops, wanted)
            hectares = {grade: area.area / 10_000 for grade, area in areas}
            return CityClasses(basis, wanted, stops, days, hectares, classes_geojson(areas))

        found: CityClasses = self._of(basis, compute)
        return found

    def served(self, connection: Connection, scenario: ScenarioAnswer, wanted: Asked) -> GradedStops:
        """Return the stops that a scenario serves, before and after.

        Raises
        ------
        NotFound, Conflict
            As `scenario_stops.grade_served`.
        """
        basis = (_basis(connection, wanted), "served", scenario.key, etag_of(scenario))
        found: GradedStops = self._of(basis, lambda: grade_served(connection, scenario, wanted))
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
            served = self.served(connection, scenario, wanted)
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


def _basis(connection: Connection, wanted: Asked) -> Hashable:
    """Return what answers are computed from: timetables, streets, method, window.

    Raises
    ------
    NotFound
        When no timetable is loaded.
    """
    feeds = tuple(feed.id for feed in connection.execute(queries.current_feeds()))
    if not feeds:
        raise NotFound("No timetable is loaded yet. Load one: geo import gtfs PATH --name NAME")
    streets = connection.execute(current_network_id()).scalar_one_or_none()
    return (feeds, streets, wanted.method.key, wanted.window, wanted.day_kind, wanted.day)


def kept_classes(request: Request) -> KeptClasses:
    """Return what the application has computed."""
    return _kept(request.app)


async def keep_ready(app: FastAPI, database: Database) -> None:
    """Have the classes of today computed for the page that shows them, until cancelled."""

    def compute() -> None:
        with suppress(NotFound), database.answering() as connection:
            _kept(app).city(connection, asked(METHOD, DAY))

    async def look() -> bool:
        await asyncio.to_thread(compute)
        return True

    await repeat(look, EVERY_S, "classes of the city")


def _kept(app: FastAPI) -> KeptClasses:
    kept: KeptClasses | None = getattr(app.state, "transit_classes", None)
    if kept is None:
        kept = app.state.transit_classes = KeptClasses(area=area_of(app.state.city))
    return kept
