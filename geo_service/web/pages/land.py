"""Parcels: the list with filters and the map beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Row
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Public
from geo_service.availability.city_land import CityLand
from geo_service.availability.desk import LandOf, answered
from geo_service.availability.models import Horizon
from geo_service.availability.service import today
from geo_service.availability.state_queries import STORED_STATE
from geo_service.db import Reading
from geo_service.web.asked import in_words
from geo_service.web.columns import LAND_COLUMNS
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
from geo_service.web.queries.figures import Figures, computed, on_list, stored
from geo_service.web.queries.parcels import PAGE_SIZE, parcel_list, parcel_summary
from geo_service.web.queries.premises import DISTRICTS
from geo_service.web.sorting import LAND_SORTS
from maps.listed import SCRIPT as LIST_MAP
from maps.naming import parcel_notation, parcel_title

router = APIRouter()


@router.get(LIST_MAP)
async def list_map_script(request: Request, session: Reading, caller: Public) -> Response:
    """Answer with the program of the map beside a list."""
    return map_script(list_map(await frame_of(request, session, caller)))


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list.

    Parameters
    ----------
    rows
        Parcels, one more than are shown where there are more.
    summary
        Sums of all that the filter lets through.
    looser
        Where nothing is found: how many there are without one condition, by its name.
    paged
        Whether the page begins after another one.
    stored
        Whether the figures are the stored ones; else those of another day.
    """

    rows: Sequence[Row[Any]]
    summary: Row[Any]
    looser: dict[str, int]
    paged: bool
    stored: bool = True


@router.get("/flaechen")
async def land(request: Request, session: Reading, caller: Public) -> Response:
    """List the parcels of a filter, as stored for today or computed for any other day."""
    frame = await frame_of(request, session, caller)
    conditions, errors = read_land_filter(request.query_params)
    districts = (await session.execute(DISTRICTS)).all()
    check_keys(errors, "district", conditions.district, districts)
    state = await kept_rows(request, session, STORED_STATE, {})
    listed = await read_list(request, session, conditions, read_after(request), public=frame.public)
    of_another_day = not listed.stored
    rows = listed.rows[:PAGE_SIZE]
    return frame.page(
        "partials/land_results.html" if wants_part(request) else "land.html",
        columns=LAND_COLUMNS,
        shown=LAND_COLUMNS.chosen(request.query_params),
        conditions=conditions,
        sorts=LAND_SORTS,
        asked=in_words(conditions, frame.speaker, districts),
        as_of=conditions.as_of if of_another_day else None,
        errors=errors,
        rows=rows,
        more=after_of(rows[-1]) if len(listed.rows) > PAGE_SIZE else None,
        paged=listed.paged,
        summary=listed.summary,
        map=list_map(frame),
        land_state=[] if of_another_day else state,
        hints=_hints(listed, frame),
        horizons=[horizon.value for horizon in Horizon],
        grounds=GROUNDS,
        categories=CATEGORIES,
        districts=districts,
        title_of=lambda row: parcel_title(row, frame.speaker),
        notation_of=lambda row: parcel_notation(row, frame.speaker),
    )


async def read_list(
    request: Request,
    session: AsyncSession,
    conditions: LandFilter,
    after: tuple[str, int] | None,
    limit: int = PAGE_SIZE,
    *,
    public: bool,
) -> Listed:
    """Read the parcels of a filter, stored for today or computed for another day; as `list_land`."""
    state = await kept_rows(request, session, STORED_STATE, {})
    if conditions.as_of is not None and [conditions.as_of] != [run.as_of for run in state]:
        preset = next((run.preset for run in state), "default")
        return await _computed(request, session, conditions, preset, (after, limit), public=public)
    figures = stored(public=public)
    return await session.run_sync(
        lambda sync: list_land(sync.connection(), conditions, figures, (after, limit), public=public)
    )


def list_land(
    connection: Connection,
    conditions: LandFilter,
    figures: Figures,
    part: tuple[tuple[str, int] | None, int],
    *,
    public: bool,
) -> Listed:
    """List the parcels of a filter; as `parcel_list`, the part being its ``after`` and ``limit``."""
    after, limit = part
    try:
        wanted = parcel_list(conditions, figures, public=public, after=after, limit=limit)
    except ValueError:  # no page ends so: from the beginning
        after = None
        wanted = parcel_list(conditions, figures, public=public, limit=limit)
    rows = connection.execute(wanted).all()
    summary = connection.execute(parcel_summary(conditions, figures, public=public)).one()
    looser = {}
    for name, condition in loosened(conditions).items() if not rows and after is None else ():
        found = connection.execute(parcel_summary(condition, figures, public=public)).one()
        looser[name] = found.parcels
    return Listed(rows, summary, looser, paged=after is not None)


async def _computed(
    request: Request,
    session: AsyncSession,
    conditions: LandFilter,
    preset: str,
    part: tuple[tuple[str, int] | None, int],
    *,
    public: bool,
) -> Listed:
    """List the parcels of a filter as of a day, computed by the kernel as the totals of that day are."""
    day = conditions.as_of or today()

    def make(land_of: LandOf, connection: Connection) -> Listed:
        return list_of_day(connection, conditions, land_of(day, preset), part, public=public)

    return await answered(request, session, ("list", preset, conditions, part, public), make, public=public)


def list_of_day(
    connection: Connection,
    conditions: LandFilter,
    land: CityLand,
    part: tuple[tuple[str, int] | None, int],
    *,
    public: bool,
) -> Listed:
    """List the parcels of a filter with the figures of the land of a day; else as `list_land`."""
    parcels = on_list(land.parcels, conditions.category, public=public)
    figures = computed(land.options.as_of, parcels)
    return replace(list_land(connection, conditions, figures, part, public=public), stored=False)


def _hints(listed: Listed, frame: Frame) -> list[tuple[str, int, str]]:
    """Tell which one condition, dropped, would bring how many: name, number, address."""
    hints = []
    for name, parcels in listed.looser.items():
        if parcels:
            anything = list(ALL_HORIZONS) if name == "horizon" else None
            address = frame.here(**{name.removesuffix("_m2"): anything, "after": None})
            hints.append((name, parcels, address))
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
