"""The error tree and how an error reaches the caller: RFC 9457 ``application/problem+json``.

Pages show the same errors in words: the web slice registers a renderer for requests that ask for HTML.
"""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, ClassVar, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.exceptions import HTTPException

from geo_service.wording import Sentence

logger = logging.getLogger(__name__)

ProblemRenderer = Callable[[Request, dict[str, Any]], Awaitable[Response | None]]
"""Turns a problem into a page for a request that wants one; None: answer with JSON."""


class GeoServiceError(Exception):
    """Root of all errors that the service explains to its caller.

    Parameters
    ----------
    detail
        What happened, where, and what to do, in a sentence or two: in English, or in both languages.
    **extra
        Further members of the problem document, such as ``parameter`` or ``errors``; ``detail_de``: the
        detail in German.
    """

    status: ClassVar[int] = HTTPStatus.INTERNAL_SERVER_ERROR
    title: ClassVar[str] = "Something went wrong"
    slug: ClassVar[str] = "error"

    def __init__(self, detail: str | Sentence, **extra: Any) -> None:
        in_both = {"detail_de": detail.de} if isinstance(detail, Sentence) else {}
        self.detail = detail.en if isinstance(detail, Sentence) else detail
        self.extra = {**in_both, **extra}
        super().__init__(self.detail)

    @property
    def words(self) -> Sentence:
        """What happened, in both languages; in English twice where it is not written in German."""
        return Sentence(self.extra.get("detail_de", self.detail), self.detail)

    def problem(self) -> dict[str, Any]:
        """Return the members of the problem document (RFC 9457, section 3)."""
        return {
            "type": f"urn:geo-service:problem:{self.slug}",
            "title": self.title,
            "status": int(self.status),
            "detail": self.detail,
            **self.extra,
        }


class NotFound(GeoServiceError):
    """The thing asked for does not exist, or not for this caller."""

    status, title, slug = HTTPStatus.NOT_FOUND, "Not found", "not-found"


class InvalidInput(GeoServiceError):
    """The request or the file cannot be understood as it is."""

    status, title, slug = HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid input", "invalid-input"


class BadParameter(InvalidInput):
    """A query parameter has a value that is not allowed (OGC API asks for status 400)."""

    status, title, slug = HTTPStatus.BAD_REQUEST, "Invalid parameter", "bad-parameter"


class ImportRejected(InvalidInput):
    """An import was refused as a whole; nothing was written."""

    title, slug = "Import refused", "import-rejected"


class TooLarge(GeoServiceError):
    """The request's body is larger than any form or query of this service."""

    status, title, slug = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too large", "too-large"


class NotReady(GeoServiceError):
    """The service cannot do its work at the moment."""

    status, title, slug = HTTPStatus.SERVICE_UNAVAILABLE, "Not ready", "not-ready"


class Busy(GeoServiceError):
    """Too much is being computed at the moment; ``retry_after_s`` says when to ask again."""

    status, title, slug = HTTPStatus.SERVICE_UNAVAILABLE, "Busy", "busy"


class Conflict(GeoServiceError):
    """The change contradicts what is stored."""

    status, title, slug = HTTPStatus.CONFLICT, "Conflict", "conflict"


class PreconditionFailed(GeoServiceError):
    """Someone else changed the record since it was read."""

    status, title, slug = HTTPStatus.PRECONDITION_FAILED, "Changed meanwhile", "precondition-failed"


class PreconditionRequired(GeoServiceError):
    """A change must name the state it builds on (``If-Match``)."""

    status, title, slug = HTTPStatus.PRECONDITION_REQUIRED, "If-Match is missing", "precondition-required"


class Unauthenticated(GeoServiceError):
    """Nobody is signed in, or the sign-in is not valid."""

    status, title, slug = HTTPStatus.UNAUTHORIZED, "Sign in first", "unauthenticated"


class Forbidden(GeoServiceError):
    """The caller is known but lacks the role."""

    status, title, slug = HTTPStatus.FORBIDDEN, "Not allowed", "forbidden"


