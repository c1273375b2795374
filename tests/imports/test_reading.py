"""Reading files of every format without guessing, and saying what is wrong with one that cannot be read."""

import math
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]  # a tool of the tests only
import pytest
import shapely

from geo_service.errors import InvalidInput
from geo_service.imports import values
from geo_service.imports.columns import Column, Headings
from geo_service.imports.reading import Choice, content_hash, read_file, recognise
from geo_service.imports.source import FileFormat, SourceTable
from tests.imports.files import Row, frame_of, parcel_rows, square, write_csv, write_geojson

HEADINGS = Headings(
    [
        Column("key", values.text(99), ("flstkennz", "Kennung"), required=True),
        Column("area", values.number(), ("Fläche", "flaeche")),
        Column("flur", values.text(9)),
    ]
)


def read(path: Path, layer: str | None = None, encoding: str | None = None) -> SourceTable:
    return read_file(path, Choice(HEADINGS.score, layer, encoding))


def cells(table: SourceTable) -> list[dict[str, str | None]]:
    return [
        {str(name): value if isinstance(value, str) else None for name, value in row.items()}
        for row in table.text.to_dict("records")
    ]


# --- tables -----------------------------------------------------------------------------------------------

ROWS = [
    {"Kennung": "007", "Fläche": "1.234,5", "Ort": "Hörde – „Süd“"},
    {"Kennung": "8", "Fläche": "", "Ort": ""},
]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_in_any_dialect(tmp_path: Path, separator: str, encoding: str) -> None:
    table = read(write_csv(tmp_path / "a.csv", ROWS, separator=separator, encoding=encoding))
    assert cells(table) == [
        {"Kennung": "007", "Fläche": "1.234,5", "Ort": "Hörde – „Süd“"},
        {"Kennung": "8", "Fläche": None, "Ort": None},
    ]
    assert table.numbers.tolist() == [2, 3]
    assert [notice.code for notice in table.notices] == (["encoding"] if encoding == "cp1252" else [])


def test_csv_with_titles_blank_rows_and_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        "Leerstandsliste;;\nStand: 01.11.2026;;\n\nKennung;Fläche;Ort\n\n"
        '1;5;"Hof\nHinterhaus; links"\n;;\n2;6\n'
        "3;7;x;y\n",
        encoding="utf-8",
    )
    table = read(path)
    assert table.numbers.tolist() == [6, 8, 9]
    assert cells(table)[0]["Ort"] == "Hof\nHinterhaus; links"
    assert cells(table)[1] == {"Kennung": "2", "Fläche": "6", "Ort": None}
    assert table.extra_cells.tolist() == [False, False, True]


