"""Stored answers hold only as long as what they were computed from; a refresh computes just what does not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import text, update
from typer.testing import CliRunner, Result

from geo_service.cli import app
from geo_service.db import Database
from geo_service.errors import BadParameter
from geo_service.imports.report import ImportOptions
from geo_service.parcels.models import Parcel
from geo_service.settings import Settings, get_settings
from geo_service.transit import freshness
from geo_service.transit.reach_service import refresh_reach
from geo_service.transit.refresh import refresh
from geo_service.transit.run_queries import with_places
from geo_service.transit.service import import_gtfs
from geo_service.transit.street_import import import_streets
from geo_service.transit.windows import NAMED_WINDOWS
from tests.transit.feeds import FeedMaker, street
from tests.transit.test_service import add_parcel

STALE = with_places("""
    SELECT p.parcel_key FROM transit_access t JOIN parcels p ON p.id = t.subject_id
      LEFT JOIN transit_state s ON s.method = t.method AND s.time_window = t.time_window
     WHERE t.subject_kind = 'parcel' AND t.method = 'are' AND t.time_window = 'day'
       AND (coalesce(s.stale, true) OR t.place IS DISTINCT FROM PLACE_OF(p.geom))
     ORDER BY 1
""")
KEYS = [f"051239001{number:05d}______" for number in range(1, 5)]


@pytest.fixture
def database(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    database = Database(Settings(database_url=fresh_database_url))
    yield database
    database.engine.dispose()
    get_settings.cache_clear()


def feed(minutes: int = 10) -> FeedMaker:
    """Trams at A and B, on every day of the week."""
    maker = street("A", "B").line("U41", 0)
    maker.service("all", "1111111")
    for course in (["A", "B"], ["B", "A"]):
        maker.every(minutes, "U41", course, (5, 24), service="all")
    return maker


def square(database: Database, east_m: float) -> shapely.MultiPolygon:
    with database.read() as connection:
        row = connection.execute(
            text("SELECT ST_X(geom) AS x, ST_Y(geom) AS y FROM transit_stops WHERE stop_id = 'A'")
        ).first()
    assert row
    corner = row.x + east_m
    return shapely.MultiPolygon([shapely.box(corner, row.y + 50, corner + 40, row.y + 90)])


@pytest.fixture
def graded(database: Database, tmp_path: Path) -> Database:
    """Four parcels in a row, graded."""
    import_gtfs(database, feed().write(tmp_path), "test")
    with database.begin("test") as connection:
        for number, key in enumerate(KEYS):
            add_parcel(connection, key, square(database, 200 * number).geoms[0])
    assert refresh(database).recomputed == 4
    return database


def stale(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(STALE).scalars())


def answers(database: Database) -> list[Any]:
    """All that is stored, but for the moment."""
    with database.read() as connection:
        rows = connection.execute(
            text("SELECT * FROM transit_access ORDER BY method, time_window, subject_kind, subject_id")
        ).mappings()
        return [{name: value for name, value in row.items() if name != "computed_at"} for row in rows]


def move(database: Database, key: str, east_m: float) -> None:
    with database.begin("test") as connection:
        place = from_shape(square(database, east_m), srid=25832)
        connection.execute(update(Parcel).where(Parcel.parcel_key == key).values(geom=place))


def import_street(database: Database, folder: Path, width_m: float) -> None:
    x, y = square(database, 0).geoms[0].exterior.coords[0]
    course = shapely.LineString([(x, y), (x + width_m, y)])
    gpd.GeoDataFrame({"highway": ["footway"]}, geometry=[course], crs=25832).to_file(folder / "way.gpkg")
    import_streets(database, folder / "way.gpkg", ImportOptions())


def test_what_was_just_computed_holds_and_is_not_computed_again(graded: Database) -> None:
    assert stale(graded) == []
    before = answers(graded)
    again = refresh(graded)
    assert (again.recomputed, again.subjects["parcel"]) == (0, {"C": 4})
    assert answers(graded) == before


def test_another_timetable_makes_all_stale(graded: Database, tmp_path: Path) -> None:
    import_gtfs(graded, feed(20).write(tmp_path, "next.zip"), "test")
    assert stale(graded) == KEYS
    assert refresh(graded).recomputed == 4
    assert stale(graded) == []
    import_gtfs(graded, feed().write(tmp_path, "feed.zip"), "test")
    assert stale(graded) == KEYS, "the version before is current again"


def test_streets_make_all_stale(graded: Database, tmp_path: Path) -> None:
    import_street(graded, tmp_path, 900)
    assert stale(graded) == KEYS
    assert refresh(graded).recomputed == 4
    assert stale(graded) == []
    assert {row["walk_kind"] for row in answers(graded)} == {"street_network"}
    import_street(graded, tmp_path, 901)
    assert stale(graded) == KEYS


def test_a_parcel_that_moved_is_stale_and_computed_alone(graded: Database) -> None:
    move(graded, KEYS[1], 5_000)
    assert stale(graded) == [KEYS[1]]
    assert refresh(graded).recomputed == 1
    assert stale(graded) == []
    alone = answers(graded)
    assert refresh(graded, everything=True).recomputed == 4
    assert answers(graded) == alone


def test_a_parcel_moved_by_who_commits_while_it_is_computed_stays_stale(
    graded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any) -> None:
        monkeypatch.undo()
        move(graded, KEYS[2], 5_000)

    monkeypatch.setattr("geo_service.transit.refresh.footways", slow)
    refresh(graded, everything=True)
    assert stale(graded) == [KEYS[2]]


def test_new_and_ended_parcels_come_and_go(graded: Database) -> None:
    with graded.begin("test") as connection:
        connection.execute(
            text("UPDATE parcels SET valid = daterange('2000-01-01', '2001-01-01') WHERE parcel_key = :key"),
            {"key": KEYS[0]},
        )
        add_parcel(connection, "05123900100009______", square(graded, 300).geoms[0])
    report = refresh(graded)
    assert report.recomputed == 1
    assert sum(report.subjects["parcel"].values()) == 4
    assert len(answers(graded)) == 4


def test_another_program_computes_all(graded: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "program_digest", lambda: "another")
    assert refresh(graded).recomputed == 4
    assert refresh(graded).recomputed == 0


def test_windows_stand_side_by_side(graded: Database) -> None:
    for window in NAMED_WINDOWS:
        report = refresh(graded, "are", window)
        assert report.recomputed == (0 if window == "day" else 4)
    with graded.read() as connection:
        counted = connection.execute(
            text("SELECT time_window, count(*) AS stored FROM transit_access GROUP BY 1 ORDER BY 1")
        ).all()
        runs = connection.execute(
            text("SELECT time_window, day_kind, days, window_from_s FROM transit_runs ORDER BY 1")
        ).all()
    assert {row.time_window: row.stored for row in counted} == dict.fromkeys(NAMED_WINDOWS, 4)
    saturday = next(row for row in runs if row.time_window == "saturday")
    assert (saturday.day_kind, saturday.days, saturday.window_from_s) == (
        "saturday", {"test": "2026-06-06"}, 21_600,
    )  # fmt: skip
    assert stale(graded) == []


@pytest.mark.parametrize(("method", "window"), [("are", "06:00-07:00"), ("are", "noon"), ("ptal", "evening")])
def test_windows_that_are_not_stored(graded: Database, method: str, window: str) -> None:
    with pytest.raises(BadParameter) as caught:
        refresh(graded, method, window)
    assert caught.value.extra["parameter"] == "window"


# --- the command ----------------------------------------------------------------------------------------


def transit(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["transit", *arguments], env={"COLUMNS": "200"})


def test_outdated_brings_all_that_is_stored_up_to_date(graded: Database, tmp_path: Path) -> None:
    refresh(graded, "ptal")
    refresh(graded, "are", "evening")
    refresh_reach(graded, "07:00-08:00")
    nothing = json.loads(transit("--outdated", "--json").stdout)
    assert [(report["method"], report["window"], report["recomputed"]) for report in nothing] == [
        ("are", "day", 0), ("are", "evening", 0), ("ptal", "day", 0),
    ]  # fmt: skip
    import_gtfs(graded, feed(20).write(tmp_path, "next.zip"), "test")
    done = json.loads(transit("--outdated", "--json").stdout)
    assert [report["recomputed"] for report in done] == [4, 4, 4]
    with graded.read() as connection:
        states = connection.execute(text("SELECT stale FROM transit_state")).scalars().all()
        reach = connection.execute(text("SELECT stale, shown FROM transit_reach_state")).all()
    assert states == [False] * 3
    assert [tuple(row) for row in reach] == [(False, True)]


def test_a_moved_parcel_outdates_its_travel_times(graded: Database) -> None:
    refresh_reach(graded, "07:00-08:00")
    moment = "SELECT computed_at FROM transit_reach_runs"
    with graded.read() as connection:
        before = connection.execute(text(moment)).scalar_one()
    transit("--outdated")
    with graded.read() as connection:
        assert connection.execute(text(moment)).scalar_one() == before
    move(graded, KEYS[0], 1_000)
    transit("--outdated")
    with graded.read() as connection:
        assert connection.execute(text(moment)).scalar_one() > before


def test_all_methods_and_windows(graded: Database) -> None:
    assert graded
    reports = json.loads(transit("--method", "all", "--json").stdout)
    assert [report["method"] for report in reports] == ["are", "goat", "oerok", "oevgk18", "ptal"]
    windows = json.loads(transit("--window", "all", "--json").stdout)
    assert [report["window"] for report in windows] == list(NAMED_WINDOWS)
    printed = transit("--window", "evening", "--all")
    assert "Grades by are, evening (test on 2026-06-02); 4 computed" in printed.stdout
    refused = transit("--method", "ptal", "--window", "evening")
    assert refused.exit_code == 1
    assert "PTAL has one window" in refused.stderr
