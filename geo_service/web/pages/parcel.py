"""The page of one parcel: as stored for today, or computed for any other day."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Public
from geo_service.auth.publication import HIDDEN_RESTRICTION_KINDS, public_chain, public_items
from geo_service.availability.capacities import capacity_record, compute_capacities
from geo_service.availability.city_routes import ask_neighbours
from geo_service.availability.city_service import Nearby
from geo_service.availability.inputs import Options
from geo_service.availability.queries import begins_later
from geo_service.availability.records import (
    CHAIN_FIELDS,
    ITEM_FIELDS,
    PARCEL_FIELDS,
    answer_records,
    records_by_parcel,
    usable_record,
)
from geo_service.availability.service import options_of
from geo_service.availability.usable import compute_stages
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.parcels.models import PARCEL_KEY_PATTERN
from geo_service.register import JsonObject
from geo_service.settings import get_settings
from geo_service.web.charts import sketch, waterfall
from geo_service.web.filters import Reader
from geo_service.web.formats import as_day
from geo_service.web.frame import Frame, frame_of
from geo_service.web.kept import kept_answer
from geo_service.web.pages.asking import names_of
from geo_service.web.pages.nearness import methods_part, nearness
from geo_service.web.pages.restrictions import saved_restriction
from geo_service.web.queries.parcel_page import (
    ITEM_DATES,
    NEARBY_VACANCIES,
    OUTLINE,
    PARCEL,
    PLANS,
)
from geo_service.web.vocabulary import N_
from maps.describe import present_use, uses_with_areas
from maps.naming import parcel_notation, parcel_title

router = APIRouter()

NOT_THEN = N_("An diesem Tag stand das Flurstück nicht im Kataster. Gezeigt wird der heutige Stand.")
"""What is said of a day on which the cadastre did not hold the parcel."""


@router.get("/flaechen/{parcel_key}")
async def parcel(request: Request, session: Reading, caller: Public, parcel_key: str) -> Response:
    """Show one parcel: what, how much, from when, how near, and why; as of today or of any other day."""
    frame = await frame_of(request, session, caller)
    reader = Reader(request.query_params)
    day = reader.day("as_of") or frame.today
    try:
        row = await _parcel(session, parcel_key, frame, day)
    except NotFound:
        if day == frame.today:
            raise
        reader.errors["as_of"], day = NOT_THEN, frame.today
        row = await _parcel(session, parcel_key, frame, day)
    anew = day != frame.today or ("as_of" in request.query_params and row.as_of != day)
    rules = (row.preset or "default", tuple(row.deduction_order or ())) if anew else None
    asked_for, make = ("parcel", row.parcel_key, day, rules), partial(_answer, row, day, anew=anew)
    holds = row.as_of == day and row.capacity is not None and not row.stale
    answer = {} if holds else await kept_answer(request, session, asked_for, make, public=frame.public)
    found = SimpleNamespace(**{**row._asdict(), **answer})
    parameters = {"parcel_id": row.id, "on": day}
    visible = {**parameters, "public": frame.public}
    items = public_items(found.items or []) if frame.public else found.items or []
    chain = public_chain(found.chain or []) if frame.public else found.chain or []
    hidden = {**visible, "hidden": list(HIDDEN_RESTRICTION_KINDS)}
    drawn = await session.execute(OUTLINE, hidden)
    return frame.page(
        "parcel.html",
        row=found,
        as_of=day if day != frame.today else None,
        errors=reader.errors,
        capacity=found.capacity,
        saved=await saved_restriction(frame, session),
        title=parcel_title(row, frame.speaker),
        notation=parcel_notation(row, frame.speaker),
        bars=waterfall(found.gross_m2, found.net_m2, items) if found.as_of else [],
        dates={
            known.id: known
            for known in await session.execute(ITEM_DATES, {"ids": _restrictions(items, chain)})
        },
        plans=(await session.execute(PLANS, parameters)).all(),
        **await nearness(frame, session, "parcel", row.id),
        methods_address=f"/flaechen/{row.parcel_key}/verfahren",
        json_address=f"/api/parcels/{row.parcel_key}/transit/methods",
        vacancies=(await session.execute(NEARBY_VACANCIES, visible)).all(),
        sketch=sketch(drawn.all()),
        offering=_offering(found, public=frame.public),
        present_use=present_use(row.actual_use, frame.speaker),
        uses=uses_with_areas(row.actual_use, frame.speaker),
        answers=answer_records(vars(found), internal=not frame.public) if found.category else {},
        chain=chain,
        held=_held(chain),
        later=(await session.execute(begins_later(row.id, day, public=frame.public))).all(),
        may_see_owner_kind=frame.may_see("parcels", "owner_kind"),
    )


def _answer(row: Any, day: date, connection: Connection, *, anew: bool) -> JsonObject:  # noqa: ANN401
    """Return what may be built on a parcel, and its availability where that is computed.

    Parameters
    ----------
    row
        Row of `PARCEL`, with the stored availability, and by which rules that was computed.
    day
        Asked day.
    connection
        Where to read.
    anew
        Whether the availability of the day is computed: only what is stored is of the day of its run.
    """
    if anew:
        options = options_of(day, row.preset or "default", row.deduction_order)
        return computed_parcel(options, row.parcel_key, connection)
    return {"capacity": capacity_record(compute_capacities(connection, day, [row.parcel_key]))}


def computed_parcel(options: Options, parcel_key: str, connection: Connection) -> JsonObject:
    """Compute availability of a parcel and what may be built there: what a run of that day would store."""
    result, stage = compute_stages(connection, options, [parcel_key])
    parcel_id = result.parcels["parcel_id"].iloc[0]
    answers: dict[Any, Any] = stage.usability.iloc[0].to_dict()
    return {
        **answers,
        "capacity": capacity_record(stage.capacities),
        **usable_record(answers),
        **records_by_parcel(result.parcels, PARCEL_FIELDS)[parcel_id][0],
        "items": records_by_parcel(result.items, ITEM_FIELDS).get(parcel_id, []),
        "chain": records_by_parcel(result.chain, CHAIN_FIELDS).get(parcel_id, []),
        "as_of": options.as_of,
        "preset": options.preset.key,
        "deduction_order": list(options.order),
        "computed_at": datetime.now(UTC),
        "stale": False,
    }


def _offering(row: Any, *, public: bool) -> JsonObject:  # noqa: ANN401 - a row
    """Return whether a parcel is on offer as this caller sees it, its category and horizon."""
    prefix = "" if public else "internal_"
    known = vars(row)
    return {
        "offered": bool(known[f"{prefix}offered"]),
        "category": known[f"{prefix}category"],
        "horizon": row.horizon,
    }


def _held(chain: list[JsonObject]) -> list[tuple[str, date | None]]:
    """Return by whom a parcel is held: kind of occupancy, and its last day if that is known."""
    links = [link for link in chain if link.get("what") == "occupancy"]
    return [(link["kind"], _day_before(as_day(link.get("free_from")))) for link in links]


def _day_before(day: date | None) -> date | None:
    return None if day is None else day - timedelta(days=1)


def _restrictions(items: list[JsonObject], chain: list[JsonObject]) -> list[int]:
    """Return the restrictions of a parcel's waterfall and of what blocks it."""
    links = [link["id"] for link in chain if link.get("what") == "restriction" and link.get("id")]
    return links + [item["restriction_id"] for item in items if item.get("restriction_id")]


