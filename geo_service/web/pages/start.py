"""The start page: three doors, three figures, what is fresh."""

from fastapi import APIRouter, Request, Response

from geo_service.auth import Public, Role
from geo_service.availability.models import Horizon
from geo_service.availability.state_queries import STORED_STATE
from geo_service.db import Reading
from geo_service.web.filters import KNOWN_HORIZONS
from geo_service.web.frame import frame_of
from geo_service.web.kept import kept_rows
from geo_service.web.queries.premises import DISTRICTS
from geo_service.web.queries.sites import SITES
from geo_service.web.queries.start import (
    BROUGHT_IN,
    CHANGES,
    LAND_BY_HORIZON,
    UNMET_INQUIRIES,
    VACANCY_RATE,
)

router = APIRouter()
CARDS = 3


@router.get("/")
async def start(request: Request, session: Reading, caller: Public) -> Response:
    """Show the start page."""
    frame = await frame_of(request, session, caller)
    by_horizon = await kept_rows(request, session, LAND_BY_HORIZON, {"public": frame.public})
    inquiries = None
    if frame.has_role(Role.INVESTOR_SUPPORT):
        inquiries = (await session.execute(UNMET_INQUIRIES)).one()
    sites = (await session.execute(SITES)).all()
    return frame.page(
        "start.html",
        land={row.horizon: row for row in by_horizon},
        land_state=await kept_rows(request, session, STORED_STATE, {}),
        brought_in=(await kept_rows(request, session, BROUGHT_IN, {}))[0],
        horizons=[horizon.value for horizon in Horizon],
        latest=KNOWN_HORIZONS,
        districts=(await session.execute(DISTRICTS)).all(),
        vacancy=(await session.execute(VACANCY_RATE)).one(),
        inquiries=inquiries,
        sites=sites,
        cards=[site for site in sites if site.path][:CARDS],
        changes=(await session.execute(CHANGES)).all(),
    )
