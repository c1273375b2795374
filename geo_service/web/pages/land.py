"""Parcels: the list with filters, and the page of one parcel."""

import re
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Public
from geo_service.auth.publication import HIDDEN_RESTRICTION_KINDS, public_chain, public_items
from geo_service.availability.capacities import capacity_record, compute_capacities
from geo_service.availability.city_routes import ask_neighbours
from geo_service.availability.city_service import Nearby
from geo_service.availability.models import Horizon
from geo_service.availability.records import answer_records
from geo_service.availability.service import today
from geo_service.availability.state_queries import STORED_STATE
from geo_service.beside import computed
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.parcels.models import PARCEL_KEY_PATTERN
from geo_service.register import JsonObject
from geo_service.settings import get_settings
from geo_service.web.charts import sketch, waterfall
from geo_service.web.filters import (
    ALL_HORIZONS,
    CATEGORIES,
    GROUNDS,
    LandFilter,
    check_keys,
    loosened,
    read_land_filter,
)
from geo_service.web.formats import uses_with_areas
from geo_service.web.frame import Frame, frame_of
from geo_service.web.kept import kept_rows
from geo_service.web.pages.asking import list_map, map_script, names_of
from geo_service.web.pages.nearness import methods_part, nearness
from geo_service.web.queries.parcel_page import ITEM_DATES, NEARBY_VACANCIES, OUTLINE, PARCEL, PLANS
from geo_service.web.queries.parcels import PAGE_SIZE, parcel_list, parcel_summary
from geo_service.web.queries.premises import DISTRICTS
from maps.describe import present_use
from maps.listed import SCRIPT as LIST_MAP
from maps.naming import parcel_notation, parcel_title

router = APIRouter()


@router.get(LIST_MAP)
async def list_map_script(request: Request, session: Reading, caller: Public) -> Response:
    """Answer with the program of the map beside a list."""
    return map_script(list_map(await frame_of(request, session, caller)))


@router.get("/flaechen")
async def land(request: Request, session: Reading, caller: Public) -> Response:
    """List the parcels of a filter."""
    frame = await frame_of(request, session, caller)
    conditions, errors = read_land_filter(request.query_params)
    districts = (await session.execute(DISTRICTS)).all()
    check_keys(errors, "district", conditions.district, districts)
    after = read_after(request)
    try:
        rows = (await session.execute(parcel_list(conditions, public=frame.public, after=after))).all()
    except ValueError:
        rows, after = (await session.execute(parcel_list(conditions, public=frame.public))).all(), None
    summary = (await session.execute(parcel_summary(conditions, public=frame.public))).one()
    shown = rows[:PAGE_SIZE]
    return frame.page(
        "partials/land_results.html" if wants_part(request) else "land.html",
        conditions=conditions,
        errors=errors,
        rows=shown,
        more=after_of(shown[-1]) if len(rows) > PAGE_SIZE else None,
        paged=after is not None,
        summary=summary,
        map=list_map(frame),
        land_state=await kept_rows(request, session, STORED_STATE, {}),
        hints=await _hints(session, conditions, frame) if not rows and after is None else [],
        horizons=[horizon.value for horizon in Horizon],
        grounds=GROUNDS,
        categories=CATEGORIES,
        districts=districts,
        title_of=lambda row: parcel_title(row, frame.speaker),
        notation_of=lambda row: parcel_notation(row, frame.speaker),
    )


async def _hints(session: AsyncSession, conditions: LandFilter, frame: Frame) -> list[tuple[str, int, str]]:
    """Tell which one condition, dropped, would bring how many: name, number, address."""
    hints = []
    for name, looser in loosened(conditions).items():
        summary = (await session.execute(parcel_summary(looser, public=frame.public))).one()
        if summary.parcels:
            anything = list(ALL_HORIZONS) if name == "horizon" else None
            address = frame.here(**{name.removesuffix("_m2"): anything, "after": None})
            hints.append((name, summary.parcels, address))
    return hints


def wants_part(request: Request) -> bool:
    """Tell whether only the list is asked for, to be put into the page (htmx)."""
    return request.headers.get("hx-request") == "true" and "hx-history-restore-request" not in request.headers


def read_after(request: Request) -> tuple[str, int] | None:
    """Read where the page before ended: sort key and id."""
    key, _, row_id = request.query_params.get("after", "").rpartition("~")
    return (key, int(row_id)) if key and row_id.isdecimal() and len(row_id) < 19 else None  # noqa: PLR2004


