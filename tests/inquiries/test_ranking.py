"""The ranking kernel against a plain loop, its properties, and cases that can be checked by hand."""

import math
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.inquiries.candidates import (
    KINDS,
    MEETS,
    NOT_APPLICABLE,
    UNKNOWN,
    Candidates,
    Requirement,
)
from geo_service.inquiries.criteria import JUDGES, use_bits
from geo_service.inquiries.ranking import Ranking, rank

TODAY = date(2026, 7, 1)
NO_GRADE = 7
Row = dict[str, Any]

PLAIN: Row = {
    "kind": "parcel",
    "area_m2": 4000.0,
    "uses": {"GE"},
    "available_from": TODAY,
    "grade": 1,
    "district": 3,
    "quarter": UNKNOWN,
    "rent_eur_month": math.nan,
    "price_eur_per_m2": 100.0,
}


def candidates(rows: list[Row], ids: list[int] | None = None) -> Candidates:
    full = [{**PLAIN, **row} for row in rows]
    return Candidates(
        kind=np.array([KINDS.index(row["kind"]) for row in full], dtype=np.int8),
        id=np.array(ids or range(1, len(full) + 1), dtype=np.int64),
        area_m2=np.array([row["area_m2"] for row in full], dtype=np.float64),
        uses=np.array([use_bits(row["uses"]) for row in full], dtype=np.int64),
        available_from=np.array([row["available_from"] for row in full], dtype="datetime64[D]"),
        grade=np.array([row["grade"] for row in full], dtype=np.int8),
        district=np.array([row["district"] for row in full], dtype=np.int64),
        quarter=np.array([row["quarter"] for row in full], dtype=np.int64),
        rent_eur_month=np.array([row["rent_eur_month"] for row in full], dtype=np.float64),
        price_eur_per_m2=np.array([row["price_eur_per_m2"] for row in full], dtype=np.float64),
    )


# --- an independent scalar reading of docs/ranking.md ------------------------------------------------------


def scalar(miss: float | None, good: float, tolerance: float) -> tuple[str, float]:
    if miss is None:
        return "near", 0.0
    if miss <= 0:
        return "met", min(max(good, 0.7), 1.0)
    return ("near" if miss <= tolerance else "out"), 0.7 * max(0.0, 1 - miss / tolerance)


def area_by_hand(row: Row, asked: Requirement) -> tuple[str, float] | None:
    low, high, area = asked.area_min_m2, asked.area_max_m2, row["area_m2"]
    if low is None and high is None:
        return None
    if math.isnan(area):
        return scalar(None, 0, 0.25)
    short = (low - area) / low if low else -1.0
    over = (area - high) / high if high else -1.0
    if low is not None and high is not None:
        good = 0.7 + 0.3 * (1 - abs(area - (low + high) / 2) / max((high - low) / 2, 1e-9))
    else:
        good = 0.7 + 0.3 * (area / high if high else (low or 0) / area)
    return scalar(max(short, over), good, 0.25)


def use_by_hand(row: Row, asked: Requirement) -> tuple[str, float] | None:
    pairs = [{"retail", "gastronomy"}, {"GE", "GI"}]
    if not asked.uses:
        return None
    if row["uses"] & asked.uses:
        return "met", 1.0
    if any({use, own} in pairs for use in asked.uses for own in row["uses"]):
        return "near", 0.35
    return "out" if row["uses"] else "near", 0.0


def date_by_hand(row: Row, asked: Requirement) -> tuple[str, float] | None:
    start = row["available_from"]
    if asked.available_by is None:
        return None
    if start is None:
        return scalar(None, 0, 365)
    span = max((asked.available_by - asked.as_of).days, 1)
    good = 1 - 0.3 * max((start - asked.as_of).days, 0) / span
    return scalar((start - asked.available_by).days, good, 365)


