"""Audit: one entry for all rows that one statement inserted, instead of one for each.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSERTED = """
CREATE OR REPLACE FUNCTION audit_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (actor, request_id, table_name, row_id, row_ids, action)
    SELECT coalesce(nullif(current_setting('app.actor', true), ''), session_user),
           coalesce(current_setting('app.request_id', true), ''), TG_TABLE_NAME,
           CASE WHEN count(*) = 1 THEN min(id) END,
           CASE WHEN count(*) > 1 THEN range_agg(int8range(id, id, '[]')) END, 'insert'
    FROM changed HAVING count(*) > 0;
    RETURN NULL;
END $$
"""

INSERTED_BEFORE = """
CREATE OR REPLACE FUNCTION audit_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (actor, request_id, table_name, row_id, action)
    SELECT coalesce(nullif(current_setting('app.actor', true), ''), session_user),
           coalesce(current_setting('app.request_id', true), ''), TG_TABLE_NAME, id, 'insert'
    FROM changed;
    RETURN NULL;
END $$
"""

EXPAND = """
INSERT INTO audit (at, actor, request_id, table_name, row_id, action)
SELECT at, actor, request_id, table_name, generate_series(lower(span), upper(span) - 1), action
FROM audit, unnest(row_ids) AS span
"""


def upgrade() -> None:
    op.alter_column("audit", "row_id", nullable=True)
    op.add_column(
        "audit",
        sa.Column(
            "row_ids",
            postgresql.INT8MULTIRANGE(),
            nullable=True,
            comment="Ids of the rows, where one statement inserted several",
        ),
    )
    op.create_check_constraint(
        op.f("ck_audit_one_row_or_several"), "audit", "(row_id IS NULL) <> (row_ids IS NULL)"
    )
    op.create_index(
        "ix_audit_rows",
        "audit",
        ["row_ids"],
        postgresql_using="gist",
        postgresql_where=sa.text("row_ids IS NOT NULL"),
    )
    op.execute(INSERTED)


def downgrade() -> None:
    op.execute(INSERTED_BEFORE)
    op.drop_index("ix_audit_rows", table_name="audit")
    op.drop_constraint(op.f("ck_audit_one_row_or_several"), "audit")
    op.execute(EXPAND)
    op.execute("DELETE FROM audit WHERE row_id IS NULL")
    op.drop_column("audit", "row_ids")
    op.alter_column("audit", "row_id", nullable=False)
