"""What all commands share: the database they work on, progress bars, errors in words, exit statuses."""

import getpass
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from sqlalchemy.engine import make_url

from geo_service.db import Database
from geo_service.embedded import EmbeddedCluster
from geo_service.errors import GeoServiceError
from geo_service.migrate import pending
from geo_service.settings import Settings, get_settings
from geo_service.upkeep import BY_SERVER, SERVER

Report = Callable[[str, float], None]
"""Progress callback: (what is being done, share done from 0 to 1)."""

out = Console()
"""Results go to standard output."""
err = Console(stderr=True, soft_wrap=True)
"""Progress, hints and errors go to standard error, so that ``--json`` stays readable."""


@contextmanager
def connected(settings: Settings) -> Iterator[Settings]:
    """Give the settings a database address; without one run the embedded PostGIS for the time of the block.

    Raises
    ------
    DatabaseUnavailable
        When the embedded cluster cannot be started; the message says what to install.
    """
    if settings.database_url:
        yield settings
        return
    with EmbeddedCluster(settings.home) as cluster:
        yield settings.model_copy(update={"database_url": cluster.url})


@contextmanager
def command_database(*, migrated: bool = True) -> Iterator[Database]:
    """Open the database of a command; errors are printed in words and end it with status 1.

    Parameters
    ----------
    migrated
        Insist on the newest schema.
    """
    with explained(), connected(get_settings()) as settings:
        database = Database(settings)
        try:
            if migrated and (missing := pending(database)):
                raise GeoServiceError(
                    f"The database lacks {len(missing)} migration(s) ({', '.join(missing)}). "
                    "Run: geo db migrate"
                )
            yield database
        finally:
            database.engine.dispose()


@contextmanager
def explained() -> Iterator[None]:
    """Print known errors in words and end with exit status 1."""
    try:
        yield
    except GeoServiceError as error:
        fail(error.detail)


def fail(message: str) -> NoReturn:
    """Print an error and end with status 1."""
    err.print("[bold red]Error:[/bold red] " + escape(message), soft_wrap=True, highlight=False)
    raise typer.Exit(1)


QUIET_S: Final = 10.0
"""How long a command that writes into a file says nothing of its progress."""


@contextmanager
def progress() -> Iterator[Report]:
    """Show a progress bar on standard error while the block runs."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        told = time.monotonic()

        def report(what: str, share: float) -> None:
            nonlocal told
            if (
                not err.is_terminal and time.monotonic() - told > QUIET_S
            ):  # into a file: no bar, now and then a line
                told = time.monotonic()
                err.print(f"{what} …", markup=False, highlight=False)
            bar.update(task, description=what, completed=min(max(share, 0.0), 1.0))

        yield report


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever the command answers
    """Print a value as JSON on standard output, dates in ISO form."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def who() -> str:
    """Return who runs the command, for the audit: a person, or the server that keeps results fresh."""
    if BY_SERVER in os.environ:
        return SERVER
    try:
        return f"cli:{os.environ.get('SUDO_USER') or getpass.getuser()}"
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"cli:{os.getuid()}"


def shown_url(url: str) -> str:
    """Return a database address without its password."""
    return make_url(url).render_as_string(hide_password=True)
