"""Stored availability: what it was computed from, what changed since, and the refresh of just that."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Row

from geo_service.availability import run_queries, usability_queries
from geo_service.availability.identity import program_digest
from geo_service.availability.inputs import Inputs, Options
from geo_service.availability.kernel import AvailabilityResult, Progress
from geo_service.availability.models import Availability, Capacity, Usability
from geo_service.availability.records import (
    CHAIN_FIELDS,
    CHAIN_RECORD_FIELDS,
    ITEM_FIELDS,
    ITEM_RECORD_FIELDS,
    json_by_parcel,
)
from geo_service.availability.service import (
    compute_with,
)
from geo_service.availability.totals import GROUP_COLUMNS, AvailabilityReport, report_of
from geo_service.db import Base, Database, copy_frame
from geo_service.errors import Conflict
from geo_service.garbage import no_garbage_collection
from geo_service.register import JsonObject

WHOLE_CITY_FROM: Final = 0.4
"""Share of outdated parcels from which computing all of them costs no more."""
FIRST_STAGE: Final = 0.4
"""Share of the time that the first stage takes where the second follows."""
COPY_ROWS: Final = 20_000
"""Rows written between two reports of progress."""


@dataclass(frozen=True)
class Computed:
    """What a refresh computed.

    Parameters
    ----------
    rows
        Rows as by `stored_rows`, sorted by parcel id; of all parcels or of some.
    keys
        Flurstückskennzeichen of these parcels; None: they are all of the day.
    made_of
        The availability with ``parcel_key`` and its inputs, where this process computed it: the second stage
        goes on from it. None: another one did.
    """

    rows: pd.DataFrame
    keys: list[str] | None = None
    made_of: tuple[AvailabilityResult, Inputs] | None = None


@dataclass(frozen=True)
class Outdated:
    """Parcels whose stored result does not hold.

    Parameters
    ----------
    keys
        Those of the day, to be computed.
    ids
        All of them, also those no longer in the cadastre of the day.
    stored
        Number of stored results, these included.
    """

    keys: list[str]
    ids: list[int]
    stored: int


RowsOf = Callable[[Connection, Options, datetime, Progress], Computed]
"""Computes all parcels of a snapshot."""
Then = Callable[[Connection, Options, Computed, Progress], object]
"""Brings what stands beside the results up to them, in the same transaction."""

ASKED: Final = ("as_of", "preset")
"""What of the basis is asked for; the rest is how the answer is found."""


@dataclass(frozen=True)
class Basis:
    """What results depend on besides the register: only results of one basis stand side by side.

    Parameters
    ----------
    as_of, preset
        What was asked.
    known_on
        Day up to which the register was known: the day of the computation.
    rules
        Order of deduction, slivers.
    program
        Digest of the program.
    """

    as_of: date
    preset: str
    known_on: date
    rules: JsonObject
    program: str

    def is_of(self, run: Row[Any] | None, *, on_any_day: bool = False) -> bool:
        """Tell whether a run computed from this basis, or from it on any day by any horizons."""
        wanted = {name: value for name, value in asdict(self).items() if name not in ASKED or not on_any_day}
        return run is not None and wanted == {name: getattr(run, name) for name in wanted}


def basis_of(options: Options) -> Basis:
    """Return what results of these options depend on."""
    rules = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in vars(options).items()
        if name not in {"as_of", "preset", "known_on", "threads"}
    }
    preset = options.preset.key
    return Basis(options.as_of, preset, options.known_on or options.as_of, rules, program_digest())


def rows_here(
    connection: Connection,
    options: Options,
    computed_at: datetime,
    tell: Progress,
    keys: list[str] | None = None,
) -> Computed:
    """Compute all parcels, or some, in this process."""
    result, inputs = compute_with(connection, options, keys, tell=tell)
    return Computed(stored_rows(result, computed_at), keys, (result, inputs))


def refresh(  # noqa: PLR0913 - what, by which rules and whom, and what goes with it
    database: Database,
    options: Options,
    progress: Progress,
    actor: str = "availability",
    *,
    everything: bool = False,
    rows_of: RowsOf = rows_here,
    then: Then | None = None,
) -> AvailabilityReport:
    """Bring the stored results to the present state of the register, in one transaction with one snapshot.

    Only parcels that something touched since, and those without a result, are computed, unless day, rules or
    program differ from the last time. The marks that the snapshot shows are removed; what is committed while
    this runs stays marked. Readers see the old results until the new ones are complete. A refresh that fails
    or is killed changes nothing.

    Parameters
    ----------
    database
        The database.
    options
        What is asked, by which rules: `service.options_of`.
    progress
        Told what is being done.
    actor
        Who does it.
    everything
        Compute all parcels.
    rows_of
        Computes all parcels, where all must be: in this process or, to the same last bit, on a cluster
        (`batch.on_cluster`). A few are always computed here.
    then
        Told to go on in the same transaction, so that readers get all or nothing: `assessing.assess_stored`.
        With it the totals are those of the land on offer, without it of all land.

    Raises
    ------
    Conflict
        While another refresh is under way.
    """
    started_at = datetime.now(UTC)
    progress("Looking for what changed", 0.0)
    with database.begin(actor) as turn:
        if not turn.execute(run_queries.lock_refresh()).scalar_one():
            raise Conflict("Another refresh of the availability is under way. Try again when it is done.")
        # the snapshot is taken now that nobody else removes marks
        with no_garbage_collection(), database.begin(actor, one_snapshot=True) as connection:
            some = None if everything else _outdated(connection, options)
            first = 1.0 if then is None else FIRST_STAGE
            tell = part_of(progress, 0.0, first)
            computed = _refresh(connection, options, tell, (actor, started_at), some, rows_of)
            if then is None:
                _drop_second_stage(connection, some)
            else:
                then(connection, options, computed, part_of(progress, first, 1.0))
            groups = connection.execute(run_queries.totals(assessed=then is not None)).all()
    progress("Done", 1.0)
    frame = pd.DataFrame(groups, columns=list(GROUP_COLUMNS))
    return report_of(frame, options, recomputed=len(computed.rows), assessed=then is not None)


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Return who tells of a part of the way."""
    return lambda what, share: progress(what, start + (end - start) * share)


