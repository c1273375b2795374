"""A scenario gives the grades that the same lines give as a timetable: the oracle is an import."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from pyproj import Transformer
from sqlalchemy import text

from geo_service.city import load_city
from geo_service.db import Database
from geo_service.errors import Conflict, InvalidInput, NotFound
from geo_service.settings import Settings
from geo_service.transit import scenario_register as register
from geo_service.transit.grades import asked, stop_table
from geo_service.transit.refresh import refresh
from geo_service.transit.scenario_answers import effect_answer
from geo_service.transit.scenario_effect import Effect, before_after, effect_of
from geo_service.transit.scenario_schemas import ScenarioForm
from geo_service.transit.service import import_gtfs
from tests.transit.feeds import FeedMaker, street
from tests.transit.test_service import add_parcel

CITY = load_city("dortmund")
TODAY = date(2026, 11, 20)
TO_METRES = Transformer.from_crs(4326, 25832, always_xy=True)
STORED = """
    SELECT p.parcel_key, t.grade
      FROM parcels p
      JOIN transit_access t ON t.subject_id = p.id AND t.subject_kind = 'parcel'
"""
LON, LAT, EAST_M = 7.4653, 51.5136, 69_300
METHODS = ["are", "goat", "oerok", "oevgk18"]


@pytest.fixture
def database(fresh_database_url: str) -> Iterator[Database]:
    database = Database(Settings(database_url=fresh_database_url))
    yield database
    database.engine.dispose()


def lon_of(place: float) -> float:
    """Longitude of a stop, counted along the street of `feeds.street` in stops of 500 m."""
    return LON + 500 * place / EAST_M


def today_feed() -> FeedMaker:
    """A tram A-B-C every 10 minutes, whose end is C, and a train at B every 20."""
    maker = street("A", "B", "C", "D", "E").line("U1", 0).line("S1", 2).line("470", 3)
    for course in (["A", "B", "C"], ["C", "B", "A"]):
        maker.every(10, "U1", course, (5, 24))
    for course in (["A", "B", "D"], ["D", "B", "A"]):
        maker.every(20, "S1", course, (5, 24))
    for course in (["E", "D"], ["D", "E"]):
        maker.every(60, "470", course, (5, 24))
    return maker


def future_feed() -> FeedMaker:
    """The same with the tram run on to X and Y, a new train line D-X every 15 one way, a stop Z of the S1."""
    maker = street("A", "B", "C", "D", "E").line("U1", 0).line("S1", 2).line("470", 3).line("S9", 2)
    for stop, place in (("x", 6), ("y", 7.4), ("z", 9)):
        maker.stop(stop, east_m=500 * place)
    for course in (["A", "B", "C", "x", "y"], ["y", "x", "C", "B", "A"]):
        maker.every(10, "U1", course, (5, 24))
    for course in (["A", "B", "z", "D"], ["D", "z", "B", "A"]):
        maker.every(20, "S1", course, (5, 24))
    for course in (["E", "D"], ["D", "E"]):
        maker.every(60, "470", course, (5, 24))
    return maker.every(15, "S9", ["D", "x"], (5, 24))


def form(**changes: Any) -> ScenarioForm:
    day = [{"window": "05:00-24:00"}]
    values: dict[str, Any] = {
        "key": "further",
        "name_de": "Weiter",
        "name_en": "Further",
        "stops": [
            {"key": key, "name": key, "lon": lon_of(place), "lat": LAT}
            for key, place in (("x", 6), ("y", 7.4), ("z", 9))
        ],
        "lines": [
            {
                "name": "U1", "mode": "tram", "stops": ["C", "x", "y"], "kind": "prolonged",
                "services": [{**day[0], "headway_min": 10}],
            },
            {
                "name": "S9", "mode": "rail", "stops": ["D", "x"], "both_ways": False,
                "services": [{**day[0], "headway_min": 15}],
            },
            {
                "name": "S1", "mode": "rail", "stops": ["B", "z", "D"], "kind": "existing",
                "services": [{**day[0], "headway_min": 20}],
            },
        ],
    }  # fmt: skip
    return ScenarioForm(**{**values, **changes})


def store(database: Database, scenario: ScenarioForm) -> None:
    with database.begin("test") as connection:
        register.create_scenario(connection, scenario, CITY)


def effect(database: Database, method: str = "are", window: str = "") -> Effect:
    with database.read() as connection:
        scenario = register.read_scenario(connection, "further", public=False)
        return effect_of(connection, scenario, asked(method, window or None), TODAY, public=False)


def square(number: int) -> shapely.Polygon:
    x, y = TO_METRES.transform(lon_of(number / 5), LAT)
    made: shapely.Polygon = shapely.box(x, y + 150, x + 40, y + 190)
    return made


def add_parcels(database: Database) -> list[str]:
    """Squares of 40 m every 100 m along the street and 150 m north of it."""
    keys = []
    with database.begin("test") as connection:
        for number in range(60):
            key = f"051239001{number + 1:05d}______"
            add_parcel(connection, key, square(number))
            keys.append(key)
    return keys


@pytest.mark.parametrize("method", METHODS)
def test_a_scenario_grades_as_the_same_timetable_does(
    database: Database, tmp_path: Path, method: str
) -> None:
    keys = add_parcels(database)
    import_gtfs(database, today_feed().write(tmp_path, "today.zip"), "test")
    store(database, form())
    found = effect(database, method)
    with database.read() as connection:
        scenario = register.read_scenario(connection, "further", public=False)
        by_parcel = {
            key: before_after(connection, scenario, asked(method), square(number))
            for number, key in enumerate(keys)
        }
        before = stop_table(connection, "test", asked(method))
    import_gtfs(database, future_feed().write(tmp_path, "future.zip"), "test")
    refresh(database, method)
    with database.read() as connection:
        table = stop_table(connection, "test", asked(method))
        stored = {key: grade for key, grade in connection.execute(text(STORED))}  # noqa: C416 - rows, not pairs
    ranks = {category: rank for rank, category in enumerate(asked(method).method.categories)}
    for stage, oracle in (("before", before), ("after", table)):
        best = oracle.assign(rank=[ranks.get(name, 99) for name in oracle.category]).sort_values(
            ["rank", "headway_min"], kind="stable"
        )
        best = best.drop_duplicates("stop_id").set_index("stop_id")
        for row in found.served.frame.to_dict("records"):
            if stage == "before" and row["is_new"]:
                assert row["category_before"] is None
                continue
            expected = best.loc[row["stop_id"]]
            assert row[f"category_{stage}"] == expected.category, row
            assert row[f"headway_min_{stage}"] == pytest.approx(expected.headway_min), row
    assert {key: answer.grade_after for key, answer in by_parcel.items()} == stored
    changed = {key for key, answer in by_parcel.items() if answer.grade_before != answer.grade_after}
    assert set(found.parcels.key) == changed
    assert 5 < len(changed) < 60
    assert set(zip(found.parcels.key, found.parcels.after, strict=True)) == {
        (key, stored[key]) for key in changed
    }


def test_the_answer_counts_gains_by_class(database: Database, tmp_path: Path) -> None:
    add_parcels(database)
    import_gtfs(database, today_feed().write(tmp_path, "today.zip"), "test")
    store(database, form())
    answer = effect_answer(effect(database), 3)
    assert (answer.window, answer.day_kind, answer.worse) == ("06:00-20:00", "weekday", 0)
    assert answer.parcels == sum(entry.parcels for entry in answer.by_class) > 3
    assert len(answer.parcel_list) == 3
    assert answer.gross_m2 == pytest.approx(1600 * answer.parcels, rel=1e-3)
    assert (answer.net_m2, answer.net_known) == (None, 0)
    assert {stop.stop_id: stop.is_new for stop in answer.stops} == {
        "B": False, "C": False, "D": False, "x": True, "y": True, "z": True,
    }  # fmt: skip
    at_c = next(stop for stop in answer.stops if stop.stop_id == "C")
    assert (at_c.departures_before, at_c.departures_after) == (84, 84), "one line, not two"


def test_a_day_on_which_nothing_new_runs_changes_nothing(database: Database, tmp_path: Path) -> None:
    add_parcels(database)
    import_gtfs(database, today_feed().write(tmp_path, "today.zip"), "test")
    store(database, form())
    answer = effect_answer(effect(database, window="evening"), 10)
    assert answer.parcels > 0
    only_sunday = form().model_dump(mode="json")
    for line in only_sunday["lines"]:
        line["services"][0]["day_kind"] = "sunday"
    with database.begin("test") as connection:
        register.replace_scenario(connection, "further", ScenarioForm(**only_sunday), CITY, "*")
    answer = effect_answer(effect(database), 10)
    assert (answer.parcels, answer.sites, answer.gross_m2, answer.net_m2) == (0, 0, 0, 0)
    assert {stop.category_after for stop in answer.stops if stop.is_new} == {None}


def test_without_a_timetable_there_is_no_effect(database: Database) -> None:
    lines = [
        {
            "name": "N",
            "mode": "bus",
            "stops": ["x", "y", "z"],
            "services": [{"window": "06:00-20:00", "headway_min": 10}],
        }
    ]
    store(database, form(lines=lines))
    with pytest.raises(NotFound, match="No timetable"):
        effect(database)


def test_a_stop_that_is_gone_is_named(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, today_feed().write(tmp_path, "today.zip"), "test")
    store(database, form())
    import_gtfs(
        database, street("A", "B").line("1").every(60, "1", ["A", "B"]).write(tmp_path, "n.zip"), "test"
    )
    with pytest.raises(Conflict, match="stops at C, D, which no current timetable has"):
        effect(database)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stops": [{"key": "x", "name": "X", "lon": LAT, "lat": LON}]}, "are lon and lat exchanged"),
        ({"lines": ["C", "nowhere"]}, "no stop_id of a current timetable"),
    ],
)
def test_what_cannot_be_is_refused(
    database: Database, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    import_gtfs(database, today_feed().write(tmp_path, "today.zip"), "test")
    service = [{"window": "06:00-20:00", "headway_min": 10}]
    course = change.get("lines", ["C", "x"])
    stops = change.get("stops", [])
    lines = [{"name": "N", "mode": "bus", "stops": course, "services": service}]
    with pytest.raises(InvalidInput, match=words):
        store(database, form(stops=stops, lines=lines))


def test_prolonging_a_line_that_does_not_run_there_is_refused(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, today_feed().write(tmp_path, "today.zip"), "test")
    values = form().model_dump(mode="json")
    values["lines"][0]["name"] = "U9"
    with pytest.raises(InvalidInput, match=r"'U9' is said to be prolonged.*lines there: U1") as caught:
        store(database, ScenarioForm(**values))
    assert caught.value.extra["errors"][0]["pointer"] == "/lines/0/kind"
