"""Table of the audit: who changed what, when. Filled by one generic trigger (migrations).

An INSERT records only who and when: the row itself holds the content. An UPDATE records the changed columns
before and after, a DELETE the whole row. Bulk writes fire the trigger once per statement.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import JsonObject

AUDITED_TABLES = (
    "districts",
    "quarters",
    "parcels",
    "parcel_owners",
    "occupancies",
    "restrictions",
    "development_plans",
    "plan_areas",
    "land_use_areas",
    "buildings",
    "premises",
    "vacancies",
    "sites",
    "plots",
    "phases",
    "milestones",
    "transit_feeds",
    "contest_rounds",
    "winners",
    "match_decisions",
    "placements",
    "inquiries",
    "users",
    "api_tokens",
)
"""Tables that carry the audit trigger."""


class AuditEntry(Base):
    """One change of one row."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_row", "table_name", "row_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor: Mapped[str]
    request_id: Mapped[str] = mapped_column(server_default="")
    table_name: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(comment="insert, update or delete")
    before: Mapped[JsonObject | None] = mapped_column(JSONB)
    after: Mapped[JsonObject | None] = mapped_column(JSONB)
