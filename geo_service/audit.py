"""Table of the audit: who changed what, when. Filled by one generic trigger (migrations).

An INSERT records only who and when: the row itself holds the content. An UPDATE records the changed columns
before and after, a DELETE the whole row. Rows that one statement inserts share an entry. The history of a row
is the entries with its ``row_id``, and those whose ``row_ids`` contain it.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB
from sqlalchemy.dialects.postgresql.ranges import MultiRange
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
    "street_networks",
    "transit_scenarios",
    "transit_scenario_stops",
    "transit_scenario_lines",
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
    """One change of one row, or the insertion of several."""

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint("(row_id IS NULL) <> (row_ids IS NULL)", name="one_row_or_several"),
        Index("ix_audit_row", "table_name", "row_id"),
        Index(
            "ix_audit_rows",
            "row_ids",
            postgresql_using="gist",
            postgresql_where=text("row_ids IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor: Mapped[str]
    request_id: Mapped[str] = mapped_column(server_default="")
    table_name: Mapped[str]
    row_id: Mapped[int | None] = mapped_column(BigInteger)
    row_ids: Mapped[MultiRange[int] | None] = mapped_column(
        INT8MULTIRANGE, comment="Ids of the rows, where one statement inserted several"
    )
    action: Mapped[str] = mapped_column(comment="insert, update or delete")
    before: Mapped[JsonObject | None] = mapped_column(JSONB)
    after: Mapped[JsonObject | None] = mapped_column(JSONB)
