"""The transit part of a page: computed from the timetable when it is asked for, or why there is none."""

from dataclasses import dataclass
from typing import Any, Final

import shapely
from fastapi import Response
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.errors import NotFound
from geo_service.transit import nearby_queries, queries
from geo_service.transit.answers import place_methods
from geo_service.transit.foot_rules import detour
from geo_service.transit.grades import asked
from geo_service.transit.methods import known_methods
from geo_service.transit.models import SubjectKind
from geo_service.transit.scenario_effect import before_after
from geo_service.transit.scenario_models import ScenarioStatus
from geo_service.transit.scenario_register import list_scenarios, read_scenario, sees_drafts
from geo_service.transit.scenario_schemas import BeforeAfter, ScenarioEntry
from geo_service.transit.schemas import PlaceMethods, PlaceTransit
from geo_service.transit.windows import DAY, NAMED_WINDOWS
from geo_service.web.charts import stacked_columns
from geo_service.web.classes import KeptClasses, kept_classes
from geo_service.web.frame import Frame
from geo_service.web.kept import kept_answer
from geo_service.web.queries.parcels import METHOD
from geo_service.web.queries.reach import TRAVEL_TIMES

WINDOWS: Final = tuple(NAMED_WINDOWS)


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near transit is to a place.

    Parameters
    ----------
    transit
        Class with its evidence, nearest stops, PTAL; None: see ``gap``.
    gap
        no_feed, no_place, no_day (nothing runs on such days); empty: nothing is missing.
    effect
        Before and after the scenario asked for; None: none.
    scenarios
        Scenarios that can be asked for.
    """

    transit: PlaceTransit | None
    gap: str
    effect: BeforeAfter | None
    scenarios: list[ScenarioEntry]


async def nearness(frame: Frame, session: AsyncSession, kind: str, subject_id: int) -> dict[str, Any]:
    """Return what ``partials/transit.html`` and ``partials/reach.html`` show; transit is that of today.

    Parameters
    ----------
    frame
        The page; its address chooses the window and the scenario.
    session
        Read session.
    kind
        ``parcel``, ``site`` or ``premises``.
    subject_id
        Its id.
    """
    subject = {"subject_kind": kind, "subject_id": subject_id}
    row = (await session.execute(nearby_queries.subject_place(SubjectKind(kind), subject_id))).one()
    window = _window(frame)
    key = frame.request.query_params.get("scenario", "")
    everything = sees_drafts(frame.caller)

    kept = kept_classes(frame.request)

    def make(connection: Connection) -> Nearness:
        return _near(connection, kept, row.geom, window, key, everything=everything)

    asked_for = ("near", kind, subject_id, window, key, everything)
    near = await kept_answer(frame.request, session, asked_for, make, public=frame.public)
    travel = (await session.execute(TRAVEL_TIMES, {**subject, "place": row.place})).all()
    proof = near.transit and near.transit.evidence
    return {
        "near": near,
        "hour_chart": stacked_columns([(hour.departures,) for hour in proof.profile] if proof else []),
        "window": window,
        "windows": frame.choices("time_window", WINDOWS if window in WINDOWS else (*WINDOWS, window)),
        "scenario": key,
        "travel": travel,
        "detour": detour(),
        "as_of_given": frame.request.query_params.get("as_of", ""),
    }


def _window(frame: Frame) -> str:
    return frame.request.query_params.get("window") or DAY


def _near(
    connection: Connection, kept: KeptClasses, wkb: bytes | None, window: str, key: str, *, everything: bool
) -> Nearness:
    """Compute how near transit is.

    Raises
    ------
    BadParameter, NotFound
        For a window that is none, a scenario that there is not.
    """
    wanted = asked(METHOD, window)
    known = list_scenarios(connection, public=not everything)
    scenarios = [each for each in known if each.status is not ScenarioStatus.ENDED]
    if wkb is None:
        return Nearness(None, "no_place", None, scenarios)
    if not connection.execute(queries.current_feeds()).first():
        return Nearness(None, "no_feed", None, scenarios)
    try:
        transit = kept.place(connection, bytes(wkb), wanted)
    except NotFound:
        return Nearness(None, "no_day", None, scenarios)
    effect = None
    if key:
        scenario = read_scenario(connection, key, public=not everything)
        effect = before_after(connection, scenario, wanted, shapely.from_wkb(wkb))
    return Nearness(transit, "", effect, scenarios)


async def methods_part(frame: Frame, session: AsyncSession, kind: str, subject_id: int) -> Response:
    """Show all methods side by side: a part of a page, computed when it is opened.

    Raises
    ------
    NotFound
        When the place is not known, or no timetable is loaded.
    """
    row = (await session.execute(nearby_queries.subject_place(SubjectKind(kind), subject_id))).one()
    if row.geom is None:
        raise NotFound("The place is not known.")
    window = _window(frame)
    wanted = [asked(method, window) for method in known_methods()]

    def make(connection: Connection) -> PlaceMethods:
        return place_methods(connection, shapely.from_wkb(row.geom), wanted)

    asked_for = ("methods", kind, subject_id, window)
    found = await kept_answer(frame.request, session, asked_for, make, public=frame.public)
    return frame.page("partials/transit_methods.html", methods=found, detour=detour())
