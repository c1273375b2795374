"""Tables of restrictions, of development plans with their building areas, and of the land-use plan."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import Recorded, Valid, geometry_rules, multipolygon, one_of, span_not_empty


class Effect(StrEnum):
    """What a restriction does to a parcel."""

    EXCLUDES = "excludes"
    DELAYS = "delays"
    REDUCES = "reduces"


class RestrictionKind(StrEnum):
    """Kinds of restriction, in the order in which excluding ones are deducted by default."""

    WATER = "water"
    FLOOD_ZONE = "flood_zone"
    CONSERVATION_AREA = "conservation_area"
    RAIL_CLEARANCE = "rail_clearance"
    LINE_CLEARANCE = "line_clearance"
    ROAD_WIDENING = "road_widening"
    PROTECTED_MONUMENT = "protected_monument"
    EXISTING_BUILDING = "existing_building"
    NOT_BUILDABLE = "not_buildable"
    ESTIMATED_SHARE = "estimated_share"
    CONTAMINATION = "contamination"
    MISSING_DEVELOPMENT = "missing_development"
    ORDNANCE_CLEARANCE = "ordnance_clearance"
    OWNER_UNWILLING = "owner_unwilling"
    PLAN_NOT_IN_FORCE = "plan_not_in_force"
    OTHER = "other"


class Severity(StrEnum):
    """How hard a restriction is to overcome (Ruhr area monitoring)."""

    UNRESTRICTED = "unrestricted"
    LIGHT = "light"
    SEVERE = "severe"


class Restriction(Recorded, Valid, Base):
    """Something that takes area away, delays it or makes it dearer.

    ``valid`` says on which days it holds; the upper bound of a delay is the day from which the land is free
    of it, an open upper bound means that nobody knows.
    """

    __tablename__ = "restrictions"
    __table_args__ = (
        *geometry_rules("restrictions"),
        one_of("kind", RestrictionKind),
        one_of("effect", Effect),
        one_of("severity", Severity),
        span_not_empty("valid"),
        CheckConstraint(
            "(effect = 'reduces') = (reduction_share IS NOT NULL)", name="share_only_when_reducing"
        ),
        CheckConstraint("kind <> 'owner_unwilling' OR effect = 'delays'", name="owner_only_delays"),
        CheckConstraint("reduction_share > 0 AND reduction_share <= 1", name="share_in_range"),
        Index("ix_restrictions_kind", "kind"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    restriction_key: Mapped[str] = mapped_column(unique=True, comment="Key in the supplier's data")
    kind: Mapped[str]
    effect: Mapped[str]
    severity: Mapped[str]
    title: Mapped[str]
    reduction_share: Mapped[float | None] = mapped_column(comment="Estimated share of area lost, 0 to 1")
    office: Mapped[str] = mapped_column(server_default="", comment="Responsible office")
    legal_basis: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str | None] = mapped_column(comment="Confidential")
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=False)


class DevelopmentPlan(Recorded, Valid, Base):
    """Bebauungsplan: outline and Rechtsstand."""

    __tablename__ = "development_plans"
    __table_args__ = (
        *geometry_rules("development_plans"),
        span_not_empty("valid"),
        CheckConstraint("legal_status BETWEEN 1000 AND 9999", name="legal_status_code"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    plan_key: Mapped[str] = mapped_column(unique=True, comment="Number of the plan, e.g. Hu 148")
    name: Mapped[str]
    legal_status: Mapped[int] = mapped_column(comment="XPlanung BP_Rechtsstand; 4000 = in force")
    in_force_on: Mapped[date | None] = mapped_column(comment="Day in force, expected day below 4000")
    office: Mapped[str] = mapped_column(server_default="", comment="Responsible office")
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=False)


class PlanArea(Base):
    """Building area (Baugebiet) of a development plan with its permitted use and density."""

    __tablename__ = "plan_areas"
    __table_args__ = (
        *geometry_rules("plan_areas"),
        CheckConstraint("grz BETWEEN 0 AND 1", name="grz_range"),
        CheckConstraint("gfz >= 0", name="gfz_range"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("development_plans.id"), index=True)
    zone_code: Mapped[int | None] = mapped_column(comment="XPlanung Baugebiet, e.g. 1700 = GE")
    zone: Mapped[str] = mapped_column(comment="BauNVO short form, e.g. GE")
    grz: Mapped[float | None]
    gfz: Mapped[float | None]
    max_storeys: Mapped[int | None]
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=False)


class LandUse(StrEnum):
    """What the land-use plan shows (Art der Bauflächen, § 1 (1) BauNVO).

    Wohnbauflächen, gemischte, gewerbliche and Sonderbauflächen; other: everything that is no building land.
    """

    HOUSING = "housing"
    MIXED = "mixed"
    COMMERCIAL = "commercial"
    SPECIAL = "special"
    OTHER = "other"


class LandUseArea(Recorded, Valid, Base):
    """Fläche des Flächennutzungsplans: what the whole city intends, without a right to build."""

    __tablename__ = "land_use_areas"
    __table_args__ = (*geometry_rules("land_use_areas"), one_of("use", LandUse), span_not_empty("valid"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    area_key: Mapped[str] = mapped_column(unique=True, comment="Key in the supplier's data")
    use: Mapped[str] = mapped_column(comment="Art der Bauflächen")
    name: Mapped[str] = mapped_column(server_default="", comment="As the plan names it")
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=False)
