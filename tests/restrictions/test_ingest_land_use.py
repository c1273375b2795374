"""Importing areas of the land-use plan: words of the plan and codes of XPlanung."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from geo_service.db import Database
from tests.imports.files import bring, emptied, rows_of, said, square, write_geojson


@pytest.fixture
def register(database: Database) -> Iterator[Database]:
    yield from emptied(database)


def test_words_and_codes(register: Database, tmp_path: Path) -> None:
    words = ["Wohnbaufläche", "gemischte Bauflächen", "G", "4000", "Grünfläche", "GewerblicheBauflaeche"]
    rows = [
        {
            "Kennung": f"F-{number}",
            "Darstellung": word,
            "Name": f"Fläche {number}",
            "geometry": square(number),
        }
        for number, word in enumerate(words)
    ]
    path = write_geojson(tmp_path / "fnp.geojson", rows)
    assert bring(register, "land_use", path).new == 6
    stored = rows_of(
        register, "SELECT use, name, source, ST_Area(geom) FROM land_use_areas ORDER BY area_key"
    )
    assert [row[0] for row in stored] == ["housing", "mixed", "commercial", "special", "other", "commercial"]
    assert stored[0][1:] == ("Fläche 0", "Flächennutzungsplan", 400.0)
    assert bring(register, "land_use", path).unchanged == 6
    marks = rows_of(register, "SELECT count(*) FROM availability_marks WHERE cause = 'land_use_areas'")
    assert marks[0][0] >= 6


def test_a_key_given_twice_and_an_unknown_word_are_refused(register: Database, tmp_path: Path) -> None:
    rows = [
        {"Kennung": "F-1", "Darstellung": "W", "geometry": square(0)},
        {"Kennung": "F-1", "Darstellung": "M", "geometry": square(1)},
        {"Kennung": "F-2", "Darstellung": "Luftschloss", "geometry": square(2)},
    ]
    report = bring(register, "land_use", write_geojson(tmp_path / "fnp.geojson", rows))
    assert not report.written
    assert {row[1] for row in said(report)} == {"Kennung", "Darstellung"}
    assert rows_of(register, "SELECT count(*) FROM land_use_areas") == [(0,)]
