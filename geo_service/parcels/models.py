"""Tables of districts, quarters, parcels, owners and occupancies."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Computed, ForeignKey, Identity, Index, Numeric, String, text
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.geometry import WEB_MERCATOR_SRID
from geo_service.register import Recorded, Valid, geometry_rules, multipolygon, one_of, span_not_empty

PARCEL_KEY_PATTERN = r"^\d{6}(\d{3}|_{3})\d{5}(\d{4}|_{4})(\d{2}|_{2})$"
"""Flurstückskennzeichen: Land 2, Gemarkung 4, Flur 3, Zähler 5, Nenner 4, Folge 2. Source: AdV ALKIS."""
PARCEL_KEY_CHECK = (
    "length(parcel_key) = 20 AND (ltrim(parcel_key, '0123456789') IN ('', '__', '______') "
    f"OR parcel_key ~ '{PARCEL_KEY_PATTERN}')"
)
"""The same for PostgreSQL: usual forms, in which nothing follows the blanks, are told without a pattern."""


class OwnerKind(StrEnum):
    """Who owns a parcel, by kind; shown only to roles."""

    MUNICIPAL = "municipal"
    STATE = "state"
    COMPANY = "company"
    PRIVATE = "private"
    CHURCH = "church"
    RAILWAY = "railway"
    UNKNOWN = "unknown"


class OccupancyKind(StrEnum):
    """What holds a parcel for a span of time (glossary: Belegung)."""

    RESERVED = "reserved"
    SOLD = "sold"
    GROUND_LEASE = "ground_lease"
    LEASED = "leased"
    COMPANY_RESERVE = "company_reserve"


class District(Recorded, Base):
    """Stadtbezirk."""

    __tablename__ = "districts"
    __table_args__ = geometry_rules("districts")

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, comment="Official key or slug")
    name: Mapped[str]
    geometry_accuracy_m: Mapped[float | None] = mapped_column(comment="Accuracy of the outline, metres")
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=False)


class Quarter(Recorded, Base):
    """Quartier: a named area such as Kreuzviertel."""

    __tablename__ = "quarters"
    __table_args__ = geometry_rules("quarters")

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    district_id: Mapped[int | None] = mapped_column(ForeignKey("districts.id"), index=True)
    geometry_accuracy_m: Mapped[float | None] = mapped_column(comment="Accuracy of the outline, metres")
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=False)


class Parcel(Recorded, Valid, Base):
    """Flurstück: the smallest unit of land in the cadastre."""

    __tablename__ = "parcels"
    __table_args__ = (
        *geometry_rules("parcels"),
        CheckConstraint(PARCEL_KEY_CHECK, name="parcel_key_form"),
        CheckConstraint("official_area_m2 > 0", name="official_area_positive"),
        one_of("owner_kind", OwnerKind),
        span_not_empty("valid"),
        Index("ix_parcels_area", "area_m2"),
        Index("ix_parcels_gemarkung", "gemarkung", "flur", "numerator", "denominator"),
        Index("ix_parcels_key_prefix", "parcel_key", postgresql_ops={"parcel_key": "text_pattern_ops"}),
        Index("ix_parcels_location_trgm", "location_text", postgresql_using="gin",
              postgresql_ops={"location_text": "gin_trgm_ops"}),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    parcel_key: Mapped[str] = mapped_column(
        String(20), unique=True, comment="Flurstückskennzeichen", info={"plain": True}
    )
    gemarkung_key: Mapped[str] = mapped_column(String(6), comment="Land 2 + Gemarkung 4")
    gemarkung: Mapped[str] = mapped_column(comment="Name of the cadastral district")
    flur: Mapped[int | None] = mapped_column(comment="NULL where the Land has no Fluren")
    numerator: Mapped[int] = mapped_column(comment="Zähler")
    denominator: Mapped[int | None] = mapped_column(comment="Nenner")
    municipality_key: Mapped[str] = mapped_column(comment="AGS or Gemeindeschlüssel as supplied")
    municipality: Mapped[str]
    location_text: Mapped[str] = mapped_column(server_default="", comment="Lagebezeichnung")
    actual_use: Mapped[str] = mapped_column(server_default="", comment="Tatsächliche Nutzung as supplied")
    official_area_m2: Mapped[float | None] = mapped_column(comment="Area in the register")
    area_m2: Mapped[float] = mapped_column(
        Computed("ST_Area(geom)", persisted=True), comment="Measured area, plane EPSG:25832"
    )
    owner_kind: Mapped[str] = mapped_column(server_default="unknown")
    district_id: Mapped[int | None] = mapped_column(ForeignKey("districts.id"), index=True)
    land_value_eur_per_m2: Mapped[Decimal | None] = mapped_column(
        Numeric(10, 2), comment="Bodenrichtwert, not the market value of this parcel"
    )
    publication_objection: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="The owner objected to publication (§200(3) BauGB)"
    )
    publication_announced_on: Mapped[date | None]
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=False)
    geom_3857: Mapped[Any] = mapped_column(
        Geometry("MULTIPOLYGON", srid=WEB_MERCATOR_SRID, spatial_index=False),
        Computed("ST_Transform(geom, 3857)", persisted=True),
        nullable=True,
        comment="Shape in EPSG:3857, for tiles",
    )


class ParcelOwner(Recorded, Base):
    """Owner of a parcel: confidential, read with a reason only."""

    __tablename__ = "parcel_owners"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcels.id"), index=True)
    name: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="")
    share: Mapped[str] = mapped_column(server_default="1/1")


class Occupancy(Recorded, Base):
    """Belegung: what holds a parcel for a span of time."""

    __tablename__ = "occupancies"
    __table_args__ = (
        one_of("kind", OccupancyKind),
        span_not_empty("during"),
        ExcludeConstraint(
            ("parcel_id", "="),
            ("during", "&&"),
            where=text("kind = 'reserved'"),
            using="gist",
            name="excl_occupancies_reserved",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcels.id"), index=True)
    kind: Mapped[str]
    during: Mapped[Range[date]] = mapped_column(DATERANGE, comment="Open end: the end is not known")
    office: Mapped[str] = mapped_column(server_default="", comment="Responsible office")
    holder: Mapped[str | None] = mapped_column(comment="Confidential: tenant, buyer, who reserved")
    note: Mapped[str | None] = mapped_column(comment="Confidential")
