"""Statements of the maps: what lies at a place, one record by key, layers as GeoJSON.

Places come in as longitude and latitude (WGS 84) and are transformed, never the stored geometry. ``public``:
only what may be published (``geo_service/auth/publication.py``).
"""

from typing import Final

from sqlalchemy import TextClause, text

from geo_service.transit.run_queries import with_places

PARCELS: Final[TextClause] = with_places("""
    SELECT p.parcel_key AS key, p.gemarkung, p.flur, p.numerator, p.denominator, p.location_text, p.is_demo,
           p.actual_use,
           a.gross_m2, a.net_m2, u.offered_m2, a.estimated_m2, a.horizon, a.available_from, a.severity,
           a.chain, a.items,
           a.as_of, EXISTS (SELECT FROM stale_parcels m WHERE m.parcel_id = p.id) AS stale,
           CASE WHEN :public THEN u.offered ELSE u.internal_offered END AS offered,
           CASE WHEN :public THEN u.category ELSE u.internal_category END AS category,
           CASE WHEN :public THEN u.category_rule ELSE u.internal_category_rule END AS category_rule,
           d.name AS district, t.grade, t.distance_m, s.name AS stop,
           coalesce(state.stale, true) OR t.place IS DISTINCT FROM PLACE_OF(p.geom)
               AS transit_stale,
           s.lines,
           (SELECT pa.zone FROM plan_areas pa
             WHERE ST_Intersects(pa.geom, ST_PointOnSurface(p.geom)) ORDER BY pa.id LIMIT 1) AS zone,
           ST_X(c.center) AS longitude, ST_Y(c.center) AS latitude,
           ST_AsGeoJSON(ST_Transform(p.geom, 4326), 6, 0) AS geometry
      FROM parcels p
      LEFT JOIN availability a ON a.parcel_id = p.id
      LEFT JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at
      LEFT JOIN districts d ON d.id = p.district_id
      LEFT JOIN transit_access t
        ON t.subject_kind = 'parcel' AND t.subject_id = p.id AND t.method = :method AND t.time_window = 'day'
      LEFT JOIN transit_stops s ON s.id = t.stop_pk
      LEFT JOIN transit_state state ON state.method = t.method AND state.time_window = t.time_window
     CROSS JOIN LATERAL (SELECT ST_Transform(ST_PointOnSurface(p.geom), 4326) AS center) c
     WHERE p.valid @> CAST(:on AS date)
       AND (p.parcel_key = :key
            OR (CAST(:key AS text) IS NULL AND ST_Intersects(
                p.geom, ST_Transform(ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326), 25832))))
       AND (NOT :public OR (NOT p.publication_objection
               AND (p.publication_announced_on IS NULL
                    OR p.publication_announced_on + interval '1 month' <= current_date)))
     ORDER BY p.id
     LIMIT 3
""")
"""Parcels at a place or by key; areas in m², distances in m. Parameters: ``key`` or ``longitude`` and
``latitude``, ``method``, ``public``, ``on``: the day of the cadastre.
"""

VACANCIES: Final[TextClause] = with_places("""
    SELECT pr.premises_key AS key, pr.name, pr.street, pr.house_number, pr.area_m2, pr.permitted_uses,
           pr.floor, pr.is_demo, v.status, lower(v.during) AS since, v.previous_use, v.asking_rent_eur_month,
           q.name AS quarter, d.name AS district, t.grade, t.distance_m, s.name AS stop,
           coalesce(state.stale, true) OR t.place IS DISTINCT FROM PLACE_OF(pr.geom)
               AS transit_stale,
           s.lines,
           ST_X(ST_Transform(pr.geom, 4326)) AS longitude, ST_Y(ST_Transform(pr.geom, 4326)) AS latitude,
           ST_AsGeoJSON(ST_Transform(pr.geom, 4326), 6, 0) AS geometry
      FROM premises pr
      JOIN LATERAL (SELECT w.* FROM vacancies w
                     WHERE w.premises_id = pr.id AND (w.during @> current_date OR (
                           w.status = 'threatened' AND w.during && daterange(current_date, NULL)))
                       AND (NOT :public OR w.status IN ('vacant', 'temporary_use'))
                     ORDER BY lower(w.during) NULLS FIRST LIMIT 1) v ON true
      LEFT JOIN districts d ON d.id = pr.district_id
      LEFT JOIN quarters q ON q.id = pr.quarter_id
      LEFT JOIN transit_access t
        ON t.subject_kind = 'premises' AND t.subject_id = pr.id AND t.method = :method
       AND t.time_window = 'day'
      LEFT JOIN transit_stops s ON s.id = t.stop_pk
      LEFT JOIN transit_state state ON state.method = t.method AND state.time_window = t.time_window
     WHERE pr.valid @> current_date
       AND (pr.premises_key = :key
            OR (CAST(:key AS text) IS NULL AND ST_DWithin(
                pr.geom, ST_Transform(ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326), 25832),
                :tolerance_m)))
     ORDER BY pr.id
     LIMIT 8
""")
"""Premises near a place or by key that are vacant or, not for the public, will be. Parameters as
``PARCELS`` and ``tolerance_m`` (metres).
"""

