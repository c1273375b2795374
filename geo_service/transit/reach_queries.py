"""Statements of travel times: runs of feeds, computations, stored times and isochrones."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Executable, Select, delete, func, insert, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from geo_service.sites.models import Site
from geo_service.transit.models import SubjectKind, TransitFeed
from geo_service.transit.reach_models import TransitIsochrone, TransitPattern, TransitReach, TransitReachRun
from geo_service.transit.windows import Window


def patterns(feed_ids: Collection[int]) -> Executable:
    """Select the runs of the reference day of feeds: stop_pks, boards, alights, runs, times."""
    return (
        select(
            TransitPattern.stop_pks,
            TransitPattern.boards,
            TransitPattern.alights,
            TransitPattern.runs,
            TransitPattern.times,
        )
        .where(TransitPattern.feed_id == func.any(list(feed_ids)))
        .order_by(TransitPattern.feed_id, TransitPattern.id)
    )


def delete_run(window: Window) -> Executable:
    """Delete what is stored for a window, its times and isochrones with it."""
    return delete(TransitReachRun).where(*_of(window))


def insert_run(window: Window, **values: Any) -> Executable:
    """Insert a computation; one row: its id."""
    return (
        insert(TransitReachRun)
        .values(window_from_s=window.start_s, window_to_s=window.end_s, **values)
        .returning(TransitReachRun.id)
    )


def run(window: Window) -> Select[Any]:
    """Select the computation of a window (all columns), and current_feeds: ids of the current feeds."""
    current = (
        select(func.array_agg(aggregate_order_by(TransitFeed.id, TransitFeed.id)))
        .where(TransitFeed.is_current)
        .scalar_subquery()
    )
    return select(*TransitReachRun.__table__.columns, current.label("current_feeds")).where(*_of(window))


def windows() -> Executable:
    """Select the windows that are stored: window_from_s, window_to_s."""
    columns = TransitReachRun.window_from_s, TransitReachRun.window_to_s
    return select(*columns).order_by(*columns)


def times(run_id: int, kind: SubjectKind, subject_id: int) -> Executable:
    """Select the travel times of a subject: destination, median_s, p90_s, share, changes, walk_s."""
    return select(
        TransitReach.destination,
        TransitReach.median_s,
        TransitReach.p90_s,
        TransitReach.share,
        TransitReach.changes,
        TransitReach.walk_s,
    ).where(
        TransitReach.run_id == run_id,
        TransitReach.subject_kind == kind.value,
        TransitReach.subject_id == subject_id,
    )


def site(slug: str, on: date) -> Executable:
    """Select the id of a site that holds on a day."""
    return select(Site.id).where(Site.slug == slug, Site.valid.contains(on))


def isochrones(run_id: int, site_id: int) -> Executable:
    """Select the isochrones of a site, the largest first: minutes, geojson (WGS 84, 1 m)."""
    wgs84 = func.ST_Transform(func.ST_SimplifyPreserveTopology(TransitIsochrone.geom, 5), 4326)
    return (
        select(TransitIsochrone.minutes, func.ST_AsGeoJSON(wgs84, 5).label("geojson"))
        .where(TransitIsochrone.run_id == run_id, TransitIsochrone.site_id == site_id)
        .order_by(TransitIsochrone.minutes.desc())
    )


def _of(window: Window) -> tuple[Any, ...]:
    return TransitReachRun.window_from_s == window.start_s, TransitReachRun.window_to_s == window.end_s
