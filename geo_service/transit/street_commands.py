"""``geo import streets``."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from geo_service.console import command_database, err, out, print_json, progress, who
from geo_service.errors import InvalidInput
from geo_service.imports.report import LANG_HELP, ImportOptions, Language
from geo_service.transit.street_import import StreetReport, import_streets

SHOWN_REJECTS: Final = 20


def streets(  # noqa: PLR0913 - the options of a command
    path: Annotated[
        Path, typer.Argument(help="OpenStreetMap extract (.osm.pbf), or lines: GeoPackage, GeoJSON, shape.")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compare, write nothing.")] = False,
    crs: Annotated[
        str | None, typer.Option(metavar="EPSG:n", help="Coordinate system; wins over what the file says.")
    ] = None,
    allow_outside: Annotated[
        bool, typer.Option("--allow-outside", help="Take all streets, not only those around the city.")
    ] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Write rejected rows with reasons to this file: .csv, .gpkg or .geojson."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="HEADING=NAME", help="What a heading of the file means; may be repeated."),
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer to read.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of a shape table.")] = None,
    source: Annotated[str | None, typer.Option(help="Origin of the streets, shown to readers.")] = None,
    licence: Annotated[
        str | None, typer.Option(help="Licence of the streets; unset: ODbL for OpenStreetMap, else not said.")
    ] = None,
    lang: Annotated[Language, typer.Option(help=LANG_HELP)] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Import the street network that distances on foot are measured on; it replaces the one before."""
    with command_database() as database:
        with progress() as shown:
            options = ImportOptions(
                dry_run=dry_run,
                crs=crs,
                allow_outside=allow_outside,
                columns=_columns(column or []),
                layer=layer,
                encoding=encoding,
                source=source,
                rejects=rejects,
                language=lang,
                actor=who(),
                progress=shown,
            )
            report = import_streets(database, path, options, licence)
        if as_json:
            print_json(report.as_json(lang))
        else:
            print_street_report(report)
    if report.rejected:
        raise typer.Exit(1)


def _columns(given: list[str]) -> dict[str, str]:
    """Read ``HEADING=NAME``; the heading may hold an equals sign itself."""
    pairs = [one.rpartition("=") for one in given]
    if any(not heading or not name for heading, _, name in pairs):
        raise InvalidInput("Write --column HEADING=NAME.", parameter="column")
    return {heading: name for heading, _, name in pairs}


def print_street_report(report: StreetReport) -> None:
    """Print what an import of streets did, in English: counts, licence, notices, rejects, what to do next."""
    out.print(f"streets: {report.file_name}", markup=False, highlight=False, soft_wrap=True)
    changes = ", ".join(f"{many} {what}" for what, many in report.changes.items())
    out.print(f"  {changes}", highlight=False, soft_wrap=True)
    table = Table(show_header=False, box=None)
    for what, many in report.counts.items():
        table.add_row(what, f"{many:,}")
    out.print(table)
    dated = f", {report.source_date}" if report.source_date else ""
    licence = report.licence or "licence not said (say it by --licence)"
    out.print(f"  {report.source}{dated}; {licence}", markup=False, highlight=False, soft_wrap=True)
    for notice in report.warnings:
        rows = f" ({notice.count} rows, first: {notice.rows[0]})" if notice.rows else ""
        err.print(f"  note: {notice.text.en}{rows}", markup=False, highlight=False, soft_wrap=True)
    if report.rejects:
        _print_rejects(report)
    elif report.dry_run:
        err.print("  Dry run: nothing was written.", highlight=False)
    elif not report.written:
        err.print("  The network says the same already: nothing was written.", highlight=False)
    else:
        err.print("Ways on foot are measured anew by: geo transit")


def _print_rejects(report: StreetReport) -> None:
    table = Table("row", "key", "field", "value", "reason", box=None, pad_edge=False)
    for reject in report.rejects[:SHOWN_REJECTS]:
        cells = (str(reject.row), reject.key, reject.field, reject.value, reject.reason.en)
        table.add_row(*(escape(cell) for cell in cells))
    out.print(table)
    err.print(
        f"Nothing was written: {report.rejected} of {report.rows} rows were rejected. Correct the file, or "
        "write the rejected rows to a file of their own with --rejects FILE.",
        highlight=False,
        soft_wrap=True,
    )