SITES: Final[TextClause] = with_places("""
    SELECT s.slug AS key, s.name, s.phase, s.stated_area_ha, s.geometry_accuracy_m, s.is_demo,
           s.uses, s.summary_de, s.summary_en,
           ST_Area(s.geom) AS drawn_m2, m.name_de AS next_de, m.name_en AS next_en, m.due_on, m.due_text,
           m.due_text_en,
           t.grade, t.distance_m, st.name AS stop,
           coalesce(state.stale, true) OR t.place IS DISTINCT FROM PLACE_OF(s.geom)
               AS transit_stale,
           st.lines,
           ST_X(c.center) AS longitude, ST_Y(c.center) AS latitude,
           ST_AsGeoJSON(ST_Transform(s.geom, 4326), 6, 0) AS geometry
      FROM sites s
      LEFT JOIN transit_access t
        ON t.subject_kind = 'site' AND t.subject_id = s.id AND t.method = :method AND t.time_window = 'day'
      LEFT JOIN transit_stops st ON st.id = t.stop_pk
      LEFT JOIN transit_state state ON state.method = t.method AND state.time_window = t.time_window
      LEFT JOIN LATERAL (SELECT name_de, name_en, due_on, due_text,
                              coalesce(nullif(due_text_en, ''), due_text) AS due_text_en FROM milestones
                          WHERE site_id = s.id AND reached_on IS NULL AND state = 'planned'
                          AND (due_on IS NULL OR due_on >= current_date)
                          ORDER BY due_on NULLS LAST, due_text, id LIMIT 1) m ON true
     CROSS JOIN LATERAL (SELECT ST_Transform(ST_PointOnSurface(s.geom), 4326) AS center) c
     WHERE s.valid @> current_date AND s.geom IS NOT NULL
       AND (s.slug = :key
            OR (CAST(:key AS text) IS NULL AND ST_Intersects(
                s.geom, ST_Transform(ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326), 25832))))
     ORDER BY s.id
     LIMIT 3
""")
"""Sites at a place or by slug. Parameters as ``PARCELS``."""

STOPS: Final[TextClause] = text("""
    SELECT s.id AS key, s.name, s.modes, s.lines, f.is_demo, g.category, g.headway_min, g.mode_group,
           ST_X(ST_Transform(s.geom, 4326)) AS longitude, ST_Y(ST_Transform(s.geom, 4326)) AS latitude,
           ST_AsGeoJSON(ST_Transform(s.geom, 4326), 6, 0) AS geometry
      FROM transit_stops s
      JOIN transit_feeds f ON f.id = s.feed_id AND f.is_current
      LEFT JOIN transit_stop_grades g ON g.stop_pk = s.id AND g.method = :method AND g.time_window = 'day'
     WHERE CAST(:key AS text) IS NULL AND ST_DWithin(
               s.geom, ST_Transform(ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326), 25832),
               :tolerance_m)
     ORDER BY s.geom <-> ST_Transform(ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326), 25832)
     LIMIT 3
""")
"""Stops near a place, the nearest first. Parameters as ``VACANCIES``."""

