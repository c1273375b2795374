"""Routes: the stored transit answer about one parcel, with its evidence."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy import Row

from geo_service.auth import Public
from geo_service.auth.publication import sees_unpublished
from geo_service.clock import Today
from geo_service.db import Reading
from geo_service.errors import NotFound
from geo_service.transit import queries
from geo_service.transit.methods import Method, load_method
from geo_service.transit.proximity import walking_minutes
from geo_service.transit.schemas import (
    Evidence,
    FeedName,
    MethodName,
    NearestStops,
    NearStop,
    NextBest,
    ParcelTransit,
    TransitQuery,
)
from geo_service.transit.windows import Window

router = APIRouter(tags=["transit"])

ParcelKey = Annotated[
    str, Path(max_length=20, description="Flurstückskennzeichen.", examples=["051249003001230004__"])
]


@router.get("/api/parcels/{parcel_key}/transit")
async def get_parcel_transit(
    parcel_key: ParcelKey,
    caller: Public,
    session: Reading,
    today: Today,
    asked: Annotated[TransitQuery, Query()],
) -> ParcelTransit:
    """Tell how near a parcel is to public transport: class, nearest stops, and the departures that decide."""
    method = load_method(asked.method)
    row = (await session.execute(queries.parcel_access(parcel_key, method.key, today))).one_or_none()
    if row is None or not (row.is_published or sees_unpublished(caller)):
        raise NotFound(f"There is no published parcel {parcel_key}.")
    if row.computed_at is None:
        raise NotFound(
            f"The transit answer of parcel {parcel_key} by method {method.key} has not been computed. "
            f"It is made by: geo transit --method {method.key}"
        )
    return parcel_answer(row, method)


def parcel_answer(row: Row[Any], method: Method) -> ParcelTransit:
    """Turn a row of `queries.parcel_access` into the answer."""
    next_stop = _near_stop(row, "next_")
    return ParcelTransit(
        parcel_key=row.parcel_key,
        method=MethodName(
            key=method.key, name_de=method.name_de, name_en=method.name_en, source=method.source
        ),
        grade=row.grade,
        category=row.category,
        stop=_near_stop(row, ""),
        next_best=NextBest(**next_stop.model_dump(), grade=row.next_grade) if next_stop else None,
        nearest=NearestStops(
            rail=_near_stop(row, "rail_"), tram=_near_stop(row, "tram_"), bus=_near_stop(row, "bus_")
        ),
        evidence=_evidence(row),
        computed_at=row.computed_at,
    )


def _near_stop(row: Row[Any], role: str) -> NearStop | None:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public way to columns by name
    distance = values[f"{role}distance_m"]
    if distance is None:
        return None
    return NearStop(
        stop_id=values[f"{role}stop_id"],
        name=values[f"{role}stop_name"],
        lines=values[f"{role}stop_lines"],
        distance_m=round(distance, 1),
        walking_min=round(walking_minutes(distance), 1),
    )


def _evidence(row: Row[Any]) -> Evidence | None:
    if row.day is None:
        return None
    return Evidence(
        day=row.day,
        window=str(Window(row.window_from_s, row.window_to_s)),
        mode_group=row.mode_group,
        departures=row.departures,
        headway_min=round(row.headway_min, 2),
        groups=row.evidence,
        feed=FeedName(
            name=row.feed_name,
            publisher=row.feed_publisher,
            version=row.feed_version,
            source=row.feed_source,
            is_demo=row.feed_is_demo,
        ),
    )
