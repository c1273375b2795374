"""transfers.txt: checked, kept with the version, told, and not used."""

import re
from pathlib import Path

from geo_service.db import Database
from geo_service.transit.gtfs import read_gtfs
from geo_service.transit.service import import_gtfs
from tests.transit.feeds import FeedMaker, all_grades, street
from tests.transit.test_service import database, rows  # noqa: F401 - a fixture

HEADER = (
    "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_trip_id,"
    "from_route_id,to_route_id"
)
KEPT = ["A,B,2,180,,,,", "station, B ,,,,,1,1", ",,4,,t0,t1,,", "B,far,0,,,,,"]
WRONG = ["A,X,2,60,,,,", "Y,B,2,60,,,,", ",B,0,,,,,", "A,B,7,,,,,", "A,B,2,soon,t0,t1,,", "A,B,1,,t99,,,"]
ELSEWHERE = ["far,far,2,600,,,,"]


def feed(*transfers: str) -> FeedMaker:
    maker = street("B", "C").line("1").stop("station", "A", kind="1").stop("A", parent="station")
    maker.stop("far", east_m=90_000).every(60, "1", ["A", "B", "C"])
    maker.more["transfers.txt"] = "\n".join([HEADER, *transfers]) + "\n"
    return maker


def test_rows_of_the_area_are_kept_with_the_version_and_wrong_ones_told(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    path = feed(*KEPT, *WRONG, *ELSEWHERE, KEPT[0]).write(tmp_path)
    report = import_gtfs(database, path, "test")
    assert not report.refused
    assert (report.counts["transfers"], report.counts["transfers kept, not used"]) == (12, 4)
    assert report.counts["transfers.txt rows dropped"] == len(WRONG)
    told = [
        re.search(r"(\d) rows were left out: they have a (\w+) that .*such as row (\d+): '(.*)'\)", warning)
        for warning in report.warnings
        if warning.startswith("transfers.txt")
    ]
    assert [found.groups() for found in told if found] == [
        ("2", "from_stop_id", "8", ""),
        ("1", "from_trip_id", "11", "t99"),
        ("1", "min_transfer_time", "10", "soon"),
        ("1", "to_stop_id", "6", "X"),
        ("1", "transfer_type", "9", "7"),
    ]
    kept = rows(
        database,
        "SELECT from_stop_id, to_stop_id, transfer_type, min_transfer_s, from_trip_id, from_route_id "
        "FROM transit_transfers ORDER BY 1, 2",
    )
    assert kept == [
        ("", "", 4, None, "t0", ""),
        ("A", "B", 2, 180, "", ""),
        ("B", "far", 0, None, "", ""),
        ("station", "B", 0, None, "", "1"),
    ]


def test_versions_are_compared_by_their_transfers_too(
    database: Database,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    import_gtfs(database, feed(*KEPT).write(tmp_path, "1.zip"), "test")
    second = import_gtfs(database, feed("A,B,2,240,,,,", "C,A,1,,,,,", *KEPT[1:3]).write(tmp_path), "test")
    found = second.files["transfers.txt"]
    assert (found.rows, found.new, found.changed, found.unchanged, found.gone) == (4, 1, 1, 2, 1)
    assert rows(database, "SELECT count(*) FROM transit_transfers GROUP BY feed_id") == [(4,), (4,)]


def test_no_grade_rests_on_them(tmp_path: Path) -> None:
    grades = [all_grades(read_gtfs(feed(*transfers).write(tmp_path))) for transfers in ((), (*KEPT, *WRONG))]
    assert grades[0].equals(grades[1])
