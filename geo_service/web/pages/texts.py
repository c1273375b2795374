"""About, imprint, privacy, accessibility: short texts with the facts of the city profile."""

from fastapi import APIRouter, Request, Response

from geo_service.auth import Public
from geo_service.db import Reading
from geo_service.settings import get_settings
from geo_service.web.frame import frame_of
from geo_service.web.imprint import read_imprint

router = APIRouter()


@router.get("/ueber")
async def about(request: Request, session: Reading, caller: Public) -> Response:
    """Say what this is, where the figures come from and how they are computed."""
    frame = await frame_of(request, session, caller)
    return frame.page("about.html", sliver_width_m=get_settings().sliver_width_m)


@router.get("/impressum")
async def imprint(request: Request, session: Reading, caller: Public) -> Response:
    """Say who is responsible."""
    frame = await frame_of(request, session, caller)
    return frame.page("imprint.html", imprint=read_imprint(frame.city))


@router.get("/datenschutz")
async def privacy(request: Request, session: Reading, caller: Public) -> Response:
    """Say what is stored about visitors."""
    frame = await frame_of(request, session, caller)
    settings = request.app.state.settings
    return frame.page("privacy.html", imprint=read_imprint(frame.city), basemap=settings.basemap_url)


@router.get("/barrierefreiheit")
async def accessibility(request: Request, session: Reading, caller: Public) -> Response:
    """Say how accessible the pages are, and whom to tell about barriers."""
    frame = await frame_of(request, session, caller)
    return frame.page("accessibility.html", imprint=read_imprint(frame.city))
