"""A private PostGIS server for the demo and the tests.

The server belongs to one home folder (``GEO_HOME``) and lives in it:

``postgres/``
    the server's own folder: ``data`` and ``server.log``, for its system user only
``postgres.json``
    where the server is and its password, for the owner of the home only
``postgres.lock``, ``postgres.used``
    one start or stop at a time; who uses the server at the moment

It listens on a unix socket in a folder of mode 0700 (its own, or one in /tmp where the name of that is
too long for a socket) and asks for a random password besides, so nobody else on the machine can connect;
it opens no port. PostgreSQL refuses to run as root: started by root
it runs as the system user ``postgres``. Where that user cannot reach the home (below a folder of mode
0700, such as root's own), the server's folder is ``/var/lib/geo-service/<hash of the home>`` instead.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import psycopg
from sqlalchemy.engine import URL

from geo_service.errors import DatabaseUnavailable
from geo_service.postgres import (
    SERVER_USER,
    answers,
    data_version,
    find_programs,
    hand_over,
    launch,
    make_data,
    postmaster,
    reaches,
    server_user,
    shut_down,
)

OUTSIDE = Path("/var/lib/geo-service")
ROLE = DATABASE = "geo"
LONGEST_SOCKET_FOLDER = 90  # bytes; the kernel allows 107 with the socket's name

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "cluster_name": "geo_service",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "2GB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "wal_buffers": "64MB",
    "wal_compression": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""Server settings for one demo on one machine; jit costs more than it saves on short spatial queries."""

