"""Matching and inquiries: weights, wishes, decisions that cannot contradict each other.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXTS = postgresql.ARRAY(sa.Text())
FIXED = sa.text("revoked_at IS NULL AND kind <> 'forbidden'")


def upgrade() -> None:
    op.add_column(
        "contest_rounds",
        sa.Column(
            "weights",
            postgresql.JSONB(astext_type=sa.Text()),
            comment="Weight per criterion of the score; NULL: the default",
        ),
    )
    op.alter_column("winners", "features", comment="Features that the premises must have")
    op.add_column(
        "winners",
        sa.Column(
            "wished_features",
            TEXTS,
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Features that would be welcome",
        ),
    )
    op.add_column(
        "winners",
        sa.Column(
            "accepts_change_of_use",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="Takes premises whose use must first be changed by permit",
        ),
    )
    _decisions()
    _placements()
    _inquiries()


def _decisions() -> None:
    op.add_column("match_decisions", sa.Column("revoked_by", sa.Text()))
    op.add_column("match_decisions", sa.Column("revoke_reason", sa.Text()))
    op.create_check_constraint(
        op.f("ck_match_decisions_reason_given"), "match_decisions", "btrim(reason) <> ''"
    )
    op.create_check_constraint(
        op.f("ck_match_decisions_revoked_by_someone"),
        "match_decisions",
        "(revoked_at IS NULL) = (revoked_by IS NULL)",
    )
    op.create_index(
        "uq_match_decisions_pair",
        "match_decisions",
        ["winner_id", "premises_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    for side in ("winner", "premises"):
        op.create_index(
            f"uq_match_decisions_{side}_fixed",
            "match_decisions",
            [f"{side}_id"],
            unique=True,
            postgresql_where=FIXED,
        )


def _placements() -> None:
    op.add_column(
        "placements",
        sa.Column(
            "net_rent_eur_month",
            sa.Numeric(10, 2),
            comment="Rent on which the grant was reckoned; confidential",
        ),
    )
    op.add_column("placements", sa.Column("reason", sa.Text(), server_default="", nullable=False))


def _inquiries() -> None:
    op.add_column(
        "inquiries",
        sa.Column("horizon_max", sa.Text(), comment="Latest horizon, where no date is named"),
    )
    op.add_column(
        "inquiries",
        sa.Column(
            "wishes",
            TEXTS,
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Requirements that are wishes; the others are musts",
        ),
    )
    op.create_check_constraint(
        op.f("ck_inquiries_horizon_max_known"), "inquiries", "horizon_max IN ('now','short','mid','long')"
    )
    op.create_check_constraint(
        op.f("ck_inquiries_wishes_known"),
        "inquiries",
        "wishes <@ ARRAY['area','use','date','transit','district','rent','price']",
    )


def downgrade() -> None:
    for name in ("wishes_known", "horizon_max_known"):
        op.drop_constraint(op.f(f"ck_inquiries_{name}"), "inquiries")
    for table, column in (
        ("inquiries", "wishes"),
        ("inquiries", "horizon_max"),
        ("placements", "reason"),
        ("placements", "net_rent_eur_month"),
    ):
        op.drop_column(table, column)
    for side in ("premises_fixed", "winner_fixed", "pair"):
        op.drop_index(f"uq_match_decisions_{side}", table_name="match_decisions")
    for name in ("revoked_by_someone", "reason_given"):
        op.drop_constraint(op.f(f"ck_match_decisions_{name}"), "match_decisions")
    for table, column in (
        ("match_decisions", "revoke_reason"),
        ("match_decisions", "revoked_by"),
        ("winners", "accepts_change_of_use"),
        ("winners", "wished_features"),
        ("contest_rounds", "weights"),
    ):
        op.drop_column(table, column)
    op.alter_column("winners", "features", comment=None)
