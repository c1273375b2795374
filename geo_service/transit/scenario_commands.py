"""``geo transit scenario``: list scenarios, what one changes, import one from a file."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from geo_service.city import load_city
from geo_service.console import command_database, err, out, print_json, who
from geo_service.db import Database
from geo_service.transit import scenario_register as register
from geo_service.transit.grades import asked
from geo_service.transit.methods import known_methods
from geo_service.transit.scenario_answers import effect_answer
from geo_service.transit.scenario_effect import effect_of
from geo_service.transit.scenario_ingest import read_file, store
from geo_service.transit.scenario_schemas import EffectAnswer

scenario_app = typer.Typer(help="New stops and lines, and what they change.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
MOST_LISTED = 20


@scenario_app.command("list")
def list_scenarios(*, as_json: AsJson = False) -> None:
    """List all scenarios."""
    with command_database() as database:
        with database.read() as connection:
            entries = register.list_scenarios(connection, public=False)
        if as_json:
            print_json([entry.model_dump(mode="json") for entry in entries])
            return
        table = Table("key", "name", "status", "new stops", "lines", box=None, pad_edge=False)
        for entry in entries:
            table.add_row(entry.key, entry.name_en, entry.status, str(entry.stops), str(entry.lines))
        out.print(table)


@scenario_app.command()
def effect(
    key: Annotated[str, typer.Argument(help="Key of the scenario.")],
    *,
    method: Annotated[str, typer.Option(help=f"Grading method: {', '.join(known_methods())}.")] = "are",
    window: Annotated[
        str, typer.Option(help="Time of day or its name, such as 06:00-20:00; unset: the method's.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Tell which stops, parcels and sites change their class; nothing is written."""
    with command_database() as database:
        answer = _effect(database, key, method, window)
        if as_json:
            print_json(answer.model_dump(mode="json"))
        else:
            print_effect(answer)


def _effect(database: Database, key: str, method: str, window: str) -> EffectAnswer:
    today = datetime.now(ZoneInfo(load_city(database.settings.city).timezone)).date()
    with database.read() as connection:
        scenario = register.read_scenario(connection, key, public=False)
        found = effect_of(connection, scenario, asked(method, window or None), today, public=False)
    return effect_answer(found, MOST_LISTED)


def print_effect(answer: EffectAnswer) -> None:
    """Print what a scenario changes."""
    days = ", ".join(f"{name} on {day}" for name, day in answer.days.items())
    net = "net not known" if answer.net_m2 is None else f"{answer.net_m2:,.0f} m2 net"
    out.print(
        f"{answer.scenario} by {answer.method}, {answer.window} ({days}): {answer.parcels:,} parcels and "
        f"{answer.sites:,} sites gain, {answer.gross_m2:,.0f} m2 gross, {net}; {answer.worse:,} parcels "
        "lose.",
        highlight=False,
        soft_wrap=True,
    )
    if answer.net_stale:
        out.print(f"{answer.net_stale:,} of the parcels changed since their net area was computed.")
    classes = Table("before", "after", "parcels", "gross m2", "net m2", "sites", box=None, pad_edge=False)
    for row in answer.by_class:
        net = "-" if row.net_m2 is None else f"{row.net_m2:,.0f}"
        cells = (f"{row.parcels:,}", f"{row.gross_m2:,.0f}", net, f"{row.sites:,}")
        classes.add_row(row.before or "-", row.after or "-", *cells)
    out.print(classes)
    stops = Table("stop", "new", "before", "after", "headway before", "after", box=None, pad_edge=False)
    for stop in answer.stops:
        headways = (stop.headway_min_before, stop.headway_min_after)
        written = ("-" if value is None else f"{value:g} min" for value in headways)
        categories = (stop.category_before or "-", stop.category_after or "-")
        stops.add_row(stop.name, "new" if stop.is_new else "", *categories, *written)
    out.print(stops)


@scenario_app.command("import")
def import_file(
    path: Annotated[Path, typer.Argument(help="Scenario as TOML or JSON, as /api/scenarios takes it.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only, write nothing.")] = False,
) -> None:
    """Store a scenario from a file; one of the same key is written anew."""
    with command_database() as database:
        form = read_file(path)
        status = store(database, form, dry_run=dry_run, actor=who())
        out.print(
            f"{form.key}: {status}; {len(form.stops)} new stops, {len(form.lines)} lines.",
            highlight=False,
            soft_wrap=True,
        )
        if status in {"new", "changed"}:
            err.print(f"What it changes: geo transit scenario effect {form.key}", highlight=False)
