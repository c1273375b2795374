"""Statements of the site list and of the site page."""

from typing import Final

from sqlalchemy import TextClause, text

from geo_service.web.queries.premises import PUBLIC_STATES

SITES: Final[TextClause] = text("""
    SELECT s.id, s.slug, s.name, s.summary_de, s.summary_en, s.phase, s.stated_area_ha, s.is_demo,
           s.geometry_accuracy_m, s.location_note, d.name AS district,
           CASE WHEN s.geom IS NULL THEN NULL ELSE ST_Area(s.geom) END AS drawn_m2,
           next.name_de AS next_de, next.name_en AS next_en, next.due_on, next.due_text, next.due_text_en,
           ST_AsSVG(ST_Translate(s.geom, -ST_XMin(s.geom), -ST_YMin(s.geom)), 0, 0) AS path,
           ST_XMax(s.geom) - ST_XMin(s.geom) AS width_m, ST_YMax(s.geom) - ST_YMin(s.geom) AS height_m
      FROM sites s
      LEFT JOIN districts d ON d.id = s.district_id
      LEFT JOIN LATERAL (SELECT m.name_de, m.name_en, m.due_on, m.due_text,
                                coalesce(nullif(m.due_text_en, ''), m.due_text) AS due_text_en
                           FROM milestones m
                          WHERE m.site_id = s.id AND m.reached_on IS NULL AND m.state = 'planned'
                            AND (m.due_on IS NULL OR m.due_on >= current_date)
                          ORDER BY m.due_on NULLS LAST, m.due_text, m.id
                          LIMIT 1) next ON true
     WHERE s.valid @> current_date
     ORDER BY s.geom IS NULL, s.name
""")
"""All sites with their next milestone and outline (SVG path, metres); areas in m² and ha."""

SITE: Final[TextClause] = text("""
    SELECT s.id, s.slug, s.name, s.summary_de, s.summary_en, s.facts, s.target_groups, s.uses, s.phase,
           s.stated_area_ha, s.location_note, s.geometry_accuracy_m, s.source, s.source_date, s.recorded_at,
           s.is_demo, d.name AS district, d.key AS district_key,
           ST_Area(s.geom) AS drawn_m2,
           ST_X(c.center) AS longitude, ST_Y(c.center) AS latitude
      FROM sites s
      LEFT JOIN districts d ON d.id = s.district_id
     CROSS JOIN LATERAL (SELECT ST_Transform(ST_PointOnSurface(s.geom), 4326) AS center) c
     WHERE s.slug = :slug AND s.valid @> current_date
""")
"""One site. Parameter: ``slug``."""

SITE_PLACES: Final[TextClause] = text("""
    SELECT ST_AsBinary(geom) AS geom FROM sites WHERE geom IS NOT NULL AND valid @> current_date ORDER BY id
""")
"""Where all sites are (WKB, EPSG:25832)."""

PLOTS: Final[TextClause] = text("""
    SELECT slug, name, status, uses, zone, available_from, price_eur_per_m2, area_m2, source, is_demo
      FROM plots
     WHERE site_id = :site_id AND valid @> current_date
     ORDER BY regexp_replace(slug, '\\d+$', ''), lpad(substring(slug FROM '\\d+$'), 20, '0') NULLS FIRST, slug
""")
"""Plots of a site. Parameter: ``site_id``; area in m², price in EUR per m²."""

PHASES: Final[TextClause] = text("""
    SELECT kind, name_de, name_en, lower(during) AS starts_on, upper(during) - 1 AS ends_on, source
      FROM phases
     WHERE site_id = :site_id
     ORDER BY lower(during) NULLS FIRST, id
""")
"""Phases of a site; ``ends_on`` is the last day. Parameter: ``site_id``."""

MILESTONES: Final[TextClause] = text("""
    SELECT name_de, name_en, due_on, due_text, coalesce(nullif(due_text_en, ''), due_text) AS due_text_en,
           state, reached_on, source
      FROM milestones
     WHERE site_id = :site_id
     ORDER BY coalesce(reached_on, due_on) NULLS LAST, due_text, id
""")
"""Milestones of a site. Parameter: ``site_id``."""

_INSIDE: Final = """
    WITH areas AS (
        SELECT geom, NULL AS plot FROM sites WHERE id = :site_id AND geom IS NOT NULL
         UNION ALL
        SELECT geom, slug FROM plots WHERE site_id = :site_id AND valid @> current_date),
    inside AS (
        SELECT p.id, min(areas.plot) AS plot
          FROM areas
          JOIN parcels p ON ST_Intersects(p.geom, areas.geom) AND p.valid @> current_date
         WHERE ST_Intersects(ST_PointOnSurface(p.geom), areas.geom)
           AND (NOT :public OR (NOT p.publication_objection
                   AND (p.publication_announced_on IS NULL
                        OR p.publication_announced_on + interval '1 month' <= current_date)))
         GROUP BY p.id)"""
"""Parcels whose middle lies in a site or in one of its plots, and the first of these plots."""

