"""Importing buildings: the vereinfachtes Schema, what is unknown, what is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely

from geo_service.db import Database
from tests.imports.files import (
    Row,
    bring,
    emptied,
    frame_of,
    rows_of,
    said,
    square,
    table_hash,
    told,
    write_csv,
    write_geojson,
)

FIELDS = "building_key, kind, function, storeys, built_year, source_date, valid::text, ST_Area(geom)"


@pytest.fixture
def register(database: Database) -> Iterator[Database]:
    yield from emptied(database)


def building(number: int, **more: Any) -> Row:
    return {"oid": f"DENW42AL{number:08d}", "gebnutzbez": "Gebäude", "geometry": square(number), **more}


def stored(register: Database, fields: str = FIELDS) -> list[tuple[Any, ...]]:
    return rows_of(register, f"SELECT {fields} FROM buildings ORDER BY building_key")


def test_a_full_row_twice(register: Database, tmp_path: Path) -> None:
    row = building(
        1, funktion="Wohngebäude", anzahlgs=3, baujahr=1911, aktualit="2024-05-01", gmdschl="05913000",
        lagebeztxt="Musterweg 1", gfkzshh="31001_1000", rellage=None, name=None,
    )  # fmt: skip
    path = write_geojson(tmp_path / "b.geojson", [row])
    report = bring(register, "buildings", path)
    assert (report.new, said(report), told(report)) == (1, [], {})
    (only,) = stored(register)
    assert only[:5] == ("DENW42AL00000001", "building", "Wohngebäude", 3, 1911)
    assert (str(only[5]), only[6], only[7]) == ("2024-05-01", "(,)", 400.0)
    before = table_hash(register, "buildings")
    again = bring(register, "buildings", path)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)
    assert table_hash(register, "buildings") == before


GML = """<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"
  xmlns:ave="http://repository.gdi-de.org/schemas/adv/produkt/alkis-vereinfacht/2.0">
 <wfs:member><ave:GebaeudeBauwerk gml:id="GebaeudeBauwerk.DENW42AL00000001">
  <ave:oid>DENW42AL00000001</ave:oid><ave:aktualit>2024-05-01Z</ave:aktualit>
  <ave:gebnutzbez>Gebäude</ave:gebnutzbez><ave:funktion>Wohngebäude</ave:funktion>
  <ave:gmdschl>05913000</ave:gmdschl>
  <ave:geometrie><gml:MultiSurface srsName="urn:ogc:def:crs:EPSG::25832"><gml:surfaceMember><gml:Polygon>
   <gml:exterior><gml:LinearRing><gml:posList>394020 5707000 394040 5707000 394040 5707020 394020 5707020
   394020 5707000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
  </gml:MultiSurface></ave:geometrie></ave:GebaeudeBauwerk></wfs:member>
