"""The form of signing in; the auth slice takes what it sends."""

from typing import Final

from fastapi import APIRouter, Request, Response

from geo_service.auth import Public
from geo_service.auth.routes import local_path
from geo_service.db import Reading
from geo_service.web.frame import frame_of
from geo_service.web.vocabulary import N_

router = APIRouter()

SIGN_IN_ERRORS: Final = {
    "wrong": N_("Name oder Kennwort stimmen nicht. Bitte versuchen Sie es noch einmal."),
    "throttled": N_("Zu viele Versuche. Bitte warten Sie eine Minute und versuchen Sie es dann noch einmal."),
}
"""Sentence per code that the auth slice sends back to the form."""


@router.get("/sign-in")
async def sign_in(request: Request, session: Reading, caller: Public) -> Response:
    """Show the sign-in form, or who is signed in."""
    frame = await frame_of(request, session, caller)
    code = request.query_params.get("error", "")
    return frame.page(
        "sign_in.html",
        error=SIGN_IN_ERRORS.get(code),
        then=local_path(request.query_params.get("next", "/")),
    )
