"""Vacant premises: the list with filters, the page of one, how to report a vacancy."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Public
from geo_service.auth.publication import PUBLIC_VACANCY_STATUS
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.vacancies.models import Feature, PremisesUse, VacancyStatus
from geo_service.web.asked import in_words
from geo_service.web.charts import stacked_columns
from geo_service.web.columns import PREMISES_COLUMNS
from geo_service.web.filters import PremisesFilter, check_keys, loosened, read_premises_filter
from geo_service.web.frame import Frame, frame_of
from geo_service.web.kept import kept_rows
from geo_service.web.pages.asking import list_map
from geo_service.web.pages.land import after_of, read_after, wants_part
from geo_service.web.pages.nearness import methods_part, nearness
from geo_service.web.queries.parcels import PAGE_SIZE
from geo_service.web.queries.premises import (
    DISTRICTS,
    HISTORY,
    PREMISES,
    QUARTERS,
    premises_list,
    premises_summary,
)
from geo_service.web.queries.vacancy_months import MONTHS_BACK, VACANCY_BY_MONTH
from geo_service.web.sorting import PREMISES_SORTS
from maps.naming import premises_address

router = APIRouter()


@router.get("/leerstand")
async def vacancies(request: Request, session: Reading, caller: Public) -> Response:
    """List the vacant premises of a filter."""
    frame = await frame_of(request, session, caller)
    conditions, errors = read_premises_filter(request.query_params)
    districts = (await session.execute(DISTRICTS)).all()
    quarters = (await session.execute(QUARTERS)).all()
    check_keys(errors, "district", conditions.district, districts)
    check_keys(errors, "quarter", conditions.quarter, quarters)
    after = read_after(request)
    try:
        rows = (await session.execute(premises_list(conditions, public=frame.public, after=after))).all()
    except ValueError:
        rows, after = (await session.execute(premises_list(conditions, public=frame.public))).all(), None
    on_page = rows[:PAGE_SIZE]
    part = wants_part(request)
    months = [] if part else await kept_rows(request, session, VACANCY_BY_MONTH, {"months": MONTHS_BACK})
    return frame.page(
        "partials/premises_results.html" if part else "vacancies.html",
        months=months,
        month_chart=stacked_columns([(row.vacant, row.temporary_use) for row in months]),
        columns=PREMISES_COLUMNS,
        shown=PREMISES_COLUMNS.chosen(request.query_params),
        conditions=conditions,
        sorts=PREMISES_SORTS,
        asked=in_words(conditions, frame.speaker, [*districts, *quarters]),
        errors=errors,
        rows=on_page,
        map=list_map(frame),
        more=after_of(on_page[-1]) if len(rows) > PAGE_SIZE else None,
        paged=after is not None,
        summary=(await session.execute(premises_summary(conditions, public=frame.public))).one(),
        hints=await _hints(session, conditions, frame) if not rows and after is None else [],
        uses=[use.value for use in PremisesUse],
        features=[feature.value for feature in Feature],
        statuses=PUBLIC_VACANCY_STATUS if frame.public else [status.value for status in VacancyStatus],
        districts=districts,
        quarters=quarters,
        address_of=premises_address,
    )


async def _hints(
    session: AsyncSession, conditions: PremisesFilter, frame: Frame
) -> list[tuple[str, int, str]]:
    """Tell which one condition, dropped, would bring how many: name, number, address."""
    hints = []
    for name, looser in loosened(conditions).items():
        summary = (await session.execute(premises_summary(looser, public=frame.public))).one()
        if summary.premises:
            parameter = name.removesuffix("_m2")
            hints.append((name, summary.premises, frame.here(**{parameter: None, "after": None})))
    return hints


@router.get("/leerstand/{premises_key}")
async def premises(request: Request, session: Reading, caller: Public, premises_key: str) -> Response:
    """Show premises; rent agreed in private, landlord and notes only to those who let."""
    frame = await frame_of(request, session, caller)
    row = await _premises(frame, session, premises_key)
    return frame.page(
        "premises.html",
        row=row,
        address=premises_address(row),
        **await nearness(frame, session, "premises", row.id),
        methods_address=f"/leerstand/{quote(row.premises_key, safe='')}/verfahren",
        json_address="",
        history=(await session.execute(HISTORY, {"premises_id": row.id, "public": frame.public})).all(),
        may_see_private=frame.may_see("vacancies", "net_rent_eur_month"),
    )


@router.get("/leerstand/{premises_key}/verfahren")
async def premises_methods(request: Request, session: Reading, caller: Public, premises_key: str) -> Response:
    """Show all grading methods side by side: a part of the page, computed when it is opened."""
    frame = await frame_of(request, session, caller)
    row = await _premises(frame, session, premises_key)
    return await methods_part(frame, session, "premises", row.id)


async def _premises(frame: Frame, session: AsyncSession, premises_key: str) -> Any:  # noqa: ANN401 - a row
    """Read premises.

    Raises
    ------
    NotFound
        When there are none, or none that this caller may see.
    """
    may_see_private = frame.may_see("vacancies", "net_rent_eur_month")
    parameters = {"premises_key": premises_key, "public": frame.public, "may_see_private": may_see_private}
    row = (await session.execute(PREMISES, parameters)).one_or_none()
    if row is None:
        raise NotFound(f"There are no vacant premises {premises_key[:60]!r}.")
    return row
