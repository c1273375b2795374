"""Weighted criteria: values by hand, shares that add up, whole points."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.matching.criteria import CRITERIA, FULL_POINTS, score_pair
from geo_service.matching.terms import DEFAULT_WEIGHTS, RoundTerms
from tests.matching.cases import NEED, OFFER, TERMS, need, offer


def values(winner: dict[str, Any], premises: dict[str, Any]) -> dict[str, float]:
    score = score_pair(need(**winner), offer(**premises), TERMS)
    return {part.criterion: part.value for part in score.parts}


def test_every_criterion_has_a_default_weight() -> None:
    assert {criterion.name for criterion in CRITERIA} == set(DEFAULT_WEIGHTS)


def test_values_of_the_plain_pair() -> None:
    found = values({}, {})
    assert found == {
        "area_fit": 1.0,  # 75 m² in the middle of 50 to 100
        "rent_room": pytest.approx(0.2),  # 800 of 1,000 EUR
        "use": 1.0,
        "location": 0.5,  # a wanted district, but a quarter is named too
        "grant_coverage": 1.0,
        "idle_time": 1 - 184 / 365,  # from 1 July 2026 to 1 January 2027
        "tenancy_length": 0.2,  # 12 of 60 months
        "vacancy_length": 546 / 1095,  # empty since 1 January 2025
    }


@pytest.mark.parametrize(
    ("criterion", "winner", "premises", "value"),
    [
        ("area_fit", {}, {"area_m2": 50.0}, 0.5),
        ("area_fit", {}, {"area_m2": 62.5}, 0.75),
        ("area_fit", {}, {"area_m2": 500.0}, 0.5),
        ("area_fit", {"area_min_m2": 75.0, "area_max_m2": 75.0}, {}, 1.0),
        ("area_fit", {"area_min_m2": 70.0, "area_max_m2": 70.0}, {}, 0.5),
        ("rent_room", {}, {"net_rent_eur_month": Decimal(1000)}, 0.0),
        ("rent_room", {}, {"net_rent_eur_month": Decimal(2000)}, 0.0),
        ("rent_room", {}, {"net_rent_eur_month": Decimal(0)}, 1.0),
        ("use", {}, {"permitted_uses": frozenset({"gastronomy"})}, 0.0),
        ("location", {}, {"quarter": "kreuzviertel"}, 1.0),
        ("location", {"quarters": frozenset()}, {}, 1.0),
        ("location", {}, {"district": "brackel"}, 0.0),
        ("wished_features", {"wished_features": frozenset({"water", "extraction"})}, {}, 0.5),
        ("transit", {}, {"transit_grade": "A"}, 1.0),
        ("transit", {}, {"transit_grade": "D"}, 0.5),
        ("transit", {}, {"transit_grade": "G"}, 0.0),
        ("grant_coverage", {}, {"net_rent_eur_month": Decimal(2500)}, 0.5),
        ("idle_time", {"wanted_from": date(2026, 7, 1)}, {}, 1.0),
        ("idle_time", {"wanted_from": date(2028, 1, 1)}, {}, 0.0),
        ("tenancy_length", {"wanted_months": 60}, {}, 1.0),
        ("tenancy_length", {"wanted_months": 120}, {}, 1.0),
        ("vacancy_length", {}, {"vacant_since": date(2020, 1, 1)}, 1.0),
        ("vacancy_length", {}, {"vacant_since": date(2027, 1, 1)}, 0.0),
    ],
)
def test_single_values(
    criterion: str, winner: dict[str, Any], premises: dict[str, Any], value: float
) -> None:
    assert values(winner, premises)[criterion] == pytest.approx(value)


@pytest.mark.parametrize(
    ("criterion", "winner", "premises"),
    [
        ("rent_room", {"rent_max_eur_month": None}, {}),
        ("rent_room", {"rent_max_eur_month": Decimal(0)}, {}),
        ("rent_room", {}, {"net_rent_eur_month": None}),
        ("grant_coverage", {}, {"net_rent_eur_month": None}),
        ("location", {"districts": frozenset(), "quarters": frozenset()}, {}),
        ("wished_features", {}, {}),
        ("transit", {}, {"transit_grade": None}),
        ("idle_time", {}, {"free_from": None}),
        ("vacancy_length", {}, {"vacant_since": None}),
    ],
)
def test_a_criterion_without_facts_is_left_out(
    criterion: str, winner: dict[str, Any], premises: dict[str, Any]
) -> None:
    assert criterion not in values(winner, premises)


def test_score_is_the_weighted_mean_by_hand() -> None:
    terms = replace(TERMS, weights={"area_fit": 3, "rent_room": 1, "tenancy_length": 1})
    score = score_pair(NEED, OFFER, terms)
    assert score.points == 6800  # (3 * 1.0 + 0.2 + 0.2) / 5
    assert score.value == 0.68
    assert score.winner_points == 8000  # (3 * 1.0 + 0.2) / 4
    assert score.landlord_points == 2000
    assert [(part.criterion, round(part.share, 9)) for part in score.parts] == [
        ("area_fit", 0.6),
        ("rent_room", 0.04),
        ("tenancy_length", 0.04),
    ]


def test_no_criterion_that_says_anything_gives_no_points() -> None:
    terms = replace(TERMS, weights={"wished_features": 1})
    score = score_pair(NEED, OFFER, terms)
    assert (score.points, score.winner_points, score.landlord_points, score.parts) == (0, 0, 0, ())


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(DEFAULT_WEIGHTS)), st.integers(0, 9)).filter(
        lambda weights: any(weights.values())
    ),
    st.floats(1, 500),
    st.decimals(0, 5000, places=2),
)
def test_scores_lie_between_0_and_1_and_parts_add_up(
    weights: dict[str, int], area_m2: float, rent: Decimal
) -> None:
    terms = replace(TERMS, weights=weights)
    score = score_pair(NEED, offer(area_m2=area_m2, net_rent_eur_month=rent), terms)
    assert all(0 <= part.value <= 1 for part in score.parts)
    assert 0 <= score.points <= FULL_POINTS
    assert abs(sum(part.share for part in score.parts) - score.value) <= 0.5 / FULL_POINTS + 1e-12


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": {"beauty": 1}}, "unknown criteria: beauty"),
        ({"weights": {"use": -1}}, "whole numbers"),
        ({"weights": {"use": 0.5}}, "whole numbers"),
        ({"weights": {"use": True}}, "whole numbers"),
        ({"weights": {"use": 0}}, "at least one"),
        ({"weights": {}}, "at least one"),
        ({"budget_eur": Decimal(-1)}, "budget_eur"),
        ({"reserved_eur": Decimal("NaN")}, "reserved_eur"),
    ],
)
def test_unfit_terms_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RoundTerms(**{"as_of": date(2026, 7, 1), "budget_eur": Decimal(1), **changes})
