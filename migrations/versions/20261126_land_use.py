"""Areas of the land-use plan.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "land_use_areas",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("area_key", sa.Text(), nullable=False, comment="Key in the supplier's data"),
        sa.Column("use", sa.Text(), nullable=False, comment="Art der Bauflächen"),
        sa.Column("name", sa.Text(), server_default="", nullable=False, comment="As the plan names it"),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=25832, spatial_index=False), nullable=False),
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
        sa.Column(
            "valid",
            postgresql.DATERANGE(),
            server_default=sa.text("daterange(NULL, NULL)"),
            nullable=False,
            comment="Days on which the record holds; an open end means: not known or for good",
        ),
        sa.CheckConstraint(
            "use IN ('housing', 'mixed', 'commercial', 'special', 'other')",
            name=op.f("ck_land_use_areas_use_known"),
        ),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_land_use_areas_valid_not_empty")),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_land_use_areas_geom_valid")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_land_use_areas")),
        sa.UniqueConstraint("area_key", name=op.f("uq_land_use_areas_area_key")),
    )
    op.create_index(
        "ix_land_use_areas_geom", "land_use_areas", ["geom"], unique=False, postgresql_using="gist"
    )
    op.execute(
        "CREATE TRIGGER audit_inserted AFTER INSERT ON land_use_areas REFERENCING NEW TABLE AS changed "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_inserted()"
    )
    op.execute(
        "CREATE TRIGGER audit_changed AFTER UPDATE OR DELETE ON land_use_areas "
        "FOR EACH ROW EXECUTE FUNCTION audit_changed()"
    )
    for event, rows in (
        ("INSERT", "REFERENCING NEW TABLE AS after"),
        ("UPDATE", "REFERENCING OLD TABLE AS before NEW TABLE AS after"),
        ("DELETE", "REFERENCING OLD TABLE AS before"),
        ("TRUNCATE", ""),
    ):
        op.execute(
            f"CREATE TRIGGER mark_availability_{event.lower()} AFTER {event} ON land_use_areas {rows} "
            "FOR EACH STATEMENT EXECUTE FUNCTION mark_availability('geom', 'geom, valid, use')"
        )


def downgrade() -> None:
    op.drop_table("land_use_areas")
