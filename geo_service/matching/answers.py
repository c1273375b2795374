"""A round's state as the interface answers it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from geo_service.imports.spans import ONE_DAY, last_day
from geo_service.matching import reasons, schemas
from geo_service.matching.constraints import Failure, Value
from geo_service.matching.criteria import FULL_POINTS
from geo_service.matching.grants import Budget, Grant
from geo_service.matching.models import MatchDecision, Placement
from geo_service.matching.proposal import Pair, Rejected, Unmatched
from geo_service.matching.service import RoundState
from geo_service.matching.terms import Need, Offer
from geo_service.wording import Sentence


def words(sentence: Sentence) -> schemas.Words:
    """Answer a sentence."""
    return schemas.Words(de=sentence.de, en=sentence.en)


def round_answer(row: RowMapping) -> schemas.RoundSummary:
    """Answer a round (columns of `queries.rounds`)."""
    names = schemas.RoundSummary.model_fields.keys() - {"left_eur", "open"}
    return schemas.RoundSummary(
        **{name: row[name] for name in names},
        left_eur=row["budget_eur"] - row["reserved_eur"],
        open=row["winners"] - row["placed"],
    )


def proposal_answer(state: RoundState, *, rejected: bool = True) -> schemas.ProposalAnswer:
    """Answer a round's proposal.

    Parameters
    ----------
    state
        The round.
    rejected
        Whether every pair that is not proposed is listed.
    """
    proposal = state.proposal
    return schemas.ProposalAnswer(
        round=round_answer(state.round),
        as_of=state.as_of,
        weights=dict(state.terms.weights),
        matched=proposal.worth.matched,
        score_sum=proposal.worth.points / FULL_POINTS,
        pairs=[_pair(pair, state) for pair in proposal.pairs],
        unmatched=[_unmatched(item, state) for item in proposal.unmatched],
        rejected=[_rejected(item, state) for item in proposal.rejected] if rejected else [],
        alternatives=[
            [
                schemas.ChangeAnswer(
                    winner_id=item.winner_id, premises_id=item.premises_id, instead_of=item.instead_of
                )
                for item in changes
            ]
            for changes in proposal.alternatives
        ],
        blocking=[
            schemas.BlockingAnswer(winner_id=winner_id, premises_id=premises_id)
            for winner_id, premises_id in proposal.blocking
        ],
        budget=_budget(proposal.budget),
        decisions=[decision_answer(row) for row in state.decisions],
        placements=[placement_answer(row) for row in state.placements],
    )


def decision_answer(found: RowMapping | MatchDecision) -> schemas.DecisionAnswer:
    """Answer a decision."""
    row = _columns(found)
    return schemas.DecisionAnswer(**{name: row[name] for name in schemas.DecisionAnswer.model_fields})


def placement_answer(found: RowMapping | Placement) -> schemas.PlacementAnswer:
    """Answer a placement."""
    row = _columns(found)
    names = schemas.PlacementAnswer.model_fields.keys() - {"move_in", "until"}
    span = row["during"]
    return schemas.PlacementAnswer(
        **{name: row[name] for name in names}, move_in=span.lower, until=last_day(span)
    )


def _columns(found: RowMapping | MatchDecision | Placement) -> Mapping[str, Any]:
    """Return the columns of a row or of a record."""
    if isinstance(found, RowMapping):
        return {str(name): value for name, value in found.items()}
    return {column.name: getattr(found, column.name) for column in found.__table__.columns}


def _pair(pair: Pair, state: RoundState) -> schemas.PairAnswer:
    return schemas.PairAnswer(
        winner=_winner(pair.need),
        premises=_premises(pair.offer, state),
        origin=pair.origin,
        score=pair.score.value,
        winner_score=pair.score.winner_points / FULL_POINTS,
        landlord_score=pair.score.landlord_points / FULL_POINTS,
        parts=[
            schemas.ScorePart(
                criterion=part.criterion,
                side=part.side,
                value=part.value,
                weight=part.weight,
                share=part.share,
                words=words(reasons.explain_part(part)),
            )
            for part in pair.score.parts
        ],
        grant=_grant(pair.grant) if pair.grant else None,
        needs_permit=pair.needs_permit,
        cautions=[words(sentence) for sentence in reasons.cautions(pair, state.names)],
        winners_lost_without=pair.loss.matched,
        score_lost_without=pair.loss.points / FULL_POINTS,
    )


def _grant(grant: Grant) -> schemas.GrantAnswer:
    return schemas.GrantAnswer(
        amount_eur=grant.amount_eur,
        months_covered=grant.months_covered,
        capped=grant.capped,
        parts_eur=list(grant.parts_eur),
    )


def _winner(need: Need) -> schemas.WinnerAnswer:
    return schemas.WinnerAnswer(
        id=need.winner_id,
        name=need.name,
        use=need.use,
        area_min_m2=need.area_min_m2,
        area_max_m2=need.area_max_m2,
        rent_max_eur_month=need.rent_max_eur_month,
        wanted_from=need.wanted_from,
        wanted_months=need.wanted_months,
    )


def _premises(offer: Offer, state: RoundState) -> schemas.PremisesAnswer:
    return schemas.PremisesAnswer(
        id=offer.premises_id,
        premises_key=state.premises_keys[offer.premises_id],
        label=offer.label,
        area_m2=offer.area_m2,
        net_rent_eur_month=offer.net_rent_eur_month,
        free_from=offer.free_from,
        free_until=offer.free_until and offer.free_until - ONE_DAY,
    )


def _unmatched(item: Unmatched, state: RoundState) -> schemas.UnmatchedAnswer:
    near = item.nearest
    return schemas.UnmatchedAnswer(
        winner=_winner(item.need),
        reason=item.reason,
        words=words(reasons.UNMATCHED[item.reason]),
        nearest=_rejected(near, state) if near else None,
        nearest_label=state.names.premises.get(near.premises_id) if near else None,
        suitable_premises_ids=list(item.suitable),
    )


def _rejected(item: Rejected, state: RoundState) -> schemas.RejectedAnswer:
    return schemas.RejectedAnswer(
        winner_id=item.winner_id,
        premises_id=item.premises_id,
        feasible=item.feasible,
        reasons=[_reason(failure, state) for failure in item.failures],
    )


def _reason(failure: Failure, state: RoundState) -> schemas.Reason:
    return schemas.Reason(
        code=failure.code,
        required=_plain(failure.required),
        actual=_plain(failure.actual),
        shortfall=failure.shortfall,
        words=words(reasons.explain_failure(failure, state.names)),
    )


def _plain(value: Value) -> schemas.Value:
    return list(value) if isinstance(value, tuple) else value


def _budget(budget: Budget) -> schemas.BudgetAnswer:
    return schemas.BudgetAnswer(
        total_eur=budget.total_eur,
        reserved_eur=budget.reserved_eur,
        proposed_eur=budget.proposed_eur,
        left_after_eur=budget.left_after_eur,
        exceeded=budget.exceeded,
        words=words(reasons.explain_budget(budget)),
    )
