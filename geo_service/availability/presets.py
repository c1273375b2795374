"""Horizon presets and the order of deduction: choices that a planner may change, kept as data."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from geo_service.errors import BadParameter

HORIZONS: Final = ("now", "short", "mid", "long", "undetermined")
"""The words for when a parcel can be had, in order of time."""

UNDETERMINED: Final = HORIZONS.index("undetermined")
"""Position of the word for an unknown date."""


@dataclass(frozen=True)
class Limit:
    """Last day of a horizon, counted from the asked date.

    Parameters
    ----------
    years
        Full years after the asked date.
    end_of_year
        Whether the horizon runs on to 31 December of that year.
    """

    years: int
    end_of_year: bool = False

    def last_day(self, as_of: date) -> date:
        """Return the last day that still belongs to the horizon; 29 February becomes 28 in a common year."""
        year = as_of.year + self.years
        if year > date.max.year:
            return date.max
        if self.end_of_year:
            return date(year, 12, 31)
        return date(year, as_of.month, min(as_of.day, calendar.monthrange(year, as_of.month)[1]))


@dataclass(frozen=True)
class HorizonPreset:
    """Where "short" and "mid" end; what lies beyond is "long".

    Parameters
    ----------
    key
        Name in addresses and on the command line; ``own`` for thresholds of one's own.
    short, mid
        Last day of each horizon.
    source
        Where the thresholds come from.
    """

    key: str
    short: Limit
    mid: Limit
    source: str


HORIZON_PRESETS: Final[Mapping[str, HorizonPreset]] = MappingProxyType(
    {
        preset.key: preset
        for preset in (
            HorizonPreset(
                "default",
                short=Limit(2),
                mid=Limit(5),
                source="domain description 3.6: short up to 2 years, mid up to 5, long beyond",
            ),
            HorizonPreset(
                "dortmund_2010",
                short=Limit(1, end_of_year=True),
                mid=Limit(14, end_of_year=True),
                source="domain description 3.6, Dortmund 2010: short by the end of next year, mid and long "
                "together the 3rd to the 15th calendar year (here: mid)",
            ),
        )
    }
)
"""Presets by key."""

DEFAULT_DEDUCTION_ORDER: Final = (
    "water",
    "flood_zone",
    "conservation_area",
    "rail_clearance",
    "line_clearance",
    "road_widening",
    "protected_monument",
    "existing_building",
    "not_buildable",
)
"""Which kind of excluding restriction is deducted first where several overlap.

What nature sets comes before what law and infrastructure set, and these before what a person could still
change. Kinds that are not named follow in alphabetical order.
Source: the kinds of domain description 3.2; the order is a choice of this service, the one in which the
register lists its kinds.
"""


def horizon_preset(key: str) -> HorizonPreset:
    """Return a preset by its key.

    Raises
    ------
    BadParameter
        For a key that does not exist; the message names those that do.
    """
    preset = HORIZON_PRESETS.get(key)
    if preset is None:
        known = ", ".join(HORIZON_PRESETS)
        raise BadParameter(f"There is no horizon preset {key!r}. Known presets: {known}.", parameter="preset")
    return preset
