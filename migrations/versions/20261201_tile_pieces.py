"""Shapes of parcels that look the same are kept together for tiles of a city, cell by cell of a grid.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# Tables whose rows decide what the parcels of a cell look like, with the column that names the parcel.
LOOKS = {"availability": "parcel_id", "usability": "parcel_id", "transit_access": "subject_id"}
KINDS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
WHOLE = -1  # stands for all cells
FEW = 2000  # rows of one statement whose cells are told apart

# 512 steps of the grid of parcels.geom_grid, a tile of zoom 15: the cell that holds the middle of a shape.
CELL = """
CREATE FUNCTION tile_cell(shape geometry) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (floor((ST_YMin(shape) + ST_YMax(shape)) / 1024) * 32768
            + floor((ST_XMin(shape) + ST_XMax(shape)) / 1024))::integer
$$
"""
# A row for each connection that writes, as in data_changes; in order, so that writers never wait in a ring.
COUNT = """
INSERT INTO tile_changes AS t (cell, slot, changes)
SELECT cell, pg_backend_pid() % 1024, 1 + floor(random() * 1000000)::bigint FROM ({}) AS touched ORDER BY cell
ON CONFLICT (cell, slot) DO UPDATE SET changes = t.changes + excluded.changes
"""
OF_ALL = f"""
CREATE FUNCTION count_tile_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {COUNT.format(f"SELECT {WHOLE} AS cell")};
    RETURN NULL;
END $$
"""
OF_SOME = f"""
CREATE FUNCTION count_tile_changes_of_{{column}}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM touched LIMIT {FEW + 1}) AS few) > {FEW} THEN
        {COUNT.format(f"SELECT {WHOLE} AS cell")};
    ELSE
        {
    COUNT.format(
        "SELECT DISTINCT tile_cell(geom_grid) AS cell FROM parcels WHERE geom_grid IS NOT NULL "
        "AND id IN (SELECT {column} FROM touched)"
    )
};
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    _tables()
    op.execute(CELL)
    op.execute(OF_ALL)
    for column in set(LOOKS.values()):
        op.execute(OF_SOME.format(column=column))
    for table, column in LOOKS.items():
        for kind, rows in KINDS.items():
            op.execute(
                f"CREATE TRIGGER count_tile_changes_{kind.lower()} AFTER {kind} ON {table} REFERENCING {rows} "
                f"TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION count_tile_changes_of_{column}()"
            )
        op.execute(_trigger(table, "TRUNCATE"))
    op.execute(_trigger("parcels", "INSERT OR UPDATE OR DELETE OR TRUNCATE"))


def downgrade() -> None:
    for table in ("parcels", *LOOKS):
        op.execute(f"DROP TRIGGER count_tile_changes ON {table}")
    for table in LOOKS:
        for kind in KINDS:
            op.execute(f"DROP TRIGGER count_tile_changes_{kind.lower()} ON {table}")
    for column in set(LOOKS.values()):
        op.execute(f"DROP FUNCTION count_tile_changes_of_{column}()")
    op.execute("DROP FUNCTION count_tile_changes()")
    op.execute("DROP FUNCTION tile_cell(geometry)")
    for table in ("tile_pieces", "tile_cells", "tile_changes"):
        op.drop_table(table)


def _trigger(table: str, events: str) -> str:
    return (
        f"CREATE TRIGGER count_tile_changes AFTER {events} ON {table} FOR EACH STATEMENT "
        "EXECUTE FUNCTION count_tile_changes()"
    )


def _tables() -> None:
    op.create_table(
        "tile_changes",
        sa.Column("cell", sa.Integer(), nullable=False, comment="Of the grid (tile_cell); -1: all"),
        sa.Column("slot", sa.Integer(), nullable=False, comment="Of the writing connection"),
        sa.Column("changes", sa.BigInteger(), nullable=False, comment="Grows with every change"),
        sa.PrimaryKeyConstraint("cell", "slot", name="pk_tile_changes"),
        comment="Where parcels look otherwise on tiles than before: the sum for a cell tells",
    )
    op.execute("ALTER TABLE tile_changes SET (fillfactor = 20)")  # rewritten often
    op.create_table(
        "tile_cells",
        sa.Column("cell", sa.Integer(), nullable=False, comment="Of the grid (tile_cell); -1: all"),
        sa.Column("changes", sa.BigInteger(), nullable=False, comment="Sum of its changes when it was drawn"),
        sa.Column("day", sa.Date(), nullable=False, comment="Day whose parcels were drawn"),
        sa.PrimaryKeyConstraint("cell", name="pk_tile_cells"),
        comment="Of which changes the pieces of a cell know: of all of them, or they are not used",
    )
    op.create_table(
        "tile_pieces",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False, comment="Of the grid (tile_cell)"),
        sa.Column("from_zoom", sa.Integer(), nullable=False, comment="Lowest zoom on which it is drawn"),
        sa.Column("published", sa.Boolean(), nullable=False, comment="Whether the public may see it"),
        sa.Column("horizon", sa.Text(), nullable=True, comment="Of all its parcels, as what follows"),
        sa.Column("offered", sa.Boolean(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column(
            "geom_grid",
            Geometry("GEOMETRY", srid=-1, spatial_index=False),
            nullable=False,
            comment="Shapes as in parcels.geom_grid",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tile_pieces"),
        comment="Parcels of a cell that look the same on tiles, as one; what crosses its edge, alone",
    )
    op.create_index("ix_tile_pieces_cell", "tile_pieces", ["cell"])
    op.create_index("ix_tile_pieces_geom_grid", "tile_pieces", ["geom_grid"], postgresql_using="gist")
