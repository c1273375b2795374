"""Routes: all sites, and everything about one."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from geo_service.auth import Public
from geo_service.clock import Today
from geo_service.conditional import caching, conditional, etag_of
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.sites import queries
from geo_service.sites.answers import site_answer, summary_answer
from geo_service.sites.schemas import SiteDetail, SiteList

router = APIRouter(prefix="/api/sites", tags=["sites"])

JSON = "application/json"
Slug = Annotated[str, Path(max_length=100, description="Name in addresses.", examples=["energiecampus"])]


@router.get("", response_model=SiteList)
async def get_sites(request: Request, caller: Public, session: Reading, today: Today) -> Response:
    """List all sites with place, phase and next milestone."""
    rows = await session.execute(queries.sites(today))
    content = SiteList(sites=[summary_answer(row) for row in rows]).model_dump_json().encode()
    return conditional(request, content, etag_of(content), JSON, caching(caller))


@router.get("/{slug}", response_model=SiteDetail)
async def get_site(request: Request, caller: Public, session: Reading, today: Today, slug: Slug) -> Response:
    """Tell everything about a site: facts, phases, plots, milestones, place and sources."""
    row = (await session.execute(queries.site(slug, today))).one_or_none() if slug.isprintable() else None
    if row is None:
        raise NotFound(f"There is no site {slug!r}.")
    site_id = row.Site.id
    plots = (await session.execute(queries.plots(site_id, today))).all()
    phases = (await session.scalars(queries.phases(site_id))).all()
    milestones = (await session.scalars(queries.milestones(site_id))).all()
    answer = site_answer(row, plots, phases, milestones)
    content = answer.model_dump_json().encode()
    return conditional(request, content, etag_of(content), JSON, caching(caller))
