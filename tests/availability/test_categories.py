"""Categories: one parcel per rule, and a plain walk over the rules as an oracle."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.availability.categories import (
    CATEGORIES,
    GROUNDS,
    QUESTIONS,
    Rules,
    categorise,
    read_rules,
    standard_rules,
)
from geo_service.errors import InvalidInput

IDLE = "Industrie- und Gewerbefläche / Industrie und Gewerbe, außer Betrieb"
UNBUILT = "Industrie- und Gewerbefläche / Gewerbe, unbebaut"


def ask(**facts: Any) -> dict[str, Any]:
    return {str(name): value for name, value in categorise(pd.DataFrame([facts])).iloc[0].items()}


@pytest.mark.parametrize(
    ("facts", "category", "rule"),
    [
        ({"occupancy": "company_reserve", "built": False}, "company_reserve", "held_by_a_company"),
        ({"actual_use": IDLE, "built": True}, "brownfield", "disused"),
        ({"actual_use": UNBUILT, "occupancy": "sold"}, "in_use", "sold"),
        ({"actual_use": IDLE, "occupancy": "sold"}, "in_use", "sold"),
        ({"built": False, "occupancy": "leased", "gross_m2": 5000}, "vacant", "nothing_stands_there"),
        ({"actual_use": "Wohnbaufläche / Offen", "built": True}, "in_use", "built"),
        ({"actual_use": "Straßenverkehr", "built": False}, "in_use", "traffic_or_water"),
        ({"actual_use": "Wohnbaufläche / Unbebaut (Baulücke)", "gross_m2": 600}, "gap", "gap_by_cadastre"),
        ({"built": False, "building_area": True, "gross_m2": 2000}, "gap", "gap_in_plan"),
        ({"built": False, "built_neighbours": 0.5, "gross_m2": 900}, "gap", "gap_among_buildings"),
        (
            {"built": False, "land_use_plan": "commercial", "gross_m2": 2000.1},
            "fnp_reserve",
            "reserve_in_land_use_plan",
        ),
        ({"built": False, "building_area": True, "gross_m2": 2001}, "fnp_reserve", "reserve_in_plan"),
        ({"built": False, "actual_use": "Landwirtschaft / Ackerland"}, "in_use", "open_space"),
        ({"built": False, "gross_m2": 5000}, "vacant", "nothing_stands_there"),
        ({"built": False, "building_area": True, "gross_m2": 99}, "vacant", "nothing_stands_there"),
        ({"built": None, "gross_m2": 5000}, "unknown", "not_known"),
        ({"gross_m2": None}, "unknown", "not_known"),
    ],
)
def test_one_parcel_for_each_rule(facts: dict[str, Any], category: str, rule: str) -> None:
    answer = ask(**facts)
    assert (answer["category"], answer["category_rule"]) == (category, rule)


def test_every_category_rule_has_its_parcel() -> None:
    tried = test_one_parcel_for_each_rule.pytestmark[0].args[1]
    assert {case[2] for case in tried} == {rule.id for rule in standard_rules().by_question["category"]}


@pytest.mark.parametrize(
    ("facts", "ground"),
    [
        ({"actual_use": IDLE}, "brownfield"),
        ({"actual_use": "Landwirtschaft / Ackerland", "contaminated": True}, "brownfield"),
        ({"built": False, "actual_use": "Landwirtschaft / Ackerland"}, "green_field"),
        ({"built": False, "building_area": True, "gross_m2": 500}, "settled"),
        ({"built": True}, "settled"),
        ({"built": False, "actual_use": UNBUILT, "contaminated": False}, "settled"),
        ({"built": False}, "unknown"),
    ],
)
def test_brownfield_and_green_field(facts: dict[str, Any], ground: str) -> None:
    assert ask(**facts)["ground"] == ground


@pytest.mark.parametrize(
    ("facts", "use", "group"),
    [
        ({"zone_code": 1800, "net_m2": 10_000}, "industry", "industry_and_logistics"),
        ({"zone_code": 1800, "net_m2": 9_999}, "industry", "producing_firms"),
        ({"zone_code": 1700, "net_m2": 2_999}, "commerce", "crafts"),
        ({"zone_code": 1700, "net_m2": None}, "commerce", "crafts"),
        ({"zone_code": 1550, "net_m2": 1_000, "actual_use": IDLE}, "mixed", "urban_production"),
        ({"zone_code": 1550, "net_m2": 1_000}, "mixed", "services_and_retail"),
        ({"zone_code": 1600}, "offices_and_retail", "services_and_retail"),
        ({"zone_code": 1200}, "housing", "housing_developers"),
        ({"zone_code": 2100}, "special", "by_purpose"),
        ({"land_use_plan": "commercial", "net_m2": 5_000}, "commerce", "producing_firms"),
        ({"land_use_plan": "mixed"}, "mixed", "services_and_retail"),
        ({"land_use_plan": "housing"}, "housing", "housing_developers"),
        ({"actual_use": IDLE, "net_m2": 4_000}, "commerce", "producing_firms"),
        ({"zone_code": 1700, "occupancy": "company_reserve"}, "commerce", "none"),
        ({"zone_code": 1700, "built": True, "net_m2": 4_000}, "none", "none"),
        ({}, "unknown", "unknown"),
    ],
)
def test_potential_use_and_target_group(facts: dict[str, Any], use: str, group: str) -> None:
    answer = ask(built=facts.pop("built", False), **facts)
    assert (answer["potential_use"], answer["target_group"]) == (use, group)


def test_every_rule_speaks_both_languages_and_names_its_source() -> None:
    for question in QUESTIONS:
        for rule in standard_rules().by_question[question]:
            assert rule.words.de.endswith(".")
            assert rule.words.en.endswith(".")
            assert rule.words.de != rule.words.en
            assert rule.source
            assert standard_rules().rule(question, rule.id) is rule


FACTS = st.fixed_dictionaries(
    {
        "actual_use": st.sampled_from([IDLE, UNBUILT, "Straßenverkehr", "Wald", "Baulücke", "", None]),
        "built": st.sampled_from([True, False, None]),
        "occupancy": st.sampled_from(["", "sold", "reserved", "company_reserve", None]),
        "gross_m2": st.sampled_from([99.0, 2000.0, 2000.5, None]),
        "net_m2": st.sampled_from([0.0, 999.0, 3000.0, 10_000.0, None]),
        "zone_code": st.sampled_from([1200, 1550, 1700, 1800, 9999, None]),
        "building_area": st.sampled_from([True, False, None]),
        "land_use_plan": st.sampled_from(["housing", "other", None]),
        "built_neighbours": st.sampled_from([0.0, 0.5, None]),
        "contaminated": st.sampled_from([True, False, None]),
    }
)


def plainly(facts: dict[str, Any], rules: Rules) -> dict[str, str]:
    """Walk the rules of one parcel as the file reads."""
    tests: dict[str, Any] = {
        "is": lambda fact, value: fact is value,
        "one_of": lambda fact, value: fact in value,
        "contains": lambda fact, value: any(word.lower() in fact.lower() for word in value),
        "at_least": lambda fact, value: fact >= value,
        "at_most": lambda fact, value: fact <= value,
        "above": lambda fact, value: fact > value,
        "below": lambda fact, value: fact < value,
    }
    known = dict(facts)
    for question, own in rules.by_question.items():
        for rule in own:
            pairs = [(known.get(each.column), each) for each in rule.conditions]
            if all(fact is not None and tests[each.test](fact, each.value) for fact, each in pairs):
                known |= {question: rule.answer, f"{question}_rule": rule.id}
                break
    return {name: known[name] for question in QUESTIONS for name in (question, f"{question}_rule")}


@given(st.lists(FACTS, min_size=1, max_size=12))
@settings(max_examples=80, deadline=None)
def test_all_parcels_at_once_as_each_one_by_itself(rows: list[dict[str, Any]]) -> None:
    found = categorise(pd.DataFrame(rows)).to_dict("records")
    assert found == [plainly(row, standard_rules()) for row in rows]
    assert {row["category"] for row in found} <= set(CATEGORIES)
    assert {row["ground"] for row in found} <= set(GROUNDS)


def test_no_parcels_and_their_index() -> None:
    assert len(categorise(pd.DataFrame({"built": pd.Series(dtype=object)}))) == 0
    facts = pd.DataFrame({"built": [True, False]}, index=[7, 3])
    assert categorise(facts)["category"].to_dict() == {7: "in_use", 3: "vacant"}
    assert facts.columns.tolist() == ["built"]


RULE = '[[rules]]\nquestion = "{}"\nid = "{}"\nanswer = "{}"\nde = "d."\nen = "e."\n{}\n'


def rules_file(*rules: tuple[str, str, str, str]) -> str:
    rest = [(question, "rest", "unknown", "") for question in QUESTIONS]
    return "source = 's'\n" + "".join(RULE.format(*rule) for rule in [*rules, *rest])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source = ", "no valid TOML"),
        ("source = 's'", "'rules' is missing"),
        (rules_file(("colour", "a", "red", "")), "question colour is unknown"),
        (rules_file(("category", "a", "palace", "when = { built = { is = true } }")), "which is no category"),
        (
            rules_file(("category", "a", "gap", "when = { colour = { is = true } }")),
            "no fact before category",
        ),
        (
            rules_file(("category", "a", "gap", "when = { ground = { one_of = [] } }")),
            "no fact before category",
        ),
        *(
            (rules_file((question, "a", "unknown", "when = { net_m2 = { above = 1 } }")), "asks for net_m2")
            for question in ("category", "ground")
        ),
        (rules_file(("category", "a", "gap", "when = { built = { like = 1 } }")), "has the condition like"),
        (rules_file(("category", "a", "gap", "")), "only the last rule"),
        (rules_file(("category", "rest", "gap", "when = { built = { is = true } }")), "same id"),
        (rules_file().replace('"ground"', '"category"'), "must have no condition"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        read_rules(tmp_path / "x.toml")
