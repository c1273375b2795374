"""What stored results still say of the parcels of a city: read instead of computed again."""

from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from geo_service.availability import queries, run_queries
from geo_service.availability.inputs import Options, days
from geo_service.availability.service import read_frame
from geo_service.availability.stored import basis_of

AREAS: Final = ("gross_m2", "net_m2", "estimated_m2", "largest_piece_m2", "offered_m2", "piece_m2")
FLAGS: Final = ("offered", "internal_offered")
WORDS: Final = ("severity", "horizon", "category", "internal_category", "ground")
HELD: Final = ("parcel_id", *AREAS, *FLAGS, *WORDS, "available_from")
"""Columns of `queries.holding`."""


def held_figures(connection: Connection, options: Options) -> pd.DataFrame:
    """Read the stored figures that are, to the last bit, what a computation would find now.

    Parameters
    ----------
    connection
        Connection whose transaction (REPEATABLE READ) says what is seen.
    options
        What is asked, by which rules, of all parcels of the day.

    Returns
    -------
    pandas.DataFrame
        `HELD` and ``deducted_m2``, in no order; no rows where the last run was of another day, other rules or
        another program. A parcel that something touched since is not among them.
    """
    run = connection.execute(run_queries.last_run()).one_or_none()
    if not basis_of(options).is_of(run):
        return pd.DataFrame({"parcel_id": np.zeros(0, dtype=np.int64)})
    rows = read_frame(connection, queries.holding(options.as_of, HELD), HELD)
    figures = rows.assign(
        parcel_id=rows["parcel_id"].astype(np.int64),
        **{name: rows[name].astype(np.float64) for name in AREAS},
        **{name: rows[name].astype(bool) for name in FLAGS},
        available_from=days(rows["available_from"]),
    )
    return figures.assign(deducted_m2=figures["gross_m2"] - figures["net_m2"])
