"""Tables of contest rounds, winners, decisions and placements."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base
from geo_service.register import JsonObject, Recorded, one_of, span_not_empty


class DecisionKind(StrEnum):
    """What a manager decided about a pair."""

    PINNED = "pinned"
    FORBIDDEN = "forbidden"
    LOCKED = "locked"


class ContestRound(Recorded, Base):
    """A jury sitting of the contest with its grant budget."""

    __tablename__ = "contest_rounds"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    held_on: Mapped[date]
    budget_eur: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    grant_cap_eur: Mapped[Decimal] = mapped_column(Numeric(10, 2), server_default=text("15000"))
    grant_months: Mapped[int] = mapped_column(server_default=text("12"))
    weights: Mapped[JsonObject | None] = mapped_column(
        JSONB, comment="Weight per criterion of the score; NULL: the default"
    )


class Winner(Recorded, Base):
    """A contest winner looking for premises. Confidential."""

    __tablename__ = "winners"
    __table_args__ = (
        CheckConstraint("area_min_m2 > 0 AND area_max_m2 >= area_min_m2", name="area_range"),
        CheckConstraint("wanted_months > 0", name="months_positive"),
        UniqueConstraint("round_id", "name"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("contest_rounds.id"), index=True)
    name: Mapped[str] = mapped_column(comment="Name of the concept; confidential")
    concept: Mapped[str] = mapped_column(server_default="")
    contact: Mapped[str | None] = mapped_column(comment="Confidential")
    use: Mapped[str] = mapped_column(comment="Use of premises, e.g. retail")
    area_min_m2: Mapped[float]
    area_max_m2: Mapped[float]
    rent_max_eur_month: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    ground_floor_needed: Mapped[bool] = mapped_column(server_default=text("false"))
    districts: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'"), comment="Keys of districts or quarters; empty: anywhere"
    )
    features: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'"), comment="Features that the premises must have"
    )
    wished_features: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'"), comment="Features that would be welcome"
    )
    accepts_change_of_use: Mapped[bool] = mapped_column(
        server_default=text("true"), comment="Takes premises whose use must first be changed by permit"
    )
    wanted_from: Mapped[date]
    wanted_months: Mapped[int] = mapped_column(server_default=text("12"))
    other_funding: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Funded elsewhere: a grant would be double funding"
    )


class MatchDecision(Recorded, Base):
    """A manager's decision about a pair, with reason."""

    __tablename__ = "match_decisions"
    __table_args__ = (
        one_of("kind", DecisionKind),
        CheckConstraint("btrim(reason) <> ''", name="reason_given"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revoked_by_someone"),
        Index("uq_match_decisions_pair", "winner_id", "premises_id", unique=True,
              postgresql_where=text("revoked_at IS NULL")),
        Index("uq_match_decisions_winner_fixed", "winner_id", unique=True,
              postgresql_where=text("revoked_at IS NULL AND kind <> 'forbidden'")),
        Index("uq_match_decisions_premises_fixed", "premises_id", unique=True,
              postgresql_where=text("revoked_at IS NULL AND kind <> 'forbidden'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    winner_id: Mapped[int] = mapped_column(ForeignKey("winners.id"), index=True)
    premises_id: Mapped[int] = mapped_column(ForeignKey("premises.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str]
    actor: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    revoke_reason: Mapped[str | None]


class Placement(Recorded, Base):
    """A winner that ended in premises."""

    __tablename__ = "placements"
    __table_args__ = (
        span_not_empty("during"),
        UniqueConstraint("winner_id", name="uq_placements_winner"),
        ExcludeConstraint(
            ("premises_id", "="), ("during", "&&"), using="gist", name="excl_placements_premises_during"
        ),
        CheckConstraint("grant_eur >= 0", name="grant_not_negative"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    winner_id: Mapped[int] = mapped_column(ForeignKey("winners.id"))
    premises_id: Mapped[int] = mapped_column(ForeignKey("premises.id"), index=True)
    during: Mapped[Range[date]] = mapped_column(DATERANGE)
    net_rent_eur_month: Mapped[Decimal | None] = mapped_column(
        Numeric(10, 2), comment="Rent on which the grant was reckoned; confidential"
    )
    grant_eur: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    reason: Mapped[str] = mapped_column(server_default="")
    actor: Mapped[str]
    confirmed_at: Mapped[datetime] = mapped_column(server_default=func.now())
