"""Streets, and the ways on foot to stops.

Revision ID: 0010
Revises: 0009
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

METRES = ("walk_m", "next_walk_m", "rail_walk_m", "tram_walk_m", "bus_walk_m")
COMMENTS = {
    "walk_m": "Way on foot to stop_pk; NULL: none within reach",
    "next_walk_m": "The same to next_stop_pk",
    "rail_walk_m": "The same to rail_stop_pk",
    "rail_foot_stop_pk": "Stop of trains with the shortest way",
    "walk_kind": "How ways on foot were measured: street_network or detour_factor; NULL: not measured",
}


def walks() -> list[sa.Column[Any]]:
    """Return the columns of ways on foot."""
    columns: list[sa.Column[Any]] = [sa.Column("walk_kind", sa.Text(), nullable=True)]
    columns += [sa.Column(name, sa.Double(), nullable=True) for name in METRES]
    for family in ("rail", "tram", "bus"):
        columns.append(sa.Column(f"{family}_foot_stop_pk", sa.Integer(), nullable=True))
        columns.append(sa.Column(f"{family}_foot_m", sa.Double(), nullable=True))
    for column in columns:
        column.comment = COMMENTS.get(column.name)
    return columns


def upgrade() -> None:
    op.create_table(
        "street_networks",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False, comment="SHA-256 of the file, and of the options that shape it"),
        sa.Column("file_name", sa.Text(), server_default="", nullable=False),
        sa.Column("licence", sa.Text(), server_default="", nullable=False, comment="Under which it may be used; empty: not said"),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="When a newer import replaced this one"),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="Counts and notices of the import"),
        sa.Column("source", sa.Text(), nullable=False, comment="Origin of the record, as shown to readers"),
        sa.Column("source_date", sa.Date(), nullable=True, comment="Date the source states for its content"),
        sa.Column("is_demo", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="Invented record"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False, comment="First written"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street_networks")),
    )  # fmt: skip
    op.create_index(
        "uq_street_networks_current",
        "street_networks",
        ["is_current"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "street_edges",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("way_id", sa.Text(), nullable=False, comment="Key in the supplier's data"),
        sa.Column("street_class", sa.Text(), server_default="", nullable=False, comment="As the supplier writes it"),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("walkable", sa.Boolean(), nullable=False, comment="By the rules in data/walking/foot.toml"),
        sa.Column("start_node", sa.BigInteger(), nullable=False, comment="Number of the node in its network"),
        sa.Column("end_node", sa.BigInteger(), nullable=False),
        sa.Column("start_barrier", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="Nobody passes the node there"),
        sa.Column("end_barrier", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("geom", Geometry("LINESTRING", srid=25832, spatial_index=False), nullable=False),
        sa.CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_street_edges_geom_valid")),
        sa.ForeignKeyConstraint(["network_id"], ["street_networks.id"], name=op.f("fk_street_edges_network_id_street_networks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street_edges")),
    )  # fmt: skip
    op.create_index(op.f("ix_street_edges_network_id"), "street_edges", ["network_id"], unique=False)
    op.create_index("ix_street_edges_geom", "street_edges", ["geom"], unique=False, postgresql_using="gist")
    op.execute(
        "CREATE TRIGGER audit_inserted AFTER INSERT ON street_networks REFERENCING NEW TABLE AS changed "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_inserted()"
    )
    op.execute(
        "CREATE TRIGGER audit_changed AFTER UPDATE OR DELETE ON street_networks "
        "FOR EACH ROW EXECUTE FUNCTION audit_changed()"
    )
    for column in walks():
        op.add_column("transit_access", column)


def downgrade() -> None:
    for column in walks():
        op.drop_column("transit_access", column.name)
    op.drop_table("street_edges")
    op.drop_table("street_networks")
