"""``geo import gtfs``, ``geo transit`` and ``geo transit stops``."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from geo_service.console import command_database, err, fail, out, print_json, progress, who
from geo_service.days import parse_day
from geo_service.errors import BadParameter
from geo_service.geometry import require_wgs84
from geo_service.imports.report import LANG_HELP, Language
from geo_service.imports.values import no_formula
from geo_service.transit.compare_commands import compare
from geo_service.transit.feed_commands import end, feed_name, feeds
from geo_service.transit.grades import asked, current_feed, graded_day, stop_table
from geo_service.transit.ingest import FeedReport
from geo_service.transit.methods import known_methods
from geo_service.transit.ptal import PTAL
from geo_service.transit.reach_commands import reach
from geo_service.transit.refresh import ALL, RefreshReport, combinations, refresh, refresh_outdated
from geo_service.transit.scenario_commands import scenario_app
from geo_service.transit.service import import_gtfs
from geo_service.transit.streets import Doors
from geo_service.transit.windows import DAY, NAMED_WINDOWS

CSV_COLUMNS: Final = ["stop_id", "name", "mode_group", "departures", "headway_min", "category"]
"""Columns of ``geo transit stops --format csv``."""

SHOWN_FAULTS: Final = 20
"""Faulty rows printed one by one; the list of --rejects has more."""

FILE_COLUMNS: Final = ("rows", "new", "changed", "unchanged", "gone", "rejected")
"""What is told of the rows of each file of a feed."""

transit_app = typer.Typer(
    help="Transit proximity: grades of stops, parcels, plots, sites and premises.", add_completion=False
)
transit_app.add_typer(scenario_app, name="scenario")
transit_app.command()(compare)
transit_app.command()(feeds)
transit_app.command()(end)

Method = Annotated[str, typer.Option(help=f"Grading method: {', '.join(known_methods())}.")]
StoredMethod = Annotated[
    str, typer.Option(help=f"Grading method: {', '.join(known_methods())}, {PTAL}, or {ALL} of them.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def gtfs(  # noqa: PLR0913 - the options of a command
    path: Annotated[Path, typer.Argument(help="GTFS zip file, or a folder with its text files.")],
    *,
    name: Annotated[
        str, typer.Option(help="Name under which versions follow each other; unset: name of the file.")
    ] = "",
    day: Annotated[
        str, typer.Option(metavar="DATE", help="Reference working day; unset: chosen by rule.")
    ] = "",
    crs: Annotated[
        str, typer.Option(metavar="EPSG:n", help="Coordinate system: a feed has WGS 84 (EPSG:4326) only.")
    ] = "EPSG:4326",
    allow_outside: Annotated[
        bool,
        typer.Option("--allow-outside", help="Take all stops, not only those of the city and its margin."),
    ] = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Leave out faulty rows and list them, instead of refusing the feed."),
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Write faulty rows with reasons to this file (.csv).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and compare, write nothing.")] = False,
    lang: Annotated[Language, typer.Option(help=LANG_HELP)] = "en",
    as_json: AsJson = False,
) -> None:
    """Import a timetable (GTFS)."""
    with command_database() as database:
        require_wgs84(crs)
        with progress() as shown:
            report = import_gtfs(
                database,
                path,
                feed_name(name or path.stem),
                dry_run=dry_run,
                progress=shown,
                day=parse_day(day, "day") if day else None,
                allow_outside=allow_outside,
                repair=repair,
                rejects=rejects,
                language=lang,
                actor=who(),
            )
        if as_json:
            print_json(report.as_json(lang))
        else:
            print_feed_report(report)
    if report.refused:
        raise typer.Exit(1)


transit_app.command("reach")(reach)


@transit_app.callback(invoke_without_command=True)
def transit(
    context: typer.Context,
    *,
    method: StoredMethod = "are",
    window: Annotated[
        str, typer.Option(help=f"Time of day: {', '.join(NAMED_WINDOWS)}, or {ALL} of them.")
    ] = DAY,
    everything: Annotated[
        bool, typer.Option("--all", help="Compute all answers, also those that still hold.")
    ] = False,
    outdated: Annotated[
        bool,
        typer.Option("--outdated", help="Bring all that is stored up to date, whatever method and window."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Grade all stops, parcels, plots, sites and premises, and store the grades.

    Only answers that are missing or no longer hold are computed, unless timetables, streets or program differ
    from the last time.
    """
    if context.invoked_subcommand:
        return
    with command_database() as database:
        failed: dict[str, str] = {}
        with progress() as shown:
            if outdated:
                reports, failed = refresh_outdated(database, shown, who())
            else:
                doors = Doors()
                reports = [
                    refresh(database, *each, shown, who(), everything=everything, doors=doors)
                    for each in combinations(method, window)
                ]
        if as_json:
            found = [asdict(report) for report in reports]
            print_json(found if outdated or ALL in {method, window} else found[0])
        else:
            for report in reports:
                print_refresh_report(report)
        if failed:
            fail(" ".join(f"Not refreshed: {what} ({why})" for what, why in failed.items()))


