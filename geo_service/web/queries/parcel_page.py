"""Statements of the page of one parcel."""

from typing import Final

from sqlalchemy import TextClause, text

from geo_service.web.queries.premises import PUBLIC_STATES

PARCEL: Final[TextClause] = text("""
    SELECT p.id, p.parcel_key, p.gemarkung, p.flur, p.numerator, p.denominator, p.municipality,
           p.location_text, p.actual_use, p.official_area_m2, p.area_m2, p.land_value_eur_per_m2,
           p.owner_kind, p.source, p.source_date, p.recorded_at, p.is_demo,
           d.name AS district, d.key AS district_key,
           a.as_of, a.preset, a.gross_m2, a.net_m2, a.estimated_m2, a.largest_piece_m2, a.severity,
           a.horizon, a.available_from, a.items, a.chain, a.computed_at,
           u.offered_m2, u.sliver_m2, u.piece_m2, u.circle_m, u.rectangle_length_m, u.rectangle_width_m,
           u.frontage_m, u.category, u.category_rule, u.ground, u.ground_rule, u.potential_use,
           u.potential_use_rule, u.target_group, u.target_group_rule, u.offered, u.internal_offered,
           u.internal_category, u.internal_category_rule,
           u.internal_target_group, u.internal_target_group_rule,
           EXISTS (SELECT FROM stale_parcels m WHERE m.parcel_id = p.id) AS stale,
           to_jsonb(k) AS capacity, r.rules -> 'order' AS deduction_order,
           ST_X(c.center) AS longitude, ST_Y(c.center) AS latitude
      FROM parcels p
      LEFT JOIN districts d ON d.id = p.district_id
      LEFT JOIN availability a ON a.parcel_id = p.id
      LEFT JOIN availability_runs r ON r.id = a.run_id
      LEFT JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at
      LEFT JOIN capacities k ON k.parcel_id = a.parcel_id AND k.computed_at = a.computed_at
     CROSS JOIN LATERAL (SELECT ST_Transform(ST_PointOnSurface(p.geom), 4326) AS center) c
     WHERE p.parcel_key = :parcel_key
       AND p.valid @> CAST(:on AS date)
       AND (NOT :public OR (NOT p.publication_objection
               AND (p.publication_announced_on IS NULL
                    OR p.publication_announced_on + interval '1 month' <= current_date)))
""")
"""One parcel with its stored availability and capacity (JSON), and the order in which its run deducted.

For the public only what may be published (BauGB §200(3)).

Parameters: ``parcel_key``, ``on`` (day of the cadastre), ``public`` (nobody known asks). Areas in m², center
in degrees (WGS 84).
"""

ITEM_DATES: Final[TextClause] = text("""
    SELECT id, kind, title, source_date, lower(valid) AS valid_from, upper(valid) AS valid_to
      FROM restrictions WHERE id = ANY(:ids)
""")
"""What restrictions are called, when they began, end, and were last stated by their source.

Parameter: ``ids``.
"""

PLANS: Final[TextClause] = text("""
    SELECT dp.plan_key, dp.name, dp.legal_status, dp.in_force_on, dp.office, dp.source, dp.source_date,
           pa.zone, pa.grz, pa.gfz, pa.max_storeys,
           ST_Area(ST_Intersection(coalesce(pa.geom, dp.geom), p.geom)) AS overlap_m2
      FROM parcels p
      JOIN development_plans dp ON ST_Intersects(dp.geom, p.geom) AND dp.valid @> CAST(:on AS date)
      LEFT JOIN plan_areas pa ON pa.plan_id = dp.id AND ST_Intersects(pa.geom, p.geom)
     WHERE p.id = :parcel_id
       AND ST_Area(ST_Intersection(coalesce(pa.geom, dp.geom), p.geom)) > 1
     ORDER BY overlap_m2 DESC, dp.plan_key, pa.id
""")
"""Plans and building areas upon a parcel, the largest share first; of the plans of a day.

Parameters: ``parcel_id``, ``on`` (the day); areas in m².
"""

NEARBY_VACANCIES: Final[TextClause] = text(f"""
    SELECT pr.premises_key, pr.name, pr.street, pr.house_number, pr.area_m2,
           ST_Distance(pr.geom, p.geom) AS distance_m
      FROM parcels p
      JOIN premises pr ON ST_DWithin(pr.geom, p.geom, 500)
      JOIN vacancies v ON v.premises_id = pr.id AND v.during @> current_date
       AND (NOT :public OR v.status IN ({PUBLIC_STATES}))
     WHERE p.id = :parcel_id
     ORDER BY distance_m, pr.id
     LIMIT 5
""")  # noqa: S608 - own words
"""The five nearest vacant premises within 500 m. Parameters: ``parcel_id``, ``public``."""

OUTLINE: Final[TextClause] = text("""
    WITH subject AS (SELECT geom FROM parcels WHERE id = :parcel_id),
         view AS (SELECT ST_Expand(geom, greatest(60, ST_XMax(geom) - ST_XMin(geom),
                                                  ST_YMax(geom) - ST_YMin(geom))) AS box FROM subject)
    SELECT 'neighbour' AS kind, '' AS label,
           ST_AsSVG(ST_Translate(ST_ClipByBox2D(p.geom, v.box), -ST_XMin(v.box), -ST_YMin(v.box)),
                    0, 1) AS path,
           ST_XMax(v.box) - ST_XMin(v.box) AS width_m, ST_YMax(v.box) - ST_YMin(v.box) AS height_m
      FROM view v JOIN parcels p ON p.geom && v.box AND p.id <> :parcel_id
       AND p.valid @> CAST(:on AS date)
       AND (NOT :public OR (NOT p.publication_objection
               AND (p.publication_announced_on IS NULL
                    OR p.publication_announced_on + interval '1 month' <= current_date)))
    UNION ALL
    SELECT 'restriction', r.kind,
           ST_AsSVG(ST_Translate(ST_ClipByBox2D(r.geom, v.box), -ST_XMin(v.box), -ST_YMin(v.box)), 0, 1),
           ST_XMax(v.box) - ST_XMin(v.box), ST_YMax(v.box) - ST_YMin(v.box)
      FROM view v JOIN restrictions r ON r.geom && v.box AND r.valid @> CAST(:on AS date)
       AND (NOT :public OR r.kind <> ALL (CAST(:hidden AS text[])))
    UNION ALL
    SELECT 'subject', '',
           ST_AsSVG(ST_Translate(s.geom, -ST_XMin(v.box), -ST_YMin(v.box)), 0, 1),
           ST_XMax(v.box) - ST_XMin(v.box), ST_YMax(v.box) - ST_YMin(v.box)
      FROM view v, subject s
""")
"""Sketch of a parcel and its neighbours on a day: SVG paths in metres from the lower left corner (y down).

Parameters: ``parcel_id``, ``on`` (the day), ``public``, ``hidden`` (kinds of restriction that the public does
not see).
"""
