"""The overview map: page, script, styles, layers, identify, records in view."""

import hashlib
import json
import math
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Public
from geo_service.availability.categories import APART
from geo_service.availability.presets import HORIZONS
from geo_service.availability.service import today
from geo_service.availability.state_queries import STORED_STATE
from geo_service.beside import computed
from geo_service.city import load_city
from geo_service.conditional import caching, conditional, etag_of
from geo_service.db import Reading, fetch_bytes
from geo_service.errors import BadParameter, NotFound
from geo_service.web.frame import Frame, frame_of
from geo_service.web.kept import kept_rows
from geo_service.web.language import Language, language_of
from geo_service.web.pages.dated_map import day_of, parcels_as_of, parcels_in_view, slider
from geo_service.web.queries.parcels import METHOD
from geo_service.web.queries.start import LAND_BY_GRADE, LAND_BY_HORIZON
from geo_service.web.speaker import PageSpeaker
from maps import orientation, orientation_queries, queries, styles
from maps.base import RenderedMap
from maps.describe import DESCRIBERS, describe_parcel
from maps.layers import IN_FULL
from maps.naming import parcel_title, premises_address
from maps.overview import LAYER_KEYS, SHOWN_AT_FIRST, boundary_geojson, overview_map
from maps.portable import portable_html

router = APIRouter(prefix="/maps")

STATEMENTS: Final = {
    "vacancies": queries.VACANCIES,
    "stops": queries.STOPS,
    "parcels": queries.PARCELS,
    "sites": queries.SITES,
    "districts": queries.DISTRICTS,
}
"""Statement per layer, in the order in which a popup lists what lies at a place."""
KINDS: Final = {"parcel": "parcels", "premises": "vacancies", "site": "sites"}
"""Layer per kind of record that a link may name."""
GEOJSON: Final = "application/geo+json"
ROWS_IN_VIEW: Final = 20
MOST_ITEMS: Final = 6


@router.get("/overview")
async def overview(request: Request, session: Reading, caller: Public) -> Response:
    """Show the overview map with its legend, layers and table."""
    frame = await frame_of(request, session, caller)
    visible = {"public": frame.public}
    by_horizon = await kept_rows(request, session, LAND_BY_HORIZON, visible)
    by_grade = await kept_rows(request, session, LAND_BY_GRADE, {**visible, "method": METHOD})
    grades = {row.grade: row for row in by_grade}
    west, south, east, north = frame.city.bbox
    return frame.page(
        "overview.html",
        map=rendered_overview(frame.language, frame.city.key, _basemap(request)),
        script_hash=_script_hash(request, frame.language),
        land={row.horizon: row for row in by_horizon},
        land_by_grade=grades,
        stale_grades=sum(row.stale for row in by_grade),
        placed=(await session.execute(queries.SITES_PLACED)).one(),
        legend_words=[*(("horizon", word) for word in HORIZONS), *(("category", word) for word in APART)],
        grades=[grade for grade in styles.GRADES if grade in grades],
        land_state=await kept_rows(request, session, STORED_STATE, {}),
        layers=LAYER_KEYS,
        shown=SHOWN_AT_FIRST,
        basemap=_basemap(request),
        as_of=None,
        **await slider(request, session, frame),
        **await _in_view(session, frame, (west, south, east, north)),
    )


def _basemap(request: Request) -> tuple[str, str] | None:
    settings = request.app.state.settings
    return (settings.basemap_url, settings.basemap_attribution) if settings.basemap_url else None


@lru_cache(maxsize=16)
def rendered_overview(language: Language, city: str, basemap: tuple[str, str] | None) -> RenderedMap:
    """Return the overview in a language; made once, since nothing in it depends on the records."""
    profile = load_city(city)
    return overview_map(profile, PageSpeaker(language, profile.timezone), basemap)


def _script_hash(request: Request, language: Language) -> str:
    city = request.app.state.settings.city
    script = rendered_overview(language, city, _basemap(request)).script
    return hashlib.sha256(script.encode()).hexdigest()[:12]


@router.get("/overview.js")
async def overview_script(request: Request, _caller: Public) -> Response:
    """Answer with the program that Folium made; its address carries the hash of its content."""
    language = language_of(request)
    script = rendered_overview(language, request.app.state.settings.city, _basemap(request)).script
    current = request.query_params.get("v") == _script_hash(request, language)
    keep = "public, max-age=31536000, immutable" if current else "no-cache"
    return Response(script, media_type="text/javascript", headers={"Cache-Control": keep})


