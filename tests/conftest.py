"""Fixtures of all tests: a real PostGIS, migrated once, one copy per worker, a transaction per test.

The server is a private one that starts with the first test that asks for it and is removed at the end;
``GEO_TEST_DATABASE_URL`` names another one, whose role may make databases and extensions. Without a
server the tests fail. The processes of pytest-xdist share the server through a folder that the
controlling process makes.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TextIO

import hypothesis
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from geo_service.db import ACTOR, Database
from geo_service.embedded import EmbeddedCluster
from geo_service.migrate import migrate
from geo_service.settings import Settings

hypothesis.settings.register_profile("steady", derandomize=True)
"""The same examples on every run; ``--hypothesis-profile=default`` looks for others."""
hypothesis.settings.load_profile("steady")

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = Path(os.environ.get("GEO_SHARED_DATA", ROOT.parent / "shared" / "data"))
EXTERNAL_URL = os.environ.get("GEO_TEST_DATABASE_URL")
PREFIX = "geo-tests-"
KEPT_VARIABLES = {"GEO_TEST_DATABASE_URL", "GEO_SHARED_DATA"}

folder_key = pytest.StashKey[Path]()
lock_key = pytest.StashKey[TextIO]()

if (ROOT / "tests" / "http_fixtures.py").exists():
    pytest_plugins = ["tests.http_fixtures"]


# --- the folder of one run of the tests -----------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder in the controlling process; settings of the machine do not count in tests."""
    for name in os.environ.keys() - KEPT_VARIABLES:
        if name.startswith("GEO_"):
            del os.environ[name]
    if hasattr(config, "workerinput"):
        config.stash[folder_key] = Path(config.workerinput["folder"])
        return
    remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o711)  # the server may run as another user
    lock = (folder / "new").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    (folder / "new").rename(folder / "in-use")
    config.stash[folder_key], config.stash[lock_key] = folder, lock


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: pytest.Session) -> None:
    """Tell a worker of pytest-xdist the run's folder."""
    node.workerinput["folder"] = str(node.config.stash[folder_key])  # type: ignore[attr-defined]  # xdist's


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the run made."""
    if lock_key in config.stash:
        remove_run(config.stash[folder_key])
        config.stash[lock_key].close()


def remove_run(folder: Path) -> None:
    if EXTERNAL_URL and (folder / "template-made").exists():
        drop_database(server_url(), template_name(folder))
    EmbeddedCluster(folder).delete()
    shutil.rmtree(folder)


def remove_leftovers() -> None:
    """Stop the servers of runs that were killed."""
    for in_use in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/in-use"):
        try:
            with in_use.open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_run(in_use.parent)
        except (BlockingIOError, PermissionError, FileNotFoundError):
            continue  # a run that goes on, another person's, or one that ends right now


# --- the server and its databases -----------------------------------------------------------------------


def server_url() -> URL:
    return make_url(EXTERNAL_URL or "").set(drivername="postgresql+psycopg")


def template_name(folder: Path) -> str:
    return folder.name.replace("-", "_")


@contextmanager
def maintenance(server: URL) -> Iterator[psycopg.Connection]:
    conninfo = server.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with closing(psycopg.connect(conninfo, autocommit=True)) as connection:
        yield connection


def drop_database(server: URL, name: str) -> None:
    with maintenance(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def run_folder(pytestconfig: pytest.Config) -> Path:
    """A folder that all workers of this run share."""
    return pytestconfig.stash[folder_key]


@pytest.fixture(scope="session")
def cluster_url(run_folder: Path) -> str:
    """A server on which databases may be made; ``postgresql+psycopg://`` with password."""
    if EXTERNAL_URL:
        return server_url().render_as_string(hide_password=False)
    return EmbeddedCluster(run_folder, fast=True).start()


@pytest.fixture(scope="session")
def template_database(cluster_url: str, run_folder: Path) -> str:
    """Name of a migrated database without rows; nobody may stay connected to it."""
    server, name, made = make_url(cluster_url), template_name(run_folder), run_folder / "template-made"
    with (run_folder / "template-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            drop_database(server, name)
            with maintenance(server) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            migrate(create_engine(server.set(database=name), poolclass=NullPool))
            made.touch()
    return name


@contextmanager
def cloned(server: URL, template: str, name: str) -> Iterator[str]:
    """Copy a database for the time of the block."""
    drop_database(server, name)
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    with maintenance(server) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    yield server.set(database=name).render_as_string(hide_password=False)
    drop_database(server, name)


@pytest.fixture(scope="session")
def database_url(cluster_url: str, template_database: str) -> Iterator[str]:
    """This worker's own copy of the migrated database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with cloned(make_url(cluster_url), template_database, f"{template_database}_{worker}") as url:
        yield url


@pytest.fixture
def fresh_database_url(cluster_url: str, template_database: str) -> Iterator[str]:
    """A copy for one test that commits or changes the schema."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with cloned(make_url(cluster_url), template_database, f"{template_database}_{worker}_fresh") as url:
        yield url


@pytest.fixture(scope="session")
def database(database_url: str, run_folder: Path) -> Iterator[Database]:
    """The worker's database; what a test commits stays for the worker's later tests."""
    database = Database(Settings(database_url=database_url, home=run_folder / "home"))
    yield database
    database.engine.dispose()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A connection in a transaction that is rolled back after the test."""
    with database.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(ACTOR, {"actor": "test", "request_id": "test"})
        yield connection
        transaction.rollback()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real files; the test is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the shared files are not at {SHARED_DATA}")
    return SHARED_DATA
