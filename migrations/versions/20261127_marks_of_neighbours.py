"""Marks reach every parcel whose usability or capacity a change may change, not only the parcels that it touches.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

EVENTS = {
    "insert": "REFERENCING NEW TABLE AS after",
    "update": "REFERENCING OLD TABLE AS before NEW TABLE AS after",
    "delete": "REFERENCING OLD TABLE AS before",
}
PARCEL_COLUMNS = "geom, valid, actual_use"
BUILDING_COLUMNS = "geom, valid, kind, storeys"
PLAN_COLUMNS = "geom, valid, plan_key, name, legal_status, in_force_on, office, source, source_date"

# The rows that a statement changed in one of some columns, as they were and as they are: text of a query on the
# transition tables.
CHANGED = """
CREATE FUNCTION changed_rows(operation text, columns text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE operation
        WHEN 'INSERT' THEN 'SELECT a.* FROM after a'
        WHEN 'DELETE' THEN 'SELECT b.* FROM before b'
        ELSE format(
            'SELECT b.* FROM before b LEFT JOIN after a USING (id)
              WHERE a.id IS NULL OR (%1$s) IS DISTINCT FROM (%2$s)
             UNION ALL
             SELECT a.* FROM after a LEFT JOIN before b USING (id)
              WHERE b.id IS NULL OR (%1$s) IS DISTINCT FROM (%2$s)',
            'b.' || replace(columns, ', ', ', b.'), 'a.' || replace(columns, ', ', ', a.'))
        END
$$
"""

# Both functions below look parcels up by their spatial index: the planner knows too little of a table that is being
# filled to see that by itself.
#
# What stands on a parcel bears on the parcels that adjoin it (built neighbours): its outline is marked, too.
# Arguments: the watched columns, and which of the rows say that something stands there.
ADJOINING = """
CREATE FUNCTION mark_adjoining() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    standing text := format('SELECT * FROM (%s) t WHERE %s', changed_rows(TG_OP, TG_ARGV[0]), TG_ARGV[1]);
    many boolean;
BEGIN
    EXECUTE format('SELECT count(*) > 20000 FROM (%s) t', standing) INTO many;
    IF many THEN
        INSERT INTO availability_marks (cause, area)
        VALUES (TG_TABLE_NAME, ST_Multi(ST_MakeEnvelope(-1e8, -1e8, 1e8, 1e8, 25832)));
    ELSE
        EXECUTE format('INSERT INTO availability_marks (cause, area)
                        SELECT DISTINCT ON (q.id) $1, q.geom
                          FROM (%s) t JOIN parcels q ON ST_Intersects(q.geom, t.geom)', standing)
          USING TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$
"""

# The first building of a Gemarkung tells of all its parcels whether they are built on: stored results that do not know
# it no longer hold. With the last one nobody knows any more. Of more than 20,000 buildings at once mark_adjoining has
# marked everything. Argument: the watched columns.
GEMARKUNGEN = """
CREATE FUNCTION mark_gemarkungen() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    changed text := changed_rows(TG_OP, TG_ARGV[0]);
    many boolean;
    touched record;
BEGIN
    EXECUTE format('SELECT count(*) > 20000 FROM (%s) t', changed) INTO many;
    IF many THEN
        RETURN NULL;
    END IF;
    FOR touched IN EXECUTE format(
        'SELECT q.gemarkung_key, bool_or(c.built IS NULL) AS unknown
           FROM (%s) t JOIN parcels q ON ST_Intersects(q.geom, t.geom)
           LEFT JOIN capacities c ON c.parcel_id = q.id
          GROUP BY q.gemarkung_key', changed)
    LOOP
        IF touched.unknown OR NOT EXISTS (
            SELECT FROM parcels q
             WHERE q.gemarkung_key = touched.gemarkung_key
               AND EXISTS (SELECT FROM buildings b WHERE ST_Intersects(b.geom, q.geom) AND b.valid @> current_date))
        THEN
            INSERT INTO availability_marks (cause, area)
            SELECT TG_TABLE_NAME, ST_Multi(ST_Expand(ST_Extent(q.geom), 1)::geometry(Polygon, 25832))
              FROM parcels q WHERE q.gemarkung_key = touched.gemarkung_key;
        END IF;
    END LOOP;
    RETURN NULL;
END $$
"""

# The first street of the cadastre makes frontage known everywhere, with the last one nobody knows any more: stored
# results no longer hold that say otherwise. Argument: the watched columns.
STREETS = """
CREATE FUNCTION mark_first_street() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    street boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM (%s) t WHERE is_street(t.actual_use))',
                   changed_rows(TG_OP, TG_ARGV[0])) INTO street;
    IF street AND EXISTS (SELECT FROM parcels p WHERE is_street(p.actual_use) AND p.valid @> current_date)
           <> EXISTS (SELECT FROM usability u WHERE u.frontage_m IS NOT NULL)
    THEN
        INSERT INTO availability_marks (cause, area)
        VALUES (TG_TABLE_NAME, ST_Multi(ST_MakeEnvelope(-1e8, -1e8, 1e8, 1e8, 25832)));
    END IF;
    RETURN NULL;
END $$
"""

# A street by its actual use; the same words as geo_service.availability.facts.STREETS.
IS_STREET = """
CREATE FUNCTION is_street(actual_use text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT actual_use ILIKE 'straßenverkehr%' OR actual_use ILIKE 'platz%'
$$
"""

# Building areas may reach beyond the outline of their plan: what is said of the plan bears on them as well.
PLAN_AREAS = """
CREATE FUNCTION mark_plan_areas() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO availability_marks (cause, area)
                    SELECT $1, g.geom FROM plan_areas g WHERE g.plan_id IN (SELECT t.id FROM (%s) t)',
                   changed_rows(TG_OP, TG_ARGV[0])) USING TG_TABLE_NAME;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    ("mark_adjoining", "buildings", f"'{BUILDING_COLUMNS}', 'true'"),
    ("mark_adjoining", "restrictions", "'geom, valid, kind', 't.kind = ''existing_building'''"),
    ("mark_gemarkungen", "buildings", f"'{BUILDING_COLUMNS}'"),
    ("mark_first_street", "parcels", f"'{PARCEL_COLUMNS}'"),
    ("mark_plan_areas", "development_plans", f"'{PLAN_COLUMNS}'"),
)

