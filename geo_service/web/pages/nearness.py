"""The transit answer of a page, or why there is none."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.beside import computed
from geo_service.transit.answers import subject_methods
from geo_service.transit.foot_rules import detour
from geo_service.transit.models import SubjectKind
from geo_service.transit.schemas import PlaceMethods
from geo_service.web.frame import Frame
from geo_service.web.queries.parcel_page import ACCESS, TRANSIT_GAP
from geo_service.web.queries.parcels import METHOD
from geo_service.web.queries.reach import TRAVEL_TIMES


async def nearness(frame: Frame, session: AsyncSession, kind: str, subject_id: int) -> dict[str, Any]:
    """Return what ``partials/transit.html`` and ``partials/reach.html`` show.

    Parameters
    ----------
    frame
        The page.
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
    methods = None
    if access:

        def make(connection: Connection) -> PlaceMethods | None:
            return subject_methods(connection, SubjectKind(kind), subject_id)

        methods = await computed(frame.request, session, make, public=frame.public)
    found = {"access": access, "transit_gap": gap, "methods": methods}
    return {**found, "travel": travel, "detour": detour()}