@router.get("/styles.css")
async def style_sheet(request: Request, caller: Public) -> Response:
    """Answer with the classes of legend, badges and markers, made from the map's colours."""
    return _kept(request, caller, styles.stylesheet().encode(), "text/css")


@router.get("/overview.html")
async def portable(request: Request, _caller: Public) -> Response:
    """Answer with the overview as one file that opens without a network; public records only."""
    language = language_of(request)
    city = load_city(request.app.state.settings.city)
    speaker = PageSpeaker(language, city.timezone)

    def make(connection: Connection) -> str:
        return portable_html(connection, city, speaker, today())

    text = await computed(request, None, make, public=True)
    named = f'attachment; filename="{speaker.say("karte")}.html"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-cache"}
    return Response(text, media_type="text/html", headers=headers)


class Part(BaseModel):
    """The part of a layer that a view needs; nothing: the whole layer."""

    model_config = ConfigDict(extra="forbid")

    bbox: str = Field("", max_length=100, description="West, south, east, north, degrees (WGS 84).")
    zoom: int = Field(15, ge=0, le=24, description="Zoom level for which lines are drawn exactly enough.")


@router.get("/layers/{layer}.geojson")
async def layer(
    request: Request, session: Reading, caller: Public, layer: str, part: Annotated[Part, Query()]
) -> Response:
    """Answer with a layer of the overview as GeoJSON (WGS 84).

    Waters come as they look from afar, or those of a part as they look at its zoom level.
    """
    frame = await frame_of(request, session, caller)
    if layer == "boundary":
        return _kept(request, caller, boundary_geojson(frame.city).encode(), GEOJSON)
    if layer in queries.LAYERS:
        body = await fetch_bytes(session, queries.LAYERS[layer], {"public": frame.public})
    elif layer in orientation_queries.LAYERS:
        body = await _orientation(session, layer, part)
    else:
        raise NotFound(f"There is no layer {layer[:40]!r}.")
    return _kept(request, caller, body or b"", GEOJSON)


async def _orientation(session: AsyncSession, layer: str, part: Part) -> bytes:
    """Read a layer that tells where one is: a part of it, or the whole in few bytes."""
    box, tolerances = orientation.EVERYWHERE, [orientation.AS_LOADED_M]
    if part.bbox:
        box = read_bbox(part.bbox)
        tolerances = [orientation.half_a_pixel(part.zoom, box)]
    elif layer in IN_FULL:
        tolerances = list(orientation.FROM_AFAR_M)
    body = b""
    for tolerance_m in tolerances:
        parameters = orientation.within(box, tolerance_m)
        body = await fetch_bytes(session, orientation_queries.LAYERS[layer], parameters) or b""
        if len(body) <= orientation.MOST_BYTES:
            break
    return body


def _kept(request: Request, caller: Public, body: bytes, media_type: str) -> Response:
    """Answer with an entity tag, or 304 when the browser has it already."""
    return conditional(request, body, etag_of(body), media_type, caching(caller))


class Place(BaseModel):
    """A place on the map that is asked about."""

    model_config = ConfigDict(extra="forbid")

    lon: float = Field(ge=-180, le=180, allow_inf_nan=False, description="Longitude, degrees (WGS 84).")
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False, description="Latitude, degrees (WGS 84).")
    layers: str = Field("parcels", max_length=200, description="Layers asked for, separated by commas.")
    tolerance_m: float = Field(10, ge=0, le=2000, description="How far a point may lie from it, metres.")
    as_of: date | None = Field(None, description="Day of the parcels; none: as stored.")
    lang: str = Field("", max_length=5, description="Language of the answer: de or en.")


@router.get("/identify")
async def identify(
    request: Request, session: Reading, caller: Public, place: Annotated[Place, Query()]
) -> Response:
    """Tell what lies at a place: what, how much, from when, how near, why."""
    frame = await frame_of(request, session, caller)
    asked = {"parcels" if name in {"horizon", "grade"} else name for name in place.layers.split(",")}
    where = {
        "longitude": place.lon,
        "latitude": place.lat,
        "tolerance_m": place.tolerance_m,
        "key": None,
    }
    found: list[dict[str, Any]] = []
    for name in STATEMENTS:
        if name in asked and (name != "districts" or not found):
            found += [item for item, _ in await _described(session, frame, name, where, place.as_of)]
    return JSONResponse({"items": found[:MOST_ITEMS]}, headers={"Cache-Control": "no-cache"})


