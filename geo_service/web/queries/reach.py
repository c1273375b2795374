"""Statement of the travel times that pages show."""

from typing import Final

from sqlalchemy import TextClause, text

ISOCHRONES: Final[TextClause] = text("""
    SELECT i.minutes, ST_AsBinary(i.geom) AS geom
      FROM transit_isochrones i
      JOIN transit_reach_state s ON s.id = i.run_id AND s.shown
     WHERE i.site_id = :site_id
     ORDER BY i.minutes DESC
""")
"""Areas that are reached from a site, the largest first (WKB, EPSG:25832). Parameter: ``site_id``."""

TRAVEL_TIMES: Final[TextClause] = text("""
    WITH run AS (
        SELECT r.*, s.stale FROM transit_reach_runs r JOIN transit_reach_state s USING (id) WHERE s.shown
    )
    SELECT d.value ->> 'name_de' AS name_de, d.value ->> 'name_en' AS name_en,
           t.median_s, t.p90_s, t.changes, t.walk_s, t.walk_s <= t.median_s AS on_foot, t.estimated,
           run.window_from_s, run.window_to_s, run.rules, run.feeds,
           run.network_id IS NOT NULL AS on_streets,
           run.stale OR t.place IS DISTINCT FROM CAST(:place AS bigint) AS stale
      FROM run
     CROSS JOIN jsonb_array_elements(run.destinations) WITH ORDINALITY AS d(value, place)
      JOIN transit_reach t ON t.run_id = run.id AND t.destination = d.value ->> 'key'
       AND t.subject_kind = :subject_kind AND t.subject_id = :subject_id
     ORDER BY d.place
""")
"""Travel times of a parcel, site or premises by destination: from 7 to 9 o'clock if computed, else the window
computed last. Parameters: ``subject_kind``, ``subject_id``, ``place`` (tells one place from another)."""
