"""Statements of the transit slice: feeds, stops, departures, what is graded, and the stored answers."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    Executable,
    LargeBinary,
    Select,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from geo_service.parcels.models import Parcel
from geo_service.sites.models import Plot, Site
from geo_service.transit.models import (
    SubjectKind,
    TransitDeparture,
    TransitFeed,
    TransitFeedFile,
    TransitStop,
    TransitStopGrade,
)
from geo_service.vacancies.models import Premises

IMPORT_LOCK = 4_711_004
"""Number of the advisory lock that lets only one import or refresh write at a time."""
TWO_DAYS_S = 2 * 86_400
SUBJECTS: dict[SubjectKind, Any] = {
    SubjectKind.PARCEL: Parcel,
    SubjectKind.PLOT: Plot,
    SubjectKind.SITE: Site,
    SubjectKind.PREMISES: Premises,
}
"""Tables whose rows are graded."""


def wait_writing() -> Executable:
    """Wait for the lock of imports and refreshes, and take it until the transaction ends."""
    return select(func.pg_advisory_xact_lock(IMPORT_LOCK))


def lock_writing() -> Executable:
    """Take the lock of imports and refreshes until the transaction ends; one boolean: whether it was free."""
    return select(func.pg_try_advisory_xact_lock(IMPORT_LOCK))


def current_feeds() -> Select[Any]:
    """Select the feeds that today's answers rest on, in their current version (all columns of `TransitFeed`).

    Not ended, and with a stop within the city and its margin.
    """
    return select(TransitFeed).where(TransitFeed.is_current).order_by(TransitFeed.name)


def calendars() -> Select[Any]:
    """Select the calendars of the feeds that today's answers rest on: feed (name), first_day, last_day."""
    service = TransitFeed.service
    return (
        select(
            TransitFeed.name.label("feed"),
            func.lower(service).label("first_day"),
            (func.upper(service) - 1).label("last_day"),
        )
        .where(TransitFeed.is_current)
        .order_by(TransitFeed.name)
    )


def kept_feeds(name: str | None = None) -> Select[Any]:
    """Select what is not ended: besides `current_feeds` those imported for checking only."""
    named = true() if name is None else TransitFeed.name == name
    return select(TransitFeed).where(TransitFeed.ended_at.is_(None), named).order_by(TransitFeed.name)


def versions() -> Select[Any]:
    """Select all versions of all feeds, the newest of each first: columns of `TransitFeed`, and stops."""
    stops = select(func.count()).where(TransitStop.feed_id == TransitFeed.id).scalar_subquery()
    return select(*TransitFeed.__table__.columns, stops.label("stops")).order_by(
        TransitFeed.name, TransitFeed.ended_at.desc().nulls_first(), TransitFeed.id.desc()
    )


def feed_version(name: str, content_hash: str) -> Select[Any]:
    """Select the stored version of a feed with this content, if there is one."""
    return select(TransitFeed).where(TransitFeed.name == name, TransitFeed.content_hash == content_hash)


def end_feed(name: str) -> Executable:
    """End the version of a feed that is not ended, if there is one; its rows stay."""
    current = update(TransitFeed).where(TransitFeed.name == name, TransitFeed.ended_at.is_(None))
    return current.values(is_current=False, ended_at=func.now())


def revive_feed(feed_id: int, *, counts: bool) -> Executable:
    """Take an older version of a feed up again; ``counts``: today's answers rest on it."""
    return update(TransitFeed).where(TransitFeed.id == feed_id).values(is_current=counts, ended_at=None)


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


def add_files() -> Executable:
    """Add files of a feed, one set of values each."""
    return insert(TransitFeedFile)


def file_rows(feed_id: int) -> Executable:
    """Select the rows of the files of a feed: file, rows, digests."""
    files = TransitFeedFile
    return select(files.file, files.rows, files.digests).where(files.feed_id == feed_id)


def file_sizes(feed_id: int) -> Executable:
    """Select the files of a feed: file, rows, bytes of the digests."""
    files = TransitFeedFile
    size = func.octet_length(files.digests).label("bytes")
    return select(files.file, files.rows, size).where(files.feed_id == feed_id)


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


def stations(feed_ids: Collection[int]) -> Executable:
    """Select the stops of feeds to find their stations, in an order that does not change.

    Columns: id, feed_id, stop_id, name, modes, lines, platforms (number), x, y (EPSG:25832).
    """
    return (
        select(
            TransitStop.id,
            TransitStop.feed_id,
            TransitStop.stop_id,
            TransitStop.name,
            TransitStop.modes,
            TransitStop.lines,
            func.cardinality(TransitStop.member_ids).label("platforms"),
            func.ST_X(TransitStop.geom).label("x"),
            func.ST_Y(TransitStop.geom).label("y"),
        )
        .join(TransitFeed, TransitFeed.id == TransitStop.feed_id)
        .where(TransitStop.feed_id == func.any(list(feed_ids)))
        .order_by(TransitFeed.name, TransitStop.stop_id)
    )


def departures(
    feed_id: int,
    places: Collection[int],
    stop_ids: Collection[int] | None = None,
    long_ago: Collection[int] = (),
) -> Executable:
    """Select the departures of a feed that run on any of some days of its calendar.

    Parameters
    ----------
    feed_id
        The feed.
    places
        Days after the first day of the feed, all of them within its calendar.
    stop_ids
        Rows of the stops; None: all of the feed.
    long_ago
        More such days, of which only what departs at 48:00 or later is asked for.

    Columns: stop (stop_pk), mode, line, direction, next_stop_id, headsign, days, departure_s (int4[] as
    PostgreSQL sends it: numbers of a whole city reach numpy without a Python object each).
    """
    runs = [func.get_bit(TransitDeparture.days, place) == 1 for place in places]
    times = TransitDeparture.departure_s
    if long_ago:
        under_way = or_(*(func.get_bit(TransitDeparture.days, place) == 1 for place in long_ago))
        runs.append(and_(times[func.cardinality(times)] >= TWO_DAYS_S, under_way))
    at = true() if stop_ids is None else TransitDeparture.stop_pk == func.any(list(stop_ids))
    return (
        select(
            TransitDeparture.stop_pk.label("stop"),
            TransitDeparture.mode,
            TransitDeparture.line,
            TransitDeparture.direction,
            TransitDeparture.next_stop_id,
            TransitDeparture.headsign,
            TransitDeparture.days,
            func.array_send(TransitDeparture.departure_s, type_=LargeBinary).label("departure_s"),
        )
        .where(TransitDeparture.feed_id == feed_id, at, or_(false(), *runs))
        .order_by(TransitDeparture.id)
    )


def delete_stop_grades(method: str, window: str, feed_ids: Collection[int]) -> Executable:
    """Delete the stored categories of a method and window for the stops of feeds; older versions' stay."""
    of_feeds = select(TransitStop.id).where(TransitStop.feed_id == func.any(list(feed_ids)))
    return delete(TransitStopGrade).where(
        TransitStopGrade.method == method,
        TransitStopGrade.time_window == window,
        TransitStopGrade.stop_pk.in_(of_feeds),
    )
