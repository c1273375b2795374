"""The hand-written inquiries of invented firms, dated from the reference date."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from data.demo.facts import read_records
from data.demo.provenance import labelled
from geo_service.city import CityProfile


def build_inquiries(city: CityProfile, reference_date: date) -> pd.DataFrame:
    """Return the columns of the table ``inquiries``."""
    facts = read_records(city, "inquiries.toml")["inquiry"]
    rows = [_inquiry(number, inquiry, reference_date) for number, inquiry in enumerate(facts, start=1)]
    return labelled(pd.DataFrame(rows), reference_date)


def _inquiry(number: int, inquiry: dict[str, Any], reference_date: date) -> dict[str, Any]:
    received = reference_date - timedelta(days=inquiry["days"])
    least, most = inquiry["area_m2"]
    return {
        "reference": f"DEMO-{received.year}-{number:03d}",
        "received_on": received,
        "requester": inquiry["requester"],
        "contact": f"anfrage{number:02d}@demo.invalid",
        "subject": inquiry["subject"],
        "use": inquiry["use"],
        "area_min_m2": float(least),
        "area_max_m2": float(most),
        "needed_by": reference_date + timedelta(days=inquiry["needed_in_days"]),
        "transit_grade_min": inquiry.get("grade"),
        "districts": inquiry.get("districts", []),
        "rent_max_eur_month": _euros(inquiry.get("rent_max_eur_month")),
        "price_max_eur_per_m2": _euros(inquiry.get("price_max_eur_per_m2")),
        "status": inquiry["status"],
        "outcome": inquiry.get("outcome", ""),
        "note": "Erfundener Vermerk, nur intern" if number % 4 == 0 else None,
    }


def _euros(amount: int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)
