"""Parcels: the list with filters and the map beside it."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Public
from geo_service.availability.models import Horizon
from geo_service.availability.state_queries import STORED_STATE
from geo_service.db import Reading
from geo_service.web.filters import (
    ALL_HORIZONS,
    CATEGORIES,
    GROUNDS,
    LandFilter,
    check_keys,
    loosened,
    read_land_filter,
)
from geo_service.web.frame import Frame, frame_of
from geo_service.web.kept import kept_rows
from geo_service.web.pages.asking import list_map, map_script
from geo_service.web.queries.parcels import PAGE_SIZE, parcel_list, parcel_summary
from geo_service.web.queries.premises import DISTRICTS
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
