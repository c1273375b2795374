"""Schematic districts and quarters, until the city's official file is imported."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from data.demo.facts import read_records, read_table
from data.demo.provenance import geo_frame, labelled
from data.demo.tiling import tile
from geo_service.city import CityProfile
from geo_service.geometry import STORAGE_SRID, WGS84_SRID

SCHEMATIC = "Demo: schematische Gliederung, keine amtlichen Grenzen"
DISTRICT_ACCURACY_M = 2000.0
"""How far a schematic district's border may be off, metres."""


def build_districts(city: CityProfile, reference_date: date) -> gpd.GeoDataFrame:
    """Divide the city into schematic districts: to each centre what lies nearest to it.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns of the table ``districts``; the districts cover the boundary without gap or overlap.
    """
    rows = read_table(city, "districts.csv")
    transform = Transformer.from_crs(WGS84_SRID, STORAGE_SRID, always_xy=True).transform
    centres = [shapely.Point(transform(float(row["lon"]), float(row["lat"]))) for row in rows]
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=city.boundary, ordered=True)
    )
    parts = [part for cell in cells for part in shapely.get_parts(city.boundary.intersection(cell))]
    owner = shapely.STRtree(cells).query(
        [shapely.point_on_surface(part) for part in parts], predicate="within"
    )[1]
    shapes, kept = tile(parts, least_m2=1.0)
    frame = geo_frame(
        [
            {
                "key": row["key"],
                "name": row["name"],
                "geometry_accuracy_m": DISTRICT_ACCURACY_M,
                "geom": shapely.union_all(shapes[kept & (owner == number)]),
            }
            for number, row in enumerate(rows)
        ]
    )
    return gpd.GeoDataFrame(labelled(frame, reference_date, SCHEMATIC))


def build_quarters(city: CityProfile, districts: gpd.GeoDataFrame, reference_date: date) -> gpd.GeoDataFrame:
    """Return the hand-drawn quarters.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns of the table ``quarters`` with ``district_key`` for the district that holds the quarter's
        middle.
    """
    facts = read_records(city, "quarters.toml")
    areas = {area["key"]: area["outline"] for area in read_records(city, "areas.toml")["area"]}
    frame = geo_frame(
        [
            {
                "key": quarter["key"],
                "name": quarter["name"],
                "geometry_accuracy_m": float(facts["geometry_accuracy_m"]),
                "geom": shapely.Polygon(quarter.get("outline") or areas[quarter["area"]]),
            }
            for quarter in facts["quarter"]
        ]
    )
    middle = shapely.point_on_surface(frame.geometry.to_numpy())
    return gpd.GeoDataFrame(
        labelled(frame.assign(district_key=key_at(districts, middle)), reference_date, SCHEMATIC)
    )


def key_at(areas: gpd.GeoDataFrame, points: object) -> pd.Series:
    """Return the key of the first area that holds each point; None where none does."""
    places = np.asarray(points, dtype=object)
    place, area = shapely.STRtree(areas.geometry.to_numpy()).query(places, predicate="within")
    found = pd.DataFrame({"place": place, "area": area}).sort_values(["place", "area"])
    first = found.drop_duplicates("place").set_index("place")["area"].reindex(range(len(places)))
    keys = areas["key"].to_numpy()
    return pd.Series([None if pd.isna(number) else keys[int(number)] for number in first], dtype=object)
