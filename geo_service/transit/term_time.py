"""Term time: school and public holidays of a Land, and what to say of a reference day among them."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from pandas.tseries.offsets import Easter

from geo_service.transit.gtfs_calendar import CORE_DAYS, Days

PUBLIC_HOLIDAY: Final = "a public holiday"


@dataclass(frozen=True)
class FreeDays:
    """Days without school in a Land.

    Parameters
    ----------
    land
        Its name.
    first_day, last_day
        All school holidays between these days are known.
    school
        Name, first and last day of each of them.
    fixed
        Public holidays, month and day as MM-DD.
    from_easter
        Public holidays, days after Easter Sunday.
    """

    land: str
    first_day: date
    last_day: date
    school: tuple[tuple[str, date, date], ...]
    fixed: tuple[str, ...]
    from_easter: tuple[int, ...]

    def name(self, day: date) -> str | None:
        """Return which holiday a day lies in; None: in none that is known."""
        easter = (pd.Timestamp(day.year, 1, 1) + Easter()).date()
        if day.strftime("%m-%d") in self.fixed or (day - easter).days in self.from_easter:
            return PUBLIC_HOLIDAY
        return next((f"in the {name}" for name, first, last in self.school if first <= day <= last), None)

    def knows(self, day: date) -> bool:
        """Tell whether the school holidays around a day are known."""
        return self.first_day <= day <= self.last_day


@lru_cache(maxsize=16)
def load_free_days(land_key: str) -> FreeDays | None:
    """Read ``data/free_days/<key of the Land>.toml``; None: there is no such file, nothing is known."""
    path = Path(str(files("data"))) / "free_days" / f"{land_key}.toml"
    if not land_key or not path.is_file():
        return None
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    return FreeDays(
        land=facts["land"],
        first_day=facts["first_day"],
        last_day=facts["last_day"],
        school=tuple(
            (each["name"], each["first_day"], each["last_day"]) for each in facts["school_holidays"]
        ),
        fixed=tuple(facts["public_holidays"]),
        from_easter=tuple(facts["public_holidays_from_easter"]),
    )


def preferred_days(free: FreeDays | None, first_day: date, number: int) -> tuple[Days, ...]:
    """Return which days stand for others, the best first: those in term time, those not known to be free.

    Parameters
    ----------
    free
        Holidays; None: none are known.
    first_day
        Day 0.
    number
        Days, from there on.
    """
    if free is None:
        return ()
    days = [first_day + timedelta(days=place) for place in range(number)]
    no_holiday = np.array([free.name(day) is None for day in days], dtype=bool)
    known = np.array([free.knows(day) for day in days], dtype=bool)
    return no_holiday & known, no_holiday


def term_warnings(free: FreeDays | None, day: date, *, given: bool) -> list[str]:
    """Say what speaks against a reference working day, and what is not known of it.

    Parameters
    ----------
    free
        Holidays; None: none are known.
    day
        The day.
    given
        Whether it was asked for.
    """
    if free is None:
        unchecked = f"whether the reference day {day} lies in term time was not checked."
        return [f"School and public holidays are not known where this feed runs: {unchecked}"]
    name = free.name(day)
    if name is not None and given:
        return [f"The reference day {day} that was given is {name}."]
    if name is not None:
        reduced = "Service may be reduced; import a feed that covers term time."
        where = f"the reference day {day} is {name} ({free.land})"
        return [f"No Tuesday to Thursday in term time has service in this feed: {where}. {reduced}"]
    found = []
    if day.weekday() not in CORE_DAYS and not given:
        found.append(f"No Tuesday to Thursday has service in this feed: the reference day is {day:%A} {day}.")
    if not free.knows(day):
        unknown = f"whether the reference day {day} lies in term time is not known."
        known = f"School holidays of {free.land} are known from {free.first_day} to {free.last_day} only"
        found.append(f"{known}: {unknown}")
    return found
