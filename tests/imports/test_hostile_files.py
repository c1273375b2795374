"""Files that are not what they seem: several layers or sheets, none at all, another format than the name."""

import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]  # a tool of the tests only
import pytest

from geo_service.db import Database
from geo_service.errors import InvalidInput
from geo_service.imports.catalogue import KINDS
from geo_service.imports.reading import Choice, read_file
from geo_service.imports.source import SourceTable
from tests.imports.files import bring, frame_of, parcel_rows, said, told, write_csv

HEADINGS = KINDS["parcels"].headings()


def read(path: Path, **choice: Any) -> SourceTable:
    return read_file(path, Choice(HEADINGS.score, **choice))


def refused(path: Path, **choice: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(path, **choice)
    return caught.value.detail


def package(path: Path, **layers: list[dict[str, Any]]) -> Path:
    for layer, rows in layers.items():
        frame_of(rows).to_file(path, layer=layer, engine="pyogrio")
    return path


def workbook(path: Path, **sheets: list[list[str]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


# --- several layers, several sheets: no row is lost without a word ------------------------------------------


def test_two_layers_that_fit_alike_must_be_chosen_from(tmp_path: Path) -> None:
    path = package(tmp_path / "p.gpkg", nord=parcel_rows([1, 2]), sued=parcel_rows([3]))
    assert refused(path) == (
        "The file has 2 layers that fit alike: nord (2 rows), sued (1 rows). Say which one: --layer NAME; "
        "import the others the same way."
    )
    assert len(read(path, layer="sued")) == 1


def test_of_two_layers_that_fit_alike_an_empty_one_does_not_count(tmp_path: Path) -> None:
    path = package(tmp_path / "p.gpkg", nord=parcel_rows([1, 2]))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
    frame_of(parcel_rows([3])).iloc[:0].to_file(path, layer="leer", engine="pyogrio")
    assert read(path).layer == "nord"


def test_layers_that_are_not_read_are_told(tmp_path: Path) -> None:
    other = [{"name": "x", "geometry": row["geometry"]} for row in parcel_rows([1])]
    path = package(tmp_path / "p.gpkg", gebaeude=other, flurstueck=parcel_rows([1]))
    (notice,) = read(path).notices
    assert (notice.code, notice.text.en) == (
        "layer",
        "The layer flurstueck was read; the file has others: gebaeude (say --layer NAME for another one).",
    )
    assert notice.text.de == (
        "Gelesen wurde die Ebene flurstueck; die Datei hat weitere: gebaeude (eine andere mit --layer NAME)."
    )
    assert not read(path, layer="flurstueck").notices


def test_a_layer_that_a_geopackage_does_not_have_is_refused(tmp_path: Path) -> None:
    path = package(tmp_path / "p.gpkg", nord=parcel_rows([1]))
    assert refused(path, layer="sued") == "There is no layer 'sued'. Known: nord."


def test_a_layer_within_an_archive_may_be_named(tmp_path: Path) -> None:
    one = package(tmp_path / "one.gpkg", nord=parcel_rows([1, 2]), sued=parcel_rows([3]))
    other = package(tmp_path / "other.gpkg", west=parcel_rows([4]))
    for name, members in (("alone.zip", [one]), ("both.zip", [one, other])):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member in members:
                archive.write(member, member.name)
    assert len(read(tmp_path / "alone.zip", layer="sued")) == 1
    assert len(read(tmp_path / "both.zip", layer="other")) == 1
    assert "it holds: one, other" in refused(tmp_path / "both.zip", layer="west")


def test_two_sheets_that_fit_alike_must_be_chosen_from(tmp_path: Path) -> None:
    heading = ["flstkennz", "flaeche"]
    path = workbook(
        tmp_path / "p.xlsx",
        Januar=[heading, ["1", "400"], ["2", "400"]],
        Februar=[["Stand Februar"], heading, ["3", "400"]],
        Vorlage=[heading],
        Notizen=[["Fragen an Frau X"]],
    )
    assert refused(path) == (
        "The file has 2 sheets that fit alike: Januar (2 rows), Februar (1 rows). Say which one: "
        "--layer NAME; import the others the same way."
    )
    assert len(read(path, layer="Februar")) == 1


def test_sheets_that_are_not_read_are_told(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "p.xlsx", Liste=[["flstkennz", "flaeche"], ["1", "400"]], Alt=[["flstkennz"], ["2"]]
    )
    (notice,) = read(path).notices
    assert notice.text.en == (
        "The sheet Liste was read; the file has others: Alt (say --layer NAME for another one)."
    )


# --- another content than the name says -------------------------------------------------------------------


def test_a_name_that_ends_in_zip_and_is_none(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    path.write_text("hello")
    assert refused(path) == (
        "p.zip is no ZIP file, though its name says so. Was the download cut off, or is it a message of the "
        "server? Open it in an editor, then fetch it again."
    )
    for ending, name in ((".gpkg", "GeoPackage"), (".fgb", "FlatGeobuf"), (".xlsx", "Excel")):
        other = path.rename(tmp_path / f"p{ending}")
        assert f"p{ending} is no {name} file, though its name says so" in refused(other)
        path = other


def test_a_table_saved_under_the_old_ending_of_excel_is_read(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.xls", [{"flstkennz": "1", "flaeche": "400"}], separator="\t")
    assert len(read(path)) == 1


def test_a_geopackage_without_a_layer(tmp_path: Path) -> None:
    path = package(tmp_path / "p.gpkg", l=parcel_rows([1]))
    with sqlite3.connect(path) as connection:
        for statement in ("DELETE FROM gpkg_contents", "DELETE FROM gpkg_geometry_columns", "DROP TABLE l"):
            connection.execute(statement)
    message = refused(path)
    assert message.startswith("The file cannot be read as GeoPackage: it holds no layer, or is damaged.")
    assert "geo-import-" not in message
    assert "prefixing" not in message


def test_a_database_that_is_no_geopackage(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "p.gpkg") as connection:
        connection.execute("CREATE TABLE t (a int)")
    assert "gpkg_contents" in refused(tmp_path / "p.gpkg")
    assert refused(tmp_path / "p.gpkg").endswith("Export it anew, and check that it is complete.")


@pytest.mark.parametrize(
    "content", ['{"hello": 1}', '{"type": "FeatureCollection", "features": [{"type"', "[1]"]
)
def test_json_that_is_no_geojson(tmp_path: Path, content: str) -> None:
    path = tmp_path / "p.geojson"
    path.write_text(content)
    message = refused(path)
    assert message.startswith("The file cannot be read as GeoJSON: ")
    assert message.endswith("Is it a FeatureCollection, and complete? Export it anew.")


def test_an_archive_without_data(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    assert refused(path).startswith("p.zip holds no file that can be read (GML, GeoPackage")


def test_plans_in_xplangml_are_refused_in_words(shared_data: Path) -> None:
    message = refused(shared_data / "xplan" / "1251_Baerl_XPlanGML.gml")
    assert message.startswith("1251_Baerl_XPlanGML.gml is in the format XPlanGML. It is not read yet")


# --- impossible values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day", ["2026-03-31T25:00", "2026-03-31 12:61", "2026-03-31T24:00:00", "2026-03-31T12:00:61", "25:00"]
)
def test_an_impossible_time_is_no_day(register: Database, tmp_path: Path, day: str) -> None:
    path = tmp_path / "p.gpkg"
    frame_of(parcel_rows([1], aktualit=day)).to_file(path, engine="pyogrio")
    assert said(bring(register, "parcels", path)) == [(1, "aktualit", "no-day")]


def test_yes_and_no_are_named_in_both_languages(register: Database, tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    frame_of(parcel_rows([1], is_demo="vielleicht")).to_file(path, engine="pyogrio")
    (reject,) = bring(register, "parcels", path).rejects
    assert (reject.code, reject.reason.en) == (
        "unknown-word",
        "This is neither yes nor no. Please write yes or no.",
    )
    assert reject.reason.de == "Das ist weder ja noch nein. Bitte ja oder nein schreiben."


def test_a_name_that_gives_no_short_name_is_explained(register: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "s.csv", [{"Standort": "!!!", "Kennung": ""}])
    (reject,) = bring(register, "sites", path).rejects
    assert (reject.field, reject.code) == ("Standort", "slug-form")
    assert reject.reason.en == (
        "No short name can be made of this name, for it has neither letters nor digits. Please change it, or "
        "give a short name in a column slug, such as phoenix-west."
    )


def test_markup_quotes_and_sql_in_names_are_kept_as_they_are(register: Database, tmp_path: Path) -> None:
    evil = '<script>alert(1)</script>\'; DROP TABLE parcels;-- "q" [/red]'
    path = tmp_path / "p.gpkg"
    frame_of(parcel_rows([1], lagebeztxt=evil)).to_file(path, engine="pyogrio")
    report = bring(register, "parcels", path)
    assert (report.new, told(report)) == (1, {})
    with register.read() as connection:
        stored = connection.exec_driver_sql("SELECT location_text FROM parcels").scalar_one()
    assert stored == evil
