"""Coordinate systems, swapped axes, places as numbers or text, the city's area."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely

from geo_service.city import load_city
from geo_service.db import Database
from geo_service.errors import ImportRejected, InvalidInput
from geo_service.imports.outlines import in_one_order, only_polygons
from tests.imports.files import (
    SOUTH,
    WEST,
    Row,
    bring,
    frame_of,
    parcel_key,
    parcel_rows,
    rows_of,
    said,
    square,
    told,
    write_csv,
    write_geojson,
)


def moved(rows: list[Row], srid: int, *, swapped: bool = False) -> list[Row]:
    """The rows in another coordinate system, x first, or y first when swapped."""
    transformer = pyproj.Transformer.from_crs(25832, srid, always_xy=True)

    def turn(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        there = np.column_stack(transformer.transform(corners[:, 0], corners[:, 1]))
        return there[:, ::-1] if swapped else there

    return [{**row, "geometry": shapely.transform(row["geometry"], turn)} for row in rows]


@pytest.mark.parametrize("srid", [25832, 25833, 4326, 4258, 31466, 3857, 4647])
def test_every_stated_system_lands_at_the_same_place(register: Database, tmp_path: Path, srid: int) -> None:
    path = tmp_path / "p.gpkg"
    frame_of(moved(parcel_rows([1]), srid), crs=srid).to_file(path, engine="pyogrio")
    report = bring(register, "parcels", path)
    assert report.new == 1
    told = [warning.text.en for warning in report.warnings if warning.code == "accuracy"]
    assert bool(told) == (srid == 31466), told
    (off,) = rows_of(
        register,
        "SELECT ST_HausdorffDistance(geom, ST_GeomFromText(:wkt, 25832)) FROM parcels",
        wkt=shapely.to_wkt(square(1)),
    )[0]
    assert off < (1.5 if srid == 31466 else 0.01)  # the old German datum is known to about a metre


WRONG = [
    (25832, "try --crs EPSG:25832"),
    (31466, "try --crs EPSG:31466"),
    (4647, "try --crs EPSG:4647"),
]


@pytest.mark.parametrize(("srid", "hint"), WRONG)
def test_metres_taken_for_degrees_are_named(register: Database, tmp_path: Path, srid: int, hint: str) -> None:
    path = write_geojson(tmp_path / "p.geojson", moved(parcel_rows([1, 2]), srid), crs=None)
    with pytest.raises(InvalidInput, match=hint) as caught:
        bring(register, "parcels", path)
    assert "2 of 2 geometries do not lie in Germany (first: row 1)" in caught.value.detail
    report = bring(register, "parcels", path, crs=f"EPSG:{srid}")
    assert (report.new, told(report)["crs"]) == (2, 0)


def test_swapped_axes_are_named(register: Database, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "p.geojson", moved(parcel_rows([1]), 4326, swapped=True), crs=4326)
    with pytest.raises(InvalidInput, match="axes are swapped"):
        bring(register, "parcels", path)


def test_degrees_taken_for_metres_are_named(register: Database, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "p.geojson", moved(parcel_rows([1]), 4326), crs=25832)
    with pytest.raises(InvalidInput, match="EPSG:4326"):
        bring(register, "parcels", path)


def test_a_file_without_a_system_must_be_told_one(register: Database, tmp_path: Path) -> None:
    path = tmp_path / "p.shp"
    frame_of(parcel_rows([1])).to_file(path, engine="pyogrio")
    path.with_suffix(".prj").unlink()
    with pytest.raises(InvalidInput, match="--crs EPSG:25832"):
        bring(register, "parcels", path)
    with pytest.raises(InvalidInput, match="'EPSG:banana' is not a coordinate system"):
        bring(register, "parcels", path, crs="EPSG:banana")
    assert bring(register, "parcels", path, crs="EPSG:25832").new == 1


def test_few_strays_are_rows_and_not_the_file(register: Database, tmp_path: Path) -> None:
    rows = parcel_rows(range(1, 6))
    rows[3]["geometry"] = shapely.box(0, 0, 20, 20)
    report = bring(register, "parcels", write_geojson(tmp_path / "p.geojson", rows))
    assert said(report) == [(4, "geometry", "not-in-germany")]


def test_outside_is_measured_from_the_city(register: Database, tmp_path: Path) -> None:
    far = shapely.box(426_000, 5_707_000, 426_020, 5_707_020)  # Hamm, some 20 km east of Dortmund
    path = write_geojson(tmp_path / "p.geojson", [*parcel_rows([1]), *parcel_rows([2], geometry=far)])
    report = bring(register, "parcels", path)
    assert said(report) == [(2, "geometry", "outside-city")]
    allowed = bring(register, "parcels", path, allow_outside=True)
    assert (allowed.new, told(allowed)["outside-city"]) == (2, 1)


def test_parcels_on_the_border_belong_to_the_city(register: Database, tmp_path: Path) -> None:
    x, y = load_city("dortmund").boundary.geoms[0].exterior.coords[0]
    path = write_geojson(tmp_path / "p.geojson", parcel_rows([1], geometry=shapely.box(x, y, x + 30, y + 30)))
    assert bring(register, "parcels", path).new == 1


def test_parcels_that_only_touch_the_city_lie_outside(register: Database, tmp_path: Path) -> None:
    corners = shapely.get_coordinates(load_city("dortmund").boundary)
    east, north = corners[corners[:, 0].argmax()]
    touching = shapely.box(east - 100, north - 50, east + 2_500, north + 50)
    path = write_geojson(tmp_path / "p.geojson", parcel_rows([1], geometry=touching, flaeche="260000"))
    report = bring(register, "parcels", path)
    assert said(report) == [(1, "geometry", "outside-city")]
    assert "by more than half" in report.rejects[0].reason.en
    allowed = bring(register, "parcels", path, allow_outside=True)
    assert (allowed.new, told(allowed)) == (1, {"mostly-outside-city": 1})


def test_a_parcel_as_large_as_a_land_is_refused(register: Database, tmp_path: Path) -> None:
    rows = parcel_rows([1, 2])
    rows[1]["geometry"] = shapely.box(200_000, 5_550_000, 600_000, 5_900_000)
    rows[1]["flaeche"] = None
    path = write_geojson(tmp_path / "p.geojson", rows)
    assert said(bring(register, "parcels", path)) == [(2, "geometry", "outside-city")]
    assert said(bring(register, "parcels", path, allow_outside=True)) == [(2, "geometry", "too-large")]


def with_corner(y: float) -> shapely.Polygon:
    """A parcel whose second corner has a northing that is no number, or endless."""
    corners = [(WEST, SOUTH), (WEST + 20, y), (WEST + 20, SOUTH + 20), (WEST, SOUTH + 20), (WEST, SOUTH)]
    with np.errstate(invalid="ignore"):
        return shapely.Polygon(corners)


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "fgb", "csv"])
@pytest.mark.parametrize(("y", "written"), [(np.nan, "NaN"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_a_corner_that_is_no_number_is_named(
    register: Database, tmp_path: Path, ending: str, y: float, written: str
) -> None:
    rows = parcel_rows([1, 2, 3])
    rows[1]["geometry"] = with_corner(y)
    path = tmp_path / f"p.{ending}"
    if ending == "geojson":
        write_geojson(path, rows)
    elif ending == "csv":
        write_csv(path, [{**row, "geometry": row["geometry"].wkt} for row in rows])
    else:
        frame_of(rows).to_file(path, engine="pyogrio")
    report = bring(register, "parcels", path, crs="EPSG:25832")
    (reject,) = report.rejects
    assert (reject.key, reject.field, reject.code) == (parcel_key(2), "geometry", "not-finite")
    assert reject.reason.en == (
        f"Corner 2 of 5 (394020, {written}) is nowhere: a coordinate is no number or endless. Please draw "
        "the geometry anew, or take the corner out."
    )
    assert f"Der Punkt 2 von 5 (394020, {written}) liegt nirgends" in reject.reason.de
    assert not report.warnings


def test_a_height_that_is_no_number_does_not_matter(register: Database, tmp_path: Path) -> None:
    corners = [(*corner, np.nan) for corner in square(1).exterior.coords]
    rows = parcel_rows([1], geometry=shapely.Polygon(corners))
    path = tmp_path / "p.gpkg"
    frame_of(rows).to_file(path, engine="pyogrio")
    assert bring(register, "parcels", path).new == 1


def test_why_an_area_is_invalid_is_said_in_words(register: Database, tmp_path: Path) -> None:
    bow = shapely.Polygon(
        [(WEST, SOUTH), (WEST + 20, SOUTH + 20), (WEST + 20, SOUTH), (WEST, SOUTH + 10), (WEST, SOUTH)]
    )
    report = bring(register, "parcels", write_geojson(tmp_path / "p.geojson", parcel_rows([1], geometry=bow)))
    (reject,) = report.rejects
    assert reject.code == "invalid-geometry"
    assert "the outline crosses itself near 394006.67, 5707006.67" in reject.reason.en
    assert "die Grenze kreuzt sich selbst bei 394006,67; 5707006,67" in reject.reason.de


def test_an_area_narrower_than_a_line_is_said_to_be_too_small(register: Database, tmp_path: Path) -> None:
    line = shapely.box(394_000, 5_707_000, 394_000.0001, 5_707_020)
    path = write_geojson(tmp_path / "p.geojson", parcel_rows([1], geometry=line))
    report = bring(register, "parcels", path)
    assert said(report) == [(1, "geometry", "too-small")]
    assert "less than 0.01 m²" in report.rejects[0].reason.en


def test_areas_a_hundredfold_apart_are_refused(register: Database, tmp_path: Path) -> None:
    rows = [
        *parcel_rows([1], flaeche="588"),
        *parcel_rows([2], flaeche="40001"),
        *parcel_rows([3], flaeche="3.9"),
    ]
    report = bring(register, "parcels", write_geojson(tmp_path / "p.geojson", rows))
    assert said(report) == [(2, "flaeche", "areas-contradict"), (3, "flaeche", "areas-contradict")]


# --- tables -----------------------------------------------------------------------------------------------


def test_areas_as_text(register: Database, tmp_path: Path) -> None:
    rows = [
        {"flstkennz": parcel_key(1), "WKT": shapely.to_wkt(square(1))},
        {"flstkennz": parcel_key(2), "WKT": shapely.to_wkt(shapely.MultiPolygon([square(2)]))},
    ]
    path = write_csv(tmp_path / "p.csv", rows)
    with pytest.raises(InvalidInput, match="--crs"):
        bring(register, "parcels", path)
    assert bring(register, "parcels", path, crs="EPSG:25832").new == 2
    for row in rows:
        row["WKT"] = f"SRID=25832;{row['WKT']}"
    assert bring(register, "parcels", write_csv(path, rows)).unchanged == 2
    rows[1]["WKT"] = "SRID=25832;POLYGON((broken"
    assert said(bring(register, "parcels", write_csv(path, rows))) == [(3, "WKT", "broken-geometry")]
    rows[1]["WKT"] = "SRID=4326;POINT(7 51)"
    with pytest.raises(InvalidInput, match="EPSG:4326, EPSG:25832"):
        bring(register, "parcels", write_csv(path, rows))


def test_a_table_without_places_is_refused_where_they_are_needed(register: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [{"flstkennz": parcel_key(1)}])
    with pytest.raises(ImportRejected, match="no geometry"):
        bring(register, "parcels", path)


def shop(key: str, **place: str) -> dict[str, str]:
    return {"Objekt-Nr.": key, "Straße": "Musterweg 1", "Fläche": "80", **place}


def place_of(register: Database) -> tuple[float, float]:
    ((x, y),) = rows_of(register, "SELECT ST_X(geom), ST_Y(geom) FROM premises")
    return (x, y)


@pytest.mark.parametrize(
    ("place", "options"),
    [
        ({"x": "394000,5", "y": "5707000"}, {}),
        ({"Rechtswert": "32394000,5", "Hochwert": "5707000"}, {"crs": "EPSG:4647"}),
        ({"Ostwert": "394.000,5", "Nordwert": "5.707.000"}, {"crs": "EPSG:25832"}),
    ],
)
def test_places_as_metres(
    register: Database, tmp_path: Path, place: dict[str, str], options: dict[str, str]
) -> None:
    path = write_csv(tmp_path / "p.csv", [shop("1", **place)])
    assert bring(register, "premises", path, **options).new == 1
    assert place_of(register) == pytest.approx((WEST + 0.5, SOUTH), abs=1e-6)


def test_places_as_degrees(register: Database, tmp_path: Path) -> None:
    lon, lat = pyproj.Transformer.from_crs(25832, 4326, always_xy=True).transform(WEST, SOUTH)
    written = {"Länge": f"{lon:.9f}".replace(".", ","), "Breite": f"{lat:.9f}".replace(".", ",")}
    assert bring(register, "premises", write_csv(tmp_path / "p.csv", [shop("1", **written)])).new == 1
    assert place_of(register) == pytest.approx((WEST, SOUTH), abs=0.001)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"x": "394000", "y": ""}, [(3, "x", "half-a-place")]),
        ({"x": "", "y": ""}, [(3, "x", "no-place")]),
        ({"x": "links", "y": "5707000"}, [(3, "x", "no-number")]),
    ],
)
def test_half_a_place_is_refused(
    register: Database, tmp_path: Path, place: dict[str, str], expected: list[tuple[int, str, str]]
) -> None:
    rows = [shop("1", x="394000", y="5707000"), shop("2", **place)]
    assert said(bring(register, "premises", write_csv(tmp_path / "p.csv", rows))) == expected


def test_premises_drawn_as_areas_become_a_point_on_them(register: Database, tmp_path: Path) -> None:
    rows = [{**shop("1"), "geometry": square(0)}]
    assert bring(register, "premises", write_geojson(tmp_path / "p.geojson", rows)).new == 1
    assert shapely.contains_xy(square(0), *place_of(register))
    rows = [{**shop("1"), "geometry": shapely.LineString([(WEST, SOUTH), (WEST + 9, SOUTH)])}]
    report = bring(register, "premises", write_geojson(tmp_path / "p.geojson", rows))
    assert said(report) == [(1, "geometry", "wrong-geometry")]


# --- order of corners -------------------------------------------------------------------------------------


def test_one_outline_has_one_form() -> None:
    ring = [(0, 0), (4, 0), (4, 4), (0, 4)]
    hole = [(1, 1), (1, 2), (2, 2), (2, 1)]
    forms = [
        shapely.MultiPolygon([shapely.Polygon(outer, [inner]), shapely.box(9, 9, 10, 10)][::step])
        for outer in (ring, ring[2:] + ring[:2], ring[::-1])
        for inner in (hole, hole[::-1])
        for step in (1, -1)
    ]
    ordered = in_one_order(shapely.from_wkb([form.wkb for form in forms]))
    assert len({form.wkb for form in ordered}) == 1
    assert all(part.exterior.is_ccw for part in ordered[0].geoms)
    assert not any(inner.is_ccw for part in ordered[0].geoms for inner in part.interiors)


def test_only_polygons_are_kept() -> None:
    mixed = shapely.GeometryCollection(
        [shapely.Point(0, 0), shapely.box(0, 0, 1, 1), shapely.MultiPolygon([shapely.box(3, 3, 4, 4)])]
    )
    (kept,) = only_polygons(shapely.from_wkb([mixed.wkb]))
    assert (kept.geom_type, kept.area) == ("MultiPolygon", 2.0)
