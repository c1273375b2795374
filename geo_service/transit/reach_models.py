"""Tables of travel times: runs of the reference day, computations, times of places, isochrones of sites."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import JsonObject, geometry_rules, multipolygon, one_of
from geo_service.transit.models import PLACE_COMMENT, SubjectKind
from geo_service.transit.modes import Mode


class TransitPattern(Base):
    """Runs of a line along one sequence of stops on the feed's reference working day.

    Runs of the day before that last past midnight, and those of the next day that start before 3:00, are
    among them with their times moved to this day.
    """

    __tablename__ = "transit_patterns"
    __table_args__ = (
        one_of("mode", Mode),
        CheckConstraint(
            "cardinality(stop_pks) > 1 AND cardinality(boards) = cardinality(stop_pks) "
            "AND cardinality(alights) = cardinality(stop_pks) "
            "AND length(times) = 8 * runs * cardinality(stop_pks)",
            name="pattern_complete",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("transit_feeds.id"), index=True)
    line: Mapped[str] = mapped_column(comment="Line as passengers know it")
    mode: Mapped[str]
    stop_pks: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), comment="Stops in the area in their order (transit_stops.id)"
    )
    boards: Mapped[list[bool]] = mapped_column(ARRAY(Boolean), comment="Passengers may board there")
    alights: Mapped[list[bool]] = mapped_column(ARRAY(Boolean), comment="Passengers may alight there")
    runs: Mapped[int]
    times: Mapped[bytes] = mapped_column(
        BYTEA, comment="runs x stops x (arrival, departure): little-endian 32-bit seconds of the day"
    )


class TransitReachRun(Base):
    """One computation of travel times: window, rules, destinations, and the timetables behind it."""

    __tablename__ = "transit_reach_runs"
    __table_args__ = (
        CheckConstraint("window_from_s >= 0 AND window_to_s > window_from_s", name="window_forward"),
        Index("uq_transit_reach_runs_window", "window_from_s", "window_to_s", unique=True),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    window_from_s: Mapped[int] = mapped_column(comment="First departure, seconds after midnight")
    window_to_s: Mapped[int] = mapped_column(comment="No departure from then on, seconds after midnight")
    rules: Mapped[JsonObject] = mapped_column(JSONB, comment="Walking speed, detour, changes and limits")
    destinations: Mapped[list[JsonObject]] = mapped_column(JSONB, comment="Key, names and place of each")
    feeds: Mapped[list[JsonObject]] = mapped_column(JSONB, comment="Name, version, day, source of each")
    network_id: Mapped[int | None] = mapped_column(comment="Streets in use; NULL: none loaded")
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TransitReach(Base):
    """Travel times from a subject to a destination over the departures of a window.

    No foreign key but that of the run: the rows of 200,000 parcels are written at once.
    """

    __tablename__ = "transit_reach"
    __table_args__ = (one_of("subject_kind", SubjectKind), Index("ix_transit_reach_run", "run_id"))

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(
        ForeignKey("transit_reach_runs.id", ondelete="CASCADE"), primary_key=True
    )
    destination: Mapped[str] = mapped_column(Text, primary_key=True)
    median_s: Mapped[int | None] = mapped_column(comment="NULL: fewer than half of the departures arrive")
    p90_s: Mapped[int | None] = mapped_column(comment="NULL: fewer than nine in ten arrive")
    share: Mapped[float] = mapped_column(comment="Share of the departures that arrive, 0 to 1")
    changes: Mapped[int | None] = mapped_column(comment="Of the median; NULL: none arrives, or on foot")
    walk_s: Mapped[int | None] = mapped_column(comment="All the way on foot; NULL: beyond the longest time")
    estimated: Mapped[bool] = mapped_column(
        server_default=true(), comment="Subject or destination meets no street: ways on foot are estimated"
    )
    place: Mapped[int | None] = mapped_column(BigInteger, comment=PLACE_COMMENT)


class TransitIsochrone(Base):
    """Area that is reached from a site within some minutes at the median of the departures."""

    __tablename__ = "transit_isochrones"
    __table_args__ = geometry_rules("transit_isochrones")

    run_id: Mapped[int] = mapped_column(
        ForeignKey("transit_reach_runs.id", ondelete="CASCADE"), primary_key=True
    )
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    minutes: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int | None] = mapped_column(BigInteger, comment=PLACE_COMMENT)
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=False)