</wfs:FeatureCollection>
"""


def test_every_format_says_the_same(register: Database, tmp_path: Path) -> None:
    rows = [building(1, aktualit="2024-05-01", funktion="Wohngebäude")]
    (tmp_path / "b.gml").write_text(GML, encoding="utf-8")
    write_geojson(tmp_path / "b.geojson", rows)
    for name in ("b.gpkg", "b.shp"):
        frame_of(rows).to_file(tmp_path / name, engine="pyogrio")
    table = [{**rows[0], "geometry": f"SRID=25832;{square(1).wkt}"}]
    write_csv(tmp_path / "b.csv", table)
    first = bring(register, "buildings", tmp_path / "b.gml")
    assert (first.new, told(first)) == (1, {"no-storeys": 1})
    assert stored(register, "storeys, built_year, function") == [(None, None, "Wohngebäude")]
    for name in ("b.geojson", "b.gpkg", "b.shp", "b.csv"):
        assert bring(register, "buildings", tmp_path / name).unchanged == 1, name


def test_buildings_parts_and_structures(register: Database, tmp_path: Path) -> None:
    words = ["Gebäude", "Bauteil", "Bauwerk oder Anlage für Industrie und Gewerbe", "Turm", None]
    rows = [building(number, gebnutzbez=word, anzahlgs=2) for number, word in enumerate(words)]
    assert bring(register, "buildings", write_geojson(tmp_path / "b.geojson", rows)).new == len(words)
    kinds = [kind for (kind,) in stored(register, "kind")]
    assert kinds == ["building", "part", "structure", "structure", "building"]


def test_what_lies_below_ground_has_no_storey_above_it(register: Database, tmp_path: Path) -> None:
    below = {"rellage": "Unter der Erdoberfläche"}
    rows = [
        building(1, anzahlgs=None, **below),
        building(2, anzahlgs=None, rellage="1200"),
        building(3, anzahlgs=None, rellage="Aufgeständert"),
        building(4, anzahlgs=2, **below),
    ]
    report = bring(register, "buildings", write_geojson(tmp_path / "b.geojson", rows))
    assert stored(register, "storeys") == [(0,), (0,), (None,), (2,)]
    assert told(report) == {"no-storeys": 1}


def test_a_file_without_storeys_keeps_those_that_are_known(register: Database, tmp_path: Path) -> None:
    full = write_geojson(tmp_path / "b.geojson", [building(1, anzahlgs=4, baujahr=1960)])
    bring(register, "buildings", full)
    for more in ({}, {"rellage": None}):
        bare = write_geojson(tmp_path / "bare.geojson", [building(1, funktion="Schule", **more)])
        bring(register, "buildings", bare)
        assert stored(register, "storeys, built_year, function") == [(4, 1960, "Schule")]
    bring(register, "buildings", write_geojson(tmp_path / "b.geojson", [building(1, anzahlgs=None)]))
    assert stored(register, "storeys") == [(None,)]


FAULTS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"oid": None}, ("oid", "empty")),
    ({"oid": "DENW42AL00000001"}, ("oid", "twice")),
    ({"anzahlgs": "2,5"}, ("anzahlgs", "not-whole")),
    ({"anzahlgs": -1}, ("anzahlgs", "out-of-range")),
    ({"anzahlgs": 201}, ("anzahlgs", "out-of-range")),
    ({"anzahlgs": "drei"}, ("anzahlgs", "no-number")),
    ({"anzahlgs": "1e400"}, ("anzahlgs", "no-number")),
    ({"baujahr": 1850.5}, ("baujahr", "not-whole")),
    ({"baujahr": 799}, ("baujahr", "out-of-range")),
    ({"baujahr": 20245}, ("baujahr", "out-of-range")),
    ({"gültig ab": "2025-01-01", "gültig bis": "2024-12-31"}, ("gültig bis", "end-before-start")),
    ({"funktion": "x" * 1001}, ("funktion", "too-long")),
    ({"geometry": None}, ("geometry", "no-geometry")),
    ({"geometry": shapely.Point(394_000, 5_707_000)}, ("geometry", "wrong-geometry")),
    ({"geometry": shapely.box(500_000, 5_500_000, 500_010, 5_500_010)}, ("geometry", "outside-city")),
]


@pytest.mark.parametrize(("change", "expected"), FAULTS)
def test_faults(
    register: Database, tmp_path: Path, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    empty = dict.fromkeys(("anzahlgs", "baujahr", "gültig ab", "gültig bis", "funktion"))
    rows = [building(1, **empty), building(2, **empty) | change]
    report = bring(register, "buildings", write_geojson(tmp_path / "b.geojson", rows))
    assert said(report) == [(2, *expected)]
    assert stored(register) == []


def test_a_building_that_was_pulled_down_is_ended(register: Database, tmp_path: Path) -> None:
    bring(register, "buildings", write_geojson(tmp_path / "b.geojson", [building(1)]))
    path = write_geojson(tmp_path / "b.geojson", [building(1, **{"gültig bis": "30.06.2025"})])
    assert bring(register, "buildings", path).changed_fields == {"valid": 1}
    assert stored(register, "valid::text") == [("(,2025-07-01)",)]
    bring(register, "buildings", write_geojson(tmp_path / "b.geojson", [building(2), building(3)]))
    report = bring(register, "buildings", write_geojson(tmp_path / "b.geojson", [building(2)]))
    assert report.gone_keys == ("DENW42AL00000003",)
