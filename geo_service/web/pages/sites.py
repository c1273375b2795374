"""Sites (Zukunftsstandorte): the list and the page of one site."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.auth import Public
from geo_service.availability.models import Horizon
from geo_service.availability.state_queries import STORED_STATE
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.web.charts import sketch, time_line
from geo_service.web.frame import frame_of
from geo_service.web.kept import kept_rows
from geo_service.web.pages.nearness import nearness
from geo_service.web.queries.sites import (
    MILESTONES,
    PHASES,
    PLOTS,
    SITE,
    SITE_LAND,
    SITE_OUTLINE,
    SITE_PARCELS,
    SITE_VACANCIES,
    SITES,
)
from maps.naming import parcel_title

router = APIRouter()


@router.get("/standorte")
async def sites(request: Request, session: Reading, caller: Public) -> Response:
    """List the sites."""
    frame = await frame_of(request, session, caller)
    return frame.page("sites.html", sites=(await session.execute(SITES)).all())


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
    return frame.page(
        "site.html",
        row=row,
        facts=[fact for fact in row.facts if fact.get(frame.language)],
        plots=(await session.execute(PLOTS, of_site)).all(),
        phases=list(zip(phases, _laid_out(phases), strict=True)),
        milestones=(await session.execute(MILESTONES, of_site)).all(),
        land_state=await kept_rows(request, session, STORED_STATE, {}),
        land={found.horizon: found for found in await session.execute(SITE_LAND, visible)},
        parcels=(await session.execute(SITE_PARCELS, visible)).all(),
        vacancies=(await session.execute(SITE_VACANCIES, visible)).all(),
        sketch=sketch((await session.execute(SITE_OUTLINE, visible)).all()),
        **await nearness(frame, session, "site", row.id),
        horizons=[horizon.value for horizon in Horizon],
        title_of=lambda parcel: parcel_title(parcel, frame.speaker),
    )


def _laid_out(phases: Any) -> Any:  # noqa: ANN401 - rows in, spans out
    """Place phases on a time line."""
    return time_line([(_number(phase.starts_on), _number(phase.ends_on)) for phase in phases])


def _number(day: date | None) -> float | None:
    return None if day is None else float(day.toordinal())
