"""Load the text files of a GTFS feed into a private DuckDB file and check that ids hold together."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import duckdb
import pandas as pd
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyRelation

from geo_service.errors import ImportRejected
from geo_service.transit.gtfs_files import COLUMNS, FeedFiles, find_row, refused

MEMORY_LIMIT: Final = "2GB"
"""Memory of DuckDB; what does not fit goes to the feed's working folder."""
THREADS: Final = 2

OPTIONAL: Final[dict[str, tuple[str, ...]]] = {
    "agency.txt": ("agency_id", "agency_name", "agency_timezone"),
    "stops.txt": ("stop_name", "location_type", "parent_station", "platform_code"),
    "routes.txt": ("agency_id", "route_short_name", "route_long_name"),
    "trips.txt": ("trip_headsign", "direction_id"),
    "stop_times.txt": ("arrival_time", "pickup_type", "shape_dist_traveled"),
    "feed_info.txt": ("feed_publisher_name", "feed_version"),
}
"""Columns that are used when they are there; read as NULL otherwise."""

KEYS: Final = {"stops.txt": "stop_id", "routes.txt": "route_id", "trips.txt": "trip_id"}
"""Files whose rows have an id that must be unique."""

SECONDS_MACRO: Final = """
CREATE MACRO seconds(clock) AS CASE
    WHEN clock IS NULL OR trim(clock) = '' THEN NULL
    WHEN regexp_full_match(trim(clock), '\\d{1,3}:[0-5]\\d:[0-5]\\d')
    THEN CAST(split_part(trim(clock), ':', 1) AS INTEGER) * 3600
         + CAST(split_part(clock, ':', 2) AS INTEGER) * 60
         + CAST(split_part(trim(clock), ':', 3) AS INTEGER)
    ELSE -1 END
"""
"""Seconds of a GTFS time (H:MM:SS, hours may exceed 23); NULL when blank, -1 when it is no time."""

CALLS: Final = """
CREATE TABLE calls AS
SELECT trips.trip_no,
       stops.stop_no,
       TRY_CAST(trim(source.stop_sequence) AS INTEGER) AS seq,
       seconds(source.arrival_time) AS arr,
       seconds(source.departure_time) AS dep,
       coalesce(trim(source.pickup_type) = '1', false) AS no_pickup,
       TRY_CAST(source.shape_dist_traveled AS DOUBLE) AS dist,
       coalesce(trim(source.stop_id), '') = '' AS flexible
FROM stop_times_txt AS source
LEFT JOIN trips ON trips.trip_id = trim(source.trip_id)
LEFT JOIN stops ON stops.stop_id = trim(source.stop_id)
"""
"""Rows of stop_times.txt with numbers for ids and seconds for times; flexible ones serve an area, no stop."""

CALL_FAULTS: Final = """
SELECT count(*) FILTER (trip_no IS NULL) AS trip_id,
       count(*) FILTER (stop_no IS NULL AND NOT flexible) AS stop_id,
       count(*) FILTER (seq IS NULL) AS stop_sequence,
       count(*) FILTER (dep = -1) AS departure_time,
       count(*) FILTER (arr = -1) AS arrival_time,
       count(*) AS calls,
       count(*) FILTER (flexible) AS flexible
FROM calls
"""
REJECTS: Final = """
SELECT count(DISTINCT line), min(line), min(CAST(error_message AS VARCHAR)),
       min(line) FILTER (error_type = 'UNQUOTED VALUE')
FROM query_table(?)
"""
"""Rows that DuckDB could not read, the first of them, and the first with an open quotation mark; parameter:
the table it keeps them in."""
WHOLE_NUMBER: Final = re.compile(r"[-+]?0*\d{1,9}(?:\.\d+)?")
"""A sequence number."""
TIME: Final = re.compile(r"\s*(\d{1,3}:[0-5]\d:[0-5]\d)?\s*")
"""A time of GTFS, or nothing."""

CALL_ADVICE: Final = {
    "trip_id": ("is not in trips.txt", "Add the trip to trips.txt or remove its rows."),
    "stop_id": ("is not in stops.txt", "Add the stop to stops.txt or remove its rows."),
    "stop_sequence": ("is no whole number", "Number the stops of a trip in their order."),
    "departure_time": ("is no time", "Write H:MM:SS or HH:MM:SS; hours may exceed 23."),
    "arrival_time": ("is no time", "Write H:MM:SS or HH:MM:SS; hours may exceed 23."),
}
"""What is wrong with a field of stop_times.txt, and how to mend it."""


