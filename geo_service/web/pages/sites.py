"""Sites (Zukunftsstandorte): the list and the page of one site."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any, Final

import shapely
from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Public
from geo_service.auth.fields import ADVISERS
from geo_service.auth.publication import public_items
from geo_service.availability.models import Horizon
from geo_service.availability.state_queries import STORED_STATE
from geo_service.beside import drawn
from geo_service.city import load_city
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.transit.reach_search import ISOCHRONES_MIN
from geo_service.web.charts import sketch, time_line, waterfall
from geo_service.web.frame import Frame, frame_of
from geo_service.web.kept import kept_rows
from geo_service.web.pages.asking import map_script
from geo_service.web.pages.nearness import methods_part, nearness
from geo_service.web.queries.reach import ISOCHRONES
from geo_service.web.queries.sites import (
    MILESTONES,
    PHASES,
    PLOTS,
    SITE,
    SITE_OUTLINE,
    SITE_PARCELS,
    SITE_VACANCIES,
    SITE_WATERFALL,
    SITES,
)
from geo_service.web.sorting import REVERSED, SITE_SORTS
from geo_service.web.speaker import PageSpeaker
from maps.base import RenderedMap
from maps.naming import parcel_notation, parcel_title
from maps.transit import reach_map

router = APIRouter()

MOST_MAPS: Final = 32
"""Maps of what is reached from a site that are kept in a process."""
MOST_PARCELS: Final = 10
"""Parcels that stand on the page at once; the others unfold."""


@router.get("/standorte")
async def sites(request: Request, session: Reading, caller: Public) -> Response:
    """List the sites."""
    frame = await frame_of(request, session, caller)
    sort = SITE_SORTS.read(request.query_params.get("sort"))
    rows = in_order((await session.execute(SITES)).all(), sort)
    return frame.page("sites.html", sites=rows, sorts=SITE_SORTS, sort=sort)


def in_order(rows: Sequence[Any], sort: str) -> list[Any]:
    """Sort sites, which come by name; what is unknown stands last."""
    if sort == "next":
        return sorted(rows, key=lambda row: row.due_on or date.max)
    if sort == SITE_SORTS.usual:
        return list(rows)
    sizes = {row.id: row.stated_area_ha or (row.drawn_m2 or 0) / 10_000 for row in rows}
    turn = 1 if sort.startswith(REVERSED) else -1
    return sorted(rows, key=lambda row: (not sizes[row.id], turn * sizes[row.id]))


@router.get("/standorte/{slug}")
async def site(request: Request, session: Reading, caller: Public, slug: str) -> Response:
    """Show one site."""
    frame = await frame_of(request, session, caller)
    row = (await session.execute(SITE, {"slug": slug})).one_or_none()
    if row is None:
        raise NotFound(f"There is no site {slug[:60]!r}.")
    of_site = {"site_id": row.id}
    visible = {**of_site, "public": frame.public}
    phases = (await session.execute(PHASES, of_site)).all()
    reached = await _reach_map(frame, session, row)
    parcels = (await session.execute(SITE_PARCELS, visible)).all()
    return frame.page(
        "site.html",
        row=row,
        facts=[fact for fact in row.facts if fact.get(frame.language)],
        plots=(await session.execute(PLOTS, of_site)).all(),
        may_ask=frame.has_role(*ADVISERS),
        phases=list(zip(phases, _laid_out(phases), strict=True)),
        milestones=(await session.execute(MILESTONES, of_site)).all(),
        land_state=await kept_rows(request, session, STORED_STATE, {}),
        **_land(parcels),
        parcels=parcels,
        most_parcels=MOST_PARCELS,
        **await _waterfall(frame, session, visible),
        vacancies=(await session.execute(SITE_VACANCIES, visible)).all(),
        sketch=sketch((await session.execute(SITE_OUTLINE, visible)).all()),
        **await nearness(frame, session, "site", row.id),
        methods_address=f"/standorte/{row.slug}/verfahren",
        json_address="",
        reach_map=reached,
        reach_minutes=ISOCHRONES_MIN,
        map=reached,
        map_program=f"/standorte/{row.slug}/erreichbarkeit.js?lang={frame.language}",
        horizons=[horizon.value for horizon in Horizon],
        title_of=lambda parcel: parcel_title(parcel, frame.speaker),
        notation_of=lambda parcel: parcel_notation(parcel, frame.speaker),
    )


@router.get("/standorte/{slug}/verfahren")
async def site_methods(request: Request, session: Reading, caller: Public, slug: str) -> Response:
    """Show all grading methods side by side: a part of the page, computed when it is opened."""
    frame = await frame_of(request, session, caller)
    row = (await session.execute(SITE, {"slug": slug})).one_or_none()
    if row is None:
        raise NotFound(f"There is no site {slug[:60]!r}.")
    return await methods_part(frame, session, "site", row.id)


@router.get("/standorte/{slug}/erreichbarkeit.js")
async def site_reach_script(request: Request, session: Reading, caller: Public, slug: str) -> Response:
    """Answer with the program of the map of what is reached from a site."""
    frame = await frame_of(request, session, caller)
    row = (await session.execute(SITE, {"slug": slug})).one_or_none()
    made = await _reach_map(frame, session, row) if row else None
    if made is None:
        raise NotFound(f"There is no map of what is reached from {slug[:60]!r}.")
    return map_script(made)


async def _reach_map(frame: Frame, session: AsyncSession, row: Any) -> RenderedMap | None:  # noqa: ANN401
    """Build the map of what is reached from a site; None where nothing is computed."""
    areas = (await session.execute(ISOCHRONES, {"site_id": row.id})).all()
    if not areas:
        return None
    shapes = tuple((each.minutes, bytes(each.geom)) for each in areas)
    make = partial(_drawn_reach, frame.city.key, frame.speaker, frame.basemap, row.name, shapes)
    return await drawn(frame.request, make, public=frame.public)


@lru_cache(maxsize=MOST_MAPS)
def _drawn_reach(
    city: str,
    speaker: PageSpeaker,
    basemap: tuple[str, str] | None,
    site: str,
    areas: tuple[tuple[int, bytes], ...],
) -> RenderedMap:
    """Draw what is reached from a site (minutes and WKB, EPSG:25832); kept, whatever else is written."""
    label = speaker.say("Karte dessen, was von %(site)s zu erreichen ist", site=site)
    shapes = [(minutes, shapely.from_wkb(wkb)) for minutes, wkb in areas]
    return reach_map(load_city(city), speaker, basemap, label, shapes)


async def _waterfall(frame: Frame, session: AsyncSession, visible: dict[str, Any]) -> dict[str, Any]:
    """Lay out the way from gross to net of all parcels of a site."""
    land = (await session.execute(SITE_WATERFALL, visible)).one()
    items = public_items(land.items) if frame.public else land.items
    bars = waterfall(land.gross_m2, land.net_m2, items) if land.parcels else []
    return {"bars": bars, "counted": land}


@dataclass(frozen=True, slots=True)
class Land:
    """Land on offer (net without slivers): how many parcels, and how much, m²."""

    parcels: int
    offered_m2: float


def _land(rows: Sequence[Any]) -> dict[str, Any]:
    """Sum the land of a site up by horizon, and split it by plot and horizon (None: of no plot)."""
    by_horizon: dict[str, Land] = {}
    by_plot: dict[str | None, dict[str, Land]] = {}
    for row in rows:
        for sums in (by_horizon, by_plot.setdefault(row.plot, {})):
            before = sums.get(row.horizon, Land(0, 0.0))
            sums[row.horizon] = Land(before.parcels + 1, before.offered_m2 + row.offered_m2)
    return {"land": by_horizon, "land_by_plot": by_plot}


def _laid_out(phases: Any) -> Any:  # noqa: ANN401 - rows in, spans out
    """Place phases on a time line."""
    return time_line([(_number(phase.starts_on), _number(phase.ends_on)) for phase in phases])


def _number(day: date | None) -> float | None:
    return None if day is None else float(day.toordinal())
