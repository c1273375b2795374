"""What stored results still say of the parcels of a city, also on other days: read instead of computed."""

from collections.abc import Collection
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
from geo_service.availability.waterfall import Indices, pairs_in_tree
from geo_service.db import fetch_rows

AREAS: Final = ("gross_m2", "net_m2", "estimated_m2", "largest_piece_m2", "offered_m2", "piece_m2")
FLAGS: Final = ("offered", "internal_offered")
WORDS: Final = ("severity", "category", "internal_category", "ground")
HELD: Final = ("parcel_id", *AREAS, *FLAGS, *WORDS, "built", "available_from")
"""Columns of `queries.holding`."""
FIRST_DAY: Final = np.datetime64("2000-01-01", "D")
"""The day from which PostgreSQL counts."""
UNKNOWN_DAY: Final = np.iinfo(np.int32).max


def held_figures(
    connection: Connection, options: Options, inputs: Inputs, keys: list[str], *, whole: bool = True
) -> pd.DataFrame:
    """Read the stored figures that are, to the last bit, what a computation would find now.

    Parameters
    ----------
    connection
        Connection whose transaction (REPEATABLE READ) says what is seen.
    options
        What is asked, by which rules, of all parcels of the day.
    inputs, keys
        What a computation would start from, and the Flurstückskennzeichen of its parcels.
    whole
        Whether these are all parcels of the day; of some no figures of another day are told.

    Returns
    -------
    pandas.DataFrame
        `HELD`, ``deducted_m2`` and ``anew``, in no order; no rows where the last run was by other rules or by
        another program. A parcel that something touched since is not among them, nor one where a building of
        the register begins or ends between the day of that run and the asked one. Of others ``anew`` says
        what follows from what begins or ends there or beside, `queries.DATES` to `queries.ANSWERS`: those
        figures are of the other day. 0: all of them hold.

    Notes
    -----
    Where the same records hold on two days, the areas, the severity and the category are the same, and so is
    the day from which the land can be had, unless it is free: then it is the asked day itself. The horizon
    follows from the two days. Source: domain description 3.5 and 3.6.
    """
    run = connection.execute(run_queries.last_run()).one_or_none()
    if run is None or not basis_of(options).is_of(run, on_any_day=whole):
        return pd.DataFrame({"parcel_id": np.zeros(0, dtype=np.int64)})
    rows = stored_figures(connection, run.as_of, None if whole else inputs.parcel_ids.tolist())
    if run.as_of != options.as_of:
        anew = np.append(_turned(connection, inputs, keys, (run.as_of, options.as_of), options.threads), 0)
        rows["anew"] = anew[pd.Index(inputs.parcel_ids).get_indexer(rows["parcel_id"])]
        rows = rows[rows["anew"] < queries.STANDS]
    free_from = rows["available_from"].to_numpy(dtype="datetime64[D]")
    free_from[free_from == np.datetime64(run.as_of, "D")] = np.datetime64(options.as_of, "D")
    return rows.assign(
        available_from=free_from,
        horizon=horizon_words(horizons(free_from, options.as_of, options.preset)),
        deducted_m2=rows["gross_m2"] - rows["net_m2"],
    )


def stored_figures(
    connection: Connection, as_of: date, parcel_ids: Collection[int] | None = None
) -> pd.DataFrame:
    """Read the stored figures of a day that nothing touched since, of all parcels or of some.

    Returns
    -------
    pandas.DataFrame
        `HELD`, and ``anew``, 0.
    """
    found = dict(zip(HELD, fetch_rows(connection, queries.holding(as_of, HELD, parcel_ids))[0], strict=True))
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
            "anew": 0,
        }
    )


def _words(text: str | None) -> "pd.Series[Any]":
    return pd.Series(text.split(",") if text else [], dtype=object)


def _turned(
    connection: Connection, inputs: Inputs, keys: list[str], between: tuple[date, date], threads: int
) -> Indices:
    """Return what must be computed anew of each parcel as something begins or ends between two days.

    By what lies there, or beside (a margin, as for marks); by who holds it; and where something stands or no
    longer does, also by what adjoins the parcels it stands on. `queries.DATES` to `queries.STANDS`, or 0.
    """
    found = np.zeros(len(keys), dtype=np.int64)
    tree = shapely.STRtree(inputs.parcels)
    records = read_frame(connection, queries.turning(*between), ("stands", "anew", "geometry"))
    shapes, anew = geometries(records), records["anew"].to_numpy(dtype=np.int64)
    record, parcel = pairs_in_tree(tree, shapes, "dwithin", threads, MARK_MARGIN_M)
    np.maximum.at(found, parcel, anew[record])
    stands = records["stands"].to_numpy(dtype=bool)
    under = inputs.parcels[np.unique(tree.query(shapes[stands], predicate="intersects")[1])]
    beside = pairs_in_tree(tree, under, "dwithin", threads, MARK_MARGIN_M)[1]
    held = list(connection.scalars(queries.turning_occupancies(*between)))
    occupied = np.flatnonzero(np.isin(inputs.parcel_ids, held))
    np.maximum.at(found, np.concatenate([beside, occupied]), queries.ANSWERS)
    if stands.any():  # on one of the days nothing may be known of what stands in a Gemarkung
        one, then = (set(connection.scalars(capacity_queries.surveyed_gemarkungen(day))) for day in between)
        found[[key[:GEMARKUNG_DIGITS] in one ^ then for key in keys]] = queries.STANDS
    return found
