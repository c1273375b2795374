"""Statements of the transit slice: feeds, stops, departures, what is graded, and the stored answers."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Executable,
    Select,
    Text,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from geo_service.auth.publication import published
from geo_service.parcels.models import Parcel
from geo_service.sites.models import Plot, Site
from geo_service.transit.access import FAMILIES
from geo_service.transit.models import (
    SubjectKind,
    TransitAccess,
    TransitDeparture,
    TransitFeed,
    TransitStop,
    TransitStopGrade,
)
from geo_service.vacancies.models import Premises

IMPORT_LOCK = 4_711_004
"""Number of the advisory lock that lets only one import or refresh write at a time."""
SUBJECTS: dict[SubjectKind, Any] = {
    SubjectKind.PARCEL: Parcel,
    SubjectKind.PLOT: Plot,
    SubjectKind.SITE: Site,
    SubjectKind.PREMISES: Premises,
}
"""Tables whose rows are graded."""


def lock_writing() -> Executable:
    """Take the lock of imports and refreshes until the transaction ends; one boolean: whether it was free."""
    return select(func.pg_try_advisory_xact_lock(IMPORT_LOCK))


def current_feeds(name: str | None = None) -> Select[Any]:
    """Select the current version of each feed, or of the one named (all columns of `TransitFeed`)."""
    named = true() if name is None else TransitFeed.name == name
    return select(TransitFeed).where(TransitFeed.is_current, named).order_by(TransitFeed.name)


def feed_version(name: str, content_hash: str) -> Select[Any]:
    """Select the stored version of a feed with this content, if there is one."""
    return select(TransitFeed).where(TransitFeed.name == name, TransitFeed.content_hash == content_hash)


def end_feed(name: str) -> Executable:
    """End the current version of a feed, if there is one; its rows stay."""
    current = update(TransitFeed).where(TransitFeed.name == name, TransitFeed.is_current)
    return current.values(is_current=False, ended_at=func.now())


def revive_feed(feed_id: int) -> Executable:
    """Make an older version of a feed current again."""
    return update(TransitFeed).where(TransitFeed.id == feed_id).values(is_current=True, ended_at=None)


def stop_records(feed_id: int) -> Executable:
    """Select the stops of a feed to compare versions.

    Columns: stop_id, name, member_ids, lines, x, y (EPSG:25832).
    """
    return select(
        TransitStop.stop_id,
        TransitStop.name,
        TransitStop.member_ids,
        TransitStop.lines,
        func.ST_X(TransitStop.geom).label("x"),
        func.ST_Y(TransitStop.geom).label("y"),
    ).where(TransitStop.feed_id == feed_id)


def stops(feed_ids: Collection[int]) -> Executable:
    """Select the stops of feeds, in an order that does not change.

    Columns: id, feed_id, stop_id, name, modes, x, y (EPSG:25832).
    """
    return (
        select(
            TransitStop.id,
            TransitStop.feed_id,
            TransitStop.stop_id,
            TransitStop.name,
            TransitStop.modes,
            func.ST_X(TransitStop.geom).label("x"),
            func.ST_Y(TransitStop.geom).label("y"),
        )
        .join(TransitFeed, TransitFeed.id == TransitStop.feed_id)
        .where(TransitStop.feed_id == func.any(list(feed_ids)))
        .order_by(TransitFeed.name, TransitStop.stop_id)
    )


def departures(feed_id: int, places: Collection[int]) -> Executable:
    """Select the departures of a feed that run on any of some days of its calendar.

    Parameters
    ----------
    feed_id
        The feed.
    places
        Days after the first day of the feed, all of them within its calendar.

    Columns: stop (stop_pk), mode, line, direction, next_stop_id, headsign, days, departure_s.
    """
    runs = [func.get_bit(TransitDeparture.days, place) == 1 for place in places]
    return (
        select(
            TransitDeparture.stop_pk.label("stop"),
            TransitDeparture.mode,
            TransitDeparture.line,
            TransitDeparture.direction,
            TransitDeparture.next_stop_id,
            TransitDeparture.headsign,
            TransitDeparture.days,
            TransitDeparture.departure_s,
        )
        .where(TransitDeparture.feed_id == feed_id, or_(false(), *runs))
        .order_by(TransitDeparture.id)
    )


def subjects(kind: SubjectKind, on: date) -> Executable:
    """Select what is graded: records that hold on a day and have a place.

    Columns: id, geom (WKB, EPSG:25832).
    """
    table = SUBJECTS[kind]
    return (
        select(table.id, func.ST_AsBinary(table.geom).label("geom"))
        .where(table.valid.contains(on), table.geom.is_not(None))
        .order_by(table.id)
    )


def delete_access(method: str) -> Executable:
    """Delete the stored answers of a method."""
    return delete(TransitAccess).where(TransitAccess.method == method)


def delete_stop_grades(method: str, feed_ids: Collection[int]) -> Executable:
    """Delete the stored categories of a method for the stops of feeds; those of older versions stay."""
    of_feeds = select(TransitStop.id).where(TransitStop.feed_id == func.any(list(feed_ids)))
    return delete(TransitStopGrade).where(
        TransitStopGrade.method == method, TransitStopGrade.stop_pk.in_(of_feeds)
    )


def lines_of(stop: type[TransitStop], family: str) -> ColumnElement[Any]:
    """Return the lines of a stop as a column: those of a family of vehicles, or all where it is no family."""
    if family not in FAMILIES:
        return type_coerce(stop.lines, TransitStop.lines.type)
    of_family = (
        select(TransitDeparture.line)
        .where(TransitDeparture.stop_pk == stop.id, TransitDeparture.mode.in_(sorted(FAMILIES[family])))
        .distinct()
    )
    return func.array(of_family.scalar_subquery(), type_=ARRAY(Text))


def parcel_access(parcel_key: str, method: str, on: date) -> Executable:
    """Select the stored answer about a parcel of the cadastre of a day.

    One row, its transit columns NULL when nothing is stored; none when there is no such parcel.

    Columns: parcel_key; is_published (the public may see it on that day); those of `TransitAccess`; for the
    stop that gave the grade day, window_from_s, window_to_s, mode_group, departures, headway_min and evidence
    of `TransitStopGrade`, and name, publisher, version, source and is_demo of its feed (feed_*); for each of
    the stops (stop, next_stop, rail_stop, tram_stop, bus_stop) id, name and lines (of its family).
    """
    stop_columns: list[Any] = []
    joined = (
        select()
        .select_from(Parcel)
        .outerjoin(
            TransitAccess,
            (TransitAccess.subject_kind == SubjectKind.PARCEL.value)
            & (TransitAccess.subject_id == Parcel.id)
            & (TransitAccess.method == method),
        )
    )
    for role in ("", "next_", "rail_", "tram_", "bus_"):
        stop = aliased(TransitStop, name=f"{role}stop")
        joined = joined.outerjoin(stop, stop.id == getattr(TransitAccess, f"{role}stop_pk"))
        stop_columns += [
            stop.stop_id.label(f"{role}stop_id"),
            stop.name.label(f"{role}stop_name"),
            lines_of(stop, role.removesuffix("_")).label(f"{role}stop_lines"),
        ]
        if not role:
            joined = joined.outerjoin(TransitFeed, TransitFeed.id == stop.feed_id).outerjoin(
                TransitStopGrade,
                (TransitStopGrade.stop_pk == stop.id) & (TransitStopGrade.method == TransitAccess.method),
            )
    shown = published(Parcel.publication_objection, Parcel.publication_announced_on, literal(on, Date))
    return joined.add_columns(
        Parcel.parcel_key,
        shown.label("is_published"),
        *TransitAccess.__table__.columns,
        TransitStopGrade.day,
        TransitStopGrade.window_from_s,
        TransitStopGrade.window_to_s,
        TransitStopGrade.mode_group,
        TransitStopGrade.departures,
        TransitStopGrade.headway_min,
        TransitStopGrade.evidence,
        *stop_columns,
        TransitFeed.name.label("feed_name"),
        TransitFeed.publisher.label("feed_publisher"),
        TransitFeed.feed_version.label("feed_version"),
        TransitFeed.source.label("feed_source"),
        TransitFeed.is_demo.label("feed_is_demo"),
    ).where(Parcel.parcel_key == parcel_key, Parcel.valid.contains(on))
