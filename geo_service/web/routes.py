"""All pages, and errors in words."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from geo_service.errors import Busy
from geo_service.web.assets import mount_static
from geo_service.web.frame import bare_frame
from geo_service.web.pages import (
    contest,
    data,
    dated_map,
    drawn,
    history,
    inquiries,
    land,
    list_files,
    map_files,
    overview,
    parcel,
    picks,
    premises,
    reports,
    restrictions,
    scenarios,
    search,
    sign_in,
    sites,
    sources,
    start,
    texts,
    together,
    transit,
    uploads,
    what_if,
)
from geo_service.web.pages.land import wants_part
from geo_service.web.vocabulary import N_

__all__ = ["data_page", "mount_static", "render_problem", "router"]

router = APIRouter(include_in_schema=False)
data_page = data.page
PAGES = (
    start,
    overview,
    dated_map,
    map_files,
    drawn,
    history,
    list_files,
    land,
    parcel,
    together,
    picks,
    what_if,
    reports,
    restrictions,
    sites,
    sources,
    uploads,
    premises,
    scenarios,
    transit,
    search,
    contest,
    inquiries,
    sign_in,
    texts,
    data,
)
for page in PAGES:
    router.include_router(page.router)

DATA_PATHS: Final = ("/api/", "/ogc", "/static/", "/healthz", "/readyz", "/metrics")
"""Addresses for programs: they answer errors with problem documents."""

EXPLANATIONS: Final[dict[int, tuple[str, str]]] = {
    400: (N_("So geht es nicht"), N_("Die Adresse enthält eine Angabe, die nicht erlaubt ist.")),
    401: (N_("Bitte anmelden"), N_("Diese Seite ist für angemeldete Beschäftigte.")),
    403: (N_("Kein Zugang"), N_("Ihre Rolle darf diese Seite nicht sehen. Fragen Sie die Verwaltung.")),
    404: (
        N_("Nicht gefunden"),
        N_("Diese Seite gibt es nicht, oder der Datensatz ist nicht öffentlich. Suchen Sie oben danach."),
    ),
    405: (N_("So geht es nicht"), N_("Diese Adresse lässt sich so nicht aufrufen.")),
    409: (N_("Widerspruch"), N_("Die Änderung widerspricht dem, was gespeichert ist.")),
    422: (
        N_("Angaben unvollständig oder falsch"),
        N_("Bitte prüfen Sie Ihre Angaben und senden Sie sie erneut."),
    ),
    429: (N_("Zu viele Anfragen"), N_("Bitte warten Sie eine Minute und versuchen Sie es dann noch einmal.")),
    503: (
        N_("Gerade nicht erreichbar"),
        N_("Die Datenbank antwortet nicht. Bitte versuchen Sie es in einigen Minuten noch einmal."),
    ),
}
"""Title and explanation by status."""
BUSY: Final = (
    N_("Gerade zu viel zu rechnen"),
    N_("Andere Fragen werden noch gerechnet. Bitte laden Sie die Seite in einigen Sekunden neu."),
)
"""What is said when others are still computing."""
UNKNOWN: Final = (
    N_("Da ist etwas schiefgegangen"),
    N_("Der Fehler wurde aufgezeichnet. Bitte versuchen Sie es noch einmal."),
)


DATA_PAGES: Final = "/ogc"
"""Addresses for programs that have pages too."""


def _wants_page(request: Request) -> bool:
    """Tell whether a page is asked for: data addresses are those of programs, but where they have pages."""
    by_browser = "text/html" in request.headers.get("accept", "") or wants_part(request)
    if request.url.path.startswith(DATA_PAGES):
        asked = request.query_params.get("f")
        return asked == "html" or (by_browser and asked is None)
    return by_browser and not request.url.path.startswith(DATA_PATHS)


async def render_problem(request: Request, problem: dict[str, Any]) -> Response | None:
    """Make a page of a problem for browsers, or the part to be put into one; None for programs.

    Parameters
    ----------
    request
        The request that failed.
    problem
        Members of the problem document (RFC 9457).
    """
    if not _wants_page(request):
        return None
    status = int(problem["status"])
    frame = await bare_frame(request, ask=status < 500)  # noqa: PLR2004 - at a fault of ours, touch nothing
    busy = str(problem.get("type", "")).endswith(f":{Busy.slug}")
    title, explanation = BUSY if busy else EXPLANATIONS.get(status, UNKNOWN)
    german = frame.language == "de"
    # most details are written in English: on a German page those about data are told to be so
    about_data = request.url.path.startswith(DATA_PAGES)
    known = (not german or about_data) and status < 500  # noqa: PLR2004
    told = problem.get("detail_de") if german else None
    return frame.page(
        "partials/error.html" if wants_part(request) else "error.html",
        http_status=status,
        status=status,
        title=title,
        explanation=explanation,
        told=told,
        detail=problem.get("detail") if known and told is None else None,
        parameter=problem.get("parameter") if german and told is None else None,
        request_id=problem.get("request_id"),
        sign_in=status in {401, 403},
    )
