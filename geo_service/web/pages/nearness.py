"""The transit answer of a page, or why there is none."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.transit.answers import subject_methods
from geo_service.transit.foot_rules import detour
from geo_service.transit.models import SubjectKind
from geo_service.web.queries.parcel_page import ACCESS, TRANSIT_GAP
from geo_service.web.queries.parcels import METHOD
from geo_service.web.queries.reach import TRAVEL_TIMES


async def nearness(session: AsyncSession, kind: str, subject_id: int) -> dict[str, Any]:
    """Return what ``partials/transit.html`` and ``partials/reach.html`` show.

    Parameters
    ----------
    session
        Read session.
    kind
        ``parcel``, ``site`` or ``premises``.
    subject_id
        Its id.
    """
    subject = {"subject_kind": kind, "subject_id": subject_id}
    access = (await session.execute(ACCESS, {**subject, "method": METHOD})).one_or_none()
    gap = None if access else await session.scalar(TRANSIT_GAP, subject)
    travel = (await session.execute(TRAVEL_TIMES, subject)).all()
    connection = await session.connection()
    methods = await connection.run_sync(subject_methods, SubjectKind(kind), subject_id) if access else None
    found = {"access": access, "transit_gap": gap, "methods": methods}
    return {**found, "travel": travel, "detour": detour()}
