"""The second stage of the stored results: usability and capacity beside the availability they belong to.

What bears on them marks the parcel like what bears on its availability, so that the three are computed
together, of the same parcels, by the same run. Those that belong to another computation are never shown:
readers see none rather than an old one.
"""

import pandas as pd
from sqlalchemy import Connection

from geo_service.availability import usability_queries
from geo_service.availability.capacities import stored_rows
from geo_service.availability.inputs import Options
from geo_service.availability.kernel import Progress
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
    progress("Looking for land to assess", 0.0)
    waiting = list(connection.execute(usability_queries.waiting()).scalars())
    if not waiting:
        return 0
    keys = None if _are_all(connection, options, waiting) else waiting
    progress(f"Assessing {len(waiting):,} parcels", 0.05)
    made_of = computed.made_of if len(computed.rows) == len(waiting) else None
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
    progress("Done", 1.0)
    return len(usability)


def _are_all(connection: Connection, options: Options, waiting: list[str]) -> bool:
    """Tell whether all parcels of the day wait."""
    number: int = connection.execute(usability_queries.count_parcels(options.as_of)).scalar_one()
    return len(waiting) == number
