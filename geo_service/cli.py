"""The command line ``geo``: parse, call a slice, print its report, exit status."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Annotated, Final

import typer
from granian import Granian
from granian.constants import Interfaces, RuntimeModes
from granian.log import LogLevels
from pydantic import ValidationError

from geo_service.auth.commands import user_app
from geo_service.availability.commands import availability_app
from geo_service.city import load_city
from geo_service.console import command_database, connected, err, explained, fail, out
from geo_service.embedded import EmbeddedCluster
from geo_service.errors import GeoServiceError
from geo_service.imports.commands import import_app
from geo_service.matching.commands import match
from geo_service.migrate import migrate as upgrade
from geo_service.migrate import pending
from geo_service.settings import Settings, get_settings
from geo_service.transit.commands import transit_app
from geo_service.transit.scenario_commands import scenario_app
from geo_service.web.commands import map_app

app = typer.Typer(
    name="geo",
    help="Land and premises service of a city.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
db_app = typer.Typer(help="The database: embedded PostGIS and migrations.", no_args_is_help=True)
app.add_typer(db_app, name="db")
app.add_typer(import_app, name="import")
transit_app.add_typer(scenario_app, name="scenario")
app.add_typer(transit_app, name="transit")
app.add_typer(availability_app, name="availability")
app.add_typer(map_app, name="map")
app.add_typer(user_app, name="user")
app.command()(match)

Host = Annotated[str | None, typer.Option(help="Address to listen on (GEO_HOST).")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on (GEO_PORT).")]
Workers = Annotated[int | None, typer.Option(min=1, max=64, help="Server processes (GEO_WORKERS).")]


@app.command()
def serve(host: Host = None, port: Port = None, workers: Workers = None) -> None:
    """Serve pages, maps and interfaces."""
    settings = _overridden(host, port, workers)
    with explained(), connected(settings) as ready, _kept_running(settings):
        load_city(settings.city)
        run_server(ready)


@app.command()
def demo(host: Host = None, port: Port = None, workers: Workers = None) -> None:
    """Start an embedded PostGIS, load the demo city when it is missing, and serve it."""
    from geo_service.demo import prepare  # noqa: PLC0415 - slow to import, needed here only

    settings = _overridden(host, port, workers)
    _require_free_port(settings)
    with explained(), connected(settings) as ready, _kept_running(settings):
        prepare(ready)
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
    ).serve()


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
        for wrong in error.errors():
            err.print(f"Error: GEO_{'_'.join(map(str, wrong['loc'])).upper()}: {wrong['msg']}", markup=False)
        raise SystemExit(1) from error
    app()
