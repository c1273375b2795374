"""Rows of the files of a timetable, to tell new, changed and unchanged ones apart in the next version.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transit_feed_files",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False, comment="Such as stop_times.txt"),
        sa.Column("rows", sa.Integer(), nullable=False, comment="Rows in the file"),
        sa.Column(
            "digests",
            postgresql.BYTEA(),
            nullable=False,
            comment="Taken rows x (key, content): little-endian 64-bit digests, sorted by key",
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["transit_feeds.id"], name=op.f("fk_transit_feed_files_feed_id")
        ),
        sa.PrimaryKeyConstraint("feed_id", "file", name=op.f("pk_transit_feed_files")),
    )


def downgrade() -> None:
    op.drop_table("transit_feed_files")
