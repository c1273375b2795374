"""Importing parcels: real files against values computed apart, and every kind of damaged row."""

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyproj
import pytest
import shapely

from geo_service.db import Database
from geo_service.errors import ImportRejected, InvalidInput
from tests.imports.files import (
    SOUTH,
    WEST,
    bring,
    emptied,
    frame_of,
    parcel_key,
    parcel_rows,
    rows_of,
    said,
    square,
    table_hash,
    told,
    write_geojson,
)

ALKIS = "{http://repository.gdi-de.org/schemas/adv/produkt/alkis-vereinfacht/2.0}"
GML = "{http://www.opengis.net/gml/3.2}"


@pytest.fixture
def register(database: Database) -> Iterator[Database]:
    yield from emptied(database)


# --- real files -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """A parcel as read by ElementTree and pyproj, without any code of the service."""

    key: str
    gemarkung: str
    area_m2: float
    official_m2: float
    location: str


def read_apart(path: Path) -> dict[str, Expected]:
    to_utm = pyproj.Transformer.from_crs("EPSG:4258", "EPSG:25832")  # authority order: lat, lon in
    found = {}
    for element in ET.parse(path).iter(f"{ALKIS}Flurstueck"):  # noqa: S314 - the official sample files

        def text(name: str, within: ET.Element = element) -> str:
            return within.findtext(f"{ALKIS}{name}") or ""

        area = 0.0
        for polygon in element.iter(f"{GML}Polygon"):
            for tag, sign in (("exterior", 1), ("interior", -1)):
                for ring in polygon.findall(f"{GML}{tag}"):
                    numbers = [float(one) for one in (ring.findtext(f".//{GML}posList") or "").split()]
                    x, y = to_utm.transform(numbers[0::2], numbers[1::2])
                    area += sign * shoelace(x, y)
        found[text("flstkennz")] = Expected(
            text("flstkennz"), text("gemarkung"), area, float(text("flaeche")), text("lagebeztxt")
        )
    return found


def shoelace(x: list[float], y: list[float]) -> float:
    """Area of a ring; shifted to its first corner so that digits do not cancel."""
    xs, ys = [one - x[0] for one in x], [one - y[0] for one in y]
    return abs(sum(xs[i] * ys[i + 1] - xs[i + 1] * ys[i] for i in range(len(xs) - 1))) / 2


@pytest.mark.parametrize("land", ["NRW", "Sac"])
def test_samples_of_two_laender_are_read_as_they_are(
    register: Database, shared_data: Path, land: str
) -> None:
    for path in sorted((shared_data / "alkis" / land).glob("vereinfachtes-schema*.xml")):
        expected = read_apart(path)
        assert len(expected) == 10
        report = bring(register, "parcels", path, allow_outside=True)
        assert report.counts == {"new": 10, "changed": 0, "unchanged": 0, "rejected": 0}
        stored = rows_of(
            register,
            "SELECT parcel_key, gemarkung, area_m2, official_area_m2, location_text, ST_NumGeometries(geom) "
            "FROM parcels WHERE parcel_key = ANY(:keys)",
            keys=list(expected),
        )
        assert len(stored) == 10
        for key, gemarkung, area, official, location, _ in stored:
            assert gemarkung == expected[key].gemarkung
            assert official == expected[key].official_m2
            assert location == expected[key].location
            assert math.isclose(area, expected[key].area_m2, rel_tol=1e-6)
    assert rows_of(register, "SELECT count(*) FROM parcels") == [(50,)]


