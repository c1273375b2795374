"""The route that hands out a collection as a file."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import IO, Final

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from geo_service.auth.access import Public
from geo_service.beside import Turns
from geo_service.clock import city_of, today_of, zone_of
from geo_service.conditional import caching
from geo_service.db import Database, get_database
from geo_service.errors import BadParameter
from geo_service.ogc import openapi
from geo_service.ogc.cql.tree import uncomputable
from geo_service.ogc.crs import CRS84, STORAGE
from geo_service.ogc.exports.formats import FORMATS, About, Format, format_of
from geo_service.ogc.exports.queries import TIME_ENOUGH, Rows
from geo_service.ogc.exports.sheet import MOST_ROWS
from geo_service.ogc.model import Collection
from geo_service.ogc.parameters import export_request
from geo_service.ogc.queries import count_statement, items_parameters
from geo_service.ogc.routes import base_address
from geo_service.ogc.service import find_collection, known_of, require_stored, view_of
from geo_service.wording import number

router = APIRouter(prefix="/ogc", tags=["OGC API - Features"])

PIECE_BYTES: Final = 1 << 18


@router.get(
    "/collections/{collection_id}/export",
    response_class=Response,
    responses={200: {"content": {each.media: {} for each in FORMATS.values()}}},
    openapi_extra=openapi.EXPORT,
)
async def get_export(request: Request, caller: Public, collection_id: str) -> Response:
    """Hand out all features of a collection that a filter leaves, as a file."""
    collection = find_collection(collection_id)
    day = today_of(request)
    known = known_of(collection, caller, day, zone_of(request))
    asked = export_request(request.query_params, known)
    await require_stored(get_database(request).reader, collection, asked.choices)
    wanted = format_of(request.query_params.get("f", "geojson"))
    usual = CRS84 if wanted.ending.startswith("geojson") else STORAGE
    crs = asked.crs if "crs" in request.query_params else usual
    if wanted.ending == "geojsons" and crs != CRS84:
        raise BadParameter(
            f"Lines of GeoJSON cannot say that they are in {crs.uri}: readers take degrees (CRS84). "
            "Leave crs out, or take geojson, gpkg, fgb or parquet.",
            parameter="crs",
            detail_de=f"Zeilen mit GeoJSON können nicht sagen, dass sie in {crs.uri} sind: Gelesen werden "
            "sie als Grad (CRS84). Lassen Sie crs weg, oder nehmen Sie geojson, gpkg, fgb oder parquet.",
        )
    if wanted.ending == "xlsx":  # a point's longitude and latitude, whatever was asked
        crs = CRS84
    crs = replace(crs, latitude_first=False)  # in files x stands first, whatever the order of the axes
    rows = Rows(
        view_of(collection, caller, crs, asked.properties), asked.question, items_parameters(asked, day)
    )
    name = f"{city_of(request).key}-{collection.id}-{day.isoformat()}.{wanted.ending}"
    headers = {
        **caching(caller),
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Crs": f"<{crs.uri}>",
        "Content-Encoding": "identity",  # most formats are packed already
    }
    about, database = _about(request, collection, day), get_database(request)
    headers["Link"] = about.links(f"{base_address(request)}/ogc/collections/{collection.id}")
    turns: Turns = request.app.state.exports
    file = await turns.compute(lambda: _write(database, wanted, rows, about), public=not caller.signed_in)
    return StreamingResponse(_pieces(file), media_type=wanted.media, headers=headers)


def _about(request: Request, collection: Collection, day: date) -> About:
    city = city_of(request)
    return About(
        title=f"{city.name}: {collection.title_de} / {collection.title}",
        description=collection.description,
        publisher=f"{city.name}, {str(request.base_url).rstrip('/')}/ogc/collections/{collection.id}",
        licence=city.licence,
        licence_url=city.links.get("licence", ""),
        day=day,
    )


def _write(database: Database, wanted: Format, rows: Rows, about: About) -> IO[bytes]:
    """Write the file, and return it open and without a name: it is gone once it is closed."""
    with tempfile.TemporaryDirectory(prefix="geo-export-") as folder, database.read() as connection:
        path = Path(folder) / f"export.{wanted.ending}"
        connection.execute(TIME_ENOUGH)
        try:
            if wanted.ending == "xlsx":
                _require_sheet(connection, rows)
            wanted.write(connection, rows, about, path)
        except (psycopg.DataError, DataError) as error:
            reason = str(error).splitlines()[0][:200]
            raise uncomputable(reason) from error
        return path.open("rb")


def _require_sheet(connection: Connection, rows: Rows) -> None:
    found = connection.execute(count_statement(rows.view, rows.question), rows.values).scalar_one()
    if found > MOST_ROWS:
        raise BadParameter(
            f"A sheet of Excel holds {MOST_ROWS:,} rows, these are {found:,}. Filter or take another format.",
            parameter="f",
            detail_de=f"Ein Blatt von Excel fasst {number(MOST_ROWS).de} Zeilen, dies sind "
            f"{number(found).de}. Filtern Sie, oder nehmen Sie ein anderes Format.",
        )


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece
