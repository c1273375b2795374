"""Importing feeds, grading the register, and what is stored."""

import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from datetime import date
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from geoalchemy2.shape import from_shape
from pyproj import Transformer
from sqlalchemy import Connection, insert, text

from geo_service.city import load_city
from geo_service.db import Database
from geo_service.errors import BadParameter, ImportRejected, NotFound
from geo_service.parcels.models import Parcel
from geo_service.settings import Settings
from geo_service.sites.models import Site
from geo_service.transit import ingest, nearby_queries, queries
from geo_service.transit.grades import asked, stop_table
from geo_service.transit.gtfs import read_gtfs
from geo_service.transit.ingest import FeedReport
from geo_service.transit.methods import known_methods
from geo_service.transit.models import SubjectKind
from geo_service.transit.nearby import answers
from geo_service.transit.refresh import refresh
from geo_service.transit.service import import_gtfs
from geo_service.vacancies.models import Premises
from tests.transit.feeds import TUESDAY, FeedMaker, all_grades, street, write_zip

CITY = load_city("dortmund")


@pytest.fixture
def database(fresh_database_url: str) -> Iterator[Database]:
    database = Database(Settings(database_url=fresh_database_url))
    yield database
    database.engine.dispose()


def number(database: Database, statement: str) -> Any:
    with database.read() as connection:
        return connection.execute(text(statement)).scalar_one()


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def hourly(*stops: str) -> FeedMaker:
    return street(*stops).line("470").every(60, "470", stops).every(60, "470", stops[::-1])


def add_parcel(connection: Connection, key: str, shape: Any) -> int:
    statement = insert(Parcel).values(
        parcel_key=key,
        gemarkung_key="051239",
        gemarkung="Dortmund",
        flur=1,
        numerator=1,
        municipality_key="05913000",
        municipality="Dortmund",
        official_area_m2=5_000,
        source="Test",
        geom=from_shape(shapely.MultiPolygon([shape]), srid=25832),
    )
    return int(connection.execute(statement.returning(Parcel.id)).scalar_one())


# --- import -------------------------------------------------------------------------------------------


def test_first_import_writes_feed_stops_and_departures(database: Database, tmp_path: Path) -> None:
    report = import_gtfs(
        database, hourly("A", "B", "C").write(tmp_path), "test", actor="cli:me", is_demo=True
    )
    assert (report.status, report.new, report.changed, report.unchanged, report.gone) == ("new", 3, 0, 0, 0)
    feed = rows(
        database, "SELECT name, file_name, publisher, source, is_demo, is_current, weekday FROM transit_feeds"
    )
    assert feed == [("test", "feed.zip", "Stadtwerke", "Stadtwerke, GTFS", True, True, date(2026, 6, 2))]
    assert rows(database, "SELECT stop_id, lines, modes FROM transit_stops ORDER BY 1")[1] == (
        "B",
        ["470"],
        ["bus"],
    )
    assert number(database, "SELECT sum(cardinality(departure_s)) FROM transit_departures") == 56
    runs = rows(database, "SELECT kind, actor, counts FROM import_runs")
    assert runs == [("gtfs", "cli:me", {"new": 3, "changed": 0, "unchanged": 0, "gone": 0, "rejected": 0})]
    assert rows(database, "SELECT actor FROM audit WHERE table_name = 'transit_feeds'") == [("cli:me",)]


def test_days_in_the_database_are_the_days_of_service(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, hourly("A", "B").write(tmp_path), "test")
    days = rows(
        database,
        "SELECT n FROM transit_departures, generate_series(0, 27) n WHERE stop_pk = (SELECT min(id) FROM "
        "transit_stops) AND get_bit(days, n) = 1 ORDER BY n",
    )
    assert [day for (day,) in days] == [day for day in range(28) if day % 7 < 5]


def test_same_file_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = hourly("A", "B", "C").write(tmp_path)
    first = import_gtfs(database, path, "test")
    before = rows(database, "SELECT max(id), count(*) FROM transit_departures")
    again = import_gtfs(database, Path(shutil.copy(path, tmp_path / "renamed.zip")), "test")
    assert (again.status, again.new, again.unchanged) == ("unchanged", 0, 3)
    assert again.counts == first.counts
    assert rows(database, "SELECT max(id), count(*) FROM transit_departures") == before
    assert number(database, "SELECT count(*) FROM import_runs") == 1


