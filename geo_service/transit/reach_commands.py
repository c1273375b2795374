"""``geo transit reach``."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from geo_service.console import command_database, out, print_json, progress, who
from geo_service.transit.reach_service import DEFAULT_WINDOW, ReachReport, refresh_reach


def reach(
    window: Annotated[
        str, typer.Option(help="Departures from the places, HH:MM-HH:MM, at most 6 hours.")
    ] = DEFAULT_WINDOW,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Compute travel times from all places to the city's destinations, and isochrones of the sites.

    By public transport and on foot, a departure each full minute of the window, on the reference day of the
    timetable. Times of other windows stay.
    """
    with command_database() as database:
        with progress() as shown:
            report = refresh_reach(database, window, shown, who())
        if as_json:
            print_json(asdict(report))
        else:
            print_reach_report(report)


def print_reach_report(report: ReachReport) -> None:
    """Print what was computed."""
    days = ", ".join(f"{name} on {day}" for name, day in report.feeds.items())
    out.print(
        f"Travel times for departures {report.window} ({days}; {report.runs:,} runs that day)",
        highlight=False,
        soft_wrap=True,
    )
    table = Table("destination", "median over all parcels", box=None, pad_edge=False)
    for key, minutes in report.medians_min.items():
        table.add_row(key, "few arrive" if minutes is None else f"{minutes:.1f} min")
    out.print(table)
    counted = ", ".join(f"{kind} {number:,}" for kind, number in report.subjects.items())
    out.print(f"Stored for: {counted}.", highlight=False, soft_wrap=True)
