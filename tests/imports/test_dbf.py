"""Texts that a shapefile may have cut off are told of."""

import warnings
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo_service.imports.reading import Choice, read_file

TEXTS = ["x" * 300, "ü" * 300, "x" * 253, "kurz", None, "€" * 84 + "x"]


def write(path: Path, encoding: str | None = None) -> Path:
    frame = gpd.GeoDataFrame(
        {"note": TEXTS, "key": ["k" * 12] * len(TEXTS)},
        geometry=[shapely.Point(390_000, 5_710_000)] * len(TEXTS),
        crs=25832,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL says that it cuts
        frame.to_file(path, **({"encoding": encoding} if encoding else {}))
    return path


@pytest.mark.parametrize(("encoding", "rows"), [("UTF-8", (1, 2, 3, 6)), ("CP1252", (1, 2))])
def test_text_that_fills_its_field_is_told_with_rows_and_field(
    tmp_path: Path, encoding: str, rows: tuple[int, ...]
) -> None:
    source = read_file(write(tmp_path / "t.shp", encoding), Choice(lambda _: 0))
    (notice,) = [one for one in source.notices if one.code == "text-cut"]
    assert (notice.count, notice.rows) == (len(rows), rows)
    assert "Field note" in notice.text.en
    assert "GeoPackage" in notice.text.en
    assert "Feld note" in notice.text.de


def test_geopackage_cuts_nothing_and_says_nothing(tmp_path: Path) -> None:
    source = read_file(write(tmp_path / "t.gpkg"), Choice(lambda _: 0))
    assert not source.notices
    assert source.text["note"].iloc[0] == TEXTS[0]
