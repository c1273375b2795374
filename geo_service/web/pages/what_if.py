"""What would be, if something were gone: before and after, as table and map. Nothing is written."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import pandas as pd
from fastapi import APIRouter, Request, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.availability.changes import RECORDS
from geo_service.availability.city_answers import plain, what_if_answer
from geo_service.availability.city_queries import keys_of_site
from geo_service.availability.city_routes import Adviser, ask_what_if
from geo_service.availability.city_schemas import WhatIfAnswer, WhatIfQuery
from geo_service.availability.city_service import AnsweredWhatIf
from geo_service.availability.service import KINDS, today
from geo_service.beside import drawn
from geo_service.db import Reading
from geo_service.web.frame import Frame, frame_of
from geo_service.web.pages.asking import (
    Named,
    answer_or_errors,
    data_address,
    for_staff,
    map_script,
    names_of,
    read_form,
    rest_of_form,
)
from geo_service.web.queries.city import BLOCKERS, HOLDING, SITE_NAMES
from maps.answers import Shape, answer_map
from maps.base import RenderedMap
from maps.describe import Item
from maps.naming import parcel_notation

router = APIRouter()

MOST_DRAWN: Final = 300
"""Parcels listed and drawn; the totals count all."""


@router.get("/was-waere-wenn")
async def what_if_page(request: Request, session: Reading, caller: Adviser) -> Response:
    """Show what there would be without some blockers."""
    frame = await frame_of(request, session, caller)
    asked, errors, found = await _found(request, session)
    answer = what_if_answer(found, asked, MOST_DRAWN) if found else None
    keys = [row.parcel_key for row in answer.parcels] if answer else []
    shown = asked or rest_of_form(request, WhatIfQuery, errors)
    scope = shown.scope
    holding = await _holding(session, scope)
    if scope.startswith("parcel:"):
        keys.append(scope.removeprefix("parcel:"))
    named = await names_of(session, frame, keys)
    blocker = _speaking(frame, await _titles(session, shown))
    page = frame.page(
        "what_if.html",
        asked=shown,
        errors=errors,
        answer=answer,
        named=named,
        as_of=shown.as_of or today(),
        scope=scope,
        kind_choices=_kinds(frame),
        chosen_kind=next((text for text in shown.without if text.startswith("kind:")), ""),
        holding=holding,
        scopes=_scopes((await session.execute(SITE_NAMES)).all(), named, scope),
        blocker=blocker,
        ended=lambda text: _ended(frame, text, blocker),
        data=data_address("/api/availability/what-if", asked),
        map=await _map(frame, answer, found, named) if answer and found and answer.parcels else None,
    )
    return for_staff(page)


@router.get("/was-waere-wenn.js")
async def what_if_script(request: Request, session: Reading, caller: Adviser) -> Response:
    """Answer with the program of the map, which holds the shapes of the parcels."""
    frame = await frame_of(request, session, caller)
    asked, _, found = await _found(request, session)
    answer = what_if_answer(found, asked, MOST_DRAWN) if found else None
    keys = [row.parcel_key for row in answer.parcels] if answer else []
    return map_script(await _map(frame, answer, found, await names_of(session, frame, keys)))


async def _found(
    request: Request, session: Reading
) -> tuple[WhatIfQuery | None, dict[str, str], AnsweredWhatIf | None]:
    asked, errors = read_form(request.query_params.multi_items(), WhatIfQuery)
    if asked is None or not (asked.without or asked.ending):
        return asked, errors, None
    return asked, errors, await answer_or_errors(ask_what_if(request, session, asked), errors)


async def _holding(session: AsyncSession, scope: str) -> Sequence[Row[Any]]:
    """Return what takes area from a parcel or site, or holds it; of the city that would be too much."""
    what, _, name = scope.partition(":")
    if what == "site":
        keys = list((await session.execute(keys_of_site(name, today()))).scalars())
    else:
        keys = [name] if what == "parcel" else []
    return (await session.execute(HOLDING, {"keys": keys})).all() if keys else []


def _kinds(frame: Frame) -> list[tuple[str, str]]:
    """Return the kinds that can be imagined away, by name."""
    named = [(f"kind:{code}", text) for code, text in frame.choices("restriction", KINDS)]
    return sorted(named, key=lambda choice: choice[1].casefold())


def _scopes(sites: Sequence[Row[Any]], named: dict[str, Named], scope: str) -> list[tuple[str, str]]:
    """Return where may be asked: the parcel that the reader came from, and the sites."""
    key = scope.removeprefix("parcel:")
    here = [(scope, named[key].title)] if scope.startswith("parcel:") and key in named else []
    return [*here, *((f"site:{site.key}", site.name) for site in sites)]


def _speaking(frame: Frame, titles: dict[str, Any]) -> Callable[[str], str]:
    """Return a function that says what a reference names."""

    def say(reference: str) -> str:
        if reference.startswith("kind:"):
            return frame.speaker.label("restriction", reference.removeprefix("kind:"))
        row = titles.get(reference)
        if row is None:
            return reference
        kind = frame.speaker.label("restriction", row.kind)
        title = row.title if row.gemarkung is None else parcel_notation(row, frame.speaker)
        return f"{kind}: {title}" if title else kind

    return say


def _ended(frame: Frame, text: str, blocker: Callable[[str], str]) -> str:
    """Say what ends when; what is no such assumption stays as it was typed."""
    reference, _, day = text.partition("@")
    try:
        written = frame.formats.day(day)
    except ValueError:
        return text
    return frame.speaker.say("%(what)s endet am %(day)s", what=blocker(reference), day=written)


async def _titles(session: AsyncSession, asked: WhatIfQuery | None) -> dict[str, Any]:
    """Return kind and title of the records named, by reference."""
    ids: dict[str, list[int]] = {what: [] for what in RECORDS}
    for text in [*asked.without, *(ending.partition("@")[0] for ending in asked.ending)] if asked else []:
        what, _, number = text.partition(":")
        if what in ids and number.isascii() and number.isdecimal() and len(number) <= 18:  # noqa: PLR2004 - bigint
            ids[what].append(int(number))
    return {row.reference: row for row in await session.execute(BLOCKERS, ids)}


async def _map(
    frame: Frame, answer: WhatIfAnswer | None, found: AnsweredWhatIf | None, named: dict[str, Named]
) -> RenderedMap:
    changed = found.found.parcels.head(len(answer.parcels)) if answer and found else pd.DataFrame()
    as_of = answer.as_of if answer else frame.today
    label = frame.speaker.say("Karte der Flurstücke, für die sich etwas ändert")

    def make() -> RenderedMap:
        rows = changed.to_dict("records")
        shapes = [_shape(frame, row, named[row["parcel_key"]], as_of) for row in rows]
        return answer_map(frame.city, frame.speaker, frame.basemap, label, shapes)

    return await drawn(frame.request, make, public=frame.public)


def _shape(frame: Frame, row: Any, named: Named, as_of: date) -> Shape:  # noqa: ANN401 - a row of the answer
    say, formats = frame.speaker.say, frame.formats
    lines = []
    for stage, word in (("before", say("vorher")), ("after", say("nachher"))):
        day = plain(row[f"available_from_{stage}"])
        horizon = frame.speaker.label("horizon", row[f"horizon_{stage}"])
        when = (
            horizon if day is None or row[f"horizon_{stage}"] == "now" else f"{horizon}, {formats.day(day)}"
        )
        lines.append((word, f"{formats.square_metres(row[f'offered_m2_{stage}'])}; {when}"))
    badge = (f"badge--horizon-{row['horizon_after']}", frame.speaker.label("horizon", row["horizon_after"]))
    address = f"/flaechen/{named.key}" + (f"?as_of={as_of}" if as_of != frame.today else "")
    item = Item("parcel", named.key, named.title, named.notation, badge, tuple(lines), address, named.is_demo)
    return Shape(named.key, row["geometry"], row["horizon_after"], "", item)
