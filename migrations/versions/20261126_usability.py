"""How usable land is, what it is and what it might become.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usability",
        sa.Column(
            "parcel_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="The parcel (parcels.id)",
        ),
        sa.Column("offered_m2", sa.Double(), nullable=False, comment="Net area without slivers"),
        sa.Column(
            "sliver_m2", sa.Double(), nullable=False, comment="Net area narrower than the sliver width"
        ),
        sa.Column(
            "piece_m2", sa.Double(), nullable=False, comment="Largest connected piece of the offered land"
        ),
        sa.Column(
            "circle_m", sa.Double(), nullable=False, comment="Diameter of the largest circle in the piece"
        ),
        sa.Column(
            "rectangle_length_m",
            sa.Double(),
            nullable=False,
            comment="Longer side of the largest rectangle found",
        ),
        sa.Column("rectangle_width_m", sa.Double(), nullable=False, comment="Shorter side of it"),
        sa.Column("frontage_m", sa.Double(), nullable=True, comment="Metres along streets; NULL: not known"),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column(
            "category_rule",
            sa.Text(),
            nullable=False,
            comment="Rule that gave it (data/availability/categories.toml)",
        ),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("ground_rule", sa.Text(), nullable=False),
        sa.Column("potential_use", sa.Text(), nullable=False),
        sa.Column("potential_use_rule", sa.Text(), nullable=False),
        sa.Column("target_group", sa.Text(), nullable=False),
        sa.Column("target_group_rule", sa.Text(), nullable=False),
        sa.Column("internal_category", sa.Text(), nullable=False),
        sa.Column("internal_category_rule", sa.Text(), nullable=False),
        sa.Column("internal_target_group", sa.Text(), nullable=False),
        sa.Column("internal_target_group_rule", sa.Text(), nullable=False),
        sa.Column(
            "shape_key",
            sa.BigInteger(),
            nullable=True,
            comment="Fingerprint of what the figures depend on; NULL: compute them anew",
        ),
        sa.Column(
            "computed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Computation of the availability it belongs to",
        ),
        sa.CheckConstraint(
            "category IN ('gap', 'brownfield', 'company_reserve', 'fnp_reserve', 'vacant', 'in_use', 'unknown')",
            name=op.f("ck_usability_category_known"),
        ),
        sa.CheckConstraint(
            "internal_category IN ('gap', 'brownfield', 'company_reserve', 'fnp_reserve', 'vacant', 'in_use', 'unknown')",
            name=op.f("ck_usability_internal_category_known"),
        ),
        sa.CheckConstraint(
            "ground IN ('brownfield', 'settled', 'green_field', 'unknown')",
            name=op.f("ck_usability_ground_known"),
        ),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_usability")),
    )
    op.create_index("ix_usability_ground", "usability", ["ground", "category"], unique=False)


def downgrade() -> None:
    op.drop_table("usability")
