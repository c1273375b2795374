"""Questions about the city, a site or a parcel, asked by routes, pages and commands alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd
from sqlalchemy import Connection

from geo_service.availability import city_queries
from geo_service.availability.assembling import Found, Neighbours, Search, find_places, neighbours_of
from geo_service.availability.changes import Changes, parse_changes
from geo_service.availability.city_land import CityLand, city_land, facts_of
from geo_service.availability.joins import JoinRules
from geo_service.availability.service import KINDS
from geo_service.availability.what_if import WhatIf, what_if
from geo_service.errors import BadParameter, InvalidInput, NotFound

CITY: Final = "city"


@dataclass(frozen=True)
class WhatIfQuestion:
    """What is imagined, where and when.

    Parameters
    ----------
    changes
        What is imagined.
    scope
        ``city``, ``parcel:KEY`` or ``site:SLUG``.
    as_of, preset
        As in `service.compute`.
    """

    changes: Changes
    scope: str
    as_of: date
    preset: str = "default"

    @property
    def of_city(self) -> bool:
        """Whether the whole city is asked about."""
        return self.scope == CITY


@dataclass(frozen=True)
class Nearby:
    """What is asked about the land beside a parcel.

    Parameters
    ----------
    as_of, preset
        As in `service.compute`.
    across_m
        Greatest width in metres of a street across which land still lies beside it; 0: never across one.
    """

    as_of: date
    preset: str = "default"
    across_m: float = 0.0


@dataclass(frozen=True)
class AnsweredWhatIf:
    """A what-if and what is known of its parcels.

    Parameters
    ----------
    found
        Before and after.
    facts
        ``district`` and ``is_demo`` of the parcels that change, in their order.
    is_demo
        Whether any parcel of the scope is invented.
    """

    found: WhatIf
    facts: pd.DataFrame
    is_demo: bool


def read_question(
    without: list[str], ending: list[str], scope: str, as_of: date, preset: str
) -> WhatIfQuestion:
    """Read what is imagined.

    Raises
    ------
    InvalidInput
        For a change or a scope that cannot be read, or when nothing is imagined.
    """
    changes = parse_changes(without, ending, KINDS)
    if not changes:
        raise InvalidInput(
            "Say what is imagined away, for example without=restriction:12, without=kind:ordnance_clearance "
            "or ending=occupancy:3@2027-04-01.",
            parameter="without",
        )
    what, _, name = scope.partition(":")
    if scope != CITY and not (what in {"parcel", "site"} and name):
        raise InvalidInput(
            f"{scope[:60]!r} is no scope. Write city, parcel: and a parcel key, or site: and its slug.",
            parameter="scope",
        )
    return WhatIfQuestion(changes, scope, as_of, preset)


def answer_what_if(
    connection: Connection, question: WhatIfQuestion, land_of: Callable[[date, str], CityLand] | None = None
) -> AnsweredWhatIf:
    """Answer a what-if; nothing is written.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen.
    question
        The question.
    land_of
        Returns the land of the city; None: computed.

    Raises
    ------
    NotFound
        When there is no such parcel or site, or the site's place is not known.
    InvalidInput
        When a record named in the changes does not hold there on the day.
    """
    keys = None if question.of_city else keys_of_scope(connection, question.scope, question.as_of)
    if question.of_city and land_of:
        land = land_of(question.as_of, question.preset)
    else:
        land = city_land(connection, question.as_of, question.preset, keys)
    found = what_if(connection, land, question.changes)
    changing = found.parcels["parcel_key"].tolist()
    facts = facts_of(connection, question.as_of, changing).set_index("parcel_key").loc[changing]
    return AnsweredWhatIf(
        found,
        facts[["district", "is_demo"]].reset_index(drop=True),
        land.any_demo(connection),
    )


def keys_of_scope(connection: Connection, scope: str, as_of: date) -> list[str]:
    """Return the keys of the parcels of a scope.

    Raises
    ------
    NotFound
        When there is no such site, its place is not known, or no parcel lies in it.
    """
    what, _, name = scope.partition(":")
    if what == "parcel":
        return [name]
    site = connection.execute(city_queries.site_exists(name)).one_or_none()
    if site is None:
        raise NotFound(f"There is no site {name[:60]!r}.")
    keys = list(connection.execute(city_queries.keys_of_site(name, as_of)).scalars())
    if not keys:
        raise NotFound(f"No parcel of the cadastre of {as_of} lies in the site {site.name}.")
    return keys


def answer_assemblies(connection: Connection, land: CityLand, search: Search, *, public: bool) -> Found:
    """Find parcels that lie together and have enough net land.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen: that of the land.
    land, search, public
        As in `assembling.find_places`.

    Raises
    ------
    BadParameter
        When there is no such district.
    """
    if search.district:
        known = list(connection.execute(city_queries.district_keys()).scalars())
        if search.district not in known:
            raise BadParameter(
                f"There is no district {search.district[:40]!r}. Known: {', '.join(known) or 'none'}.",
                parameter="district",
            )
    streets = land.streets(connection) if search.across_m else None
    return find_places(land.with_facts(connection), search, streets, public=public)


def answer_neighbours(
    connection: Connection, parcel_key: str, question: Nearby, *, public: bool
) -> Neighbours:
    """Find the available land beside a parcel, computed anew.

    Raises
    ------
    NotFound
        When there is no such parcel in the cadastre of the day.
    """
    reach_m = max(JoinRules().touch_m, question.across_m)
    found = connection.execute(city_queries.keys_of_neighbours(parcel_key, question.as_of, reach_m)).scalars()
    keys = [parcel_key, *(key for key in found if key != parcel_key)]
    land = city_land(connection, question.as_of, question.preset, keys)
    streets = land.streets(connection) if question.across_m else None
    return neighbours_of(land.with_facts(connection), parcel_key, question.across_m, streets, public=public)