def transit_by_hand(row: Row, asked: Requirement) -> tuple[str, float] | None:
    if asked.grade_min is None:
        return None
    if row["grade"] == UNKNOWN:
        return "near", 0.0
    worse = row["grade"] - asked.grade_min
    good = 0.7 + 0.3 * (-worse / asked.grade_min) if asked.grade_min else 1.0
    return ("met", good) if worse <= 0 else ("near", 0.35) if worse == 1 else ("out", 0.0)


def district_by_hand(row: Row, asked: Requirement) -> tuple[str, float] | None:
    if not asked.districts and not asked.quarters:
        return None
    inside = row["district"] in asked.districts or row["quarter"] in asked.quarters
    return ("met", 1.0) if inside else ("near", 0.0)


def ceiling_by_hand(value: float, limit: float | None) -> tuple[str, float] | None:
    if limit is None:
        return None
    return scalar(None if math.isnan(value) else value / limit - 1, 1 - 0.3 * value / limit, 0.2)


def judged_by_hand(row: Row, asked: Requirement) -> dict[str, tuple[str, float]]:
    shop = row["kind"] == "premises"
    found = {
        "area": area_by_hand(row, asked),
        "use": use_by_hand(row, asked),
        "date": date_by_hand(row, asked),
        "transit": transit_by_hand(row, asked),
        "district": district_by_hand(row, asked),
        "rent": ceiling_by_hand(row["rent_eur_month"], asked.rent_max_eur_month) if shop else None,
        "price": None if shop else ceiling_by_hand(row["price_eur_per_m2"], asked.price_max_eur_per_m2),
    }
    return {name: item for name, item in found.items() if item is not None}


def ranked_by_hand(rows: list[Row], asked: Requirement) -> tuple[list[int], list[int], list[int]]:
    fitting: list[int] = []
    almost: list[int] = []
    points: list[int] = []
    for index, row in enumerate(rows):
        found = judged_by_hand(row, asked)
        weights = {name: 1 if name in asked.wishes else 2 for name in found}
        total = sum(weights.values())
        mean = sum(weights[name] * value for name, (_, value) in found.items()) / total if total else 1.0
        points.append(round(10_000 * mean))
        musts = [state for name, (state, _) in found.items() if name not in asked.wishes]
        if "out" in musts or musts.count("near") > 1:
            continue
        (almost if "near" in musts else fitting).append(index)

    def key(index: int) -> tuple[int, int, int]:
        return -points[index], KINDS.index(rows[index]["kind"]), index

    return sorted(fitting, key=key), sorted(almost, key=key), points


DAYS = st.integers(-400, 1500).map(lambda days: TODAY + timedelta(days=days))
ROWS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "area_m2": st.one_of(
            st.just(math.nan), st.sampled_from([3000.0, 4000.0, 5000.0, 5200.0]), st.floats(10, 9000)
        ),
        "uses": st.sampled_from([set(), {"GE"}, {"GI"}, {"MI", "GE"}, {"retail"}, {"gastronomy", "office"}]),
        "available_from": st.one_of(st.none(), st.just(TODAY), DAYS),
        "grade": st.sampled_from([UNKNOWN, 0, 1, 2, 3, NO_GRADE]),
        "district": st.sampled_from([UNKNOWN, 1, 2, 3]),
        "quarter": st.sampled_from([UNKNOWN, 7, 8]),
        "rent_eur_month": st.one_of(st.just(math.nan), st.floats(0, 3000)),
        "price_eur_per_m2": st.one_of(st.just(math.nan), st.floats(0, 500)),
    }
)
ASKED = st.builds(
    Requirement,
    as_of=st.just(TODAY),
    area_min_m2=st.sampled_from([None, 1000.0, 4000.0]),
    area_max_m2=st.sampled_from([None, 4000.0, 5000.0]),
    uses=st.sampled_from([frozenset(), frozenset({"GE"}), frozenset({"retail", "office"})]),
    available_by=st.one_of(st.none(), st.just(TODAY), DAYS),
    grade_min=st.sampled_from([None, 0, 2, 6]),
    districts=st.sampled_from([frozenset(), frozenset({1, 2})]),
    quarters=st.sampled_from([frozenset(), frozenset({7})]),
    rent_max_eur_month=st.sampled_from([None, 1000.0]),
    price_max_eur_per_m2=st.sampled_from([None, 120.0]),
    wishes=st.frozensets(st.sampled_from(sorted(JUDGES)), max_size=4),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ROWS, max_size=8), ASKED)
