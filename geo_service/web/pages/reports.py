"""Reports for the agency: the list of them, and the land balance with the parcels behind each figure."""

from typing import Any, Final

import pandas as pd
from fastapi import APIRouter, Request, Response

from geo_service.availability.balance import DIMENSIONS
from geo_service.availability.city_answers import balance_answer
from geo_service.availability.city_routes import Adviser, ask_balance
from geo_service.availability.city_schemas import BalanceQuery
from geo_service.availability.flows import STAGES, CityBalance
from geo_service.db import Reading
from geo_service.errors import BadParameter
from geo_service.web.charts import flow_bars
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
from geo_service.web.pages.balance_map import balance_map, evidence_map, land_by_district, upper_bounds
from geo_service.web.queries.city import DISTRICT_SHAPES, PARCEL_SHAPES

router = APIRouter(prefix="/berichte")

DISTRICT: Final = "district"
"""The dimension that has a map."""

MOST_SHOWN: Final = 500
"""Parcels listed behind one figure; the figure counts all."""


@router.get("")
async def reports(request: Request, session: Reading, caller: Adviser) -> Response:
    """List the reports."""
    return for_staff((await frame_of(request, session, caller)).page("reports.html"))


@router.get("/flaechenbilanz")
async def balance(request: Request, session: Reading, caller: Adviser) -> Response:
    """Show the land balance of two days."""
    frame = await frame_of(request, session, caller)
    asked, errors = read_form(request.query_params.multi_items(), BalanceQuery)
    found = await answer_or_errors(ask_balance(request, session, asked), errors) if asked else None
    answer = balance_answer(found) if found else None
    made, bounds = None, []
    if answer and DISTRICT in answer.by:
        made = balance_map(frame, answer, (await session.execute(DISTRICT_SHAPES)).all())
        bounds = upper_bounds(land_by_district(answer))
    page = frame.page(
        "balance.html",
        asked=asked or rest_of_form(request, BalanceQuery, errors),
        errors=errors,
        answer=answer,
        bars=flow_bars(answer.total.offered_m2) if answer else [],
        stages=_shown(answer) if answer else [],
        dimensions=DIMENSIONS,
        map=made,
        bounds=bounds,
        by_district=frame.here(by=[*dict.fromkeys([*(asked.by if asked else ()), DISTRICT])]),
        data=data_address("/api/availability/balance", asked),
        table=data_address("/api/availability/balance.csv", asked),
        word=lambda name, code: word_of(frame, name, code),
        behind=lambda stage, cell: _address(frame, stage, cell),
    )
    return for_staff(page)


@router.get("/flaechenbilanz.js")
async def balance_script(request: Request, session: Reading, _caller: Adviser) -> Response:
    """Answer with the program of the map of a land balance.

    Raises
    ------
    BadParameter
        For a question that there is not, or one that is not told apart by district.
    """
    frame = await frame_of(request, session, _caller)
    answer = balance_answer(await ask_balance(request, session, asked_by_district(request)))
    return map_script(balance_map(frame, answer, (await session.execute(DISTRICT_SHAPES)).all()))


def asked_by_district(request: Request) -> BalanceQuery:
    """Read the question of a land balance that a map can show.

    Raises
    ------
    BadParameter
        For a question that there is not, or one that is not told apart by district.
    """
    asked, errors = read_form(request.query_params.multi_items(), BalanceQuery)
    if asked is None or DISTRICT not in asked.by:
        raise BadParameter(f"Wrong: {', '.join(errors) or 'by'}.", parameter=next(iter(errors), "by"))
    return asked


def _shown(answer: Any) -> list[str]:  # noqa: ANN401 - a balance
    """Return the stages in which anything happened."""
    moved = [
        stage
        for stage in STAGES[1:-1]
        if any(cell.offered_m2[stage] or cell.parcels[stage] for cell in answer.cells)
    ]
    return [STAGES[0], *moved, STAGES[-1]]


def word_of(frame: Frame, dimension: str, code: str) -> str:
    """Return what a cell is called."""
    if code == "unknown":
        return frame.formats.unknown
    if dimension in {"horizon", "severity", "owner_kind", "category"}:
        return frame.speaker.label(dimension, code)
    return code


def _address(frame: Frame, stage: str, cell: dict[str, str]) -> str:
    """Return the address of the parcels behind a figure."""
    here = frame.here(stage=stage, cell=[f"{name}:{code}" for name, code in cell.items()], lang=None)
    return here.replace("/flaechenbilanz", "/flaechenbilanz/flurstuecke", 1)


@router.get("/flaechenbilanz/flurstuecke")
async def balance_parcels(request: Request, session: Reading, caller: Adviser) -> Response:
    """List the parcels behind one figure of the balance, and show them on a map.

    Raises
    ------
    BadParameter
        For a question, stage or cell that there is not.
    """
    frame = await frame_of(request, session, caller)
    found, stage, cell, rows = await _behind(request, session)
    shown = rows.head(MOST_SHOWN).to_dict("records")
    named = await names_of(session, frame, [row["parcel_key"] for row in shown])
    page = frame.page(
        "balance_parcels.html",
        found=found,
        stage=stage,
        cell=cell,
        rows=shown,
        number=len(rows),
        offered_m2=int(rows["offered_cm2"].sum()) / 10_000,
        named=named,
        map=evidence_map(frame, shown, named, await _shapes(session, named)) if shown else None,
        back=frame.here(stage=None, cell=None).replace("/flurstuecke", "", 1),
        word=lambda name, code: word_of(frame, name, code),
    )
    return for_staff(page)


@router.get("/flaechenbilanz/flurstuecke.js")
async def balance_parcels_script(request: Request, session: Reading, caller: Adviser) -> Response:
    """Answer with the program of the map of the parcels behind one figure of the balance.

    Raises
    ------
    BadParameter
        For a question, stage or cell that there is not.
    """
    frame = await frame_of(request, session, caller)
    *_, rows = await _behind(request, session)
    shown = rows.head(MOST_SHOWN).to_dict("records")
    named = await names_of(session, frame, [row["parcel_key"] for row in shown])
    return map_script(evidence_map(frame, shown, named, await _shapes(session, named)))


async def _behind(
    request: Request, session: Reading
) -> tuple[CityBalance, str, dict[str, str], pd.DataFrame]:
    """Return a balance, the stage and the cell of one figure of it, and the parcels behind that."""
    given = request.query_params
    asked, errors = read_form(given.multi_items(), BalanceQuery)
    if asked is None:
        raise BadParameter(f"Wrong: {', '.join(errors)}.", parameter=next(iter(errors)))
    found = await ask_balance(request, session, asked)
    cell, stage = _cell(given.getlist("cell"), found), given.get("stage", "")
    return found, stage, cell, found.evidence(stage, cell)


async def _shapes(session: Reading, named: dict[str, Named]) -> dict[str, bytes]:
    """Return the shapes of parcels by key (WKB, EPSG:25832)."""
    rows = await session.execute(PARCEL_SHAPES, {"keys": list(named)})
    return {row.parcel_key: row.geom for row in rows}


def _cell(texts: list[str], found: CityBalance) -> dict[str, str]:
    """Read the words of a cell.

    Raises
    ------
    BadParameter
        For a word of a dimension that the balance is not told apart by.
    """
    cell = dict(text.partition(":")[::2] for text in texts)
    strange = [name for name in cell if name not in found.balance.dimensions]
    if strange:
        raise BadParameter(f"The balance is not told apart by {strange[0][:40]!r}.", parameter="cell")
    return cell
