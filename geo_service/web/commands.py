"""``geo map``: maps as files that open without a network."""

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import Connection
from starlette.datastructures import QueryParams

from geo_service.auth import ANYBODY
from geo_service.auth.caller import Caller
from geo_service.auth.models import Role
from geo_service.availability.city_answers import balance_answer
from geo_service.availability.city_land import city_land
from geo_service.availability.flows import city_balance, two_days
from geo_service.availability.service import today
from geo_service.availability.state_queries import STORED_STATE
from geo_service.city import load_city
from geo_service.console import command_database, err
from geo_service.days import parse_day
from geo_service.db import Database
from geo_service.errors import NotFound
from geo_service.inquiries import queries
from geo_service.inquiries.schemas import RankAnswer
from geo_service.inquiries.service import form_of, rank_for
from geo_service.matching.answers import proposal_answer
from geo_service.matching.service import read_round
from geo_service.settings import get_settings
from geo_service.transit.grades import asked
from geo_service.transit.scenario_register import read_scenario
from geo_service.transit.service import area_of
from geo_service.web import map_files
from geo_service.web.classes import KeptClasses
from geo_service.web.filters import LandFilter, read_land_filter
from geo_service.web.language import LANGUAGES
from geo_service.web.pages.contest import read_places
from geo_service.web.pages.inquiries import RESULTS, shapes_of
from geo_service.web.pages.land import Listed, list_land, list_of_day
from geo_service.web.queries.city import DISTRICT_SHAPES
from geo_service.web.queries.figures import stored
from geo_service.web.speaker import PageSpeaker
from maps.portable import overview_file
from maps.portable_file import ROOM, Portable, portable_file

map_app = typer.Typer(help="Maps as files.", no_args_is_help=True, add_completion=False)

AT_THE_DESK: Final = Caller("command line", frozenset({Role.INVESTOR_SUPPORT}), "token")
"""Who asks for what is confidential by a command: somebody who has the database."""

Output = Annotated[
    Path, typer.Option("--output", "-o", help="HTML file to write; an existing one is replaced.")
]
Lang = Annotated[str, typer.Option(help="Language of the file: de or en.")]
IsPortable = Annotated[
    bool, typer.Option("--portable", help="One file that opens without a network: the only kind there is.")
]
Confidential = Annotated[bool, typer.Option("--confidential", help="Hold what is confidential too.")]


@map_app.callback()
def maps() -> None:
    """Write maps as files."""


@map_app.command()
def overview(output: Output, lang: Lang = "de", *, portable: IsPortable = True) -> None:
    """Write the overview as one file that opens without a network; public records only."""
    city = load_city(get_settings().city)
    _write(output, lang, lambda _, connection, speaker: overview_file(connection, city, speaker), portable)


@map_app.command()
def site(slug: str, output: Output, lang: Lang = "de", *, portable: IsPortable = True) -> None:
    """Write the map of a site; public records only."""
    _write(output, lang, lambda _, found, speaker: map_files.site_file(found, speaker, slug), portable)


@map_app.command()
def land(
    output: Output,
    lang: Lang = "de",
    query: Annotated[
        str,
        typer.Option(
            "--filter", help="Conditions as in the address of /flaechen: as_of=2028-01-01&area_min=2000"
        ),
    ] = "",
    *,
    portable: IsPortable = True,
) -> None:
    """Write the map of a list of land, of today or of any other day; public records only."""
    wanted, errors = read_land_filter(QueryParams(query.lstrip("?")))
    if errors:
        raise typer.BadParameter(f"cannot be read: {', '.join(errors)}", param_hint="--filter")

    def read(_: Database, connection: Connection, speaker: PageSpeaker) -> Portable:
        return map_files.land_file(connection, speaker, _listed(connection, wanted), wanted)

    _write(output, lang, read, portable)


def _listed(connection: Connection, wanted: LandFilter) -> Listed:
    """List the public land of a filter, as many rows as a file may hold."""
    state, part = connection.execute(STORED_STATE).one_or_none(), (None, ROOM)
    if wanted.as_of is None or (state and state.as_of == wanted.as_of):
        return list_land(connection, wanted, stored(public=True), part, public=True)
    found = city_land(connection, wanted.as_of, state.preset if state else "default")
    return list_of_day(connection, wanted, found, part, public=True)


@map_app.command()
def vacancies(output: Output, lang: Lang = "de", *, portable: IsPortable = True) -> None:
    """Write the map of the vacancies; public records only."""
    _write(output, lang, lambda _, found, speaker: map_files.vacancies_file(found, speaker), portable)


