"""``geo demo``: fill an empty database with the demo city, compute, and say how to sign in."""

import json
import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.table import Table

from data.demo.city import DemoCity
from data.demo.load import ACTOR, is_loaded, load_demo, refuse_real_records
from data.demo.queries import analyze
from data.demo.streets import SOURCE as STREET_SOURCE
from data.demo.streets import demo_streets, write_streets
from data.demo.transit import fill_timetable, fill_transit
from geo_service.aside import aside
from geo_service.auth.models import Role
from geo_service.auth.service import create_user, user_names
from geo_service.availability.assessing import assess_stored
from geo_service.availability.run_queries import last_run
from geo_service.availability.service import options_of
from geo_service.availability.stored import refresh as refresh_availability
from geo_service.city import CityProfile, load_city
from geo_service.console import Report, err, out, progress
from geo_service.db import Database
from geo_service.errors import GeoServiceError
from geo_service.imports.report import ImportOptions
from geo_service.migrate import migrate
from geo_service.settings import DEMO_SIGN_IN, Settings
from geo_service.transit.scenario_ingest import demo_files, read_file, store
from geo_service.transit.street_import import import_streets
from geo_service.transit.street_network import network_in_use


def prepare(settings: Settings, ahead: Callable[[], DemoCity] | None = None) -> None:
    """Bring the database to the state of the demo: schema, records, timetable, results, users.

    A database that holds the demo already is reused; only results of another day are computed anew.

    Parameters
    ----------
    settings
        Where the database is, and whose demo it is.
    ahead
        Waits for the city of the reference date, which is in the making; without it, it is made when needed.

    Raises
    ------
    GeoServiceError
        When the database holds real records: the demo never mixes with them.
    """
    city = load_city(settings.city)
    database = Database(settings)
    try:
        with progress() as report:
            report("Schema", 0.0)
            migrate(database.engine)
            _fill(database, city, report, ahead)
        _print_sign_in(_demo_passwords(database, settings.home))
    finally:
        database.engine.dispose()


def _fill(
    database: Database, city: CityProfile, report: Report, ahead: Callable[[], DemoCity] | None
) -> None:
    today = city.today()
    whole = is_loaded(database)
    if whole and _computed_on(database, today):
        return
    refuse_real_records(database)
    report("Timetable", 0.0)  # while the city is in the making
    fill_timetable(database.settings, ACTOR)
    load_demo(database, city, lambda what, share: report(what, 0.2 + 0.25 * share), ahead=ahead)
    report("Streets", 0.45)  # with ways to the stops of the timetable
    _fill_streets(database)
    for path in demo_files():
        store(database, read_file(path), dry_run=False, actor=ACTOR)
    with aside(fill_transit, database.settings, ACTOR):
        refresh_availability(
            database,
            options_of(today),
            lambda what, share: report(what, 0.5 + 0.4 * share),
            ACTOR,
            then=assess_stored,
        )
        report("Transit and travel times", 0.9)
    with database.begin(actor=ACTOR) as connection:  # else the planner takes the results for empty tables
        connection.execute(analyze())
    if not whole:
        err.print(f"Loaded the demo of {city.name}: invented records, labelled as such.")


def _fill_streets(database: Database) -> None:
    """Draw the demo's streets where no network is loaded; one that a person imported stays."""
    with database.read() as connection:
        if network_in_use(connection) is not None:
            return
        streets = demo_streets(connection)
    with TemporaryDirectory() as folder:
        file = write_streets(streets, Path(folder) / "demo-streets.gpkg")
        options = ImportOptions(source=STREET_SOURCE, actor=ACTOR)
        report = import_streets(database, file, options, is_demo=True)
    if report.rejects:
        first = report.rejects[0]
        raise GeoServiceError(
            f"The streets of the demo were refused: {report.rejected} of {report.rows} rows. The first: row "
            f"{first.row}, field {first.field}: {first.reason.en}"
        )


def _computed_on(database: Database, today: date) -> bool:
    """Tell whether the last step of an earlier start is done: availability as of today."""
    with database.read() as connection:
        run = connection.execute(last_run()).one_or_none()
    return run is not None and run.as_of == today


def _demo_passwords(database: Database, home: Path) -> dict[str, str]:
    """Make one user for each role, with passwords of this installation, kept for the next start."""
    home.mkdir(parents=True, exist_ok=True)
    kept = home / DEMO_SIGN_IN
    passwords: dict[str, str] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    known = user_names(database)
    for role in Role:
        name = f"demo.{role.value}"
        if name in known and name in passwords:
            continue
        if name in known:
            raise GeoServiceError(
                f"The user {name} exists but {kept} is gone. Set a password: geo user password {name}"
            )
        passwords[name] = secrets.token_urlsafe(9)
        create_user(database, name, passwords[name], [role], is_demo=True)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(passwords, indent=2), encoding="utf-8")
    return passwords


def _print_sign_in(passwords: dict[str, str]) -> None:
    table = Table(title="Sign in as (demo)", title_justify="left")
    table.add_column("name", no_wrap=True)
    table.add_column("password", no_wrap=True)
    for name, password in passwords.items():
        table.add_row(name, password)
    out.print(table)
