"""What the interface takes and answers about contest rounds. All of it is for vacancy managers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from geo_service.matching.constraints import Code
from geo_service.matching.criteria import Side
from geo_service.matching.models import DecisionKind
from geo_service.matching.proposal import Origin, UnmatchedReason

Euro = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""Money, exact to the cent inside, a JSON number outside."""
Value = Annotated[Decimal, PlainSerializer(float, return_type=float)] | float | date | str | list[str] | None
"""What was required or found; the unit follows from the code."""

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


class Words(BaseModel):
    """A statement in both languages."""

    de: str = Field(description="German.")
    en: str = Field(description="English.")


class RoundSummary(BaseModel):
    """A contest round and how far it is."""

    id: int = Field(description="Id of the round.")
    slug: str = Field(description="Name in addresses.")
    name: str = Field(description="Name of the round.")
    held_on: date = Field(description="Day of the jury's sitting.")
    budget_eur: Euro = Field(ge=0, description="Grant budget, EUR.")
    reserved_eur: Euro = Field(ge=0, description="Grants reserved by confirmed placements, EUR.")
    left_eur: Euro = Field(description="Budget minus reserved, EUR.")
    grant_months: int = Field(ge=1, description="Net cold rents that a grant covers at most.")
    grant_cap_eur: Euro = Field(ge=0, description="Highest grant, EUR.")
    winners: int = Field(ge=0, description="Winners of the round.")
    placed: int = Field(ge=0, description="Winners with a confirmed placement.")
    open: int = Field(ge=0, description="Winners without premises.")
    is_demo: bool = Field(description="Invented record.")


class Rounds(BaseModel):
    """All rounds."""

    rounds: list[RoundSummary] = Field(description="Newest first.")


class Reason(BaseModel):
    """One reason against a pair."""

    code: Code = Field(description="Machine-readable reason.")
    required: Value = Field(description="What is asked for: m2, EUR a month, day, words or an id.")
    actual: Value = Field(description="What was found; null: unknown.")
    shortfall: float = Field(ge=0, description="How far it misses as a share of what is asked; 1: no degree.")
    words: Words = Field(description="The reason in a sentence.")


class ScorePart(BaseModel):
    """What one criterion contributes to a score."""

    criterion: str = Field(description="Name of the criterion.")
    side: Side = Field(description="Whose interest it is.")
    value: float = Field(ge=0, le=1, description="How well it is met.")
    weight: int = Field(ge=0, description="Its weight in the round.")
    share: float = Field(ge=0, le=1, description="Its share of the score; the shares add up to it.")
    words: Words = Field(description="The same in a sentence.")


class GrantAnswer(BaseModel):
    """What a placement costs."""

    amount_eur: Euro = Field(ge=0, description="min(months * net cold rent, cap), EUR.")
    months_covered: Euro = Field(ge=0, description="min(months, cap / rent), rounded down to 0.01 months.")
    capped: bool = Field(description="Whether the cap bites.")
    parts_eur: list[Euro] = Field(description="The two payments, EUR.")


class WinnerAnswer(BaseModel):
    """A winner, as far as a proposal needs."""

    id: int = Field(description="Id of the winner.")
    name: str = Field(description="Name of the concept. Confidential.")
    use: str = Field(description="Wanted use.")
    area_min_m2: float = Field(gt=0, description="Least wanted area, m2.")
    area_max_m2: float = Field(gt=0, description="Largest wanted area, m2.")
    rent_max_eur_month: Euro | None = Field(description="Highest net cold rent, EUR a month; null: any.")
    wanted_from: date = Field(description="First wanted day, not before the asked day.")
    wanted_months: int = Field(ge=1, description="Least tenancy, months.")


class PremisesAnswer(BaseModel):
    """Premises, as far as a proposal needs."""

    id: int = Field(description="Id of the premises.")
    premises_key: str = Field(description="Key of the premises.")
    label: str = Field(description="Name and address.")
    area_m2: float = Field(gt=0, description="Lettable area, m2.")
    net_rent_eur_month: Euro | None = Field(description="Net cold rent, EUR a month. Confidential.")
    free_from: date | None = Field(description="First free day.")
    free_until: date | None = Field(description="Last free day; null: open.")


class PairAnswer(BaseModel):
    """A proposed pair."""

    winner: WinnerAnswer = Field(description="The winner.")
    premises: PremisesAnswer = Field(description="The premises.")
    origin: Origin = Field(description="Whether the optimum, a pin or a lock put it there.")
    score: float = Field(ge=0, le=1, description="Score over all criteria.")
    winner_score: float = Field(ge=0, le=1, description="Score as the winner sees it.")
    landlord_score: float = Field(ge=0, le=1, description="Score as the landlord sees it.")
    parts: list[ScorePart] = Field(description="Criterion by criterion.")
    grant: GrantAnswer | None = Field(description="The grant; null: the rent is not known.")
    needs_permit: bool = Field(description="Whether the use must be changed by permit first.")
    cautions: list[Words] = Field(description="What speaks against, or must be minded.")
    winners_lost_without: int = Field(ge=0, description="Winners that could not be placed without this pair.")
    score_lost_without: float = Field(description="Sum of scores lost without it (where no winner is lost).")


class RejectedAnswer(BaseModel):
    """A pair that is not proposed."""

    winner_id: int = Field(description="The winner.")
    premises_id: int = Field(description="The premises.")
    feasible: bool = Field(description="Whether no hard constraint fails: the total is better.")
    reasons: list[Reason] = Field(description="Everything that stands against it.")


