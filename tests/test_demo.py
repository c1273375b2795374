"""``geo demo`` does not go on with data that its own imports refuse."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from data.demo.transit import import_timetable
from geo_service import demo
from geo_service.city import load_city
from geo_service.db import Database
from geo_service.errors import GeoServiceError, NotFound
from geo_service.settings import Settings
from tests.transit.feeds import street

CITY = load_city("dortmund")


@pytest.fixture
def database(fresh_database_url: str) -> Iterator[Database]:
    database = Database(Settings(database_url=fresh_database_url))
    yield database
    database.engine.dispose()


def test_a_refused_timetable_fails_the_demo_with_its_reason(database: Database, tmp_path: Path) -> None:
    feed = street("A", "B").line("1").every(60, "1", ["A", "B"]).stop("A").write(tmp_path)
    with pytest.raises(GeoServiceError) as caught:
        import_timetable(database, feed, "test")
    assert caught.value.detail == (
        "The timetable of the demo was refused: 1 rows of stops.txt. The first: stops.txt, row 4, field "
        "stop_id: 'A' repeats an earlier stop_id. Remove the row, or give it an id of its own."
    )


def test_streets_are_not_drawn_before_there_are_stops(database: Database) -> None:
    with pytest.raises(NotFound, match="timetable, which is not loaded"):
        demo._fill_streets(database)


def test_refused_streets_fail_the_demo_with_their_reason(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.gpkg"
    gpd.GeoDataFrame({"way_id": ["1"]}, geometry=[shapely.Point(394_000, 5_707_000)], crs=25832).to_file(path)
    monkeypatch.setattr(demo, "demo_streets", lambda *_: None)
    monkeypatch.setattr(demo, "write_streets", lambda *_: path)
    with pytest.raises(GeoServiceError) as caught:
        demo._fill_streets(database)
    assert caught.value.detail == (
        "The streets of the demo were refused: 1 of 1 rows. The first: row 1, field geometry: The geometry "
        "is a Point, a line is needed."
    )
