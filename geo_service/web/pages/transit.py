"""Transit: classes, stops and lines of the city; what a scenario changes, as map and table."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd
import shapely
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from geo_service.auth import Public
from geo_service.beside import computed
from geo_service.clock import Today
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.transit.all_stops import areas_after, areas_before, courses, graded_stops
from geo_service.transit.grades import Asked, asked
from geo_service.transit.methods import known_methods, load_method
from geo_service.transit.scenario_answers import effect_answer
from geo_service.transit.scenario_effect import Effect, effect_of
from geo_service.transit.scenario_register import list_scenarios, read_scenario, sees_drafts
from geo_service.transit.scenario_schemas import ScenarioEntry
from geo_service.web.frame import Frame, frame_of
from geo_service.web.pages.asking import Named, map_script, names_of
from maps.base import RenderedMap
from maps.describe import Item
from maps.transit import MapStop, TransitLayers, transit_map

router = APIRouter(prefix="/oev")

METHOD: Final = "are"
MOST_STOPS: Final = 400
"""Stops listed and drawn one by one."""
MOST_PARCELS: Final = 100


STAGES: Final = {"before": ("before",), "after": ("before", "after")}
"""What is told of a stop of today, and of one of a scenario."""


@dataclass(frozen=True)
class City:
    """Classes of the whole city.

    Parameters
    ----------
    wanted
        Method and window.
    stops
        As `all_stops.graded_stops`.
    days
        Feed to the day that was counted.
    areas
        Classes of today.
    """

    wanted: Asked
    stops: pd.DataFrame
    days: dict[str, date]
    areas: list[tuple[str, Any]]


@router.get("")
async def transit_page(request: Request, session: Reading, caller: Public) -> Response:
    """Show classes, stops with lines, the method, and scenarios."""
    frame = await frame_of(request, session, caller)
    wanted = _wanted(request)
    city, city_map = await _city(frame, session, wanted)
    public = not sees_drafts(caller)
    scenarios: list[ScenarioEntry] = await session.run_sync(
        lambda sync: list_scenarios(sync.connection(), public=public)
    )
    graded = city.stops[city.stops.category_before.notna()] if city else pd.DataFrame()
    best = graded.sort_values(["rank_before", "headway_min_before", "name"]) if len(graded) else graded
    return frame.page(
        "transit.html",
        wanted=wanted,
        methods=_methods(frame),
        city=city,
        scenarios=scenarios,
        may_write=sees_drafts(caller),
        stops=best.head(MOST_STOPS).to_dict("records"),
        graded=len(graded),
        group=lambda key: _group(frame, wanted, key),
        map=city_map,
    )


@router.get(".js")
async def transit_script(request: Request, session: Reading, caller: Public) -> Response:
    """Answer with the program of the map of the classes."""
    frame = await frame_of(request, session, caller)
    _, city_map = await _city(frame, session, _wanted(request))
    if city_map is None:
        raise NotFound("No timetable is loaded yet.")
    return map_script(city_map)


@router.get("/szenarien/{key}.js")
async def scenario_script(
    request: Request, session: Reading, caller: Public, today: Today, key: str
) -> Response:
    """Answer with the program of the map of a scenario."""
    frame = await frame_of(request, session, caller)
    _, scenario_map = await _scenario(frame, session, today, key)
    return map_script(scenario_map)


@router.get("/szenarien/{key}")
async def scenario_page(
    request: Request, session: Reading, caller: Public, today: Today, key: str
) -> Response:
    """Show a scenario: map before and after, gains by class, stops, parcels and sites that gain."""
    frame = await frame_of(request, session, caller)
    effect, scenario_map = await _scenario(frame, session, today, key)
    answer = effect_answer(effect, MOST_PARCELS)
    named: dict[str, Named] = await names_of(session, frame, [place.key for place in answer.parcel_list])
    return frame.page(
        "transit_scenario.html",
        wanted=effect.wanted,
        methods=_methods(frame),
        scenario=effect.scenario,
        may_write=sees_drafts(caller),
        answer=answer,
        named=named,
        group=lambda key: _group(frame, effect.wanted, key),
        map=scenario_map,
    )


def _wanted(request: Request) -> Asked:
    return asked(request.query_params.get("method", METHOD), request.query_params.get("window") or None)


def _methods(frame: Frame) -> list[tuple[str, str]]:
    english = frame.language == "en"
    methods = [load_method(key) for key in known_methods()]
    return [(method.key, method.name_en if english else method.name_de) for method in methods]


def _group(frame: Frame, wanted: Asked, key: str | None) -> str:
    """Return the name of a mode group."""
    names = {each.key: each for each in wanted.method.groups}
    if key not in names:
        return "–"
    return names[key].name_en if frame.language == "en" else names[key].name_de


async def _city(frame: Frame, session: Reading, wanted: Asked) -> tuple[City | None, RenderedMap | None]:
    """Compute the classes of the city, and draw them; None while no timetable is loaded."""

    def make(connection: Connection) -> tuple[City, RenderedMap]:
        city = _compute_city(connection, wanted)
        return city, _city_map(frame, city)

    try:
        return await computed(frame.request, session, make, public=frame.public)
    except NotFound:
        return None, None


def _compute_city(connection: Connection, wanted: Asked) -> City:
    stops, days = graded_stops(connection, wanted)
    return City(wanted, stops, days, areas_before(stops, wanted))


async def _scenario(frame: Frame, session: Reading, today: date, key: str) -> tuple[Effect, RenderedMap]:
    """Compute the effect of a scenario, and draw it with the classes of the city."""
    wanted, everything = _wanted(frame.request), sees_drafts(frame.caller)

    def make(connection: Connection) -> tuple[Effect, RenderedMap]:
        scenario = read_scenario(connection, key, public=not everything)
        effect = effect_of(connection, scenario, wanted, today, public=frame.public)
        return effect, _scenario_map(frame, _compute_city(connection, wanted), effect)

    return await computed(frame.request, session, make, public=frame.public)


def _city_map(frame: Frame, city: City) -> RenderedMap:
    graded = city.stops[city.stops.category_before.notna()].to_dict("records")
    stops = [_stop(frame, city.wanted, row, "before") for row in graded]
    label = frame.speaker.say("Karte der ÖV-Güteklassen")
    layers = TransitLayers({"now": city.areas}, stops)
    return transit_map(frame.city, frame.speaker, frame.basemap, label, layers)


def _scenario_map(frame: Frame, city: City, effect: Effect) -> RenderedMap:
    served = effect.served.frame
    others = city.stops[city.stops.category_before.notna() & ~city.stops.number.isin(served.number)]
    lines = [line.stops for line in effect.scenario.lines]
    layers = TransitLayers(
        {"before": city.areas, "after": areas_after(city.stops, served, effect.wanted)},
        [_stop(frame, city.wanted, row, "before") for row in others.to_dict("records")],
        [_stop(frame, city.wanted, row, "after") for row in served.to_dict("records")],
        courses(served, lines),
    )
    label = frame.speaker.say("Karte der ÖV-Güteklassen vorher und nachher")
    return transit_map(frame.city, frame.speaker, frame.basemap, label, layers)


def _stop(frame: Frame, wanted: Asked, row: Any, stage: str) -> MapStop:  # noqa: ANN401 - a row of a frame
    """Describe a stop for the map."""
    say, formats = frame.speaker.say, frame.formats
    lines = []
    for each in STAGES[stage]:
        headway, category = row[f"headway_min_{each}"], row[f"category_{each}"]
        text = "–"
        if category is not None:
            minutes = formats.number(headway, 1)
            text = say("Kategorie %(category)s, alle %(n)s min", category=category, n=minutes)
        lines.append((say("vorher") if each == "before" else say("nachher"), text))
    if stage == "before":
        lines = [(say("Einstufung"), text) for _, text in lines]
    lines.append((say("Verkehrsmittel"), _group(frame, wanted, row["mode_group"])))
    if "lines" in row:
        lines.append((say("Linien"), ", ".join(row["lines"])))
    is_new = bool(row.get("is_new", False))
    item = Item(
        "stop",
        str(row["stop_id"]),
        row["name"],
        say("neue Haltestelle") if is_new else say("Haltestelle"),
        None,
        tuple(lines),
        "",
        demo=False,
    )
    place = shapely.Point(row["x"], row["y"])
    return MapStop(place, stage == "after", row["name"] if stage == "after" else "", item)
