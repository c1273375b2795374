"""Load the text files of a GTFS feed into a private DuckDB file and check that ids hold together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
from duckdb import (
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyRelation,
    FunctionExpression,
)

from geo_service.errors import ImportRejected
from geo_service.transit.gtfs_faults import Faults, RowFault
from geo_service.transit.gtfs_files import (
    COLUMNS,
    FeedFiles,
    refused,
)
from geo_service.transit.gtfs_lines import SHOWN_CHARACTERS, find_row, find_rows, rows_of
from geo_service.transit.gtfs_reasons import NO_ID, Advice, id_twice, key_twice, no_row, unknown

MEMORY_LIMIT: Final = "2GB"
"""Memory of DuckDB; what does not fit goes to the feed's working folder."""
THREADS: Final = 2

TRANSFER_IDS: Final = (
    *("from_stop_id", "to_stop_id", "from_trip_id", "to_trip_id", "from_route_id", "to_route_id"),
)
"""What names a row of transfers.txt (Source: GTFS Schedule Reference, "Primary key")."""
OPTIONAL: Final[dict[str, tuple[str, ...]]] = {
    "agency.txt": ("agency_id", "agency_name", "agency_timezone"),
    "stops.txt": ("stop_name", "location_type", "parent_station", "platform_code"),
    "routes.txt": ("agency_id", "route_short_name", "route_long_name"),
    "trips.txt": ("trip_headsign", "direction_id"),
    "stop_times.txt": ("arrival_time", "pickup_type", "drop_off_type", "shape_dist_traveled"),
    "transfers.txt": (*TRANSFER_IDS, "transfer_type", "min_transfer_time"),
    "feed_info.txt": ("feed_publisher_name", "feed_version"),
}
"""Columns that are used when they are there; read as NULL otherwise."""

KEYS: Final = {"stops.txt": "stop_id", "routes.txt": "route_id", "trips.txt": "trip_id"}
"""Files whose rows have an id that must be unique."""

SECONDS_MACRO: Final = r"""
CREATE MACRO seconds(clock) AS CASE
    WHEN clock IS NULL OR trim(clock) = '' THEN NULL
    WHEN regexp_full_match(trim(clock), '(?:0?\d{1,2}|1[0-5]\d|16[0-7]):[0-5]\d:[0-5]\d')
    THEN coalesce(CAST(epoch(TRY_CAST(trim(clock) AS INTERVAL)) AS INTEGER), -1)
    ELSE -1 END
"""
"""Seconds of a GTFS time (H:MM:SS, hours may exceed 23, up to 167: a ferry under way for days); NULL when
blank, -1 when it is no time."""
LONGEST_DAYS: Final = 6
"""Days after that of its service on which something may still depart."""

UNREADABLE: Final = """
SELECT line, coalesce(column_name, ''), substr(csv_line, 1, ?),
       CAST(error_message AS VARCHAR), CAST(error_type AS VARCHAR)
FROM query_table(?)
ORDER BY line
"""
"""Rows that DuckDB could not read: field, text, reason, kind; parameters: longest text, their table."""
UNCLOSED: Final = "UNQUOTED VALUE"
"""Kind of a row whose quotation mark is open."""
BLANKS: Final = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
"""What is cut off at both ends of a value."""


