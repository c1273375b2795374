"""A whole round: optimum against brute force with decisions, and everything a manager asks about it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations
from random import Random
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.matching.constraints import check_facts
from geo_service.matching.criteria import score_pair
from geo_service.matching.proposal import Change, UnmatchedReason, propose
from geo_service.matching.reasons import (
    FAILURES,
    UNMATCHED,
    Names,
    cautions,
    explain_budget,
    explain_failure,
    explain_part,
)
from geo_service.matching.solver import Worth
from geo_service.matching.terms import Need, Offer, Rules
from tests.matching.cases import TERMS, need, offer

NO_RULES = Rules()

NEEDS = st.builds(
    need,
    area_min_m2=st.sampled_from([20.0, 60.0]),
    area_max_m2=st.sampled_from([70.0, 90.0]),
    rent_max_eur_month=st.sampled_from([None, Decimal(900)]),
    use=st.sampled_from(["retail", "gastronomy", "craft"]),
    other_funding=st.sampled_from([False, False, False, True]),
)
OFFERS = st.builds(
    offer,
    area_m2=st.sampled_from([30.0, 65.0, 80.0]),
    net_rent_eur_month=st.sampled_from([Decimal(700), Decimal(1000), Decimal(1400), None]),
    permitted_uses=st.sampled_from([frozenset({"retail"}), frozenset({"gastronomy", "craft"})]),
    quarter=st.sampled_from([None, "kreuzviertel"]),
)


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[Need], list[Offer], Rules]:
    needs = [
        replace(item, winner_id=index + 1)
        for index, item in enumerate(draw(st.lists(NEEDS, min_size=0, max_size=5)))
    ]
    offers = [
        replace(item, premises_id=index + 11)
        for index, item in enumerate(draw(st.lists(OFFERS, min_size=0, max_size=5)))
    ]
    pairs = [(n.winner_id, o.premises_id) for n in needs for o in offers]
    forbidden = draw(st.sets(st.sampled_from(pairs), max_size=5)) if pairs else set()
    fixed: dict[str, dict[int, int]] = {"pinned": {}, "locked": {}}
    for winner_id, premises_id in draw(st.lists(st.sampled_from(pairs), max_size=3)) if pairs else []:
        kind = draw(st.sampled_from(["pinned", "locked"]))
        taken = {**fixed["pinned"], **fixed["locked"]}
        free = winner_id not in taken and premises_id not in taken.values()
        if free and (winner_id, premises_id) not in forbidden:
            fixed[kind][winner_id] = premises_id
    return needs, offers, Rules(fixed["pinned"], fixed["locked"], frozenset(forbidden))


def allowed(need_: Need, offer_: Offer, rules: Rules) -> bool:
    """The rule of a pair, written apart from the code under test."""
    pair = (need_.winner_id, offer_.premises_id)
    if rules.locked.get(pair[0]) == pair[1] and not need_.other_funding:
        return True
    fixed = [*rules.pinned.items(), *rules.locked.items()]
    if pair in rules.forbidden or (
        pair not in fixed and (pair[0] in dict(fixed) or pair[1] in dict(fixed).values())
    ):
        return False
    return not check_facts(need_, offer_)


@settings(max_examples=120, deadline=None)
@given(rounds())
def test_worth_equals_brute_force_and_decisions_hold(given_: tuple[list[Need], list[Offer], Rules]) -> None:
    needs, offers, rules = given_
    proposal = propose(needs, offers, rules, TERMS)
    best = (0, 0)
    for order in set(permutations([*offers, *[None] * len(needs)], len(needs))):
        pairs = [(n, o) for n, o in zip(needs, order, strict=True) if o is not None]
        if all(allowed(n, o, rules) for n, o in pairs):
            best = max(best, (len(pairs), sum(score_pair(n, o, TERMS).points for n, o in pairs)))
    assert proposal.worth == Worth(*best)
    chosen = {pair.need.winner_id: pair.offer.premises_id for pair in proposal.pairs}
    assert len(set(chosen.values())) == len(chosen) == proposal.worth.matched
    assert sum(pair.score.points for pair in proposal.pairs) == proposal.worth.points
    funded = {n.winner_id for n in needs if n.other_funding}
    assert {pair for pair in rules.locked.items() if pair[0] not in funded} <= set(chosen.items())
    assert not set(chosen.items()) & rules.forbidden
    assert all(
        chosen.get(winner_id, premises_id) == premises_id for winner_id, premises_id in rules.pinned.items()
    )


@settings(max_examples=60, deadline=None)
@given(rounds(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    given_: tuple[list[Need], list[Offer], Rules], random: Random
) -> None:
    needs, offers, rules = given_
    proposal = propose(needs, offers, rules, TERMS)
    random.shuffle(needs)
    random.shuffle(offers)
    assert propose(needs, offers, rules, TERMS) == proposal


@settings(max_examples=60, deadline=None)
@given(rounds())
def test_every_pair_and_every_winner_is_in_exactly_one_place(
    given_: tuple[list[Need], list[Offer], Rules],
) -> None:
    needs, offers, rules = given_
    proposal = propose(needs, offers, rules, TERMS)
    listed = [(p.need.winner_id, p.offer.premises_id) for p in proposal.pairs]
    listed += [(r.winner_id, r.premises_id) for r in proposal.rejected]
    assert sorted(listed) == sorted((n.winner_id, o.premises_id) for n in needs for o in offers)
    assert all(rejected.failures for rejected in proposal.rejected)
    winners = [p.need.winner_id for p in proposal.pairs] + [u.need.winner_id for u in proposal.unmatched]
    assert sorted(winners) == [n.winner_id for n in needs]


def test_an_empty_round_and_a_round_without_premises() -> None:
    empty = propose([], [], NO_RULES, TERMS)
    assert (empty.pairs, empty.unmatched, empty.worth) == ((), (), Worth(0, 0))
    (unmatched,) = propose([need()], [], NO_RULES, TERMS).unmatched
    assert (unmatched.reason, unmatched.nearest, unmatched.suitable) == ("no_premises", None, ())
    assert propose([], [offer()], NO_RULES, TERMS).budget.proposed_eur == 0


def test_nobody_can_be_placed() -> None:
    needs = [need(winner_id=1, use="craft"), need(winner_id=2, use="studio")]
    proposal = propose(needs, [offer(), offer(premises_id=12)], NO_RULES, TERMS)
    assert proposal.pairs == ()
    assert [item.reason for item in proposal.unmatched] == ["none_suitable", "none_suitable"]


def test_nearest_miss_fails_the_fewest_then_the_least() -> None:
    offers = [
        offer(premises_id=11, area_m2=40.0, ground_floor=False),
        offer(premises_id=12, area_m2=40.0),
        offer(premises_id=13, area_m2=48.0),
        offer(premises_id=14, area_m2=48.0),
    ]
    (unmatched,) = propose([need()], offers, NO_RULES, TERMS).unmatched
    assert unmatched.nearest is not None
    assert unmatched.nearest.premises_id == 13
    (failure,) = unmatched.nearest.failures
    assert (failure.code, failure.shortfall) == ("area_too_small", 0.04)


def test_nearest_miss_is_not_one_that_was_ruled_out_or_given_away() -> None:
    needs = [need(winner_id=1), need(winner_id=2)]
    offers = [
        offer(premises_id=11),
        offer(premises_id=12),
        offer(premises_id=13, area_m2=10.0, ground_floor=False),
    ]
    rules = Rules(forbidden=frozenset({(2, 12)}), pinned={1: 11})
    (unmatched,) = propose(needs, offers, rules, TERMS).unmatched
    assert unmatched.nearest is not None
    assert (unmatched.need.winner_id, unmatched.nearest.premises_id) == (2, 13)


def test_nearest_miss_is_one_that_is_still_to_be_had() -> None:
    """Premises 11 would miss by less, but they go to winner 1."""
    needs = [need(winner_id=1), need(winner_id=2, area_min_m2=80.0)]
    offers = [offer(premises_id=11, area_m2=75.0), offer(premises_id=12, area_m2=52.0)]
    proposal = propose(needs, offers, NO_RULES, TERMS)
    assert [(p.need.winner_id, p.offer.premises_id) for p in proposal.pairs] == [(1, 11)]
    (unmatched,) = proposal.unmatched
    assert unmatched.nearest is not None
    assert unmatched.nearest.premises_id == 12


def test_a_winner_beaten_by_others_is_told_so() -> None:
    needs = [need(winner_id=1), need(winner_id=2)]
    proposal = propose(needs, [offer()], NO_RULES, TERMS)
    (unmatched,) = proposal.unmatched
    assert (unmatched.need.winner_id, unmatched.reason, unmatched.suitable) == (
        2,
        "all_suitable_given",
        (11,),
    )
    assert unmatched.nearest is not None
    assert [failure.code for failure in unmatched.nearest.failures] == ["premises_given_elsewhere"]


def test_reasons_of_unmatched_winners_are_all_reached() -> None:
    pinned_badly = Rules(pinned={1: 11})
    cases: list[tuple[list[Need], list[Offer], Rules]] = [
        ([need()], [], NO_RULES),
        ([need(other_funding=True)], [offer()], NO_RULES),
        ([need()], [offer(area_m2=10.0), offer(premises_id=12)], pinned_badly),
        ([need(use="craft")], [offer()], NO_RULES),
        ([need(), need(winner_id=2)], [offer()], NO_RULES),
    ]
    reasons = [propose(*case, TERMS).unmatched[0].reason for case in cases]
    assert reasons == [
        "no_premises",
        "double_funding",
        "fixed_pair_impossible",
        "none_suitable",
        "all_suitable_given",
    ]
    assert set(reasons) == set(get_args(UnmatchedReason)) == set(UNMATCHED)


def test_a_pin_wins_over_a_better_total_but_not_over_a_fact() -> None:
    needs = [need(winner_id=1), need(winner_id=2)]
    offers = [offer(premises_id=11), offer(premises_id=12, net_rent_eur_month=Decimal(100))]
    free = propose(needs, offers, NO_RULES, TERMS)
    assert [(p.need.winner_id, p.offer.premises_id, p.origin) for p in free.pairs] == [
        (1, 11, "optimum"),
        (2, 12, "optimum"),
    ]
    swapped = propose(needs, offers, Rules(pinned={1: 12}), TERMS)
    assert [(p.need.winner_id, p.offer.premises_id, p.origin) for p in swapped.pairs] == [
        (1, 12, "pinned"),
        (2, 11, "optimum"),
    ]
    impossible = propose(needs, [offer(), offer(premises_id=12, area_m2=10.0)], Rules(pinned={1: 12}), TERMS)
    assert [p.need.winner_id for p in impossible.pairs] == [2]


def test_a_lock_stays_even_against_facts_and_says_which() -> None:
    locked = Rules(locked={1: 11})
    spoilt = offer(area_m2=10.0, net_rent_eur_month=None)
    proposal = propose([need()], [spoilt], locked, TERMS)
    (pair,) = proposal.pairs
    assert pair.origin == "locked"
    assert [failure.code for failure in pair.overridden] == ["area_too_small", "rent_unknown"]
    assert pair.grant is None
    assert proposal.budget.proposed_eur == 0


def test_decisions_about_others_records_still_rule_out() -> None:
    """A pair fixed in another round takes its premises out of this one."""
    proposal = propose([need()], [offer()], Rules(locked={99: 11}), TERMS)
    (rejected,) = proposal.rejected
    assert [failure.code for failure in rejected.failures] == ["premises_fixed_elsewhere"]


def test_alternatives_of_equal_worth() -> None:
    needs = [need(winner_id=1), need(winner_id=2)]
    offers = [offer(premises_id=11), offer(premises_id=12), offer(premises_id=13)]
    proposal = propose(needs, offers, NO_RULES, TERMS)
    assert [(p.need.winner_id, p.offer.premises_id) for p in proposal.pairs] == [(1, 11), (2, 12)]
    assert proposal.alternatives == ((Change(1, 13, 11),), (Change(2, 13, 12),))
    assert [pair.loss for pair in proposal.pairs] == [Worth(0, 0), Worth(0, 0)]


def test_loss_says_what_a_pair_is_worth() -> None:
    offers = [offer(premises_id=11), offer(premises_id=12, area_m2=50.0)]
    (pair,) = propose([need()], offers, NO_RULES, TERMS).pairs
    better = score_pair(need(), offers[0], TERMS).points
    worse = score_pair(need(), offers[1], TERMS).points
    assert pair.offer.premises_id == 11
    assert pair.loss == Worth(0, better - worse)


def test_blocking_pair_is_reported() -> None:
    """Winner 2 gains more from premises 12 than winner 1, so the total gives it to winner 2.

    But winner 1 would rather have it too, and its landlord would rather have the longer tenancy.
    """
    terms = replace(TERMS, weights={"area_fit": 3, "tenancy_length": 1})
    needs = [
        need(winner_id=1, area_min_m2=60.0, area_max_m2=80.0, wanted_months=24),
        need(winner_id=2, area_min_m2=66.0, area_max_m2=74.0),
    ]
    offers = [offer(premises_id=11, area_m2=68.0), offer(premises_id=12, area_m2=70.0)]
    proposal = propose(needs, offers, NO_RULES, terms)
    assert [(p.need.winner_id, p.offer.premises_id) for p in proposal.pairs] == [(1, 11), (2, 12)]
    assert proposal.blocking == ((1, 12),)


def test_budget_is_shown_and_exceeding_it_is_said() -> None:
    terms = replace(TERMS, budget_eur=Decimal(20_000), reserved_eur=Decimal(5_000))
    needs = [need(winner_id=1), need(winner_id=2)]
    proposal = propose(needs, [offer(), offer(premises_id=12)], NO_RULES, terms)
    assert proposal.budget.proposed_eur == Decimal(19_200)
    assert proposal.budget.exceeded
    sentence = explain_budget(proposal.budget)
    assert sentence.de == "Der Vorschlag übersteigt das Budget um 4.200 €."
    assert sentence.en == "The proposal exceeds the budget by 4,200 €."
    within = propose(needs, [offer()], NO_RULES, terms)
    assert explain_budget(within.budget).de == "Nach dem Vorschlag bleiben 5.400 € im Budget."


def every_failure() -> list[Any]:
    spoilt = [
        propose([need(use="studio", other_funding=True, accepts_change_of_use=False)], [bad], rules, TERMS)
        for rules in (
            NO_RULES,
            Rules(forbidden=frozenset({(1, 11)})),
            Rules(pinned={1: 12}),
            Rules(locked={2: 11}),
        )
        for bad in (
            offer(area_m2=1.0, net_rent_eur_month=None, ground_floor=False, district=None, free_from=None),
            offer(
                area_m2=999.0,
                net_rent_eur_month=Decimal(9999),
                permitted_uses=frozenset(),
                district="brackel",
                free_from=date(2029, 1, 1),
                features=frozenset(),
            ),
            offer(free_until=date(2027, 2, 1)),
        )
    ]
    given_away = propose([need(), need(winner_id=2)], [offer(), offer(premises_id=12)], NO_RULES, TERMS)
    permit = propose(
        [need(accepts_change_of_use=False)],
        [offer(permitted_uses=frozenset({"gastronomy"}))],
        NO_RULES,
        TERMS,
    )
    return [f for p in [*spoilt, given_away, permit] for r in p.rejected for f in r.failures]


def test_every_reason_is_a_full_sentence_in_both_languages() -> None:
    names = Names(
        {1: "Konzept 1", 2: "Konzept 2"},
        {11: "Laden 11", 12: "Laden 12"},
        {"hoerde": "Hörde", "brackel": "Brackel"},
    )
    failures = every_failure()
    assert {failure.code for failure in failures} == set(FAILURES)
    for failure in failures:
        sentence = explain_failure(failure, names)
        assert sentence.de != sentence.en
        for text in (sentence.de, sentence.en):
            assert text.endswith(".")
            assert "{" not in text
            assert "None" not in text


def test_sentences_by_hand() -> None:
    names = Names(places={"hoerde": "Hörde", "kreuzviertel": "Kreuzviertel"})
    bad = offer(
        area_m2=49.5, net_rent_eur_month=Decimal("1234.5"), district="brackel", free_from=date(2027, 3, 1)
    )
    sentences = [explain_failure(failure, names) for failure in check_facts(need(), bad)]
    assert [sentence.de for sentence in sentences] == [
        "Zu klein: 49,5 m², gebraucht werden mindestens 50 m².",
        "Zu teuer: 1.234,50 € Nettokaltmiete im Monat, tragbar sind höchstens 1.000 €.",
        "Liegt in brackel, gesucht wird in: Hörde, Kreuzviertel.",
        "Erst ab 01.03.2027 frei, gebraucht ab 01.01.2027.",
    ]
    assert sentences[1].en == "Too dear: 1,234.50 € net cold rent a month, at most 1,000 € can be paid."


def test_parts_and_cautions_in_words() -> None:
    costly = offer(permitted_uses=frozenset({"gastronomy"}), net_rent_eur_month=Decimal(1300))
    (pair,) = propose([need(rent_max_eur_month=None)], [costly], NO_RULES, TERMS).pairs
    assert [sentence.de for sentence in cautions(pair, Names())] == [
        "Nutzungsänderung zu Einzelhandel: braucht eine Genehmigung.",
        "Die Obergrenze greift: der Zuschuss deckt 11,53 Monatsmieten.",
    ]
    first = explain_part(pair.score.parts[0])
    assert first.de.startswith("Fläche: 100 %, Gewicht 3, trägt ")
    locked = propose([need()], [offer(area_m2=10.0)], Rules(locked={1: 11}), TERMS).pairs[0]
    assert [sentence.en for sentence in cautions(locked, Names())] == [
        "Too small: 10 m², at least 50 m² are needed."
    ]


def test_a_lock_does_not_allow_double_funding() -> None:
    (unmatched,) = propose([need(other_funding=True)], [offer()], Rules(locked={1: 11}), TERMS).unmatched
    assert unmatched.reason == "double_funding"
