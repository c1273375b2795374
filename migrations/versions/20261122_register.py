"""Register: every table of the service, with the extensions they need.

Revision ID: 0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

EXTENSIONS = ("postgis", "btree_gist", "pg_trgm", "unaccent")


def geometry(kind: str) -> Geometry:
    return Geometry(kind, srid=25832, spatial_index=False)


def upgrade() -> None:
    for extension in EXTENSIONS:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), server_default="", nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False, comment="insert, update or delete"),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_row", "audit", ["table_name", "row_id"], unique=False)
    op.create_table(
        "contest_rounds",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("budget_eur", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column(
            "grant_cap_eur",
            sa.Numeric(precision=10, scale=2),
            server_default=sa.text("15000"),
            nullable=False,
        ),
        sa.Column("grant_months", sa.Integer(), server_default=sa.text("12"), nullable=False),
        sa.Column(
            "weights",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="Weight per criterion of the score; NULL: the default",
        ),
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_rounds")),
        sa.UniqueConstraint("slug", name=op.f("uq_contest_rounds_slug")),
    )
    op.create_table(
        "development_plans",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_key", sa.Text(), nullable=False, comment="Number of the plan, e.g. Hu 148"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "legal_status", sa.Integer(), nullable=False, comment="XPlanung BP_Rechtsstand; 4000 = in force"
        ),
        sa.Column("in_force_on", sa.Date(), nullable=True, comment="Day in force, expected day below 4000"),
        sa.Column("office", sa.Text(), server_default="", nullable=False, comment="Responsible office"),
        sa.Column("geom", geometry("MULTIPOLYGON"), nullable=False),
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
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_development_plans_valid_not_empty")),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_development_plans_geom_valid")
        ),
        sa.CheckConstraint(
            "legal_status BETWEEN 1000 AND 9999", name=op.f("ck_development_plans_legal_status_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_development_plans")),
        sa.UniqueConstraint("plan_key", name=op.f("uq_development_plans_plan_key")),
    )
    op.create_index(
        "ix_development_plans_geom", "development_plans", ["geom"], unique=False, postgresql_using="gist"
    )
    op.create_table(
        "districts",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Official key or slug"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "geometry_accuracy_m", sa.Double(), nullable=True, comment="Accuracy of the outline, metres"
        ),
        sa.Column("geom", geometry("MULTIPOLYGON"), nullable=False),
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
        sa.CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_districts_geom_valid")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_districts")),
        sa.UniqueConstraint("key", name=op.f("uq_districts_key")),
    )
    op.create_index("ix_districts_geom", "districts", ["geom"], unique=False, postgresql_using="gist")
    op.create_table(
        "import_runs",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="parcels, restrictions, ..., gtfs, demo"),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False, comment="SHA-256"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="new, changed, unchanged, rejected",
        ),
        sa.Column("applied_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
    )
    op.create_index("ix_import_runs_kind", "import_runs", ["kind", "applied_at"], unique=False)
    op.create_table(
        "inquiries",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False, comment="Confidential"),
        sa.Column("contact", sa.Text(), nullable=True, comment="Confidential"),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column(
            "use", sa.Text(), nullable=False, comment="BauNVO short form for land, use of premises otherwise"
        ),
        sa.Column("area_min_m2", sa.Double(), nullable=False),
        sa.Column("area_max_m2", sa.Double(), nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=True),
        sa.Column("horizon_max", sa.Text(), nullable=True, comment="Latest horizon, where no date is named"),
        sa.Column("transit_grade_min", sa.Text(), nullable=True),
        sa.Column(
            "districts",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Keys; empty: anywhere",
        ),
        sa.Column("rent_max_eur_month", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("price_max_eur_per_m2", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column(
            "wishes",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Requirements that are wishes; the others are musts",
        ),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False, comment="Why served or not"),
        sa.Column("note", sa.Text(), nullable=True, comment="Confidential"),
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
        sa.CheckConstraint(
            "horizon_max IN ('now','short','mid','long')", name=op.f("ck_inquiries_horizon_max_known")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'served', 'unmet', 'withdrawn')", name=op.f("ck_inquiries_status_known")
        ),
        sa.CheckConstraint("subject IN ('land', 'premises')", name=op.f("ck_inquiries_subject_known")),
        sa.CheckConstraint(
            "wishes <@ ARRAY['area','use','date','transit','district','rent','price']",
            name=op.f("ck_inquiries_wishes_known"),
        ),
        sa.CheckConstraint(
            "area_min_m2 >= 0 AND area_max_m2 >= area_min_m2", name=op.f("ck_inquiries_area_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiries")),
        sa.UniqueConstraint("reference", name=op.f("uq_inquiries_reference")),
    )
    op.create_table(
        "restrictions",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("restriction_key", sa.Text(), nullable=False, comment="Key in the supplier's data"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "reduction_share", sa.Double(), nullable=True, comment="Estimated share of area lost, 0 to 1"
        ),
        sa.Column("office", sa.Text(), server_default="", nullable=False, comment="Responsible office"),
        sa.Column("legal_basis", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), nullable=True, comment="Confidential"),
        sa.Column("geom", geometry("MULTIPOLYGON"), nullable=False),
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
            "(effect = 'reduces') = (reduction_share IS NOT NULL)",
            name=op.f("ck_restrictions_share_only_when_reducing"),
        ),
        sa.CheckConstraint(
            "effect IN ('excludes', 'delays', 'reduces')", name=op.f("ck_restrictions_effect_known")
        ),
        sa.CheckConstraint(
            "kind IN ('water', 'flood_zone', 'conservation_area', 'rail_clearance', 'line_clearance', 'road_widening', 'protected_monument', 'existing_building', 'not_buildable', 'estimated_share', 'contamination', 'missing_development', 'ordnance_clearance', 'owner_unwilling', 'plan_not_in_force', 'other')",
            name=op.f("ck_restrictions_kind_known"),
        ),
        sa.CheckConstraint(
            "severity IN ('unrestricted', 'light', 'severe')", name=op.f("ck_restrictions_severity_known")
        ),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_restrictions_valid_not_empty")),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_restrictions_geom_valid")
        ),
        sa.CheckConstraint(
            "reduction_share > 0 AND reduction_share <= 1", name=op.f("ck_restrictions_share_in_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restrictions")),
        sa.UniqueConstraint("restriction_key", name=op.f("uq_restrictions_restriction_key")),
    )
    op.create_index("ix_restrictions_geom", "restrictions", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_restrictions_kind", "restrictions", ["kind"], unique=False)
    op.create_table(
        "transit_feeds",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="Name under which versions follow each other"),
        sa.Column(
            "content_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the file, and of the options that shape it",
        ),
        sa.Column("file_name", sa.Text(), server_default="", nullable=False),
        sa.Column("publisher", sa.Text(), server_default="", nullable=False),
        sa.Column("feed_version", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "service",
            postgresql.DATERANGE(),
            nullable=False,
            comment="Days that the calendar covers; its first day is bit 0 of transit_departures.days",
        ),
        sa.Column("weekday", sa.Date(), nullable=False, comment="Reference working day"),
        sa.Column("saturday", sa.Date(), nullable=True),
        sa.Column("sunday", sa.Date(), nullable=True),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a newer version replaced this one",
        ),
        sa.Column(
            "report",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Counts and warnings of the import",
        ),
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_feeds")),
        sa.UniqueConstraint("name", "content_hash", name=op.f("uq_transit_feeds_name_content_hash")),
    )
    op.create_index(
        "uq_transit_feeds_current",
        "transit_feeds",
        ["name"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="Sign-in name, lower case"),
        sa.Column("display_name", sa.Text(), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "session_epoch",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Raised to end all sessions of the user",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("name ~ '^[a-z0-9][a-z0-9._@-]*$'", name=op.f("ck_users_name_form")),
        sa.CheckConstraint(
            "roles <@ ARRAY['investor_support','planner','vacancy_manager','admin']",
            name=op.f("ck_users_roles_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False, comment="SHA-256 of the token"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False)
    op.create_table(
        "parcels",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("parcel_key", sa.String(length=20), nullable=False, comment="Flurstückskennzeichen"),
        sa.Column("gemarkung_key", sa.String(length=6), nullable=False, comment="Land 2 + Gemarkung 4"),
        sa.Column("gemarkung", sa.Text(), nullable=False, comment="Name of the cadastral district"),
        sa.Column("flur", sa.Integer(), nullable=True, comment="NULL where the Land has no Fluren"),
        sa.Column("numerator", sa.Integer(), nullable=False, comment="Zähler"),
        sa.Column("denominator", sa.Integer(), nullable=True, comment="Nenner"),
        sa.Column(
            "municipality_key", sa.Text(), nullable=False, comment="AGS or Gemeindeschlüssel as supplied"
        ),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("location_text", sa.Text(), server_default="", nullable=False, comment="Lagebezeichnung"),
        sa.Column(
            "actual_use",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="Tatsächliche Nutzung as supplied",
        ),
        sa.Column("official_area_m2", sa.Double(), nullable=True, comment="Area in the register"),
        sa.Column(
            "area_m2",
            sa.Double(),
            sa.Computed("ST_Area(geom)", persisted=True),
            nullable=False,
            comment="Measured area, plane EPSG:25832",
        ),
        sa.Column("owner_kind", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column(
            "land_value_eur_per_m2",
            sa.Numeric(precision=10, scale=2),
            nullable=True,
            comment="Bodenrichtwert, not the market value of this parcel",
        ),
        sa.Column(
            "publication_objection",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="The owner objected to publication (§200(3) BauGB)",
        ),
        sa.Column("publication_announced_on", sa.Date(), nullable=True),
        sa.Column("geom", geometry("MULTIPOLYGON"), nullable=False),
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
            "owner_kind IN ('municipal', 'state', 'company', 'private', 'church', 'railway', 'unknown')",
            name=op.f("ck_parcels_owner_kind_known"),
        ),
        sa.CheckConstraint(
            "parcel_key ~ '^\\d{6}(\\d{3}|_{3})\\d{5}(\\d{4}|_{4})(\\d{2}|_{2})$'",
            name=op.f("ck_parcels_parcel_key_form"),
        ),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_parcels_valid_not_empty")),
        sa.CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_parcels_geom_valid")),
        sa.CheckConstraint("official_area_m2 > 0", name=op.f("ck_parcels_official_area_positive")),
        sa.ForeignKeyConstraint(["district_id"], ["districts.id"], name=op.f("fk_parcels_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcels")),
        sa.UniqueConstraint("parcel_key", name=op.f("uq_parcels_parcel_key")),
    )
    op.create_index("ix_parcels_area", "parcels", ["area_m2"], unique=False)
    op.create_index(op.f("ix_parcels_district_id"), "parcels", ["district_id"], unique=False)
    op.create_index(
        "ix_parcels_gemarkung", "parcels", ["gemarkung", "flur", "numerator", "denominator"], unique=False
    )
    op.create_index("ix_parcels_geom", "parcels", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(
        "ix_parcels_key_prefix",
        "parcels",
        ["parcel_key"],
        unique=False,
        postgresql_ops={"parcel_key": "text_pattern_ops"},
    )
    op.create_index(
        "ix_parcels_location_trgm",
        "parcels",
        ["location_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"location_text": "gin_trgm_ops"},
    )
    op.create_table(
        "plan_areas",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("zone_code", sa.Integer(), nullable=True, comment="XPlanung Baugebiet, e.g. 1700 = GE"),
        sa.Column("zone", sa.Text(), nullable=False, comment="BauNVO short form, e.g. GE"),
        sa.Column("grz", sa.Double(), nullable=True),
        sa.Column("gfz", sa.Double(), nullable=True),
        sa.Column("max_storeys", sa.Integer(), nullable=True),
        sa.Column("geom", geometry("MULTIPOLYGON"), nullable=False),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_plan_areas_geom_valid")
        ),
        sa.CheckConstraint("gfz >= 0", name=op.f("ck_plan_areas_gfz_range")),
        sa.CheckConstraint("grz BETWEEN 0 AND 1", name=op.f("ck_plan_areas_grz_range")),
        sa.ForeignKeyConstraint(["plan_id"], ["development_plans.id"], name=op.f("fk_plan_areas_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_areas")),
    )
    op.create_index("ix_plan_areas_geom", "plan_areas", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_plan_areas_plan_id"), "plan_areas", ["plan_id"], unique=False)
    op.create_table(
        "quarters",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column(
            "geometry_accuracy_m", sa.Double(), nullable=True, comment="Accuracy of the outline, metres"
        ),
        sa.Column("geom", geometry("MULTIPOLYGON"), nullable=False),
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
        sa.CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_quarters_geom_valid")),
        sa.ForeignKeyConstraint(["district_id"], ["districts.id"], name=op.f("fk_quarters_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarters")),
        sa.UniqueConstraint("key", name=op.f("uq_quarters_key")),
    )
    op.create_index(op.f("ix_quarters_district_id"), "quarters", ["district_id"], unique=False)
    op.create_index("ix_quarters_geom", "quarters", ["geom"], unique=False, postgresql_using="gist")
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary_de", sa.Text(), nullable=False),
        sa.Column("summary_en", sa.Text(), nullable=False),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="List of {de, en, source}",
        ),
        sa.Column(
            "target_groups", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("uses", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("phase", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("stated_area_ha", sa.Double(), nullable=True, comment="Area that the source states"),
        sa.Column(
            "location_note",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="What is known of the place",
        ),
        sa.Column("geometry_accuracy_m", sa.Double(), nullable=True),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("geom", geometry("MULTIPOLYGON"), nullable=True),
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
            "phase IN ('idea', 'planning', 'preparation', 'construction', 'marketing', 'complete', 'unknown')",
            name=op.f("ck_sites_phase_known"),
        ),
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name=op.f("ck_sites_slug_form")),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_sites_valid_not_empty")),
        sa.CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_sites_geom_valid")),
        sa.CheckConstraint(
            "geom IS NULL OR geometry_accuracy_m IS NOT NULL", name=op.f("ck_sites_accuracy_with_geometry")
        ),
        sa.ForeignKeyConstraint(["district_id"], ["districts.id"], name=op.f("fk_sites_district_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("slug", name=op.f("uq_sites_slug")),
    )
    op.create_index(op.f("ix_sites_district_id"), "sites", ["district_id"], unique=False)
    op.create_index("ix_sites_geom", "sites", ["geom"], unique=False, postgresql_using="gist")
    op.create_table(
        "transit_stops",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column(
            "stop_id",
            sa.Text(),
            nullable=False,
            comment="Id of the parent station, IFOPT stem, or least id of the group",
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "member_ids",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="stop_id of its platforms in the feed",
        ),
        sa.Column(
            "modes", postgresql.ARRAY(sa.Text()), nullable=False, comment="Modes that depart here on any day"
        ),
        sa.Column(
            "lines", postgresql.ARRAY(sa.Text()), nullable=False, comment="Lines that depart here on any day"
        ),
        sa.Column("geom", geometry("POINT"), nullable=False),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_transit_stops_geom_valid")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["transit_feeds.id"], name=op.f("fk_transit_stops_feed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_stops")),
        sa.UniqueConstraint("feed_id", "stop_id", name=op.f("uq_transit_stops_feed_id_stop_id")),
    )
    op.create_index("ix_transit_stops_geom", "transit_stops", ["geom"], unique=False, postgresql_using="gist")
    op.create_table(
        "winners",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="Name of the concept; confidential"),
        sa.Column("concept", sa.Text(), server_default="", nullable=False),
        sa.Column("contact", sa.Text(), nullable=True, comment="Confidential"),
        sa.Column("use", sa.Text(), nullable=False, comment="Use of premises, e.g. retail"),
        sa.Column("area_min_m2", sa.Double(), nullable=False),
        sa.Column("area_max_m2", sa.Double(), nullable=False),
        sa.Column("rent_max_eur_month", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("ground_floor_needed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "districts",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Keys of districts or quarters; empty: anywhere",
        ),
        sa.Column(
            "features",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Features that the premises must have",
        ),
        sa.Column(
            "wished_features",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Features that would be welcome",
        ),
        sa.Column(
            "accepts_change_of_use",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="Takes premises whose use must first be changed by permit",
        ),
        sa.Column("wanted_from", sa.Date(), nullable=False),
        sa.Column("wanted_months", sa.Integer(), server_default=sa.text("12"), nullable=False),
        sa.Column(
            "other_funding",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Funded elsewhere: a grant would be double funding",
        ),
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
        sa.CheckConstraint(
            "area_min_m2 > 0 AND area_max_m2 >= area_min_m2", name=op.f("ck_winners_area_range")
        ),
        sa.CheckConstraint("wanted_months > 0", name=op.f("ck_winners_months_positive")),
        sa.ForeignKeyConstraint(["round_id"], ["contest_rounds.id"], name=op.f("fk_winners_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_winners")),
        sa.UniqueConstraint("round_id", "name", name=op.f("uq_winners_round_id_name")),
    )
    op.create_index(op.f("ix_winners_round_id"), "winners", ["round_id"], unique=False)
    op.create_table(
        "availability",
        sa.Column(
            "parcel_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="The parcel (parcels.id)",
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("preset", sa.Text(), nullable=False),
        sa.Column("gross_m2", sa.Double(), nullable=False),
        sa.Column("net_m2", sa.Double(), nullable=False),
        sa.Column(
            "estimated_m2", sa.Double(), nullable=False, comment="Part of the deductions that is an estimate"
        ),
        sa.Column("largest_piece_m2", sa.Double(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("horizon", sa.Text(), nullable=False),
        sa.Column("available_from", sa.Date(), nullable=True),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="Waterfall"),
        sa.Column("chain", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="Blocking chain"),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "horizon IN ('now', 'short', 'mid', 'long', 'undetermined')",
            name=op.f("ck_availability_horizon_known"),
        ),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_availability")),
    )
    op.create_index("ix_availability_horizon", "availability", ["horizon", "net_m2"], unique=False)
    op.create_table(
        "milestones",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name_de", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True, comment="NULL: no date stated"),
        sa.Column(
            "due_text", sa.Text(), server_default="", nullable=False, comment="Date as stated, e.g. 2027"
        ),
        sa.Column("reached_on", sa.Date(), nullable=True),
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
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_milestones_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestones")),
    )
    op.create_index(op.f("ix_milestones_site_id"), "milestones", ["site_id"], unique=False)
    op.create_table(
        "occupancies",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("during", postgresql.DATERANGE(), nullable=False, comment="Open end: the end is not known"),
        sa.Column("office", sa.Text(), server_default="", nullable=False, comment="Responsible office"),
        sa.Column("holder", sa.Text(), nullable=True, comment="Confidential: tenant, buyer, who reserved"),
        sa.Column("note", sa.Text(), nullable=True, comment="Confidential"),
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
        postgresql.ExcludeConstraint(
            (sa.column("parcel_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("kind = 'reserved'"),
            using="gist",
            name="excl_occupancies_reserved",
        ),
        sa.CheckConstraint(
            "kind IN ('reserved', 'sold', 'ground_lease', 'leased', 'company_reserve')",
            name=op.f("ck_occupancies_kind_known"),
        ),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_occupancies_during_not_empty")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_occupancies_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupancies")),
    )
    op.create_index(op.f("ix_occupancies_parcel_id"), "occupancies", ["parcel_id"], unique=False)
    op.create_table(
        "parcel_owners",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("share", sa.Text(), server_default="1/1", nullable=False),
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
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_parcel_owners_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel_owners")),
    )
    op.create_index(op.f("ix_parcel_owners_parcel_id"), "parcel_owners", ["parcel_id"], unique=False)
    op.create_table(
        "phases",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name_de", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("during", postgresql.DATERANGE(), nullable=False, comment="Open bound: not known"),
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
        sa.CheckConstraint(
            "kind IN ('idea', 'planning', 'preparation', 'construction', 'marketing', 'complete', 'unknown')",
            name=op.f("ck_phases_kind_known"),
        ),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_phases_during_not_empty")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_phases_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phases")),
    )
    op.create_index(op.f("ix_phases_site_id"), "phases", ["site_id"], unique=False)
    op.create_table(
        "plots",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("uses", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("zone", sa.Text(), nullable=True, comment="BauNVO short form, e.g. GE"),
        sa.Column("available_from", sa.Date(), nullable=True, comment="NULL: not known"),
        sa.Column(
            "price_eur_per_m2", sa.Numeric(precision=10, scale=2), nullable=True, comment="Asking price"
        ),
        sa.Column("area_m2", sa.Double(), sa.Computed("ST_Area(geom)", persisted=True), nullable=False),
        sa.Column("geometry_accuracy_m", sa.Double(), nullable=True),
        sa.Column("geom", geometry("MULTIPOLYGON"), nullable=False),
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
            "status IN ('available', 'reserved', 'sold', 'planned')", name=op.f("ck_plots_status_known")
        ),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_plots_valid_not_empty")),
        sa.CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_plots_geom_valid")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_plots_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plots")),
        sa.UniqueConstraint("site_id", "slug", name=op.f("uq_plots_site_id_slug")),
    )
    op.create_index("ix_plots_geom", "plots", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_plots_site_id"), "plots", ["site_id"], unique=False)
    op.create_table(
        "premises",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("premises_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="What people call it"),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("house_number", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "floor", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="0 = ground floor"
        ),
        sa.Column("area_m2", sa.Double(), nullable=False, comment="Lettable area"),
        sa.Column("permitted_uses", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("features", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "net_rent_eur_month",
            sa.Numeric(precision=10, scale=2),
            nullable=True,
            comment="Nettokaltmiete; confidential",
        ),
        sa.Column("landlord", sa.Text(), nullable=True, comment="Confidential"),
        sa.Column("contact", sa.Text(), nullable=True, comment="Confidential"),
        sa.Column("note", sa.Text(), nullable=True, comment="Confidential"),
        sa.Column("parcel_id", sa.Integer(), nullable=True),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("quarter_id", sa.Integer(), nullable=True),
        sa.Column("geom", geometry("POINT"), nullable=False),
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
            "features <@ ARRAY['extraction','barrier_free','water','storage','shop_window']",
            name=op.f("ck_premises_features_known"),
        ),
        sa.CheckConstraint(
            "permitted_uses <@ ARRAY['retail','gastronomy','craft','office','studio','service']",
            name=op.f("ck_premises_permitted_uses_known"),
        ),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("ck_premises_valid_not_empty")),
        sa.CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("ck_premises_geom_valid")),
        sa.CheckConstraint("area_m2 > 0", name=op.f("ck_premises_area_positive")),
        sa.CheckConstraint("net_rent_eur_month >= 0", name=op.f("ck_premises_rent_not_negative")),
        sa.ForeignKeyConstraint(["district_id"], ["districts.id"], name=op.f("fk_premises_district_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_premises_parcel_id")),
        sa.ForeignKeyConstraint(["quarter_id"], ["quarters.id"], name=op.f("fk_premises_quarter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_premises")),
        sa.UniqueConstraint("premises_key", name=op.f("uq_premises_premises_key")),
    )
    op.create_index(op.f("ix_premises_district_id"), "premises", ["district_id"], unique=False)
    op.create_index("ix_premises_geom", "premises", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_premises_parcel_id"), "premises", ["parcel_id"], unique=False)
    op.create_index(op.f("ix_premises_quarter_id"), "premises", ["quarter_id"], unique=False)
    op.create_index(
        "ix_premises_street_trgm",
        "premises",
        ["street"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"street": "gin_trgm_ops"},
    )
    op.create_table(
        "transit_access",
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True, comment="NULL: below the method's lowest class"),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("stop_pk", sa.Integer(), nullable=True),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("next_grade", sa.Text(), nullable=True, comment="Grade by the best other stop"),
        sa.Column("next_stop_pk", sa.Integer(), nullable=True),
        sa.Column("next_distance_m", sa.Double(), nullable=True),
        sa.Column(
            "rail_stop_pk",
            sa.Integer(),
            nullable=True,
            comment="Nearest stop of trains: S-Bahn, regional, long-distance",
        ),
        sa.Column("rail_distance_m", sa.Double(), nullable=True),
        sa.Column(
            "tram_stop_pk",
            sa.Integer(),
            nullable=True,
            comment="Nearest stop of Stadtbahn, tram, U-Bahn or suspension railway",
        ),
        sa.Column("tram_distance_m", sa.Double(), nullable=True),
        sa.Column("bus_stop_pk", sa.Integer(), nullable=True, comment="Nearest bus stop"),
        sa.Column("bus_distance_m", sa.Double(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "subject_kind IN ('parcel', 'plot', 'site', 'premises')",
            name=op.f("ck_transit_access_subject_kind_known"),
        ),
        sa.ForeignKeyConstraint(["stop_pk"], ["transit_stops.id"], name=op.f("fk_transit_access_stop_pk")),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", "method", name=op.f("pk_transit_access")),
    )
    op.create_index(
        "ix_transit_access_grade", "transit_access", ["subject_kind", "method", "grade"], unique=False
    )
    op.create_index(op.f("ix_transit_access_stop_pk"), "transit_access", ["stop_pk"], unique=False)
    op.create_table(
        "transit_departures",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("stop_pk", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Text(), nullable=False, comment="stop_id in the feed"),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("route_type", sa.Integer(), nullable=False, comment="GTFS route type as in the feed"),
        sa.Column("line", sa.Text(), nullable=False, comment="Line as passengers know it"),
        sa.Column("direction", sa.Integer(), nullable=False, comment="0 or 1, along the line"),
        sa.Column(
            "next_stop_id", sa.Text(), nullable=False, comment="Stop served next, as transit_stops.stop_id"
        ),
        sa.Column("headsign", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "days",
            postgresql.BYTEA(),
            nullable=False,
            comment="Bit n (get_bit): the departures run n days after the first day of the feed",
        ),
        sa.Column(
            "departure_s",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="Seconds after the service day's start, sorted; may exceed 86,400",
        ),
        sa.CheckConstraint(
            "mode IN ('long_distance', 'rail', 'metro', 'tram', 'bus', 'ship', 'funicular', 'cable', 'other')",
            name=op.f("ck_transit_departures_mode_known"),
        ),
        sa.CheckConstraint(
            "cardinality(departure_s) > 0", name=op.f("ck_transit_departures_departures_present")
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["transit_feeds.id"], name=op.f("fk_transit_departures_feed_id")
        ),
        sa.ForeignKeyConstraint(
            ["stop_pk"], ["transit_stops.id"], name=op.f("fk_transit_departures_stop_pk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_departures")),
    )
    op.create_index(op.f("ix_transit_departures_feed_id"), "transit_departures", ["feed_id"], unique=False)
    op.create_index("ix_transit_departures_stop", "transit_departures", ["stop_pk"], unique=False)
    op.create_table(
        "transit_stop_grades",
        sa.Column("stop_pk", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="Day that was counted"),
        sa.Column("window_from_s", sa.Integer(), nullable=False, comment="Seconds after midnight, counted"),
        sa.Column(
            "window_to_s", sa.Integer(), nullable=False, comment="Seconds after midnight, no longer counted"
        ),
        sa.Column(
            "mode_group", sa.Text(), nullable=False, comment="Group of the method that gave the category"
        ),
        sa.Column(
            "category", sa.Text(), nullable=True, comment="NULL: too few departures for the lowest category"
        ),
        sa.Column(
            "departures", sa.Double(), nullable=False, comment="Departures per direction of that group"
        ),
        sa.Column(
            "headway_min",
            sa.Double(),
            nullable=False,
            comment="Minutes between two departures in one direction",
        ),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Every mode group with its lines",
        ),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["stop_pk"], ["transit_stops.id"], name=op.f("fk_transit_stop_grades_stop_pk")
        ),
        sa.PrimaryKeyConstraint("stop_pk", "method", name=op.f("pk_transit_stop_grades")),
    )
    op.create_table(
        "match_decisions",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("winner_id", sa.Integer(), nullable=False),
        sa.Column("premises_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
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
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_match_decisions_reason_given")),
        sa.CheckConstraint(
            "kind IN ('pinned', 'forbidden', 'locked')", name=op.f("ck_match_decisions_kind_known")
        ),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_by IS NULL)", name=op.f("ck_match_decisions_revoked_by_someone")
        ),
        sa.ForeignKeyConstraint(
            ["premises_id"], ["premises.id"], name=op.f("fk_match_decisions_premises_id")
        ),
        sa.ForeignKeyConstraint(["winner_id"], ["winners.id"], name=op.f("fk_match_decisions_winner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_decisions")),
    )
    op.create_index(op.f("ix_match_decisions_premises_id"), "match_decisions", ["premises_id"], unique=False)
    op.create_index(op.f("ix_match_decisions_winner_id"), "match_decisions", ["winner_id"], unique=False)
    op.create_index(
        "uq_match_decisions_pair",
        "match_decisions",
        ["winner_id", "premises_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index(
        "uq_match_decisions_premises_fixed",
        "match_decisions",
        ["premises_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL AND kind <> 'forbidden'"),
    )
    op.create_index(
        "uq_match_decisions_winner_fixed",
        "match_decisions",
        ["winner_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL AND kind <> 'forbidden'"),
    )
    op.create_table(
        "placements",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("winner_id", sa.Integer(), nullable=False),
        sa.Column("premises_id", sa.Integer(), nullable=False),
        sa.Column("during", postgresql.DATERANGE(), nullable=False),
        sa.Column(
            "net_rent_eur_month",
            sa.Numeric(precision=10, scale=2),
            nullable=True,
            comment="Rent on which the grant was reckoned; confidential",
        ),
        sa.Column("grant_eur", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "confirmed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
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
        postgresql.ExcludeConstraint(
            (sa.column("premises_id"), "="),
            (sa.column("during"), "&&"),
            using="gist",
            name="excl_placements_premises_during",
        ),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_placements_during_not_empty")),
        sa.CheckConstraint("grant_eur >= 0", name=op.f("ck_placements_grant_not_negative")),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("fk_placements_premises_id")),
        sa.ForeignKeyConstraint(["winner_id"], ["winners.id"], name=op.f("fk_placements_winner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
        sa.UniqueConstraint("winner_id", name="uq_placements_winner"),
    )
    op.create_index(op.f("ix_placements_premises_id"), "placements", ["premises_id"], unique=False)
    op.create_table(
        "vacancies",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("premises_id", sa.Integer(), nullable=False),
        sa.Column("during", postgresql.DATERANGE(), nullable=False, comment="Open end: still vacant"),
        sa.Column("status", sa.Text(), server_default="vacant", nullable=False),
        sa.Column("previous_use", sa.Text(), server_default="", nullable=False),
        sa.Column("temporary_use_until", sa.Date(), nullable=True),
        sa.Column(
            "asking_rent_eur_month",
            sa.Numeric(precision=10, scale=2),
            nullable=True,
            comment="Public asking rent, where the landlord agreed to show it",
        ),
        sa.Column("note", sa.Text(), nullable=True, comment="Confidential"),
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
        postgresql.ExcludeConstraint(
            (sa.column("premises_id"), "="),
            (sa.column("during"), "&&"),
            using="gist",
            name="excl_vacancies_premises_during",
        ),
        sa.CheckConstraint(
            "status IN ('vacant', 'threatened', 'temporary_use')", name=op.f("ck_vacancies_status_known")
        ),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_vacancies_during_not_empty")),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("fk_vacancies_premises_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vacancies")),
    )
    op.create_index(op.f("ix_vacancies_premises_id"), "vacancies", ["premises_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_vacancies_premises_id"), table_name="vacancies")
    op.drop_table("vacancies")
    op.drop_index(op.f("ix_placements_premises_id"), table_name="placements")
    op.drop_table("placements")
    op.drop_index(
        "uq_match_decisions_winner_fixed",
        table_name="match_decisions",
        postgresql_where=sa.text("revoked_at IS NULL AND kind <> 'forbidden'"),
    )
    op.drop_index(
        "uq_match_decisions_premises_fixed",
        table_name="match_decisions",
        postgresql_where=sa.text("revoked_at IS NULL AND kind <> 'forbidden'"),
    )
    op.drop_index(
        "uq_match_decisions_pair",
        table_name="match_decisions",
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.drop_index(op.f("ix_match_decisions_winner_id"), table_name="match_decisions")
    op.drop_index(op.f("ix_match_decisions_premises_id"), table_name="match_decisions")
    op.drop_table("match_decisions")
    op.drop_table("transit_stop_grades")
    op.drop_index("ix_transit_departures_stop", table_name="transit_departures")
    op.drop_index(op.f("ix_transit_departures_feed_id"), table_name="transit_departures")
    op.drop_table("transit_departures")
    op.drop_index(op.f("ix_transit_access_stop_pk"), table_name="transit_access")
    op.drop_index("ix_transit_access_grade", table_name="transit_access")
    op.drop_table("transit_access")
    op.drop_index(
        "ix_premises_street_trgm",
        table_name="premises",
        postgresql_using="gin",
        postgresql_ops={"street": "gin_trgm_ops"},
    )
    op.drop_index(op.f("ix_premises_quarter_id"), table_name="premises")
    op.drop_index(op.f("ix_premises_parcel_id"), table_name="premises")
    op.drop_index("ix_premises_geom", table_name="premises", postgresql_using="gist")
    op.drop_index(op.f("ix_premises_district_id"), table_name="premises")
    op.drop_table("premises")
    op.drop_index(op.f("ix_plots_site_id"), table_name="plots")
    op.drop_index("ix_plots_geom", table_name="plots", postgresql_using="gist")
    op.drop_table("plots")
    op.drop_index(op.f("ix_phases_site_id"), table_name="phases")
    op.drop_table("phases")
    op.drop_index(op.f("ix_parcel_owners_parcel_id"), table_name="parcel_owners")
    op.drop_table("parcel_owners")
    op.drop_index(op.f("ix_occupancies_parcel_id"), table_name="occupancies")
    op.drop_table("occupancies")
    op.drop_index(op.f("ix_milestones_site_id"), table_name="milestones")
    op.drop_table("milestones")
    op.drop_index("ix_availability_horizon", table_name="availability")
    op.drop_table("availability")
    op.drop_index(op.f("ix_winners_round_id"), table_name="winners")
    op.drop_table("winners")
    op.drop_index("ix_transit_stops_geom", table_name="transit_stops", postgresql_using="gist")
    op.drop_table("transit_stops")
    op.drop_index("ix_sites_geom", table_name="sites", postgresql_using="gist")
    op.drop_index(op.f("ix_sites_district_id"), table_name="sites")
    op.drop_table("sites")
    op.drop_index("ix_quarters_geom", table_name="quarters", postgresql_using="gist")
    op.drop_index(op.f("ix_quarters_district_id"), table_name="quarters")
    op.drop_table("quarters")
    op.drop_index(op.f("ix_plan_areas_plan_id"), table_name="plan_areas")
    op.drop_index("ix_plan_areas_geom", table_name="plan_areas", postgresql_using="gist")
    op.drop_table("plan_areas")
    op.drop_index(
        "ix_parcels_location_trgm",
        table_name="parcels",
        postgresql_using="gin",
        postgresql_ops={"location_text": "gin_trgm_ops"},
    )
    op.drop_index(
        "ix_parcels_key_prefix", table_name="parcels", postgresql_ops={"parcel_key": "text_pattern_ops"}
    )
    op.drop_index("ix_parcels_geom", table_name="parcels", postgresql_using="gist")
    op.drop_index("ix_parcels_gemarkung", table_name="parcels")
    op.drop_index(op.f("ix_parcels_district_id"), table_name="parcels")
    op.drop_index("ix_parcels_area", table_name="parcels")
    op.drop_table("parcels")
    op.drop_index(op.f("ix_api_tokens_user_id"), table_name="api_tokens")
    op.drop_table("api_tokens")
    op.drop_table("users")
    op.drop_index(
        "uq_transit_feeds_current", table_name="transit_feeds", postgresql_where=sa.text("is_current")
    )
    op.drop_table("transit_feeds")
    op.drop_index("ix_restrictions_kind", table_name="restrictions")
    op.drop_index("ix_restrictions_geom", table_name="restrictions", postgresql_using="gist")
    op.drop_table("restrictions")
    op.drop_table("inquiries")
    op.drop_index("ix_import_runs_kind", table_name="import_runs")
    op.drop_table("import_runs")
    op.drop_index("ix_districts_geom", table_name="districts", postgresql_using="gist")
    op.drop_table("districts")
    op.drop_index("ix_development_plans_geom", table_name="development_plans", postgresql_using="gist")
    op.drop_table("development_plans")
    op.drop_table("contest_rounds")
    op.drop_index("ix_audit_row", table_name="audit")
    op.drop_table("audit")
    for extension in reversed(EXTENSIONS):
        op.execute(f"DROP EXTENSION IF EXISTS {extension} CASCADE")
