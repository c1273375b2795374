"""The fixtures that all database tests stand on."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from geo_service.db import Database
from geo_service.embedded import EmbeddedCluster

ROOT = Path(__file__).resolve().parent.parent
PROBE = "tests/test_fixtures.py::test_what_a_test_writes_is_seen_by_nobody_and_gone"


def run_probe(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run one database test as a run of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", PROBE],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def databases(url: str) -> set[str]:
    plain = make_url(url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(plain.render_as_string(hide_password=False)) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def test_what_a_test_writes_is_seen_by_nobody_and_gone(connection: Connection, database: Database) -> None:
    connection.execute(text("CREATE TABLE probe ()"))
    with database.engine.connect() as other:
        other.execute(text("SET lock_timeout = '1s'"))
        assert other.scalar(text("SELECT count(*) FROM pg_tables WHERE tablename = 'probe'")) == 0
        assert other.scalar(text("SELECT to_regclass('parcels') IS NOT NULL")), "the schema is there"
        assert other.scalar(text("SELECT postgis_version()"))
    assert connection.scalar(text("SELECT current_setting('app.actor')")) == "test"


def test_fresh_database_is_another_one(fresh_database_url: str, database_url: str) -> None:
    assert make_url(fresh_database_url).database != make_url(database_url).database
    assert {make_url(fresh_database_url).database, make_url(database_url).database} <= databases(database_url)


def test_given_server_is_used_and_left_clean(cluster_url: str, run_folder: Path) -> None:
    before = databases(cluster_url)
    ended = run_probe(GEO_TEST_DATABASE_URL=cluster_url)
    assert ended.returncode == 0, ended.stdout
    ours = run_folder.name.replace("-", "_")  # other workers of this run make databases meanwhile
    assert not {name for name in databases(cluster_url) - before if not name.startswith(ours)}


def test_without_a_server_tests_fail() -> None:
    ended = run_probe(GEO_TEST_DATABASE_URL="postgresql://nobody:none@127.0.0.1:1/none")
    assert ended.returncode == 1
    assert "1 error" in ended.stdout
    assert "skipped" not in ended.stdout


def test_settings_of_the_machine_do_not_count() -> None:
    ended = run_probe(GEO_PORT="nonsense", GEO_CITY="nowhere")
    assert ended.returncode == 0, ended.stdout


def test_server_of_a_killed_run_is_removed_by_the_next() -> None:
    folder = Path(tempfile.mkdtemp(prefix="geo-tests-"))
    folder.chmod(0o711)
    cluster = EmbeddedCluster(folder, fast=True)
    cluster.start()
    (folder / "in-use").touch()  # nobody holds its lock
    conftest().remove_leftovers()
    assert not cluster.running
    assert not folder.exists()


def test_server_of_a_running_run_is_left_alone(run_folder: Path, cluster_url: str) -> None:
    conftest().remove_leftovers()
    assert run_folder.exists()
    assert databases(cluster_url)


def conftest() -> ModuleType:
    """Load the fixtures' module apart from pytest's own copy."""
    spec = importlib.util.spec_from_file_location("conftest_apart", ROOT / "tests" / "conftest.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
