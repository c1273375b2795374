"""The command line ``geo``: parse, call a slice, print its report, exit status."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from threading import Event, Thread
from typing import Annotated, Any, Final

import typer
from granian import Granian
from granian.constants import Interfaces, RuntimeModes
from granian.log import LogLevels
from pydantic import ValidationError
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from data.demo.ahead import make_city
from geo_service.aside import aside
from geo_service.console import command_database, connected, err, explained, fail, out
from geo_service.embedded import EmbeddedCluster
from geo_service.errors import GeoServiceError
from geo_service.migrate import migrate as upgrade
from geo_service.migrate import pending
from geo_service.settings import DEMO_SIGN_IN, Settings, get_settings, in_words

SLICES: Final = {
    "import": (
        "geo_service.imports.commands:import_app",
        "Import files: all or nothing, and twice changes nothing. docs/imports.md lists the columns.",
    ),
    "transit": (
        "geo_service.transit.commands:transit_app",
        "Transit proximity: grades of stops, parcels, plots, sites and premises.",
    ),
    "availability": (
        "geo_service.availability.commands:availability_app",
        "What of every parcel can be had, and from when.",
    ),
    "match": (
        "geo_service.matching.commands:match_app",
        "Match the winners of a round to vacant premises; nothing is written.",
    ),
    "map": ("geo_service.web.commands:map_app", "Maps as files."),
    "user": ("geo_service.auth.commands:user_app", "People who can sign in, and their API tokens."),
}
"""Commands of the slices: where they are, and what they do in a line."""


class SliceCommand(TyperCommand):
    """A command of a slice, imported when it is called: all of them together take seconds."""

    def loaded(self) -> Any:  # noqa: ANN401 - a command or a group of them
        """Return what the slice says it is."""
        module, _, name = SLICES[str(self.name)][0].partition(":")
        command = get_command(getattr(import_module(module), name))
        command.name = self.name
        return command

    def make_context(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - handed on
        """Read the arguments as the slice does."""
        return self.loaded().make_context(*args, **more)


class Commands(TyperGroup):
    """The commands of this module, then those of the slices."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, (_, told) in SLICES.items():
            self.add_command(SliceCommand(name, help=told))


app = typer.Typer(
    name="geo",
    cls=Commands,
    help="Land and premises service of a city.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
db_app = typer.Typer(help="The database: embedded PostGIS and migrations.", no_args_is_help=True)
app.add_typer(db_app, name="db")

Host = Annotated[str | None, typer.Option(help="Address to listen on (GEO_HOST).")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on (GEO_PORT).")]
Workers = Annotated[int | None, typer.Option(min=1, max=64, help="Server processes (GEO_WORKERS).")]


@app.command()
def serve(host: Host = None, port: Port = None, workers: Workers = None) -> None:
    """Serve pages, maps and interfaces."""
    from geo_service.city import load_city  # noqa: PLC0415 - slow to import, needed here only

    settings = _overridden(host, port, workers)
    with explained(), connected(settings) as ready, _kept_running(settings):
        load_city(settings.city)
        run_server(ready)


@app.command()
def demo(host: Host = None, port: Port = None, workers: Workers = None) -> None:
    """Start an embedded PostGIS, load the demo city when it is missing, and serve it."""
    settings = _overridden(host, port, workers)
    _require_free_port(settings)
    with explained(), ExitStack() as ahead:
        first = not (settings.home / DEMO_SIGN_IN).exists()
        # another core makes the city while this one imports what it needs and starts the database
        city = ahead.enter_context(aside(make_city, settings.city)) if first else None
        with connected(settings) as ready, _kept_running(settings):
            from geo_service.demo import prepare  # noqa: PLC0415 - slow to import, needed here only

            prepare(ready, city)
            ahead.close()
            del city  # it would stay in memory as long as the server runs
            run_server(ready)


@db_app.command("start")
def db_start() -> None:
    """Start the embedded PostGIS and print its address."""
    with explained():
        _require_embedded()
        out.print(EmbeddedCluster(get_settings().home).start(), soft_wrap=True, highlight=False)


@db_app.command("stop")
def db_stop() -> None:
    """Stop the embedded PostGIS."""
    with explained():
        _require_embedded()
        EmbeddedCluster(get_settings().home).stop()


@db_app.command("url")
def db_url() -> None:
    """Print the address of the database in use; starts the embedded one."""
    with explained():
        url = get_settings().database_url or EmbeddedCluster(get_settings().home).start()
        out.print(url, soft_wrap=True, highlight=False)


@db_app.command("migrate")
def db_migrate() -> None:
    """Bring the database to the newest schema."""
    with command_database(migrated=False) as database:
        missing = pending(database)
        upgrade(database.engine)
        out.print(f"{len(missing)} migration(s) applied: {', '.join(missing)}" if missing else "Up to date.")


def run_server(settings: Settings) -> None:
    """Run the web server until it is stopped; its processes read the settings from the environment."""
    _require_free_port(settings)
    for name, value in settings.model_dump(exclude_none=True).items():
        os.environ[f"GEO_{name.upper()}"] = str(value)
    get_settings.cache_clear()
    Granian(
        "geo_service.app:create_app",
        factory=True,
        interface=Interfaces.ASGI,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        runtime_mode=RuntimeModes.st,  # Python runs on one thread: nothing is handed to another
        log_level=LogLevels(settings.log_level),
        respawn_failed_workers=True,
        workers_kill_timeout=LONGEST_STOP_S,
    ).serve()


LONGEST_STOP_S: Final = 15
"""A server process that is told to stop while it still starts does not hear it; after so long it is ended."""
LOOKED_AFTER_S: Final = 3.0
"""How often the server looks after its embedded PostGIS."""


@contextmanager
def _kept_running(settings: Settings) -> Iterator[None]:
    """Start the embedded PostGIS again if it is killed while the block runs."""
    if settings.database_url:
        yield
        return
    cluster, ended = EmbeddedCluster(settings.home), Event()

    def watch() -> None:
        while not ended.wait(LOOKED_AFTER_S):
            try:
                if cluster.revive():
                    err.print("The embedded PostGIS was killed; it runs again.")
            except GeoServiceError as error:
                err.print(f"The embedded PostGIS was killed: {error.detail}", markup=False, highlight=False)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _overridden(host: str | None, port: int | None, workers: int | None) -> Settings:
    given = {"host": host, "port": port, "workers": workers}
    return get_settings().model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )


def _require_free_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            place = f"{settings.host}:{settings.port}"
            fail(f"Cannot listen on {place}: {error.strerror}. Choose another: --port N")


def _require_embedded() -> None:
    if get_settings().database_url:
        err.print("GEO_DATABASE_URL is set: that server is not ours to start or stop.")
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; wrong settings are said in words."""
    try:
        get_settings()
    except ValidationError as error:
        for wrong in in_words(error):
            err.print(f"Error: {wrong}", markup=False, highlight=False)
        raise SystemExit(1) from error
    app()
