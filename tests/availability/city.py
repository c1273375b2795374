"""A generated city in the database: parcels, restrictions of every effect, occupancies, plans."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import shapely
from psycopg.types.range import Range
from sqlalchemy import Connection, text

from benchmarks.availability import generate_parcels, generate_restrictions
from geo_service.db import copy_frame
from geo_service.schema import metadata

AS_OF = date(2026, 6, 1)
TODAY = date(2026, 3, 1)
"""The day that the tests take for today."""
PARCELS = 2_000
KEYS = [f"059124001{number:05d}0001__" for number in range(1, PARCELS + 1)]


def parcel_rows(shapes: Any, keys: list[str], **fields: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "parcel_key": keys,
            "gemarkung_key": "059124",
            "gemarkung": "Drawn",
            "numerator": 1,
            "municipality_key": "05913000",
            "municipality": "Dortmund",
            "source": "drawn for a test",
            "geom": multi(shapes),
        }
        | fields
    )


def multi(shapes: Any) -> Any:
    return np.array([shapely.MultiPolygon([shape]) for shape in shapes], dtype=object)


def write(connection: Connection, table: str, rows: pd.DataFrame) -> None:
    copy_frame(connection, metadata.tables[table], rows)


def objects(values: list[Any]) -> Any:
    return pd.Series(values, dtype=object)


def fill_city(connection: Connection) -> None:
    """Write 2,000 parcels and everything that may lie on them."""
    parcels = generate_parcels(PARCELS, seed=11)
    drawn = generate_restrictions(260, parcels, seed=12)
    shapes = np.concatenate([multi(drawn["geometry"]), multi(parcels[100:110]), multi(parcels[100:105])])
    exact = drawn.iloc[:15].assign(kind="water", effect="excludes", share=None, valid_to=None)
    rows = pd.concat([drawn, exact], ignore_index=True)
    spans = zip(rows["valid_from"], rows["valid_to"], strict=True)
    share = [None if effect != "reduces" else 0.226 for effect in rows["effect"]]
    further = rows[["kind", "effect", "severity", "office", "source", "title"]].assign(
        restriction_key=[f"drawn {number}" for number in range(len(rows))],
        reduction_share=objects(share),
        valid=objects([Range(start, end) for start, end in spans]),
        geom=shapes,
    )
    write(connection, "parcels", parcel_rows(parcels, KEYS, id=np.arange(1, PARCELS + 1)))
    write(connection, "restrictions", further)
    rng = np.random.default_rng(13)
    holders = pd.DataFrame({"parcel_id": rng.choice(np.arange(1, PARCELS + 1), 200, replace=False)}).assign(
        kind=["sold", "leased"] * 100,
        during=objects([Range(date(2024, 1, 1), until(rng)) for _ in range(200)]),
        holder="Geheim GmbH",
        note="secret",
        source="drawn for a test",
    )
    write(connection, "occupancies", holders)
    areas = generate_restrictions(12, parcels, seed=14)["geometry"]
    plans = pd.DataFrame({"plan_key": [f"Hu {number}" for number in range(12)]}).assign(
        name="Drawn plan",
        legal_status=[1000, 2400, 4000] * 4,
        in_force_on=objects(
            [date(2026, 4, 1), None, date(2000, 1, 1), date(2029, 1, 1), date(2026, 2, 1), None] * 2
        ),
        source="drawn for a test",
        geom=multi(shapely.buffer(areas, 40)),
    )
    write(connection, "development_plans", plans)


def fill_surroundings(connection: Connection) -> None:
    """Give the parcels an actual use (streets among them), and the plans building areas."""
    connection.execute(
        text(
            "UPDATE parcels SET actual_use = CASE WHEN id % 12 = 0 THEN 'Straßenverkehr;600' "
            "WHEN id % 3 = 0 THEN 'Wohnbaufläche / Unbebaut;500|Weg;20' ELSE 'Wohnbaufläche / Offen;500' END"
        )
    )
    connection.execute(text("UPDATE restrictions SET kind = 'existing_building' WHERE kind = 'flood_zone'"))
    connection.execute(
        text(
            "INSERT INTO plan_areas (plan_id, zone_code, zone, geom) SELECT id, 1700, 'GE', geom "
            "FROM development_plans"
        )
    )
    connection.execute(
        text(
            "INSERT INTO land_use_areas (area_key, use, source, geom) SELECT plan_key, 'commercial', 'x', "
            "ST_Multi(ST_Buffer(geom, 60)) FROM development_plans"
        )
    )


NETWORK = """
WITH n AS (
    INSERT INTO street_networks (content_hash, source, report) VALUES ('x', 'drawn', '{}') RETURNING id
)
INSERT INTO street_edges (network_id, way_id, street_class, walkable, start_node, end_node, geom)
SELECT n.id, p.id, (ARRAY['residential', 'Gemeindestraße', '', 'footway'])[1 + p.id % 4], true, p.id,
       p.id + 1,
       ST_MakeLine(ST_Centroid(p.geom), ST_Centroid(q.geom))
  FROM n, parcels p JOIN parcels q ON q.id = p.id + 1
 WHERE p.id % 9 < 5 AND ST_DWithin(p.geom, q.geom, 1)
"""
"""Lines from the middle of parcels to that of their neighbours: some along parcels, some over corners."""

ON_OFFER = """
SELECT p.id AS parcel_id FROM parcels p
 WHERE p.id % 3 = 0 AND p.id % 12 <> 0
   AND NOT EXISTS (SELECT FROM occupancies o
                    WHERE o.parcel_id = p.id AND o.kind = 'sold' AND o.during @> CAST(:day AS date))
   AND NOT EXISTS (SELECT FROM restrictions r
                    WHERE r.kind = 'existing_building' AND r.valid @> CAST(:day AS date)
                      AND (ST_Area(ST_Intersection(r.geom, p.geom)) > greatest(1, ST_Area(p.geom) / 1000)
                           OR ST_Area(ST_Intersection(r.geom, p.geom)) >= ST_Area(p.geom) / 2))
"""
"""What is on offer after `fill_surroundings`, written apart: unbuilt by the cadastre, no street, not sold,
and no building to be kept stands there. Parameter: ``day``."""


WIDE = """
SELECT p.id AS parcel_id FROM parcels p
  LEFT JOIN LATERAL (SELECT ST_Union(r.geom) AS geom FROM restrictions r
                      WHERE r.effect = 'excludes' AND r.valid @> CAST(:day AS date)
                        AND ST_Intersects(r.geom, p.geom)) gone ON true
 WHERE NOT ST_IsEmpty(ST_Buffer(coalesce(ST_Difference(p.geom, gone.geom), p.geom), -1.5))
"""
"""Parcels with land somewhere 3 m wide, by PostGIS: the others have nothing to offer. Parameter: ``day``."""


def fill_buildings(connection: Connection) -> None:
    """Draw a house of 36 m2 in the middle of every other parcel."""
    connection.execute(
        text(
            "INSERT INTO buildings (building_key, source, geom) SELECT 'B' || id, 'drawn', "
            "ST_Multi(ST_Expand(ST_Centroid(geom), 3)) FROM parcels WHERE id % 2 = 0"
        )
    )


def until(rng: np.random.Generator) -> date | None:
    return None if rng.random() < 0.2 else AS_OF + timedelta(days=int(rng.integers(-300, 3000)))
