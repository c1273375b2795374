from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
import shapely

from data.demo.city import DemoCity
from data.demo.contest import build_contest
from data.demo.provenance import REFERENCE_DATE
from geo_service.city import CityProfile
from geo_service.errors import InvalidInput
from geo_service.inquiries.models import InquiryStatus
from geo_service.matching.grants import grant_for
from geo_service.matching.terms import GrantTerms
from geo_service.vacancies.models import Feature, PremisesUse, VacancyStatus

OCTOBER_2023 = "anstoss-2023-10"


def test_200_premises_of_which_70_stand_empty(demo: DemoCity) -> None:
    assert len(demo.premises) == demo.premises["premises_key"].nunique() == 200
    empty = demo.vacancies[[REFERENCE_DATE in span for span in demo.vacancies["during"]]]
    assert len(empty) == empty["premises_key"].nunique() == 70
    assert set(empty["status"]) == {VacancyStatus.VACANT}
    assert all(span.upper is None for span in empty["during"])


def test_some_empty_premises_are_not_yet_vacant_by_convention(demo: DemoCity) -> None:
    months = [
        (REFERENCE_DATE - span.lower).days / 30.44
        for span in demo.vacancies["during"]
        if REFERENCE_DATE in span
    ]
    assert 3 <= sum(length < 3 for length in months) <= 25
    assert max(months) > 36


def test_histories_have_pop_ups_and_no_two_vacancies_at_once(demo: DemoCity) -> None:
    several = 0
    for _, own in demo.vacancies.groupby("premises_key"):
        spans = sorted(own["during"], key=lambda span: span.lower)
        several += len(spans) > 2
        assert all(
            first.upper is not None and first.upper <= second.lower for first, second in pairwise(spans)
        )
        assert all(span.upper is None or span.lower < span.upper for span in spans)
    assert several > 50
    temporary = demo.vacancies[demo.vacancies["status"] == VacancyStatus.TEMPORARY_USE]
    lengths = Counter(round((span.upper - span.lower).days / 30.44) for span in temporary["during"])
    assert set(lengths) == {6, 12}
    last_days = zip(temporary["temporary_use_until"], temporary["during"], strict=True)
    assert all(until == span.upper - timedelta(days=1) for until, span in last_days)


def test_threatened_premises_are_still_let(demo: DemoCity) -> None:
    threatened = demo.vacancies[demo.vacancies["status"] == VacancyStatus.THREATENED]
    assert len(threatened) == 6
    assert all(span.lower > REFERENCE_DATE for span in threatened["during"])


def test_premises_are_spread_over_the_named_quarters(demo: DemoCity) -> None:
    quarters = Counter(demo.premises["quarter_key"])
    assert {"city", "hoerde-zentrum", "brackel-zentrum", "kreuzviertel", "nordstadt"} <= set(quarters)
    assert quarters["city"] == 74
    assert demo.premises["district_key"].notna().all()


def test_premises_stand_on_their_parcel(demo: DemoCity) -> None:
    ground = demo.parcels.set_index("parcel_key").geometry[demo.premises["parcel_key"]].to_numpy()
    assert shapely.contains_xy(ground, demo.premises.geometry.x, demo.premises.geometry.y).all()
    at = demo.parcels.set_index("parcel_key")["location_text"][demo.premises["parcel_key"]]
    named = demo.premises["street"] + " " + demo.premises["house_number"]
    assert (at.to_numpy() == named.to_numpy()).all()


def test_facts_of_premises_are_plausible(demo: DemoCity) -> None:
    premises = demo.premises
    assert premises["area_m2"].between(30, 450).all()
    rents = premises["net_rent_eur_month"].dropna()
    assert 180 < len(rents) < 200
    per_m2 = rents.astype(float) / premises["area_m2"][rents.index]
    assert per_m2.between(3, 50).all()
    assert set(premises["permitted_uses"].explode()) == {use.value for use in PremisesUse}
    assert set(premises["features"].explode().dropna()) == {feature.value for feature in Feature}
    assert (premises["floor"] > 0).any()
    assert premises["landlord"].str.startswith("Demo-").all()
    assert premises["contact"].str.endswith("@demo.invalid").all()
    assert premises["house_number"].str.fullmatch(r"D\d+").all()
    assert premises["name"].str.endswith("(Demo)").all()


