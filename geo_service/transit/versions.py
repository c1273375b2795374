"""What a version of a feed is to the one before: stops, and the rows of every file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection

from geo_service.transit import queries
from geo_service.transit.gtfs import Feed
from geo_service.transit.gtfs_rows import FileChanges, FileRows, compare_files

DIGEST_BYTES: Final = 16
"""Of a row: key and content."""
NOT_KEPT: Final = (
    "The version before was stored without the rows of its files: all rows of this one are counted as new."
)


@dataclass(frozen=True)
class Changes:
    """A version of a feed compared with the one before.

    Parameters
    ----------
    new, changed, unchanged, gone
        Stops as passengers know them; changed: in name, place, platforms or lines.
    files
        File to its rows.
    warnings
        What could not be compared.
    """

    new: int
    changed: int
    unchanged: int
    gone: int
    files: dict[str, FileChanges]
    warnings: tuple[str, ...] = ()


def compare_feed(connection: Connection, feed: Feed, current_id: int | None) -> Changes:
    """Compare a feed as read with the version that is current; None: there is none."""
    stops = feed.stops
    places = [(round(point.x, 3), round(point.y, 3)) for point in stops.geometry]
    ours = {
        stop_id: (name, tuple(members), tuple(lines), *place)
        for stop_id, name, members, lines, place in zip(
            stops.stop_id, stops.name, stops.member_ids, stops.lines, places, strict=True
        )
    }
    return _changes(connection, ours, feed.files, current_id, feed.rejected)


def compare_stored(
    connection: Connection, feed_id: int, current_id: int | None, rejected: Mapping[str, int]
) -> Changes:
    """Compare a version that is stored with the current one, which may be the same; None: it was ended.

    ``rejected``: file to the number of rows that were left out when it was imported.
    """
    stops = _stored_stops(connection, feed_id)
    if feed_id != current_id:
        return _changes(connection, stops, _stored_files(connection, feed_id), current_id, rejected)
    files = {
        row.file: FileChanges(row.rows, 0, 0, row.bytes // DIGEST_BYTES, 0, rejected.get(row.file, 0))
        for row in connection.execute(queries.file_sizes(feed_id))
    }
    return Changes(0, 0, len(stops), 0, files)


def _changes(
    connection: Connection,
    ours: Mapping[str, Any],
    files: Mapping[str, FileRows],
    current_id: int | None,
    rejected: Mapping[str, int],
) -> Changes:
    theirs = {} if current_id is None else _stored_stops(connection, current_id)
    before = {} if current_id is None else _stored_files(connection, current_id)
    known = [stop_id for stop_id in ours if stop_id in theirs]
    same = sum(ours[stop_id] == theirs[stop_id] for stop_id in known)
    return Changes(
        new=len(ours) - len(known),
        changed=len(known) - same,
        unchanged=same,
        gone=len(theirs) - len(known),
        files=compare_files(files, before, rejected),
        warnings=(NOT_KEPT,) if current_id is not None and not before else (),
    )


def _stored_stops(connection: Connection, feed_id: int) -> dict[str, Any]:
    return {
        row.stop_id: (row.name, tuple(row.member_ids), tuple(row.lines), round(row.x, 3), round(row.y, 3))
        for row in connection.execute(queries.stop_records(feed_id))
    }


def _stored_files(connection: Connection, feed_id: int) -> dict[str, FileRows]:
    return {
        row.file: FileRows(row.rows, np.frombuffer(row.digests, dtype="<u8").astype(np.uint64).reshape(-1, 2))
        for row in connection.execute(queries.file_rows(feed_id))
    }


def keep_files(connection: Connection, files: Mapping[str, FileRows], feed_id: int) -> None:
    """Store the rows of a version's files for the next one to be compared with."""
    rows = [
        {
            "feed_id": feed_id,
            "file": file,
            "rows": of_file.rows,
            "digests": of_file.digests.astype("<u8").tobytes(),
        }
        for file, of_file in files.items()
    ]
    if rows:
        connection.execute(queries.add_files(), rows)
