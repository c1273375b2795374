"""Transit classes of the whole city and of places, kept in the process by what they were computed from.

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
import shapely
from fastapi import FastAPI, Request
from shapely import Geometry
from sqlalchemy import Connection

from geo_service.errors import NotFound
from geo_service.transit import queries
from geo_service.transit.all_stops import areas_after, areas_before, graded_stops
from geo_service.transit.answers import place_transit
from geo_service.transit.grades import Asked, day_of
from geo_service.transit.scenario_register import etag_of
from geo_service.transit.scenario_schemas import ScenarioAnswer
from geo_service.transit.scenario_stops import GradedStops, grade_served
from geo_service.transit.schemas import PlaceTransit
from geo_service.transit.service import area_of
from geo_service.transit.street_queries import current_network_id
from maps.transit import classes_geojson

MOST_KEPT: Final = 32
"""Answers kept per process: methods by windows, and scenarios."""
MOST_PLACES: Final = 128
"""Places whose transit is kept per process; those of the sites are among them."""


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
        self._area = area
        self._kept, self._places = _Lately(most), _Lately(MOST_PLACES)

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

        found: CityClasses = self._kept.of(basis, compute)
        return found

    def served(self, connection: Connection, scenario: ScenarioAnswer, wanted: Asked) -> GradedStops:
        """Return the stops that a scenario serves, before and after.

        Raises
        ------
        NotFound, Conflict
            As `scenario_stops.grade_served`.
        """
        basis = (_basis(connection, wanted), "served", scenario.key, etag_of(scenario))
        found: GradedStops = self._kept.of(basis, lambda: grade_served(connection, scenario, wanted))
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

        found: ScenarioClasses = self._kept.of((city.basis, scenario.key, etag_of(scenario)), compute)
        return found

    def told(self, city: CityClasses, language: str, tell: Callable[[], bytes]) -> bytes:
        """Return what is told of the stops in a language."""
        found: bytes = self._kept.of((city.basis, language), tell)
        return found

    def place(self, connection: Connection, wkb: bytes, wanted: Asked) -> PlaceTransit:
        """Return how near transit is to a place (WKB, EPSG:25832).

        Raises
        ------
        NotFound
            As `answers.place_transit`.
        """

        def compute() -> PlaceTransit:
            return place_transit(connection, shapely.from_wkb(wkb), wanted)

        found: PlaceTransit = self._places.of((_basis(connection, wanted), wkb), compute)
        return found


class _Lately:
    """What was computed lately, by what it was computed from."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, basis: Hashable, compute: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is computed
        """Return what is kept, else compute it."""
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
    """Return what answers are computed from: timetables with the day that counts, streets, method, window.

    Raises
    ------
    NotFound
        When no timetable is loaded.
    """
    current = connection.execute(queries.current_feeds())
    feeds = tuple((feed.id, feed.name, day_of(feed, wanted)) for feed in current)
    if not feeds:
        raise NotFound("No timetable is loaded yet. Load one: geo import gtfs PATH --name NAME")
    streets = connection.execute(current_network_id()).scalar_one_or_none()
    return (feeds, streets, wanted.method.key, wanted.window, wanted.day_kind, wanted.day)


def kept_classes(request: Request) -> KeptClasses:
    """Return what the application has computed."""
    return classes_of(request.app)


def classes_of(app: FastAPI) -> KeptClasses:
    """Return what an application has computed."""
    kept: KeptClasses | None = getattr(app.state, "transit_classes", None)
    if kept is None:
        kept = app.state.transit_classes = KeptClasses(area=area_of(app.state.city))
    return kept