# Borders of two records never match: neighbours within a metre count as touched.
STALE = """
CREATE OR REPLACE VIEW stale_parcels AS
SELECT m.parcel_id, m.id AS mark_id, m.cause, m.at
  FROM availability_marks m
 WHERE m.parcel_id IS NOT NULL
UNION ALL
SELECT p.id, m.id, m.cause, m.at
  FROM availability_marks m
  JOIN parcels p ON {meets}
"""


def watch_parcels(columns: str) -> None:
    """Let the marks of parcels watch some columns."""
    for event, rows in EVENTS.items():
        op.execute(
            f"CREATE OR REPLACE TRIGGER mark_availability_{event} AFTER {event} ON parcels {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION mark_availability('geom', '{columns}')"
        )


def upgrade() -> None:
    for function in (CHANGED, IS_STREET, ADJOINING, GEMARKUNGEN, STREETS, PLAN_AREAS):
        op.execute(function)
    for function, table, arguments in TRIGGERS:
        for event, rows in EVENTS.items():
            op.execute(
                f"CREATE TRIGGER {function}_{event} AFTER {event} ON {table} {rows} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {function}({arguments})"
            )
    watch_parcels(f"{PARCEL_COLUMNS}, parcel_key, gemarkung_key")
    op.execute(STALE.format(meets="ST_DWithin(m.area, p.geom, 1)"))


def downgrade() -> None:
    op.execute(STALE.format(meets="ST_Intersects(m.area, p.geom)"))
    watch_parcels(PARCEL_COLUMNS)
    for function, table, _ in TRIGGERS:
        for event in EVENTS:
            op.execute(f"DROP TRIGGER {function}_{event} ON {table}")
    for function in dict.fromkeys(function for function, *_ in TRIGGERS):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP FUNCTION is_street(text)")
    op.execute("DROP FUNCTION changed_rows(text, text)")
