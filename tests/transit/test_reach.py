"""Travel times stored for all places: equal to a plain search over the feed's own files."""

import math
import warnings
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import insert, text

from data.demo.provenance import REFERENCE_DATE
from data.demo.timetable import build_timetable, write_timetable
from data.demo.transit import FEED_NAME
from geo_service.city import load_city
from geo_service.db import Database
from geo_service.errors import BadParameter, InvalidInput, NotFound
from geo_service.geometry import from_wgs84
from geo_service.settings import Settings
from geo_service.sites.models import Site
from geo_service.transit import queries
from geo_service.transit.destinations import Destination, load_destinations, read_destinations
from geo_service.transit.gtfs import ReadOptions, read_gtfs
from geo_service.transit.gtfs_patterns import TIME
from geo_service.transit.journeys import Rules
from geo_service.transit.reach_search import RULES, Search, read_timetable
from geo_service.transit.reach_service import reach_window, refresh_reach
from geo_service.transit.service import import_gtfs
from geo_service.transit.windows import Window
from tests.transit.feeds import FeedMaker, street
from tests.transit.test_journeys import Run, earliest, journey, summary
from tests.transit.test_service import add_parcel, waits

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what gtfs_kit's own imports warn of
    import gtfs_kit

CITY = load_city("dortmund")
HBF = (392_960.0, 5_708_270.0)
"""Near Dortmund Hbf, EPSG:25832."""
Changes = dict[int, dict[int, int]]
"""Seconds on foot from stop to stop."""
DATA = Path(__file__).resolve().parents[3] / "shared/data/gtfs"


@pytest.fixture
def database(fresh_database_url: str) -> Iterator[Database]:
    database = Database(Settings(database_url=fresh_database_url))
    yield database
    database.engine.dispose()


def rows(database: Database, statement: str) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(text(statement)))


def hbf_line() -> FeedMaker:
    """A line every 10 minutes from 3.5 km west of Hbf to it, and one stop without a line home."""
    maker = FeedMaker().stop("Hbf", "Hbf").stop("West", "West", east_m=-3_500).line("U1", kind=0)
    start = 6 * 3600
    while start < 10 * 3600:
        maker.run("U1", ["West", "Hbf"], [start, start + 480])
        maker.run("U1", ["Hbf", "West"], [start + 120, start + 600])
        start += 600
    texts = maker.tables["stops.txt"]
    for row in texts:
        row[2], row[3] = 51.516890, float(str(row[3])) - 7.4653 + 7.459592
    return maker


def at(database: Database, stop: str) -> tuple[float, float]:
    statement = f"SELECT ST_X(geom) AS x, ST_Y(geom) AS y FROM transit_stops WHERE stop_id = '{stop}'"
    (row,) = rows(database, statement)
    return row.x, row.y


# --- stored ----------------------------------------


def test_times_of_a_parcel_beside_a_stop_drawn_by_hand(database: Database, tmp_path: Path) -> None:
    """Beside the stop (0 s on foot) rides leave at :00, :10, ... and take 8 minutes to Hbf, 0 s on foot.

    Leaving at :00 takes 8, :01 17, :02 16, ... :09 9 minutes: the fifth of ten is 12, the ninth 16.
    """
    import_gtfs(database, hbf_line().write(tmp_path), "test")
    x, y = at(database, "West")
    with database.begin("test") as connection:
        near = add_parcel(connection, "051239001000010000__", shapely.box(x - 50, y - 50, x + 50, y + 50))
        far = add_parcel(connection, "051239001000020000__", shapely.box(x, y + 15_000, x + 50, y + 15_050))
    report = refresh_reach(database)
    assert (report.window, report.runs, report.subjects["parcel"]) == ("07:00-09:00", 48, 2)
    stored = rows(database, "SELECT * FROM transit_reach WHERE destination = 'hbf' ORDER BY subject_id")
    assert [row.subject_id for row in stored] == [near, far]
    first, second = stored
    assert (first.median_s, first.p90_s, first.share, first.changes) == (12 * 60, 16 * 60, 1.0, 0)
    assert first.walk_s == pytest.approx(3_450 * RULES.detour / 80 * 60, rel=0.02)
    assert (second.median_s, second.p90_s, second.changes) == (None, None, None)


