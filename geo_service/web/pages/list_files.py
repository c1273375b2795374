"""The lists of land and of vacancies as files, with the filter of the page."""

from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.auth import Public
from geo_service.db import Reading
from geo_service.web.asked import in_words
from geo_service.web.filters import read_land_filter, read_premises_filter, sound
from geo_service.web.frame import Frame, frame_of
from geo_service.web.listed_file import MOST_ROWS, Column, ListFile, answer
from geo_service.web.pages.land import read_list
from geo_service.web.queries.premises import DISTRICTS, QUARTERS, premises_list, premises_summary
from maps.naming import parcel_notation, premises_address

router = APIRouter()


@router.get("/flaechen.{ending}")
async def land_file(request: Request, session: Reading, caller: Public, ending: str) -> Response:
    """Answer with the parcels of a filter as a file."""
    frame = await frame_of(request, session, caller)
    conditions = sound(read_land_filter(request.query_params))
    listed = await read_list(request, session, conditions, None, MOST_ROWS, public=frame.public)
    day = conditions.as_of or frame.today
    title = frame.speaker.say("Flächen nach Ihrem Filter")
    asked = in_words(conditions, frame.speaker, (await session.execute(DISTRICTS)).all())
    rows, found = listed.rows, listed.summary.parcels
    return answer(frame, ListFile("flaechen", title, _land_columns(frame), rows, found, day, asked), ending)


@router.get("/leerstand.{ending}")
async def premises_file(request: Request, session: Reading, caller: Public, ending: str) -> Response:
    """Answer with the vacant premises of a filter as a file."""
    frame = await frame_of(request, session, caller)
    conditions = sound(read_premises_filter(request.query_params))
    public = frame.public
    rows = (await session.execute(premises_list(conditions, public=public, limit=MOST_ROWS))).all()
    found = (await session.execute(premises_summary(conditions, public=public))).one().premises
    title = frame.speaker.say("Leerstände nach Ihrem Filter")
    places = [row for each in (DISTRICTS, QUARTERS) for row in await session.execute(each)]
    asked = in_words(conditions, frame.speaker, places)
    columns = _premises_columns(frame)
    return answer(frame, ListFile("leerstand", title, columns, rows, found, frame.today, asked), ending)


def _land_columns(frame: Frame) -> list[Column]:
    say, label = frame.speaker.say, frame.speaker.label

    def known(vocabulary: str, code: str | None) -> str | None:
        return None if code is None else label(vocabulary, code)

    return [
        Column(say("Flurstückskennzeichen"), "text", lambda row: row.parcel_key),
        Column(say("Flurstück"), "text", lambda row: parcel_notation(row, frame.speaker)),
        Column(say("Lage"), "text", lambda row: row.location_text),
        Column(say("Stadtbezirk"), "text", lambda row: row.district),
        Column(say("brutto m²"), "number", lambda row: _rounded(row.gross_m2)),
        Column(say("netto m²"), "number", lambda row: _rounded(row.net_m2)),
        Column(say("angeboten m²"), "number", lambda row: _rounded(row.offered_m2)),
        Column(say("größtes Stück m²"), "number", lambda row: _rounded(row.piece_m2)),
        Column(say("Kategorie"), "text", lambda row: known("category", row.category)),
        Column(say("Vornutzung"), "text", lambda row: known("ground", row.ground)),
        Column(say("Verfügbarkeit"), "text", lambda row: known("horizon", row.horizon)),
        Column(say("verfügbar ab"), "date", lambda row: row.available_from),
        Column(say("ÖV-Klasse"), "text", lambda row: row.grade),
        Column(say("Haltestelle"), "text", lambda row: row.stop),
        Column(say("Luftlinie m"), "number", lambda row: _rounded(row.distance_m)),
        Column(say("Nutzung"), "text", lambda row: row.zone),
        Column(say("seither geändert"), "boolean", lambda row: row.stale),
        Column(say("Demo"), "boolean", lambda row: row.is_demo),
    ]


def _premises_columns(frame: Frame) -> list[Column]:
    say, label = frame.speaker.say, frame.speaker.label

    def several(vocabulary: str, codes: list[str]) -> str:
        return ", ".join(label(vocabulary, code) for code in codes)

    return [
        Column(say("Kennzeichen"), "text", lambda row: row.premises_key),
        Column(say("Anschrift"), "text", premises_address),
        Column(say("Postleitzahl"), "text", lambda row: row.postcode),
        Column(say("Name"), "text", lambda row: row.name),
        Column(say("Fläche (m²)"), "number", lambda row: row.area_m2),
        Column(say("Geschoss"), "integer", lambda row: row.floor),
        Column(say("Zustand"), "text", lambda row: label("vacancy_status", row.status)),
        Column(say("leer seit"), "date", lambda row: row.since),
        Column(say("zulässige Nutzungen"), "text", lambda row: several("premises_use", row.permitted_uses)),
        Column(say("Ausstattung"), "text", lambda row: several("feature", row.features)),
        Column(say("Angebotsmiete (€ im Monat)"), "number", lambda row: row.asking_rent_eur_month),
        Column(say("ÖV-Klasse"), "text", lambda row: row.grade),
        Column(say("Haltestelle"), "text", lambda row: row.stop),
        Column(say("Luftlinie m"), "number", lambda row: _rounded(row.distance_m)),
        Column(say("Stadtbezirk"), "text", lambda row: row.district),
        Column(say("Quartier"), "text", lambda row: row.quarter),
        Column(say("Demo"), "boolean", lambda row: row.is_demo),
    ]


def _rounded(value: Any) -> float | None:  # noqa: ANN401 - a number of a row
    return None if value is None else round(float(value), 2)
