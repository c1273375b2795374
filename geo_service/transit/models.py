"""Tables of transit feeds, stops, departures, stop grades and stored grades of parcels and premises."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, DATERANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import JsonObject, Recorded, geometry_rules, linestring, one_of, point
from geo_service.transit.modes import Mode


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
    content_hash: Mapped[str] = mapped_column(comment="SHA-256 of the file, and of the options that shape it")
    file_name: Mapped[str] = mapped_column(server_default="")
    publisher: Mapped[str] = mapped_column(server_default="")
    feed_version: Mapped[str] = mapped_column(server_default="")
    service: Mapped[Range[date]] = mapped_column(
        DATERANGE, comment="Days that the calendar covers; its first day is bit 0 of transit_departures.days"
    )
    weekday: Mapped[date] = mapped_column(comment="Reference working day")
    saturday: Mapped[date | None]
    sunday: Mapped[date | None]
    is_current: Mapped[bool] = mapped_column(server_default=text("true"))
    ended_at: Mapped[datetime | None] = mapped_column(comment="When a newer version replaced this one")
    report: Mapped[JsonObject] = mapped_column(JSONB, comment="Counts and warnings of the import")


class TransitFeedFile(Base):
    """The rows of one file of a version of a feed, to compare the next version with."""

    __tablename__ = "transit_feed_files"

    feed_id: Mapped[int] = mapped_column(ForeignKey("transit_feeds.id"), primary_key=True)
    file: Mapped[str] = mapped_column(primary_key=True, comment="Such as stop_times.txt")
    rows: Mapped[int] = mapped_column(comment="Rows in the file")
    digests: Mapped[bytes] = mapped_column(
        BYTEA, comment="Taken rows x (key, content): little-endian 64-bit digests, sorted by key"
    )


class TransitTransfer(Base):
    """A row of transfers.txt that concerns the area: kept, nothing is computed from it."""

    __tablename__ = "transit_transfers"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("transit_feeds.id"), index=True)
    from_stop_id: Mapped[str] = mapped_column(comment="As in the feed, like all ids here; empty: not given")
    to_stop_id: Mapped[str]
    from_trip_id: Mapped[str]
    to_trip_id: Mapped[str]
    from_route_id: Mapped[str]
    to_route_id: Mapped[str]
    transfer_type: Mapped[int] = mapped_column(SmallInteger, comment="0 to 5 as in GTFS; blank is 0")
    min_transfer_s: Mapped[int | None] = mapped_column(comment="min_transfer_time, seconds")


class TransitStop(Base):
    """A stop as passengers know it: a station, or the poles of one name on both sides of a street."""

    __tablename__ = "transit_stops"
    __table_args__ = (*geometry_rules("transit_stops"), UniqueConstraint("feed_id", "stop_id"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("transit_feeds.id"))
    stop_id: Mapped[str] = mapped_column(
        comment="Id of the parent station, IFOPT stem, or least id of the group"
    )
    name: Mapped[str]
    member_ids: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="stop_id of its platforms in the feed")
    modes: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="Modes that depart here on any day")
    lines: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="Lines that depart here on any day")
    geom: Mapped[Any] = mapped_column(point(), nullable=False)


class TransitDeparture(Base):
    """Departures of one line in one direction from one platform towards one next stop.

    Each row holds the departures of those days on which all of them run.
    """

    __tablename__ = "transit_departures"
    __table_args__ = (
        one_of("mode", Mode),
        CheckConstraint("cardinality(departure_s) > 0", name="departures_present"),
        Index("ix_transit_departures_stop", "stop_pk"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("transit_feeds.id"), index=True)
    stop_pk: Mapped[int] = mapped_column(ForeignKey("transit_stops.id"))
    platform_id: Mapped[str] = mapped_column(comment="stop_id in the feed")
    mode: Mapped[str]
    route_type: Mapped[int] = mapped_column(comment="GTFS route type as in the feed")
    line: Mapped[str] = mapped_column(comment="Line as passengers know it")
    direction: Mapped[int] = mapped_column(comment="0 or 1, along the line")
    next_stop_id: Mapped[str] = mapped_column(comment="Stop served next, as transit_stops.stop_id")
    headsign: Mapped[str] = mapped_column(server_default="")
    days: Mapped[bytes] = mapped_column(
        BYTEA, comment="Bit n (get_bit): the departures run n days after the first day of the feed"
    )
    departure_s: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), comment="Seconds after the service day's start, sorted; may exceed 86,400"
    )


WINDOW_COMMENT = "Name of the time of day and kind of day, such as evening; day: the method's own"
PLACE_COMMENT = "Hash of the place that was looked at: another one is somewhere else"


class TransitRun(Base):
    """What the stored answers of a method in a time of day were computed from.

    The view ``transit_state`` (`freshness.STATE`) tells of each whether timetables or streets have changed.
    """

    __tablename__ = "transit_runs"

    method: Mapped[str] = mapped_column(primary_key=True)
    time_window: Mapped[str] = mapped_column(primary_key=True, comment=WINDOW_COMMENT)
    day_kind: Mapped[str]
    window_from_s: Mapped[int] = mapped_column(comment="Seconds after midnight")
    window_to_s: Mapped[int] = mapped_column(comment="Seconds after midnight, excluded")
    days: Mapped[JsonObject] = mapped_column(JSONB, comment="Day that was counted by name of the feed")
    feeds: Mapped[list[int]] = mapped_column(ARRAY(Integer), comment="Their ids, rising")
    network_id: Mapped[int | None] = mapped_column(comment="Streets in use; NULL: none loaded")
    stops: Mapped[int]
    graded_stops: Mapped[int] = mapped_column(comment="Stops with a category")
    program: Mapped[str] = mapped_column(comment="Digest of the computing program")
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TransitStopGrade(Base):
    """Category of a stop by one method on the reference day, with the departures that gave it."""

    __tablename__ = "transit_stop_grades"

    stop_pk: Mapped[int] = mapped_column(ForeignKey("transit_stops.id"), primary_key=True)
    method: Mapped[str] = mapped_column(primary_key=True)
    time_window: Mapped[str] = mapped_column(primary_key=True, server_default="day", comment=WINDOW_COMMENT)
    day: Mapped[date] = mapped_column(comment="Day that was counted")
    window_from_s: Mapped[int] = mapped_column(comment="Seconds after midnight, counted")
    window_to_s: Mapped[int] = mapped_column(comment="Seconds after midnight, no longer counted")
    mode_group: Mapped[str] = mapped_column(comment="Group of the method that gave the category")
    category: Mapped[str | None] = mapped_column(comment="NULL: too few departures for the lowest category")
    departures: Mapped[float] = mapped_column(comment="Departures per direction of that group")
    headway_min: Mapped[float] = mapped_column(comment="Minutes between two departures in one direction")
    evidence: Mapped[list[JsonObject]] = mapped_column(JSONB, comment="Every mode group with its lines")
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TransitAccess(Base):
    """Stored grade of a subject by one method: the stop that gave it, the next best, the nearest stops.

    Distances are straight lines in metres from the nearest point of the subject; ways on foot are walked
    (``walk_kind``). Only ``stop_pk`` is a foreign key: checking more for 200,000 parcels would take longer
    than computing them; stops are kept.
    """

    __tablename__ = "transit_access"
    __table_args__ = (
        one_of("subject_kind", SubjectKind),
        Index("ix_transit_access_grade", "subject_kind", "method", "grade"),
    )

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(primary_key=True)
    time_window: Mapped[str] = mapped_column(primary_key=True, server_default="day", comment=WINDOW_COMMENT)
    grade: Mapped[str | None] = mapped_column(comment="NULL: below the method's lowest class")
    category: Mapped[str | None]
    access_index: Mapped[float | None] = mapped_column(comment="Access index of PTAL; NULL by other methods")
    stop_pk: Mapped[int | None] = mapped_column(ForeignKey("transit_stops.id"), index=True)
    distance_m: Mapped[float | None]
    next_grade: Mapped[str | None] = mapped_column(comment="Grade by the best other stop")
    next_stop_pk: Mapped[int | None]
    next_distance_m: Mapped[float | None]
    rail_stop_pk: Mapped[int | None] = mapped_column(
        comment="Nearest stop of trains: S-Bahn, regional, long-distance"
    )
    rail_distance_m: Mapped[float | None]
    tram_stop_pk: Mapped[int | None] = mapped_column(
        comment="Nearest stop of Stadtbahn, tram, U-Bahn or suspension railway",
    )
    tram_distance_m: Mapped[float | None]
    bus_stop_pk: Mapped[int | None] = mapped_column(comment="Nearest bus stop")
    bus_distance_m: Mapped[float | None]
    walk_kind: Mapped[str | None] = mapped_column(
        comment="How ways on foot were measured: street_network or detour_factor; NULL: not measured"
    )
    walk_m: Mapped[float | None] = mapped_column(comment="Way on foot to stop_pk; NULL: none within reach")
    next_walk_m: Mapped[float | None] = mapped_column(comment="The same to next_stop_pk")
    rail_walk_m: Mapped[float | None] = mapped_column(comment="The same to rail_stop_pk")
    tram_walk_m: Mapped[float | None]
    bus_walk_m: Mapped[float | None]
    rail_foot_stop_pk: Mapped[int | None] = mapped_column(comment="Stop of trains with the shortest way")
    rail_foot_m: Mapped[float | None]
    tram_foot_stop_pk: Mapped[int | None]
    tram_foot_m: Mapped[float | None]
    bus_foot_stop_pk: Mapped[int | None]
    bus_foot_m: Mapped[float | None]
    place: Mapped[int | None] = mapped_column(BigInteger, comment=PLACE_COMMENT)
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WalkKind(StrEnum):
    """How walking distances were measured."""

    STREET_NETWORK = "street_network"
    DETOUR_FACTOR = "detour_factor"


class StreetNetwork(Recorded, Base):
    """One import of streets; only the edges of the current one are kept."""

    __tablename__ = "street_networks"
    __table_args__ = (
        Index("uq_street_networks_current", "is_current", unique=True, postgresql_where=text("is_current")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    content_hash: Mapped[str] = mapped_column(comment="SHA-256 of the file, and of the options that shape it")
    file_name: Mapped[str] = mapped_column(server_default="")
    licence: Mapped[str] = mapped_column(
        server_default="", comment="Under which it may be used; empty: not said"
    )
    is_current: Mapped[bool] = mapped_column(server_default=text("true"))
    ended_at: Mapped[datetime | None] = mapped_column(comment="When a newer import replaced this one")
    report: Mapped[JsonObject] = mapped_column(JSONB, comment="Counts and notices of the import")


class StreetEdge(Base):
    """A stretch of street between two nodes; streets connect at nodes of one number and nowhere else."""

    __tablename__ = "street_edges"
    __table_args__ = geometry_rules("street_edges")

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    network_id: Mapped[int] = mapped_column(ForeignKey("street_networks.id"), index=True)
    way_id: Mapped[str] = mapped_column(comment="Key in the supplier's data")
    street_class: Mapped[str] = mapped_column(server_default="", comment="As the supplier writes it")
    name: Mapped[str] = mapped_column(server_default="")
    walkable: Mapped[bool] = mapped_column(comment="By the rules in data/walking/foot.toml")
    start_node: Mapped[int] = mapped_column(BigInteger, comment="Number of the node in its network")
    end_node: Mapped[int] = mapped_column(BigInteger)
    start_barrier: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Nobody passes the node there"
    )
    end_barrier: Mapped[bool] = mapped_column(server_default=text("false"))
    geom: Mapped[Any] = mapped_column(linestring(), nullable=False)