DISTRICTS: Final[TextClause] = text("""
    SELECT d.key, d.name, d.geometry_accuracy_m, d.is_demo
      FROM districts d
     WHERE ST_Intersects(
               d.geom, ST_Transform(ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326), 25832))
     LIMIT 1
""")
"""The district at a place. Parameters: ``longitude``, ``latitude``."""

LAYERS: Final[dict[str, TextClause]] = {
    "vacancies": text("""
        SELECT CAST(json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
                   json_build_object('type', 'Feature',
                       'geometry', CAST(ST_AsGeoJSON(ST_Transform(pr.geom, 4326), 6, 0) AS json),
                       'properties', json_build_object('key', pr.premises_key, 'status', v.status,
                                                       'name', pr.street || ' ' || pr.house_number,
                                                       'is_demo', pr.is_demo OR v.is_demo))
                   ORDER BY pr.id), '[]')) AS text)
          FROM premises pr
          JOIN LATERAL (SELECT w.* FROM vacancies w
                         WHERE w.premises_id = pr.id AND (w.during @> current_date OR (
                               w.status = 'threatened' AND w.during && daterange(current_date, NULL)))
                           AND (NOT :public OR w.status IN ('vacant', 'temporary_use'))
                         ORDER BY lower(w.during) NULLS FIRST LIMIT 1) v ON true
         WHERE pr.valid @> current_date
    """),
    "sites": text("""
        SELECT CAST(json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
                   json_build_object('type', 'Feature',
                       'geometry', CAST(ST_AsGeoJSON(ST_Transform(s.geom, 4326), 6, 0) AS json),
                       'properties', json_build_object('key', s.slug, 'name', s.name, 'is_demo', s.is_demo))
                   ORDER BY s.id), '[]')) AS text)
          FROM sites s
         WHERE s.geom IS NOT NULL AND s.valid @> current_date AND :public IS NOT NULL
    """),
    "stops": text("""
        SELECT CAST(json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
                   json_build_object('type', 'Feature',
                       'geometry', CAST(ST_AsGeoJSON(ST_Transform(s.geom, 4326), 5, 0) AS json),
                       'properties', json_build_object('id', s.stop_id, 'name', s.name, 'modes', s.modes,
                                                       'is_demo', f.is_demo))
                   ORDER BY s.id), '[]')) AS text)
          FROM transit_stops s
          JOIN transit_feeds f ON f.id = s.feed_id AND f.is_current
         WHERE :public IS NOT NULL
    """),
    "districts": text("""
        SELECT CAST(json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
                   json_build_object('type', 'Feature',
                       'geometry', CAST(ST_AsGeoJSON(ST_Transform(
                           ST_SimplifyPreserveTopology(d.geom, 5), 4326), 5, 0) AS json),
                       'properties', json_build_object('key', d.key, 'name', d.name, 'is_demo', d.is_demo))
                   ORDER BY d.id), '[]')) AS text)
          FROM districts d
         WHERE :public IS NOT NULL
    """),
}
"""Layers as GeoJSON text (WGS 84): one row, one column. Parameter: ``public``."""

IN_VIEW: Final[TextClause] = with_places("""
    SELECT p.parcel_key AS key, p.gemarkung, p.flur, p.numerator, p.denominator, p.location_text, p.is_demo,
           u.offered_m2, a.horizon, a.available_from,
           EXISTS (SELECT FROM stale_parcels m WHERE m.parcel_id = p.id) AS stale,
           t.grade, s.name AS stop, t.distance_m,
           t.subject_id IS NOT NULL AND (coalesce(state.stale, true)
               OR t.place IS DISTINCT FROM PLACE_OF(p.geom)) AS transit_stale,
           count(*) FILTER (WHERE a.horizon <> 'undetermined') OVER () AS known,
           coalesce(sum(u.offered_m2) FILTER (WHERE a.horizon <> 'undetermined') OVER (), 0) AS known_m2,
           count(*) OVER () AS found
      FROM parcels p
      JOIN availability a ON a.parcel_id = p.id
      JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at AND u.offered_m2 > 0
       AND CASE WHEN :public THEN u.offered ELSE u.internal_offered END
      LEFT JOIN transit_access t
        ON t.subject_kind = 'parcel' AND t.subject_id = p.id AND t.method = :method AND t.time_window = 'day'
      LEFT JOIN transit_stops s ON s.id = t.stop_pk
      LEFT JOIN transit_state state ON state.method = t.method AND state.time_window = t.time_window
     WHERE p.valid @> current_date
       AND p.geom && ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 25832)
       AND (NOT :public OR (NOT p.publication_objection
               AND (p.publication_announced_on IS NULL
                    OR p.publication_announced_on + interval '1 month' <= current_date)))
     ORDER BY a.horizon = 'undetermined', u.offered_m2 DESC, p.id
     LIMIT :rows
""")
"""The largest parcels on offer in a view, those with a known date first; number and offered m² of all with
a known date (``known``, ``known_m2``), number of all (``found``).

Parameters: ``west``, ``south``, ``east``, ``north`` (degrees), ``method``, ``public``, ``rows``.
"""

