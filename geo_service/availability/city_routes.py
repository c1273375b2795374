"""Routes about the whole city: totals, what-if, land together, land balance.

The public gets published parcels only, and neither what-if nor balance: both would tell why an owner does not
sell (docs/decisions).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection

from geo_service.auth import Caller, Public
from geo_service.auth.access import Requires
from geo_service.auth.fields import ADVISERS
from geo_service.auth.publication import sees_unpublished
from geo_service.availability import city_answers, city_service, queries, service
from geo_service.availability.assembling import Found, Neighbours
from geo_service.availability.balance import DIMENSIONS
from geo_service.availability.city_schemas import (
    AssembliesAnswer,
    AssembliesQuery,
    BalanceAnswer,
    BalanceQuery,
    NeighboursAnswer,
    NeighboursQuery,
    SummaryAnswer,
    WhatIfAnswer,
    WhatIfQuery,
)
from geo_service.availability.city_service import AnsweredWhatIf, Nearby
from geo_service.availability.desk import LandOf, answered
from geo_service.availability.flows import CityBalance, city_balance, two_days
from geo_service.availability.routes import ParcelKey
from geo_service.availability.schemas import DayQuery
from geo_service.availability.summary import Summary, summarise_land
from geo_service.db import Reading
from geo_service.errors import Forbidden, NotFound

router = APIRouter(tags=["availability"])

Adviser = Annotated[Caller, Depends(Requires(*ADVISERS))]
"""Everybody in the agency who works on land or premises."""


@router.get("/api/availability/summary")
async def get_summary(
    request: Request, caller: Public, session: Reading, asked: Annotated[DayQuery, Query()]
) -> SummaryAnswer:
    """Tell how much land there is by horizon, severity and district, as of any day.

    The public gets the figures of the published parcels.
    """
    public = not sees_unpublished(caller)
    return city_answers.summary_answer(
        await ask_summary(request, session, asked, public=public), public=public
    )


async def ask_summary(request: Request, session: Reading, asked: DayQuery, *, public: bool) -> Summary:
    """Compute totals, or return them from before."""
    as_of, horizons = service.askable(asked.as_of or service.today()), asked.horizons()

    def make(land_of: LandOf, connection: Connection) -> Summary:
        return summarise_land(land_of(as_of, horizons).with_facts(connection), public=public)

    return await answered(request, session, ("summary", as_of, horizons, public), make, public=public)


@router.get("/api/availability/what-if")
async def get_what_if(
    request: Request, _caller: Adviser, session: Reading, asked: Annotated[WhatIfQuery, Query()]
) -> WhatIfAnswer:
    """Tell what there would be if something were gone or ended, before and after. Nothing is written.

    For signed-in advisers.
    """
    return city_answers.what_if_answer(await ask_what_if(request, session, asked), asked, asked.limit)


async def ask_what_if(request: Request, session: Reading, asked: WhatIfQuery) -> AnsweredWhatIf:
    """Compute a what-if, or return it from before."""
    as_of = service.askable(asked.as_of or service.today())
    question = city_service.read_question(asked.without, asked.ending, asked.scope, as_of, asked.horizons())

    def make(land_of: LandOf, connection: Connection) -> AnsweredWhatIf:
        return city_service.answer_what_if(connection, question, land_of)

    return await answered(request, session, question, make, public=False)


@router.get("/api/availability/assemblies")
async def get_assemblies(
    request: Request, caller: Public, session: Reading, asked: Annotated[AssembliesQuery, Query()]
) -> AssembliesAnswer:
    """Tell where so much land could be had together.

    The public gets published parcels; which owners are of one kind is for signed-in advisers.
    """
    public = not sees_unpublished(caller)
    found = await ask_assemblies(request, session, asked, public=public)
    return city_answers.assemblies_answer(found, asked, asked.as_of or service.today(), public=public)


async def ask_assemblies(
    request: Request, session: Reading, asked: AssembliesQuery, *, public: bool
) -> Found:
    """Compute assemblies, or return them from before.

    Raises
    ------
    Forbidden
        When the public asks for owners of one kind.
    BadParameter
        When there is no such district.
    """
    search = asked.search()
    if search.one_owner_kind and public:
        raise Forbidden("The kind of owner is for signed-in advisers. Ask with owner=any, or sign in.")
    as_of, horizons = service.askable(asked.as_of or service.today()), asked.horizons()

    def make(land_of: LandOf, connection: Connection) -> Found:
        return city_service.answer_assemblies(connection, land_of(as_of, horizons), search, public=public)

    key = ("assemblies", as_of, horizons, search, public)
    return await answered(request, session, key, make, public=public)


@router.get("/api/parcels/{parcel_key}/neighbours")
async def get_neighbours(
    request: Request,
    parcel_key: ParcelKey,
    caller: Public,
    session: Reading,
    asked: Annotated[NeighboursQuery, Query()],
) -> NeighboursAnswer:
    """Tell which available land lies beside a parcel, and how much it is together.

    The public sees published parcels and neighbours.
    """
    as_of = service.askable(asked.as_of or service.today())
    question = Nearby(as_of, asked.horizons(), asked.across())
    public = not sees_unpublished(caller)
    found = await ask_neighbours(request, session, parcel_key, question, public=public)
    return city_answers.neighbours_answer(found, question)


async def ask_neighbours(
    request: Request, session: Reading, parcel_key: str, question: Nearby, *, public: bool
) -> Neighbours:
    """Find the available land beside a parcel, or return it from before.

    Raises
    ------
    NotFound
        When there is no such parcel, or none that the caller may see.
    """
    parcel = (await session.execute(queries.publication(parcel_key, service.today()))).one_or_none()
    if parcel is None or (public and not parcel.shown):
        raise NotFound(f"There is no published parcel {parcel_key}.")

    def make(_land_of: LandOf, connection: Connection) -> Neighbours:
        return city_service.answer_neighbours(connection, parcel_key, question, public=public)

    key = ("neighbours", parcel_key, question, public)
    return await answered(request, session, key, make, public=public)


@router.get("/api/availability/balance")
async def get_balance(
    request: Request,
    _caller: Adviser,
    session: Reading,
    asked: Annotated[BalanceQuery, Query()],
) -> BalanceAnswer:
    """Tell how much land there was and is, and what happened in between, for signed-in advisers."""
    return city_answers.balance_answer(await ask_balance(request, session, asked))


@router.get("/api/availability/balance.csv", response_class=Response)
async def get_balance_table(
    request: Request, _caller: Adviser, session: Reading, asked: Annotated[BalanceQuery, Query()]
) -> Response:
    """Answer with the land balance as a table (CSV): a line per cell and stage, for signed-in advisers."""
    found = await ask_balance(request, session, asked)
    name = f"flaechenbilanz-{found.start}-{found.end}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(found.as_csv(), media_type="text/csv; charset=utf-8", headers=headers)


async def ask_balance(request: Request, session: Reading, asked: BalanceQuery) -> CityBalance:
    """Compute a land balance, or return it from before."""
    start, end = two_days(asked.start, asked.end, service.today())
    horizons, by = asked.horizons(), tuple(name for name in DIMENSIONS if name in asked.by)

    def make(land_of: LandOf, connection: Connection) -> CityBalance:
        days = (land_of(day, horizons).with_facts(connection) for day in (start, end))
        return city_balance(next(days), next(days), by)

    return await answered(request, session, ("balance", start, end, horizons, by), make, public=False)
