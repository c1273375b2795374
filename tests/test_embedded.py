import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from geo_service import embedded, postgres
from geo_service.embedded import EmbeddedCluster
from geo_service.errors import DatabaseUnavailable

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes the user, which only root may")
NewHome = Callable[[str], Path]


@pytest.fixture
def new_home(run_folder: Path, request: pytest.FixtureRequest) -> Iterator[NewHome]:
    """Folders that a server of another user can reach; their servers are removed after the test."""
    parent = run_folder / f"{request.node.name.split('[')[0]}-{os.getpid()}"
    parent.mkdir(mode=0o755)
    yield lambda name: parent / name
    for home in parent.iterdir():
        EmbeddedCluster(home).delete()
    shutil.rmtree(parent)


def connect(cluster: EmbeddedCluster) -> psycopg.Connection:
    url = make_url(cluster.url).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def write(cluster: EmbeddedCluster, words: str) -> None:
    with connect(cluster) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (words text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [words])


def read(cluster: EmbeddedCluster) -> list[str]:
    with connect(cluster) as connection:
        return [words for (words,) in connection.execute("SELECT words FROM notes ORDER BY words")]


def server_folder(cluster: EmbeddedCluster) -> Path:
    with connect(cluster) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row
    return Path(row[0]).parent


def kill(cluster: EmbeddedCluster) -> None:
    pid = postgres.postmaster(server_folder(cluster))
    assert pid
    os.kill(pid, signal.SIGKILL)
    while cluster.running:
        time.sleep(0.01)


@pytest.mark.parametrize("name", ["plain", "Büro & Lager $HOME 'x\" `id`", "long" * 30])
def test_second_start_keeps_the_data_in_any_folder(new_home: NewHome, name: str) -> None:
    cluster = EmbeddedCluster(new_home(name), fast=True)
    first_url = cluster.start()
    write(cluster, "Straße")
    assert server_folder(cluster) == new_home(name) / "postgres"
    cluster.stop()
    assert not cluster.running

    again = EmbeddedCluster(new_home(name), fast=True)
    assert again.start() == first_url, "programs that know the address find the server again"
    assert again.running
    assert read(again) == ["Straße"]


def test_database_has_postgis_at_hand_and_knows_umlauts(new_home: NewHome) -> None:
    cluster = EmbeddedCluster(new_home("home"))
    cluster.start()
    with connect(cluster) as connection:
        for extension in ("postgis", "btree_gist", "pg_trgm", "unaccent"):
            connection.execute(f"CREATE EXTENSION {extension}")
        row = connection.execute("SELECT upper('hörde'), current_setting('fsync')").fetchone()
    assert row == ("HÖRDE", "on")


def test_async_driver_takes_the_same_address(new_home: NewHome) -> None:
    async def ask(url: str) -> object:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            answer = await connection.scalar(text("SELECT 6 * 7"))
        await engine.dispose()
        return answer

    with EmbeddedCluster(new_home("mit Leerzeichen"), fast=True) as cluster:
        assert asyncio.run(ask(cluster.url)) == 42


@pytest.mark.parametrize("number_taken", [False, True])
def test_killed_server_starts_again(new_home: NewHome, *, number_taken: bool) -> None:
    cluster = EmbeddedCluster(new_home("home"))
    cluster.start()
    write(cluster, "kept")
    base = server_folder(cluster)
    kill(cluster)
    pid_file = base / "data" / "postmaster.pid"
    assert pid_file.exists(), "a killed server leaves its mark"
    if number_taken:  # after a restart of the machine another program of the same user may have the number
        user = postgres.server_user(base)
        with subprocess.Popen(["sleep", "60"], user=user) as other:
            lines = pid_file.read_text().splitlines()
            pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
            assert not cluster.running
            cluster.start()
            assert other.poll() is None, "the other program is left alone"
            other.kill()
    cluster.start()
    assert read(cluster) == ["kept"]


def test_only_a_killed_server_is_revived(new_home: NewHome) -> None:
    cluster = EmbeddedCluster(new_home("home"))
    assert not cluster.revive(), "there was none"
    cluster.start()
    write(cluster, "kept")
    assert not cluster.revive(), "it runs"
    kill(cluster)
    assert cluster.revive()
    assert read(cluster) == ["kept"]
    cluster.stop()
    assert not cluster.revive(), "it was stopped on purpose"
    assert not cluster.running


def test_socket_swept_away_is_made_again(new_home: NewHome) -> None:
    cluster = EmbeddedCluster(new_home("long" * 30), fast=True)
    url = cluster.start()
    write(cluster, "kept")
    shutil.rmtree(str(make_url(url).query["host"]))
    cluster.start()
    assert read(cluster) == ["kept"]


def test_interrupted_creation_is_repeated(new_home: NewHome) -> None:
    cluster = EmbeddedCluster(new_home("home"), fast=True)
    cluster.start()
    cluster.stop()
    base = cluster.home / "postgres"
    (base / "data").rename(base / "new")  # as if initdb had not ended
    (base / "new" / "PG_VERSION").unlink()
    cluster.start()
    write(cluster, "works")
    assert read(cluster) == ["works"]


def test_two_homes_do_not_meet(new_home: NewHome) -> None:
    one, two = (EmbeddedCluster(new_home(name), fast=True) for name in ("one", "two"))
    assert one.start() != two.start()
    write(one, "one")
    write(two, "two")
    assert read(one) == ["one"]
    assert read(two) == ["two"]
    one.stop()
    assert two.running


