"""Routes: how near a parcel or point is to public transport, computed on request with its evidence."""

from datetime import date
from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection

from geo_service.auth import Caller, Public
from geo_service.auth.publication import sees_unpublished
from geo_service.beside import computed
from geo_service.city import CityProfile
from geo_service.clock import Today, city_of
from geo_service.db import Reading, ReadSession
from geo_service.errors import BadParameter, NotFound
from geo_service.geometry import from_wgs84
from geo_service.transit import nearby_queries
from geo_service.transit.answers import place_methods, place_transit
from geo_service.transit.grades import asked
from geo_service.transit.methods import known_methods
from geo_service.transit.models import SubjectKind
from geo_service.transit.scenario_register import sees_drafts
from geo_service.transit.schemas import (
    MethodsQuery,
    ParcelMethods,
    ParcelQuery,
    ParcelTransit,
    PointQuery,
    PointTransit,
)
from geo_service.transit.subject_routes import subject_transit

router = APIRouter(tags=["transit"])

ParcelKey = Annotated[
    str, Path(max_length=20, description="Flurstückskennzeichen.", examples=["051249003001230004__"])
]


@router.get("/api/parcels/{parcel_key}/transit")
async def get_parcel_transit(
    request: Request,
    parcel_key: ParcelKey,
    caller: Public,
    session: Reading,
    today: Today,
    query: Annotated[ParcelQuery, Query()],
) -> ParcelTransit:
    """Tell how near a parcel is to public transport, by which departures, and what a better class needs."""
    wanted = asked(query.method, query.window or None, query.day)
    row = await _parcel(session, caller, parcel_key, today)
    scenario = query.scenario, not sees_drafts(caller)

    def make(connection: Connection) -> ParcelTransit:
        found = subject_transit(connection, (SubjectKind.PARCEL, row.id, row.place), wanted, scenario)
        return ParcelTransit(**found, parcel_key=parcel_key)

    return await computed(request, session, make, public=not sees_unpublished(caller))


@router.get("/api/parcels/{parcel_key}/transit/methods")
async def get_parcel_methods(
    request: Request,
    parcel_key: ParcelKey,
    caller: Public,
    session: Reading,
    today: Today,
    query: Annotated[MethodsQuery, Query()],
) -> ParcelMethods:
    """Compare what all methods say about a parcel, side by side."""
    wanted = [asked(key, query.window or None, query.day) for key in known_methods()]
    row = await _parcel(session, caller, parcel_key, today)

    def make(connection: Connection) -> ParcelMethods:
        found = place_methods(connection, shapely.from_wkb(row.place), wanted)
        return ParcelMethods(**dict(found), parcel_key=parcel_key)

    return await computed(request, session, make, public=not sees_unpublished(caller))


@router.get("/api/points/transit")
async def get_point_transit(
    request: Request,
    caller: Public,
    query: Annotated[PointQuery, Query()],
) -> PointTransit:
    """Tell how near any point of the city and its margin is to public transport, and why."""
    wanted = asked(query.method, query.window or None, query.day)
    city = city_of(request)
    point = from_wgs84(shapely.Point(query.lon, query.lat))
    outside = _beyond(city, point)

    def make(connection: Connection) -> PointTransit:
        return PointTransit(
            **dict(place_transit(connection, point, wanted)),
            lon=query.lon,
            lat=query.lat,
            is_complete=outside + wanted.method.radius_m <= city.margin_m,
        )

    return await computed(request, None, make, public=not sees_unpublished(caller))


def _beyond(city: CityProfile, point: shapely.Point) -> float:
    """Return how far a point lies outside the city, metres; 0 inside.

    Raises
    ------
    BadParameter
        When it is farther than the margin, for which no timetable is loaded.
    """
    outside = float(city.boundary.distance(point))
    if outside > city.margin_m:
        raise BadParameter(
            f"The point lies {outside / 1000:,.1f} km outside {city.name}. Timetables are loaded for the "
            f"city and {city.margin_m:,.0f} m around it: choose a point there (lon is east, lat north).",
            parameter="lon",
        )
    return outside


async def _parcel(session: ReadSession, caller: Caller, parcel_key: str, today: date) -> Any:  # noqa: ANN401
    """Read where a parcel is.

    Raises
    ------
    NotFound
        When there is none, or none that this caller may see.
    """
    row = (await session.execute(nearby_queries.parcel_place(parcel_key, today))).one_or_none()
    if row is None or not (row.is_published or sees_unpublished(caller)):
        raise NotFound(f"There is no published parcel {parcel_key}.")
    return row
