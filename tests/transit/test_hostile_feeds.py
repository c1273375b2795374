"""Broken feeds are refused with file, field, row and a way to mend them."""

import errno
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
import shapely

from geo_service.errors import ImportRejected
from geo_service.transit import gtfs_files
from geo_service.transit.gtfs import ReadOptions, read_gtfs
from geo_service.transit.gtfs_files import content_hash
from geo_service.transit.gtfs_tables import readable
from tests.transit.feeds import FeedMaker, street, write_zip


def sound() -> FeedMaker:
    return street("A", "B").line("1").every(60, "1", ["A", "B"])


def refusal(path: Path, options: ReadOptions | None = None) -> ImportRejected:
    with pytest.raises(ImportRejected) as caught:
        read_gtfs(path, options)
    return caught.value


def first_fault(path: Path) -> tuple[str, str, int, str]:
    """Return file, field, row and reason of what is wrong first, whether or not something is left to read."""
    try:
        fault = read_gtfs(path).faults[0]
    except ImportRejected as error:
        return error.extra["file"], error.extra["field"], error.extra["row"], error.detail
    return fault.file, fault.field, fault.row, fault.reason.en


def test_missing_file(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.zip").detail


def test_no_zip(tmp_path: Path) -> None:
    path = tmp_path / "page.zip"
    path.write_text("<html>404</html>")
    assert "page.zip is not a readable zip file" in refusal(path).detail


def test_zip_that_was_cut_off(tmp_path: Path) -> None:
    path = sound().write(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    assert "is not a readable zip file" in refusal(path).detail


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("after", [0, 4, 12, 40])
def test_zip_with_damaged_content_of_any_method(tmp_path: Path, method: int, after: int) -> None:
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, text in sound().texts().items():
            archive.writestr(name, text)
    assert read_gtfs(path).counts["trips"]
    content = bytearray(path.read_bytes())
    place = content.index(b"stop_times.txt") + len("stop_times.txt") + after
    content[place : place + 20] = b"\xff" * 20
    path.write_bytes(bytes(content))
    assert "is not a readable zip file" in refusal(path).detail


def test_a_full_disk_is_no_damaged_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> bool:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gtfs_files, "_transcode", full)
    with pytest.raises(OSError, match="No space left"):
        read_gtfs(sound().write(tmp_path))


def test_zip_with_damaged_content(tmp_path: Path) -> None:
    path = sound().write(tmp_path)
    content = bytearray(path.read_bytes())
    place = content.index(b"stop_times.txt") + 40
    content[place : place + 20] = b"\xff" * 20
    path.write_bytes(bytes(content))
    assert "is not a readable zip file" in refusal(path).detail


def test_zip_bomb_by_ratio(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", sound().texts() | {"stop_times.txt": "0" * 30_000_000})
    assert path.stat().st_size < 100_000
    assert "zip bomb" in refusal(path).detail


def test_feed_larger_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sound().write(tmp_path)
    folder = tmp_path / "folder"
    folder.mkdir()
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    monkeypatch.setattr(gtfs_files, "MAX_BYTES", 100)
    assert "when unpacked" in refusal(path).detail
    assert "when unpacked" in refusal(folder).detail


def test_file_that_is_longer_than_the_zip_says(tmp_path: Path) -> None:
    """The directory of the zip file says 5 bytes: no more are unpacked, and the checksum is wrong."""
    path = sound().write(tmp_path)
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"stops.txt") - 46
    content[directory + 24 : directory + 28] = (5).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    assert "not a readable zip file" in refusal(path).detail


def test_too_many_files(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "many.zip", sound().texts() | {f"x{n}": "" for n in range(1000)})
    assert "a GTFS feed has about 15" in refusal(path).detail


def test_file_twice(tmp_path: Path) -> None:
    path = sound().write(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("copy/stops.txt", "x")
    assert refusal(path).detail == "stops.txt: is in the zip file twice. Remove one of them."


def test_encrypted_file(tmp_path: Path) -> None:
    path = sound().write(tmp_path)
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"stops.txt") - 46
    content[directory + 8] |= 1
    path.write_bytes(bytes(content))
    assert "is encrypted" in refusal(path).detail


@pytest.mark.parametrize("name", ["stops.txt", "routes.txt", "trips.txt", "stop_times.txt"])
def test_required_file_missing(tmp_path: Path, name: str) -> None:
    texts = sound().texts()
    del texts[name]
    assert f"lacks {name}" in refusal(write_zip(tmp_path / "f.zip", texts)).detail


def test_zip_with_another_zip_in_it(tmp_path: Path) -> None:
    inner = sound().write(tmp_path, "inner.zip")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(inner, "feed.zip")
    assert "lacks stops.txt" in refusal(tmp_path / "outer.zip").detail


def test_folder_without_a_feed(tmp_path: Path) -> None:
    assert "lacks stops.txt" in refusal(tmp_path).detail


def test_text_that_is_cut_within_a_letter_is_read_as_windows_encoding(tmp_path: Path) -> None:
    texts = sound().texts()
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    (folder / "agency.txt").write_bytes(texts["agency.txt"].encode() + b"x,\xc3")
    feed = read_gtfs(folder)
    assert any("agency.txt is not UTF-8" in warning for warning in feed.warnings)


def test_both_calendars_missing(tmp_path: Path) -> None:
    texts = sound().texts()
    del texts["calendar.txt"]
    assert "calendar.txt or calendar_dates.txt" in refusal(write_zip(tmp_path / "f.zip", texts)).detail


WRONG = [
    # file, text before, text after, field named, row named, words
    ("stops.txt", "stop_lon", "longitude", "stop_lon", 1, "the column is missing"),
    ("stop_times.txt", "stop_sequence", "trip_id", "stop_sequence", 1, "is missing"),
    ("trips.txt", "direction_id", "trip_id", "trip_id", 1, "the column is there twice"),
    ("routes.txt", None, "", None, None, "the file is empty"),
    ("routes.txt", "\r\n1,DSW21,1,,3\r\n", "\r\n", None, None, "the file has no rows"),
    ("routes.txt", ",3\r\n", ",bus\r\n", "route_type", 2, "'bus' is no route type"),
    ("routes.txt", "\n1,", "\n,", "route_id", 2, "is empty"),
    ("trips.txt", "1,wk,t3", "9,wk,t3", "route_id", 5, "'9' is not in routes.txt"),
    ("stop_times.txt", "09:01:00,B", "09:01:00,X", "stop_id", 9, "'X' is not in stops.txt"),
    ("stop_times.txt", "t2,08:00:00,", "z,08:00:00,", "trip_id", 6, "'z' is not in trips.txt"),
    ("stop_times.txt", "08:00:00,A,1", "08:00:00,A,x", "stop_sequence", 6, "'x' is no"),
    ("stop_times.txt", "08:00:00,A,1", "08:00:00,A,99999999999", "stop_sequence", 6, "no whole number"),
    ("stop_times.txt", ",08:00:00,A", ",8 Uhr,A", "departure_time", 6, "'8 Uhr' is no time"),
    ("stop_times.txt", "t2,08:00:00", "t2,08:61:00", "arrival_time", 6, "'08:61:00' is no time"),
    ("stops.txt", "A,A,51.5136,", 'A,A,"51,5136",', "stop_lat", 2, "'51,5136' is no number"),
    ("stops.txt", "A,A,51.5136,", "A,A,515136,", "stop_lat", 2, "beyond 90 degrees"),
    ("stops.txt", "A,A,51.5136,7.4653", "A,A,-16.9,inf", "stop_lon", 2, "'inf' is no number"),
    ("stops.txt", "7.4653,,", "7.4653,,hbf", "parent_station", 2, "'hbf' is not in stops.txt"),
    ("calendar.txt", "20260628", "2026-06-28", "end_date", 2, "'2026-06-28' is no date"),
    ("calendar.txt", "wk,1,1", "wk,yes,1", "monday", 2, "'yes' is no flag"),
]  # fmt: skip


@pytest.mark.parametrize("fault", WRONG, ids=[f"{fault[0]} {fault[3]} {fault[5][:30]}" for fault in WRONG])
def test_fault_is_named_by_file_field_and_row(tmp_path: Path, fault: tuple[Any, ...]) -> None:
    file, before, after, field, row, words = fault
    texts = sound().texts()
    if before is None:
        texts[file] = after
    else:
        assert before in texts[file]
        texts[file] = texts[file].replace(before, after, 1)
    found = first_fault(write_zip(tmp_path / "f.zip", texts))
    assert found[:3] == (file, field, row)
    assert words in found[3]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("t0,06:00:00,07:00:00,0", "headway_secs"),
        ("t0,06:00:00,07:00:00,-60", "headway_secs"),
        ("t0,6 Uhr,07:00:00,600", "start_time"),
        ("t0,06:00:00,,600", "end_time"),
        ("t0,06:00:00,23:00:00,1", "headway_secs"),
        ("t0,09:00:00,08:00:00,600", "end_time"),
        ("nobody,06:00:00,07:00:00,600", "trip_id"),
    ],
)
def test_faults_of_frequencies(tmp_path: Path, row: str, field: str) -> None:
    maker = sound()
    maker.more["frequencies.txt"] = f"trip_id,start_time,end_time,headway_secs\n{row}\n"
    assert first_fault(maker.write(tmp_path))[:3] == ("frequencies.txt", field, 2)


