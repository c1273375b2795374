"""Statement of the list of inquiries."""

from typing import Final

from sqlalchemy import select

from geo_service.inquiries.models import Inquiry
from geo_service.web.queries.parcels import Rows

MOST_ROWS: Final = 200


def inquiry_list(status: str | None) -> Rows:
    """List the latest inquiries, those that wait first.

    Parameters
    ----------
    status
        Only inquiries that stand so; None: all.
    """
    statement = select(
        Inquiry.reference,
        Inquiry.received_on,
        Inquiry.requester,
        Inquiry.subject,
        Inquiry.use,
        Inquiry.area_min_m2,
        Inquiry.area_max_m2,
        Inquiry.needed_by,
        Inquiry.horizon_max,
        Inquiry.status,
        Inquiry.is_demo,
    )
    if status:
        statement = statement.where(Inquiry.status == status)
    return statement.order_by(Inquiry.status != "open", Inquiry.received_on.desc(), Inquiry.id).limit(
        MOST_ROWS
    )
