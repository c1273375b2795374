"""What lies in an area drawn on the overview: how much land, how many vacancies, with links to the lists."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Row
from starlette.datastructures import QueryParams

from geo_service.auth import Public
from geo_service.db import Reading
from geo_service.errors import BadParameter
from geo_service.web.drawn import BAD_DRAWING
from geo_service.web.filters import read_land_filter, read_premises_filter
from geo_service.web.frame import Frame, frame_of
from geo_service.web.pages.dated_map import day_of
from geo_service.web.pages.land import read_list
from geo_service.web.queries.premises import premises_summary
from maps.describe import Item

router = APIRouter(prefix="/maps")


@router.get("/drawn")
async def drawn(
    request: Request,
    session: Reading,
    caller: Public,
    within: Annotated[str, Query(max_length=6_000)],
    as_of: str = "",
) -> Response:
    """Count land, as stored or as of a day, and vacancies that reach into a drawn area, as the lists do.

    Raises
    ------
    BadParameter
        When the area or the day cannot be read, or the line of the area crosses itself: says so in the
        language of the page.
    """
    frame = await frame_of(request, session, caller)
    day = day_of(as_of) if as_of else None
    values = QueryParams({"within": within, **({"as_of": as_of} if day else {})})
    land, errors = read_land_filter(values)
    if errors or land.within is None:
        wrong = errors.get("within", BAD_DRAWING)
        raise BadParameter(frame.speaker.say(wrong), parameter="within")
    shops, _ = read_premises_filter(values)
    parcels = (await read_list(request, session, land, None, 1, public=frame.public)).summary
    vacant = (await session.execute(premises_summary(shops, public=frame.public))).one()
    items = [_land(frame, within, parcels, day), _vacancies(frame, within, vacant)]
    return JSONResponse({"items": [item.as_json() for item in items]}, headers={"Cache-Control": "no-cache"})


def _land(frame: Frame, within: str, summary: Row[Any], day: date | None) -> Item:
    say, formats = frame.speaker.say, frame.formats
    now = say("davon am %(day)s sofort", day=formats.day(day)) if day else say("davon sofort")
    lines = (
        (say("Flächen"), formats.number(summary.parcels)),
        (say("im Angebot"), formats.hectares(summary.offered_m2 / 10_000)),
        (now, formats.hectares(summary.now_m2 / 10_000)),
        (say("netto mit Splittern"), formats.hectares(summary.net_m2 / 10_000)),
    )
    as_of = {"as_of": day.isoformat()} if day else {}
    return _item(frame, say("Flächen im Gebiet"), lines, "/flaechen", {"within": within, **as_of})


def _vacancies(frame: Frame, within: str, summary: Row[Any]) -> Item:
    say, formats = frame.speaker.say, frame.formats
    lines = (
        (say("Ladenlokale"), formats.number(summary.premises)),
        (say("zusammen"), f"{formats.number(summary.area_m2)} m²"),
    )
    return _item(frame, say("Leerstände im Gebiet"), lines, "/leerstand", {"within": within})


def _item(
    frame: Frame, title: str, lines: tuple[tuple[str, str], ...], path: str, asked: dict[str, str]
) -> Item:
    address = f"{path}?{urlencode({**asked, 'lang': frame.language})}"
    return Item("drawn", path, title, "", None, lines, address, demo=False)
