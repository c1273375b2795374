"""``geo transit feeds`` and ``geo transit end``: which timetables there are, and ending one."""

from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from sqlalchemy import Row

from geo_service.console import command_database, err, out, print_json, who
from geo_service.errors import BadParameter
from geo_service.transit import queries
from geo_service.transit.service import end_feed
from geo_service.transit.validity import Validity, calendar_of

WIDE: Final = 160
"""Columns of a table that goes into a file or a pipe."""
COUNTED, CHECKED, ENDED = "current", "current, for checking only", "ended"

LONGEST_NAME: Final = 100
"""Characters of the name of a feed."""


def feed_name(text: str) -> str:
    """Return the name of a feed.

    Raises
    ------
    BadParameter
        When it is empty or too long, or holds characters that are not printed.
    """
    if not 0 < len(text.strip()) <= LONGEST_NAME or not text.isprintable():
        raise BadParameter(
            f"A name has 1 to {LONGEST_NAME} printable characters, not {text[:40]!r}. Give one by --name.",
            parameter="name",
        )
    return text


def feeds(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """List all timetables and their versions: current ones, those for checking only, and ended ones."""
    with command_database() as database:
        with database.read() as connection:
            found = [_told(row) for row in connection.execute(queries.versions())]
        if as_json:
            print_json(found)
            return
        whole = [Column(name, no_wrap=True) for name in ("name", "days", "stops", "state")]
        folded = [Column(name, overflow="fold") for name in ("publisher", "version")]
        table = Table(whole[0], *folded, *whole[1:], box=None, pad_edge=False)
        for each in found:
            until = f" {each['ended_at']:%Y-%m-%d %H:%M %Z}" if each["ended_at"] else ""
            days = f"{each['first_day']} to {each['last_day']}"
            state = each["state"] + until + _dated(each)
            cells = (each["name"], each["publisher"], each["version"], days, f"{each['stops']:,}", state)
            table.add_row(*(escape(cell) for cell in cells))
        (out if out.is_terminal else Console(width=WIDE)).print(table)
        if not found:
            err.print("No timetable is loaded yet. Load one: geo import gtfs PATH --name NAME")
        if any(each["state"] == CHECKED for each in found):
            err.print("For checking only: no stop within the city and its margin; no answer rests on it.")


def _dated(told: dict[str, Any]) -> str:
    """Say that a timetable which is not ended does not cover today."""
    if told["ended_at"] or told["validity"] == Validity.CURRENT:
        return ""
    over = told["validity"] == Validity.EXPIRED
    return f", expired {told['last_day']}" if over else f", starts {told['first_day']}"


def _told(row: Row[Any]) -> dict[str, Any]:
    """Return what is told of a version."""
    living = COUNTED if row.is_current else CHECKED
    return {
        "name": row.name,
        "publisher": row.publisher,
        "version": row.feed_version,
        "file_name": row.file_name,
        **calendar_of(row),
        "stops": row.stops,
        "state": living if row.ended_at is None else ENDED,
        "ended_at": row.ended_at,
    }


def end(name: Annotated[str, typer.Argument(help="Name of the timetable (geo transit feeds).")]) -> None:
    """End a timetable as of now: no answer rests on it any more. All its versions are kept."""
    with command_database() as database:
        left = end_feed(database, name, who())
        out.print(f"Feed {name}: ended; its versions are kept.", markup=False, highlight=False)
        if left:
            err.print(
                "Stored answers that rest on it are marked as outdated. Next: geo transit --outdated",
                soft_wrap=True,
            )
        else:
            err.print(
                "No timetable counts any more: stored answers stay marked as outdated. "
                "Next: geo import gtfs PATH --name NAME",
                soft_wrap=True,
            )
