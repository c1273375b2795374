"""Fixtures for tests of answers: the application on the test database with the rows of ``sample_city``.

``client`` is the public; ``signed_in(role)`` is a person of the agency; both keep their own cookies.
"""

import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, insert

from geo_service.app import create_app
from geo_service.auth import passwords
from geo_service.auth.models import Role, User
from geo_service.db import Database
from geo_service.settings import Settings
from tests.sample_city import Sample, remove_rows, write_sample

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette recommends the successor of httpx
    from starlette.testclient import TestClient

PASSWORD = "correct horse battery"
SignedIn = Callable[[Role | str], httpx.Client]


@lru_cache(maxsize=1)
def _password_hash() -> str:
    return passwords.hashed(PASSWORD, "anyone")


def write_users(connection: Connection) -> None:
    """Write one user ``test.<role>`` for each role."""
    users = [
        {"name": f"test.{role.value}", "password_hash": _password_hash(), "roles": [role.value]}
        for role in Role
    ]
    connection.execute(insert(User), users)


@pytest.fixture(scope="module")
def sample(database: Database) -> Iterator[Sample]:
    """Rows of the sample city and one user ``test.<role>`` for each role, removed after the module."""
    with database.begin(actor="test") as connection:
        remove_rows(connection)
        rows = write_sample(connection)
        write_users(connection)
    yield rows
    with database.begin(actor="test") as connection:
        remove_rows(connection)


@pytest.fixture(scope="module")
def app(database_url: str, run_folder: Path) -> FastAPI:
    """The application, not yet started; ``client`` starts it."""
    home = run_folder / "home"
    return create_app(Settings(database_url=database_url, home=home, pool_size=3, refresh=False))


@pytest.fixture(scope="module")
def running(app: FastAPI, sample: Sample) -> Iterator[TestClient]:
    """The application while it runs; unhandled errors become answers."""
    assert sample.ids
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


def _browser(running: TestClient) -> httpx.Client:
    """Return a client with cookies of its own."""
    return httpx.Client(transport=running._transport, base_url="http://testserver")


@pytest.fixture
def client(running: TestClient) -> httpx.Client:
    """Somebody who is not signed in."""
    return _browser(running)


@pytest.fixture
def signed_in(running: TestClient) -> SignedIn:
    """Return a client of a person with the role, signed in by the form."""

    def sign_in(role: Role | str) -> httpx.Client:
        person = _browser(running)
        answer = person.post("/sign-in", data={"name": f"test.{Role(role).value}", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return person

    return sign_in
