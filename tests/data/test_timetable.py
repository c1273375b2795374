import re
from itertools import pairwise
from pathlib import Path

import gtfs_guru
import gtfs_kit
import pandas as pd
import pytest

from data.demo.facts import Line, read_lines, read_stops
from data.demo.provenance import REFERENCE_DATE
from data.demo.timetable import write_timetable
from geo_service.city import CityProfile, load_city
from geo_service.errors import InvalidInput
from geo_service.transit.methods import load_method
from geo_service.transit.modes import mode_of

MAIN_LINES = {
    "U41": 10, "U42": 10, "U43": 10, "U44": 10, "U45": 10, "U46": 10, "U47": 10, "U49": 10, "HB1": 10,
    "S1": 15, "S2": 30, "S4": 30, "S5": 30, "RE1": 60, "RE3": 60, "RE4": 60, "RE6": 60, "RE11": 60,
}  # fmt: skip
REGIONAL = {"RB32", "RB43", "RB50", "RB51", "RB52", "RB53", "RB59"}
NAMED_BY_THE_DESIGN = (
    "de:05913:1615", "de:05913:243", "de:05913:201", "de:05913:1107", "de:05913:1323", "de:05913:128",
    "de:05913:1287", "de:05913:164", "de:05913:1231", "de:05913:502",
)  # fmt: skip
"""Kokerei Hansa, Huckarde Abzweig, Hafen, Zeche Westhausen, PHOENIX Halle, Dorstfeld Betriebshof,
Unionstraße, Franziusbrücke, Technologiezentrum, Stadion."""
SERVICES = {"weekday": "monday", "saturday": "saturday", "sunday": "sunday"}


@pytest.fixture(scope="module")
def lines(city: CityProfile) -> list[Line]:
    return read_lines(city)


