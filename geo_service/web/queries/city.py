"""Statements of the pages about the whole city: what parcels, sites and blockers are called."""

from typing import Final

from sqlalchemy import TextClause, text

NAMES: Final[TextClause] = text("""
    SELECT parcel_key, gemarkung, flur, numerator, denominator, location_text, is_demo
      FROM parcels
     WHERE parcel_key = ANY(:keys)
""")
"""What people call parcels. Parameter: ``keys``; only of parcels that the caller may see."""

SITE_NAMES: Final[TextClause] = text("""
    SELECT slug AS key, name FROM sites WHERE geom IS NOT NULL AND valid @> current_date ORDER BY name
""")
"""Sites whose place is known."""

BLOCKERS: Final[TextClause] = text("""
    SELECT 'restriction:' || id AS reference, kind, title FROM restrictions WHERE id = ANY(:restriction)
    UNION ALL
    SELECT 'plan:' || id, 'plan_not_in_force', concat_ws(' ', plan_key, name)
      FROM development_plans WHERE id = ANY(:plan)
    UNION ALL
    SELECT 'occupancy:' || o.id, o.kind, p.parcel_key
      FROM occupancies o JOIN parcels p ON p.id = o.parcel_id WHERE o.id = ANY(:occupancy)
""")
"""Kind and title of blockers; never who holds. Parameters: ``restriction``, ``plan``, ``occupancy`` (ids)."""
