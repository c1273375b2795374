"""Tables of stored availability results, of what they were computed from, and of what changed since."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, column, func, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import JsonObject, multipolygon, one_of


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
    run_id: Mapped[int | None] = mapped_column(comment="The run")


class Category(StrEnum):
    """What a parcel is. Source: Siedlungsflächenmonitoring NRW, domain description 3."""

    GAP = "gap"
    BROWNFIELD = "brownfield"
    COMPANY_RESERVE = "company_reserve"
    FNP_RESERVE = "fnp_reserve"
    VACANT = "vacant"
    IN_USE = "in_use"
    UNKNOWN = "unknown"


class Ground(StrEnum):
    """Whether land was used before, in the order in which it is to be used (brownfield first)."""

    BROWNFIELD = "brownfield"
    SETTLED = "settled"
    GREEN_FIELD = "green_field"
    UNKNOWN = "unknown"


class Usability(Base):
    """How usable the net land of a parcel is, what it is and might become: the second stage.

    The answers leave occupancies out, since whether land is sold, let or kept as a reserve is not public;
    the internal ones do not.
    """

    __tablename__ = "usability"
    __table_args__ = (
        one_of("category", Category),
        one_of("internal_category", Category),
        one_of("ground", Ground),
        Index("ix_usability_ground", "ground", "category"),
    )

    parcel_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="The parcel (parcels.id)"
    )
    offered_m2: Mapped[float] = mapped_column(comment="Net area without slivers")
    sliver_m2: Mapped[float] = mapped_column(comment="Net area narrower than the sliver width")
    piece_m2: Mapped[float] = mapped_column(comment="Largest connected piece of the offered land")
    circle_m: Mapped[float] = mapped_column(comment="Diameter of the largest circle in the piece")
    rectangle_length_m: Mapped[float] = mapped_column(comment="Longer side of the largest rectangle found")
    rectangle_width_m: Mapped[float] = mapped_column(comment="Shorter side of it")
    frontage_m: Mapped[float | None] = mapped_column(comment="Metres along streets; NULL: not known")
    category: Mapped[str]
    category_rule: Mapped[str] = mapped_column(
        comment="Rule that gave it (data/availability/categories.toml)"
    )
    ground: Mapped[str]
    ground_rule: Mapped[str]
    potential_use: Mapped[str]
    potential_use_rule: Mapped[str]
    target_group: Mapped[str]
    target_group_rule: Mapped[str]
    internal_category: Mapped[str]
    internal_category_rule: Mapped[str]
    internal_target_group: Mapped[str]
    internal_target_group_rule: Mapped[str]
    offered: Mapped[bool] = mapped_column(comment="Land on offer, by category")
    internal_offered: Mapped[bool] = mapped_column(comment="Land on offer, by internal_category")
    shape_key: Mapped[int | None] = mapped_column(
        BigInteger, comment="Fingerprint of what the figures depend on; NULL: compute them anew"
    )
    computed_at: Mapped[datetime] = mapped_column(comment="Computation of the availability it belongs to")


class Basis(StrEnum):
    """What a figure of capacity rests on: the plan's own values, § 17 BauNVO, both in parts, nothing."""

    STATED = "stated"
    ORIENTATION_VALUE = "orientation_value"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class Capacity(Base):
    """What may be built on a parcel and what is left of it, as of one date: the result kept for lists.

    NULL: not known. A basis of ``orientation_value`` rests on § 17 BauNVO instead of the plan's own values.
    """

    __tablename__ = "capacities"
    __table_args__ = (
        one_of("allowed_footprint_basis", Basis),
        one_of("allowed_floor_basis", Basis),
        Index("ix_capacities_left", "left_floor_m2"),
    )

    parcel_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="The parcel (parcels.id)"
    )
    as_of: Mapped[date]
    built: Mapped[bool | None] = mapped_column(comment="A building stands there; NULL: not known")
    plan_share: Mapped[float] = mapped_column(comment="Share of the parcel in building areas of plans")
    plan_in_force: Mapped[bool | None] = mapped_column(comment="All plans it rests on are; NULL: no plan")
    allowed_footprint_m2: Mapped[float | None] = mapped_column(comment="GRZ x plot area")
    allowed_footprint_basis: Mapped[str]
    allowed_floor_m2: Mapped[float | None] = mapped_column(comment="Least of GFZ and storeys")
    allowed_floor_basis: Mapped[str]
    built_footprint_m2: Mapped[float | None] = mapped_column(comment="Ground under buildings")
    built_floor_m2: Mapped[float | None] = mapped_column(comment="Storeys x footprint")
    left_footprint_m2: Mapped[float | None] = mapped_column(comment="Densification")
    left_floor_m2: Mapped[float | None] = mapped_column(comment="All floor area left")
    left_stacking_m2: Mapped[float | None] = mapped_column(comment="The part of it on top of what stands")
    exceeds_plan: Mapped[bool | None] = mapped_column(comment="More stands there than the plan would allow")
    parts: Mapped[list[JsonObject]] = mapped_column(JSONB, comment="Building areas it rests on")
    computed_at: Mapped[datetime] = mapped_column(comment="Computation of the availability it belongs to")


class AvailabilityRun(Base):
    """What stored results were computed from: day, rules, program, and the state of the register."""

    __tablename__ = "availability_runs"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    as_of: Mapped[date]
    preset: Mapped[str]
    known_on: Mapped[date] = mapped_column(comment="Day up to which the register was known")
    rules: Mapped[JsonObject] = mapped_column(JSONB, comment="Order, slivers")
    program: Mapped[str] = mapped_column(comment="Digest of the computing program")
    snapshot: Mapped[str] = mapped_column(comment="pg_current_snapshot() of what was read")
    actor: Mapped[str]
    parcels: Mapped[int] = mapped_column(comment="Parcels with a result")
    recomputed: Mapped[int] = mapped_column(comment="Those that this run computed")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class AvailabilityMark(Base):
    """Something changed there after results were stored. Written by a trigger, removed by the next run."""

    __tablename__ = "availability_marks"
    __table_args__ = (
        CheckConstraint("(parcel_id IS NULL) <> (area IS NULL)", name="one_place"),
        Index("ix_availability_marks_area", "area", postgresql_using="gist"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    cause: Mapped[str] = mapped_column(comment="Table that changed")
    parcel_id: Mapped[int | None] = mapped_column(index=True, comment="Parcel whose result no longer holds")
    area: Mapped[Any | None] = mapped_column(
        multipolygon(), comment="Parcels that meet it: their results no longer hold"
    )
    at: Mapped[datetime] = mapped_column(server_default=func.now())


STALE: Final = table("stale_parcels", column("parcel_id"), column("mark_id"), column("cause"), column("at"))
"""View: each mark with each parcel that it concerns, as the cadastre stands now."""
