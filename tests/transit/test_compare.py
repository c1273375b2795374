"""Methods side by side and a feed before and after: counted by hand on a street of three stops."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
import typer
from geoalchemy2.shape import from_shape
from pyproj import Transformer
from sqlalchemy import Connection, insert, text
from typer.testing import CliRunner, Result

from geo_service.db import Database
from geo_service.settings import Settings, get_settings
from geo_service.transit.commands import transit_app
from geo_service.transit.refresh import refresh
from geo_service.transit.service import import_gtfs
from geo_service.vacancies.models import Premises
from tests.transit.feeds import FeedMaker, street

app = typer.Typer()
app.add_typer(transit_app, name="transit")
X, Y = Transformer.from_crs(4326, 25832, always_xy=True).transform(7.4653, 51.5136)


@pytest.fixture
def database(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    database = Database(Settings(database_url=fresh_database_url))
    with database.begin(actor="test") as connection:
        for key, metres in (("L-1", 100), ("L-2", 600), ("L-3", 5_000)):
            add_premises(connection, key, metres)
    yield database
    database.engine.dispose()
    get_settings.cache_clear()


def add_premises(connection: Connection, key: str, metres: float) -> None:
    """Add premises south of the stop A, at the west end of the street: A is the nearest stop."""
    connection.execute(
        insert(Premises).values(
            premises_key=key,
            name=key,
            street="Weg",
            house_number="1",
            area_m2=80,
            permitted_uses=["retail"],
            source="test",
            geom=from_shape(shapely.Point(X, Y - metres), srid=25832),
        )
    )


def feed_of(minutes: int, line: str = "U42", kind: int = 0) -> FeedMaker:
    return street("A", "B", "C").line(line, kind).every(minutes, line, ["A", "B", "C"])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["transit", *arguments], env={"COLUMNS": "200"})


def test_new_version_tells_who_rose_and_fell(database: Database, tmp_path: Path) -> None:
    """Every 20 minutes (ARE V: D up to 300 m), then every 10 (IV: C; up to 500 m D), then a stop less."""
    import_gtfs(database, feed_of(20).write(tmp_path, "2025.zip"), "vrr")
    import_gtfs(database, feed_of(10).write(tmp_path, "2026.zip"), "vrr")
    result = run("compare", "--feed", "vrr")
    assert result.exit_code == 0, result.stderr
    assert "before: 2025.zip, counted on 2026-06-02" in result.stdout
    assert "now: 2026.zip, counted on 2026-06-02" in result.stdout
    assert "premises L-1: D -> C" in result.stdout
    found = json.loads(run("compare", "--feed", "vrr", "--json").stdout)
    assert found["counts"]["premises"] == {"rose": 1, "fell": 0, "same": 2}
    assert found["changes"] == [{"kind": "premises", "key": "L-1", "before": "D", "after": "C", "rose": True}]
    import_gtfs(
        database, street("B", "C").line("9", 2).every(10, "9", ["B", "C"]).write(tmp_path, "3.zip"), "vrr"
    )
    fallen = json.loads(run("compare", "--feed", "vrr", "--method", "goat", "--json").stdout)
    assert (fallen["before"]["file_name"], fallen["after"]["file_name"]) == ("2026.zip", "3.zip")
    assert fallen["counts"]["parcel"] == {"rose": 0, "fell": 0, "same": 0}


def test_other_feeds_count_on_both_sides(database: Database, tmp_path: Path) -> None:
    """A train every 10 minutes of another feed gives B anyway: the bus of the feed changes nothing."""
    import_gtfs(database, feed_of(10, "S1", 2).write(tmp_path, "db.zip"), "db")
    import_gtfs(database, feed_of(60).write(tmp_path, "1.zip"), "vrr")
    import_gtfs(database, feed_of(20).write(tmp_path, "2.zip"), "vrr")
    found = json.loads(run("compare", "--feed", "vrr", "--json").stdout)
    assert found["counts"]["premises"] == {"rose": 0, "fell": 0, "same": 3}


def test_grades_of_a_version_stay_with_it(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, feed_of(20).write(tmp_path, "1.zip"), "vrr")
    refresh(database)
    import_gtfs(database, feed_of(10).write(tmp_path, "2.zip"), "vrr")
    refresh(database)
    kept = (
        "SELECT f.file_name, g.category FROM transit_stop_grades g JOIN transit_stops s ON s.id = g.stop_pk "
        "JOIN transit_feeds f ON f.id = s.feed_id WHERE s.name = 'A' ORDER BY 1"
    )
    with database.read() as connection:
        assert [tuple(row) for row in connection.execute(text(kept))] == [("1.zip", "V"), ("2.zip", "IV")]


def test_stored_grades_are_counted_method_by_method(database: Database, tmp_path: Path) -> None:
    """Every 10 minutes: at 100 m ARE C, PTAL 30 / (1.22 * 1.25 + 5.75) = 4.1; at 600 m 30 / 14.9 = 2.0."""
    import_gtfs(database, feed_of(10).write(tmp_path), "vrr")
    for method in ("are", "ptal"):
        refresh(database, method)
    counts = json.loads(run("compare", "--kind", "premises", "--json").stdout)
    assert counts == {"are": {"C": 1, "-": 2}, "ptal": {"0": 1, "1a": 1, "1b": 1}}
    lines = [line.split() for line in run("compare", "--kind", "premises").stdout.splitlines()]
    assert lines == [
        ["method", "grade", "premises"],
        ["are", "C", "1"],
        ["are", "none", "2"],
        ["ptal", "0", "1"],
        ["ptal", "1a", "1"],
        ["ptal", "1b", "1"],
    ]
    with database.read() as connection:
        stored = connection.execute(text("SELECT access_index FROM transit_access WHERE grade = '1b'"))
        assert stored.scalar_one() == pytest.approx(30 / (1.22 * 1.25 + 5.75), abs=0.01)


def test_many_changes_are_cut_and_counted(database: Database, tmp_path: Path) -> None:
    with database.begin(actor="test") as connection:
        for number in range(25):
            add_premises(connection, f"M-{number:02d}", 50)
    import_gtfs(database, feed_of(20).write(tmp_path, "1.zip"), "vrr")
    import_gtfs(database, feed_of(10).write(tmp_path, "2.zip"), "vrr")
    result = run("compare", "--feed", "vrr")
    assert result.stdout.count("premises ") == 20 + 1
    assert "and 6 more: --json lists all." in result.stderr
