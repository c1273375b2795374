"""Statements of the start page."""

from typing import Final

from sqlalchemy import TextClause, text

from geo_service.transit.run_queries import with_places

LAND_BY_HORIZON: Final[TextClause] = text("""
    SELECT CASE WHEN CASE WHEN :public THEN u.offered ELSE u.internal_offered END THEN a.horizon
                ELSE coalesce(CASE WHEN :public THEN u.category ELSE u.internal_category END, 'unknown')
           END AS horizon, count(*) AS parcels, sum(u.offered_m2) AS offered_m2,
           sum(a.net_m2) AS net_m2, sum(a.gross_m2) AS gross_m2
      FROM availability a
      JOIN parcels p ON p.id = a.parcel_id AND p.valid @> current_date
      JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at AND u.offered_m2 > 0
     WHERE NOT :public OR (NOT p.publication_objection
               AND (p.publication_announced_on IS NULL
                    OR p.publication_announced_on + interval '1 month' <= current_date))
     GROUP BY 1
""")
"""Number, offered area (net without slivers: the available land), net and gross area (m²) of the parcels on
offer per horizon; those in use and those of which nothing is known stand apart (``in_use``, ``unknown``
in the place of the horizon). Parameter: ``public``."""

LAND_BY_GRADE: Final[TextClause] = with_places("""
    SELECT coalesce(t.grade, 'none') AS grade, count(*) AS parcels, sum(u.offered_m2) AS offered_m2,
           count(*) FILTER (WHERE t.subject_id IS NOT NULL AND (coalesce(state.stale, true)
                 OR t.place IS DISTINCT FROM PLACE_OF(p.geom))) AS stale
      FROM availability a
      JOIN parcels p ON p.id = a.parcel_id AND p.valid @> current_date
      JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at AND u.offered_m2 > 0
       AND CASE WHEN :public THEN u.offered ELSE u.internal_offered END
      LEFT JOIN transit_access t
        ON t.subject_kind = 'parcel' AND t.subject_id = p.id AND t.method = :method AND t.time_window = 'day'
      LEFT JOIN transit_state state ON state.method = t.method AND state.time_window = t.time_window
     WHERE NOT :public OR (NOT p.publication_objection
               AND (p.publication_announced_on IS NULL
                    OR p.publication_announced_on + interval '1 month' <= current_date))
     GROUP BY 1
""")
"""Number and offered area (m²) of parcels on offer per transit class; ``stale``: whose class no longer holds.

Parameters: ``public``, ``method``.
"""

VACANCY_RATE: Final[TextClause] = text("""
    SELECT count(*) AS premises, coalesce(sum(pr.area_m2), 0) AS area_m2,
           count(v.id) FILTER (WHERE v.status = 'vacant') AS vacant,
           coalesce(sum(pr.area_m2) FILTER (WHERE v.status = 'vacant'), 0) AS vacant_m2,
           count(v.id) FILTER (WHERE v.status = 'threatened') AS threatened,
           count(v.id) FILTER (WHERE v.status = 'temporary_use') AS temporary_use,
           count(v.id) FILTER (WHERE v.status = 'vacant'
                               AND lower(v.during) <= current_date - interval '3 months') AS long_vacant
      FROM premises pr
      LEFT JOIN vacancies v ON v.premises_id = pr.id AND v.during @> current_date
     WHERE pr.valid @> current_date
""")
"""Premises, vacant ones, and those vacant for three months or more; areas in m².

Source of the three months: domain description 3 (common convention).
"""

UNMET_INQUIRIES: Final[TextClause] = text("""
    SELECT count(*) FILTER (WHERE status = 'open') AS open,
           count(*) FILTER (WHERE status = 'unmet') AS unmet
      FROM inquiries
""")
"""Inquiries that wait, and those that could not be served: numbers only."""

BROUGHT_IN: Final[TextClause] = text("""
    SELECT EXISTS (SELECT FROM parcels WHERE valid @> current_date) AS parcels,
           EXISTS (SELECT FROM buildings WHERE valid @> current_date) AS buildings,
           EXISTS (SELECT FROM street_networks WHERE is_current) AS streets
""")
"""What the register holds of the data that others build upon: one row of booleans."""

CHANGES: Final[TextClause] = text("""
    SELECT kind, file_name, counts, applied_at
      FROM import_runs
     WHERE file_name <> 'edit.geojson'
     ORDER BY applied_at DESC
     LIMIT 5
""")
"""The latest imports with their counts, without single records that people wrote."""
