"""Travel times by timetable: runs of the reference day, travel times of places, isochrones of sites.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    patterns()
    runs()
    times()
    isochrones()


def patterns() -> None:
    op.create_table(
        "transit_patterns",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False, comment="Line as passengers know it"),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column(
            "stop_pks",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="Stops in the area in their order (transit_stops.id)",
        ),
        sa.Column(
            "boards",
            postgresql.ARRAY(sa.Boolean()),
            nullable=False,
            comment="Passengers may board there",
        ),
        sa.Column(
            "alights",
            postgresql.ARRAY(sa.Boolean()),
            nullable=False,
            comment="Passengers may alight there",
        ),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column(
            "times",
            postgresql.BYTEA(),
            nullable=False,
            comment="runs x stops x (arrival, departure): little-endian 32-bit seconds of the day",
        ),
        sa.CheckConstraint(
            "mode IN ('long_distance', 'rail', 'metro', 'tram', 'bus', 'ship', 'funicular', 'cable', 'other')",
            name=op.f("ck_transit_patterns_mode_known"),
        ),
        sa.CheckConstraint(
            "cardinality(stop_pks) > 1 AND cardinality(boards) = cardinality(stop_pks) "
            "AND cardinality(alights) = cardinality(stop_pks) "
            "AND length(times) = 8 * runs * cardinality(stop_pks)",
            name=op.f("ck_transit_patterns_pattern_complete"),
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["transit_feeds.id"], name=op.f("fk_transit_patterns_feed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_patterns")),
    )
    op.create_index(op.f("ix_transit_patterns_feed_id"), "transit_patterns", ["feed_id"], unique=False)


def runs() -> None:
    op.create_table(
        "transit_reach_runs",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "window_from_s",
            sa.Integer(),
            nullable=False,
            comment="First departure, seconds after midnight",
        ),
        sa.Column(
            "window_to_s",
            sa.Integer(),
            nullable=False,
            comment="No departure from then on, seconds after midnight",
        ),
        sa.Column("rules", JSONB, nullable=False, comment="Walking speed, detour, changes and limits"),
        sa.Column("destinations", JSONB, nullable=False, comment="Key, names and place of each"),
        sa.Column("feeds", JSONB, nullable=False, comment="Name, version, day, source of each"),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "window_from_s >= 0 AND window_to_s > window_from_s",
            name=op.f("ck_transit_reach_runs_window_forward"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_reach_runs")),
    )
    op.create_index(
        "uq_transit_reach_runs_window",
        "transit_reach_runs",
        ["window_from_s", "window_to_s"],
        unique=True,
    )


def times() -> None:
    op.create_table(
        "transit_reach",
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column(
            "median_s",
            sa.Integer(),
            nullable=True,
            comment="NULL: fewer than half of the departures arrive",
        ),
        sa.Column("p90_s", sa.Integer(), nullable=True, comment="NULL: fewer than nine in ten arrive"),
        sa.Column(
            "share", sa.Double(), nullable=False, comment="Share of the departures that arrive, 0 to 1"
        ),
        sa.Column(
            "changes",
            sa.Integer(),
            nullable=True,
            comment="Of the median; NULL: none arrives, or on foot",
        ),
        sa.Column(
            "walk_s",
            sa.Integer(),
            nullable=True,
            comment="All the way on foot; NULL: beyond the longest time",
        ),
        sa.CheckConstraint(
            "subject_kind IN ('parcel', 'plot', 'site', 'premises')",
            name=op.f("ck_transit_reach_subject_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["transit_reach_runs.id"],
            name=op.f("fk_transit_reach_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "subject_kind", "subject_id", "run_id", "destination", name=op.f("pk_transit_reach")
        ),
    )
    op.create_index("ix_transit_reach_run", "transit_reach", ["run_id"], unique=False)


def isochrones() -> None:
    op.create_table(
        "transit_isochrones",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=25832, spatial_index=False), nullable=False),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_transit_isochrones_geom_valid")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["transit_reach_runs.id"],
            name=op.f("fk_transit_isochrones_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_transit_isochrones_site_id")),
        sa.PrimaryKeyConstraint("run_id", "site_id", "minutes", name=op.f("pk_transit_isochrones")),
    )
    op.create_index(
        "ix_transit_isochrones_geom",
        "transit_isochrones",
        ["geom"],
        unique=False,
        postgresql_using="gist",
    )


def downgrade() -> None:
    for table in ("transit_isochrones", "transit_reach", "transit_reach_runs", "transit_patterns"):
        op.drop_table(table)
