"""Several timetables side by side: what one lacks does not keep the others from counting."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import text
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from geo_service.app import create_app
from geo_service.cli import app
from geo_service.db import Database
from geo_service.errors import NotFound
from geo_service.settings import Settings, get_settings
from geo_service.transit import keeping
from geo_service.transit.all_stops import graded_stops
from geo_service.transit.grades import asked, stop_table
from geo_service.transit.refresh import refresh, refresh_outdated
from geo_service.transit.service import import_gtfs
from geo_service.upkeep import RefreshFailed
from tests.transit.feeds import FeedMaker, street
from tests.transit.test_keeping import looking
from tests.transit.test_service import add_parcel, number, rows


@pytest.fixture
def database(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    database = Database(Settings(database_url=fresh_database_url))
    yield database
    database.engine.dispose()
    get_settings.cache_clear()


def bus(minutes: int, *stops: str, days: str = "1111111", hours: tuple[float, float] = (6, 24)) -> FeedMaker:
    """Return a feed with a bus there and back on some days of the week, within some hours."""
    maker = street(*stops).line("470")
    maker.service("some", days)
    for course in (stops, stops[::-1]):
        maker.every(minutes, "470", course, hours, service="some")
    return maker


def stored(database: Database, window: str) -> list[Any]:
    return rows(
        database,
        "SELECT s.stop_id, g.departures FROM transit_stop_grades g JOIN transit_stops s ON s.id = g.stop_pk "
        f"WHERE g.time_window = '{window}' ORDER BY 1",
    )


@pytest.fixture
def weekdays_besides(database: Database, tmp_path: Path) -> Database:
    """A timetable of all days and hours, and one of Monday to Friday, 6 to 19 o'clock."""
    import_gtfs(database, bus(20, "A", "B").write(tmp_path, "all.zip"), "all")
    days = bus(20, "X", "Y", days="1111100", hours=(6, 19))
    import_gtfs(database, days.write(tmp_path, "weekdays.zip"), "weekdays")
    return database


def test_a_timetable_without_such_a_day_counts_nothing_there(weekdays_besides: Database) -> None:
    report = refresh(weekdays_besides, window="saturday")
    assert {name: day and day.isoformat() for name, day in report.feeds.items()} == {
        "all": "2026-06-06",
        "weekdays": None,
    }
    assert stored(weekdays_besides, "saturday") == [("A", 42), ("B", 42)]  # 14 hours, 3 an hour


def test_a_timetable_with_nothing_in_the_window_counts_nothing_there(weekdays_besides: Database) -> None:
    report = refresh(weekdays_besides, window="evening")
    assert all(report.feeds.values())
    assert {stop for stop, _ in stored(weekdays_besides, "evening")} == {"A", "B"}


def test_no_timetable_with_such_a_day_is_an_error(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, bus(20, "X", "Y", days="1111100").write(tmp_path), "weekdays")
    with pytest.raises(NotFound, match="No timetable has a saturday with service"):
        refresh(database, window="saturday")


@pytest.fixture
def failing(weekdays_besides: Database, tmp_path: Path) -> Database:
    """Stored answers of two windows, one of which no timetable has a day for any more; all are outdated."""
    with weekdays_besides.begin("test") as connection:
        x, y = connection.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM transit_stops LIMIT 1")).one()
        add_parcel(connection, "05123900100001______", shapely.box(x, y, x + 40, y + 40))
    for window in ("saturday", "day"):
        refresh(weekdays_besides, window=window)
    import_gtfs(weekdays_besides, bus(30, "A", "B", days="1111100").write(tmp_path, "next.zip"), "all")
    return weekdays_besides


STALE = "SELECT count(*) FROM transit_state WHERE stale"


def test_one_window_that_fails_does_not_stop_the_others(failing: Database) -> None:
    assert number(failing, STALE) == 2
    reports, failed = refresh_outdated(failing)
    assert [(report.method, report.window) for report in reports] == [("are", "day")]
    assert failed == {"are, saturday": "No timetable has a saturday with service."}
    assert number(failing, STALE) == 1


def test_readiness_warns_of_a_refresh_that_keeps_failing(failing: Database) -> None:
    application = create_app(failing.settings.model_copy(update={"refresh": False}))
    seen = application.state.transit_seen
    with TestClient(application) as client:
        assert client.get("/readyz").json()["warnings"] == []
        for _ in range(keeping.FAILING):
            with pytest.raises(RefreshFailed, match="No timetable has a saturday"):
                looking(failing, seen)
        (warning,) = client.get("/readyz").json()["warnings"]
        assert "transit answers: 2 refreshes failed in a row" in warning
        with failing.begin("test") as connection:
            connection.execute(text("DELETE FROM transit_access WHERE time_window = 'saturday'"))
            connection.execute(text("DELETE FROM transit_runs WHERE time_window = 'saturday'"))
        assert looking(failing, seen) is False
        assert client.get("/readyz").json()["warnings"] == []


# --- ending, and feeds for checking only ----------------------------------------------------------------


