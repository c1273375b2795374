"""A change of the street network marks all stored availability: frontage along its lines may be another one.

Revision ID: 0024
Revises: 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

EVENTS = {
    "insert": "REFERENCING NEW TABLE AS after",
    "update": "REFERENCING OLD TABLE AS before NEW TABLE AS after",
    "delete": "REFERENCING OLD TABLE AS before",
}
WATCHED = {"street_edges": "geom, street_class, network_id", "street_networks": "is_current"}

# An import replaces the network as a whole: one mark, everywhere. Argument: the watched columns.
MARK = """
CREATE FUNCTION mark_everywhere() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed boolean := TG_OP = 'TRUNCATE';
BEGIN
    IF NOT changed THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM (%s) t)', changed_rows(TG_OP, TG_ARGV[0])) INTO changed;
    END IF;
    IF changed THEN
        INSERT INTO availability_marks (cause, area)
        VALUES (TG_TABLE_NAME, ST_Multi(ST_MakeEnvelope(-1e8, -1e8, 1e8, 1e8, 25832)));
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(MARK)
    for table, columns in WATCHED.items():
        for event, rows in (*EVENTS.items(), ("truncate", "")):
            op.execute(
                f"CREATE TRIGGER mark_everywhere_{event} AFTER {event} ON {table} {rows} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION mark_everywhere('{columns}')"
            )


def downgrade() -> None:
    for table in WATCHED:
        for event in (*EVENTS, "truncate"):
            op.execute(f"DROP TRIGGER mark_everywhere_{event} ON {table}")
    op.execute("DROP FUNCTION mark_everywhere()")
