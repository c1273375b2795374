"""Capacities: what may be built on parcels, the stored result; buildings mark what they touch.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PLAN_COLUMNS = "geom, valid, plan_key, name, legal_status, in_force_on, office, source"
"""What results of plans were computed from before."""
EVENTS = (
    ("insert", "REFERENCING NEW TABLE AS after"),
    ("update", "REFERENCING OLD TABLE AS before NEW TABLE AS after"),
    ("delete", "REFERENCING OLD TABLE AS before"),
    ("truncate", ""),
)
BASES = "IN ('stated', 'orientation_value', 'mixed', 'unknown')"


def mark(table: str, columns: str) -> None:
    """Let changes of a table mark the parcels that they touch."""
    for event, rows in EVENTS:
        op.execute(
            f"CREATE OR REPLACE TRIGGER mark_availability_{event} AFTER {event} ON {table} {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION mark_availability('geom', '{columns}')"
        )


def upgrade() -> None:
    mark("buildings", "geom, valid, kind, storeys")
    mark("development_plans", f"{PLAN_COLUMNS}, source_date")
    op.create_table(
        "capacities",
        sa.Column(
            "parcel_id", sa.Integer(), autoincrement=False, nullable=False, comment="The parcel (parcels.id)"
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("built", sa.Boolean(), nullable=True, comment="A building stands there; NULL: not known"),
        sa.Column(
            "plan_share",
            sa.Double(),
            nullable=False,
            comment="Share of the parcel in building areas of plans",
        ),
        sa.Column(
            "plan_in_force", sa.Boolean(), nullable=True, comment="All plans it rests on are; NULL: no plan"
        ),
        sa.Column("allowed_footprint_m2", sa.Double(), nullable=True, comment="GRZ x plot area"),
        sa.Column("allowed_footprint_basis", sa.Text(), nullable=False),
        sa.Column("allowed_floor_m2", sa.Double(), nullable=True, comment="Least of GFZ and storeys"),
        sa.Column("allowed_floor_basis", sa.Text(), nullable=False),
        sa.Column("built_footprint_m2", sa.Double(), nullable=True, comment="Ground under buildings"),
        sa.Column("built_floor_m2", sa.Double(), nullable=True, comment="Storeys x footprint"),
        sa.Column("left_footprint_m2", sa.Double(), nullable=True, comment="Densification"),
        sa.Column("left_floor_m2", sa.Double(), nullable=True, comment="All floor area left"),
        sa.Column(
            "left_stacking_m2", sa.Double(), nullable=True, comment="The part of it on top of what stands"
        ),
        sa.Column(
            "exceeds_plan",
            sa.Boolean(),
            nullable=True,
            comment="More stands there than the plan would allow",
        ),
        sa.Column(
            "parts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Building areas it rests on",
        ),
        sa.Column(
            "computed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Computation of the availability it belongs to",
        ),
        sa.CheckConstraint(
            f"allowed_footprint_basis {BASES}", name=op.f("ck_capacities_allowed_footprint_basis_known")
        ),
        sa.CheckConstraint(
            f"allowed_floor_basis {BASES}", name=op.f("ck_capacities_allowed_floor_basis_known")
        ),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_capacities")),
    )
    op.create_index("ix_capacities_left", "capacities", ["left_floor_m2"], unique=False)


def downgrade() -> None:
    mark("development_plans", PLAN_COLUMNS)
    for event, _ in EVENTS:
        op.execute(f"DROP TRIGGER mark_availability_{event} ON buildings")
    op.drop_table("capacities")
