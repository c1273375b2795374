"""Numbers, areas, money, dates and distances as a reader of a language writes them (Babel, CLDR)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from geo_service.days import today_in
from geo_service.web.language import Language, words
from geo_service.wording import day

LOCALES: Final[dict[Language, str]] = {"de": "de_DE", "en": "en_GB"}
M2_PER_HA: Final = 10_000
HECTARES_FROM_M2: Final = 100_000
"""Areas from here on are written in hectares."""
METRES_PER_MINUTE: Final = 80
"""Walking speed. Source: domain description 4.2 (PTAL)."""
M_PER_KM: Final = 1_000
KILOMETRES_ABOVE_M: Final = 2_000
"""Distances above are written in kilometres."""
WALKED_UP_TO_M: Final = 3_000
"""Beyond this no walking time is told; a choice of this service."""
GERMAN_MARKS: Final = str.maketrans(",.", ".,")
NARROW_SPACE: Final = "\u202f"


@dataclass(frozen=True, slots=True)
class Formats:
    """Writes values in one language.

    Parameters
    ----------
    language
        ``de`` or ``en``.
    timezone
        Time zone of the city, in which moments are told.
    """

    language: Language
    timezone: str = "Europe/Berlin"

    @property
    def _locale(self) -> str:
        return LOCALES[self.language]

    @property
    def unknown(self) -> str:
        """The word for what is not known."""
        return words(self.language).gettext("unbekannt")

    @property
    def today(self) -> date:
        """The day it is in the city."""
        return today_in(self.timezone)

    def number(self, value: float | Decimal | None, digits: int = 0) -> str:
        """Write a number with the given decimals, a half rounded up; None is unknown, never 0."""
        if value is None:
            return self.unknown
        exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0  # no -0
        english = f"{exact:,f}"
        return english.translate(GERMAN_MARKS) if self.language == "de" else english

    def typed(self, value: float) -> str:
        """Write a number as it stands in a form: no decimal that was typed is lost."""
        text = f"{Decimal(str(value)):f}"
        return self.number(value, len(text.partition(".")[2].rstrip("0")))

    def area(self, square_metres: float | None) -> str:
        """Write an area in m², from ten hectares on in ha with one decimal."""
        if square_metres is None:
            return self.unknown
        if square_metres >= HECTARES_FROM_M2:
            return self.hectares(square_metres / M2_PER_HA)
        return f"{self.number(square_metres)}{NARROW_SPACE}m²"

    def square_metres(self, value: float | None, digits: int = 0) -> str:
        """Write an area in m² whatever its size."""
        return self.unknown if value is None else f"{self.number(value, digits)}{NARROW_SPACE}m²"

    def hectares(self, value: float | None, digits: int = 1) -> str:
        """Write hectares."""
        return self.unknown if value is None else f"{self.number(value, digits)}{NARROW_SPACE}ha"

    def euro(self, value: float | Decimal | None, digits: int | None = None) -> str:
        """Write an amount of money, with cents where it has some unless the decimals are given."""
        if value is None:
            return self.unknown
        if digits is None:
            digits = 0 if Decimal(str(value)) % 1 == 0 else 2
        return f"{self.number(value, digits)}{NARROW_SPACE}€"

    def percent(self, share: float | None, digits: int = 0) -> str:
        """Write a share in [0, 1] in per cent."""
        return self.unknown if share is None else f"{self.number(share * 100, digits)}{NARROW_SPACE}%"

    def metres(self, value: float | None) -> str:
        """Write a distance in metres, above two kilometres in km with one decimal."""
        if value is None:
            return self.unknown
        if value > KILOMETRES_ABOVE_M:
            return f"{self.number(value / M_PER_KM, 1)}{NARROW_SPACE}km"
        return f"{self.number(value)}{NARROW_SPACE}m"

    def minutes_on_foot(self, metres: float | None) -> str:
        """Write the minutes that a distance (m) takes on foot, to the nearest, at least one.

        Empty beyond `WALKED_UP_TO_M`: nobody walks that far to a stop.
        """
        if metres is None:
            return self.unknown
        if metres > WALKED_UP_TO_M:
            return ""
        return f"{self.whole_minutes(60 * metres / METRES_PER_MINUTE)}{NARROW_SPACE}min"

    def whole_minutes(self, seconds: float) -> str:
        """Write a time in whole minutes, the nearest, at least one."""
        return self.number(max(1, seconds / 60))

    def day(self, value: date | str | None) -> str:
        """Write a date: 22.11.2026 or 22 Nov 2026."""
        found = as_day(value)
        return self.unknown if found is None else str(getattr(day(found), self.language))

    def month(self, value: date | str | None) -> str:
        """Write a month and its year, for days that are estimates."""
        day = as_day(value)
        return self.unknown if day is None else str(format_date(day, "LLLL y", locale=self._locale))

    def hour(self, hour: int) -> str:
        """Write an hour of a service day: 6:00, 24:00, 25:00 as 1:00."""
        return f"{hour if hour <= 24 else hour - 24}:00"  # noqa: PLR2004 - hours of a day

    def moment(self, value: datetime | None) -> str:
        """Write a moment in the city's time: 22.11.2026, 14:05."""
        if value is None:
            return self.unknown
        there = value.astimezone(ZoneInfo(self.timezone))
        return f"{self.day(there)}, {there:%H:%M}"


def as_day(value: Any) -> date | None:  # noqa: ANN401 - dates, moments and the ISO text of JSON columns
    """Return the day of a date, a moment or an ISO text; None for nothing."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        return date.fromisoformat(value[:10]) if value else None
    return value if isinstance(value, date) else None
