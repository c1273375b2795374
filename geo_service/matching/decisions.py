"""What a manager does to a round: decide about pairs, revoke, confirm placements. One transaction each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from psycopg.types.range import Range
from sqlalchemy import RowMapping

from geo_service.db import WriteSession
from geo_service.errors import Conflict, NotFound
from geo_service.matching import queries
from geo_service.matching.constraints import check_facts, check_rules
from geo_service.matching.grants import budget_for, grant_for
from geo_service.matching.models import DecisionKind, MatchDecision, Placement
from geo_service.matching.proposal import NEVER_OVERRIDDEN
from geo_service.matching.reasons import Names, explain_failure
from geo_service.matching.service import need_of, offer_of, one_round, round_terms, rules_of
from geo_service.matching.terms import Need, Offer, add_months
from geo_service.wording import day, euro

PLACED_REASON = "placement confirmed"
REPLACED_REASON = "replaced by a new decision"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the manager wants of a pair.

    Parameters
    ----------
    winner_id, premises_id
        The pair.
    reason
        Why; recorded.
    actor
        Who; recorded.
    """

    winner_id: int
    premises_id: int
    reason: str
    actor: str


async def decide(session: WriteSession, round_name: str, wish: Wish, kind: DecisionKind) -> MatchDecision:
    """Pin, forbid or lock a pair; an earlier decision about the same pair is revoked.

    Raises
    ------
    NotFound
        When round, winner or premises do not exist.
    Conflict
        When the winner is placed, or winner or premises are fixed to someone else.
    """
    found = await _round(session, round_name)
    await _winner(session, found["id"], wish.winner_id)
    await _premises(session, wish.premises_id)
    same_pair = (MatchDecision.winner_id == wish.winner_id) & (MatchDecision.premises_id == wish.premises_id)
    await session.execute(queries.revoke(same_pair, wish.actor, REPLACED_REASON))
    if kind is not DecisionKind.FORBIDDEN:
        standing = (await session.execute(queries.decisions(found["id"]))).mappings().all()
        _refuse_fixed(standing, wish)
    decision = MatchDecision(
        winner_id=wish.winner_id,
        premises_id=wish.premises_id,
        kind=kind.value,
        reason=wish.reason,
        actor=wish.actor,
        source="vacancy management",
        is_demo=found["is_demo"],
    )
    session.add(decision)
    await session.flush()
    await session.refresh(decision)
    return decision


async def revoke(session: WriteSession, round_name: str, decision_id: int, by: tuple[str, str]) -> None:
    """Revoke a standing decision.

    Parameters
    ----------
    session
        Write session.
    round_name
        Slug or id of the round.
    decision_id
        The decision.
    by
        Actor and reason.

    Raises
    ------
    NotFound
        When the round has no such decision.
    Conflict
        When it was revoked before.
    """
    found = await _round(session, round_name)
    rows = (await session.execute(queries.decision_of_round(found["id"], decision_id))).mappings().all()
    if not rows:
        raise NotFound(f"The round has no decision {decision_id}.")
    revoked = await session.execute(queries.revoke(MatchDecision.id == decision_id, *by))
    if revoked.scalar_one_or_none() is None:
        raise Conflict(f"Decision {decision_id} was revoked before, by {rows[0]['revoked_by']}.")


async def confirm(session: WriteSession, round_name: str, wish: Wish, move_in: date) -> Placement:
    """Place a winner: end the vacancy at the move-in, reserve the grant, end the winner's decisions.

    The round is locked first, so that two confirmations cannot spend the same money; then the vacancy, so
    that two rounds cannot let the same premises.

    Parameters
    ----------
    session
        Write session.
    round_name
        Slug or id of the round.
    wish
        The pair, who confirms it and why.
    move_in
        First day of the tenancy.

    Raises
    ------
    NotFound
        When round, winner or premises do not exist.
    Conflict
        When the winner is placed already, the premises are not vacant then, a hard constraint fails that no
        lock overrides, the rent is not known, or the budget does not allow it.
    """
    found = await _round(session, round_name)
    await session.execute(queries.lock_round(found["id"]))
    found = await _round(session, round_name)  # with what the one before us reserved
    winner = await _winner(session, found["id"], wish.winner_id)
    named = await _premises(session, wish.premises_id)
    vacancy = (await session.execute(queries.lock_vacancy(wish.premises_id, move_in))).scalar_one_or_none()
    if vacancy is None:
        raise Conflict(
            f"{named['label']} is not vacant on the day before {day(move_in).en}: nothing to end. "
            "Check the vacancy, or choose another day.",
            code="not_vacant",
        )
    need, offer = await _facts(session, winner, wish.premises_id, move_in)
    await _refuse_unfit(session, found["id"], (need, offer))
    grant_eur = _reserve(found, offer, move_in)
    await session.execute(queries.end_vacancy(vacancy.id, vacancy.during.lower, move_in))
    await session.execute(
        queries.revoke(MatchDecision.winner_id == wish.winner_id, wish.actor, PLACED_REASON)
    )
    placement = Placement(
        winner_id=wish.winner_id,
        premises_id=wish.premises_id,
        during=Range(move_in, add_months(move_in, need.wanted_months)),
        net_rent_eur_month=offer.net_rent_eur_month,
        grant_eur=grant_eur,
        reason=wish.reason,
        actor=wish.actor,
        source="vacancy management",
        is_demo=found["is_demo"],
    )
    session.add(placement)
    await session.flush()
    await session.refresh(placement)
    return placement


