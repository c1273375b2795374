"""The traps of grading public transport, each on a feed small enough to count by hand."""

from pathlib import Path

import pytest

from geo_service.transit.gtfs import read_gtfs
from tests.transit.feeds import FeedMaker, all_grades, grade_of, street


def test_trap_a_buses_do_not_make_a_train_frequent(tmp_path: Path) -> None:
    """One train and 20 buses an hour are an hourly train and a 3-minute bus, never a 3-minute train."""
    maker = street("A", "S", "B").line("RB", 2).line("400", 3)
    maker.every(60, "RB", ["A", "S", "B"]).every(3, "400", ["A", "S", "B"])
    grades = all_grades(read_gtfs(maker.write(tmp_path))).query("stop == 'S'").set_index("mode_group")
    assert grades.headway_min.to_dict() == {"tram_bus_ship": 3.0, "rail": 60.0}
    assert grades.category.to_dict() == {"tram_bus_ship": "II", "rail": "V"}
    assert grades.index[0] == "tram_bus_ship"


def test_trap_a_the_better_group_counts_even_when_it_runs_less_often(tmp_path: Path) -> None:
    """A train every 20 minutes (IV) beats a bus every 20 (V); both together are no train every 10."""
    maker = street("A", "S", "B").line("RB", 2).line("400", 3)
    maker.every(20, "RB", ["A", "S", "B"]).every(20, "400", ["A", "S", "B"])
    best = grade_of(read_gtfs(maker.write(tmp_path)), "S")
    assert (best.mode_group, best.headway_min, best.category) == ("rail", 20.0, "IV")


@pytest.mark.parametrize("directions", [("0", "1"), ("", ""), ("0", "0")])
def test_trap_b_stop_without_parent_that_serves_both_directions_is_not_doubled(
    tmp_path: Path, directions: tuple[str, str]
) -> None:
    """Every half hour each way is a half hourly stop, whether the feed tells the directions or not."""
    maker = street("A", "S", "B").line("400")
    maker.every(30, "400", ["A", "S", "B"], direction=directions[0])
    maker.every(30, "400", ["B", "S", "A"], direction=directions[1])
    feed = read_gtfs(maker.write(tmp_path))
    best = grade_of(feed, "S")
    assert (best.departures, best.total, best.headway_min, best.category) == (28, 56, 30.0, "V")
    terminus = grade_of(feed, "A")
    assert (terminus.departures, terminus.total, terminus.headway_min) == (28, 28, 30.0)


def test_trap_b_poles_on_both_sides_of_the_street_are_one_stop(tmp_path: Path) -> None:
    maker = FeedMaker().stop("A").stop("n", "Markt", 500).stop("s", "Markt", 530).stop("B", east_m=1000)
    maker.line("400").every(30, "400", ["A", "n", "B"]).every(30, "400", ["B", "s", "A"])
    best = grade_of(read_gtfs(maker.write(tmp_path)), "n")
    assert (best.departures, best.total, best.headway_min) == (28, 56, 30.0)


def test_trap_b_a_trip_out_and_back_is_counted_once_per_direction(tmp_path: Path) -> None:
    maker = street("A", "S", "B").line("400").every(60, "400", ["A", "S", "B", "S", "A"])
    best = grade_of(read_gtfs(maker.write(tmp_path)), "S")
    assert (best.departures, best.total, best.headway_min) == (14, 28, 60.0)


def test_one_way_line_counts_all_its_departures(tmp_path: Path) -> None:
    maker = street("A", "S", "B").line("400").every(30, "400", ["A", "S", "B"])
    best = grade_of(read_gtfs(maker.write(tmp_path)), "S")
    assert (best.departures, best.total) == (28, 28)


@pytest.mark.parametrize(
    ("method", "category"), [("are", "IV"), ("goat", "3"), ("oerok", "3"), ("oevgk18", "III")]
)
def test_trap_c_ten_minute_stadtbahn(tmp_path: Path, method: str, category: str) -> None:
    """84 departures in 840 minutes: ARE 10-19, GOAT below 20, ÖROK and OeVGK18 up to 10."""
    maker = street("A", "S", "B").line("U42", 0)
    maker.every(10, "U42", ["A", "S", "B"], hours=(5, 21)).every(10, "U42", ["B", "S", "A"], hours=(5, 21))
    best = grade_of(read_gtfs(maker.write(tmp_path)), "S", method)
    assert (best.departures, best.headway_min, best.category) == (84, 10.0, category)


@pytest.mark.parametrize(
    ("method", "category"), [("are", "V"), ("goat", "7"), ("oerok", "6"), ("oevgk18", "VI")]
)
def test_trap_d_exactly_sixty_minutes(tmp_path: Path, method: str, category: str) -> None:
    """14 departures are an hourly bus: ARE 40-60, GOAT no longer below 60, ÖROK and OeVGK18 up to 60."""
    maker = street("A", "S", "B").line("470").every(60, "470", ["A", "S", "B"])
    best = grade_of(read_gtfs(maker.write(tmp_path)), "S", method)
    assert (best.departures, best.headway_min, best.category) == (14, 60.0, category)


def test_trap_d_one_departure_less_has_no_category(tmp_path: Path) -> None:
    maker = street("A", "S", "B").line("470").every(60, "470", ["A", "S", "B"], hours=(7, 20))
    best = grade_of(read_gtfs(maker.write(tmp_path)), "S")
    assert best.departures == 13
    assert best.category is None


@pytest.mark.parametrize(("method", "headway"), [("are", 30.0), ("oevgk18", (5**2 + 55**2) / 60)])
def test_trap_g_bunched_departures(tmp_path: Path, method: str, headway: float) -> None:
    """Two an hour at :00 and :05: counting says every 30 minutes, waiting says 50.8."""
    maker = street("A", "S", "B").line("470").line("480")
    for line, start in (("470", 0), ("480", 5 / 60)):
        maker.every(60, line, ["S", "B"], hours=(4 + start, 24)).every(60, line, ["B", "S"], hours=(4.5, 24))
    best = grade_of(read_gtfs(maker.write(tmp_path)), "S", method)
    assert best.departures == 28
    assert best.headway_min == pytest.approx(headway)


def test_trap_h_trips_of_two_agencies_count_once_and_are_reported(tmp_path: Path) -> None:
    """The same train under two agencies, and under two lines, is one train."""
    maker = street("A", "S", "B").line("1", 2, "EC 95", "PKP").line("2", 2, "IC 95", "DB")
    maker.every(60, "1", ["A", "S", "B"]).every(60, "2", ["A", "S", "B"])
    feed = read_gtfs(maker.write(tmp_path))
    best = grade_of(feed, "S")
    assert (best.departures, best.headway_min) == (14, 60.0)
    assert feed.counts["duplicate trips counted once"] == 14
    assert any("14 trips run at the same times" in warning for warning in feed.warnings)


def test_trap_h_two_lines_of_one_agency_side_by_side_stay_two(tmp_path: Path) -> None:
    maker = street("A", "S", "B").line("440").line("450")
    maker.every(60, "440", ["A", "S", "B"]).every(60, "450", ["A", "S", "B"])
    feed = read_gtfs(maker.write(tmp_path))
    assert grade_of(feed, "S").headway_min == 30.0
    assert "duplicate trips counted once" not in feed.counts
