"""Routes: contest rounds, their proposals, decisions and placements. For vacancy managers only."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response, status
from sqlalchemy import Connection

from geo_service.auth import VacancyManager
from geo_service.availability.service import today
from geo_service.beside import computed
from geo_service.db import Reading, Writing
from geo_service.matching import decisions, queries
from geo_service.matching.answers import decision_answer, placement_answer, proposal_answer, round_answer
from geo_service.matching.decisions import Wish
from geo_service.matching.models import DecisionKind
from geo_service.matching.schemas import (
    DecisionAnswer,
    DecisionForm,
    PlacementAnswer,
    PlacementForm,
    ProposalAnswer,
    ProposalQuery,
    RevocationForm,
    Rounds,
)
from geo_service.matching.service import read_round

router = APIRouter(prefix="/api/rounds", tags=["matching"])

RoundName = Annotated[
    str, Path(max_length=100, description="Slug or id of the round.", examples=["anstoss-2023-10"])
]
DecisionId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Id of the decision.")]

CONFIDENTIAL = {"Cache-Control": "no-store"}


@router.get("")
async def get_rounds(_caller: VacancyManager, session: Reading, response: Response) -> Rounds:
    """List the contest rounds with winners, placements and budget."""
    response.headers.update(CONFIDENTIAL)
    rows = (await session.execute(queries.rounds())).mappings().all()
    return Rounds(rounds=[round_answer(row) for row in rows])


@router.get("/{name}/proposal")
async def get_proposal(
    request: Request,
    _caller: VacancyManager,
    response: Response,
    name: RoundName,
    asked: Annotated[ProposalQuery, Query()],
) -> ProposalAnswer:
    """Match all winners of a round that have no premises yet, and explain every pair.

    The proposal is reckoned when asked, so it is never stale. Nothing is written.
    """
    response.headers.update(CONFIDENTIAL)
    as_of = asked.as_of or today()

    def make(connection: Connection) -> ProposalAnswer:
        return proposal_answer(read_round(connection, name, as_of), rejected=asked.rejected)

    return await computed(request, None, make, public=False)


@router.post("/{name}/decisions", status_code=status.HTTP_201_CREATED)
async def post_decision(
    caller: VacancyManager, session: Writing, name: RoundName, form: DecisionForm
) -> DecisionAnswer:
    """Pin, forbid or lock a pair; an earlier decision about the same pair is revoked."""
    wish = Wish(form.winner_id, form.premises_id, form.reason, caller.name)
    return decision_answer(await decisions.decide(session, name, wish, DecisionKind(form.kind)))


@router.post("/{name}/decisions/{decision_id}/revocation", status_code=status.HTTP_204_NO_CONTENT)
async def post_revocation(
    caller: VacancyManager, session: Writing, name: RoundName, decision_id: DecisionId, form: RevocationForm
) -> None:
    """Take a standing decision back."""
    await decisions.revoke(session, name, decision_id, (caller.name, form.reason))


@router.post("/{name}/placements", status_code=status.HTTP_201_CREATED)
async def post_placement(
    caller: VacancyManager, session: Writing, name: RoundName, form: PlacementForm
) -> PlacementAnswer:
    """Confirm a placement: ends the vacancy at the move-in and reserves the grant, both or neither.

    Answers 409 when the premises or the budget went to someone else meanwhile, or a hard constraint fails
    that no lock overrides.
    """
    wish = Wish(form.winner_id, form.premises_id, form.reason, caller.name)
    return placement_answer(await decisions.confirm(session, name, wish, form.move_in))