def test_other_windows_stay_and_the_same_window_is_replaced(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, hbf_line().write(tmp_path), "test")
    with database.begin("test") as connection:
        add_parcel(connection, "051239001000010000__", shapely.box(390_000, 5_708_000, 390_050, 5_708_050))
    for window in ("07:00-09:00", "07:00-08:00", "07:00-09:00"):
        refresh_reach(database, window)
    counted = rows(
        database,
        "SELECT r.window_to_s, count(*) AS n FROM transit_reach JOIN transit_reach_runs r ON r.id = run_id "
        "GROUP BY 1 ORDER BY 1",
    )
    assert [(row.window_to_s, row.n) for row in counted] == [(8 * 3600, 4), (9 * 3600, 4)]


def test_isochrones_of_a_site_grow_and_hold_the_stop_that_is_reached(
    database: Database, tmp_path: Path
) -> None:
    import_gtfs(database, hbf_line().write(tmp_path), "test")
    x, y = at(database, "West")
    shape = shapely.MultiPolygon([shapely.box(x - 20, y - 20, x + 20, y + 20)])
    with database.begin("test") as connection:
        connection.execute(
            insert(Site).values(
                slug="west", name="West", summary_de="-", summary_en="-", phase="planning", source="Test",
                geometry_accuracy_m=5,
                geom=from_shape(shape, srid=25832),
            )
        )  # fmt: skip
    refresh_reach(database)
    found = rows(database, "SELECT minutes, ST_AsText(geom) AS shape FROM transit_isochrones ORDER BY 1")
    assert [row.minutes for row in found] == [15, 30, 45]
    areas = [shapely.from_wkt(row.shape) for row in found]
    assert all(smaller.difference(larger).area < 1 for smaller, larger in pairwise(areas))
    hbf = shapely.Point(at(database, "Hbf"))
    left_m = 3 * 80 / RULES.detour  # the median to the stop is 12 minutes
    assert areas[0].covers(hbf.buffer(left_m - 1))
    assert not areas[0].covers(hbf.buffer(left_m + 1))


# --- against a plain search over the feed ----------------------------------------


def compare(database: Database, name: str, destination: Destination, window: Window, seed: int) -> None:
    """Compare 12 places with the plain search, whose runs come from the patterns of the database."""
    with database.read() as connection:
        feeds = connection.execute(queries.kept_feeds(name)).all()
        timetable = read_timetable(connection, feeds, window)
    random = np.random.default_rng(seed)
    calls, xy = timetable.calls, timetable.xy
    runs: dict[int, Run] = {}
    for number in range(len(calls.run)):
        call = (calls.stop, calls.arrival_s, calls.departure_s, calls.boards, calls.alights)
        runs.setdefault(int(calls.run[number]), []).append(tuple(int(v[number]) for v in call))  # type: ignore[arg-type]
    served = np.unique(calls.stop)
    near = xy[random.choice(served, 12)] + random.uniform(-300, 300, (12, 2))
    places = np.asarray(shapely.points(near))
    search = Search(timetable, window, [destination])
    ((key, (times, walk, _)),) = search.times(places).items()
    assert key == destination.key
    point = from_wgs84(shapely.Point(destination.lon, destination.lat))
    egress, changes = ways((point.x, point.y), xy), straight(xy, RULES)
    reached = 0
    for place, spot in enumerate(near):
        taken = []
        for start in range(window.start_s, window.end_s, 60):
            rounds = earliest_indexed(list(runs.values()), changes, RULES, ways(spot, xy), start)
            arrival, rides = journey(rounds, egress)
            taken.append(min((arrival - start, rides), (float(walk[place]), 0)))
        figures = (times.median_s, times.p90_s, times.share, times.changes)
        got = tuple(None if math.isnan(figure[place]) else float(figure[place]) for figure in figures)
        assert got == summary(taken, RULES.max_travel_s)
        reached += got[0] is not None and got[3] is not None
    assert reached >= 3  # by vehicles, not only on foot


