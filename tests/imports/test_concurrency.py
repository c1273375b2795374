"""Two imports at once, an import that is killed, and people who edit meanwhile."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from geo_service.db import Database
from geo_service.errors import Conflict
from geo_service.imports.report import ImportReport
from tests.imports.files import bring, parcel_key, parcel_rows, rows_of, table_hash, write_geojson

LONGEST_WAIT_S = 30.0


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_WAIT_S
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def waiting_for(register: Database, what: str) -> int:
    """How many sessions of this database wait for a lock of a kind."""
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock' AND wait_event = :what"
    )
    return int(rows_of(register, statement, what=what)[0][0])


def test_imports_of_one_kind_take_turns(register: Database, tmp_path: Path) -> None:
    paths = [
        write_geojson(tmp_path / f"{name}.geojson", parcel_rows(range(1, 200), lagebeztxt=name))
        for name in ("a", "b", "c")
    ]
    reports: list[ImportReport] = []
    errors: list[BaseException] = []

    def work(path: Path) -> None:
        try:
            reports.append(bring(register, "parcels", path))
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(path,)) for path in paths]
    with register.begin(actor="test") as connection:  # holds all of them at the gate
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('geo import parcels', 0))"))
        for thread in threads:
            thread.start()
        wait_until(lambda: waiting_for(register, "advisory") == 3)
    for thread in threads:
        thread.join(LONGEST_WAIT_S)
    assert errors == []
    assert sorted((report.new, report.changed) for report in reports) == [(0, 199), (0, 199), (199, 0)]
    ((many, texts),) = rows_of(register, "SELECT count(*), count(DISTINCT location_text) FROM parcels")
    assert (many, texts) == (199, 1)


def test_imports_of_different_kinds_do_not_wait(register: Database, tmp_path: Path) -> None:
    with register.begin(actor="test") as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('geo import sites', 0))"))
        assert bring(register, "parcels", write_geojson(tmp_path / "a.geojson", parcel_rows([1]))).new == 1


CHILD = """
import sys
from pathlib import Path
from geo_service.db import Database
from geo_service.imports.catalogue import run_import
from geo_service.imports.report import ImportOptions
from geo_service.settings import Settings
database = Database(Settings(database_url=sys.argv[1]))
print(run_import(database, "parcels", Path(sys.argv[2]), ImportOptions()).counts)
"""


def test_a_killed_import_leaves_nothing(register: Database, database_url: str, tmp_path: Path) -> None:
    bring(register, "parcels", write_geojson(tmp_path / "a.geojson", parcel_rows([1])))
    before = table_hash(register, "parcels", "import_runs", "audit")
    rows = [*parcel_rows([1], lagebeztxt="Neu"), *parcel_rows(range(2, 50))]
    path = write_geojson(tmp_path / "b.geojson", rows)
    with register.begin(actor="test") as connection:
        # the update of parcel 1 waits here, in the middle of the import's transaction
        connection.execute(
            text("SELECT 1 FROM parcels WHERE parcel_key = :key FOR UPDATE"), {"key": parcel_key(1)}
        )
        child = subprocess.Popen([sys.executable, "-c", CHILD, database_url, str(path)], cwd=Path.cwd())
        try:
            wait_until(lambda: waiting_for(register, "transactionid") == 1)
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait(LONGEST_WAIT_S)
    assert child.returncode == -signal.SIGKILL
    wait_until(lambda: others_at_work(register) == 0)
    assert table_hash(register, "parcels", "import_runs", "audit") == before
    assert rows_of(register, "SELECT count(*) FROM pg_class WHERE relname = 'import_parcels'") == [(0,)]
    report = bring(register, "parcels", path)
    assert (report.new, report.changed) == (48, 1)


def others_at_work(register: Database) -> int:
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    return int(rows_of(register, statement)[0][0])


def test_records_that_someone_holds_are_a_conflict(register: Database, tmp_path: Path) -> None:
    bring(register, "parcels", write_geojson(tmp_path / "a.geojson", parcel_rows([1])))
    path = write_geojson(tmp_path / "b.geojson", parcel_rows([1], lagebeztxt="Neu"))

    def impatient(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")

    with register.begin(actor="test") as connection:
        connection.execute(text("SELECT 1 FROM parcels FOR UPDATE"))
        event.listen(register.engine, "begin", impatient)
        try:
            with pytest.raises(Conflict, match="Someone else is changing"):
                bring(register, "parcels", path)
        finally:
            event.remove(register.engine, "begin", impatient)
    assert bring(register, "parcels", path).changed == 1


@pytest.mark.parametrize(("step", "stored"), [("_storable", 0), ("_difference", 1)])
def test_a_parcel_added_meanwhile_is_a_conflict_and_not_a_loss(
    step: str, stored: int, register: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geo_service.imports import writing  # noqa: PLC0415 - patched here only

    path = write_geojson(tmp_path / "a.geojson", parcel_rows([1, 2]))
    if stored:
        bring(register, "parcels", write_geojson(tmp_path / "b.geojson", parcel_rows([9])))
    original = getattr(writing, step)

    def slow(*arguments: object) -> object:
        found = original(*arguments)
        with register.engine.begin() as other:  # a person adds parcel 2 between comparison and writing
            other.execute(
                text(
                    "INSERT INTO parcels (parcel_key, gemarkung_key, gemarkung, numerator, municipality_key, "
                    "municipality, source, geom) SELECT :key, '051249', 'x', 2, '', '', 'hand', "
                    "ST_Multi(ST_MakeEnvelope(394000, 5707000, 394010, 5707010, 25832))"
                ),
                {"key": parcel_key(2)},
            )
        return found

    monkeypatch.setattr(writing, step, slow)
    with pytest.raises(Conflict, match="Nothing was written"):
        bring(register, "parcels", path)
    monkeypatch.undo()
    others = f"SELECT source FROM parcels WHERE parcel_key <> '{parcel_key(9)}'"
    assert rows_of(register, others) == [("hand",)]
    report = bring(register, "parcels", path)
    assert (report.new, report.changed) == (1, 1)
