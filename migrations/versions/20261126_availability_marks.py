"""Stored availability knows what it was computed from; whatever changes marks what it touches.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SOURCES = {
    "parcels": ("geom", "geom, valid, actual_use"),
    "restrictions": (
        "geom", "geom, valid, kind, effect, severity, title, reduction_share, office, source",
    ),
    "development_plans": (
        "geom", "geom, valid, plan_key, name, legal_status, in_force_on, office, source",
    ),
    "plan_areas": ("geom", "geom, plan_id, zone_code, zone, grz, gfz, max_storeys"),
    "buildings": ("geom", "geom, valid, kind, function, storeys, built_year"),
    "occupancies": ("parcel_id", "parcel_id, kind, during, office, source"),
}  # fmt: skip

# Arguments: the column that says where (geom, or parcel_id), and those that results are computed from.
# A statement that changes more than 20,000 rows marks the box around them, or everywhere: many marks would
# cost an import more than computing a few parcels again.
MARK = """
CREATE FUNCTION mark_availability() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place text := TG_ARGV[0];
    was text := 'b.' || replace(TG_ARGV[1], ', ', ', b.');
    became text := 'a.' || replace(TG_ARGV[1], ', ', ', a.');
    everywhere geometry := ST_Multi(ST_MakeEnvelope(-1e8, -1e8, 1e8, 1e8, 25832));
    touched text;
    many boolean;
BEGIN
    touched := CASE TG_OP
        WHEN 'INSERT' THEN format('SELECT %I AS place FROM after', place)
        WHEN 'DELETE' THEN format('SELECT %I AS place FROM before', place)
        WHEN 'UPDATE' THEN format(
            'SELECT b.%1$I AS place FROM before b LEFT JOIN after a USING (id)
              WHERE a.id IS NULL OR (%2$s) IS DISTINCT FROM (%3$s)
             UNION ALL
             SELECT a.%1$I FROM after a LEFT JOIN before b USING (id)
              WHERE b.id IS NULL OR (%2$s) IS DISTINCT FROM (%3$s)', place, was, became)
        END;
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO availability_marks (cause, area) VALUES (TG_TABLE_NAME, everywhere);
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT count(*) > 20000 FROM (%s) t', touched) INTO many;
    IF NOT many AND place = 'parcel_id' THEN
        EXECUTE format('INSERT INTO availability_marks (cause, parcel_id)
                        SELECT DISTINCT $1, place FROM (%s) t', touched) USING TG_TABLE_NAME;
    ELSIF NOT many THEN
        EXECUTE format('INSERT INTO availability_marks (cause, area) SELECT $1, place FROM (%s) t', touched)
          USING TG_TABLE_NAME;
    ELSIF place = 'parcel_id' THEN
        INSERT INTO availability_marks (cause, area) VALUES (TG_TABLE_NAME, everywhere);
    ELSE
        EXECUTE format('INSERT INTO availability_marks (cause, area)
                        SELECT $1, ST_Multi(ST_Expand(ST_Extent(place), 1)::geometry(Polygon, 25832))
                          FROM (%s) t', touched) USING TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$
"""

STALE = """
CREATE VIEW stale_parcels AS
SELECT m.parcel_id, m.id AS mark_id, m.cause, m.at
  FROM availability_marks m
 WHERE m.parcel_id IS NOT NULL
UNION ALL
SELECT p.id, m.id, m.cause, m.at
  FROM availability_marks m
  JOIN parcels p ON ST_Intersects(m.area, p.geom)
"""


def upgrade() -> None:
    op.create_table(
        "availability_runs",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("preset", sa.Text(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False, comment="Day up to which the register was known"),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="Order, slivers"),
        sa.Column("program", sa.Text(), nullable=False, comment="Digest of the computing program"),
        sa.Column("snapshot", sa.Text(), nullable=False, comment="pg_current_snapshot() of what was read"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("parcels", sa.Integer(), nullable=False, comment="Parcels with a result"),
        sa.Column("recomputed", sa.Integer(), nullable=False, comment="Those that this run computed"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"),
                  nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_runs")),
    )  # fmt: skip
    op.create_table(
        "availability_marks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False, comment="Table that changed"),
        sa.Column("parcel_id", sa.Integer(), nullable=True, comment="Parcel whose result no longer holds"),
        sa.Column("area", Geometry("MULTIPOLYGON", srid=25832, spatial_index=False), nullable=True,
                  comment="Parcels that meet it: their results no longer hold"),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(parcel_id IS NULL) <> (area IS NULL)",
                           name=op.f("ck_availability_marks_one_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_marks")),
    )  # fmt: skip
    op.create_index("ix_availability_marks_parcel_id", "availability_marks", ["parcel_id"])
    op.create_index("ix_availability_marks_area", "availability_marks", ["area"], postgresql_using="gist")
    # results from before have no run: the next refresh computes everything
    op.add_column("availability", sa.Column("run_id", sa.Integer(), nullable=True, comment="The run"))
    op.execute(MARK)
    op.execute(STALE)
    for table, (place, columns) in SOURCES.items():
        for event, rows in (
            ("INSERT", "REFERENCING NEW TABLE AS after"),
            ("UPDATE", "REFERENCING OLD TABLE AS before NEW TABLE AS after"),
            ("DELETE", "REFERENCING OLD TABLE AS before"),
            ("TRUNCATE", ""),
        ):
            op.execute(
                f"CREATE TRIGGER mark_availability_{event.lower()} AFTER {event} ON {table} {rows} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION mark_availability('{place}', '{columns}')"
            )


def downgrade() -> None:
    for table in SOURCES:
        for event in ("insert", "update", "delete", "truncate"):
            op.execute(f"DROP TRIGGER mark_availability_{event} ON {table}")
    op.execute("DROP VIEW stale_parcels")
    op.execute("DROP FUNCTION mark_availability()")
    op.drop_column("availability", "run_id")
    op.drop_table("availability_marks")
    op.drop_table("availability_runs")
