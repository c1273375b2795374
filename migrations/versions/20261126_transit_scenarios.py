"""Transit scenarios: new stops and lines.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = ("transit_scenarios", "transit_scenario_stops", "transit_scenario_lines")


def upgrade() -> None:
    op.create_table(
        "transit_scenarios",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name_de", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("note_de", sa.Text(), server_default="", nullable=False),
        sa.Column("note_en", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "status",
            sa.Text(),
            server_default="draft",
            nullable=False,
            comment="draft and ended: planners only; public: everybody",
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="Origin of the record, as shown to readers"),
        sa.Column("source_date", sa.Date(), nullable=True, comment="Date the source states for its content"),
        sa.Column(
            "is_demo",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Invented record",
        ),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="First written",
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'public', 'ended')", name=op.f("ck_transit_scenarios_status_known")
        ),
        sa.CheckConstraint("key ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name=op.f("ck_transit_scenarios_key_form")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_scenarios")),
        sa.UniqueConstraint("key", name=op.f("uq_transit_scenarios_key")),
    )
    op.create_table(
        "transit_scenario_stops",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.Column(
            "key",
            sa.Text(),
            nullable=False,
            comment="Name of the stop in the courses of the scenario's lines",
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("geom", Geometry("POINT", srid=25832, spatial_index=False), nullable=False),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_transit_scenario_stops_geom_valid")
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["transit_scenarios.id"],
            name=op.f("fk_transit_scenario_stops_scenario_id_transit_scenarios"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_scenario_stops")),
        sa.UniqueConstraint("scenario_id", "key", name=op.f("uq_transit_scenario_stops_scenario_id_key")),
    )
    op.create_index(
        "ix_transit_scenario_stops_geom",
        "transit_scenario_stops",
        ["geom"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_table(
        "transit_scenario_lines",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="Order in the scenario, from 0"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column(
            "stops",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="Course: key of a new stop, or transit_stops.stop_id of an existing one",
        ),
        sa.Column("both_ways", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            server_default="new",
            nullable=False,
            comment="Beside the lines of today, or the line of this name prolonged or as it runs",
        ),
        sa.Column(
            "services",
            postgresql.JSONB(),
            nullable=False,
            comment="List of {day_kind, window, headway_min}",
        ),
        sa.CheckConstraint(
            "mode IN ('long_distance', 'rail', 'metro', 'tram', 'bus', 'ship', 'funicular', 'cable', 'other')",
            name=op.f("ck_transit_scenario_lines_mode_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('new', 'prolonged', 'existing')", name=op.f("ck_transit_scenario_lines_kind_known")
        ),
        sa.CheckConstraint("cardinality(stops) >= 2", name=op.f("ck_transit_scenario_lines_course_present")),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["transit_scenarios.id"],
            name=op.f("fk_transit_scenario_lines_scenario_id_transit_scenarios"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_scenario_lines")),
        sa.UniqueConstraint(
            "scenario_id", "position", name=op.f("uq_transit_scenario_lines_scenario_id_position")
        ),
    )
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
    for table in reversed(TABLES):
        op.drop_table(table)
