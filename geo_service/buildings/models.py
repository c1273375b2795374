"""Table of buildings."""

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Identity
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import Recorded, Valid, geometry_rules, multipolygon, one_of, span_not_empty


class BuildingKind(StrEnum):
    """What the cadastre draws among the buildings.

    Source: AdV, "ALKIS vereinfachtes Schema", GebaeudeBauwerk.gebnutzbez.
    """

    BUILDING = "building"
    PART = "part"
    STRUCTURE = "structure"


class Building(Recorded, Valid, Base):
    """Gebäude, Bauteil or Bauwerk: what stands on the land.

    ``storeys`` counts the full storeys above ground: 0 for what lies below it, NULL where nobody says.
    """

    __tablename__ = "buildings"
    __table_args__ = (
        *geometry_rules("buildings"),
        one_of("kind", BuildingKind),
        span_not_empty("valid"),
        CheckConstraint("storeys BETWEEN 0 AND 200", name="storeys_range"),
        CheckConstraint("built_year BETWEEN 800 AND 2200", name="built_year_range"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    building_key: Mapped[str] = mapped_column(
        unique=True, comment="Key in the supplier's data, e.g. ALKIS oid"
    )
    kind: Mapped[str] = mapped_column(server_default=BuildingKind.BUILDING.value)
    function: Mapped[str] = mapped_column(server_default="", comment="Gebäudefunktion as supplied")
    storeys: Mapped[int | None] = mapped_column(comment="Full storeys above ground; NULL: not known")
    built_year: Mapped[int | None] = mapped_column(comment="Year of construction; NULL: not known")
    geom: Mapped[Any] = mapped_column(multipolygon(), nullable=False)
