"""Importing premises and vacancies from the lists that vacancy managers keep."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]  # a tool of the tests only
import pytest
from sqlalchemy import text

from geo_service.db import Database
from geo_service.imports import values
from geo_service.imports.source import as_text
from geo_service.vacancies.ingest import floor
from tests.imports.files import (
    SOUTH,
    WEST,
    bring,
    emptied,
    parcel_key,
    parcel_rows,
    rows_of,
    said,
    square,
    table_hash,
    told,
    write_csv,
    write_geojson,
)


@pytest.fixture
def register(database: Database) -> Iterator[Database]:
    yield from emptied(database)


def shop(key: str, **more: str) -> dict[str, str]:
    return {
        "Objekt-Nr.": key,
        "Straße": f"Musterweg {key}",
        "Fläche in m²": "85,5",
        "x": "394005",
        "y": "5707005",
        **more,
    }


def shops(register: Database, tmp_path: Path, *keys: str) -> None:
    assert bring(register, "premises", write_csv(tmp_path / "shops.csv", [shop(key) for key in keys])).ok


# --- premises ---------------------------------------------------------------------------------------------


def test_a_full_row_of_a_german_list(register: Database, tmp_path: Path) -> None:
    row = {
        "Objekt-Nr.": "DO-017", "Ladenlokal": "Eckladen <b>", "Straße": "Größenstraße", "Haus-Nr.": "12a",
        "PLZ": "04411", "Etage": "1. OG", "Ladenfläche": "1.085,5", "Nutzung": "Einzelhandel, Büro",
        "Ausstattung": "Schaufenster; barrierefrei", "Nettokaltmiete": "1.250,00 €",
        "Vermieter": "Muster GmbH",
        "Kontakt": "0231/000", "Bemerkung": "Demo", "Rechtswert": "394005,5", "Hochwert": "5707005",
        "gültig ab": "01.02.2024", "gültig bis": "31.12.2030",
    }  # fmt: skip
    report = bring(register, "premises", write_csv(tmp_path / "a.csv", [row], encoding="cp1252"))
    assert said(report) == []
    stored = rows_of(
        register,
        "SELECT premises_key, name, street, house_number, postcode, floor, area_m2, permitted_uses, "
        "features, net_rent_eur_month, landlord, contact, note, valid::text, ST_X(geom) FROM premises",
    )
    assert stored == [
        (
            "DO-017", "Eckladen <b>", "Größenstraße", "12a", "04411", 1, 1085.5, ["office", "retail"],
            ["barrier_free", "shop_window"], Decimal("1250.00"), "Muster GmbH", "0231/000", "Demo",
            "[2024-02-01,2031-01-01)", 394005.5,
        )
    ]  # fmt: skip
    assert bring(register, "premises", tmp_path / "a.csv").unchanged == 1


def test_a_short_row_gets_what_can_be_known(register: Database, tmp_path: Path) -> None:
    shops(register, tmp_path, "7")
    stored = rows_of(
        register,
        "SELECT name, street, house_number, postcode, floor, permitted_uses, features, net_rent_eur_month, "
        "valid::text, source, is_demo FROM premises",
    )
    expected: tuple[Any, ...] = (
        "Musterweg 7", "Musterweg", "7", "", 0, [], [], None, "(,)", "Ladenlokalkataster", False,
    )  # fmt: skip
    assert stored == [expected]


@pytest.mark.parametrize(
    ("written", "street", "number"),
    [
        ("Brückstraße 12", "Brückstraße", "12"),
        ("Brückstraße 12 a", "Brückstraße", "12 a"),
        ("Brückstr. 12-14", "Brückstr.", "12-14"),
        ("Straße des 17. Juni 3b", "Straße des 17. Juni", "3b"),
        ("Westenhellweg", "Westenhellweg", ""),
        ("Am Platz 1/3", "Am Platz", "1/3"),
    ],
)
def test_street_and_number_are_parted(
    register: Database, tmp_path: Path, written: str, street: str, number: str
) -> None:
    path = write_csv(tmp_path / "a.csv", [shop("1") | {"Straße": written}])
    assert bring(register, "premises", path).ok
    assert rows_of(register, "SELECT street, house_number FROM premises") == [(street, number)]


FLOORS = [
    ("0", 0),
    ("EG", 0),
    ("Erdgeschoss", 0),
    ("1", 1),
    ("2. OG", 2),
    ("3.OG", 3),
    ("UG", -1),
    ("2. UG", -2),
    ("-1", -1),
]


@pytest.mark.parametrize(("written", "storey"), FLOORS)
def test_storeys(written: str, storey: int) -> None:
    assert floor(as_text([written]), values.Style(point=False)).cells.tolist() == [storey]


def test_a_storey_that_is_none() -> None:
    assert floor(as_text(["hinten"]), values.Style(point=False)).wrong[0][0] == "unknown-word"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"Objekt-Nr.": ""}, ("Objekt-Nr.", "empty")),
        ({"Straße": " "}, ("Straße", "empty")),
        ({"Fläche in m²": "0"}, ("Fläche in m²", "out-of-range")),
        ({"Fläche in m²": "ca. 80"}, ("Fläche in m²", "no-number")),
        ({"Miete": "-1"}, ("Miete", "out-of-range")),
        ({"Nutzung": "Spielhalle"}, ("Nutzung", "unknown-word")),
        ({"Ausstattung": "Pool"}, ("Ausstattung", "unknown-word")),
        ({"Etage": "oben"}, ("Etage", "unknown-word")),
        ({"flstkennz": parcel_key(77)}, ("flstkennz", "unknown-reference")),
        ({"gültig ab": "02.01.2025", "gültig bis": "01.01.2025"}, ("gültig bis", "end-before-start")),
        ({"x": "565000", "y": "5933000"}, ("geometry", "outside-city")),
    ],
)
def test_bad_premises_are_named(
    register: Database, tmp_path: Path, change: dict[str, str], expected: tuple[str, str]
) -> None:
    blank = dict.fromkeys(change, "")
    rows = [
        shop("1") | {k: v for k, v in blank.items() if k not in shop("1")},
        shop("2") | change,
        shop("3") | {k: v for k, v in blank.items() if k not in shop("3")},
    ]
    report = bring(register, "premises", write_csv(tmp_path / "a.csv", rows))
    assert said(report) == [(3, *expected)]
    assert rows_of(register, "SELECT count(*) FROM premises") == [(0,)]


def test_a_row_with_more_cells_than_headings_is_refused(register: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "Objekt-Nr.;Straße;Fläche;x;y\n1;Weg 1;80;394005;5707005\n2;Weg; links;80;394005;5707005\n"
    )
    report = bring(register, "premises", path)
    assert (3, "Objekt-Nr.", "extra-cells") in said(report)
    assert {reject.row for reject in report.rejects} == {3}


def test_the_same_key_twice_is_refused(register: Database, tmp_path: Path) -> None:
    report = bring(register, "premises", write_csv(tmp_path / "a.csv", [shop("1"), shop("2"), shop("1")]))
    assert said(report) == [(4, "Objekt-Nr.", "twice")]


def test_premises_find_their_parcel_district_and_quarter(register: Database, tmp_path: Path) -> None:
    bring(register, "parcels", write_geojson(tmp_path / "p.geojson", parcel_rows([0, 1])))
    area = {"name": "Mitte", "geometry": square(0, side=100.0)}
    bring(register, "districts", write_geojson(tmp_path / "d.geojson", [area]))
    with register.begin(actor="test") as connection:
        connection.execute(
            text(
                "INSERT INTO quarters (key, name, source, geom) "
                "SELECT 'q', 'Quartier', 'test', geom FROM districts"
            )
        )
    shops(register, tmp_path, "1")
    found = (
        "SELECT a.parcel_key, d.name, q.name FROM premises p LEFT JOIN parcels a ON a.id = p.parcel_id "
        "LEFT JOIN districts d ON d.id = p.district_id LEFT JOIN quarters q ON q.id = p.quarter_id"
    )
    assert rows_of(register, found) == [(parcel_key(0), "Mitte", "Quartier")]


def test_premises_without_coordinates_lie_on_their_parcel(register: Database, tmp_path: Path) -> None:
    bring(register, "parcels", write_geojson(tmp_path / "p.geojson", parcel_rows([3])))
    row = {"Objekt-Nr.": "1", "Straße": "Weg 1", "Fläche": "80", "flstkennz": parcel_key(3)}
    report = bring(register, "premises", write_csv(tmp_path / "a.csv", [row]))
    assert (report.new, told(report)["placed-on-parcel"]) == (1, 1)
    ((x, y, key),) = rows_of(
        register,
        "SELECT ST_X(p.geom), ST_Y(p.geom), parcel_key FROM premises p JOIN parcels a ON a.id = parcel_id",
    )
    assert key == parcel_key(3)
    assert WEST + 60 < x < WEST + 80
    assert SOUTH < y < SOUTH + 20
    assert bring(register, "premises", tmp_path / "a.csv").unchanged == 1
    nowhere = row | {"flstkennz": ""}
    report = bring(register, "premises", write_csv(tmp_path / "b.csv", [row | {"Objekt-Nr.": "2"}, nowhere]))
    assert said(report) == [(3, "x", "no-place")]


# --- vacancies --------------------------------------------------------------------------------------------


def spell(key: str, since: str, until: str = "", **more: str) -> dict[str, str]:
    return {"Objekt-Nr.": key, "leer seit": since, "leer bis": until, **more}


SPANS = (
    "SELECT premises_key, during::text FROM vacancies v JOIN premises p ON p.id = premises_id ORDER BY 1, 2"
)


def test_the_last_day_still_belongs_to_a_vacancy(register: Database, tmp_path: Path) -> None:
    shops(register, tmp_path, "1", "2", "3")
    rows = [
        spell("1", "01.03.2023", "31.12.2023"),
        spell("1", "01.01.2024"),
        spell("2", "2024-02-29", "2024-02-29"),
        spell("3", "", ""),
    ]
    report = bring(register, "vacancies", write_csv(tmp_path / "v.csv", rows))
    assert (report.new, said(report)) == (4, [])
    assert rows_of(register, SPANS) == [
        ("1", "[2023-03-01,2024-01-01)"),
        ("1", "[2024-01-01,)"),
        ("2", "[2024-02-29,2024-03-01)"),
        ("3", "(,)"),
    ]
    before = table_hash(register, "vacancies", "import_runs", "audit")
    assert bring(register, "vacancies", tmp_path / "v.csv").unchanged == 4
    assert table_hash(register, "vacancies", "import_runs", "audit") == before


def test_the_first_free_day_may_be_written_instead(register: Database, tmp_path: Path) -> None:
    shops(register, tmp_path, "1")
    row = {"Objekt-Nr.": "1", "leer seit": "01.03.2023", "frei ab": "01.01.2024"}
    assert bring(register, "vacancies", write_csv(tmp_path / "v.csv", [row])).new == 1
    assert rows_of(register, SPANS) == [("1", "[2023-03-01,2024-01-01)")]
    both = row | {"leer bis": "01.01.2024"}
    assert said(bring(register, "vacancies", write_csv(tmp_path / "v.csv", [both]))) == [
        (2, "frei ab", "two-ends")
    ]


def test_all_columns_of_a_vacancy(register: Database, tmp_path: Path) -> None:
    shops(register, tmp_path, "1")
    row = spell("1", "01.03.2023", "", Leerstandsstatus="Zwischennutzung", Vornutzung="Bäckerei") | {
        "Zwischennutzung bis": "30.06.2027", "Angebotsmiete": "900,50", "Bemerkung": "x",
        "Stand": "01.11.2026",
    }  # fmt: skip
    assert bring(register, "vacancies", write_csv(tmp_path / "v.csv", [row])).new == 1
    stored = rows_of(
        register,
        "SELECT status, previous_use, temporary_use_until::text, asking_rent_eur_month, note, "
        "source_date::text FROM vacancies",
    )
    assert stored == [("temporary_use", "Bäckerei", "2027-06-30", Decimal("900.50"), "x", "2026-11-01")]


def test_an_ended_vacancy_is_a_change(register: Database, tmp_path: Path) -> None:
    shops(register, tmp_path, "1")
    bring(register, "vacancies", write_csv(tmp_path / "v.csv", [spell("1", "01.03.2023")]))
    report = bring(
        register, "vacancies", write_csv(tmp_path / "v.csv", [spell("1", "01.03.2023", "31.10.2026")])
    )
    assert (report.changed, dict(report.changed_fields)) == (1, {"during": 1})
    assert rows_of(register, SPANS) == [("1", "[2023-03-01,2026-11-01)")]


OVERLAPS: list[tuple[list[dict[str, str]], list[tuple[int, str, str]]]] = [
    ([spell("1", "01.01.2024", "31.01.2024"), spell("1", "31.01.2024", "28.02.2024")],
     [(3, "leer seit", "overlap")]),
    ([spell("1", "01.01.2024", "31.01.2024"), spell("1", "01.02.2024", "28.02.2024")], []),
    ([spell("1", "01.01.2024"), spell("1", "01.01.2030")], [(3, "leer seit", "overlap")]),
    ([spell("1", "01.01.2024", "31.01.2024"), spell("1", "01.01.2024", "31.01.2024")],
     [(3, "leer seit", "twice")]),
    ([spell("1", "", "31.01.2024"), spell("1", "", "31.01.2020")], [(3, "leer seit", "twice")]),
    ([spell("1", "01.01.2024"), spell("2", "01.01.2024")], []),
    ([spell("1", "02.01.2024", "01.01.2024")], [(2, "leer bis", "end-before-start")]),
    ([spell("1", "29.02.2023")], [(2, "leer seit", "no-day")]),
    ([spell("1", "45352")], [(2, "leer seit", "excel-day")]),
    ([spell("9", "01.01.2024")], [(2, "Objekt-Nr.", "unknown-reference")]),
    ([spell("1", "01.01.2024", status="leerstehend"), spell("2", "01.01.2024", status="müde")],
     [(3, "status", "unknown-word")]),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), OVERLAPS)
def test_overlaps_and_faults_in_a_file(
    register: Database, tmp_path: Path, rows: list[dict[str, str]], expected: list[tuple[int, str, str]]
) -> None:
    shops(register, tmp_path, "1", "2")
    report = bring(register, "vacancies", write_csv(tmp_path / "v.csv", rows))
    assert said(report) == expected
    assert rows_of(register, "SELECT count(*) FROM vacancies") == [(0 if expected else len(rows),)]


def test_an_overlap_with_the_register_is_a_row_and_no_database_error(
    register: Database, tmp_path: Path
) -> None:
    shops(register, tmp_path, "1", "2")
    bring(register, "vacancies", write_csv(tmp_path / "a.csv", [spell("1", "01.03.2023")]))
    rows = [spell("2", "01.01.2024"), spell("1", "01.01.2026")]
    report = bring(register, "vacancies", write_csv(tmp_path / "b.csv", rows))
    assert said(report) == [(3, "leer seit", "overlap")]
    assert "from 1 Mar 2023 to open" in report.rejects[0].reason.en
    assert "von 01.03.2023 bis offen" in report.rejects[0].reason.de
    rows.append(spell("1", "01.03.2023", "31.12.2025"))  # the file ends the old one itself
    report = bring(register, "vacancies", write_csv(tmp_path / "b.csv", rows))
    assert (report.new, report.changed, said(report)) == (2, 1, [])


def test_vacancies_that_vanished_are_told_and_kept(register: Database, tmp_path: Path) -> None:
    shops(register, tmp_path, "1", "2")
    rows = [spell("1", "01.03.2023"), spell("2", "01.03.2020", "31.12.2020"), spell("2", "01.04.2023")]
    bring(register, "vacancies", write_csv(tmp_path / "a.csv", rows))
    report = bring(register, "vacancies", write_csv(tmp_path / "b.csv", rows[:1]))
    assert (report.gone, report.gone_keys) == (1, ("2 2023-04-01",))  # not the one that ended long ago
    assert rows_of(register, "SELECT count(*) FROM vacancies") == [(3,)]


def test_one_excel_list_for_premises_and_vacancies(register: Database, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.worksheets[0]
    sheet.append(["Leerstandsliste der Stadt (Demo)"])
    sheet.append(["Kennung", "Straße", "Hausnummer", "Fläche", "x", "y", "leer seit", "Bemerkung"])
    since = datetime(2024, 2, 29)  # noqa: DTZ001 - a day
    sheet.append(["007", "Musterweg", 7, 85.5, 394005, 5707005.25, since, "a"])
    sheet.append(["008", "Musterweg", "8a", 1234, 394006, 5707006, "01.03.2024", None])
    book.save(tmp_path / "liste.xlsx")
    premises = bring(register, "premises", tmp_path / "liste.xlsx")
    vacancies = bring(register, "vacancies", tmp_path / "liste.xlsx")
    assert (premises.new, vacancies.new) == (2, 2)
    assert rows_of(
        register, "SELECT premises_key, house_number, area_m2, valid::text FROM premises ORDER BY 1"
    ) == [
        ("007", "7", 85.5, "(,)"),
        ("008", "8a", 1234.0, "(,)"),
    ]
    assert rows_of(register, SPANS) == [("007", "[2024-02-29,)"), ("008", "[2024-03-01,)")]