class DatabaseUnavailable(GeoServiceError):
    """The database cannot be reached."""

    status, title, slug = HTTPStatus.SERVICE_UNAVAILABLE, "Database not reachable", "database-unavailable"


MOST_ERRORS = 50
"""Faults of one request that are told; more help nobody."""
CONSTRAINT_MESSAGES: dict[str, Sentence] = {
    "excl_occupancies_reserved": Sentence(
        "Das Flurstück ist für einen Teil dieser Zeit schon reserviert.",
        "The parcel is already reserved for part of this span.",
    ),
    "excl_vacancies_premises_during": Sentence(
        "Das Ladenlokal steht in dieser Zeit schon als leer im Register.",
        "The premises already have a vacancy in this span.",
    ),
    "uq_parcels_parcel_key": Sentence(
        "Ein Flurstück mit diesem Kennzeichen gibt es schon.", "A parcel with this key exists already."
    ),
    "uq_sites_slug": Sentence(
        "Einen Standort mit diesem Kurznamen gibt es schon.", "A site with this slug exists already."
    ),
    "uq_transit_scenarios_key": Sentence(
        "Ein Szenario mit diesem Schlüssel gibt es schon.", "A scenario with this key exists already."
    ),
    "uq_users_name": Sentence("Diesen Benutzernamen gibt es schon.", "A user with this name exists already."),
    "uq_premises_premises_key": Sentence(
        "Ein Ladenlokal mit diesem Kennzeichen gibt es schon.", "Premises with this key exist already."
    ),
    "uq_placements_winner": Sentence(
        "Diese Preisträgerin oder dieser Preisträger ist schon vermittelt.",
        "This winner has been placed already.",
    ),
    "excl_placements_premises_during": Sentence(
        "Das Ladenlokal ist in dieser Zeit schon anders vermietet.",
        "The premises are already let to someone else in this span.",
    ),
    "uq_match_decisions_pair": Sentence(
        "Jemand anders hat gerade über dieses Paar entschieden.",
        "Someone else has just decided about this pair.",
    ),
    "uq_match_decisions_winner_fixed": Sentence(
        "Schon einem anderen Ladenlokal fest zugeordnet.", "The winner is fixed to other premises already."
    ),
    "uq_match_decisions_premises_fixed": Sentence(
        "Das Ladenlokal ist schon anders fest zugeordnet.",
        "The premises are fixed for another winner already.",
    ),
}
"""What a violated constraint means, by constraint name."""


