"""Statements of the pages about the whole city: what parcels, sites and blockers are called."""

from typing import Final

from sqlalchemy import TextClause, text

NAMES: Final[TextClause] = text("""
    SELECT parcel_key, gemarkung, flur, numerator, denominator, location_text, is_demo
      FROM parcels
     WHERE parcel_key = ANY(:keys)
""")
"""What people call parcels. Parameter: ``keys``; only of parcels that the caller may see."""

PARCEL_SHAPES: Final[TextClause] = text("""
    SELECT parcel_key, ST_AsBinary(ST_SimplifyPreserveTopology(geom, 0.5)) AS geom
      FROM parcels
     WHERE parcel_key = ANY(:keys)
""")
"""Shapes of parcels (WKB, EPSG:25832), to half a metre. Parameter: ``keys``, as of `NAMES`."""

DISTRICT_SHAPES: Final[TextClause] = text("""
    SELECT key, name, is_demo, ST_AsBinary(ST_SimplifyPreserveTopology(geom, 5)) AS geom
      FROM districts
     ORDER BY name
""")
"""Districts with their outlines (WKB, EPSG:25832), to 5 m."""

SITE_NAMES: Final[TextClause] = text("""
    SELECT slug AS key, name FROM sites s
     WHERE valid @> current_date
       AND (geom IS NOT NULL
            OR EXISTS (SELECT FROM plots WHERE site_id = s.id AND geom IS NOT NULL AND valid @> current_date))
     ORDER BY name
""")
"""Sites whose place, or that of a plot, is known."""

HOLDING: Final[TextClause] = text("""
    WITH stored AS (
        SELECT a.items, a.chain FROM availability a JOIN parcels p ON p.id = a.parcel_id
         WHERE p.parcel_key = ANY(:keys) AND p.valid @> current_date),
    found AS (
        SELECT 'restriction:' || (item->>'restriction_id') AS reference, item->>'kind' AS kind,
               item->>'title' AS title
          FROM stored, jsonb_array_elements(items) AS item WHERE item->>'restriction_id' IS NOT NULL
         UNION ALL
        SELECT (link->>'what') || ':' || (link->>'id'), link->>'kind', link->>'title'
          FROM stored, jsonb_array_elements(chain) AS link WHERE link->>'id' IS NOT NULL)
    SELECT reference, kind, title, count(*) AS parcels,
           EXISTS (SELECT FROM stale_parcels m JOIN parcels p ON p.id = m.parcel_id
                    WHERE p.parcel_key = ANY(:keys)) AS stale
      FROM found
     GROUP BY reference, kind, title ORDER BY count(*) DESC, kind, title, reference LIMIT 40
""")
"""What takes area from some parcels or holds them, as last computed; what lies on most of them first.

``stale``: something changed there since.

For the agency only. Parameter: ``keys``.
"""

BLOCKERS: Final[TextClause] = text("""
    SELECT found.*, p.gemarkung, p.flur, p.numerator, p.denominator
      FROM (SELECT 'restriction:' || id AS reference, kind, title, CAST(NULL AS bigint) AS parcel_id
              FROM restrictions WHERE id = ANY(:restriction)
             UNION ALL
            SELECT 'plan:' || id, 'plan_not_in_force', concat_ws(' ', plan_key, name), NULL
              FROM development_plans WHERE id = ANY(:plan)
             UNION ALL
            SELECT 'occupancy:' || id, kind, NULL, parcel_id FROM occupancies WHERE id = ANY(:occupancy)
           ) AS found
      LEFT JOIN parcels p ON p.id = found.parcel_id
""")
"""Kind and title of blockers, of occupancies the parcel; never who holds.

Parameters: ``restriction``, ``plan``, ``occupancy`` (ids).
"""
