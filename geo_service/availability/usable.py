"""Usability from the database: computed beside availability, and stored with it."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from geo_service.availability import capacity_queries, queries, usability_queries
from geo_service.availability.capacity import PLAN_AREA_COLUMNS
from geo_service.availability.facts import LAND_USE_COLUMNS, Surroundings
from geo_service.availability.inputs import RESTRICTION_COLUMNS, Geometries, Inputs, Options
from geo_service.availability.kernel import AvailabilityResult, Progress, compute_availability
from geo_service.availability.models import Usability
from geo_service.availability.service import (
    load,
    no_garbage_collection,
    options_of,
    read_frame,
)
from geo_service.availability.standing import BUILDING_COLUMNS, measure_standing
from geo_service.availability.usability import SHAPE_FIGURES, answer_questions, assess
from geo_service.db import Database, copy_frame

ALL_FROM: Final = 0.2
"""Share of parcels to assess from which assessing all costs no more: figures that hold are taken over."""
FEW: Final = 500
"""So many are always assessed apart."""


def compute_usable(
    connection: Connection,
    options: Options,
    parcel_keys: Collection[str] | None = None,
    without: Collection[str] = (),
) -> tuple[AvailabilityResult, pd.DataFrame]:
    """Compute availability and usability from what the register holds; nothing is written.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen.
    options
        What is asked, and by which rules.
    parcel_keys, without
        As in `service.compute`.

    Returns
    -------
    tuple
        The availability with ``parcel_key`` as by `service.compute`, and a frame as by `usability.assess`.
    """
    keys, inputs = load(connection, options.as_of, parcel_keys)
    inputs = inputs.without(frozenset(without))
    result = compute_availability(inputs, options)
    frame = assessed(connection, result, inputs, parcel_keys)
    result.parcels.insert(1, "parcel_key", keys)
    return result, frame


def assessed(
    connection: Connection,
    result: AvailabilityResult,
    inputs: Inputs,
    parcel_keys: Collection[str] | None = None,
) -> pd.DataFrame:
    """Tell how usable the land of a result is, and what it is; nothing is written.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen: that of the result.
    result, inputs
        The availability and what it was computed from.
    parcel_keys
        Flurstückskennzeichen of its parcels; None: it is that of all, and stored figures that still hold are
        taken over.

    Returns
    -------
    pandas.DataFrame
        As `usability.assess`.
    """
    as_of = result.options.as_of
    if parcel_keys is not None:
        return assess(result, inputs, _around_some(connection, as_of, parcel_keys))
    columns = ("parcel_id", "shape_key", *SHAPE_FIGURES)
    kept = read_frame(connection, usability_queries.kept_figures(), columns)
    return assess(result, inputs, _around_all(connection, as_of, inputs), kept)


def answers_of(
    connection: Connection,
    result: AvailabilityResult,
    inputs: Inputs,
    parcel_keys: Collection[str] | None = None,
) -> pd.DataFrame:
    """Tell what the parcels of a result are and whether they are offered; parameters as in `assessed`.

    Returns
    -------
    pandas.DataFrame
        As `usability.answer_questions`.
    """
    as_of = result.options.as_of
    if parcel_keys is not None:
        return answer_questions(result, inputs, _around_some(connection, as_of, parcel_keys))
    return answer_questions(result, inputs, _around_all(connection, as_of, inputs))


def _around_all(connection: Connection, as_of: date, inputs: Inputs) -> Surroundings:
    uses = read_frame(connection, usability_queries.actual_uses(as_of), ("id", "parcel_key", "actual_use"))
    return Surroundings(
        inputs.parcel_ids,
        inputs.parcels,
        uses["actual_use"].to_numpy(dtype=object),
        inputs.restrictions,
        _built(connection, as_of, None, uses["parcel_key"].tolist(), inputs.parcels),
        **_further(connection, as_of, None),
    )


def _around_some(connection: Connection, as_of: date, parcel_keys: Collection[str]) -> Surroundings:
    columns = ("id", "parcel_key", "actual_use", "geometry")
    near = read_frame(connection, usability_queries.neighbourhood(as_of, parcel_keys), columns)
    keys, shapes = near["parcel_key"].tolist(), np.asarray(near["geometry"], dtype=object)
    restrictions = queries.restrictions(as_of, keys)
    return Surroundings(
        near["id"].to_numpy(dtype=np.int64),
        shapes,
        near["actual_use"].to_numpy(dtype=object),
        read_frame(connection, restrictions, RESTRICTION_COLUMNS),
        _built(connection, as_of, keys, keys, shapes),
        **_further(connection, as_of, parcel_keys),
    )


def _built(
    connection: Connection, as_of: date, asked: list[str] | None, keys: list[str], shapes: Geometries
) -> "pd.Series[Any]":
    """Tell of parcels whether a building stands there, by the register of buildings; missing: not known."""
    buildings = read_frame(connection, capacity_queries.buildings(as_of, asked), BUILDING_COLUMNS)
    known = set(connection.scalars(capacity_queries.surveyed_gemarkungen(as_of, asked)))
    surveyed = np.array([key[:6] in known for key in keys], dtype=bool)
    return measure_standing(shapes, buildings, surveyed)["built"]


def _further(connection: Connection, as_of: date, parcel_keys: Collection[str] | None) -> dict[str, Any]:
    areas = usability_queries.plan_areas(as_of, parcel_keys)
    return {
        "plan_areas": read_frame(connection, areas, PLAN_AREA_COLUMNS),
        "land_use": read_frame(connection, usability_queries.land_use(as_of, parcel_keys), LAND_USE_COLUMNS),
        "streets_known": bool(connection.execute(usability_queries.any_street(as_of)).scalar_one()),
    }


def refresh_usability(database: Database, progress: Progress, actor: str = "availability") -> int:
    """Bring the stored usability up to the stored availability, for the same day; return how many parcels.

    Only parcels whose availability was computed since, and those that adjoin them, are assessed. Usability
    that belongs to another computation is never shown, so that readers see none rather than an old one.

    Parameters
    ----------
    database
        The database.
    progress
        Told what is being done.
    actor
        Who does it.
    """
    with no_garbage_collection(), database.begin(actor, one_snapshot=True) as connection:
        return assess_stored(connection, progress)


def assess_stored(connection: Connection, progress: Progress) -> int:
    """Bring the stored usability up to the stored availability, within a transaction of one snapshot.

    Parameters
    ----------
    connection
        Connection of the transaction, that of the refresh of the availability: readers get both or neither.
    progress
        Told what is being done.

    Returns
    -------
    int
        Parcels assessed.
    """
    progress("Looking for land to assess", 0.0)
    stored = pd.DataFrame(connection.execute(usability_queries.stored_moments()).mappings().all())
    if stored.empty or stored["assessed"].all():
        return 0
    keys = _keys_to_assess(connection, stored)
    progress(f"Assessing {len(stored if keys is None else keys):,} parcels", 0.1)
    options = options_of(stored["as_of"].iloc[0], stored["preset"].iloc[0])
    _, frame = compute_usable(connection, options, keys)
    moments = stored.set_index("parcel_id")["computed_at"].astype(object)
    frame = frame[frame["parcel_id"].isin(moments.index)]
    if keys is not None:
        frame = frame.assign(shape_key=None)  # of some parcels not all streets are seen
    progress(f"Writing {len(frame):,} parcels", 0.8)
    connection.execute(usability_queries.lock_usability())
    ids = None if keys is None else frame["parcel_id"].tolist()
    connection.execute(usability_queries.delete_usability(ids))
    rows = frame.assign(computed_at=moments.reindex(frame["parcel_id"]).to_numpy())
    copy_frame(connection, Usability.metadata.tables[Usability.__tablename__], rows)
    progress("Done", 1.0)
    return len(frame)


def _keys_to_assess(connection: Connection, stored: pd.DataFrame) -> list[str] | None:
    """Return the parcels that must be assessed, with those that adjoin them; None: all."""
    waiting = stored[~stored["assessed"].to_numpy(dtype=bool)]
    if len(waiting) > max(ALL_FROM * len(stored), FEW):
        return None
    near = usability_queries.neighbourhood(waiting["as_of"].iloc[0], waiting["parcel_key"].tolist())
    return sorted(row.parcel_key for row in connection.execute(near))
