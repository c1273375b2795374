"""The data behind the atlas: each source with its age; for the agency also the imports."""

from fastapi import APIRouter, Request, Response

from geo_service.auth import Public
from geo_service.auth.fields import ADVISERS
from geo_service.db import Reading
from geo_service.web.frame import frame_of
from geo_service.web.kept import kept_rows
from geo_service.web.queries.sources import RUNS, SOURCES

router = APIRouter()


@router.get("/daten")
async def sources(request: Request, session: Reading, caller: Public) -> Response:
    """Tell what the register rests on; numbers of records and imports for the agency only."""
    frame = await frame_of(request, session, caller)
    inside = frame.has_role(*ADVISERS)
    return frame.page(
        "sources.html",
        sources=await kept_rows(request, session, SOURCES, {}),
        runs=(await session.execute(RUNS)).all() if inside else [],
        inside=inside,
    )
