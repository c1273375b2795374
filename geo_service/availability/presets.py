"""Horizon presets and the order of deduction: choices that a planner may change, kept as data."""

import calendar
import re
from collections.abc import Collection, Mapping, Sequence
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


OWN_KEY = re.compile(r"short_(\d{1,2})_mid_(\d{1,2})", re.ASCII)
"""Key of thresholds of one's own: full years after the asked day."""
LONGEST_YEARS: Final = 99
"""Most years that a threshold may lie ahead."""


def horizon_preset(key: str) -> HorizonPreset:
    """Return a preset by its key, or thresholds of one's own by theirs: ``short_3_mid_7``.

    Raises
    ------
    BadParameter
        For a key that does not exist; the message names those that do.
    """
    own = OWN_KEY.fullmatch(key)
    if own:
        short, mid = (int(years) for years in own.groups())
        if short <= mid:
            return HorizonPreset(key, Limit(short), Limit(mid), "thresholds named by the person who asked")
    preset = HORIZON_PRESETS.get(key)
    if preset is None:
        known = ", ".join(HORIZON_PRESETS)
        raise BadParameter(
            f"There is no horizon preset {key!r}. Known presets: {known}; own thresholds are written "
            "short_3_mid_7 (full years, short not after mid).",
            parameter="preset",
        )
    return preset


def preset_key(preset: str = "default", short_years: int | None = None, mid_years: int | None = None) -> str:
    """Return the key of a preset, or of thresholds of one's own where any is named.

    Parameters
    ----------
    preset
        Key of a preset; only that of the default goes with own thresholds.
    short_years, mid_years
        Full years after the asked day with which short and mid end; None: 2 and 5, as by default.

    Raises
    ------
    BadParameter
        When the preset does not exist, when another one is named besides own thresholds, or when short would
        end after mid.
    """
    if short_years is None and mid_years is None:
        return horizon_preset(preset).key
    if preset != "default":
        raise BadParameter(
            f"short_years and mid_years take the place of a preset: leave out preset={preset}.",
            parameter="preset",
        )
    usual = HORIZON_PRESETS["default"]
    short = usual.short.years if short_years is None else short_years
    mid = usual.mid.years if mid_years is None else mid_years
    for name, years in (("short_years", short), ("mid_years", mid)):
        if not 0 <= years <= LONGEST_YEARS:
            raise BadParameter(f"{name} is a number from 0 to {LONGEST_YEARS}, not {years}.", parameter=name)
    if short > mid:
        raise _contradiction(short, mid, short_years, mid_years)
    return f"short_{short}_mid_{mid}"


def _contradiction(short: int, mid: int, short_years: int | None, mid_years: int | None) -> BadParameter:
    """Say which of the thresholds named does not go with the other one, and what would."""
    if mid_years is None:
        said = f"mid ends after {mid} years as long as mid_years is not named. Name mid_years too"
        return BadParameter(
            f"short_years={short} is too long: {said}: {short} or more.", parameter="short_years"
        )
    if short_years is None:
        said = f"short ends after {short} years as long as short_years is not named. Name short_years too"
        return BadParameter(f"mid_years={mid} is too short: {said}: {mid} or less.", parameter="mid_years")
    return BadParameter(
        f"short_years={short} is longer than mid_years={mid}. short ends before mid: name short_years of "
        f"{mid} or less, or mid_years of {short} or more.",
        parameter="short_years",
    )


def deduction_order(own: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Return the order of deduction: the kinds named, then the others in the order of this service.

    Kinds in neither follow alphabetically (`DEFAULT_DEDUCTION_ORDER`).

    Parameters
    ----------
    own
        Kinds that come first, in this order; empty: the order of this service.
    known
        All kinds of restriction that there are.

    Raises
    ------
    BadParameter
        For a kind that does not exist or is named twice.
    """
    unknown = [kind for kind in own if kind not in known]
    if unknown:
        raise BadParameter(
            f"There is no kind of restriction {unknown[0][:40]!r}. Known kinds: {', '.join(sorted(known))}.",
            parameter="order",
        )
    twice = [kind for place, kind in enumerate(own) if kind in own[:place]]
    if twice:
        raise BadParameter(f"The order names {twice[0]} twice. Name each kind once.", parameter="order")
    return tuple(dict.fromkeys([*own, *DEFAULT_DEDUCTION_ORDER]))
