"""Each hard constraint by its code, at its boundary and just beyond it."""

from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest

from geo_service.matching.constraints import Code, check_facts, check_rules, needs_permit
from geo_service.matching.proposal import propose
from geo_service.matching.terms import ContradictoryRules, Rules, add_months
from tests.matching.cases import NEED, OFFER, TERMS, need, offer

SPOILT: list[tuple[str, dict[str, Any], dict[str, Any], Any, Any]] = [
    ("area_too_small", {}, {"area_m2": 49.9}, 50.0, 49.9),
    ("area_too_large", {}, {"area_m2": 100.1}, 100.0, 100.1),
    ("rent_too_high", {}, {"net_rent_eur_month": Decimal("1000.01")}, Decimal(1000), Decimal("1000.01")),
    ("rent_unknown", {}, {"net_rent_eur_month": None}, Decimal(1000), None),
    (
        "use_not_permitted",
        {},
        {"permitted_uses": frozenset({"office", "craft"})},
        "retail",
        ("craft", "office"),
    ),
    ("use_unknown", {}, {"permitted_uses": frozenset()}, "retail", None),
    (
        "change_of_use_needs_permit",
        {"accepts_change_of_use": False},
        {"permitted_uses": frozenset({"gastronomy"})},
        "retail",
        ("gastronomy",),
    ),
    ("not_ground_floor", {}, {"ground_floor": False}, "ground_floor", "other_floor"),
    ("outside_wanted_area", {}, {"district": "brackel"}, ("hoerde", "kreuzviertel"), ("brackel",)),
    ("location_unknown", {}, {"district": None}, ("hoerde", "kreuzviertel"), None),
    ("not_vacant", {}, {"free_from": None}, date(2027, 1, 1), None),
    ("free_too_late", {}, {"free_from": date(2027, 1, 2)}, date(2027, 1, 1), date(2027, 1, 2)),
    ("free_too_short", {}, {"free_until": date(2027, 12, 31)}, date(2028, 1, 1), date(2027, 12, 31)),
    ("features_missing", {}, {"features": frozenset({"water"})}, ("storage",), ("water",)),
    ("double_funding", {"other_funding": True}, {}, None, None),
]


@pytest.mark.parametrize(("code", "winner", "premises", "required", "actual"), SPOILT)
def test_one_spoilt_fact_gives_exactly_its_code(
    code: str, winner: dict[str, Any], premises: dict[str, Any], required: object, actual: object
) -> None:
    (failure,) = check_facts(need(**winner), offer(**premises))
    assert (failure.code, failure.required, failure.actual) == (code, required, actual)
    assert failure.shortfall > 0


@pytest.mark.parametrize(
    "premises",
    [
        {},
        {"area_m2": 50.0},
        {"area_m2": 100.0},
        {"net_rent_eur_month": Decimal("1000.00")},
        {"free_from": date(2027, 1, 1)},
        {"free_until": date(2028, 1, 1)},
        {"district": "brackel", "quarter": "kreuzviertel"},
        {"permitted_uses": frozenset({"gastronomy"})},
    ],
)
def test_bounds_are_included(premises: dict[str, Any]) -> None:
    assert check_facts(NEED, offer(**premises)) == ()


@pytest.mark.parametrize(
    ("winner", "premises"),
    [
        ({"districts": frozenset(), "quarters": frozenset()}, {"district": None}),
        ({"rent_max_eur_month": None}, {"net_rent_eur_month": Decimal(99_999)}),
        ({"ground_floor_needed": False}, {"ground_floor": False}),
        ({"features": frozenset()}, {"features": frozenset()}),
    ],
)
def test_what_the_winner_does_not_care_about_is_no_failure(
    winner: dict[str, Any], premises: dict[str, Any]
) -> None:
    assert check_facts(need(**winner), offer(**premises)) == ()


