"""The reject file: written, corrected, and read again."""

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest

from geo_service.db import Database
from geo_service.errors import InvalidInput
from tests.imports.files import (
    bring,
    frame_of,
    parcel_key,
    parcel_rows,
    rows_of,
    said,
    write_csv,
    write_geojson,
)


def faulty(path: Path) -> Path:
    rows = parcel_rows(range(1, 6))
    rows[1] |= {"flaeche": "viel", "flur": "9"}
    rows[3] |= {"flaeche": "-1"}
    if path.suffix == ".gpkg":
        frame_of(rows).to_file(path, engine="pyogrio")
        return path
    return write_geojson(path, rows)


@pytest.mark.parametrize("ending", ["csv", "gpkg", "geojson"])
@pytest.mark.parametrize("original", ["gpkg", "geojson"])
def test_corrected_rows_replace_those_of_the_same_number(
    register: Database, tmp_path: Path, ending: str, original: str
) -> None:
    path, rejects = faulty(tmp_path / f"p.{original}"), tmp_path / f"rejects.{ending}"
    report = bring(register, "parcels", path, rejects=rejects, language="de")
    assert (report.rejected, len(report.rejects)) == (2, 3)

    if ending == "csv":
        text = rejects.read_text(encoding="utf-8-sig")
        assert text.splitlines()[0].startswith("import_row;import_field;import_reason;flstkennz")
        assert len(text.splitlines()) == 3
        assert "Das ist keine Zahl" in text
        rejects.write_text(text.replace(";viel;", ";400;").replace(";-1;", ";444,5;").replace(";9;", ";3;"))
    else:
        frame = gpd.read_file(rejects)
        assert frame["import_row"].astype(int).tolist() == [2, 4]
        assert "flaeche" in frame["import_field"][0]
        frame["flaeche"], frame["flur"] = ["400", "444,5"], ["003", "003"]
        rejects.unlink()
        frame.to_file(rejects, engine="pyogrio")

    again = bring(register, "parcels", path, corrected=rejects)
    assert said(again) == []
    assert again.new == 5
    stored = rows_of(register, "SELECT numerator, official_area_m2, area_m2 FROM parcels ORDER BY numerator")
    assert [round(row[2], 3) for row in stored] == [400.0] * 5
    assert [row[1] for row in stored] == [400.0, 400.0, 400.0, 444.5, 400.0]


def test_the_reject_file_may_be_imported_alone(register: Database, tmp_path: Path) -> None:
    rejects = tmp_path / "r.csv"
    bring(register, "parcels", faulty(tmp_path / "p.geojson"), rejects=rejects)
    text = rejects.read_text(encoding="utf-8-sig")
    rejects.write_text(text.replace(";viel;", ";400;").replace(";-1;", ";444,5;").replace(";9;", ";3;"))
    report = bring(register, "parcels", rejects)
    assert (report.new, said(report)) == (2, [])
    assert rows_of(register, "SELECT numerator FROM parcels ORDER BY 1") == [(2,), (4,)]


def test_a_corrected_geometry_replaces_the_old_one(register: Database, tmp_path: Path) -> None:
    rows = parcel_rows([1, 2])
    rows[1]["geometry"] = None
    path = write_geojson(tmp_path / "p.geojson", rows)
    rejects = tmp_path / "r.gpkg"
    assert bring(register, "parcels", path, rejects=rejects).rejected == 1
    frame = gpd.read_file(rejects)
    drawn = frame.set_geometry([parcel_rows([2])[0]["geometry"]], crs=25832).to_crs(4326)
    rejects.unlink()
    drawn.to_file(rejects, engine="pyogrio")
    assert bring(register, "parcels", path, corrected=rejects).new == 2
    ((area,),) = rows_of(register, "SELECT area_m2 FROM parcels WHERE numerator = 2")
    assert area == pytest.approx(400.0, abs=0.01)


@pytest.mark.parametrize("ending", ["gpkg", "geojson"])
def test_rows_of_a_table_may_be_corrected_in_a_geo_file(
    register: Database, tmp_path: Path, ending: str
) -> None:
    rows = [{**row, "geometry": f"SRID=25832;{row['geometry'].wkt}"} for row in parcel_rows([1, 2])]
    rows[1]["flaeche"] = "viel"
    path, rejects = write_csv(tmp_path / "p.csv", rows), tmp_path / f"r.{ending}"
    assert said(bring(register, "parcels", path, rejects=rejects)) == [(3, "flaeche", "no-number")]
    frame = pyogrio.read_dataframe(rejects)
    frame["flaeche"] = "400"
    rejects.unlink()
    pyogrio.write_dataframe(frame, rejects)
    assert bring(register, "parcels", path, corrected=rejects).new == 2


def test_no_reject_file_without_rejects(register: Database, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "p.geojson", parcel_rows([1]))
    bring(register, "parcels", path, rejects=tmp_path / "r.csv")
    assert not (tmp_path / "r.csv").exists()


@pytest.mark.parametrize(
    ("rejects", "message"), [("r.xlsx", "must end in .csv, .gpkg, .geojson"), ("nowhere/r.csv", "no folder")]
)
def test_an_impossible_reject_file_is_refused_before_the_work(
    register: Database, tmp_path: Path, rejects: str, message: str
) -> None:
    path = write_geojson(tmp_path / "p.geojson", parcel_rows([1]))
    with pytest.raises(InvalidInput, match=message):
        bring(register, "parcels", path, rejects=tmp_path / rejects)
    assert rows_of(register, "SELECT count(*) FROM parcels") == [(0,)]


def test_a_file_that_is_no_reject_file_is_refused(register: Database, tmp_path: Path) -> None:
    path = faulty(tmp_path / "p.geojson")
    with pytest.raises(InvalidInput, match="no column import_row"):
        bring(register, "parcels", path, corrected=path)
    other = write_csv(tmp_path / "r.csv", [{"import_row": "77", "flstkennz": parcel_key(1)}])
    with pytest.raises(InvalidInput, match="speaks of row 77"):
        bring(register, "parcels", path, corrected=other)
    nameless = write_csv(tmp_path / "r.csv", [{"import_row": "", "flstkennz": parcel_key(1)}])
    with pytest.raises(InvalidInput, match="speaks of row"):
        bring(register, "parcels", path, corrected=nameless)
