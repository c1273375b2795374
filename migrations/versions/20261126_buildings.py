"""Buildings: what stands on the land.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "buildings",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "building_key", sa.Text(), nullable=False, comment="Key in the supplier's data, e.g. ALKIS oid"
        ),
        sa.Column("kind", sa.Text(), server_default="building", nullable=False),
        sa.Column(
            "function", sa.Text(), server_default="", nullable=False, comment="Gebäudefunktion as supplied"
        ),
        sa.Column(
            "storeys", sa.Integer(), nullable=True, comment="Full storeys above ground; NULL: not known"
        ),
        sa.Column("built_year", sa.Integer(), nullable=True, comment="Year of construction; NULL: not known"),
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
        sa.CheckConstraint("kind IN ('building', 'part', 'structure')", name=op.f("ck_buildings_kind_known")),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_buildings_valid_not_empty")),
        sa.CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_buildings_geom_valid")),
        sa.CheckConstraint("storeys BETWEEN 0 AND 200", name=op.f("ck_buildings_storeys_range")),
        sa.CheckConstraint("built_year BETWEEN 800 AND 2200", name=op.f("ck_buildings_built_year_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buildings")),
        sa.UniqueConstraint("building_key", name=op.f("uq_buildings_building_key")),
    )
    op.create_index("ix_buildings_geom", "buildings", ["geom"], unique=False, postgresql_using="gist")
    op.execute(
        "CREATE TRIGGER audit_inserted AFTER INSERT ON buildings REFERENCING NEW TABLE AS changed "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_inserted()"
    )
    op.execute(
        "CREATE TRIGGER audit_changed AFTER UPDATE OR DELETE ON buildings "
        "FOR EACH ROW EXECUTE FUNCTION audit_changed()"
    )


def downgrade() -> None:
    op.drop_table("buildings")
