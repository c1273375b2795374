import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert, text

import data.demo.load as loading
from data.demo.city import DemoCity, fingerprint
from data.demo.load import STAGES, load_demo, refuse_real_records
from data.demo.provenance import REFERENCE_DATE
from data.demo.timetable import write_timetable
from geo_service import schema
from geo_service.city import CityProfile, load_city
from geo_service.db import Database
from geo_service.errors import Conflict, InvalidInput
from geo_service.settings import Settings

ANOTHER_RUN = """
import hashlib, sys
from pathlib import Path
from data.demo.city import fingerprint, generate
from data.demo.provenance import REFERENCE_DATE
from data.demo.timetable import build_timetable, write_timetable
from geo_service.city import load_city
city = load_city("dortmund")
for name, frame in generate(city).frames.items():
    print(name, fingerprint(frame))
archive = write_timetable(build_timetable(city, REFERENCE_DATE), Path(sys.argv[1]))
print("timetable", hashlib.sha256(archive.read_bytes()).hexdigest())
"""
TABLES = [table for tables in STAGES.values() for table in tables]


@pytest.fixture
def empty(fresh_database_url: str, tmp_path: Path) -> Iterator[Database]:
    database = Database(Settings(database_url=fresh_database_url, home=tmp_path))
    yield database
    database.engine.dispose()


@pytest.fixture
def made(demo: DemoCity, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let loading take the city that is made already; the list tells how often it was made."""
    calls: list[str] = []

    def generate(city: CityProfile, reference_date: date) -> DemoCity:
        assert reference_date == REFERENCE_DATE
        calls.append(city.key)
        return demo

    monkeypatch.setattr(loading, "generate", generate)
    return calls


def contents(database: Database) -> dict[str, str]:
    """A hash over all rows of each table that the demo fills, and of the audit."""
    statement = "SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {} AS t"
    with database.read() as connection:
        return {
            table: str(connection.scalar(text(statement.format(table))))
            for table in [*TABLES, "audit", "import_runs"]
        }


def test_another_process_makes_the_same_city_byte_for_byte(
    demo: DemoCity, feed: object, tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    run = subprocess.run(
        [sys.executable, "-c", ANOTHER_RUN, str(tmp_path / "other.zip")],
        capture_output=True, check=True, text=True, env=environment,
        cwd=Path(__file__).resolve().parent.parent.parent,
    )  # fmt: skip
    archive = write_timetable(feed, tmp_path / "own.zip")
    expected = {name: fingerprint(frame) for name, frame in demo.frames.items()}
    expected["timetable"] = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert dict(line.split() for line in run.stdout.splitlines()) == expected


def test_a_fingerprint_sees_every_change(demo: DemoCity) -> None:
    frame = demo.premises
    moved = frame.assign(geom=frame.geometry.translate(0.01, 0))
    renamed = frame.assign(street=frame["street"].replace("Kampstraße", "Kampstr."))
    assert len({fingerprint(frame), fingerprint(moved), fingerprint(renamed)}) == 3
    assert fingerprint(frame) == fingerprint(frame.copy())


def test_loading_twice_changes_nothing(
    empty: Database, city: CityProfile, demo: DemoCity, made: list[str]
) -> None:
    told: list[tuple[str, float]] = []
    first = load_demo(empty, city, lambda what, share: told.append((what, share)))
    assert first.written == {name: len(frame) for name, frame in demo.frames.items()}
    assert first.new == sum(len(frame) for frame in demo.frames.values())
    assert first.reused == ()
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    before = contents(empty)
    second = load_demo(empty, city)
    assert (second.new, second.reused) == (0, tuple(STAGES))
    assert contents(empty) == before
    assert made == ["dortmund"]


def test_what_was_loaded_is_what_was_made(
    empty: Database, city: CityProfile, demo: DemoCity, made: list[str]
) -> None:
    load_demo(empty, city)
    assert made
    with empty.read() as connection:
        ask = connection.scalar
        assert ask(text("SELECT count(*) FROM premises")) == 200
        vacant = text("SELECT count(DISTINCT premises_id) FROM vacancies WHERE during @> CAST(:day AS date)")
        assert ask(vacant, {"day": REFERENCE_DATE}) == 70
        area = float(demo.parcels.geometry.area.sum())
        assert ask(text("SELECT sum(area_m2) FROM parcels")) == pytest.approx(area)
        unplaced = text(
            "SELECT w.name FROM winners w JOIN contest_rounds r ON r.id = w.round_id "
            "LEFT JOIN placements p ON p.winner_id = w.id "
            "WHERE r.slug = 'anstoss-2023-10' AND p.id IS NULL"
        )
        assert connection.scalars(unplaced).all() == ["Demo-Konzept Klangatelier"]
        lost = text(
            "SELECT count(*) FROM premises p LEFT JOIN parcels f ON f.id = p.parcel_id "
            "WHERE f.id IS NULL OR NOT ST_Contains(f.geom, p.geom)"
        )
        assert ask(lost) == 0
        assert ask(text("SELECT count(*) FROM sites WHERE geom IS NULL")) == 3
        assert ask(text("SELECT count(*) FROM audit WHERE actor = 'geo demo'")) > 0
        for table in TABLES:
            if "is_demo" in schema.metadata.tables[table].columns:
                stated = table in {"sites", "phases", "milestones"}
                invented = text(f"SELECT bool_and(is_demo) FROM {table}")
                assert ask(invented) is not stated, table


def test_a_start_that_was_cut_off_goes_on(
    empty: Database, city: CityProfile, demo: DemoCity, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = loading._write_stage

    def fail_at_plots(*arguments: object) -> dict[str, int]:
        if arguments[1] == "sites":
            write(*arguments)  # type: ignore[arg-type]  # handed on as they came
            raise KeyboardInterrupt
        return write(*arguments)  # type: ignore[arg-type]  # as above

    monkeypatch.setattr(loading, "_write_stage", fail_at_plots)
    with pytest.raises(KeyboardInterrupt):
        load_demo(empty, city)
    monkeypatch.setattr(loading, "_write_stage", write)
    with empty.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sites")) == 0
        assert connection.scalar(text("SELECT count(*) FROM parcels")) == len(demo.parcels)
    report = load_demo(empty, city)
    assert report.reused == ("districts", "parcels", "restrictions", "buildings", "occupancies")
    assert set(report.written) == {
        table for stage in ("sites", "premises", "contest", "inquiries") for table in STAGES[stage]
    }
    assert made == ["dortmund", "dortmund"]


def test_the_demo_does_not_mix_with_real_records(
    empty: Database, city: CityProfile, demo: DemoCity, made: list[str]
) -> None:
    real = demo.districts.iloc[0]
    with empty.begin(actor="test") as connection:
        connection.execute(
            insert(schema.District).values(
                key="amtlich",
                name="Amtlich",
                source="Stadt",
                is_demo=False,
                geom=f"SRID=25832;{real['geom'].wkt}",
            )
        )
    refused = r"districts holds 1 real records.*GEO_HOME"
    with pytest.raises(Conflict, match=refused):
        refuse_real_records(empty)
    with pytest.raises(Conflict, match=refused):
        load_demo(empty, city)
    with empty.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM districts")) == 1
        assert connection.scalar(text("SELECT count(*) FROM import_runs")) == 0
    assert made


def test_a_city_without_facts_has_no_demo(empty: Database) -> None:
    with pytest.raises(InvalidInput, match="no demo of Hellenthal"):
        load_demo(empty, load_city("hellenthal"))
