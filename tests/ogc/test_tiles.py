"""Vector tiles: what stands on them, read by GDAL; size, cache, and what the public must not see."""

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from geo_service.db import Database
from geo_service.ogc.collections import COLLECTIONS
from geo_service.ogc.tiles import EMPTY, Tile, TileCache, shares
from geo_service.tile_size import ENOUGH, MAX_BYTES
from tests.http_fixtures import SignedIn
from tests.sample_land import ANNOUNCED_KEY, OBJECTED_KEY, PUBLIC_KEYS

ROOT = "/ogc/collections"
STEP_M = 8.0
"""Most that a shape deviates below zoom 14: half a pixel of zoom 13 and a step of the grid, on the ground."""


def address(collection: str, zoom: int, lon: float = 7.4735, lat: float = 51.5045) -> str:
    """Return the address of the tile that holds a place."""
    column = int((lon + 180) / 360 * 2**zoom)
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
    return f"{ROOT}/{collection}/tiles/WebMercatorQuad/{zoom}/{row}/{column}"


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read the features of a tile with GDAL."""

    def properties(answer: httpx.Response) -> list[dict[str, Any]]:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        if not answer.content:
            return []
        path = tmp_path / "tile.mvt"
        path.write_bytes(answer.content)
        frame = pyogrio.read_dataframe(path, read_geometry=False, use_arrow=False)
        return [
            {name: value for name, value in row.items() if name != "mvt_id" and not pd.isna(value)}
            for row in frame.to_dict("records")
        ]

    return properties


def test_parcels_carry_availability_and_grade(client: httpx.Client, read: Any) -> None:
    found = {row["parcel_key"]: row for row in read(client.get(address("parcels", 14)))}
    assert set(found) == set(PUBLIC_KEYS)
    assert found[PUBLIC_KEYS[0]] == {
        "parcel_key": PUBLIC_KEYS[0], "horizon": "short", "net_m2": 4000, "gross_m2": 5000,
        "available_from": "2028-03-01", "severity": "light", "grade": "B", "is_demo": 1,
        "offered": 1, "category": "gap",
    }  # fmt: skip


def test_agency_sees_unpublished_parcels(signed_in: SignedIn, client: httpx.Client, read: Any) -> None:
    answer = signed_in("planner").get(address("parcels", 14))
    assert {row["parcel_key"] for row in read(answer)} == {*PUBLIC_KEYS, OBJECTED_KEY, ANNOUNCED_KEY}
    assert answer.headers["cache-control"] == "private, no-cache"
    assert OBJECTED_KEY.encode() not in client.get(address("parcels", 14)).content


def placed(answer: httpx.Response, path: str, folder: Path) -> gpd.GeoDataFrame:
    """Read a tile with GDAL where it lies, in EPSG:25832."""
    zoom, row, column = path.split("/")[-3:]
    (folder / zoom / column).mkdir(parents=True, exist_ok=True)
    file = folder / zoom / column / f"{row}.pbf"
    file.write_bytes(answer.content)
    frame = pyogrio.read_dataframe(file, use_arrow=False)
    return frame.set_crs(3857, allow_override=True).to_crs(25832)


@pytest.mark.parametrize("zoom", [9, 11, 12, 13])
def test_far_away_parcels_of_one_class_are_one_feature_and_lie_where_they_are(
    client: httpx.Client, database: Database, tmp_path: Path, zoom: int
) -> None:
    with database.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT p.parcel_key, a.horizon, ST_AsBinary(p.geom) AS shape FROM parcels p "
                "LEFT JOIN availability a ON a.parcel_id = p.id WHERE p.parcel_key = ANY(:keys)"
            ),
            {"keys": list(PUBLIC_KEYS)},
        ).all()
    assert len(rows) == len(PUBLIC_KEYS)
    answer = client.get(address("parcels", zoom))
    assert "x-features-left-out" not in answer.headers
    frame = placed(answer, address("parcels", zoom), tmp_path)
    names = [name for name in frame.columns if name not in {"geometry", "mvt_id"}]
    assert set(names) <= {"horizon", "severity", "grade", "is_demo", "offered", "category"}
    assert not frame[names].duplicated().any()
    assert sum(shapely.get_num_geometries(frame.geometry)) == len(PUBLIC_KEYS)
    for row in rows:
        shape = shapely.from_wkb(row.shape)
        of_class = frame[frame.horizon == row.horizon] if row.horizon else frame[frame.horizon.isna()]
        parts = shapely.get_parts(of_class.geometry.make_valid().union_all())
        assert min(shapely.hausdorff_distance(shape, part) for part in parts) < STEP_M


def test_far_away_a_parcel_of_several_parts_goes_with_those_of_one(
    client: httpx.Client, database: Database, tmp_path: Path
) -> None:
    write = text(
        """
        INSERT INTO parcels (parcel_key, gemarkung_key, gemarkung, numerator, municipality_key, municipality,
                             location_text, geom, source, is_demo)
        SELECT key, '051239', 'Test', 1, '05913000', 'Dortmund', '', ST_Multi(ST_Union(ST_Buffer(
                   ST_SetSRID(ST_MakePoint(at, 5707000), 25832), 40, 'endcap=square'))), 'Test', true
          FROM (VALUES ('051239999000010000__', 404000), ('051239999000020000__', 404200),
                       ('051239999000020000__', 404400)) AS parts (key, at) GROUP BY key
        """
    )
    with database.begin("test") as connection:
        connection.execute(write)
    try:
        answer = client.get(address("parcels", 12, *CROWDED))
        assert answer.status_code == 200, answer.text
        frame = placed(answer, address("parcels", 12, *CROWDED), tmp_path)
        alone = frame[frame.geometry.bounds.minx > 403_000]
        assert len(alone) == 1
        assert sum(shapely.get_num_geometries(alone.geometry)) == 3
        assert alone.geometry.area.sum() == pytest.approx(3 * 80**2, rel=0.2)
    finally:
        with database.begin("test") as connection:
            connection.execute(text("DELETE FROM parcels WHERE parcel_key LIKE '051239999%'"))


def test_far_away_only_the_class_is_left(client: httpx.Client, read: Any) -> None:
    near = {"horizon": "short", "severity": "light", "grade": "B", "is_demo": 1}
    assert {**near, "offered": 1, "category": "gap"} in read(client.get(address("parcels", 12)))
    assert client.get(address("parcels", 8)).content == b""


def test_the_largest_parcels_of_a_crowded_class_stay(
    client: httpx.Client, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = len(client.get(address("parcels", 12)).content) - 10
    monkeypatch.setattr("geo_service.ogc.tiles.MAX_BYTES", most)
    monkeypatch.setattr("geo_service.ogc.tiles.TileCache.get", lambda *_: None)
    answer = client.get(address("parcels", 12))
    frame = placed(answer, address("parcels", 12), tmp_path)
    left_out = int(answer.headers["x-features-left-out"])
    assert sum(shapely.get_num_geometries(frame.geometry)) + left_out == len(PUBLIC_KEYS)
    with database.engine.connect() as connection:
        sizes = connection.execute(
            text("SELECT area_m2 FROM parcels WHERE parcel_key = ANY(:keys) ORDER BY area_m2 DESC"),
            {"keys": list(PUBLIC_KEYS)},
        ).scalars()
        kept = list(sizes)[: len(PUBLIC_KEYS) - left_out]
    assert 0 < len(kept) < len(PUBLIC_KEYS)
    assert frame.geometry.area.sum() == pytest.approx(sum(kept), rel=0.1)


@pytest.mark.parametrize(
    ("collection", "expected"),
    [
        ("vacancies", {"key": "L-0", "name": "Laden Kreuzstraße", "status": "vacant"}),
        ("sites", {"slug": "energiecampus", "name": "Energiecampus", "phase": "planning"}),
        ("stops", {"name": "Hafen vrr", "modes": "tram"}),
        (
            "restrictions",
            {"kind": "contamination", "effect": "delays", "severity": "severe", "title": "Altlast Kokerei"},
        ),
        ("plots", {"slug": "a1", "name": "Baufeld A1", "status": "available", "site": "energiecampus"}),
        ("development_plans", {"plan_key": "Hu 148", "name": "Speicherstraße Nord", "legal_status": 2400}),
        ("quarters", {"key": "kreuzviertel", "name": "Kreuzviertel"}),
    ],
)
def test_other_collections(
    client: httpx.Client, read: Any, collection: str, expected: dict[str, Any]
) -> None:
    rows = read(client.get(address(collection, 10)))
    assert len(rows) == 1
    assert rows[0].items() >= expected.items()


def test_districts(client: httpx.Client, read: Any) -> None:
    assert {row["key"] for row in read(client.get(address("districts", 10)))} == {"innenstadt-west", "hoerde"}


def test_shapes_lie_where_they_are(client: httpx.Client, tmp_path: Path) -> None:
    path = address("parcels", 16)
    frame = placed(client.get(path), path, tmp_path)
    first = frame[frame.parcel_key == PUBLIC_KEYS[0]]
    middle = shapely.Point(394_050, 5_707_025)
    assert first.geometry.iloc[0].centroid.distance(middle) < 1


# --- addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        "0/0/1",
        "1/2/0",
        "23/0/0",
        "-1/0/0",
        "1/a/0",
        "1/0/1.5",
        "1/0/99999999999",
        "²/0/0",
        "12/1362/2133.pbf",
    ],
)
def test_tiles_outside_the_scheme_do_not_exist(client: httpx.Client, place: str) -> None:
    answer = client.get(f"{ROOT}/parcels/tiles/WebMercatorQuad/{place}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("place", ["0/0/0", "4/0/15", "22/0/0", "14/16383/16383"])
def test_tiles_without_anything_are_empty(client: httpx.Client, place: str) -> None:
    answer = client.get(f"{ROOT}/parcels/tiles/WebMercatorQuad/{place}")
    assert (answer.status_code, answer.content) == (200, b"")


def test_collections_without_tiles_say_where_to_look(client: httpx.Client) -> None:
    for path in ("", "/WebMercatorQuad", "/WebMercatorQuad/14/0/0"):
        answer = client.get(f"{ROOT}/availability/tiles{path}")
        assert answer.status_code == 404
        assert "tiles of parcels" in answer.json()["detail"]


def test_unknown_parameters_are_refused(client: httpx.Client) -> None:
    assert client.get(address("parcels", 14) + "?colour=red").json()["parameter"] == "colour"


# --- cache -----------------------------------------------------------------------------------------------


def test_known_tile_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get(address("parcels", 14))
    assert first.headers["cache-control"] == "public, no-cache"
    again = client.get(address("parcels", 14), headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get(address("parcels", 14), headers={"If-None-Match": '"other"'}).status_code == 200


def test_tile_follows_an_edit_at_once(client: httpx.Client, database: Database, read: Any) -> None:
    before = client.get(address("parcels", 14))
    change = (
        "UPDATE availability SET horizon = :to FROM parcels p WHERE p.id = parcel_id AND p.parcel_key = :key"
    )
    with database.begin("test") as connection:
        connection.execute(text(change), {"to": "long", "key": PUBLIC_KEYS[0]})
    after = client.get(address("parcels", 14), headers={"If-None-Match": before.headers["etag"]})
    assert {row["parcel_key"]: row["horizon"] for row in read(after)}[PUBLIC_KEYS[0]] == "long"
    with database.begin("test") as connection:
        connection.execute(text(change), {"to": "short", "key": PUBLIC_KEYS[0]})
    assert client.get(address("parcels", 14)).content == before.content


def test_absurd_size_leaves_the_tile_whole(client: httpx.Client, database: Database, read: Any) -> None:
    change = text(
        "UPDATE availability SET gross_m2 = :size FROM parcels p "
        "WHERE p.id = parcel_id AND p.parcel_key = :key"
    )
    with database.begin("test") as connection:
        connection.execute(change, {"size": 69_000_000_000, "key": PUBLIC_KEYS[0]})
    try:
        found = {row["parcel_key"]: row["gross_m2"] for row in read(client.get(address("parcels", 14)))}
    finally:
        with database.begin("test") as connection:
            connection.execute(change, {"size": 5_000, "key": PUBLIC_KEYS[0]})
    assert found.keys() == set(PUBLIC_KEYS)
    assert found[PUBLIC_KEYS[0]] == 69_000_000_000


def test_cache_forgets_the_least_asked_and_stays_within_its_size() -> None:
    cache = TileCache(capacity=250)
    view: Any = "view"
    keys = [(view, (14, 0, number), date(2026, 3, 1), 1) for number in range(3)]
    tiles = [Tile(bytes([number]) * 100, 0) for number in range(3)]
    for key, tile in zip(keys[:2], tiles, strict=False):
        cache.put(key, "v1", tile)
    assert cache.get(keys[0], "v1") is tiles[0]
    cache.put(keys[2], "v1", tiles[2])
    assert cache.get(keys[1], "v1") is None
    assert cache.get(keys[0], "v1") is tiles[0]
    assert cache.get(keys[0], "v2") is None
    cache.put(keys[0], "v2", EMPTY)
    cache.put(keys[1], "v2", tiles[1])
    assert cache.get(keys[2], "v1") is tiles[2]
    assert cache._size == 200


# --- crowded tiles ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowd(sample: object, database: Database) -> Iterator[int]:
    """20,000 restrictions of growing size on one tile of zoom 14, with titles that no two share."""
    assert sample
    count = 20_000
    write = text(
        """
        INSERT INTO restrictions (restriction_key, kind, effect, severity, title, source, is_demo, geom)
        SELECT 'crowd-' || n, 'water', 'excludes', 'light', 'Gewässer ' || md5(n::text) || n, 'Test', true,
               ST_Multi(ST_Buffer(ST_SetSRID(ST_MakePoint(404000 + n % 200, 5707000 + n / 200), 25832),
                                  0.2 + n * 0.0001))
        FROM generate_series(1, :count) AS n
        """
    )
    with database.begin("test") as connection:
        connection.execute(write, {"count": count})
    yield count
    with database.begin("test") as connection:
        connection.execute(text("DELETE FROM restrictions WHERE restriction_key LIKE 'crowd-%'"))


CROWDED = (7.6179, 51.5062)
WHOLE = 14
"""Zoom at which all of them are on one tile."""


@pytest.mark.parametrize("zoom", [WHOLE, 16])
def test_crowded_tile_keeps_the_largest_and_counts_the_rest(
    client: httpx.Client, read: Any, crowd: int, zoom: int
) -> None:
    answer = client.get(address("restrictions", zoom, *CROWDED))
    assert ENOUGH * MAX_BYTES <= len(answer.content) <= MAX_BYTES
    titles = {row["title"] for row in read(answer)}
    left_out = int(answer.headers["x-features-left-out"])
    assert left_out > 0
    numbers = np.array([int(title[len("Gewässer ") + 32 :]) for title in titles])
    assert len(numbers) + left_out <= crowd
    if zoom == WHOLE:
        assert len(numbers) + left_out == crowd
        assert numbers.min() == crowd - len(numbers) + 1


def test_far_away_the_tiny_ones_are_left_out_by_rule(client: httpx.Client, read: Any, crowd: int) -> None:
    assert crowd
    answer = client.get(address("restrictions", 12, *CROWDED))
    assert "x-features-left-out" not in answer.headers
    assert {row["title"] for row in read(answer)} <= {"Altlast Kokerei"}


# --- several collections on one tile ---------------------------------------------------------------------


def test_a_combined_tile_holds_the_layers_of_each(client: httpx.Client, tmp_path: Path) -> None:
    place = address("parcels", 14).partition("/tiles")[2]
    everything = client.get(f"/ogc/tiles{place}")
    path = tmp_path / "all.mvt"
    path.write_bytes(everything.content)
    layers = {str(name) for name, _kind in pyogrio.list_layers(path)}
    alone = {
        name: client.get(f"{ROOT}/{name}/tiles{place}").content
        for name, collection in COLLECTIONS.items()
        if collection.tiles
    }
    assert layers == {name for name, content in alone.items() if content}
    for name in layers:
        single = tmp_path / f"{name}.mvt"
        single.write_bytes(alone[name])
        wanted = pyogrio.read_dataframe(single, use_arrow=False)
        found = pyogrio.read_dataframe(path, layer=name, use_arrow=False)
        assert found.drop(columns="geometry").equals(wanted.drop(columns="geometry"))
    chosen = client.get(f"/ogc/tiles{place}?collections=restrictions,parcels")
    path.write_bytes(chosen.content)
    assert [str(name) for name, _kind in pyogrio.list_layers(path)] == ["restrictions", "parcels"]
    assert len(everything.content) <= MAX_BYTES
    again = client.get(f"/ogc/tiles{place}", headers={"If-None-Match": everything.headers["etag"]})
    assert again.status_code == 304


def test_layers_take_what_others_leave(client: httpx.Client, crowd: int) -> None:
    assert crowd
    place = address("parcels", WHOLE, *CROWDED).partition("/tiles")[2]
    alone = client.get(f"{ROOT}/restrictions/tiles{place}")
    found = client.get(f"/ogc/tiles{place}?collections=parcels,restrictions,buildings")
    assert found.content == alone.content
    assert found.headers["x-features-left-out"] == alone.headers["x-features-left-out"]


def test_nothing_is_left_out_of_a_layer_while_the_tile_has_room(
    client: httpx.Client, read: Any, crowd: int
) -> None:
    assert crowd
    place = address("restrictions", 20, *CROWDED).partition("/tiles")[2]
    alone = client.get(f"{ROOT}/restrictions/tiles{place}")
    assert MAX_BYTES / 10 < len(alone.content) < MAX_BYTES / 2
    found = client.get(f"/ogc/tiles{place}")
    assert "x-features-left-out" not in found.headers
    assert len(read(found)) == len(read(alone)) > 300


def test_a_crowded_layer_leaves_others_whole(client: httpx.Client, crowd: int, tmp_path: Path) -> None:
    """Each layer of a few bytes fits beside one that would fill the tile by itself."""
    assert crowd
    found = client.get(f"/ogc/tiles{address('parcels', 13, *CROWDED).partition('/tiles')[2]}")
    assert len(found.content) <= MAX_BYTES
    path = tmp_path / "all.mvt"
    path.write_bytes(found.content)
    for name, _kind in pyogrio.list_layers(path):
        alone = tmp_path / f"{name}.mvt"
        alone.write_bytes(client.get(address(str(name), 13, *CROWDED)).content)
        if name != "restrictions":
            assert len(pyogrio.read_dataframe(path, layer=name)) == len(pyogrio.read_dataframe(alone))


@given(st.lists(st.integers(0, 700), max_size=12), st.integers(1, 2000))
def test_shares_are_whole_where_all_fit_and_equal_where_not(sizes: list[int], most: int) -> None:
    allowed = shares(sizes, most)
    assert sum(allowed) <= most or sum(sizes) <= most
    if sum(sizes) <= most:
        assert allowed == sizes
    cut = [part for part, size in zip(allowed, sizes, strict=True) if part < size]
    if cut:
        assert max(cut) - min(cut) <= 1
        assert max(allowed) <= min(cut) + 1
        assert sum(allowed) > most - len(sizes)
