"""The availability map of any day: figures of its legend, tiles, and what it tells of a place or a view."""

import hashlib
import math
import re
from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Connection, TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import Caller, Public
from geo_service.auth.publication import sees_unpublished
from geo_service.availability.desk import LandOf, answered
from geo_service.availability.service import askable, options_of, today
from geo_service.availability.state_queries import STORED_STATE
from geo_service.beside import computed
from geo_service.conditional import caching, program_digest
from geo_service.days import ISO, read_day
from geo_service.db import Reading, fetch_bytes
from geo_service.errors import BadParameter, NotFound
from geo_service.tile_size import AIM, LEFT_OUT, MAX_BYTES, largest
from geo_service.web.dated_keep import DatedKeep
from geo_service.web.drawn import GERMANY, read_drawn
from geo_service.web.filters import ALL_HORIZONS, KNOWN_HORIZONS, LandFilter
from geo_service.web.frame import Frame, frame_of
from geo_service.web.kept import kept_rows
from geo_service.web.pages.land import read_list
from geo_service.web.pages.parcel import computed_parcel
from maps.dated import (
    CATEGORY_OF_CODE,
    FIRST,
    HORIZON_OF_CODE,
    NOTHING_LEFT,
    DatedLand,
    dated_land,
    days_to_choose,
)
from maps.dated_queries import ALL, COARSE_TILE, COUNT, CUT, KNOWN_DAYS, STATE, TILE

router = APIRouter(prefix="/maps/land")

MVT: Final = "application/vnd.mapbox-vector-tile"
TILES_KEPT_S: Final = 3600
"""A tile names the state of the data that it shows: it may be kept."""
MOST_ZOOM: Final = 24
TILE_PLACE: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,8})/([0-9]{1,8})")
FULL_ZOOM: Final = 14
"""From this zoom on each parcel is drawn by itself."""
GRID_STEPS: Final = 4096
"""Steps of the grid of tiles (``on_tile_grid`` in the database) to a tile of zoom `GRID_ZOOM`."""
GRID_ZOOM: Final = 12
TINY_PIXELS: Final = 0.1
"""From afar parcels smaller than this (square pixels) are left out."""
PIXEL_M: Final = 40_075_016.686 / 256
"""A pixel at the equator at zoom 0, metres."""

DayPart = Annotated[str, Path(max_length=10)]
Version = Annotated[str, Path(pattern="^[0-9a-f]{12}$")]


async def slider(request: Request, session: AsyncSession, frame: Frame) -> dict[str, Any]:
    """Return what the page needs for its slider: the days to choose, as written and as shown."""
    state = await kept_rows(request, session, STORED_STATE, {})
    if not state:
        return {"slider_days": [], "stored_day": None}
    known = (await kept_rows(request, session, KNOWN_DAYS, {}))[0]
    days = days_to_choose(state[0].as_of, known.since, known.until)
    return {
        "slider_days": [(day.isoformat(), frame.formats.day(day)) for day in days],
        "stored_day": state[0].as_of,
    }


@router.get("/{day}")
async def figures(request: Request, session: Reading, caller: Public, day: DayPart) -> Response:
    """Tell the figures of the legend as of a day, and the state of the data that tiles are to show."""
    frame = await frame_of(request, session, caller)
    version, land = await _land_on(request, session, caller, day_of(day))
    number = frame.formats.number
    totals = {
        each.word: {
            "parcels": number(each.parcels),
            "offered": number(each.offered_m2 / 10_000, 1),
            "gross": number(each.gross_m2 / 10_000, 1),
        }
        for each in land.totals
    }
    answer = {
        "day": land.day.isoformat(),
        "label": frame.formats.day(land.day),
        "tiles": f"/maps/land/{land.day}/{version}/{{z}}/{{y}}/{{x}}",
        "parcels": land.parcels,
        "totals": totals,
    }
    return JSONResponse(answer, headers={"Cache-Control": "private, no-cache"})


@router.get("/{day}/{version}/{place:path}")
async def tile(
    request: Request, session: Reading, caller: Public, day: DayPart, version: Version, place: str
) -> Response:
    """Answer with a vector tile of the land as of a day, as the caller may see it."""
    zoom, row, column = _numbers(place)
    current, land = version, _keep(request).find(version, (day_of(day), not sees_unpublished(caller)))
    if land is None:
        current, land = await _land_on(request, session, caller, day_of(day))
    words = {"horizons": list(HORIZON_OF_CODE), "categories": list(CATEGORY_OF_CODE)}
    numbers = {"zoom": zoom, "row": row, "column": column}
    parameters = {**numbers, **words, "first_id": land.first_id, "codes": land.codes}
    statement, parameters["tiny_m2"], parameters["least_code"] = TILE, 0.0, NOTHING_LEFT
    if zoom < FULL_ZOOM:
        latitude = math.radians(request.app.state.city.center[1])
        parameters["tiny_m2"] = TINY_PIXELS * (PIXEL_M * math.cos(latitude) / 2**zoom) ** 2
        parameters["steps"] = GRID_STEPS * 2.0 ** (GRID_ZOOM - zoom)
        statement, parameters["least_code"] = COARSE_TILE, FIRST
    body, left_out = await _within_size(session, statement, parameters)
    headers = caching(caller, max_age_s=TILES_KEPT_S if current == version else 0)
    if left_out:
        headers[LEFT_OUT] = str(left_out)
    return Response(body, media_type=MVT, headers=headers)


