"""The PostgreSQL server programs: found, and run as the right system user in the server's own folder.

That folder (``base``) belongs to the server's user and holds ``data`` and ``server.log``. Programs are
started inside it and get relative names, because ``pg_ctl`` hands what it is given to a shell.
"""

import glob
import os
import pwd
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geo_service.errors import DatabaseUnavailable

PROGRAM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
SERVER_USER = "postgres"
LAUNCH_ATTEMPTS = 8
LZ4_SINCE = 15
"""Major version whose log can be compressed by lz4."""
PATIENCE_S = 60
INSTALL = (
    "PostgreSQL 15 with PostGIS 3 is needed. On Debian: "
    "apt-get install postgresql-15 postgresql-15-postgis-3 postgresql-client-15. "
    "Or set GEO_DATABASE_URL to a server of your own."
)


@dataclass(frozen=True)
class Programs:
    """The server programs of one PostgreSQL version.

    Parameters
    ----------
    folder
        Where ``initdb``, ``pg_ctl`` and ``postgres`` are.
    major
        Major version, such as 15.
    lz4
        Whether the server can compress its log by lz4.
    """

    folder: Path
    major: int
    lz4: bool


def find_programs(major: int | None = None) -> Programs:
    """Find the server programs: those on PATH, else the newest version that has PostGIS.

    Parameters
    ----------
    major
        Only this major version will do, because data of that version exists.

    Raises
    ------
    DatabaseUnavailable
        When there are none; says what to install.
    """
    on_path = shutil.which("initdb")
    preferred = _with_postgis(Path(on_path).resolve().parent) if on_path else None
    folders = [Path(name) for pattern in PROGRAM_FOLDERS for name in glob.glob(pattern)]  # noqa: PTH207 - absolute patterns
    installed = [programs for folder in folders if (programs := _with_postgis(folder))]
    installed.sort(key=lambda programs: programs.major, reverse=True)
    for programs in [preferred, *installed]:
        if programs and major in (None, programs.major):
            return programs
    kept = f"The data was made by PostgreSQL {major}, which is not installed. " if major else ""
    raise DatabaseUnavailable(kept + INSTALL)


def _with_postgis(folder: Path) -> Programs | None:
    """Return the programs in a folder when they are complete and PostGIS is there for them."""
    if not all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres", "pg_config")):
        return None
    told = run([str(folder / "pg_config"), "--version", "--sharedir", "--configure"]).stdout.splitlines()
    version = re.search(r"PostgreSQL (\d+)", told[0]) if len(told) > 1 else None
    if version is None or not Path(told[1], "extension", "postgis.control").exists():
        return None
    major = int(version[1])
    return Programs(folder, major, lz4=major >= LZ4_SINCE and "'--with-lz4'" in told[-1])


