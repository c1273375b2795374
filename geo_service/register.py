"""What all tables of the register share: provenance, validity, vocabulary checks, geometry columns."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.geometry import STORAGE_SRID


class Recorded:
    """Provenance of a row: where it comes from and whether it is invented."""

    source: Mapped[str] = mapped_column(comment="Origin of the record, as shown to readers")
    source_date: Mapped[date | None] = mapped_column(comment="Date the source states for its content")
    is_demo: Mapped[bool] = mapped_column(server_default=text("false"), comment="Invented record")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now(), comment="First written")


class Valid:
    """Valid time of a row: rows are ended, never deleted."""

    valid: Mapped[Range[date]] = mapped_column(
        DATERANGE,
        server_default=text("daterange(NULL, NULL)"),
        comment="Days on which the record holds; an open end means: not known or for good",
    )


def multipolygon() -> Geometry:
    """Return the type of an area column: MultiPolygon, EPSG:25832."""
    return Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False)


def point() -> Geometry:
    """Return the type of a place column: Point, EPSG:25832."""
    return Geometry("POINT", srid=STORAGE_SRID, spatial_index=False)


def linestring() -> Geometry:
    """Return the type of a course column: LineString, EPSG:25832."""
    return Geometry("LINESTRING", srid=STORAGE_SRID, spatial_index=False)


def geometry_rules(table: str, column: str = "geom") -> tuple[CheckConstraint, Index]:
    """Return the validity constraint and the named GiST index of a geometry column."""
    return (
        CheckConstraint(f"ST_IsValid({column}) AND NOT ST_IsEmpty({column})", name=f"{column}_valid"),
        Index(f"ix_{table}_{column}", column, postgresql_using="gist"),
    )


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Return the constraint that a text column holds one of a vocabulary's words."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def span_not_empty(column: str) -> CheckConstraint:
    """Return the constraint that a date range holds at least one day."""
    return CheckConstraint(f"NOT isempty({column})", name=f"{column}_not_empty")


JsonObject = dict[str, Any]
"""A JSON object as stored."""
