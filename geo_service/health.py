"""Whether the process is alive, and whether it can do its work."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from geo_service.availability.keeping import OVERDUE
from geo_service.availability.run_queries import waiting_since
from geo_service.db import get_database
from geo_service.errors import NotReady, problem_response
from geo_service.migrate import pending_revisions
from geo_service.transit.keeping import FAILING, Seen

router = APIRouter(tags=["health"])

TIMEOUT_S: Final = 5
NO_STORE: Final[dict[str, str]] = {"Cache-Control": "no-store"}


@router.get("/healthz")
async def get_health() -> JSONResponse:
    """Tell that the process answers; asks nobody else."""
    return JSONResponse({"status": "ok"}, headers=NO_STORE)


@router.get("/readyz")
async def get_readiness(request: Request) -> JSONResponse:
    """Tell whether the database answers and has the newest schema; 503 and what is missing otherwise.

    Warnings tell what works, but not as it should.
    """
    missing, warnings = await _state(request)
    if missing:
        problem = NotReady("; ".join(missing), missing=missing).problem()
        return problem_response(problem, headers=NO_STORE)
    return JSONResponse({"status": "ready", "missing": [], "warnings": warnings}, headers=NO_STORE)


async def _state(request: Request) -> tuple[list[str], list[str]]:
    """Return what is missing, and what does not work as it should."""
    try:
        async with asyncio.timeout(TIMEOUT_S), get_database(request).read_session() as session:
            connection = await session.connection()
            revisions = await connection.run_sync(_pending)
            if revisions:
                return [f"migration {revision} is not applied (geo db migrate)" for revision in revisions], []
            overdue = _overdue(await session.scalar(waiting_since()))
            return [], overdue + _failing(request.app.state.transit_seen)
    except TimeoutError:
        return [f"the database does not answer within {TIMEOUT_S} s"], []
    except (SQLAlchemyError, OSError):
        return ["the database does not answer"], []


def _overdue(since: datetime | None) -> list[str]:
    """Tell of a change that waits too long for its refresh."""
    if since is None or datetime.now(UTC) - since < OVERDUE:
        return []
    moment = since.isoformat(timespec="minutes")
    return [f"stored availability waits for a refresh since {moment} (see the log, or run geo availability)"]


def _failing(seen: Seen) -> list[str]:
    """Tell of transit answers whose refresh fails again and again."""
    if seen.failures < FAILING:
        return []
    return [
        f"stored transit answers: {seen.failures} refreshes failed in a row (log, or geo transit --outdated)"
    ]


def _pending(connection: Connection) -> list[str]:
    return pending_revisions(connection)
