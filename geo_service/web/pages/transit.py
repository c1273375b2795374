"""Transit: classes, stops and lines of the city; what a scenario changes, as map and table."""

from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import pandas as pd
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Caller, Public
from geo_service.auth.publication import sees_unpublished
from geo_service.beside import computed
from geo_service.clock import Today
from geo_service.conditional import caching, conditional, etag_of
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.transit import queries
from geo_service.transit.all_stops import courses
from geo_service.transit.foot_rules import detour
from geo_service.transit.grades import Asked, asked
from geo_service.transit.methods import known_methods, load_method
from geo_service.transit.scenario_register import list_scenarios, read_scenario, sees_drafts
from geo_service.transit.scenario_schemas import ScenarioAnswer, ScenarioEntry
from geo_service.transit.scenario_stops import GradedStops
from geo_service.transit.street_network import NetworkName, network_in_use
from geo_service.transit.windows import DAY, NAMED_WINDOWS
from geo_service.web.classes import CityClasses, ScenarioClasses, kept_classes
from geo_service.web.effects import EffectQuestion
from geo_service.web.frame import Frame, frame_of
from geo_service.web.kept import kept_answer
from geo_service.web.pages.asking import Named, map_script, names_of
from geo_service.web.transit_words import group_name, map_stop
from maps.base import RenderedMap
from maps.transit import TransitLayers, stops_geojson, transit_map

router = APIRouter(prefix="/oev")

METHOD: Final = "are"
GEOJSON: Final = "application/geo+json"
MOST_STOPS: Final = 400
"""Stops listed one by one."""


@router.get("")
async def transit_page(request: Request, session: Reading, caller: Public) -> Response:
    """Show classes, stops with lines, the method, and scenarios."""
    frame = await frame_of(request, session, caller)
    wanted = _wanted(request)
    city = await _city(request, session, caller, wanted)
    public = not sees_drafts(caller)
    scenarios: list[ScenarioEntry] = await session.run_sync(
        lambda sync: list_scenarios(sync.connection(), public=public)
    )
    graded = city.stops[city.stops.category_before.notna()] if city else pd.DataFrame()
    best = graded.sort_values(["rank_before", "headway_min_before", "name"]) if len(graded) else graded
    return frame.page(
        "transit.html",
        **_choices(frame, wanted),
        **await _ways(session),
        city=city,
        calendars=(await session.execute(queries.calendars())).all(),
        scenarios=scenarios,
        may_write=sees_drafts(caller),
        stops=best.head(MOST_STOPS).to_dict("records"),
        graded=len(graded),
        group=lambda key: group_name(frame.speaker, wanted, key),
        map=_city_map(frame) if city else None,
    )


@router.get(".js")
async def transit_script(request: Request, session: Reading, caller: Public) -> Response:
    """Answer with the program of the map of the classes."""
    _wanted(request)
    return map_script(_city_map(await frame_of(request, session, caller)))


@router.get("/klassen.geojson")
async def class_areas(request: Request, caller: Public) -> Response:
    """Answer with the areas of the classes of today."""
    city = await _known_city(request, None, caller, _wanted(request))
    return _sent(request, caller, city.geojson)


@router.get("/haltestellen.geojson")
async def graded_stops(request: Request, session: Reading, caller: Public) -> Response:
    """Answer with the stops that have a category, and what a click on each tells."""
    frame = await frame_of(request, session, caller)
    city = await _known_city(request, session, caller, _wanted(request))

    def tell() -> bytes:
        graded = city.stops[city.stops.category_before.notna()].to_dict("records")
        return stops_geojson([map_stop(frame.speaker, city.wanted, row, "before") for row in graded])

    return _sent(request, caller, kept_classes(request).told(city, frame.language, tell))


@router.get("/szenarien/{key}/klassen.geojson")
async def scenario_areas(request: Request, caller: Public, key: str) -> Response:
    """Answer with the areas of the classes with a scenario."""
    _, classes = await scenario_classes(request, None, caller, key)
    return _sent(request, caller, classes.geojson)


@router.get("/szenarien/{key}.js")
async def scenario_script(request: Request, session: Reading, caller: Public, key: str) -> Response:
    """Answer with the program of the map of a scenario."""
    frame = await frame_of(request, session, caller)
    wanted, everything = _wanted(request), sees_drafts(caller)

    def make(connection: Connection) -> tuple[ScenarioAnswer, GradedStops]:
        known = read_scenario(connection, key, public=not everything)
        return known, kept_classes(request).served(connection, known, wanted)

    scenario, served = await computed(request, session, make, public=not sees_unpublished(caller))
    return map_script(_scenario_map(frame, scenario, served))


