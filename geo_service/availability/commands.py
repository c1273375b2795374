"""``geo availability``: compute all parcels, store the result, print the totals."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from geo_service.availability.assessing import assess_stored
from geo_service.availability.city_commands import assemblies, balance, print_what_if
from geo_service.availability.city_service import CITY
from geo_service.availability.inputs import Options
from geo_service.availability.kernel import Progress
from geo_service.availability.partitions import LARGEST
from geo_service.availability.presets import HORIZON_PRESETS, preset_key
from geo_service.availability.service import kinds_of, options_of, today
from geo_service.availability.stored import RowsOf, refresh, rows_here
from geo_service.availability.totals import ApartTotal, AvailabilityReport, HorizonTotal, grouped, report_of
from geo_service.availability.usable import compute_usable
from geo_service.console import command_database, err, explained, out, print_json, progress, who
from geo_service.days import parse_day
from geo_service.db import Database
from geo_service.errors import BadParameter, Conflict
from geo_service.garbage import no_garbage_collection

AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="Day asked for; unset: today.")]
Preset = Annotated[str, typer.Option(help=f"Horizon preset: {' or '.join(HORIZON_PRESETS)}.")]
ShortYears = Annotated[
    int | None, typer.Option("--short-years", metavar="YEARS", help="Own threshold: short ends then.")
]
MidYears = Annotated[
    int | None, typer.Option("--mid-years", metavar="YEARS", help="Own threshold: mid ends then.")
]
Order = Annotated[
    str,
    typer.Option("--order", metavar="KINDS", help="Kinds that are deducted first, joined by commas."),
]
Store = Annotated[
    bool,
    typer.Option("--store", help="Store the result of another day than today: maps and lists then show it."),
]
All = Annotated[bool, typer.Option("--all", help="Compute all parcels, also those that nothing touched.")]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="BLOCKER",
        help="What if this were gone: restriction:12, occupancy:3, plan:4 or kind:ordnance_clearance. Prints "
        "the difference and writes nothing; may be repeated.",
    ),
]
Ending = Annotated[
    list[str] | None,
    typer.Option("--ending", metavar="BLOCKER@DAY", help="What if it ended: occupancy:3@2027-04-01."),
]
Scope = Annotated[str, typer.Option(help="Of a what-if: city, parcel:KEY or site:SLUG.")]
Scheduler = Annotated[
    str, typer.Option("--scheduler", metavar="ADDRESS", help="Compute on a Dask cluster, tcp://HOST:8786.")
]
Source = Annotated[
    Path | None, typer.Option("--input", metavar="FOLDER", help="Read GeoParquet files, no database.")
]
Target = Annotated[
    Path | None, typer.Option("--output", metavar="FOLDER", help="With --input: write GeoParquet there.")
]
Partition = Annotated[
    int | None,
    typer.Option(
        "--partition",
        metavar="PARCELS",
        help=f"With --scheduler or --input: most parcels computed at once; unset: {LARGEST}.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the totals as JSON.")]

APART_NAMES = {"in_use": "in use", "unknown": "not known"}
"""What land is called that is not on offer."""
ALONE = ("--order", "--store", "--all", "--scheduler", "--input", "--output", "--partition")
"""Options that a what-if has no use for."""
OF_SUBCOMMAND = "options of {name} stand behind its name, as in geo availability {name} --preset default."
OF_WHAT_IF = (
    "a what-if is computed from the database by this machine alone, and stores nothing. Leave it out."
)
OF_FILES = "from files everything is computed, and --output is where it is kept. Leave it out."
OF_ANOTHER_DAY = (
    "another day than today is computed here, whole, and only printed. Add --store to store that day, or "
    "leave it out."
)
OF_ONE_MACHINE = "this machine computes all at once. Name a cluster with --scheduler, or leave it out."
"""Why options that go with others only are refused."""
HEADINGS = ("horizon", "parcels", "offered m²", "of net m²", "of it probably not usable m² (estimate)")
"""Offered is net without slivers: the available land."""
WAIT_S, ASK_AGAIN_S = 600.0, 0.5
"""How long another refresh is waited for, seconds."""


availability_app = typer.Typer(
    help="What of every parcel can be had, and from when.",
    invoke_without_command=True,
    add_completion=False,
)


@availability_app.callback()
def availability(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    as_of: AsOf = "",
    preset: Preset = "default",
    short_years: ShortYears = None,
    mid_years: MidYears = None,
    order: Order = "",
    without: Without = None,
    ending: Ending = None,
    scope: Scope = CITY,
    store: Store = False,
    everything: All = False,
    scheduler: Scheduler = "",
    source: Source = None,
    target: Target = None,
    partition: Partition = None,
    as_json: AsJson = False,
) -> None:
    """Compute what of every parcel can be had and from when, and store today's result for maps and lists.

    Computes only what changed since the last time, unless the preset or the rules are others. The result of
    another day is printed and not stored, unless --store asks for it. With --input and --output: from
    GeoParquet files to such files. With --scheduler: on a Dask cluster.
    """
    given = _given(context)
    if context.invoked_subcommand:
        with explained():
            _require_none(given, OF_SUBCOMMAND.format(name=context.invoked_subcommand), *given)
        return
    if without or ending or scope != CITY:
        with explained():
            asked = preset_key(preset, short_years, mid_years)
            _require_none(given, OF_WHAT_IF, *ALONE)
        print_what_if(without or [], ending or [], scope, as_of, asked, as_json=as_json)
        return
    with explained():
        day = parse_day(as_of) if as_of else today()
        asked = preset_key(preset, short_years, mid_years)
        if source or target:
            _require_none(given, OF_FILES, "--all", "--store")
        elif day != today() and not store:
            _require_none(given, OF_ANOTHER_DAY, "--scheduler", "--all", "--partition")
        elif not scheduler:
            _require_none(given, OF_ONE_MACHINE, "--partition")
        options = options_of(day, asked, kinds_of(order) if order else None)
        if source or target:
            totals = _compute_files(source, target, options, scheduler, partition)
        else:
            rows_of = _on_cluster(scheduler, partition) if scheduler else rows_here
            with command_database() as database, progress() as report:
                if day == today() or store:
                    totals = _in_turn(database, options, report, rows_of, everything=everything)
                else:
                    totals = _answer(database, options, report)
    if as_json:
        print_json(asdict(totals))
    else:
        out.print(totals_table(totals))
    if not totals.parcels:
        how = "" if source else " Load some: geo import parcels PATH"
        err.print(f"There are no parcels in the cadastre of {day}.{how}")


def _on_cluster(scheduler: str, partition: int | None) -> RowsOf:
    from geo_service.availability.batch import on_cluster  # noqa: PLC0415 - Dask takes long to import

    return on_cluster(scheduler, LARGEST if partition is None else partition)


def _compute_files(
    source: Path | None, target: Path | None, options: Options, scheduler: str, partition: int | None
) -> AvailabilityReport:
    from geo_service.availability.folders import compute_folder  # noqa: PLC0415 - as above

    if source is None or target is None:
        raise BadParameter("--input and --output belong together: name both folders.", parameter="output")
    largest = LARGEST if partition is None else partition
    with progress() as report:
        return compute_folder(source, target, options, report, address=scheduler or None, largest=largest)


def _given(context: typer.Context) -> list[str]:
    """Return the options that were written on the command line."""
    sources = ((option, context.get_parameter_source(str(option.name))) for option in context.command.params)
    return [option.opts[0] for option, source in sources if source and source.name == "COMMANDLINE"]


def _require_none(given: list[str], why: str, *options: str) -> None:
    """Refuse options that would do nothing, rather than leave them unread."""
    names = [name for name in given if name in options]
    if names:
        raise BadParameter(
            f"{', '.join(names)} would do nothing: {why}", parameter=names[0].removeprefix("--")
        )


def _answer(database: Database, options: Options, report: Progress) -> AvailabilityReport:
    """Compute the totals of a day; nothing is written."""
    report(f"Computing the land of {options.as_of}", 0.1)
    with no_garbage_collection(), database.read() as connection:
        snapshot = connection.execution_options(isolation_level="REPEATABLE READ")
        result, usable = compute_usable(snapshot, options)
    report("Done", 1.0)
    figures = result.parcels.assign(
        category=usable["internal_category"].to_numpy(), offered_m2=usable["offered_m2"].to_numpy()
    )
    return report_of(grouped(figures), options, recomputed=len(figures), stored=False)


def _in_turn(
    database: Database, options: Options, report: Progress, rows_of: RowsOf, *, everything: bool
) -> AvailabilityReport:
    """Refresh, after another refresh that may be under way, such as that of a running server."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            return refresh(
                database, options, report, who(), everything=everything, rows_of=rows_of, then=assess_stored
            )
        except Conflict:
            if time.monotonic() > until:
                raise
            report("Waiting for another refresh", 0.0)
            time.sleep(ASK_AGAIN_S)


