"""Statement of the list of inquiries."""

from typing import Final

from sqlalchemy import TextClause, select, text

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
