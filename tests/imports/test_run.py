"""One import as a whole: all or nothing, twice changes nothing, dry runs, differences, provenance."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, event, text

from geo_service.db import Database
from geo_service.errors import Conflict, InvalidInput
from geo_service.imports import bulk
from geo_service.imports.draft import Draft
from tests.imports.files import (
    bring,
    parcel_key,
    parcel_rows,
    rows_of,
    square,
    table_hash,
    told,
    write_geojson,
)

EVERYTHING = ("parcels", "import_runs", "audit")


def test_a_dry_run_says_the_same_and_writes_nothing(register: Database, tmp_path: Path) -> None:
    bring(register, "parcels", write_geojson(tmp_path / "a.geojson", parcel_rows([1, 2, 3])))
    rows = [*parcel_rows([1]), *parcel_rows([2], lagebeztxt="Neu"), *parcel_rows([4, 5])]
    path = write_geojson(tmp_path / "b.geojson", rows)
    before = table_hash(register, *EVERYTHING)
    rehearsed = bring(register, "parcels", path, dry_run=True)
    assert table_hash(register, *EVERYTHING) == before
    assert (rehearsed.dry_run, rehearsed.written) == (True, False)
    done = bring(register, "parcels", path)
    assert rehearsed.counts == done.counts == {"new": 2, "changed": 1, "unchanged": 1, "rejected": 0}
    assert (rehearsed.gone, rehearsed.gone_keys) == (done.gone, done.gone_keys) == (1, (parcel_key(3),))
    assert rehearsed.changed_fields == done.changed_fields == {"location_text": 1}
    assert table_hash(register, *EVERYTHING) != before


def test_what_is_gone_is_told_and_kept(register: Database, tmp_path: Path) -> None:
    rows = parcel_rows([1, 2, 3])
    elsewhere = {"flstkennz": "05124200100007______", "geometry": square(9)}
    bring(register, "parcels", write_geojson(tmp_path / "a.geojson", [*rows, elsewhere]))
    report = bring(register, "parcels", write_geojson(tmp_path / "b.geojson", rows[:1]))
    assert (report.gone, report.gone_keys) == (2, (parcel_key(2), parcel_key(3)))  # not the other Gemarkung
    assert rows_of(register, "SELECT count(*), count(*) FILTER (WHERE upper_inf(valid)) FROM parcels") == [
        (4, 4)
    ]


def test_ended_and_invented_parcels_are_not_missed(register: Database, tmp_path: Path) -> None:
    rows = parcel_rows([1, 2, 3])
    bring(register, "parcels", write_geojson(tmp_path / "a.geojson", rows))
    with register.begin(actor="test") as connection:
        connection.execute(
            text("UPDATE parcels SET valid = daterange(NULL, '2020-01-01') WHERE parcel_key = :key"),
            {"key": parcel_key(2)},
        )
        connection.execute(
            text("UPDATE parcels SET is_demo = true WHERE parcel_key = :key"), {"key": parcel_key(3)}
        )
    assert bring(register, "parcels", write_geojson(tmp_path / "b.geojson", rows[:1])).gone == 0


def test_every_change_is_one_change(register: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    bring(register, "parcels", write_geojson(path, parcel_rows([1])))
    changes = {
        "gemeinde": ("Dortmund-Mitte", "municipality"),
        "tntxt": ("Wald;400", "actual_use"),
        "flaeche": ("401", "official_area_m2"),
        "aktualit": ("2025-01-01", "source_date"),
        "lagebeztxt": (None, "location_text"),
        "geometry": (square(1, side=19.0), "geom"),
    }
    row = parcel_rows([1])[0]
    for name, (value, column) in changes.items():
        row[name] = value
        write_geojson(path, [row])
        report = bring(register, "parcels", path)
        assert (report.changed, dict(report.changed_fields)) == (1, {column: 1})
        assert bring(register, "parcels", path).unchanged == 1
    stored = rows_of(
        register, "SELECT municipality, actual_use, official_area_m2, location_text, area_m2 FROM parcels"
    )
    assert stored == [("Dortmund-Mitte", "Wald;400", 401.0, "", 361.0)]
    audited = rows_of(
        register, "SELECT actor, action, before FROM audit WHERE table_name = 'parcels' ORDER BY id"
    )
    assert [row[:2] for row in audited] == [("test", "insert"), *[("test", "update")] * 6]
    assert audited[1][2] == {"municipality": "Dortmund"}


def test_one_rejected_row_keeps_all_others_out(register: Database, tmp_path: Path) -> None:
    bring(register, "parcels", write_geojson(tmp_path / "a.geojson", parcel_rows([1])))
    before = table_hash(register, *EVERYTHING)
    rows = [*parcel_rows([1], lagebeztxt="Neu"), *parcel_rows([2]), *parcel_rows([3], flaeche="x")]
    report = bring(register, "parcels", write_geojson(tmp_path / "b.geojson", rows))
    assert report.counts == {"new": 1, "changed": 1, "unchanged": 0, "rejected": 1}
    assert (report.ok, report.written, report.gone) == (False, False, 0)
    assert table_hash(register, *EVERYTHING) == before


def test_a_run_is_recorded_once_per_content(register: Database, tmp_path: Path) -> None:
    first = write_geojson(tmp_path / "a.geojson", parcel_rows([1]))
    second = write_geojson(tmp_path / "b.geojson", parcel_rows([1]))
    second.write_text(second.read_text() + "\n")  # a newer export that says the same
    runs = []
    for path in (first, first, second, second, first):
        bring(register, "parcels", path)
        runs.append(rows_of(register, "SELECT count(*) FROM import_runs")[0][0])
    assert runs == [1, 1, 2, 2, 3]
    newest = rows_of(
        register, "SELECT kind, file_name, actor, counts, length(content_hash) FROM import_runs"
    )[0]
    assert newest == (
        "parcels",
        "a.geojson",
        "test",
        {"new": 1, "changed": 0, "unchanged": 0, "rejected": 0},
        64,
    )


def test_origin_is_the_files_the_persons_or_the_usual_one(register: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    source = "SELECT source, is_demo FROM parcels"
    bring(register, "parcels", write_geojson(path, parcel_rows([1])))
    assert rows_of(register, source) == [("Liegenschaftskataster (ALKIS, vereinfachtes Schema)", False)]
    bring(register, "parcels", write_geojson(path, parcel_rows([1], Quelle="Katasteramt", demo="ja")))
    assert rows_of(register, source) == [("Katasteramt", True)]
    bring(register, "parcels", path, source="Geobasis NRW")
    assert rows_of(register, source) == [("Geobasis NRW", True)]


def test_columns_without_use_are_told(register: Database, tmp_path: Path) -> None:
    report = bring(
        register, "parcels", write_geojson(tmp_path / "a.geojson", parcel_rows([1], Farbe="rot", oid="x"))
    )
    assert [n.text.en for n in report.warnings if n.code == "unknown-columns"] == [
        "Columns that are not used: Farbe"
    ]
    assert "outside-city" not in told(report)


def test_an_unknown_kind_is_refused(register: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="Known: parcels, buildings, restrictions"):
        bring(register, "trees", tmp_path)


def kept_by_the_server(register: Database) -> list[tuple[str, ...]]:
    """Names and definitions of the indexes, keys and references of the parcels."""
    return rows_of(
        register,
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'parcels' UNION "
        "SELECT conname, pg_get_constraintdef(oid) || convalidated FROM pg_constraint "
        "WHERE conrelid = 'parcels'::regclass AND contype IN ('f', 'u') ORDER BY 1, 2",
    )


@pytest.fixture
def statements(register: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement of a test in which three rows are many."""
    monkeypatch.setattr(bulk, "BULK_ROWS", 3)
    heard: list[str] = []

    def hear(_: object, __: object, statement: str, *___: object) -> None:
        heard.append(statement)

    event.listen(register.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(register.engine, "before_cursor_execute", hear)


def test_what_is_built_after_many_rows_is_the_same(
    register: Database, tmp_path: Path, statements: list[str]
) -> None:
    before = kept_by_the_server(register)
    for _ in range(2):  # the second time the table is not empty
        bring(register, "parcels", write_geojson(tmp_path / "a.geojson", parcel_rows(range(1, 10))))
    assert kept_by_the_server(register) == before
    # not the primary key, and the unique key and the reference by constraint
    assert sum("CREATE INDEX" in one for one in statements) == len(before) - 4
    assert sum("UNIQUE (parcel_key)" in one for one in statements) == 1
    assert sum("FOREIGN KEY(district_id)" in one for one in statements) == 1
    bad = parcel_rows(range(20, 30), flaeche="x")
    bring(register, "parcels", write_geojson(tmp_path / "b.geojson", bad))
    assert kept_by_the_server(register) == before


@pytest.mark.parametrize("numbers", [[1, 1], [1, 2, 3, 1]], ids=["few", "many"])
def test_a_key_that_is_there_twice_ends_the_import(
    register: Database,
    tmp_path: Path,
    statements: list[str],
    monkeypatch: pytest.MonkeyPatch,
    numbers: list[int],
) -> None:
    before = kept_by_the_server(register)
    monkeypatch.setattr(Draft, "reject_twice", lambda *_: None)  # as if it came from elsewhere meanwhile
    with pytest.raises(Conflict, match=r"A parcel with this key exists already\. Nothing was written"):
        bring(register, "parcels", write_geojson(tmp_path / "a.geojson", parcel_rows(numbers)))
    assert any("DROP CONSTRAINT" in one for one in statements) == (len(numbers) > 2)
    assert rows_of(register, "SELECT count(*) FROM parcels") == [(0,)]
    assert kept_by_the_server(register) == before


def test_keys_that_others_refer_to_stay() -> None:
    tables = MetaData()
    referred = Table("referred", tables, Column("a", Integer, unique=True), Column("b", Integer, unique=True))
    Table("referring", tables, Column("a", Integer, ForeignKey("referred.a")))
    assert [[column.name for column in key.columns] for key in bulk.own_keys(referred)] == [["b"]]


def test_a_reader_of_the_districts_is_not_waited_for(
    register: Database, tmp_path: Path, statements: list[str]
) -> None:
    before = kept_by_the_server(register)
    with register.read() as reader:
        reader.execute(text("SELECT count(*) FROM districts"))
        bring(register, "parcels", write_geojson(tmp_path / "a.geojson", parcel_rows(range(1, 10))))
    assert not any("FOREIGN KEY" in one for one in statements)
    assert any("CREATE INDEX" in one for one in statements)
    assert rows_of(register, "SELECT count(*) FROM parcels") == [(9,)]
    assert kept_by_the_server(register) == before


def test_progress_goes_forward(register: Database, tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    path = write_geojson(tmp_path / "a.geojson", parcel_rows([1]))
    bring(register, "parcels", path, progress=lambda what, share: seen.append((what, share)))
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert all(what for what, _ in seen)
