"""Table of stored availability results."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import JsonObject, one_of


class Horizon(StrEnum):
    """When a parcel can be had, relative to the asked date."""

    NOW = "now"
    SHORT = "short"
    MID = "mid"
    LONG = "long"
    UNDETERMINED = "undetermined"


class Availability(Base):
    """What of a parcel can be had, and from when, as of one date: the result kept for maps and lists."""

    __tablename__ = "availability"
    __table_args__ = (
        one_of("horizon", Horizon),
        Index("ix_availability_horizon", "horizon", "net_m2"),
    )

    # no foreign key: checking it would lock every parcel at each refresh; parcels are ended, never deleted
    parcel_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="The parcel (parcels.id)"
    )
    as_of: Mapped[date]
    preset: Mapped[str]
    gross_m2: Mapped[float]
    net_m2: Mapped[float]
    estimated_m2: Mapped[float] = mapped_column(comment="Part of the deductions that is an estimate")
    largest_piece_m2: Mapped[float | None]
    severity: Mapped[str]
    horizon: Mapped[str]
    available_from: Mapped[date | None]
    items: Mapped[list[JsonObject]] = mapped_column(JSONB, comment="Waterfall")
    chain: Mapped[list[JsonObject]] = mapped_column(JSONB, comment="Blocking chain")
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())