def states() -> list[tuple[str, int, str]]:
    """Return name, stops and state of what ``geo transit feeds`` lists."""
    told = json.loads(run("feeds", "--json").stdout)
    return [(each["name"], each["stops"], each["state"]) for each in told]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["transit", *arguments], env={"COLUMNS": "200"})


def test_a_feed_can_be_ended_and_taken_up_again(weekdays_besides: Database, tmp_path: Path) -> None:
    assert states() == [("all", 2, "current"), ("weekdays", 2, "current")]
    listed = run("feeds").stdout
    assert "2026-06-01 to 2026-06-28  2      current" in listed
    refresh(weekdays_besides)
    ended = run("end", "weekdays")
    assert ended.exit_code == 0
    assert "Feed weekdays: ended; its versions are kept." in ended.stdout
    assert "Next: geo transit --outdated" in ended.stderr
    assert states() == [("all", 2, "current"), ("weekdays", 2, "ended")]
    assert number(weekdays_besides, STALE) == 1
    assert set(refresh(weekdays_besides).feeds) == {"all"}
    again = run("end", "weekdays")
    assert again.exit_code == 1
    assert "There is no feed 'weekdays'. Known: all." in again.stderr
    report = import_gtfs(weekdays_besides, tmp_path / "weekdays.zip", "weekdays")
    assert (report.status, report.new) == ("changed", 2)
    assert states() == [("all", 2, "current"), ("weekdays", 2, "current")]


def test_without_any_feed_nothing_is_computed(weekdays_besides: Database) -> None:
    refresh(weekdays_besides)
    run("end", "weekdays")
    assert "No timetable counts any more" in run("end", "all").stderr
    assert number(weekdays_besides, STALE) == 1
    assert looking(weekdays_besides) is False


def abroad() -> FeedMaker:
    """Return a feed with all stops in another city."""
    maker = bus(20, "Far", "Away")
    for row in maker.tables["stops.txt"]:
        row[2] = 48.1
    return maker


def test_a_feed_for_checking_changes_no_answer_of_the_city(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, bus(20, "A", "B").write(tmp_path), "city")
    refresh(database)
    report = import_gtfs(database, abroad().write(tmp_path, "far.zip"), "far", allow_outside=True)
    assert report.outside
    assert states() == [("city", 2, "current"), ("far", 2, "current, for checking only")]
    assert number(database, STALE) == 0
    with database.read() as connection:
        stops, days = graded_stops(connection, asked("are"))
        assert (set(stops["name"]), set(days)) == ({"A", "B"}, {"city"})
        assert list(stop_table(connection, "far", asked("are")).departures) == [42, 42]
    again = import_gtfs(database, tmp_path / "far.zip", "far", allow_outside=True)
    assert (again.status, again.outside) == ("unchanged", True)
    run("end", "far")
    back = import_gtfs(database, tmp_path / "far.zip", "far", allow_outside=True)
    assert (back.status, back.outside) == ("changed", True)
    assert states()[1] == ("far", 2, "current, for checking only")


def test_stops_far_away_of_a_feed_of_the_city_are_not_on_its_page(database: Database, tmp_path: Path) -> None:
    maker = bus(20, "A", "B", "Far")
    maker.tables["stops.txt"][2][2] = 48.1
    report = import_gtfs(database, maker.write(tmp_path), "both", allow_outside=True)
    assert not report.outside
    application = create_app(database.settings.model_copy(update={"refresh": False}))
    with TestClient(application) as client:
        page = client.get("/oev", headers={"Accept": "text/html"})
        assert page.status_code == 200
        city = application.state.transit_classes.city
        with database.read() as connection:
            assert set(city(connection, asked("are")).stops["name"]) == {"A", "B"}


# --- a day asked for --------------------------------------------------------------------------------------


def test_a_day_is_asked_of_the_timetables_that_cover_it(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, bus(20, "A", "B").write(tmp_path, "june.zip"), "june")
    later = bus(30, "X", "Y")
    for row in later.tables["calendar.txt"]:
        row[-2:] = ["20260901", "20260930"]
    import_gtfs(database, later.write(tmp_path, "september.zip"), "september")
    application = create_app(database.settings.model_copy(update={"refresh": False}))
    with TestClient(application) as client:

        def ask(day: str) -> Any:
            return client.get("/api/points/transit", params={"lon": 7.4653, "lat": 51.5136, "day": day})

        answer = ask("2026-09-03").json()
        assert [(each["feed"], each["day"]) for each in answer["counted"]] == [
            ("june", None),
            ("september", "2026-09-03"),
        ]
        assert answer["evidence"]["departures"] == 28  # 14 hours, 2 an hour
        assert answer["evidence"]["with_feeds"] == []
        with database.read() as connection:
            assert graded_stops(connection, asked("are", day=date(2026, 9, 3)))[1] == {
                "september": date(2026, 9, 3)
            }
        refused = ask("2026-08-03")
        assert refused.status_code == 400
        assert refused.json()["detail"] == (
            "No timetable covers the day 2026-08-03: june covers 2026-06-01 to 2026-06-28, "
            "september covers 2026-09-01 to 2026-09-30."
        )
