"""The register of inquiries: taking one in, changing it without overwriting someone else's change."""

import hashlib
from typing import Any

from pydantic import ValidationError

from geo_service.db import WriteSession
from geo_service.errors import InvalidInput, NotFound, PreconditionFailed, PreconditionRequired
from geo_service.inquiries import queries
from geo_service.inquiries.models import Inquiry
from geo_service.inquiries.schemas import InquiryAnswer, InquiryForm, InquiryPatch

EDITABLE = frozenset(InquiryForm.model_fields)
"""Fields that a form sets."""


def answer_of(inquiry: Inquiry) -> InquiryAnswer:
    """Answer an inquiry as stored."""
    return InquiryAnswer(**{name: getattr(inquiry, name) for name in InquiryAnswer.model_fields})


def etag_of(answer: InquiryAnswer) -> str:
    """Return the entity tag of an inquiry: it changes whenever anything that is answered changes."""
    return f'"{hashlib.sha256(answer.model_dump_json().encode()).hexdigest()[:32]}"'


async def take_in(session: WriteSession, form: InquiryForm) -> Inquiry:
    """Store a new inquiry under a reference of its own.

    Raises
    ------
    InvalidInput
        When a district does not exist.
    """
    await _require_places(session, form)
    number = (await session.execute(queries.next_id())).scalar_one()
    inquiry = Inquiry(
        id=number,
        reference=f"A-{form.received_on.year}-{number:05d}",
        source="investor support",
        is_demo=False,
        **_columns(form),
    )
    session.add(inquiry)
    await session.flush()
    await session.refresh(inquiry)
    return inquiry


async def change(session: WriteSession, reference: str, patch: InquiryPatch, if_match: str | None) -> Inquiry:
    """Change an inquiry, if it still is what the caller has seen.

    Parameters
    ----------
    session
        Write session.
    reference
        Reference of the inquiry.
    patch
        What changes: only fields that were given.
    if_match
        Header ``If-Match``: entity tags of which one must be current, or ``*``.

    Raises
    ------
    NotFound
        When there is no such inquiry.
    PreconditionRequired, PreconditionFailed
        When the header is missing, or someone else was faster.
    InvalidInput
        When the result would not be a sound inquiry.
    """
    if if_match is None:
        raise PreconditionRequired("Send the ETag that you read as If-Match, so that no change gets lost.")
    inquiry = (await session.execute(queries.inquiry(reference, for_update=True))).scalar_one_or_none()
    if inquiry is None:
        raise NotFound(f"There is no inquiry {reference}.")
    current = answer_of(inquiry)
    if not matches(etag_of(current), if_match):
        raise PreconditionFailed(
            "Someone else has changed the inquiry. Read it again and repeat your change."
        )
    form = _merged(inquiry, patch)
    await _require_places(session, form)
    for name, value in _columns(form).items():
        setattr(inquiry, name, value)
    await session.flush()
    await session.refresh(inquiry)
    return inquiry


def matches(etag: str, header: str) -> bool:
    """Tell whether a list of entity tags holds this one; weak tags never match (RFC 9110, 13.1.1)."""
    return any(tag.strip() in {"*", etag} for tag in header.split(","))


def _merged(inquiry: Inquiry, patch: InquiryPatch) -> InquiryForm:
    """Return the inquiry after a change, checked as a whole."""
    given = patch.model_dump(exclude_unset=True)
    stored = {name: getattr(inquiry, name) for name in EDITABLE}
    try:
        return InquiryForm.model_validate({**stored, **given})
    except ValidationError as error:
        problems = [
            {"pointer": "".join(f"/{part}" for part in item["loc"]), "message": item["msg"]}
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise InvalidInput("The inquiry would not be sound after this change.", errors=problems) from error


async def _require_places(session: WriteSession, form: InquiryForm) -> None:
    known = {row.key for row in (await session.execute(queries.places())).all()}
    problems = [
        {"pointer": f"/districts/{index}", "message": "unknown key"}
        for index, key in enumerate(form.districts)
        if key not in known
    ]
    if problems:
        raise InvalidInput("There is no such district or quarter.", errors=problems)


def _columns(form: InquiryForm) -> dict[str, Any]:
    """Return the columns of a form; vocabulary words as text."""
    values = form.model_dump()
    return {**values, "subject": form.subject.value, "status": form.status.value}
