"""The search as a page: for those without JavaScript, and when a search is sent off."""

from fastapi import APIRouter, Request, Response

from geo_service.auth import Public
from geo_service.clock import Today
from geo_service.db import Reading
from geo_service.search.notation import only_numbers
from geo_service.search.schemas import MOST_RESULTS
from geo_service.search.service import example_parcel, missing_parcel, plain_text, search
from geo_service.web.frame import frame_of

router = APIRouter()
LONGEST_QUERY = 200


@router.get("/suche")
async def results(request: Request, session: Reading, caller: Public, today: Today) -> Response:
    """Show what was found."""
    frame = await frame_of(request, session, caller)
    asked = plain_text(request.query_params.get("q", "")[:LONGEST_QUERY])
    hits = await search(session, asked, caller, today, MOST_RESULTS) if asked else []
    return frame.page(
        "search.html",
        query=asked,
        hits=hits,
        missing=await missing_parcel(session, asked, caller, today) if asked else False,
        only_numbers=only_numbers(asked),
        example="" if hits else await example_parcel(session, caller, today),
    )
