"""Statements of travel times: runs of feeds, computations, stored times and isochrones."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Numeric,
    ScalarSelect,
    Select,
    case,
    cast,
    delete,
    func,
    insert,
    select,
)

from geo_service.sites.models import Site
from geo_service.transit.freshness import REACH_STATE, place_of
from geo_service.transit.models import SubjectKind
from geo_service.transit.queries import SUBJECTS
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
    """Select the computation of a window (all columns), and whether it is stale."""
    return (
        select(*TransitReachRun.__table__.columns, REACH_STATE.c.stale)
        .join(REACH_STATE, REACH_STATE.c.id == TransitReachRun.id)
        .where(*_of(window))
    )


def windows() -> Executable:
    """Select the windows that are stored: window_from_s, window_to_s."""
    columns = TransitReachRun.window_from_s, TransitReachRun.window_to_s
    return select(*columns).order_by(*columns)


def times(run_id: int, kind: SubjectKind, subject_id: int) -> Executable:
    """Select the travel times of a subject.

    Columns: destination, median_s, p90_s, share, changes, walk_s, estimated, moved.
    """
    table = SUBJECTS[kind]
    here = select(place_of(table.geom)).where(table.id == subject_id).scalar_subquery()
    return select(
        TransitReach.destination,
        TransitReach.median_s,
        TransitReach.p90_s,
        TransitReach.share,
        TransitReach.changes,
        TransitReach.walk_s,
        TransitReach.estimated,
        TransitReach.place.is_distinct_from(here).label("moved"),
    ).where(
        TransitReach.run_id == run_id,
        TransitReach.subject_kind == kind.value,
        TransitReach.subject_id == subject_id,
    )


def site(slug: str, on: date) -> Executable:
    """Select the id of a site that holds on a day."""
    return select(Site.id).where(Site.slug == slug, Site.valid.contains(on))


def isochrones(run_id: int, site_id: int) -> Executable:
    """Select the isochrones of a site, the largest first: minutes, geojson (WGS 84, 1 m), moved."""
    here = select(place_of(Site.geom)).where(Site.id == site_id).scalar_subquery()
    simple = func.ST_Transform(func.ST_SimplifyPreserveTopology(TransitIsochrone.geom, 5), 4326)
    wgs84 = func.ST_Multi(func.ST_ReducePrecision(simple, 1e-5))
    return (
        select(
            TransitIsochrone.minutes,
            func.ST_AsGeoJSON(wgs84, 5).label("geojson"),
            TransitIsochrone.place.is_distinct_from(here).label("moved"),
        )
        .where(TransitIsochrone.run_id == run_id, TransitIsochrone.site_id == site_id)
        .order_by(TransitIsochrone.minutes.desc())
    )


def _of(window: Window) -> tuple[Any, ...]:
    return TransitReachRun.window_from_s == window.start_s, TransitReachRun.window_to_s == window.end_s


def travel_times(parcel_id: ColumnElement[int], geom: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Return the travel times of a parcel by destination (JSON, minutes): those that are shown."""
    minutes = [
        func.round(cast(column / 60.0, Numeric), 1) for column in (TransitReach.median_s, TransitReach.p90_s)
    ]
    kind = case((TransitReach.estimated, "detour_factor"), else_="street_network")
    figures = func.json_build_object(
        *("median_min", minutes[0], "p90_min", minutes[1]),
        *("changes", TransitReach.changes, "distance_kind", kind),
    )
    return (
        select(func.json_object_agg(TransitReach.destination, figures))
        .where(
            TransitReach.subject_kind == SubjectKind.PARCEL.value,
            TransitReach.subject_id == parcel_id,
            TransitReach.run_id == _shown(REACH_STATE.c.id),
            TransitReach.place == place_of(geom),
        )
        .correlate(parcel_id.table, geom.table)
        .scalar_subquery()
    )


def travel_stale() -> ScalarSelect[bool]:
    """Tell whether timetables or streets changed since the travel times that are shown."""
    return _shown(REACH_STATE.c.stale)


def _shown(column: ColumnElement[Any]) -> ScalarSelect[Any]:
    return select(column).where(REACH_STATE.c.shown).scalar_subquery()
