"""What the reader makes of the ways in which timetables are written."""

import shutil
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo_service.transit import gtfs_calls, gtfs_faults
from geo_service.transit.gtfs import ReadOptions, read_gtfs
from geo_service.transit.gtfs_stops import project
from tests.transit.feeds import FeedMaker, days_of, grade_of, seconds_of, street, write_zip

AT_8 = 8 * 3600


def test_last_stop_of_a_trip_is_no_departure(tmp_path: Path) -> None:
    feed = read_gtfs(street("A", "B", "C").line("1").every(60, "1", ["A", "B", "C"]).write(tmp_path))
    assert sorted(set(feed.departures.stop_id)) == ["A", "B"]
    assert list(feed.stops.stop_id) == ["A", "B", "C"]
    assert feed.stops.set_index("stop_id").lines.to_dict() == {"A": ["1"], "B": ["1"], "C": []}


def test_rows_may_stand_in_any_order(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("1")
    maker.run("1", ["A", "B", "C"], [AT_8, AT_8 + 60, AT_8 + 120])
    maker.tables["stop_times.txt"].reverse()
    feed = read_gtfs(maker.write(tmp_path))
    assert feed.departures[["stop_id", "next_stop_id"]].to_numpy().tolist() == [["A", "B"], ["B", "C"]]


def test_no_pickup_is_no_departure_and_on_demand_is_one(tmp_path: Path) -> None:
    maker = street("A", "B", "C", "D").line("1")
    times = [AT_8, AT_8 + 60, AT_8 + 120, AT_8 + 180]
    maker.run("1", ["A", "B", "C", "D"], times, pickup=["0", "1", "2", "0"])
    feed = read_gtfs(maker.write(tmp_path))
    assert sorted(feed.departures.stop_id) == ["A", "C"]


def test_rules_of_boarding_that_gtfs_does_not_know_are_told(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("1")
    maker.run("1", ["A", "B", "C"], [AT_8, AT_8 + 60, AT_8 + 120], pickup=["9", "１", "3"])
    feed = read_gtfs(maker.write(tmp_path))
    assert sorted(feed.departures.stop_id) == ["A", "B"]
    told = [warning for warning in feed.warnings if "pickup_type" in warning]
    assert len(told) == 1
    assert told[0].startswith("stop_times.txt: 2 rows have a pickup_type or drop_off_type that GTFS does not")


def test_on_demand_service_of_an_area_is_left_out_and_counted(tmp_path: Path) -> None:
    maker = street("A", "B").line("1")
    maker.run("1", ["A", "B"], [AT_8, AT_8 + 60])
    maker.run("1", ["", ""], [None, None])
    feed = read_gtfs(maker.write(tmp_path))
    assert seconds_of(feed, "A") == [AT_8]
    assert feed.counts["stop_times.txt rows dropped"] == 2


def test_times_past_midnight_stay_with_their_service_day(tmp_path: Path) -> None:
    maker = street("A", "B").line("N1")
    maker.run("N1", ["A", "B"], [25 * 3600, 25 * 3600 + 60])
    feed = read_gtfs(maker.write(tmp_path))
    assert seconds_of(feed, "A") == [25 * 3600]


def test_blank_times_are_interpolated_from_stop_to_stop(tmp_path: Path) -> None:
    maker = street("A", "B", "C", "D", "E").line("1")
    maker.run("1", ["A", "B", "C", "D", "E"], [AT_8, None, None, AT_8 + 200, AT_8 + 260])
    feed = read_gtfs(maker.write(tmp_path))
    assert [seconds_of(feed, stop) for stop in "ABCD"] == [[AT_8], [AT_8 + 66], [AT_8 + 133], [AT_8 + 200]]
    assert feed.counts["blank times interpolated"] == 2


def test_blank_times_are_interpolated_by_distance_where_it_is_given(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("1")
    maker.more["stop_times.txt"] = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n"
        "t0,08:00:00,08:00:00,A,1,0\nt0,,,B,5,0.9\nt0,08:10:00,08:11:00,C,9,1.0\n"
    )
    maker.run("1", ["A", "B", "C"], [AT_8] * 3)
    assert seconds_of(read_gtfs(maker.write(tmp_path)), "B") == [AT_8 + 540]


def test_arrival_stands_in_for_a_missing_departure(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("1")
    maker.more["stop_times.txt"] = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "t0,,8:00:00,A,1\nt0,8:05:00,,B,2\nt0,8:09:00,,C,3\n"
    )
    maker.run("1", ["A", "B", "C"], [AT_8] * 3)
    assert seconds_of(read_gtfs(maker.write(tmp_path)), "B") == [AT_8 + 300]


def test_trip_without_first_time_is_dropped_and_counted(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("1")
    maker.run("1", ["A", "B", "C"], [None, AT_8, AT_8 + 60])
    maker.run("1", ["A", "B", "C"], [AT_8, AT_8 + 60, AT_8 + 120])
    feed = read_gtfs(maker.write(tmp_path))
    assert seconds_of(feed, "B") == [AT_8 + 60]
    assert feed.rejected == {"trips.txt": 1}
    assert (feed.faults[0].row, feed.faults[0].value) == (2, "t0")
    assert feed.faults[0].advice.what.en == "has no time at its first or last stop"


def test_frequencies_make_runs_and_the_template_is_none(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("1")
    maker.run("1", ["A", "B", "C"], [0, 60, 180])
    maker.more["frequencies.txt"] = (
        "trip_id,start_time,end_time,headway_secs,exact_times\nt0,06:00:00,07:00:00,600,0\nt0,07:00:00,08:00:00,1800,1\n"
    )
    feed = read_gtfs(maker.write(tmp_path))
    assert seconds_of(feed, "A") == [21_600, 22_200, 22_800, 23_400, 24_000, 24_600, 25_200, 27_000]
    assert seconds_of(feed, "B")[0] == 21_660
    assert feed.counts["runs made of frequencies.txt"] == 8


def test_template_of_frequencies_that_make_no_run_does_not_run_itself(tmp_path: Path) -> None:
    maker = street("A", "B").line("1").every(60, "1", ["A", "B"], hours=(8, 9))
    maker.run("1", ["A", "B"], [AT_8 + 900, AT_8 + 960])
    maker.more["frequencies.txt"] = "trip_id,start_time,end_time,headway_secs\nt1,06:00:00,06:00:00,600\n"
    assert seconds_of(read_gtfs(maker.write(tmp_path)), "A") == [AT_8]


def test_frequencies_of_trips_elsewhere_do_not_matter(tmp_path: Path) -> None:
    maker = street("A", "B", "X", "Y").line("1")
    maker.run("1", ["A", "B"], [0, 60])
    maker.run("1", ["X", "Y"], [0, 60])
    maker.more["frequencies.txt"] = (
        "trip_id,start_time,end_time,headway_secs\nt0,06:00:00,07:00:00,3600\nt1,06:00:00,07:00:00,60\n"
    )
    area = shapely.Point(project_point(7.4653, 51.5136)).buffer(600)
    feed = read_gtfs(maker.write(tmp_path), ReadOptions(area=area, area_name="here"))
    assert seconds_of(feed, "A") == [21_600]
    assert feed.counts["runs made of frequencies.txt"] == 1


def test_two_platforms_of_a_station_in_a_row_are_one_departure(tmp_path: Path) -> None:
    maker = (
        FeedMaker().stop("hbf", "Hbf", kind="1").stop("1", parent="hbf").stop("2", parent="hbf", east_m=50)
    )
    maker.stop("B", east_m=900).line("1").run("1", ["1", "2", "B"], [AT_8, AT_8 + 120, AT_8 + 300])
    feed = read_gtfs(maker.write(tmp_path))
    assert seconds_of(feed, "hbf") == [AT_8 + 120]
    assert feed.departures.platform_id.tolist() == ["2"]
    assert feed.stops[["stop_id", "name", "member_ids"]].to_numpy().tolist()[1] == ["hbf", "Hbf", ["1", "2"]]
    assert feed.stops.geometry[1].equals(shapely.Point(project_point(7.4653, 51.5136)))


def project_point(lon: float, lat: float) -> tuple[float, float]:
    x, y = project(np.array([[lon, lat]]))[0]
    return float(x), float(y)


def test_station_without_own_row_lies_in_the_middle_of_its_platforms(tmp_path: Path) -> None:
    maker = (
        FeedMaker()
        .stop("de:05913:7:1", "Markt")
        .stop("de:05913:7:2", "Markt", east_m=60)
        .stop("B", east_m=900)
    )
    maker.line("1").run("1", ["de:05913:7:1", "B"], [AT_8, AT_8 + 60])
    feed = read_gtfs(maker.write(tmp_path))
    station = feed.stops.set_index("stop_id").loc["de:05913:7"]
    west, east = (project_point(7.4653 + metres / 69_300, 51.5136) for metres in (0, 60))
    assert station.geometry.distance(shapely.LineString([west, east]).centroid) < 0.01


def test_byte_order_mark_quotes_spaces_and_missing_columns(tmp_path: Path) -> None:
    texts = {
        "stops.txt": "\ufeffstop_id, stop_lat ,stop_lon,stop_name\n"
        ' A ,51.51,7.46,"Am Zoo, Tor ""Süd"""\nB,51.52,7.47,B\n',
        "routes.txt": "route_id,route_type\n1,3\n",
        "trips.txt": "trip_id,route_id,service_id\nt,1,wk\n",
        "stop_times.txt": "trip_id,stop_id,stop_sequence,departure_time\nt,A,1, 8:00:00\nt,B,2,08:05:00 \n",
        "calendar_dates.txt": "service_id,date,exception_type\nwk,20260616,1\n",
    }
    feed = read_gtfs(write_zip(tmp_path / "plain.zip", texts))
    assert feed.stops["name"].tolist() == ['Am Zoo, Tor "Süd"', "B"]
    assert feed.departures[["stop_id", "line", "mode"]].to_numpy().tolist() == [["A", "1", "bus"]]
    assert (feed.publisher, feed.version) == ("", "")


def test_windows_encoding_is_read_and_reported(tmp_path: Path) -> None:
    maker = street("A", "B").line("1").every(60, "1", ["A", "B"])
    texts = maker.texts()
    with zipfile.ZipFile(tmp_path / "latin.zip", "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text.replace("A,A,", "A,Hörde,").encode("cp1252"))
    feed = read_gtfs(tmp_path / "latin.zip")
    assert feed.stops["name"][0] == "Hörde"
    assert any("stops.txt is not UTF-8" in warning for warning in feed.warnings)


def test_folder_reads_like_the_zip_and_a_zip_may_hold_a_folder(tmp_path: Path) -> None:
    maker = street("A", "B").line("1").every(60, "1", ["A", "B"])
    folder = tmp_path / "feed"
    folder.mkdir()
    for name, text in maker.texts().items():
        (folder / name).write_text(text)
    (folder / "fares.bin").write_bytes(b"\x00\x01")
    nested = tmp_path / "nested.zip"
    write_zip(
        nested, {f"export/{name}": text for name, text in maker.texts().items()} | {"__MACOSX/stops.txt": ""}
    )
    one, two, three = (read_gtfs(path) for path in (maker.write(tmp_path), folder, nested))
    for other in (two, three):
        assert other.departures.drop(columns="departure_s").equals(one.departures.drop(columns="departure_s"))
        assert seconds_of(other, "A") == seconds_of(one, "A")
    shutil.rmtree(folder)


def test_rows_that_are_no_rows_are_left_out_and_listed(tmp_path: Path) -> None:
    maker = street("A", "B").line("1").every(60, "1", ["A", "B"])
    maker.more["routes.txt"] = maker.texts()["routes.txt"] + "2,DSW21,2\n3,DSW21,3,,3,more\n"
    maker.more["stop_times.txt"] = maker.texts()["stop_times.txt"] + "t0,9\n"
    feed = read_gtfs(maker.write(tmp_path))
    assert feed.rejected == {"routes.txt": 2, "stop_times.txt": 1}
    assert [(fault.file, fault.row, fault.field, fault.value) for fault in feed.faults] == [
        ("routes.txt", 3, "route_long_name", "2,DSW21,2"),
        ("routes.txt", 4, "", "3,DSW21,3,,3,more"),
        ("stop_times.txt", 30, "departure_time", "t0,9"),
    ]
    assert "has 3 fields instead of 5" in feed.faults[0].reason.en
    assert "as many fields as the header" in feed.faults[0].reason.en
    assert feed.counts["stop_times"] == 29
    assert len(seconds_of(feed, "A")) == 14


def test_faults_of_stop_times_are_counted_by_row(tmp_path: Path) -> None:
    """One row with three faults is one row; the trip goes on without it."""
    maker = street("A", "B", "C", "D").line("1")
    maker.run("1", ["A", "B", "C", "D"], [AT_8, AT_8 + 60, AT_8 + 120, AT_8 + 180])
    maker.tables["stop_times.txt"][1] = ["t0", "8 Uhr", "8 Uhr", "X", "two", ""]
    maker.tables["stop_times.txt"].append(["t9", "08:00:00", "08:00:00", "A", "1", ""])
    feed = read_gtfs(maker.write(tmp_path))
    assert feed.rejected == {"stop_times.txt": 2}
    assert sorted((fault.row, fault.field) for fault in feed.faults) == [(3, "stop_id"), (6, "trip_id")]
    assert feed.departures[["stop_id", "next_stop_id"]].to_numpy().tolist() == [["A", "C"], ["C", "D"]]


def test_a_stop_sequence_that_is_there_twice_keeps_the_first_row(tmp_path: Path) -> None:
    """The later row of a number is left out, whether it says the same again or something else."""
    maker = street("A", "B", "C", "D").line("1")
    maker.run("1", ["A", "B", "C"], [AT_8, AT_8 + 60, AT_8 + 120])
    maker.run("1", ["A", "B", "C"], [AT_8 + 600, AT_8 + 660, AT_8 + 720])
    rows = maker.tables["stop_times.txt"]
    maker.tables["stop_times.txt"] = [
        rows[0],
        ["t0", "08:00:30", "08:00:30", "D", "1 ", ""],  # another stop under the number of the first
        *rows[1:3],
        ["t0", "8 Uhr", "8 Uhr", "D", "2", ""],  # no sound row: that of B counts
        *rows[3:],
        ["t1", "08:11:00", "08:11:00", "B", "02", ""],  # B once more
    ]
    feed = read_gtfs(maker.write(tmp_path))
    assert feed.rejected == {"stop_times.txt": 3}
    faults = sorted((fault.row, fault.field, fault.value, fault.advice.code) for fault in feed.faults)
    assert faults == [
        (3, "stop_sequence", "1", "twice"),
        (6, "departure_time", "8 Uhr", "no-time"),
        (10, "stop_sequence", "02", "twice"),
    ]
    assert seconds_of(feed, "A") == [AT_8, AT_8 + 600]
    assert seconds_of(feed, "B") == [AT_8 + 60, AT_8 + 660]
    assert sorted(set(feed.departures.stop_id)) == ["A", "B"]
    assert feed.patterns.stop_ids.tolist() == [["A", "B", "C"]]


def test_rows_of_one_key_keep_the_first_one(tmp_path: Path) -> None:
    maker = street("A", "B").line("1")
    maker.run("1", ["A", "B"], [AT_8, AT_8 + 60])
    maker.service("wk", "0000011")
    maker.more["calendar_dates.txt"] = (
        "service_id,date,exception_type\nwk,20260616,2\nwk,20260617,2\nwk,20260616,1\n"
    )
    maker.more["frequencies.txt"] = (
        "trip_id,start_time,end_time,headway_secs\n"
        "t0,06:00:00,07:00:00,600\nt0,07:00:00,08:00:00,600\nt0,06:00:00,07:00:00,300\n"
    )
    feed = read_gtfs(maker.write(tmp_path))
    assert feed.rejected == {"calendar.txt": 1, "calendar_dates.txt": 1, "frequencies.txt": 1}
    assert [(fault.file, fault.row, fault.field, fault.value) for fault in feed.faults] == [
        ("calendar.txt", 3, "service_id", "wk"),
        ("calendar_dates.txt", 4, "date", "20260616"),
        ("frequencies.txt", 4, "start_time", "06:00:00"),
    ]
    assert feed.faults[0].advice.what.en == "repeats an earlier service_id"
    assert feed.faults[1].reason.en.startswith(
        "'20260616' repeats service_id and date of an earlier row. Remove"
    )
    assert feed.faults[2].reason.de.startswith(
        "'06:00:00' wiederholt trip_id und start_time einer früheren Zeile."
    )
    assert len(seconds_of(feed, "A")) == 12
    days = days_of(feed, feed.departures.days.iloc[0])
    assert "2026-06-15" in days
    assert not {"2026-06-16", "2026-06-17", "2026-06-20"} & set(days)


def test_the_same_number_in_another_trip_is_no_repetition(tmp_path: Path) -> None:
    maker = street("A", "B").line("1").every(20, "1", ["A", "B"]).every(20, "1", ["B", "A"])
    assert read_gtfs(maker.write(tmp_path)).rejected == {}


def test_only_the_first_faults_of_a_file_are_listed_but_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gtfs_faults, "MOST_LISTED", 3)
    monkeypatch.setattr(gtfs_calls, "MOST_LISTED", 3)
    maker = street("A", "B").line("1").every(60, "1", ["A", "B"])
    for _ in range(5):
        maker.tables["stop_times.txt"].append(["t0", "", "", "X", "9", ""])
        maker.stop("A")
    feed = read_gtfs(maker.write(tmp_path))
    assert feed.rejected == {"stops.txt": 5, "stop_times.txt": 5}
    assert [fault.row for fault in feed.faults] == [4, 5, 6, 30, 31, 32]


def test_repeated_id_keeps_the_first_row(tmp_path: Path) -> None:
    maker = street("A", "B").line("1").every(60, "1", ["A", "B"]).stop("A", "again", 700)
    feed = read_gtfs(maker.write(tmp_path))
    assert feed.stops["name"].tolist() == ["A", "B"]
    assert feed.rejected == {"stops.txt": 1}
    assert (feed.faults[0].row, feed.faults[0].advice.what.en) == (4, "repeats an earlier stop_id")


def test_unknown_parent_and_impossible_coordinates_leave_the_stop_without_them(tmp_path: Path) -> None:
    maker = street("A", "B").line("1").every(60, "1", ["A", "B", "C"])
    maker.tables["stops.txt"][0][-1] = "nowhere"
    maker.tables["stops.txt"].append(["C", "C", "515", "7.4", "", ""])
    feed = read_gtfs(maker.write(tmp_path))
    assert feed.rejected == {"stops.txt": 2}
    assert [(fault.row, fault.field) for fault in feed.faults] == [(2, "parent_station"), (4, "stop_lat")]
    assert feed.stops.stop_id.tolist() == ["A", "B"]


def test_stops_at_zero_zero_are_reported_and_placed_by_their_station(tmp_path: Path) -> None:
    maker = FeedMaker().stop("hbf", "Hbf", kind="1").stop("B", east_m=500)
    for stop_id, parent in (("1", "hbf"), ("lost", "")):
        maker.tables["stops.txt"].append([stop_id, stop_id, 0, 0, "", parent])
    maker.line("1").run("1", ["1", "lost", "B"], [AT_8, AT_8 + 60, AT_8 + 120])
    feed = read_gtfs(maker.write(tmp_path))
    assert sorted(feed.stops.stop_id) == ["B", "hbf"]
    assert sorted(feed.departures.stop_id) == ["hbf"]
    assert feed.counts["stops at 0/0"] == 2
    assert feed.rejected == {"stops.txt": 1}
    assert (feed.faults[0].row, feed.faults[0].value) == (5, "lost")


def test_platform_far_from_its_station_is_reported(tmp_path: Path) -> None:
    maker = (
        FeedMaker().stop("hbf", "Hbf", kind="1").stop("1", parent="hbf", east_m=1500).stop("B", east_m=500)
    )
    maker.line("1").run("1", ["1", "B"], [AT_8, AT_8 + 60])
    feed = read_gtfs(maker.write(tmp_path))
    assert feed.counts["stops far from their station"] == 1


def test_wrong_types_are_reported_and_kept(tmp_path: Path) -> None:
    maker = street("A", "B").line("U41", 3).every(60, "U41", ["A", "B"])
    feed = read_gtfs(maker.write(tmp_path), ReadOptions(land="05"))
    assert feed.warnings == ("U-Bahn or Stadtbahn typed as bus (3): U41",)
    assert feed.stops["modes"].tolist() == [["bus"], []]


def test_only_stops_of_the_area_are_kept_but_trips_go_on_beyond(tmp_path: Path) -> None:
    """B lies outside; the train from A towards it, and that from it, still count at A and C."""
    maker = street("A", "B", "C").line("1").every(60, "1", ["A", "B", "C"]).every(60, "1", ["C", "B", "A"])
    a, c = project_point(7.4653, 51.5136), project_point(7.4653 + 1000 / 69_300, 51.5136)
    area = shapely.union(shapely.Point(a).buffer(100), shapely.Point(c).buffer(100))
    feed = read_gtfs(maker.write(tmp_path), ReadOptions(area=area, area_name="here"))
    assert feed.stops.stop_id.tolist() == ["A", "C"]
    assert feed.departures[["stop_id", "next_stop_id"]].drop_duplicates().to_numpy().tolist() == [
        ["A", "B"],
        ["C", "B"],
    ]
    assert grade_of(feed, "A").total == 14


def test_reference_day_may_be_given(tmp_path: Path) -> None:
    maker = street("A", "B").line("1").every(60, "1", ["A", "B"])
    feed = read_gtfs(maker.write(tmp_path), ReadOptions(day=date(2026, 6, 25)))
    assert feed.days.weekday == date(2026, 6, 25)
    assert feed.days.saturday is None


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    maker = street("A", "B", "C").line("1").line("2", agency="X").every(7, "1", ["A", "B", "C"])
    maker.every(7, "2", ["C", "B", "A"])
    path = maker.write(tmp_path)
    one, two = read_gtfs(path), read_gtfs(path)
    assert one.content_hash == two.content_hash
    assert repr(one.departures.to_numpy().tolist()) == repr(two.departures.to_numpy().tolist())


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[float] = []
    maker = street("A", "B").line("1").every(60, "1", ["A", "B"])
    read_gtfs(maker.write(tmp_path), None, lambda _what, share: told.append(share))
    assert told == sorted(told)
    assert told[0] == 0.0


@pytest.mark.parametrize("route_id", ["7", "x y"])
def test_line_without_a_name_is_called_by_its_id(tmp_path: Path, route_id: str) -> None:
    maker = street("A", "B")
    maker.tables["routes.txt"].append([route_id, "", "", "", 3])
    feed = read_gtfs(maker.every(60, route_id, ["A", "B"]).write(tmp_path))
    assert feed.departures["line"].tolist() == [route_id]
