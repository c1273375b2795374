"""Rounds from the database: what a proposal is reckoned from, and the proposal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping

from geo_service.errors import Conflict, NotFound
from geo_service.matching import queries
from geo_service.matching.models import DecisionKind
from geo_service.matching.proposal import Proposal, propose
from geo_service.matching.reasons import Names
from geo_service.matching.terms import (
    DEFAULT_WEIGHTS,
    ContradictoryRules,
    GrantTerms,
    Need,
    Offer,
    RoundTerms,
    Rules,
)

Rows = Sequence[RowMapping]


@dataclass(frozen=True, slots=True)
class RoundState:
    """A round as it stands, with its proposal.

    Parameters
    ----------
    round
        Columns of `queries.rounds`.
    as_of
        The day on which the proposal is reckoned.
    terms, proposal
        What was reckoned with, and the answer.
    decisions, placements
        What was decided and confirmed (columns of the statements).
    names
        What ids and keys are called.
    premises_keys
        Key of premises by id.
    """

    round: RowMapping
    as_of: date
    terms: RoundTerms
    proposal: Proposal
    decisions: Rows
    placements: Rows
    names: Names
    premises_keys: Mapping[int, str]


def proposal_statements(round_id: int, as_of: date) -> dict[str, Any]:
    """Return what must be read for a proposal, by name."""
    return {
        "winners": queries.winners(round_id),
        "offers": queries.offers(as_of),
        "decisions": queries.decisions(round_id),
        "placements": queries.placements(round_id),
        "places": queries.places(),
    }


def assemble(found: RowMapping, rows: Mapping[str, Rows], as_of: date) -> RoundState:
    """Make the round's state and proposal of the rows read.

    Parameters
    ----------
    found
        The round (columns of `queries.rounds`).
    rows
        Rows of `proposal_statements` by name.
    as_of
        The day on which the proposal is reckoned.

    Raises
    ------
    Conflict
        When standing decisions contradict each other.
    """
    quarters = {row["key"] for row in rows["places"] if row["is_quarter"]}
    terms = round_terms(found, as_of)
    proposal = propose(
        [need_of(row, quarters, as_of) for row in rows["winners"]],
        [offer_of(row) for row in rows["offers"]],
        rules_of(rows["decisions"]),
        terms,
    )
    return RoundState(
        round=found,
        as_of=as_of,
        terms=terms,
        proposal=proposal,
        decisions=[row for row in rows["decisions"] if row["own_round"]],
        placements=rows["placements"],
        names=_names(rows),
        premises_keys={row["premises_id"]: row["premises_key"] for row in rows["offers"]},
    )


def read_round(connection: Connection, name: str, as_of: date) -> RoundState:
    """Read a round by slug or id and reckon its proposal.

    Parameters
    ----------
    connection
        Of the command line, or of a request that computes in a thread (`beside.computed`).
    name
        Slug or id.
    as_of
        The day on which the proposal is reckoned.

    Raises
    ------
    NotFound
        When there is no such round.
    """
    found = one_round(connection.execute(queries.round_named(name)).mappings().all(), name)
    statements = proposal_statements(found["id"], as_of)
    rows = {key: connection.execute(item).mappings().all() for key, item in statements.items()}
    return assemble(found, rows, as_of)


def one_round(rows: Rows, name: str) -> RowMapping:
    """Return the round that was found.

    Raises
    ------
    NotFound
        When none was.
    """
    if not rows:
        raise NotFound(f"There is no round {name!r}.")
    return next((row for row in rows if row["slug"] == name), rows[0])


def round_terms(found: RowMapping, as_of: date) -> RoundTerms:
    """Return what holds for a round (columns of `queries.rounds`)."""
    return RoundTerms(
        as_of=as_of,
        budget_eur=found["budget_eur"],
        reserved_eur=Decimal(found["reserved_eur"]),
        grant=GrantTerms(found["grant_months"], found["grant_cap_eur"]),
        weights=found["weights"] or DEFAULT_WEIGHTS,
    )


def need_of(row: RowMapping, quarters: Iterable[str], as_of: date) -> Need:
    """Make a need of a winner (columns of `Winner`).

    A wished day that has passed counts as the asked day: the winner still waits.
    """
    places, known = frozenset(row["districts"]), frozenset(quarters)
    return Need(
        winner_id=row["id"],
        name=row["name"],
        use=row["use"],
        wanted_from=max(row["wanted_from"], as_of),
        wanted_months=row["wanted_months"],
        area_min_m2=row["area_min_m2"],
        area_max_m2=row["area_max_m2"],
        rent_max_eur_month=row["rent_max_eur_month"],
        ground_floor_needed=row["ground_floor_needed"],
        districts=places - known,
        quarters=places & known,
        features=frozenset(row["features"]),
        wished_features=frozenset(row["wished_features"]),
        accepts_change_of_use=row["accepts_change_of_use"],
        other_funding=row["other_funding"],
    )


def offer_of(row: RowMapping) -> Offer:
    """Make an offer of vacant premises (columns of `queries.offers`)."""
    return Offer(
        premises_id=row["premises_id"],
        label=row["label"],
        area_m2=row["area_m2"],
        net_rent_eur_month=row["net_rent_eur_month"],
        permitted_uses=frozenset(row["permitted_uses"]),
        ground_floor=row["floor"] == 0,
        district=row["district"],
        quarter=row["quarter"],
        free_from=row["free_from"],
        free_until=row["free_until"],
        vacant_since=row["vacant_since"],
        features=frozenset(row["features"]),
        transit_grade=row["transit_grade"],
    )


def rules_of(decisions: Rows) -> Rules:
    """Make the rules of the standing decisions (columns of `queries.decisions`).

    Raises
    ------
    Conflict
        When they contradict each other.
    """
    pairs: dict[str, list[tuple[int, int]]] = {kind.value: [] for kind in DecisionKind}
    for row in decisions:
        pairs[row["kind"]].append((row["winner_id"], row["premises_id"]))
    try:
        return Rules(
            pinned=dict(pairs[DecisionKind.PINNED.value]),
            locked=dict(pairs[DecisionKind.LOCKED.value]),
            forbidden=frozenset(pairs[DecisionKind.FORBIDDEN.value]),
        )
    except ContradictoryRules as error:
        raise Conflict(
            "Standing decisions contradict each other; revoke one of them.",
            code=error.code,
            winner_id=error.winner_id,
            premises_id=error.premises_id,
        ) from error


def _names(rows: Mapping[str, Rows]) -> Names:
    """Collect what ids and keys are called."""
    decided = rows["decisions"]
    return Names(
        winners={row["winner_id"]: row["winner_name"] for row in decided}
        | {row["id"]: row["name"] for row in rows["winners"]},
        premises={row["premises_id"]: row["premises_label"] for row in decided}
        | {row["premises_id"]: row["label"] for row in rows["offers"]},
        places={row["key"]: row["name"] for row in rows["places"]},
    )