async def _facts(
    session: WriteSession, winner: RowMapping, premises_id: int, move_in: date
) -> tuple[Need, Offer]:
    """Return need and offer as on the day of the move-in, whatever day the winner had wished for."""
    places = (await session.execute(queries.places())).mappings().all()
    quarters = {row["key"] for row in places if row["is_quarter"]}
    offers = (await session.execute(queries.offers(move_in))).mappings().all()
    offer = next((offer_of(row) for row in offers if row["premises_id"] == premises_id), None)
    if offer is None:
        raise Conflict("The premises are no longer in the register.", code="not_vacant")
    return replace(need_of(winner, quarters, move_in), wanted_from=move_in), offer


async def _refuse_unfit(session: WriteSession, round_id: int, pair: tuple[Need, Offer]) -> None:
    """Refuse a pair that decisions or facts rule out; a lock overrides facts."""
    need, offer = pair
    standing = (await session.execute(queries.decisions(round_id))).mappings().all()
    rules = rules_of(standing)
    failures = [*check_rules(need, offer, rules), *check_facts(need, offer)]
    if rules.locked.get(need.winner_id) == offer.premises_id:
        failures = [failure for failure in failures if failure.code in NEVER_OVERRIDDEN]
    if not failures:
        return
    names = Names(
        winners={row["winner_id"]: row["winner_name"] for row in standing},
        premises={row["premises_id"]: row["premises_label"] for row in standing},
    )
    sentences = [explain_failure(failure, names) for failure in failures]
    raise Conflict(
        "The pair cannot be confirmed: "
        + " ".join(sentence.en for sentence in sentences)
        + " If both sides agree nevertheless, lock the pair with a reason first.",
        code="constraints_failed",
        failures=[
            {"code": failure.code, "de": sentence.de, "en": sentence.en}
            for failure, sentence in zip(failures, sentences, strict=True)
        ],
    )


def _reserve(found: RowMapping, offer: Offer, move_in: date) -> Decimal:
    """Return the grant if the round's budget still allows it."""
    if offer.net_rent_eur_month is None:
        raise Conflict(
            "The net cold rent is unknown: enter it first, the grant depends on it.", code="rent_unknown"
        )
    terms = round_terms(found, move_in)
    grant = grant_for(offer.net_rent_eur_month, terms.grant)
    budget = budget_for(terms.budget_eur, terms.reserved_eur, [grant])
    if budget.exceeded:
        raise Conflict(
            f"The grant of {euro(grant.amount_eur).en} exceeds the {euro(budget.left_eur).en} left.",
            code="budget_exceeded",
            grant_eur=str(grant.amount_eur),
            left_eur=str(budget.left_eur),
        )
    return grant.amount_eur


def _refuse_fixed(standing: Sequence[RowMapping], wish: Wish) -> None:
    """Refuse to fix a pair whose winner or premises are fixed elsewhere."""
    for row in standing:
        if row["kind"] == DecisionKind.FORBIDDEN.value:
            continue
        if wish.winner_id == row["winner_id"] or wish.premises_id == row["premises_id"]:
            raise Conflict(
                f"{row['winner_name']} is fixed to {row['premises_label']}; revoke that decision first.",
                code="fixed_elsewhere",
                decision_id=row["id"],
            )


async def _round(session: WriteSession, name: str) -> RowMapping:
    return one_round((await session.execute(queries.round_named(name))).mappings().all(), name)


async def _winner(session: WriteSession, round_id: int, winner_id: int) -> RowMapping:
    found = await session.execute(queries.winner_of_round(round_id, winner_id))
    row: RowMapping | None = found.mappings().one_or_none()
    if row is None:
        raise NotFound(f"The round has no winner {winner_id}.")
    if row["placed"]:
        raise Conflict(f"{row['name']} has been placed already.", code="winner_placed")
    return row


async def _premises(session: WriteSession, premises_id: int) -> RowMapping:
    found = await session.execute(queries.premises(premises_id))
    row: RowMapping | None = found.mappings().one_or_none()
    if row is None:
        raise NotFound(f"There are no premises {premises_id}.")
    return row
