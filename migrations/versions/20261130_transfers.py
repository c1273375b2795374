"""Transfers of a timetable, kept as they are.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transit_transfers",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column(
            "from_stop_id",
            sa.Text(),
            nullable=False,
            comment="As in the feed, like all ids here; empty: not given",
        ),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("to_stop_id", "from_trip_id", "to_trip_id", "from_route_id", "to_route_id")
        ),
        sa.Column(
            "transfer_type", sa.SmallInteger(), nullable=False, comment="0 to 5 as in GTFS; blank is 0"
        ),
        sa.Column("min_transfer_s", sa.Integer(), nullable=True, comment="min_transfer_time, seconds"),
        sa.ForeignKeyConstraint(["feed_id"], ["transit_feeds.id"], name=op.f("fk_transit_transfers_feed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_transfers")),
    )
    op.create_index(op.f("ix_transit_transfers_feed_id"), "transit_transfers", ["feed_id"])


def downgrade() -> None:
    op.drop_table("transit_transfers")
