"""The shape of a parcel on the grid of tiles is worked out when pieces are drawn, no longer with every import.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# Half the width of the world; half a pixel of zoom 13 (256 to a tile); 4096 steps to each tile of zoom 12.
SHAPE = """
ST_SetSRID(ST_AsMVTGeom(ST_Simplify({}, 9.554628535647032, true),
                        ST_MakeEnvelope(-20037508.342789244, -20037508.342789244,
                                        20037508.342789244, 20037508.342789244, 3857),
                        16777216, 0, false), 0)
"""
ON_GRID = f"""
CREATE FUNCTION on_tile_grid(geom_3857 geometry) RETURNS geometry LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT {SHAPE.format("geom_3857")}
$$
"""
FEW = 2000  # rows of one statement whose cells are told apart
COUNT = """
INSERT INTO tile_changes AS t (cell, slot, changes)
SELECT cell, pg_backend_pid() % 1024, 1 + floor(random() * 1000000)::bigint FROM ({}) AS touched ORDER BY cell
ON CONFLICT (cell, slot) DO UPDATE SET changes = t.changes + excluded.changes
"""


def count_changes(column: str, shape: str) -> None:
    """Let changes count for the cells of the parcels that a column names, told by their shape on the grid."""
    cells = (
        f"SELECT DISTINCT tile_cell({shape}) AS cell FROM parcels WHERE {shape} IS NOT NULL "
        f"AND id IN (SELECT {column} FROM touched)"
    )
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION count_tile_changes_of_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT count(*) FROM (SELECT FROM touched LIMIT {FEW + 1}) AS few) > {FEW} THEN
                {COUNT.format("SELECT -1 AS cell")};
            ELSE
                {COUNT.format(cells)};
            END IF;
            RETURN NULL;
        END $$
        """
    )


def upgrade() -> None:
    op.execute(ON_GRID)
    for column in ("parcel_id", "subject_id"):
        count_changes(column, "on_tile_grid(geom_3857)")
    op.drop_column("parcels", "geom_grid")
    op.alter_column("tile_pieces", "geom_grid", comment="Shapes as on_tile_grid makes them")


def downgrade() -> None:
    op.alter_column("tile_pieces", "geom_grid", comment="Shapes as in parcels.geom_grid")
    op.add_column(
        "parcels",
        sa.Column(
            "geom_grid",
            Geometry("GEOMETRY", srid=-1, spatial_index=False),
            sa.Computed(SHAPE.format("ST_Transform(geom, 3857)"), persisted=True),
            nullable=True,
            comment="Shape on the grid of tiles below zoom 14: 4096 steps to a tile of zoom 12, y downwards",
        ),
    )
    for column in ("parcel_id", "subject_id"):
        count_changes(column, "geom_grid")
    op.execute("DROP FUNCTION on_tile_grid(geometry)")
