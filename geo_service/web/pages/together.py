"""Land that lies together: the search, its answers as list and map."""

from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.auth import Public
from geo_service.availability.assembling import KNOWN_HORIZONS, Found, Place
from geo_service.availability.city_routes import ask_assemblies
from geo_service.availability.city_schemas import AssembliesQuery
from geo_service.availability.models import Horizon
from geo_service.availability.service import today
from geo_service.beside import drawn
from geo_service.db import Reading
from geo_service.settings import get_settings
from geo_service.web.frame import Frame, frame_of
from geo_service.web.pages.asking import (
    Named,
    answer_or_errors,
    data_address,
    map_script,
    names_of,
    read_form,
)
from geo_service.web.queries.premises import DISTRICTS
from maps.answers import Shape, answer_map
from maps.base import RenderedMap
from maps.describe import Item

router = APIRouter()


@router.get("/flaechenverbund")
async def together(request: Request, session: Reading, caller: Public) -> Response:
    """Show where so much land could be had together."""
    frame = await frame_of(request, session, caller)
    asked, errors, found = await _found(request, session, frame)
    keys = [key for place in found.places for key in place.parcels["parcel_key"]] if found else []
    named = await names_of(session, frame, keys)
    return frame.page(
        "together.html",
        asked=asked,
        given=request.query_params,
        errors=errors,
        found=found,
        named=named,
        as_of=(asked.as_of if asked else None) or today(),
        horizons=[horizon.value for horizon in Horizon],
        chosen=[horizon.value for horizon in asked.horizon] if asked else list(KNOWN_HORIZONS),
        districts=(await session.execute(DISTRICTS)).all(),
        across_m=asked.across() if asked else get_settings().across_street_m,
        data=data_address("/api/availability/assemblies", asked),
        map=await _map(frame, found, named) if found and found.places else None,
    )


@router.get("/flaechenverbund.js")
async def together_script(request: Request, session: Reading, caller: Public) -> Response:
    """Answer with the program of the map, which holds the shapes of the answers."""
    frame = await frame_of(request, session, caller)
    _, _, found = await _found(request, session, frame)
    keys = [key for place in found.places for key in place.parcels["parcel_key"]] if found else []
    return map_script(await _map(frame, found, await names_of(session, frame, keys)))


async def _found(
    request: Request, session: Reading, frame: Frame
) -> tuple[AssembliesQuery | None, dict[str, str], Found | None]:
    if not request.query_params.get("at_least_m2", "").strip():
        return None, {}, None
    asked, errors = read_form(request.query_params.multi_items(), AssembliesQuery)
    if asked is None:
        return None, errors, None
    found = await answer_or_errors(ask_assemblies(request, session, asked, public=frame.public), errors)
    return asked, errors, found


async def _map(frame: Frame, found: Found | None, named: dict[str, Named]) -> RenderedMap:
    places = found.places if found else ()
    label = frame.speaker.say("Karte der Flächen, die zusammen groß genug sind")

    def make() -> RenderedMap:
        shapes = [_shape(frame, number, place, named) for number, place in enumerate(places, 1)]
        return answer_map(frame.city, frame.speaker, frame.basemap, label, shapes)

    return await drawn(frame.request, make, public=frame.public)


def _shape(frame: Frame, number: int, place: Place, named: dict[str, Named]) -> Shape:
    say, formats = frame.speaker.say, frame.formats
    parcels: Any = place.parcels.to_dict("records")
    day = say("sofort") if place.horizon == "now" else formats.day(place.available_from)
    between = [(say("Dazwischen"), say("eine Straße"))] if place.across else []
    lines = [
        (say("Zusammen"), formats.square_metres(place.net_cm2 / 10_000)),
        (say("Ab wann"), day),
        *between,
    ]
    lines += [(named[row["parcel_key"]].title, formats.square_metres(row["net_m2"])) for row in parcels]
    item = Item(
        "assembly",
        str(number),
        say("Verbund %(number)s", number=number),
        "",
        (f"badge--horizon-{place.horizon}", frame.speaker.label("horizon", place.horizon)),
        tuple(lines),
        "",
        bool(place.parcels["is_demo"].any()),
    )
    return Shape(str(number), place.geometry, place.horizon, str(number), item)
