"""Statements of the layers that tell where one is: water, streets, rail, names of quarters."""

from typing import Final

from sqlalchemy import TextClause, text

LAYERS: Final[dict[str, TextClause]] = {
    "quarters": text("""
        SELECT CAST(json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
                   json_build_object('type', 'Feature',
                       'geometry', CAST(ST_AsGeoJSON(ST_Transform(p.inside, 4326), 5, 0) AS json),
                       'properties', json_build_object('key', q.key, 'name', q.name, 'is_demo', q.is_demo))
                   ORDER BY q.id), '[]')) AS text)
          FROM quarters q
         CROSS JOIN LATERAL (SELECT ST_PointOnSurface(q.geom) AS inside) p
         WHERE p.inside && ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 25832)
    """),
    "rail": text("""
        WITH place AS (
            SELECT ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 25832) AS box),
        hops AS (
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
                       'geometry', CAST(ST_AsGeoJSON(ST_Transform(ST_ClipByBox2D(
                           ST_Simplify(geom, :tolerance_m), CAST(place.box AS box2d)), 4326), 5, 0) AS json),
                       'properties', json_build_object('kind', kind, 'is_demo', is_demo))
                   ORDER BY kind DESC), '[]')) AS text)
          FROM lines CROSS JOIN place WHERE geom && place.box
    """),
    "streets": text("""
        WITH place AS (
            SELECT ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 25832) AS box),
        main AS (SELECT ARRAY['motorway', 'trunk', 'primary', 'secondary', 'tertiary'] AS classes),
        edges AS (
            SELECT e.name, e.street_class, e.geom, n.is_demo, e.street_class = ANY (main.classes) AS is_main
              FROM street_edges e
              JOIN street_networks n ON n.id = e.network_id AND n.is_current
             CROSS JOIN main
             WHERE e.street_class = ANY (main.classes) OR (e.street_class = 'residential' AND e.name <> '')),
        shown AS (SELECT * FROM edges WHERE is_main OR NOT EXISTS (SELECT FROM edges WHERE is_main)),
        streets AS (
            SELECT name, street_class, bool_or(is_demo) AS is_demo, ST_LineMerge(ST_Collect(geom)) AS geom
              FROM shown CROSS JOIN place WHERE geom && place.box GROUP BY name, street_class)
        SELECT CAST(json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
                   json_build_object('type', 'Feature',
                       'geometry', CAST(ST_AsGeoJSON(ST_Transform(ST_ClipByBox2D(
                           ST_Simplify(geom, :tolerance_m), CAST(place.box AS box2d)), 4326), 5, 0) AS json),
                       'properties', json_build_object('name', name, 'is_demo', is_demo,
                           'kind', CASE WHEN street_class = 'residential' THEN 'side' ELSE 'main' END))
                   ORDER BY street_class, name), '[]')) AS text)
          FROM streets CROSS JOIN place
    """),
    "water": text("""
        WITH place AS (
            SELECT ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 25832) AS box),
        shapes AS (
            SELECT r.id, r.is_demo, ST_ClipByBox2D(
                       ST_SimplifyPreserveTopology(r.geom, :tolerance_m), CAST(place.box AS box2d)) AS geom
              FROM restrictions r CROSS JOIN place
             WHERE r.kind = 'water' AND r.valid @> current_date AND r.geom && place.box
               AND ST_Area(r.geom) >= (2 * CAST(:tolerance_m AS float)) ^ 2),
        waters AS (
            SELECT is_demo, ST_CollectionExtract(ST_Collect(geom ORDER BY id), 3) AS geom
              FROM shapes GROUP BY is_demo)
        SELECT CAST(json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
                   json_build_object('type', 'Feature',
                       'geometry', CAST(ST_AsGeoJSON(ST_Transform(geom, 4326),
                           CASE WHEN :tolerance_m >= 1 THEN 5 ELSE 6 END, 0) AS json),
                       'properties', json_build_object('is_demo', is_demo))
                   ORDER BY is_demo), '[]')) AS text)
          FROM waters WHERE NOT ST_IsEmpty(geom)
    """),
}
"""Layers as GeoJSON text (WGS 84): one row, one column.

Parameters: ``west``, ``south``, ``east``, ``north`` (degrees): what lies in this box is cut out;
``tolerance_m``: lines may be off by so much; waters smaller than twice that across are left out. Quarters
are points inside them; rail runs straight from each stop to the next one.
"""
