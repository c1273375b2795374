"""A counter tells whether anything changed that collections and tiles are made of.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# What the collections and tiles of the interface read; a test compares it with their statements.
TABLES = (
    "availability",
    "availability_marks",
    "buildings",
    "capacities",
    "development_plans",
    "districts",
    "land_use_areas",
    "parcels",
    "plots",
    "premises",
    "quarters",
    "restrictions",
    "sites",
    "street_networks",
    "transit_access",
    "transit_feeds",
    "transit_reach",
    "transit_reach_runs",
    "transit_runs",
    "transit_stops",
    "usability",
    "vacancies",
)

# A row for each connection that writes: writers do not wait for each other. Only the sum counts; it grows with every
# commit, by a random step, so that a restored database does not repeat what a running server has seen.
COUNT = """
CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO data_changes AS d (slot, changes)
    VALUES (pg_backend_pid() % 1024, 1 + floor(random() * 1000000)::bigint)
    ON CONFLICT (slot) DO UPDATE SET changes = d.changes + excluded.changes;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "data_changes",
        sa.Column("slot", sa.Integer(), nullable=False, comment="Of the writing connection"),
        sa.Column("changes", sa.BigInteger(), nullable=False, comment="Grows with every change"),
        sa.PrimaryKeyConstraint("slot", name="pk_data_changes"),
        comment="Whether anything changed that collections and tiles are made of: the sum tells",
    )
    op.execute("ALTER TABLE data_changes SET (fillfactor = 20)")  # rewritten often: room for that on its page
    op.execute(COUNT)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER count_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION count_change()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER count_change ON {table}")
    op.execute("DROP FUNCTION count_change()")
    op.drop_table("data_changes")