class FeedTables:
    """A feed in DuckDB, with the counts and warnings of reading it.

    Parameters
    ----------
    files
        The opened feed.
    """

    def __init__(self, files: FeedFiles) -> None:
        self.files = files
        self.warnings: list[str] = list(files.warnings)
        self.counts: dict[str, int] = {}
        self.duck = duckdb.connect(str(files.folder / "feed.duckdb"))
        self.duck.execute("SET memory_limit = ?", [MEMORY_LIMIT])
        self.duck.execute("SET threads = ?", [THREADS])
        self.duck.execute("SET temp_directory = ?", [str(files.folder / "spill")])
        self.duck.execute("SET enable_progress_bar = false")
        self.duck.execute(SECONDS_MACRO)

    def frame(self, file: str) -> pd.DataFrame:
        """Read a small file whole: its known columns as stripped text, blank when missing."""
        self.duck.execute("SET preserve_insertion_order = true")
        columns = list(wanted_columns(file))
        if file not in self.files.tables:
            return pd.DataFrame(columns=columns, dtype=object)
        with readable(file):
            rows = self._source(file).fetchall()
        self._count_rejects(file)
        clean = [[(value or "").strip() for value in row] for row in rows]
        return pd.DataFrame(clean, columns=columns, dtype=object)

    def _source(self, file: str) -> DuckDBPyRelation:
        """Return the known columns of a file as a relation of text."""
        table = self.files.tables[file]
        names = [name or f"column_{place}" for place, name in enumerate(table.columns)]
        stem = file.removesuffix(".txt")
        relation = self.duck.read_csv(
            str(table.path),
            columns=dict.fromkeys(names, "VARCHAR"),
            header=False,
            skiprows=1,
            delimiter=",",
            quotechar='"',
            escapechar='"',
            auto_detect=False,
            store_rejects=True,
            rejects_table=f"bad_{stem}",
            rejects_scan=f"scan_{stem}",
        )
        missing = ConstantExpression(None).cast("VARCHAR")
        return relation.project(
            *(
                ColumnExpression(name) if name in names else missing.alias(name)
                for name in wanted_columns(file)
            )
        )

    def _count_rejects(self, file: str) -> None:
        """Warn of rows that are no rows (too few or too many fields); they are left out.

        Raises
        ------
        ImportRejected
            When a quotation mark is left open: it swallows an unknown number of rows behind it.
        """
        stem = file.removesuffix(".txt")
        number, first, reason, unclosed = self.duck.execute(REJECTS, [f"bad_{stem}"]).fetchall()[0]
        if unclosed:
            raise refused(
                "a quotation mark is opened and not closed.",
                'Close it, or write "" for a quotation mark within quotes.',
                file=file,
                row=unclosed,
            )
        if number:
            self.drop(file, number, f"cannot be read (first: row {first}, {str(reason).strip()})")

    def drop(self, file: str, number: int, why: str) -> None:
        """Record that rows of a file were left out."""
        key = f"{file} rows dropped"
        self.counts[key] = self.counts.get(key, 0) + number
        self.warnings.append(f"{file}: {number} rows were left out: they {why}.")

    def unique(self, file: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Keep the first row of each id and record the others.

        Raises
        ------
        ImportRejected
            When an id is empty, or no row is left.
        """
        key = KEYS[file]
        if frame.empty:
            raise refused("the file has no rows.", "Ask the publisher for the complete feed.", file=file)
        if (frame[key] == "").any():
            raise self.fault(file, key, lambda value: value == "", "is empty", "Every row needs an id.")
        twice = frame[key].duplicated()
        if twice.any():
            example = frame.loc[twice, key].iloc[0]
            self.drop(file, int(twice.sum()), f"repeat an earlier {key} (first: {example!r})")
        return frame[~twice].reset_index(drop=True)

    def require_known(self, file: str, field: str, values: Iterable[str], known: set[str], home: str) -> None:
        """Refuse ids that point nowhere.

        Parameters
        ----------
        file, field
            Where the ids stand.
        values
            The ids used.
        known
            The ids there are.
        home
            File that the ids come from.
        """
        unknown = set(values) - known - {""}
        if unknown:
            raise self.fault(
                file,
                field,
                unknown.__contains__,
                f"is not in {home}",
                f"Add it to {home} or remove the row.",
            )

    def fault(
        self, file: str, field: str, wrong: Callable[[str], bool], what: str, mend: str
    ) -> ImportRejected:
        """Describe the first row whose field is wrong."""
        row, value = find_row(self.files.tables[file], field, wrong)
        return refused(f"{value!r} {what}.", mend, file=file, field=field, row=row)

    def load_calls(self) -> None:
        """Make table ``calls`` of stop_times.txt; tables ``trips`` and ``stops`` must be there.

        Raises
        ------
        ImportRejected
            Naming field and row of the first unknown trip or stop, sequence that is no number, or wrong time.
        """
        self.duck.execute("SET preserve_insertion_order = false")
        self._source("stop_times.txt").create_view("stop_times_txt")
        with readable("stop_times.txt"):
            self.duck.execute(CALLS)
        self._count_rejects("stop_times.txt")
        faults = self.duck.execute(CALL_FAULTS).df().iloc[0]
        self.counts["stop_times"] = int(faults["calls"])
        for field, (what, mend) in CALL_ADVICE.items():
            if faults[field]:
                raise self.fault("stop_times.txt", field, self._wrong(field), what, mend)
        if faults["flexible"]:
            self.drop(
                "stop_times.txt", int(faults["flexible"]), "name no stop (on-demand service of an area)"
            )

    def _wrong(self, field: str) -> Callable[[str], bool]:
        """Return the test that tells a wrong field of stop_times.txt."""
        if field in {"trip_id", "stop_id"}:
            table, column = ("trips", field) if field == "trip_id" else ("stops", field)
            known = {row[0] for row in self.duck.table(table).project(ColumnExpression(column)).fetchall()}
            return lambda value: value not in known and (value != "" or field == "trip_id")
        if field == "stop_sequence":
            return lambda value: not WHOLE_NUMBER.fullmatch(value)
        return lambda value: not TIME.fullmatch(value)

    def close(self) -> None:
        """Let go of the working file."""
        self.duck.close()


@contextmanager
def readable(file: str) -> Iterator[None]:
    """Explain that a file is no table.

    Raises
    ------
    ImportRejected
        With the first line of what DuckDB says.
    """
    try:
        yield
    except duckdb.InvalidInputException as error:
        reason = str(error).splitlines()[0]
        raise refused(
            f"it cannot be read as a table ({reason}).", "Columns are separated by commas.", file=file
        ) from error


def wanted_columns(file: str) -> tuple[str, ...]:
    """Return the columns of a file that are read."""
    return (*COLUMNS[file], *OPTIONAL.get(file, ()))
