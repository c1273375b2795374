"""Routes: stored travel times of parcels and sites, and isochrones of sites."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import Row

from geo_service.auth import Caller, Public
from geo_service.auth.publication import sees_unpublished
from geo_service.clock import Today
from geo_service.conditional import caching, conditional, etag_of
from geo_service.db import Reading, ReadSession
from geo_service.errors import NotFound
from geo_service.transit import nearby_queries, reach_queries
from geo_service.transit.models import SubjectKind
from geo_service.transit.reach_schemas import (
    Computed,
    IsochroneFeature,
    IsochroneProperties,
    Isochrones,
    ParcelReach,
    Place,
    ReachQuery,
    RunFeed,
    SiteReach,
    TravelTime,
    WalkingRules,
)
from geo_service.transit.reach_service import reach_window
from geo_service.transit.windows import Window

router = APIRouter(tags=["transit"])

ParcelKey = Annotated[
    str, Path(max_length=20, description="Flurstückskennzeichen.", examples=["051249003001230004__"])
]
Slug = Annotated[str, Path(max_length=100, description="Name in addresses.", examples=["energiecampus"])]
Asked = Annotated[ReachQuery, Query()]


@router.get("/api/parcels/{parcel_key}/reach")
async def get_parcel_reach(
    parcel_key: ParcelKey, caller: Public, session: Reading, today: Today, query: Asked
) -> ParcelReach:
    """Tell how long one travels from a parcel to the city's destinations by public transport and on foot."""
    window = reach_window(query.window)
    row = (await session.execute(nearby_queries.parcel_place(parcel_key, today))).one_or_none()
    if row is None or not (row.is_published or sees_unpublished(caller)):
        raise NotFound(f"There is no published parcel {parcel_key}.")
    run = await _run(session, window)
    times, moved = await _times(session, run, SubjectKind.PARCEL, row.id)
    return ParcelReach(**_computed(run, moved=moved), parcel_key=parcel_key, times=times)


@router.get("/api/sites/{slug}/reach", response_model=SiteReach)
async def get_site_reach(
    slug: Slug, request: Request, caller: Public, session: Reading, today: Today, query: Asked
) -> Response:
    """Tell how long one travels from a site to the city's destinations by public transport and on foot."""
    window = reach_window(query.window)
    site_id = await _site(session, slug, today)
    run = await _run(session, window)
    times, moved = await _times(session, run, SubjectKind.SITE, site_id)
    return _sent(request, caller, SiteReach(**_computed(run, moved=moved), slug=slug, times=times))


@router.get("/api/sites/{slug}/isochrones", response_model=Isochrones)
async def get_site_isochrones(
    slug: Slug, request: Request, caller: Public, session: Reading, today: Today, query: Asked
) -> Response:
    """Return the areas that are reached from a site within 15, 30 and 45 minutes, as GeoJSON."""
    window = reach_window(query.window)
    site_id = await _site(session, slug, today)
    run = await _run(session, window)
    rows = (await session.execute(reach_queries.isochrones(run.id, site_id))).all()
    if not rows:
        raise _not_computed(window)
    features = [
        IsochroneFeature(
            geometry=json.loads(row.geojson),
            properties=IsochroneProperties(**_computed(run, moved=row.moved), slug=slug, minutes=row.minutes),
        )
        for row in rows
    ]
    return _sent(request, caller, Isochrones(features=features))


def _sent(request: Request, caller: Caller, answer: BaseModel) -> Response:
    content = answer.model_dump_json().encode()
    return conditional(request, content, etag_of(content), "application/json", caching(caller))


async def _site(session: ReadSession, slug: str, today: Any) -> int:  # noqa: ANN401 - a day
    found = await session.scalar(reach_queries.site(slug, today)) if slug.isprintable() else None
    if found is None:
        raise NotFound(f"There is no site {slug!r}.")
    return int(found)


async def _run(session: ReadSession, window: Window) -> Row[Any]:
    """Read the computation of a window.

    Raises
    ------
    NotFound
        When it has not been made; those that have are named.
    """
    run: Row[Any] | None = (await session.execute(reach_queries.run(window))).one_or_none()
    if run is None:
        stored = await session.execute(reach_queries.windows())
        known = [str(Window(row.window_from_s, row.window_to_s)) for row in stored]
        raise _not_computed(window, known)
    return run


def _not_computed(window: Window, known: Sequence[str] = ()) -> NotFound:
    others = f" Computed are: {', '.join(known)}." if known else ""
    return NotFound(
        f"Travel times for departures {window} have not been computed for this place.{others} They are made "
        f"by: geo transit reach --window {window}"
    )


async def _times(
    session: ReadSession, run: Row[Any], kind: SubjectKind, subject_id: int
) -> tuple[list[TravelTime], bool]:
    """Read the times of a subject, and whether it has been somewhere else since."""
    stored = await session.execute(reach_queries.times(run.id, kind, subject_id))
    found = {row.destination: row for row in stored}
    if not found:
        raise _not_computed(Window(run.window_from_s, run.window_to_s))
    places = [Place(**destination) for destination in run.destinations]
    times = [_time(place, found[place.key]) for place in places if place.key in found]
    return times, any(row.moved for row in found.values())


def _time(place: Place, row: Row[Any]) -> TravelTime:
    return TravelTime(
        destination=place,
        median_min=_minutes(row.median_s),
        p90_min=_minutes(row.p90_s),
        share=round(row.share, 3),
        changes=row.changes,
        walking_min=_minutes(row.walk_s),
        distance_kind="detour_factor" if row.estimated else "street_network",
    )


def _minutes(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 1)


def _computed(run: Row[Any], *, moved: bool) -> dict[str, Any]:
    """Return the fields of `Computed`.

    Parameters
    ----------
    run
        The computation.
    moved
        Whether the subject has been somewhere else since.
    """
    feeds = [RunFeed(**{name: feed[name] for name in RunFeed.model_fields}) for feed in run.feeds]
    fields = Computed(
        window=str(Window(run.window_from_s, run.window_to_s)),
        rules=WalkingRules(**run.rules),
        feeds=feeds,
        distance_kind="detour_factor" if run.network_id is None else "street_network",
        stale=run.stale or moved,
        computed_at=run.computed_at,
    )
    return dict(fields)
