"""Statement of the list of inquiries."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import TextClause, select, text

from geo_service.inquiries.models import Inquiry
from geo_service.web.queries.parcels import Rows
from geo_service.web.sorting import INQUIRY_SORTS, REVERSED

MOST_ROWS: Final = 200
ORDERS: Final[Mapping[str, Any]] = {
    "open": Inquiry.status != "open",
    "received": Inquiry.received_on,
    "area": Inquiry.area_min_m2,
    "until": Inquiry.needed_by,
}
"""What inquiries are sorted by, rising."""


def inquiry_list(status: str | None, sort: str = INQUIRY_SORTS.usual) -> Rows:
    """List inquiries; of equal ones the latest come first.

    Parameters
    ----------
    status
        Only inquiries that stand so; None: all.
    sort
        One of `sorting.INQUIRY_SORTS`; what is unknown stands last either way.
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
    key = ORDERS[sort.removeprefix(REVERSED)]
    falling = (sort.removeprefix(REVERSED) in INQUIRY_SORTS.falling) != sort.startswith(REVERSED)
    order = key.desc().nulls_last() if falling else key.asc().nulls_last()
    return statement.order_by(order, Inquiry.received_on.desc(), Inquiry.id).limit(MOST_ROWS)


OUTLINES: Final[TextClause] = text("""
    SELECT 'parcel' AS kind, p.parcel_key AS key, ST_AsGeoJSON(ST_Transform(p.geom, 4326), 6) AS shape
      FROM parcels p
     WHERE p.parcel_key = ANY(:parcels) AND p.valid @> current_date
    UNION ALL
    SELECT 'plot', s.slug || '/' || t.slug, ST_AsGeoJSON(ST_Transform(t.geom, 4326), 6)
      FROM plots t
      JOIN sites s ON s.id = t.site_id
     WHERE s.slug || '/' || t.slug = ANY(:plots) AND t.valid @> current_date
""")
"""Outlines of ranked parcels and plots (GeoJSON, WGS 84). Parameters: keys of ``parcels`` and ``plots``."""
