"""Route: search."""

from fastapi import APIRouter, Response

from geo_service.auth import Public
from geo_service.clock import Today
from geo_service.conditional import caching
from geo_service.db import Reading
from geo_service.search.schemas import AskedSearch, SearchAnswer
from geo_service.search.service import plain_text, search

router = APIRouter(tags=["search"])


@router.get("/api/search")
async def get_search(
    response: Response, caller: Public, session: Reading, today: Today, asked: AskedSearch
) -> SearchAnswer:
    """Find parcels, streets, sites, districts, premises and stops by what somebody typed."""
    response.headers.update(caching(caller))
    found = await search(session, asked.q, caller, today, asked.limit)
    return SearchAnswer(q=plain_text(asked.q), results=found)
