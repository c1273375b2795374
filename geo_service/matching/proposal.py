"""The proposal of a round: pairs with score and grant, why not the others, and the unmatched winners.

Pure: `propose` takes needs, offers, decisions and terms and answers everything that a vacancy manager asks.
The order of the input does not matter: winners and premises are sorted by their ids first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from geo_service.matching.constraints import Failure, check_facts, check_rules, needs_permit
from geo_service.matching.criteria import Score, score_pair
from geo_service.matching.grants import Budget, Grant, budget_for, grant_for
from geo_service.matching.solver import (
    INFEASIBLE,
    UNMATCHED,
    Columns,
    Points,
    Worth,
    blocking,
    optimum,
    without_each,
    worth,
)
from geo_service.matching.terms import Need, Offer, RoundTerms, Rules

NEVER_OVERRIDDEN = frozenset({"double_funding"})
"""Failures that hold even against a lock: public money may not pay the same rent twice."""

Origin = Literal["optimum", "pinned", "locked"]
UnmatchedReason = Literal[
    "no_premises", "double_funding", "fixed_pair_impossible", "none_suitable", "all_suitable_given"
]


@dataclass(frozen=True, slots=True)
class Pair:
    """One proposed pair.

    Parameters
    ----------
    need, offer
        Winner and premises.
    score, grant
        How good it is; what it costs (None: a locked pair whose rent is not known).
    origin
        Whether the optimum, a pin or a lock put it there.
    needs_permit
        Whether the use must be changed by permit first.
    overridden
        Facts that stand against a locked pair.
    loss
        What the round would lose without this pair: winners placed and points.
    """

    need: Need
    offer: Offer
    score: Score
    grant: Grant | None
    origin: Origin
    needs_permit: bool
    overridden: tuple[Failure, ...]
    loss: Worth


@dataclass(frozen=True, slots=True)
class Rejected:
    """A pair that is not proposed, with every reason."""

    winner_id: int
    premises_id: int
    feasible: bool
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A winner who gets nothing.

    Parameters
    ----------
    need
        The winner.
    reason
        Machine-readable reason.
    nearest
        The premises that fail the fewest, then the least constraints: among those that nobody else gets, or
        among all where none is left; None: no premises at all.
    suitable
        Premises that would do but went to someone else.
    """

    need: Need
    reason: UnmatchedReason
    nearest: Rejected | None
    suitable: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What one winner gets in an alternative, instead of what the proposal says; None: nothing."""

    winner_id: int
    premises_id: int | None
    instead_of: int | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The answer to a round.

    Parameters
    ----------
    pairs, unmatched, rejected
        All winners and all pairs, each in exactly one place.
    worth
        Winners placed and sum of points.
    alternatives
        Other assignments of the same worth, each as what changes.
    blocking
        Pairs (winner, premises) in which both sides would do better; a landlord may insist on one.
    budget
        The grants against the round's budget.
    """

    pairs: tuple[Pair, ...]
    unmatched: tuple[Unmatched, ...]
    rejected: tuple[Rejected, ...]
    worth: Worth
    alternatives: tuple[tuple[Change, ...], ...]
    blocking: tuple[tuple[int, int], ...]
    budget: Budget


@dataclass(frozen=True, slots=True)
class _Table:
    """All pairs of a round, evaluated: rows are winners, columns premises, both sorted by id."""

    needs: Sequence[Need]
    offers: Sequence[Offer]
    failures: dict[tuple[int, int], tuple[Failure, ...]]
    points: Points
    winner_points: Points
    landlord_points: Points


def propose(needs: Iterable[Need], offers: Iterable[Offer], rules: Rules, terms: RoundTerms) -> Proposal:
    """Match all winners of a round at once and explain the result.

    Parameters
    ----------
    needs, offers
        Winners without premises, and premises that can be let; in any order.
    rules
        Standing decisions of the manager.
    terms
        Date, budget, grant and weights of the round.
    """
    table = _evaluate(needs, offers, rules, terms)
    chosen = optimum(table.points)
    best = worth(table.points, chosen)
    withouts = without_each(table.points, chosen)
    losses = {
        item.row: Worth(best.matched - item.worth.matched, best.points - item.worth.points)
        for item in withouts
    }
    pairs = tuple(
        _pair(table.needs[row], table.offers[chosen[row]], rules, terms, losses[row]) for row in losses
    )
    rejected = tuple(_rejected(table, chosen))
    return Proposal(
        pairs=pairs,
        unmatched=tuple(_unmatched(table, chosen, rules, rejected)),
        rejected=rejected,
        worth=best,
        alternatives=_alternatives(table, chosen, (item.columns for item in withouts)),
        blocking=tuple(
            (table.needs[row].winner_id, table.offers[column].premises_id)
            for row, column in blocking(table.winner_points, table.landlord_points, chosen)
        ),
        budget=budget_for(terms.budget_eur, terms.reserved_eur, (pair.grant for pair in pairs if pair.grant)),
    )