def test_nothing_is_written_beside_the_file(register: Database, shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes((shared_data / "alkis" / "NRW" / "vereinfachtes-schema0.xml").read_bytes())
    bring(register, "parcels", path, allow_outside=True)
    assert list(tmp_path.iterdir()) == [path]


def test_ten_new_then_ten_unchanged(register: Database, shared_data: Path) -> None:
    path = shared_data / "alkis" / "NRW" / "vereinfachtes-schema0.xml"
    first = bring(register, "parcels", path, allow_outside=True)
    before = table_hash(register, "parcels", "audit", "import_runs")
    second = bring(register, "parcels", path, allow_outside=True)
    assert (first.new, first.written) == (10, True)
    assert second.counts == {"new": 0, "changed": 0, "unchanged": 10, "rejected": 0}
    assert not second.written
    assert table_hash(register, "parcels", "audit", "import_runs") == before


def test_the_key_is_taken_apart(register: Database, shared_data: Path) -> None:
    for land in ("NRW", "Sac"):
        for path in (shared_data / "alkis" / land).glob("vereinfachtes-schema0.xml"):
            bring(register, "parcels", path, allow_outside=True)
    stored = rows_of(
        register,
        "SELECT gemarkung_key, flur, numerator, denominator, municipality_key, source_date::text, "
        "valid::text FROM parcels WHERE parcel_key = ANY(:keys) ORDER BY parcel_key",
        keys=["05439400800028______", "146325___00121000100"],
    )
    assert stored == [
        ("054394", 8, 28, None, "05366020", "2009-07-24", "(,)"),
        ("146325", None, 121, 1, "14626260", "2013-11-08", "(,)"),
    ]


def test_areas_that_differ_are_told_and_taken(register: Database, shared_data: Path) -> None:
    reports = [
        bring(register, "parcels", path, allow_outside=True)
        for path in (shared_data / "alkis" / "Sac").glob("vereinfachtes-schema*.xml")
    ]
    assert sum(told(report).get("area-differs", 0) for report in reports) > 0
    assert sum(report.new for report in reports) == 50


def test_real_parcels_of_another_town_are_refused(register: Database, shared_data: Path) -> None:
    report = bring(register, "parcels", shared_data / "alkis" / "NRW" / "vereinfachtes-schema0.xml")
    assert report.rejected == 10
    assert {reject.code for reject in report.rejects} == {"outside-city"}
    assert "142.1 km outside Dortmund" in report.rejects[0].reason.en
    assert "142,1 km außerhalb von Dortmund" in report.rejects[0].reason.de
    assert rows_of(register, "SELECT count(*) FROM parcels") == [(0,)]


def test_nas_is_named_as_what_it_is(register: Database, shared_data: Path) -> None:
    with pytest.raises(InvalidInput, match="format NAS"):
        bring(register, "parcels", shared_data / "alkis" / "NRW" / "NAS-konform.xml")


# --- the same schema in other formats ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["p.gpkg", "p.geojson", "p.shp", "p.fgb"])
def test_the_schema_is_read_in_every_format(register: Database, tmp_path: Path, name: str) -> None:
    rows = parcel_rows([1, 2, 3], lagebeztxt="Größenweg 1, Straße „Ä“")
    path = tmp_path / name
    frame_of(rows).to_file(path, engine="pyogrio")
    before = sorted(tmp_path.iterdir())
    report = bring(register, "parcels", path)
    assert said(report) == []
    assert report.new == 3
    assert sorted(tmp_path.iterdir()) == before
    stored = rows_of(
        register,
        "SELECT parcel_key, gemarkung, gemarkung_key, flur, numerator, official_area_m2, area_m2, "
        "location_text, actual_use, municipality, municipality_key, source_date::text, is_demo, owner_kind "
        "FROM parcels ORDER BY parcel_key LIMIT 1",
    )
    assert stored == [
        (
            parcel_key(1), "Bodelschwingh", "051249", 3, 1, 400.0, 400.0, "Größenweg 1, Straße „Ä“",
            "Wohnbaufläche;400", "Dortmund", "05913000", "2024-05-01", False, "unknown",
        )
    ]  # fmt: skip


def test_another_format_of_the_same_parcels_changes_nothing(register: Database, tmp_path: Path) -> None:
    rows = parcel_rows([1, 2, 3])
    for name in ("p.gpkg", "p.shp"):
        frame_of(rows).to_file(tmp_path / name, engine="pyogrio")
    write_geojson(tmp_path / "p.geojson", rows)
    assert bring(register, "parcels", tmp_path / "p.gpkg").new == 3
    assert bring(register, "parcels", tmp_path / "p.shp").unchanged == 3
    assert bring(register, "parcels", tmp_path / "p.geojson").unchanged == 3


def test_the_same_land_in_another_coordinate_system_changes_nothing(
    register: Database, tmp_path: Path
) -> None:
    parcels = frame_of(parcel_rows([1, 2, 3]))
    parcels = parcels.set_geometry(parcels.rotate(17.3, origin=(WEST, SOUTH)))
    parcels.to_file(tmp_path / "p.gpkg", engine="pyogrio")
    assert bring(register, "parcels", tmp_path / "p.gpkg").new == 3
    for crs in (25832, 25833, 4258):
        moved = parcels.to_crs(crs)
        moved.to_file(tmp_path / f"{crs}.geojson", engine="pyogrio", COORDINATE_PRECISION=9)
        moved.to_file(tmp_path / f"{crs}.gpkg", engine="pyogrio")
        for name in (f"{crs}.geojson", f"{crs}.gpkg"):
            again = bring(register, "parcels", tmp_path / name)
            assert (again.unchanged, again.changed_fields) == (3, {}), name


@pytest.mark.parametrize(
    ("outline", "fields"),
    [
        ([(0, 0), (20.0004, 0), (20, 20), (0, 20)], {}),
        ([(0, 0), (20.002, 0), (20, 20), (0, 20)], {"geom": 1}),
        ([(0, 0), (10, 0), (20, 0), (20, 20), (0, 20)], {"geom": 1}),
        ([(20, 0), (20, 20), (0, 20), (0, 0)], {}),
    ],
    ids=["half a millimetre", "two millimetres", "a new corner on the border", "another first corner"],
)
def test_a_border_moves_by_a_millimetre_at_least(
    register: Database, tmp_path: Path, outline: list[tuple[float, float]], fields: dict[str, int]
) -> None:
    before: list[tuple[float, float]] = [(0, 0), (20, 0), (20, 20), (0, 20)]
    for number, corners in enumerate((before, outline)):
        shape = shapely.Polygon([(WEST + x, SOUTH + y) for x, y in corners])
        path = tmp_path / f"{number}.gpkg"
        frame_of(parcel_rows([1], geometry=shape)).to_file(path, engine="pyogrio")
        report = bring(register, "parcels", path)
    assert report.changed_fields == fields


# --- rows that cannot be taken ----------------------------------------------------------------------------

BOWTIE = shapely.Polygon(
    [(WEST, SOUTH), (WEST + 20, SOUTH + 20), (WEST + 20, SOUTH), (WEST, SOUTH + 20), (WEST, SOUTH)]
)

LOOP = shapely.Polygon(  # the way back crosses the upper side and leaves a loop of 5 x 5 m above it
    [
        (WEST + x, SOUTH + y)
        for x, y in ((0, 0), (20, 0), (20, 20), (5, 20), (5, 25), (10, 25), (10, 19), (0, 19), (0, 0))
    ]
)

BAD_ROWS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("no key", {"flstkennz": None}, ("flstkennz", "empty")),
    ("blank key", {"flstkennz": "   "}, ("flstkennz", "empty")),
    ("short key", {"flstkennz": "0512490030001"}, ("flstkennz", "parcel-key")),
    ("blanks for underscores", {"flstkennz": "05124900300002 "}, ("flstkennz", "parcel-key")),
    ("letters", {"flstkennz": "05124900300O02______"}, ("flstkennz", "parcel-key")),
    ("arabic digits", {"flstkennz": "٠٥١٢٤٩٠٠٣٠٠٠٠٢______"}, ("flstkennz", "parcel-key")),
    ("other flur", {"flur": "004"}, ("flur", "contradicts-key")),
    ("other gemarkung key", {"gemaschl": "051242"}, ("gemaschl", "contradicts-key")),
    ("other gemarkung name", {"gemarkung": "Brackel"}, ("gemarkung", "contradicts-key")),
    ("other numerator", {"flstnrzae": "77"}, ("flstnrzae", "contradicts-key")),
    ("area zero", {"flaeche": "0"}, ("flaeche", "out-of-range")),
    ("area negative", {"flaeche": "-400"}, ("flaeche", "out-of-range")),
    ("area in words", {"flaeche": "vierhundert"}, ("flaeche", "no-number")),
    ("area not finite", {"flaeche": "inf"}, ("flaeche", "no-number")),
    ("no geometry", {"geometry": None}, ("geometry", "no-geometry")),
    ("empty geometry", {"geometry": shapely.Polygon()}, ("geometry", "no-geometry")),
    (
        "a line",
        {"geometry": shapely.LineString([(WEST, SOUTH), (WEST + 9, SOUTH)])},
        ("geometry", "wrong-geometry"),
    ),
    ("a point", {"geometry": shapely.Point(WEST, SOUTH)}, ("geometry", "wrong-geometry")),
    ("a bow tie", {"geometry": BOWTIE}, ("geometry", "invalid-geometry")),
    ("a loop", {"geometry": LOOP}, ("geometry", "invalid-geometry")),
    (
        "in Hamburg",
        {"geometry": shapely.box(565_000, 5_933_000, 565_020, 5_933_020)},
        ("geometry", "outside-city"),
    ),
    ("in the ocean", {"geometry": shapely.box(0, 0, 20, 20)}, ("geometry", "not-in-germany")),
    ("a day that is none", {"aktualit": "29.02.2023"}, ("aktualit", "no-day")),
    ("a name too long", {"gemeinde": "D" * 201}, ("gemeinde", "too-long")),
    ("a control character", {"lagebeztxt": "Weg\x011"}, ("lagebeztxt", "control-character")),
]