SITE_PARCELS: Final[TextClause] = text(f"""{_INSIDE}
    SELECT p.parcel_key, p.gemarkung, p.flur, p.numerator, p.denominator, p.location_text,
           inside.plot, u.offered_m2, a.gross_m2, a.horizon, a.available_from, p.is_demo,
           EXISTS (SELECT FROM stale_parcels m WHERE m.parcel_id = p.id) AS stale
      FROM inside
      JOIN parcels p ON p.id = inside.id
      JOIN availability a ON a.parcel_id = p.id
      JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at AND u.offered_m2 > 0
       AND CASE WHEN :public THEN u.offered ELSE u.internal_offered END
     ORDER BY u.offered_m2 DESC, p.id
""")  # noqa: S608 - own words
"""Parcels on offer whose middle lies in a site or in one of its plots, as for a what-if; the largest first.

``plot``: slug of the first plot that it lies in; NULL: of none. Parameters: ``site_id``, ``public``.
"""

SITE_WATERFALL: Final[TextClause] = text(f"""{_INSIDE},
    land AS (
        SELECT a.gross_m2, a.net_m2, a.items,
               CASE WHEN CASE WHEN :public THEN u.offered ELSE u.internal_offered END THEN u.offered_m2
                    ELSE 0 END AS offered_m2
          FROM inside
          JOIN availability a ON a.parcel_id = inside.id
          LEFT JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at),
    steps AS (
        SELECT item ->> 'kind' AS kind, min((item ->> 'order')::int) AS place,
               sum((item ->> 'deduction_m2')::float) AS deduction_m2,
               sum((item ->> 'estimated_m2')::float) AS estimated_m2
          FROM land CROSS JOIN LATERAL jsonb_array_elements(land.items) item
         WHERE item ? 'kind'
         GROUP BY 1)
    SELECT count(*) AS parcels, coalesce(sum(gross_m2), 0) AS gross_m2, coalesce(sum(net_m2), 0) AS net_m2,
           coalesce(sum(offered_m2), 0) AS offered_m2,
           (SELECT coalesce(jsonb_agg(to_jsonb(steps) ORDER BY place, kind), '[]')
              FROM steps WHERE deduction_m2 > 0 OR estimated_m2 > 0) AS items
      FROM land
""")  # noqa: S608 - own words
"""From gross to net of all parcels of a site, deducted by kind of restriction; areas in m².

``items`` are steps as of one parcel, summed up by kind; ``offered_m2``: what of the net area is on offer.
Parameters: ``site_id``, ``public``.
"""

SITE_VACANCIES: Final[TextClause] = text(f"""
    SELECT pr.premises_key, pr.name, pr.street, pr.house_number, pr.area_m2,
           ST_Distance(pr.geom, s.geom) AS distance_m
      FROM sites s
      JOIN premises pr ON ST_DWithin(pr.geom, s.geom, 500)
      JOIN vacancies v ON v.premises_id = pr.id AND v.during @> current_date
       AND (NOT :public OR v.status IN ({PUBLIC_STATES}))
     WHERE s.id = :site_id
     ORDER BY distance_m, pr.id
     LIMIT 5
""")  # noqa: S608 - own words
"""The five nearest vacant premises within 500 m of a site. Parameters: ``site_id``, ``public``."""

SITE_OUTLINE: Final[TextClause] = text("""
    WITH subject AS (SELECT geom FROM sites WHERE id = :site_id AND geom IS NOT NULL),
         view AS (SELECT ST_Expand(geom, 80) AS box FROM subject)
    SELECT CASE WHEN u.offered THEN a.horizon ELSE coalesce(u.category, 'unknown') END AS kind, '' AS label,
           ST_AsSVG(ST_Translate(ST_ClipByBox2D(p.geom, v.box), -ST_XMin(v.box), -ST_YMin(v.box)),
                    0, 0) AS path,
           ST_XMax(v.box) - ST_XMin(v.box) AS width_m, ST_YMax(v.box) - ST_YMin(v.box) AS height_m
      FROM view v
      JOIN parcels p ON p.geom && v.box AND p.valid @> current_date
      JOIN availability a ON a.parcel_id = p.id
      LEFT JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at
     WHERE NOT :public OR (NOT p.publication_objection
               AND (p.publication_announced_on IS NULL
                    OR p.publication_announced_on + interval '1 month' <= current_date))
    UNION ALL
    SELECT 'plot', pl.name,
           ST_AsSVG(ST_Translate(pl.geom, -ST_XMin(v.box), -ST_YMin(v.box)), 0, 0),
           ST_XMax(v.box) - ST_XMin(v.box), ST_YMax(v.box) - ST_YMin(v.box)
      FROM view v JOIN plots pl ON pl.site_id = :site_id AND pl.valid @> current_date
    UNION ALL
    SELECT 'subject', '',
           ST_AsSVG(ST_Translate(s.geom, -ST_XMin(v.box), -ST_YMin(v.box)), 0, 0),
           ST_XMax(v.box) - ST_XMin(v.box), ST_YMax(v.box) - ST_YMin(v.box)
      FROM view v, subject s
""")
"""Sketch of a site with its parcels and plots as SVG paths in metres. Parameters: ``site_id``, ``public``."""