def test_new_version_becomes_current_and_the_old_one_is_kept(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, hourly("A", "B", "C").write(tmp_path, "1.zip"), "test")
    moved = street("A", "B").stop("D", east_m=1500).line("471").every(60, "471", ["A", "B", "D"])
    report = import_gtfs(database, moved.write(tmp_path, "2.zip"), "test")
    assert (report.status, report.new, report.changed, report.unchanged, report.gone) == (
        "changed",
        1,
        2,
        0,
        1,
    )
    versions = rows(database, "SELECT file_name, is_current, ended_at IS NULL FROM transit_feeds ORDER BY id")
    assert versions == [("1.zip", False, False), ("2.zip", True, True)]
    assert number(database, "SELECT count(*) FROM transit_stops") == 6
    back = import_gtfs(database, tmp_path / "1.zip", "test")
    assert back.status == "changed"
    versions = rows(database, "SELECT file_name, is_current, ended_at IS NULL FROM transit_feeds ORDER BY id")
    assert versions == [("1.zip", True, True), ("2.zip", False, False)]


def by_file(report: FeedReport) -> dict[str, tuple[int, ...]]:
    """Return rows, new, changed, unchanged, gone and rejected of each file."""
    return {file: astuple(rows) for file, rows in report.files.items()}


def test_rows_of_every_file_are_new_changed_unchanged_or_gone(database: Database, tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("1").line("2").line("9")
    early = maker.run("1", ["A", "B", "C"], [28_800, 28_860, 28_920])
    maker.run("1", ["C", "B", "A"], [32_400, 32_460, 32_520])
    maker.run("2", ["A", "C"], [36_000, 36_060])
    maker.more["calendar_dates.txt"] = "service_id,date,exception_type\nwk,20260616,2\n"
    first = import_gtfs(database, maker.write(tmp_path, "1.zip"), "test")
    assert by_file(first) == {
        "agency.txt": (1, 1, 0, 0, 0, 0),
        "stops.txt": (3, 3, 0, 0, 0, 0),
        "routes.txt": (3, 2, 0, 0, 0, 0),  # nothing runs on the third one
        "trips.txt": (3, 3, 0, 0, 0, 0),
        "stop_times.txt": (8, 8, 0, 0, 0, 0),
        "calendar.txt": (1, 1, 0, 0, 0, 0),
        "calendar_dates.txt": (1, 1, 0, 0, 0, 0),
    }
    again = import_gtfs(database, tmp_path / "1.zip", "test")
    assert again.status == "unchanged"
    assert by_file(again) == {
        file: (rows, 0, 0, new, 0, 0) for file, (rows, new, *_) in by_file(first).items()
    }
    assert rows(database, "SELECT count(*) FROM transit_feed_files") == [(7,)]

    maker.tables["stop_times.txt"][0][1] = "07:59:00"  # arrival at A
    maker.tables["trips.txt"][0][4] = "Hafen"
    del maker.tables["trips.txt"][2], maker.tables["stop_times.txt"][6:8]
    maker.run("1", ["B", "C"], [40_000, 40_060])
    maker.tables["stops.txt"][2][1] = "Cäcilienstraße"
    maker.more["calendar_dates.txt"] = "service_id,date,exception_type\nwk,20260617,2\n"
    second = import_gtfs(database, maker.write(tmp_path, "2.zip"), "test")
    assert early == "t0"
    assert by_file(second) == {
        "agency.txt": (1, 0, 0, 1, 0, 0),
        "stops.txt": (3, 0, 1, 2, 0, 0),
        "routes.txt": (3, 0, 0, 1, 1, 0),
        "trips.txt": (3, 0, 2, 1, 0, 0),  # t2 is another trip now
        "stop_times.txt": (8, 0, 3, 5, 0, 0),
        "calendar.txt": (1, 0, 0, 1, 0, 0),
        "calendar_dates.txt": (1, 1, 0, 0, 1, 0),
    }
    back = import_gtfs(database, tmp_path / "1.zip", "test")
    assert (back.status, back.new, back.changed, back.unchanged, back.gone) == ("changed", 0, 2, 1, 0)
    assert by_file(back)["routes.txt"] == (3, 1, 0, 1, 0, 0)
    assert by_file(back)["stop_times.txt"] == (8, 0, 3, 5, 0, 0)


def test_the_same_feed_packed_anew_is_a_version_without_a_changed_row(
    database: Database, tmp_path: Path
) -> None:
    maker = hourly("A", "B", "C")
    import_gtfs(database, maker.write(tmp_path, "1.zip"), "test")
    rewritten = {name: text.replace("\r\n", "\n") for name, text in maker.texts().items()}
    rewritten["stop_times.txt"] = re.sub(r"(?m)(^|,)0(\d:)", r"\1\2", rewritten["stop_times.txt"])
    report = import_gtfs(database, write_zip(tmp_path / "2.zip", rewritten), "test")
    assert report.status == "changed"
    assert {counts[1:3] + counts[4:] for counts in by_file(report).values()} == {(0, 0, 0, 0)}


def test_rejected_rows_are_counted_by_file(database: Database, tmp_path: Path) -> None:
    maker = hourly("A", "B").stop("A")
    maker.tables["stop_times.txt"].append(["t0", "", "", "X", "9", ""])
    report = import_gtfs(database, maker.write(tmp_path), "test")
    assert report.refused
    assert by_file(report)["stops.txt"] == (3, 2, 0, 0, 0, 1)
    assert by_file(report)["stop_times.txt"] == (57, 56, 0, 0, 0, 1)
    repaired = import_gtfs(database, tmp_path / "feed.zip", "test", repair=True)
    assert by_file(repaired) == by_file(report)
    again = import_gtfs(database, tmp_path / "feed.zip", "test", repair=True)
    assert by_file(again)["stop_times.txt"] == (57, 0, 0, 56, 0, 1)


def test_only_rows_for_the_city_are_taken(database: Database, shared_data: Path) -> None:
    """Checked with pandas on the feed itself: what calls at Dortmund's two stations, and what that needs."""
    path = shared_data / "gtfs" / "gtfs_de_fernverkehr_2025-11.zip"
    report = import_gtfs(database, path, "db")
    with zipfile.ZipFile(path) as archive:
        files = {
            name: pd.read_csv(archive.open(f"{name}.txt"), dtype=str)
            for name in ("stops", "trips", "stop_times")
        }
    members = rows(database, "SELECT unnest(member_ids) FROM transit_stops")
    times = files["stop_times"]
    here = times[times.stop_id.isin([stop for (stop,) in members])].trip_id.unique()
    calls = times[times.trip_id.isin(here)]
    trips = files["trips"][files["trips"].trip_id.isin(here)]
    assert (report.files["trips.txt"].new, report.files["trips.txt"].rows) == (len(here), len(files["trips"]))
    assert (report.files["stop_times.txt"].new, report.files["stop_times.txt"].rows) == (
        len(calls),
        len(times),
    )
    assert report.files["routes.txt"].new == trips.route_id.nunique()
    stops = {*calls.stop_id, *(stop for (stop,) in members)}
    parents = files["stops"].set_index("stop_id").parent_station
    assert report.files["stops.txt"].new == len(stops | set(parents.loc[list(stops)].dropna()))


def test_version_of_an_older_program_cannot_be_compared(database: Database, tmp_path: Path) -> None:
    maker = hourly("A", "B")
    import_gtfs(database, maker.write(tmp_path, "1.zip"), "test")
    with database.begin(actor="test") as connection:
        connection.execute(text("DELETE FROM transit_feed_files"))
    maker.run("470", ["A", "B"], [80_000, 80_060])
    report = import_gtfs(database, maker.write(tmp_path, "2.zip"), "test")
    assert (report.unchanged, by_file(report)["trips.txt"]) == (2, (29, 29, 0, 0, 0, 0))
    assert "all rows of this one are counted as new" in report.warnings[-1]


def test_other_name_is_another_feed(database: Database, tmp_path: Path) -> None:
    path = hourly("A", "B").write(tmp_path)
    assert [import_gtfs(database, path, name).status for name in ("vrr", "db")] == ["new", "new"]
    assert number(database, "SELECT count(*) FROM transit_feeds WHERE is_current") == 2


def test_dry_run_writes_nothing(database: Database, tmp_path: Path) -> None:
    report = import_gtfs(database, hourly("A", "B").write(tmp_path), "test", dry_run=True)
    assert (report.status, report.new, report.dry_run) == ("new", 2, True)
    assert number(database, "SELECT count(*) FROM transit_feeds") == 0


def test_all_or_nothing(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_gtfs(database, hourly("A", "B").write(tmp_path, "1.zip"), "test")

    def broken(*_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(ingest, "_copy_departures", broken)
    with pytest.raises(RuntimeError, match="disk full"):
        import_gtfs(database, hourly("A", "B", "C").write(tmp_path, "2.zip"), "test")
    assert rows(database, "SELECT file_name, is_current FROM transit_feeds") == [("1.zip", True)]
    assert number(database, "SELECT count(*) FROM transit_stops") == 2


def test_broken_feed_leaves_the_current_one(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, hourly("A", "B").write(tmp_path, "1.zip"), "test")
    (tmp_path / "2.zip").write_text("no zip")
    with pytest.raises(ImportRejected):
        import_gtfs(database, tmp_path / "2.zip", "test")
    assert rows(database, "SELECT file_name, is_current FROM transit_feeds") == [("1.zip", True)]


def test_feed_of_another_region_needs_to_be_allowed(database: Database, shared_data: Path) -> None:
    path = shared_data / "gtfs" / "cairns_2014.zip"
    with pytest.raises(ImportRejected, match=r"lies in Dortmund and 1,500 m around it.*--allow-outside"):
        import_gtfs(database, path, "cairns")
    report = import_gtfs(database, path, "cairns", allow_outside=True)
    assert report.new == 399
    old, far, *_ = report.warnings
    assert old.startswith("The calendar of the timetable ended on 2014-12-28")
    assert far.startswith("stops.txt: 416 stops are far outside UTM zone 32")


def test_feed_is_clipped_to_the_city_and_its_margin(database: Database, shared_data: Path) -> None:
    path = shared_data / "gtfs" / "gtfs_de_fernverkehr_2025-11.zip"
    report = import_gtfs(database, path, "db")
    assert report.new == 2
    assert import_gtfs(database, path, "db", allow_outside=True).status == "changed"
    assert number(database, "SELECT count(*) FROM transit_stops") == 2 + 529


def test_two_imports_at_once_do_not_mix(database: Database, tmp_path: Path) -> None:
    path = hourly("A", "B").write(tmp_path)
    with database.begin(actor="other") as other:
        other.execute(queries.lock_writing())
        told, waiting = waits(lambda progress: import_gtfs(database, path, "test", progress=progress))
        assert told.get(timeout=60) == "Waiting for another import"
        assert waiting.is_alive()
    waiting.join(60)
    assert number(database, "SELECT count(*) FROM transit_feeds WHERE is_current") == 1


def waits(work: Callable[[Callable[[str, float], None]], Any]) -> tuple[Queue[str], Thread]:
    """Start work in a thread; return where it says that it waits."""
    told: Queue[str] = Queue()

    def progress(what: str, _share: float) -> None:
        if what.startswith("Waiting"):
            told.put(what)

    thread = Thread(target=work, args=(progress,))
    thread.start()
    return told, thread


def test_an_import_waits_for_a_refresh_and_a_refresh_for_an_import(
    database: Database, tmp_path: Path
) -> None:
    import_gtfs(database, hourly("A", "B").write(tmp_path, "1.zip"), "test")
    next_one = hourly("A", "B", "C").write(tmp_path, "2.zip")
    started: list[tuple[Queue[str], Thread]] = []

    def during(what: str, _share: float) -> None:
        if what == "Grading stops" and not started:
            started.append(waits(lambda progress: import_gtfs(database, next_one, "test", progress=progress)))
            assert started[0][0].get(timeout=60) == "Waiting for another import"

    refresh(database, progress=during)
    started[0][1].join(60)
    assert number(database, "SELECT count(*) FROM transit_feeds") == 2
    assert number(database, "SELECT count(*) FROM transit_state WHERE stale") == 1
    with database.begin(actor="other") as other:
        other.execute(queries.lock_writing())
        told, waiting = waits(lambda progress: refresh(database, progress=progress))
        assert told.get(timeout=60) == "Waiting for another import"
    waiting.join(60)
    assert number(database, "SELECT count(*) FROM transit_state WHERE stale") == 0


def test_same_file_imported_meanwhile_by_another_is_unchanged(database: Database, tmp_path: Path) -> None:
    path = hourly("A", "B").write(tmp_path)
    other: list[str] = []

    def progress(what: str, _share: float) -> None:
        if what == "Writing" and not other:
            other.append(import_gtfs(database, path, "test").status)

    report = import_gtfs(database, path, "test", progress=progress)
    assert (other, report.status) == (["new"], "unchanged")
    assert number(database, "SELECT count(*) FROM transit_feeds") == 1


# --- grades -------------------------------------------------------------------------------------------


def test_refresh_without_a_timetable_says_what_to_do(database: Database) -> None:
    with pytest.raises(NotFound, match="geo import gtfs"):
        refresh(database)


def test_refresh_by_an_unknown_method_names_the_known_ones(database: Database) -> None:
    with pytest.raises(BadParameter, match="are, goat, oerok, oevgk18"):
        refresh(database, "swiss")


def test_trap_e_stop_outside_the_city_within_1_km_counts(database: Database, tmp_path: Path) -> None:
    """A train stops 400 m beyond the boundary; the parcel at the boundary is graded by it."""
    edge = CITY.boundary.geoms[0].exterior
    inside, outside = next(
        (a, b)
        for at in np.linspace(0, edge.length, 400)
        for a, b in (offset_points(edge, at, 60.0, 400.0),)
        if CITY.boundary.contains(a.buffer(50)) and CITY.boundary.distance(b) > 350
    )
    maker = FeedMaker().line("S1", 2)
    for stop, point in (("border", outside), ("far", shapely.Point(outside.x + 30_000, outside.y))):
        place(maker, stop, point)
    maker.every(10, "S1", ["border", "far"])
    import_gtfs(database, maker.write(tmp_path), "test")
    with database.begin(actor="test") as connection:
        add_parcel(connection, "05123900100001______", inside.buffer(20))
    refresh(database)
    grade, category, name, distance = rows(
        database,
        "SELECT grade, category, name, distance_m FROM transit_access JOIN transit_stops s ON s.id = stop_pk",
    )[0]
    assert (grade, category, name) == ("C", "III", "border")
    assert distance == pytest.approx(outside.distance(inside.buffer(20)), abs=0.5)


def offset_points(line: Any, at: float, left_m: float, right_m: float) -> tuple[Any, Any]:
    """Return points on both sides of a line."""
    here, there = line.interpolate(at), line.interpolate(at + 1)
    dx, dy = there.x - here.x, there.y - here.y
    return (
        shapely.Point(here.x + dy * left_m, here.y - dx * left_m),
        shapely.Point(here.x - dy * right_m, here.y + dx * right_m),
    )


def place(maker: FeedMaker, stop_id: str, point: Any) -> None:
    lon, lat = Transformer.from_crs(25832, 4326, always_xy=True).transform(point.x, point.y)
    maker.tables["stops.txt"].append([stop_id, stop_id, lat, lon, "", ""])


@pytest.fixture
def city_of_stops(database: Database, tmp_path: Path) -> Database:
    """40 stops of buses and trains in Dortmund and 60 parcels, premises and sites among them."""
    rng = np.random.default_rng(11)
    maker = FeedMaker().line("S1", 2).line("U41", 0)
    points = [(393_000 + 4_000 * x, 5_707_000 + 4_000 * y) for x, y in rng.random((40, 2))]
    for index, point in enumerate(points):
        place(maker, f"s{index:02d}", shapely.Point(point))
        line, gap = (
            (("S1", 10), ("U41", 5))[index % 2] if index % 4 < 2 else (f"b{index}", 5 + 3 * index % 60)
        )
        if line.startswith("b"):
            maker.line(line)
        maker.every(gap, line, [f"s{index:02d}", f"s{(index + 4) % 40:02d}"])
    import_gtfs(database, maker.write(tmp_path), "test")
    with database.begin(actor="test") as connection:
        for index, (x, y) in enumerate(rng.random((60, 2))):
            corner = 392_500 + 5_000 * x, 5_706_500 + 5_000 * y
            shape = shapely.box(*corner, corner[0] + rng.integers(10, 400), corner[1] + rng.integers(10, 400))
            key = f"051239001{index:05d}______"
            add_parcel(connection, key, shape)
            premises = {
                "premises_key": f"L{index}",
                "name": "Laden",
                "street": "Straße",
                "house_number": "1",
                "area_m2": 80,
                "permitted_uses": ["retail"],
                "source": "Test",
                "geom": from_shape(shapely.Point(corner), srid=25832),
            }
            connection.execute(insert(Premises).values(premises))
    return database


def test_stored_answers_equal_postgis(city_of_stops: Database) -> None:
    report = refresh(city_of_stops)
    assert sum(report.subjects["parcel"].values()) == 60
    assert len(report.subjects["parcel"]) >= 3
    for kind, table in (("parcel", "parcels"), ("premises", "premises")):
        assert not rows(city_of_stops, AGAINST_POSTGIS.format(kind=kind, table=table))
    stored = rows(
        city_of_stops,
        "SELECT count(*), count(DISTINCT grade), count(next_grade), count(rail_stop_pk) FROM transit_access",
    )[0]
    assert stored[0] == 120
    assert stored[1] >= 3
    assert stored[2] > 30
    assert stored[3] == 120


AGAINST_POSTGIS = """
WITH pairs AS (
    SELECT p.id, s.id AS stop, g.category, ST_Distance(p.geom, s.geom) AS d, s.modes
    FROM {table} p CROSS JOIN transit_stops s
    JOIN transit_stop_grades g ON g.stop_pk = s.id AND g.method = 'are'
), graded AS (
    SELECT *, CASE
        WHEN d < 300 THEN substr('AABCD', position_of, 1)
        WHEN d <= 500 THEN substr('ABCD-', position_of, 1)
        WHEN d <= 750 THEN substr('BCD--', position_of, 1)
        WHEN d <= 1000 THEN substr('CD---', position_of, 1)
        ELSE '-' END AS grade
    FROM pairs, LATERAL (SELECT array_position(ARRAY['I','II','III','IV','V'], category) AS position_of) p
), best AS (
    SELECT DISTINCT ON (id) id, grade, stop, d FROM graded
    WHERE grade <> '-' ORDER BY id, grade, position_of, d, stop
), near AS (
    SELECT id, min(d) FILTER (WHERE 'rail' = ANY (modes)) AS rail,
           min(d) FILTER (WHERE 'bus' = ANY (modes)) AS bus
    FROM pairs GROUP BY id
)
SELECT a.subject_id, a.grade, b.grade, a.stop_pk, b.stop
FROM transit_access a JOIN near n ON n.id = a.subject_id LEFT JOIN best b ON b.id = a.subject_id
WHERE a.subject_kind = '{kind}' AND a.method = 'are' AND (
    a.grade IS DISTINCT FROM b.grade OR a.stop_pk IS DISTINCT FROM b.stop
    OR abs(a.distance_m - b.d) > 1e-6 OR abs(a.rail_distance_m - n.rail) > 1e-6
    OR abs(a.bus_distance_m - n.bus) > 1e-6)
"""


def test_refresh_twice_gives_the_same_and_methods_stand_side_by_side(city_of_stops: Database) -> None:
    columns = "subject_kind, subject_id, grade, stop_pk, next_stop_pk, bus_stop_pk"
    statement = f"SELECT {columns} FROM transit_access WHERE method = 'are' ORDER BY 1, 2"
    refresh(city_of_stops)
    first = rows(city_of_stops, statement)
    refresh(city_of_stops, "oerok")
    refresh(city_of_stops)
    assert rows(city_of_stops, statement) == first
    counts = rows(city_of_stops, "SELECT method, count(*) FROM transit_access GROUP BY 1 ORDER BY 1")
    assert counts == [("are", 120), ("oerok", 120)]


def test_sites_without_a_place_are_left_out(city_of_stops: Database) -> None:
    with city_of_stops.begin(actor="test") as connection:
        known = from_shape(
            shapely.MultiPolygon([shapely.box(394_000, 5_708_000, 394_100, 5_708_100)]), srid=25832
        )
        for slug, geom, accuracy in (("known", known, 50), ("unknown", None, None)):
            values = {"slug": slug, "name": slug, "summary_de": "", "summary_en": "", "source": "Test"}
            connection.execute(insert(Site).values(**values, geom=geom, geometry_accuracy_m=accuracy))
    report = refresh(city_of_stops)
    assert sum(report.subjects["site"].values()) == 1
    assert report.subjects["plot"] == {}


def test_ended_parcels_are_not_graded(city_of_stops: Database) -> None:
    with city_of_stops.begin(actor="test") as connection:
        connection.execute(text("UPDATE parcels SET valid = daterange(NULL, '2020-01-01') WHERE id % 2 = 0"))
    assert sum(refresh(city_of_stops).subjects["parcel"].values()) == 30


def test_new_version_is_graded_and_grades_of_the_old_stops_stay(
    city_of_stops: Database, tmp_path: Path
) -> None:
    refresh(city_of_stops)
    old = number(city_of_stops, "SELECT count(*) FROM transit_stop_grades")
    import_gtfs(city_of_stops, hourly("A", "B").write(tmp_path, "new.zip"), "test")
    report = refresh(city_of_stops)
    assert report.stops == 2
    assert number(city_of_stops, "SELECT count(*) FROM transit_stop_grades") == old + 2
    nearest = (
        "SELECT DISTINCT s.name FROM transit_access a JOIN transit_stops s ON s.id = a.bus_stop_pk ORDER BY 1"
    )
    assert rows(city_of_stops, nearest) == [("A",), ("B",)]


@pytest.mark.parametrize("method", known_methods())
def test_answer_on_request_equals_the_stored_one(city_of_stops: Database, method: str) -> None:
    refresh(city_of_stops, method)
    columns = ["grade", "category", "stop_pk", "next_grade", "next_stop_pk"]
    columns += [
        f"{family}_{what}" for family in ("rail", "tram", "bus") for what in ("stop_pk", "distance_m")
    ]
    with city_of_stops.read() as connection:
        for kind in SubjectKind:
            stored = connection.execute(
                text("SELECT * FROM transit_access WHERE subject_kind = :kind ORDER BY subject_id LIMIT 8"),
                {"kind": kind.value},
            ).all()
            for row in stored:
                statement = nearby_queries.subject_place(kind, row.subject_id)
                place = shapely.from_wkb(connection.execute(statement).scalar_one())
                (found,), _, _ = answers(connection, place, [asked(method)])
                for column in columns:
                    assert found.access[column] == row._mapping[column], (kind, row.subject_id, column)


# --- stop table ---------------------------------------------------------------------------------------


def test_stop_table_of_a_day_and_window(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, hourly("A", "B", "C").write(tmp_path), "test")
    with database.read() as connection:
        table = stop_table(connection, "test", asked("are", None, TUESDAY))
        assert table[["stop_id", "departures", "total", "headway_min", "category"]].to_numpy().tolist() == [
            ["A", 14, 14, 60.0, "V"],
            ["B", 14, 28, 60.0, "V"],
            ["C", 14, 14, 60.0, "V"],
        ]
        peak = stop_table(connection, "test", asked("are", "07:00-08:00", TUESDAY))
        assert peak.departures.tolist() == [1, 1, 1]
        assert stop_table(connection, "test", asked("are", None, date(2026, 6, 20))).empty


def test_stop_table_explains_what_it_does_not_know(database: Database, tmp_path: Path) -> None:
    with database.read() as connection, pytest.raises(NotFound, match="None is loaded yet: geo import gtfs"):
        stop_table(connection, "test", asked("are"))
    import_gtfs(database, hourly("A", "B").write(tmp_path), "vrr")
    with database.read() as connection:
        with pytest.raises(NotFound, match=r"no feed 'test'\. Known: vrr"):
            stop_table(connection, "test", asked("are"))
        for day in (date(2026, 5, 31), date(2026, 6, 29)):
            with pytest.raises(BadParameter, match="covers 2026-06-01 to 2026-06-28"):
                stop_table(connection, "vrr", asked("are", None, day))


def test_method_of_a_day_that_the_feed_lacks(database: Database, tmp_path: Path) -> None:
    import_gtfs(database, hourly("A", "B").write(tmp_path), "vrr")
    wanted = asked("are")
    sunday = replace(wanted, day_kind="sunday")
    with database.read() as connection, pytest.raises(NotFound, match="no sunday with service"):
        stop_table(connection, "vrr", sunday)


def test_cairns_through_the_database_equals_the_feed(database: Database, shared_data: Path) -> None:
    path = shared_data / "gtfs" / "cairns_2014.zip"
    import_gtfs(database, path, "cairns", allow_outside=True)
    day = date(2014, 6, 4)
    with database.read() as connection:
        table = stop_table(connection, "cairns", asked("are", None, day))
    direct = all_grades(read_gtfs(path), "are", day).sort_values(["stop", "mode_group"])
    columns = ["departures", "total", "headway_min", "category"]
    assert table.stop_id.tolist() == direct.stop.tolist()
    assert table[columns].to_numpy().tolist() == direct[columns].to_numpy().tolist()


def test_all_kinds_of_subjects_have_a_table() -> None:
    assert set(queries.SUBJECTS) == set(SubjectKind)