def test_kernel_equals_a_plain_loop(rows: list[Row], asked: Requirement) -> None:
    fitting, almost, points = ranked_by_hand(rows, asked)
    found = rank(candidates(rows), asked)
    assert np.abs(found.points - points).max(initial=0) <= 1  # a half may round either way
    assert set(found.fitting.tolist()) == set(fitting)
    assert set(found.almost.tolist()) == set(almost)
    if found.points.tolist() == points:
        assert found.fitting.tolist() == fitting
        assert found.almost.tolist() == almost


@settings(max_examples=80, deadline=None)
@given(st.lists(ROWS, max_size=8), ASKED, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(rows: list[Row], asked: Requirement, random: Any) -> None:
    whole = candidates(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = Candidates(*(getattr(whole, field.name)[order] for field in fields(Candidates)))

    def listed(found: Ranking, of: Candidates) -> list[list[tuple[int, int, int]]]:
        return [
            [(int(of.kind[row]), int(of.id[row]), int(found.points[row])) for row in part]
            for part in (found.fitting, found.almost)
        ]

    assert listed(rank(shuffled, asked), shuffled) == listed(rank(whole, asked), whole)


@settings(max_examples=80, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=8), ASKED)
def test_values_and_states_agree(rows: list[Row], asked: Requirement) -> None:
    found = rank(candidates(rows), asked)
    for item in found.judgements:
        assert ((item.value >= 0) & (item.value <= 1)).all()
        applies = item.state != NOT_APPLICABLE
        assert ((item.value >= MEETS - 1e-9) == (item.state == 0))[applies].all()
    assert set(found.missing) == {item.name for item in found.judgements if item.must}
    assert sum(found.missing.values()) == len(found.almost)
    assert not set(found.fitting.tolist()) & set(found.almost.tolist())


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, max_size=8), ASKED, st.sampled_from(sorted(JUDGES)))
def test_a_wish_never_excludes(rows: list[Row], asked: Requirement, name: Any) -> None:
    found = rank(candidates(rows), replace(asked, wishes=asked.wishes - {name}))
    loosened = rank(candidates(rows), replace(asked, wishes=asked.wishes | {name}))
    assert set(found.fitting.tolist()) <= set(loosened.fitting.tolist())


def test_nothing_asked_fits_everything_with_full_points() -> None:
    found = rank(candidates([{}, {"kind": "plot"}, {"kind": "premises"}]), Requirement(as_of=TODAY))
    assert found.points.tolist() == [10_000] * 3
    assert found.fitting.tolist() == [1, 0, 2]  # plot, parcel, premises
    assert found.missing == {}


def test_no_candidates() -> None:
    found = rank(candidates([]), Requirement(as_of=TODAY, area_min_m2=1.0, uses=frozenset({"GE"})))
    assert (len(found.fitting), len(found.almost), found.missing) == (0, 0, {"area": 0, "use": 0})


