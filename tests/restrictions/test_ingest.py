"""Importing restrictions: kinds in German, usual effects, shares, spans."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from geo_service.db import Database
from geo_service.restrictions.models import RestrictionKind
from tests.imports.files import Row, bring, emptied, rows_of, said, square, write_geojson


@pytest.fixture
def register(database: Database) -> Iterator[Database]:
    yield from emptied(database)


def restriction(number: int, kind: str, **more: Any) -> Row:
    return {"Nummer": f"R-{number}", "Art": kind, "geometry": square(number), **more}


def test_a_full_row(register: Database, tmp_path: Path) -> None:
    row = restriction(
        1, "Altlast", Wirkung="verzögert", Schwere="gering", Bezeichnung="Alte Gießerei", ab="2020-01-01",
        bis="31.12.2027", Amt="Umweltamt", Rechtsgrundlage="BBodSchG", Bemerkung="Gutachten",
    )  # fmt: skip
    path = write_geojson(tmp_path / "r.geojson", [row])
    assert bring(register, "restrictions", path).new == 1
    stored = rows_of(
        register,
        "SELECT restriction_key, kind, effect, severity, title, valid::text, office, legal_basis, note, "
        "reduction_share, ST_Area(geom) FROM restrictions",
    )
    assert stored == [
        ("R-1", "contamination", "delays", "light", "Alte Gießerei", "[2020-01-01,2028-01-01)", "Umweltamt",
         "BBodSchG", "Gutachten", None, 400.0)
    ]  # fmt: skip
    assert bring(register, "restrictions", path).unchanged == 1


def test_every_kind_has_a_usual_effect(register: Database, tmp_path: Path) -> None:
    rows = [
        restriction(number, kind.value, Anteil=0.095 if kind is RestrictionKind.ESTIMATED_SHARE else None)
        for number, kind in enumerate(RestrictionKind)
    ]
    report = bring(register, "restrictions", write_geojson(tmp_path / "r.geojson", rows))
    assert (report.new, said(report)) == (len(RestrictionKind), [])
    by_effect = dict(
        rows_of(register, "SELECT effect, array_agg(kind::text ORDER BY kind) FROM restrictions GROUP BY 1")
    )
    assert by_effect["delays"] == [
        "contamination", "missing_development", "ordnance_clearance", "owner_unwilling", "plan_not_in_force",
    ]  # fmt: skip
    assert by_effect["reduces"] == ["estimated_share"]
    light = rows_of(register, "SELECT kind FROM restrictions WHERE severity = 'light' ORDER BY 1")
    assert light == [("estimated_share",), ("missing_development",)]


FAULTS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"Art": "Drache"}, ("Art", "unknown-word")),
    ({"Art": None}, ("Art", "empty")),
    ({"Nummer": None}, ("Nummer", "empty")),
    ({"Nummer": "R-1"}, ("Nummer", "twice")),
    ({"Art": "geschätzter Anteil"}, ("Anteil", "share-missing")),
    ({"Anteil": "0,1"}, ("Anteil", "share-without-effect")),
    ({"Art": "Schätzung", "Anteil": "9,5"}, ("Anteil", "out-of-range")),
    ({"Art": "Schätzung", "Anteil": "0"}, ("Anteil", "out-of-range")),
    ({"Art": "nicht verkaufsbereit", "Wirkung": "schließt aus"}, ("Wirkung", "owner-only-delays")),
    ({"Art": "owner_unwilling", "Wirkung": "mindert", "Anteil": "0,5"}, ("Wirkung", "owner-only-delays")),
    ({"ab": "2025-01-01", "bis": "2024-12-31"}, ("bis", "end-before-start")),
    ({"geometry": None}, ("geometry", "no-geometry")),
]


@pytest.mark.parametrize(("change", "expected"), FAULTS)
def test_faults(
    register: Database, tmp_path: Path, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    rows = [
        restriction(1, "Gewässer", Wirkung=None, ab=None, bis=None, Anteil=None),
        restriction(2, "Denkmal", Wirkung=None, ab=None, bis=None, Anteil=None) | change,
    ]
    report = bring(register, "restrictions", write_geojson(tmp_path / "r.geojson", rows))
    assert said(report) == [(2, *expected)]
    assert rows_of(register, "SELECT count(*) FROM restrictions") == [(0,)]


def test_a_share_of_nothing_is_told_its_bounds(register: Database, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "r.geojson", [restriction(1, "Schätzung", Anteil="0")])
    (reject,) = bring(register, "restrictions", path).rejects
    assert reject.reason.de == "Die Zahl muss größer als 0 und höchstens 1 sein."


@pytest.mark.parametrize(("effect", "share"), [("excludes", "NULL"), ("reduces", "0.5")])
def test_the_register_takes_no_area_for_an_unwilling_owner(
    register: Database, tmp_path: Path, effect: str, share: str
) -> None:
    path = write_geojson(
        tmp_path / "r.geojson", [restriction(1, "nicht verkaufsbereit", Wirkung="verzögert")]
    )
    assert bring(register, "restrictions", path).new == 1
    with register.begin("test") as connection, pytest.raises(IntegrityError, match="owner_only_delays"):
        connection.execute(text(f"UPDATE restrictions SET effect = '{effect}', reduction_share = {share}"))


def test_only_restrictions_of_the_same_origin_can_be_gone(register: Database, tmp_path: Path) -> None:
    path = tmp_path / "r.geojson"
    bring(register, "restrictions", write_geojson(path, [restriction(1, "Altlast")]), source="Umweltamt")
    bring(
        register, "restrictions", write_geojson(path, [restriction(2, "Denkmal"), restriction(3, "Denkmal")])
    )
    report = bring(register, "restrictions", write_geojson(path, [restriction(2, "Denkmal")]))
    assert report.gone_keys == ("R-3",)


def test_a_guessed_effect_never_overwrites_a_said_one(register: Database, tmp_path: Path) -> None:
    path = tmp_path / "r.geojson"
    bring(register, "restrictions", write_geojson(path, [restriction(1, "Altlast", Wirkung="schließt aus")]))
    report = bring(register, "restrictions", write_geojson(path, [restriction(1, "Altlast")]))
    assert report.unchanged == 1
    assert rows_of(register, "SELECT effect FROM restrictions") == [("excludes",)]


def test_a_shapefile_cuts_names_off(register: Database, tmp_path: Path) -> None:
    import geopandas as gpd  # noqa: PLC0415 - the one test that writes a shapefile

    frame = gpd.GeoDataFrame(
        {"restrictio": ["R-1"], "kind": ["estimated_share"], "reduction_": [0.095], "legal_basi": ["x"]},
        geometry=[square(1)],
        crs=25832,
    )
    frame.to_file(tmp_path / "r.shp", engine="pyogrio")
    assert bring(register, "restrictions", tmp_path / "r.shp").new == 1
    stored = rows_of(register, "SELECT restriction_key, reduction_share, legal_basis FROM restrictions")
    assert stored == [("R-1", 0.095, "x")]


def test_a_restriction_that_becomes_an_unwilling_owner_only_delays(
    register: Database, tmp_path: Path
) -> None:
    """A file without effects leaves the stored one as it is: an area that was taken may not stay."""
    path = tmp_path / "r.geojson"
    bring(register, "restrictions", write_geojson(path, [restriction(1, "Altlast", Wirkung="schließt aus")]))
    unwilling = restriction(1, "nicht verkaufsbereit")
    refused = bring(register, "restrictions", write_geojson(path, [unwilling, restriction(2, "Gewässer")]))
    assert said(refused) == [(1, "effect", "owner-only-delays")]
    told = restriction(1, "nicht verkaufsbereit", Wirkung="verzögert")
    assert not bring(register, "restrictions", write_geojson(path, [told])).rejects
    assert rows_of(register, "SELECT kind, effect FROM restrictions") == [("owner_unwilling", "delays")]
    assert bring(register, "restrictions", write_geojson(path, [unwilling])).unchanged == 1


def test_a_share_goes_with_the_effect_it_belonged_to(register: Database, tmp_path: Path) -> None:
    stored = "SELECT effect, reduction_share FROM restrictions"
    reducing = restriction(1, "Gewässer", Wirkung="mindert", Anteil=0.3)
    assert bring(register, "restrictions", write_geojson(tmp_path / "a.geojson", [reducing])).new == 1
    delaying = write_geojson(tmp_path / "b.geojson", [restriction(1, "Gewässer", Wirkung="verzögert")])
    report = bring(register, "restrictions", delaying)
    assert (report.changed, said(report)) == (1, [])
    assert rows_of(register, stored) == [("delays", None)]
    assert bring(register, "restrictions", delaying).unchanged == 1


@pytest.mark.parametrize("share", [{}, {"Anteil": None}])
def test_without_an_effect_in_the_file_a_stored_share_stays(
    register: Database, tmp_path: Path, share: dict[str, Any]
) -> None:
    reducing = restriction(1, "Gewässer", Wirkung="mindert", Anteil=0.3)
    assert bring(register, "restrictions", write_geojson(tmp_path / "a.geojson", [reducing])).new == 1
    again = write_geojson(tmp_path / "b.geojson", [restriction(1, "Gewässer", Bezeichnung="Bach", **share)])
    assert bring(register, "restrictions", again).changed == 1
    assert rows_of(register, "SELECT effect, reduction_share, title FROM restrictions") == [
        ("reduces", 0.3, "Bach")
    ]


def test_an_outline_of_very_many_corners_is_refused_with_a_way_out(
    register: Database, tmp_path: Path
) -> None:
    center = shapely.centroid(square(1))
    rows = [
        restriction(number, "Gewässer") | {"geometry": center.buffer(10, quad_segs=quarter)}
        for number, quarter in ((1, 12_000), (2, 13_000))
    ]
    report = bring(register, "restrictions", write_geojson(tmp_path / "r.geojson", rows))
    assert said(report) == [(2, "geometry", "too-many-corners")]
    (reject,) = report.rejects
    assert reject.reason.de.startswith("Die Fläche hat 52.001 Eckpunkte, höchstens 50.000 ")
    assert "simplify it to 0.1 m" in reject.reason.en
