"""Days: today, and as people write them on the command line, in forms and in addresses."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from geo_service.errors import BadParameter

ISO: Final = ("%Y-%m-%d",)
"""The way in which interfaces and date fields write a day: 2028-04-01."""
DATE_FORMATS: Final = (*ISO, "%d.%m.%Y")
"""Ways in which people write a day: 2028-04-01 and 01.04.2028."""


def today_in(timezone: str) -> date:
    """Return the day that it is in a time zone (IANA name)."""
    return datetime.now(ZoneInfo(timezone)).date()


def read_day(text: str, forms: Sequence[str] = DATE_FORMATS) -> date:
    """Read a day written in one of some ways.

    Raises
    ------
    ValueError
        When it is no day of the calendar, or has digits other than 0 to 9.
    """
    if text.isascii():
        for form in forms:
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no time zone
            except ValueError:
                continue
    raise ValueError(text)


def parse_day(text: str, parameter: str = "as_of") -> date:
    """Read a day as a person writes it.

    Raises
    ------
    BadParameter
        When it is no day of the calendar; the message shows how to write one.
    """
    try:
        return read_day(text.strip())
    except ValueError as error:
        message = f"{text[:40]!r} is no day. Write it as 2028-04-01 or 01.04.2028."
        raise BadParameter(message, parameter=parameter) from error
