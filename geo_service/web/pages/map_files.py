"""Maps to take along: one file each that opens without a network, confidential only when asked for."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from geo_service.auth import ANYBODY, InvestorSupport, Public, VacancyManager
from geo_service.availability.city_answers import balance_answer
from geo_service.availability.city_routes import Adviser, ask_balance
from geo_service.availability.service import today
from geo_service.beside import computed
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.inquiries import queries
from geo_service.inquiries.service import form_of, rank_for
from geo_service.matching.answers import proposal_answer
from geo_service.matching.service import read_round
from geo_service.transit.grades import asked
from geo_service.transit.windows import DAY
from geo_service.web import map_files
from geo_service.web.classes import kept_classes
from geo_service.web.filters import read_land_filter, sound
from geo_service.web.frame import Frame, frame_of
from geo_service.web.pages.contest import places_of
from geo_service.web.pages.inquiries import RESULTS, picked, shapes_of
from geo_service.web.pages.land import read_list
from geo_service.web.pages.reports import asked_by_district
from geo_service.web.pages.transit import scenario_classes
from geo_service.web.queries.city import DISTRICT_SHAPES
from maps.portable_file import ROOM, Portable, portable_file

router = APIRouter(prefix="/maps/files")

Confidential = Annotated[bool, Query(description="Hold what is confidential too.")]
Picks = Annotated[Sequence[str], Query(description="Only these of the ranking, such as parcel:KEY.")]
KEPT_NOWHERE: Final = "no-store"


@router.get("/site/{slug}")
async def site(request: Request, session: Reading, caller: Public, slug: str) -> Response:
    """Answer with the map of a site as a file."""
    frame = await frame_of(request, session, caller)
    name = frame.speaker.say("karte-standort") + f"-{slug}"
    return await as_file(frame, session, name, lambda found: map_files.site_file(found, frame.speaker, slug))


@router.get("/land")
async def land(request: Request, session: Reading, caller: Public) -> Response:
    """Answer with the map of a list of land as a file: the filter of the list, public records only."""
    frame = await frame_of(request, session, caller)
    wanted = sound(read_land_filter(request.query_params))
    listed = await read_list(request, session, wanted, None, ROOM, public=True)
    name = frame.speaker.say("karte-flaechen")
    return await as_file(
        frame, session, name, lambda found: map_files.land_file(found, frame.speaker, listed, wanted)
    )


@router.get("/vacancies")
async def vacancies(request: Request, session: Reading, caller: Public) -> Response:
    """Answer with the map of the public vacancies as a file."""
    frame = await frame_of(request, session, caller)
    name = frame.speaker.say("karte-leerstaende")
    return await as_file(frame, session, name, lambda found: map_files.vacancies_file(found, frame.speaker))


@router.get("/transit")
async def transit(
    request: Request, session: Reading, caller: Public, method: str = "are", window: str = DAY
) -> Response:
    """Answer with the map of the transit classes as a file."""
    frame = await frame_of(request, session, caller)
    wanted, kept = asked(method, window), kept_classes(request)
    return await as_file(
        frame,
        session,
        frame.speaker.say("karte-oepnv-klassen"),
        lambda found: map_files.transit_file(found, frame.speaker, kept.city(found, wanted)),
    )


@router.get("/scenario/{key}")
async def scenario(
    request: Request, session: Reading, caller: Public, key: str, method: str = "are", window: str = DAY
) -> Response:
    """Answer with the map of the transit classes before and after a scenario as a file."""
    frame = await frame_of(request, session, caller)
    wanted, kept = asked(method, window), kept_classes(request)
    known, after = await scenario_classes(request, session, caller, key)
    return await as_file(
        frame,
        session,
        frame.speaker.say("karte-szenario") + f"-{key}",
        lambda found: map_files.scenario_file(found, frame.speaker, known, kept.city(found, wanted), after),
    )


@router.get("/inquiry/{reference}")
async def inquiry(
    request: Request,
    session: Reading,
    caller: InvestorSupport,
    reference: str,
    *,
    confidential: Confidential = False,
    pick: Picks = (),
) -> Response:
    """Answer with the map of what an inquiry ranked: as the public would see it, or as the agency does.

    Raises
    ------
    NotFound
        When there is no such inquiry.
    """
    frame = await frame_of(request, session, caller)
    found = await session.scalar(queries.inquiry(reference))
    if found is None:
        raise NotFound(f"There is no inquiry {reference[:60]!r}.")
    ranked = await rank_for(session, form_of(found, RESULTS), caller if confidential else ANYBODY, today())
    answer = picked(ranked, pick)
    shapes = await shapes_of(session, [*answer.fitting, *answer.almost])
    title = found.reference if confidential else ""
    return await as_file(
        frame,
        session,
        frame.speaker.say("karte-anfrage"),
        lambda read: map_files.ranked_file(read, frame.speaker, answer, shapes, title),
    )


@router.get("/round/{name}")
async def contest_round(
    request: Request,
    session: Reading,
    caller: VacancyManager,
    name: str,
    *,
    confidential: Confidential = False,
) -> Response:
    """Answer with the map of a round: the premises, and with what is confidential the winners too."""
    frame = await frame_of(request, session, caller)
    await session.commit()  # gives the connection back: the proposal is reckoned with another one
    state = await computed(request, None, lambda read: read_round(read, name, today()), public=False)
    answer = proposal_answer(state)
    places = await places_of(request, answer)
    return await as_file(
        frame,
        session,
        frame.speaker.say("karte-runde"),
        lambda read: map_files.round_file(
            read, frame.speaker, answer, places, state.names.premises, with_winners=confidential
        ),
    )


@router.get("/balance")
async def balance(request: Request, session: Reading, caller: Adviser) -> Response:
    """Answer with the map of a land balance by district as a file, for the agency.

    Raises
    ------
    BadParameter
        For a question that there is not, or one that is not told apart by district.
    """
    frame = await frame_of(request, session, caller)
    answer = balance_answer(await ask_balance(request, session, asked_by_district(request)))
    return await as_file(
        frame,
        session,
        frame.speaker.say("karte-bilanz"),
        lambda read: map_files.balance_file(frame.speaker, answer, read.execute(DISTRICT_SHAPES).all()),
    )


async def as_file(
    frame: Frame, session: Reading, name: str, read: Callable[[Connection], Portable]
) -> Response:
    """Make the file beside the event loop; one with confidential records is kept by no cache."""
    day: date = frame.today

    def make(connection: Connection) -> tuple[str, bool]:
        shown = read(connection)
        return portable_file(connection, frame.city, frame.speaker, day, shown), bool(shown.warning)

    text, is_confidential = await computed(frame.request, session, make, public=frame.public)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.html"',
        "Cache-Control": KEPT_NOWHERE if is_confidential else "no-cache",
    }
    return Response(text, media_type="text/html", headers=headers)
