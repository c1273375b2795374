"""Days as people write them on the command line."""

from datetime import date, datetime
from typing import Final

from geo_service.errors import BadParameter

DATE_FORMATS: Final = ("%Y-%m-%d", "%d.%m.%Y")
"""Ways to write a day: 2028-04-01 and 01.04.2028."""


def parse_day(text: str) -> date:
    """Read a day as a person writes it.

    Raises
    ------
    BadParameter
        When it is no day of the calendar; the message shows how to write one.
    """
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise BadParameter(f"{text!r} is no day. Write it as 2028-04-01 or 01.04.2028.", parameter="as_of")