@transit_app.command()
def stops(
    feed: Annotated[str, typer.Option(help="Name of the feed.")],
    day: Annotated[
        str, typer.Option(metavar="DATE", help="Day that is counted; unset: the feed's reference day.")
    ] = "",
    window: Annotated[
        str,
        typer.Option(
            help=f"Time of day, such as 06:00-20:00, or {', '.join(NAMED_WINDOWS)}; unset: the method's."
        ),
    ] = "",
    method: Method = "are",
    form: Annotated[str, typer.Option("--format", help="csv or json.")] = "csv",
) -> None:
    """Print headway and category of every stop and mode group: what is needed to check the grading.

    departures is the number per direction: for each line that of its busier direction, summed up. headway_min
    is the length of the window divided by it, or by oevgk18 twice the mean wait.
    """
    with command_database() as database:
        if form not in {"csv", "json"}:
            raise BadParameter(f"{form!r} is no format. Choose csv or json.", parameter="format")
        wanted = asked(method, window or None, parse_day(day, "day") if day else None)
        with database.read() as connection:
            table = stop_table(connection, feed, wanted)
            counted = graded_day(current_feed(connection, feed), wanted)
        if form == "json":
            print_json(table.to_dict(orient="records"))
        else:
            rounded = table[CSV_COLUMNS].assign(headway_min=table.headway_min.round(3))
            texts = {name: rounded[name].map(no_formula) for name in ("stop_id", "name")}
            rounded.assign(**texts).to_csv(sys.stdout, index=False)
        chosen = "given" if day else f"the feed's reference {wanted.day_kind}"
        err.print(f"Counted: {counted} ({chosen}), {wanted.window}.", highlight=False, soft_wrap=True)
        meant = NAMED_WINDOWS[window][0] if window in NAMED_WINDOWS else wanted.day_kind
        if meant != wanted.day_kind:
            err.print(
                f"{counted} is a {counted:%A}; the window {window} is meant for a {meant}: its "
                "times were counted on the day given.",
                highlight=False,
                soft_wrap=True,
            )
        if table.empty:
            err.print("Nothing departs in this window on this day.")


def print_feed_report(report: FeedReport) -> None:
    """Print what an import did: counts, reference days, warnings."""
    done = {"new": "first version", "changed": "new version", "unchanged": "unchanged"}[report.status]
    done = "refused" if report.refused else done
    written = " (dry run: nothing written)" if report.dry_run else ""
    out.print(f"Feed {report.name}: {done}{written}.", markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"Stops: {report.new} new, {report.changed} changed, {report.unchanged} unchanged, "
        f"{report.gone} gone, {report.rejected.get('stops.txt', 0)} rejected.",
        highlight=False,
        soft_wrap=True,
    )
    days = (report.weekday, report.saturday, report.sunday)
    out.print(
        f"Calendar {report.first_day} to {report.last_day}; reference days: "
        f"{', '.join(str(day) for day in days if day)}.",
        highlight=False,
        soft_wrap=True,
    )
    _print_files(report)
    table = Table(show_header=False, box=None)
    for what, number in report.counts.items():
        table.add_row(what, f"{number:,}")
    out.print(table)
    _print_faults(report)
    for warning in report.warnings:
        err.print(f"[yellow]Warning:[/yellow] {escape(warning)}", highlight=False, soft_wrap=True)
    if report.outside:
        err.print(
            "No stop lies within the city and its margin: kept for checking (geo transit stops, "
            "geo transit compare); today's answers do not rest on it.",
            soft_wrap=True,
        )
    elif report.status != "unchanged" and not (report.dry_run or report.refused):
        err.print("Grades are made anew by: geo transit")


def _print_files(report: FeedReport) -> None:
    """Print how the rows of every file compare with those of the version before."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for heading in FILE_COLUMNS:
        table.add_column(heading, justify="right")
    for file, rows in report.files.items():
        table.add_row(file, *(f"{getattr(rows, heading):,}" for heading in FILE_COLUMNS))
    out.print(table)


def _print_faults(report: FeedReport) -> None:
    """Print how many rows of which file could not be taken, the first of them, and what to do."""
    if not report.rejected:
        return
    rows = ", ".join(f"{number:,} of {file}" for file, number in report.rejected.items())
    table = Table("file", "row", "field", "value", "reason", box=None, pad_edge=False)
    for fault in report.faults[:SHOWN_FAULTS]:
        cells = (fault.file, str(fault.row), fault.field, fault.value, fault.reason.en)
        table.add_row(*(escape(cell) for cell in cells))
    if report.faults:
        out.print(table)
    if report.refused:
        message = (
            f"Nothing was written: rows were rejected ({rows}). Mend the feed, list all such rows by "
            "--rejects FILE.csv, or leave them out by --repair."
        )
    else:
        message = f"Left out: {rows}."
    err.print(message, highlight=False, soft_wrap=True)


def print_refresh_report(report: RefreshReport) -> None:
    """Print how many subjects have which grade."""
    grades = sorted({grade for counts in report.subjects.values() for grade in counts})
    counted = ", ".join(f"{name} on {day or 'no such day'}" for name, day in report.feeds.items())
    which = report.method if report.window == DAY else f"{report.method}, {report.window}"
    text = f"Grades by {which} ({counted}); {report.recomputed:,} computed"
    out.print(text, markup=False, highlight=False, soft_wrap=True)
    table = Table()
    table.add_column("")
    for grade in grades:
        table.add_column("no grade" if grade == "-" else grade, justify="right")
    for kind, counts in report.subjects.items():
        table.add_row(kind, *(f"{counts.get(grade, 0):,}" for grade in grades))
    out.print(table)
    out.print(
        f"{report.graded_stops:,} of {report.stops:,} stops have a "
        f"{'route that counts' if report.method == PTAL else 'category'}.",
        highlight=False,
        soft_wrap=True,
    )
