"""The command line: the embedded database, the server and the demo, as a person starts them."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import NullPool, create_engine, text

from geo_service.cli import SLICES, Commands, SliceCommand
from geo_service.embedded import EmbeddedCluster
from geo_service.settings import Settings, in_words

GEO = (sys.executable, "-m", "geo_service")
ROOT = Path(__file__).resolve().parent.parent


def environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")}
    return kept | {"GEO_HOME": str(home), "PYTHONPATH": str(ROOT), "COLUMNS": "200"} | settings


def geo(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GEO, *arguments], env=environment(home, **settings), capture_output=True, text=True, timeout=120,
        check=False, cwd=home.parent,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "geo home ü"
    folder.mkdir()
    yield folder
    geo(folder, "db", "stop")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fetch(port: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@contextmanager
def running(home: Path, *arguments: str, within_s: float, **settings: str) -> Iterator[tuple[int, list[str]]]:
    """Start a server command, wait until it answers, and stop it in the end."""
    port = free_port()
    log = home / f"log-{port}"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*GEO, *arguments, "--port", str(port), "--workers", "1"],
            env=environment(home, **settings), stdout=output, stderr=subprocess.STDOUT, cwd=home.parent,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and process.poll() is None:
            try:
                fetch(port, "/healthz")
                break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail(f"no answer: {log.read_text()}")
        yield port, log.read_text().splitlines()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def test_help_names_every_command(home: Path) -> None:
    told = geo(home, "--help")
    assert told.returncode == 0
    for command in ("demo", "serve", "db", "import", "availability", "transit", "match", "map", "user"):
        assert f" {command} " in told.stdout


def test_database_commands(home: Path) -> None:
    started = geo(home, "db", "start")
    assert started.returncode == 0, started.stderr
    assert started.stdout.startswith("postgresql+psycopg://")
    assert geo(home, "db", "url").stdout == started.stdout
    unmigrated = geo(home, "availability")
    assert unmigrated.returncode == 1
    assert "geo db migrate" in unmigrated.stderr
    assert "applied" in geo(home, "db", "migrate").stdout
    assert "Up to date." in geo(home, "db", "migrate").stdout
    assert geo(home, "db", "stop").returncode == 0
    assert geo(home, "db", "stop").returncode == 0


def test_a_foreign_server_is_not_started_or_stopped(home: Path) -> None:
    for command in ("start", "stop"):
        told = geo(home, "db", command, GEO_DATABASE_URL="postgresql://127.0.0.1:9/none")
        assert told.returncode == 1
        assert "GEO_DATABASE_URL" in told.stderr


def test_a_lost_database_is_said_in_words(home: Path) -> None:
    told = geo(home, "availability", GEO_DATABASE_URL="postgresql://geo:hidden@127.0.0.1:9/none")
    assert told.returncode == 1
    assert "127.0.0.1:9/none" in told.stderr
    assert "hidden" not in told.stderr
    assert "Traceback" not in told.stderr


def test_a_wrong_setting_is_said_in_words(home: Path) -> None:
    told = geo(home, "db", "url", GEO_PORT="eighty", GEO_WORKERS="0")
    assert told.returncode == 1
    port, workers = told.stderr.splitlines()
    assert port.endswith(" Port the web server listens on. Unset, it is 8000.")
    assert port.startswith("Error: GEO_PORT must be a whole number, not 'eighty'.")
    assert workers.startswith("Error: GEO_WORKERS must be at least 1, not '0'. Number of web server")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("port", "70000", "must be at most 65535, not '70000'. Port"),
        ("refresh", "vielleicht", "must be true or false, not 'vielleicht'. Whether"),
        ("across_street_m", "x", "must be a number, not 'x'. Parcels"),
        ("statement_timeout_s", "0", "must be more than 0.0, not '0'. Longest"),
        ("statement_timeout_s", "inf", "must be at most 86400.0, not 'inf'. Longest"),
        ("log_level", "laut", "must be one of debug, info, warning, error, not 'laut'. Least"),
        ("secret_key", "geheim", "must be at least 32 characters long. Signs"),
        ("database_url", "mysql://u:geheim@h/x", "must be an address of a database, such as postgresql"),
    ],
)
def test_what_a_setting_must_be_is_told_without_secrets(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"GEO_{name.upper()}", value)
    with pytest.raises(ValidationError) as wrong:
        Settings()
    (line,) = in_words(wrong.value)
    assert line.startswith(f"GEO_{name.upper()} {told}")
    assert "geheim" not in line


def test_commands_are_told_without_loading_what_they_need() -> None:
    """Each slice says the same of its command as the list of all of them does."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, geo_service.cli; print(*sys.modules)"],
        capture_output=True, text=True, check=True, env=environment(ROOT), cwd=ROOT,
    ).stdout.split()  # fmt: skip
    slow = {"folium", "scipy", *(place.partition(":")[0] for place, _ in SLICES.values())}
    assert not slow & set(loaded)
    assert list(Commands(name="geo").commands) == list(SLICES)
    for name, (_, told) in SLICES.items():
        help_text = SliceCommand(name).loaded().help
        assert help_text == told, name


