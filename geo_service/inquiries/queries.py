"""Statements of the register of inquiries, and of the places that they name."""

from datetime import date
from typing import Any

from sqlalchemy import Executable, Select, func, literal, select, tuple_, union_all

from geo_service.availability.models import Availability
from geo_service.inquiries.models import Inquiry
from geo_service.parcels.models import District, Quarter


def places() -> Executable:
    """Select districts and quarters (key, id, name, is_quarter)."""
    return union_all(
        select(District.key, District.id, District.name, literal(False).label("is_quarter")),
        select(Quarter.key, Quarter.id, Quarter.name, literal(True).label("is_quarter")),
    )


def stored_availability() -> Select[Any, Any]:
    """Select how fresh the stored availability is (as_of: oldest asked day, computed_at: oldest)."""
    return select(
        func.min(Availability.as_of).label("as_of"), func.min(Availability.computed_at).label("computed_at")
    )


def inquiries(
    status: str | None, subject: str | None, after: tuple[date, int] | None, limit: int
) -> Select[Inquiry]:
    """Select inquiries, newest first, one more than the limit to tell whether there are more.

    Parameters
    ----------
    status, subject
        Only such; None: all.
    after
        Day and id of the last one shown before.
    limit
        Number per page.
    """
    statement = select(Inquiry).order_by(Inquiry.received_on.desc(), Inquiry.id.desc()).limit(limit + 1)
    if status is not None:
        statement = statement.where(Inquiry.status == status)
    if subject is not None:
        statement = statement.where(Inquiry.subject == subject)
    if after is not None:
        statement = statement.where(tuple_(Inquiry.received_on, Inquiry.id) < tuple_(*after))
    return statement


def inquiry(reference: str, *, for_update: bool = False) -> Select[Inquiry]:
    """Select one inquiry by its reference."""
    statement = select(Inquiry).where(Inquiry.reference == reference)
    return statement.with_for_update() if for_update else statement


def next_id() -> Select[int]:
    """Select the id of a new inquiry, from which its reference is made."""
    return select(func.nextval(func.pg_get_serial_sequence("inquiries", "id")))
