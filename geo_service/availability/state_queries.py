"""What the stored availability was computed from, and what changed since: told wherever it is shown."""

from typing import Final

from sqlalchemy import TextClause, text

STALE_PARCELS: Final[TextClause] = text("""
    SELECT count(DISTINCT m.parcel_id)
      FROM stale_parcels m
      JOIN parcels p ON p.id = m.parcel_id AND p.valid @> current_date
""")
"""Number of parcels that changed since their stored availability was computed."""

STORED_STATE: Final[TextClause] = text("""
    SELECT r.as_of, r.preset, r.finished_at AS computed_at, r.rules -> 'order' AS deduction_order,
           CAST(r.rules ->> 'sliver_width_m' AS float8) AS sliver_width_m,
           r.as_of <> current_date AS other_day,
           (SELECT count(DISTINCT m.parcel_id) FROM stale_parcels m
              JOIN parcels p ON p.id = m.parcel_id AND p.valid @> current_date) AS stale
      FROM availability_runs r
     ORDER BY r.id DESC
     LIMIT 1
""")
"""Of what day and moment the stored availability is, by which rules, and how many parcels changed since.

No row: nothing is stored.
"""