availability_app.command()(assemblies)
availability_app.command()(balance)


def totals_table(totals: AvailabilityReport) -> Table:
    """Return the totals by horizon as a table for people."""
    table = Table(
        title=f"Availability as of {totals.as_of} (horizons: {totals.preset})", title_justify="left"
    )
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == "horizon" else "right")
    for total in totals.horizons:
        table.add_row(total.horizon, *_figures(total))
    table.add_section()
    sums = (totals.offered_m2, totals.offered_net_m2, sum(total.estimated_m2 for total in totals.horizons))
    named = "on offer" if totals.counted == "offered" else "all"
    table.add_row(named, f"{totals.offered_parcels:,}", *(f"{area:,.0f}" for area in sums))
    for apart in totals.apart:
        table.add_row(APART_NAMES[apart.category], *_figures(apart))
    table.caption = (
        f"{totals.recomputed:,} of {totals.parcels:,} recomputed"
        f"{'' if totals.stored else '; nothing was stored: maps and lists go on showing their own day'}.\n"
        f"{totals.parcels:,} parcels with {totals.gross_m2:,.0f} m² gross; "
        f"{totals.without_land:,} have no land to offer, or only slivers, and are not counted above. "
        f"Deducted in this order: {', '.join(totals.deduction_order)}."
    )
    return table


def _figures(total: HorizonTotal | ApartTotal) -> tuple[str, ...]:
    areas = (total.offered_m2, total.net_m2, total.estimated_m2)
    return f"{total.parcels:,}", *(f"{area:,.0f}" for area in areas)
