"""What the availability kernel computes from, and the check that it can be computed."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo_service.availability.presets import DEFAULT_DEDUCTION_ORDER, HORIZON_PRESETS, HorizonPreset
from geo_service.availability.threads import in_threads
from geo_service.errors import InvalidInput

Geometries = npt.NDArray[np.object_]
"""Array of shapely polygons and multipolygons in EPSG:25832."""
Days = npt.NDArray[np.datetime64]
"""Array of calendar days, ``datetime64[D]``; NaT where a day is unknown or open."""

RESTRICTION_COLUMNS: Final = (
    "id",
    "kind",
    "effect",
    "severity",
    "share",
    "valid_from",
    "valid_to",
    "office",
    "source",
    "title",
    "geometry",
)
OCCUPANCY_COLUMNS: Final = ("id", "parcel_id", "kind", "valid_from", "valid_to", "office", "source")
PLAN_COLUMNS: Final = (
    "id",
    "title",
    "legal_status",
    "in_force_on",
    "source_date",
    "valid_from",
    "valid_to",
    "office",
    "source",
    "geometry",
)

EFFECTS: Final = ("excludes", "delays", "reduces")
"""What a restriction does: takes area away, delays it, or makes a share of it unusable."""
SLIVER_WIDTH_M: Final = 3.0
"""Width below which land is not offered, metres: where no lorry passes. A choice of this service."""
WILL: Final = "owner_unwilling"
"""Kind of restriction that is what an owner wants, no burden of the land: it delays, its grade is void."""
SEVERITIES: Final = ("unrestricted", "light", "severe")
"""Grades of the Ruhr area monitoring, in rising order (domain description 3.8)."""


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


def no_restrictions() -> pd.DataFrame:
    """Return a frame of restrictions without rows."""
    return _empty(RESTRICTION_COLUMNS)


def no_occupancies() -> pd.DataFrame:
    """Return a frame of occupancies without rows."""
    return _empty(OCCUPANCY_COLUMNS)


def no_plans() -> pd.DataFrame:
    """Return a frame of development plans without rows."""
    return _empty(PLAN_COLUMNS)


@dataclass(frozen=True)
class Inputs:
    """Parcels and what lies upon them; every geometry in EPSG:25832.

    Parameters
    ----------
    parcel_ids
        One identifier per parcel, without repetition; shape (n,).
    parcels
        Their polygons; shape (n,).
    restrictions
        Columns `RESTRICTION_COLUMNS`: ``effect`` one of `EFFECTS`, ``severity`` one of `SEVERITIES` or
        missing, ``share`` in [0, 1] where the effect is reduces, ``valid_from`` first day (missing: since
        ever), ``valid_to`` first day on which it no longer holds (missing: end not known).
    occupancies
        Columns `OCCUPANCY_COLUMNS`; ``parcel_id`` refers to `parcel_ids`, days as in restrictions.
    plans
        Columns `PLAN_COLUMNS`: ``legal_status`` BP_Rechtsstand, ``in_force_on`` day on which the plan came
        into force or, below 4000, is expected to, ``source_date`` day for which the status is stated; missing
        where not known.
    """

    parcel_ids: npt.NDArray[Any]
    parcels: Geometries
    restrictions: pd.DataFrame = field(default_factory=no_restrictions)
    occupancies: pd.DataFrame = field(default_factory=no_occupancies)
    plans: pd.DataFrame = field(default_factory=no_plans)


@dataclass(frozen=True)
class Options:
    """What is asked, and by which rules.

    Parameters
    ----------
    as_of
        Day for which availability is told; past or future.
    preset
        Thresholds of the horizons.
    order
        Kinds of excluding restrictions in the order of their deduction; others follow alphabetically.
    sliver_m2, sliver_share
        A delay, estimate or plan counts only where its overlap with the parcel (m2) is above both the area
        and the share of the gross area, or takes half of the parcel: digitised borders never match exactly.
    known_on
        Day up to which the register is known. A plan that was expected to be in force by then and is not
        has an unknown date. None: the asked day.
    sliver_width_m
        Width in metres below which net land is not offered; see `shape`.
    threads
        Number of threads for the geometry; the result does not depend on it.
    """

    as_of: date
    preset: HorizonPreset = HORIZON_PRESETS["default"]
    order: tuple[str, ...] = DEFAULT_DEDUCTION_ORDER
    sliver_m2: float = 1.0
    sliver_share: float = 0.001
    known_on: date | None = None
    sliver_width_m: float = SLIVER_WIDTH_M
    threads: int = 2


def days(values: "pd.Series[Any]") -> Days:
    """Return dates (Python dates, timestamps, or missing) as ``datetime64[D]``."""
    if values.dtype == object:  # pandas looks at each of them, and takes long
        known: npt.NDArray[Any] = values.to_numpy(copy=True)
        known[values.isna().to_numpy()] = None
        found: Days = known.astype("datetime64[D]")
        return found
    return pd.to_datetime(values).to_numpy().astype("datetime64[D]")


def in_force(frame: pd.DataFrame, as_of: date) -> npt.NDArray[np.bool_]:
    """Tell for each row whether its span [valid_from, valid_to) holds the day."""
    day = np.datetime64(as_of, "D")
    start, end = days(frame["valid_from"]), days(frame["valid_to"])
    running: npt.NDArray[np.bool_] = (np.isnat(start) | (start <= day)) & (np.isnat(end) | (day < end))
    return running


def require_usable(inputs: Inputs, threads: int = 1) -> None:
    """Refuse inputs that cannot be computed, saying which record and why.

    Raises
    ------
    InvalidInput
        For a repeated parcel, a geometry that is missing, empty, no polygon or invalid, an unknown effect or
        severity, a share outside [0, 1], or an owner who does not sell and takes area: areas are public, what
        an owner wants is not (decision 4).
    """
    if len(inputs.parcel_ids) != len(inputs.parcels):
        raise InvalidInput(f"{len(inputs.parcel_ids)} parcel ids, but {len(inputs.parcels)} geometries.")
    index = pd.Index(inputs.parcel_ids)
    if index.has_duplicates:
        raise InvalidInput(f"Parcel {index[index.duplicated()][0]} is given more than once.")
    require_polygons("parcel", inputs.parcel_ids, inputs.parcels, threads)
    for what, frame in (("restriction", inputs.restrictions), ("plan", inputs.plans)):
        require_polygons(what, frame["id"].to_numpy(), geometries(frame), threads)
    restrictions = inputs.restrictions
    _require_words(restrictions, "effect", EFFECTS)
    _require_words(restrictions[restrictions["severity"].notna()], "severity", SEVERITIES)
    taking = restrictions["id"][(restrictions["kind"] == WILL) & (restrictions["effect"] != "delays")]
    if len(taking):
        raise InvalidInput(
            f"Restriction {taking.iloc[0]}: an owner who does not sell ({WILL}) can only delay: a deducted "
            "area would stand in the public waterfall."
        )
    reducing = restrictions[(restrictions["effect"] == "reduces").to_numpy(dtype=bool)]
    share = reducing["share"].to_numpy(dtype=float, na_value=np.nan)
    wrong = ~((share >= 0) & (share <= 1))
    if wrong.any():
        first = reducing["id"].iloc[int(np.flatnonzero(wrong)[0])]
        raise InvalidInput(f"Restriction {first} reduces: it needs a share between 0 and 1.")


def geometries(frame: pd.DataFrame) -> Geometries:
    """Return the geometry column (EPSG:25832) as an object array."""
    return np.asarray(frame["geometry"], dtype=object)


def require_polygons(what: str, ids: npt.NDArray[Any], polygons: Geometries, threads: int = 1) -> None:
    """Refuse what is no valid polygon, naming the first one.

    Raises
    ------
    InvalidInput
        For a geometry that is missing, empty, no polygon or invalid.
    """
    polygonal = np.isin(shapely.get_type_id(polygons), [3, 6]) & ~shapely.is_empty(polygons)
    good = polygonal & in_threads(shapely.is_valid, (polygons,), threads)
    if good.all():
        return
    first = int(np.flatnonzero(~good)[0])
    reason = shapely.is_valid_reason(polygons[first]) if polygonal[first] else "no polygon"
    raise InvalidInput(
        f"{int((~good).sum())} of {len(polygons)} {what} geometries cannot be used; first: "
        f"{what} {ids[first]} ({reason}). Mend the geometry and compute again."
    )


def require_lines(what: str, ids: npt.NDArray[Any], lines: Geometries) -> None:
    """Refuse what is no line, naming the first one.

    Raises
    ------
    InvalidInput
        For a geometry that is missing, empty or no line string.
    """
    wrong = (shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING) | shapely.is_empty(lines)
    if wrong.any():
        raise InvalidInput(
            f"{int(wrong.sum())} of {len(lines)} {what} geometries are no lines; first: "
            f"{what} {ids[np.flatnonzero(wrong)[0]]}. Mend the geometry and compute again."
        )


def _require_words(frame: pd.DataFrame, column: str, words: tuple[str, ...]) -> None:
    wrong = ~frame[column].isin(words).to_numpy(dtype=bool)
    if wrong.any():
        row = frame.iloc[int(np.flatnonzero(wrong)[0])]
        raise InvalidInput(
            f"Restriction {row['id']} has the {column} {row[column]!r}; known: {', '.join(words)}."
        )