def from_integrity_error(error: IntegrityError) -> GeoServiceError:
    """Explain a violated database constraint by its name (psycopg ``diag.constraint_name``)."""
    diagnosis = getattr(error.orig, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    known = CONSTRAINT_MESSAGES.get(name)
    if known:
        return Conflict(known, constraint=name)
    logger.warning("unmapped constraint %s: %s", name, getattr(diagnosis, "message_primary", ""))
    unknown = Sentence(
        "Die Änderung widerspricht einer Regel des Registers.",
        "The change contradicts a rule of the register.",
    )
    return Conflict(unknown, constraint=name)


def problem_response(problem: dict[str, Any], headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer with a problem document."""
    return JSONResponse(
        problem, status_code=problem["status"], headers=headers, media_type="application/problem+json"
    )


def install_handlers(app: FastAPI, render: ProblemRenderer | None = None) -> None:
    """Register the handlers of all error kinds on the application.

    Parameters
    ----------
    app
        The application.
    render
        Makes a page of a problem for requests that ask for HTML.
    """

    async def answer(
        request: Request, problem: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Response:
        request_id = getattr(request.state, "request_id", None)
        if request_id:
            problem["request_id"] = request_id
        page = await render(request, problem) if render else None
        if page is None:
            return problem_response(problem, headers)
        page.headers.update(headers or {})
        return page

    async def known(request: Request, error: Exception) -> Response:
        problem = error.problem() if isinstance(error, GeoServiceError) else {}
        return await answer(request, problem, _headers_of(error))

    async def validation(request: Request, error: Exception) -> Response:
        details = error.errors() if isinstance(error, RequestValidationError) else []
        return await answer(request, validation_problem(details))

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else None
        detail = str(getattr(error, "detail", ""))
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": f"{detail}: {request.url.path}",
        }
        return await answer(request, problem, headers)

    async def integrity(request: Request, error: Exception) -> Response:
        explained = from_integrity_error(error) if isinstance(error, IntegrityError) else Conflict("Conflict")
        return await answer(request, explained.problem())

    async def operational(request: Request, error: Exception) -> Response:
        logger.error("database not reachable: %s", error, extra={"path": request.url.path})
        explained = DatabaseUnavailable("The database does not answer at the moment. Please try again soon.")
        return await answer(request, explained.problem())

    async def unknown(request: Request, error: Exception) -> Response:
        logger.error("unhandled error on %s", request.url.path, exc_info=error)
        hidden = GeoServiceError("An unexpected error occurred. It was logged under the request id.")
        return await answer(request, hidden.problem())

    app.add_exception_handler(GeoServiceError, known)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(IntegrityError, integrity)
    app.add_exception_handler(OperationalError, operational)
    app.add_exception_handler(Exception, unknown)


def _headers_of(error: Exception) -> dict[str, str] | None:
    """Return the headers that belong to an error."""
    if isinstance(error, Busy):
        return {"Retry-After": str(error.extra["retry_after_s"])}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else None


WHOLE_BODY: Final = frozenset({"json_invalid", "model_attributes_type", "dict_type", "missing_body"})
"""Kinds of pydantic's errors that are about the body, not a field of it."""
MESSAGES: Final = {
    "extra_forbidden": "There is no such field; /api/docs lists those that there are.",
    "json_invalid": "The body is no JSON.",
    "model_attributes_type": "Send a JSON object, with the header Content-Type: application/json.",
    "missing": "This is needed.",
    "dict_type": "Send a JSON object.",
    "list_type": "Send a list.",
    "too_long": "Send at most {max_length} values.",
    "too_short": "Send at least {min_length} values.",
    "string_type": "Send a text.",
    "string_too_long": "Send at most {max_length} characters.",
    "string_too_short": "Send at least {min_length} characters.",
    "string_pattern_mismatch": "The text does not have the form {pattern}.",
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "Send a whole number."
    ),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "Send a number."),
    **dict.fromkeys(("bool_type", "bool_parsing"), "Send true or false."),
    "greater_than": "Send a number greater than {gt}.",
    "greater_than_equal": "Send a number from {ge} on.",
    "less_than": "Send a number less than {lt}.",
    "less_than_equal": "Send a number up to {le}.",
    **dict.fromkeys(("literal_error", "enum"), "Known: {expected}."),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        "Send a day, such as 2026-03-01.",
    ),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "timezone_aware"),
        "Send a moment, such as 2026-03-01T12:00:00Z.",
    ),
    "value_error": "{error}",
}
"""Kinds of pydantic's errors in words that say how to mend it; in braces what pydantic tells of them."""


def validation_problem(details: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's own structure
    """Turn pydantic's error list into a problem with one entry per field.

    Body fields are named by JSON pointer (RFC 6901), parameters by their name.
    """
    errors = []
    for detail in details[:MOST_ERRORS]:
        where, *path = detail["loc"]
        said = MESSAGES.get(detail["type"])
        entry = {"message": detail["msg"] if said is None else said.format_map(detail.get("ctx") or {})}
        if where == "body":
            entry["pointer"] = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
            if detail["type"] in WHOLE_BODY:
                entry["pointer"] = ""
        else:
            entry["parameter"] = ".".join(str(part) for part in path)
        errors.append(entry)
    fields = ", ".join(entry.get("parameter") or entry.get("pointer") or "the body" for entry in errors)
    why = f" {errors[0]['message']}" if errors else ""
    return InvalidInput(f"Please check: {fields}.{why}", errors=errors).problem()
