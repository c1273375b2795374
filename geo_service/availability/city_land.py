"""The land of a whole city on one day: availability of every parcel beside what groups and balances need.

Stored results are read that nothing touched since, and on any other day those where nothing begins or ends in
between (`held`); all else is computed from the register. So it is never stale; `desk` keeps it until the data
change.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Connection

from geo_service.availability import city_queries, service, usability_queries
from geo_service.availability.changes import subset
from geo_service.availability.facts import STREETS, Surroundings, begins_with, main_uses
from geo_service.availability.held import held_figures
from geo_service.availability.inputs import Geometries, Inputs, Options, geometries, in_force
from geo_service.availability.joins import JoinRules, Joins, find_joins
from geo_service.availability.kernel import compute_availability, net_land
from geo_service.availability.queries import ANSWERS, AREAS
from geo_service.availability.stored import WHOLE_CITY_FROM
from geo_service.availability.usability import OFFERED_AREAS, OFFERS, answer_questions, offered_areas
from geo_service.availability.usable import Place, built_by_register, offer_of, surroundings
from geo_service.availability.waterfall import Flags, Indices
from geo_service.db import fetch_rows
from geo_service.garbage import no_garbage_collection

CATEGORY: Final = ("category", "internal_category")
OFFER: Final = (*CATEGORY, "ground", "built", *OFFERS, *OFFERED_AREAS)
"""What a parcel is, whether it is built on by the register, whether it is offered, and how much."""
SOLD: Final = "sold"
JOINS_KEPT: Final = 4


@dataclass(frozen=True)
class CityLand:
    """The land of a city on a day.

    Parameters
    ----------
    options
        What was asked.
    inputs
        What it was computed from, EPSG:25832.
    parcels
        One row per parcel: those of `AvailabilityResult.parcels`, ``parcel_key``, ``sold``, and `OFFER` (its
        category and ground, whether a building of the register stands there, whether it is offered, net
        without slivers and the largest piece of that); with
        facts also ``district_key``, ``district`` (missing: outside of all), ``owner_kind`` (for roles only),
        ``shown`` (the public may see it) and ``is_demo``.
    known_net
        Net geometries, EPSG:25832, in the order of `parcels`; None: not asked for yet, see `net_of`.
    zones
        Building areas of the day's plans: ``zone`` (BauNVO short form) and ``geometry``.
    keys
        Keys of the parcels asked for; None: all.
    known_joins
        Which parcels lie together, by which of them were wanted and the widest street between.
    enriched
        The same land with facts, once they were read.
    known_streets
        Street parcels of the day, EPSG:25832, once they were asked for.
    known_demo
        Whether any parcel is invented, once it was asked for.
    """

    options: Options
    inputs: Inputs
    parcels: pd.DataFrame
    known_net: Geometries
    zones: pd.DataFrame
    keys: tuple[str, ...] | None = None
    known_joins: dict[tuple[bytes, float], Joins] = field(default_factory=dict)
    enriched: "list[CityLand]" = field(default_factory=list)
    known_streets: list[Geometries] = field(default_factory=list)
    known_demo: list[bool] = field(default_factory=list)

    def with_facts(self, connection: Connection) -> "CityLand":
        """Return the land with what the parcels are grouped by, read from the same state of the register."""
        if FACTS[0] in self.parcels:
            return self
        if not self.enriched:
            found = facts_of(connection, self.options.as_of, self.keys)
            parcels = self.parcels.assign(**{name: found[name].to_numpy() for name in FACTS})
            self.enriched.append(replace(self, parcels=parcels, enriched=[]))  # no cycle: freed at once
        return self.enriched[0]

    def streets(self, connection: Connection) -> Geometries:
        """Return the street parcels of the day, read from the same state of the register."""
        if not self.known_streets:
            uses = connection.scalars(usability_queries.uses(self.options.as_of, self.keys))
            street = begins_with(main_uses(np.array([*uses, None], dtype=object)[:-1]), STREETS)
            self.known_streets.append(self.inputs.parcels[street])
        return self.known_streets[0]

    def any_demo(self, connection: Connection) -> bool:
        """Tell whether any parcel is invented, read from the same state of the register."""
        if not self.known_demo:
            statement = city_queries.any_demo(self.options.as_of, self.keys)
            self.known_demo.append(bool(connection.execute(statement).scalar_one()))
        return self.known_demo[0]

    def around(self, connection: Connection, rows: Indices, restrictions: pd.DataFrame) -> Surroundings:
        """Return what is known on and around some parcels of a whole city, to tell what they are.

        Parameters
        ----------
        connection
            Connection whose transaction says what is seen: that of the land.
        rows
            Positions of the parcels.
        restrictions
            Those that lie on the land, columns `inputs.RESTRICTION_COLUMNS`.
        """
        return surroundings(connection, self.place, self.parcels["built"], rows, restrictions)

    def net_of(self, rows: Indices) -> Geometries:
        """Return the net geometries of some parcels, EPSG:25832; computed where nobody asked before."""
        missing = rows[shapely.is_missing(self.known_net[rows])]
        if len(missing):
            self.known_net[missing] = net_land(subset(self.inputs, missing), self.options)
        found: Geometries = self.known_net[rows]
        return found

    def joins_among(self, wanted: Flags, across_m: float = 0.0, streets: Geometries | None = None) -> Joins:
        """Return which of the wanted parcels lie together, by position among them; the last ones are kept.

        Parameters
        ----------
        wanted
            The parcels in question; shape (n,).
        across_m, streets
            Greatest width in metres of a street between them, and the street parcels; 0: never across one.
        """
        key = (wanted.tobytes(), across_m)
        if key not in self.known_joins:
            while len(self.known_joins) >= JOINS_KEPT:
                self.known_joins.pop(next(iter(self.known_joins)), None)
            self.known_joins[key] = find_joins(
                self.net_of(np.flatnonzero(wanted)), JoinRules(across_m=across_m), streets
            )
        return self.known_joins[key]

    @cached_property
    def place(self) -> Place:
        """Where the parcels lie."""
        return Place(self.options, self.inputs, self.parcels["parcel_key"].tolist())

    @cached_property
    def use(self) -> npt.NDArray[np.object_]:
        """BauNVO short form of the plan at a point inside each parcel; None where no plan says so."""
        use: npt.NDArray[np.object_] = np.full(len(self.parcels), None, dtype=object)
        points = shapely.point_on_surface(self.inputs.parcels)
        point, area = shapely.STRtree(geometries(self.zones)).query(points, predicate="intersects")
        order = np.lexsort((-area, point))  # the first area is written last and stays
        use[point[order]] = self.zones["zone"].to_numpy(dtype=object)[area[order]]
        return use

    def visible(self, *, public: bool) -> Flags:
        """Tell which parcels a caller may see."""
        shown = self.parcels["shown"].to_numpy(dtype=bool)
        return shown if public else np.ones(len(shown), dtype=bool)

    def on_offer(self, *, public: bool) -> Flags:
        """Tell which parcels are land on offer, by the category that a caller sees."""
        offered: Flags = self.parcels["offered" if public else "internal_offered"].to_numpy(dtype=bool)
        return offered


def city_land(
    connection: Connection,
    as_of: date,
    preset: str = "default",
    parcel_keys: Collection[str] | None = None,
) -> CityLand:
    """Compute the land of the city, or of some parcels, on a day; nothing is written.

    Parameters
    ----------
    connection
        Connection whose transaction (REPEATABLE READ) says what is seen.
    as_of, preset, parcel_keys
        As in `service.compute`.

    Raises
    ------
    NotFound
        When a parcel asked for is not in the cadastre of the day.
    BadParameter
        For an unknown preset or a day that cannot be asked for.
    """
    options = service.options_of(as_of, preset)
    with no_garbage_collection():
        keys, inputs = service.load(connection, as_of, parcel_keys)
        if parcel_keys is None:
            parcels, net = _with_held(connection, options, inputs, keys)
        else:
            parcels, net = _few(connection, options, inputs, keys)
        zones = _frame(fetch_rows(connection, city_queries.zones(as_of)), ("zone", "geometry"))
    zones["geometry"] = shapely.from_wkb(zones["geometry"].to_numpy(dtype=object))
    occupancies = inputs.occupancies
    sold = occupancies[in_force(occupancies, as_of) & (occupancies["kind"] == SOLD).to_numpy(dtype=bool)]
    held = np.isin(inputs.parcel_ids, sold["parcel_id"].to_numpy(dtype=np.int64))
    wanted = None if parcel_keys is None else tuple(parcel_keys)
    return CityLand(options, inputs, parcels.assign(parcel_key=keys, sold=held), net, zones, wanted)


def _computed(
    connection: Connection, options: Options, inputs: Inputs, parcel_keys: Collection[str] | None
) -> tuple[pd.DataFrame, Geometries]:
    """Compute the figures and the net land of parcels."""
    result = compute_availability(inputs, options)
    answers = offer_of(connection, result, inputs, parcel_keys)
    figures = {name: answers[name].array for name in OFFER}
    return result.parcels.assign(**figures), result.net


def _few(
    connection: Connection, options: Options, inputs: Inputs, keys: list[str]
) -> tuple[pd.DataFrame, Geometries]:
    """Return the figures of some parcels: the stored ones where all of them hold, else computed ones."""
    held = held_figures(connection, options, inputs, keys, whole=False)
    place = pd.Index(held["parcel_id"]).get_indexer(inputs.parcel_ids)
    if (place < 0).any():
        return _computed(connection, options, inputs, keys)
    figures = held.iloc[place].reset_index(drop=True).drop(columns="anew")
    return figures, np.full(len(keys), None, dtype=object)


def _with_held(
    connection: Connection, options: Options, inputs: Inputs, keys: list[str]
) -> tuple[pd.DataFrame, Geometries]:
    """Return the figures of all parcels of a day: stored ones where they hold, computed ones elsewhere."""
    held = held_figures(connection, options, inputs, keys)
    place = pd.Index(held["parcel_id"]).get_indexer(inputs.parcel_ids)
    unknown = np.flatnonzero(place < 0)
    if held.empty or len(unknown) > WHOLE_CITY_FROM * len(keys):
        return _computed(connection, options, inputs, None)
    figures = held.iloc[place].reset_index(drop=True)
    anew = figures.pop("anew").to_numpy(copy=True)
    anew[unknown] = ANSWERS
    here = Place(options, inputs, keys)
    built = figures["built"].array.copy()
    built[unknown] = built_by_register(connection, here, unknown)
    figures["parcel_id"], figures["built"] = inputs.parcel_ids, built
    rows = np.flatnonzero(anew)
    net: Geometries = np.full(len(keys), None, dtype=object)
    if len(rows):
        some = subset(inputs, rows)
        result = compute_availability(some, options)
        net[rows] = result.net
        _put(figures, rows, result.parcels)
        wider, other = (np.flatnonzero(anew[rows] >= level) for level in (AREAS, ANSWERS))
        _put(figures, rows[wider], offered_areas(result.take(wider)))
        if len(other):
            around = surroundings(connection, here, figures["built"], rows[other], inputs.restrictions)
            answers = answer_questions(result.take(other), subset(some, other), around)
            _put(figures, rows[other], answers[[*CATEGORY, "ground", *OFFERS]])
    return figures, net


def _put(figures: pd.DataFrame, rows: Indices, anew: pd.DataFrame) -> None:
    """Write the figures of some parcels in place of others."""
    for name in anew:
        column = figures[name].to_numpy(copy=True)
        column[rows] = anew[name].to_numpy()
        figures[name] = column


def facts_of(connection: Connection, as_of: date, parcel_keys: Collection[str] | None) -> pd.DataFrame:
    """Read what the parcels of a day, or some of them, are grouped by; in the order of their ids."""
    statement = city_queries.facts(as_of, service.today(), parcel_keys)
    with no_garbage_collection():
        return _frame(fetch_rows(connection, statement), ("parcel_key", *FACTS))


FACTS: Final = ("district_key", "district", "owner_kind", "shown", "is_demo")
"""Columns of `city_queries.facts`."""


def _frame(rows: Any, columns: tuple[str, ...]) -> pd.DataFrame:  # noqa: ANN401 - rows
    values = dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else {}
    return pd.DataFrame({name: pd.Series(values.get(name, ()), dtype=object) for name in columns})
