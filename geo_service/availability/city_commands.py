"""``geo availability --without``, ``assemblies`` and ``balance``: computed, never written."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ValidationError
from rich.table import Table
from sqlalchemy import Connection

from geo_service.availability import city_answers, city_service, service
from geo_service.availability.balance import DIMENSIONS
from geo_service.availability.city_land import city_land
from geo_service.availability.city_schemas import AssembliesAnswer, AssembliesQuery, WhatIfAnswer, WhatIfQuery
from geo_service.availability.flows import STAGES, CityBalance, city_balance, two_days
from geo_service.console import command_database, out, print_json
from geo_service.days import parse_day
from geo_service.errors import BadParameter

AtLeast = Annotated[float, typer.Option("--at-least", metavar="M2", help="Joint net area, m2.")]
Horizons = Annotated[
    list[str] | None,
    typer.Option("--horizon", help="now, short, mid, long or undetermined; may be repeated."),
]
District = Annotated[str, typer.Option(help="Key of the district.")]
AtMost = Annotated[int, typer.Option("--at-most-parcels", help="Greatest number of parcels.")]
Owner = Annotated[str, typer.Option(help="any, or same_kind: one known kind of owner for all.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="Day asked for; unset: today.")]
Preset = Annotated[str, typer.Option(help="Horizon preset: default or dortmund_2010.")]
Across = Annotated[
    float | None,
    typer.Option(
        "--across", metavar="METRES", help="Also across streets up to so wide; unset: GEO_ACROSS_STREET_M."
    ),
]
Limit = Annotated[int, typer.Option(help="Greatest number of answers.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print a table for spreadsheets (CSV).")]
From = Annotated[str, typer.Option("--from", metavar="DATE", help="First day; unset: a year before.")]
To = Annotated[str, typer.Option("--to", metavar="DATE", help="Second day; unset: today.")]
By = Annotated[
    list[str] | None,
    typer.Option("--by", help=f"{', '.join(DIMENSIONS)}; may be repeated. Unset: horizon."),
]


@contextmanager
def _snapshot() -> Iterator[Connection]:
    """Read from one state of the register; errors are printed in words."""
    with command_database() as database, database.read() as connection:
        yield connection.execution_options(isolation_level="REPEATABLE READ")


def _asked(model: type[BaseModel], **values: Any) -> Any:  # noqa: ANN401 - an instance of the model
    """Check options by the same rules as the interface.

    Raises
    ------
    BadParameter
        Naming the option and what is wrong with it.
    """
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise BadParameter(f"{name}: {first['msg']}.", parameter=name) from error


def print_what_if(
    without: list[str], ending: list[str], scope: str, as_of: str, preset: str, *, as_json: bool
) -> None:
    """Print what there would be without some blockers; nothing is written."""
    with _snapshot() as connection:
        day = parse_day(as_of) if as_of else service.today()
        asked = _asked(WhatIfQuery, without=without, ending=ending, scope=scope, preset=preset)
        question = city_service.read_question(without, ending, scope, day, preset)
        answer = city_answers.what_if_answer(
            city_service.answer_what_if(connection, question), asked, asked.limit
        )
    if as_json:
        print_json(answer.model_dump())
    else:
        out.print(_what_if_table(answer))


def _what_if_table(answer: WhatIfAnswer) -> Table:
    imagined = ", ".join([*(f"without {text}" for text in answer.without), *answer.ending])
    table = Table(
        title=f"What if: {imagined}. As of {answer.as_of}, {answer.scope}, horizons: {answer.preset}",
        title_justify="left",
    )
    for heading in ("horizon", "parcels before", "after", "offered m² before", "after", "difference m²"):
        table.add_column(heading, justify="left" if heading == "horizon" else "right")
    pairs = zip(answer.before.by_horizon, answer.after.by_horizon, answer.difference, strict=True)
    for before, after, change in pairs:
        table.add_row(
            before.horizon.value,
            f"{before.parcels:,}",
            f"{after.parcels:,}",
            f"{before.offered_m2:,.0f}",
            f"{after.offered_m2:,.0f}",
            f"{change.offered_m2:+,.0f}",
        )
    table.caption = (
        f"{answer.changed:,} parcels change; offered {answer.offered_gain_m2:+,.1f} m², "
        f"net {answer.gain_m2:+,.1f} m² in all. Nothing was written."
    )
    return table


def assemblies(  # noqa: PLR0913, PLR0917 - one for each option
    at_least: AtLeast,
    horizon: Horizons = None,
    district: District = "",
    at_most_parcels: AtMost = 10,
    owner: Owner = "any",
    across: Across = None,
    limit: Limit = 20,
    as_of: AsOf = "",
    preset: Preset = "default",
    as_json: AsJson = False,
) -> None:
    """Print where so much land could be had together; nothing is written."""
    with _snapshot() as connection:
        day = parse_day(as_of) if as_of else service.today()
        asked = _asked(
            AssembliesQuery,
            at_least_m2=at_least,
            **({"horizon": horizon} if horizon else {}),
            district=district,
            at_most_parcels=at_most_parcels,
            owner=owner,
            across_m=across,
            limit=limit,
            preset=preset,
        )
        land = city_land(connection, day, preset)
        found = city_service.answer_assemblies(connection, land, asked.search(), public=False)
        answer = city_answers.assemblies_answer(found, asked, day, public=False)
    if as_json:
        print_json(answer.model_dump())
    else:
        out.print(_assemblies_table(answer))


def _assemblies_table(answer: AssembliesAnswer) -> Table:
    table = Table(
        title=f"{answer.at_least_m2:,.0f} m² together, as of {answer.as_of} (horizons: {answer.preset})",
        title_justify="left",
    )
    table.add_column("net m²", justify="right", no_wrap=True)
    for heading in ("available", "from", "district", "parcels"):
        table.add_column(heading, overflow="fold")
    for place in answer.assemblies:
        districts = sorted({parcel.district or "unknown" for parcel in place.parcels})
        table.add_row(
            f"{place.net_m2:,.0f}{' (across a street)' if place.across else ''}",
            place.horizon.value,
            str(place.available_from or "unknown"),
            ", ".join(districts),
            " ".join(parcel.parcel_key for parcel in place.parcels),
        )
    table.caption = (
        f"{answer.candidates:,} parcels came into question; the largest group that lies together has "
        f"{answer.largest_m2:,.0f} m² net."
    )
    return table


def balance(
    start: From = "",
    end: To = "",
    by: By = None,
    preset: Preset = "default",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Print how much land there was and is, and what happened in between; nothing is written."""
    with _snapshot() as connection:
        first, last = two_days(
            parse_day(start) if start else None, parse_day(end) if end else None, service.today()
        )
        dimensions = tuple(dict.fromkeys(word for text in by or ["horizon"] for word in text.split(",")))
        unknown = [word for word in dimensions if word not in DIMENSIONS]
        if unknown:
            raise BadParameter(f"by: {unknown[0]!r} is none of {', '.join(DIMENSIONS)}.", parameter="by")
        days = (city_land(connection, day, preset).with_facts(connection) for day in (first, last))
        found = city_balance(next(days), next(days), dimensions)
    if as_csv:
        sys.stdout.write(found.as_csv())
    elif as_json:
        print_json(city_answers.balance_answer(found).model_dump(by_alias=True))
    else:
        out.print(_balance_table(found))