@map_app.command()
def transit(
    output: Output,
    lang: Lang = "de",
    method: Annotated[str, typer.Option(help="Method of the classes.")] = "are",
    scenario: Annotated[str, typer.Option(help="Key of a published scenario: before and after it.")] = "",
    *,
    portable: IsPortable = True,
) -> None:
    """Write the map of the transit classes, or of what a scenario makes of them."""

    def read(_: Database, connection: Connection, speaker: PageSpeaker) -> Portable:
        kept, wanted = KeptClasses(area=area_of(load_city(get_settings().city))), asked(method)
        city = kept.city(connection, wanted)
        if not scenario:
            return map_files.transit_file(connection, speaker, city)
        known = read_scenario(connection, scenario, public=True)
        after = kept.scenario(connection, known, wanted)
        return map_files.scenario_file(connection, speaker, known, city, after)

    _write(output, lang, read, portable)


@map_app.command()
def inquiry(
    reference: str,
    output: Output,
    lang: Lang = "de",
    *,
    confidential: Confidential = False,
    portable: IsPortable = True,
) -> None:
    """Write the map of what an inquiry ranked: what the public may see, or with --confidential all."""

    def read(database: Database, connection: Connection, speaker: PageSpeaker) -> Portable:
        caller = AT_THE_DESK if confidential else ANYBODY
        answer, shapes = asyncio.run(_ranked(database, reference, caller))
        title = reference if confidential else ""
        return map_files.ranked_file(connection, speaker, answer, shapes, title)

    _write(output, lang, read, portable)


async def _ranked(
    database: Database, reference: str, caller: Caller
) -> tuple[RankAnswer, dict[tuple[str, str], str]]:
    """Rank for an inquiry, with the geometry of what was found."""
    try:
        async with database.read_session() as session:
            found = await session.scalar(queries.inquiry(reference))
            if found is None:
                raise NotFound(f"There is no inquiry {reference[:60]!r}.")
            answer = await rank_for(session, form_of(found, RESULTS), caller, today())
            return answer, await shapes_of(session, [*answer.fitting, *answer.almost])
    finally:
        await database.async_engine.dispose()


@map_app.command("round")
def contest_round(
    name: str,
    output: Output,
    lang: Lang = "de",
    *,
    confidential: Confidential = False,
    portable: IsPortable = True,
) -> None:
    """Write the map of a contest round: its premises, and with --confidential the winners too."""

    def read(_: Database, connection: Connection, speaker: PageSpeaker) -> Portable:
        state = read_round(connection, name, today())
        answer = proposal_answer(state)
        places, named = read_places(connection, answer), state.names.premises
        return map_files.round_file(connection, speaker, answer, places, named, with_winners=confidential)

    _write(output, lang, read, portable)


@map_app.command()
def balance(
    output: Output,
    lang: Lang = "de",
    start: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD; unset: a year before.")] = "",
    end: Annotated[str, typer.Option("--to", help="Second day, YYYY-MM-DD; unset: today.")] = "",
    *,
    portable: IsPortable = True,
) -> None:
    """Write the map of the land balance by district: for the agency, it tells of unpublished land too."""

    def read(_: Database, connection: Connection, speaker: PageSpeaker) -> Portable:
        first, last = (parse_day(text) if text else None for text in (start, end))
        days = two_days(first, last, today())
        opening, closing = (city_land(connection, day).with_facts(connection) for day in days)
        answer = balance_answer(city_balance(opening, closing, ("district",)))
        return map_files.balance_file(speaker, answer, connection.execute(DISTRICT_SHAPES).all())

    _write(output, lang, read, portable)


def _write(
    output: Path,
    lang: str,
    read: Callable[[Database, Connection, PageSpeaker], Portable],
    _portable: bool,
) -> None:
    """Write the file of a map."""
    language = next((known for known in LANGUAGES if known == lang), None)
    if language is None:
        raise typer.BadParameter(f"known languages: {', '.join(LANGUAGES)}", param_hint="--lang")
    if not output.parent.is_dir():
        raise typer.BadParameter(f"the folder {output.parent} does not exist", param_hint="--output")
    city = load_city(get_settings().city)
    speaker = PageSpeaker(language, city.timezone)
    day: date = today()
    with command_database() as database, database.read() as connection:
        text = portable_file(connection, city, speaker, day, read(database, connection, speaker))
    output.write_text(text, encoding="utf-8")
    err.print(f"{output}: {len(text.encode()) / 1e6:.1f} MB, opens without a network.", soft_wrap=True)
