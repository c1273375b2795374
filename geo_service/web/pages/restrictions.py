"""Restrictions: the list with filters and the map beside it."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Public
from geo_service.db import Reading
from geo_service.restrictions.models import Effect, Severity
from geo_service.web.asked import in_words
from geo_service.web.filters import loosened, read_restriction_filter, restriction_kinds, sound
from geo_service.web.frame import Frame, frame_of
from geo_service.web.listed_file import MOST_ROWS, Column, ListFile, answer
from geo_service.web.pages.asking import list_map
from geo_service.web.pages.land import after_of, read_after, wants_part
from geo_service.web.queries.parcels import PAGE_SIZE
from geo_service.web.queries.restrictions import one_restriction, restriction_list, restriction_summary
from geo_service.web.sorting import RESTRICTION_SORTS
from geo_service.web.speaker import PageSpeaker

router = APIRouter()

LONGEST_ID: Final = 19
"""Digits that no id has: they would not fit into the column."""


@router.get("/restriktionen")
async def restrictions(request: Request, session: Reading, caller: Public) -> Response:
    """List the restrictions of a filter that hold on a day."""
    frame = await frame_of(request, session, caller)
    public = frame.public
    conditions, errors = read_restriction_filter(request.query_params, public=public)
    after = read_after(request)
    try:
        rows = (await session.execute(restriction_list(conditions, public=public, after=after))).all()
    except ValueError:  # no page ends so: from the beginning
        after, rows = None, (await session.execute(restriction_list(conditions, public=public))).all()
    hints = []
    for name, looser in loosened(conditions).items() if not rows and after is None else ():
        found = (await session.execute(restriction_summary(looser, public=public))).one().restrictions
        if found:
            hints.append((name, found, frame.here(**{name: None, "after": None})))
    on_page, saved = list(rows[:PAGE_SIZE]), await saved_restriction(frame, session)
    if saved and saved.id not in {row.id for row in on_page}:
        on_page.insert(0, saved)
    return frame.page(
        "partials/restrictions_results.html" if wants_part(request) else "restrictions.html",
        conditions=conditions,
        sorts=RESTRICTION_SORTS,
        asked=in_words(conditions, frame.speaker),
        as_of=conditions.as_of,
        errors=errors,
        rows=on_page,
        saved=saved,
        map=list_map(frame),
        more=after_of(on_page[-1]) if len(rows) > PAGE_SIZE else None,
        paged=after is not None,
        summary=(await session.execute(restriction_summary(conditions, public=public))).one(),
        hints=hints,
        kinds=restriction_kinds(public=public),
        effects=[effect.value for effect in Effect],
        severities=[severity.value for severity in Severity],
    )


async def saved_restriction(frame: Frame, session: AsyncSession) -> Any:  # noqa: ANN401 - a row
    """Return the restriction that a planner just saved, as a row of the list; None: there is none."""
    key = frame.request.query_params.get("saved", "")
    if not (frame.plans and key.isascii() and key.isdecimal() and len(key) < LONGEST_ID):
        return None
    return (await session.execute(one_restriction(int(key)))).one_or_none()


@router.get("/restriktionen.{ending}")
async def restrictions_file(request: Request, session: Reading, caller: Public, ending: str) -> Response:
    """Answer with the restrictions of a filter as a file."""
    frame = await frame_of(request, session, caller)
    conditions = sound(read_restriction_filter(request.query_params, public=frame.public))
    rows = (await session.execute(restriction_list(conditions, public=frame.public, limit=MOST_ROWS))).all()
    found = (await session.execute(restriction_summary(conditions, public=frame.public))).one().restrictions
    title = frame.speaker.say("Restriktionen nach Ihrem Filter")
    day = conditions.as_of or frame.today
    columns, asked = _columns(frame.speaker), in_words(conditions, frame.speaker)
    return answer(frame, ListFile("restriktionen", title, columns, rows, found, day, asked), ending)


def _columns(speaker: PageSpeaker) -> list[Column]:
    say, label = speaker.say, speaker.label
    return [
        Column(say("Kennzeichen"), "text", lambda row: row.restriction_key),
        Column(say("Art"), "text", lambda row: label("restriction", row.kind)),
        Column(say("Bezeichnung"), "text", lambda row: row.title),
        Column(say("Wirkung"), "text", lambda row: label("effect", row.effect)),
        Column(say("geschätzter Anteil"), "number", lambda row: row.reduction_share),
        Column(say("Schwere"), "text", lambda row: label("severity", row.severity)),
        Column(say("gilt ab"), "date", lambda row: row.since),
        Column(say("frei ab"), "date", lambda row: row.until),
        Column(say("Fläche (m²)"), "number", lambda row: round(row.area_m2, 2)),
        Column(say("Stelle"), "text", lambda row: row.office),
        Column(say("Rechtsgrundlage"), "text", lambda row: row.legal_basis),
        Column(say("Quelle"), "text", lambda row: row.source),
        Column(say("Stand der Quelle"), "date", lambda row: row.source_date),
        Column(say("Demo"), "boolean", lambda row: row.is_demo),
    ]
