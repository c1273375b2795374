"""The grant of a placement and a round's budget, exact to the cent.

Source: Wirtschaftsförderung Dortmund, half-year report 02/2023: Anstoß pays 12 net cold rents, at most
15,000 EUR, in two parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from geo_service.matching.terms import GrantTerms, refuse_unfit

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Grant:
    """What one winner gets for certain premises.

    Parameters
    ----------
    amount_eur
        min(months * rent, cap), in EUR, exact to the cent.
    months_covered
        min(months, cap / rent), rounded down to two places: never more than the money pays for.
    capped
        Whether the cap bites.
    parts_eur
        The two payments; a cent that cannot be halved goes to the first.
    """

    amount_eur: Decimal
    months_covered: Decimal
    capped: bool
    parts_eur: tuple[Decimal, Decimal]


def grant_for(net_rent_eur_month: Decimal, terms: GrantTerms) -> Grant:
    """Reckon the grant for premises.

    Parameters
    ----------
    net_rent_eur_month
        Net cold rent in EUR per month, rounded half up to the cent before anything else.
    terms
        Months and cap of the contest.

    Raises
    ------
    ValueError
        For a rent that is negative or no number.
    """
    refuse_unfit("net_rent_eur_month", net_rent_eur_month)
    rent = net_rent_eur_month.quantize(CENT, ROUND_HALF_UP)
    full = rent * terms.months
    amount = min(full, terms.cap_eur).quantize(CENT, ROUND_DOWN)
    months = min(Decimal(terms.months), terms.cap_eur / rent) if rent else Decimal(terms.months)
    first = (amount / 2).quantize(CENT, ROUND_HALF_UP)
    return Grant(
        amount_eur=amount,
        months_covered=months.quantize(CENT, ROUND_DOWN),
        capped=full > terms.cap_eur,
        parts_eur=(first, amount - first),
    )


@dataclass(frozen=True, slots=True)
class Budget:
    """A round's grant budget, in EUR.

    Parameters
    ----------
    total_eur, reserved_eur
        The budget and what confirmed placements have reserved.
    proposed_eur
        What the proposal would reserve besides.
    """

    total_eur: Decimal
    reserved_eur: Decimal
    proposed_eur: Decimal

    @property
    def left_eur(self) -> Decimal:
        """What is not reserved yet."""
        return self.total_eur - self.reserved_eur

    @property
    def left_after_eur(self) -> Decimal:
        """What would be left if the whole proposal were confirmed; negative: it exceeds the budget."""
        return self.left_eur - self.proposed_eur

    @property
    def exceeded(self) -> bool:
        """Whether the proposal costs more than is left."""
        return self.left_after_eur < 0


def budget_for(total_eur: Decimal, reserved_eur: Decimal, grants: Iterable[Grant]) -> Budget:
    """Set a proposal's grants against the budget.

    Parameters
    ----------
    total_eur, reserved_eur
        The budget and what is reserved of it, in EUR.
    grants
        Grants of the proposed pairs.
    """
    return Budget(total_eur, reserved_eur, sum((grant.amount_eur for grant in grants), Decimal(0)))
