"""Read transfers.txt: nothing is computed from it; what concerns the area is kept with the version."""

from typing import Any, Final

import pandas as pd

from geo_service.transit.gtfs_lines import rows_of
from geo_service.transit.gtfs_tables import FeedTables, readable, wanted_columns

FILE: Final = "transfers.txt"

WRONG: Final = {
    "from_stop_id": "is not in stops.txt",
    "to_stop_id": "is not in stops.txt",
    "from_trip_id": "is not in trips.txt",
    "to_trip_id": "is not in trips.txt",
    "from_route_id": "is not in routes.txt",
    "to_route_id": "is not in routes.txt",
    "transfer_type": "is no transfer type (0 to 5)",
    "min_transfer_time": "is no number of seconds",
}
"""What is wrong with a field. A row without a stop and without a trip on one side has a wrong stop there."""

CHECKED: Final = """
CREATE TABLE transfers AS
WITH places AS (
    SELECT stop_id, bool_or(inside) OVER (PARTITION BY station_no) AS near FROM stops
), runs_here AS (
    SELECT trip_id, coalesce(seen.inside, false) AS near FROM trips LEFT JOIN seen USING (trip_no)
)
SELECT given.*,
       CASE WHEN here.stop_id IS NULL AND (from_stop_id <> '' OR from_trip_id = '') THEN 'from_stop_id'
            WHEN there.stop_id IS NULL AND (to_stop_id <> '' OR to_trip_id = '') THEN 'to_stop_id'
            WHEN from_trip_id <> '' AND before.trip_id IS NULL THEN 'from_trip_id'
            WHEN to_trip_id <> '' AND behind.trip_id IS NULL THEN 'to_trip_id'
            WHEN from_route_id <> '' AND from_route_id NOT IN (FROM route_ids) THEN 'from_route_id'
            WHEN to_route_id <> '' AND to_route_id NOT IN (FROM route_ids) THEN 'to_route_id'
            WHEN NOT regexp_full_match(transfer_type, '[0-5]?') THEN 'transfer_type'
            WHEN NOT regexp_full_match(min_transfer_time, '[0-9]{0,9}') THEN 'min_transfer_time'
            ELSE '' END AS wrong,
       coalesce(here.near, false) OR coalesce(there.near, false)
           OR coalesce(before.near, false) OR coalesce(behind.near, false) AS near
FROM given_transfers AS given
LEFT JOIN places AS here ON here.stop_id = from_stop_id
LEFT JOIN places AS there ON there.stop_id = to_stop_id
LEFT JOIN runs_here AS before ON before.trip_id = from_trip_id
LEFT JOIN runs_here AS behind ON behind.trip_id = to_trip_id
"""
"""Rows of transfers.txt: the field that is wrong, blank: none; near: a stop or trip of it is in the area."""
FAULTS: Final = """
SELECT wrong, count(*), min([from_stop_id, to_stop_id, from_trip_id, to_trip_id, from_route_id, to_route_id,
                             transfer_type, min_transfer_time])
FROM transfers WHERE wrong <> '' GROUP BY wrong ORDER BY wrong
"""
KEPT: Final = """
CREATE TABLE kept_transfers AS
SELECT * EXCLUDE (wrong, near) FROM transfers WHERE wrong = '' AND near
QUALIFY row_number() OVER (
    PARTITION BY from_stop_id, to_stop_id, from_trip_id, to_trip_id, from_route_id, to_route_id
    ORDER BY transfer_type, min_transfer_time) = 1
"""
STORED: Final = """
SELECT * REPLACE (CAST('0' || transfer_type AS SMALLINT) AS transfer_type),
       TRY_CAST(min_transfer_time AS INTEGER) AS min_transfer_s
FROM kept_transfers
ORDER BY ALL
"""
"""Kept rows as they are stored; a blank type is 0."""


def load_transfers(tables: FeedTables) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Check every row of transfers.txt and return those that are kept; rows that are wrong are told.

    They refuse no feed, for nothing is computed from them.

    Parameters
    ----------
    tables
        The feed with tables ``stops``, ``trips`` and ``seen``.

    Returns
    -------
    pyarrow.Table
        The six ids as text (blank: none), transfer_type (0 to 5), min_transfer_s (seconds or null); None
        without such a file.
    """
    if FILE not in tables.files.tables:
        return None
    route_ids = pd.DataFrame({"route_id": tables.frame("routes.txt").route_id.astype("str")})
    tables.duck.from_df(route_ids).create("route_ids")
    tables.texts(FILE).create_view("given_transfers")
    with readable(FILE):
        tables.duck.execute(CHECKED)
    tables.list_unreadable(FILE)
    rows = int(tables.duck.execute("SELECT count(*) FROM transfers").fetchall()[0][0])
    tables.counts["transfers"] = rows + tables.unreadable[FILE]
    for field, number, example in tables.duck.execute(FAULTS).fetchall():
        found = rows_of(tables.files.tables[FILE], wanted_columns(FILE))
        row = next((row for row, values in found if list(values) == example), None)
        value = example[wanted_columns(FILE).index(field)]
        tables.drop(FILE, number, f"have a {field} that {WRONG[field]} (such as row {row}: {value!r})")
    tables.duck.execute(KEPT)
    kept = tables.duck.sql(STORED).to_arrow_table().drop_columns(["min_transfer_time"])
    tables.counts["transfers kept, not used"] = kept.num_rows
    return kept
