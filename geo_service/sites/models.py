"""Tables of sites, plots, phases and milestones."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Identity, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import (
    JsonObject,
    Recorded,
    Valid,
    geometry_rules,
    multipolygon,
    one_of,
    span_not_empty,
)


class SitePhase(StrEnum):
    """How far the development of a site has come."""

    IDEA = "idea"
    PLANNING = "planning"
    PREPARATION = "preparation"
    CONSTRUCTION = "construction"
    MARKETING = "marketing"
    COMPLETE = "complete"
    UNKNOWN = "unknown"


class PlotStatus(StrEnum):
    """Whether a plot can be had."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    SOLD = "sold"
    PLANNED = "planned"


class Site(Recorded, Valid, Base):
    """Zukunftsstandort: an area being developed. Its place may be unknown: then ``geom`` is NULL."""

    __tablename__ = "sites"
    __table_args__ = (
        *geometry_rules("sites"),
        one_of("phase", SitePhase),
        span_not_empty("valid"),
        CheckConstraint("geom IS NULL OR geometry_accuracy_m IS NOT NULL", name="accuracy_with_geometry"),
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="slug_form"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    summary_de: Mapped[str]
    summary_en: Mapped[str]
    facts: Mapped[list[JsonObject]] = mapped_column(
        JSONB, server_default=text("'[]'"), comment="List of {de, en, source}"
    )
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    uses: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    phase: Mapped[str] = mapped_column(server_default="unknown")
    stated_area_ha: Mapped[float | None] = mapped_column(comment="Area that the source states")
    location_note: Mapped[str] = mapped_column(server_default="", comment="What is known of the place")
    geometry_accuracy_m: Mapped[float | None]
    district_id: Mapped[int | None] = mapped_column(ForeignKey("districts.id"), index=True)
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=True)


class Plot(Recorded, Valid, Base):
    """Baufeld: a marketable part of a site."""

    __tablename__ = "plots"
    __table_args__ = (
        *geometry_rules("plots"),
        one_of("status", PlotStatus),
        span_not_empty("valid"),
        UniqueConstraint("site_id", "slug"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    slug: Mapped[str]
    name: Mapped[str]
    status: Mapped[str]
    uses: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    zone: Mapped[str | None] = mapped_column(comment="BauNVO short form, e.g. GE")
    available_from: Mapped[date | None] = mapped_column(comment="NULL: not known")
    price_eur_per_m2: Mapped[Decimal | None] = mapped_column(Numeric(10, 2), comment="Asking price")
    area_m2: Mapped[float] = mapped_column(Computed("ST_Area(geom)", persisted=True))
    geometry_accuracy_m: Mapped[float | None]
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=False)


class Phase(Recorded, Base):
    """A span in a site's development."""

    __tablename__ = "phases"
    __table_args__ = (one_of("kind", SitePhase), span_not_empty("during"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    kind: Mapped[str]
    name_de: Mapped[str]
    name_en: Mapped[str]
    during: Mapped[Range[date]] = mapped_column(DATERANGE, comment="Open bound: not known")


class Milestone(Recorded, Base):
    """A point on a site's time line."""

    __tablename__ = "milestones"
    __table_args__ = (CheckConstraint("state IN ('planned','reached','missed')", name="state_known"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    name_de: Mapped[str]
    name_en: Mapped[str]
    due_on: Mapped[date | None] = mapped_column(comment="NULL: no date stated")
    due_text: Mapped[str] = mapped_column(server_default="", comment="Date as stated, e.g. 2027")
    due_text_en: Mapped[str] = mapped_column(
        server_default="", comment="due_text in English; empty: the same"
    )
    state: Mapped[str] = mapped_column(
        server_default="planned",
        comment="planned, reached or missed; reached_on names the day where it is known",
    )
    reached_on: Mapped[date | None]
