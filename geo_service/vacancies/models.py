"""Tables of premises (Ladenlokale) and vacancies."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Numeric, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import Recorded, Valid, geometry_rules, one_of, point, span_not_empty


class PremisesUse(StrEnum):
    """What premises may be used for without a new permit."""

    RETAIL = "retail"
    GASTRONOMY = "gastronomy"
    CRAFT = "craft"
    OFFICE = "office"
    STUDIO = "studio"
    SERVICE = "service"


class Feature(StrEnum):
    """Equipment that a winner or tenant may need."""

    EXTRACTION = "extraction"
    BARRIER_FREE = "barrier_free"
    WATER = "water"
    STORAGE = "storage"
    SHOP_WINDOW = "shop_window"


class VacancyStatus(StrEnum):
    """State of a vacancy spell."""

    VACANT = "vacant"
    THREATENED = "threatened"
    TEMPORARY_USE = "temporary_use"


class Premises(Recorded, Valid, Base):
    """A lettable unit in a building."""

    __tablename__ = "premises"
    __table_args__ = (
        *geometry_rules("premises"),
        CheckConstraint("area_m2 > 0", name="area_positive"),
        CheckConstraint("net_rent_eur_month >= 0", name="rent_not_negative"),
        CheckConstraint(
            "permitted_uses <@ ARRAY['retail','gastronomy','craft','office','studio','service']",
            name="permitted_uses_known",
        ),
        CheckConstraint(
            "features <@ ARRAY['extraction','barrier_free','water','storage','shop_window']",
            name="features_known",
        ),
        span_not_empty("valid"),
        Index("ix_premises_street_trgm", "street", postgresql_using="gin",
              postgresql_ops={"street": "gin_trgm_ops"}),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    premises_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(comment="What people call it")
    street: Mapped[str]
    house_number: Mapped[str]
    postcode: Mapped[str] = mapped_column(server_default="")
    floor: Mapped[int] = mapped_column(server_default=text("0"), comment="0 = ground floor")
    area_m2: Mapped[float] = mapped_column(comment="Lettable area")
    permitted_uses: Mapped[list[str]] = mapped_column(ARRAY(Text))
    features: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    net_rent_eur_month: Mapped[Decimal | None] = mapped_column(
        Numeric(10, 2), comment="Nettokaltmiete; confidential"
    )
    landlord: Mapped[str | None] = mapped_column(comment="Confidential")
    contact: Mapped[str | None] = mapped_column(comment="Confidential")
    note: Mapped[str | None] = mapped_column(comment="Confidential")
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcels.id"), index=True)
    district_id: Mapped[int | None] = mapped_column(ForeignKey("districts.id"), index=True)
    quarter_id: Mapped[int | None] = mapped_column(ForeignKey("quarters.id"), index=True)
    geom: Mapped[Any] = mapped_column(point(), nullable=False)


class Vacancy(Recorded, Base):
    """Leerstand: a spell of time in which premises stand empty."""

    __tablename__ = "vacancies"
    __table_args__ = (
        one_of("status", VacancyStatus),
        span_not_empty("during"),
        ExcludeConstraint(
            ("premises_id", "="), ("during", "&&"), using="gist", name="excl_vacancies_premises_during"
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    premises_id: Mapped[int] = mapped_column(ForeignKey("premises.id"), index=True)
    during: Mapped[Range[date]] = mapped_column(DATERANGE, comment="Open end: still vacant")
    status: Mapped[str] = mapped_column(server_default="vacant")
    previous_use: Mapped[str] = mapped_column(server_default="")
    temporary_use_until: Mapped[date | None]
    asking_rent_eur_month: Mapped[Decimal | None] = mapped_column(
        Numeric(10, 2), comment="Public asking rent, where the landlord agreed to show it"
    )
    note: Mapped[str | None] = mapped_column(comment="Confidential")
