"""Parcels keep their shape on the grid of tiles: those of a whole city need not be put on it one by one.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# Half the width of the world; half a pixel of zoom 13 (256 to a tile); 4096 steps to each tile of zoom 12.
ON_GRID = """
ST_SetSRID(ST_AsMVTGeom(ST_Simplify(ST_Transform(geom, 3857), 9.554628535647032, true),
                        ST_MakeEnvelope(-20037508.342789244, -20037508.342789244,
                                        20037508.342789244, 20037508.342789244, 3857),
                        16777216, 0, false), 0)
"""


def upgrade() -> None:
    op.add_column(
        "parcels",
        sa.Column(
            "geom_grid",
            Geometry("GEOMETRY", srid=-1, spatial_index=False),
            sa.Computed(ON_GRID, persisted=True),
            nullable=True,
            comment="Shape on the grid of tiles below zoom 14: 4096 steps to a tile of zoom 12, y downwards",
        ),
    )


def downgrade() -> None:
    op.drop_column("parcels", "geom_grid")
