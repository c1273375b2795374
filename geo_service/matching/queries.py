"""Statements of contest rounds: what a proposal is reckoned from, decisions, placements."""

import re
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Executable,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import Range, distinct_on

from geo_service.matching.models import ContestRound, DecisionKind, MatchDecision, Placement, Winner
from geo_service.parcels.models import District, Quarter
from geo_service.transit.models import SubjectKind, TransitAccess
from geo_service.transit.windows import DAY
from geo_service.vacancies.models import Premises, Vacancy

TRANSIT_METHOD = "are"
"""Method whose grade counts as a criterion."""

LABEL = func.concat_ws(", ", Premises.name, func.concat_ws(" ", Premises.street, Premises.house_number))
"""What premises are called: name, street and number."""

RENT = func.coalesce(Premises.net_rent_eur_month, Vacancy.asking_rent_eur_month)
"""Net cold rent in EUR a month; the asking rent where the agreed one is not known. Confidential."""

PLACED = select(Placement.id).where(Placement.winner_id == Winner.id).exists()


def rounds() -> Select[Any]:
    """Select all rounds, newest first (columns of `ContestRound`; winners, placed, reserved_eur)."""
    placed = func.count(Placement.id)
    totals = (
        select(
            Winner.round_id,
            func.count().label("winners"),
            placed.label("placed"),
            func.coalesce(func.sum(Placement.grant_eur), 0).label("reserved_eur"),
        )
        .outerjoin(Placement, Placement.winner_id == Winner.id)
        .group_by(Winner.round_id)
        .subquery()
    )
    return (
        select(
            *ContestRound.__table__.columns,
            func.coalesce(totals.c.winners, 0).label("winners"),
            func.coalesce(totals.c.placed, 0).label("placed"),
            func.coalesce(totals.c.reserved_eur, 0).label("reserved_eur"),
        )
        .outerjoin(totals, totals.c.round_id == ContestRound.id)
        .order_by(ContestRound.held_on.desc(), ContestRound.id.desc())
    )


def round_named(name: str) -> Select[Any]:
    """Select one round by slug or id (columns as `rounds`)."""
    by_id = [ContestRound.id == int(name)] if re.fullmatch(r"[0-9]{1,9}", name) else []
    return rounds().where(or_(ContestRound.slug == name, *by_id))


def winners(round_id: int) -> Select[Any]:
    """Select the winners of a round who have no premises yet (columns of `Winner`)."""
    statement = select(*Winner.__table__.columns).where(Winner.round_id == round_id, ~PLACED)
    return statement.order_by(Winner.id)


def offers(as_of: date) -> Select[Any]:
    """Select premises that stand empty on a day or will later, each with its next vacancy.

    Columns: premises_id, premises_key, label, area_m2, net_rent_eur_month, permitted_uses, floor, features,
    district, quarter (keys), vacant_since, free_from, free_until (exclusive; NULL: open), transit_grade.
    """
    start, end = _finite(func.lower(Vacancy.during)), _finite(func.upper(Vacancy.during))
    access = and_(
        TransitAccess.subject_kind == SubjectKind.PREMISES.value,
        TransitAccess.subject_id == Premises.id,
        TransitAccess.method == TRANSIT_METHOD,
        TransitAccess.time_window == DAY,
    )
    return (
        select(
            Premises.id.label("premises_id"),
            Premises.premises_key,
            LABEL.label("label"),
            Premises.area_m2,
            RENT.label("net_rent_eur_month"),
            Premises.permitted_uses,
            Premises.floor,
            Premises.features,
            District.key.label("district"),
            Quarter.key.label("quarter"),
            start.label("vacant_since"),
            func.greatest(func.coalesce(start, as_of), Vacancy.temporary_use_until + 1).label("free_from"),
            end.label("free_until"),
            TransitAccess.grade.label("transit_grade"),
        )
        .ext(distinct_on(Premises.id))
        .join(Vacancy, Vacancy.premises_id == Premises.id)
        .outerjoin(District, District.id == Premises.district_id)
        .outerjoin(Quarter, Quarter.id == Premises.quarter_id)
        .outerjoin(TransitAccess, access)
        .where(Premises.valid.contains(as_of), or_(end.is_(None), end > as_of))
        .order_by(Premises.id, func.lower(Vacancy.during))
    )


