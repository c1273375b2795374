"""Tables of transit scenarios: what would be if there were other stops and lines."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Text, UniqueConstraint, func, true
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import JsonObject, Recorded, geometry_rules, one_of, point
from geo_service.transit.modes import LineKind, Mode


class ScenarioStatus(StrEnum):
    """Who sees a scenario."""

    DRAFT = "draft"
    PUBLIC = "public"
    ENDED = "ended"


class TransitScenario(Recorded, Base):
    """A set of new stops and lines whose effect on transit grades is asked for."""

    __tablename__ = "transit_scenarios"
    __table_args__ = (
        one_of("status", ScenarioStatus),
        CheckConstraint("key ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="key_form"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name_de: Mapped[str]
    name_en: Mapped[str]
    note_de: Mapped[str] = mapped_column(server_default="")
    note_en: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str] = mapped_column(
        server_default="draft", comment="draft and ended: planners only; public: everybody"
    )
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TransitScenarioStop(Base):
    """A new stop of a scenario."""

    __tablename__ = "transit_scenario_stops"
    __table_args__ = (
        *geometry_rules("transit_scenario_stops"),
        UniqueConstraint("scenario_id", "key"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    scenario_id: Mapped[int] = mapped_column(ForeignKey("transit_scenarios.id"))
    key: Mapped[str] = mapped_column(comment="Name of the stop in the courses of the scenario's lines")
    name: Mapped[str]
    geom: Mapped[Any] = mapped_column(point(), nullable=False)


class TransitScenarioLine(Base):
    """A new line of a scenario, or one that is prolonged."""

    __tablename__ = "transit_scenario_lines"
    __table_args__ = (
        one_of("mode", Mode),
        one_of("kind", LineKind),
        CheckConstraint("cardinality(stops) >= 2", name="course_present"),
        UniqueConstraint("scenario_id", "position"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    scenario_id: Mapped[int] = mapped_column(ForeignKey("transit_scenarios.id"))
    position: Mapped[int] = mapped_column(comment="Order in the scenario, from 0")
    name: Mapped[str]
    mode: Mapped[str]
    stops: Mapped[list[str]] = mapped_column(
        ARRAY(Text), comment="Course: key of a new stop, or transit_stops.stop_id of an existing one"
    )
    both_ways: Mapped[bool] = mapped_column(server_default=true())
    kind: Mapped[str] = mapped_column(
        server_default="new",
        comment="Beside the lines of today, or the line of this name prolonged or as it runs",
    )
    services: Mapped[list[JsonObject]] = mapped_column(
        JSONB, comment="List of {day_kind, window, headway_min}"
    )
