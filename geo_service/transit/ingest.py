"""Write a feed to the database by binary COPY: a new version becomes current, the old one is kept."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd
from psycopg.types.range import Range
from sqlalchemy import Connection, insert, select

from geo_service.db import copy_frame
from geo_service.imports.models import ImportRun
from geo_service.imports.report import Language
from geo_service.transit import queries
from geo_service.transit.gtfs import Feed
from geo_service.transit.gtfs_faults import RowFault, summaries
from geo_service.transit.gtfs_rows import FileChanges
from geo_service.transit.models import TransitDeparture, TransitFeed, TransitStop, TransitTransfer
from geo_service.transit.reach_models import TransitPattern
from geo_service.transit.versions import keep_files

COUNTED = ("new", "changed", "unchanged", "gone")
"""Counts of stops that are kept with the list of imports."""
BLOCK_ROWS = 100_000
"""Transfers written at once."""
KIND = "gtfs"
"""Kind of the import in the list of imports."""


@dataclass(frozen=True)
class Labels:
    """How a feed is called and where it comes from.

    Parameters
    ----------
    name
        Name under which versions follow each other.
    file_name
        Name of the file.
    version_hash
        SHA-256 of the content and of the options that shape what is stored.
    source
        Origin as shown to readers.
    is_demo
        Whether the timetable is invented or simplified.
    actor
        Who imports.
    """

    name: str
    file_name: str
    version_hash: str
    source: str
    is_demo: bool
    actor: str


@dataclass(frozen=True)
class FeedReport:
    """What an import of a feed did, or would do.

    Parameters
    ----------
    name
        Name of the feed.
    status
        new (first version), changed (another version became current), unchanged.
    dry_run
        Nothing was to be written.
    new, changed, unchanged, gone
        Stops compared with the version before.
    publisher, version
        As the feed says.
    first_day, last_day
        Days of the calendar.
    weekday, saturday, sunday
        Reference days.
    counts
        What was read and left out.
    warnings
        What a reader should know.
    rejected
        File to the number of rows that could not be taken.
    faults
        Those rows, the first of each file; none for a version that was stored before.
    refused
        Nothing was written because of them; the other figures are what would be without such rows.
    files
        File to its rows, compared with those of the version before.
    outside
        No stop lies within the city and its margin: kept for checking, today's answers do not rest on it.
    """

    name: str
    status: str
    dry_run: bool
    publisher: str
    version: str
    first_day: date
    last_day: date
    weekday: date
    saturday: date | None
    sunday: date | None
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[RowFault, ...] = ()
    refused: bool = False
    files: Mapping[str, FileChanges] = field(default_factory=dict)
    outside: bool = False

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """Return the report as a JSON object, the reasons of faulty rows in a language."""
        faults = [fault.as_json(language) for fault in self.faults]
        return {**asdict(self), "warnings": list(self.warnings), "faults": faults}

    @property
    def left_out(self) -> tuple[str, ...]:
        """Sentences that are kept with the feed: which rows were left out, and why."""
        return tuple(summaries(self.faults))


def write_feed(connection: Connection, feed: Feed, labels: Labels, report: FeedReport) -> int:
    """Store a feed as the current version of its name and return its id.

    Today's answers rest on it when it has a stop within the city and its margin.

    Parameters
    ----------
    connection
        Connection in a transaction; nothing is kept when it fails.
    feed
        The feed as read.
    labels
        Name, origin, hash.
    report
        Counts and warnings, kept with the feed.
    """
    connection.execute(queries.end_feed(labels.name))
    feed_id: int = connection.execute(
        insert(TransitFeed)
        .values(
            name=labels.name,
            content_hash=labels.version_hash,
            file_name=labels.file_name,
            publisher=feed.publisher,
            feed_version=feed.version,
            service=Range(feed.first_day, feed.last_day + timedelta(days=1)),
            weekday=feed.days.weekday,
            saturday=feed.days.saturday,
            sunday=feed.days.sunday,
            report={
                "counts": dict(report.counts),
                "warnings": [*report.warnings, *report.left_out],
                "rejected": dict(report.rejected),
                "outside": report.outside,
            },
            is_current=not report.outside,
            source=labels.source,
            is_demo=labels.is_demo,
        )
        .returning(TransitFeed.id)
    ).scalar_one()
    _copy_stops(connection, feed, feed_id)
    _copy_departures(connection, feed, feed_id)
    _copy_patterns(connection, feed, feed_id)
    _copy_transfers(connection, feed, feed_id)
    keep_files(connection, feed.files, feed_id)
    _record_run(connection, labels, feed.content_hash, report)
    return feed_id


def _record_run(connection: Connection, labels: Labels, content_hash: str, report: FeedReport) -> None:
    """Note a finished import with the counts of its stops."""
    connection.execute(
        insert(ImportRun).values(
            kind=KIND,
            file_name=labels.file_name,
            content_hash=content_hash,
            actor=labels.actor,
            counts={name: getattr(report, name) for name in COUNTED}
            | {"rejected": sum(report.rejected.values())},
        )
    )


def _copy_stops(connection: Connection, feed: Feed, feed_id: int) -> None:
    frame = feed.stops.rename(columns={"geometry": "geom"}).assign(feed_id=feed_id)
    copy_frame(connection, TransitStop.metadata.tables[TransitStop.__tablename__], frame)


def _copy_departures(connection: Connection, feed: Feed, feed_id: int) -> None:
    number = _stop_numbers(connection, feed_id)
    frame = feed.departures.assign(
        feed_id=feed_id,
        stop_pk=feed.departures.stop_id.map(number).astype(int),
        departure_s=pd.Series([times.tolist() for times in feed.departures.departure_s], dtype=object),
    )
    table = TransitDeparture.metadata.tables[TransitDeparture.__tablename__]
    copy_frame(connection, table, frame.drop(columns="stop_id"))


def _copy_patterns(connection: Connection, feed: Feed, feed_id: int) -> None:
    number = _stop_numbers(connection, feed_id)
    places = [[number[stop_id] for stop_id in stop_ids] for stop_ids in feed.patterns.stop_ids]
    frame = feed.patterns.drop(columns="stop_ids").assign(
        feed_id=feed_id, stop_pks=pd.Series(places, dtype=object)
    )
    copy_frame(connection, TransitPattern.metadata.tables[TransitPattern.__tablename__], frame)


def _copy_transfers(connection: Connection, feed: Feed, feed_id: int) -> None:
    table = TransitTransfer.metadata.tables[TransitTransfer.__tablename__]
    for batch in () if feed.transfers is None else feed.transfers.to_batches(BLOCK_ROWS):
        frame = batch.to_pandas(integer_object_nulls=True).assign(feed_id=feed_id)
        copy_frame(connection, table, frame)


def _stop_numbers(connection: Connection, feed_id: int) -> dict[str, int]:
    """Return the numbers of the stored stops of a feed by their ids."""
    ids = connection.execute(
        select(TransitStop.stop_id, TransitStop.id).where(TransitStop.feed_id == feed_id)
    )
    return {row.stop_id: row.id for row in ids}