@router.get("/record")
async def record(
    request: Request,
    session: Reading,
    caller: Public,
    kind: str,
    key: Annotated[str, Query(max_length=100)],
    as_of: str = "",
) -> Response:
    """Describe one record by its key, with its place and outline, for links and search results."""
    frame = await frame_of(request, session, caller)
    name = KINDS.get(kind)
    if name is None:
        raise BadParameter(f"kind must be one of {', '.join(KINDS)}.", parameter="kind")
    place = {"longitude": 0.0, "latitude": 0.0, "tolerance_m": 0.0, "key": key}
    found = await _described(session, frame, name, place, day_of(as_of) if as_of else None)
    if not found:
        raise NotFound(f"There is no {kind} {key!r} on the map.")
    item, row = found[0]
    return JSONResponse(
        {
            "items": [item],
            "longitude": row.longitude,
            "latitude": row.latitude,
            "geometry": json.loads(row.geometry),
        },
        headers={"Cache-Control": "no-cache"},
    )


async def _described(
    session: AsyncSession, frame: Frame, name: str, place: dict[str, Any], day: date | None
) -> list[tuple[dict[str, Any], Any]]:
    """Run a layer's statement and describe its rows; parcels as of a day (None: as stored)."""
    parameters = {**place, "method": METHOD, "public": frame.public, "on": day or today()}
    wanted = STATEMENTS[name].compile().params
    rows = (await session.execute(STATEMENTS[name], {key: parameters[key] for key in wanted})).all()
    if day and name == "parcels":
        rows = await parcels_as_of(frame.request, session, rows, day, public=frame.public)
        items = [describe_parcel(row, frame.speaker, day) for row in rows]
    else:
        items = [DESCRIBERS[name](row, frame.speaker) for row in rows]
    return [(item.as_json(), row) for item, row in zip(items, rows, strict=True)]


@router.get("/records")
async def records(request: Request, session: Reading, caller: Public, bbox: str, as_of: str = "") -> Response:
    """List the records of a view: the table beside the map; parcels as stored, or as of a day."""
    frame = await frame_of(request, session, caller)
    day = day_of(as_of) if as_of else None
    land_state = [] if day else await kept_rows(request, session, STORED_STATE, {})
    in_view = await _in_view(session, frame, read_bbox(bbox), day)
    return frame.page("partials/records.html", land_state=land_state, as_of=day, **in_view)


async def _in_view(
    session: AsyncSession, frame: Frame, bbox: tuple[float, float, float, float], day: date | None = None
) -> dict[str, Any]:
    """Read the records of a view; parcels as stored, or as of a day."""
    west, south, east, north = bbox
    view = {"west": west, "south": south, "east": east, "north": north}
    visible = {**view, "public": frame.public, "rows": ROWS_IN_VIEW}
    request, public = frame.request, frame.public
    parcels: Sequence[Any]
    if day:
        parcels = await parcels_in_view(request, session, bbox, (day, ROWS_IN_VIEW), public=public)
    else:
        parcels = await kept_rows(request, session, queries.IN_VIEW, {**visible, "method": METHOD})
    counted = ["vacant", "temporary_use", *([] if public else ["threatened"])]
    return {
        "counted_as": ", ".join(frame.speaker.label("vacancy_status", status) for status in counted),
        "parcels_in_view": parcels,
        "vacancies_in_view": (await session.execute(queries.VACANCIES_IN_VIEW, visible)).all(),
        "sites_in_view": (await session.execute(queries.SITES_IN_VIEW, view)).all(),
        "title_of": lambda row: parcel_title(row, frame.speaker),
        "address_of": premises_address,
    }


def read_bbox(text: str) -> tuple[float, float, float, float]:
    """Read a box of degrees: west, south, east, north.

    Raises
    ------
    BadParameter
        When it is none.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = math.nan
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):  # noqa: PLR2004 - the globe, Mercator
        raise BadParameter(
            "bbox must be west,south,east,north in degrees, for example 7.3,51.4,7.6,51.6.", parameter="bbox"
        )
    return west, south, east, north
