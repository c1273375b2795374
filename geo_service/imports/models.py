"""Table of finished imports: the freshness of each source."""

from datetime import datetime

from sqlalchemy import Identity, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import JsonObject


class ImportRun(Base):
    """One import that was applied, in the same transaction as its rows."""

    __tablename__ = "import_runs"
    __table_args__ = (Index("ix_import_runs_kind", "kind", "applied_at"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(comment="parcels, restrictions, ..., gtfs, demo")
    file_name: Mapped[str]
    content_hash: Mapped[str] = mapped_column(comment="SHA-256")
    actor: Mapped[str]
    counts: Mapped[JsonObject] = mapped_column(JSONB, comment="new, changed, unchanged, rejected")
    applied_at: Mapped[datetime] = mapped_column(server_default=func.now())
