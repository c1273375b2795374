"""What stored results still say of the parcels of a city, also on other days: read instead of computed."""

from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from geo_service.availability import capacity_queries, queries, run_queries
from geo_service.availability.inputs import Inputs, Options, geometries
from geo_service.availability.partitions import GEMARKUNG_DIGITS
from geo_service.availability.queries import MARK_MARGIN_M
from geo_service.availability.service import read_frame
from geo_service.availability.stored import basis_of
from geo_service.availability.timing import horizon_words, horizons
from geo_service.availability.waterfall import Indices
from geo_service.db import fetch_rows

AREAS: Final = ("gross_m2", "net_m2", "estimated_m2", "largest_piece_m2", "offered_m2", "piece_m2")
FLAGS: Final = ("offered", "internal_offered")
WORDS: Final = ("severity", "category", "internal_category", "ground")
HELD: Final = ("parcel_id", *AREAS, *FLAGS, *WORDS, "built", "available_from")
"""Columns of `queries.holding`."""
FIRST_DAY: Final = np.datetime64("2000-01-01", "D")
"""The day from which PostgreSQL counts."""
UNKNOWN_DAY: Final = np.iinfo(np.int32).max


def held_figures(connection: Connection, options: Options, inputs: Inputs, keys: list[str]) -> pd.DataFrame:
    """Read the stored figures that are, to the last bit, what a computation would find now.

    Parameters
    ----------
    connection
        Connection whose transaction (REPEATABLE READ) says what is seen.
    options
        What is asked, by which rules, of all parcels of the day.
    inputs, keys
        What a computation would start from, and the Flurstückskennzeichen of its parcels.

    Returns
    -------
    pandas.DataFrame
        `HELD`, ``deducted_m2`` and ``retimed``, in no order; no rows where the last run was by other rules or
        by another program. A parcel that something touched since is not among them, nor one on which or
        beside which something begins or ends between the day of that run and the asked one; unless it bears
        on its dates, severity and estimates alone: then it is ``retimed``, and those are as of the other day.

    Notes
    -----
    Where the same records hold on two days, the areas, the severity and the category are the same, and so is
    the day from which the land can be had, unless it is free: then it is the asked day itself. The horizon
    follows from the two days. Source: domain description 3.5 and 3.6.
    """
    run = connection.execute(run_queries.last_run()).one_or_none()
    if run is None or not basis_of(options).is_of(run, on_any_day=True):
        return pd.DataFrame({"parcel_id": np.zeros(0, dtype=np.int64)})
    rows = stored_figures(connection, run.as_of)
    if run.as_of != options.as_of:
        other, retimed = _turned(connection, inputs, keys, (run.as_of, options.as_of))
        rows = rows[~np.isin(rows["parcel_id"], inputs.parcel_ids[other])]
        rows = rows.assign(retimed=np.isin(rows["parcel_id"], inputs.parcel_ids[retimed]))
    free_from = rows["available_from"].to_numpy(dtype="datetime64[D]")
    free_from[free_from == np.datetime64(run.as_of, "D")] = np.datetime64(options.as_of, "D")
    return rows.assign(
        available_from=free_from,
        horizon=horizon_words(horizons(free_from, options.as_of, options.preset)),
        deducted_m2=rows["gross_m2"] - rows["net_m2"],
    )


def stored_figures(connection: Connection, as_of: date) -> pd.DataFrame:
    """Read the stored figures of a day that nothing touched since: `HELD`, and ``retimed``, never so."""
    found = dict(zip(HELD, fetch_rows(connection, queries.holding(as_of, HELD))[0], strict=True))
    numbers = {name: np.frombuffer(found[name] or b"", ">i4") for name in ("parcel_id", *FLAGS, "built")}
    day = np.frombuffer(found["available_from"] or b"", ">i4").astype(np.int64)
    built = numbers["built"]
    return pd.DataFrame(
        {
            "parcel_id": numbers["parcel_id"].astype(np.int64),
            **{name: np.frombuffer(found[name] or b"", ">f8").astype(np.float64) for name in AREAS},
            **{name: numbers[name].astype(bool) for name in FLAGS},
            **{name: _words(found[name]) for name in WORDS},
            "built": pd.arrays.BooleanArray(built == 1, built < 0),
            "available_from": np.where(day == UNKNOWN_DAY, np.datetime64("NaT", "D"), FIRST_DAY + day),
            "retimed": False,
        }
    )


def _words(text: str | None) -> "pd.Series[Any]":
    return pd.Series(text.split(",") if text else [], dtype=object)


def _turned(
    connection: Connection, inputs: Inputs, keys: list[str], between: tuple[date, date]
) -> tuple[Indices, Indices]:
    """Return the positions of parcels for which something begins or ends between two days.

    First those that may be other land then: by what lies there, or beside (a margin, as for marks); by who
    holds it; and where something stands or no longer does, also by what adjoins the parcels it stands on.
    Then those on which something lies that bears on dates alone.
    """
    tree = shapely.STRtree(inputs.parcels)
    records = read_frame(connection, queries.turning(*between), ("stands", "retimes", "geometry"))
    shapes = geometries(records)
    stands, retimes = (records[name].to_numpy(dtype=bool) for name in ("stands", "retimes"))
    under = inputs.parcels[np.unique(tree.query(shapes[stands], predicate="intersects")[1])]
    lasting, dated = (
        tree.query(some, predicate="dwithin", distance=MARK_MARGIN_M)[1]
        for some in (np.concatenate([shapes[~retimes], under]), shapes[retimes])
    )
    held = list(connection.scalars(queries.turning_occupancies(*between)))
    other = [lasting, np.flatnonzero(np.isin(inputs.parcel_ids, held))]
    if stands.any():  # on one of the days nothing may be known of what stands in a Gemarkung
        one, then = (set(connection.scalars(capacity_queries.surveyed_gemarkungen(day))) for day in between)
        other.append(np.flatnonzero([key[:GEMARKUNG_DIGITS] in one ^ then for key in keys]))
    return np.unique(np.concatenate(other)).astype(np.int64), np.unique(dated).astype(np.int64)
