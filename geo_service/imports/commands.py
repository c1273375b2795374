"""``geo import``: parse, import, print the report, exit status 0 only when the file was accepted whole."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from geo_service.console import command_database, err, out, print_json, progress, who
from geo_service.errors import InvalidInput
from geo_service.imports.catalogue import KINDS, run_import
from geo_service.imports.report import LANG_HELP, ImportOptions, ImportReport, Language
from geo_service.transit.commands import gtfs
from geo_service.transit.street_commands import streets

WIDE: Final = 160
"""Columns of a table that goes into a file or a pipe."""
SHOWN_REJECTS: Final = 20
"""Rejects printed one by one; the reject file has them all."""
SHOWN_GONE: Final = 5

HELP: Final = {
    "parcels": "Import parcels (ALKIS vereinfachtes Schema).",
    "buildings": "Import buildings (ALKIS vereinfachtes Schema, GebaeudeBauwerk).",
    "land_use": "Import areas of the land-use plan (Flächennutzungsplan).",
    "restrictions": "Import restrictions: what takes area away, delays it or makes it dearer.",
    "occupancies": "Import occupancies: reservations, sales, leases of parcels.",
    "premises": "Import premises (Ladenlokale).",
    "vacancies": "Import vacancies of premises.",
    "sites": "Import sites (Zukunftsstandorte).",
    "districts": "Import districts (Stadtbezirke).",
}
AVAILABILITY: Final = "geo availability"
TRANSIT: Final = "geo transit"
NEXT: Final = {
    "parcels": (AVAILABILITY, TRANSIT),
    "districts": (),
    "premises": (TRANSIT,),
    "vacancies": (),
    "sites": (AVAILABILITY, TRANSIT),
}
"""What is to be computed anew after an import; of the other kinds the availability."""
FORMATS: Final = "GML, GeoPackage, GeoJSON, shape (also zipped), CSV or Excel"

import_app = typer.Typer(
    help="Import files: all or nothing, and twice changes nothing. docs/imports.md lists the columns.",
    no_args_is_help=True,
    add_completion=False,
)


def _command(kind: str) -> Callable[..., None]:
    """Return the command that imports one kind of file."""

    def command(  # noqa: PLR0913 - the options of a command
        path: Annotated[Path, typer.Argument(help=f"The file: {FORMATS}.")],
        *,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compare, write nothing.")] = False,
        crs: Annotated[
            str | None,
            typer.Option(metavar="EPSG:n", help="Coordinate system; wins over what the file says."),
        ] = None,
        allow_outside: Annotated[
            bool, typer.Option("--allow-outside", help="Take rows outside the city's area.")
        ] = False,
        rejects: Annotated[
            Path | None,
            typer.Option(help="Write rejected rows with reasons to this file: .csv, .gpkg or .geojson."),
        ] = None,
        corrected: Annotated[
            Path | None, typer.Option(help="Corrected reject file: its rows replace those of PATH.")
        ] = None,
        column: Annotated[
            list[str] | None,
            typer.Option(metavar="HEADING=NAME", help="What a heading of the file means; may be repeated."),
        ] = None,
        layer: Annotated[str | None, typer.Option(help="Layer or sheet to read.")] = None,
        encoding: Annotated[str | None, typer.Option(help="Encoding of a text file or shape table.")] = None,
        source: Annotated[str | None, typer.Option(help="Origin of the records, shown to readers.")] = None,
        lang: Annotated[Language, typer.Option(help=LANG_HELP)] = "en",
        as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    ) -> None:
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
                    corrected=corrected,
                    language=lang,
                    actor=who(),
                    progress=shown,
                )
                report = run_import(database, kind, path, options)
            if as_json:
                print_json(report.as_json(lang))
            else:
                print_report(report, rejects)
        if not report.ok:
            raise typer.Exit(1)

    return command


def _columns(given: list[str]) -> dict[str, str]:
    """Read ``HEADING=NAME``; the heading may hold an equals sign itself."""
    pairs = [one.rpartition("=") for one in given]
    for heading, _, name in pairs:
        if not heading or not name:
            raise InvalidInput(f"Write --column HEADING=NAME, not {heading or name!r}.", parameter="column")
    return {heading: name for heading, _, name in pairs}


def print_report(report: ImportReport, rejects_file: Path | None = None) -> None:
    """Print counts, what changed, what is gone, notices and rejects, in the command line's English."""
    out.print(f"{report.kind}: {report.file_name}", markup=False, highlight=False, soft_wrap=True)
    counts = ", ".join(f"{many} {what}" for what, many in report.counts.items())
    out.print(f"  {counts}", highlight=False, soft_wrap=True)
    if report.changed_fields:
        fields = ", ".join(f"{name} ({many})" for name, many in report.changed_fields.items())
        out.print(f"  changed columns: {fields}", markup=False, highlight=False, soft_wrap=True)
    if report.gone:
        first = ", ".join(report.gone_keys[:SHOWN_GONE])
        more = ", ..." if report.gone > SHOWN_GONE else ""
        out.print(
            f"  {report.gone} in the register but not in this file (kept): {first}{more}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    for notice in report.warnings:
        rows = f" ({notice.count} rows, first: {notice.rows[0]})" if notice.rows else ""
        err.print(f"  note: {notice.text.en}{rows}", markup=False, highlight=False, soft_wrap=True)
    if report.rejects:
        _print_rejects(report, rejects_file)
    elif report.dry_run:
        err.print("  Dry run: nothing was written.", highlight=False)
    elif report.written:
        following = NEXT.get(report.kind, (AVAILABILITY,))
        if following:
            err.print(f"  Next, so that the results follow: {', then '.join(following)}", highlight=False)
    else:
        err.print("  The register says the same already: nothing was written.", highlight=False)


def _print_rejects(report: ImportReport, rejects_file: Path | None) -> None:
    """Print how many rows were refused for what, the first of them, and what to do."""
    table = Table("row", "key", "field", "value", "reason", box=None, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"  # what is to be copied is not cut
    for reject in report.rejects[:SHOWN_REJECTS]:
        cells = (str(reject.row), reject.key, reject.field, reject.value, reject.reason.en)
        table.add_row(*(escape(cell) for cell in cells))
    out.print(table, width=None if out.is_terminal else WIDE)
    if len(report.rejects) > SHOWN_REJECTS:
        kinds = Counter((reject.field, reject.code) for reject in report.rejects)
        summed = "; ".join(
            f"{field}: {code.replace('-', ' ')} ({many})" for (field, code), many in kinds.most_common()
        )
        out.print(f"  in all: {summed}", markup=False, highlight=False, soft_wrap=True)
    hint = (
        f"They are in {rejects_file}: correct them there and import again with --corrected {rejects_file}."
        if rejects_file
        else "Correct the file, or write the rejected rows to a file of their own with --rejects FILE."
    )
    err.print(
        f"Nothing was written: {report.rejected} of {report.rows} rows were rejected. {hint}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


for _name in KINDS:
    import_app.command(_name, help=HELP[_name])(_command(_name))
import_app.command("gtfs")(gtfs)
import_app.command("streets")(streets)
