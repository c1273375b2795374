"""Lines of one number that different agencies run."""

from pathlib import Path

import pytest

from geo_service.transit.gtfs import read_gtfs
from tests.transit.feeds import FeedMaker, all_grades, grade_of

STOPS = ("Markt", "Nord", "Hafen", "Zoo", "Klinik", "Messe")


def two(
    first: tuple[str, ...],
    second: tuple[str, ...],
    names: tuple[str, str] = ("1", "1"),
    agencies: tuple[str, str] = ("A", "B"),
    later: float = 0,
) -> FeedMaker:
    """Return a feed of two lines every 30 minutes each way; the second starts some minutes later."""
    maker = FeedMaker()
    maker.tables["agency.txt"] = [
        [each, f"Bahnen {each}", "https://example.org", "Europe/Berlin"] for each in ("A", "B")
    ]
    for place, stop in enumerate(STOPS):
        maker.stop(stop, east_m=500 * place)
    for route, course, name, agency, offset in zip(
        ("a", "b"), (first, second), names, agencies, (0, later), strict=True
    ):
        maker.line(route, 3, name, agency)
        for stops in (course, course[::-1]):
            maker.every(30, route, stops, (6 + offset / 60, 20 + offset / 60))
    return maker


APART = ("Markt", "Nord", "Hafen"), ("Markt", "Zoo", "Klinik")


@pytest.mark.parametrize(
    "courses",
    [
        APART,
        (("Nord", "Markt", "Hafen"), ("Zoo", "Markt", "Klinik")),
        (("Hafen", "Nord", "Markt", "Zoo"), ("Klinik", "Messe", "Markt", "Zoo")),
    ],
)
def test_to_different_places_they_are_two(
    tmp_path: Path, courses: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    numbered = read_gtfs(two(*courses, names=("1", "2")).write(tmp_path, "12.zip"))
    alike = read_gtfs(two(*courses).write(tmp_path, "11.zip"))
    assert grade_of(numbered, "Markt").departures == 56  # 14 hours, 2 lines, 2 an hour
    columns = ["stop", "mode_group", "departures", "headway_min", "category"]
    assert all_grades(alike)[columns].equals(all_grades(numbered)[columns])
    assert set(alike.departures.line) == {"1", "1 (Bahnen B)"}


def test_trains_handed_over_are_one(tmp_path: Path) -> None:
    """Behind the station where one agency hands over to the other the line goes on."""
    maker = two(("Nord", "Markt"), ("Markt", "Zoo"))
    for route in maker.tables["routes.txt"]:
        route[4] = 2
    feed = read_gtfs(maker.write(tmp_path))
    assert set(feed.departures.line) == {"1"}


def test_of_one_agency_they_are_one(tmp_path: Path) -> None:
    feed = read_gtfs(two(*APART, agencies=("A", "A")).write(tmp_path))
    assert set(feed.departures.line) == {"1"}


def test_that_never_meet_they_keep_their_number(tmp_path: Path) -> None:
    feed = read_gtfs(two(("Markt", "Nord"), ("Zoo", "Klinik")).write(tmp_path))
    assert set(feed.departures.line) == {"1"}
    assert grade_of(feed, "Markt").departures == grade_of(feed, "Zoo").departures == 28


def test_run_together_they_are_one(tmp_path: Path) -> None:
    """Each agency runs every other bus; at its end all of them leave in one direction."""
    course = ("Markt", "Nord", "Hafen")
    feed = read_gtfs(two(course, course[:2], later=15).write(tmp_path))
    assert set(feed.departures.line) == {"1"}
    assert [grade_of(feed, stop).departures for stop in ("Markt", "Nord", "Hafen")] == [56, 56, 28]


def test_published_by_both_a_run_counts_once(tmp_path: Path) -> None:
    course = ("Markt", "Nord", "Hafen")
    feed = read_gtfs(two(course, course).write(tmp_path))
    assert feed.counts["duplicate trips counted once"] == 56
    assert grade_of(feed, "Nord").departures == 28


def test_directions_are_derived_where_one_agency_does_not_tell_them(tmp_path: Path) -> None:
    """The other one tells them the other way round than they would be derived."""
    maker = two(("Markt", "Nord"), ("Markt", "Nord"), later=15)
    for trip in maker.tables["trips.txt"]:
        if trip[0] == "a":
            trip[3] = "1" if int(str(trip[2])[1:]) < 28 else "0"
    feed = read_gtfs(maker.write(tmp_path))
    assert grade_of(feed, "Markt").departures == 56
