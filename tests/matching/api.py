"""A small application with the routes under test, callers of each role, and an invented register."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI
from psycopg.types.range import Range
from shapely import box
from sqlalchemy import Connection, create_engine, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from geo_service.auth.access import hash_token
from geo_service.auth.models import ApiToken, Role, User
from geo_service.db import ACTOR, Database
from geo_service.errors import install_handlers
from geo_service.matching.models import ContestRound, Winner
from geo_service.parcels.models import District, Quarter
from geo_service.settings import Settings
from geo_service.vacancies.models import Premises, Vacancy

ROLES = tuple(Role)
TODAY = date(2026, 7, 1)
WIPE = text(
    "TRUNCATE audit, users, api_tokens, districts, quarters, parcels, premises, vacancies, sites, plots, "
    "development_plans, plan_areas, availability, usability, transit_access, contest_rounds, winners, "
    "match_decisions, placements, inquiries RESTART IDENTITY CASCADE"
)
DEMO = {"source": "invented for a test", "is_demo": True}


def token_of(role: str) -> str:
    return f"token-of-{role}-for-tests"


def headers_of(role: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(role)}"} if role else {}


def add_users(connection: Connection) -> None:
    """One user per role, with a token."""
    for role in ROLES:
        user_id = connection.execute(
            insert(User)
            .values(name=f"demo.{role.value}", password_hash="unused", roles=[role.value])
            .returning(User.id)
        ).scalar_one()
        token = {"user_id": user_id, "token_hash": hash_token(token_of(role.value)), "name": "test"}
        connection.execute(insert(ApiToken).values(token))


class Client:
    """A plain client of an application in this process; all requests share one event loop."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self._runner = runner
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://test")

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, **options)


@contextmanager
def serving(url: str, home: Path, *routers: APIRouter) -> Iterator[tuple[Client, Database]]:
    """Serve the routers on a database with users; what was written is wiped afterwards."""
    database = Database(Settings(database_url=url, home=home))
    app = FastAPI()
    app.state.database = database
    for router in routers:
        app.include_router(router)
    install_handlers(app)
    with database.begin("test") as connection:
        add_users(connection)
    with asyncio.Runner() as runner:
        try:
            yield Client(app, runner), database
        finally:
            with database.engine.begin() as connection:
                connection.execute(WIPE)
            runner.run(database.dispose())


@contextmanager
def copied(cluster_url: str, template: str, name: str) -> Iterator[str]:
    """Copy the migrated database for the tests of one module."""
    server = make_url(cluster_url)
    maintenance = create_engine(
        server.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    drop = text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    with maintenance.connect() as connection:
        connection.execute(drop)
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'))
    yield server.set(database=name).render_as_string(hide_password=False)
    with maintenance.connect() as connection:
        connection.execute(drop)


def wkt(x: float, y: float, size: float = 100.0) -> str:
    """A square as EWKT MultiPolygon, EPSG:25832."""
    return f"SRID=25832;MULTIPOLYGON({box(x, y, x + size, y + size).wkt.removeprefix('POLYGON ')})"


def add(connection: Connection, table: Any, **values: Any) -> int:
    """Insert a row and return its id."""
    row_id: int = connection.execute(insert(table).values(**values).returning(table.id)).scalar_one()
    return row_id


def add_places(connection: Connection) -> Mapping[str, int]:
    hoerde = add(connection, District, key="hoerde", name="Hörde", geom=wkt(394_000, 5_705_000), **DEMO)
    brackel = add(connection, District, key="brackel", name="Brackel", geom=wkt(399_000, 5_708_000), **DEMO)
    quarter = add(
        connection,
        Quarter,
        key="hoerde-zentrum",
        name="Hörde-Zentrum",
        district_id=hoerde,
        geom=wkt(394_000, 5_705_000, 50),
        **DEMO,
    )
    return {"hoerde": hoerde, "brackel": brackel, "hoerde-zentrum": quarter}


def add_premises(connection: Connection, key: str, **changes: Any) -> int:
    vacant = changes.pop("vacant", (date(2025, 1, 1), None))
    vacancy = changes.pop("vacancy", {})
    values = {
        "premises_key": key,
        "name": f"Demo-Laden {key}",
        "street": "Demostraße",
        "house_number": key[-1],
        "area_m2": 75.0,
        "permitted_uses": ["retail"],
        "features": ["water"],
        "net_rent_eur_month": Decimal(800),
        "landlord": "geheimer Vermieter",
        "geom": "SRID=25832;POINT(394010 5705010)",
        **DEMO,
        **changes,
    }
    premises_id = add(connection, Premises, **values)
    if vacant is not None:
        add(connection, Vacancy, premises_id=premises_id, during=Range(*vacant), **DEMO, **vacancy)
    return premises_id


def add_round(connection: Connection, slug: str = "demo-2026", **changes: Any) -> int:
    values = {"slug": slug, "name": f"Demo-Runde {slug}", "held_on": date(2026, 5, 1), "budget_eur": 30_000}
    return add(connection, ContestRound, **{**values, **DEMO, **changes})


def add_winner(connection: Connection, round_id: int, name: str, **changes: Any) -> int:
    values = {
        "round_id": round_id,
        "name": name,
        "use": "retail",
        "area_min_m2": 50.0,
        "area_max_m2": 100.0,
        "rent_max_eur_month": Decimal(1500),
        "wanted_from": date(2026, 9, 1),
        "wanted_months": 12,
        **DEMO,
    }
    return add(connection, Winner, **{**values, **changes})


def act_as(connection: Connection, actor: str) -> None:
    connection.execute(ACTOR, {"actor": actor, "request_id": ""})


def scalar(connection: Connection, statement: str, **parameters: Any) -> Any:
    return connection.execute(text(statement), parameters).scalar_one()
