"""A timetable that does not cover today counts, and says so."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
import shapely

from geo_service.db import Database
from geo_service.transit import validity as days
from geo_service.transit.answers import place_transit
from geo_service.transit.grades import asked
from geo_service.transit.service import import_gtfs
from tests.transit import test_commands
from tests.transit.feeds import FeedMaker, street
from tests.transit.test_commands import database_url, run  # noqa: F401 - a fixture
from tests.transit.test_service import database  # noqa: F401 - a fixture

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 28)
CASES = [
    (FIRST - timedelta(days=1), "future", ", starts 2026-06-01", "starts on 2026-06-01"),
    (FIRST, "current", "", ""),
    (LAST, "current", "", ""),
    (LAST + timedelta(days=1), "expired", ", expired 2026-06-28", "ended on 2026-06-28"),
]


def hourly() -> FeedMaker:
    return street("A", "B").line("1").every(60, "1", ["A", "B"])


@pytest.mark.parametrize(("today", "state", "listed", "warned"), CASES)
@pytest.mark.usefixtures("database_url")
def test_import_and_list_tell_that_today_is_not_in_the_calendar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, today: date, state: str, listed: str, warned: str
) -> None:
    assert test_commands
    monkeypatch.setattr(days, "today", lambda: today)
    path = hourly().write(tmp_path)
    for _ in range(2):  # a version that is stored already too
        told = json.loads(run("gtfs", str(path), "--name", "vrr", "--json").stdout)["warnings"]
        found = [warning for warning in told if "calendar of the timetable" in warning]
        assert len(found) == bool(warned)
        assert warned in "".join(found)
    assert json.loads(run("transit", "feeds", "--json").stdout)[0]["validity"] == state
    assert f"current{listed}" in run("transit", "feeds").stdout
    assert ("expired" in run("transit", "feeds").stdout) == (state == "expired")


@pytest.mark.parametrize(("today", "state"), [case[:2] for case in CASES])
def test_answers_tell_the_calendar(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    today: date,
    state: str,
) -> None:
    monkeypatch.setattr(days, "today", lambda: today)
    import_gtfs(database, hourly().write(tmp_path), "vrr")
    with database.read() as connection:
        x, y = 393_550.0, 5_708_100.0
        found = place_transit(connection, shapely.Point(x, y), asked("are"))
    (counted,) = found.counted
    assert (counted.first_day, counted.last_day, counted.validity) == (FIRST, LAST, state)
    assert found.evidence is None or found.evidence.calendar == counted
