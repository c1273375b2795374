"""Statements of what is noted to be compared, by kind: one row for each key that the caller may see."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import TextClause, text

from geo_service.web.queries.premises import SHOWN_VACANCY

_TRANSIT: Final = """
      LEFT JOIN transit_access t ON t.subject_kind = '{kind}' AND t.subject_id = {of}.id
       AND t.method = :method AND t.time_window = 'day'
      LEFT JOIN transit_stops h ON h.id = t.stop_pk
"""
_NEAR: Final = "t.grade, h.name AS stop, t.distance_m"
_SHAPE: Final = "ST_AsGeoJSON(ST_Transform({of}.geom, 4326), 6) AS shape"

PICKED: Final[Mapping[str, TextClause]] = MappingProxyType(
    {
        "parcel": text(f"""
    SELECT p.parcel_key AS key, p.gemarkung, p.flur, p.numerator, p.denominator, p.location_text, p.is_demo,
           p.area_m2, a.net_m2, u.offered_m2, a.available_from, a.horizon, a.chain,
           CASE WHEN :public THEN u.offered ELSE u.internal_offered END AS offered,
           CASE WHEN :public THEN u.category ELSE u.internal_category END AS category,
           EXISTS (SELECT FROM stale_parcels m WHERE m.parcel_id = p.id) AS stale,
           d.name AS district, {_NEAR}, {_SHAPE.format(of="p")},
           (SELECT z.zone
              FROM plan_areas z
              JOIN development_plans dp ON dp.id = z.plan_id AND dp.valid @> current_date
             WHERE ST_Intersects(z.geom, ST_PointOnSurface(p.geom))
             ORDER BY z.id
             LIMIT 1) AS zone
      FROM parcels p
      LEFT JOIN districts d ON d.id = p.district_id
      LEFT JOIN availability a ON a.parcel_id = p.id
      LEFT JOIN usability u ON u.parcel_id = a.parcel_id AND u.computed_at = a.computed_at
      {_TRANSIT.format(kind="parcel", of="p")}
     WHERE p.parcel_key = ANY(:keys) AND p.valid @> current_date
       AND (NOT :public OR (NOT p.publication_objection
               AND (p.publication_announced_on IS NULL
                    OR p.publication_announced_on + interval '1 month' <= current_date)))
"""),  # noqa: S608 - own words
        "plot": text(f"""
    SELECT s.slug || '/' || b.slug AS key, s.slug, s.name AS site, b.name, b.is_demo, b.area_m2, b.status,
           b.available_from, b.zone, b.uses, b.price_eur_per_m2, d.name AS district, {_NEAR},
           {_SHAPE.format(of="b")}
      FROM plots b
      JOIN sites s ON s.id = b.site_id AND s.valid @> current_date
      LEFT JOIN districts d ON d.id = s.district_id
      {_TRANSIT.format(kind="plot", of="b")}
     WHERE s.slug || '/' || b.slug = ANY(:keys) AND b.valid @> current_date
"""),  # noqa: S608 - own words
        "site": text(f"""
    SELECT s.id, s.slug AS key, s.name, s.is_demo, s.phase, s.uses, d.name AS district,
           coalesce(s.stated_area_ha * 10000, ST_Area(s.geom)) AS area_m2, {_NEAR}, {_SHAPE.format(of="s")}
      FROM sites s
      LEFT JOIN districts d ON d.id = s.district_id
      {_TRANSIT.format(kind="site", of="s")}
     WHERE s.slug = ANY(:keys) AND s.valid @> current_date
"""),  # noqa: S608 - own words
        "premises": text(f"""
    SELECT r.premises_key AS key, r.name, r.street, r.house_number, r.is_demo, r.area_m2, r.permitted_uses,
           v.status, lower(v.during) AS since, v.asking_rent_eur_month,
           CASE WHEN :may_see_rent THEN r.net_rent_eur_month END AS net_rent_eur_month,
           coalesce(q.name, d.name) AS district, {_NEAR}, {_SHAPE.format(of="r")}
      FROM premises r
      LEFT JOIN districts d ON d.id = r.district_id
      LEFT JOIN quarters q ON q.id = r.quarter_id
      {SHOWN_VACANCY.format(of="r")}
      {_TRANSIT.format(kind="premises", of="r")}
     WHERE r.premises_key = ANY(:keys) AND r.valid @> current_date AND (v.id IS NOT NULL OR NOT :public)
"""),  # noqa: S608 - own words
    }
)
"""What is shown of noted records, by kind; areas in m², rents in EUR a month, shapes GeoJSON (WGS 84).

The public sees published parcels and vacant premises only; agreed rents are for those who may see them.
Parameters: ``keys``, ``public``, ``method`` (of transit), ``may_see_rent``.
"""
