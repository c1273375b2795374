"""Parcels keep their shape in EPSG:3857: tiles need not transform it.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "parcels",
        sa.Column(
            "geom_3857",
            Geometry("MULTIPOLYGON", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
            comment="Shape in EPSG:3857, for tiles",
        ),
    )


def downgrade() -> None:
    op.drop_column("parcels", "geom_3857")