def _evaluate(needs: Iterable[Need], offers: Iterable[Offer], rules: Rules, terms: RoundTerms) -> _Table:
    """Check and score every pair. A locked pair is feasible unless a fact may not be overridden."""
    rows = sorted(needs, key=lambda need: need.winner_id)
    columns = sorted(offers, key=lambda offer: offer.premises_id)
    arrays = np.full((3, len(rows), len(columns)), INFEASIBLE, dtype=np.int64)
    failures: dict[tuple[int, int], tuple[Failure, ...]] = {}
    for row, need in enumerate(rows):
        locked = rules.locked.get(need.winner_id)
        for column, offer in enumerate(columns):
            against = check_facts(need, offer)
            if locked == offer.premises_id:
                against = tuple(failure for failure in against if failure.code in NEVER_OVERRIDDEN)
            against += check_rules(need, offer, rules)
            if against:
                failures[row, column] = against
                continue
            score = score_pair(need, offer, terms)
            arrays[:, row, column] = score.points, score.winner_points, score.landlord_points
    return _Table(rows, columns, failures, *arrays)


def _pair(need: Need, offer: Offer, rules: Rules, terms: RoundTerms, loss: Worth) -> Pair:
    """Describe one proposed pair."""
    locked = rules.locked.get(need.winner_id) == offer.premises_id
    pinned = rules.pinned.get(need.winner_id) == offer.premises_id
    rent = offer.net_rent_eur_month
    return Pair(
        need=need,
        offer=offer,
        score=score_pair(need, offer, terms),
        grant=None if rent is None else grant_for(rent, terms.grant),
        origin="locked" if locked else "pinned" if pinned else "optimum",
        needs_permit=needs_permit(need, offer),
        overridden=check_facts(need, offer) if locked else (),
        loss=loss,
    )


def _rejected(table: _Table, chosen: Columns) -> Iterable[Rejected]:
    """Say for every pair that is not proposed why not."""
    holders = {int(column): row for row, column in enumerate(chosen) if column != UNMATCHED}
    for row, need in enumerate(table.needs):
        for column, offer in enumerate(table.offers):
            if chosen[row] == column:
                continue
            against = table.failures.get((row, column), ())
            feasible = not against
            if feasible and column in holders:
                holder = table.needs[holders[column]].winner_id
                against += (Failure("premises_given_elsewhere", holder, need.winner_id),)
            if feasible and chosen[row] != UNMATCHED:
                given = table.offers[chosen[row]].premises_id
                against += (Failure("winner_placed_elsewhere", given, offer.premises_id),)
            yield Rejected(need.winner_id, offer.premises_id, feasible, against)


def _unmatched(
    table: _Table, chosen: Columns, rules: Rules, rejected: Sequence[Rejected]
) -> Iterable[Unmatched]:
    """Say for every winner without premises why, and what comes nearest."""
    given = {table.offers[column].premises_id for column in chosen if column != UNMATCHED}
    for row in np.flatnonzero(chosen == UNMATCHED).tolist():
        need = table.needs[row]
        own = [pair for pair in rejected if pair.winner_id == need.winner_id]
        left = [pair for pair in own if pair.premises_id not in given]
        suitable = tuple(pair.premises_id for pair in own if pair.feasible)
        yield Unmatched(
            need=need,
            reason=_unmatched_reason(need, rules, bool(own), bool(suitable)),
            nearest=min(left or own, key=_distance, default=None),
            suitable=suitable,
        )


def _unmatched_reason(need: Need, rules: Rules, any_offer: bool, any_suitable: bool) -> UnmatchedReason:
    """Name the one reason that explains most."""
    if not any_offer:
        return "no_premises"
    if need.other_funding:
        return "double_funding"
    if need.winner_id in rules.fixed:
        return "fixed_pair_impossible"
    return "all_suitable_given" if any_suitable else "none_suitable"


DECISIONS = {"forbidden", "winner_fixed_elsewhere", "premises_fixed_elsewhere"}


def _distance(pair: Rejected) -> tuple[bool, int, float, int]:
    """Order misses: not by a decision first, then fewest failures, then least shortfall, then the id."""
    decided = any(failure.code in DECISIONS for failure in pair.failures)
    shortfall = sum(failure.shortfall for failure in pair.failures)
    return decided, len(pair.failures), shortfall, pair.premises_id


def _alternatives(
    table: _Table, chosen: Columns, others: Iterable[Columns | None]
) -> tuple[tuple[Change, ...], ...]:
    """Describe assignments of equal worth by what changes; each once."""

    def premises(column: int) -> int | None:
        return None if column == UNMATCHED else table.offers[column].premises_id

    changes = {
        tuple(
            Change(table.needs[row].winner_id, premises(other[row]), premises(chosen[row]))
            for row in np.flatnonzero(other != chosen).tolist()
        )
        for other in others
        if other is not None
    }
    return tuple(
        sorted(changes, key=lambda listed: [(item.winner_id, item.premises_id or 0) for item in listed])
    )