class FeedTables:
    """A feed in DuckDB, with the counts, faults and warnings of reading it.

    Parameters
    ----------
    files
        The opened feed.
    """

    def __init__(self, files: FeedFiles) -> None:
        self.files = files
        self.warnings: list[str] = list(files.warnings)
        self.counts: dict[str, int] = {}
        self.faults = Faults()
        self.unreadable: dict[str, int] = {}
        """File to the number of its rows that are no rows."""
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
            frame: pd.DataFrame = self.texts(file).df()
        self.list_unreadable(file)
        return frame.astype(object)

    def texts(self, file: str) -> DuckDBPyRelation:
        """Return the known columns of a file as a relation of stripped text, blank when missing."""
        return self.source(file).project(*(_plain(name) for name in wanted_columns(file)))

    def source(self, file: str) -> DuckDBPyRelation:
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

    def list_unreadable(self, file: str) -> None:
        """List rows that are no rows: too few or too many fields, too long.

        Raises
        ------
        ImportRejected
            When a quotation mark is left open: it swallows an unknown number of rows behind it.
        """
        asked = [SHOWN_CHARACTERS, f"bad_{file.removesuffix('.txt')}"]
        found = self.duck.execute(UNREADABLE, asked).fetchall()
        self.unreadable[file] = len({row for row, *_ in found})
        for row, field, value, reason, kind in found:
            if kind == UNCLOSED:
                raise refused(
                    "a quotation mark is opened and not closed.",
                    'Close it, or write "" for a quotation mark within quotes.',
                    file=file,
                    row=row,
                )
            self.faults.add(RowFault(file, row, field, value, no_row(kind, reason)))

    def drop(self, file: str, number: int, why: str) -> None:
        """Record that rows of a file were left out."""
        key = f"{file} rows dropped"
        self.counts[key] = self.counts.get(key, 0) + number
        self.warnings.append(f"{file}: {number} rows were left out: they {why}.")

    def unique(self, file: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Keep the first row of each id; rows without an id or with that of an earlier one are faulty.

        Raises
        ------
        ImportRejected
            When the file has no rows.
        """
        key = KEYS[file]
        if frame.empty:
            raise refused("the file has no rows.", "Ask the publisher for the complete feed.", file=file)
        blank, twice = frame[key] == "", frame[key].duplicated()
        if blank.any():
            self.reject(file, key, lambda value: value == "", NO_ID)
        if twice.any():
            seen: set[str] = set()

            def again(value: str) -> bool:
                known = value in seen
                seen.add(value)
                return known

            self.reject(file, key, again, id_twice(key))
        return frame[~(blank | twice)].reset_index(drop=True)

    def first_rows(self, file: str, frame: pd.DataFrame, key: tuple[str, ...]) -> pd.DataFrame:
        """Keep the first row of each key of several columns; the others are faulty."""
        twice = frame.duplicated(list(key))
        if not twice.any():
            return frame
        advice = id_twice(key[0]) if len(key) == 1 else key_twice(key)
        faulty, seen = self.faults.rows(file), set[tuple[str, ...]]()
        for row, values in rows_of(self.files.tables[file], key):
            if row in faulty:
                continue
            if values in seen:
                self.faults.add(RowFault(file, row, key[-1], values[-1], advice))
            seen.add(values)
        return frame[~twice].reset_index(drop=True)

    def known(
        self, file: str, field: str, values: "pd.Series[str]", known: "pd.Series[str]", home: str
    ) -> npt.NDArray[np.bool_]:
        """Tell which ids point somewhere (blank ones do); rows with others are faulty.

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
        found = values.isin({*known, ""}).to_numpy(dtype=bool)
        if not found.all():
            lost = set(values[~found])
            self.reject(file, field, lost.__contains__, unknown(home))
        return found

    def reject(
        self,
        file: str,
        field: str,
        wrong: Callable[[str], bool],
        advice: Advice,
        most: int | None = None,
    ) -> None:
        """List the rows whose field is wrong; they are left out by whoever calls.

        Parameters
        ----------
        file, field
            Where to look.
        wrong
            Tells a wrong value; asked in the order of the rows.
        advice
            What is wrong with it, and how to mend it.
        most
            Number of rows after which the search ends; None: all are found.
        """
        found = find_rows(self.files.tables[file], field, wrong, self.faults.rows(file))
        for row, value in islice(found, most):
            self.faults.add(RowFault(file, row, field, value, advice))

    def fault(
        self, file: str, field: str, wrong: Callable[[str], bool], what: str, mend: str
    ) -> ImportRejected:
        """Describe the first row whose field is wrong."""
        row, value = find_row(self.files.tables[file], field, wrong)
        return refused(f"{value!r} {what}.", mend, file=file, field=field, row=row)

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


def _plain(name: str) -> duckdb.Expression:
    """Return a column without blanks around its values, blank when missing."""
    cut = FunctionExpression("trim", ColumnExpression(name), ConstantExpression(BLANKS))
    return CoalesceOperator(cut, ConstantExpression("")).alias(name)


def wanted_columns(file: str) -> tuple[str, ...]:
    """Return the columns of a file that are read."""
    return (*COLUMNS[file], *OPTIONAL.get(file, ()))
