"""Contest rounds (Anstoß) for vacancy managers: the proposal with its reasons, and decisions about pairs."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from geo_service.auth import VacancyManager
from geo_service.availability.service import today
from geo_service.db import Reading, Writing
from geo_service.matching import decisions, queries
from geo_service.matching.answers import proposal_answer, round_answer
from geo_service.matching.decisions import Wish
from geo_service.matching.models import DecisionKind
from geo_service.matching.schemas import DecisionForm, RevocationForm
from geo_service.matching.service import RoundState, read_round
from geo_service.web.frame import frame_of

router = APIRouter(prefix="/anstoss")
PRIVATE = "no-store"


@router.get("")
async def rounds(request: Request, session: Reading, caller: VacancyManager) -> Response:
    """List the rounds."""
    frame = await frame_of(request, session, caller)
    rows = (await session.execute(queries.rounds())).mappings().all()
    return _private(frame.page("rounds.html", rounds=[round_answer(row) for row in rows]))


@router.get("/{name}")
async def contest_round(request: Request, session: Reading, caller: VacancyManager, name: str) -> Response:
    """Show a round: unplaced winners first, the proposal, why not, decisions."""
    frame = await frame_of(request, session, caller)

    def read(sync_session: Session) -> RoundState:
        return read_round(sync_session.connection(), name, today())

    state = await session.run_sync(read)
    answer = proposal_answer(state)
    return _private(
        frame.page(
            "round.html",
            answer=answer,
            names=state.names,
            premises_keys=state.premises_keys,
            placed={row["id"]: row for row in state.placements},
            rejected=_by_winner(answer.rejected),
        )
    )


@router.post("/{name}/entscheidungen")
async def decide(
    session: Writing, caller: VacancyManager, name: str, form: Annotated[DecisionForm, Form()]
) -> Response:
    """Pin, forbid or lock a pair and go back to the round, where it is reckoned anew."""
    wish = Wish(form.winner_id, form.premises_id, form.reason, caller.name)
    await decisions.decide(session, name, wish, DecisionKind(form.kind))
    return RedirectResponse(f"/anstoss/{name}", status_code=303)


@router.post("/{name}/entscheidungen/{decision_id}/aufheben")
async def revoke(
    session: Writing,
    caller: VacancyManager,
    name: str,
    decision_id: int,
    form: Annotated[RevocationForm, Form()],
) -> Response:
    """Take a decision back and go back to the round."""
    await decisions.revoke(session, name, decision_id, (caller.name, form.reason))
    return RedirectResponse(f"/anstoss/{name}", status_code=303)


def _by_winner(rejected: Any) -> dict[int, list[Any]]:  # noqa: ANN401 - a list of answers
    """Group the pairs that are not proposed by winner, the fewest reasons first."""
    found: dict[int, list[Any]] = {}
    for pair in sorted(
        rejected, key=lambda each: (len(each.reasons), sum(one.shortfall for one in each.reasons))
    ):
        found.setdefault(pair.winner_id, []).append(pair)
    return found


def _distance(pair: Any) -> tuple[int, float]:  # noqa: ANN401 - an answer
    return len(pair.reasons), sum(reason.shortfall for reason in pair.reasons)


def _private(response: Response) -> Response:
    """Keep a page about winners out of every cache."""
    response.headers["Cache-Control"] = PRIVATE
    return response
