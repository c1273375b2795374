"""Importing sites: with or without a place, short names, accuracy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geo_service.db import Database
from tests.imports.files import bring, emptied, rows_of, said, square, write_csv, write_geojson


@pytest.fixture
def register(database: Database) -> Iterator[Database]:
    yield from emptied(database)


def test_a_full_site(register: Database, tmp_path: Path) -> None:
    row = {
        "Standort": "PHOENIX West & Süd", "Beschreibung": "Technologiefläche",
        "description": "Technology area",
        "Zielgruppen": "Forschung; Handwerk", "Nutzungen": "GE, GI",
        "Stand der Entwicklung": "in Vermarktung",
        "Fläche ha": "4,5", "Lage": "Hörde", "Genauigkeit m": 50, "geometry": square(1),
    }  # fmt: skip
    path = write_geojson(tmp_path / "s.geojson", [row])
    assert said(bring(register, "sites", path)) == []
    stored = rows_of(
        register,
        "SELECT slug, name, summary_de, summary_en, target_groups, uses, phase, stated_area_ha, "
        "location_note, geometry_accuracy_m, ST_Area(geom), facts FROM sites",
    )
    assert stored == [
        ("phoenix-west-sued", "PHOENIX West & Süd", "Technologiefläche", "Technology area",
         ["Forschung", "Handwerk"], ["GE", "GI"], "marketing", 4.5, "Hörde", 50.0, 400.0, [])
    ]  # fmt: skip
    assert bring(register, "sites", path).unchanged == 1


def test_a_site_without_a_place_stays_without_one(register: Database, tmp_path: Path) -> None:
    assert bring(register, "sites", write_csv(tmp_path / "s.csv", [{"Name": "Cleanport"}])).new == 1
    stored = rows_of(register, "SELECT slug, phase, geom, summary_de, summary_en FROM sites")
    assert stored == [("cleanport", "unknown", None, "", "")]


def test_a_table_does_not_wipe_out_a_drawn_place(register: Database, tmp_path: Path) -> None:
    drawn = {"name": "Spot A", "Genauigkeit": 10, "geometry": square(1)}
    bring(register, "sites", write_geojson(tmp_path / "s.geojson", [drawn]))
    report = bring(register, "sites", write_csv(tmp_path / "s.csv", [{"Name": "Spot A", "Hektar": "2"}]))
    assert (report.changed, dict(report.changed_fields)) == (1, {"stated_area_ha": 1})
    assert rows_of(register, "SELECT ST_Area(geom) FROM sites") == [(400.0,)]


FAULTS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"name": None}, ("name", "empty")),
    ({"name": "–"}, ("name", "slug-form")),
    ({"Kennung": "Groß & Klein"}, ("Kennung", "slug-form")),
    ({"Kennung": "eins"}, ("Kennung", "twice")),
    ({"phase": "bald"}, ("phase", "unknown-word")),
    ({"Genauigkeit": None}, ("Genauigkeit", "accuracy-missing")),
    ({"Hektar": 0}, ("Hektar", "out-of-range")),
]


@pytest.mark.parametrize(("change", "expected"), FAULTS)
def test_faults(
    register: Database, tmp_path: Path, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    rows = [
        {"name": f"Standort {number}", "Kennung": key, "phase": None, "Hektar": None, "Genauigkeit": 5,
         "geometry": square(number)}
        for number, key in ((1, "eins"), (2, None))
    ]  # fmt: skip
    rows[1] |= change
    report = bring(register, "sites", write_geojson(tmp_path / "s.geojson", rows))
    assert said(report) == [(2, *expected)]