FAST_SETTINGS = {
    "shared_buffers": "128MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
"""Besides, for data that may be lost when the machine stops: tests."""


@dataclass(frozen=True)
class _Record:
    """What ``postgres.json`` keeps: the home, the server's folder, its password, its socket's folder."""

    home: str
    base: str
    password: str
    socket: str
    stop_when_unused: bool = False


class EmbeddedCluster:
    """The private server of one home folder.

    ``start`` and ``stop`` are for a server that outlives the program. As a context manager it is shared:
    the first to enter starts the server and the last to leave stops it; a server that was started by
    ``start`` stays. Everything may be called by several programs at once.

    Parameters
    ----------
    home
        Folder that the server belongs to; made when missing.
    fast
        Give up safety against a stop of the machine for speed: for tests.
    """

    def __init__(self, home: Path, *, fast: bool = False) -> None:
        self.home = home.resolve()
        self._settings = SETTINGS | (FAST_SETTINGS if fast else {})
        self._using = ExitStack()

    def start(self) -> str:
        """Start the server if it does not run, and leave it running; return its URL.

        Raises
        ------
        DatabaseUnavailable
            When PostgreSQL is missing or does not start; says why and what to do.
        """
        with self._locked():
            self._ensure_running()
            self._write(replace(self._record(), stop_when_unused=False))
        return self.url

    def stop(self) -> None:
        """Stop the server, whoever uses it; nothing happens when it does not run."""
        if self._has_record():
            with self._locked():
                shut_down(Path(self._record().base))

    def delete(self) -> None:
        """Stop the server and remove its data for good."""
        if self._has_record():
            with self._locked():
                record = self._record()
                shut_down(Path(record.base))
                for folder in filter(None, (record.base, record.socket)):
                    shutil.rmtree(folder, ignore_errors=True)
                self._file("json").unlink()

    def __enter__(self) -> Self:
        with self._locked(), ExitStack() as undo:
            used = undo.enter_context(self._file("used").open("w"))
            fcntl.flock(used, fcntl.LOCK_SH)
            if self._ensure_running():
                self._write(replace(self._record(), stop_when_unused=True))
            self._using = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with self._locked(), self._file("used").open("w") as used:
            self._using.close()
            try:
                fcntl.flock(used, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # others still use it
            if self._has_record() and self._record().stop_when_unused:
                shut_down(Path(self._record().base))

    @property
    def url(self) -> str:
        """Address with password: ``postgresql+psycopg://``, for the sync and the async driver."""
        return self._url(DATABASE).render_as_string(hide_password=False)

    @property
    def running(self) -> bool:
        """Whether the server runs."""
        return self._has_record() and postmaster(Path(self._record().base)) is not None

    def revive(self) -> bool:
        """Start the server again if it was killed; one that was stopped stays stopped.

        Returns
        -------
        bool
            Whether it was started.

        Raises
        ------
        DatabaseUnavailable
            As `start`.
        """
        if not self._was_killed():
            return False
        with self._locked():
            return self._was_killed() and self._ensure_running()

    def _was_killed(self) -> bool:
        """Tell whether a server left its number behind, as one that is stopped does not."""
        if not self._has_record() or self.running:
            return False
        return (Path(self._record().base) / "data" / "postmaster.pid").exists()

    # Steps; the caller holds the lock.

    def _ensure_running(self) -> bool:
        """Make sure that the server answers; return whether it had to be started."""
        last = self._record() if self._has_record() else None
        started = last is None or not answers(Path(last.base), Path(last.socket))
        if started:
            if last:
                shut_down(Path(last.base))
            self._start_anew(last)
        self._create_database()
        return started

    def _start_anew(self, last: _Record | None) -> None:
        base = self._choose_base(last)
        socket = _socket_folder(base, Path(last.socket) if last and last.socket else None)
        password = last.password if last else secrets.token_urlsafe(24)
        record = _Record(str(self.home), str(base), password, str(socket))
        self._write(record)
        programs = find_programs(data_version(base))
        if data_version(base) is None:
            make_data(base, programs, ROLE, record.password)
        here = {"unix_socket_directories": record.socket} | (
            {"wal_compression": "lz4"} if programs.lz4 else {}
        )
        launch(base, programs, self._settings | here)

    def _choose_base(self, last: _Record | None) -> Path:
        """Choose the server's folder: in the home, or outside where its user cannot reach the home."""
        inside = self.home / "postgres"
        outside = OUTSIDE.resolve() / hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        known = [Path(last.base)] if last else []
        for base in sorted([*known, inside, outside], key=lambda base: not (base / "data").exists()):
            _make_folder(base.parent, 0o755)
            _make_folder(base, 0o700)
            user = server_user(base)
            hand_over(base, user)
            if user is None or reaches(user, base):
                return base
            if (base / "data").exists():
                raise DatabaseUnavailable(f"The user {SERVER_USER} cannot reach {base} any more.")
            base.rmdir()
        raise DatabaseUnavailable(f"The user {SERVER_USER} can write neither in {inside} nor in {outside}.")

    def _create_database(self) -> None:
        try:
            with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
                query = "SELECT FROM pg_database WHERE datname = %s"
                if connection.execute(query, [DATABASE]).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(f"The database of {self.home} does not answer: {error}") from error

    def _url(self, database: str) -> URL:
        record = self._record()
        query = {"host": record.socket}
        return URL.create("postgresql+psycopg", ROLE, record.password, database=database, query=query)

    def _conninfo(self, database: str) -> str:
        return self._url(database).set(drivername="postgresql").render_as_string(hide_password=False)

    # Files of the home.

    def _file(self, ending: str) -> Path:
        return self.home / f"postgres.{ending}"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            lock = self._file("lock").open("w")
        except OSError as error:
            raise DatabaseUnavailable(f"The folder {self.home} cannot be used: {error.strerror}.") from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _has_record(self) -> bool:
        return self._file("json").exists()

    def _record(self) -> _Record:
        try:
            record = _Record(**json.loads(self._file("json").read_text()))
        except FileNotFoundError as error:
            raise DatabaseUnavailable(f"There is no database in {self.home} yet: start it first.") from error
        return record if record.home == str(self.home) else self._of_this_home(record)

    def _of_this_home(self, record: _Record) -> _Record:
        """Read the record of a home that was moved or copied here: never the original's server.

        Data outside the home goes along with a home that was moved, and stays when it was copied.
        """
        was_inside = Path(record.base) == Path(record.home, "postgres")
        keep = not was_inside and not Path(record.home).exists()
        base = record.base if keep else str(self.home / "postgres")
        socket = base if record.socket == record.base else ""
        return replace(record, home=str(self.home), base=base, socket=socket)

    def _write(self, record: _Record) -> None:
        new = self._file("json.new")
        new.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
        new.write_text(json.dumps(asdict(record)))
        hand_over(new, self.home.stat().st_uid if os.geteuid() == 0 else None)
        new.replace(self._file("json"))


def _make_folder(folder: Path, mode: int) -> None:
    """Make a folder with exactly this mode, whatever the umask; leave one that exists as it is."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(mode)


def _socket_folder(base: Path, last: Path | None) -> Path:
    """Choose the folder of the socket: the server's own, or a short private one where that is too long.

    The last one is taken again where possible, so that programs that know the address find the server
    after a restart.
    """
    if _is_plain(base):
        return base
    user = server_user(base)
    if last and last.is_dir() and last.stat().st_uid == base.stat().st_uid:
        return last
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 - see mkdtemp
        if not _is_plain(parent / "geo-12345678") or not os.access(parent, os.W_OK):
            continue
        folder = Path(tempfile.mkdtemp(prefix="geo-", dir=parent))
        hand_over(folder, user)
        if user is None or reaches(user, folder):
            return folder
        folder.rmdir()
    raise DatabaseUnavailable("There is no folder for temporary files that the database can use.")


def _is_plain(folder: Path) -> bool:
    """Tell whether a socket can be in a folder: a short name without characters that need quoting."""
    name = str(folder)
    return len(name) <= LONGEST_SOCKET_FOLDER and re.fullmatch(r"[\w./-]+", name, re.ASCII) is not None
