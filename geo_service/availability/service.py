"""Availability from the database, computed for some or all parcels; `stored` keeps the results."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, Executable

from geo_service.availability import queries
from geo_service.availability.changes import Changes, changed, parse_changes, require_known
from geo_service.availability.inputs import (
    OCCUPANCY_COLUMNS,
    PLAN_COLUMNS,
    RESTRICTION_COLUMNS,
    Inputs,
    Options,
    geometries,
)
from geo_service.availability.kernel import AvailabilityResult, Progress, compute_availability, silent
from geo_service.availability.presets import deduction_order, horizon_preset
from geo_service.city import load_city
from geo_service.db import fetch_rows
from geo_service.errors import BadParameter, NotFound
from geo_service.garbage import no_garbage_collection
from geo_service.parcels.models import OccupancyKind
from geo_service.restrictions.models import RestrictionKind
from geo_service.settings import get_settings

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
"""Days that can be asked for: beyond them a typing error is likelier than a question."""
KINDS: Final = (*(kind.value for kind in RestrictionKind), *(kind.value for kind in OccupancyKind))
"""Kinds of restriction and occupancy that can be imagined away as a whole."""
NOTHING: Final = Changes()
"""Nothing is imagined."""


def today() -> date:
    """Return the present day where the city is."""
    return load_city(get_settings().city).today()


def compute(
    connection: Connection,
    as_of: date,
    preset: str = "default",
    parcel_keys: Collection[str] | None = None,
    without: Collection[str] = (),
    order: Sequence[str] | None = None,
) -> AvailabilityResult:
    """Compute availability from what the register holds; nothing is written.

    Parameters
    ----------
    connection
        Connection whose transaction says what is seen.
    as_of
        Asked day.
    preset
        Key of the horizon preset, or of thresholds of one's own (`presets.preset_key`).
    parcel_keys
        Flurstückskennzeichen of the parcels asked for; None: all.
    without
        Blockers that are imagined away, as ``restriction:12``, ``occupancy:3``, ``plan:4`` or ``kind:sold``.
    order
        Kinds of restriction that are deducted first, in this order; None: as the settings say.

    Returns
    -------
    AvailabilityResult
        ``parcel_id`` is the register's id; ``parcels`` has ``parcel_key`` besides, ordered by id.

    Raises
    ------
    NotFound
        When a parcel asked for is not in the cadastre of the day.
    BadParameter
        For an unknown preset, an unknown kind in the order, or a day before 1900 or after 2200.
    InvalidInput
        When a reference in `without` names no blocker or one that does not hold there, or a record cannot be
        computed.
    """
    with no_garbage_collection():
        changes = parse_changes(list(without), (), KINDS)
        return compute_with(connection, options_of(as_of, preset, order), parcel_keys, changes)[0]


def compute_with(
    connection: Connection,
    options: Options,
    parcel_keys: Collection[str] | None = None,
    changes: Changes = NOTHING,
    tell: Progress = silent,
) -> tuple[AvailabilityResult, Inputs]:
    """Compute availability by given rules; as `compute`, with all that can be imagined.

    Parameters
    ----------
    connection, options, parcel_keys
        As in `compute`.
    changes
        What is imagined.
    tell
        Told what is being done.

    Returns
    -------
    tuple
        The result of `compute`, and what it was computed from.
    """
    keys, inputs = load(connection, options.as_of, parcel_keys, lambda what: tell(what, 0.0))
    if changes:
        require_known(inputs, changes, options)
        inputs = changed(inputs, changes)
    result = compute_availability(inputs, options, lambda what, share: tell(what, 0.2 + 0.8 * share))
    result.parcels.insert(1, "parcel_key", keys)
    return result, inputs


def options_of(as_of: date, preset: str = "default", order: Sequence[str] | None = None) -> Options:
    """Return what is asked and by which rules: those named, and else those of the settings.

    Parameters
    ----------
    as_of, preset, order
        As in `compute`.
    """
    settings = get_settings()
    kinds = deduction_order(
        kinds_of(settings.deduction_order) if order is None else order, list(RestrictionKind)
    )
    return Options(
        askable(as_of),
        horizon_preset(preset),
        kinds,
        known_on=today(),
        sliver_width_m=settings.sliver_width_m,
    )


def kinds_of(text: str) -> list[str]:
    """Return the kinds of a text in which commas join them."""
    return [kind.strip() for kind in text.split(",") if kind.strip()]


def load(
    connection: Connection,
    as_of: date,
    parcel_keys: Collection[str] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[list[str], Inputs]:
    """Read what the kernel computes from, as of a day; `tell` is told what is being read.

    Returns
    -------
    tuple
        Parcel keys and the kernel's inputs, in the same order of parcels.

    Raises
    ------
    NotFound
        When a parcel asked for is not in the cadastre of the day.
    """
    tell("Reading parcels")
    parcels = load_parcels(connection, queries.parcels(as_of, parcel_keys))
    if parcel_keys is not None:
        _require_all(parcels["parcel_key"], parcel_keys, as_of)
    tell(f"Reading what lies on {len(parcels):,} parcels")
    land = load_land(connection, as_of, parcel_keys)
    inputs = replace(land, parcel_ids=parcels["id"].to_numpy(dtype=np.int64), parcels=geometries(parcels))
    return parcels["parcel_key"].tolist(), inputs


def load_parcels(connection: Connection, statement: Executable) -> pd.DataFrame:
    """Read parcels by a statement like `queries.parcels`: id, parcel_key, geometry (EPSG:25832)."""
    return read_frame(connection, statement, ("id", "parcel_key", "geometry"))


def load_land(connection: Connection, as_of: date, parcel_keys: Collection[str] | None = None) -> Inputs:
    """Read what lies on all parcels, or on the named ones, without the parcels themselves."""
    return Inputs(
        np.empty(0, dtype=np.int64),
        np.empty(0, dtype=object),
        read_frame(connection, queries.restrictions(as_of, parcel_keys), RESTRICTION_COLUMNS),
        read_frame(connection, queries.occupancies(as_of, parcel_keys), OCCUPANCY_COLUMNS),
        read_frame(connection, queries.plans(as_of, parcel_keys), PLAN_COLUMNS),
    )


def read_frame(connection: Connection, statement: Executable, columns: tuple[str, ...]) -> pd.DataFrame:
    """Run a statement into a frame of plain objects; WKB of EPSG:25832 becomes geometry."""
    rows = fetch_rows(connection, statement)
    values = dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else {}
    frame = pd.DataFrame({name: pd.Series(values.get(name, ()), dtype=object) for name in columns})
    if "geometry" in frame:
        frame["geometry"] = shapely.from_wkb(np.array(values.get("geometry", ()), dtype=object))
    return frame


def askable(as_of: date, parameter: str = "as_of") -> date:
    """Return the day; `parameter` is what the caller calls it.

    Raises
    ------
    BadParameter
        For a day before 1900 or after 2200.
    """
    if not EARLIEST <= as_of <= LATEST:
        raise BadParameter(
            f"{as_of} cannot be asked for: choose a day from {EARLIEST} to {LATEST}.", parameter=parameter
        )
    return as_of


def _require_all(found: "pd.Series[Any]", asked: Collection[str], as_of: date) -> None:
    missing = sorted(set(asked) - set(found))
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise NotFound(f"There is no parcel {missing[0]}{more} in the cadastre of {as_of}.")
