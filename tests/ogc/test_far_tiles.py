"""Tiles of a whole city: parcels too small to be seen one by one keep their share of the land."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import httpx
import pytest
import shapely
from sqlalchemy import text

from geo_service.db import Database
from tests.ogc.test_pieces import PLACE, laid_out
from tests.ogc.test_tiles import address, placed
from tests.sample_city import Sample

EAST_OF = 402_000
"""Only the field lies there, metres."""
LAND = text(
    "SELECT a.horizon, sum(ST_Area(p.geom)) FROM parcels p JOIN availability a ON a.parcel_id = p.id "
    "WHERE p.parcel_key LIKE '051239998%' AND NOT p.publication_objection GROUP BY 1"
)


@pytest.fixture(scope="module", autouse=True)
def _field(sample: Sample, database: Database) -> Iterator[None]:
    """900 parcels of 40 m: at zoom 9 one covers a twentieth of a pixel."""
    assert sample.ids
    with laid_out(database):
        yield


@pytest.fixture
def land(database: Database) -> dict[str, float]:
    """Square metres of the field by horizon, as far as the public may see it."""
    with database.read() as connection:
        return {row[0]: row[1] for row in connection.execute(LAND)}


def field(client: httpx.Client, zoom: int, folder: Path) -> tuple[httpx.Response, gpd.GeoDataFrame]:
    """Return a tile, and what it draws of the field: one row for each part."""
    path = address("parcels", zoom, *PLACE)
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert "x-features-left-out" not in answer.headers
    parts = placed(answer, path, folder).explode()
    return answer, parts[parts.geometry.centroid.x > EAST_OF]


@pytest.mark.parametrize("zoom", [9, 10, 11])
@pytest.mark.parametrize("most", [500_000, 6_000, 2_000])
def test_each_class_keeps_its_share_of_the_land(
    client: httpx.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    land: dict[str, float],
    zoom: int,
    most: int,
) -> None:
    monkeypatch.setattr("geo_service.ogc.tiles.MAX_BYTES", most)
    answer, parts = field(client, zoom, tmp_path)
    assert 0 < len(answer.content) <= most
    drawn = parts.geometry.area.groupby(parts.horizon).sum().to_dict()
    assert drawn == {word: pytest.approx(area, rel=0.05) for word, area in land.items()}
    assert (len(parts) < 500) is (most < 500_000)


def test_what_is_gathered_lies_where_its_parcels_lie_and_covers_nothing_else(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    with database.read() as connection:
        box = connection.execute(
            text("SELECT ST_AsBinary(ST_Extent(geom)) FROM parcels WHERE parcel_key LIKE '051239998%'")
        ).scalar_one()
    monkeypatch.setattr("geo_service.ogc.tiles.MAX_BYTES", 6_000)
    _, parts = field(client, 10, tmp_path)
    square_m = 4 * 95.2  # at most four pixels of zoom 10 at 51.5 degrees north, 95.2 m each
    assert shapely.from_wkb(box).buffer(square_m, join_style="mitre").covers(parts.geometry.union_all())
    together = parts.geometry.union_all().area
    assert together == pytest.approx(parts.geometry.area.sum(), rel=0.03)
    assert len(parts) < 500


def test_rings_turn_as_vector_tiles_want_it(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GDAL takes a ring that turns the other way for a hole; without an outer ring it would be lost."""
    monkeypatch.setattr("geo_service.ogc.tiles.MAX_BYTES", 2_000)
    _, parts = field(client, 9, tmp_path)
    assert len(parts) > 10
    assert all(len(each.interiors) == 0 for each in parts.geometry)


def test_the_tileset_says_what_is_gathered_and_what_is_left_out(client: httpx.Client) -> None:
    said = client.get("/ogc/collections/parcels/tiles/WebMercatorQuad").json()["description"]
    assert "Below zoom 12 no feature is left out" in said
    assert "At zooms 12 to 13 features under 0.1 square pixels are left out" in said
    others = client.get("/ogc/collections/restrictions/tiles/WebMercatorQuad").json()["description"]
    assert "Below zoom 14 features under 0.1 square pixels are left out" in others
    assert "drawn together" not in others
