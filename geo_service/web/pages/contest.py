"""Contest rounds (Anstoß) for vacancy managers: the proposal with its reasons, and decisions about pairs."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlalchemy import Connection

from geo_service.auth import VacancyManager
from geo_service.availability.service import today
from geo_service.beside import computed
from geo_service.db import Reading, Writing
from geo_service.errors import Conflict
from geo_service.matching import decisions, queries
from geo_service.matching.answers import proposal_answer, round_answer
from geo_service.matching.decisions import Wish
from geo_service.matching.models import DecisionKind
from geo_service.matching.schemas import DecisionForm, PlacementForm, ProposalAnswer, RevocationForm
from geo_service.matching.service import RoundState, read_round
from geo_service.web.frame import Frame, frame_of
from geo_service.web.pages.asking import list_map
from geo_service.web.queries.premises import PLACES
from geo_service.web.vocabulary import N_

router = APIRouter(prefix="/anstoss")
PRIVATE = "no-store"
REFUSED: Final = N_(
    "Der Stand hat sich geändert. Bitte prüfen Sie den Vorschlag, der eben neu gerechnet wurde."
)
REFUSALS: Final = {
    "not_vacant": N_(
        "Das Ladenlokal steht am Tag vor dem Einzug nicht leer. Bitte prüfen Sie den Leerstand, oder "
        "wählen Sie einen anderen Tag."
    ),
    "winner_placed": N_("Diese Person ist schon vermittelt."),
    "rent_unknown": N_(
        "Die Nettokaltmiete ist unbekannt, von ihr hängt der Zuschuss ab. Bitte tragen Sie sie zuerst ein."
    ),
    "budget_exceeded": N_("Der Zuschuss übersteigt, was vom Budget der Runde noch frei ist."),
}
"""German sentence by code of the conflict."""


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
    await session.commit()  # gives the connection back: the proposal is reckoned with another one
    return await _round_page(frame, name)


async def _round_page(frame: Frame, name: str, refused: "Refused | None" = None) -> Response:
    """Show a round, with what was refused beside its pair."""

    def make(connection: Connection) -> tuple[RoundState, ProposalAnswer]:
        state = read_round(connection, name, today())
        return state, proposal_answer(state)

    state, answer = await computed(frame.request, None, make, public=False)
    places = await places_of(frame.request, answer)
    return _private(
        frame.page(
            "round.html",
            answer=answer,
            names=state.names,
            premises_keys=state.premises_keys,
            placed={row["id"]: row for row in state.placements},
            rejected=_by_winner(answer.rejected),
            refused=refused,
            places=places,
            map=list_map(frame) if places else None,
            http_status=refused.status if refused else 200,
        )
    )


async def places_of(request: Request, answer: ProposalAnswer) -> dict[int, str]:
    """Return where the premises of proposals and placements are, by id, as GeoJSON (WGS 84)."""
    return await computed(request, None, lambda read: read_places(read, answer), public=False)


def read_places(connection: Connection, answer: ProposalAnswer) -> dict[int, str]:
    """Read where the premises of proposals and placements are; as `places_of`."""
    wanted = [pair.premises.id for pair in answer.pairs] + [each.premises_id for each in answer.placements]
    return {row.id: row.shape for row in connection.execute(PLACES, {"ids": wanted})}


@dataclass(frozen=True, slots=True)
class Refused:
    """A confirmation that was refused: what was filled in, and why in the language of the page."""

    winner_id: int
    premises_id: int
    move_in: str
    reason: str
    status: int
    sentences: tuple[str, ...]


class ConfirmationForm(PlacementForm):
    """Confirming a placement on the page, with the tick that both sides agreed."""

    sure: Literal["yes"] = Field(description="Both sides agreed.")


@router.post("/{name}/vermittlungen")
async def confirm(
    request: Request,
    session: Writing,
    caller: VacancyManager,
    name: str,
    form: Annotated[ConfirmationForm, Form()],
) -> Response:
    """Confirm a placement and go back to the round; what is refused is told beside its pair."""
    wish = Wish(form.winner_id, form.premises_id, form.reason, caller.name)
    try:
        async with session.begin_nested():
            await decisions.confirm(session, name, wish, form.move_in)
    except Conflict as error:
        frame = await frame_of(request, session, caller)
        given = (form.winner_id, form.premises_id, form.move_in.isoformat(), form.reason)
        refused = Refused(*given, int(error.status), _sentences(error, frame))
        return await _round_page(frame, name, refused)
    return RedirectResponse(f"/anstoss/{name}", status_code=303)


def _sentences(error: Conflict, frame: Frame) -> tuple[str, ...]:
    """Say in the language of the page why a placement cannot be confirmed."""
    failures = error.extra.get("failures")
    if failures:
        return tuple(failure[frame.language] for failure in failures)
    return (frame.words.gettext(REFUSALS.get(str(error.extra.get("code")), REFUSED)),)


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
