"""Routes: how near premises, sites and plots are to public transport, computed on request as for parcels."""

from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection

from geo_service.auth import Public
from geo_service.auth.publication import sees_unpublished
from geo_service.beside import computed
from geo_service.clock import Today
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.transit import nearby_queries
from geo_service.transit.answers import place_transit
from geo_service.transit.grades import Asked, asked, stored_window
from geo_service.transit.models import SubjectKind
from geo_service.transit.scenario_effect import before_after
from geo_service.transit.scenario_register import read_scenario, sees_drafts
from geo_service.transit.schemas import ParcelQuery, StoredGrade
from geo_service.transit.subject_schemas import PlotTransit, PremisesTransit, SiteTransit

router = APIRouter(tags=["transit"])

PremisesKey = Annotated[str, Path(max_length=100, description="Key of the premises.", examples=["L-0"])]
Slug = Annotated[str, Path(max_length=100, description="Name in addresses.", examples=["energiecampus"])]
Question = Annotated[ParcelQuery, Query()]


@router.get("/api/premises/{premises_key}/transit")
async def get_premises_transit(
    request: Request,
    premises_key: PremisesKey,
    caller: Public,
    session: Reading,
    today: Today,
    query: Question,
) -> PremisesTransit:
    """Tell how near premises are to public transport; without a role only those that stand empty."""
    wanted, row = asked(query.method, query.window or None, query.day), None
    if premises_key.isprintable():
        place = nearby_queries.premises_place(premises_key, today, public=not sees_unpublished(caller))
        row = (await session.execute(place)).one_or_none()
    if row is None:
        raise NotFound(f"There are no vacant premises {premises_key!r}.")
    scenario = query.scenario, not sees_drafts(caller)

    def make(connection: Connection) -> PremisesTransit:
        found = subject_transit(connection, (SubjectKind.PREMISES, row.id, row.place), wanted, scenario)
        return PremisesTransit(**found, premises_key=premises_key)

    return await computed(request, session, make, public=not sees_unpublished(caller))


@router.get("/api/sites/{slug}/transit")
async def get_site_transit(
    request: Request,
    slug: Slug,
    caller: Public,
    session: Reading,
    today: Today,
    query: Question,
) -> SiteTransit:
    """Tell how near a site and each of its plots are to public transport, and why."""
    wanted, row = asked(query.method, query.window or None, query.day), None
    if slug.isprintable():
        row = (await session.execute(nearby_queries.site_place(slug, today))).one_or_none()
    if row is None:
        raise NotFound(f"There is no site {slug!r}.")
    if row.place is None:
        raise NotFound(f"The place of the site {slug} is not known: nothing can be computed.")
    plots = (await session.execute(nearby_queries.plot_places(row.id, today))).all()
    scenario = query.scenario, not sees_drafts(caller)

    def make(connection: Connection) -> SiteTransit:
        found = subject_transit(connection, (SubjectKind.SITE, row.id, row.place), wanted, scenario)
        parts = []
        for plot in plots:
            of_plot = (SubjectKind.PLOT, plot.id, plot.place)
            parts.append(
                PlotTransit(**subject_transit(connection, of_plot, wanted, scenario), slug=plot.slug)
            )
        return SiteTransit(**found, slug=slug, plots=parts)

    return await computed(request, session, make, public=not sees_unpublished(caller))


def subject_transit(
    connection: Connection,
    subject: tuple[SubjectKind, int, bytes],
    wanted: Asked,
    scenario: tuple[str, bool],
) -> dict[str, Any]:
    """Return the fields of an answer about something of the register.

    Parameters
    ----------
    connection
        Read-only connection.
    subject
        Kind, id, and place (WKB, EPSG:25832).
    wanted
        Method, window and day.
    scenario
        Key of a scenario (blank: none), and whether only public ones count.

    Raises
    ------
    NotFound, BadParameter
        As `answers.place_transit`, or when there is no such scenario.
    """
    kind, number, wkb = subject
    key, public = scenario
    place, window = shapely.from_wkb(wkb), stored_window(wanted)
    stored = None
    if window is not None:
        kept = nearby_queries.stored_answer(kind, number, wanted.method.key, window)
        stored = connection.execute(kept).one_or_none()
    effect = None
    if key:
        effect = before_after(connection, read_scenario(connection, key, public=public), wanted, place)
    return {
        **dict(place_transit(connection, place, wanted)),
        "stored": StoredGrade(**stored._asdict()) if stored else None,
        "scenario": effect,
    }
