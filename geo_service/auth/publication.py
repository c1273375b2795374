"""Which records the public may see at all.

Source: §200(3) BauGB: a register of building land may be published unless the owner has objected, and not
earlier than one month after the intention was announced. Reasons in ``docs/decisions``.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, cast, func, or_
from sqlalchemy.sql.elements import SQLCoreOperations

from geo_service.auth.caller import Caller
from geo_service.auth.fields import ADVISERS

PUBLIC_VACANCY_STATUS = ("vacant", "temporary_use")
"""A threatened vacancy tells about a tenant who is still there: for the agency only."""
HIDDEN_RESTRICTION_KINDS = ("owner_unwilling",)
"""What an owner wants is personal: for the agency only."""
HIDDEN_REASONS = frozenset(
    {*HIDDEN_RESTRICTION_KINDS, "reserved", "sold", "ground_lease", "leased", "company_reserve"}
)
"""Kinds of blocking reason that the public sees as one: alone, a hidden one would be known by its gap."""
NOT_ON_OFFER = "not_on_offer"
"""The neutral kind that stands for each of them."""
LATEST = "9999-99-99"
"""Sorts after every day as YYYY-MM-DD: an end that is not known."""


def public_reason(link: dict[str, Any]) -> dict[str, Any]:
    """Return a link of a blocking chain as the public may see it: the dates stay, who and why go.

    Whether land is sold, leased, kept as a reserve or its owner does not sell reads the same.
    """
    if link.get("kind") not in HIDDEN_REASONS:
        return link
    neutral = {"what": "occupancy", "id": None, "kind": NOT_ON_OFFER, "title": "", "office": "", "source": ""}
    return {**link, **neutral}


def public_chain(chain: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a blocking chain as the public may see it, in an order that does not tell what was hidden.

    Parameters
    ----------
    chain
        Links, the one that holds longest first; ``free_from`` as YYYY-MM-DD, None: not known.

    Returns
    -------
    list of dict
        `public_reason` of each link. Those that end on the same day stand in the order of what is shown of
        them, numbered anew; ``unblocks_to`` is the same for all of these.
    """
    links = sorted((public_reason(link) for link in chain), key=_shown)
    links.sort(key=lambda link: link.get("free_from") or LATEST, reverse=True)
    return [{**link, "order": place} for place, link in enumerate(links, start=1)]


def _shown(link: dict[str, Any]) -> tuple[str, str, int]:
    return link.get("what", ""), link.get("kind", ""), link.get("id") or 0


def public_items(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps of a waterfall as the public may see them: the areas stay, a hidden kind goes.

    The register takes no restriction of a hidden kind that deducts or reduces; a result that was stored
    before it refused them may still hold one.
    """
    neutral = {"restriction_id": None, "kind": NOT_ON_OFFER, "title": "", "office": "", "source": ""}
    return [{**item, **neutral} if item.get("kind") in HIDDEN_REASONS else item for item in items]


def sees_unpublished(caller: Caller) -> bool:
    """Tell whether the caller may see records that are not published."""
    return caller.may(ADVISERS)


def published(
    objection: SQLCoreOperations[bool], announced_on: SQLCoreOperations[Any], on: SQLCoreOperations[date]
) -> ColumnElement[bool]:
    """Return the condition under which a parcel may be shown to the public.

    Parameters
    ----------
    objection
        Column: the owner objected to publication.
    announced_on
        Column: day on which the intention to publish this parcel was announced; NULL: covered by the general
        announcement of the municipality.
    on
        The day in question.
    """
    earliest = cast(announced_on + func.make_interval(0, 1), Date)
    return and_(~objection, or_(announced_on.is_(None), earliest <= on))


def published_vacancy(status: SQLCoreOperations[str]) -> ColumnElement[bool]:
    """Return the condition under which the public may see a vacancy."""
    return or_(*(status == word for word in PUBLIC_VACANCY_STATUS))


def published_restriction(kind: SQLCoreOperations[str]) -> ColumnElement[bool]:
    """Return the condition under which the public may see a restriction."""
    return and_(*(kind != word for word in HIDDEN_RESTRICTION_KINDS))