def test_the_row_of_a_frequency_that_ends_before_it_starts_is_named(tmp_path: Path) -> None:
    maker = sound()
    rows = ["t0,06:00:00,08:00:00,600", "t1,09:00:00,08:00:00,600"]
    maker.more["frequencies.txt"] = "\n".join(["trip_id,start_time,end_time,headway_secs", *rows, ""])
    found = first_fault(maker.write(tmp_path))
    assert found[:3] == ("frequencies.txt", "end_time", 3)
    assert "the end not before the start" in found[3]


def test_open_quotation_mark_swallows_rows_and_is_refused(tmp_path: Path) -> None:
    texts = sound().texts()
    texts["stop_times.txt"] = texts["stop_times.txt"].replace("t2,08:00:00", '"t2,08:00:00', 1)
    error = refusal(write_zip(tmp_path / "f.zip", texts))
    assert "quotation mark is opened and not closed" in error.detail
    assert error.extra["row"] == 6


def test_field_that_is_far_too_long_is_one_bad_row(tmp_path: Path) -> None:
    texts = sound().texts()
    texts["trips.txt"] += '1,wk,tx,,"' + "x" * 3_000_000 + '"\n'
    feed = read_gtfs(write_zip(tmp_path / "f.zip", texts))
    assert feed.rejected == {"trips.txt": 1}
    assert feed.faults[0].row == 16
    assert len(feed.faults[0].reason.en) < 500