@router.get("/szenarien/{key}")
async def scenario_page(
    request: Request, session: Reading, caller: Public, today: Today, key: str
) -> Response:
    """Show a scenario: map before and after, gains by class, stops, parcels and sites that gain."""
    frame = await frame_of(request, session, caller)
    wanted, drafts, unpublished = _wanted(request), sees_drafts(caller), sees_unpublished(caller)
    question = EffectQuestion(key, wanted.method.key, _window(request), today, drafts, unpublished)
    make = partial(question.answer, kept=kept_classes(request))
    scenario, served, answer = await kept_answer(request, session, question, make, public=not unpublished)
    named: dict[str, Named] = await names_of(session, frame, [place.key for place in answer.parcel_list])
    return frame.page(
        "transit_scenario.html",
        **_choices(frame, wanted),
        **await _ways(session),
        scenario=scenario,
        may_write=drafts,
        answer=answer,
        named=named,
        group=lambda key: group_name(frame.speaker, wanted, key),
        map=_scenario_map(frame, scenario, served),
    )


def _wanted(request: Request) -> Asked:
    return asked(request.query_params.get("method", METHOD), _window(request))


def _window(request: Request) -> str:
    return request.query_params.get("window") or DAY


def _choices(frame: Frame, wanted: Asked) -> dict[str, Any]:
    """Return the methods and windows that can be chosen, and the chosen ones."""
    english = frame.language == "en"
    methods = [load_method(key) for key in known_methods()]
    window = _window(frame.request)
    windows = [*NAMED_WINDOWS] if window in NAMED_WINDOWS else [*NAMED_WINDOWS, window]
    return {
        "wanted": wanted,
        "window": window,
        "windows": frame.choices("time_window", windows),
        "methods": [(each.key, each.name_en if english else each.name_de) for each in methods],
        "asked": {"method": wanted.method.key, "window": window, "lang": frame.language},
    }


async def _ways(session: AsyncSession) -> dict[str, Any]:
    """Return what ``partials/transit_drawn.html`` tells of ways on foot."""
    network: NetworkName | None = await session.run_sync(lambda sync: network_in_use(sync.connection()))
    return {"on_streets": network is not None, "detour": detour()}


async def _known_city(
    request: Request, session: AsyncSession | None, caller: Caller, wanted: Asked
) -> CityClasses:
    """Compute the classes of the city, or take those computed from the same timetables.

    Raises
    ------
    NotFound
        While no timetable is loaded.
    """
    kept = kept_classes(request)

    def make(connection: Connection) -> CityClasses:
        return kept.city(connection, wanted)

    return await computed(request, session, make, public=not sees_unpublished(caller))


async def _city(request: Request, session: AsyncSession, caller: Caller, wanted: Asked) -> CityClasses | None:
    try:
        return await _known_city(request, session, caller, wanted)
    except NotFound:
        return None


async def scenario_classes(
    request: Request, session: AsyncSession | None, caller: Caller, key: str
) -> tuple[ScenarioAnswer, ScenarioClasses]:
    """Return a scenario that the caller may see, with the stops it serves and the classes with it.

    Raises
    ------
    NotFound
        When there is none, or no timetable is loaded.
    """
    kept, wanted, everything = kept_classes(request), _wanted(request), sees_drafts(caller)

    def compute(connection: Connection) -> tuple[ScenarioAnswer, ScenarioClasses]:
        scenario = read_scenario(connection, key, public=not everything)
        return scenario, kept.scenario(connection, scenario, wanted)

    return await computed(request, session, compute, public=not sees_unpublished(caller))


def _sent(request: Request, caller: Caller, content: bytes) -> Response:
    return conditional(request, content, etag_of(content), GEOJSON, caching(caller))


def _address(frame: Frame, path: str) -> str:
    """Return an address with the method, window and language of the page."""
    values = frame.request.query_params
    asked_for = {name: values[name] for name in ("method", "window") if values.get(name)}
    return f"{path}?{urlencode({**asked_for, 'lang': frame.language})}"


def _city_map(frame: Frame) -> RenderedMap:
    label = frame.speaker.say("Karte der ÖV-Güteklassen")
    layers = TransitLayers(
        {"now": _address(frame, "/oev/klassen.geojson")}, _address(frame, "/oev/haltestellen.geojson")
    )
    return transit_map(frame.city, frame.speaker, frame.basemap, label, layers)


def _scenario_map(frame: Frame, scenario: ScenarioAnswer, graded: GradedStops) -> RenderedMap:
    served = graded.frame
    wanted = _wanted(frame.request)
    after = _address(frame, f"/oev/szenarien/{scenario.key}/klassen.geojson")
    layers = TransitLayers(
        {"before": _address(frame, "/oev/klassen.geojson"), "after": after},
        _address(frame, "/oev/haltestellen.geojson"),
        [map_stop(frame.speaker, wanted, row, "after") for row in served.to_dict("records")],
        courses(served, [line.stops for line in scenario.lines]),
    )
    label = frame.speaker.say("Karte der ÖV-Güteklassen vorher und nachher")
    return transit_map(frame.city, frame.speaker, frame.basemap, label, layers)