class UnmatchedAnswer(BaseModel):
    """A winner who gets nothing."""

    winner: WinnerAnswer = Field(description="The winner.")
    reason: UnmatchedReason = Field(description="Machine-readable reason.")
    words: Words = Field(description="The reason in a sentence.")
    nearest: RejectedAnswer | None = Field(description="Premises that fail the fewest and least constraints.")
    nearest_label: str | None = Field(description="What these premises are called.")
    suitable_premises_ids: list[int] = Field(description="Premises that would do but go to someone else.")


class ChangeAnswer(BaseModel):
    """What changes for one winner in an alternative."""

    winner_id: int = Field(description="The winner.")
    premises_id: int | None = Field(description="What the winner gets; null: nothing.")
    instead_of: int | None = Field(description="What the proposal says; null: nothing.")


class BlockingAnswer(BaseModel):
    """A pair in which both sides would do better than in the proposal."""

    winner_id: int = Field(description="The winner.")
    premises_id: int = Field(description="The premises.")


class BudgetAnswer(BaseModel):
    """The round's budget against the proposal."""

    total_eur: Euro = Field(ge=0, description="Budget, EUR.")
    reserved_eur: Euro = Field(ge=0, description="Reserved by placements, EUR.")
    proposed_eur: Euro = Field(ge=0, description="Sum of the proposed grants, EUR.")
    left_after_eur: Euro = Field(description="What would be left; negative: exceeded, EUR.")
    exceeded: bool = Field(description="Whether the proposal costs more than is left.")
    words: Words = Field(description="The same in a sentence.")


class DecisionAnswer(BaseModel):
    """A standing decision about a pair."""

    id: int = Field(description="Id of the decision.")
    winner_id: int = Field(description="The winner.")
    premises_id: int = Field(description="The premises.")
    kind: DecisionKind = Field(description="pinned, forbidden or locked.")
    reason: str = Field(description="Why.")
    actor: str = Field(description="Who decided.")
    decided_at: datetime = Field(description="When.")


class PlacementAnswer(BaseModel):
    """A confirmed placement."""

    id: int = Field(description="Id of the placement.")
    winner_id: int = Field(description="The winner.")
    premises_id: int = Field(description="The premises.")
    move_in: date = Field(description="First day of the tenancy; the vacancy ended on it.")
    until: date | None = Field(description="Last day of the wanted span; null: open.")
    net_rent_eur_month: Euro | None = Field(description="Rent that the grant was reckoned on, EUR a month.")
    grant_eur: Euro = Field(ge=0, description="Reserved grant, EUR.")
    reason: str = Field(description="Why; empty: none recorded.")
    actor: str = Field(description="Who confirmed.")
    confirmed_at: datetime = Field(description="When.")


class ProposalAnswer(BaseModel):
    """The proposal of a round with all reasons."""

    round: RoundSummary = Field(description="The round.")
    as_of: date = Field(description="The day on which it was reckoned.")
    weights: dict[str, int] = Field(description="Weight of each criterion.")
    matched: int = Field(ge=0, description="Winners placed by the proposal.")
    score_sum: float = Field(ge=0, description="Sum of the pairs' scores.")
    pairs: list[PairAnswer] = Field(description="Proposed pairs.")
    unmatched: list[UnmatchedAnswer] = Field(description="Winners who get nothing.")
    rejected: list[RejectedAnswer] = Field(description="All other pairs, unless left out on demand.")
    alternatives: list[list[ChangeAnswer]] = Field(description="Assignments of equal worth.")
    blocking: list[BlockingAnswer] = Field(description="Pairs that both sides would prefer.")
    budget: BudgetAnswer = Field(description="The budget.")
    decisions: list[DecisionAnswer] = Field(description="Standing decisions.")
    placements: list[PlacementAnswer] = Field(description="Confirmed placements.")


class ProposalQuery(BaseModel):
    """What can be asked about a proposal."""

    model_config = ConfigDict(extra="forbid")

    as_of: date | None = Field(
        None, ge=EARLIEST, le=LATEST, description="Day on which it is reckoned, YYYY-MM-DD; unset: today."
    )
    rejected: bool = Field(True, description="Whether all pairs that are not proposed are listed, with why.")


class DecisionForm(BaseModel):
    """A decision about a pair."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    winner_id: int = Field(ge=1, le=2**31 - 1, description="The winner.")
    premises_id: int = Field(ge=1, le=2**31 - 1, description="The premises.")
    kind: Literal["pinned", "forbidden", "locked"] = Field(
        description="pinned: these or none, if the facts allow; forbidden: never; locked: agreed, whatever "
        "the facts say (double funding excepted)."
    )
    reason: str = Field(min_length=3, max_length=1000, description="Why; recorded with your name.")


class RevocationForm(BaseModel):
    """Taking a decision back."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(min_length=3, max_length=1000, description="Why; recorded with your name.")


class PlacementForm(BaseModel):
    """Confirming a placement."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    winner_id: int = Field(ge=1, le=2**31 - 1, description="The winner.")
    premises_id: int = Field(ge=1, le=2**31 - 1, description="The premises.")
    move_in: date = Field(
        ge=EARLIEST, le=LATEST, description="First day of the tenancy, YYYY-MM-DD; the vacancy ends on it."
    )
    reason: str = Field(min_length=3, max_length=1000, description="Why; recorded with your name.")
