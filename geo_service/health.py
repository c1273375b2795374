"""Whether the process is alive, and whether it can do its work."""

import asyncio
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from geo_service.db import get_database
from geo_service.errors import NotReady, problem_response
from geo_service.migrate import pending_revisions

router = APIRouter(tags=["health"])

TIMEOUT_S: Final = 5
NO_STORE: Final[dict[str, str]] = {"Cache-Control": "no-store"}


@router.get("/healthz")
async def get_health() -> JSONResponse:
    """Tell that the process answers; asks nobody else."""
    return JSONResponse({"status": "ok"}, headers=NO_STORE)


@router.get("/readyz")
async def get_readiness(request: Request) -> JSONResponse:
    """Tell whether the database answers and has the newest schema; 503 and what is missing otherwise."""
    missing = await _missing(request)
    if missing:
        problem = NotReady("; ".join(missing), missing=missing).problem()
        return problem_response(problem, headers=NO_STORE)
    return JSONResponse({"status": "ready", "missing": []}, headers=NO_STORE)


async def _missing(request: Request) -> list[str]:
    try:
        async with asyncio.timeout(TIMEOUT_S), get_database(request).read_session() as session:
            connection = await session.connection()
            revisions = await connection.run_sync(_pending)
    except TimeoutError:
        return [f"the database does not answer within {TIMEOUT_S} s"]
    except (SQLAlchemyError, OSError):
        return ["the database does not answer"]
    return [f"migration {revision} is not applied (geo db migrate)" for revision in revisions]


def _pending(connection: Connection) -> list[str]:
    return pending_revisions(connection)
