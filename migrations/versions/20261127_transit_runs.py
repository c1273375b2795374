"""Stored transit answers know what they were computed from, and of which time of day they are.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WINDOW = "Name of the time of day and kind of day, such as evening; day: the method's own"
PLACE = "MD5 of the place (WKB) that was looked at: another one is somewhere else"
KEYS = {
    "transit_access": ["subject_kind", "subject_id", "method"],
    "transit_stop_grades": ["stop_pk", "method"],
}
MOVED = ("transit_access", "transit_reach", "transit_isochrones")

STATE = """
CREATE VIEW transit_state AS
SELECT r.method, r.time_window, r.computed_at,
       r.feeds IS DISTINCT FROM (SELECT coalesce(array_agg(id ORDER BY id), '{}')
                                   FROM transit_feeds WHERE is_current)
       OR r.network_id IS DISTINCT FROM (SELECT id FROM street_networks WHERE is_current) AS stale
  FROM transit_runs r
"""

REACH_STATE = """
CREATE VIEW transit_reach_state AS
SELECT r.id,
       (SELECT coalesce(array_agg(CAST(f.value ->> 'id' AS int) ORDER BY CAST(f.value ->> 'id' AS int)), '{}')
          FROM jsonb_array_elements(r.feeds) AS f)
       IS DISTINCT FROM (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM transit_feeds WHERE is_current)
       OR r.network_id IS DISTINCT FROM (SELECT id FROM street_networks WHERE is_current) AS stale,
       row_number() OVER (ORDER BY r.window_from_s = 25200 AND r.window_to_s = 32400 DESC,
                                   r.computed_at DESC, r.id) = 1 AS shown
  FROM transit_reach_runs r
"""


def upgrade() -> None:
    op.create_table(
        "transit_runs",
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("time_window", sa.Text(), nullable=False, comment=WINDOW),
        sa.Column("day_kind", sa.Text(), nullable=False),
        sa.Column("window_from_s", sa.Integer(), nullable=False, comment="Seconds after midnight"),
        sa.Column("window_to_s", sa.Integer(), nullable=False, comment="Seconds after midnight, excluded"),
        sa.Column("days", postgresql.JSONB(astext_type=sa.Text()), nullable=False,
                  comment="Day that was counted by name of the feed"),
        sa.Column("feeds", postgresql.ARRAY(sa.Integer()), nullable=False, comment="Their ids, rising"),
        sa.Column("network_id", sa.Integer(), nullable=True, comment="Streets in use; NULL: none loaded"),
        sa.Column("stops", sa.Integer(), nullable=False),
        sa.Column("graded_stops", sa.Integer(), nullable=False, comment="Stops with a category"),
        sa.Column("program", sa.Text(), nullable=False, comment="Digest of the computing program"),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("method", "time_window", name=op.f("pk_transit_runs")),
    )  # fmt: skip
    for table, columns in KEYS.items():
        op.add_column(
            table, sa.Column("time_window", sa.Text(), server_default="day", nullable=False, comment=WINDOW)
        )
        op.drop_constraint(f"pk_{table}", table)
        op.create_primary_key(f"pk_{table}", table, [*columns, "time_window"])
    for table in MOVED:
        op.add_column(table, sa.Column("place", sa.Uuid(), nullable=True, comment=PLACE))
    op.add_column("transit_reach_runs", sa.Column("network_id", sa.Integer(), nullable=True,
                  comment="Streets in use; NULL: none loaded"))  # fmt: skip
    op.execute(STATE)
    op.execute(REACH_STATE)


def downgrade() -> None:
    op.execute("DROP VIEW transit_reach_state")
    op.execute("DROP VIEW transit_state")
    op.drop_column("transit_reach_runs", "network_id")
    for table in MOVED:
        op.drop_column(table, "place")
    for table, columns in KEYS.items():
        op.execute(f"DELETE FROM {table} WHERE time_window <> 'day'")
        op.drop_constraint(f"pk_{table}", table)
        op.drop_column(table, "time_window")
        op.create_primary_key(f"pk_{table}", table, columns)
    op.drop_table("transit_runs")
