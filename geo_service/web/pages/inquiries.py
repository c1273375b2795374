"""Inquiries for investor support: the list, one inquiry, and a requirement ranked with reasons."""

import json
from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from starlette.datastructures import QueryParams

from geo_service.auth import InvestorSupport
from geo_service.availability.service import today
from geo_service.db import Reading
from geo_service.errors import InvalidInput, NotFound
from geo_service.inquiries import queries
from geo_service.inquiries.models import InquiryStatus, InquirySubject, Wishable
from geo_service.inquiries.schemas import RankAnswer, Ranked, RankForm
from geo_service.inquiries.service import form_of, rank_for
from geo_service.vacancies.models import PremisesUse
from geo_service.web.filters import BAD_CHOICE, GRADES, ZONES, Reader, is_key
from geo_service.web.frame import Frame, frame_of
from geo_service.web.pages.asking import list_map
from geo_service.web.queries.inquiries import OUTLINES, inquiry_list
from geo_service.web.queries.premises import DISTRICTS, QUARTERS
from geo_service.web.sorting import INQUIRY_SORTS
from geo_service.web.vocabulary import N_

router = APIRouter(prefix="/anfragen")

RESULTS: Final = 10
HORIZONS: Final = ("now", "short", "mid", "long")
USES: Final = (*ZONES, *(use.value for use in PremisesUse))
CHECK_FORM: Final = N_("Bitte prüfen Sie Ihre Angaben.")
FIELDS: Final = {"transit_grade_min": "grade", "districts": "district", "uses": "use"}
"""Parameter of the address by member of the requirement."""
NOTHING_ASKED: Final = frozenset({"status", "lang", "after", "pick", "sort"})


@router.get("")
async def inquiries(request: Request, session: Reading, caller: InvestorSupport) -> Response:
    """List inquiries and rank what is asked for in the form."""
    frame = await frame_of(request, session, caller)
    status = request.query_params.get("status", "")
    known = [each.value for each in InquiryStatus]
    sort = INQUIRY_SORTS.read(request.query_params.get("sort"))
    rows = (await session.execute(inquiry_list(status if status in known else None, sort))).all()
    asked = any(value for key, value in request.query_params.multi_items() if key not in NOTHING_ASKED)
    form, errors = read_requirement(request.query_params)
    answer = None
    if asked and form and not errors:
        try:
            answer = picked(await rank_for(session, form, caller, today()), picks_of(frame))
        except InvalidInput as error:
            errors.update(in_words(error))
    return await _page(
        frame,
        session,
        "inquiries.html",
        rows=rows,
        status=status,
        statuses=known,
        sorts=INQUIRY_SORTS,
        sort=sort,
        answer=answer,
        **await _on_map(frame, session, answer),
        errors=errors,
    )


@router.get("/{reference}")
async def inquiry(request: Request, session: Reading, caller: InvestorSupport, reference: str) -> Response:
    """Show one inquiry and what in the register suits it."""
    frame = await frame_of(request, session, caller)
    found = await session.scalar(queries.inquiry(reference))
    if found is None:
        raise NotFound(f"There is no inquiry {reference[:60]!r}.")
    answer = picked(await rank_for(session, form_of(found, RESULTS), caller, today()), picks_of(frame))
    names = {row.key: row.name for each in (DISTRICTS, QUARTERS) for row in await session.execute(each)}
    return _private(
        frame.page(
            "inquiry.html",
            row=found,
            answer=answer,
            **await _on_map(frame, session, answer),
            places=[names.get(key, key) for key in found.districts],
        )
    )


def picks_of(frame: Frame) -> list[str]:
    """Return what is chosen of a ranking: ``pick`` in the address, such as ``parcel:KEY``; empty: all."""
    return frame.request.query_params.getlist("pick")


def picked(answer: RankAnswer, picks: Sequence[str]) -> RankAnswer:
    """Return a ranking with nothing but what is chosen of it, under its places; no choice: all of it."""
    if not picks:
        return answer
    chosen = {
        name: [each for each in getattr(answer, name) if f"{each.kind}:{each.key}" in picks]
        for name in ("fitting", "almost")
    }
    return answer.model_copy(update=chosen)