def test_headings_of_one_name_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Kennung;Ort;Ort;\n1;a;b;c\n", encoding="utf-8")
    assert read(tmp_path / "a.csv").headings == ["Kennung", "Ort", "Ort (2)"]


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_excel_keeps_what_the_cells_say(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        {
            "Deckblatt": [["Leerstände"], ["Kennung: siehe nächstes Blatt"]],
            "Liste": [
                ["Liste der Ladenlokale"],
                [],
                ["Kennung", "Fläche", "seit", "frei"],
                ["007", 85.5, datetime(2024, 2, 29), True],  # noqa: DTZ001 - a day
                [8, 1.234, date(2024, 3, 1), None],
                [9.0, 12345678, "01.04.2024", "nein"],
            ],
        },
    )
    table = read(path)
    assert (table.layer, table.file_format, table.numbers.tolist()) == ("Liste", FileFormat.EXCEL, [4, 5, 6])
    assert cells(table) == [
        {"Kennung": "007", "Fläche": "85.5", "seit": "2024-02-29", "frei": "ja"},
        {"Kennung": "8", "Fläche": "1.2340", "seit": "2024-03-01", "frei": None},
        {"Kennung": "9", "Fläche": "12345678", "seit": "01.04.2024", "frei": "nein"},
    ]
    assert read(path, layer="Liste").layer == "Liste"
    with pytest.raises(InvalidInput, match="It has: Deckblatt, Liste"):
        read(path, layer="Tabelle1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"Kennung;Ort\n", "holds no rows"),
        (b"Farbe;Form\nrot;rund\n", "None of the headings is known"),
        (b'Kennung;Ort\n1;"offen\n', "quotation mark"),
        (b"Kennung;Ort\n1;\x81\n", "not written in utf-8-sig or cp1252"),
        (b"%PDF-1.7\n", "no file that can be read"),
        (b"\x00\x01\x02\x03", "no file that can be read"),
        (b"PK\x03\x04broken", "damaged archive"),
        (b"\xd0\xcf\x11\xe0broken", "cannot be read"),
        (b"<html><body>Anmeldung</body></html>", "web page"),
        (b"<?xml version='1.0'?><ows:ExceptionReport/>", "error message of the service"),
        (b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "refers to other files"),
        (b"<!DOCTYPE x [<!ENTITY a 'aaa'>]><x>&a;</x>", "refers to other files"),
        (b"<wfs:FeatureCollection xmlns:wfs='http://www.opengis.net/wfs/2.0'>", "holds no layer"),
        (b'{"type": "FeatureCollection", "features": [{"type"', "cannot be read as GeoJSON"),
        (
            b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /x"}',
            "cannot be read as GeoJSON",
        ),
        (b'{"hello": 1}', "cannot be read as GeoJSON"),
        (b'{"type":"FeatureCollection","features":[]}', "holds no rows"),
        (b"SQLite format 3\x00 and nothing else", "cannot be read as GeoPackage"),
    ],
)
def test_what_cannot_be_read_is_explained(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file.dat"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        read(path)
    assert sorted(tmp_path.iterdir()) == [path]


def test_folders_and_missing_files_are_explained(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is a folder"):
        read(tmp_path)
    with pytest.raises(InvalidInput, match="No such file"):
        read(tmp_path / "nothing.csv")


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [{"Kennung": "1", "Ort": "Hörde"}], encoding="cp850")
    assert cells(read(path, encoding="cp850"))[0]["Ort"] == "Hörde"
    with pytest.raises(InvalidInput, match="no encoding 'klingon'"):
        read(path, encoding="klingon")


# --- geodata ----------------------------------------------------------------------------------------------


def test_numbers_in_geojson_stay_what_they_are(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"flstkennz": "05124900300001______", "flur": "008", "n": 1, "f": 2.5, "b": True,
         "d": "2024-05-01", "l": ["a", "b"], "geometry": square(1)},
        {"flstkennz": None, "flur": 8, "n": None, "f": 3, "b": None, "d": None, "l": None, "geometry": None},
    ]  # fmt: skip
    table = read(write_geojson(tmp_path / "a.json", rows))
    assert cells(table) == [
        {"flstkennz": "05124900300001______", "flur": "008", "n": "1", "f": "2.5", "b": "true",
         "d": "2024-05-01", "l": "a;b"},
        {"flstkennz": None, "flur": "8", "n": None, "f": "3", "b": None, "d": None, "l": None},
    ]  # fmt: skip
    assert table.numbers.tolist() == [1, 2]
    assert table.crs is not None
    assert table.crs.to_epsg() == 25832
    assert table.geometry is not None
    assert shapely.equals_exact(table.geometry[0], shapely.MultiPolygon([square(1)]))


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, shared_data: Path) -> None:
    whole = (shared_data / "alkis" / "NRW" / "vereinfachtes-schema0.xml").read_bytes()
    path = tmp_path / "a.xml"
    for kept in (len(whole) - 40, len(whole) // 2):
        path.write_bytes(whole[:kept])
        with pytest.raises(InvalidInput, match="holds no rows"):
            read(path)


def test_a_zero_character_is_refused_before_it_cuts_a_text_off(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "a.json", [{"flstkennz": "1\x002", "geometry": square(1)}])
    with pytest.raises(InvalidInput, match="u0000"):
        read(path)


GML = """<?xml version="1.0" encoding="utf-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2">
<wfs:member><Flurstueck gml:id="a"><flstkennz>14632500300121000100</flstkennz><flur>008</flur>
<flaeche>0400</flaeche><geom>{polygon}</geom></Flurstueck></wfs:member>
</wfs:FeatureCollection>"""
LAT_LON = """<gml:Polygon srsName="urn:ogc:def:crs:EPSG::4258"><gml:exterior><gml:LinearRing>
<gml:posList>51.5 7.4 51.5 7.5 51.6 7.5 51.5 7.4</gml:posList></gml:LinearRing></gml:exterior>
</gml:Polygon>"""
ARC = """<gml:Polygon srsName="EPSG:25832"><gml:exterior><gml:Ring><gml:curveMember><gml:Curve><gml:segments>
<gml:Arc><gml:posList>394000 5707000 394010 5707010 394020 5707000</gml:posList></gml:Arc>
<gml:LineStringSegment><gml:posList>394020 5707000 394000 5707000</gml:posList></gml:LineStringSegment>
</gml:segments></gml:Curve></gml:curveMember></gml:Ring></gml:exterior></gml:Polygon>"""


def test_gml_keeps_zeros_and_turns_axes(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(GML.format(polygon=LAT_LON))
    path.with_suffix(".gfs").write_text("<GMLFeatureClassList>stale</GMLFeatureClassList>")
    table = read(path)
    assert cells(table)[0]["flur"] == "008"
    assert cells(table)[0]["flaeche"] == "0400"
    assert cells(table)[0]["flstkennz"] == "14632500300121000100"
    assert table.geometry is not None
    assert shapely.bounds(table.geometry[0]).tolist() == [7.4, 51.5, 7.5, 51.6]
    assert path.with_suffix(".gfs").read_text().startswith("<GMLFeatureClassList>stale")


def test_arcs_become_lines(tmp_path: Path) -> None:
    (tmp_path / "a.gml").write_text(GML.format(polygon=ARC))
    table = read(tmp_path / "a.gml")
    assert table.geometry is not None
    assert shapely.area(table.geometry[0]) == pytest.approx(math.pi * 50, rel=1e-3)


def test_the_layer_that_fits_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    frame_of([{"name": "x", "geometry": square(9)}]).to_file(path, layer="gebaeude", engine="pyogrio")
    frame_of(parcel_rows([1])).to_file(path, layer="flurstueck", engine="pyogrio")
    assert read(path).layer == "flurstueck"
    assert read(path, layer="gebaeude").headings == ["name"]
    with pytest.raises(InvalidInput, match="Known: gebaeude, flurstueck"):
        read(path, layer="strassen")


@pytest.mark.parametrize(
    "name", ["a b.gpkg", "Straße & Söhne!.gpkg", "zip:x.gpkg", "{1}.gpkg", "a.zip.gpkg", "%41.gpkg"]
)
def test_names_of_files_do_not_matter(tmp_path: Path, name: str) -> None:
    frame_of(parcel_rows([1])).to_file(tmp_path / "plain.gpkg", engine="pyogrio")
    (tmp_path / "plain.gpkg").rename(tmp_path / name)
    assert len(read(tmp_path / name)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


# --- shapefiles -------------------------------------------------------------------------------------------


def shapefile(folder: Path, encoding: str = "utf-8", *, stated: bool = True) -> Path:
    path = folder / "flurstuecke.shp"
    rows = parcel_rows([1, 2], lagebeztxt="Größe – Süd")
    frame_of(rows).to_file(path, engine="pyogrio", encoding=encoding)
    if not stated:
        path.with_suffix(".cpg").unlink()
    return path


@pytest.mark.parametrize(
    ("encoding", "stated"), [("utf-8", True), ("utf-8", False), ("cp1252", False), ("cp1252", True)]
)
def test_umlauts_in_a_shapefile(tmp_path: Path, encoding: str, stated: bool) -> None:
    table = read(shapefile(tmp_path, encoding, stated=stated))
    assert cells(table)[0]["lagebeztxt"] == "Größe – Süd"
    assert cells(table)[0]["flur"] == "003"


def test_a_zipped_shapefile(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shapefile(tmp_path / "in")
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in (tmp_path / "in").iterdir():
            archive.write(part, f"Daten/Flurstücke/{part.name}")
        archive.writestr("__MACOSX/._flurstuecke.shp", b"rubbish")
        archive.writestr("liesmich.pdf", b"%PDF")
    assert len(read(packed)) == 2
    assert recognise(packed) is FileFormat.ZIP


def test_an_archive_must_hold_one_thing(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../a.csv", "Kennung\n1\n")
        archive.writestr("b.csv", "Kennung\n2\n3\n")
    with pytest.raises(InvalidInput, match="it holds: a, b"):
        read(packed)
    assert len(read(packed, layer="b")) == 2
    assert len(read(packed, layer="a")) == 1
    assert not (tmp_path.parent.parent / "a.csv").exists()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("liesmich.pdf", b"%PDF")
    with pytest.raises(InvalidInput, match="holds no file that can be read"):
        read(packed)


def test_a_zip_bomb_is_left_alone(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.csv", "w") as big,
    ):
        block = b" " * 2**20
        for _ in range(1100):
            big.write(block)
    with pytest.raises(InvalidInput, match=r"would unpack to 1\.1 GiB"):
        read(packed)


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_a_shapefile_without_a_part_is_refused(tmp_path: Path, part: str) -> None:
    path = shapefile(tmp_path)
    path.with_suffix(part).unlink()
    with pytest.raises(InvalidInput, match=rf"lacks its part\(s\) {part}"):
        read(path)


def test_any_part_names_the_shapefile_and_all_count_for_its_hash(tmp_path: Path) -> None:
    path = shapefile(tmp_path)
    before = content_hash(path)
    assert len(read(path.with_suffix(".dbf"))) == 2
    assert content_hash(path.with_suffix(".dbf")) == before
    path.with_suffix(".prj").write_text("changed")
    assert content_hash(path) != before


def test_geojson_is_not_mistaken_by_its_ending(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "a.csv", parcel_rows([1]))
    assert recognise(path) is FileFormat.GEOJSON
    assert len(read(path)) == 1
