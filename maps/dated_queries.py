"""Statements of the availability map of any day: its tiles, and the days worth looking at."""

from typing import Final

from sqlalchemy import TextClause, text

TILE: Final[TextClause] = text("""
    WITH place AS (
        SELECT ST_TileEnvelope(:zoom, :column, :row) AS tile,
               ST_Transform(ST_TileEnvelope(:zoom, :column, :row, margin => 0.03125), 25832) AS box),
    seen AS (
        SELECT p.parcel_key, p.geom_3857,
               get_byte(CAST(:codes AS bytea), CAST(p.id - :first_id AS integer)) AS code
          FROM parcels p CROSS JOIN place
         WHERE p.geom && place.box AND p.id >= :first_id AND p.id < :first_id + length(CAST(:codes AS bytea))
           AND (p.area_m2 > :least_m2 OR p.area_m2 = :least_m2 AND p.id <= :last_id)),
    drawn AS (
        SELECT parcel_key, (CAST(:horizons AS text[]))[code] AS horizon,
               (CAST(:categories AS text[]))[code] AS category,
               code > 1 AND (CAST(:categories AS text[]))[code] IS NULL AS offered,
               CASE WHEN code = 1 THEN 0 ELSE 1 END AS net_m2,
               ST_AsMVTGeom(geom_3857, place.tile, 4096, 128, true) AS geom
          FROM seen CROSS JOIN place
         WHERE code > 0)
    SELECT ST_AsMVT(drawn, 'parcels', 4096, 'geom') FROM drawn
""")
"""A tile with each parcel of a day (bytea): layer ``parcels`` with ``parcel_key``, ``horizon``, ``offered``,
``category``, and ``net_m2`` (0: nothing is left, else 1).

Parameters: ``zoom``, ``column``, ``row``; ``first_id`` and ``codes`` of `maps.dated.DatedLand`; ``horizons``
and ``categories``: the words by code, NULL where a code has none; ``least_m2``, ``last_id``: area and id of
the last parcel that is drawn, the largest first, or those of `ALL`.
"""

COARSE_TILE: Final[TextClause] = text("""
    WITH place AS (
        SELECT ST_Transform(ST_TileEnvelope(:zoom, :column, :row, margin => 0.03125), 25832) AS box),
    seen AS (
        SELECT p.geom_3857, get_byte(CAST(:codes AS bytea), CAST(p.id - :first_id AS integer)) AS code
          FROM parcels p CROSS JOIN place
         WHERE p.geom && place.box AND p.id >= :first_id AND p.id < :first_id + length(CAST(:codes AS bytea))
           AND p.area_m2 >= :tiny_m2
           AND (p.area_m2 > :least_m2 OR p.area_m2 = :least_m2 AND p.id <= :last_id)),
    drawn AS (
        SELECT (CAST(:horizons AS text[]))[code] AS horizon, (CAST(:categories AS text[]))[code] AS category,
               (CAST(:categories AS text[]))[code] IS NULL AS offered,
               ST_Translate(ST_CollectionExtract(ST_Collect(array_agg(on_tile_grid(geom_3857))), 3),
                            -:column * :steps, -:row * :steps) AS geom
          FROM seen
         WHERE code > 1
         GROUP BY code)
    SELECT ST_AsMVT(drawn, 'parcels', CAST(:steps AS integer), 'geom') FROM drawn
""")
"""A tile for looking at from afar (bytea): the parcels of a day with land, one feature for each code.

Parameters as `TILE`, without small ones (``tiny_m2``); ``steps``: of the grid of tiles to a tile.
"""

COUNT: Final[TextClause] = text("""
    WITH place AS (
        SELECT ST_Transform(ST_TileEnvelope(:zoom, :column, :row, margin => 0.03125), 25832) AS box)
    SELECT count(*) FROM parcels p CROSS JOIN place
     WHERE p.geom && place.box AND p.id >= :first_id AND p.id < :first_id + length(CAST(:codes AS bytea))
       AND p.area_m2 >= :tiny_m2
       AND get_byte(CAST(:codes AS bytea), CAST(p.id - :first_id AS integer)) >= :least_code
""")
"""How many parcels a tile has. Parameters as `COARSE_TILE`; ``least_code``: the first one that is drawn."""

CUT: Final[TextClause] = text("""
    WITH place AS (
        SELECT ST_Transform(ST_TileEnvelope(:zoom, :column, :row, margin => 0.03125), 25832) AS box)
    SELECT p.area_m2 AS least_m2, p.id AS last_id FROM parcels p CROSS JOIN place
     WHERE p.geom && place.box AND p.id >= :first_id AND p.id < :first_id + length(CAST(:codes AS bytea))
       AND p.area_m2 >= :tiny_m2
       AND get_byte(CAST(:codes AS bytea), CAST(p.id - :first_id AS integer)) >= :least_code
     ORDER BY p.area_m2 DESC, p.id OFFSET :kept - 1 LIMIT 1
""")
"""The last of so many parcels of a tile (``kept``), the largest first. Other parameters as `COUNT`."""

ALL: Final = {"least_m2": -1.0, "last_id": 0}
"""Cut that keeps all parcels."""

KNOWN_DAYS: Final[TextClause] = text("""
    SELECT (SELECT min(coalesce(lower(valid), DATE '1900-01-01')) FROM parcels) AS since,
           greatest(
               (SELECT max(upper(valid)) FROM restrictions
                 WHERE effect = 'delays' AND upper(valid) < DATE '2200-01-01'),
               (SELECT max(upper(during)) FROM occupancies WHERE upper(during) < DATE '2200-01-01'),
               (SELECT max(in_force_on) FROM development_plans WHERE valid @> current_date)) AS until
""")
"""From when on parcels are known, and the last known end of what holds land up (NULL: none): one row."""

STATE: Final[TextClause] = text("""
    SELECT concat_ws(' ', pg_current_snapshot(), current_database(), pg_postmaster_start_time())
""")
"""A text that differs between databases, and changes whenever a transaction that wrote has ended."""