def _balance_table(found: CityBalance) -> Table:
    total = found.total()
    shown = [stage for stage in STAGES if stage in {"opening", "closing"} or _moves(found, stage)]
    table = Table(
        title=f"Land balance from {found.start} to {found.end}, offered m² (horizons: {found.preset})",
        title_justify="left",
    )
    for name in found.balance.dimensions:
        table.add_column(name, overflow="fold")
    for stage in shown:
        table.add_column(stage, justify="right", overflow="fold")  # no figure is cut off
    for cell, measures in found.cells():
        table.add_row(*cell.values(), *(_area(measures["offered_cm2"][stage], stage) for stage in shown))
    table.add_section()
    blank = [""] * (len(found.balance.dimensions) - 1)
    table.add_row("all", *blank, *(_area(total["offered_cm2"][stage], stage) for stage in shown))
    table.caption = (
        "Opening plus flows is closing, in every line. Offered is net without slivers: of the closing "
        f"{city_answers.square_metres(total['net_cm2']['closing']):,.0f} m² net "
        f"{city_answers.square_metres(total['estimated_cm2']['closing']):,.0f} m² are probably not usable "
        "(estimate)."
    )
    return table


def _moves(found: CityBalance, stage: str) -> bool:
    return any(measures["offered_cm2"][stage] for _, measures in found.cells())


def _area(square_centimetres: int, stage: str) -> str:
    area = city_answers.square_metres(square_centimetres)
    return f"{area:,.0f}" if stage in {"opening", "closing"} else f"{area:+,.0f}"
