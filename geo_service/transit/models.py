"""Tables of transit feeds, stops, departures and stored grades."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from psycopg.types.range import Range
from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import JsonObject, Recorded, geometry_rules, one_of, point


class DayKind(StrEnum):
    """Reference days of a feed."""

    WEEKDAY = "weekday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class SubjectKind(StrEnum):
    """What a transit answer is about."""

    PARCEL = "parcel"
    PLOT = "plot"
    SITE = "site"
    PREMISES = "premises"


class TransitFeed(Recorded, Base):
    """One version of a GTFS feed."""

    __tablename__ = "transit_feeds"
    __table_args__ = (
        Index("uq_transit_feeds_current", "name", unique=True, postgresql_where=text("is_current")),
        UniqueConstraint("name", "content_hash"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(comment="Name under which versions follow each other")
    content_hash: Mapped[str] = mapped_column(comment="SHA-256 of the file")
    publisher: Mapped[str] = mapped_column(server_default="")
    feed_version: Mapped[str] = mapped_column(server_default="")
    service: Mapped[Range[date]] = mapped_column(DATERANGE, comment="Days that the calendar covers")
    weekday: Mapped[date] = mapped_column(comment="Reference working day")
    saturday: Mapped[date | None]
    sunday: Mapped[date | None]
    is_current: Mapped[bool] = mapped_column(server_default=text("true"))
    report: Mapped[JsonObject] = mapped_column(JSONB, comment="Counts and warnings of the import")


class TransitStop(Base):
    """A stop, platform or station of a feed."""

    __tablename__ = "transit_stops"
    __table_args__ = (*geometry_rules("transit_stops"), UniqueConstraint("feed_id", "stop_id"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("transit_feeds.id"))
    stop_id: Mapped[str] = mapped_column(comment="Id in the feed")
    name: Mapped[str]
    station_key: Mapped[str] = mapped_column(comment="Groups the platforms of one station")
    geom: Mapped[Any] = mapped_column(point(), nullable=False)


class TransitDeparture(Base):
    """Departures of one line in one direction from one stop on one reference day."""

    __tablename__ = "transit_departures"
    __table_args__ = (
        one_of("day_kind", DayKind),
        CheckConstraint("cardinality(departure_s) > 0", name="departures_present"),
        Index("ix_transit_departures_stop", "stop_pk"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("transit_feeds.id"), index=True)
    stop_pk: Mapped[int] = mapped_column(ForeignKey("transit_stops.id"))
    day_kind: Mapped[str]
    mode_group: Mapped[str] = mapped_column(comment="rail, tram, bus, ship, cable")
    route_type: Mapped[int] = mapped_column(comment="GTFS route type as in the feed")
    line: Mapped[str] = mapped_column(comment="Line as passengers know it")
    direction: Mapped[int] = mapped_column(comment="0 or 1; -1 where the feed does not say")
    headsign: Mapped[str] = mapped_column(server_default="")
    departure_s: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), comment="Seconds after the service day's start, sorted; may exceed 86,400"
    )


class TransitAccess(Base):
    """Stored grade of a subject by one method, with its evidence."""

    __tablename__ = "transit_access"
    __table_args__ = (
        one_of("subject_kind", SubjectKind),
        Index("ix_transit_access_grade", "subject_kind", "method", "grade"),
    )

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(primary_key=True)
    grade: Mapped[str | None] = mapped_column(comment="NULL: below the method's lowest class")
    category: Mapped[str | None]
    stop_pk: Mapped[int | None] = mapped_column(ForeignKey("transit_stops.id"), index=True)
    distance_m: Mapped[float | None]
    evidence: Mapped[JsonObject] = mapped_column(JSONB)
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())
