"""Audit: one generic trigger records who changed what, with the actor of the transaction.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "districts", "quarters", "parcels", "parcel_owners", "occupancies", "restrictions", "development_plans",
    "plan_areas", "premises", "vacancies", "sites", "plots", "phases", "milestones", "transit_feeds",
    "contest_rounds", "winners", "match_decisions", "placements", "inquiries", "users", "api_tokens",
)  # fmt: skip

INSERTED = """
CREATE FUNCTION audit_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (actor, request_id, table_name, row_id, action)
    SELECT coalesce(nullif(current_setting('app.actor', true), ''), session_user),
           coalesce(current_setting('app.request_id', true), ''), TG_TABLE_NAME, id, 'insert'
    FROM changed;
    RETURN NULL;
END $$
"""

CHANGED = """
CREATE FUNCTION audit_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := to_jsonb(OLD);
    new_row jsonb;
    before jsonb := old_row;
    after jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        new_row := to_jsonb(NEW);
        SELECT jsonb_object_agg(key, old_row -> key), jsonb_object_agg(key, value) INTO before, after
        FROM jsonb_each(new_row) WHERE value IS DISTINCT FROM old_row -> key;
        IF after IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO audit (actor, request_id, table_name, row_id, action, before, after)
    VALUES (coalesce(nullif(current_setting('app.actor', true), ''), session_user),
            coalesce(current_setting('app.request_id', true), ''), TG_TABLE_NAME, OLD.id, lower(TG_OP),
            before - 'password_hash' - 'token_hash', after - 'password_hash' - 'token_hash');
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(INSERTED)
    op.execute(CHANGED)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER audit_inserted AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_inserted()"
        )
        op.execute(
            f"CREATE TRIGGER audit_changed AFTER UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION audit_changed()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER audit_inserted ON {table}")
        op.execute(f"DROP TRIGGER audit_changed ON {table}")
    op.execute("DROP FUNCTION audit_inserted()")
    op.execute("DROP FUNCTION audit_changed()")
