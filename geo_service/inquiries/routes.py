"""Routes: ranking for anybody, inquiries for investor support."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response, status

from geo_service.auth import InvestorSupport, Public
from geo_service.availability.service import today
from geo_service.db import Reading, Writing
from geo_service.errors import NotFound
from geo_service.inquiries import intake, queries
from geo_service.inquiries.schemas import (
    InquiryAnswer,
    InquiryForm,
    InquiryPage,
    InquiryPatch,
    InquiryQuery,
    RankAnswer,
    RankForm,
)
from geo_service.inquiries.service import form_of, rank_for

router = APIRouter(prefix="/api/inquiries", tags=["inquiries"])

Reference = Annotated[
    str, Path(max_length=100, description="Reference of the inquiry.", examples=["A-2026-00017"])
]
IfMatch = Annotated[str | None, Header(max_length=1000, description="ETag of the inquiry as it was read.")]
Limit = Annotated[int, Query(ge=1, le=100, description="Results at most, fitting and almost fitting each.")]


@router.post("/rank")
async def post_rank(caller: Public, session: Reading, response: Response, form: RankForm) -> RankAnswer:
    """Rank plots, parcels and premises for a requirement, with every reason.

    Nothing is stored. Anybody may ask: without a role only published parcels and published asking rents
    are used, in the results as well as in their order and number.
    """
    response.headers["Cache-Control"] = "no-store"
    return await rank_for(session, form, caller, today())


@router.get("")
async def get_inquiries(
    _caller: InvestorSupport,
    session: Reading,
    request: Request,
    response: Response,
    asked: Annotated[InquiryQuery, Query()],
) -> InquiryPage:
    """List inquiries, newest first."""
    response.headers["Cache-Control"] = "no-store"
    statement = queries.inquiries(asked.status, asked.subject, asked.last_shown, asked.limit)
    found = (await session.execute(statement)).scalars().all()
    shown = found[: asked.limit]
    link = None
    if len(found) > asked.limit:
        last = shown[-1]
        url = request.url.include_query_params(after=f"{last.received_on.isoformat()}_{last.id}")
        link = f"{url.path}?{url.query}"
    return InquiryPage(inquiries=[intake.answer_of(item) for item in shown], next=link)


@router.get("/{reference}")
async def get_inquiry(
    _caller: InvestorSupport, session: Reading, response: Response, reference: Reference
) -> InquiryAnswer:
    """Show one inquiry, with the ETag that a change must name."""
    inquiry = (await session.execute(queries.inquiry(reference))).scalar_one_or_none()
    if inquiry is None:
        raise NotFound(f"There is no inquiry {reference}.")
    return _tagged(intake.answer_of(inquiry), response)


@router.get("/{reference}/ranking")
async def get_ranking(
    caller: InvestorSupport, session: Reading, response: Response, reference: Reference, limit: Limit = 20
) -> RankAnswer:
    """Rank for a stored inquiry."""
    response.headers["Cache-Control"] = "no-store"
    inquiry = (await session.execute(queries.inquiry(reference))).scalar_one_or_none()
    if inquiry is None:
        raise NotFound(f"There is no inquiry {reference}.")
    return await rank_for(session, form_of(inquiry, limit), caller, today())


@router.post("", status_code=status.HTTP_201_CREATED)
async def post_inquiry(
    _caller: InvestorSupport, session: Writing, response: Response, form: InquiryForm
) -> InquiryAnswer:
    """Take an inquiry in."""
    answer = intake.answer_of(await intake.take_in(session, form))
    response.headers["Location"] = f"/api/inquiries/{answer.reference}"
    return _tagged(answer, response)


@router.patch("/{reference}")
async def patch_inquiry(
    _caller: InvestorSupport,
    session: Writing,
    response: Response,
    reference: Reference,
    patch: InquiryPatch,
    if_match: IfMatch = None,
) -> InquiryAnswer:
    """Change an inquiry that nobody else has changed since it was read."""
    inquiry = await intake.change(session, reference, patch, if_match)
    return _tagged(intake.answer_of(inquiry), response)


def _tagged(answer: InquiryAnswer, response: Response) -> InquiryAnswer:
    """Put the entity tag on the response."""
    response.headers["ETag"] = intake.etag_of(answer)
    response.headers["Cache-Control"] = "no-store"
    return answer