VACANCIES_IN_VIEW: Final[TextClause] = text("""
    SELECT pr.premises_key AS key, pr.name, pr.street, pr.house_number, pr.area_m2, pr.is_demo, v.status,
           count(*) OVER () AS found
      FROM premises pr
      JOIN LATERAL (SELECT w.* FROM vacancies w
                     WHERE w.premises_id = pr.id AND (w.during @> current_date OR (
                           w.status = 'threatened' AND w.during && daterange(current_date, NULL)))
                       AND (NOT :public OR w.status IN ('vacant', 'temporary_use'))
                     ORDER BY lower(w.during) NULLS FIRST LIMIT 1) v ON true
     WHERE pr.valid @> current_date
       AND pr.geom && ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 25832)
     ORDER BY pr.street, pr.house_number, pr.id
     LIMIT :rows
""")
"""Vacant premises in a view. Parameters as ``IN_VIEW``."""

SITES_IN_VIEW: Final[TextClause] = text("""
    SELECT s.slug AS key, s.name, s.phase, s.is_demo
      FROM sites s
     WHERE s.valid @> current_date AND s.geom IS NOT NULL
       AND s.geom && ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 25832)
     ORDER BY s.name
""")
"""Sites in a view. Parameters: ``west``, ``south``, ``east``, ``north`` (degrees)."""

SITES_PLACED: Final[TextClause] = text("""
    SELECT count(s.geom) AS on_map, count(*) - count(s.geom) AS elsewhere
      FROM sites s
     WHERE s.valid @> current_date
""")
"""Number of sites whose place is known, and of those whose is not."""

ALL_DISTRICTS: Final[TextClause] = text("""
    SELECT d.key, d.name, d.geometry_accuracy_m, d.is_demo,
           ST_AsGeoJSON(ST_Transform(ST_SimplifyPreserveTopology(d.geom, 5), 4326), 5, 0) AS geometry
      FROM districts d
     ORDER BY d.id
""")
"""All districts with their outline (WGS 84)."""

ALL_SITES: Final[TextClause] = with_places("""
    SELECT s.slug AS key, s.name, s.phase, s.stated_area_ha, s.geometry_accuracy_m, s.is_demo,
           s.uses, s.summary_de, s.summary_en,
           ST_Area(s.geom) AS drawn_m2, m.name_de AS next_de, m.name_en AS next_en, m.due_on, m.due_text,
           m.due_text_en,
           t.grade, t.distance_m, st.name AS stop,
           coalesce(state.stale, true) OR t.place IS DISTINCT FROM PLACE_OF(s.geom)
               AS transit_stale,
           ST_AsGeoJSON(ST_Transform(s.geom, 4326), 6, 0) AS geometry
      FROM sites s
      LEFT JOIN transit_access t
        ON t.subject_kind = 'site' AND t.subject_id = s.id AND t.method = :method AND t.time_window = 'day'
      LEFT JOIN transit_stops st ON st.id = t.stop_pk
      LEFT JOIN transit_state state ON state.method = t.method AND state.time_window = t.time_window
      LEFT JOIN LATERAL (SELECT name_de, name_en, due_on, due_text,
                              coalesce(nullif(due_text_en, ''), due_text) AS due_text_en FROM milestones
                          WHERE site_id = s.id AND reached_on IS NULL AND state = 'planned'
                          AND (due_on IS NULL OR due_on >= current_date)
                          ORDER BY due_on NULLS LAST, due_text, id LIMIT 1) m ON true
     WHERE s.valid @> current_date AND s.geom IS NOT NULL
       AND (CAST(:site AS text) IS NULL OR s.slug = :site)
     ORDER BY s.id
""")
"""All sites whose place is known, or the one with the slug ``site``. Parameters: ``method``, ``site``."""

