"""Availability from GeoParquet to GeoParquet: one file for each partition, here or on a Dask cluster.

The workers read and write the files themselves and return names, no geometry: on many machines both folders
must be shared. Nothing is seen in the output before all of it is complete.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geo_service.availability.capacities import ParcelCapacities, parcel_capacities, parts_by_parcel
from geo_service.availability.capacity import compute_capacity
from geo_service.availability.cluster import J, T, connected
from geo_service.availability.geoparquet import write_geoparquet
from geo_service.availability.identity import Identity, identity, require_identity
from geo_service.availability.inputs import Options
from geo_service.availability.kernel import AvailabilityResult, Progress, compute_availability
from geo_service.availability.partitions import LARGEST, Partition, around, plan_partitions
from geo_service.availability.records import (
    CHAIN_FIELDS,
    CHAIN_RECORD_FIELDS,
    ITEM_FIELDS,
    ITEM_RECORD_FIELDS,
    json_by_parcel,
)
from geo_service.availability.state_around import (
    Beside,
    LookJob,
    look_at,
    row_groups,
    sides,
    surroundings_of,
)
from geo_service.availability.state_files import StateFolder, open_state
from geo_service.availability.totals import AvailabilityReport, grouped, report_of
from geo_service.availability.usability import assess
from geo_service.errors import InvalidInput, NotReady

MANIFEST: Final = "availability.json"
"""Written beside the partitions: what was asked, with what it was computed, a digest of each file."""
CATEGORY: Final = "internal_category"
"""What a parcel is as the agency sees it: totals count the land on offer by it, as in the database."""
SUMMED: Final = ["horizon", CATEGORY, "gross_m2", "net_m2", "estimated_m2", "offered_m2"]


@dataclass(frozen=True)
class FileJob:
    """A partition to read and to write.

    Parameters
    ----------
    part
        The partition.
    expected
        Versions of the client.
    state
        Where it is read.
    target
        Folder into which it is written.
    options
        What is asked.
    beside
        What it must know of the other partitions.
    """

    part: Partition
    expected: Identity
    state: StateFolder
    target: Path
    options: Options
    beside: Beside

    @property
    def name(self) -> str:
        """Name of the partition."""
        return self.part.name

    @property
    def size(self) -> int:
        """Number of its parcels."""
        return self.part.size


@dataclass(frozen=True)
class WrittenFile:
    """A complete file: its name, parcels in it, and the SHA-256 of its bytes."""

    name: str
    parcels: int
    sha256: str


class Run(Protocol):
    """Does a piece of work for each of some partitions, here or on a cluster."""

    def __call__(self, work: Callable[[J], T], jobs: Iterable[J]) -> Iterator[tuple[J, T]]:
        """Yield each job with its result, in the order in which they end."""


def compute_file(job: FileJob) -> WrittenFile:
    """Compute a partition from its files and write it, under a name of its own until it is complete.

    Raises
    ------
    NotReady
        When a worker has other versions than the client or does not see the folders.
    InvalidInput
        When a record cannot be computed.
    """
    require_identity(job.expected, f"The worker of partition {job.name}")
    land, as_of = job.state.land(), job.options.as_of
    own = job.state.parcels_in(as_of, [(job.part.first, job.part.beyond)])
    inputs = around(land, own.keys, own.shapes)
    result = compute_availability(inputs, job.options)
    beside, standing = surroundings_of(job.state, as_of, own, land, job.beside)
    capacity = compute_capacity(own.shapes, beside.plan_areas, standing)
    usable = assess(result, inputs, beside, capacity=capacity)
    named = pd.DataFrame({"parcel_id": own.keys, "parcel_key": own.keys})
    allowed = parcel_capacities(as_of, named, standing, capacity, job.state.plan_areas(as_of))
    final = job.target / f"{job.name}.parquet"
    passing = job.target / f".{job.name}.{uuid4().hex}"
    try:
        write_geoparquet(passing, result_rows(result, usable, allowed), result.net)
        digest = hashlib.sha256(passing.read_bytes()).hexdigest()
        passing.replace(final)
    except OSError as error:
        raise NotReady(
            f"{final} cannot be written ({error.strerror}). The folder must be shared: each machine of the "
            "cluster needs it under the same path, with room on it."
        ) from error
    return WrittenFile(final.name, len(own.keys), digest)


def result_rows(result: AvailabilityResult, usable: pd.DataFrame, allowed: ParcelCapacities) -> pd.DataFrame:
    """Return a result, known by parcel keys, with the columns of the output but for the net geometry.

    Parameters
    ----------
    result
        The availability.
    usable
        How usable its land is, and what it is: `usability.assess`.
    allowed
        What may be built on it, and the building areas that it rests on.
    """
    items = json_by_parcel(result.items, ITEM_FIELDS, ITEM_RECORD_FIELDS)
    chains = json_by_parcel(result.chain, CHAIN_FIELDS, CHAIN_RECORD_FIELDS)
    keys = result.parcels["parcel_id"].tolist()
    days = result.parcels["available_from"].to_numpy().astype("datetime64[D]")
    asked = np.full(len(keys), np.datetime64(result.options.as_of, "D"))
    parts = parts_by_parcel(allowed)
    capacity = allowed.parcels.drop(columns=["parcel_id", "parcel_key"])
    figures = pd.concat([result.parcels, usable.drop(columns=["parcel_id", "shape_key"]), capacity], axis=1)
    return figures.rename(columns={"parcel_id": "parcel_key"}).assign(
        available_from=_days(days),
        as_of=_days(asked),
        preset=result.options.preset.key,
        items=[items.get(key, "[]") for key in keys],
        chain=[chains.get(key, "[]") for key in keys],
        parts=[json.dumps(parts.get(key, []), ensure_ascii=False) for key in keys],
    )


def _days(values: Any) -> pd.Series:  # noqa: ANN401 - datetime64[D]
    """Return days as a column that is written as days even where all are missing."""
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(values, type=pa.date32())])))


def compute_folder(
    source: Path,
    target: Path,
    options: Options,
    progress: Progress,
    *,
    address: str | None = None,
    largest: int = LARGEST,
) -> AvailabilityReport:
    """Compute a state of GeoParquet files into a new folder of such files.

    Parameters
    ----------
    source
        Folder as described in `state_files`.
    target
        Folder to make; it may exist if it is empty.
    options
        What is asked.
    progress
        Told what is being done.
    address
        Scheduler of a Dask cluster; None: threads of this process. The files are the same, byte for byte.
    largest
        Most parcels of a partition.

    Raises
    ------
    InvalidInput
        When the input is not as described or the target is not empty.
    NotReady
        When the cluster cannot do it; then there is no target.
    """
    if address is not None:
        options = replace(options, threads=1)  # the workers are many already
    target = target.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InvalidInput(f"{target} is there already and not empty. Name another folder.")
    progress(f"Looking at {source}", 0.0)
    state = open_state(source)
    plan = plan_partitions(state.flur_sizes(options.as_of), largest)
    with _workers(address) as run, _unfinished(target) as folder:
        beside = _look_around(run, state, plan, options.as_of, progress)
        jobs = (FileJob(part, identity(), state, folder, options, beside[part.name]) for part in plan)
        written = {}
        for done, (job, file) in enumerate(run(compute_file, jobs), start=1):
            written[job.name] = file
            progress(f"Gemarkung {job.name}: partition {done} of {len(plan)}", 0.15 + 0.8 * done / len(plan))
        report = _totals(folder, [written[part.name] for part in plan], options)
        _write_manifest(folder, report, [written[part.name] for part in plan], options)
    progress("Done", 1.0)
    return report


def _look_around(
    run: Run, state: StateFolder, plan: list[Partition], as_of: date, progress: Progress
) -> dict[str, Beside]:
    """Tell of each partition, by name, what it must know of the others."""
    progress("Looking at the buildings", 0.02)
    groups = row_groups(state)
    jobs = (LookJob(part, identity(), state, as_of, groups) for part in plan)
    looks = {}
    for done, (job, look) in enumerate(run(look_at, jobs), start=1):
        looks[job.name] = look
        progress(f"Looking at partition {done} of {len(plan)}", 0.05 + 0.1 * done / len(plan))
    return sides(plan, looks, groups)


@contextmanager
def _workers(address: str | None) -> Iterator[Run]:
    if address is None:
        yield lambda work, jobs: ((job, work(job)) for job in jobs)
        return
    with connected(address) as cluster:
        yield cluster.run


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """Make a folder beside the target that takes its place when all is well, and goes away otherwise."""
    folder = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise InvalidInput(f"{target} cannot be made: {error.strerror}.") from error
    try:
        yield folder
        for left in folder.glob(".*"):  # of a worker that was killed
            left.unlink()
        folder.replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _totals(folder: Path, files: list[WrittenFile], options: Options) -> AvailabilityReport:
    """Sum up what was written, in the order of the keys."""
    tables = [pq.read_table(folder / file.name, columns=SUMMED) for file in files]
    for file, table in zip(files, tables, strict=True):
        if len(table) != file.parcels:
            raise NotReady(f"{file.name} has {len(table)} of {file.parcels} parcels. Start again.")
    columns = {name: pd.Series(dtype=object if name in {"horizon", CATEGORY} else float) for name in SUMMED}
    parcels = pa.concat_tables(tables).to_pandas() if tables else pd.DataFrame(columns)
    parcels = parcels.rename(columns={CATEGORY: "category"})
    return report_of(grouped(parcels), options, recomputed=len(parcels))


def _write_manifest(
    folder: Path, report: AvailabilityReport, files: list[WrittenFile], options: Options
) -> None:
    facts = {
        "known_on": options.known_on,
        **asdict(report),
        "computed_with": identity(),
        "files": [asdict(file) for file in files],
    }
    text = json.dumps(facts, ensure_ascii=False, indent=2, default=str) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
