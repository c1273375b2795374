"""How long plans in procedure usually take until they are in force: an estimate, never a date.

Pure: frames and arrays in and out; days are ``datetime64[D]``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.availability.inputs import Days, days
from geo_service.errors import InvalidInput

IN_FORCE: Final = 4000
"""BP_Rechtsstand from which a plan is in force. Source: XPlanung, domain description 2."""
MOST_MONTHS: Final = 600
NO_DAY: Final = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class PlanSpans:
    """Usual spans.

    Parameters
    ----------
    months
        BP_Rechtsstand to the least and the most months until the plan is in force.
    source
        Where they come from.
    """

    months: Mapping[int, tuple[int, int]]
    source: str


@lru_cache(maxsize=1)
def usual_spans() -> PlanSpans:
    """Read the usual spans of this service."""
    return read_spans(Path(str(files("data"))) / "availability" / "plan_spans.toml")


def read_spans(path: Path) -> PlanSpans:
    """Read and check a file of usual spans.

    Raises
    ------
    InvalidInput
        Naming what is wrong in it.
    """
    months: dict[int, tuple[int, int]] = {}
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
        source = str(facts["source"])
        for span in facts["spans"]:
            status, (least, most) = int(span["status"]), span["months"]
            if status in months or not (status < IN_FORCE and 0 <= least <= most <= MOST_MONTHS):
                raise InvalidInput(f"{path.name}: the span of {status} is given twice, or makes no sense.")
            months[status] = (int(least), int(most))
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise InvalidInput(f"{path.name} is no list of spans: {error}") from error
    except KeyError as error:
        raise InvalidInput(f"{path.name}: the key {error} is missing.") from error
    return PlanSpans(MappingProxyType(dict(sorted(months.items()))), source)


def usual_ends(plans: pd.DataFrame, known_on: date, spans: PlanSpans | None = None) -> tuple[Days, Days]:
    """Estimate when plans in procedure usually come into force.

    Parameters
    ----------
    plans
        Columns ``legal_status`` (BP_Rechtsstand) and ``source_date`` (the day for which the status is stated;
        missing: the day up to which the register is known).
    known_on
        Day up to which the register is known.
    spans
        Usual spans; None: those of this service.

    Returns
    -------
    tuple of numpy.ndarray
        First and last day of the usual span; NaT for plans in force, for a status without a span, and where
        even the last day has passed; shape (plans,).

    Notes
    -----
    A status between two of the list has the span of the lower one. The estimate never decides about the
    horizon: an unknown end stays unknown (domain description 3.5).
    """
    spans = spans or usual_spans()
    status = plans["legal_status"].to_numpy(dtype=np.int64)
    known = np.datetime64(known_on, "D")
    stated = days(plans["source_date"])
    start = np.where(np.isnat(stated) | (stated > known), known, stated)
    listed = np.array(list(spans.months), dtype=np.int64)
    place = np.searchsorted(listed, status, side="right") - 1
    months = np.array([*spans.months.values(), (0, 0)], dtype=np.int64)[place]  # -1: below the list
    first, last = (_months_later(start, months[:, column]) for column in (0, 1))
    tells = (place >= 0) & (status < IN_FORCE) & (last > known)
    return np.where(tells, np.maximum(first, known), NO_DAY), np.where(tells, last, NO_DAY)


def _months_later(start: Days, months: npt.NDArray[np.int64]) -> Days:
    """Return the same day so many months later, the last day of the month where it is shorter."""
    month = start.astype("datetime64[M]")
    target = month + months
    later = target.astype("datetime64[D]") + (start - month.astype("datetime64[D]"))
    end = (target + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    result: Days = np.minimum(later, end)
    return result
