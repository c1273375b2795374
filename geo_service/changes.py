"""Whether anything changed that collections and tiles are made of: one number that triggers count.

What was made under a number is right as long as the number stays: it is read before what is made from it.
Signing in, imports that change nothing and inquiries leave it alone.
"""

from typing import Final

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base

COUNTED_TABLES: Final = (
    "availability",
    "availability_marks",
    "buildings",
    "capacities",
    "development_plans",
    "districts",
    "land_use_areas",
    "parcels",
    "plots",
    "premises",
    "quarters",
    "restrictions",
    "sites",
    "street_networks",
    "transit_access",
    "transit_feeds",
    "transit_reach",
    "transit_reach_runs",
    "transit_runs",
    "transit_stops",
    "usability",
    "vacancies",
)
"""Tables that carry the counting trigger: all that statements of collections and tiles read."""


class DataChange(Base):
    """Changes counted by one writing connection: writers do not wait for each other."""

    __tablename__ = "data_changes"
    __table_args__ = (
        {"comment": "Whether anything changed that collections and tiles are made of: the sum tells"},
    )

    slot: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Of the writing connection"
    )
    changes: Mapped[int] = mapped_column(BigInteger, comment="Grows with every change")
