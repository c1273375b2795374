"""The land of any day as the availability map shows it: a code per parcel for tiles, sums for the legend."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.availability.categories import APART
from geo_service.availability.city_land import CityLand
from geo_service.availability.presets import HORIZONS
from geo_service.availability.totals import PER_M2, square_centimetres

WORDS: Final = (*HORIZONS, *APART)
"""What a parcel is shown as: its horizon, or, where it is not on offer, its category."""
UNSEEN, NOTHING_LEFT, FIRST = 0, 1, 2
"""Codes: no parcel of the day that the caller may see; nothing is left of it; the first with land."""
CATEGORIES: Final = (None, *APART)
"""Categories of the codes from `FIRST` on, for each all horizons; None: on offer."""
HORIZON_OF_CODE: Final = (None, *HORIZONS * len(CATEGORIES))
"""Horizon of each code from `NOTHING_LEFT` on."""
CATEGORY_OF_CODE: Final = (None, *(category for category in CATEGORIES for _ in HORIZONS))
"""Category of each code from `NOTHING_LEFT` on, for what is not on offer."""
MONTHS_AT_FIRST: Final = 24
"""For so long the days are half a year apart, since the agency reports by half-years; then a year."""
MOST_YEARS: Final = 15
YEARS_BACK: Final = 3


@dataclass(frozen=True, slots=True)
class DayTotal:
    """Land of one word: parcels with land to offer, their gross, net and offered area in m².

    Parameters
    ----------
    word
        One of `WORDS`.
    parcels, gross_m2, net_m2, offered_m2
        Sums as in `geo_service.availability.totals`.
    """

    word: str
    parcels: int
    gross_m2: float
    net_m2: float
    offered_m2: float


@dataclass(frozen=True, slots=True)
class DatedLand:
    """The land of a day, as one caller sees it.

    Parameters
    ----------
    day
        The day.
    first_id
        Id of the parcel to which the first code belongs.
    codes
        A byte for each id from `first_id` on: `UNSEEN`, `NOTHING_LEFT`, or what it is, from `FIRST` on.
    totals
        One per word, also where it is zero.
    """

    day: date
    first_id: int
    codes: bytes
    totals: tuple[DayTotal, ...]

    @property
    def parcels(self) -> int:
        """Number of parcels that the caller may see on the day."""
        return len(self.codes) - self.codes.count(UNSEEN)


def dated_land(land: CityLand, *, public: bool) -> DatedLand:
    """Put the land of a city as the map shows it.

    Parameters
    ----------
    land
        The land of the day, with facts.
    public
        Whether the caller is nobody known: then unpublished parcels are left out, and what a parcel is comes
        from its public category.
    """
    rows, seen = land.parcels, land.visible(public=public)
    horizon = pd.Index(HORIZONS).get_indexer(pd.Index(rows["horizon"]))
    category = pd.Index(rows["category" if public else "internal_category"])
    apart = pd.Index(APART).get_indexer(category)
    apart[apart < 0] = len(APART) - 1  # nothing is known of it
    apart[land.on_offer(public=public)] = -1
    left = rows["net_m2"].to_numpy(dtype=float) > 0
    codes = np.where(left, FIRST + len(HORIZONS) * (apart + 1) + horizon, NOTHING_LEFT)
    first, spread = _spread(rows["parcel_id"].to_numpy(dtype=np.int64), np.where(seen, codes, UNSEEN))
    counted = seen & (rows["offered_m2"].to_numpy(dtype=float) > 0)
    word = np.where(apart < 0, horizon, len(HORIZONS) + apart)[counted]
    return DatedLand(land.options.as_of, first, spread, _totals(rows[counted], word))


def _totals(rows: pd.DataFrame, word: npt.NDArray[np.int64]) -> tuple[DayTotal, ...]:
    """Sum land up by the place of its word in `WORDS`."""
    numbers = np.bincount(word, minlength=len(WORDS)).tolist()
    areas = [square_centimetres(rows[f"{name}_m2"]) for name in ("gross", "net", "offered")]
    sums = [np.bincount(word, weights=area, minlength=len(WORDS)) / PER_M2 for area in areas]
    return tuple(
        DayTotal(each, number, *(float(area[at]) for area in sums))
        for at, (each, number) in enumerate(zip(WORDS, numbers, strict=True))
    )


def _spread(ids: npt.NDArray[np.int64], codes: npt.NDArray[np.int64]) -> tuple[int, bytes]:
    """Return the first id, and the codes by how far an id is from it."""
    if not len(ids):
        return 1, b""
    first = int(ids.min())
    spread = np.zeros(int(ids.max()) - first + 1, dtype=np.uint8)
    spread[ids - first] = codes
    return first, spread.tobytes()


def days_to_choose(stored: date, since: date | None, until: date | None) -> list[date]:
    """Return the days of the slider: the stored one among the first days of half-years and years.

    Parameters
    ----------
    stored
        Day of the stored results.
    since
        Day from which the cadastre is known; None: for ever.
    until
        Last day on which something that holds land up is known to end; None: nothing is.

    Returns
    -------
    list of date
        First days of the three years before, as far as the cadastre goes back; the stored day; half-years for
        two years; years until nothing changes any more, three at least and fifteen at most.
    """
    back = [date(stored.year - years, 1, 1) for years in range(YEARS_BACK - 1, -1, -1)]
    before = [day for day in back if day < stored and (since is None or since <= day)]
    halves = [date(stored.year + year, month, 1) for year in range(3) for month in (1, 7)]
    soon = [day for day in halves if stored < day][: MONTHS_AT_FIRST // 6]
    last = max(until.year + 1 if until else 0, soon[-1].year + 1)
    years = range(soon[-1].year + 1, min(last, stored.year + MOST_YEARS) + 1)
    return [*before, stored, *soon, *(date(year, 1, 1) for year in years)]