@pytest.fixture(scope="module")
def archive(feed: gtfs_kit.Feed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_timetable(feed, tmp_path_factory.mktemp("feed") / "demo.zip")


@pytest.fixture(scope="module")
def calls(archive: Path) -> pd.DataFrame:
    """Every call of every trip as read back by gtfs_kit, with seconds, line, direction and service days."""
    read = gtfs_kit.read_feed(archive, dist_units="m")
    trips = read.trips.merge(read.routes[["route_id", "route_short_name", "route_type"]])
    frame = read.stop_times.merge(trips).merge(read.calendar).merge(read.stops)
    frame["seconds"] = frame["departure_time"].map(gtfs_kit.timestr_to_seconds)
    frame["is_last"] = frame.groupby("trip_id")["stop_sequence"].transform("max") == frame["stop_sequence"]
    frame["course"] = frame["shape_id"].str.rsplit("-", n=1).str[0]
    ordered: pd.DataFrame = frame.sort_values(["trip_id", "stop_sequence"])
    return ordered


def test_the_line_table_has_the_lines_and_headways_of_the_design(lines: list[Line]) -> None:
    weekday = {line.name: line.headways_min["weekday"] for line in lines if line.course == 1}
    assert {name: weekday[name] for name in MAIN_LINES} == MAIN_LINES
    assert all(weekday[name] in {30, 60} for name in REGIONAL)
    buses = {line.name: weekday[line.name] for line in lines if line.mode == "bus"}
    assert {"477", "445", "451", "X13"} <= set(buses)
    assert all(10 <= headway <= 60 for headway in buses.values())


@pytest.mark.parametrize(
    ("stop", "lines"),
    [
        ("Kokerei Hansa", "X13"),
        ("Huckarde Abzweig", "U45 U47"),
        ("Hafen", "U41 U45 U47 U49"),
        ("Zeche Westhausen", "477"),
        ("PHOENIX Halle", "445 451"),
        ("Dorstfeld Betriebshof", "U42 U43 U44"),
        ("Unionstraße", "U42 U43 U44"),
        ("Technologiezentrum", "HB1"),
        ("Franziusbrücke", "475"),
        ("Stadion", ""),
    ],
)
def test_stops_named_by_the_design_have_its_lines(calls: pd.DataFrame, stop: str, lines: str) -> None:
    served = set(calls.loc[calls["stop_name"] == stop, "route_short_name"])
    assert served
    assert set(lines.split()) <= served


def test_lines_of_the_stops_named_by_the_design_are_all_that_the_station_list_has_of_the_demo(
    calls: pd.DataFrame, lines: list[Line], shared_data: Path
) -> None:
    """Every line of the demo stops where the station list says, at each stop that the design names."""
    listed = pd.read_csv(shared_data / "stops" / "vrr_stations_dortmund.csv", dtype=str, index_col="stop_id")
    demo = {line.name for line in lines}
    for stop_id in NAMED_BY_THE_DESIGN:
        wanted = set(re.sub(r"de:nrw\.de:", "", listed.lines[stop_id]).upper().split(";")) & demo
        assert set(calls.loc[calls["parent_station"] == stop_id, "route_short_name"]) == wanted, stop_id


def test_stadtbahn_lines_of_every_stop_are_those_of_the_station_list(
    calls: pd.DataFrame, shared_data: Path
) -> None:
    listed = pd.read_csv(shared_data / "stops" / "vrr_stations_dortmund.csv", dtype=str)
    wanted = {
        stop_id: {line for line in lines.split(";") if re.fullmatch(r"U\d\d", line)}
        for stop_id, lines in zip(listed["stop_id"], listed["lines"], strict=True)
    }
    trams = calls[calls["route_short_name"].str.fullmatch(r"U\d\d")]
    served = {stop_id: set(own["route_short_name"]) for stop_id, own in trams.groupby("parent_station")}
    assert len(served) > 100
    differing = {
        stop_id: (lines, wanted[str(stop_id)])
        for stop_id, lines in served.items()
        if lines != wanted[str(stop_id)]
    }
    assert differing == {}


def test_stops_lie_where_the_design_says(city: CityProfile) -> None:
    stops = read_stops(city)
    for name, lat, lon in (
        ("Kokerei Hansa", 51.5406, 7.4113),
        ("Huckarde Abzweig", 51.5319, 7.4183),
        ("Hafen", 51.5238, 7.4428),
        ("Zeche Westhausen", 51.5509, 7.3752),
        ("Technologiezentrum", 51.4932, 7.4060),
        ("PHOENIX Halle", 51.4874, 7.4879),
        ("Dorstfeld Betriebshof", 51.5128, 7.4186),
        ("Unionstraße", 51.5129, 7.4498),
        ("Franziusbrücke", 51.5328, 7.4340),
        ("Stadion", 51.4941, 7.4581),
    ):
        assert (stops[name].lat, stops[name].lon) == pytest.approx((lat, lon), abs=1e-4)
    assert all(re.fullmatch(r"de:05913:\d+|delfi:\d+", stop.stop_id) for stop in stops.values())


def test_the_validator_finds_no_error(archive: Path) -> None:
    result = gtfs_guru.validate(str(archive), country_code="DE", date=REFERENCE_DATE.isoformat())
    assert [error.code for error in result.errors()] == []
    assert result.is_valid
    warnings = [notice for notice in result.notices if notice.severity == "WARNING"]
    assert {notice.code for notice in warnings} <= {"route_short_name_too_long", "unexpected_enum_value"}
    extended = [notice for notice in warnings if notice.code == "unexpected_enum_value"]
    assert [notice.field for notice in extended] == ["route_type"], "the extended type of HB1 alone"


def test_the_feed_says_that_it_is_a_simplified_demo(archive: Path) -> None:
    info = gtfs_kit.read_feed(archive, dist_units="m").feed_info.iloc[0]
    assert "Vereinfachter Demo-Fahrplan" in info["feed_publisher_name"]
    assert "CC BY 4.0" in info["feed_publisher_name"]
    agency = gtfs_kit.read_feed(archive, dist_units="m").agency.iloc[0]
    assert "Demo" in agency["agency_name"]
    assert agency["agency_timezone"] == "Europe/Berlin"


def test_the_calendar_holds_the_reference_date_for_long(feed: gtfs_kit.Feed) -> None:
    assert (feed.calendar["start_date"] == "20260902").all()
    assert (feed.calendar["end_date"] == f"{REFERENCE_DATE.year + 2}1231").all()
    days = feed.calendar[["monday", "saturday", "sunday"]].to_numpy().tolist()
    assert sorted(days) == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]


