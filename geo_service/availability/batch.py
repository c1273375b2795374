"""Availability of a whole state, partition by partition: from PostGIS, on a Dask cluster.

The client reads everything from one snapshot and writes the result in one transaction, so that the workers
need neither the database nor its password: they are given parcels and return rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from geo_service.availability import queries, service
from geo_service.availability.cluster import connected
from geo_service.availability.identity import Identity, identity, require_identity
from geo_service.availability.inputs import Inputs, Options, geometries, require_usable
from geo_service.availability.kernel import Progress, compute_availability
from geo_service.availability.partitions import LARGEST, Partition, around, plan_partitions
from geo_service.availability.stored import Computed, RowsOf, stored_rows


@dataclass(frozen=True)
class LandJob:
    """Parcels sent to a worker with all that can bear on them.

    Parameters
    ----------
    name, size
        Of the partition.
    expected
        Versions of the client.
    keys
        Flurstückskennzeichen in the order of the inputs.
    packed
        Kernel inputs, geometries as WKB (EPSG:25832): thousands of them travel as one array.
    options
        What is asked.
    computed_at
        Written to each row.
    """

    name: str
    size: int
    expected: Identity
    keys: list[str]
    packed: Inputs
    options: Options
    computed_at: datetime


def compute_rows(job: LandJob) -> pd.DataFrame:
    """Compute the parcels of a job on a worker: rows of the table of stored results, no geometry.

    Raises
    ------
    NotReady
        When the worker has other versions than the client.
    InvalidInput
        When a record cannot be computed.
    """
    require_identity(job.expected, f"The worker of partition {job.name}")
    result = compute_availability(unpacked(job.packed), job.options)
    result.parcels.insert(1, "parcel_key", job.keys)
    return stored_rows(result, job.computed_at)


def packed(inputs: Inputs) -> Inputs:
    """Return inputs with WKB in the place of every geometry."""
    return _with_geometries(inputs, shapely.to_wkb)


def unpacked(inputs: Inputs) -> Inputs:
    """Return packed inputs with their geometries."""
    return _with_geometries(inputs, shapely.from_wkb)


def _with_geometries(inputs: Inputs, change: Any) -> Inputs:  # noqa: ANN401 - a function of shapely
    changed: dict[str, Any] = {"parcels": change(inputs.parcels)}
    for field in fields(inputs):
        frame = getattr(inputs, field.name)
        if isinstance(frame, pd.DataFrame) and "geometry" in frame:
            changed[field.name] = frame.assign(geometry=change(geometries(frame)))
    return replace(inputs, **changed)


def on_cluster(address: str, largest: int = LARGEST) -> RowsOf:
    """Return a way for `stored.refresh` to compute on a cluster, to the same last bit.

    Parameters
    ----------
    address
        Scheduler of the cluster.
    largest
        Most parcels of a partition.

    Raises
    ------
    NotReady
        When called, if the cluster cannot do it.
    """

    def rows_of(
        connection: Connection, options: Options, computed_at: datetime, progress: Progress
    ) -> Computed:
        progress(f"Connecting to {address}", 0.0)
        with connected(address) as cluster:
            plan = plan_partitions(flur_sizes(connection, options.as_of), largest)
            jobs = land_jobs(connection, plan, replace(options, threads=1), computed_at)
            parts = []
            for done, (job, rows) in enumerate(cluster.run(compute_rows, jobs), start=1):
                parts.append(rows)
                progress(f"Gemarkung {job.name}: partition {done} of {len(plan)}", done / len(plan))
        return Computed(stored_together(parts, options, computed_at))

    return rows_of


def flur_sizes(connection: Connection, as_of: date) -> dict[str, int]:
    """Return the number of parcels of each Flur."""
    return {row.flur: row.parcels for row in connection.execute(queries.flur_sizes(as_of))}


def land_jobs(
    connection: Connection, plan: list[Partition], options: Options, computed_at: datetime
) -> Iterator[LandJob]:
    """Read the partitions one by one; restrictions, occupancies and plans are read once.

    Raises
    ------
    InvalidInput
        When a restriction or plan cannot be computed.
    """
    land = service.load_land(connection, options.as_of)
    require_usable(land)
    for part in plan:
        statement = queries.parcels_between(options.as_of, part.first, part.beyond)
        parcels = service.load_parcels(connection, statement)
        ids = parcels["id"].to_numpy(dtype=np.int64)
        inputs = around(land, ids, geometries(parcels))
        keys = parcels["parcel_key"].tolist()
        yield LandJob(part.name, len(ids), identity(), keys, packed(inputs), options, computed_at)


def stored_together(parts: list[pd.DataFrame], options: Options, computed_at: datetime) -> pd.DataFrame:
    """Return the rows of all partitions in the order in which one process would have made them."""
    if not parts:
        empty = compute_availability(Inputs(np.empty(0, dtype=np.int64), np.empty(0, dtype=object)), options)
        empty.parcels.insert(1, "parcel_key", [])
        return stored_rows(empty, computed_at)
    return pd.concat(parts).sort_values("parcel_id", ignore_index=True)
