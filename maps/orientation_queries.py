"""Statements of the layers that tell where one is: names of quarters, rail."""

from typing import Final

from sqlalchemy import TextClause, text

LAYERS: Final[dict[str, TextClause]] = {
    "quarters": text("""
        SELECT CAST(json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
                   json_build_object('type', 'Feature',
                       'geometry', CAST(ST_AsGeoJSON(
                           ST_Transform(ST_PointOnSurface(q.geom), 4326), 5, 0) AS json),
                       'properties', json_build_object('key', q.key, 'name', q.name, 'is_demo', q.is_demo))
                   ORDER BY q.id), '[]')) AS text)
          FROM quarters q
         WHERE :public IS NOT NULL
    """),
    "rail": text("""
        WITH hops AS (
            SELECT DISTINCT d.mode, least(a.id, b.id) AS one, greatest(a.id, b.id) AS other, f.is_demo
              FROM transit_departures d
              JOIN transit_feeds f ON f.id = d.feed_id AND f.is_current
              JOIN transit_stops a ON a.id = d.stop_pk
              JOIN transit_stops b ON b.feed_id = d.feed_id AND b.stop_id = d.next_stop_id
             WHERE d.mode IN ('rail', 'long_distance', 'metro', 'tram') AND a.id <> b.id),
        lines AS (
            SELECT CASE WHEN h.mode IN ('rail', 'long_distance') THEN 'rail' ELSE 'tram' END AS kind,
                   bool_or(h.is_demo) AS is_demo,
                   ST_Collect(ST_MakeLine(a.geom, b.geom) ORDER BY h.one, h.other) AS geom
              FROM hops h
              JOIN transit_stops a ON a.id = h.one
              JOIN transit_stops b ON b.id = h.other
             GROUP BY 1)
        SELECT CAST(json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
                   json_build_object('type', 'Feature',
                       'geometry', CAST(ST_AsGeoJSON(ST_Transform(geom, 4326), 5, 0) AS json),
                       'properties', json_build_object('kind', kind, 'is_demo', is_demo))
                   ORDER BY kind DESC), '[]')) AS text)
          FROM lines WHERE :public IS NOT NULL
    """),
}
"""Layers as GeoJSON text (WGS 84): one row, one column. Parameter: ``public``.

Quarters are points inside them; rail runs straight from each stop to the next one.
"""
