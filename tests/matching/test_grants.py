"""The grant: published terms (12 net cold rents, at most 15,000 EUR), exact to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.matching.grants import budget_for, grant_for
from geo_service.matching.terms import GrantTerms

TERMS = GrantTerms()


@pytest.mark.parametrize(
    ("rent", "amount", "months", "capped"),
    [
        ("500", "6000.00", "12.00", False),
        ("1249.99", "14999.88", "12.00", False),
        ("1250", "15000.00", "12.00", False),
        ("1250.01", "15000.00", "11.99", True),
        ("1300", "15000.00", "11.53", True),
        ("2000", "15000.00", "7.50", True),
        ("15000", "15000.00", "1.00", True),
        ("0", "0.00", "12.00", False),
    ],
)
def test_grant_of_the_published_terms(rent: str, amount: str, months: str, capped: bool) -> None:
    grant = grant_for(Decimal(rent), TERMS)
    assert str(grant.amount_eur) == amount
    assert str(grant.months_covered) == months
    assert grant.capped is capped


def test_an_odd_cent_goes_to_the_first_payment() -> None:
    grant = grant_for(Decimal("0.03"), GrantTerms(months=1))
    assert grant.parts_eur == (Decimal("0.02"), Decimal("0.01"))


def test_a_rent_is_rounded_half_up_to_the_cent_first() -> None:
    assert grant_for(Decimal("100.005"), TERMS).amount_eur == Decimal("1200.12")


@settings(deadline=None)
@given(st.decimals(min_value=0, max_value=100_000, places=2))
def test_the_grant_never_exceeds_cap_rents_or_what_it_claims_to_cover(rent: Decimal) -> None:
    grant = grant_for(rent, TERMS)
    assert grant.amount_eur == min(12 * rent, Decimal(15_000))
    assert sum(grant.parts_eur) == grant.amount_eur
    assert grant.months_covered * rent <= grant.amount_eur
    assert grant.months_covered <= 12
    assert grant.capped == (rent > 1250)


@pytest.mark.parametrize("rent", ["-0.01", "NaN", "Infinity"])
def test_unfit_rents_are_refused(rent: str) -> None:
    with pytest.raises(ValueError, match="net_rent_eur_month"):
        grant_for(Decimal(rent), TERMS)


@pytest.mark.parametrize("terms", [{"months": 0}, {"cap_eur": Decimal(-1)}, {"cap_eur": Decimal("NaN")}])
def test_unfit_terms_are_refused(terms: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(terms))):
        GrantTerms(**terms)  # type: ignore[arg-type]  # months and cap mixed on purpose


def test_budget() -> None:
    grants = [grant_for(Decimal(1000), TERMS), grant_for(Decimal(2000), TERMS)]
    budget = budget_for(Decimal(40_000), Decimal(13_000), grants)
    assert budget.left_eur == 27_000
    assert budget.proposed_eur == 27_000
    assert not budget.exceeded
    over = budget_for(Decimal("39999.99"), Decimal(13_000), grants)
    assert over.exceeded
    assert over.left_after_eur == Decimal("-0.01")


def test_budget_of_nothing() -> None:
    assert budget_for(Decimal(0), Decimal(0), []).exceeded is False
