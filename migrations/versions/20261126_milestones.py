"""Milestones are stated in both languages and know whether they were reached.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "milestones",
        sa.Column(
            "due_text_en",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="due_text in English; empty: the same",
        ),
    )
    op.add_column(
        "milestones",
        sa.Column(
            "state",
            sa.Text(),
            server_default="planned",
            nullable=False,
            comment="planned, reached or missed; reached_on names the day where it is known",
        ),
    )
    op.create_check_constraint(
        op.f("ck_milestones_state_known"), "milestones", "state IN ('planned','reached','missed')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_milestones_state_known"), "milestones", type_="check")
    op.drop_column("milestones", "state")
    op.drop_column("milestones", "due_text_en")
