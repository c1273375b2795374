"""Importing occupancies: kinds in German, inclusive ends, reservations that may not overlap."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from geo_service.db import Database
from tests.imports.files import (
    bring,
    emptied,
    parcel_key,
    parcel_rows,
    rows_of,
    said,
    write_csv,
    write_geojson,
)


@pytest.fixture
def register(database: Database, tmp_path: Path) -> Iterator[Database]:
    for register in emptied(database):
        bring(register, "parcels", write_geojson(tmp_path / "parcels.geojson", parcel_rows([1, 2, 3])))
        yield register


def held(number: int, kind: str, start: str = "", end: str = "", **more: str) -> dict[str, str]:
    return {"Flurstückskennzeichen": parcel_key(number), "Art": kind, "von": start, "bis": end, **more}


def test_a_list_of_the_property_office(register: Database, tmp_path: Path) -> None:
    rows = [
        held(
            1, "Reservierung", "01.01.2026", "30.06.2026", Amt="Liegenschaften", Firma="Muster AG", Notiz="x"
        ),
        held(1, "reserviert", "01.07.2026", "", Amt="", Firma="", Notiz=""),
        held(2, "Erbbaurecht", "", "31.12.2050", Amt="", Firma="", Notiz=""),
        held(3, "verkauft", "", "", Amt="", Firma="", Notiz=""),
    ]
    report = bring(register, "occupancies", write_csv(tmp_path / "o.csv", rows))
    assert (report.new, said(report)) == (4, [])
    stored = rows_of(
        register,
        "SELECT numerator, kind, during::text, office, holder, note FROM occupancies o "
        "JOIN parcels p ON p.id = o.parcel_id ORDER BY numerator, during",
    )
    assert stored == [
        (1, "reserved", "[2026-01-01,2026-07-01)", "Liegenschaften", "Muster AG", "x"),
        (1, "reserved", "[2026-07-01,)", "", None, None),
        (2, "ground_lease", "(,2051-01-01)", "", None, None),
        (3, "sold", "(,)", "", None, None),
    ]
    assert bring(register, "occupancies", tmp_path / "o.csv").unchanged == 4


def test_without_any_day_it_holds_for_good(register: Database, tmp_path: Path) -> None:
    rows = [{"flstkennz": parcel_key(1), "Belegung": "Pacht"}]
    assert bring(register, "occupancies", write_csv(tmp_path / "o.csv", rows)).new == 1
    assert rows_of(register, "SELECT kind, during::text FROM occupancies") == [("leased", "(,)")]


FAULTS: list[tuple[list[dict[str, str]], list[tuple[int, str, str]]]] = [
    ([held(1, "reserviert", "01.01.2026", "30.06.2026"), held(1, "reserviert", "30.06.2026")],
     [(3, "von", "overlap")]),
    ([held(1, "reserviert", "01.01.2026", "30.06.2026"), held(1, "reserviert", "01.07.2026")], []),
    ([held(1, "reserviert", "01.01.2026"), held(1, "verkauft", "01.01.2026")], []),
    ([held(1, "Pacht", "01.01.2026"), held(1, "Pacht", "01.02.2026")], []),
    ([held(1, "Pacht", "01.01.2026"), held(1, "verpachtet", "01.01.2026")], [(3, "von", "twice")]),
    ([held(7, "Pacht", "01.01.2026")], [(2, "Flurstückskennzeichen", "unknown-reference")]),
    ([held(1, "vielleicht")], [(2, "Art", "unknown-word")]),
    ([held(1, "")], [(2, "Art", "empty")]),
    ([held(1, "Pacht", "31.02.2026")], [(2, "von", "no-day")]),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), FAULTS)
def test_what_may_stand_together(
    register: Database, tmp_path: Path, rows: list[dict[str, str]], expected: list[tuple[int, str, str]]
) -> None:
    report = bring(register, "occupancies", write_csv(tmp_path / "o.csv", rows))
    assert said(report) == expected
    assert rows_of(register, "SELECT count(*) FROM occupancies") == [(0 if expected else len(rows),)]


def test_reservations_of_the_register_count(register: Database, tmp_path: Path) -> None:
    bring(
        register,
        "occupancies",
        write_csv(tmp_path / "a.csv", [held(1, "reserviert", "01.01.2026", "31.12.2026")]),
    )
    rows = [
        held(1, "reserviert", "31.12.2026"),
        held(2, "reserviert", "01.01.2026"),
        held(1, "Pacht", "01.02.2026"),
    ]
    report = bring(register, "occupancies", write_csv(tmp_path / "b.csv", rows))
    assert said(report) == [(2, "von", "overlap")]
    assert "to 31 Dec 2026" in report.rejects[0].reason.en
    rows[0]["von"] = "01.01.2027"
    assert bring(register, "occupancies", write_csv(tmp_path / "b.csv", rows)).new == 3


def test_records_that_cannot_be_told_apart_are_refused(register: Database, tmp_path: Path) -> None:
    with register.begin(actor="test") as connection:
        connection.execute(
            text(
                "INSERT INTO occupancies (parcel_id, kind, during, source) "
                "SELECT id, 'leased', '[2026-01-01,)', 'hand' FROM parcels, generate_series(1, 2) "
                "WHERE numerator = 1"
            )
        )
    rows = [held(1, "Pacht", "01.01.2026", "31.12.2026")]
    report = bring(register, "occupancies", write_csv(tmp_path / "o.csv", rows))
    assert said(report) == [(2, "von", "stored-twice")]
    assert "2 records" in report.rejects[0].reason.en


def test_occupancies_that_vanished_are_told(register: Database, tmp_path: Path) -> None:
    rows = [held(1, "Pacht", "01.01.2026"), held(2, "verkauft")]
    bring(register, "occupancies", write_csv(tmp_path / "a.csv", rows))
    report = bring(register, "occupancies", write_csv(tmp_path / "b.csv", rows[:1]))
    assert report.gone_keys == (f"{parcel_key(2)} sold ",)
