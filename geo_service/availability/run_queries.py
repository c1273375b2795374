"""Statements of the refresh of stored results: what changed since, the runs, and what results add up to."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Delete,
    Executable,
    Text,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
)

from geo_service.availability.models import STALE, Availability, AvailabilityMark, AvailabilityRun, Usability
from geo_service.availability.queries import BELONGS, one_of
from geo_service.availability.totals import PER_M2, UNKNOWN
from geo_service.parcels.models import Parcel

REFRESH_LOCK = 4_711_003
"""Number of the advisory lock that lets only one refresh write at a time."""
KEEPER_LOCK = 4_711_010
"""Number of the advisory lock of the server process that looks after the stored results."""


def lock_refresh() -> Executable:
    """Take the lock of the refresh until the transaction ends; one boolean: whether it was free."""
    return select(func.pg_try_advisory_xact_lock(REFRESH_LOCK))


def lock_keeper() -> Executable:
    """Take the lock of the process that looks after the results until the transaction ends; one boolean."""
    return select(func.pg_try_advisory_xact_lock(KEEPER_LOCK))


def waiting_since() -> Executable:
    """Select the moment of the oldest change that waits for a refresh; NULL: none waits."""
    return select(func.min(AvailabilityMark.at))


def last_run() -> Executable:
    """Select the latest run (all columns); no row: nothing was computed yet."""
    return select(AvailabilityRun.__table__).order_by(AvailabilityRun.id.desc()).limit(1)


def add_run(values: Mapping[str, Any]) -> Executable:
    """Record a run of this snapshot; returns its id."""
    statement = insert(AvailabilityRun).values(
        **values, snapshot=cast(func.pg_current_snapshot(), Text), finished_at=func.clock_timestamp()
    )
    return statement.returning(AvailabilityRun.id)


def anything_marked() -> Executable:
    """Select whether anything changed since the last run."""
    return select(exists().select_from(AvailabilityMark))


def outdated(as_of: date) -> Executable:
    """Select the parcels that something touched since their results were stored, by id.

    Columns: id, parcel_key, there (in the cadastre of the day). Those of no day any more are not among them,
    see `gone`.
    """
    there = Parcel.valid.contains(as_of).label("there")
    touched = Parcel.id.in_(select(STALE.c.parcel_id))
    return select(Parcel.id, Parcel.parcel_key, there).where(touched).order_by(Parcel.id)


def missing(as_of: date) -> Executable:
    """Select id, parcel_key and there (true) of the parcels of a day without a stored result."""
    unknown = ~exists().where(Availability.parcel_id == Parcel.id)
    columns = Parcel.id, Parcel.parcel_key, literal(value=True).label("there")
    return select(*columns).where(Parcel.valid.contains(as_of), unknown)


def gone() -> Executable:
    """Select parcel_id of the stored results of parcels that were deleted.

    Nothing is looked up unless parcels are marked: deleting them marks where they were.
    """
    marked = select(exists().where(AvailabilityMark.cause == Parcel.__tablename__)).scalar_subquery()
    there = exists().where(Parcel.id == Availability.parcel_id)
    return select(Availability.parcel_id).where(marked, ~there)


def delete_stored(parcel_ids: Collection[int] | None = None) -> Delete:
    """Delete what is stored of some or all parcels; readers go on seeing it until the transaction ends."""
    statement = delete(Availability)
    return statement if parcel_ids is None else statement.where(one_of(Availability.parcel_id, parcel_ids))


def delete_marks() -> Executable:
    """Delete the marks that the transaction's snapshot shows; those of later commits stay."""
    return delete(AvailabilityMark)


def count_marks() -> Executable:
    """Tell the planner how many marks are left: it may have counted while there were many.

    Else it looks for the marks of each parcel instead of the parcels of each mark.
    """
    return text("ANALYZE availability_marks")


def count_stored() -> Executable:
    """Select the number of stored results."""
    return select(func.count()).select_from(Availability)


def totals(*, assessed: bool) -> Executable:
    """Sum all stored results up: columns `totals.GROUP_COLUMNS`, the category as the agency sees it.

    Without the second stage net stands for offered; where it is not known of a parcel, nothing is offered.
    """
    offered = func.coalesce(Usability.offered_m2, 0.0) if assessed else Availability.net_m2
    category = func.coalesce(Usability.internal_category, UNKNOWN) if assessed else literal(UNKNOWN)
    areas = Availability.gross_m2, Availability.net_m2, offered, Availability.estimated_m2
    sums = [func.sum(func.round(area * PER_M2).cast(BigInteger)).cast(BigInteger) for area in areas]
    words = Availability.horizon, category.label("category"), (offered > 0).label("land")
    statement = select(*words, func.count(), *sums).select_from(Availability)
    statement = statement.outerjoin(Usability, BELONGS) if assessed else statement
    return statement.group_by(text("1, 2, 3"))
