"""Times of day in which departures are counted, and their names."""

import re
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from geo_service.errors import BadParameter

CLOCK: Final = re.compile(r"([0-2]?\d|30):([0-5]\d)-([0-2]?\d|30):([0-5]\d)")
"""A window, such as 06:00-20:00; hours up to 30 reach into the night."""


@dataclass(frozen=True)
class Window:
    """Time of day in which departures are counted: from `start_s`, up to but without `end_s`.

    Parameters
    ----------
    start_s, end_s
        Seconds after midnight of the day; the end may exceed 86,400.
    """

    start_s: int
    end_s: int

    @property
    def minutes(self) -> float:
        """Length in minutes."""
        return (self.end_s - self.start_s) / 60

    def __str__(self) -> str:
        return "-".join(
            f"{second // 3600:02d}:{second // 60 % 60:02d}" for second in (self.start_s, self.end_s)
        )


def parse_window(text: str) -> Window:
    """Read a window as people write it, such as ``06:00-20:00``.

    Raises
    ------
    BadParameter
        When it is no window, or ends before it starts.
    """
    match = CLOCK.fullmatch(text.strip())
    numbers = [int(part) for part in match.groups()] if match else [0, 0, 0, 0]
    window = Window(numbers[0] * 3600 + numbers[1] * 60, numbers[2] * 3600 + numbers[3] * 60)
    if window.end_s <= window.start_s:
        raise BadParameter(
            f"{text[:40]!r} is no window. Write HH:MM-HH:MM, for example 06:00-20:00 (the end may go up to "
            f"30:00), or a name: {', '.join(NAMED_WINDOWS)}.",
            parameter="window",
        )
    return window


DAY: Final = "day"
"""The window that is shown where none is asked for; of stored answers the method's own."""
NAMED_WINDOWS: Final = MappingProxyType(
    {
        DAY: ("weekday", Window(6 * 3600, 20 * 3600)),
        "peak_morning": ("weekday", Window(6 * 3600, 9 * 3600)),
        "peak_evening": ("weekday", Window(16 * 3600, 19 * 3600)),
        "evening": ("weekday", Window(20 * 3600, 24 * 3600)),
        "saturday": ("saturday", Window(6 * 3600, 20 * 3600)),
        "sunday": ("sunday", Window(6 * 3600, 20 * 3600)),
    }
)
"""Name to kind of reference day and time of day.

Source: oevgk18-specification, table "Stichtag und Zeitintervall", for all but the peaks. These have no norm:
06-09 and 16-19 are what this service takes for them.
"""


def kind_of_day(day: date) -> str:
    """Return the kind of reference day that a day of the calendar is: weekday, saturday or sunday."""
    return {5: "saturday", 6: "sunday"}.get(day.weekday(), "weekday")


def read_window(text: str, day_kind: str) -> tuple[str, Window]:
    """Read the name of a window or its times.

    Parameters
    ----------
    text
        Such as ``peak_morning``, or ``06:00-20:00``.
    day_kind
        Kind of reference day where only times are given: weekday, saturday or sunday.

    Returns
    -------
    day_kind, window
        Kind of reference day and time of day.

    Raises
    ------
    BadParameter
        When it is neither; the names are told.
    """
    return NAMED_WINDOWS.get(text.strip()) or (day_kind, parse_window(text))
