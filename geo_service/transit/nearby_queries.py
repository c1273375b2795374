"""Statements about the surroundings of one place, for answers computed on request."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Date, Executable, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement

from geo_service.auth.publication import published
from geo_service.geometry import STORAGE_SRID
from geo_service.parcels.models import Parcel
from geo_service.transit.access import FAMILIES
from geo_service.transit.models import (
    SubjectKind,
    TransitAccess,
    TransitDeparture,
    TransitFeed,
    TransitStop,
)
from geo_service.transit.queries import SUBJECTS


def _place(wkb: bytes) -> ColumnElement[Any]:
    return func.ST_GeomFromWKB(wkb, STORAGE_SRID)


def _stop_columns() -> tuple[Any, ...]:
    return (
        TransitStop.id,
        TransitStop.feed_id,
        TransitStop.stop_id,
        TransitStop.name,
        TransitStop.modes,
        TransitStop.lines,
        func.ST_X(TransitStop.geom).label("x"),
        func.ST_Y(TransitStop.geom).label("y"),
        TransitFeed.name.label("feed_name"),
    )


STOP_COLUMNS = ["id", "feed_id", "stop_id", "name", "modes", "lines", "x", "y", "feed_name"]
"""Columns of `stops_within`."""


def stops_within(wkb: bytes, radius_m: float, feed_ids: Collection[int]) -> Executable:
    """Select the stops of feeds within a distance of a place (WKB, EPSG:25832); columns `STOP_COLUMNS`."""
    return (
        select(*_stop_columns())
        .join(TransitFeed, TransitFeed.id == TransitStop.feed_id)
        .where(
            TransitStop.feed_id == func.any(list(feed_ids)),
            func.ST_DWithin(TransitStop.geom, _place(wkb), radius_m),
        )
    )


def nearest_stop(wkb: bytes, family: str, feed_ids: Collection[int]) -> Executable:
    """Select the stop of feeds that is nearest to a place and served by a family of vehicles.

    Columns: `STOP_COLUMNS`, family_lines (lines of the family there).
    """
    modes = sorted(FAMILIES[family])
    served = TransitStop.modes.overlap(cast(modes, ARRAY(Text)))
    lines = (
        select(TransitDeparture.line)
        .where(TransitDeparture.stop_pk == TransitStop.id, TransitDeparture.mode.in_(modes))
        .distinct()
        .order_by(TransitDeparture.line)
    )
    return (
        select(*_stop_columns(), func.array(lines.scalar_subquery(), type_=ARRAY(Text)).label("family_lines"))
        .join(TransitFeed, TransitFeed.id == TransitStop.feed_id)
        .where(TransitStop.feed_id == func.any(list(feed_ids)), served)
        .order_by(TransitStop.geom.op("<->")(_place(wkb)), TransitFeed.name, TransitStop.stop_id)
        .limit(1)
    )


def parcel_place(parcel_key: str, on: date) -> Executable:
    """Select a parcel of the cadastre of a day.

    Columns: id, place (WKB, EPSG:25832), is_published (the public may see it on that day).
    """
    shown = published(Parcel.publication_objection, Parcel.publication_announced_on, literal(on, Date))
    return select(Parcel.id, func.ST_AsBinary(Parcel.geom).label("place"), shown.label("is_published")).where(
        Parcel.parcel_key == parcel_key, Parcel.valid.contains(on)
    )


def subject_place(kind: SubjectKind, subject_id: int) -> Executable:
    """Select where a subject is. Columns: place (WKB, EPSG:25832; NULL: not known)."""
    table = SUBJECTS[kind]
    return select(func.ST_AsBinary(table.geom).label("place")).where(table.id == subject_id)


def stored_answers(kind: SubjectKind, subject_id: int) -> Executable:
    """Select what is stored about a subject by every method. Columns: method, grade, computed_at."""
    return select(TransitAccess.method, TransitAccess.grade, TransitAccess.computed_at).where(
        TransitAccess.subject_kind == kind.value, TransitAccess.subject_id == subject_id
    )