def test_header_that_is_far_too_long_is_told_in_words(tmp_path: Path) -> None:
    texts = sound().texts()
    texts["stops.txt"] = '"' + "y" * 200_000 + '",' + texts["stops.txt"]
    error = refusal(write_zip(tmp_path / "f.zip", texts))
    assert error.extra["file"] == "stops.txt"
    assert len(error.detail) < 1_000


def test_value_that_is_far_too_long_is_shortened(tmp_path: Path) -> None:
    texts = sound().texts()
    texts["stop_times.txt"] = texts["stop_times.txt"].replace("08:00:00,A,", f"08:00:00,{'z' * 300_000},", 1)
    fault = read_gtfs(write_zip(tmp_path / "f.zip", texts)).faults[0]
    assert (fault.field, fault.row) == ("stop_id", 6)
    assert len(fault.reason.en) < 300


def test_file_that_duckdb_gives_up_on() -> None:
    message = r"routes.txt: it cannot be read as a table \(broken\)"
    with pytest.raises(ImportRejected, match=message), readable("routes.txt"):
        raise duckdb.InvalidInputException("broken\nfile = x")


def test_wrong_exception_type(tmp_path: Path) -> None:
    maker = sound()
    maker.more["calendar_dates.txt"] = "service_id,date,exception_type\nwk,20260616,3\n"
    assert "'3' is no exception type" in refusal(maker.write(tmp_path)).detail


def test_no_rows_in_stop_times(tmp_path: Path) -> None:
    texts = sound().texts()
    texts["stop_times.txt"] = texts["stop_times.txt"].splitlines()[0] + "\n"
    assert "No trip departs" in refusal(write_zip(tmp_path / "f.zip", texts)).detail


def test_no_service_on_any_day(tmp_path: Path) -> None:
    maker = street("A", "B").line("1")
    maker.tables["calendar.txt"].clear()
    maker.service("wk", "0000000")
    maker.every(60, "1", ["A", "B"])
    assert "no trip belongs to a service that runs on any day" in refusal(maker.write(tmp_path)).detail


def test_empty_calendar(tmp_path: Path) -> None:
    maker = sound()
    maker.tables["calendar.txt"].clear()
    assert "name no day of service" in refusal(maker.write(tmp_path)).detail


def test_nothing_in_the_area(tmp_path: Path) -> None:
    berlin = shapely.box(790_000, 5_810_000, 800_000, 5_830_000)
    error = refusal(sound().write(tmp_path), ReadOptions(area=berlin, area_name="Berlin"))
    assert "none of the 2 stations lies in Berlin" in error.detail
    assert "51.514" in error.detail
    assert "--allow-outside" in error.detail


def test_swapped_axes(tmp_path: Path) -> None:
    maker = sound()
    for row in maker.tables["stops.txt"]:
        row[2], row[3] = row[3], row[2]
    dortmund = shapely.box(380_000, 5_690_000, 410_000, 5_720_000)
    error = refusal(maker.write(tmp_path), ReadOptions(area=dortmund, area_name="Dortmund"))
    assert "but with the two swapped some do" in error.detail
    assert error.extra["field"] == "stop_lat"


def test_only_arrivals(tmp_path: Path) -> None:
    maker = street("A", "B").line("1")
    maker.run("1", ["A", "B"], [28_800, 28_860], pickup=["1", "1"])
    assert "No trip departs from any stop on any day" in refusal(maker.write(tmp_path)).detail


def test_hash_is_of_the_content(tmp_path: Path) -> None:
    one, two = sound().write(tmp_path, "one.zip"), sound().write(tmp_path, "two.zip")
    two.write_bytes(one.read_bytes())
    assert content_hash(one) == content_hash(two)
    folder = tmp_path / "folder"
    folder.mkdir()
    with zipfile.ZipFile(one) as archive:
        archive.extractall(folder)
    before = content_hash(folder)
    (folder / "notes.pdf").write_bytes(b"x")
    assert content_hash(folder) == before
    (folder / "stops.txt").write_text("changed")
    assert content_hash(folder) != before
