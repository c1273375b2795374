"""Ways on foot in what goes by them: classes by the way, PTAL, travel times, scenarios."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import text
from typer.testing import CliRunner

from geo_service.cli import app
from geo_service.db import Database
from geo_service.geometry import from_wgs84, to_wgs84
from geo_service.imports.report import ImportOptions
from geo_service.settings import Settings, get_settings
from geo_service.transit import scenario_register as register
from geo_service.transit.answers import place_methods, place_transit
from geo_service.transit.destinations import Destination
from geo_service.transit.footways import Footways, walks_in_reach, way_to
from geo_service.transit.grades import asked
from geo_service.transit.methods import known_methods
from geo_service.transit.ptal import PTAL
from geo_service.transit.reach_search import RULES, Search, Timetable, changes_on_foot
from geo_service.transit.refresh import refresh
from geo_service.transit.scenario_effect import before_after
from geo_service.transit.scenario_schemas import ScenarioForm
from geo_service.transit.service import import_gtfs
from geo_service.transit.street_import import import_streets
from geo_service.transit.streets import Streets, entrances
from geo_service.transit.windows import Window
from tests.transit.feeds import street
from tests.transit.street_maker import PlainDijkstra, crooked_grid, streets_of
from tests.transit.test_journeys import Run, calls_of, journey, summary
from tests.transit.test_reach import Changes, earliest_indexed
from tests.transit.test_scenario_effect import CITY
from tests.transit.test_service import add_parcel

FACTOR = RULES.detour
KEY = "051239001000010000__"


def footways(streets: Streets, xy: Any) -> Footways:
    return Footways(streets, entrances(np.asarray(shapely.points(xy), dtype=object), streets))


def told(places: Any, xy: Any, paths: Footways | None, limit_m: float) -> dict[tuple[int, int], Any]:
    walks = walks_in_reach(np.asarray(places, dtype=object), np.asarray(xy, dtype=float), paths, limit_m)
    rows = zip(walks.place, walks.stop, walks.metres, walks.estimated, strict=True)
    return {(int(place), int(stop)): (float(metres), bool(guess)) for place, stop, metres, guess in rows}


# --- which way counts ---------------------------------------------------------------------------------


def test_without_streets_a_way_is_the_straight_line_times_the_factor() -> None:
    stops = [(100.0, 0.0), (100.0 + 1e-6, 1_000.0), (500.0, 0.0)]
    found = told([shapely.Point(0, 0)], stops, None, 400 * FACTOR)
    assert found == {(0, 0): (pytest.approx(100 * FACTOR), True)}


def test_along_streets_where_both_meet_one_else_estimated_pair_by_pair() -> None:
    # 100 m apart, 300 m along the street; the second stop and the second place lie 300 m from every street
    around = streets_of([(0, 0), (0, 100), (100, 100), (100, 0)])
    stops = [(100.0, 0.0), (400.0, 50.0)]
    places = [shapely.Point(0, 0), shapely.Point(-300, 50)]
    found = told(places, stops, footways(around, stops), 600)
    assert found == {
        (0, 0): (pytest.approx(300), False),
        (0, 1): (pytest.approx(math.hypot(400, 50) * FACTOR), True),
        (1, 0): (pytest.approx(math.hypot(400, 50) * FACTOR), True),
    }
    point = shapely.Point(100, 0)
    ways, estimated = way_to(np.array(places, dtype=object), point, footways(around, stops))
    assert estimated.tolist() == [False, True]
    assert ways == pytest.approx([300, math.hypot(400, 50) * FACTOR])


def test_a_way_to_a_point_far_from_every_street_is_estimated() -> None:
    around = streets_of([(0, 0), (0, 100), (100, 100), (100, 0)])
    place = np.array([shapely.Point(0, 0)], dtype=object)
    for paths in (footways(around, [(0.0, 0.0)]), None):
        ways, estimated = way_to(place, shapely.Point(0, 1_000), paths)
        assert (ways.tolist(), estimated.tolist()) == ([pytest.approx(1_000 * FACTOR)], [True])


def test_where_no_way_leads_there_is_none_however_near() -> None:
    banks = streets_of([(0, 0), (100, 0)], [(0, 30), (100, 30)])
    stops = [(50.0, 30.0)]
    assert told([shapely.Point(50, 0)], stops, footways(banks, stops), 5_000) == {}
    way, _ = way_to(
        np.array([shapely.Point(50, 0)], dtype=object), shapely.Point(50, 30), footways(banks, stops)
    )
    assert np.isinf(way).all()


@pytest.mark.parametrize("seed", range(6))
def test_all_ways_equal_plain_dijkstra(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streets = crooked_grid(rng)
    places = [shapely.Point(*rng.uniform(-400, 1_100, 2)) for _ in range(20)]
    stops = rng.uniform(-400, 1_100, (12, 2))
    limit = 700.0
    assert told(places, stops, footways(streets, stops), limit) == plain_ways(streets, places, stops, limit)


def plain_ways(streets: Streets, places: list[Any], stops: Any, limit_m: float) -> dict[Any, Any]:
    points = [shapely.Point(*xy) for xy in stops]
    dijkstra = PlainDijkstra(streets, places, points)
    found = {}
    for stop, point in enumerate(points):
        walked = dijkstra.ways(stop)
        for place, subject in enumerate(places):
            joined = all(min(line.distance(one) for line in streets.lines) <= 250 for one in (subject, point))
            metres = walked.get(place, math.inf) if joined else subject.distance(point) * FACTOR
            if metres <= limit_m:
                found[place, stop] = (pytest.approx(metres, abs=1e-6), not joined)
    return found


# --- travel times -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_travel_times_on_streets_equal_a_plain_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streets = crooked_grid(rng, side=14, mesh_m=220.0)
    xy = rng.uniform(0, 2_800, (30, 2))
    window = Window(7 * 3600, 7 * 3600 + 900)
    runs: list[Run] = []
    for _ in range(300):
        course = rng.choice(30, 4, replace=False)
        times = window.start_s + np.cumsum(rng.integers(60, 500, 4)) + rng.integers(-600, 3_000)
        runs.append([(int(s), int(t), int(t), True, True) for s, t in zip(course, times, strict=True)])
    paths = footways(streets, xy)
    lon, lat = to_wgs84(shapely.Point(1_500, 1_500)).coords[0]
    timetable = Timetable(xy, calls_of(runs), changes_on_foot(xy, paths), len(runs), paths)
    ((times_found, walk_found, estimated),) = (
        Search(timetable, window, [Destination("there", "da", "there", lon, lat)])
        .times(np.array(spots := [shapely.Point(*rng.uniform(0, 2_800, 2)) for _ in range(8)]))
        .values()
    )

    assert not estimated.any()
    there = from_wgs84(shapely.Point(lon, lat))
    access = seconds(plain_ways(streets, [*spots, there], xy, 1_000 * FACTOR))
    points = [shapely.Point(*each) for each in xy]
    changes: Changes = {stop: {stop: 0} for stop in range(len(xy))}
    for (one, other), way in seconds(plain_ways(streets, points, xy, 400 * FACTOR)).items():
        changes[one][other] = 0 if one == other else way
    egress = {stop: way for (place, stop), way in access.items() if place == len(spots)}
    everywhere = PlainDijkstra(streets, spots, [there]).ways(0)
    reached = 0
    for place in range(len(spots)):
        near = {stop: way for (one, stop), way in access.items() if one == place}
        on_foot = on_foot_s(everywhere[place]) if place in everywhere else math.inf
        assert on_foot == (walk_found[place] if walk_found[place] < 1e8 else math.inf)
        taken = []
        for start in range(window.start_s, window.end_s, 60):
            arrival, rides = journey(earliest_indexed(runs, changes, RULES, near, start), egress)
            taken.append(min((arrival - start, rides), (on_foot, 0)))
        figures = (times_found.median_s, times_found.p90_s, times_found.share, times_found.changes)
        got = tuple(None if math.isnan(each[place]) else float(each[place]) for each in figures)
        assert got == summary(taken, RULES.max_travel_s)
        reached += got[3] is not None
    assert reached


def on_foot_s(metres: float) -> int:
    return math.ceil(round(60 * metres / 80, 6))


def seconds(ways: dict[Any, Any]) -> dict[Any, int]:
    return {pair: on_foot_s(metres.expected) for pair, (metres, _) in ways.items()}


# --- stored, and on request ---------------------------------------------------------------------------


@pytest.fixture
def database(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("GEO_DATABASE_URL", fresh_database_url)
    get_settings.cache_clear()
    database = Database(Settings(database_url=fresh_database_url))
    yield database
    database.engine.dispose()
    get_settings.cache_clear()


def at_stop(database: Database) -> tuple[float, float]:
    with database.read() as connection:
        place = "SELECT ST_X(geom), ST_Y(geom) FROM transit_stops WHERE stop_id = 'A'"
        x, y = connection.execute(text(place)).one()
    return x, y


def load(database: Database, folder: Path, *, streets: bool) -> shapely.Polygon:
    """Load a tram at A and B, a parcel 300 m north of A, and a street of 600 m from one to the other."""
    feed = street("A", "B").line("U41", 0)
    for stops in (["A", "B"], ["B", "A"]):
        feed.every(10, "U41", stops, (5, 24))
    import_gtfs(database, feed.write(folder), "test")
    x, y = at_stop(database)
    parcel = shapely.box(x - 20, y + 300, x + 20, y + 340)
    with database.begin("test") as connection:
        add_parcel(connection, KEY, parcel)
    if streets:
        course = shapely.LineString([(x, y), (x - 150, y), (x - 150, y + 300), (x, y + 300)])
        way = gpd.GeoDataFrame({"highway": ["footway"]}, geometry=[course], crs=25832)
        way.to_file(folder / "way.gpkg")
        import_streets(database, folder / "way.gpkg", ImportOptions())
    return parcel


def stored(database: Database) -> dict[str, Any]:
    statement = (
        "SELECT method, grade, access_index, walk_kind, walk_m FROM transit_access "
        "WHERE subject_kind = 'parcel' AND time_window = 'day'"
    )
    with database.read() as connection:
        return {row.method: row for row in connection.execute(text(statement))}


@pytest.mark.parametrize(
    ("streets", "way_m", "grades"),
    [
        (False, 300 * FACTOR, {"are": "D", "oevgk18": "B", "ptal": "1b"}),
        # the parcel is entered 20 m before the end of the street
        (True, 580.0, {"are": "D", "oevgk18": "C", "ptal": "1a"}),
    ],
)
def test_what_is_stored_is_what_is_told_on_request(
    database: Database, tmp_path: Path, streets: bool, way_m: float, grades: dict[str, str]
) -> None:
    parcel = load(database, tmp_path, streets=streets)
    for method in (*known_methods(), PTAL):
        refresh(database, method)
    kept = stored(database)
    assert {method: kept[method].grade for method in grades} == grades
    with database.read() as connection:
        answers = place_methods(connection, parcel, [asked(method) for method in known_methods()])
        told = place_transit(connection, parcel, asked("oevgk18"))
    for each in answers.methods:
        assert each.grade == kept[each.method.key].grade
    assert told.ptal.level == kept[PTAL].grade
    assert told.ptal.access_index == pytest.approx(kept[PTAL].access_index, abs=0.005)
    kind = "street_network" if streets else "detour_factor"
    assert told.stop is not None
    assert told.stop.walking_m == pytest.approx(way_m, abs=1)
    assert told.stop.distance_kind == kind
    assert [route.walking_m for route in told.ptal.routes] == [pytest.approx(way_m, abs=1)]
    assert told.ptal.distance_kind == kind
    assert kept["oevgk18"].walk_kind == kind
    assert kept["oevgk18"].walk_m == pytest.approx(way_m, abs=1)


@pytest.mark.parametrize(("streets", "way_m"), [(False, 300 * FACTOR), (True, 580.0)])
def test_stops_of_a_scenario_tell_their_way(
    database: Database, tmp_path: Path, streets: bool, way_m: float
) -> None:
    parcel = load(database, tmp_path, streets=streets)
    x, y = at_stop(database)
    lon, lat = to_wgs84(shapely.Point(x, y)).coords[0]
    scenario = ScenarioForm.model_validate(
        {
            "key": "train", "name_de": "Bahn", "name_en": "Train",
            "stops": [{"key": "x", "name": "X", "lon": lon, "lat": lat}],
            "lines": [{
                "name": "S9", "mode": "rail", "stops": ["x", "B"],
                "services": [{"window": "05:00-24:00", "headway_min": 10}],
            }],
        }
    )  # fmt: skip
    with database.begin("test") as connection:
        register.create_scenario(connection, scenario, CITY)
    with database.read() as connection:
        known = register.read_scenario(connection, "train", public=False)
        found = before_after(connection, known, asked("are"), parcel)
    assert (found.grade_before, found.grade_after) == ("D", "C")
    assert found.stop_after is not None
    assert found.stop_after.walking_m == pytest.approx(way_m, abs=1)
    assert found.stop_after.distance_kind == ("street_network" if streets else "detour_factor")


def test_reach_command_tells_what_it_stored_and_how_people_walk(database: Database, tmp_path: Path) -> None:
    load(database, tmp_path, streets=True)
    run = CliRunner().invoke(app, ["transit", "reach", "--window", "07:00-08:00", "--json"])
    assert run.exit_code == 0, run.output
    report = json.loads(run.stdout)
    assert report["window"] == "07:00-08:00"
    assert report["subjects"]["parcel"] == 1
    with database.read() as connection:
        row = connection.execute(text("SELECT network_id FROM transit_reach_runs")).one()
    assert row.network_id is not None
    wrong = CliRunner().invoke(app, ["transit", "reach", "--window", "01:00-12:00"])
    assert wrong.exit_code == 1
    assert "at most 6 hours" in wrong.output
