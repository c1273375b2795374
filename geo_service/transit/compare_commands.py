"""``geo transit compare``: methods with each other, or a feed's version with the one before."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from geo_service.city import load_city
from geo_service.console import command_database, err, out, print_json
from geo_service.errors import BadParameter
from geo_service.transit.compare import FeedComparison, by_feed, by_method
from geo_service.transit.grades import asked
from geo_service.transit.models import SubjectKind

SHOWN_CHANGES: Final = 20
"""Changes printed one by one; --json has all."""


def compare(
    feed: Annotated[
        str, typer.Option(help="Compare the version of this feed before with the current one.")
    ] = "",
    method: Annotated[str, typer.Option(help="Grading method, with --feed.")] = "are",
    kind: Annotated[
        str, typer.Option(help=f"{', '.join(SubjectKind)}: what is counted, without --feed.")
    ] = SubjectKind.PARCEL.value,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Count the stored grades method by method, or tell what a new version of a feed changes."""
    with command_database() as database:
        if kind not in set(SubjectKind):
            raise BadParameter(f"{kind!r} is not graded. Choose {', '.join(SubjectKind)}.", parameter="kind")
        today = datetime.now(ZoneInfo(load_city(database.settings.city).timezone)).date()
        with database.read() as connection:
            if not feed:
                _print_methods(by_method(connection, SubjectKind(kind)), kind, as_json=as_json)
                return
            found = by_feed(connection, feed, asked(method), today)
        if as_json:
            print_json(asdict(found))
        else:
            _print_feeds(found)


def _print_methods(counts: dict[str, dict[str, int]], kind: str, *, as_json: bool) -> None:
    if as_json:
        print_json(counts)
        return
    table = Table("method", "grade", kind, box=None, pad_edge=False)
    for method, grades in counts.items():
        for grade, number in sorted(grades.items(), key=lambda item: (item[0] == "-", item[0])):
            table.add_row(method, "none" if grade == "-" else grade, f"{number:,}")
    out.print(table)


def _print_feeds(found: FeedComparison) -> None:
    for what, version in (("before", found.before), ("now", found.after)):
        name = " ".join(part for part in (version.file_name, version.version) if part)
        out.print(f"{what}: {name}, counted on {version.day}", highlight=False, soft_wrap=True, markup=False)
    table = Table("", "rose", "fell", "same", box=None, pad_edge=False)
    for kind, counts in found.counts.items():
        table.add_row(kind, *(f"{counts[name]:,}" for name in ("rose", "fell", "same")))
    out.print(table)
    for change in found.changes[:SHOWN_CHANGES]:
        out.print(
            f"{change.kind} {escape(change.key)}: {change.before or 'none'} -> {change.after or 'none'}",
            highlight=False,
            soft_wrap=True,
        )
    if len(found.changes) > SHOWN_CHANGES:
        err.print(f"and {len(found.changes) - SHOWN_CHANGES:,} more: --json lists all.")
