"""Invented winners and premises that fit each other, to be spoilt one fact at a time."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from geo_service.matching.terms import Need, Offer, RoundTerms

NEED = Need(
    winner_id=1,
    name="Demo-Konzept 1",
    use="retail",
    wanted_from=date(2027, 1, 1),
    wanted_months=12,
    area_min_m2=50.0,
    area_max_m2=100.0,
    rent_max_eur_month=Decimal(1000),
    ground_floor_needed=True,
    districts=frozenset({"hoerde"}),
    quarters=frozenset({"kreuzviertel"}),
    features=frozenset({"water", "storage"}),
)
OFFER = Offer(
    premises_id=11,
    label="Demo-Laden 11",
    area_m2=75.0,
    net_rent_eur_month=Decimal(800),
    permitted_uses=frozenset({"retail", "office"}),
    ground_floor=True,
    district="hoerde",
    quarter=None,
    free_from=date(2026, 1, 1),
    vacant_since=date(2025, 1, 1),
    features=frozenset({"water", "storage", "barrier_free"}),
)
TERMS = RoundTerms(as_of=date(2026, 7, 1), budget_eur=Decimal(50_000))


def need(**changes: Any) -> Need:
    return replace(NEED, **changes)


def offer(**changes: Any) -> Offer:
    return replace(OFFER, **changes)