async def _within_size(
    session: AsyncSession, statement: TextClause, parameters: dict[str, Any]
) -> tuple[bytes, int]:
    """Return a tile and how many parcels are left out: the smallest ones, where all would be too much."""
    whole = await fetch_bytes(session, statement, {**parameters, **ALL}) or b""
    if len(whole) <= MAX_BYTES:
        return whole, 0
    parcels = (await session.execute(COUNT, parameters)).scalar_one()

    async def draw(kept: int) -> bytes:
        last = (await session.execute(CUT, {**parameters, "kept": kept})).mappings().one()
        return await fetch_bytes(session, statement, {**parameters, **last}) or b""

    kept = int(parcels * AIM * MAX_BYTES / len(whole))
    return await largest(draw, parcels, kept, MAX_BYTES, too_large=True)


def _numbers(place: str) -> tuple[int, int, int]:
    """Read zoom, row and column of a tile.

    Raises
    ------
    NotFound
        When there is no such tile.
    """
    found = TILE_PLACE.fullmatch(place)
    zoom, row, column = (int(part) for part in found.groups()) if found else (0, 1, 1)
    if zoom > MOST_ZOOM or max(row, column) >= 2**zoom:
        raise NotFound("There is no such tile.")
    return zoom, row, column


def day_of(text: str) -> date:
    """Read a day of an address.

    Raises
    ------
    BadParameter
        When it is none, or cannot be asked for.
    """
    try:
        return askable(read_day(text, ISO))
    except ValueError as error:
        raise BadParameter(f"{text!r} is no day. Write it as 2028-04-01.", parameter="as_of") from error


def _keep(request: Request) -> DatedKeep:
    keep: DatedKeep | None = getattr(request.app.state, "dated_keep", None)
    if keep is None:
        keep = request.app.state.dated_keep = DatedKeep(request.app.state.settings.home / "dated")
    return keep


async def _land_on(
    request: Request, session: AsyncSession, caller: Caller, day: date
) -> tuple[str, DatedLand]:
    """Return the state of the data and the land of a day, computed when no process knows it."""
    public = not sees_unpublished(caller)
    preset = await stored_preset(request, session)
    state = f"{await session.scalar(STATE)} {today()} {preset} {program_digest()}"
    version = hashlib.sha256(state.encode()).hexdigest()[:12]
    keep, key = _keep(request), (day, public)
    known = keep.find(version, key)
    if known:
        return version, known

    def make(land_of: LandOf, connection: Connection) -> DatedLand:
        return dated_land(land_of(day, preset).with_facts(connection), public=public)

    land = await answered(request, session, ("dated", day, preset, public), make, public=public)
    keep.keep(version, key, land)
    return version, land


async def stored_preset(request: Request, session: AsyncSession) -> str:
    """Return the horizon preset of the stored results, by which other days are judged too."""
    state = await kept_rows(request, session, STORED_STATE, {})
    return str(state[0].preset) if state else "default"


async def parcels_as_of(
    request: Request, session: AsyncSession, rows: Sequence[Any], day: date, *, public: bool
) -> list[Any]:
    """Return rows of parcels of the map with the figures of a day in the place of the stored ones."""
    if not rows:
        return []
    options = options_of(day, await stored_preset(request, session))
    prefix = "" if public else "internal_"

    def make(connection: Connection) -> list[Any]:
        found = []
        for row in rows:
            known = computed_parcel(options, row.key, connection)
            own = {name: known[f"{prefix}{name}"] for name in ("offered", "category", "category_rule")}
            found.append(SimpleNamespace(**{**row._mapping, **known, **own}))  # noqa: SLF001 - a row's columns
        return found

    return await computed(request, session, make, public=public)


async def parcels_in_view(
    request: Request,
    session: AsyncSession,
    bbox: tuple[float, float, float, float],
    part: tuple[date, int],
    *,
    public: bool,
) -> list[Any]:
    """Return the largest parcels of a view as of a day, with the sums of all, as the table shows them.

    Parameters
    ----------
    request, session
        The request, and its read session.
    bbox
        West, south, east, north in degrees.
    part
        The day, and how many rows.
    public
        Whether the caller is nobody known.
    """
    day, limit = part
    west, south = (max(own, limit) for own, limit in zip(bbox[:2], GERMANY[:2], strict=True))
    east, north = (min(own, limit) for own, limit in zip(bbox[2:], GERMANY[2:], strict=True))
    if west >= east or south >= north:
        return []
    within = read_drawn(f"{west},{south};{east},{south};{east},{north};{west},{north}")
    if within is None or isinstance(within, str):
        return []
    wanted = LandFilter(horizon=ALL_HORIZONS, within=within, as_of=day)
    listed = await read_list(request, session, wanted, None, limit, public=public)
    known = LandFilter(horizon=KNOWN_HORIZONS, within=within, as_of=day)
    sums = (await read_list(request, session, known, None, 1, public=public)).summary
    counts = {"found": listed.summary.parcels, "known": sums.parcels, "known_m2": sums.offered_m2}
    return [
        SimpleNamespace(**row._mapping, key=row.parcel_key, **counts)  # noqa: SLF001 - a row's columns
        for row in listed.rows[:limit]
    ]
