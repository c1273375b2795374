"""Audit: rows inserted one after another are one span, told by the first and the last.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INSERTED = """
CREATE OR REPLACE FUNCTION audit_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
    first bigint;
    last bigint;
    spans int8multirange;
BEGIN
    SELECT count(*), min(id), max(id) INTO number, first, last FROM changed;
    IF number = 0 THEN
        RETURN NULL;
    ELSIF number > 1 AND last - first + 1 = number THEN
        spans := int8multirange(int8range(first, last, '[]'));
    ELSIF number > 1 THEN
        SELECT range_agg(int8range(id, id, '[]')) INTO spans FROM changed;
    END IF;
    INSERT INTO audit (actor, request_id, table_name, row_id, row_ids, action)
    VALUES (coalesce(nullif(current_setting('app.actor', true), ''), session_user),
            coalesce(current_setting('app.request_id', true), ''), TG_TABLE_NAME,
            CASE WHEN number = 1 THEN first END, spans, 'insert');
    RETURN NULL;
END $$
"""
INSERTED_BEFORE = """
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


def upgrade() -> None:
    op.execute(INSERTED)


def downgrade() -> None:
    op.execute(INSERTED_BEFORE)
