"""Table of inquiries (Anfragen): what a company is looking for. Confidential."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Identity, Numeric, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import Recorded, one_of


class InquiryStatus(StrEnum):
    """Where an inquiry stands."""

    OPEN = "open"
    SERVED = "served"
    UNMET = "unmet"
    WITHDRAWN = "withdrawn"


class InquirySubject(StrEnum):
    """What is looked for."""

    LAND = "land"
    PREMISES = "premises"


class Wishable(StrEnum):
    """Requirements that may be a wish instead of a must."""

    AREA = "area"
    USE = "use"
    DATE = "date"
    TRANSIT = "transit"
    DISTRICT = "district"
    RENT = "rent"
    PRICE = "price"


class Inquiry(Recorded, Base):
    """Requirements of a company or investor."""

    __tablename__ = "inquiries"
    __table_args__ = (
        one_of("status", InquiryStatus),
        one_of("subject", InquirySubject),
        CheckConstraint("area_min_m2 >= 0 AND area_max_m2 >= area_min_m2", name="area_range"),
        CheckConstraint(
            "wishes <@ ARRAY['area','use','date','transit','district','rent','price']", name="wishes_known"
        ),
        CheckConstraint("horizon_max IN ('now','short','mid','long')", name="horizon_max_known"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    received_on: Mapped[date]
    requester: Mapped[str] = mapped_column(comment="Confidential")
    contact: Mapped[str | None] = mapped_column(comment="Confidential")
    subject: Mapped[str]
    use: Mapped[str] = mapped_column(comment="BauNVO short form for land, use of premises otherwise")
    area_min_m2: Mapped[float]
    area_max_m2: Mapped[float]
    needed_by: Mapped[date | None]
    horizon_max: Mapped[str | None] = mapped_column(comment="Latest horizon, where no date is named")
    transit_grade_min: Mapped[str | None]
    districts: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'"), comment="Keys; empty: anywhere"
    )
    rent_max_eur_month: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    price_max_eur_per_m2: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    wishes: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'"), comment="Requirements that are wishes; the others are musts"
    )
    status: Mapped[str] = mapped_column(server_default="open")
    outcome: Mapped[str] = mapped_column(server_default="", comment="Why served or not")
    note: Mapped[str | None] = mapped_column(comment="Confidential")