ALL_VACANCIES: Final[TextClause] = with_places("""
    SELECT pr.premises_key AS key, pr.name, pr.street, pr.house_number, pr.area_m2, pr.permitted_uses,
           pr.is_demo, v.status, lower(v.during) AS since, v.previous_use, v.asking_rent_eur_month,
           t.grade, t.distance_m, s.name AS stop,
           coalesce(state.stale, true) OR t.place IS DISTINCT FROM PLACE_OF(pr.geom)
               AS transit_stale,
           ST_AsGeoJSON(ST_Transform(pr.geom, 4326), 6, 0) AS geometry
      FROM premises pr
      JOIN vacancies v ON v.premises_id = pr.id AND v.during @> current_date
      LEFT JOIN transit_access t
        ON t.subject_kind = 'premises' AND t.subject_id = pr.id AND t.method = :method
       AND t.time_window = 'day'
      LEFT JOIN transit_stops s ON s.id = t.stop_pk
      LEFT JOIN transit_state state ON state.method = t.method AND state.time_window = t.time_window
     WHERE pr.valid @> current_date AND v.status IN ('vacant', 'temporary_use')
     ORDER BY pr.id
     LIMIT :rows
""")
"""Public vacancies. Parameters: ``method``, ``rows``."""

LARGEST_PARCELS: Final[TextClause] = with_places("""
    SELECT p.parcel_key AS key, p.gemarkung, p.flur, p.numerator, p.denominator, p.location_text, p.is_demo,
           p.actual_use, a.gross_m2, a.net_m2, u.offered_m2, a.horizon, a.available_from, a.chain, a.items,
           u.offered, u.category, u.category_rule, a.as_of,
           EXISTS (SELECT FROM stale_parcels m WHERE m.parcel_id = p.id) AS stale,
           t.grade, t.distance_m, s.name AS stop,
           coalesce(state.stale, true) OR t.place IS DISTINCT FROM PLACE_OF(p.geom)
               AS transit_stale,
           (SELECT pa.zone FROM plan_areas pa
             WHERE ST_Intersects(pa.geom, ST_PointOnSurface(p.geom)) ORDER BY pa.id LIMIT 1) AS zone,
           ST_AsGeoJSON(ST_Transform(p.geom, 4326), 6, 0) AS geometry
      FROM parcels p
      JOIN availability a ON a.parcel_id = p.id
      JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at AND u.offered
       AND u.offered_m2 > 0
      LEFT JOIN transit_access t
        ON t.subject_kind = 'parcel' AND t.subject_id = p.id AND t.method = :method AND t.time_window = 'day'
      LEFT JOIN transit_stops s ON s.id = t.stop_pk
      LEFT JOIN transit_state state ON state.method = t.method AND state.time_window = t.time_window
     WHERE p.valid @> current_date AND NOT p.publication_objection
       AND (p.publication_announced_on IS NULL
            OR p.publication_announced_on + interval '1 month' <= current_date)
       AND (CAST(:site AS text) IS NULL OR EXISTS (
            SELECT FROM sites s WHERE s.slug = :site AND ST_Intersects(ST_PointOnSurface(p.geom), s.geom)))
     ORDER BY u.offered_m2 DESC, p.id
     LIMIT :rows
""")
"""Public parcels with land on offer, the largest first; of all, or of the site with the slug ``site``.

Parameters: ``method``, ``rows``, ``site``.
"""

COUNT_PARCELS: Final[TextClause] = text("""
    SELECT count(*)
      FROM parcels p
      JOIN availability a ON a.parcel_id = p.id
      JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at AND u.offered
       AND u.offered_m2 > 0
     WHERE p.valid @> current_date AND NOT p.publication_objection
       AND (p.publication_announced_on IS NULL
            OR p.publication_announced_on + interval '1 month' <= current_date)
""")
"""Number of public parcels with land on offer."""