@router.get("/flaechen/{parcel_key}/verfahren")
async def parcel_methods(request: Request, session: Reading, caller: Public, parcel_key: str) -> Response:
    """Show all grading methods side by side: a part of the page, computed when it is opened."""
    frame = await frame_of(request, session, caller)
    row = await _parcel(session, parcel_key, frame, Reader(request.query_params).day("as_of") or frame.today)
    return await methods_part(frame, session, "parcel", row.id)


@router.get("/flaechen/{parcel_key}/nachbarn")
async def neighbours(request: Request, session: Reading, caller: Public, parcel_key: str) -> Response:
    """Show the available land beside a parcel: a part of its page, computed when the page is open."""
    frame = await frame_of(request, session, caller)
    day = Reader(request.query_params).day("as_of") or frame.today
    row = await _parcel(session, parcel_key, frame, day)
    question = Nearby(day, across_m=get_settings().across_street_m)
    found = await ask_neighbours(request, session, row.parcel_key, question, public=frame.public)
    keys = found.neighbours["parcel_key"].tolist()
    return frame.page(
        "partials/neighbours.html",
        found=found,
        as_of=day if day != frame.today else None,
        across_m=question.across_m,
        rows=found.neighbours.to_dict("records"),
        named=await names_of(session, frame, keys),
    )


async def _parcel(session: AsyncSession, parcel_key: str, frame: Frame, day: date) -> Any:  # noqa: ANN401 - a row
    """Read one parcel of the cadastre of a day.

    Raises
    ------
    NotFound
        When there is none, or none that this caller may see.
    """
    if not re.fullmatch(PARCEL_KEY_PATTERN, parcel_key):
        raise NotFound(f"{parcel_key[:40]!r} is no parcel key of 20 characters.")
    parameters = {"parcel_key": parcel_key, "public": frame.public, "on": day}
    row = (await session.execute(PARCEL, parameters)).one_or_none()
    if row is None:
        raise NotFound(f"There is no parcel {parcel_key}, or it may not be shown.")
    return row
