"""Writing transit scenarios: new ones, changes, ending; for planners."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from starlette.datastructures import FormData

from geo_service.auth import Planner
from geo_service.clock import city_of
from geo_service.db import Reading, ReadSession, Writing
from geo_service.errors import Conflict, InvalidInput, PreconditionFailed
from geo_service.transit import scenario_queries
from geo_service.transit import scenario_register as register
from geo_service.transit.models import DayKind
from geo_service.transit.modes import LineKind, Mode
from geo_service.transit.scenario_routes import written
from geo_service.transit.scenario_schemas import ScenarioAnswer, ScenarioForm
from geo_service.web.frame import Frame, frame_of
from geo_service.web.pages.asking import for_staff, map_script
from geo_service.web.scenario_faults import Faults
from geo_service.web.scenario_form import (
    Typed,
    courses,
    empty,
    new_line,
    pointed,
    read_typed,
    scenario_of,
    typed_of,
)
from geo_service.web.vocabulary import N_
from maps.base import RenderedMap
from maps.transit import editor_map

router = APIRouter(prefix="/oev")

MOST_FIELDS: Final = 10_000
TAKEN: Final = N_("Ein Szenario mit diesem Kürzel gibt es schon; bitte ein anderes wählen.")
CHANGED: Final = N_(
    "Jemand anders hat das Szenario inzwischen geändert. Ihre Angaben stehen noch hier; wenn Sie noch einmal "
    "speichern, ersetzen sie den anderen Stand."
)
MODES: Final = tuple(mode.value for mode in Mode if mode is not Mode.OTHER)


@router.get("/neues-szenario")
async def new_scenario(request: Request, session: Reading, caller: Planner) -> Response:
    """Show the empty form."""
    return _page(await frame_of(request, session, caller), empty())


@router.post("/neues-szenario")
async def create(request: Request, session: Writing, caller: Planner) -> Response:
    """Store a new scenario and show what it changes, or say what is wrong."""
    frame = await frame_of(request, session, caller)
    form = await request.form(max_fields=MOST_FIELDS)
    typed = read_typed(form)
    if not _is_saving(form):
        return _page(frame, _with_more(typed, form))
    faults = Faults(frame.language)
    scenario = await _read(session, typed, faults)
    if scenario is not None:
        try:
            async with session.begin_nested():
                made = await written(
                    session, lambda it: register.create_scenario(it, scenario, city_of(request))
                )
            return RedirectResponse(f"/oev/szenarien/{made.key}", status_code=303)
        except InvalidInput as error:
            _note(error, typed, faults)
        except Conflict:
            faults.add("key", TAKEN)
    return _page(frame, typed, faults=faults, http_status=422)


@router.get("/szenarien/{key}/bearbeiten")
async def edit_scenario(request: Request, session: Reading, caller: Planner, key: str) -> Response:
    """Show the form with a stored scenario."""
    frame = await frame_of(request, session, caller)
    stored, names = await _stored(session, key)
    return _page(frame, typed_of(stored, names), stored=stored, etag=register.etag_of(stored))


@router.post("/szenarien/{key}/bearbeiten")
async def change(request: Request, session: Writing, caller: Planner, key: str) -> Response:
    """Write a scenario anew that nobody else has changed since it was read, or say what is wrong."""
    frame = await frame_of(request, session, caller)
    form = await request.form(max_fields=MOST_FIELDS)
    typed = read_typed(form)
    typed.values["key"] = key
    stored, _ = await _stored(session, key)
    etag, status = str(form.get("etag", "")), 422
    if not _is_saving(form):
        return _page(frame, _with_more(typed, form), stored=stored, etag=etag)
    faults = Faults(frame.language)
    scenario = await _read(session, typed, faults)
    if scenario is not None:
        try:
            async with session.begin_nested():
                await written(
                    session,
                    lambda it: register.replace_scenario(it, key, scenario, city_of(request), etag),
                )
            return RedirectResponse(f"/oev/szenarien/{key}", status_code=303)
        except InvalidInput as error:
            _note(error, typed, faults)
        except PreconditionFailed as error:
            faults.add("form", CHANGED)
            etag, status = register.etag_of(stored), int(error.status)
    return _page(frame, typed, stored=stored, etag=etag, faults=faults, http_status=status)


@router.post("/szenarien/{key}/beenden")
async def end(request: Request, session: Writing, caller: Planner, key: str) -> Response:
    """End a scenario that nobody else has changed since it was read: the public no longer sees it."""
    etag = str((await request.form()).get("etag", ""))
    try:
        async with session.begin_nested():
            await written(session, lambda it: register.end_scenario(it, key, etag))
    except PreconditionFailed as error:
        frame = await frame_of(request, session, caller)
        stored, names = await _stored(session, key)
        faults = Faults(frame.language)
        faults.add("form", CHANGED)
        return _page(
            frame,
            typed_of(stored, names),
            stored=stored,
            etag=register.etag_of(stored),
            faults=faults,
            http_status=int(error.status),
        )
    return RedirectResponse("/oev#szenarien", status_code=303)


@router.get("/szenarien-karte.js")
async def editor_script(request: Request, session: Reading, caller: Planner) -> Response:
    """Answer with the program of the map on which stops are chosen and set."""
    return map_script(_map(await frame_of(request, session, caller)))


def _is_saving(form: FormData) -> bool:
    return form.get("do", "save") == "save"


def _with_more(typed: Typed, form: FormData) -> Typed:
    """Add a row that was asked for."""
    if form.get("do") == "more-lines":
        typed.lines.append(new_line())
    return typed


async def _stored(session: ReadSession | Any, key: str) -> tuple[ScenarioAnswer, dict[str, str]]:  # noqa: ANN401
    """Read a scenario, and the names of the stops of today that it serves."""

    def read(connection: Connection) -> tuple[ScenarioAnswer, dict[str, str]]:
        stored = register.read_scenario(connection, key, public=False)
        ids = {stop for line in stored.lines for stop in line.stops}
        rows = connection.execute(scenario_queries.stops_named(ids))
        return stored, {row.stop_id: row.name for row in rows}

    found: tuple[ScenarioAnswer, dict[str, str]] = await session.run_sync(
        lambda sync: read(sync.connection())
    )
    return found


async def _read(session: Writing, typed: Typed, faults: Faults) -> ScenarioForm | None:
    """Make a scenario of what was typed."""
    stops: Sequence[Any] = (await session.execute(scenario_queries.stops_called(courses(typed)))).all()
    return scenario_of(typed, stops, faults)


def _note(error: InvalidInput, typed: Typed, faults: Faults) -> None:
    """Note beside their fields what the register found."""
    for fault in error.extra.get("errors", ()):
        english = str(fault["message"])
        faults.tell(pointed(str(fault["pointer"]), typed), str(fault.get("message_de", english)), english)


def _map(frame: Frame) -> RenderedMap:
    label = frame.speaker.say("Karte zum Wählen und Setzen von Haltestellen")
    return editor_map(frame.city, frame.speaker, frame.basemap, label)


def _page(
    frame: Frame,
    typed: Typed,
    *,
    stored: ScenarioAnswer | None = None,
    etag: str = "",
    faults: Faults | None = None,
    http_status: int = 200,
) -> Response:
    """Show the form."""
    return for_staff(
        frame.page(
            "scenario_edit.html",
            http_status=http_status,
            typed=typed,
            stored=stored,
            etag=etag,
            faults=faults.found if faults else {},
            modes=frame.choices("mode", MODES),
            kinds=frame.choices("line_kind", [kind.value for kind in LineKind]),
            day_kinds=frame.choices("day_kind", [kind.value for kind in DayKind]),
            map=_map(frame),
        )
    )