def test_a_wrong_database_address_is_said_in_words(home: Path) -> None:
    told = geo(home, "availability", GEO_DATABASE_URL="foo")
    assert told.returncode == 1
    assert "GEO_DATABASE_URL" in told.stderr
    assert "Traceback" not in told.stderr


def test_markup_in_a_file_name_is_text(home: Path) -> None:
    geo(home, "db", "migrate")
    told = geo(home, "import", "parcels", "[/foo] [bold]x.gpkg")
    assert told.returncode == 1
    assert "[/foo] [bold]x.gpkg" in told.stderr
    assert "Traceback" not in told.stderr


def test_an_unknown_city_is_said_before_anything_is_served(home: Path) -> None:
    told = geo(home, "serve", "--port", str(free_port()), GEO_CITY="nirgends")
    assert told.returncode == 1
    assert "nirgends" in told.stderr
    assert "Traceback" not in told.stderr
    assert "Listening" not in told.stderr + told.stdout


def test_the_server_starts_a_killed_postgis_again(home: Path) -> None:
    assert geo(home, "db", "migrate").returncode == 0
    with running(home, "serve", within_s=120) as (port, _):
        assert fetch(port, "/readyz")[0] == 200
        record = json.loads((home / "postgres.json").read_text())
        pid_file = Path(record["base"]) / "data" / "postmaster.pid"
        killed = int(pid_file.read_text().split()[0])
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while not pid_file.exists() or int(pid_file.read_text().split()[0]) == killed:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        while fetch(port, "/readyz")[0] != 200:
            assert time.monotonic() < deadline
            time.sleep(0.5)


def test_workers_end_with_a_killed_server(home: Path) -> None:
    geo(home, "db", "migrate")
    port = free_port()
    arguments = [*GEO, "serve", "--port", str(port), "--workers", "1"]
    with (home / "log").open("w") as output:
        server = subprocess.Popen(
            arguments, env=environment(home), stdout=output, stderr=output, cwd=home.parent
        )
    wait_until(lambda: answers(port), 60)
    server.kill()
    server.wait(10)
    wait_until(lambda: not answers(port), 20)


def answers(port: int) -> bool:
    try:
        return fetch(port, "/healthz")[0] == 200
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_port_in_use_is_said_before_anything_is_done(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = geo(home, "demo", "--port", str(taken.getsockname()[1]))
    assert told.returncode == 1
    assert "--port" in told.stderr
    assert not (home / "postgres.json").exists()


def test_demo_from_nothing_and_again(home: Path) -> None:
    with running(home, "demo", within_s=240) as (port, lines):
        told = "\n".join(lines)
        passwords = json.loads((home / "demo-sign-in.json").read_text())
        assert stat.S_IMODE((home / "demo-sign-in.json").stat().st_mode) == 0o600
        for role in ("investor_support", "planner", "vacancy_manager", "admin"):
            assert f"demo.{role}" in told
            assert passwords[f"demo.{role}"] in told
        assert fetch(port, "/readyz")[0] == 200
        status, page = fetch(port, "/")
        assert status == 200
        assert b"Demo" in page
        counts = {}
        for collection in ("parcels", "sites", "vacancies", "restrictions", "stops", "districts"):
            status, body = fetch(port, f"/ogc/collections/{collection}/items?limit=10000")
            assert status == 200, collection
            counts[collection] = json.loads(body)["numberReturned"]
        assert counts["parcels"] >= 5000
        assert counts["vacancies"] == 70
        assert counts["districts"] == 12
        assert counts["sites"] == 13
        with create_engine(EmbeddedCluster(home).url, poolclass=NullPool).connect() as connection:
            tables = "'availability', 'usability', 'transit_access'"
            known = text(f"SELECT min(reltuples) FROM pg_class WHERE relname IN ({tables})")
            assert connection.scalar(known) > 1000, "the planner knows how much is stored"
    begin = time.monotonic()
    with running(home, "demo", within_s=60) as (port, lines):
        assert time.monotonic() - begin < 60
        assert "Loaded the demo" not in "\n".join(lines)
        assert json.loads((home / "demo-sign-in.json").read_text()) == passwords
        assert fetch(port, "/maps/overview")[0] == 200