async def _on_map(frame: Frame, session: Reading, answer: RankAnswer | None) -> dict[str, Any]:
    """Return the map of a ranked answer, and what it draws by kind and key; no map where nothing is found."""
    found = [*answer.fitting, *answer.almost] if answer else []
    return {
        "map": list_map(frame) if found else None,
        "picks": picks_of(frame),
        "shapes": await shapes_of(session, found),
    }


async def shapes_of(session: Reading, ranked: Sequence[Ranked]) -> dict[tuple[str, str], str]:
    """Return outlines of ranked parcels and plots, and points of premises, as GeoJSON (WGS 84)."""
    shapes = {
        (each.kind, each.key): json.dumps({"type": "Point", "coordinates": [each.lon, each.lat]})
        for each in ranked
    }
    keys = {kind: [each.key for each in ranked if each.kind == kind] for kind in ("parcel", "plot")}
    outlines = await session.execute(OUTLINES, {"parcels": keys["parcel"], "plots": keys["plot"]})
    return shapes | {(row.kind, row.key): row.shape for row in outlines}


async def _page(frame: Frame, session: Reading, template: str, **context: Any) -> Response:
    values = frame.request.query_params
    return _private(
        frame.page(
            template,
            values={
                key: values.get(key, "") for key in ("area_min", "area_max", "by", "rent_max", "price_max")
            },
            chosen={key: values.get(key, "") for key in ("subject", "use", "horizon", "grade", "district")},
            wishes=values.getlist("wish"),
            wishable=[wish.value for wish in Wishable],
            subjects=[subject.value for subject in InquirySubject],
            horizons=HORIZONS,
            uses=[(zone, f"{zone} · {frame.speaker.label('zone', zone)}") for zone in ZONES]
            + frame.choices("premises_use", [use.value for use in PremisesUse]),
            districts=(await session.execute(DISTRICTS)).all(),
            **context,
        )
    )


def read_requirement(values: QueryParams) -> tuple[RankForm | None, dict[str, str]]:
    """Read a requirement from the address; wrong fields are named with a German sentence."""
    reader = Reader(values)
    area = reader.number("area_min"), reader.number("area_max")
    reader.check_range(*area, "area_max")
    use, grade = reader.one("use", USES), reader.one("grade", GRADES)
    by, horizon = reader.day("by"), reader.one("horizon", HORIZONS)
    district = values.get("district", "")
    premises = values.get("subject") == InquirySubject.PREMISES.value
    fields = {
        "kinds": ["premises"] if premises else ["plot", "parcel"],
        "area_min_m2": area[0] or None,
        "area_max_m2": area[1] or None,
        "uses": [use] if use else [],
        "available_by": by,
        "horizon_max": None if by else horizon,
        "transit_grade_min": grade,
        "districts": [district] if district and is_key(district) else [],
        "rent_max_eur_month": reader.number("rent_max") or None,
        "price_max_eur_per_m2": reader.number("price_max") or None,
        "wishes": list(reader.several("wish", {wish.value for wish in Wishable}.__contains__)),
        "limit": RESULTS,
    }
    try:
        return (RankForm.model_validate(fields) if not reader.errors else None), reader.errors
    except ValidationError:
        return None, {**reader.errors, "form": CHECK_FORM}


def in_words(error: InvalidInput) -> dict[str, str]:
    """Return the German sentence beside each field that the ranking refused; else one for the form."""
    pointers = [str(each.get("pointer", "")) for each in error.extra.get("errors", ())]
    fields = [FIELDS.get(pointer.split("/")[1]) for pointer in pointers if pointer.startswith("/")]
    return {field: BAD_CHOICE for field in fields if field} or {"form": CHECK_FORM}


def _private(response: Response) -> Response:
    """Keep a page about inquiries out of every cache."""
    response.headers["Cache-Control"] = "no-store"
    return response