def test_copied_home_leaves_the_original_alone(new_home: NewHome) -> None:
    original = EmbeddedCluster(new_home("original"), fast=True)
    original.start()
    write(original, "both")
    original.stop()
    subprocess.run(["cp", "-a", original.home, new_home("copy")], check=True)
    original.start()

    copy = EmbeddedCluster(new_home("copy"), fast=True)
    assert not copy.running
    copy.start()
    write(copy, "copy")
    assert read(copy) == ["both", "copy"]
    assert read(original) == ["both"]
    copy.delete()
    assert original.running


def test_moved_home_keeps_its_data(new_home: NewHome) -> None:
    cluster = EmbeddedCluster(new_home("before"), fast=True)
    cluster.start()
    write(cluster, "kept")
    cluster.home.rename(new_home("after"))  # while it runs
    moved = EmbeddedCluster(new_home("after"), fast=True)
    moved.start()
    assert read(moved) == ["kept"]


@as_root
def test_home_that_only_root_can_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "OUTSIDE", Path("/var/lib/geo-service-test"))
    tmp_path.chmod(0o700)
    cluster = EmbeddedCluster(tmp_path / "before", fast=True)
    try:
        cluster.start()
        write(cluster, "kept")
        base = server_folder(cluster)
        assert base.parent == embedded.OUTSIDE
        assert base.owner() == postgres.SERVER_USER
        cluster.stop()

        subprocess.run(["cp", "-a", cluster.home, tmp_path / "copy"], check=True)
        copy = EmbeddedCluster(tmp_path / "copy", fast=True)
        copy.start()
        assert server_folder(copy) != base, "the data stays with the original"
        copy.delete()

        cluster.home.rename(tmp_path / "after")
        cluster = EmbeddedCluster(tmp_path / "after", fast=True)
        cluster.start()
        assert read(cluster) == ["kept"]
        assert server_folder(cluster) == base
    finally:
        cluster.delete()
        assert not list(embedded.OUTSIDE.iterdir())
        embedded.OUTSIDE.rmdir()


@as_root
def test_normal_user_runs_the_server_as_that_user(new_home: NewHome) -> None:
    user = pwd.getpwnam("nobody")
    home = new_home("home of a person")
    home.mkdir()
    os.chown(home, user.pw_uid, user.pw_gid)
    child = os.fork()  # not a new program: the interpreter may lie where only root can read
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            cluster = EmbeddedCluster(home)
            cluster.start()
            write(cluster, "by nobody")
            kill(cluster)
            cluster.start()
            assert read(cluster) == ["by nobody"]
        except BaseException:  # noqa: BLE001 - a forked child may not return into pytest
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    by_root = EmbeddedCluster(home, fast=True)
    assert by_root.running
    assert server_folder(by_root).owner() == "nobody"
    by_root.stop()
    by_root.start()
    assert server_folder(by_root).owner() == "nobody", "root runs a person's server as that person"
    assert (home / "postgres.json").owner() == "nobody"


def test_two_starts_at_once_make_one_server(new_home: NewHome) -> None:
    clusters = [EmbeddedCluster(new_home("home"), fast=True) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(EmbeddedCluster.start, clusters))
    assert len(urls) == 1
    write(clusters[0], "one server")
    assert read(clusters[3]) == ["one server"]


def test_last_to_leave_stops_the_server(new_home: NewHome) -> None:
    first, second = (EmbeddedCluster(new_home("home"), fast=True) for _ in range(2))
    with second:
        with first:
            write(first, "shared")
        assert second.running
        assert read(second) == ["shared"]
    stopped = not second.running
    assert stopped

    second.start()
    with first:
        pass
    assert first.running, "a server that was started on purpose stays"


def test_nobody_connects_without_the_secret(new_home: NewHome) -> None:
    cluster = EmbeddedCluster(new_home("home"), fast=True)
    url = make_url(cluster.start())
    socket = str(url.query["host"])
    assert Path(socket).stat().st_mode & 0o777 == 0o700
    assert (cluster.home / "postgres.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=socket, user=url.username, dbname=url.database)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=socket, user=url.username, password="guessed", dbname=url.database)
    with connect(cluster) as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()
    assert row == ("",), "no port is open"


def test_missing_postgresql_says_what_to_install(new_home: NewHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PROGRAM_FOLDERS", ())
    monkeypatch.setattr(shutil, "which", lambda _program: None)
    with pytest.raises(DatabaseUnavailable, match="apt-get install postgresql-15 postgresql-15-postgis-3"):
        EmbeddedCluster(new_home("home")).start()


def test_data_of_a_version_that_is_gone_says_so(new_home: NewHome) -> None:
    data = new_home("home") / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseUnavailable, match="made by PostgreSQL 9, which is not installed"):
        EmbeddedCluster(new_home("home")).start()


def test_server_that_does_not_start_shows_its_log(new_home: NewHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "LAUNCH_ATTEMPTS", 1)
    cluster = EmbeddedCluster(new_home("home"), fast=True)
    cluster.start()
    cluster.stop()
    (cluster.home / "postgres" / "data" / "pg_hba.conf").write_text("nonsense\n")
    with pytest.raises(DatabaseUnavailable, match="pg_hba"):
        cluster.start()


def test_address_before_the_first_start_is_an_error(new_home: NewHome) -> None:
    cluster = EmbeddedCluster(new_home("home"))
    assert not cluster.running
    cluster.stop()
    with pytest.raises(DatabaseUnavailable, match="start it first"):
        _ = cluster.url
