"""Routes: transit scenarios and what they change."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response, status
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from geo_service.auth import Planner, Public
from geo_service.auth.publication import sees_unpublished
from geo_service.beside import computed
from geo_service.clock import Today, city_of
from geo_service.db import Reading, Writing
from geo_service.transit import scenario_register as register
from geo_service.transit.grades import asked as read_question
from geo_service.transit.scenario_answers import effect_answer
from geo_service.transit.scenario_effect import Effect, effect_of
from geo_service.transit.scenario_schemas import (
    EffectAnswer,
    EffectQuery,
    ScenarioAnswer,
    ScenarioForm,
    ScenarioList,
)

router = APIRouter(prefix="/api/scenarios", tags=["transit"])

Key = Annotated[str, Path(max_length=60, description="Key of the scenario.", examples=["h-bahn-hafen"])]
IfMatch = Annotated[str | None, Header(max_length=1000, description="ETag of the scenario as it was read.")]


@router.get("")
async def get_scenarios(caller: Public, session: Reading, response: Response) -> ScenarioList:
    """List scenarios: those that are public; planners see all."""
    response.headers["Cache-Control"] = "no-cache"
    public = not register.sees_drafts(caller)
    return ScenarioList(
        scenarios=await session.run_sync(
            lambda sync: register.list_scenarios(sync.connection(), public=public)
        )
    )


@router.get("/{key}")
async def get_scenario(caller: Public, session: Reading, response: Response, key: Key) -> ScenarioAnswer:
    """Show a scenario with its stops and lines, and the ETag that a change must name."""
    public = not register.sees_drafts(caller)
    answer = await session.run_sync(
        lambda sync: register.read_scenario(sync.connection(), key, public=public)
    )
    return _tagged(answer, response)


@router.get("/{key}/effect")
async def get_effect(
    request: Request,
    caller: Public,
    today: Today,
    response: Response,
    key: Key,
    asked: Annotated[EffectQuery, Query()],
) -> EffectAnswer:
    """Tell which stops, parcels and sites change their class, and how many square metres gain.

    Computed from the current timetables. Without a role only published parcels count.
    """
    response.headers["Cache-Control"] = "no-cache"
    found = await compute_effect(request, caller, today, key, asked)
    return effect_answer(found, asked.limit)


async def compute_effect(
    request: Request, caller: Public, today: date, key: str, asked: EffectQuery
) -> Effect:
    """Compute the effect of a scenario beside the event loop."""
    wanted = read_question(asked.method, asked.window or None)
    everything, unpublished = register.sees_drafts(caller), sees_unpublished(caller)

    def compute(connection: Connection) -> Effect:
        scenario = register.read_scenario(connection, key, public=not everything)
        return effect_of(connection, scenario, wanted, today, public=not unpublished)

    return await computed(request, None, compute, public=not unpublished)


@router.post("", status_code=status.HTTP_201_CREATED)
async def post_scenario(
    request: Request, _caller: Planner, session: Writing, response: Response, form: ScenarioForm
) -> ScenarioAnswer:
    """Store a new scenario."""
    answer = await written(session, lambda it: register.create_scenario(it, form, city_of(request)))
    response.headers["Location"] = f"/api/scenarios/{answer.key}"
    return _tagged(answer, response)


@router.put("/{key}")
async def put_scenario(
    request: Request,
    _caller: Planner,
    session: Writing,
    response: Response,
    key: Key,
    form: ScenarioForm,
    if_match: IfMatch = None,
) -> ScenarioAnswer:
    """Write a scenario anew that nobody else has changed since it was read."""
    answer = await written(
        session, lambda it: register.replace_scenario(it, key, form, city_of(request), if_match)
    )
    return _tagged(answer, response)


@router.delete("/{key}")
async def delete_scenario(
    _caller: Planner, session: Writing, response: Response, key: Key, if_match: IfMatch = None
) -> ScenarioAnswer:
    """End a scenario: the public no longer sees it, nothing is deleted."""
    return _tagged(await written(session, lambda it: register.end_scenario(it, key, if_match)), response)


async def written(session: Writing, write: Callable[[Connection], ScenarioAnswer]) -> ScenarioAnswer:
    """Write on the connection of a session."""

    def run(sync: Session) -> ScenarioAnswer:
        return write(sync.connection())

    return await session.run_sync(run)


def _tagged(answer: ScenarioAnswer, response: Response) -> ScenarioAnswer:
    """Put the entity tag on the response."""
    response.headers["ETag"] = register.etag_of(answer)
    response.headers["Cache-Control"] = "no-cache"
    return answer
