"""What tells where one is: it costs little at first, is exact where one is near, and goes along in files."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pyproj
import pytest
import shapely
from sqlalchemy import text

from geo_service.db import Database
from maps import orientation, portable_file
from tests.web.test_map_files import layers, needs_nothing


@pytest.fixture
def waters(database: Database) -> Iterator[list[Any]]:
    """Ponds and rivers with a corner every two metres, 3,000 corners to a river (EPSG:25832)."""
    draw = np.random.default_rng(5)
    made = []
    for _ in range(40):
        start = draw.uniform((385_000, 5_700_000), (400_000, 5_712_000))
        along = np.arange(0, 3_000, 2.0)
        line = np.column_stack([along, 60 * np.sin(along / 170) + 4 * np.sin(along / 9)]) + start
        made.append(shapely.buffer(shapely.LineString(line), draw.uniform(4, 15), quad_segs=2))
    centres = draw.uniform((385_000, 5_700_000), (400_000, 5_712_000), (900, 2))
    made += list(shapely.buffer(shapely.points(centres), draw.uniform(2, 60, 900), quad_segs=12))
    insert = text(
        "INSERT INTO restrictions (restriction_key, kind, effect, severity, title, source, is_demo, geom) "
        "SELECT 'w-' || n, 'water', 'excludes', 'severe', 'Gewässer ' || n, 'Gewässer', true, "
        "ST_Multi(ST_SetSRID(ST_GeomFromWKB(shape), 25832)) "
        "FROM unnest(CAST(:shapes AS bytea[])) WITH ORDINALITY AS given(shape, n)"
    )
    with database.begin(actor="test") as connection:
        connection.execute(insert, {"shapes": [shapely.to_wkb(each) for each in made]})
    yield made
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM restrictions WHERE source = 'Gewässer'"))


def in_metres(features: list[dict[str, Any]]) -> Any:
    """Return features as one shape in EPSG:25832, projected by pyproj."""
    to_metres = pyproj.Transformer.from_crs(4326, 25832, always_xy=True).transform
    shapes: list[Any] = [shapely.geometry.shape(each["geometry"]) for each in features]
    parts = [shapely.make_valid(part) for shape in shapes for part in shape.geoms]
    return shapely.transform(shapely.union_all(parts), lambda at: np.column_stack(to_metres(*at.T)))


def test_waters_cost_little_from_afar_and_are_exact_when_near(
    client: httpx.Client, waters: list[Any]
) -> None:
    afar = client.get("/maps/layers/water.geojson")
    assert len(afar.content) < 150_000
    assert sum(shapely.get_num_coordinates(waters)) * 20 > 1_000_000, "in full they would cost a megabyte"
    whole: Any = shapely.union_all(waters)
    seen = in_metres(afar.json()["features"])
    large = [each for each in waters if each.area > 5_000]
    assert len(large) > 100
    assert all(seen.distance(shapely.point_on_surface(each)) < 25 for each in large)  # a pixel at zoom 12
    to_degrees = pyproj.Transformer.from_crs(25832, 4326, always_xy=True).transform
    west, south, east, north = waters[0].bounds
    box = [*to_degrees(west, south), *to_degrees(east, north)]
    asked: dict[str, Any] = {"bbox": ",".join(f"{each:.5f}" for each in box), "zoom": 17}
    exact = in_metres(client.get("/maps/layers/water.geojson", params=asked).json()["features"])
    view = shapely.box(west + 80, south + 40, east - 80, north - 40)  # within the box of degrees on all sides
    true = whole.intersection(view)
    assert exact.intersection(view).symmetric_difference(true).area < 0.03 * true.area
    assert client.get("/maps/layers/water.geojson?bbox=1,2,3").status_code == 400
    assert client.get("/maps/layers/water.geojson", params={**asked, "zoom": 99}).status_code == 422


@pytest.mark.usefixtures("waters")
@pytest.mark.parametrize(
    "path", ["/maps/files/site/energiecampus", "/maps/files/land", "/maps/overview.html"]
)
def test_a_file_holds_what_tells_where_one_is_around_it(client: httpx.Client, path: str) -> None:
    text_of_file = client.get(path).text
    needs_nothing(text_of_file)
    assert len(text_of_file.encode()) < 3_000_000
    held = layers(text_of_file)
    own = [
        shapely.geometry.shape(each["geometry"])
        for key, features in held.items()
        for each in features
        if key not in {*orientation.DRAWN, "names", "districts", "boundary"}
    ]
    west, south, east, north = shapely.total_bounds(own)
    wide, high = 0.3 * (east - west) + 0.031, 0.3 * (north - south) + 0.021
    view = shapely.box(west - wide, south - high, east + wide, north + high)
    for key in ("water", "names"):
        shapes = [shapely.geometry.shape(each["geometry"]) for each in held[key]]
        assert all(view.covers(shapely.box(*shape.bounds)) for shape in shapes)
        assert len(json.dumps(held[key])) <= orientation.MOST_BYTES
        assert f'data-portable-layer value="{key}" checked' in text_of_file
    names = held["names"][0]
    assert len(names["properties"]["names"]) == len(names["geometry"]["coordinates"]) >= 1
    assert sum(map(len, held.values())) <= portable_file.MOST_FEATURES


def test_streets_and_rail_go_along_as_one_feature_a_kind(client: httpx.Client) -> None:
    held = layers(client.get("/maps/overview.html").text)
    for key in ("streets", "rail"):
        loaded = client.get(f"/maps/layers/{key}.geojson").json()["features"]
        kinds = {(each["properties"].get("kind", ""), each["properties"]["is_demo"]) for each in loaded}
        found = {(each["properties"]["kind"], each["properties"]["is_demo"]) for each in held.get(key, [])}
        assert found == kinds
        assert all(each["geometry"]["type"] == "MultiLineString" for each in held.get(key, []))
