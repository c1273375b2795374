"""A shapefile cuts texts at the width of its fields: imported over a richer source it cuts nothing stored."""

import re
import warnings
from pathlib import Path

import pytest

from geo_service.db import Database
from geo_service.imports.report import ImportReport
from tests.imports.files import Row, bring, frame_of, parcel_rows, rows_of, told

LONG = {
    "letters of one byte": "Gewerbefläche; " + "x" * 400,
    "umlauts over the edge": "x" + "ü" * 300,
    "three bytes over the edge": "xx" + "€" * 300,
    "a blank at the edge": "x" * 253 + " " + "y" * 50,
    "blanks before the edge": "x" * 250 + "    y" + "z" * 50,
}


def as_package(path: Path, rows: list[Row]) -> Path:
    frame_of(rows).to_file(path, engine="pyogrio")
    return path


def as_shape(path: Path, rows: list[Row], encoding: str = "UTF-8") -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL says that it cuts
        frame_of(rows).to_file(path, engine="pyogrio", encoding=encoding)
    return path


def with_widths(path: Path, widths: dict[str, int], rows: list[Row]) -> Path:
    """A shapefile whose table is written by hand, with fields as wide as said (dBase III)."""
    as_shape(path, rows)
    head = b"".join(
        name.encode().ljust(11, b"\0") + b"C" + bytes(4) + bytes([width]) + bytes(15)
        for name, width in widths.items()
    )
    size = 32 + len(head) + 1
    record = 1 + sum(widths.values())
    body = b"".join(
        b" " + b"".join(str(row[name]).encode()[:width].ljust(width) for name, width in widths.items())
        for row in rows
    )
    start = (
        b"\x03\x7e\x0b\x1a"
        + len(rows).to_bytes(4, "little")
        + size.to_bytes(2, "little")
        + record.to_bytes(2, "little")
    )
    path.with_suffix(".dbf").write_bytes(start.ljust(32, b"\0") + head + b"\r" + body + b"\x1a")
    return path


def texts(database: Database) -> list[str]:
    return [text for (text,) in rows_of(database, "SELECT location_text FROM parcels ORDER BY parcel_key")]


def counts(report: ImportReport) -> tuple[int, int, int]:
    return report.new, report.changed, report.unchanged


@pytest.mark.parametrize("encoding", ["UTF-8", "CP1252"])
@pytest.mark.parametrize("name", LONG)
def test_a_text_that_the_shapefile_cut_off_is_no_change_and_the_whole_one_is_kept(
    register: Database, tmp_path: Path, name: str, encoding: str
) -> None:
    rows = parcel_rows([1, 2], lagebeztxt=LONG[name])
    bring(register, "parcels", as_package(tmp_path / "whole.gpkg", rows))
    shape = as_shape(tmp_path / "cut.shp", rows, encoding)
    for dry_run in (True, False):
        report = bring(register, "parcels", shape, dry_run=dry_run)
        assert (counts(report), report.written) == ((0, 0, 2), False)
        assert told(report) == {"text-kept": 2}
    assert texts(register) == [LONG[name]] * 2
    (notice,) = report.warnings
    assert notice.rows == (1, 2)
    assert re.fullmatch(
        r"Field lagebeztxt: the text ends at the width of the field \(25[234] bytes\) and is the beginning "
        r"of the stored one, which is kept whole\.",
        notice.text.en,
    )
    assert notice.text.de.startswith("Feld lagebeztxt: Der Text endet an der Breite des Feldes (25")


def test_what_else_changed_is_written_and_the_whole_text_is_kept(register: Database, tmp_path: Path) -> None:
    long = "Gewerbefläche; " + "x" * 400
    bring(register, "parcels", as_package(tmp_path / "whole.gpkg", parcel_rows([1], lagebeztxt=long)))
    later = parcel_rows([1], lagebeztxt=long, flaeche="401")
    report = bring(register, "parcels", as_shape(tmp_path / "cut.shp", later))
    assert (counts(report), dict(report.changed_fields)) == ((0, 1, 0), {"official_area_m2": 1})
    assert rows_of(register, "SELECT location_text, official_area_m2 FROM parcels") == [(long, 401.0)]


def test_a_text_that_begins_otherwise_is_a_change_and_may_be_cut_off(
    register: Database, tmp_path: Path
) -> None:
    bring(register, "parcels", as_package(tmp_path / "whole.gpkg", parcel_rows([1, 2], lagebeztxt="x" * 300)))
    later = parcel_rows([1], lagebeztxt="y" * 300) + parcel_rows([2], lagebeztxt="x" * 300)
    report = bring(register, "parcels", as_shape(tmp_path / "cut.shp", later))
    assert counts(report) == (0, 1, 1)
    assert told(report) == {"text-cut": 1, "text-kept": 1}
    assert [notice.rows for notice in report.warnings] == [(1,), (2,)]
    assert texts(register) == ["y" * 254, "x" * 300]


def test_a_text_that_ends_before_the_width_is_a_change(register: Database, tmp_path: Path) -> None:
    rows = parcel_rows([1, 2], lagebeztxt="x" * 300)
    bring(register, "parcels", as_package(tmp_path / "whole.gpkg", rows))
    rows[0]["lagebeztxt"] = "x" * 250
    report = bring(register, "parcels", as_shape(tmp_path / "cut.shp", rows))
    assert (counts(report), told(report)) == ((0, 1, 1), {"text-kept": 1})
    assert texts(register) == ["x" * 250, "x" * 300]


def test_a_narrow_field_cuts_as_well(register: Database, tmp_path: Path) -> None:
    rows = parcel_rows([1, 2, 3], lagebeztxt="Am Kaiserhain 25 bis 27")
    bring(register, "parcels", as_package(tmp_path / "whole.gpkg", rows))
    rows[1]["lagebeztxt"] = "Am Kaiser"
    rows[2]["lagebeztxt"] = "An der Buschmühle"
    shape = with_widths(tmp_path / "cut.shp", {"flstkennz": 20, "lagebeztxt": 13}, rows)
    report = bring(register, "parcels", shape)
    assert (counts(report), told(report)) == ((0, 2, 1), {"text-kept": 1})
    assert "(13 bytes)" in report.warnings[0].text.en
    assert texts(register) == ["Am Kaiserhain 25 bis 27", "Am Kaiser", "An der Buschm"]


def test_other_formats_do_not_cut(register: Database, tmp_path: Path) -> None:
    bring(register, "parcels", as_package(tmp_path / "a.gpkg", parcel_rows([1], lagebeztxt="x" * 300)))
    report = bring(
        register, "parcels", as_package(tmp_path / "b.gpkg", parcel_rows([1], lagebeztxt="x" * 254))
    )
    assert (counts(report), told(report)) == ((0, 1, 0), {})
