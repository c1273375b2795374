"""What a feed says, row by row: two numbers for each row that is taken, to compare versions by.

The numbers are the same on every machine and with every version of the libraries: what was imported last year
can be compared with what is imported today.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.transit.gtfs_files import COLUMNS
from geo_service.transit.gtfs_tables import FeedTables, wanted_columns

STOP_TIMES: Final = "stop_times.txt"
TRANSFERS: Final = "transfers.txt"
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "agency.txt": ("agency_id",),
    "stops.txt": ("stop_id",),
    "routes.txt": ("route_id",),
    "trips.txt": ("trip_id",),
    "calendar.txt": ("service_id",),
    "calendar_dates.txt": ("service_id", "date"),
    "frequencies.txt": ("trip_id", "start_time"),
    "transfers.txt": (
        "from_stop_id",
        "to_stop_id",
        "from_trip_id",
        "to_trip_id",
        "from_route_id",
        "to_route_id",
    ),
    "feed_info.txt": (),
}
"""What names a row of a file (Source: GTFS Schedule Reference, "Primary key"); of stop_times.txt trip and
stop_sequence."""
SEPARATOR: Final = "\x1f"
"""Stands in no text of a feed."""
BLOCK_ROWS: Final = 1_000_000

TAKEN_TRIPS: Final = """
SELECT DISTINCT trip_id FROM trips SEMI JOIN calls USING (trip_no) ANTI JOIN unplaced USING (trip_no)
"""
TAKEN_STOPS: Final = """
SELECT stop_id FROM stops WHERE inside UNION SELECT stop_id FROM stops SEMI JOIN calls USING (stop_no)
"""
TRIPS: Final = "SELECT trip_id FROM trips ORDER BY trip_no"
STOPS: Final = "SELECT stop_id FROM stops ORDER BY stop_no"
CALLS: Final = """
SELECT trip_no, stop_no, seq, coalesce(arr, -1) AS arr,
       CASE WHEN dep = -2 THEN coalesce(arr, -1) ELSE coalesce(dep, -1) END AS dep,
       no_pickup, no_drop_off, coalesce(dist, -1.0) AS dist