def _outdated(connection: Connection, options: Options) -> Outdated | None:
    """Return what must be computed; None: all, or nearly all.

    Whatever bears on a parcel marks it. Only where the last run left another number of results than there
    are, as after somebody deleted some by hand, those that are missing are looked for.
    """
    run = connection.execute(run_queries.last_run()).one_or_none()
    if run is None or not basis_of(options).is_of(run):
        return None
    stored = connection.execute(run_queries.count_stored()).scalar_one()
    rows = list(connection.execute(run_queries.outdated(options.as_of)))
    if stored != run.parcels:
        known = {row.id for row in rows}
        rows += [row for row in connection.execute(run_queries.missing(options.as_of)) if row.id not in known]
    keys = [row.parcel_key for row in sorted(rows) if row.there]
    if len(keys) > max(WHOLE_CITY_FROM * stored, 1) and len(keys) > COPY_ROWS // 4:
        return None
    return Outdated(keys, [*(row.id for row in rows), *connection.scalars(run_queries.gone())], stored)


def _refresh(
    connection: Connection,
    options: Options,
    progress: Progress,
    by: tuple[str, datetime],
    some: Outdated | None,
    rows_of: RowsOf,
) -> Computed:
    """Compute and write what is outdated."""
    if some and not some.ids and not connection.execute(run_queries.anything_marked()).scalar_one():
        return Computed(pd.DataFrame(), [])
    tell = part_of(progress, 0.05, 0.65)
    if some is None:
        computed, kept = rows_of(connection, options, by[1], tell), 0
        connection.execute(run_queries.delete_stored())
    else:
        computed = rows_here(connection, options, by[1], tell, some.keys)
        kept = some.stored - connection.execute(run_queries.delete_stored(some.ids)).rowcount
        _drop_second_stage(connection, some, set(computed.rows["parcel_id"]))
    connection.execute(run_queries.delete_marks())
    connection.execute(run_queries.count_marks())
    recomputed = len(computed.rows)
    run = {"parcels": kept + recomputed, "recomputed": recomputed, "actor": by[0], "started_at": by[1]}
    run_id = connection.execute(run_queries.add_run(asdict(basis_of(options)) | run)).scalar_one()
    rows = computed.rows.assign(run_id=run_id)
    write_stored(connection, Availability, rows, part_of(progress, 0.65, 1.0))
    return computed


def _drop_second_stage(connection: Connection, some: Outdated | None, follows: Collection[int] = ()) -> None:
    """Delete what stands beside outdated results and is not computed anew; None: beside all."""
    ids = None if some is None else [number for number in some.ids if number not in follows]
    for table in (Usability, Capacity):
        connection.execute(usability_queries.delete_second_stage(table, ids))


def stored_rows(result: AvailabilityResult, computed_at: datetime) -> pd.DataFrame:
    """Return a result as rows of the table of stored results."""
    parcels = result.parcels
    ids = parcels["parcel_id"].tolist()
    items = json_by_parcel(result.items, ITEM_FIELDS, ITEM_RECORD_FIELDS)
    chains = json_by_parcel(result.chain, CHAIN_FIELDS, CHAIN_RECORD_FIELDS)
    return parcels.drop(columns=["parcel_key", "deducted_m2"]).assign(
        as_of=result.options.as_of,
        preset=result.options.preset.key,
        items=pd.Series([items.get(key, "[]") for key in ids], dtype=object),
        chain=pd.Series([chains.get(key, "[]") for key in ids], dtype=object),
        computed_at=pd.Series([computed_at] * len(ids), dtype=object),
    )


def write_stored(connection: Connection, model: type[Base], rows: pd.DataFrame, tell: Progress) -> None:
    """Append results to a table of stored ones."""
    table = model.metadata.tables[model.__tablename__]
    for start in range(0, len(rows), COPY_ROWS):
        tell(f"Writing {start:,} of {len(rows):,} parcels", start / len(rows))
        copy_frame(connection, table, rows.iloc[start : start + COPY_ROWS])
