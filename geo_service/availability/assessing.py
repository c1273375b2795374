"""The second stage of the stored results: usability and capacity beside the availability they belong to.

What bears on them marks the parcel like what bears on its availability, so that the three are computed
together, of the same parcels, by the same run. Those that belong to another computation are never shown:
readers see none rather than an old one.
"""

import pandas as pd
from sqlalchemy import Connection

from geo_service.availability import usability_queries
from geo_service.availability.capacities import stored_rows
from geo_service.availability.inputs import Inputs, Options
from geo_service.availability.kernel import AvailabilityResult, Progress
from geo_service.availability.models import Capacity, Usability
from geo_service.availability.service import compute_with
from geo_service.availability.stored import Computed, part_of, write_stored
from geo_service.availability.usable import second_stage


def assess_stored(connection: Connection, options: Options, computed: Computed, progress: Progress) -> int:
    """Bring usability and capacity up to the stored availability; for `stored.refresh`.

    Parameters
    ----------
    connection
        Connection of the refresh.
    options
        What was asked, by which rules.
    computed
        What the refresh computed: the kernel is not run again for it.
    progress
        Told what is being done.

    Returns
    -------
    int
        Parcels assessed.
    """
    assessed = 0
    if len(computed.rows):
        assessed = _assess(connection, options, computed.keys, computed.made_of, progress)
    # beside all others stands what belongs to them, unless somebody deleted some
    stored, *beside = connection.execute(usability_queries.numbers()).one()
    if any(number != stored for number in beside):
        waiting = list(connection.scalars(usability_queries.waiting()))
        keys = None if len(waiting) == stored else waiting
        assessed += _assess(connection, options, keys, None, progress)
    progress("Done", 1.0)
    return assessed


def _assess(
    connection: Connection,
    options: Options,
    keys: list[str] | None,
    made_of: tuple[AvailabilityResult, Inputs] | None,
    progress: Progress,
) -> int:
    """Assess some parcels, or all (no keys), from what they were made of, if that is at hand."""
    progress("Assessing what the land is", 0.05)
    result, inputs = made_of or compute_with(connection, options, keys)
    found = second_stage(connection, result, inputs, keys)
    ids = None if keys is None else inputs.parcel_ids.tolist()
    rows = connection.execute(usability_queries.moments(ids)).all()
    moments = pd.Series([row.computed_at for row in rows], [row.parcel_id for row in rows], dtype=object)
    usability = found.usability[found.usability["parcel_id"].isin(moments.index)]
    usability = usability.assign(computed_at=moments.reindex(usability["parcel_id"]).to_numpy())
    connection.execute(usability_queries.delete_second_stage(Usability, ids))
    write_stored(connection, Usability, usability, part_of(progress, 0.6, 0.8))
    capacities = stored_rows(found.capacities, moments)
    connection.execute(usability_queries.delete_second_stage(Capacity, ids))
    write_stored(connection, Capacity, capacities, part_of(progress, 0.8, 1.0))
    return len(usability)