def ways(spot: Any, xy: Any) -> dict[int, int]:
    """Seconds on foot to the stops in reach."""
    found = {}
    for stop, place in enumerate(xy):
        gap = math.dist(spot, place)
        if gap <= RULES.access_m:
            found[stop] = math.ceil(round(60 * gap * RULES.detour / RULES.walking_m_per_min, 6))
    return found


def straight(xy: Any, rules: Rules) -> Changes:
    """Seconds on foot from each stop to those within reach of a change, by straight lines."""
    found: Changes = {}
    for stop, place in enumerate(xy):
        gaps = np.hypot(*(xy - place).T)
        found[stop] = {
            int(other): math.ceil(round(60 * gaps[other] * rules.detour / rules.walking_m_per_min, 6))
            for other in np.flatnonzero(gaps <= rules.footpath_m)
        }
    return found


def earliest_indexed(
    runs: list[Run], changes: Changes, rules: Rules, access: dict[int, int], start: int
) -> list[dict[int, int]]:
    """Do as `earliest`, one boarding per run and round; the ways between stops are given."""
    ready = {stop: start + walk for stop, walk in access.items()}
    rounds = []
    for _ in range(rules.max_changes + 1):
        reached: dict[int, int] = {}
        for run in runs:
            aboard = False
            for stop, arrives, leaves, boards, alights in run:
                if aboard and alights:
                    reached[stop] = min(reached.get(stop, arrives), arrives)
                aboard = aboard or (bool(boards) and ready.get(stop, math.inf) <= leaves)
        rounds.append(reached)
        ready = {}
        for stop, arrives in reached.items():
            for other, walk in changes[stop].items():
                at_stop = arrives + max(rules.change_s, walk)
                ready[other] = min(ready.get(other, at_stop), at_stop)
        if not ready:
            break
    return rounds


def test_both_plain_searches_agree() -> None:
    xy = np.array([(0.0, 0.0), (2_000.0, 0.0), (2_300.0, 0.0), (9_000.0, 0.0)])
    runs: list[Run] = [
        [(0, 600, 600, True, True), (1, 900, 930, True, True), (0, 1_000, 1_000, True, True)],
        [(2, 1_300, 1_300, True, True), (3, 1_500, 1_500, True, True)],
        [(2, 1_200, 1_200, False, True), (3, 1_300, 1_300, True, True)],
    ]
    rules = Rules(60.0, 1.0, max_changes=2)
    one = earliest(runs, xy, rules, {0: 10}, 500)
    other = earliest_indexed(runs, straight(xy, rules), rules, {0: 10}, 500)
    assert one[: len(other)] == other
    assert one[1] == {3: 1_500}


@pytest.fixture(scope="module")
def demo_feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    feed = build_timetable(CITY, REFERENCE_DATE)
    return write_timetable(feed, tmp_path_factory.mktemp("feed") / "demo.zip")