def test_asking_rents_do_not_give_the_confidential_rent_away(demo: DemoCity) -> None:
    rent = demo.premises.set_index("premises_key")["net_rent_eur_month"]
    shown = demo.vacancies.dropna(subset=["asking_rent_eur_month"])
    assert len(shown) > 25
    confidential = rent[shown["premises_key"]].astype(float).to_numpy()
    asked = shown["asking_rent_eur_month"].astype(float).to_numpy()
    assert (asked != confidential).all()


def test_seven_winners_in_october_2023_one_without_premises(demo: DemoCity) -> None:
    winners = demo.winners[demo.winners["round_slug"] == OCTOBER_2023]
    placed = demo.placements[demo.placements["round_slug"] == OCTOBER_2023]
    assert len(winners) == 7
    assert len(placed) == 6
    assert placed["winner_name"].is_unique
    assert placed["premises_key"].is_unique
    assert set(winners["name"]) - set(placed["winner_name"]) == {"Demo-Konzept Klangatelier"}
    held = dict(zip(demo.contest_rounds["slug"], demo.contest_rounds["held_on"], strict=True))
    assert (held[OCTOBER_2023].year, held[OCTOBER_2023].month) == (2023, 10)
    assert sum(day.year == 2023 for day in held.values()) == 2


def test_winners_moved_to_city_hoerde_brackel_and_kreuzviertel(demo: DemoCity) -> None:
    district = demo.premises.set_index("premises_key")["quarter_key"]
    quarters = Counter(district[demo.placements["premises_key"]])
    assert quarters["city"] == 1
    assert quarters["kreuzviertel"] == 2
    assert quarters["brackel-zentrum"] == 1
    assert quarters["hoerde-zentrum"] + quarters["phoenix-see"] == 2


def test_a_placement_ends_a_vacancy_and_keeps_to_the_grant(demo: DemoCity) -> None:
    premises = {unit["premises_key"]: unit for unit in demo.premises.to_dict("records")}
    winners = {winner["name"]: winner for winner in demo.winners.to_dict("records")}
    for placement in demo.placements.to_dict("records"):
        spans = demo.vacancies[demo.vacancies["premises_key"] == placement["premises_key"]]["during"]
        assert placement["during"].lower in {span.upper for span in spans}
        unit, winner = premises[placement["premises_key"]], winners[placement["winner_name"]]
        assert winner["use"] in unit["permitted_uses"]
        assert winner["area_min_m2"] <= unit["area_m2"] <= winner["area_max_m2"]
        assert unit["net_rent_eur_month"] <= winner["rent_max_eur_month"]
        assert placement["grant_eur"] == grant_for(unit["net_rent_eur_month"], GrantTerms()).amount_eur
    budgets = dict(zip(demo.contest_rounds["slug"], demo.contest_rounds["budget_eur"], strict=True))
    assert Decimal(0) < sum(demo.placements["grant_eur"]) <= budgets[OCTOBER_2023]


def test_no_winner_and_no_firm_is_real(demo: DemoCity) -> None:
    assert demo.winners["name"].str.startswith("Demo-").all()
    assert demo.winners["contact"].str.endswith("@demo.invalid").all()
    assert demo.inquiries["requester"].str.startswith("Demo-").all()
    assert demo.inquiries["contact"].str.endswith("@demo.invalid").all()


def test_25_inquiries_for_land_and_premises(demo: DemoCity) -> None:
    inquiries = demo.inquiries
    assert len(inquiries) == inquiries["reference"].nunique() == 25
    assert Counter(inquiries["subject"]) == {"land": 16, "premises": 9}
    assert set(inquiries["status"]) == {status.value for status in InquiryStatus}
    assert all(day < REFERENCE_DATE for day in inquiries["received_on"])
    assert (inquiries["area_min_m2"] <= inquiries["area_max_m2"]).all()
    closed = inquiries["status"] != "open"
    assert (inquiries["outcome"] != "").eq(closed).all()


@pytest.mark.parametrize("table", ["winners", "inquiries"])
def test_wished_places_exist(demo: DemoCity, table: str) -> None:
    known = {*demo.districts["key"], *demo.quarters["key"]}
    assert set(demo.frames[table]["districts"].explode().dropna()) <= known


def test_facts_and_generator_that_part_company_are_noticed(demo: DemoCity, city: CityProfile) -> None:
    tiny = demo.premises.assign(area_m2=1.0, stands_empty=False)
    land = demo.parcels.assign(area="city")
    with pytest.raises(InvalidInput, match="no demo premises fit"):
        build_contest(city, tiny, land, REFERENCE_DATE)
