"""Sign in, sign out, who am I.

The page of the form is part of the web slice (GET /sign-in). A form that fails goes back to it with
``?error=wrong`` or ``?error=throttled``; a program gets JSON and status 401 or 429.
"""

from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from geo_service.auth import sessions
from geo_service.auth.access import Public
from geo_service.auth.queries import end_sessions
from geo_service.auth.schemas import FilledSignIn, FilledSignOut, Me
from geo_service.auth.service import sign_in
from geo_service.auth.throttle import TooManyAttempts
from geo_service.db import Writing, get_database
from geo_service.errors import GeoServiceError, Unauthenticated

router = APIRouter(tags=["sign-in"])


@router.post("/sign-in", response_model=Me)
async def post_sign_in(request: Request, _caller: Public, form: FilledSignIn) -> Response:
    """Sign in with name and password; sets the session cookie."""
    address = request.client.host if request.client else "unknown"
    try:
        user = await sign_in(
            get_database(request), request.app.state.throttle, (form.name, form.password), address
        )
    except (Unauthenticated, TooManyAttempts) as error:
        if not wants_page(request):
            raise
        return _back_to_form(form.next, error)
    sessions.begin(request, user.id, user.epoch)
    if wants_page(request):
        return RedirectResponse(local_path(form.next), status_code=303)
    return JSONResponse(Me.of(user.caller).model_dump(mode="json"), headers={"Cache-Control": "no-store"})


@router.post("/sign-out", response_model=Me)
async def post_sign_out(request: Request, caller: Public, form: FilledSignOut, session: Writing) -> Response:
    """Sign out on this device, or everywhere."""
    if form.everywhere and caller.signed_in:
        await session.execute(end_sessions(caller.name))
    sessions.end(request)
    if wants_page(request):
        return RedirectResponse("/", status_code=303)
    return JSONResponse(
        {"name": "public", "roles": [], "via": "nobody"}, headers={"Cache-Control": "no-store"}
    )


@router.get("/api/me")
async def get_me(caller: Public, response: Response) -> Me:
    """Tell who the service takes the caller for."""
    response.headers["Cache-Control"] = "no-store"
    return Me.of(caller)


def wants_page(request: Request) -> bool:
    """Tell whether a browser asks for a page (and not a script or program for data)."""
    return "text/html" in request.headers.get("accept", "")


def local_path(text: str) -> str:
    """Return a path of this service, or the start page for anything that leads elsewhere.

    Browsers read a backslash as a slash and drop tabs and line ends, so none of them may be in it.
    """
    parts = urlsplit(text)
    hostile = any(character in text for character in "\\\t\r\n") or not text.isprintable()
    if hostile or parts.scheme or parts.netloc or not text.startswith("/") or text.startswith("//"):
        return "/"
    return text


def _back_to_form(then: str, error: GeoServiceError) -> RedirectResponse:
    code = "throttled" if isinstance(error, TooManyAttempts) else "wrong"
    return RedirectResponse(
        f"/sign-in?{urlencode({'error': code, 'next': local_path(then)})}", status_code=303
    )
