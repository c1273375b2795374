"""Statement of the travel times that pages show."""

from typing import Final

from sqlalchemy import TextClause, text

TRAVEL_TIMES: Final[TextClause] = text("""
    WITH run AS (
        SELECT * FROM transit_reach_runs
         ORDER BY window_from_s = 25200 AND window_to_s = 32400 DESC, computed_at DESC
         LIMIT 1
    )
    SELECT d.value ->> 'name_de' AS name_de, d.value ->> 'name_en' AS name_en,
           t.median_s, t.p90_s, t.changes, t.walk_s, t.walk_s <= t.median_s AS on_foot,
           run.window_from_s, run.window_to_s, run.rules, run.feeds,
           (SELECT array_agg(id ORDER BY id) FROM transit_feeds WHERE is_current) IS DISTINCT FROM
           (SELECT array_agg((f.value ->> 'id')::int ORDER BY (f.value ->> 'id')::int)
              FROM jsonb_array_elements(run.feeds) AS f) AS stale
      FROM run
     CROSS JOIN jsonb_array_elements(run.destinations) WITH ORDINALITY AS d(value, place)
      JOIN transit_reach t ON t.run_id = run.id AND t.destination = d.value ->> 'key'
       AND t.subject_kind = :subject_kind AND t.subject_id = :subject_id
     ORDER BY d.place
""")
"""Travel times of a parcel, site or premises by destination: from 7 to 9 o'clock if computed, else the window
computed last. Parameters: ``subject_kind``, ``subject_id``."""