def test_every_line_runs_its_course_in_both_directions(calls: pd.DataFrame, lines: list[Line]) -> None:
    for line in lines:
        names = [stop.name for stop in line.stops]
        for direction, course in ((1, names), (0, names[::-1])):
            own = calls[(calls["course"] == line.key) & (calls["direction_id"] == direction)]
            assert set(own["route_short_name"]) == {line.name}
            trip = own[own["trip_id"] == own["trip_id"].iloc[0]]
            assert trip["stop_name"].tolist() == course, line.key
            assert (own.groupby("trip_id").size() == len(course)).all(), line.key
            assert set(own["trip_headsign"]) == {course[-1]}, line.key


@pytest.mark.parametrize(
    ("kind", "first_hour", "last_hour"), [("weekday", 6, 20), ("saturday", 8, 20), ("sunday", 10, 20)]
)
def test_headways_at_every_stop_equal_the_line_table(
    calls: pd.DataFrame, lines: list[Line], kind: str, first_hour: int, last_hour: int
) -> None:
    day = calls[(calls[SERVICES[kind]] == 1) & ~calls["is_last"]]
    window = day[day["seconds"].between(first_hour * 3600, last_hour * 3600 - 1)]
    counted = window.groupby(["course", "direction_id", "stop_id"]).size()
    minutes = (last_hour - first_hour) * 60
    for line in lines:
        own = counted.loc[[line.key]]
        assert len(own) == 2 * (len(line.stops) - 1), line.key
        assert set(minutes / own) == {line.headways_min[kind]}, line.key


def test_departures_are_evenly_spaced(calls: pd.DataFrame) -> None:
    u47 = calls[(calls["course"] == "U47") & (calls["direction_id"] == 1) & (calls["monday"] == 1)]
    at_hafen = u47[u47["stop_name"] == "Hafen"]["seconds"]
    daytime = sorted(second for second in at_hafen if 6 * 3600 <= second < 20 * 3600)
    gaps = {second - before for before, second in pairwise(daytime)}
    assert gaps == {600}


def test_some_trips_run_past_midnight_and_times_rise(calls: pd.DataFrame) -> None:
    assert calls["seconds"].max() > 24 * 3600
    assert (calls.groupby("trip_id")["seconds"].diff().dropna() > 0).all()


def test_speeds_are_those_of_the_modes(calls: pd.DataFrame) -> None:
    trips = calls.groupby("trip_id")["seconds"].agg(["min", "max"])
    minutes = (trips["max"] - trips["min"]) / 60
    assert minutes.max() < 75


def test_stations_are_parents_and_modes_have_platforms(feed: gtfs_kit.Feed) -> None:
    stops = feed.stops.set_index("stop_id")
    platforms = stops[stops["location_type"] == 0]
    assert set(feed.stop_times["stop_id"]) == set(platforms.index)
    assert (stops.loc[platforms["parent_station"], "location_type"] == 1).all()
    assert {"de:05913:131:1", "de:05913:131:2", "de:05913:131:3"} <= set(platforms.index)
    mode = dict(zip(feed.routes["route_id"], feed.routes["route_type"], strict=True))
    route = feed.trips.set_index("trip_id")["route_id"]
    served = feed.stop_times["trip_id"].map(route).map(mode)
    modes = served.groupby(feed.stop_times["stop_id"]).agg(set)
    assert all(len(own) == 1 for own in modes)


def test_the_h_bahn_is_a_monorail_and_counts_as_rail(feed: gtfs_kit.Feed) -> None:
    """Type 405 (monorail) is in GOAT's group A with the U-Bahn; a tram it is not."""
    kinds = dict(zip(feed.routes["route_short_name"], feed.routes["route_type"], strict=True))
    assert (kinds["HB1"], kinds["U41"], kinds["S1"], kinds["445"]) == (405, 0, 2, 3)
    mode = mode_of(405, "HB1")
    for method in ("are", "goat", "oerok", "oevgk18"):
        (group,) = (group for group in load_method(method).groups if mode in group.modes)
        assert group.key == "rail", method


def test_the_archive_depends_on_nothing_but_its_content(feed: gtfs_kit.Feed, tmp_path: Path) -> None:
    first = write_timetable(feed, tmp_path / "first.zip").read_bytes()
    assert first == write_timetable(feed, tmp_path / "second.zip").read_bytes()


def test_a_city_without_a_line_table_has_no_demo() -> None:
    with pytest.raises(InvalidInput, match="no demo of Hellenthal"):
        read_lines(load_city("hellenthal"))