def test_demo_feed_equals_the_plain_search(database: Database, demo_feed: Path) -> None:
    import_gtfs(database, demo_feed, FEED_NAME)
    compare(database, FEED_NAME, load_destinations(CITY)[2], Window(7 * 3600, 7 * 3600 + 600), seed=1)


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real files is absent")
def test_cairns_equals_the_plain_search(database: Database) -> None:
    import_gtfs(database, DATA / "cairns_2014.zip", "cairns", day=date(2014, 6, 4), allow_outside=True)
    city = Destination("city", "Cairns", "Cairns", 145.7753, -16.9226)
    compare(database, "cairns", city, Window(8 * 3600, 8 * 3600 + 600), seed=2)


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real files is absent")
def test_runs_of_cairns_equal_the_files() -> None:
    """The runs of the reference day call as often as the trips of its services do by gtfs_kit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = gtfs_kit.read_feed(DATA / "cairns_2014.zip", dist_units="km")
        trips = set(files.get_trips("20140604").trip_id)
        before = set(files.get_trips("20140603").trip_id)
    times = files.stop_times.sort_values(["trip_id", "stop_sequence"])
    last = times.groupby("trip_id").arrival_time.last()
    night = {trip for trip in before if last[trip] >= "24:00:00"}
    feed = read_gtfs(DATA / "cairns_2014.zip", ReadOptions(day=date(2014, 6, 4)))
    duplicates = feed.counts.get("duplicate trips counted once", 0)
    assert 0 <= len(trips) + len(night) - feed.patterns.runs.sum() <= duplicates
    longest: Any = feed.patterns.sort_values("runs").iloc[-1]
    stored = np.frombuffer(longest.times, TIME).reshape(longest.runs, -1, 2)
    starts = {second for second in stored[:, 0, 1].tolist() if second >= 0}
    given = {
        int(hour) * 3600 + int(minute) * 60 + int(second)
        for trip, group in times[times.trip_id.isin(trips)].groupby("trip_id")
        for hour, minute, second in [group.departure_time.iloc[0].split(":")]
    }
    assert starts <= given


# --- refused ----------------------------------------


@pytest.mark.parametrize(
    ("window", "says"),
    [
        ("01:00-08:00", "at most 6 hours"),
        ("23:00-25:00", "after midnight"),
        ("09:00-07:00", "is no window"),
        ("'; DROP TABLE parcels", "is no window"),
        ("", "is no window"),
    ],
)
def test_windows_that_cannot_be(window: str, says: str) -> None:
    with pytest.raises(BadParameter, match=says):
        reach_window(window)


def test_without_timetable_or_runs_it_says_what_to_do(database: Database, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="geo import gtfs"):
        refresh_reach(database)
    import_gtfs(database, street("A", "B").line("1").every(10, "1", "AB").write(tmp_path), "test")
    with database.begin("test") as connection:
        connection.execute(text("DELETE FROM transit_patterns"))
    with pytest.raises(NotFound, match="Import it again"):
        refresh_reach(database)


def test_it_waits_while_another_writes(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, street("A", "B").line("1").every(10, "1", "AB").write(tmp_path), "test")
    with database.begin("test") as connection:
        connection.execute(queries.lock_writing())
        told, waiting = waits(lambda progress: refresh_reach(database, progress=progress))
        assert told.get(timeout=60) == "Waiting for another import"
    waiting.join(60)
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM transit_reach_runs")).scalar_one() == 1


def test_city_without_destinations() -> None:
    with pytest.raises(InvalidInput, match=r"destinations\.toml"):
        load_destinations(load_city("hellenthal"))


PLACE = '[[destination]]\nkey = "{key}"\nname_de = "a"\nname_en = "a"\nlon = {lon}\nlat = 51\n'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("nonsense", "destinations"),
        ("[other]", "'destination' is missing"),
        ('[[destination]]\nkey = "a"', "'name_de' is missing"),
        (PLACE.format(key="a", lon="true and"), "destinations"),
        (PLACE.format(key="a", lon='"x"'), "could not convert"),
        (PLACE.format(key="A b", lon=7), "'A b'"),
        (PLACE.format(key="a", lon=7) * 2, "given twice"),
        (PLACE.format(key="a", lon=181), "beyond 180"),
        (PLACE.format(key="a", lon="nan"), "beyond 180"),
    ],
)
def test_wrong_files_of_destinations(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "destinations.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=says):
        read_destinations(path)


def test_destinations_of_the_city() -> None:
    found = load_destinations(CITY)
    assert [place.key for place in found] == ["hbf", "city", "university", "airport"]
    hbf = from_wgs84(shapely.Point(found[0].lon, found[0].lat))
    assert hbf.distance(shapely.Point(HBF)) < 600
