"""Stations that several timetables have: as if all their lines stood in one."""

import re
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import text
from starlette.testclient import TestClient

from geo_service.app import create_app
from geo_service.db import Database
from geo_service.transit import queries
from geo_service.transit.all_stops import areas_before, graded_stops
from geo_service.transit.answers import place_transit
from geo_service.transit.grades import asked
from geo_service.transit.methods import known_methods
from geo_service.transit.nearby import answers
from geo_service.transit.refresh import refresh
from geo_service.transit.service import import_gtfs
from tests.transit.feeds import FeedMaker
from tests.transit.test_service import add_parcel, database, rows  # noqa: F401 - a fixture among them

Runs = tuple[str, int, tuple[str, ...], float]
"""Line, minutes between two runs each way, stops, and how many minutes after six o'clock the first starts."""
PLACES = {"Markt": 0, "Nord": 500, "Hafen": 1_000, "Zoo": -500, "Klinik": -1_000}
FIRST: list[Runs] = [("470", 20, ("Nord", "Markt", "Zoo"), 0)]
SECOND: list[Runs] = [("480", 20, ("Hafen", "Markt", "Klinik"), 7)]


def feed(lines: list[Runs], prefix: str = "", shift_m: float = 0, *, turned: bool = False) -> FeedMaker:
    """Return a feed whose ids begin with a prefix, with both ways of lines told as 0 and 1 or turned."""
    maker = FeedMaker()
    maker.service("all", "1111111")
    for name in sorted({stop for _, _, stops, _ in lines for stop in stops}):
        maker.stop(prefix + name, name, PLACES[name] + shift_m)
    for line in sorted({line for line, *_ in lines}):
        maker.line(line)
    for line, minutes, stops, offset in lines:
        for way, course in enumerate((stops, stops[::-1])):
            ids = [prefix + stop for stop in course]
            hours = (6 + offset / 60, 24)
            direction = str(1 - way if turned else way)
            maker.every(minutes, line, ids, hours, service="all", direction=direction)
    return maker


def load(database: Database, folder: Path, **feeds: FeedMaker) -> None:  # noqa: F811 - the fixture
    for name, maker in feeds.items():
        import_gtfs(database, maker.write(folder, f"{name}.zip"), name)


def told(database: Database) -> dict[str, Any]:  # noqa: F811 - the fixture
    """Tell what is stored of stops by name, what is answered about a place, and the areas of the classes."""
    refresh(database)
    stored = rows(
        database,
        "SELECT DISTINCT s.name, g.category, g.departures, round(g.headway_min::numeric, 6) FROM "
        "transit_stop_grades g JOIN transit_stops s ON s.id = g.stop_pk "
        "JOIN transit_feeds f ON f.id = s.feed_id AND f.is_current ORDER BY 1",
    )
    x, y = place(database)
    wanted = asked("are")
    with database.read() as connection:
        every = [asked(each) for each in known_methods()]
        near, levels, _ = answers(connection, shapely.Point(x, y + 50), every)
        stops, _ = graded_stops(connection, wanted)
        areas = [(grade, round(area.area, 1)) for grade, area in areas_before(connection, stops, wanted)]
    return {
        "stored": stored,
        "near": [answered(each) for each in near],
        "ptal": levels.levels,
        "areas": areas,
        "stops": list(stops["name"]),
    }


def answered(found: Any) -> tuple[Any, ...]:
    following = found.access["next_stop_pk"]
    return (
        found.access["grade"],
        found.access["category"],
        found.access["next_grade"],
        following and found.stops[following].name,
        sorted((line["line"], line["departures"]) for line in found.evidence[0]["lines"]),
        found.better and found.better.denser and found.better.denser.more_departures,
    )


def place(database: Database) -> tuple[float, float]:  # noqa: F811 - the fixture
    (first, *_) = rows(database, "SELECT ST_X(geom), ST_Y(geom) FROM transit_stops WHERE name = 'Markt'")
    return first[0], first[1]


def end(database: Database, name: str) -> None:  # noqa: F811 - the fixture
    with database.begin("test") as connection:
        connection.execute(queries.end_feed(name))


@pytest.fixture
def together(database: Database, tmp_path: Path) -> dict[str, Any]:  # noqa: F811 - the fixture
    """What is told with both lines in one feed, which is then ended."""
    load(database, tmp_path, one=feed([*FIRST, *SECOND]))
    found = told(database)
    end(database, "one")
    return found


def test_two_feeds_with_a_line_each_are_as_one_with_both(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
    together: dict[str, Any],
) -> None:
    markt = next(row for row in together["stored"] if row[0] == "Markt")
    assert markt[:3] == ("Markt", "IV", 84)  # two lines, 42 each in 14 hours: every 10 minutes
    load(database, tmp_path, a=feed(FIRST), b=feed(SECOND, "b:"))
    assert told(database) == together