def after_of(row: Any) -> str:  # noqa: ANN401 - any row with sort key and id
    """Write where a page ends."""
    return f"{row.sort_key}~{row.id}"


@router.get("/flaechen/{parcel_key}")
async def parcel(request: Request, session: Reading, caller: Public, parcel_key: str) -> Response:
    """Show one parcel: what, how much, from when, how near, and why."""
    frame = await frame_of(request, session, caller)
    row = await _parcel(session, parcel_key, frame)
    parameters = {"parcel_id": row.id}
    visible = {**parameters, "public": frame.public}
    items = public_items(row.items or []) if frame.public else row.items or []
    capacity = await computed(request, session, partial(_capacity, parcel_key), public=frame.public)
    return frame.page(
        "parcel.html",
        row=row,
        capacity=capacity,
        title=parcel_title(row, frame.speaker),
        notation=parcel_notation(row, frame.speaker),
        bars=waterfall(row.gross_m2, row.net_m2, items) if row.as_of else [],
        dates={found.id: found for found in await session.execute(ITEM_DATES, {"ids": _item_ids(items)})},
        plans=(await session.execute(PLANS, parameters)).all(),
        **await nearness(frame, session, "parcel", row.id),
        methods_address=f"/flaechen/{row.parcel_key}/verfahren",
        json_address=f"/api/parcels/{row.parcel_key}/transit/methods",
        vacancies=(await session.execute(NEARBY_VACANCIES, visible)).all(),
        sketch=sketch(
            (await session.execute(OUTLINE, {**visible, "hidden": list(HIDDEN_RESTRICTION_KINDS)})).all()
        ),
        offering=_offering(row, public=frame.public),
        present_use=present_use(row.actual_use),
        uses=uses_with_areas(row.actual_use, frame.formats),
        answers=answer_records(row._asdict(), internal=not frame.public) if row.category else {},
        chain=public_chain(row.chain or []) if frame.public else row.chain or [],
        may_see_owner_kind=frame.may_see("parcels", "owner_kind"),
    )


def _offering(row: Any, *, public: bool) -> JsonObject:  # noqa: ANN401 - a row
    """Return whether a parcel is on offer as this caller sees it, its category and horizon."""
    prefix = "" if public else "internal_"
    known = row._asdict()
    return {
        "offered": bool(known[f"{prefix}offered"]),
        "category": known[f"{prefix}category"],
        "horizon": row.horizon,
    }


def _item_ids(items: list[JsonObject]) -> list[int]:
    """Return the restrictions of a parcel's waterfall."""
    return [item["restriction_id"] for item in items if item.get("restriction_id")]


def _capacity(parcel_key: str, connection: Connection) -> JsonObject:
    """Compute what may be built on a parcel as of today: never stale."""
    return capacity_record(compute_capacities(connection, today(), [parcel_key]))


@router.get("/flaechen/{parcel_key}/verfahren")
async def parcel_methods(request: Request, session: Reading, caller: Public, parcel_key: str) -> Response:
    """Show all grading methods side by side: a part of the page, computed when it is opened."""
    frame = await frame_of(request, session, caller)
    row = await _parcel(session, parcel_key, frame)
    return await methods_part(frame, session, "parcel", row.id)


@router.get("/flaechen/{parcel_key}/nachbarn")
async def neighbours(request: Request, session: Reading, caller: Public, parcel_key: str) -> Response:
    """Show the available land beside a parcel: a part of its page, computed when the page is open."""
    frame = await frame_of(request, session, caller)
    row = await _parcel(session, parcel_key, frame)
    question = Nearby(frame.today, across_m=get_settings().across_street_m)
    found = await ask_neighbours(request, session, row.parcel_key, question, public=frame.public)
    keys = found.neighbours["parcel_key"].tolist()
    return frame.page(
        "partials/neighbours.html",
        found=found,
        across_m=question.across_m,
        rows=found.neighbours.to_dict("records"),
        named=await names_of(session, frame, keys),
    )


async def _parcel(session: AsyncSession, parcel_key: str, frame: Frame) -> Any:  # noqa: ANN401 - a row
    """Read one parcel.

    Raises
    ------
    NotFound
        When there is none, or none that this caller may see.
    """
    if not re.fullmatch(PARCEL_KEY_PATTERN, parcel_key):
        raise NotFound(f"{parcel_key[:40]!r} is no parcel key of 20 characters.")
    parameters = {"parcel_key": parcel_key, "public": frame.public}
    row = (await session.execute(PARCEL, parameters)).one_or_none()
    if row is None:
        raise NotFound(f"There is no parcel {parcel_key}, or it may not be shown.")
    return row