FROM calls ANTI JOIN unplaced USING (trip_no)
"""

Digests = npt.NDArray[np.uint64]
"""One row for each row of a file: what names it, and what it says; sorted by the first. Shape (n, 2)."""


@dataclass(frozen=True, eq=False)
class FileRows:
    """The rows of one file of a feed.

    Parameters
    ----------
    rows
        Rows in the file.
    digests
        Of those that are taken: stops in the area and those that trips through it serve, these trips, their
        lines, days and stop times.
    """

    rows: int
    digests: Digests


@dataclass(frozen=True)
class FileChanges:
    """The rows of one file compared with the version before.

    Parameters
    ----------
    rows
        Rows in the file.
    new, changed, unchanged
        Rows that are taken.
    gone
        Rows that the version before had.
    rejected
        Faulty rows.
    """

    rows: int
    new: int
    changed: int
    unchanged: int
    gone: int
    rejected: int = 0


def read_rows(tables: FeedTables) -> dict[str, FileRows]:
    """Return the rows of every file of a feed.

    Parameters
    ----------
    tables
        The feed, read as far as its departures: tables ``stops``, ``trips``, ``calls`` and ``unplaced``.
    """
    taken = _taken(tables)
    found: dict[str, FileRows] = {}
    for file in COLUMNS:
        if file == STOP_TIMES:
            found[file] = FileRows(tables.counts["stop_times"], _sorted(_call_digests(tables)))
        elif file == TRANSFERS and file in tables.files.tables:
            found[file] = FileRows(tables.counts["transfers"], _sorted(_transfer_digests(tables)))
        elif file in tables.files.tables:
            found[file] = _file_rows(tables, file, taken)
    return found


def compare_files(
    ours: Mapping[str, FileRows], theirs: Mapping[str, FileRows], rejected: Mapping[str, int]
) -> dict[str, FileChanges]:
    """Count the rows of each file that are new, changed, unchanged or gone.

    Parameters
    ----------
    ours, theirs
        This version and the one before; none when there is none.
    rejected
        File to the number of its faulty rows.
    """
    nothing = FileRows(0, np.empty((0, 2), dtype=np.uint64))
    return {
        file: _changes(ours.get(file, nothing), theirs.get(file, nothing), rejected.get(file, 0))
        for file in COLUMNS
        if file in ours or file in theirs
    }


def _changes(ours: FileRows, theirs: FileRows, rejected: int) -> FileChanges:
    known = np.isin(ours.digests[:, 0], theirs.digests[:, 0], assume_unique=True)
    place = np.searchsorted(theirs.digests[:, 0], ours.digests[known, 0])
    same = int((theirs.digests[place, 1] == ours.digests[known, 1]).sum())
    both = int(known.sum())
    return FileChanges(
        rows=ours.rows,
        new=len(ours.digests) - both,
        changed=both - same,
        unchanged=same,
        gone=len(theirs.digests) - both,
        rejected=rejected,
    )


def _taken(tables: FeedTables) -> dict[str, dict[str, set[str]]]:
    """Return the values of a column that rows of a file must have to be taken."""
    trips = tables.frame("trips.txt")
    trip_ids = _ids(tables, TAKEN_TRIPS)
    chosen = trips[trips.trip_id.isin(trip_ids)]
    stops = tables.frame("stops.txt")
    stop_ids = _ids(tables, TAKEN_STOPS)
    for _ in range(2):  # a boarding area stands below a platform, which stands below a station
        stop_ids |= set(stops.parent_station[stops.stop_id.isin(stop_ids)])
    services = {"service_id": set(chosen.service_id)}
    return {
        "stops.txt": {"stop_id": stop_ids},
        "routes.txt": {"route_id": set(chosen.route_id)},
        "trips.txt": {"trip_id": trip_ids},
        "calendar.txt": services,
        "calendar_dates.txt": services,
        "frequencies.txt": {"trip_id": trip_ids},
    }


def _ids(tables: FeedTables, statement: str) -> set[str]:
    return {row[0] for row in tables.duck.execute(statement).fetchall()}


def _file_rows(tables: FeedTables, file: str, taken: Mapping[str, Mapping[str, set[str]]]) -> FileRows:
    frame = tables.frame(file)
    rows = len(frame) + tables.unreadable.get(file, 0)
    for column, values in taken.get(file, {}).items():
        frame = frame[frame[column].isin(values)]
    key, columns = list(KEYS[file]), list(wanted_columns(file))
    frame = frame.drop_duplicates(key) if key else frame.head(1)
    digests = np.column_stack([text_digests(_joined(frame, key)), text_digests(_joined(frame, columns))])
    return FileRows(rows, _sorted(digests))


def _joined(frame: pd.DataFrame, columns: list[str]) -> Iterable[str]:
    """Return the texts of some columns of each row in one."""
    if not columns:
        return [""] * len(frame)
    return (SEPARATOR.join(row) for row in frame[columns].itertuples(index=False, name=None))


def _call_digests(tables: FeedTables) -> Digests:
    """Return the digests of the stop times that are taken."""
    trips, stops = (
        text_digests(row[0] for row in tables.duck.execute(statement).fetchall())
        for statement in (TRIPS, STOPS)
    )
    blocks = [np.empty((0, 2), dtype=np.uint64)]
    for batch in tables.duck.sql(CALLS).to_arrow_reader(BLOCK_ROWS) or ():
        call = {name: batch.column(name).to_numpy(zero_copy_only=False) for name in batch.schema.names}
        numbers = [_bits(call[name]) for name in ("arr", "dep", "no_pickup", "no_drop_off", "dist")]
        key = mixed(trips[call["trip_no"]], _bits(call["seq"]))
        blocks.append(np.column_stack([key, mixed(key, stops[call["stop_no"]], *numbers)]))
    return np.concatenate(blocks)


def _transfer_digests(tables: FeedTables) -> Digests:
    """Return the digests of the transfers that are kept, read block by block."""
    blocks = [np.empty((0, 2), dtype=np.uint64)]
    for batch in tables.duck.sql("FROM kept_transfers").to_arrow_reader(BLOCK_ROWS) or ():
        frame = batch.to_pandas()
        key, columns = list(KEYS[TRANSFERS]), list(wanted_columns(TRANSFERS))
        blocks.append(
            np.column_stack([text_digests(_joined(frame, key)), text_digests(_joined(frame, columns))])
        )
    return np.concatenate(blocks)


def _bits(values: npt.NDArray[np.generic]) -> Digests:
    """Return numbers as 64 bits each."""
    wide = np.float64 if values.dtype.kind == "f" else np.int64
    return np.ascontiguousarray(values.astype(wide)).view(np.uint64)


def text_digests(texts: Iterable[str]) -> Digests:
    """Return a number for each text; shape (n,)."""
    joined = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(joined, dtype="<u8").astype(np.uint64)


def mixed(first: Digests, *others: Digests) -> Digests:
    """Return one number for the numbers of a row, in their order; shape (n,).

    Source: SplitMix64, the finishing steps (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
    Generators", 2014).
    """
    result = first
    for other in others:
        step = (result ^ other) + np.uint64(0x9E37_79B9_7F4A_7C15)
        step = (step ^ (step >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
        step = (step ^ (step >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
        result = step ^ (step >> np.uint64(31))
    return result


def _sorted(digests: Digests) -> Digests:
    return digests[np.argsort(digests[:, 0], kind="stable")]