def test_all_failures_are_listed_with_how_far_they_miss() -> None:
    spoilt = offer(area_m2=40.0, net_rent_eur_month=Decimal(1250), free_until=date(2027, 7, 2))
    found = {failure.code: failure.shortfall for failure in check_facts(NEED, spoilt)}
    assert found == {"area_too_small": 0.2, "rent_too_high": 0.25, "free_too_short": 183 / 365}


@pytest.mark.parametrize(
    ("use", "permitted", "permit"),
    [
        ("retail", {"gastronomy"}, True),
        ("gastronomy", {"retail"}, True),
        ("retail", {"retail", "gastronomy"}, False),
        ("craft", {"retail"}, False),
        ("gastronomy", set(), False),
    ],
)
def test_only_between_retail_and_gastronomy_a_permit_helps(
    use: str, permitted: set[str], permit: bool
) -> None:
    assert needs_permit(need(use=use), offer(permitted_uses=frozenset(permitted))) is permit


def test_decisions_rule_pairs_out() -> None:
    other = need(winner_id=2)
    assert [f.code for f in check_rules(NEED, OFFER, Rules(forbidden=frozenset({(1, 11)})))] == ["forbidden"]
    pinned = Rules(pinned={1: 12})
    assert [(f.code, f.required) for f in check_rules(NEED, OFFER, pinned)] == [
        ("winner_fixed_elsewhere", 12)
    ]
    locked = Rules(locked={1: 11})
    assert [(f.code, f.required) for f in check_rules(other, OFFER, locked)] == [
        ("premises_fixed_elsewhere", 1)
    ]
    assert check_rules(NEED, OFFER, locked) == ()


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"pinned": {1: 11, 2: 11}}, "premises_fixed_twice"),
        ({"pinned": {1: 11}, "locked": {2: 11}}, "premises_fixed_twice"),
        ({"pinned": {1: 11}, "locked": {1: 12}}, "winner_fixed_twice"),
        ({"locked": {1: 11}, "forbidden": frozenset({(1, 11)})}, "fixed_and_forbidden"),
    ],
)
def test_contradicting_decisions_are_refused(rules: dict[str, Any], code: str) -> None:
    with pytest.raises(ContradictoryRules) as caught:
        Rules(**rules)
    assert caught.value.code == code
    assert code in str(caught.value)


def test_a_pin_and_a_lock_of_the_same_pair_agree() -> None:
    assert Rules(pinned={1: 11}, locked={1: 11}).fixed == {1: 11}


def test_every_code_is_reached() -> None:
    """The spoilt facts above, the decisions, and the two reasons of the optimum are all codes there are."""
    second = need(winner_id=2)
    proposal = propose([NEED, second], [OFFER, offer(premises_id=12)], Rules(), TERMS)
    by_optimum = {failure.code for pair in proposal.rejected for failure in pair.failures}
    by_rules = {"forbidden", "winner_fixed_elsewhere", "premises_fixed_elsewhere"}
    assert {code for code, *_ in SPOILT} | by_rules | by_optimum == set(get_args(Code))


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 3, 15), 10, date(2028, 1, 15)),
        (date(2027, 12, 1), 12, date(2028, 12, 1)),
    ],
)
def test_months_are_calendar_months(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end


@pytest.mark.parametrize(
    "changes",
    [
        {"area_min_m2": float("nan")},
        {"area_max_m2": float("inf")},
        {"area_min_m2": -1.0},
        {"area_min_m2": 0.0},
        {"area_min_m2": 101.0},
        {"rent_max_eur_month": Decimal("NaN")},
        {"rent_max_eur_month": Decimal(-1)},
        {"wanted_months": 0},
    ],
)
def test_unfit_needs_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))[:8]):
        need(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"area_m2": float("nan")},
        {"area_m2": -5.0},
        {"net_rent_eur_month": Decimal("NaN")},
        {"net_rent_eur_month": Decimal("-0.01")},
        {"net_rent_eur_month": Decimal("Infinity")},
    ],
)
def test_unfit_offers_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        offer(**changes)
