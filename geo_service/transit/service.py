"""Import timetables, grade stops, and store the transit answer of every parcel, plot, site and premises."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, TypedDict, Unpack

from shapely import Geometry, intersects
from sqlalchemy import Connection, Row

from geo_service.city import CityProfile, load_city
from geo_service.db import Database
from geo_service.imports.report import Language, Progress, silent
from geo_service.transit import queries
from geo_service.transit.grades import current_feed
from geo_service.transit.gtfs import Feed, ReadOptions, read_gtfs
from geo_service.transit.gtfs_faults import require_writable, write_faults
from geo_service.transit.gtfs_files import content_hash
from geo_service.transit.ingest import FeedReport, Labels, write_feed
from geo_service.transit.turns import wait_for_turn
from geo_service.transit.validity import warnings
from geo_service.transit.versions import Changes, compare_feed, compare_stored

READER: Final = 10
"""Version of the reader: raised when the same file would be stored otherwise, so that it is read anew."""

Turn = Callable[[Connection], None]
"""Waits until nobody else writes."""


class ImportSettings(TypedDict, total=False):
    """How a feed is imported.

    ``day``: reference working day (else chosen by rule). ``allow_outside``: take stops outside the city.
    ``source``: origin as shown to readers (else the publisher). ``is_demo``: the timetable is invented or
    simplified. ``actor``: who imports. ``repair``: leave out faulty rows instead of refusing the feed.
    ``rejects``: file that the faulty rows are listed in. ``language``: that of its reasons.
    """

    day: date | None
    allow_outside: bool
    source: str
    is_demo: bool
    actor: str
    repair: bool
    rejects: Path | None
    language: Language


def import_gtfs(
    database: Database,
    path: Path,
    name: str,
    dry_run: bool = False,
    progress: Progress = silent,
    **settings: Unpack[ImportSettings],
) -> FeedReport:
    """Import a GTFS feed, all or nothing: a new version becomes current, the one before is kept, ended.

    It waits while another import or refresh writes.

    Nothing is written when a row is faulty, unless it is asked to repair; the report lists such rows.

    Parameters
    ----------
    database
        The database; its settings name the city.
    path
        GTFS zip file, or a folder with its text files.
    name
        Name under which versions of the feed follow each other.
    dry_run
        Read and compare only.
    progress
        Told of each step.
    **settings
        As `ImportSettings`.

    Raises
    ------
    ImportRejected
        When the feed is broken or has nothing for the city: file, field and row are named.
    BadParameter
        When the reference day is not in the feed.
    """
    repair, rejects = settings.get("repair", False), settings.get("rejects")
    require_writable(rejects)
    city = load_city(database.settings.city)
    version = _version_hash(path, city, settings)
    actor = settings.get("actor", "transit")

    def turn(connection: Connection) -> None:
        wait_for_turn(connection, progress, 0.8)

    with database.begin(actor) as connection:
        known = _known_version(connection, (name, version), turn, dry_run, repair)
    if known is not None:
        return _dated(known)
    feed = read_gtfs(path, _read_options(city, settings), lambda what, share: progress(what, 0.8 * share))
    progress("Writing", 0.8)
    labels = Labels(
        name=name,
        file_name=path.name,
        version_hash=version,
        source=settings.get("source") or ", ".join(part for part in (feed.publisher, "GTFS") if part),
        is_demo=settings.get("is_demo", False),
        actor=actor,
    )
    report = _store(database, feed, labels, turn, dry_run, repair)
    if rejects is not None and report.faults:
        write_faults(rejects, report.faults, settings.get("language", "en"))
    progress("Done", 1.0)
    return _dated(report)


def _dated(report: FeedReport) -> FeedReport:
    """Warn of a calendar that does not cover today; told anew each time, kept with no version."""
    dated = warnings(report.first_day, report.last_day)
    return replace(report, warnings=(*dated, *report.warnings))


def _version_hash(path: Path, city: CityProfile, settings: ImportSettings) -> str:
    """Return the hash that tells whether the same would be stored again."""
    area = "all" if settings.get("allow_outside") else f"{city.key}+{city.margin_m}"
    parts = (content_hash(path), str(settings.get("day")), area, str(READER))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _read_options(city: CityProfile, settings: ImportSettings) -> ReadOptions:
    if settings.get("allow_outside"):
        return ReadOptions(settings.get("day"))
    name = f"{city.name} and {city.margin_m:,.0f} m around it"
    return ReadOptions(settings.get("day"), area_of(city), name, city.land_key)


def area_of(city: CityProfile) -> Geometry:
    """Return where stops count: the city and its margin, EPSG:25832."""
    return city.boundary.buffer(city.margin_m)


def _store(
    database: Database, feed: Feed, labels: Labels, turn: Turn, dry_run: bool, repair: bool
) -> FeedReport:
    """Compare with the version before, and write unless refused, on a dry run, or written meanwhile."""
    refused = bool(feed.rejected) and not repair
    with database.begin(labels.actor) as connection:
        if not (dry_run or refused):
            turn(connection)
        known = _known_version(connection, (labels.name, labels.version_hash), turn, dry_run, repair)
        if known is not None:
            return known
        current = connection.execute(queries.kept_feeds(labels.name)).first()
        changes = compare_feed(connection, feed, current.id if current else None)
        report = FeedReport(
            name=labels.name,
            status="changed" if current else "new",
            dry_run=dry_run,
            publisher=feed.publisher,
            version=feed.version,
            first_day=feed.first_day,
            last_day=feed.last_day,
            weekday=feed.days.weekday,
            saturday=feed.days.saturday,
            sunday=feed.days.sunday,
            new=changes.new,
            changed=changes.changed,
            unchanged=changes.unchanged,
            gone=changes.gone,
            files=changes.files,
            counts=feed.counts,
            warnings=(*feed.warnings, *changes.warnings),
            rejected=feed.rejected,
            faults=feed.faults,
            refused=refused,
            outside=not intersects(area_of(load_city(database.settings.city)), feed.stops.geometry).any(),
        )
        if not (dry_run or refused):
            write_feed(connection, feed, labels, report)
    return report


def _known_version(
    connection: Connection, labels: tuple[str, str], turn: Turn, dry_run: bool, repair: bool
) -> FeedReport | None:
    """Report about a version that is stored already, made current if it is not; None when there is none.

    One that had to be repaired is only known to who repairs again: others are to see what is wrong with it.
    """
    name, version = labels
    stored = connection.execute(queries.feed_version(name, version)).first()
    if stored is None or (stored.report.get("rejected") and not repair):
        return None
    if stored.ended_at is not None and not dry_run:
        turn(connection)
        stored = connection.execute(queries.feed_version(name, version)).one()
    current = connection.execute(queries.kept_feeds(name)).one_or_none()
    before = current.id if current else None
    changes = compare_stored(connection, stored.id, before, stored.report.get("rejected", {}))
    if stored.ended_at is not None and not dry_run:
        connection.execute(queries.end_feed(name))
        counts = not stored.report.get("outside", False)
        connection.execute(queries.revive_feed(stored.id, counts=counts))
    return _report_of_stored(stored, changes, dry_run)


def end_feed(database: Database, name: str, actor: str = "transit") -> int:
    """End a feed as of now; its versions stay. Return how many feeds today's answers still rest on.

    Raises
    ------
    NotFound
        When there is no feed of this name, or it is ended already.
    """
    with database.begin(actor) as connection:
        wait_for_turn(connection)
        current_feed(connection, name)
        connection.execute(queries.end_feed(name))
        return len(connection.execute(queries.current_feeds()).all())


def _report_of_stored(stored: Row[Any], changes: Changes, dry_run: bool) -> FeedReport:
    """Report about a version that is in the database already."""
    return FeedReport(
        name=stored.name,
        status="unchanged" if stored.ended_at is None else "changed",
        dry_run=dry_run,
        publisher=stored.publisher,
        version=stored.feed_version,
        first_day=stored.service.lower,
        last_day=stored.service.upper - timedelta(days=1),
        weekday=stored.weekday,
        saturday=stored.saturday,
        sunday=stored.sunday,
        new=changes.new,
        changed=changes.changed,
        unchanged=changes.unchanged,
        gone=changes.gone,
        files=changes.files,
        counts=stored.report["counts"],
        warnings=(*stored.report["warnings"], *changes.warnings),
        rejected=stored.report.get("rejected", {}),
        outside=stored.report.get("outside", False),
    )