def decisions(round_id: int) -> Select[Any]:
    """Select standing decisions about a round's open winners, and pairs fixed in other rounds.

    Columns: of `MatchDecision`; winner_name, premises_label, own_round.
    """
    own = Winner.round_id == round_id
    return (
        select(
            *MatchDecision.__table__.columns,
            Winner.name.label("winner_name"),
            LABEL.label("premises_label"),
            own.label("own_round"),
        )
        .join(Winner, Winner.id == MatchDecision.winner_id)
        .join(Premises, Premises.id == MatchDecision.premises_id)
        .where(
            MatchDecision.revoked_at.is_(None),
            ~PLACED,
            or_(own, MatchDecision.kind != DecisionKind.FORBIDDEN.value),
        )
        .order_by(MatchDecision.id)
    )


def placements(round_id: int) -> Select[Any]:
    """Select the placements of a round.

    Columns: of `Placement`; winner_name, premises_label, premises_key.
    """
    return (
        select(
            *Placement.__table__.columns,
            Winner.name.label("winner_name"),
            LABEL.label("premises_label"),
            Premises.premises_key,
        )
        .join(Winner, Winner.id == Placement.winner_id)
        .join(Premises, Premises.id == Placement.premises_id)
        .where(Winner.round_id == round_id)
        .order_by(Placement.id)
    )


def places() -> Executable:
    """Select districts and quarters (key, name, is_quarter)."""
    return union_all(
        select(District.key, District.name, literal(False).label("is_quarter")),
        select(Quarter.key, Quarter.name, literal(True).label("is_quarter")),
    )


# --- writes ----------------------------------------------------------------------------------------------


def lock_round(round_id: int) -> Select[ContestRound]:
    """Select a round for update: whoever reserves grants waits here for the one before."""
    return select(ContestRound).where(ContestRound.id == round_id).with_for_update()


def winner_of_round(round_id: int, winner_id: int) -> Select[Any]:
    """Select a winner (columns of `Winner`; placed)."""
    return select(*Winner.__table__.columns, PLACED.label("placed")).where(
        Winner.id == winner_id, Winner.round_id == round_id
    )


def premises(premises_id: int) -> Select[Any]:
    """Select the key and label of premises."""
    return select(Premises.id, Premises.premises_key, LABEL.label("label")).where(Premises.id == premises_id)


def lock_vacancy(premises_id: int, move_in: date) -> Select[Vacancy]:
    """Select the vacancy that a move-in ends, for update: a second confirmation waits and finds none.

    The vacancy must have begun before that day and not end by it.
    """
    return (
        select(Vacancy)
        .where(
            Vacancy.premises_id == premises_id,
            Vacancy.during.contains(move_in),
            func.coalesce(func.lower(Vacancy.during) < move_in, literal(True)),
        )
        .with_for_update()
    )


def end_vacancy(vacancy_id: int, since: date | None, move_in: date) -> Executable:
    """End a vacancy on the day of the move-in."""
    return update(Vacancy).where(Vacancy.id == vacancy_id).values(during=Range(since, move_in))


def revoke(condition: ColumnElement[bool], actor: str, reason: str) -> Executable:
    """Revoke the standing decisions that meet a condition; returns their ids."""
    return (
        update(MatchDecision)
        .where(MatchDecision.revoked_at.is_(None), condition)
        .values(revoked_at=func.now(), revoked_by=actor, revoke_reason=reason)
        .returning(MatchDecision.id)
    )


def decision_of_round(round_id: int, decision_id: int) -> Select[Any]:
    """Select a decision of a round (columns of `MatchDecision`)."""
    return (
        select(*MatchDecision.__table__.columns)
        .join(Winner, Winner.id == MatchDecision.winner_id)
        .where(MatchDecision.id == decision_id, Winner.round_id == round_id)
    )


def _finite(day: ColumnElement[Any]) -> ColumnElement[date]:
    """Return a date, infinity as NULL."""
    infinite = [literal(text).cast(Date) for text in ("infinity", "-infinity")]
    return func.nullif(func.nullif(day, infinite[0]), infinite[1], type_=Date)
