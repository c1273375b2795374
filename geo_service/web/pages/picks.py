"""What a visitor noted, side by side; noting and forgetting without a script too."""

from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from geo_service.auth import Public
from geo_service.auth.routes import local_path
from geo_service.db import Reading
from geo_service.web.frame import bare_frame, frame_of
from geo_service.web.pages.asking import list_map
from geo_service.web.pages.land import wants_part
from geo_service.web.pages.map_files import as_file
from geo_service.web.picked import picked_file, read_picked
from geo_service.web.picks import (
    COOKIE,
    COOKIE_SECONDS,
    LONGEST_KEY,
    MOST_PICKS,
    added,
    is_pick,
    read_picks,
    to_cookie,
)

router = APIRouter()

PAGE: Final = "/auswahl"
MOST_FIELDS: Final = MOST_PICKS + 10


@router.get(PAGE)
async def picks(request: Request, session: Reading, caller: Public) -> Response:
    """Compare what is noted, or what a link names."""
    frame = await frame_of(request, session, caller)
    asked = request.query_params.getlist("pick")[: 2 * MOST_PICKS]
    wanted = read_picks(asked) if asked else frame.picks
    rent = frame.may_see("vacancies", "net_rent_eur_month")
    found = await session.run_sync(
        lambda sync: read_picked(
            sync.connection(), wanted, frame.speaker, public=frame.public, may_see_rent=rent
        )
    )
    shown = {each.pick for each in found}
    absent = list(dict.fromkeys(each for each in asked or wanted if each not in shown))
    return _private(
        frame.page(
            "picks.html",
            found=found,
            absent=[(each, each[:LONGEST_KEY], is_pick(each)) for each in absent],
            linked=bool(asked),
            without=lambda pick: frame.here(pick=[each for each in asked if each != pick]),
            link=urlencode([("pick", each.pick) for each in found]),
            most=MOST_PICKS,
            full="full" in request.query_params,
            map=list_map(frame) if any(each.row.shape for each in found) else None,
        )
    )


@router.post(PAGE)
async def note(request: Request, caller: Public) -> Response:
    """Note a record, forget one or all, or take over what a link names; then back to where that was asked."""
    request.state.caller = caller
    frame = await bare_frame(request, ask=False)
    sent = await request.form(max_fields=MOST_FIELDS)
    kept = _changed(frame.picks, sent)
    pick = str(sent.get("add") or sent.get("remove") or "")
    full = bool(sent.get("add")) and is_pick(pick) and pick not in kept
    back = local_path(str(sent.get("back", PAGE)))
    if wants_part(request) and is_pick(pick):
        name = str(sent.get("name", ""))[: 2 * LONGEST_KEY]
        told: dict[str, Any] = {"pick": pick, "name": name, "back": back, "noted": pick in kept, "full": full}
        response: Response = frame.page("partials/pick.html", count=len(kept), **told)
    else:
        response = RedirectResponse(f"{PAGE}?full=1" if full else back, status_code=303)
    if kept:
        options: dict[str, Any] = {"max_age": COOKIE_SECONDS, "httponly": True, "samesite": "lax"}
        response.set_cookie(COOKIE, to_cookie(kept), **options)
    else:
        response.delete_cookie(COOKIE)
    return _private(response)


def _changed(kept: list[str], sent: FormData) -> list[str]:
    """Return what is noted after a form was sent."""
    if "clear" in sent:
        return []
    gone = {str(each) for each in sent.getlist("remove")}
    new = [str(each) for name in ("add", "pick") for each in sent.getlist(name)]
    return added([each for each in kept if each not in gone], new)


@router.get("/maps/files/selection")
async def selection_file(request: Request, session: Reading, caller: Public) -> Response:
    """Answer with the map of what an address names as a file: public records only."""
    frame = await frame_of(request, session, caller)
    wanted = read_picks(request.query_params.getlist("pick"))
    name = frame.speaker.say("karte-auswahl")
    return await as_file(frame, session, name, lambda found: picked_file(found, frame.speaker, wanted))


def _private(response: Response) -> Response:
    """Keep a page about one visitor out of every cache."""
    response.headers["Cache-Control"] = "no-store"
    return response
