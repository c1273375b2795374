"""Departures of a day, rail nodes, the choice among stops, waiting times."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.transit.departures import departures_on
from geo_service.transit.evidence import hour_profile, stop_evidence
from geo_service.transit.grading import best_access, best_groups, grade_stops
from geo_service.transit.methods import load_method
from geo_service.transit.windows import parse_window

MONDAY = date(2026, 6, 1)
DAYTIME = parse_window("06:00-20:00")


def frame(
    *rows: tuple[str, str, list[int]], stop: int = 0, mode: str = "bus", line: str = "1"
) -> pd.DataFrame:
    """Return departures: days as text of 0 and 1 from Monday on, next stop, seconds."""
    return pd.DataFrame(
        [
            {
                "stop": stop,
                "mode": mode,
                "line": line,
                "direction": 0,
                "next_stop_id": following,
                "headsign": following,
                "days": int(days[::-1], 2).to_bytes((len(days) + 7) // 8, "little"),
                "departure_s": times,
            }
            for days, following, times in rows
        ]
    )


def hours(*numbers: float) -> list[int]:
    return [round(number * 3600) for number in numbers]


def test_window_takes_its_start_and_leaves_its_end() -> None:
    found = departures_on(frame(("1", "B", hours(5.999, 6, 19.999, 20))), MONDAY, MONDAY, DAYTIME)
    assert found.seconds.tolist() == hours(6, 19.999)
    assert found.rows.departures.tolist() == [2]


def test_departures_after_midnight_belong_to_the_next_morning() -> None:
    rows = frame(("1000000", "B", hours(23, 25.5, 30.5)), ("0100000", "C", hours(1, 7)))
    early = departures_on(rows, MONDAY, date(2026, 6, 2), parse_window("00:00-07:00"))
    assert sorted(early.seconds.tolist()) == hours(1, 1.5, 6.5)
    late = departures_on(rows, MONDAY, MONDAY, parse_window("20:00-26:00"))
    assert sorted(late.seconds.tolist()) == hours(23, 25, 25.5)


def test_days_before_and_after_the_feed_have_no_departures() -> None:
    rows = frame(("1", "B", hours(7, 31)))
    assert not len(departures_on(rows, MONDAY, date(2026, 5, 31), DAYTIME).seconds)
    after = departures_on(rows, MONDAY, date(2026, 6, 2), DAYTIME)
    assert after.seconds.tolist() == hours(7)
    assert departures_on(rows, MONDAY, date(2026, 6, 20), DAYTIME).rows.empty


def test_nothing_departs() -> None:
    empty = frame(("1", "B", hours(7))).iloc[:0]
    found = departures_on(empty, MONDAY, MONDAY, DAYTIME)
    assert grade_stops(found, load_method("are"), DAYTIME).empty


@pytest.mark.parametrize(("neighbours", "node", "category"), [(5, False, "III"), (6, True, "II")])
def test_rail_node_has_six_directions(neighbours: int, node: bool, category: str) -> None:
    """Six next stops of trains: a node; the headway is that of all lines together."""
    lines = [
        frame(("1", str(number), [6 * 3600 + 60 * number + 3000 * place for place in range(14)]), mode="rail",
              line=f"S{number}")
        for number in range(neighbours)
    ]  # fmt: skip
    buses = frame(*[("1", f"bus {number}", hours(7)) for number in range(9)])
    found = departures_on(pd.concat([*lines, buses]), MONDAY, MONDAY, DAYTIME)
    best = best_groups(grade_stops(found, load_method("are"), DAYTIME)).iloc[0]
    assert best.departures == 14 * neighbours
    assert 10 <= best.headway_min < 20
    assert (best.node, best.category) == (node, category)


def test_evidence_adds_up_and_names_what_counts() -> None:
    up = frame(("1", "B", hours(*range(6, 20)))).assign(headsign="Zoo")
    branch = frame(("1", "C", hours(6.5, 7.5))).assign(headsign="Hafen")
    down = frame(("1", "A", hours(*range(6, 20, 2)))).assign(direction=1)
    other = frame(("1", "B", hours(6.25)), line="2")
    train = frame(("1", "X", hours(6, 7)), mode="rail", line="RB").assign(headsign="")
    departures = departures_on(pd.concat([up, branch, down, other, train]), MONDAY, MONDAY, DAYTIME)
    method = load_method("are")
    grades = grade_stops(departures, method, DAYTIME)
    groups = stop_evidence(departures, grades, method)[0]
    assert [group["mode_group"] for group in groups] == ["tram_bus_ship", "rail"]
    bus = groups[0]
    assert bus["departures"] == sum(line["departures"] for line in bus["lines"]) == 17
    assert bus["total"] == sum(d["departures"] for line in bus["lines"] for d in line["directions"]) == 24
    assert bus["headway_min"] == pytest.approx(840 / 17, abs=0.005)
    first, second = bus["lines"][0]["directions"]
    assert first == {
        "direction": 0,
        "departures": 16,
        "first": "6:00",
        "last": "19:00",
        "towards": ["Zoo", "Hafen"],
    }
    assert (second["departures"], second["towards"]) == (7, ["A"])
    assert [line["line"] for line in bus["lines"]] == ["1", "2"]
    hours_of = hour_profile(departures, "tram_bus_ship", method, DAYTIME)
    # line 1 in its busier direction each full hour, at 6:30 and 7:30 to the branch; line 2 once at 6:15
    assert [each["departures"] for each in hours_of] == [3, 2, *[1] * 12]
    assert [(each["hour"], each["minutes"]) for each in hours_of] == [(hour, 60) for hour in range(6, 20)]
    assert groups[1]["category"] is None
    assert groups[1]["lines"][0]["directions"][0]["towards"] == []


def test_a_profile_beyond_midnight_counts_parts_of_hours() -> None:
    window = parse_window("22:30-25:15")
    night = frame(("1", "B", hours(22.5, 22.75, 23, 24, 24.5, 25, 25.2)))
    found = hour_profile(
        departures_on(night, MONDAY, MONDAY, window), "tram_bus_ship", load_method("are"), window
    )
    assert [tuple(each.values()) for each in found] == [(22, 30, 2), (23, 60, 1), (24, 60, 2), (25, 15, 2)]


# --- choice among stops -------------------------------------------------------------------------------


def choose(
    pairs: list[tuple[int, int, float]], ranks: list[int], subjects: int = 1
) -> tuple[list[Any], list[Any]]:
    subject, stop, distance = (np.array(values) for values in zip(*pairs, strict=True))
    best, other = best_access(load_method("are"), subjects, (subject, stop, distance), np.array(ranks))
    return (
        list(zip(best.rank.tolist(), best.stop.tolist(), best.distance_m.tolist(), strict=True)),
        list(zip(other.rank.tolist(), other.stop.tolist(), other.distance_m.tolist(), strict=True)),
    )


def test_best_class_wins_not_the_nearest_stop() -> None:
    """A category I stop at 700 m (B) beats a category IV stop at 10 m (C)."""
    best, other = choose([(0, 0, 10.0), (0, 1, 700.0)], [3, 0])
    assert best == [(1, 1, 700.0)]
    assert other == [(2, 0, 10.0)]


def test_ties_are_broken_by_category_then_distance_then_number() -> None:
    assert choose([(0, 0, 400.0), (0, 1, 200.0)], [0, 1])[0] == [(0, 0, 400.0)]
    assert choose([(0, 0, 200.0), (0, 1, 100.0)], [1, 1])[0] == [(0, 1, 100.0)]
    assert choose([(0, 1, 100.0), (0, 0, 100.0)], [1, 1])[0] == [(0, 0, 100.0)]


def test_subjects_without_a_useful_stop_have_no_class() -> None:
    best, other = choose([(1, 0, 900.0), (2, 0, 100.0)], [3], subjects=4)
    assert [place[0] for place in best] == [4, 4, 2, 4]
    assert [place[1] for place in best] == [-1, -1, 0, -1]
    assert all(place[1] == -1 for place in other)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 5), st.floats(0, 1200)),
        max_size=30,
        unique_by=lambda pair: pair[:2],
    ),
    st.lists(st.integers(0, 5), min_size=6, max_size=6),
)
def test_best_and_next_best_equal_a_plain_loop(pairs: list[tuple[int, int, float]], ranks: list[int]) -> None:
    method = load_method("are")
    rows = {"I": "AABC", "II": "ABCD", "III": "BCD-", "IV": "CD--", "V": "D---"}
    if not pairs:
        return
    best, other = choose(pairs, ranks, subjects=5)
    for subject in range(5):
        options = []
        for owner, stop, distance in pairs:
            if owner != subject or ranks[stop] == 5 or distance > 1000:
                continue
            band = 0 if distance < 300 else 1 if distance <= 500 else 2 if distance <= 750 else 3
            grade = rows[method.categories[ranks[stop]]][band]
            if grade != "-":
                options.append(("ABCD".index(grade), ranks[stop], distance, stop))
        options.sort()
        for found, wanted in zip((best, other), options[:2], strict=False):
            assert found[subject][:2] == (wanted[0], wanted[3])
        assert sum(found[subject][1] >= 0 for found in (best, other)) == min(2, len(options))


def test_departures_of_one_stop_are_those_of_the_table() -> None:
    rows = pd.concat(
        [frame(("1", "B", hours(6, 21))), frame(("1", "C", hours(7, 8)), ("1", "D", hours(9)), stop=4)],
        ignore_index=True,
    )
    every = departures_on(rows, MONDAY, MONDAY, DAYTIME)
    alone = departures_on(rows.iloc[1:], MONDAY, MONDAY, DAYTIME)
    there = every.at(4)
    assert there.rows.to_dict("list") == alone.rows.to_dict("list")
    assert (there.seconds.tolist(), there.row_of.tolist()) == (hours(7, 8, 9), [0, 0, 1])
    assert there.later.empty
    assert every.at(0).later.following_s.tolist() == hours(21)