def run(
    command: Sequence[str], *, cwd: Path = Path("/"), user: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, without the caller's ``PG...`` variables.

    Parameters
    ----------
    command
        Program and arguments.
    cwd
        Folder it works in; a relative name among the arguments counts from here.
    user
        System user that it runs as; None for the caller.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(
        command,
        cwd=cwd,
        user=user,
        group=None if user is None else pwd.getpwuid(user).pw_gid,
        extra_groups=None if user is None else [],
        env=environment | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def server_user(folder: Path) -> int | None:
    """Return the system user that a server in this folder runs as; None for the caller.

    PostgreSQL refuses to run as root. Started by root it runs as the folder's owner, or, where that is
    root too, as the user that Debian's package makes.

    Raises
    ------
    DatabaseUnavailable
        When there is no such user.
    """
    if os.geteuid() != 0:
        return None
    owner = folder.stat().st_uid
    if owner != 0:
        return owner
    try:
        return pwd.getpwnam(SERVER_USER).pw_uid
    except KeyError as error:
        message = f"PostgreSQL does not run as root, and there is no user {SERVER_USER}: add one."
        raise DatabaseUnavailable(message) from error


def hand_over(path: Path, user: int | None) -> None:
    """Make the server's user the owner of a file or folder."""
    if user is not None:
        os.chown(path, user, pwd.getpwuid(user).pw_gid)


def reaches(user: int | None, folder: Path) -> bool:
    """Tell whether a user can write in a folder, all folders above it considered."""
    return run(["test", "-w", str(folder), "-a", "-x", str(folder)], user=user).returncode == 0


def make_data(base: Path, programs: Programs, role: str, password: str) -> None:
    """Make the data folder, UTF-8 and sorted by code point; what an interrupted attempt left is removed.

    Parameters
    ----------
    base
        The server's folder.
    programs
        What to make it with.
    role, password
        The superuser, who signs in by password (SCRAM) over the unix socket only.

    Raises
    ------
    DatabaseUnavailable
        When ``initdb`` fails; with its words.
    """
    user = server_user(base)
    shutil.rmtree(base / "new", ignore_errors=True)
    secret = base / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    hand_over(secret, user)
    # C and C.UTF-8 sort alike; but only C is known to sort by bytes, which is much faster
    form = ["--encoding=UTF8", "--locale=C.UTF-8", "--lc-collate=C"]
    form += ["--auth-local=scram-sha-256", "--auth-host=reject"]
    account = [f"--username={role}", "--pwfile=password", "--no-instructions"]
    made = run([str(programs.folder / "initdb"), "-D", "new", *form, *account], cwd=base, user=user)
    secret.unlink()
    if made.returncode:
        raise DatabaseUnavailable(f"The database could not be made in {base}: {made.stderr.strip()}")
    (base / "new").rename(base / "data")


def data_version(base: Path) -> int | None:
    """Return the major version that the data was made by, None when there is no data."""
    version = base / "data" / "PG_VERSION"
    return int(version.read_text()) if version.exists() else None


def launch(base: Path, programs: Programs, settings: Mapping[str, str]) -> None:
    """Start the server; after a kill its remains may stand in the way for some seconds.

    Raises
    ------
    DatabaseUnavailable
        When it does not start; with the end of its log.
    """
    options = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    start = ["-D", "data", "-l", "server.log", "-w", "-t", str(PATIENCE_S), "-o", options, "start"]
    for attempt in range(LAUNCH_ATTEMPTS):
        time.sleep(min(attempt, 2))
        _forget_stale_server(base)
        command = [str(programs.folder / "pg_ctl"), *start]
        if run(command, cwd=base, user=server_user(base)).returncode == 0:
            return
    log = base / "server.log"
    words = log.read_text(errors="replace").strip().splitlines()[-5:] if log.exists() else ["no log"]
    raise DatabaseUnavailable(f"The database in {base} does not start: " + " | ".join(words))


def shut_down(base: Path) -> None:
    """Stop the server if it runs; open transactions are rolled back."""
    if postmaster(base) is None:
        return
    program = find_programs(data_version(base)).folder / "pg_ctl"
    for mode in ("fast", "immediate"):
        command = [str(program), "-D", "data", "-w", "-t", str(PATIENCE_S), "-m", mode, "stop"]
        if run(command, cwd=base, user=server_user(base)).returncode == 0:
            return


def postmaster(base: Path) -> int | None:
    """Return the number of the server's process, None when it does not run.

    The process is the server only if it works in the data folder: after a kill, or in a copied folder,
    the number in ``postmaster.pid`` may be another program's.
    """
    data = base / "data"
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return None
    works_in = run(["readlink", f"/proc/{pid}/cwd"], user=server_user(base)).stdout.strip()
    return pid if works_in == str(data.resolve()) else None


def answers(base: Path, socket_folder: Path) -> bool:
    """Wait until a running server answers; False if its socket is gone or it keeps silent."""
    until = time.monotonic() + PATIENCE_S
    ready = str(find_programs(data_version(base)).folder / "pg_isready")
    socket = socket_folder / ".s.PGSQL.5432"
    while socket.exists() and postmaster(base) is not None and time.monotonic() < until:
        if run([ready, "-q", "-h", str(socket_folder)]).returncode == 0:
            return True
        time.sleep(0.2)
    return False


def _forget_stale_server(base: Path) -> None:
    """Remove ``postmaster.pid`` when its number now belongs to another program.

    PostgreSQL removes the file of a dead server itself, but takes any process of the same user and
    number for the server. It is kept while a process of the killed server still works in the folder.
    """
    at_work = run(["sh", "-c", "readlink /proc/[0-9]*/cwd"], user=server_user(base)).stdout.splitlines()
    if str((base / "data").resolve()) not in at_work:
        (base / "data" / "postmaster.pid").unlink(missing_ok=True)