def test_the_evidence_names_all_feeds_of_the_station(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    load(database, tmp_path, a=feed(FIRST), b=feed(SECOND, "b:"))
    x, y = place(database)
    with database.read() as connection:
        found = place_transit(connection, shapely.Point(x, y + 50), asked("are"))
    assert found.evidence
    assert (found.evidence.feed.name, [each.feed for each in found.evidence.with_feeds]) == ("a", ["b"])


def test_the_page_names_all_of_them(database: Database, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    load(database, tmp_path, a=feed(FIRST), b=feed(SECOND, "b:"))
    x, y = place(database)
    with database.begin("test") as connection:
        add_parcel(connection, "05123900100001______", shapely.box(x, y + 50, x + 40, y + 90))
        connection.execute(text("UPDATE parcels SET publication_announced_on = '2020-01-01'"))
    with TestClient(create_app(database.settings.model_copy(update={"refresh": False}))) as client:
        page = client.get("/flaechen/05123900100001______", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert re.findall(r"Stadtwerke, GTFS[^<]*", page.text) == ["Stadtwerke, GTFS, b (02.06.2026)"]


def test_a_feed_loaded_twice_counts_once(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
    together: dict[str, Any],
) -> None:
    load(database, tmp_path, a=feed([*FIRST, *SECOND]), b=feed([*FIRST, *SECOND]))
    assert told(database) == together


def test_other_ids_directions_and_places_are_no_other_station(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
    together: dict[str, Any],
) -> None:
    """The second feed has the first line too, tells its directions the other way round and lies 40 m east."""
    load(database, tmp_path, a=feed(FIRST), b=feed([*FIRST, *SECOND], "b:", shift_m=40, turned=True))
    found = told(database)
    assert found["stored"] == together["stored"]
    for one, other in zip(found["near"], together["near"], strict=True):
        assert (*one[:2], *one[4:]) == (*other[:2], *other[4:])
    with database.read() as connection:
        stops, _ = graded_stops(connection, asked("are"))
    middle = rows(database, "SELECT avg(ST_X(geom)) FROM transit_stops WHERE name = 'Markt' AND feed_id > 1")
    assert float(stops.x[stops["name"] == "Markt"].iloc[0]) == pytest.approx(middle[0][0], abs=0.01)


def test_half_of_a_line_in_each_feed_is_one_line(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    """At its end all of a line departs in one direction, whatever number each feed gives it."""
    stops = ("Markt", "Nord")
    load(database, tmp_path, one=feed([("470", 20, stops, 0), ("470", 20, stops, 10)]))
    expected = told(database)
    assert [row[2] for row in expected["stored"]] == [84, 84]
    end(database, "one")
    other = feed([("470", 20, stops, 10)], "b:", turned=True)
    load(database, tmp_path, a=feed([("470", 20, stops, 0)]), b=other)
    assert told(database) == expected


def test_lines_of_one_number_to_different_places_stay_two(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    other = feed([("1", 30, ("Hafen", "Markt", "Klinik"), 0)], "b:")
    load(database, tmp_path, a=feed([("1", 30, ("Nord", "Markt", "Zoo"), 0)]), b=other)
    found = told(database)
    assert next(row for row in found["stored"] if row[0] == "Markt")[2] == 56
    assert found["near"][0][4] == [("1", 28), ("1 (b)", 28)]


def test_two_stops_of_other_ifopt_ids_stay_two(database: Database, tmp_path: Path) -> None:  # noqa: F811
    load(database, tmp_path, a=feed(FIRST, "de:05913:"), b=feed(SECOND, "de:05999:", shift_m=30))
    found = told(database)
    assert [row for row in found["stored"] if row[0] == "Markt"] == [("Markt", "V", 42, 20)]
    assert found["stops"].count("Markt") == 2


def test_the_class_of_a_parcel_is_that_of_one_feed(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    load(database, tmp_path, a=feed(FIRST), b=feed(SECOND, "b:"))
    x, y = place(database)
    with database.begin("test") as connection:
        add_parcel(connection, "05123900100001______", shapely.box(x, y + 50, x + 40, y + 90))
    refresh(database)
    stored = rows(
        database,
        "SELECT t.grade, s.name, n.name, t.next_grade FROM transit_access t "
        "JOIN transit_stops s ON s.id = t.stop_pk LEFT JOIN transit_stops n ON n.id = t.next_stop_pk",
    )
    assert stored == [("C", "Markt", None, None)]