@pytest.mark.parametrize(
    ("name", "asked", "row", "value"),
    [
        ("area", {"area_min_m2": 4000.0}, {}, 1.0),
        ("area", {"area_min_m2": 4000.0}, {"area_m2": 8000.0}, 0.85),
        ("area", {"area_min_m2": 4000.0}, {"area_m2": 3500.0}, 0.35),
        ("area", {"area_min_m2": 4000.0}, {"area_m2": 3000.0}, 0.0),
        ("area", {"area_min_m2": 3000.0, "area_max_m2": 5000.0}, {}, 1.0),
        ("area", {"area_min_m2": 4000.0, "area_max_m2": 6000.0}, {}, 0.7),
        ("area", {"area_min_m2": 4000.0, "area_max_m2": 4000.0}, {}, 1.0),
        ("area", {"area_max_m2": 8000.0}, {}, 0.85),
        ("date", {"available_by": date(2027, 7, 1)}, {}, 1.0),
        ("date", {"available_by": date(2027, 7, 1)}, {"available_from": date(2027, 7, 1)}, 0.7),
        ("date", {"available_by": date(2027, 7, 1)}, {"available_from": date(2028, 6, 30)}, 0.0),
        ("date", {"available_by": date(2027, 7, 1)}, {"available_from": date(2020, 1, 1)}, 1.0),
        ("date", {"available_by": TODAY}, {"available_from": date(2026, 12, 31)}, 0.7 * (1 - 183 / 365)),
        ("transit", {"grade_min": 2}, {"grade": 0}, 1.0),
        ("transit", {"grade_min": 2}, {"grade": 1}, 0.85),
        ("transit", {"grade_min": 2}, {"grade": 2}, 0.7),
        ("transit", {"grade_min": 2}, {"grade": 3}, 0.35),
        ("transit", {"grade_min": 0}, {"grade": 0}, 1.0),
        ("transit", {"grade_min": 6}, {"grade": NO_GRADE}, 0.35),
        ("price", {"price_max_eur_per_m2": 200.0}, {}, 0.85),
        ("price", {"price_max_eur_per_m2": 100.0}, {"price_eur_per_m2": 110.0}, 0.35),
        ("rent", {"rent_max_eur_month": 1000.0}, {"kind": "premises", "rent_eur_month": 500.0}, 0.85),
        ("use", {"uses": frozenset({"GI"})}, {}, 0.35),
        ("district", {"quarters": frozenset({7})}, {"quarter": 7}, 1.0),
    ],
)
def test_values_by_hand(name: str, asked: Row, row: Row, value: float) -> None:
    found = rank(candidates([row]), Requirement(as_of=TODAY, **asked))
    (item,) = found.judgements
    assert item.name == name
    assert item.value[0] == pytest.approx(value)


def test_musts_count_twice() -> None:
    asked = Requirement(
        as_of=TODAY, area_min_m2=8000.0, grade_min=1, wishes=frozenset({"area"}), districts=frozenset({3})
    )
    found = rank(candidates([{"area_m2": 7000.0}]), asked)
    # area 0.7 * (1 - 0.125 / 0.25) = 0.35 (wish), transit 0.7 and district 1.0 (musts)
    assert found.points.tolist() == [round(10_000 * (0.35 + 2 * 0.7 + 2 * 1.0) / 5)]


def test_almost_fitting_misses_one_must_only() -> None:
    asked = Requirement(as_of=TODAY, area_min_m2=4000.0, grade_min=1, uses=frozenset({"GE"}))
    rows: list[Row] = [
        {},
        {"area_m2": 3900.0},
        {"area_m2": 2000.0},
        {"area_m2": 3900.0, "grade": 2},
        {"grade": 3},
        {"uses": {"GI"}},
        {"uses": set()},
        {"uses": {"WA"}},
        {"grade": UNKNOWN},
    ]
    found = rank(candidates(rows), asked)
    assert found.fitting.tolist() == [0]
    assert set(found.almost.tolist()) == {1, 5, 6, 8}
    assert found.missing == {"area": 1, "use": 2, "transit": 1}


def test_words_without_a_bit_fit_nothing() -> None:
    assert use_bits({"castle"}) == 0
    found = rank(candidates([{}]), Requirement(as_of=TODAY, uses=frozenset({"castle"})))
    assert found.fitting.tolist() == []
