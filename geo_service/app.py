"""The application: settings in, routers, handlers and layers together, nothing done at import."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import configure_mappers
from starlette.types import ASGIApp

from geo_service import health
from geo_service.auth import routes as auth
from geo_service.auth.access import identify
from geo_service.auth.keys import secret_key
from geo_service.auth.sessions import Sessions
from geo_service.auth.throttle import Throttle
from geo_service.availability import city_routes as city
from geo_service.availability import desk as availability_desk
from geo_service.availability import keeping as availability_keeping
from geo_service.availability import routes as availability
from geo_service.beside import Turns
from geo_service.city import load_city
from geo_service.cors import PublicReads
from geo_service.db import Database
from geo_service.errors import GeoServiceError, InvalidInput, install_handlers
from geo_service.frame import Compression, Frame
from geo_service.inquiries import routes as inquiries
from geo_service.matching import routes as matching
from geo_service.ogc import editing_routes as editing
from geo_service.ogc import forms, pieces
from geo_service.ogc import routes as features
from geo_service.ogc import tile_routes as tiles
from geo_service.ogc.change_queries import data_version
from geo_service.ogc.direct import busiest
from geo_service.ogc.exports import routes as exports
from geo_service.ogc.extents import ExtentCache
from geo_service.ogc.service import Counts
from geo_service.ogc.tiles import TileCache
from geo_service.parameters import given_once
from geo_service.search import routes as search
from geo_service.settings import Settings, get_settings
from geo_service.sites import routes as sites
from geo_service.transit import keeping as transit_keeping
from geo_service.transit import reach_routes as reach
from geo_service.transit import routes as transit
from geo_service.transit import scenario_routes as scenarios
from geo_service.transit import subject_routes as subjects
from geo_service.web import ready
from geo_service.web import routes as web
from geo_service.web.assets import static_address
from geo_service.web.frame import bare_frame, compile_templates

logger = logging.getLogger(__name__)

PARENT_CHECK_S = 1.0
COMPRESS_FROM_BYTES = 2_000
COMPRESS_LEVEL = 4
"""Half the size at a tenth of the time of the best level."""
SWAGGER = "vendor/swagger-ui-dist"


class Service(FastAPI):
    """FastAPI inside the frame, so that errors of any layer carry request id and headers."""

    def build_middleware_stack(self) -> ASGIApp:
        """Put the frame around everything."""
        settings: Settings = self.state.settings
        return Frame(PublicReads(super().build_middleware_stack()), settings.basemap_url)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings
        None: those of the environment. ``database_url`` must be set when the application starts.
    """
    settings = settings or get_settings()
    logging.getLogger("geo_service").setLevel(settings.log_level.upper())
    app = Service(
        title="geo_service",
        description="Land and premises of a city: availability, transit proximity, vacancies, interfaces.",
        lifespan=_lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    app.state.throttle = Throttle()
    app.state.desk = availability_desk.Desk()
    app.state.tiles = TileCache()
    app.state.extents = ExtentCache()
    app.state.counts = Counts()
    app.state.transit_seen = transit_keeping.Seen()
    app.state.exports = Turns(busy="Other exports are being made.")
    app.state.data_page = web.data_page
    app.add_middleware(Sessions, secret_key=secret_key(settings))
    app.add_middleware(Compression, minimum_size=COMPRESS_FROM_BYTES, compresslevel=COMPRESS_LEVEL)
    _install_errors(app)
    app.router.routes.extend(busiest.routes)
    web.mount_static(app)
    app.add_api_route("/api/docs", _docs, include_in_schema=False)
    app.include_router(health.router)
    land = (
        features,
        tiles,
        exports,
        editing,
        forms,
        auth,
        availability,
        city,
        transit,
        reach,
        scenarios,
        subjects,
    )
    for part in (tiles.together, tiles.schemes):
        app.include_router(part, dependencies=[Depends(identify), Depends(given_once)])
    for each in (*land, inquiries, matching, sites, search):  # tried in this order
        app.include_router(each.router, dependencies=[Depends(identify), Depends(given_once)])
    app.include_router(web.router, dependencies=[Depends(identify)])
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the engines while the application runs; it also starts while the database is away."""
    settings: Settings = app.state.settings
    app.state.city = load_city(settings.city)
    database = Database(settings)
    app.state.database = database
    tasks = [asyncio.create_task(_end_with_parent())]
    if settings.refresh:
        keepers = (
            availability_keeping.keep_fresh(database, settings),
            availability_desk.keep_ready(app.state.desk, database),
            transit_keeping.keep_fresh(database, settings, app.state.transit_seen),
            pieces.keep_fresh(database),
            compile_templates(settings.home),
            ready.keep_ready(app, database),
        )
        tasks += [asyncio.create_task(each) for each in keepers]
    try:
        await asyncio.gather(_warm(database, settings.pool_size), asyncio.to_thread(_prepare, app, database))
        gc.freeze()  # what is there now stays: looking through it again and again held all requests up
        yield
    finally:
        gc.unfreeze()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await database.dispose()


async def _end_with_parent() -> None:
    """End this process when the one that started it was killed: else it keeps the port."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells of it, it must be asked for
        await asyncio.sleep(PARENT_CHECK_S)
    os.kill(os.getpid(), signal.SIGKILL)  # its supervisor is gone, nobody waits for an orderly end


async def _warm(database: Database, connections: int) -> None:
    """Open connections before the first visitor waits for them."""

    async def connect() -> None:
        async with database.read_session() as session:
            await session.execute(data_version())
            await asyncio.sleep(0.05)  # so that the others need connections of their own

    try:
        await asyncio.gather(*(connect() for _ in range(connections)))
        await database.reader.warm(data_version(), connections)
    except (SQLAlchemyError, OSError) as error:
        logger.warning("the database does not answer yet: %s", error)


def _prepare(app: FastAPI, database: Database) -> None:
    """Have frameworks build what they build when first asked: else the first visitor waits for all routes."""
    configure_mappers()
    nowhere = {"type": "http", "method": "GET", "path": "/-", "root_path": "", "headers": []}
    for route in app.router.routes:
        route.matches(nowhere)
    with suppress(SQLAlchemyError, OSError), database.answering() as connection:  # `_warm` says what is wrong
        connection.execute(data_version())


def _install_errors(app: FastAPI) -> None:
    """Register the handlers; what the driver or the pool says itself counts like what SQLAlchemy says."""
    install_handlers(app, web.render_problem)
    handlers: dict[Any, Any] = app.exception_handlers

    async def unreadable(request: Request, error: Exception) -> Response:
        logger.info("value refused by the database: %s", error)
        problem = InvalidInput("A value in the request has a form that cannot be looked for or stored.")
        answer: Response = await handlers[GeoServiceError](request, problem)
        return answer

    for lost in (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, ConnectionError):
        handlers[lost] = handlers[OperationalError]
    for refused in (psycopg.DataError, DataError):
        handlers[refused] = unreadable


async def _docs(request: Request) -> HTMLResponse:
    """Show the interfaces with Swagger UI, served by this service and without inline code."""
    freshness = (await bare_frame(request, ask=True)).freshness
    demo = "Demo. The register holds invented records: is_demo says which."
    ribbon = f'<p class="demo-ribbon" role="note">{demo}</p>' if freshness and freshness.demo else ""
    icon, style, script, start = (
        static_address(f"{SWAGGER}/favicon-32x32.png"),
        static_address(f"{SWAGGER}/swagger-ui.css"),
        static_address(f"{SWAGGER}/swagger-ui-bundle.js"),
        static_address("js/api-docs.js"),
    )
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>geo_service: interfaces</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="{icon}"><link rel="stylesheet" href="{style}"></head>'
        f'<body>{ribbon}<main id="swagger-ui" data-definition="/api/openapi.json"></main>'
        f'<script src="{script}"></script><script src="{start}"></script></body></html>'
    )
