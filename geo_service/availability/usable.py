"""The second stage from the database: how usable land is, what parcels are, what may be built on them.

Computed from the availability of the same parcels, so that the kernel runs once; nothing is written here.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from geo_service.availability import capacity_queries, queries, usability_queries
from geo_service.availability.capacities import AREA_COLUMNS, ParcelCapacities, parcel_capacities, what_stands
from geo_service.availability.capacity import PLAN_AREA_COLUMNS, Capacity, compute_capacity
from geo_service.availability.changes import Changes, changed
from geo_service.availability.facts import ADJOINING_M, LAND_USE_COLUMNS, Surroundings
from geo_service.availability.frontage import STREET_LINE_REACH_M, gives_frontage
from geo_service.availability.inputs import RESTRICTION_COLUMNS, Inputs, Options, geometries, in_force
from geo_service.availability.kernel import AvailabilityResult
from geo_service.availability.service import NOTHING, compute_with, read_frame
from geo_service.availability.usability import SHAPE_FIGURES, answer_questions, assess, offered_areas
from geo_service.availability.waterfall import Indices, pairs_in_tree
from geo_service.db import fetch_rows

FEW: Final = 20_000
"""So many parcels are read apart with what lies around them; of more, everything is read."""
LINE_COLUMNS: Final = ("street_class", "geometry")
NEAR_COLUMNS: Final = ("id", "parcel_key", "actual_use", "geometry")


@dataclass(frozen=True)
class Surveyed:
    """What the register knows on and around some parcels.

    Parameters
    ----------
    around
        For the questions.
    standing
        What stands on the parcels of `around`, as `standing.measure_standing`.
    areas
        Building areas of plans, columns `capacities.AREA_COLUMNS`.
    """

    around: Surroundings
    standing: pd.DataFrame
    areas: pd.DataFrame


@dataclass(frozen=True)
class Place:
    """Where some parcels of a whole city lie.

    Parameters
    ----------
    options, inputs
        What is asked, and all parcels of the day, EPSG:25832.
    keys
        Flurstückskennzeichen of all parcels, in the same order.
    """

    options: Options
    inputs: Inputs
    keys: list[str]

    @cached_property
    def tree(self) -> shapely.STRtree:
        """All parcels by place."""
        return shapely.STRtree(self.inputs.parcels)

    def keys_of(self, rows: Indices) -> list[str] | None:
        """Return the keys of some parcels; None: all are to be read, which takes less time than so many."""
        return None if len(rows) > FEW else [self.keys[row] for row in rows]


@dataclass(frozen=True)
class SecondStage:
    """The answers of the second stage, in the order of the availability.

    Parameters
    ----------
    usability
        As `usability.assess`.
    capacities
        What may be built.
    """

    usability: pd.DataFrame
    capacities: ParcelCapacities


def compute_usable(
    connection: Connection,
    options: Options,
    parcel_keys: Collection[str] | None = None,
    changes: Changes = NOTHING,
) -> tuple[AvailabilityResult, pd.DataFrame]:
    """Compute availability and usability from what the register holds; nothing is written.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen.
    options
        What is asked, and by which rules.
    parcel_keys, changes
        As in `service.compute_with`.

    Returns
    -------
    tuple
        The availability with ``parcel_key`` as by `service.compute`, and a frame as by `usability.assess`.
    """
    result, stage = compute_stages(connection, options, parcel_keys, changes)
    return result, stage.usability


def compute_stages(
    connection: Connection,
    options: Options,
    parcel_keys: Collection[str] | None = None,
    changes: Changes = NOTHING,
) -> tuple[AvailabilityResult, SecondStage]:
    """Compute availability and the whole second stage; parameters as in `compute_usable`."""
    result, inputs = compute_with(connection, options, parcel_keys, changes)
    return result, second_stage(connection, result, inputs, parcel_keys, changes)


def second_stage(
    connection: Connection,
    result: AvailabilityResult,
    inputs: Inputs,
    parcel_keys: Collection[str] | None = None,
    changes: Changes = NOTHING,
) -> SecondStage:
    """Tell how usable the land of a result is, what it is, and what may be built; nothing is written.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen: that of the result.
    result, inputs
        The availability, with ``parcel_key``, and what it was computed from.
    parcel_keys
        Flurstückskennzeichen of its parcels; None: they are all of the day. Stored figures of land that is
        the same are taken over.
    changes
        What is imagined of the inputs: of what lies around them, too.
    """
    surveyed = survey(connection, result.options, inputs, parcel_keys, changes)
    capacity, standing = _capacity(surveyed, inputs, result.options.threads)
    usability = assess(result, inputs, surveyed.around, _kept(connection, inputs, parcel_keys), capacity)
    named = result.parcels[["parcel_id", "parcel_key"]]
    capacities = parcel_capacities(result.options.as_of, named, standing, capacity, surveyed.areas)
    return SecondStage(usability, capacities)


def offer_of(
    connection: Connection,
    result: AvailabilityResult,
    inputs: Inputs,
    parcel_keys: Collection[str] | None = None,
) -> pd.DataFrame:
    """Tell what the parcels of a result are, whether they are on offer, and how much; as `second_stage`.

    Returns
    -------
    pandas.DataFrame
        As `usability.answer_questions`, with ``built`` (a building of the register stands there; missing: not
        known), ``offered_m2`` (net without slivers) and ``piece_m2`` (its largest piece), m2.
    """
    surveyed = survey(connection, result.options, inputs, parcel_keys)
    capacity, standing = _capacity(surveyed, inputs, result.options.threads)
    answers = answer_questions(result, inputs, surveyed.around, capacity)
    return pd.concat([answers, standing["built"], offered_areas(result)], axis=1)


def answers_of(
    connection: Connection,
    result: AvailabilityResult,
    inputs: Inputs,
    parcel_keys: Collection[str],
    changes: Changes,
) -> pd.DataFrame:
    """Tell what some parcels are, as `usability.answer_questions`; parameters as in `second_stage`."""
    surveyed = survey(connection, result.options, inputs, parcel_keys, changes)
    capacity, _ = _capacity(surveyed, inputs, result.options.threads)
    return answer_questions(result, inputs, surveyed.around, capacity)


def _kept(connection: Connection, inputs: Inputs, parcel_keys: Collection[str] | None) -> pd.DataFrame:
    """Read the stored figures of shape of all parcels, or of those of the inputs."""
    ids = None if parcel_keys is None else inputs.parcel_ids.tolist()
    columns = ("parcel_id", "shape_key", *SHAPE_FIGURES)
    return read_frame(connection, usability_queries.kept_figures(ids), columns)


def _capacity(surveyed: Surveyed, inputs: Inputs, threads: int) -> tuple[Capacity, pd.DataFrame]:
    """Return what may be built on the parcels themselves, and what stands there."""
    place = pd.Index(surveyed.around.parcel_ids).get_indexer(inputs.parcel_ids)
    standing = surveyed.standing.iloc[place].reset_index(drop=True)
    areas = surveyed.areas[list(PLAN_AREA_COLUMNS)]
    return compute_capacity(inputs.parcels, areas, standing, threads=threads), standing


def survey(
    connection: Connection,
    options: Options,
    inputs: Inputs,
    parcel_keys: Collection[str] | None,
    changes: Changes = NOTHING,
) -> Surveyed:
    """Read what the register knows on and around some parcels; parameters as in `second_stage`."""
    as_of = options.as_of
    some = None if parcel_keys is None or len(parcel_keys) > FEW else parcel_keys
    near = _near(connection, as_of, inputs, parcel_keys, some)
    asked = None if some is None else near["parcel_key"].tolist()
    standing = what_stands(connection, as_of, near, asked, options.threads)
    areas = read_frame(connection, capacity_queries.plan_areas(as_of, some), AREA_COLUMNS)
    lines = read_frame(connection, usability_queries.street_lines(asked, STREET_LINE_REACH_M), LINE_COLUMNS)
    lying = inputs
    if parcel_keys is not None:
        read = read_frame(connection, queries.restrictions(as_of, asked), RESTRICTION_COLUMNS)
        lying = changed(replace(inputs, restrictions=read), changes)
    around = Surroundings(
        near["id"].to_numpy(dtype=np.int64),
        geometries(near),
        near["actual_use"].to_numpy(dtype=object),
        lying.restrictions[in_force(lying.restrictions, as_of)],
        standing["built"],
        areas[list(PLAN_AREA_COLUMNS)],
        read_frame(connection, usability_queries.land_use(as_of, some), LAND_USE_COLUMNS),
        streets_known=_any_street(connection, as_of),
        street_lines=geometries(lines)[gives_frontage(lines["street_class"].tolist())],
    )
    return Surveyed(around, standing, areas)


def built_by_register(connection: Connection, place: Place, rows: Indices) -> "pd.Series[Any]":
    """Tell of some parcels whether a building of the register stands there; missing: not known."""
    names = [place.keys[row] for row in rows]
    parcels = pd.DataFrame({"parcel_key": names, "geometry": place.inputs.parcels[rows]})
    options = place.options
    return what_stands(connection, options.as_of, parcels, place.keys_of(rows), options.threads)["built"]


def surroundings(
    connection: Connection,
    place: Place,
    built: "pd.Series[Any]",
    rows: Indices,
    restrictions: pd.DataFrame,
) -> Surroundings:
    """Return what is known on and around some parcels of a whole city, to tell what they are.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen: that of the city.
    place
        All parcels.
    built
        Of all, whether a building of the register stands there; missing: not known.
    rows
        Positions of the parcels in question.
    restrictions
        Those that lie on the land, columns `inputs.RESTRICTION_COLUMNS`.
    """
    as_of, shapes, threads = place.options.as_of, place.inputs.parcels, place.options.threads
    near = np.unique(pairs_in_tree(place.tree, shapes[rows], "dwithin", threads, ADJOINING_M)[1])
    keys = place.keys_of(near)
    found = fetch_rows(connection, usability_queries.uses(as_of, keys))
    uses = np.array([*(use for (use,) in found), None], dtype=object)[:-1]
    return Surroundings(
        place.inputs.parcel_ids[near],
        shapes[near],
        uses[near] if keys is None else uses,
        restrictions[in_force(restrictions, as_of)],
        built.iloc[near].reset_index(drop=True),
        read_frame(connection, usability_queries.plan_areas(as_of), PLAN_AREA_COLUMNS),
        read_frame(connection, usability_queries.land_use(as_of), LAND_USE_COLUMNS),
    )


def _any_street(connection: Connection, as_of: date) -> bool:
    """Tell whether the cadastre of a day, or the network of streets, holds any street."""
    if connection.execute(usability_queries.any_street(as_of)).scalar_one():
        return True
    return bool(gives_frontage(connection.scalars(usability_queries.street_classes()).all()).any())


def _near(
    connection: Connection,
    as_of: date,
    inputs: Inputs,
    parcel_keys: Collection[str] | None,
    some: Collection[str] | None,
) -> pd.DataFrame:
    """Return the parcels and at least those that adjoin them: columns `NEAR_COLUMNS`."""
    if some is not None:
        return read_frame(connection, usability_queries.neighbourhood(as_of, some), NEAR_COLUMNS)
    if parcel_keys is not None:
        return read_frame(connection, usability_queries.all_parcels(as_of), NEAR_COLUMNS)
    uses = read_frame(connection, usability_queries.actual_uses(as_of), NEAR_COLUMNS[:-1])
    uses["geometry"] = inputs.parcels
    return uses
