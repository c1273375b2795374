"""Statements of the demo's loader."""

from typing import Any

from sqlalchemy import Executable, Select, Table, func, insert, select, text

from geo_service import schema
from geo_service.register import JsonObject


def recorded(kind: str) -> Select[str]:
    """Select the names of finished import runs of a kind (file_name)."""
    return select(schema.ImportRun.file_name).where(schema.ImportRun.kind == kind)


def record(kind: str, stage: str, content_hash: str, actor: str, counts: JsonObject) -> Executable:
    """Write down a finished stage as an import run."""
    return insert(schema.ImportRun).values(
        kind=kind, file_name=stage, content_hash=content_hash, actor=actor, counts=counts
    )


def real_records(table: Table) -> Select[int]:
    """Count the rows of a table that are not invented; one number."""
    return select(func.count()).select_from(table).where(~table.columns["is_demo"])


def ids_by_key(table: Table, key: str) -> Select[Any]:
    """Select natural key and id of all rows of a table."""
    return select(table.columns[key], table.columns["id"])


def winner_ids() -> Select[int, str, int]:
    """Select round_id, name and id of all winners."""
    return select(schema.Winner.round_id, schema.Winner.name, schema.Winner.id)


def street_parcels() -> Select[Any]:
    """Select the invented parcels that are streets.

    Columns: name, geom (WKB, EPSG:25832).
    """
    parcel = schema.Parcel
    return (
        select(parcel.location_text.label("name"), func.ST_AsBinary(parcel.geom).label("geom"))
        .where(parcel.is_demo, parcel.actual_use.startswith("Straßenverkehr"))
        .order_by(parcel.parcel_key)
    )


def demo_stops() -> Select[Any]:
    """Select the stops of the demo timetable.

    Columns: geom (WKB, EPSG:25832).
    """
    stop, feed = schema.TransitStop, schema.TransitFeed
    return (
        select(func.ST_AsBinary(stop.geom).label("geom"))
        .join(feed, feed.id == stop.feed_id)
        .where(feed.is_current, feed.is_demo)
        .order_by(stop.stop_id)
    )


def analyze() -> Executable:
    """Refresh the planner's statistics after bulk writes."""
    return text("ANALYZE")