@pytest.mark.parametrize(
    ("change", "expected"), [case[1:] for case in BAD_ROWS], ids=[case[0] for case in BAD_ROWS]
)
def test_one_bad_row_refuses_the_file(
    register: Database, tmp_path: Path, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    rows = parcel_rows([1, 2, 3, 4])
    rows[1] |= change
    report = bring(register, "parcels", write_geojson(tmp_path / "p.geojson", rows))
    assert said(report) == [(2, *expected)]
    assert (report.new, report.rejected, report.written) == (3, 1, False)
    assert report.rejects[0].reason.de
    assert report.rejects[0].reason.en != report.rejects[0].reason.de
    assert rows_of(register, "SELECT (SELECT count(*) FROM parcels), (SELECT count(*) FROM import_runs)") == [
        (0, 0)
    ]


def test_all_faults_of_all_rows_are_found_at_once(register: Database, tmp_path: Path) -> None:
    rows = parcel_rows(range(1, 7))
    rows[0] |= {"flaeche": "x", "flur": "9"}
    rows[3] |= {"flstkennz": parcel_key(2), "flstnrzae": "2"}
    rows[5] |= {"geometry": None}
    report = bring(register, "parcels", write_geojson(tmp_path / "p.geojson", rows))
    assert sorted(said(report)) == [
        (1, "flaeche", "no-number"),
        (1, "flur", "contradicts-key"),
        (4, "flstkennz", "twice"),
        (6, "geometry", "no-geometry"),
    ]
    assert "Row 2 has the same key" in next(r for r in report.rejects if r.code == "twice").reason.en


def test_a_decimal_comma_is_read(register: Database, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "p.geojson", parcel_rows([1], flaeche="1.234,50"))
    assert bring(register, "parcels", path).new == 1
    assert rows_of(register, "SELECT official_area_m2 FROM parcels") == [(1234.5,)]


def test_a_missing_area_stays_unknown(register: Database, tmp_path: Path) -> None:
    report = bring(
        register, "parcels", write_geojson(tmp_path / "p.geojson", parcel_rows([1, 2], flaeche=None))
    )
    assert (report.new, told(report)["no-area"]) == (2, 2)
    assert rows_of(register, "SELECT DISTINCT official_area_m2 FROM parcels") == [(None,)]


HOSTILE = [
    "<script>alert('x')</script>",
    "Robert'); DROP TABLE parcels;--",
    "\"quoted\" 'single' `back` ${x} \\ %s :key {0}",
    "Größe, Straße, Ǆ, 日本, 🏭, e\u0301, \u202eabc",
    "=1+1",
    "x" * 1000,
    "Zeile 1\nZeile 2",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("ending", ["geojson", "gpkg"])
def test_text_survives_as_it_is(register: Database, tmp_path: Path, name: str, ending: str) -> None:
    path = tmp_path / f"p.{ending}"
    rows = parcel_rows([1], lagebeztxt=name)
    if ending == "gpkg":
        frame_of(rows).to_file(path, engine="pyogrio")
    else:
        write_geojson(path, rows)
    assert bring(register, "parcels", path).new == 1
    composed = unicodedata.normalize("NFC", name)
    assert rows_of(register, "SELECT location_text FROM parcels") == [(composed,)]
    assert bring(register, "parcels", path).unchanged == 1


# --- geometry that is mended ------------------------------------------------------------------------------


def test_a_small_fault_is_repaired_and_told(register: Database, tmp_path: Path) -> None:
    x, y = WEST + 20, SOUTH
    spike = shapely.Polygon(
        [(x, y), (x + 20, y), (x + 20, y + 20), (x + 20, y + 30), (x + 20, y + 20), (x, y + 20)]
    )
    assert not spike.is_valid
    rows = parcel_rows([1, 2])
    rows[0]["geometry"] = spike
    report = bring(register, "parcels", write_geojson(tmp_path / "p.geojson", rows))
    assert (report.new, told(report)["repaired"]) == (2, 1)
    assert rows_of(register, "SELECT area_m2, ST_IsValid(geom) FROM parcels WHERE numerator = 1") == [
        (400.0, True)
    ]
    assert bring(register, "parcels", tmp_path / "p.geojson").unchanged == 2


def test_parts_and_holes_are_kept(register: Database, tmp_path: Path) -> None:
    hole = shapely.box(WEST + 25, SOUTH + 5, WEST + 35, SOUTH + 15)
    ring = shapely.Polygon(square(1).exterior, [hole.exterior])
    both = shapely.MultiPolygon([ring, square(4)])
    path = write_geojson(tmp_path / "p.geojson", parcel_rows([1], geometry=both))
    assert bring(register, "parcels", path).new == 1
    assert rows_of(register, "SELECT area_m2, ST_NumGeometries(geom) FROM parcels") == [(700.0, 2)]


def test_height_is_left_out(register: Database, tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    frame_of(parcel_rows([1], geometry=shapely.force_3d(square(1), 77.0))).to_file(path, engine="pyogrio")
    assert bring(register, "parcels", path).new == 1
    assert rows_of(register, "SELECT area_m2, ST_NDims(geom) FROM parcels") == [(400.0, 2)]


# --- what the file does not say ---------------------------------------------------------------------------


def test_names_are_filled_in_from_the_city(register: Database, tmp_path: Path) -> None:
    rows = [{"flstkennz": parcel_key(1), "geometry": square(1)}]
    assert bring(register, "parcels", write_geojson(tmp_path / "p.geojson", rows)).new == 1
    stored = rows_of(register, "SELECT gemarkung, municipality, municipality_key, location_text FROM parcels")
    assert stored == [("Bodelschwingh", "Dortmund", "05913000", "")]


def test_a_poor_file_does_not_wipe_out_what_a_rich_one_said(register: Database, tmp_path: Path) -> None:
    bring(
        register,
        "parcels",
        write_geojson(tmp_path / "rich.geojson", parcel_rows([1], gemeinde="Dortmund-West")),
    )
    poor = [{"flstkennz": parcel_key(1), "geometry": square(1, side=10.0)}]
    report = bring(register, "parcels", write_geojson(tmp_path / "poor.geojson", poor))
    assert (report.changed, dict(report.changed_fields)) == (1, {"geom": 1})
    stored = rows_of(register, "SELECT municipality, location_text, official_area_m2, area_m2 FROM parcels")
    assert stored == [("Dortmund-West", "Musterweg 1", 400.0, 100.0)]


def test_columns_that_are_missing_are_named(register: Database, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "p.geojson", [{"Kennung": parcel_key(1), "geometry": square(1)}])
    with pytest.raises(ImportRejected, match="parcel_key") as caught:
        bring(register, "parcels", path)
    assert "flstkennz" in caught.value.detail
    assert "Kennung" in caught.value.detail
    assert bring(register, "parcels", path, columns={"Kennung": "parcel_key"}).new == 1


# --- districts --------------------------------------------------------------------------------------------


def district(name: str, west: float, east: float, **more: Any) -> dict[str, Any]:
    return {"Stadtbezirk": name, "geometry": shapely.box(west, SOUTH - 100, east, SOUTH + 100), **more}


def test_parcels_get_the_district_of_a_point_on_them(register: Database, tmp_path: Path) -> None:
    middle = WEST + 2.6 * 20  # more than half of parcel 2 lies west of it
    areas = [district("Mengede", WEST - 100, middle), district("Huckarde", middle, WEST + 500)]
    assert bring(register, "districts", write_geojson(tmp_path / "d.geojson", areas)).new == 2
    bring(register, "parcels", write_geojson(tmp_path / "p.geojson", parcel_rows([1, 2, 3])))
    found = "SELECT p.numerator, d.key FROM parcels p LEFT JOIN districts d ON d.id = district_id ORDER BY 1"
    assert rows_of(register, found) == [(1, "mengede"), (2, "mengede"), (3, "huckarde")]


def test_districts_of_parcels_are_those_that_the_database_finds(register: Database, tmp_path: Path) -> None:
    areas = [
        district("A", WEST - 100, WEST + 130),
        district("B", WEST + 110, WEST + 330),
        district("C", WEST, WEST + 200, demo="ja"),
        district("D", WEST + 320, WEST + 500, demo="ja"),
    ]
    bring(register, "districts", write_geojson(tmp_path / "d.geojson", areas))
    bring(register, "parcels", write_geojson(tmp_path / "p.geojson", parcel_rows(range(1, 41))))
    truth = (
        "SELECT p.numerator, p.district_id, (SELECT id FROM districts d WHERE "
        "ST_Contains(d.geom, ST_PointOnSurface(p.geom)) ORDER BY is_demo, id LIMIT 1) "
        "FROM parcels p ORDER BY 1"
    )
    found = rows_of(register, truth)
    assert [said_ for _, said_, _ in found] == [true for _, _, true in found]
    assert len({said_ for _, said_, _ in found}) == 4  # three districts and none; C is hidden


def test_new_districts_move_parcels_that_are_there(register: Database, tmp_path: Path) -> None:
    bring(register, "parcels", write_geojson(tmp_path / "p.geojson", parcel_rows([1, 2, 30])))
    found = "SELECT p.numerator, d.name FROM parcels p LEFT JOIN districts d ON d.id = district_id ORDER BY 1"
    assert rows_of(register, found) == [(1, None), (2, None), (30, None)]
    areas = [district("Hörde", WEST, WEST + 300, nr="7")]
    assert bring(register, "districts", write_geojson(tmp_path / "d.geojson", areas)).new == 1
    assert rows_of(register, found) == [(1, "Hörde"), (2, "Hörde"), (30, None)]
    smaller = [district("Hörde", WEST, WEST + 40, nr="7")]
    assert bring(register, "districts", write_geojson(tmp_path / "d.geojson", smaller)).changed == 1
    assert rows_of(register, found) == [(1, "Hörde"), (2, None), (30, None)]


def test_a_parcel_that_moves_changes_its_district(register: Database, tmp_path: Path) -> None:
    areas = [district("A", WEST, WEST + 100), district("B", WEST + 100, WEST + 500)]
    bring(register, "districts", write_geojson(tmp_path / "d.geojson", areas))
    bring(register, "parcels", write_geojson(tmp_path / "p.geojson", parcel_rows([1])))
    report = bring(
        register, "parcels", write_geojson(tmp_path / "p.geojson", parcel_rows([1], geometry=square(10)))
    )
    assert report.changed == 1
    assert rows_of(register, "SELECT d.name FROM parcels p JOIN districts d ON d.id = district_id") == [
        ("B",)
    ]


def test_a_real_district_counts_before_an_invented_one(register: Database, tmp_path: Path) -> None:
    invented = district("Demo", WEST, WEST + 500, demo="ja")
    bring(register, "districts", write_geojson(tmp_path / "a.geojson", [invented]))
    bring(register, "districts", write_geojson(tmp_path / "b.geojson", [district("Hörde", WEST, WEST + 40)]))
    bring(register, "parcels", write_geojson(tmp_path / "p.geojson", parcel_rows([1, 9])))
    found = "SELECT p.numerator, d.name FROM parcels p JOIN districts d ON d.id = district_id ORDER BY 1"
    assert rows_of(register, found) == [(1, "Hörde"), (9, "Demo")]


def test_two_districts_of_one_name_are_refused(register: Database, tmp_path: Path) -> None:
    areas = [district("Eving", WEST, WEST + 40), district("eving ", WEST + 40, WEST + 90)]
    report = bring(register, "districts", write_geojson(tmp_path / "d.geojson", areas))
    assert said(report) == [(2, "Stadtbezirk", "twice")]


def test_parcels_upon_each_other_are_told(register: Database, tmp_path: Path) -> None:
    first = write_geojson(tmp_path / "first.geojson", parcel_rows([1, 2, 3]))
    assert "overlap" not in told(bring(register, "parcels", first))  # neighbours that touch
    assert "overlap" not in told(bring(register, "parcels", first))
    upon = [
        *parcel_rows([11], geometry=square(1)),  # the very outline of parcel 1, which is in the register
        *parcel_rows([12, 13], geometry=square(20)),  # one outline twice in the file
        *parcel_rows([14], geometry=shapely.affinity.translate(square(3), 19, 0)),  # a sliver of one metre
    ]
    report = bring(register, "parcels", write_geojson(tmp_path / "second.geojson", upon))
    assert report.new == 4
    notice = next(notice for notice in report.warnings if notice.code == "overlap")
    assert (notice.count, notice.rows) == (2, (1, 2))
    assert parcel_key(1) in notice.text.en
